//! Values files as Helm reads them: the `values.yaml` of a chart and the files of `-f` alike.
//!
//! Helm cuts a file at every line that starts with `---`, wherever it stands, reads each piece by itself and lays the
//! later maps over the earlier ones. So line numbers in its messages count from the start of a piece. All numbers are
//! floats. Facts: <https://github.com/helm/helm/blob/main/pkg/chart/v2/loader/load.go> (`LoadValues`),
//! `YAMLReader` of k8s.io/apimachinery.

use std::borrow::Cow;

use super::{ChartError, Place};
use crate::source::{FileId, Limits, Span, search};
use crate::value::{Map, Nulls, Value, merge};
use crate::yaml::{Node, NodeKind, Numbers, decode_input, unmarshal_node, value_of};

/// Returns the merged values of a file. `name` is what messages call it.
///
/// # Errors
/// In Helm's words, without what it puts in front: `cannot unmarshal yaml document: …`.
pub fn read_values(name: &str, content: &[u8], limits: &Limits) -> Result<Value, ChartError> {
    let mut values: Option<Value> = None;
    read(name, content, FileId::NONE, limits, |node| {
        let upper = value_of(&node, Numbers::Float64);
        values = Some(match values.take() {
            None => upper,
            Some(lower) => merge(&lower, &upper, Nulls::Keep),
        });
    })?;
    Ok(values.unwrap_or_else(|| Map::new().into()))
}

/// Returns the documents of a values file that are maps, with the places of the file. They are to be laid over one
/// another in order.
///
/// # Errors
/// As [`read_values`].
pub fn read_values_nodes(name: &str, content: &[u8], file: FileId, limits: &Limits) -> Result<Vec<Node>, ChartError> {
    let mut nodes = Vec::new();
    read(name, content, file, limits, |node| nodes.push(node))?;
    Ok(nodes)
}

fn read(
    name: &str,
    content: &[u8],
    file: FileId,
    limits: &Limits,
    mut document: impl FnMut(Node),
) -> Result<(), ChartError> {
    if content.len() > limits.file_bytes {
        let text = format!("the file has {} bytes, more than {}", content.len(), limits.file_bytes);
        return Err(ChartError::new(text).limit("file-bytes"));
    }
    let place = |at: usize| Place::new(name, content, at);
    let unmarshalling = |text: String| ChartError::new(format!("cannot unmarshal yaml document: {text}"));
    for piece in (Pieces { content, at: 0 }) {
        let piece = match piece {
            Ok(piece) => piece,
            Err((at, rest)) => {
                let text = format!("error reading yaml document: invalid Yaml document separator: {rest}");
                return Err(ChartError::new(text).at(place(at)));
            }
        };
        let text = decode_input(&piece.bytes).map_err(|error| {
            let at = piece.original(error.offset);
            unmarshalling(format!("error converting YAML to JSON: {error}")).at(place(at))
        })?;
        let node = unmarshal_node(&text, file, limits)
            .map_err(|error| unmarshalling(error.message).at(place(piece.original(error.at))))?;
        let Some(mut node) = node.filter(|node| !node.is_null()) else { continue };
        if node.as_map().is_none() {
            let found = match &node.kind {
                NodeKind::Seq(_) => "array",
                _ => match node.kind_name() {
                    "boolean" => "bool",
                    "integer" => "number",
                    kind => kind,
                },
            };
            let text = format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type \
                 map[string]interface {{}}"
            );
            return Err(unmarshalling(text).at(place(piece.original(node.span.start as usize))));
        }
        if file != FileId::NONE {
            piece.to_original(&mut node, file);
        }
        document(node);
    }
    Ok(())
}

/// A piece of a file, its line ends made `\n`.
struct Piece<'a> {
    bytes: Cow<'a, [u8]>,
    start: usize,
    // Offsets in `bytes` before which a `\r` was dropped.
    dropped: Vec<usize>,
}

impl Piece<'_> {
    fn original(&self, at: usize) -> usize {
        self.start + at + self.dropped.partition_point(|dropped| *dropped < at)
    }

    // The depth is bounded by the parser.
    fn to_original(&self, node: &mut Node, file: FileId) {
        node.span = Span::new(file, self.original(node.span.start as usize));
        match &mut node.kind {
            NodeKind::Seq(items) => items.iter_mut().for_each(|item| self.to_original(item, file)),
            NodeKind::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
                self.to_original(key, file);
                self.to_original(value, file);
            }),
            _ => {}
        }
    }
}

struct Pieces<'a> {
    content: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<Piece<'a>, (usize, String)>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        let mut end = start;
        // A separator in front belongs to the piece, so that a piece may begin with one.
        while end < self.content.len() {
            let newline = search::byte(b'\n', &self.content[end..]);
            let line_end = newline.map_or(self.content.len(), |at| end + at + 1);
            let line = &self.content[end..line_end];
            if let Some(rest) = line.strip_prefix(b"---") {
                let rest = String::from_utf8_lossy(rest);
                let rest = rest.trim();
                if !rest.is_empty() && !rest.starts_with('#') {
                    let text = rest.to_owned();
                    self.at = self.content.len();
                    return Some(Err((end, text)));
                }
                if end > start {
                    self.at = line_end;
                    return Some(Ok(piece(self.content, start, end)));
                }
            }
            end = line_end;
        }
        self.at = end;
        (end > start).then(|| Ok(piece(self.content, start, end)))
    }
}

