//! What `helm template` writes: manifests with their sources, in order, or some of them, or files.

use super::pattern;
use super::{HelmTemplate, OutputFile};
use crate::package::chart::Chart;
use crate::render::helm::{Hook, RenderedFile, Sorted, split_documents, trim_space};

/// The text of a release, or its files.
#[derive(Debug, Default)]
pub(super) struct Release {
    /// What Helm keeps as the manifest of the release.
    manifest: Vec<u8>,
    files: Vec<OutputFile>,
}

impl Release {
    /// Returns a release of sorted manifests, with the definitions of `crds/` where they are wanted.
    pub(super) fn new(chart: &Chart, sorted: &Sorted, request: &HelmTemplate<'_>) -> Release {
        let mut release = Release::default();
        if request.include_crds {
            for crd in chart.crds() {
                release.add(&crd.filename(), &crd.file.data, true, request);
            }
        }
        for manifest in &sorted.manifests {
            release.add(&manifest.path, manifest.content.as_bytes(), false, request);
        }
        release
    }

    /// Returns a release of files that are no manifests, for somebody who looks for the mistake in them.
    pub(super) fn unsorted(files: &[RenderedFile]) -> Release {
        let mut release = Release::default();
        for file in files.iter().filter(|file| !trim_space(&file.text).is_empty()) {
            append(&mut release.manifest, &file.path, &file.text);
        }
        release
    }

    fn add(&mut self, path: &str, content: &[u8], is_crd: bool, request: &HelmTemplate<'_>) {
        if request.as_files {
            self.add_file(path, content, is_crd);
        } else {
            append(&mut self.manifest, path, content);
        }
    }

    fn add_file(&mut self, path: &str, content: &[u8], is_crd: bool) {
        let mut text = Vec::new();
        append(&mut text, path, content);
        let append = self.files.iter().any(|file| file.path == path);
        self.files.push(OutputFile { path: path.to_owned(), text, append, is_crd });
    }

    /// Returns what goes to standard output and to files.
    ///
    /// # Errors
    /// When `--show-only` names a template that gave no manifest.
    pub(super) fn write(mut self, hooks: &[Hook], request: &HelmTemplate<'_>) -> Result<Written, String> {
        let mut text = trim_space(&self.manifest).to_vec();
        text.push(b'\n');
        let wanted = |hook: &&Hook| !request.no_hooks && !(request.skip_tests && hook.is_test());
        for hook in hooks.iter().filter(wanted) {
            if request.as_files {
                self.add_file(&hook.path, hook.content.as_bytes(), false);
            } else {
                append(&mut text, &hook.path, hook.content.as_bytes());
            }
        }
        let stdout = if request.show_only.is_empty() { Ok(text) } else { show_only(text, request.show_only) };
        Ok(Written { stdout: stdout?, files: self.files })
    }
}

/// What goes where.
pub(super) struct Written {
    pub(super) stdout: Vec<u8>,
    pub(super) files: Vec<OutputFile>,
}

fn append(out: &mut Vec<u8>, path: &str, content: &[u8]) {
    out.extend_from_slice(b"---\n# Source: ");
    out.extend_from_slice(path.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(content);
    out.push(b'\n');
}

fn show_only(text: Vec<u8>, patterns: &[String]) -> Result<Vec<u8>, String> {
    let documents = split_documents(&text.into());
    let named: Vec<(&[u8], String)> = documents
        .iter()
        .filter_map(|document| Some((document.as_bytes(), source(document.as_bytes())?)))
        .collect();
    let mut out = Vec::new();
    for wanted in patterns {
        let mut missing = true;
        for (document, _) in named.iter().filter(|(_, path)| pattern::matches(wanted, path)) {
            missing = false;
            out.extend_from_slice(b"---\n");
            out.extend_from_slice(document);
            out.push(b'\n');
        }
        if missing {
            return Err(format!("could not find template {wanted} in chart"));
        }
    }
    Ok(out)
}

// The path of a document's template without the chart's name: what `# Source: [^/]+/(.+)` finds first.
fn source(document: &[u8]) -> Option<String> {
    const MARK: &[u8] = b"# Source: ";
    let mut rest = document;
    while let Some(at) = rest.windows(MARK.len()).position(|window| window == MARK) {
        rest = &rest[at + MARK.len()..];
        let Some(slash) = rest.iter().position(|b| *b == b'/').filter(|slash| *slash > 0) else { continue };
        let path = rest[slash + 1..].split(|b| *b == b'\n').next().unwrap_or_default();
        if !path.is_empty() {
            return Some(String::from_utf8_lossy(path).into_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_of_a_document_is_found_as_the_pattern_finds_it() {
        assert_eq!(source(b"# Source: c/templates/a.yaml\na: b\n").as_deref(), Some("templates/a.yaml"));
        assert_eq!(source(b"# Source: /x\n# Source: c/b\n").as_deref(), Some("b"));
        assert_eq!(source(b"a: b\n"), None);
    }

    #[test]
    fn patterns_choose_documents_in_their_order() {
        let text = b"---\n# Source: c/templates/a.yaml\na: b\n---\n# Source: c/templates/b.yaml\nc: d\n";
        let shown = show_only(text.to_vec(), &["templates/b.yaml".into(), "templates/*.yaml".into()]).expect("found");
        let shown = String::from_utf8(shown).expect("text");
        assert_eq!(shown.matches("# Source: c/templates/b.yaml").count(), 2);
        let missing = show_only(text.to_vec(), &["x".into()]).expect_err("not there");
        assert_eq!(missing, "could not find template x in chart");
    }
}
