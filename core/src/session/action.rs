//! Expressions in templates: what stands between `{{` and `}}`, also while somebody is writing it.

/// The languages of templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Native packages.
    Jinja,
    /// Charts.
    Go,
}

/// One `{{ … }}`, `{% … %}`, without its brackets and the `-` that trims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Action<'a> {
    /// Where its brackets open.
    pub(super) open: usize,
    /// Where its text starts.
    pub(super) start: usize,
    pub(super) body: &'a str,
    /// Where its brackets end; where its text ends if they are not closed.
    pub(super) close: usize,
    /// Whether it is `{% … %}`.
    pub(super) is_statement: bool,
    pub(super) is_comment: bool,
}

impl Action<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.body.len()
    }
}

/// Returns the actions of a text in order. One that is not closed ends with its line, or where the next one opens.
pub(super) fn actions(text: &str, dialect: Dialect) -> Vec<Action<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = next_open(text, at, dialect) {
        let action = read(text, open, dialect);
        at = action.close.max(open + 2);
        found.push(action);
    }
    found
}

/// Returns the action that a byte is inside of.
pub(super) fn action_at(text: &str, offset: usize, dialect: Dialect) -> Option<Action<'_>> {
    let inside = |action: &Action<'_>| action.open + 2 <= offset && offset <= action.end();
    actions(text, dialect).into_iter().find(inside)
}

fn next_open(text: &str, from: usize, dialect: Dialect) -> Option<usize> {
    let mut at = from;
    loop {
        at += text.get(at..)?.find('{')?;
        let second = text.as_bytes().get(at + 1);
        match (second, dialect) {
            (Some(b'{'), _) | (Some(b'%' | b'#'), Dialect::Jinja) => return Some(at),
            _ => at += 1,
        }
    }
}

fn read(text: &str, open: usize, dialect: Dialect) -> Action<'_> {
    let bytes = text.as_bytes();
    let kind = bytes[open + 1];
    let ending: &[u8; 2] = match kind {
        b'%' => b"%}",
        b'#' => b"#}",
        _ => b"}}",
    };
    let mut start = open + 2;
    // `{{-` trims; `{{-1}}` does not in Go.
    if matches!(bytes.get(start), Some(b'-' | b'+')) && (dialect == Dialect::Jinja || is_space(bytes.get(start + 1))) {
        start += 1;
    }
    let is_comment = kind == b'#' || text.get(start..).is_some_and(|rest| rest.trim_start().starts_with("/*"));
    let (end, closed) = end_of(text, start, ending, is_comment);
    let body = text.get(start..end).unwrap_or("");
    let trims =
        closed && body.ends_with('-') && (dialect == Dialect::Jinja || is_space(bytes.get(end.wrapping_sub(2))));
    let body = if trims { &body[..body.len() - 1] } else { body };
    let close = if closed { end + 2 } else { end };
    Action { open, start, body, close, is_statement: kind == b'%', is_comment }
}

fn is_space(byte: Option<&u8>) -> bool {
    byte.is_some_and(u8::is_ascii_whitespace)
}

// Where the text of an action ends, and whether its brackets are closed there.
fn end_of(text: &str, start: usize, ending: &[u8; 2], is_comment: bool) -> (usize, bool) {
    let bytes = text.as_bytes();
    let line_end = || text[start..].find('\n').map_or(text.len(), |at| start + at);
    let mut quote = None;
    let mut at = start;
    while at < bytes.len() {
        let byte = bytes[at];
        let pair = bytes.get(at..at + 2);
        match quote {
            Some(b'`') if byte == b'`' => quote = None,
            Some(b'`') => {}
            // No text in quotes goes over lines: the quote is still open.
            Some(_) if byte == b'\n' => return (line_end(), false),
            Some(_) if byte == b'\\' => at += 1,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if pair == Some(ending) => return (at, true),
            None if is_comment => {}
            None if matches!(pair, Some(b"{{" | b"{%")) && at > start => {
                return (line_end().min(at), false);
            }
            None if matches!(byte, b'"' | b'\'' | b'`') => quote = Some(byte),
            None => {}
        }
        at += 1;
    }
    (line_end(), false)
}

/// A chain of names with dots, as `.Values.image.tag` or `values.image.tag`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chain<'a> {
    pub(super) start: usize,
    pub(super) text: &'a str,
}

