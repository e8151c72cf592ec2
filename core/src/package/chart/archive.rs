//! Packed charts: a `.tgz` to names and contents, in memory.
//!
//! Checks and texts are Helm's; beyond them, entries that name a place outside (`../x`, `/x`, links, devices) are
//! refused although nothing is ever written, and the archives inside of an archive count towards the same limits.
//! Facts: <https://github.com/helm/helm/blob/main/pkg/chart/loader/archive/archive.go>.

use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;

use super::tar::{Entry, Kind, Tar};
use super::{ChartError, ChartFile};
use crate::source::Limits;

/// What may still be unpacked.
#[derive(Debug)]
pub(super) struct Budget<'l> {
    limits: &'l Limits,
    bytes: u64,
    entries: usize,
}

/// Why an archive could not be read. Helm hides all but the first of the outermost archive.
#[derive(Debug)]
pub(super) enum ArchiveError {
    /// The text of Go's library or of Helm.
    Helm(String),
    /// A limit of ours.
    Limit(ChartError),
}

impl ArchiveError {
    fn helm<T>(text: impl Into<String>) -> Result<T, ArchiveError> {
        Err(ArchiveError::Helm(text.into()))
    }

    /// Whether the bytes are no gzip at all.
    pub(super) fn is_no_gzip(&self) -> bool {
        matches!(self, ArchiveError::Helm(text) if text == NO_GZIP)
    }
}

impl From<ArchiveError> for ChartError {
    fn from(error: ArchiveError) -> ChartError {
        match error {
            ArchiveError::Helm(text) => ChartError::new(text),
            ArchiveError::Limit(error) => error,
        }
    }
}

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> ArchiveError {
        let text = error.to_string();
        ArchiveError::Helm(match error.kind() {
            io::ErrorKind::UnexpectedEof => "unexpected EOF".to_owned(),
            _ if text.starts_with("archive/tar") => text,
            _ if text.contains("checksum") => "gzip: invalid checksum".to_owned(),
            _ if text.contains("header") => NO_GZIP.to_owned(),
            _ => "flate: corrupt input".to_owned(),
        })
    }
}

const NO_GZIP: &str = "gzip: invalid header";
const BOM: &[u8] = b"\xef\xbb\xbf";
// Below this, no ratio hurts.
const RATIO_FLOOR: u64 = 1 << 20;

