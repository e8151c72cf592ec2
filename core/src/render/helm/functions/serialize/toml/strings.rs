//! The four kinds of string.

use gotemplate::fmt::quote;

use super::cursor::{Cursor, END, Failure, is_break, quoted};

/// Reads a string up to its closing quote; the opening one was read and is skipped.
pub(super) fn basic(cursor: &mut Cursor<'_>) -> Result<String, Failure> {
    cursor.ignore();
    let mut escaped = false;
    loop {
        match cursor.next()? {
            END => return cursor.fail("unexpected EOF; expected '\"'"),
            c if is_break(c) => return cursor.fail_before("strings cannot contain newlines"),
            '\\' => {
                escaped = true;
                escape(cursor)?;
            }
            '"' => break,
            _ => {}
        }
    }
    cursor.back();
    let (text, line) = (cursor.item(), cursor.line());
    cursor.next()?;
    cursor.ignore();
    if escaped { replace(text, line) } else { Ok(text.to_owned()) }
}

/// Reads a string in single quotes.
pub(super) fn raw(cursor: &mut Cursor<'_>) -> Result<String, Failure> {
    cursor.ignore();
    loop {
        match cursor.next()? {
            END => return cursor.fail("unexpected EOF; expected \"'\""),
            c if is_break(c) => return cursor.fail_before("strings cannot contain newlines"),
            '\'' => break,
            _ => {}
        }
    }
    cursor.back();
    let text = cursor.item().to_owned();
    cursor.next()?;
    cursor.ignore();
    Ok(text)
}

/// Reads a string in three quotes of a kind, behind the opening ones.
pub(super) fn multiline(cursor: &mut Cursor<'_>, mark: char) -> Result<String, Failure> {
    cursor.ignore();
    loop {
        match cursor.next()? {
            END => {
                let three: String = std::iter::repeat_n(mark, 3).collect();
                let around = if mark == '"' { '\'' } else { '"' };
                return cursor.fail(format!("unexpected EOF; expected {around}{three}{around}"));
            }
            '\\' if mark == '"' && !is_break(cursor.next()?) => {
                cursor.back();
                escape(cursor)?;
            }
            c if c == mark && closes(cursor, mark)? => break,
            _ => {}
        }
    }
    let (text, line) = (cursor.item(), cursor.line());
    for _ in 0..3 {
        cursor.next()?;
    }
    cursor.ignore();
    let text = text.strip_prefix('\n').or_else(|| text.strip_prefix("\r\n")).unwrap_or(text);
    if mark == '"' { replace(&join_lines(text), line) } else { Ok(text.to_owned()) }
}

/// Whether a quote is the first of the closing three; up to two may stand before them. Ends before them if so.
fn closes(cursor: &mut Cursor<'_>, mark: char) -> Result<bool, Failure> {
    if !cursor.accept(mark)? {
        return Ok(false);
    }
    if !cursor.accept(mark)? {
        cursor.back();
        return Ok(false);
    }
    if cursor.peek()? == mark {
        let five: String = std::iter::repeat_n(mark, 5).collect();
        let text = cursor.current();
        let escaped = mark == '"' && text.ends_with(&format!("\\{five}"));
        if text.ends_with(&five) && !escaped {
            let around = if mark == '"' { '\'' } else { '"' };
            return cursor.fail(format!("unexpected {around}{five}{mark}{around}"));
        }
        cursor.back();
        cursor.back();
        return Ok(false);
    }
    for _ in 0..3 {
        cursor.back();
    }
    Ok(true)
}

/// Reads what follows a backslash.
fn escape(cursor: &mut Cursor<'_>) -> Result<(), Failure> {
    let (digits, name, mark) = match cursor.next()? {
        'e' | 'b' | 't' | 'n' | 'f' | 'r' | '"' | '\\' | ' ' | '\t' => return Ok(()),
        'x' => (2, "two", 'x'),
        'u' => (4, "four", 'u'),
        'U' => (8, "eight", 'U'),
        c => {
            let message = format!("invalid escape in string '\\{c}'");
            return if cursor.is_at_end() { cursor.fail_before(message) } else { cursor.fail(message) };
        }
    };
    for _ in 0..digits {
        if !cursor.next()?.is_ascii_hexdigit() {
            let text = quote(cursor.current().as_bytes());
            return cursor.fail(format!("expected {name} hexadecimal digits after '\\{mark}', but got {text} instead"));
        }
    }
    Ok(())
}

/// Removes line breaks behind a backslash, with all white space around them.
fn join_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let after = from[1..].trim_start_matches([' ', '\t', '\r', '\n']);
        let space = &from[1..from.len() - after.len()];
        if from[1..].starts_with('\\') {
            out.push_str("\\\\");
            rest = &from[2..];
        } else if space.contains('\n') {
            rest = after;
        } else {
            out.push('\\');
            rest = &from[1..];
        }
    }
    out.push_str(rest);
    out
}

/// Replaces escapes, whose form was checked, by what they stand for.
fn replace(text: &str, line: i64) -> Result<String, Failure> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let Some((_, kind)) = chars.next() else { break };
        let digits = match kind {
            ' ' | '\t' => return Err(Failure { line, message: format!("invalid escape: '\\{kind}'") }),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let hex = &text[at + 2..at + 2 + digits];
        for _ in 0..digits {
            chars.next();
        }
        out.push(match kind {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            'x' | 'u' | 'U' => {
                let rune = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
                let message = format!("Escaped character '\\u{hex}' is not valid UTF-8.");
                rune.ok_or(Failure { line, message })?
            }
            other => other,
        });
    }
    Ok(out)
}

/// Returns what a key or a value that begins with a quote holds.
pub(super) fn name(cursor: &mut Cursor<'_>) -> Result<String, Failure> {
    match cursor.next()? {
        '"' => basic(cursor),
        '\'' => raw(cursor),
        other => cursor.fail(format!("expected value but found {} instead", quoted(other))),
    }
}