impl<'a> Chain<'a> {
    /// Returns the chain around a byte, which may be empty.
    pub(super) fn at(text: &'a str, action: &Action<'_>, offset: usize) -> Chain<'a> {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$');
        let before = text.get(action.start..offset).unwrap_or("");
        let start = offset - before.chars().rev().take_while(|c| is_part(*c)).map(char::len_utf8).sum::<usize>();
        let after = text.get(offset..action.end()).unwrap_or("");
        let end = offset + after.chars().take_while(|c| is_part(*c)).map(char::len_utf8).sum::<usize>();
        Chain { start, text: text.get(start..end).unwrap_or("") }
    }

    /// Returns the chain up to the end of the name at a byte: of `a.b.c` with the cursor in `b`, `a.b`.
    pub(super) fn up_to(self, offset: usize) -> Chain<'a> {
        let inside = offset.saturating_sub(self.start);
        let rest = self.text.get(inside..).unwrap_or("");
        let end = inside + rest.find('.').unwrap_or(rest.len());
        Chain { start: self.start, text: self.text.get(..end).unwrap_or(self.text) }
    }

    /// Returns what stands before the last dot, and the name behind it.
    pub(super) fn split(self) -> (Option<&'a str>, &'a str) {
        match self.text.rsplit_once('.') {
            Some((base, last)) => (Some(base), last),
            None => (None, self.text),
        }
    }
}

/// Returns the text in quotes that a byte of an action is inside of: what stands before it in the action, where it
/// starts, and its whole content.
pub(super) fn quoted_at<'a>(action: &Action<'a>, offset: usize) -> Option<(&'a str, usize, &'a str)> {
    let inside = offset.checked_sub(action.start)?;
    let (mut quote, mut from) = (None, 0);
    let mut chars = action.body.char_indices();
    while let Some((at, c)) = chars.next() {
        if at >= inside {
            break;
        }
        match quote {
            None if matches!(c, '"' | '\'' | '`') => (quote, from) = (Some(c), at + 1),
            Some(open) if c == open => quote = None,
            Some(open) if c == '\\' && open != '`' => {
                chars.next();
            }
            _ => {}
        }
    }
    let quote = quote?;
    let rest = action.body.get(from..)?;
    let content = &rest[..rest.find([quote, '\n']).unwrap_or(rest.len())];
    Some((action.body.get(..from - 1)?, action.start + from, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(text: &str, dialect: Dialect) -> Vec<&str> {
        actions(text, dialect).into_iter().map(|action| action.body.trim()).collect()
    }

    #[test]
    fn actions_end_at_their_brackets_and_not_in_texts() {
        assert_eq!(
            bodies("a {{ x }} b {{- \"}}\" -}} {% if y %}{# c #}", Dialect::Jinja),
            ["x", "\"}}\"", "if y", "c"]
        );
        assert_eq!(bodies("{{ `}}\n` }}{{/* }} */}}{% x %}", Dialect::Go), ["`}}\n`", "/*"]);
        assert_eq!(bodies("{ { x } }", Dialect::Go), Vec::<&str>::new());
    }

    #[test]
    fn an_open_action_ends_with_its_line() {
        let text = "a: {{ values.\nb: {{ values.c }}\n";
        assert_eq!(bodies(text, Dialect::Jinja), ["values.", "values.c"]);
        let action = action_at(text, "a: {{ values.".len(), Dialect::Jinja).expect("inside");
        assert_eq!(Chain::at(text, &action, "a: {{ values.".len()).text, "values.");
        assert_eq!(bodies("a: {{ include \"x\nb: {{ y }}", Dialect::Go), ["include \"x", "y"]);
    }

    #[test]
    fn chains_reach_to_both_sides_of_the_cursor() {
        let text = "{{ .Values.image.tag | quote }}";
        let at = text.find("age").expect("there");
        let action = action_at(text, at, Dialect::Go).expect("inside");
        let chain = Chain::at(text, &action, at);
        assert_eq!(chain.text, ".Values.image.tag");
        assert_eq!(chain.up_to(at).text, ".Values.image");
        assert_eq!(chain.up_to(at).split(), (Some(".Values"), "image"));
    }

    #[test]
    fn quotes_are_seen() {
        let text = "{{ include \"web.labels\" . }}";
        let at = text.find("labels").expect("there");
        let action = action_at(text, at, Dialect::Go).expect("inside");
        let (before, start, content) = quoted_at(&action, at).expect("in quotes");
        assert_eq!((before.trim(), &text[start..start + 3], content), ("include", "web", "web.labels"));
        assert_eq!(quoted_at(&action, text.len() - 3), None);
    }
}
