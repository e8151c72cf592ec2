//! The text of `helm template`: manifests, then hooks, each under the path of its template.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/cmd/template.go> and `renderResources` of
//! <https://github.com/helm/helm/blob/main/pkg/action/action.go>.

use ecow::{EcoString, eco_format};

use super::manifests::{split, trim_end, trim_start};
use super::{Content, HelmError, HelmErrorKind, RenderedFile, Sorted};
use crate::package::chart::{Chart, Glob};

/// What is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutputOptions {
    /// Leaves hooks out (`--no-hooks`).
    pub no_hooks: bool,
    /// Leaves hooks out that are tests (`--skip-tests`).
    pub skip_tests: bool,
    /// Puts the files of `crds/` first (`--include-crds`).
    pub include_crds: bool,
    /// Shows what comes from these templates alone, by patterns for their paths in the chart (`--show-only`).
    pub show_only: Vec<String>,
}

/// A document as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The path in `# Source:`.
    pub path: String,
    /// The document.
    pub content: Content,
    /// Whether it is a hook.
    pub is_hook: bool,
    /// The file of `crds/` that it is, as messages have it; nothing of what a template wrote.
    pub file: Option<EcoString>,
}

/// Returns the documents to show, in their order: CRDs, manifests, hooks.
///
/// # Errors
/// When a file of `crds/` cannot be read.
pub fn shown(sorted: Sorted, chart: &Chart, options: &OutputOptions) -> Result<Vec<Shown>, HelmError> {
    let crds = if options.include_crds { chart.crds() } else { Vec::new() };
    let crds = crds.iter().map(|crd| {
        let file = Some(crd.chart.contents.name_of(&crd.file.name));
        let text = crd.file.bytes().map_err(|error| HelmError::of_reading(&error))?;
        Ok(Shown { path: crd.filename(), content: Content::whole(text.clone()), is_hook: false, file })
    });
    let mut shown = crds.collect::<Result<Vec<_>, HelmError>>()?;
    let rendered = |path: &str, content, is_hook| Shown { path: path.to_owned(), content, is_hook, file: None };
    let manifests = sorted.manifests.into_iter().map(|manifest| rendered(&manifest.path, manifest.content, false));
    let hooks = sorted.hooks.into_iter().filter(|hook| !(options.no_hooks || options.skip_tests && hook.is_test()));
    let hooks = hooks.map(|hook| rendered(&hook.path, hook.content, true));
    shown.extend(manifests.chain(hooks));
    Ok(shown)
}

/// Returns the text that `helm template` writes. What is written gives its memory back on the way.
///
/// # Errors
/// When a pattern of [`OutputOptions::show_only`] fits no template that wrote something, or a file of `crds/` cannot be
/// read.
pub fn template_text(sorted: Sorted, chart: &Chart, options: &OutputOptions) -> Result<Vec<u8>, HelmError> {
    let documents = shown(sorted, chart, options)?;
    let size = documents.iter().map(|shown| shown.path.len() + shown.content.as_bytes().len() + 16).sum::<usize>();
    let mut manifests = Vec::with_capacity(size + 1);
    let mut hooks = Vec::new();
    for shown in documents {
        write(if shown.is_hook { &mut hooks } else { &mut manifests }, &shown.path, shown.content.as_bytes());
    }
    // Of the manifests, not of the hooks, the space around is cut off; a lone line break is left of none.
    let start = manifests.len() - trim_start(&manifests).len();
    let end = start + trim_end(&manifests[start..]).len();
    manifests.truncate(end);
    manifests.drain(..start);
    manifests.push(b'\n');
    manifests.append(&mut hooks);
    if options.show_only.is_empty() { Ok(manifests) } else { only(manifests, &options.show_only) }
}

/// Returns rendered files as they are, which is what `helm template --debug` writes when one of them is no YAML.
pub fn files_text(files: &[RenderedFile]) -> Vec<u8> {
    let mut out = Vec::new();
    for file in files.iter().filter(|file| !trim_start(&file.text).is_empty()) {
        write(&mut out, &file.path, &file.text);
    }
    out
}

fn write(out: &mut Vec<u8>, path: &str, content: &[u8]) {
    out.extend_from_slice(b"---\n# Source: ");
    out.extend_from_slice(path.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(content);
    out.push(b'\n');
}

/// Takes the text apart again and keeps what comes from templates that were asked for, as often as it was.
fn only(text: Vec<u8>, patterns: &[String]) -> Result<Vec<u8>, HelmError> {
    let documents = split(&text.into());
    let sources: Vec<Option<&[u8]>> = documents.iter().map(|document| source(document.as_bytes())).collect();
    let mut out = Vec::new();
    for pattern in patterns {
        // A pattern that is none fits nothing.
        let glob = Glob::parse(pattern).ok();
        let mut missing = true;
        for (document, source) in documents.iter().zip(&sources) {
            let path = source.map(String::from_utf8_lossy);
            if path.zip(glob.as_ref()).is_some_and(|(path, glob)| glob.matches(&path)) {
                missing = false;
                out.extend_from_slice(b"---\n");
                out.extend_from_slice(document.as_bytes());
                out.push(b'\n');
            }
        }
        if missing {
            let message = eco_format!("could not find template {pattern} in chart");
            return Err(HelmError::new(HelmErrorKind::NoManifest, message));
        }
    }
    Ok(out)
}

/// Returns the path behind the first `# Source: chart/`.
fn source(document: &[u8]) -> Option<&[u8]> {
    const MARK: &[u8] = b"# Source: ";
    let starts = (0..document.len()).filter(|at| document[*at..].starts_with(MARK));
    starts.into_iter().find_map(|at| {
        let rest = &document[at + MARK.len()..];
        // The name of the chart, and then at least one character of the same line.
        let slash = rest.iter().position(|byte| *byte == b'/').filter(|at| *at > 0)?;
        let path = rest[slash + 1..].split(|byte| *byte == b'\n').next()?;
        (!path.is_empty()).then_some(path)
    })
}
