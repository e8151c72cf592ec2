//! Rendered files split into manifests, hooks told apart, both in the order in which Helm installs them.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/release/v1/util/manifest_sorter.go> and `manifest.go`,
//! `kind_sorter.go` beside it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use ecow::{EcoString, eco_format};

use super::{Head, HelmError, HelmErrorKind, Hook, RenderedFile};
use crate::object::install_order;
use crate::package::chart::LogLine;
use crate::source::{Limits, search};

/// A document of a rendered file, or a whole file: a part of a text that others share.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    text: Arc<[u8]>,
    range: Range<usize>,
}

/// A manifest that is no hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The template it comes from: `chart/templates/x.yaml`.
    pub path: Arc<str>,
    /// The text, without the `---` and the space before it, with the space behind it.
    pub content: Content,
    /// What it says of itself.
    pub head: Head,
}

/// The manifests of a chart.
#[derive(Debug, Clone, Default)]
pub struct Sorted {
    /// The hooks, in the order of installation of their kinds.
    pub hooks: Vec<Hook>,
    /// All others, likewise.
    pub manifests: Vec<Manifest>,
}

/// Splits rendered files into manifests and sorts these. What Helm says about it on standard error goes to the log.
///
/// # Errors
/// When Go could not read a document: `YAML parse error on chart/templates/x.yaml: …`.
pub fn sort_manifests(files: &[RenderedFile], limits: &Limits, log: &mut Vec<LogLine>) -> Result<Sorted, HelmError> {
    let mut sorted = Sorted::default();
    let mut in_order: Vec<&RenderedFile> = files.iter().collect();
    in_order.sort_by_key(|file| &file.path);
    for file in in_order.into_iter().filter(|file| !is_partial(&file.path)) {
        for content in split(&file.text) {
            let head = Head::read(content.as_bytes(), limits).map_err(|refused| {
                let at = content.range.start + refused.at;
                let kind = HelmErrorKind::Yaml { path: file.path.clone(), document: content.range.clone(), at };
                HelmError::new(kind, eco_format!("YAML parse error on {}: {}", file.path, refused.message))
            })?;
            sorted.take(file.path.clone(), content, head, log);
        }
    }
    sorted.hooks.sort_by_cached_key(|hook| install_order(&hook.kind));
    sorted.manifests.sort_by_cached_key(|manifest| install_order(&manifest.head.kind));
    Ok(sorted)
}

impl Sorted {
    fn take(&mut self, path: Arc<str>, content: Content, head: Head, log: &mut Vec<LogLine>) {
        match Hook::of(&path, &content, &head) {
            None => self.manifests.push(Manifest { path, content, head }),
            Some(Ok(hook)) => self.hooks.push(hook),
            Some(Err(types)) => {
                log.push(LogLine::info("skipping unknown hooks").with("hookTypes", types));
            }
        }
    }
}

/// Whether a template is only there for others: its name starts with `_`.
pub(super) fn is_partial(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with('_'))
}

/// Returns the documents of a text: what stands between lines that start with `---`, unless it is nothing but space.
///
/// The rest of such a line belongs to the document behind it.
pub(super) fn split(text: &Arc<[u8]>) -> Vec<Content> {
    let mut documents = Vec::new();
    let mut from = text.len() - trim_start(text).len();
    let mut add = |range: Range<usize>| {
        let part = &text[range.clone()];
        let trimmed = trim_start(part);
        if !trimmed.is_empty() {
            let range = range.end - trimmed.len()..range.end;
            documents.push(Content { text: text.clone(), range });
        }
    };
    let start = from;
    if text[start..].starts_with(b"---") {
        from += 3;
    }
    for newline in search::words(b"\n---", &text[start..]) {
        let line = start + newline + 1;
        add(from..line);
        from = line + 3;
    }
    add(from..text.len());
    documents
}

/// Takes white space off the start of bytes, as Go's `strings.TrimLeftFunc(s, unicode.IsSpace)` does.
pub(super) fn trim_start(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    loop {
        rest = match rest {
            [b'\t'..=b'\r' | b' ', after @ ..] => after,
            [first, ..] if first.is_ascii() => return rest,
            _ => match first_char(rest).filter(|c| c.is_whitespace()) {
                Some(c) => &rest[c.len_utf8()..],
                None => return rest,
            },
        };
    }
}

