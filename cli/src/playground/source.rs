//! The source as the page gets it: its files, and those elsewhere that it is built from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64;
use rhumb::package::chart::load_archive;
use rhumb::pipeline::Request;
use rhumb::source::{Entry, FileError, Files, Limits, VPath, Walked};
use serde_json::{Value, json};

use crate::disk::{DiskFiles, read_file};
use crate::inputs;
use crate::machine;
use crate::output::Failure;

/// What is never a part of a package, and large.
const SKIPPED: [&str; 4] = [".git", "node_modules", "target", ".terraform"];

/// More than somebody edits in a page.
const MOST_FILES: usize = 5_000;
const MOST_BYTES: usize = 64 << 20;

/// Reads the source: `{files: {PATH: {text} or {base64}}, root}`.
///
/// # Errors
/// When it cannot be read, or is too large for a page.
pub(super) fn load(path: &Path) -> Result<Value, Failure> {
    let name = path.display().to_string();
    let unreadable = |error: std::io::Error| Failure::new("cli-unreadable", format!("`{name}`: {error}"));
    if path.is_dir() {
        return folder(path);
    }
    let limits = Limits::default();
    let bytes = read_file(path, limits.archive_bytes as u64).map_err(unreadable)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if !inputs::is_archive(path) {
        return Ok(answer("", [(file, bytes.as_slice())]));
    }
    let chart = load_archive(&name, &bytes, &limits, &mut Vec::new())
        .map_err(|error| Failure::new("chart-load", error.to_string()))?;
    let root = chart.metadata.name.to_string();
    let mut files = Vec::with_capacity(chart.contents.raw.len());
    for file in &chart.contents.raw {
        let data = file.bytes().map_err(|error| Failure::new("chart-load", error.to_string()))?;
        files.push((format!("{root}/{}", file.name), &**data));
    }
    Ok(answer(&root, files))
}

fn folder(path: &Path) -> Result<Value, Failure> {
    let limits = Limits::default();
    let mut up = inputs::highest(path);
    let (disk, read) = loop {
        let disk = inputs::open(path, up, &limits)?;
        let recorder = Recorder { disk: &disk, read: Mutex::default() };
        let mut request = Request::package(&recorder, disk.base().clone());
        request.host = Some(machine::host(None, None, None).map_err(|error| Failure::new("cli-time", error))?);
        let built = inputs::engine().build(&request);
        let read = recorder.read.into_inner().unwrap_or_else(PoisonError::into_inner);
        match built.needs_parent {
            Some(levels) if levels > 0 && up < inputs::HIGHEST => up += levels,
            _ => break (disk, read),
        }
    };
    let unreadable = |error: FileError| Failure::new("cli-unreadable", error.to_string());
    let walked = disk.walk(disk.base(), &mut |folder| !SKIPPED.contains(&folder.file_name())).map_err(unreadable)?;
    let own = walked.files.into_iter().map(|file| file.path);
    let paths: BTreeSet<VPath> = own.chain(read).collect();
    let above = common(disk.base(), &paths);
    let mut files = Vec::new();
    let mut bytes = 0;
    for path in &paths {
        let Ok(content) = disk.read(path) else { continue };
        bytes += content.len();
        if files.len() >= MOST_FILES || bytes > MOST_BYTES {
            let message = format!("`{}` has more than {MOST_FILES} files or 64 MB", disk.display_name(disk.base()));
            return Err(Failure::new("playground-too-large", message).help("name a folder further down"));
        }
        files.push((below(&above, path), content));
    }
    let root = below(&above, disk.base());
    Ok(answer(&root, files.iter().map(|(path, content)| (path.clone(), &**content))))
}

fn answer<'a>(root: &str, files: impl IntoIterator<Item = (String, &'a [u8])>) -> Value {
    let content = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => json!({ "text": text }),
        Err(_) => json!({ "base64": BASE64.encode(bytes) }),
    };
    let files: BTreeMap<String, Value> = files.into_iter().map(|(path, bytes)| (path, content(bytes))).collect();
    json!({ "root": root, "files": files })
}

// The parts that the folder and all files have in common.
fn common(folder: &VPath, paths: &BTreeSet<VPath>) -> Vec<String> {
    let parts = |path: &VPath| path.as_str().split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let first: Vec<String> = parts(folder);
    paths.iter().fold(first, |mut above, path| {
        let own: Vec<String> = parts(&path.parent());
        let same = above.iter().zip(&own).take_while(|(a, b)| a == b).count();
        above.truncate(same);
        above
    })
}

fn below(above: &[String], path: &VPath) -> String {
    let parts: Vec<&str> = path.as_str().split('/').filter(|part| !part.is_empty()).collect();
    parts.get(above.len()..).unwrap_or_default().join("/")
}

/// Notes which files a build reads: those of other folders belong to the source as well.
struct Recorder<'a> {
    disk: &'a DiskFiles,
    read: Mutex<BTreeSet<VPath>>,
}

impl Files for Recorder<'_> {
    fn read(&self, path: &VPath) -> Result<Arc<[u8]>, FileError> {
        let content = self.disk.read(path)?;
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone());
        Ok(content)
    }

    fn list(&self, folder: &VPath) -> Result<Vec<VPath>, FileError> {
        self.disk.list(folder)
    }

    fn walk(&self, folder: &VPath, enter: &mut dyn FnMut(&VPath) -> bool) -> Result<Walked, FileError> {
        self.disk.walk(folder, enter)
    }

    fn size(&self, path: &VPath) -> u64 {
        self.disk.size(path)
    }

    fn has(&self, path: &VPath) -> bool {
        self.disk.has(path)
    }

    fn entry(&self, path: &VPath) -> Result<Entry, FileError> {
        self.disk.entry(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_elsewhere_come_with_the_source_and_nothing_else() {
        let place = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &[u8]| {
            let path = place.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        };
        write("app/base/kustomization.yaml", b"resources: [a.yaml]\n");
        write("app/base/a.yaml", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
        write("app/base/secret.txt", b"not read\n");
        write("app/prod/kustomization.yaml", b"resources: [../base]\n");
        write("app/prod/picture.png", &[137, 80, 255]);
        write("app/prod/.git/config", b"no\n");
        let found = load(&place.path().join("app/prod")).expect("a folder");
        assert_eq!(found["root"], "prod");
        let files: Vec<&String> = found["files"].as_object().expect("files").keys().collect();
        assert_eq!(files, ["base/a.yaml", "base/kustomization.yaml", "prod/kustomization.yaml", "prod/picture.png"]);
        assert_eq!(found["files"]["prod/picture.png"], json!({ "base64": "iVD/" }));
        assert!(load(&place.path().join("nowhere")).is_err());
        let alone = load(&place.path().join("app/base/a.yaml")).expect("a file");
        assert_eq!((&alone["root"], alone["files"].as_object().map(|files| files.len())), (&json!(""), Some(1)));
    }
}
