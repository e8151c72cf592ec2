//! What a document says in the end: printed by yaml.v3, read back, made JSON and written by sigs.k8s.io/yaml.
//!
//! Nothing is printed and read for that: a scalar's tag and style tell what printing and reading would make of it.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use crate::source::{FileId, Limits};
use crate::yaml::{
    Dialect, Emit, Emitter, Resolved, Rules, ScalarStyle, Sink, StyledWriter, json_float, json_time, parse,
    resolve_hinted, resolve_plain, yaml_float,
};

use super::{Body, NodeId, Tag, Tree};

/// A scalar as yaml.v3 decodes it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::render::kustomize) enum Decoded<'t> {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Str(Cow<'t, str>),
}

impl Tree {
    /// Returns what a scalar is once it is printed and read again; between braces some texts get quotes.
    pub(in crate::render::kustomize) fn decoded(
        &self,
        id: NodeId,
        in_flow: bool,
    ) -> std::result::Result<Decoded<'_>, String> {
        let text = self.text(id);
        let (style, tag) = self.printed(id);
        let node = self.get(id);
        if tag.is_some() && node.tag != Tag::Str {
            return decode_tagged(text, node.tag);
        }
        let quoted = in_flow && (text.is_empty() || text.contains([',', '?', '[', ']', '{', '}', ':']));
        if style == ScalarStyle::Folded && !in_flow && text.contains('\n') {
            return Ok(Decoded::Str(folded_again(text).map_or(text.into(), Cow::Owned)));
        }
        if style != ScalarStyle::Plain || node.tag == Tag::Str || node.tag == Tag::Other || quoted {
            return Ok(Decoded::Str(text.into()));
        }
        Ok(match resolve_plain(text, Rules::V3) {
            Resolved::Timestamp => time(text),
            resolved => decode(resolved, text),
        })
    }

    /// Returns the text of a document as kustomize prints it.
    ///
    /// # Errors
    /// What Go refuses, with a dump of what it decoded, as kustomize shows it.
    pub(in crate::render::kustomize) fn to_yaml(&self, root: NodeId) -> std::result::Result<String, String> {
        let output = Output { tree: self, root, refused: Cell::new(false) };
        let emitter = Emitter { dialect: Dialect::Sigs, sort_keys: true };
        let marshalled = emitter.marshal(&output);
        if !output.refused.get()
            && let Ok(text) = marshalled
        {
            return Ok(text);
        }
        if let Err(error) = self.check_decodes(root) {
            return Err(format!("map[string]interface {{}}(nil): {error}"));
        }
        let error = match self.check_json(root) {
            Err(error) => error,
            Ok(()) => marshalled.err().map(|error| error.to_string()).unwrap_or_default(),
        };
        Err(format!("{}: {error}", self.go_dump(root, true)))
    }

    /// Returns a document as encoding/json writes it, or the error between `<` and `>`, as kustomize shows resources.
    pub(in crate::render::kustomize) fn to_json(&self, root: NodeId) -> String {
        let output = Output { tree: self, root, refused: Cell::new(false) };
        match self.check_decodes(root).and_then(|()| self.check_json(root)) {
            Ok(()) => crate::yaml::to_json(&output).unwrap_or_default(),
            Err(error) => format!("<{error}>"),
        }
    }

    /// Refuses what yaml.v3 does not decode: keys that stand twice, values that are not what their tag says.
    pub(in crate::render::kustomize) fn check_decodes(&self, root: NodeId) -> std::result::Result<(), String> {
        let mut twice = Vec::new();
        self.check_node(root, self.get(root).style.flow, &mut twice)?;
        if twice.is_empty() {
            return Ok(());
        }
        let mut lines: HashMap<NodeId, Vec<usize>> = HashMap::new();
        for (key, line) in self.key_lines(root) {
            lines.entry(key).or_default().push(line);
        }
        let line = |key: &NodeId, i: usize| lines.get(key).and_then(|lines| lines.get(i)).copied().unwrap_or(0);
        let message = |(first, again): &(NodeId, NodeId)| {
            let name = go_quote(self.text(*again));
            // One node may stand at two places.
            let (first, again) = (line(first, 0), line(again, usize::from(first == again)));
            format!("  line {again}: mapping key {name} already defined at line {first}")
        };
        Err(format!("yaml: unmarshal errors:\n{}", twice.iter().map(message).collect::<Vec<_>>().join("\n")))
    }

    fn check_node(
        &self,
        id: NodeId,
        in_flow: bool,
        twice: &mut Vec<(NodeId, NodeId)>,
    ) -> std::result::Result<(), String> {
        match &self.get(id).body {
            Body::Scalar(_) => self.decoded(id, in_flow).map(drop).map_err(|error| format!("yaml: {error}")),
            Body::Seq(items) => {
                let in_flow = in_flow || self.get(id).style.flow;
                items.iter().try_for_each(|item| self.check_node(*item, in_flow, twice))
            }
            Body::Map(entries) => {
                let in_flow = in_flow || self.get(id).style.flow;
                let before = twice.len();
                self.find_twice(entries, twice);
                if twice.len() > before {
                    return Ok(());
                }
                for (key, value) in entries {
                    self.check_node(*key, in_flow, twice)?;
                    if !matches!(self.get(*key).body, Body::Scalar(_)) {
                        return Err(format!("yaml: invalid map key: {}", self.dump(*key, false, in_flow)));
                    }
                    self.check_node(*value, in_flow, twice)?;
                }
                Ok(())
            }
        }
    }

    // yaml.v3 names every pair, in the order of the first of the two.
    fn find_twice(&self, entries: &[(NodeId, NodeId)], twice: &mut Vec<(NodeId, NodeId)>) {
        let mut places: HashMap<(bool, &str), Vec<usize>> = HashMap::with_capacity(entries.len());
        for (i, (key, _)) in entries.iter().enumerate() {
            let is_scalar = matches!(self.get(*key).body, Body::Scalar(_));
            places.entry((is_scalar, self.text(*key))).or_default().push(i);
        }
        if places.len() == entries.len() {
            return;
        }
        for (i, (key, _)) in entries.iter().enumerate() {
            let is_scalar = matches!(self.get(*key).body, Body::Scalar(_));
            let same = places.get(&(is_scalar, self.text(*key))).map_or(&[][..], Vec::as_slice);
            twice.extend(same.iter().filter(|j| **j > i).map(|j| (*key, entries[*j].0)));
        }
    }

    /// Refuses what encoding/json does not write.
    fn check_json(&self, root: NodeId) -> std::result::Result<(), String> {
        self.check_json_node(root, self.get(root).style.flow, true)
    }

    fn check_json_node(&self, id: NodeId, in_flow: bool, top: bool) -> std::result::Result<(), String> {
        let in_flow = in_flow || self.get(id).style.flow;
        match &self.get(id).body {
            Body::Scalar(_) => match self.decoded(id, in_flow) {
                Ok(Decoded::Float(f)) if !f.is_finite() => Err(unsupported(f)),
                _ => Ok(()),
            },
            Body::Seq(items) => items.iter().try_for_each(|item| self.check_json_node(*item, in_flow, false)),
            Body::Map(entries) => {
                if !top && !entries.iter().all(|(key, _)| self.is_string_key(*key)) {
                    return Err("json: unsupported type: map[interface {}]interface {}".to_owned());
                }
                let mut sorted: Vec<_> = entries.iter().collect();
                sorted.sort_by_key(|(key, _)| self.text(*key));
                sorted.into_iter().try_for_each(|(_, value)| self.check_json_node(*value, in_flow, false))
            }
        }
    }

    /// Whether a key is read as a string.
    pub(super) fn is_string_key(&self, key: NodeId) -> bool {
        // A key never stands empty: it gets quotes.
        matches!(self.get(key).body, Body::Scalar(_))
            && (self.text(key).is_empty() || matches!(self.decoded(key, false), Ok(Decoded::Str(_))))
            && !self.is_time(key)
    }

    /// Whether a scalar is a point in time, which only as a value becomes a string.
    fn is_time(&self, id: NodeId) -> bool {
        let (style, tag) = self.printed(id);
        let own = self.get(id).tag;
        let may_be = if tag.is_some() { own == Tag::Timestamp } else { style == ScalarStyle::Plain && own != Tag::Str };
        may_be && matches!(resolve_plain(self.text(id), Rules::V3), Resolved::Timestamp)
    }

    /// Returns a node as Go prints what yaml.v3 decodes it to, with `%#v`.
    pub(in crate::render::kustomize) fn go_dump(&self, id: NodeId, top: bool) -> String {
        self.dump(id, top, false)
    }

    fn dump(&self, id: NodeId, top: bool, in_flow: bool) -> String {
        match &self.get(id).body {
            Body::Scalar(text) => match self.decoded(id, in_flow) {
                Ok(Decoded::Null) => "interface {}(nil)".to_owned(),
                Ok(Decoded::Bool(b)) => b.to_string(),
                Ok(Decoded::Int(i)) => i.to_string(),
                Ok(Decoded::UInt(u)) => format!("{u:#x}"),
                Ok(Decoded::Float(f)) if !f.is_finite() => go_special(f).to_owned(),
                Ok(Decoded::Float(f)) => yaml_float(f),
                Ok(Decoded::Str(text)) => go_quote(&text),
                Err(_) => go_quote(text),
            },
            Body::Seq(items) => {
                let items: Vec<String> = items.iter().map(|item| self.dump(*item, false, in_flow)).collect();
                format!("[]interface {{}}{{{}}}", items.join(", "))
            }
            Body::Map(entries) => {
                let all_strings = top || entries.iter().all(|(key, _)| self.is_string_key(*key));
                let dump = |(key, value): &(NodeId, NodeId)| {
                    let shown = if all_strings { go_quote(self.text(*key)) } else { self.dump(*key, false, in_flow) };
                    (
                        self.go_rank(*key),
                        self.text(*key).to_owned(),
                        format!("{shown}:{}", self.dump(*value, false, in_flow)),
                    )
                };
                let mut entries: Vec<_> = entries.iter().map(dump).collect();
                entries.sort_by(|a, b| {
                    let rank = if all_strings { std::cmp::Ordering::Equal } else { a.0.total_cmp(&b.0) };
                    rank.then_with(|| a.1.cmp(&b.1))
                });
                let entries: Vec<String> = entries.into_iter().map(|(.., text)| text).collect();
                let key = if all_strings { "string" } else { "interface {}" };
                format!("map[{key}]interface {{}}{{{}}}", entries.join(", "))
            }
        }
    }

    // The order of keys of several types: strings, numbers by value, and the rest.
    fn go_rank(&self, key: NodeId) -> f64 {
        match self.decoded(key, false) {
            Ok(Decoded::Str(_)) => f64::NEG_INFINITY,
            Ok(Decoded::Int(i)) => i as f64,
            Ok(Decoded::Float(f)) => f,
            _ => f64::INFINITY,
        }
    }
}

