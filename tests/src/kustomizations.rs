//! Building kustomizations in process, for tests that compare the result with that of kustomize.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rhumb::pipeline::kustomize::build;
use rhumb::render::kustomize::{Options, Outcome};
use rhumb::render::{Host, SealedHost};
use rhumb::source::{Entry, EntryKind, FileError, Files, VPath};

/// A folder of the disk.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Returns the files of a folder.
    ///
    /// # Errors
    /// When it is not there.
    pub fn open(root: &Path) -> std::io::Result<Folder> {
        Ok(Folder { root: root.canonicalize()? })
    }

    fn real(&self, path: &VPath) -> Result<PathBuf, FileError> {
        let real = self.root.join(path.as_str()).canonicalize().map_err(|_| FileError::NotFound(path.clone()))?;
        match real.starts_with(&self.root) {
            true => Ok(real),
            false => Err(FileError::Unreadable(path.clone(), "the link leaves the folder".to_owned())),
        }
    }
}

impl Files for Folder {
    fn read(&self, path: &VPath) -> Result<Arc<[u8]>, FileError> {
        let bytes = fs::read(self.real(path)?);
        bytes.map(Arc::from).map_err(|error| FileError::Unreadable(path.clone(), error.to_string()))
    }

    fn list(&self, folder: &VPath) -> Result<Vec<VPath>, FileError> {
        let entries = walkdir::WalkDir::new(self.real(folder)?).into_iter().filter_map(Result::ok);
        let files = entries.filter(|entry| entry.path().is_file());
        let below = files.filter_map(|entry| Some(entry.path().strip_prefix(&self.root).ok()?.to_path_buf()));
        let mut paths: Vec<VPath> = below.filter_map(|path| VPath::parse(&path.to_string_lossy()).ok()).collect();
        paths.sort();
        Ok(paths)
    }

    fn entry(&self, path: &VPath) -> Result<Entry, FileError> {
        let real = self.real(path)?;
        let kind = if real.is_dir() { EntryKind::Folder } else { EntryKind::File };
        let below = real.strip_prefix(&self.root).unwrap_or(&real).to_string_lossy().into_owned();
        let real = VPath::parse(&below).map_err(|error| FileError::Unreadable(path.clone(), error.to_string()))?;
        Ok(Entry { kind, real })
    }
}

/// Builds the kustomization of a folder of the files.
///
/// # Errors
/// When the folder is no path.
pub fn build_folder(files: &dyn Files, folder: &str, options: &Options) -> Result<Outcome, String> {
    let folder = folder.trim_start_matches("./").trim_end_matches('/');
    let folder = if folder == "." { "" } else { folder };
    let folder = VPath::parse(folder).map_err(|error| format!("{folder}: {error}"))?;
    let host: Arc<dyn Host + Send + Sync> = Arc::new(SealedHost);
    Ok(build(files, &folder, options, &host))
}

/// Returns what a command line would write to standard error.
pub fn standard_error(outcome: &Outcome) -> String {
    let mut text = String::new();
    for warning in &outcome.warnings {
        let time = if warning.logged { "{{LOG}} " } else { "" };
        text.push_str(&format!("{time}{}\n", warning.text));
    }
    if let Err(error) = &outcome.result {
        text.push_str(&format!("error: {error}\n"));
    }
    text
}
