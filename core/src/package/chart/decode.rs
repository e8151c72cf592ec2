//! From YAML into a fixed set of fields, as sigs.k8s.io/yaml and Go's encoding/json do it together.
//!
//! The rules that show: keys are taken in the order of their bytes and match a field without regard to case; a number
//! or boolean that meets a text becomes one; null leaves a text alone and empties a list; what is there already is
//! decoded over, item by item; of all values of the wrong kind the first counts. Facts:
//! <https://github.com/kubernetes-sigs/yaml/blob/v1.6.0/yaml.go>, <https://pkg.go.dev/encoding/json/v2>.

use ecow::{EcoString, eco_format};

use crate::value::Value;
use crate::yaml::{Node, NodeKind, Numbers, ScalarKind, go_float32, value_of};

/// What is wrong, in Go's words, and the byte offset of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DecodeError {
    pub(super) message: String,
    pub(super) at: usize,
}

/// A walk over a document that remembers where it is and the first thing that was wrong.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    path: Vec<EcoString>,
    error: Option<DecodeError>,
}

impl Decoder {
    /// Returns the first thing that was wrong.
    pub(super) fn finish(self) -> Result<(), DecodeError> {
        match self.error {
            Some(error) => Err(DecodeError {
                message: format!("error unmarshaling JSON: while decoding JSON: {}", error.message),
                ..error
            }),
            None => Ok(()),
        }
    }

    /// Reports a value that is not of the Go type `wanted`.
    fn wrong(&mut self, node: &Node, wanted: &str) {
        let found = match &node.kind {
            NodeKind::Seq(_) => "array",
            NodeKind::Map(_) => "object",
            NodeKind::Alias(_) => "null",
            NodeKind::Scalar(scalar) => match scalar.kind {
                ScalarKind::Null => "null",
                ScalarKind::Bool => "bool",
                ScalarKind::Int | ScalarKind::Float => "number",
                ScalarKind::Str | ScalarKind::Unresolved => "string",
            },
        };
        // Go tells a field from an item of a list by the look of the last name.
        let numbered = self.path.last().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
        let target = match self.path.is_empty() {
            true => "Go value".to_owned(),
            false if numbered => format!(".{}", self.path.join(".")),
            false => format!("Go struct field .{}", self.path.join(".")),
        };
        self.fail(node, format!("json: cannot unmarshal {found} into {target} of type {wanted}"));
    }

    pub(super) fn fail(&mut self, node: &Node, message: String) {
        self.error.get_or_insert(DecodeError { message, at: node.span.start as usize });
    }

