//! Scalars: the choice of a style and the writing in it.

use super::Dialect;
use super::analyze::{Analysis, analyze, is_break, is_printable};
use super::writer::{Context, Leaves, Writer};
use crate::yaml::resolve::Rules;
use crate::yaml::scalar::{Resolved, is_base60, old_bool, resolve_plain};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

/// Writes a text.
pub(super) fn write_text(writer: &mut Writer, text: &str, context: Context) {
    if is_safe(text) && !needs_quotes(text, writer.dialect) {
        return write_word(writer, text);
    }
    let analysis = analyze(text, writer.dialect);
    let style = choose(text, analysis, writer.dialect, context == Context::SimpleKey);
    write_styled(writer, text, style, context);
}

/// Writes a text in a style that it may have.
pub(super) fn write_styled(writer: &mut Writer, text: &str, style: Style, context: Context) {
    let outer = writer.enter(true);
    let folds = context != Context::SimpleKey;
    match style {
        Style::Plain => flow(writer, text, folds, false),
        Style::Single => {
            writer.indicator("'", true, Leaves::Text);
            flow(writer, text, folds, true);
            writer.indicator("'", false, Leaves::Text);
        }
        Style::Double => double_quoted(writer, text, folds),
        Style::Literal => literal(writer, text),
        Style::Folded => folded(writer, text),
    }
    writer.indent = outer;
}

/// Writes the base64 text of bytes that are no text, as yaml.v3 does.
pub(super) fn write_binary(writer: &mut Writer, base64: &str) {
    writer.indicator("!!binary", true, Leaves::Text);
    let outer = writer.enter(true);
    match base64.contains('\n') {
        true => literal(writer, base64),
        false => flow(writer, base64, false, false),
    }
    writer.indent = outer;
}

/// Whether a text has only characters that no rule but that of words and numbers looks at: so have nearly all keys and
/// most values, and to analyze them costs four times more than to write them.
fn is_safe(text: &str) -> bool {
    let mut bytes = text.bytes();
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'/';
    bytes.next().is_some_and(word) && bytes.all(|b| word(b) || b == b'-' || b == b'.')
}

/// Writes a number, boolean or null, or a text that can stand as it is.
pub(super) fn write_word(writer: &mut Writer, word: &str) {
    writer.space_before(true);
    writer.out.push_str(word);
    writer.column += word.len();
    writer.whitespace = false;
    writer.indention = false;
}

/// Whether a text may stand before its colon; otherwise it follows `? `.
pub(super) fn is_simple_key(text: &str) -> bool {
    text.len() <= 128 && !text.contains(is_break)
}

/// Whether a text would be read as something else if it stood without quotes.
pub(super) fn needs_quotes(text: &str, dialect: Dialect) -> bool {
    let rules = if dialect == Dialect::Sigs { Rules::Kubectl } else { Rules::V3 };
    // yaml.v3 quotes the old booleans and both libraries quote base 60, for readers of YAML 1.1.
    resolve_plain(text, rules) != Resolved::Str || is_base60(text) || old_bool(text).is_some()
}

pub(super) fn choose(text: &str, analysis: Analysis, dialect: Dialect, key: bool) -> Style {
    let wanted = if text.contains('\n') {
        Style::Literal
    } else if needs_quotes(text, dialect) {
        Style::Double
    } else {
        Style::Plain
    };
    match wanted {
        _ if key && analysis.multiline => Style::Double,
        Style::Plain if analysis.plain => Style::Plain,
        Style::Plain if analysis.single => Style::Single,
        Style::Literal if analysis.block && !key => Style::Literal,
        _ => Style::Double,
    }
}

