//! Numbers, booleans and dates.

use gotemplate::fmt::{parse_float, quote};
use gotemplate::{IntKind, Value};

use super::cursor::{Cursor, END, Failure, quoted};
use super::local;
use crate::render::helm::time::Time;

/// Reads a value that begins with a digit: an integer, a float or a date.
pub(super) fn number_or_date(cursor: &mut Cursor<'_>) -> Result<Value, Failure> {
    if cursor.next()? == '0' {
        return based_number_or_date(cursor);
    }
    digits_or_date(cursor)
}

fn digits_or_date(cursor: &mut Cursor<'_>) -> Result<Value, Failure> {
    cursor.take(|c| c.is_ascii_digit())?;
    match cursor.next()? {
        '-' | ':' => date(cursor),
        '_' => decimal(cursor),
        '.' | 'e' | 'E' => float(cursor),
        _ => {
            cursor.back();
            integer(cursor)
        }
    }
}

/// Reads what follows a 0.
fn based_number_or_date(cursor: &mut Cursor<'_>) -> Result<Value, Failure> {
    let (name, is_digit): (&str, fn(char) -> bool) = match cursor.next()? {
        c if c.is_ascii_digit() => return digits_or_date(cursor),
        '_' => return decimal(cursor),
        '.' | 'e' | 'E' => return float(cursor),
        'b' => ("a binary", |c| matches!(c, '0' | '1')),
        'o' => ("an octal", |c| matches!(c, '0'..='7')),
        'x' => ("a hexadecimal", |c| c.is_ascii_hexdigit()),
        _ => {
            cursor.back();
            return integer(cursor);
        }
    };
    let next = cursor.peek()?;
    if !is_digit(next) {
        return cursor.fail(format!("not {name} number: '{}{next}'", cursor.current()));
    }
    cursor.take(|c| c == '_' || is_digit(c))?;
    integer(cursor)
}

/// Reads what follows a sign.
pub(super) fn signed(cursor: &mut Cursor<'_>) -> Result<Value, Failure> {
    let first = cursor.next()?;
    match first {
        'i' | 'n' => {
            let [second, third] = if first == 'i' { ['n', 'f'] } else { ['a', 'n'] };
            if !cursor.accept(second)? || !cursor.accept(third)? {
                return cursor.fail(format!("invalid float: '{}'", cursor.current()));
            }
            return parse_as_float(cursor);
        }
        '0' => {
            let base = cursor.peek()?;
            if matches!(base, 'b' | 'o' | 'x') {
                let text = cursor.current();
                return cursor.fail(format!("cannot use sign with non-decimal numbers: '{text}{base}'"));
            }
        }
        '.' => return cursor.fail("floats must start with a digit, not '.'"),
        _ => {}
    }
    if first.is_ascii_digit() {
        return decimal(cursor);
    }
    cursor.fail(format!("expected a digit but got {}", quoted(first)))
}

fn decimal(cursor: &mut Cursor<'_>) -> Result<Value, Failure> {
    cursor.take(|c| c.is_ascii_digit() || c == '_')?;
    match cursor.next()? {
        '.' | 'e' | 'E' => float(cursor),
        _ => {
            cursor.back();
            integer(cursor)
        }
    }
}

fn float(cursor: &mut Cursor<'_>) -> Result<Value, Failure> {
    cursor.take(|c| c.is_ascii_digit() || matches!(c, '_' | '.' | '-' | '+' | 'e' | 'E'))?;
    parse_as_float(cursor)
}

/// Reads the rest of a date or a time.
fn date(cursor: &mut Cursor<'_>) -> Result<Value, Failure> {
    cursor.take(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | 'T' | 't' | ' ' | '.' | 'Z' | 'z' | '+'))?;
    let (line, text) = (cursor.line(), cursor.item().trim());
    let text: String = text
        .chars()
        .map(|c| match c {
            'z' => 'Z',
            't' | ' ' => 'T',
            other => other,
        })
        .collect();
    match parse_date(&text) {
        Some(time) => Ok(time.into()),
        None => Err(Failure { line, message: format!("invalid datetime: {}", quote(text.as_bytes())) }),
    }
}

/// Reads a word where a value is expected, of which `true` and `false` are values.
pub(super) fn word(cursor: &mut Cursor<'_>) -> Result<Value, Failure> {
    let mut letters = String::new();
    loop {
        let c = cursor.next()?;
        if !is_letter(c) {
            cursor.back();
            break;
        }
        letters.push(c);
    }
    match letters.as_str() {
        "true" | "false" => {
            cursor.ignore();
            Ok((letters == "true").into())
        }
        _ => cursor.fail(format!("expected value but found {} instead", quote(letters.as_bytes()))),
    }
}

