//! A quick way for texts that are plain JSON, as schemas of values are.
//!
//! JSON is YAML, and the scanner reads it; but three quarters of its work is to find out what JSON cannot have. So a
//! text of ASCII is first read as if it were JSON without rare escapes, tabs or very long keys. The answer is a tree only
//! where there is no doubt that the scanner would give the same one; a test holds the two together.

use std::borrow::Cow;

use super::compose::Document;
use super::node::{Node, NodeKind, Scalar, ScalarKind, ScalarStyle};
use crate::source::{FileId, Limits, Span};

/// Returns the document of a text that is plain JSON with a map at its root; `None` for all others.
pub(super) fn read(text: &str, file: FileId, limits: &Limits) -> Option<Document> {
    let mut json = Json { text, at: 0, file, levels: limits.depth };
    json.blanks();
    if json.peek() != Some(b'{') || !text.is_ascii() {
        return None;
    }
    let root = json.value()?;
    json.blanks();
    (json.at == text.len()).then(|| Document { span: root.span, root: Some(root) })
}

/// Keys up to this size are keys wherever their colon stands on the line; the scanner's bound is 1,024.
const LONGEST_KEY: usize = 512;

struct Json<'a> {
    text: &'a str,
    at: usize,
    file: FileId,
    /// How many levels may still be opened.
    levels: usize,
}

impl<'a> Json<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Option<Node> {
        self.blanks();
        let span = Span::new(self.file, self.at);
        let kind = match self.peek()? {
            b'{' => NodeKind::Map(self.collection(b'}', Self::entry)?),
            b'[' => NodeKind::Seq(self.collection(b']', Self::value)?),
            b'"' => scalar(&self.string()?, ScalarStyle::DoubleQuoted),
            _ => scalar(self.word()?, ScalarStyle::Plain),
        };
        Some(Node::new(kind, span))
    }

    fn entry(&mut self) -> Option<(Node, Node)> {
        self.blanks();
        let span = Span::new(self.file, self.at);
        let key = self.string().filter(|key| key.len() <= LONGEST_KEY)?;
        // The colon follows at once or after a blank: what stands further away may be too far or on another line.
        self.take(b' ');
        if !self.take(b':') {
            return None;
        }
        Some((Node::new(scalar(&key, ScalarStyle::DoubleQuoted), span), self.value()?))
    }

    /// Reads the parts between brackets.
    fn collection<T>(&mut self, end: u8, part: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.levels = self.levels.checked_sub(1)?;
        self.at += 1;
        self.blanks();
        let mut parts = Vec::new();
        while !self.take(end) {
            if !parts.is_empty() && !self.take(b',') {
                return None;
            }
            parts.push(part(self)?);
            self.blanks();
        }
        self.levels += 1;
        parts.shrink_to_fit();
        Some(parts)
    }

    /// Reads a text in quotes, without line breaks.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        if !self.take(b'"') {
            return None;
        }
        let mut escaped = String::new();
        loop {
            let rest = self.text.get(self.at..)?;
            let length = rest.bytes().position(|b| matches!(b, b'"' | b'\\' | ..b' ' | 0x7f))?;
            let run = &rest[..length];
            self.at += length;
            if self.take(b'"') {
                // Nearly every text is a piece of the file as it stands.
                if escaped.is_empty() {
                    return Some(run.into());
                }
                escaped.push_str(run);
                return Some(escaped.into());
            }
            if !self.take(b'\\') {
                return None;
            }
            escaped.push_str(run);
            escaped.push(escape(self.peek()?)?);
            self.at += 1;
        }
    }

    /// Reads `true`, `false`, `null` or a number.
    fn word(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let length = rest.bytes().position(|b| !matches!(b, b'a'..=b'z' | b'E' | b'0'..=b'9' | b'+' | b'-' | b'.'))?;
        let word = &rest[..length];
        self.at += length;
        (matches!(word, "true" | "false" | "null") || is_number(word)).then_some(word)
    }
}

fn scalar(text: &str, style: ScalarStyle) -> NodeKind {
    NodeKind::Scalar(Scalar { text: text.into(), style, kind: ScalarKind::Unresolved })
}

/// Returns what an escape means that JSON and YAML share.
fn escape(letter: u8) -> Option<char> {
    Some(match letter {
        b'"' | b'\\' => char::from(letter),
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\x08',
        b'f' => '\x0c',
        _ => return None,
    })
}

