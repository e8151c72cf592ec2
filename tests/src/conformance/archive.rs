//! Archives of cases, unpacked once below the target folder.

use std::io::{Error, Read, Result};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::workspace;

/// Returns the folder that holds what an archive holds, unpacked now or by an earlier run.
///
/// # Errors
/// When the archive cannot be read or holds a path that leaves its root.
pub fn unpacked(archive: &Path) -> Result<PathBuf> {
    let bytes = std::fs::read(archive)?;
    let folder = workspace::target().join("conformance").join(format!("{:016x}", fingerprint(&bytes)));
    // The tests of one run wait for the first of them.
    static UNPACKING: Mutex<()> = Mutex::new(());
    let _unpacking = UNPACKING.lock().unwrap_or_else(PoisonError::into_inner);
    if folder.is_dir() {
        return Ok(folder);
    }
    // Two runs may unpack at the same time: each into a folder of its own, and the first to finish gives the name.
    let fresh = folder.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::create_dir_all(&fresh)?;
    unpack(&bytes, &fresh)?;
    match std::fs::rename(&fresh, &folder) {
        Err(_) if folder.is_dir() => std::fs::remove_dir_all(&fresh)?,
        other => other?,
    }
    Ok(folder)
}

fn unpack(bytes: &[u8], into: &Path) -> Result<()> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(Error::other(format!("the archive holds the path {}", path.display())));
        }
        let target = into.join(&path);
        if entry.header().entry_type().is_dir() {
            std::fs::create_dir_all(&target)?;
        } else if entry.header().entry_type().is_file() {
            let parent = target.parent().ok_or_else(|| Error::other("a file without a folder"))?;
            std::fs::create_dir_all(parent)?;
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            std::fs::write(&target, content)?;
        }
    }
    Ok(())
}

// FNV-1a over words: names the folder of an archive by its content; nobody attacks it.
fn fingerprint(bytes: &[u8]) -> u64 {
    let word = |chunk: &[u8]| chunk.iter().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
    bytes.chunks(8).fold(0xcbf2_9ce4_8422_2325 ^ bytes.len() as u64, |hash, chunk| {
        (hash ^ word(chunk)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
    })
}
