//! What kinds of cases a folder holds.

use std::io::Result;
use std::path::{Path, PathBuf};

use super::archive;

/// What was found in the folders that were named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Files of vectors, one JSON object a line.
    pub vectors: Vec<PathBuf>,
    /// Trees of charts.
    pub charts: Vec<PathBuf>,
    /// Trees of kustomizations.
    pub kustomizations: Vec<PathBuf>,
}

/// Returns what folders hold, archives of cases unpacked.
///
/// # Errors
/// When a folder is not there or cannot be read, or an archive is broken.
pub fn search(folders: &[PathBuf]) -> Result<Found> {
    let mut found = Found::default();
    for folder in folders {
        std::fs::read_dir(folder)?;
        look(folder, 0, &mut found)?;
    }
    Ok(found)
}

// Cases stand near the top; a chart may well have a folder `cases` somewhere below.
const DEPTH: usize = 4;

fn look(folder: &Path, depth: usize, found: &mut Found) -> Result<()> {
    if folder.join("charts").is_dir() && folder.join("cases").is_dir() {
        found.charts.push(folder.to_path_buf());
        return Ok(());
    }
    if folder.join("suite").is_dir() || folder.join("real").is_dir() {
        found.kustomizations.push(folder.to_path_buf());
        return Ok(());
    }
    if folder.join("cases.tar.gz").is_file() {
        return look(&archive::unpacked(&folder.join("cases.tar.gz"))?, depth, found);
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() && depth < DEPTH {
            look(&path, depth + 1, found)?;
        } else if path.extension().is_some_and(|extension| extension == "jsonl") {
            found.vectors.push(path);
        }
    }
    Ok(())
}
