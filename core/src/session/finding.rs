//! Findings with their places in files of the session.

use super::answer::Answer;
use super::position::{Lines, Range};
use super::workspace::Session;
use crate::diag::{Diagnostic, Label, Severity, token_len};
use crate::source::{FileId, Files, Span, VPath};

/// A finding as editors show it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The stable code.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The object it is about.
    pub object: Option<String>,
    /// The field it is about.
    pub field: Option<String>,
    /// Further facts.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// The file it stands in; one that has no place of its own stands in the file that makes the folder a package.
    pub file: Option<VPath>,
    /// Where in the file.
    pub range: Range,
    /// The places behind it.
    pub related: Vec<Related>,
}

/// A place that explains a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The file.
    pub file: VPath,
    /// Where in it.
    pub range: Range,
    /// What is to be said of it.
    pub text: String,
}

/// The texts of an answer by their lines, which are looked for once for all places in a text.
pub(super) struct Texts<'a> {
    answer: &'a Answer,
    // Sorted by the file.
    lines: Vec<(FileId, Lines<'a>)>,
}

impl<'a> Texts<'a> {
    pub(super) fn of(answer: &'a Answer) -> Texts<'a> {
        Texts { answer, lines: Vec::new() }
    }
}

impl Session {
    /// Returns what is wrong with the package in a folder, in files and outside of them.
    pub fn findings(&self, root: &VPath) -> Vec<Finding> {
        let answer = self.answer(root);
        let mut texts = Texts::of(&answer);
        answer.built.diagnostics.iter().map(|finding| self.finding(&mut texts, finding)).collect()
    }

    fn finding(&self, texts: &mut Texts<'_>, finding: &Diagnostic) -> Finding {
        let answer = texts.answer;
        let text = |text: &ecow::EcoString| text.to_string();
        let mut places = finding.labels.iter().filter_map(|label| self.label(texts, label));
        let (file, range) = match places.next() {
            Some(main) => (Some(main.file), main.range),
            None => (self.main_file(&answer.root), Range::default()),
        };
        Finding {
            code: finding.code,
            severity: finding.severity,
            message: finding.message.to_string(),
            object: finding.object.as_ref().map(text),
            field: finding.field.as_ref().map(text),
            notes: finding.notes.iter().map(text).collect(),
            help: finding.help.as_ref().map(text),
            file,
            range,
            related: places.collect(),
        }
    }

    fn label(&self, texts: &mut Texts<'_>, label: &Label) -> Option<Related> {
        let (file, range) = self.place(texts, label.span, label.len as usize)?;
        Some(Related { file, range, text: label.text.to_string() })
    }

    /// Returns a place in a file of the session. What stands in a text that was made on the way (rendered, or taken out
    /// of another file) has the first line of the file that the text was made from.
    pub(super) fn place(&self, texts: &mut Texts<'_>, span: Span, len: usize) -> Option<(VPath, Range)> {
        let source = texts.answer.built.sources.get(span.file)?;
        let (file, is_whole) = self.file_of(&texts.answer.root, source.name())?;
        if !is_whole {
            return Some((file, Range::default()));
        }
        let at = match texts.lines.binary_search_by_key(&span.file, |(file, _)| *file) {
            Ok(at) => at,
            Err(at) => {
                texts.lines.insert(at, (span.file, Lines::new(source.text())));
                at
            }
        };
        let lines = &texts.lines[at].1;
        let start = span.start as usize;
        let line = lines.line(lines.line_of(start));
        let rest = source.text().get(start..lines.start(lines.line_of(start)) + line.len()).unwrap_or("");
        let len = if len == 0 { token_len(rest) } else { len };
        Some((file, lines.range(start, start + len)))
    }

    /// Returns the file of the session that messages call so, and whether the text is all of it.
    pub(super) fn file_of(&self, root: &VPath, name: &str) -> Option<(VPath, bool)> {
        let own = |name: &str| VPath::parse(name).ok().filter(|path| self.tree.has(path));
        if let Some(path) = own(name) {
            return Some((path, true));
        }
        let (name, made) = match name.rsplit_once(" (") {
            Some((name, _)) => (name, true),
            None => (name, false),
        };
        let below = |name: &str| root.join(name).ok().filter(|path| self.tree.has(path));
        // A chart calls its files by its own name, `web/templates/a.yaml`, whatever its folder is called.
        let in_chart = |name: &str| name.split_once('/').and_then(|(_, rest)| below(rest));
        let found = own(name).or_else(|| below(name)).or_else(|| in_chart(name));
        let found = found
            .or_else(|| VPath::parse(name).ok().filter(|path| path == root).and_then(|root| self.main_file(&root)));
        found.map(|path| (path, !made))
    }

    /// Returns the file that makes a folder a package.
    pub(super) fn main_file(&self, root: &VPath) -> Option<VPath> {
        let names = ["rhumb.yaml", "Chart.yaml", "kustomization.yaml", "kustomization.yml", "Kustomization"];
        let named = names.iter().filter_map(|name| root.join(name).ok()).find(|path| self.tree.has(path));
        let first = || self.tree.files().list(root).ok()?.into_iter().find(VPath::is_yaml);
        named.or_else(|| Some(root.clone()).filter(|root| self.tree.has(root))).or_else(first)
    }
}