/// Takes white space off the end of bytes, as Go's `strings.TrimRightFunc(s, unicode.IsSpace)` does.
pub(super) fn trim_end(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    loop {
        rest = match rest {
            [before @ .., b'\t'..=b'\r' | b' '] => before,
            [.., last] if last.is_ascii() => return rest,
            _ => {
                let start = rest.iter().rposition(|b| b & 0xc0 != 0x80).unwrap_or(0);
                match first_char(&rest[start..]).filter(|c| c.is_whitespace()) {
                    Some(c) if start + c.len_utf8() == rest.len() => &rest[..start],
                    _ => return rest,
                }
            }
        };
    }
}

fn first_char(bytes: &[u8]) -> Option<char> {
    let longest = &bytes[..bytes.len().min(4)];
    longest.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next())
}

impl Content {
    /// Returns the content that is a whole text.
    pub(super) fn whole(text: Arc<[u8]>) -> Content {
        Content { range: 0..text.len(), text }
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.text[self.range.clone()]
    }

    /// Returns the place in the rendered file.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Returns the text; bytes that are no UTF-8, which only a document end (`...`) can hide from Helm, are replaced.
    pub fn text(&self) -> EcoString {
        String::from_utf8_lossy(self.as_bytes()).as_ref().into()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        String::from_utf8_lossy(self.as_bytes()).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_split(text: &str, want: &[&str]) {
        let got = split(&Arc::from(text.as_bytes()));
        let got: Vec<&str> = got.iter().map(|content| std::str::from_utf8(content.as_bytes()).expect("text")).collect();
        assert_eq!(got, want, "{text:?}");
    }

    #[test]
    fn texts_are_split_where_a_line_starts_with_three_dashes() {
        check_split("", &[]);
        check_split("\n \n", &[]);
        check_split("a: b\n\n", &["a: b\n\n"]);
        check_split("---\na: b\n---\nc: d", &["a: b\n", "c: d"]);
        check_split("\n  ---\na: b", &["a: b"]);
        check_split("a: |\n  ---\nb: c\n", &["a: |\n  ---\nb: c\n"]);
        check_split("--- # x\n---a: b\n---- c\n------\n", &["# x\n", "a: b\n", "- c\n", "---\n"]);
        check_split("a: b\n--- \t \n\u{a0}\u{3000}\n---\n", &["a: b\n"]);
    }

    #[test]
    fn space_is_what_unicode_says() {
        assert_eq!(trim_start(b"\x0b\xc2\xa0 x "), b"x ");
        assert_eq!(trim_end("x \u{2003}\u{85}".as_bytes()), b"x");
        assert_eq!(trim_end(b"x\xa0"), b"x\xa0");
        assert_eq!(trim_start(b"\xc2"), b"\xc2");
        assert_eq!(trim_end(b" "), b"");
    }

    #[test]
    fn manifests_come_in_the_order_of_installation_and_of_their_files() {
        let file = |path: &str, text: &str| RenderedFile { path: Arc::from(path), text: Arc::from(text.as_bytes()) };
        let files = [
            file("c/templates/z.yaml", "kind: Zoo\n---\nkind: Ape\n---\nkind: Namespace\n"),
            file("c/templates/_p.yaml", "kind: {"),
            file("c/templates/a.yaml", "kind: Deployment\nmetadata: {name: one}\n---\nkind: Service\n---\n# none\n"),
            file("c/templates/b.yaml", "kind: Deployment\nmetadata: {name: two}\n"),
        ];
        let sorted = sort_manifests(&files, &Limits::default(), &mut Vec::new()).expect("manifests");
        let got: Vec<String> = sorted.manifests.iter().map(|m| format!("{} {}", m.head.kind, m.head.name)).collect();
        assert_eq!(got, ["Namespace ", "Service ", "Deployment one", "Deployment two", " ", "Ape ", "Zoo "]);
    }

    #[test]
    fn a_document_that_is_no_yaml_is_named_by_its_file() {
        let file =
            RenderedFile { path: Arc::from("c/templates/a.yaml"), text: Arc::from(&b"a: b\n---\nc: d: e\n"[..]) };
        let hook = "metadata: {annotations: {helm.sh/hook: crd-install}}";
        let before = RenderedFile { path: Arc::from("c/charts/b/templates/h.yaml"), text: Arc::from(hook.as_bytes()) };
        let mut log = Vec::new();
        let error = sort_manifests(&[file, before], &Limits::default(), &mut log).expect_err("no YAML");
        assert_eq!(log.len(), 1, "what was found before counts: {log:?}");
        assert_eq!(
            error.message,
            "YAML parse error on c/templates/a.yaml: error converting YAML to JSON: yaml: mapping values are not \
             allowed in this context"
        );
        assert!(matches!(error.kind, HelmErrorKind::Yaml { document, .. } if document == (9..17)));
    }
}
