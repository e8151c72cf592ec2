//! Nodes as yaml.v3 prints them, each in its own style: what messages show, and what fields that hold YAML get.

use crate::source::{FileId, Limits};
use crate::yaml::{Resolved, Rules, ScalarStyle, StyledWriter, parse, resolve_plain};

use super::{Body, Kind, NodeId, Tag, Tree, plain_tag};

impl Tree {
    /// Returns the text of a node, ending in a line break.
    pub(in crate::render::kustomize) fn to_text(&self, id: NodeId) -> String {
        let mut writer = StyledWriter::new();
        self.write(&mut writer, id, &mut |_, _| {});
        writer.finish()
    }

    /// Returns the line on which each key of a map stands in [`Tree::to_text`] of the document that holds it, by the
    /// node of the key; a key that hangs at several places is there several times.
    pub(in crate::render::kustomize) fn key_lines(&self, root: NodeId) -> Vec<(NodeId, usize)> {
        let mut lines = Vec::new();
        let mut writer = StyledWriter::new();
        self.write(&mut writer, root, &mut |key, line| lines.push((key, line)));
        lines
    }

    fn write(&self, writer: &mut StyledWriter, id: NodeId, seen: &mut dyn FnMut(NodeId, usize)) {
        let node = self.get(id);
        match &node.body {
            Body::Scalar(text) => {
                let (style, tag) = self.printed(id);
                writer.scalar(text, style, tag);
            }
            Body::Seq(items) => {
                let tag = collection_tag(node.tag, Tag::Seq, node.style.tagged);
                writer.seq(items.len(), node.style.flow, tag, |writer, i| self.write(writer, items[i], seen));
            }
            Body::Map(entries) => {
                let tag = collection_tag(node.tag, Tag::Map, node.style.tagged);
                let simple = |i: usize| self.simple_key(entries[i].0);
                writer.map(entries.len(), node.style.flow, tag, simple, |writer, i, is_key| {
                    let (key, value) = entries[i];
                    self.write(writer, if is_key { key } else { value }, seen);
                    if is_key {
                        seen(key, writer.line());
                    }
                });
            }
        }
    }

    fn simple_key(&self, key: NodeId) -> Option<&str> {
        match &self.get(key).body {
            Body::Scalar(text) => Some(text),
            Body::Seq(items) if items.is_empty() => Some(""),
            Body::Map(entries) if entries.is_empty() => Some(""),
            _ => None,
        }
    }

    /// Returns the style and the tag with which yaml.v3 prints a scalar: a tag that the text would get anyhow is left
    /// out, and a string that would become something else is quoted.
    pub(in crate::render::kustomize) fn printed(&self, id: NodeId) -> (ScalarStyle, Option<&'static str>) {
        let node = self.get(id);
        let text = self.text(id);
        let style = match node.style.scalar {
            ScalarStyle::Plain if text.contains('\n') => ScalarStyle::Literal,
            style => style,
        };
        if node.style.tagged {
            return (style, name(node.tag));
        }
        match node.tag {
            Tag::Empty => (style, None),
            Tag::Str if style != ScalarStyle::Plain => (style, None),
            tag => match plain_tag(text) {
                found if found == tag => (style, None),
                _ if tag == Tag::Str => (ScalarStyle::DoubleQuoted, None),
                _ => (style, name(tag)),
            },
        }
    }

    /// Returns how many levels lists and maps below a node have.
    pub(in crate::render::kustomize) fn depth(&self, id: NodeId) -> usize {
        let mut deepest = 0;
        let mut open = vec![(id, 0)];
        while let Some((id, depth)) = open.pop() {
            deepest = deepest.max(depth);
            match &self.get(id).body {
                Body::Scalar(_) => {}
                Body::Seq(items) => open.extend(items.iter().map(|item| (*item, depth + 1))),
                Body::Map(entries) => open.extend(entries.iter().map(|(_, value)| (*value, depth + 1))),
            }
        }
        deepest
    }
}