fn decode_tagged<'t>(text: &'t str, tag: Tag) -> std::result::Result<Decoded<'t>, String> {
    let found = resolve_hinted(text, Rules::V3, tag == Tag::Timestamp);
    match tag {
        Tag::Binary => Ok(Decoded::Str(decode_base64(text)?.into())),
        Tag::Null | Tag::Bool | Tag::Int | Tag::Float | Tag::Timestamp => match (tag, found) {
            (Tag::Float, Resolved::Int(i)) => Ok(Decoded::Float(i as f64)),
            (Tag::Timestamp, Resolved::Timestamp) => Ok(time(text)),
            (tag, found) if tag == Tag::from(found) => Ok(decode(found, text)),
            (tag, found) => {
                let wanted = tag.short(super::Kind::Scalar);
                Err(format!("cannot decode {} `{text}` as a {wanted}", found.tag()))
            }
        },
        _ => Ok(Decoded::Str(text.into())),
    }
}

fn decode(resolved: Resolved, text: &str) -> Decoded<'_> {
    match resolved {
        Resolved::Null => Decoded::Null,
        Resolved::Bool(b) => Decoded::Bool(b),
        Resolved::Int(i) => Decoded::Int(i),
        Resolved::UInt(u) => Decoded::UInt(u),
        Resolved::Float(f) => Decoded::Float(f),
        Resolved::Timestamp | Resolved::Str => Decoded::Str(text.into()),
    }
}

