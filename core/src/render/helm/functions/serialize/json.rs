//! JSON text to template values as encoding/json reads it, with its error texts; and indenting.
//!
//! The texts are those of Go 1.27, whose encoding/json stands on its second version:
//! <https://github.com/golang/go/tree/master/src/encoding/json>. Lists and maps being read are on a stack of our own.

use gotemplate::fmt::{quote, sprintf};
use gotemplate::{List, Map, Str, Value};

use crate::render::helm::value::runes;
use crate::yaml::{MarshalError, MarshalErrorKind};

/// The levels of nesting that Go reads.
const MAX_DEPTH: usize = 10_000;

const UNEXPECTED_END: &str = "unexpected end of JSON input";

/// A value, and what was wrong with a number in it.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) value: Value,
    /// A number does not fit `float64`; it is 0 in the value.
    pub(super) error: Option<String>,
}

/// Reads one value.
///
/// # Errors
/// Text that is not JSON.
pub(super) fn read(bytes: &[u8]) -> Result<Read, String> {
    let mut reader = Reader { bytes, at: 0, open: Vec::new(), error: None };
    let value = reader.document()?;
    Ok(Read { value, error: reader.error })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    open: Vec<Open>,
    error: Option<String>,
}

enum Open {
    List(Vec<Value>),
    Map(Map, Str),
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Value, String> {
        let mut next = self.value()?;
        loop {
            // A complete value goes into what is open; what that completes goes on up.
            let Some(value) = next.take() else {
                next = self.value()?;
                continue;
            };
            let Some(open) = self.open.last_mut() else {
                return match self.peek() {
                    Some(_) => Err(self.unexpected("after top-level value")),
                    None => Ok(value),
                };
            };
            match open {
                Open::List(items) => items.push(value),
                Open::Map(map, key) => drop(map.insert(std::mem::take(key), value)),
            }
            next = self.after_value()?;
        }
    }

    /// Reads a value, or the beginning of a list or map that is not empty.
    fn value(&mut self) -> Result<Option<Value>, String> {
        Ok(Some(match self.peek().ok_or(UNEXPECTED_END)? {
            b'n' => self.literal("null", Value::Nil)?,
            b't' => self.literal("true", true.into())?,
            b'f' => self.literal("false", false.into())?,
            b'"' => Value::Str(self.string()?),
            b'-' | b'0'..=b'9' => self.number()?,
            b'[' => {
                self.enter()?;
                if self.peek().ok_or(UNEXPECTED_END)? != b']' {
                    self.open.push(Open::List(Vec::new()));
                    return Ok(None);
                }
                self.at += 1;
                List::new(Vec::new()).into()
            }
            b'{' => {
                self.enter()?;
                if self.peek().ok_or(UNEXPECTED_END)? != b'}' {
                    let key = self.key()?;
                    self.open.push(Open::Map(Map::new(), key));
                    return Ok(None);
                }
                self.at += 1;
                Map::new().into()
            }
            _ => return Err(self.unexpected("looking for beginning of value")),
        }))
    }

    /// Reads what follows a value in a list or map: another one, or the end, which gives the whole.
    fn after_value(&mut self) -> Result<Option<Value>, String> {
        let next = self.peek().ok_or(UNEXPECTED_END)?;
        match (self.open.pop(), next) {
            (Some(open @ Open::List(_)), b',') => {
                self.at += 1;
                self.open.push(open);
                Ok(None)
            }
            (Some(Open::Map(map, _)), b',') => {
                self.at += 1;
                let key = self.key()?;
                self.open.push(Open::Map(map, key));
                Ok(None)
            }
            (Some(Open::List(items)), b']') => {
                self.at += 1;
                Ok(Some(List::appended(items).into()))
            }
            (Some(Open::Map(map, _)), b'}') => {
                self.at += 1;
                Ok(Some(map.into()))
            }
            (Some(Open::List(_)), _) => Err(self.unexpected("after array element")),
            (Some(Open::Map(..)) | None, _) => Err(self.unexpected("after object key:value pair")),
        }
    }

    fn enter(&mut self) -> Result<(), String> {
        if self.open.len() == MAX_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.at += 1;
        Ok(())
    }

    fn key(&mut self) -> Result<Str, String> {
        match self.peek().ok_or(UNEXPECTED_END)? {
            b'"' => {}
            _ => return Err(self.unexpected("looking for beginning of object key string")),
        }
        let key = self.string()?;
        match self.peek().ok_or(UNEXPECTED_END)? {
            b':' => self.at += 1,
            _ => return Err(self.unexpected("after object key")),
        }
        Ok(key)
    }

