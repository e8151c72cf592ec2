//! The texts of all files read in one operation, and line and column of any place in them.

use std::sync::Arc;
use std::sync::OnceLock;

use super::{FileId, Span};

/// One file that was read: how to call it before a user, and its text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    name: Arc<str>,
    text: Arc<str>,
    // Filled on first use: only a file with a finding needs its lines.
    line_starts: OnceLock<Vec<u32>>,
}

impl SourceFile {
    /// Returns the name that messages use: a path as the user knows it, or `-`, or `--set`.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Returns the text.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
            std::iter::once(0).chain(breaks.map(|(i, _)| u32::try_from(i + 1).unwrap_or(u32::MAX))).collect()
        })
    }

    /// Returns the line of a byte offset, counted from 1.
    pub fn line(&self, offset: u32) -> usize {
        self.line_starts().partition_point(|start| *start <= offset)
    }

    /// Returns the text of a line counted from 1, without its line break; `""` for a line that is not there.
    pub fn line_text(&self, line: usize) -> &str {
        let starts = self.line_starts();
        let Some(start) = line.checked_sub(1).and_then(|i| starts.get(i)) else { return "" };
        let rest = self.text.get(*start as usize..).unwrap_or("");
        rest.split('\n').next().unwrap_or("").trim_end_matches('\r')
    }

    /// Returns line and column of a byte offset, both counted from 1, the column in characters.
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let line = self.line(offset);
        let start = self.line_starts()[line - 1] as usize;
        let before = self.text.get(start..offset as usize).unwrap_or("");
        (line, before.chars().count() + 1)
    }
}

/// The files of one operation, numbered.
///
/// Cloning is cheap: texts are shared.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Returns an empty map.
    pub fn new() -> SourceMap {
        SourceMap::default()
    }

    /// Adds a file and returns its number. The same name may be added twice; the two stay apart.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        self.files.push(SourceFile { name: name.into(), text: text.into(), line_starts: OnceLock::new() });
        FileId::new(self.files.len() - 1)
    }

    /// Returns a file; `None` for [`FileId::NONE`] and numbers of another map.
    pub fn get(&self, file: FileId) -> Option<&SourceFile> {
        self.files.get(file.index())
    }

    /// Returns the files in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId::new(i), f))
    }

    /// Returns `name:line:column` for a span, or `None` where it stands in no file of this map.
    pub fn describe(&self, span: Span) -> Option<String> {
        let file = self.get(span.file)?;
        let (line, column) = file.line_column(span.start);
        Some(format!("{}:{line}:{column}", file.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        let mut map = SourceMap::new();
        let file = map.add("a.yaml", "a: ü\r\nbé: 2\n");
        assert_eq!(map.describe(Span::new(file, 0)).as_deref(), Some("a.yaml:1:1"));
        let two = "a: ü\r\nbé".len();
        assert_eq!(map.describe(Span::new(file, two)).as_deref(), Some("a.yaml:2:3"));
        assert_eq!(map.get(file).expect("just added").line_text(1), "a: ü");
        assert_eq!(map.get(file).expect("just added").line_text(9), "");
        assert_eq!(map.describe(Span::NONE), None);
    }
}