fn time(text: &str) -> Decoded<'_> {
    Decoded::Str(json_time(text).map_or(Cow::Borrowed(text), Cow::Owned))
}

fn decode_base64(text: &str) -> std::result::Result<String, String> {
    let bytes = super::super::base64::decode(text);
    bytes
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .ok_or_else(|| "!!binary value contains invalid base64 data".to_owned())
}

/// The error for a number that JSON does not have.
pub(super) fn unsupported(f: f64) -> String {
    format!("json: unsupported value: {}", go_special(f))
}

fn go_special(f: f64) -> &'static str {
    match f {
        f if f.is_nan() => "NaN",
        f if f > 0.0 => "+Inf",
        _ => "-Inf",
    }
}

/// Quotes a text as Go's `%q` and `%#v` do.
pub(in crate::render::kustomize) fn go_quote(text: &str) -> String {
    super::super::go::quote(text)
}

/// A document on its way out.
pub(in crate::render::kustomize) struct Output<'t> {
    tree: &'t Tree,
    root: NodeId,
    refused: Cell<bool>,
}

impl Emit for Output<'_> {
    fn emit(&self, sink: &mut Sink<'_>) {
        self.node(sink, self.root, false, true);
    }
}

impl Output<'_> {
    fn node(&self, sink: &mut Sink<'_>, id: NodeId, in_flow: bool, top: bool) {
        let node = self.tree.get(id);
        let in_flow = in_flow || node.style.flow;
        match &node.body {
            Body::Scalar(_) => self.scalar(sink, id, in_flow),
            Body::Seq(items) => sink.seq(items.len(), |sink, i| self.node(sink, items[i], in_flow, false)),
            Body::Map(entries) => {
                let keys: Vec<&str> = entries.iter().map(|(key, _)| self.tree.text(*key)).collect();
                let strings = top || entries.iter().all(|(key, _)| self.tree.is_string_key(*key));
                if !strings || has_twice(&keys) {
                    self.refused.set(true);
                    sink.null();
                    return;
                }
                sink.map(&keys, |sink, i| self.node(sink, entries[i].1, in_flow, false));
            }
        }
    }

    fn scalar(&self, sink: &mut Sink<'_>, id: NodeId, in_flow: bool) {
        match self.tree.decoded(id, in_flow) {
            Ok(Decoded::Null) => sink.null(),
            Ok(Decoded::Bool(b)) => sink.bool(b),
            Ok(Decoded::Int(i)) => sink.int(i),
            Ok(Decoded::UInt(u)) => sink.uint(u),
            Ok(Decoded::Float(f)) if json_float(f).is_some() => sink.float(f),
            Ok(Decoded::Str(text)) => sink.str(&text),
            Ok(Decoded::Float(_)) | Err(_) => {
                self.refused.set(true);
                sink.null();
            }
        }
    }
}

