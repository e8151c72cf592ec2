//! Where a chart is: a folder or an archive of this machine.

use std::path::Path;

use rhumb::pipeline::helm::ChartSource;
use rhumb::source::Limits;

use super::super::flags::Parsed;
use crate::disk::{DiskFiles, read_file, reason};

/// A chart on the disk.
pub(super) enum Located {
    Folder(DiskFiles),
    Archive { name: String, bytes: Vec<u8> },
}

impl Located {
    /// Returns the chart as the engine takes it.
    pub(super) fn source(&self) -> ChartSource<'_> {
        match self {
            Located::Folder(files) => ChartSource::Folder { files, root: files.base() },
            Located::Archive { name, bytes } => ChartSource::Archive { name, bytes },
        }
    }
}

/// Finds the chart that an argument names, as Helm does without repositories.
///
/// # Errors
/// Helm's text where the path is none; a reason where the chart would have to be fetched.
pub(super) fn locate(name: &str, flags: &Parsed, limits: &Limits) -> Result<Located, String> {
    let name = name.trim();
    if flags.bool("verify") {
        return Err("--verify needs a keyring and a provenance file, which rhumb does not check yet".to_owned());
    }
    if let Some(repo) = flags.text("repo").filter(|repo| !repo.is_empty()) {
        return Err(not_fetched(&format!("{name} of the repository {repo}")));
    }
    let path = Path::new(name);
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_dir() => {
            let files = DiskFiles::open(path, 0, limits);
            files.map(Located::Folder).map_err(|error| format!("cannot read {name}: {}", reason(&error)))
        }
        Ok(_) => {
            let bytes = read_file(path, limits.archive_bytes as u64);
            let bytes = bytes.map_err(|error| format!("cannot read {name}: {}", reason(&error)))?;
            let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            Ok(Located::Archive { name: absolute.display().to_string(), bytes })
        }
        Err(_) if path.is_absolute() || name.starts_with('.') => {
            Err(format!("path {} not found", super::super::go::quote(name)))
        }
        Err(_) => Err(not_fetched(name)),
    }
}

fn not_fetched(what: &str) -> String {
    format!(
        "there is no chart {what} on this machine, and rhumb fetches nothing: `helm pull` it and name the folder or the .tgz"
    )
}
