//! Answers that are kept on disk, for servers that say whether they still hold.
//!
//! What a server has is long and rarely changes. kubectl keeps it for hours and so misses what came since, which charts
//! would notice. Here the server is asked each time whether what is kept is still true (`If-None-Match`): it says so in
//! a few bytes. A cache that cannot be read or written is none.

use std::path::{Path, PathBuf};

use rhumb::value::Value;

use crate::client::{Answered, Call, Client};
use crate::error::RequestError;

/// Returns the folder in which kubectl keeps what it knows of servers.
pub(crate) fn folder() -> Option<PathBuf> {
    let set = std::env::var_os("KUBECACHEDIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    set.or_else(|| std::env::home_dir().map(|home| home.join(".kube").join("cache")))
}

/// A folder with answers of one server.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// Returns the cache of a server below a folder; with none, nothing is kept.
    pub(crate) fn of(url: &str, root: Option<&Path>) -> Cache {
        Cache { folder: root.map(|root| root.join("rhumb").join(name(url))) }
    }

    /// Asks for something that is the same until its tag changes.
    pub(crate) fn get(&self, client: &Client, call: &Call, file: &str) -> Result<Value, RequestError> {
        let path = self.folder.as_ref().map(|folder| folder.join(file));
        let kept = path.as_deref().and_then(read);
        match client.ask(call, kept.as_ref().map(|(tag, _)| tag.as_str()))? {
            Answered::Same => Ok(kept.map(|(_, value)| value).unwrap_or_default()),
            Answered::New { tag, bytes } => {
                let value = client.value(call, &bytes)?;
                if let (Some(path), Some(tag)) = (path, tag) {
                    write(&path, &tag, &bytes);
                }
                Ok(value)
            }
        }
    }
}

// Two servers of the same name here are told apart by their tags.
fn name(url: &str) -> String {
    let part = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' };
    let name: String = url.split_once("://").map_or(url, |(_, rest)| rest).chars().map(part).collect();
    // Never the folder itself or the one above.
    format!("_{name}")
}

// The first line is the tag, the rest what was answered.
fn read(path: &Path) -> Option<(String, Value)> {
    let text = std::fs::read(path).ok()?;
    let end = text.iter().position(|byte| *byte == b'\n')?;
    let tag = std::str::from_utf8(&text[..end]).ok()?;
    let value = serde_json::from_slice(&text[end + 1..]).ok()?;
    Some((tag.to_owned(), value))
}

fn write(path: &Path, tag: &str, bytes: &[u8]) {
    let Some(folder) = path.parent() else { return };
    if tag.contains('\n') || std::fs::create_dir_all(folder).is_err() {
        return;
    }
    // Whole or not at all: others may be reading it.
    let whole = [tag.as_bytes(), b"\n", bytes].concat();
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    if std::fs::write(&draft, whole).and_then(|()| std::fs::rename(&draft, path)).is_err() {
        let _ = std::fs::remove_file(&draft);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_have_names_that_are_no_paths() {
        assert_eq!(name("https://127.0.0.1:6443/k8s/../x"), "_127.0.0.1_6443_k8s_.._x");
        assert_eq!(name("https://[::1]:6443"), "____1__6443");
        assert_eq!(name("https://.."), "_..");
    }
}
