//! JSON with its numbers as they are written, and Go's errors.
//!
//! A schema's numbers are shown in messages as the schema has them (`1.50`), and compared exactly, so a parser that
//! makes floats of them would not do. Keys are sorted, the last of two equal ones counts.

use std::fmt::Write;

use ecow::{EcoString, eco_format};

use crate::value::{Map, Value};

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// The text of a number.
    Number(EcoString),
    Text(EcoString),
    List(Vec<Json>),
    /// Invariant: sorted by key, no key twice.
    Object(Vec<(EcoString, Json)>),
}

impl Json {
    /// Returns a value as JSON. The depth is bounded by the parser that made it.
    pub(super) fn of(value: &Value) -> Json {
        match value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Int(i) => Json::Number(eco_format!("{i}")),
            Value::UInt(u) => Json::Number(eco_format!("{u}")),
            Value::Float(f) if f.is_finite() => Json::Number(eco_format!("{f}")),
            // JSON has no such numbers.
            Value::Float(_) => Json::Null,
            Value::Str(text) => Json::Text(text.clone()),
            Value::Seq(items) => Json::List(items.iter().map(Json::of).collect()),
            Value::Map(map) => {
                let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.clone(), Json::of(value))).collect();
                entries.sort_by(|(a, _), (b, _)| a.cmp(b));
                Json::Object(entries)
            }
        }
    }

    /// Returns the value that the JSON stands for.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Number(text) => (text.parse().map(Value::Int))
                .or_else(|_| text.parse().map(Value::UInt))
                .or_else(|_| text.parse().map(Value::Float))
                .unwrap_or(Value::Null),
            Json::Text(text) => Value::Str(text.clone()),
            Json::List(items) => items.iter().map(Json::to_value).collect::<Vec<_>>().into(),
            Json::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| (key.clone(), value.to_value()));
                entries.collect::<Map>().into()
            }
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Json> {
        let entries = self.as_object()?;
        entries.binary_search_by(|(name, _)| name.as_str().cmp(key)).ok().map(|at| &entries[at].1)
    }

    pub(super) fn as_object(&self) -> Option<&[(EcoString, Json)]> {
        match self {
            Json::Object(entries) => Some(entries),
            _ => None,
        }
    }

    pub(super) fn as_list(&self) -> Option<&[Json]> {
        match self {
            Json::List(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match self {
            Json::Bool(b) => Some(*b),
            _ => None,
        }
    }
}

/// More levels than any schema has, and few enough for the stack.
const MAX_DEPTH: usize = 200;

/// Reads a document.
///
/// # Errors
/// What is wrong, in the words of Go's encoding/json.
pub(super) fn parse(bytes: &[u8]) -> Result<Json, String> {
    let mut parser = Parser { bytes, at: 0 };
    parser.blanks();
    if parser.at == bytes.len() {
        return Err("EOF".to_owned());
    }
    let value = parser.value(0)?;
    parser.blanks();
    match parser.at == bytes.len() {
        true => Ok(value),
        false => Err("invalid character after top-level value".to_owned()),
    }
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn blanks(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Returns the byte that comes next, behind blanks.
    fn next(&mut self) -> Result<u8, String> {
        self.blanks();
        self.bytes.get(self.at).copied().ok_or_else(|| "unexpected EOF".to_owned())
    }

    fn unexpected<T>(&self, context: &str) -> Result<T, String> {
        let Some(rest) = self.bytes.get(self.at..).filter(|rest| !rest.is_empty()) else {
            return Err("unexpected EOF".to_owned());
        };
        let chunk = rest.utf8_chunks().next();
        let found = chunk.and_then(|chunk| chunk.valid().chars().next()).unwrap_or(char::REPLACEMENT_CHARACTER);
        Err(format!("invalid character {} {context}", quoted(found)))
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > MAX_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        match self.next()? {
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'"' => self.text().map(Json::Text),
            b't' => self.literal("true", Json::Bool(true)),
            b'f' => self.literal("false", Json::Bool(false)),
            b'n' => self.literal("null", Json::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.unexpected("looking for beginning of value"),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, String> {
        self.at += 1;
        let mut entries: Vec<(EcoString, Json)> = Vec::new();
        if self.next()? == b'}' {
            self.at += 1;
            return Ok(Json::Object(entries));
        }
        loop {
            if self.next()? != b'"' {
                return self.unexpected("looking for beginning of object key string");
            }
            let key = self.text()?;
            if self.next()? != b':' {
                return self.unexpected("after object key");
            }
            self.at += 1;
            entries.push((key, self.value(depth + 1)?));
            match self.next()? {
                b',' => self.at += 1,
                b'}' => break,
                _ => return self.unexpected("after object key:value pair"),
            }
        }
        self.at += 1;
        // The sort is stable, so of equal keys the last one stands last.
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries.reverse();
        entries.dedup_by(|(a, _), (b, _)| a == b);
        entries.reverse();
        Ok(Json::Object(entries))
    }

    fn list(&mut self, depth: usize) -> Result<Json, String> {
        self.at += 1;
        let mut items = Vec::new();
        if self.next()? == b']' {
            self.at += 1;
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            match self.next()? {
                b',' => self.at += 1,
                b']' => break,
                _ => return self.unexpected("after array element"),
            }
        }
        self.at += 1;
        Ok(Json::List(items))
    }

    fn literal(&mut self, word: &str, value: Json) -> Result<Json, String> {
        for expected in word.bytes() {
            if self.bytes.get(self.at) != Some(&expected) {
                let expected = quoted(char::from(expected));
                return self.unexpected(&format!("in literal {word} (expecting {expected})"));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn digits(&mut self) -> Result<(), String> {
        if !self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            return self.unexpected("in numeric literal");
        }
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Json, String> {
        let start = self.at;
        if self.bytes[self.at] == b'-' {
            self.at += 1;
        }
        if self.bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = std::str::from_utf8(&self.bytes[start..self.at]).unwrap_or_default();
        Ok(Json::Number(text.into()))
    }

    fn text(&mut self) -> Result<EcoString, String> {
        self.at += 1;
        let start = self.at;
        let plain = self.bytes[start..].iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f | 0x80..));
        let end = start + plain.unwrap_or(self.bytes.len() - start);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(String::from_utf8_lossy(&self.bytes[start..end]).as_ref().into());
        }
        let mut out = String::new();
        let mut from = start;
        self.at = end;
        loop {
            match self.bytes.get(self.at) {
                None => return Err("unexpected EOF".to_owned()),
                Some(b'"') => {
                    out.push_str(&String::from_utf8_lossy(&self.bytes[from..self.at]));
                    self.at += 1;
                    return Ok(out.into());
                }
                Some(b'\\') => {
                    out.push_str(&String::from_utf8_lossy(&self.bytes[from..self.at]));
                    out.push(self.escape()?);
                    from = self.at;
                }
                Some(0..=0x1f) => return self.unexpected("in string"),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let start = self.at;
        let plain = match self.bytes.get(self.at + 1) {
            None => return Err("unexpected EOF".to_owned()),
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let unit = self.unit(start)?;
                return Ok(self.paired(unit));
            }
            Some(_) => return Err(self.bad_escape(start, 2)),
        };
        self.at += 2;
        Ok(plain)
    }

    fn bad_escape(&self, start: usize, length: usize) -> String {
        let end = (start + length).min(self.bytes.len());
        format!("invalid escape sequence `{}` in string", String::from_utf8_lossy(&self.bytes[start..end]))
    }

    /// Reads `\uXXXX`.
    fn unit(&mut self, start: usize) -> Result<u32, String> {
        let digits = self.bytes.get(start + 2..start + 6).ok_or_else(|| "unexpected EOF".to_owned())?;
        let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = text.and_then(|text| u32::from_str_radix(text, 16).ok());
        let unit = unit.ok_or_else(|| self.bad_escape(start, 6))?;
        self.at = start + 6;
        Ok(unit)
    }

    /// Reads the second half of a character that takes two; one without the other is replaced.
    fn paired(&mut self, unit: u32) -> char {
        if let 0xd800..=0xdbff = unit
            && self.bytes.get(self.at..self.at + 2) == Some(b"\\u")
        {
            let before = self.at;
            match self.unit(before) {
                Ok(low @ 0xdc00..=0xdfff) => {
                    let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                    return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                }
                _ => self.at = before,
            }
        }
        char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

/// Returns a character in single quotes, as Go's JSON packages show it.
fn quoted(c: char) -> String {
    match c {
        '\'' => r"'\''".to_owned(),
        '"' => r#"'"'"#.to_owned(),
        c => {
            let mut out = String::from("'");
            let text = gotemplate::fmt::quote(c.encode_utf8(&mut [0; 4]).as_bytes());
            let _ = write!(out, "{}'", &text[1..text.len() - 1]);
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Each was seen with the helm program.
    #[test]
    fn mistakes_are_told_in_the_words_of_go() {
        let cases = [
            ("{", "unexpected EOF"),
            ("", "EOF"),
            ("  ", "EOF"),
            ("{}x", "invalid character after top-level value"),
            (r#"{"a":}"#, "invalid character '}' looking for beginning of value"),
            (r#"{"a":1,}"#, "invalid character '}' looking for beginning of object key string"),
            ("[1", "unexpected EOF"),
            (r#"{"a" 1}"#, "invalid character '1' after object key"),
            (r#"{"a":01}"#, "invalid character '1' after object key:value pair"),
            (r#"{"a":"\x"}"#, r"invalid escape sequence `\x` in string"),
            ("{\"a\":\"\n\"}", r"invalid character '\n' in string"),
            (r#"{"a": tru}"#, "invalid character '}' in literal true (expecting 'e')"),
            (r#"{"a":"b"#, "unexpected EOF"),
            (r#"{"a":1.}"#, "invalid character '}' in numeric literal"),
            (r#"{"a":1 "b":2}"#, "invalid character '\"' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("// x", "invalid character '/' looking for beginning of value"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text.as_bytes()), Err(expected.to_owned()), "{text}");
        }
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn texts_numbers_and_keys_are_read_as_written() {
        let json = parse(br#"{"b":1.50,"a":"\u00e9\ud83d\ude00\ud800x\n","a":-0e+5}"#).expect("fine");
        let expected = vec![("a".into(), Json::Number("-0e+5".into())), ("b".into(), Json::Number("1.50".into()))];
        assert_eq!(json, Json::Object(expected));
        assert_eq!(parse(b"\"\xff\\ud83d\\ude00\\ud800x\""), Ok(Json::Text("\u{fffd}😀\u{fffd}x".into())));
    }
}