fn piece(content: &[u8], start: usize, end: usize) -> Piece<'_> {
    let bytes = &content[start..end];
    let ended = bytes.ends_with(b"\n");
    if !bytes.contains(&b'\r') && ended {
        return Piece { bytes: Cow::Borrowed(bytes), start, dropped: Vec::new() };
    }
    let mut out = Vec::with_capacity(bytes.len() + 1);
    let mut dropped = Vec::new();
    for (i, byte) in bytes.iter().enumerate() {
        // Go reads lines without their ends, a `\r` included, and puts `\n` behind each.
        let next = bytes.get(i + 1);
        if *byte == b'\r' && (next == Some(&b'\n') || (next.is_none() && !ended)) {
            dropped.push(out.len());
        } else {
            out.push(*byte);
        }
    }
    if !ended {
        out.push(b'\n');
    }
    Piece { bytes: Cow::Owned(out), start, dropped }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<String, String> {
        let values = read_values("values.yaml", text.as_bytes(), &Limits::default()).map_err(|e| e.to_string())?;
        Ok(serde_json::to_string(&values).expect("writes"))
    }

    // Each line was seen with the helm program.
    #[test]
    fn files_are_cut_and_merged_as_helm_does() {
        let cases = [
            ("", "{}"),
            ("null\n", "{}"),
            ("a: 1\n---\nb: 2\n---\na: {c: 1}\n", r#"{"a":{"c":1.0},"b":2.0}"#),
            ("a: {b: 1}\n---\na: {c: null}\n", r#"{"a":{"b":1.0,"c":null}}"#),
            ("a: |\n  x\n--- # foo\nb: 2\n", r#"{"a":"x\n","b":2.0}"#),
            ("a: 1\n...\nb: 2\n", r#"{"a":1.0}"#),
            ("# c\n---\na: 1", r#"{"a":1.0}"#),
            ("---\n---\na: 1\n", r#"{"a":1.0}"#),
            ("a: 1\r\nb: |\r\n  x\r\n  y\r\n", r#"{"a":1.0,"b":"x\ny\n"}"#),
            ("a: 1\na: 2\n", r#"{"a":2.0}"#),
        ];
        for (text, expected) in cases {
            assert_eq!(check(text).as_deref(), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_the_words_of_helm() {
        let decoding = "cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: json: cannot";
        let map = "into Go value of type map[string]interface {}";
        let yaml = "cannot unmarshal yaml document: error converting YAML to JSON:";
        let cases = [
            ("[1]\n", format!("{decoding} unmarshal array {map}")),
            ("x\n", format!("{decoding} unmarshal string {map}")),
            ("3\n", format!("{decoding} unmarshal number {map}")),
            ("true\n", format!("{decoding} unmarshal bool {map}")),
            ("a: 1\n---x\n", "error reading yaml document: invalid Yaml document separator: x".to_owned()),
            ("a: 1\n---\nb: [\n", format!("{yaml} yaml: line 1: did not find expected node content")),
            ("a: .inf\n", format!("{yaml} json: unsupported value: +Inf")),
            ("%YAML 1.1\n---\na: 1\n", format!("{yaml} yaml: line 1: did not find expected <document start>")),
        ];
        for (text, expected) in cases {
            assert_eq!(check(text), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn a_mistake_stands_at_its_place_in_the_file() {
        let text = "a: 1\r\n---\r\nb: 1\r\nc: [1\r\n";
        let error = read_values("v.yaml", text.as_bytes(), &Limits::default()).expect_err("broken");
        let place = error.place.expect("known");
        assert_eq!(place.text[..place.at].matches('\n').count(), 4, "{}", place.at);
        let nodes = read_values_nodes("v.yaml", &text.as_bytes()[..20], FileId::NONE, &Limits::default());
        assert_eq!(nodes.expect("fine").len(), 2);
    }

    #[test]
    fn places_of_values_are_those_of_the_file() {
        let text = "a: 1\r\n---\r\nb:\r\n  c: 2\r\n";
        let mut sources = crate::source::SourceMap::new();
        let file = sources.add("v.yaml", text);
        let nodes = read_values_nodes("v.yaml", text.as_bytes(), file, &Limits::default()).expect("fine");
        let place = |node: &Node| sources.describe(node.span).expect("known");
        assert_eq!(place(nodes[0].get("a").expect("there")), "v.yaml:1:4");
        assert_eq!(place(nodes[1].get("b").expect("there").get("c").expect("there")), "v.yaml:4:6");
    }

    #[test]
    fn hostile_files_end_in_an_error() {
        for text in ["a: ".repeat(1 << 16), "[".repeat(100_000), "\u{0}".to_owned(), "- ".repeat(100_000)] {
            assert!(check(&text).is_err());
        }
        assert!(read_values("v", b"\xff\xfe\x00", &Limits::default()).is_err());
    }
}
