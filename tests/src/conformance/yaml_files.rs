//! The law of reading and writing, over every YAML file of the corpora.

use std::path::{Path, PathBuf};

use rhumb::source::{FileId, Limits};
use rhumb::value::Value;
use rhumb::yaml::{Rules, parse, resolve, to_string};

/// Returns the YAML files below folders that are no templates of charts, sorted. Links are not followed.
pub fn texts(folders: &[PathBuf]) -> Vec<PathBuf> {
    let all = folders.iter().flat_map(|folder| walkdir::WalkDir::new(folder).sort_by_file_name());
    let files =
        all.filter_map(Result::ok).filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path);
    files.filter(|path| is_yaml(path) && !path.iter().any(|part| part == "templates")).collect()
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

// Go writes a key `<<` without quotes and so cannot read it back itself.
fn has_merge_key(value: &Value) -> bool {
    match value {
        Value::Map(map) => map.iter().any(|(key, value)| key == "<<" || has_merge_key(value)),
        Value::Seq(items) => items.iter().any(has_merge_key),
        _ => false,
    }
}

/// Checks a text: each document that the resolver accepts, written and read again, gives the same value.
/// Returns how many documents were checked.
///
/// # Errors
/// With the first difference.
pub fn law(text: &str) -> Result<usize, String> {
    let limits = Limits::default();
    let mut checked = 0;
    for document in parse(text, FileId::NONE, &limits).value {
        let Some(Ok(value)) = document.root.as_ref().map(|root| resolve(root, Rules::Kubectl, &limits)) else {
            continue;
        };
        if has_merge_key(&value) {
            continue;
        }
        let written = to_string(&value);
        let again = parse(&written, FileId::NONE, &limits);
        if let Some(error) = again.diagnostics.iter().find(|finding| finding.is_error()) {
            return Err(format!("what was written is no YAML: {error}\n{written}"));
        }
        let root = again.value.into_iter().find_map(|document| document.root);
        let root = root.ok_or_else(|| format!("what was written holds no document:\n{written}"))?;
        let back = resolve(&root, Rules::Kubectl, &limits).map_err(|error| format!("{error}:\n{written}"))?;
        if back != value {
            return Err(crate::first_difference(&written, &to_string(&back)));
        }
        checked += 1;
    }
    Ok(checked)
}