/// Whether a character is a letter of any script.
pub(super) fn is_letter(c: char) -> bool {
    c != END && gotemplate::fmt::is_letter(c)
}

fn integer(cursor: &mut Cursor<'_>) -> Result<Value, Failure> {
    let (line, text) = (cursor.line(), cursor.item());
    let failed = |message: String| Err(Failure { line, message });
    if !underscores_fit(text) {
        return failed(format!("Invalid integer {}: underscores must be surrounded by digits", quote(text.as_bytes())));
    }
    if has_leading_zero(text) {
        return failed(format!("Invalid integer {}: cannot have leading zeroes", quote(text.as_bytes())));
    }
    let plain = text.replace('_', "");
    let value = match plain.get(..2) {
        Some("0x") => i64::from_str_radix(&plain[2..], 16),
        Some("0o") => i64::from_str_radix(&plain[2..], 8),
        Some("0b") => i64::from_str_radix(&plain[2..], 2),
        _ => plain.parse(),
    };
    match value {
        Ok(value) => Ok(Value::Int(value, IntKind::Int64)),
        Err(_) => failed(format!("{text} is out of range for int64")),
    }
}

pub(super) fn parse_as_float(cursor: &mut Cursor<'_>) -> Result<Value, Failure> {
    let (line, text) = (cursor.line(), cursor.item());
    let failed = |message: String| Err(Failure { line, message });
    let shown = || quote(text.as_bytes());
    let mut parts = text.split(['.', 'e', 'E']).filter(|part| !part.is_empty()).peekable();
    let first = parts.peek().copied();
    if !parts.all(underscores_fit) {
        return failed(format!("Invalid float {}: underscores must be surrounded by digits", shown()));
    }
    if first.is_some_and(has_leading_zero) {
        return failed(format!("Invalid float {}: cannot have leading zeroes", shown()));
    }
    let whole = text.split('.').skip(1).all(|after| after.starts_with(|c: char| c.is_ascii_digit()));
    if !whole {
        return failed(format!("Invalid float {}: '.' must be followed by one or more digits", shown()));
    }
    let plain = text.replace('_', "");
    let value = match plain.as_str() {
        "nan" | "+nan" => Some(f64::NAN),
        "-nan" => Some(-f64::NAN),
        "inf" | "+inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        digits
            if digits.parse::<f64>().is_ok_and(f64::is_infinite) && digits.contains(|c: char| c.is_ascii_digit()) =>
        {
            return failed(format!("{text} is out of range for float64"));
        }
        digits => parse_float(digits),
    };
    match value {
        Some(value) => Ok(value.into()),
        None => failed(format!("Invalid float value: {}", shown())),
    }
}

fn has_leading_zero(text: &str) -> bool {
    match text.as_bytes() {
        [b'0', b'b' | b'o' | b'x', ..] => false,
        [b'0', _, ..] | [b'-' | b'+', b'0', _, ..] => true,
        _ => false,
    }
}

/// Whether each underscore stands between digits.
fn underscores_fit(text: &str) -> bool {
    if matches!(text, "nan" | "+nan" | "-nan" | "inf" | "-inf" | "+inf") {
        return true;
    }
    let mut accept = false;
    for c in text.chars() {
        if c == '_' && !accept {
            return false;
        }
        accept = c.is_ascii_hexdigit();
    }
    accept
}

/// Reads a date in one of the forms of TOML; the number is the kind of the date where it has no zone.
fn parse_date(text: &str) -> Option<Time> {
    const FORMS: [(&str, Option<usize>); 7] = [
        ("2006-01-02T15:04:05.999999999Z07:00", None),
        ("2006-01-02T15:04:05.999999999", Some(0)),
        ("2006-01-02", Some(1)),
        ("15:04:05.999999999", Some(2)),
        ("2006-01-02T15:04Z07:00", None),
        ("2006-01-02T15:04", Some(0)),
        ("15:04", Some(2)),
    ];
    let parsed = |(form, kind): &(&'static str, Option<usize>)| {
        let time = Time::parse(form.as_bytes(), text.as_bytes()).ok()?;
        Some((*form, kind.map_or_else(|| time.clone(), |kind| local(&time, kind))))
    };
    let (form, time) = FORMS.iter().find_map(parsed)?;
    (!lacks_zero(text, form)).then_some(time)
}

/// Whether a number is written without its leading zero, which Go's layouts let pass.
fn lacks_zero(text: &str, form: &str) -> bool {
    let marks = form.bytes().zip(text.bytes()).take_while(|(wanted, _)| !matches!(wanted, b'.' | b'Z'));
    marks.filter(|(wanted, _)| !wanted.is_ascii_digit()).any(|(wanted, got)| wanted != got)
}
