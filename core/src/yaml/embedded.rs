//! YAML inside a scalar, with places in the file around it.

use super::{Node, NodeKind, ScalarStyle};
use crate::diag::Diagnostics;
use crate::source::{FileId, Span};

/// Where the text of a scalar stands in its file, so that what is read from the text has places there.
///
/// A literal block maps line by line, other scalars where they stand in the file as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    file: FileId,
    // Invariant: sorted; (offset in the text, offset in the file), the first at 0.
    lines: Vec<(u32, u32)>,
}

impl Embedded {
    /// Returns the places of a scalar's text in `source`, the text of its file; nothing where the two differ in more
    /// than indentation.
    pub fn of(node: &Node, source: &str) -> Option<Embedded> {
        let scalar = node.as_scalar()?;
        let (text, start) = (scalar.text.as_str(), node.span.start as usize);
        let lines = match scalar.style {
            ScalarStyle::Literal => literal(text, source, start)?,
            ScalarStyle::Folded => return None,
            ScalarStyle::Plain => vec![whole(text, source, start)?],
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => vec![whole(text, source, start + 1)?],
        };
        Some(Embedded { file: node.span.file, lines })
    }

    /// Returns the place of an offset of the text.
    pub fn span(&self, offset: u32) -> Span {
        let at = self.lines.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
        let (start, line) = self.lines.get(at).copied().unwrap_or_default();
        Span { file: self.file, start: line.saturating_add(offset.saturating_sub(start)) }
    }

    /// Moves the places of a tree that was read from the text.
    pub fn place(&self, node: &mut Node) {
        if !node.span.is_none() {
            node.span = self.span(node.span.start);
        }
        match &mut node.kind {
            NodeKind::Seq(items) => items.iter_mut().for_each(|item| self.place(item)),
            NodeKind::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
                self.place(key);
                self.place(value);
            }),
            NodeKind::Scalar(_) | NodeKind::Alias(_) => {}
        }
    }

    /// Moves the places of what was found while the text was read.
    pub fn place_findings(&self, findings: &mut Diagnostics) {
        for label in findings.iter_mut().flat_map(|finding| &mut finding.labels) {
            label.span = self.span(label.span.start);
        }
    }
}

fn whole(text: &str, source: &str, start: usize) -> Option<(u32, u32)> {
    source.get(start..)?.starts_with(text).then(|| u32::try_from(start).ok()).flatten().map(|start| (0, start))
}

// Each line of the text is the end of a line of the file, from the one after the block's header on.
fn literal(text: &str, source: &str, start: usize) -> Option<Vec<(u32, u32)>> {
    let mut lines = Vec::new();
    let mut at = start + source.get(start..)?.find('\n')? + 1;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let written = source.get(at..)?.split_inclusive('\n').next().unwrap_or("");
        let content = written.trim_end_matches(['\n', '\r']);
        let wanted = line.trim_end_matches('\n');
        let before = content.strip_suffix(wanted)?;
        if !before.bytes().all(|b| b == b' ') {
            return None;
        }
        lines.push((u32::try_from(offset).ok()?, u32::try_from(at + before.len()).ok()?));
        at += written.len();
        offset += line.len();
    }
    (!lines.is_empty()).then_some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Limits, SourceMap};
    use crate::yaml::{Rules, normalize, parse};

    // The place in the file of `word` in the text under `p`.
    fn place(source: &str, word: &str) -> Option<String> {
        let mut sources = SourceMap::new();
        let file = sources.add("f.yaml", source);
        let root = parse(source, file, &Limits::default()).value.remove(0).root.unwrap();
        let root = normalize(root, Rules::Kubectl, &Limits::default()).value;
        let node = root.get("p").unwrap();
        let embedded = Embedded::of(node, source)?;
        let at = node.as_str().unwrap().find(word).expect(word);
        sources.describe(embedded.span(u32::try_from(at).unwrap()))
    }

    #[test]
    fn literal_blocks_map_line_by_line() {
        assert_eq!(place("a: 1\np: |\n    x: 1\n\n      y: é\n    z: 1\n", "z").unwrap(), "f.yaml:6:5");
        assert_eq!(place("p: |\n  x: 1\n    y: 1\n", "y").unwrap(), "f.yaml:3:5");
        assert_eq!(place("p: |-\r\n  x: 1\r\n  y: 1\r\n", "y").unwrap(), "f.yaml:3:3");
        assert_eq!(place("p: |2\n    x: 1\n  y: 1\n", "y").unwrap(), "f.yaml:3:3");
        assert_eq!(place("p: | # comment\n\n  x: 1\n", "x").unwrap(), "f.yaml:3:3");
    }

    #[test]
    fn what_stands_as_it_is_maps_as_a_whole() {
        assert_eq!(place("p: 'x: [y]'\n", "y").unwrap(), "f.yaml:1:9");
        assert_eq!(place("p: \"x: [y]\"\n", "y").unwrap(), "f.yaml:1:9");
        assert_eq!(place("p: \"x: \\\"y\"\n", "y"), None);
        assert_eq!(place("p: >\n  x: 1\n  y: 1\n", "y"), None);
    }
}