/// Whether a word is digits with a sign, point or exponent, each at most once and with digits behind it.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let word = word.strip_prefix('-').unwrap_or(word);
    let (word, exponent) = word.split_once(['e', 'E']).unwrap_or((word, "0"));
    let (whole, fraction) = word.split_once('.').unwrap_or((word, "0"));
    digits(whole) && digits(fraction) && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}

#[cfg(test)]
mod tests {
    use super::super::compose::parse_as_yaml;
    use super::*;
    use proptest::prelude::*;

    fn read_both(text: &str, limits: &Limits) -> bool {
        let Some(document) = read(text, FileId::NONE, limits) else { return false };
        let scanned = parse_as_yaml(text, FileId::NONE, limits);
        assert!(scanned.diagnostics.is_empty(), "{text:?}");
        assert_eq!(scanned.value, [document], "{text:?}");
        true
    }

    #[test]
    fn plain_json_is_read_as_the_scanner_reads_it() {
        let limits = Limits::default();
        for text in [
            "{}",
            " {\n\"a\": [ ] , \"b\":{\"c\":[1,-2.5e+3 ,\"x: y #\", true,\nnull]}}\n\n",
            "{\"a\": {}, \"a\": [[[]]], \"\": \"\"}",
            r#"{"\"": "\\", "\n": "a\tb\\", "x": "\\.", "y": "\f\b\r "}"#,
        ] {
            assert!(read_both(text, &limits), "{text}");
        }
    }

    #[test]
    fn all_else_is_left_to_the_scanner() {
        let limits = Limits { depth: 3, ..Limits::default() };
        let long = format!("{{\"{}\": 1}}", "k".repeat(2_000));
        let odd = [
            "",
            "[]",
            "1",
            "{",
            "{]",
            "{\"a\"}",
            "{\"a\": }",
            "{\"a\": 1,}",
            "{\"a\": 1} x",
            "{\"a\": 1}\n---\n{}",
            "{\"a\":\t1}",
            "{\"a\": \"b\\u0041\"}",
            "{\"a\": \"b\\/\"}",
            "{\"a\": \"b\\",
            "{\"a\": \"b\nc\"}",
            "{\"a\"\n: 1}",
            "{\"a\": 1 2}",
            "{\"a\": yes}",
            "{a: 1}",
            "{\"a\": 'b'}",
            "{\"ü\": 1}",
            "{\"a\": --1}",
            "{\"a\": 1e}",
            "{\"a\": .5}",
            "{\"a\": [[[]]]}",
            "{\"a\": 1\r\n}",
            &long,
        ];
        for text in odd {
            assert!(read(text, FileId::NONE, &limits).is_none(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_read_is_what_the_scanner_reads(parts in prop::collection::vec(
            "[\\{\\}\\[\\],:]|\"a\"|\"[ -~]{0,3}\"|: |, |\"k\": ?|[ \n]{1,2}|-?[0-9]\\.?|true|null|e1|---|\\.\\.\\.|#|[&*!?|>%@'\t]",
            0..12,
        )) {
            let text = format!("{{{}}}", parts.concat());
            read_both(&text, &Limits::default());
        }

        #[test]
        fn json_is_read_as_the_scanner_reads_it(text in json()) {
            prop_assert!(read_both(&text, &Limits::default()), "{}", text);
        }
    }

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "\"([a-z :#,{}\\[\\]&*!|>'%@`?-]|\\\\[\"\\\\ntrbf]){0,20}\"",
            "-?[1-9][0-9]{0,3}(\\.[0-9]{1,2})?(e[+-]?1)?",
            "true|false|null"
        ];
        let map = |part: BoxedStrategy<String>| {
            let entry = ("[ \n]{0,2}\"[a-z.$ -]{0,8}\"", " ?:[ \n]{0,2}", part)
                .prop_map(|(key, colon, value)| key + &colon + &value);
            prop::collection::vec(entry, 0..4).prop_map(|all| format!("{{{}}}", all.join(",")))
        };
        let value = leaf.prop_recursive(4, 24, 4, move |inner| {
            let list = prop::collection::vec(inner.clone(), 0..4).prop_map(|all| format!("[ {}\n]", all.join(" , ")));
            prop_oneof![list, map(inner.boxed())]
        });
        map(value.boxed())
    }
}
