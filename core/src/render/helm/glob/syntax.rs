//! The text of a pattern to a tree.

use super::GlobError;

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Nothing,
    /// Parts one after the other.
    Pattern(Vec<Node>),
    List {
        not: bool,
        chars: Vec<char>,
    },
    Range {
        not: bool,
        low: char,
        high: char,
    },
    Text(String),
    Any,
    Super,
    Single,
    /// One of several patterns.
    AnyOf(Vec<Node>),
}

/// The most parts that stand one after the other; rewriting them takes time that grows with the fourth power.
const MAX_PARTS: usize = 80;
/// The most levels of braces.
const MAX_DEPTH: usize = 16;
/// The longest pattern.
const MAX_BYTES: usize = 16_384;

/// Reads a pattern; `None` where it is none.
pub(super) fn parse(pattern: &[u8]) -> Result<Option<Node>, GlobError> {
    if pattern.len() > MAX_BYTES {
        return Err(GlobError::TooMuch);
    }
    // The library cannot tell U+FFFD from what is no UTF-8, and takes a NUL for the end.
    let Some(text) = std::str::from_utf8(pattern).ok().filter(|text| !text.contains('\u{fffd}')) else {
        return Ok(None);
    };
    let text = text.split('\0').next().unwrap_or_default();
    let mut parser = Parser { rest: text.chars().peekable(), open: vec![Level::default()] };
    match parser.run() {
        Ok(tree) => Ok(Some(tree)),
        Err(Stop::NoPattern) => Ok(None),
        Err(Stop::TooMuch) => Err(GlobError::TooMuch),
    }
}

enum Stop {
    NoPattern,
    TooMuch,
}

struct Parser<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    // Invariant: never empty; each level but the first belongs to a brace.
    open: Vec<Level>,
}

/// The alternatives so far, and the parts of the one at hand.
#[derive(Default)]
struct Level {
    alternatives: Vec<Node>,
    parts: Vec<Node>,
}

impl Parser<'_> {
    fn run(&mut self) -> Result<Node, Stop> {
        while let Some(&c) = self.rest.peek() {
            let in_braces = self.open.len() > 1;
            match c {
                '{' => {
                    self.rest.next();
                    self.open.push(Level::default());
                    if self.open.len() > MAX_DEPTH {
                        return Err(Stop::TooMuch);
                    }
                }
                ',' if in_braces => {
                    self.rest.next();
                    self.end_alternative();
                }
                '}' if in_braces => {
                    self.rest.next();
                    self.close()?;
                }
                '[' => {
                    self.rest.next();
                    let class = self.class()?;
                    self.push(class)?;
                }
                '?' => {
                    self.rest.next();
                    self.push(Node::Single)?;
                }
                '*' => {
                    self.rest.next();
                    let part = if self.rest.next_if_eq(&'*').is_some() { Node::Super } else { Node::Any };
                    self.push(part)?;
                }
                _ => {
                    let text = self.text(|c| "?*[{".contains(c) || in_braces && "},".contains(c));
                    if !text.is_empty() {
                        self.push(Node::Text(text))?;
                    }
                }
            }
        }
        // What is not closed ends here.
        while self.open.len() > 1 {
            self.close()?;
        }
        Ok(Node::Pattern(self.open.pop().map(|level| level.parts).unwrap_or_default()))
    }

    fn push(&mut self, part: Node) -> Result<(), Stop> {
        if let Some(level) = self.open.last_mut() {
            level.parts.push(part);
            if level.parts.len() > MAX_PARTS {
                return Err(Stop::TooMuch);
            }
        }
        Ok(())
    }

    fn end_alternative(&mut self) {
        if let Some(level) = self.open.last_mut() {
            level.alternatives.push(Node::Pattern(std::mem::take(&mut level.parts)));
        }
    }

    fn close(&mut self) -> Result<(), Stop> {
        self.end_alternative();
        match self.open.pop() {
            Some(level) => self.push(Node::AnyOf(level.alternatives)),
            None => Ok(()),
        }
    }

    /// Reads text up to a sign that ends it.
    fn text(&mut self, ends: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(c) = self.rest.next_if(|c| !ends(*c)) {
            match c {
                '\\' => text.extend(self.rest.next()),
                c => text.push(c),
            }
        }
        text
    }

    /// Reads a class behind its `[`.
    fn class(&mut self) -> Result<Node, Stop> {
        let not = self.rest.next_if_eq(&'!').is_some();
        let mut ahead = self.rest.clone();
        let low = ahead.next().ok_or(Stop::NoPattern)?;
        if ahead.next_if_eq(&'-').is_some() {
            let high = ahead.next().ok_or(Stop::NoPattern)?;
            self.rest = ahead;
            return if self.rest.next() == Some(']') && low <= high {
                Ok(Node::Range { not, low, high })
            } else {
                Err(Stop::NoPattern)
            };
        }
        let chars: Vec<char> = self.text(|c| c == ']').chars().collect();
        if self.rest.next() == Some(']') && !chars.is_empty() {
            Ok(Node::List { not, chars })
        } else {
            Err(Stop::NoPattern)
        }
    }
}
