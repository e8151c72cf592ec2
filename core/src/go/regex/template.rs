//! What replaces a match: text with references to groups, `$1` or `${name}`.

use crate::go::text::{is_digit, is_letter, runes};

/// A replacement.
#[derive(Debug)]
pub(crate) struct Template<'t> {
    parts: Vec<Part<'t>>,
}

#[derive(Debug)]
enum Part<'t> {
    Text(&'t [u8]),
    Number(usize),
    Name(&'t [u8]),
}

impl<'t> Template<'t> {
    /// Returns a replacement that is taken as it is.
    pub(crate) fn literal(text: &'t [u8]) -> Template<'t> {
        Template { parts: vec![Part::Text(text)] }
    }

    /// Reads a replacement. What is no reference is text.
    pub(crate) fn new(text: &'t [u8]) -> Template<'t> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.iter().position(|byte| *byte == b'$') {
            parts.push(Part::Text(&rest[..at]));
            let dollar = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(b"$") {
                parts.push(Part::Text(dollar));
                rest = after;
            } else if let Some((part, after)) = reference(rest) {
                parts.push(part);
                rest = after;
            } else {
                parts.push(Part::Text(dollar));
            }
        }
        parts.push(Part::Text(rest));
        Template { parts }
    }

    /// Whether it refers to groups.
    pub(crate) fn needs_groups(&self) -> bool {
        !self.parts.iter().all(|part| matches!(part, Part::Text(_)))
    }

    /// Appends the replacement, with the text of each group from a function; of two groups with a name the first that
    /// has matched counts.
    pub(crate) fn expand<'g>(&self, out: &mut Vec<u8>, names: &[Vec<u8>], group: &dyn Fn(usize) -> Option<&'g [u8]>) {
        for part in &self.parts {
            let found = match part {
                Part::Text(text) => {
                    out.extend_from_slice(text);
                    continue;
                }
                Part::Number(number) => Some(*number).filter(|number| *number < names.len()).and_then(group),
                Part::Name(name) => {
                    let named = names.iter().enumerate().filter(|(_, known)| known.as_slice() == *name);
                    named.map(|(number, _)| number).find_map(group)
                }
            };
            out.extend_from_slice(found.unwrap_or_default());
        }
    }
}

/// Reads the name of a group behind a `$`: as many letters, digits and underscores as there are, or those in braces.
fn reference(text: &[u8]) -> Option<(Part<'_>, &[u8])> {
    let inner = text.strip_prefix(b"{");
    let braces = inner.is_some();
    let inner = inner.unwrap_or(text);
    let in_name = |c: char| is_letter(c) || is_digit(c) || c == '_';
    let end = runes(inner).find(|(_, c, _)| !in_name(*c)).map_or(inner.len(), |(at, ..)| at);
    let (name, rest) = inner.split_at(end);
    let rest = if braces { rest.strip_prefix(b"}")? } else { rest };
    if name.is_empty() {
        return None;
    }
    let leading_zero = name.len() > 1 && name[0] == b'0';
    let number =
        std::str::from_utf8(name).ok().filter(|name| !leading_zero && name.bytes().all(|byte| byte.is_ascii_digit()));
    let part = match number.and_then(|number| number.parse().ok()).filter(|number| *number < 1_000_000_000) {
        Some(number) => Part::Number(number),
        None => Part::Name(name),
    };
    Some((part, rest))
}