/// Writes a text without quotes or in single quotes: a single space far on the right may become a line break.
fn flow(writer: &mut Writer, text: &str, folds: bool, quoted: bool) {
    if !quoted && !text.is_empty() {
        writer.space_before(true);
    }
    let (mut spaces, mut breaks) = (false, false);
    for (i, c) in text.char_indices() {
        let rest = &text[i + c.len_utf8()..];
        if c == ' ' {
            let inside = !quoted || i > 0 && !rest.is_empty();
            if folds && !spaces && writer.too_wide() && inside && !rest.starts_with(' ') {
                writer.write_indent();
            } else {
                writer.put(' ');
            }
            spaces = true;
        } else if is_break(c) {
            if !breaks && c == '\n' {
                writer.put_break();
            }
            writer.put_break_as(c);
            breaks = true;
        } else {
            if breaks {
                writer.write_indent();
            }
            if quoted && c == '\'' {
                writer.put('\'');
            }
            writer.put(c);
            writer.indention = false;
            (spaces, breaks) = (false, false);
        }
    }
    writer.whitespace = false;
    writer.indention = false;
}

fn double_quoted(writer: &mut Writer, text: &str, folds: bool) {
    writer.indicator("\"", true, Leaves::Text);
    // Go's test for a byte order mark looks at the start of the text, whatever character it is asked about.
    let escape_all = text.starts_with('\u{feff}');
    let mut spaces = false;
    for (i, c) in text.char_indices() {
        let rest = &text[i + c.len_utf8()..];
        if escape_all || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
            escape(writer, c);
            spaces = false;
        } else if c == ' ' {
            if folds && !spaces && writer.too_wide() && i > 0 && !rest.is_empty() {
                writer.write_indent();
                if rest.starts_with(' ') {
                    writer.put('\\');
                }
            } else {
                writer.put(' ');
            }
            spaces = true;
        } else {
            writer.put(c);
            spaces = false;
        }
    }
    writer.indicator("\"", false, Leaves::Text);
}

fn escape(writer: &mut Writer, c: char) {
    let short = match c {
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0b' => 'v',
        '\x0c' => 'f',
        '\r' => 'r',
        '\x1b' => 'e',
        '"' | '\\' => c,
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(c);
            let text = match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            };
            writer.out.push_str(&text);
            writer.column += text.len();
            return;
        }
    };
    writer.put('\\');
    writer.put(short);
}

/// Writes the indicator of a block and the hints behind it.
fn block_start(writer: &mut Writer, text: &str, indicator: &str) {
    writer.indicator(indicator, true, Leaves::Text);
    if text.starts_with(|c| c == ' ' || is_break(c)) {
        writer.indicator("2", false, Leaves::Text);
    }
    let mut ends = text.chars().rev();
    match (ends.next().is_some_and(is_break), ends.next()) {
        (false, _) => writer.indicator("-", false, Leaves::Text),
        (true, None) => writer.indicator("+", false, Leaves::Text),
        (true, Some(c)) if is_break(c) => writer.indicator("+", false, Leaves::Text),
        _ => {}
    }
    writer.put_break();
    writer.whitespace = true;
}

fn literal(writer: &mut Writer, text: &str) {
    block_start(writer, text, "|");
    let mut breaks = true;
    for c in text.chars() {
        if is_break(c) {
            writer.put_break_as(c);
            breaks = true;
        } else {
            if breaks {
                writer.write_indent();
            }
            writer.put(c);
            writer.indention = false;
            breaks = false;
        }
    }
}

/// Writes a block whose lines a reader joins; only yaml.v3 does, and it breaks no lines by itself.
fn folded(writer: &mut Writer, text: &str) {
    block_start(writer, text, ">");
    // go-yaml looks at the start of the text, whatever line break it is about to write.
    let first = text.chars().find(|c| !is_break(*c));
    let opens_with_space = first.is_none_or(|c| matches!(c, ' ' | '\t' | '\0'));
    let (mut breaks, mut leading_spaces) = (true, true);
    for c in text.chars() {
        if is_break(c) {
            if !breaks && !leading_spaces && c == '\n' && !opens_with_space {
                writer.put_break();
            }
            writer.put_break_as(c);
            breaks = true;
        } else {
            if breaks {
                writer.write_indent();
                leading_spaces = matches!(c, ' ' | '\t');
            }
            writer.put(c);
            writer.indention = false;
            breaks = false;
        }
    }
}
