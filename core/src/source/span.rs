//! A place in a source file, in eight bytes.

/// The number of a file in a [`SourceMap`](super::SourceMap).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

impl FileId {
    /// The file of a node that was made by a program and stands in no file.
    pub const NONE: FileId = FileId(u32::MAX);

    pub(super) fn new(index: usize) -> FileId {
        FileId(u32::try_from(index).unwrap_or(u32::MAX))
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A file and the byte offset in it at which something starts.
///
/// Ordered by file (in the order in which files were added), then by offset: diagnostics are sorted by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The byte offset from the start of the file. Files over 4 GiB are refused before they get here.
    pub start: u32,
}

impl Span {
    /// The span of what stands in no file.
    pub const NONE: Span = Span { file: FileId::NONE, start: 0 };

    /// Returns the place `start` bytes into `file`.
    pub fn new(file: FileId, start: usize) -> Span {
        Span { file, start: u32::try_from(start).unwrap_or(u32::MAX) }
    }

    /// Whether the span stands in no file.
    pub fn is_none(self) -> bool {
        self.file == FileId::NONE
    }
}
