//! Where the page is, and its files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rhumb::source::{Files, Limits, VPath};

use crate::disk::DiskFiles;
use crate::inputs;
use crate::output::Failure;

/// Opens the folder of the page: the one that is named, or the one that is installed with the program.
pub(super) fn find(named: Option<&Path>) -> Result<DiskFiles, Failure> {
    let index = VPath::parse("index.html").expect("a path");
    let open = |folder: &Path| inputs::open(folder, 0, &Limits::default()).ok().filter(|files| files.has(&index));
    let folders = named.map_or_else(installed, |folder| vec![folder.to_owned()]);
    folders.iter().find_map(|folder| open(folder)).ok_or_else(|| {
        let looked: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        let message = format!("the page of the playground is not in {}", looked.join(" nor in "));
        Failure::new("playground-page", message).help(
            "build it with `wasm/playground/build` from the repository and name its folder with `--page` or in RHUMB_PLAYGROUND",
        )
    })
}

fn installed() -> Vec<PathBuf> {
    if let Some(folder) = std::env::var_os("RHUMB_PLAYGROUND") {
        return vec![folder.into()];
    }
    let program = std::env::current_exe().and_then(std::fs::canonicalize).unwrap_or_default();
    let beside = program.parent().unwrap_or(Path::new("."));
    vec![beside.join("playground"), beside.join("../share/rhumb/playground")]
}

/// Returns a file of the page with its type; the page itself for the empty path.
pub(super) fn file(files: &DiskFiles, path: &str) -> Option<(&'static str, Arc<[u8]>)> {
    let path = if path.is_empty() { "index.html" } else { path };
    let kind = match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        _ => return None,
    };
    Some((kind, files.read(&VPath::parse(path).ok()?).ok()?))
}
