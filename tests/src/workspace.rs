//! Where things are in this repository.

use std::path::{Path, PathBuf};

/// Returns the root of the repository.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_path_buf()
}

/// Returns the folder for what is built: `CARGO_TARGET_DIR`, or `target/` in the root.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Returns the folder of conformance corpora beside the repository, where there is one.
pub fn shared_conformance() -> Option<PathBuf> {
    let named = std::env::var_os("RHUMB_CONFORMANCE").map(PathBuf::from);
    let beside = root().parent().map(|parent| parent.join("shared/conformance"));
    [named, beside].into_iter().flatten().find(|folder| folder.is_dir())
}

/// Returns the folder of CustomResourceDefinitions beside the repository (or `$RHUMB_CRDS`), where there is one.
pub fn shared_crds() -> Option<PathBuf> {
    let named = std::env::var_os("RHUMB_CRDS").map(PathBuf::from);
    let beside = root().parent().map(|parent| parent.join("shared/crds"));
    [named, beside].into_iter().flatten().find(|folder| folder.is_dir())
}

/// Returns one of the original programs (`helm`, `kubectl`), where it was installed for comparison: in
/// `$RHUMB_PEERS` or `~/.cache/rhumb-peers`.
pub fn peer(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os("RHUMB_PEERS").map(PathBuf::from);
    let cached = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/rhumb-peers"));
    named.or(cached).map(|folder| folder.join(name)).filter(|program| program.is_file())
}

/// Returns a program of the search path.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// Whether slow tests are wanted (`RUN_SLOW_TESTS`).
pub fn slow() -> bool {
    std::env::var_os("RUN_SLOW_TESTS").is_some()
}

/// Whether expected files are to be written anew (`UPDATE=1`).
pub fn update() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// Returns the text files of the repository with their paths from the root, sorted; what is built and what git
/// keeps for itself is left out.
pub fn text_files() -> Vec<(String, String)> {
    let root = root();
    let skipped = |entry: &walkdir::DirEntry| {
        entry.file_name() == ".git" || (entry.file_type().is_dir() && entry.path().join("CACHEDIR.TAG").is_file())
    };
    let entries = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter();
    let files = entries.filter_entry(|entry| !skipped(entry)).filter_map(Result::ok);
    let named = files.filter(|entry| entry.file_type().is_file()).filter_map(|entry| {
        let text = std::fs::read_to_string(entry.path()).ok()?;
        let path = entry.path().strip_prefix(&root).ok()?;
        Some((path.to_string_lossy().into_owned(), text))
    });
    named.collect()
}