    /// Skips white space and returns the next byte.
    fn peek(&mut self) -> Option<u8> {
        let space = self.rest().iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
        self.at += space;
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    fn unexpected(&self, place: &str) -> String {
        format!("invalid character {} {place}", quote_rune(self.rest()))
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Value, String> {
        for expected in word.bytes() {
            match self.bytes.get(self.at) {
                None => return Err(UNEXPECTED_END.to_owned()),
                Some(byte) if *byte == expected => self.at += 1,
                Some(_) => {
                    let place = format!("in literal {word} (expecting {})", quote_rune(&[expected]));
                    return Err(self.unexpected(&place));
                }
            }
        }
        Ok(value)
    }

    fn digits(&mut self) -> Result<(), String> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            let end = self.at == self.bytes.len();
            return Err(if end { UNEXPECTED_END.to_owned() } else { self.unexpected("in numeric literal") });
        }
        self.at += digits;
        Ok(())
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        self.at += usize::from(self.rest().starts_with(b"-"));
        match self.rest().first() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.rest().starts_with(b".") {
            self.at += 1;
            self.digits()?;
        }
        if let [b'e' | b'E', after @ ..] = self.rest() {
            self.at += if let [b'+' | b'-', ..] = after { 2 } else { 1 };
            self.digits()?;
        }
        let text = String::from_utf8_lossy(&self.bytes[start..self.at]);
        let float: f64 = text.parse().unwrap_or(0.0);
        if float.is_finite() {
            return Ok(float.into());
        }
        let error = format!("json: cannot unmarshal number {text} into {} of type float64", self.place());
        self.error.get_or_insert(error);
        Ok(Value::from(0.0))
    }

    /// Returns the name that Go's errors give to the place of a value.
    fn place(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            path.push('.');
            match open {
                Open::List(items) => path.push_str(&items.len().to_string()),
                Open::Map(_, key) => path.push_str(&key.to_str_lossy().replace('~', "~0").replace('/', "~1")),
            }
        }
        let last = path.rsplit('.').next().unwrap_or_default();
        match path.as_str() {
            "" => "Go value".to_owned(),
            _ if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) => path,
            _ => format!("Go struct field {path}"),
        }
    }

    /// Reads a string; the next byte is its quote.
    fn string(&mut self) -> Result<Str, String> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let plain =
                self.rest().iter().take_while(|byte| matches!(byte, b' '..=0x7f) && !matches!(byte, b'"' | b'\\'));
            let end = self.at + plain.count();
            out.extend_from_slice(&self.bytes[self.at..end]);
            self.at = end;
            match self.bytes.get(self.at) {
                None => return Err(UNEXPECTED_END.to_owned()),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Str::from(out));
                }
                Some(b'\\') => self.escape(&mut out)?,
                Some(0x80..) => self.beyond_ascii(&mut out)?,
                Some(_) => return Err(self.unexpected("in string")),
            }
        }
    }

    fn beyond_ascii(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let window = &self.rest()[..self.rest().len().min(4)];
        let Some((_, rune, width)) = runes(window).next() else { return Ok(()) };
        if width == 1 && self.rest().len() < 4 {
            let cut = std::str::from_utf8(window).err().filter(|error| error.valid_up_to() == 0);
            if cut.is_some_and(|error| error.error_len().is_none()) {
                return Err(UNEXPECTED_END.to_owned());
            }
        }
        out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
        self.at += width;
        Ok(())
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let byte = match self.rest().get(1) {
            None => return Err(UNEXPECTED_END.to_owned()),
            Some(byte) => *byte,
        };
        out.push(match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.unicode(out),
            _ => return Err(invalid_escape(&self.rest()[..2])),
        });
        self.at += 2;
        Ok(())
    }

    fn unicode(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let rest = self.rest();
        let Some(first) = rest.get(2..6) else {
            let cut = rest[2..].iter().all(u8::is_ascii_hexdigit);
            return Err(if cut { UNEXPECTED_END.to_owned() } else { invalid_escape(rest) });
        };
        let first = hex(first).ok_or_else(|| invalid_escape(&rest[..6]))?;
        let second = rest.get(6..12).and_then(|low| hex(low.strip_prefix(b"\\u")?));
        let pair = second.and_then(|second| char::decode_utf16([first, second]).next()?.ok());
        let (rune, width) = match (char::from_u32(first.into()), pair) {
            (Some(rune), _) => (rune, 6),
            (None, Some(rune)) => (rune, 12),
            (None, None) => (char::REPLACEMENT_CHARACTER, 6),
        };
        out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
        self.at += width;
        Ok(())
    }
}