fn collection_tag(tag: Tag, usual: Tag, tagged: bool) -> Option<&'static str> {
    if tag == Tag::Empty || tag == usual && !tagged { None } else { name(tag) }
}

fn name(tag: Tag) -> Option<&'static str> {
    Some(match tag {
        Tag::Empty | Tag::Other => return None,
        Tag::Null => "!!null",
        Tag::Bool => "!!bool",
        Tag::Int => "!!int",
        Tag::Float => "!!float",
        Tag::Str => "!!str",
        Tag::Timestamp => "!!timestamp",
        Tag::Binary => "!!binary",
        Tag::Merge => "!!merge",
        Tag::Map => "!!map",
        Tag::Seq => "!!seq",
    })
}

impl Tag {
    /// Returns the short name of a tag, as messages have it; a program's node is what its kind says.
    pub(in crate::render::kustomize) fn short(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Tag::Empty | Tag::Other, Kind::Map) => "!!map",
            (Tag::Empty | Tag::Other, Kind::Seq) => "!!seq",
            (tag, _) => name(tag).unwrap_or("!!str"),
        }
    }
}

/// Whether a text, read as a whole document of YAML 1.1, is anything but a string (kyaml's `IsValueNonString`).
pub(in crate::render::kustomize) fn is_yaml_1_1_non_string(text: &str) -> bool {
    if text.is_empty() || text.contains('\n') {
        return false;
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'/' | b'+');
    if text.bytes().all(plain) && !matches!(text, "-" | "---" | "...") {
        return !matches!(resolve_plain(text, Rules::Kubectl), Resolved::Str | Resolved::Timestamp);
    }
    let parsed = parse(text, FileId::NONE, &Limits::default());
    if parsed.diagnostics.iter().any(crate::diag::Diagnostic::is_error) {
        return false;
    }
    let Some(root) = parsed.value.into_iter().next().and_then(|document| document.root) else { return true };
    let Some(scalar) = root.as_scalar() else { return true };
    let tag = root.props.as_ref().and_then(|props| props.tag.as_deref());
    match (tag, scalar.style) {
        (Some("tag:yaml.org,2002:str" | "tag:yaml.org,2002:binary"), _) => false,
        (_, ScalarStyle::Plain) => {
            !matches!(resolve_plain(&scalar.text, Rules::Kubectl), Resolved::Str | Resolved::Timestamp)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Budget, documents};
    use super::*;

    fn again(text: &str) -> String {
        let mut tree = Tree::new();
        let mut budget = Budget { copies: 100, depth: 20 };
        let (roots, _) = documents(&mut tree, text, FileId::NONE, &mut budget).expect("a valid document in a test");
        tree.to_text(roots[0])
    }

    #[test]
    fn nodes_keep_their_styles() {
        for text in [
            "a: {b: [1, 'x', \"y\"], c: ''}\n",
            "- |\n  a\n  b\n- >-\n  a b\n- []\n- {}\n",
            "a:\n- b: 1\n  c:\n  - - x\n",
            "? [a, b]\n: c\n\"1\": d\n",
        ] {
            assert_eq!(again(text), text);
        }
        assert_eq!(again("a:\n    - {b: 'c'}\n"), "a:\n- {b: 'c'}\n");
    }

    #[test]
    fn strings_that_yaml_1_1_reads_otherwise_are_known() {
        for text in ["yes", "1", "010", "a: b", "[x]", "~", "# x", "null", "1.5", "{a", "2020-01-01"] {
            let expected = !matches!(text, "{a" | "2020-01-01");
            assert_eq!(is_yaml_1_1_non_string(text), expected, "{text}");
        }
        for text in ["a", "", "a b", "nginx:1.2", "'1'", "a\n1"] {
            assert!(!is_yaml_1_1_non_string(text), "{text}");
        }
    }
}