impl<'l> Budget<'l> {
    pub(super) fn new(limits: &'l Limits) -> Budget<'l> {
        Budget { limits, bytes: limits.archive_bytes as u64, entries: limits.archive_entries }
    }

    /// Returns the limits behind the budget.
    pub(super) fn limits(&self) -> &Limits {
        self.limits
    }

    /// Returns how many bytes may still be read.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the bytes of a file out of the budget; false where there are not enough.
    pub(super) fn spend(&mut self, bytes: u64) -> bool {
        let left = self.bytes.checked_sub(bytes);
        self.bytes = left.unwrap_or(0);
        left.is_some()
    }

    fn entry(&mut self) -> Result<(), ArchiveError> {
        let limit = self.limits.archive_entries;
        self.entries = self.entries.checked_sub(1).ok_or_else(|| {
            let text = format!("chart archive has more than {limit} entries");
            ArchiveError::Limit(ChartError::new(text).limit("archive-entries"))
        })?;
        Ok(())
    }

    fn too_large(&self) -> ArchiveError {
        let text = format!("decompressed chart is larger than the maximum size {}", self.limits.archive_bytes);
        ArchiveError::Limit(ChartError::new(text).limit("archive-bytes"))
    }

    fn check_ratio(&self, packed: usize, unpacked: u64) -> Result<(), ArchiveError> {
        let limit = (packed as u64).saturating_mul(self.limits.archive_ratio as u64);
        if unpacked <= limit.max(RATIO_FLOOR) {
            return Ok(());
        }
        let text = format!("chart archive unpacks to more than {} times its size", self.limits.archive_ratio);
        Err(ArchiveError::Limit(ChartError::new(text).limit("archive-ratio")))
    }
}

/// Returns the files of an archive in its order, without the name of the folder that holds them.
pub(super) fn read(bytes: &[u8], budget: &mut Budget<'_>) -> Result<Vec<ChartFile>, ArchiveError> {
    match bytes {
        [] => return ArchiveError::helm("EOF"),
        _ if bytes.len() < 10 => return ArchiveError::helm("unexpected EOF"),
        [0x1f, 0x8b, 8, ..] => {}
        _ => return ArchiveError::helm(NO_GZIP),
    }
    let mut tar = Tar::new(Counted { from: MultiGzDecoder::new(bytes), read: 0 });
    let mut files = Vec::new();
    while let Some(entry) = tar.next()? {
        budget.check_ratio(bytes.len(), tar.reader().read)?;
        budget.entry()?;
        match entry.kind {
            Kind::Folder | Kind::Global => continue,
            Kind::Device => {
                return ArchiveError::helm(format!("chart contains a device: {}", quoted(&text(&entry.name))));
            }
            Kind::Link | Kind::File => {}
        }
        let name = name_in_chart(&text(&entry.name))?;
        if entry.kind == Kind::Link {
            check_link(&entry, &name)?;
        }
        files.push(ChartFile { name: name.into(), data: content(&mut tar, &entry, bytes.len(), budget)?.into() });
    }
    if files.is_empty() {
        return ArchiveError::helm("no files in chart archive");
    }
    Ok(files)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A reader that counts.
struct Counted<R> {
    from: R,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.read += read as u64;
        Ok(read)
    }
}

fn content<R: Read>(
    tar: &mut Tar<Counted<R>>,
    entry: &Entry,
    packed: usize,
    budget: &mut Budget<'_>,
) -> Result<Vec<u8>, ArchiveError> {
    let size = if entry.kind == Kind::File { entry.size } else { 0 };
    // Helm wants a byte to be left, so the last byte of the budget cannot be used.
    if size >= budget.bytes().max(1) {
        return Err(budget.too_large());
    }
    budget.check_ratio(packed, tar.reader().read.saturating_add(size))?;
    budget.spend(size);
    let mut data = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    tar.content().read_to_end(&mut data)?;
    if data.starts_with(BOM) {
        data.drain(..BOM.len());
    }
    Ok(data)
}

/// Returns the name of an entry below the folder of the chart.
fn name_in_chart(entry: &str) -> Result<String, ArchiveError> {
    // An archive made on Windows may have its own separators; then a slash is a part of a name until it is cleaned.
    let separator = if entry.contains('\\') { '\\' } else { '/' };
    let (first, rest) = entry.split_once(separator).unwrap_or((entry, ""));
    let rest = rest.replace(separator, "/");
    if rest.starts_with('/') || first.is_empty() {
        return ArchiveError::helm("chart illegally contains absolute paths");
    }
    let name = clean(&rest);
    if name == "." {
        let entry = quoted(entry);
        return ArchiveError::helm(format!("chart illegally contains content outside the base directory: {entry}"));
    }
    if name.starts_with("..") || first == ".." {
        return ArchiveError::helm("chart illegally references parent directory");
    }
    if matches!(name.as_bytes(), [drive, b':', b'/', ..] if drive.is_ascii_alphabetic()) {
        return ArchiveError::helm("chart contains illegally named files");
    }
    if first == "Chart.yaml" {
        return ArchiveError::helm("chart yaml not in base directory");
    }
    Ok(name)
}

/// Refuses a link that leads out of the chart. One that stays inside is an empty file, as Helm reads it.
fn check_link(entry: &Entry, name: &str) -> Result<(), ArchiveError> {
    let target = text(&entry.link).replace('\\', "/");
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let drive = matches!(target.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic());
    let below = if folder.is_empty() { clean(&target) } else { clean(&format!("{folder}/{target}")) };
    if target.starts_with('/') || drive || below == ".." || below.starts_with("../") {
        return ArchiveError::helm(format!("chart illegally links out of its directory: {}", quoted(name)));
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    gotemplate::fmt::quote(text.as_bytes())
}

/// Go's `path.Clean`.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