fn hex(digits: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u16::from_str_radix(text, 16).ok()
}

fn quote_rune(bytes: &[u8]) -> String {
    match runes(&bytes[..bytes.len().min(4)]).next() {
        Some((_, char::REPLACEMENT_CHARACTER, 1)) => format!("'\\x{:x}'", bytes[0]),
        Some((_, rune, _)) => {
            String::from_utf8_lossy(&sprintf(b"%q", &[Value::from(i64::from(u32::from(rune)))])).into_owned()
        }
        None => "''".to_owned(),
    }
}

fn invalid_escape(what: &[u8]) -> String {
    let odd = |(_, rune, _): (usize, char, usize)| {
        rune == '`' || rune == char::REPLACEMENT_CHARACTER || rune.is_whitespace() || !gotemplate::fmt::is_print(rune)
    };
    match runes(what).any(odd) {
        true => format!("invalid escape sequence {} in string", quote(what)),
        false => format!("invalid escape sequence `{}` in string", String::from_utf8_lossy(what)),
    }
}

/// Indents compact JSON by two spaces a level, as `json.MarshalIndent` does.
///
/// # Errors
/// Text that gets longer than `limit` bytes.
pub(super) fn indent(text: &str, limit: usize) -> Result<String, MarshalError> {
    let mut out = String::with_capacity(text.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    let mut chars = text.chars().peekable();
    let newline = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(c) = chars.next() {
        if out.len() > limit {
            let message = format!("text is longer than {limit} bytes");
            return Err(MarshalError::new(MarshalErrorKind::Limit("output"), message));
        }
        if in_string {
            out.push(c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                if let Some(end) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    newline(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                newline(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                newline(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => {
                in_string = c == '"';
                out.push(c);
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let got = match read(text.as_bytes()) {
            Ok(Read { error: Some(error), .. }) | Err(error) => error,
            Ok(Read { value, .. }) => String::from_utf8_lossy(&value.to_text()).into_owned(),
        };
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn values_are_read() {
        check(
            r#" {"a" : [1, -0.5e1, "x\u00e9\ud83d\ude00\ud800", null, true], "b":{}, "a2":[]} "#,
            "map[a:[1 -5 xé😀\u{fffd} <nil> true] a2:[] b:map[]]",
        );
        check("5", "5");
        check(r#"{"a":1,"a":2}"#, "map[a:2]");
    }

    #[test]
    fn errors_are_those_of_go() {
        for (text, want) in [
            ("", UNEXPECTED_END),
            ("{", UNEXPECTED_END),
            ("nul", UNEXPECTED_END),
            ("nulx", "invalid character 'x' in literal null (expecting 'l')"),
            ("{'a':1}", r"invalid character '\'' looking for beginning of object key string"),
            (r#"{"a" 1}"#, "invalid character '1' after object key"),
            (r#"{"a":01}"#, "invalid character '1' after object key:value pair"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("[1 2]", "invalid character '2' after array element"),
            ("1 2", "invalid character '2' after top-level value"),
            ("-x", "invalid character 'x' in numeric literal"),
            ("\"\t\"", r"invalid character '\t' in string"),
            (r#""\x""#, r"invalid escape sequence `\x` in string"),
            (r#"{"a":1e400}"#, "json: cannot unmarshal number 1e400 into Go struct field .a of type float64"),
            ("[1,1e400]", "json: cannot unmarshal number 1e400 into .1 of type float64"),
        ] {
            check(text, want);
        }
        check(&"[".repeat(10_001), "exceeded max depth");
        check(&"[".repeat(10_000), UNEXPECTED_END);
    }

    #[test]
    fn empty_lists_and_strings_are_not_indented() {
        assert_eq!(
            indent(r#"{"a":[],"b":{},"c,\"":[1,{"d":"{"}]}"#, 1000).as_deref(),
            Ok("{\n  \"a\": [],\n  \"b\": {},\n  \"c,\\\"\": [\n    1,\n    {\n      \"d\": \"{\"\n    }\n  ]\n}")
        );
    }
}
