//! Tar archives as far as charts need them: names and contents of files, read in one pass and nothing else.
//!
//! What a header may say is what Go's archive/tar reads: names in the header, in GNU's long-name entries and in PAX
//! records, sizes in octal and in base 256. Nothing is ever written anywhere, so modes, owners and times are not read.
//! Facts: <https://pkg.go.dev/archive/tar>, POSIX.1-2001 pax.

use std::io::{self, Read};

const BLOCK: usize = 512;
// The records of one entry, or one long name; Go stops there as well.
const MAX_SPECIAL: u64 = 1 << 20;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    /// A symbolic or hard link.
    Link,
    /// A device or a pipe.
    Device,
    /// Records that hold for all entries that follow.
    Global,
}

/// The header of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) size: u64,
}

/// A reader of entries. The content of an entry is read from [`Tar::content`] before the next header.
pub(super) struct Tar<R> {
    from: R,
    // What is left of the entry, and the blanks behind it.
    left: u64,
    padding: u64,
}

fn invalid() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "archive/tar: invalid tar header")
}

impl<R: Read> Tar<R> {
    pub(super) fn new(from: R) -> Tar<R> {
        Tar { from, left: 0, padding: 0 }
    }

    /// Returns what the archive is read from.
    pub(super) fn reader(&self) -> &R {
        &self.from
    }

    /// Returns the content of the entry last read.
    pub(super) fn content(&mut self) -> Content<'_, R> {
        Content { tar: self }
    }

    /// Returns the next entry, `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Entry>> {
        let mut pax = Pax::default();
        let (mut long_name, mut long_link) = (None, None);
        loop {
            let skipped = self.left.saturating_add(self.padding);
            skip(&mut self.from, skipped)?;
            (self.left, self.padding) = (0, 0);
            let Some(block) = self.block()? else { return Ok(None) };
            let size = number(&block[124..136]).ok_or_else(invalid)?;
            let flag = block[156];
            match flag {
                b'x' => pax = Pax::parse(&self.special(size)?).ok_or_else(invalid)?,
                b'L' => long_name = Some(until_nul(&self.special(size)?).to_vec()),
                b'K' => long_link = Some(until_nul(&self.special(size)?).to_vec()),
                _ => {
                    let name = pax.path.or(long_name).unwrap_or_else(|| header_name(&block));
                    let link = pax.link.or(long_link).unwrap_or_else(|| until_nul(&block[157..257]).to_vec());
                    let kind = kind(flag, &name, &block).ok_or_else(invalid)?;
                    let size = pax.size.unwrap_or(size);
                    self.set_size(if matches!(kind, Kind::File | Kind::Global) { size } else { 0 })?;
                    return Ok(Some(Entry { name, link, kind, size }));
                }
            }
        }
    }

    /// Reads a header; `None` at the end of the archive.
    fn block(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        if !fill(&mut self.from, &mut block)? {
            return Ok(None);
        }
        if block.iter().all(|b| *b == 0) {
            // Two empty blocks are the end, and so is the end of the data behind one.
            return match fill(&mut self.from, &mut block)? && block.iter().any(|b| *b != 0) {
                true => Err(invalid()),
                false => Ok(None),
            };
        }
        let stored = number(&block[148..156]).ok_or_else(invalid)?;
        let bytes = || block.iter().enumerate().map(|(i, b)| if (148..156).contains(&i) { b' ' } else { *b });
        let unsigned: u64 = bytes().map(u64::from).sum();
        let signed: i64 = bytes().map(|b| i64::from(b.cast_signed())).sum();
        let holds = stored == unsigned || i64::try_from(stored) == Ok(signed);
        if holds { Ok(Some(block)) } else { Err(invalid()) }
    }

    fn set_size(&mut self, size: u64) -> io::Result<()> {
        if size > i64::MAX as u64 {
            return Err(invalid());
        }
        self.left = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
        Ok(())
    }

    /// Reads the content of an entry that is no file but says something of the next one.
    fn special(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > MAX_SPECIAL {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "archive/tar: header field too long"));
        }
        self.set_size(size)?;
        let mut bytes = Vec::new();
        self.content().read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// The content of one entry.