    /// Decodes the entries of a map: `field` gets the name of the field that a key means.
    pub(super) fn object(
        &mut self,
        node: &Node,
        go_type: &str,
        names: &[&'static str],
        field: &mut dyn FnMut(&mut Decoder, &'static str, &Node),
    ) {
        if node.is_null() {
            return;
        }
        let Some(entries) = node.as_map() else { return self.wrong(node, go_type) };
        let mut sorted: Vec<(&str, &Node)> = entries.iter().filter_map(|(k, v)| Some((k.as_str()?, v))).collect();
        sorted.sort_by_key(|(key, _)| *key);
        for (key, value) in sorted {
            let exact = names.iter().find(|name| **name == key);
            let Some(name) = exact.or_else(|| names.iter().find(|name| is_folded(key, name))) else { continue };
            self.path.push(key.into());
            field(self, name, value);
            self.path.pop();
        }
    }

    /// Decodes a text.
    pub(super) fn text(&mut self, node: &Node, into: &mut EcoString) {
        match node.as_scalar() {
            None => self.wrong(node, "string"),
            Some(scalar) => match scalar.kind {
                ScalarKind::Null => {}
                // Go writes a float that becomes a text with the precision of 32 bits.
                ScalarKind::Float => *into = scalar.text.parse().map_or(scalar.text.clone(), |f| go_float32(f).into()),
                _ => into.clone_from(&scalar.text),
            },
        }
    }

    /// Decodes a boolean.
    pub(super) fn flag(&mut self, node: &Node, into: &mut bool) {
        match node.as_scalar() {
            Some(scalar) if scalar.kind == ScalarKind::Bool => *into = scalar.text == "true",
            Some(scalar) if scalar.kind == ScalarKind::Null => {}
            _ => self.wrong(node, "bool"),
        }
    }

    /// Decodes a list over the items that are there.
    pub(super) fn list<T: Default>(
        &mut self,
        node: &Node,
        go_type: &str,
        into: &mut Option<Vec<T>>,
        item: &mut dyn FnMut(&mut Decoder, &Node, &mut T),
    ) {
        if node.is_null() {
            *into = None;
            return;
        }
        let Some(nodes) = node.as_seq() else { return self.wrong(node, go_type) };
        let items = into.get_or_insert_default();
        items.truncate(nodes.len());
        items.resize_with(nodes.len(), T::default);
        for (index, (node, slot)) in nodes.iter().zip(items).enumerate() {
            self.path.push(eco_format!("{index}"));
            item(self, node, slot);
            self.path.pop();
        }
    }

    /// Decodes a list of texts.
    pub(super) fn texts(&mut self, node: &Node, into: &mut Option<Vec<EcoString>>) {
        self.list(node, "[]string", into, &mut |decoder, node, slot| decoder.text(node, slot));
    }

    /// Decodes a list of anything; numbers are floats, as in a bare interface of Go.
    pub(super) fn anything(&mut self, node: &Node, into: &mut Option<Vec<Value>>) {
        self.list(node, "[]interface {}", into, &mut |_, node, slot| *slot = value_of(node, Numbers::Float64));
    }

    /// Decodes a map of texts over the entries that are there.
    pub(super) fn text_map(&mut self, node: &Node, into: &mut Option<Vec<(EcoString, EcoString)>>) {
        if node.is_null() {
            *into = None;
            return;
        }
        let Some(entries) = node.as_map() else { return self.wrong(node, "map[string]string") };
        let mut map: std::collections::BTreeMap<EcoString, EcoString> = into.take().into_iter().flatten().collect();
        for (key, value) in entries {
            let Some(key) = key.as_str() else { continue };
            self.path.push(key.into());
            // Each value starts empty: a null does not keep what was there.
            let mut text = EcoString::new();
            self.text(value, &mut text);
            map.insert(key.into(), text);
            self.path.pop();
        }
        *into = Some(map.into_iter().collect());
    }

    /// Decodes a moment as RFC 3339 writes it; its text is kept.
    pub(super) fn time(&mut self, node: &Node, into: &mut EcoString) {
        match node.as_scalar() {
            Some(scalar) if scalar.kind == ScalarKind::Null => {}
            Some(scalar) if scalar.kind == ScalarKind::Str => match check_time(&scalar.text) {
                Ok(()) => into.clone_from(&scalar.text),
                Err(why) => self.fail(node, why),
            },
            _ => self.wrong(node, "time.Time"),
        }
    }
}

/// Whether a key means a field when case does not count; two signs beyond ASCII fold to letters as well.
fn is_folded(key: &str, name: &str) -> bool {
    let fold = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    key.len() <= name.len() * 3 && key.chars().map(fold).eq(name.chars().map(fold))
}

const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";

/// Checks a moment as Go's `time.Parse` does with the layout of RFC 3339.
fn check_time(text: &str) -> Result<(), String> {
    let quoted = gotemplate::fmt::quote(text.as_bytes());
    let refuse = |rest: &str, element: &str| {
        let rest = gotemplate::fmt::quote(rest.as_bytes());
        Err(format!("parsing time {quoted} as \"{LAYOUT}\": cannot parse {rest} as \"{element}\""))
    };
    let range = |what: &str| Err(format!("parsing time {quoted}: {what} out of range"));
    let mut rest = text;
    let mut found = [0_u32; 6];
    let parts = [("2006", 4, 4), ("01", 2, 2), ("02", 2, 2), ("15", 1, 2), ("04", 2, 2), ("05", 2, 2)];
    for (i, ((element, least, most), between)) in parts.into_iter().zip(["", "-", "-", "T", ":", ":"]).enumerate() {
        let Some(after) = rest.strip_prefix(between) else { return refuse(rest, between) };
        let digits = after.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if digits < least {
            return refuse(after, element);
        }
        found[i] = after[..digits].parse().unwrap_or(0);
        rest = &after[digits..];
        match (i, found[i]) {
            (1, 0 | 13..) => return range("month"),
            (3, 24..) => return range("hour"),
            (4, 60..) => return range("minute"),
            (5, 60..) => return range("second"),
            _ => {}
        }
    }
    let fraction = rest.strip_prefix(['.', ',']).map_or(0, |r| r.bytes().take_while(u8::is_ascii_digit).count());
    if fraction > 0 {
        rest = &rest[1 + fraction..];
    }
    rest = match zone(rest) {
        Ok(after) => after,
        Err(None) => return refuse(rest, "Z07:00"),
        Err(Some(what)) => return range(what),
    };
    if !rest.is_empty() {
        let rest = gotemplate::fmt::quote(rest.as_bytes());
        return Err(format!("parsing time {quoted}: extra text: {rest}"));
    }
    let [year, month, day, ..] = found;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = [31, 28 + u32::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize - 1];
    if (1..=days).contains(&day) { Ok(()) } else { range("day") }
}

/// Returns what follows the offset of a time zone, or the part of it that is too large.
fn zone(rest: &str) -> Result<&str, Option<&'static str>> {
    if let Some(rest) = rest.strip_prefix('Z') {
        return Ok(rest);
    }
    let (Some([b'+' | b'-', h1, h2, b':', m1, m2]), Some(after)) = (rest.as_bytes().first_chunk(), rest.get(6..))
    else {
        return Err(None);
    };
    if ![h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()) {
        return Err(None);
    }
    let number = |tens: &u8, ones: &u8| u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
    if number(m1, m2) > 60 {
        return Err(Some("time zone offset minute"));
    }
    if number(h1, h2) > 24 {
        return Err(Some("time zone offset hour"));
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_checked_as_go_does() {
        for good in ["2020-01-01T00:00:00Z", "2020-02-29T1:00:00,5Z", "2020-02-20T14:00:00.123456789123+02:00"] {
            assert_eq!(check_time(good), Ok(()), "{good}");
        }
        let cases = [
            ("x", r#"parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006""#),
            ("2020-13-01T00:00:00Z", r#"parsing time "2020-13-01T00:00:00Z": month out of range"#),
            ("2020-02-30T00:00:00Z", r#"parsing time "2020-02-30T00:00:00Z": day out of range"#),
            ("2020-02-20T14:00:00.5Zx", r#"parsing time "2020-02-20T14:00:00.5Zx": extra text: "x""#),
            (
                "2020-02-20T14:00:00+25:00",
                r#"parsing time "2020-02-20T14:00:00+25:00": time zone offset hour out of range"#,
            ),
            ("2020-01-01", r#"parsing time "2020-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T""#),
        ];
        for (text, expected) in cases {
            assert_eq!(check_time(text), Err(expected.to_owned()));
        }
    }
}