fn has_twice(keys: &[&str]) -> bool {
    const SCAN: usize = 16;
    if keys.len() <= SCAN {
        return keys.iter().enumerate().any(|(i, key)| keys[..i].contains(key));
    }
    let distinct: HashSet<&&str> = keys.iter().collect();
    distinct.len() != keys.len()
}

/// Returns what is read of a text that yaml.v3 printed as a folded block: it doubles line breaks that a reader does not
/// join, so the text may become another one.
fn folded_again(text: &str) -> Option<String> {
    let mut writer = StyledWriter::new();
    writer.seq(1, false, None, |writer, _| writer.scalar(text, ScalarStyle::Folded, None));
    let documents = parse(&writer.finish(), FileId::NONE, &Limits::default()).value;
    let root = documents.into_iter().next()?.root?;
    Some(root.as_seq()?.first()?.as_scalar()?.text.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::{Budget, Style, documents};
    use super::*;
    use crate::source::FileId;

    fn written(text: &str) -> std::result::Result<String, String> {
        let mut tree = Tree::new();
        let mut budget = Budget { copies: 100, depth: 20 };
        let (roots, _) = documents(&mut tree, text, FileId::NONE, &mut budget).expect("a valid document in a test");
        tree.to_yaml(roots[0])
    }

    #[test]
    fn scalars_become_what_go_makes_of_them() {
        assert_eq!(written("a: 0777\nb: yes\nc: 1e3\nd: ~\ne: 2020-01-01\n").unwrap(), {
            "a: 511\nb: \"yes\"\nc: 1000\nd: null\ne: \"2020-01-01T00:00:00Z\"\n"
        });
        assert_eq!(written("a: !!float 1\nb: !foo 2\nc: !!str 3\n").unwrap(), "a: 1\nb: \"2\"\nc: \"3\"\n");
        assert!(written("a: {1: b}\n").unwrap_err().ends_with("json: unsupported type: map[interface {}]interface {}"));
        let twice = "map[string]interface {}(nil): yaml: unmarshal errors:\n  \
                     line 3: mapping key \"b\" already defined at line 2";
        assert_eq!(written("a:\n  b: 1\n  b: 2\n").unwrap_err(), twice);
    }

    #[test]
    fn a_text_without_a_tag_is_what_it_looks_like() {
        let mut tree = Tree::new();
        let root = tree.empty(super::super::Kind::Map);
        for (key, text, tag, style) in [
            ("a", "1", Tag::Empty, Style::default()),
            ("b", "1", Tag::Str, Style::default()),
            ("c", "1", Tag::Empty, Style::SINGLE),
            ("d", "1", Tag::Int, Style { scalar: ScalarStyle::DoubleQuoted, ..Style::default() }),
            ("e", "", Tag::Empty, Style::default()),
        ] {
            let value = tree.tagged(text, tag);
            tree.get_mut(value).style = style;
            let key = tree.scalar(key);
            tree.push_entry(root, key, value);
        }
        assert_eq!(tree.to_yaml(root).unwrap(), "a: 1\nb: \"1\"\nc: \"1\"\nd: \"1\"\ne: null\n");
        let wrong = tree.tagged("x", Tag::Int);
        tree.set_field(root, "f", wrong).unwrap();
        assert_eq!(
            tree.to_yaml(root).unwrap_err(),
            "map[string]interface {}(nil): yaml: cannot decode !!str `x` as a !!int"
        );
    }

    #[test]
    fn a_folded_block_is_what_is_read_of_it_when_it_is_printed() {
        let again = |text| folded_again(text).unwrap();
        assert_eq!(again("{\n  b\n}\n"), "{\n\n  b\n}\n");
        assert_eq!(again("a\n\n  b\nc\n"), "a\n\n\n  b\nc\n");
        assert_eq!(again("a\nb"), "a\nb");
        assert_eq!(again("a b\n"), "a b\n");
    }
}
