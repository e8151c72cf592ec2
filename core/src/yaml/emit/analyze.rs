//! In which styles a text may be written.

use super::Dialect;

/// What the characters of a text allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Analysis {
    /// It has line breaks, those of YAML 1.1 included.
    pub(super) multiline: bool,
    /// It may stand without quotes.
    pub(super) plain: bool,
    /// It may stand without quotes between braces.
    pub(super) flow_plain: bool,
    /// It may stand in single quotes.
    pub(super) single: bool,
    /// It may be a block.
    pub(super) block: bool,
}

/// Whether a character is a line break of YAML 1.1.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether Go's emitters write a character as it is; characters outside the basic plane they do not.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Looks at a text once.
pub(super) fn analyze(text: &str, dialect: Dialect) -> Analysis {
    if text.is_empty() {
        return Analysis { multiline: false, plain: true, flow_plain: false, single: true, block: false };
    }
    let mut seen = Seen { indicator: text.starts_with("---") || text.starts_with("..."), ..Seen::default() };
    let mut preceded_by_space = true;
    let mut chars = text.chars().peekable();
    let mut first = true;
    while let Some(c) = chars.next() {
        let followed = chars.peek().is_none_or(|c| matches!(c, ' ' | '\t'));
        seen.indicator |= match c {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' if first => {
                true
            }
            '?' | '-' if first => followed,
            ':' => followed,
            '#' => preceded_by_space,
            _ => false,
        };
        seen.flow_indicator |= matches!(c, ',' | '?' | '[' | ']' | '{' | '}' | ':');
        if c == '\t' && dialect.is_v3() {
            seen.tab = true;
        } else if !is_printable(c) {
            seen.special = true;
        }
        seen.step(c, first, chars.peek().is_none());
        preceded_by_space = matches!(c, ' ' | '\t' | '\0') || is_break(c);
        first = false;
    }
    seen.verdict()
}

#[derive(Default)]
struct Seen {
    indicator: bool,
    flow_indicator: bool,
    special: bool,
    tab: bool,
    breaks: bool,
    edge: bool,
    trailing_space: bool,
    break_space: bool,
    space_break: bool,
    after_space: bool,
    after_break: bool,
}

impl Seen {
    fn step(&mut self, c: char, first: bool, last: bool) {
        let (space, line_break) = (c == ' ', is_break(c));
        self.edge |= (space || line_break) && (first || last);
        self.trailing_space |= space && last;
        self.breaks |= line_break;
        self.break_space |= space && self.after_break;
        self.space_break |= line_break && self.after_space;
        (self.after_space, self.after_break) = (space, line_break);
    }

    fn verdict(&self) -> Analysis {
        let unclean = self.space_break || self.special;
        let single = !(self.break_space || unclean || self.tab);
        let plain = single && !(self.edge || self.breaks || self.indicator);
        Analysis {
            multiline: self.breaks,
            plain,
            flow_plain: plain && !self.flow_indicator,
            single,
            block: !(self.trailing_space || unclean),
        }
    }
}