pub(super) struct Content<'a, R> {
    tar: &'a mut Tar<R>,
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.tar.left).unwrap_or(usize::MAX).min(into.len());
        if most == 0 {
            return Ok(0);
        }
        let read = self.tar.from.read(&mut into[..most])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.tar.left -= read as u64;
        Ok(read)
    }
}

/// Fills a block; false where there is nothing more to read.
fn fill(from: &mut impl Read, block: &mut [u8; BLOCK]) -> io::Result<bool> {
    let mut filled = 0;
    while filled < BLOCK {
        match from.read(&mut block[filled..])? {
            0 if filled == 0 => return Ok(false),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => filled += read,
        }
    }
    Ok(true)
}

fn skip(from: &mut impl Read, bytes: u64) -> io::Result<()> {
    let skipped = io::copy(&mut from.take(bytes), &mut io::sink())?;
    if skipped < bytes { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or_default()
}

fn header_name(block: &[u8; BLOCK]) -> Vec<u8> {
    let name = until_nul(&block[..100]);
    let prefix = match &block[257..263] {
        b"ustar\0" => until_nul(&block[345..500]),
        _ => &[],
    };
    if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
}

fn kind(flag: u8, name: &[u8], block: &[u8; BLOCK]) -> Option<Kind> {
    Some(match flag {
        b'0' | 0 | b'7' if name.ends_with(b"/") => Kind::Folder,
        // Old programs put the kind into the mode as well.
        b'0' | 0 | b'7' => match number(&block[100..108])? & 0o170_000 {
            0o040_000 => Kind::Folder,
            0o120_000 => Kind::Link,
            0o010_000 | 0o020_000 | 0o060_000 | 0o140_000 => Kind::Device,
            _ => Kind::File,
        },
        b'1' | b'2' => Kind::Link,
        b'3' | b'4' | b'6' => Kind::Device,
        b'5' => Kind::Folder,
        b'g' => Kind::Global,
        // Go reads sparse files; no chart is one. Other letters are free for use, and Go reads them as files.
        b'S' => return None,
        _ => Kind::File,
    })
}

/// Reads a number: octal digits, or a set first bit and base 256.
fn number(field: &[u8]) -> Option<u64> {
    if field.first().is_some_and(|b| b & 0x80 != 0) {
        let mut bytes = field.iter().copied();
        let first = u64::from(bytes.next()? & 0x7f);
        // A second set bit would make the number negative.
        return (first & 0x40 == 0)
            .then(|| bytes.try_fold(first, |n, b| n.checked_mul(256)?.checked_add(u64::from(b))))?;
    }
    let text = field.iter().copied().skip_while(|b| matches!(b, b' ' | 0));
    let digits: Vec<u8> = text.take_while(|b| !matches!(b, b' ' | 0)).collect();
    digits.iter().try_fold(0_u64, |n, b| match b {
        b'0'..=b'7' => n.checked_mul(8)?.checked_add(u64::from(b - b'0')),
        _ => None,
    })
}

/// The records that matter.
#[derive(Debug, Default)]
struct Pax {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Pax {
    /// Reads records of the form `length key=value\n`, in which the length counts the whole record.
    fn parse(mut bytes: &[u8]) -> Option<Pax> {
        let mut pax = Pax::default();
        while !bytes.is_empty() {
            let space = bytes.iter().position(|b| *b == b' ')?;
            let length: usize = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
            let record = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
            let equals = record.iter().position(|b| *b == b'=')?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            let text = || (!value.is_empty()).then(|| value.to_vec());
            match key {
                b"path" => pax.path = text(),
                b"linkpath" => pax.link = text(),
                b"size" => pax.size = Some(std::str::from_utf8(value).ok()?.parse().ok()?),
                // A map of holes would have to be read from the content.
                b"GNU.sparse.major" | b"GNU.sparse.map" => return None,
                _ => {}
            }
            bytes = &bytes[length..];
        }
        Some(pax)
    }
}
