//! The syntax of Go's package regexp: text to a tree, or Go's error.
//!
//! Groups are kept on a stack while they are open, so a text of parentheses costs no stack of the thread; a finished
//! tree is at most [`MAX_HEIGHT`] high. The rules are those of
//! <https://github.com/golang/go/blob/go1.26.0/src/regexp/syntax/parse.go>.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange, Look};

use super::class;
use crate::go::text::{runes, valid};

/// How high a tree may be. Go's bound is 1,000, but the engine that compiles trees recurses, on whatever stack there is;
/// nothing real comes near either.
pub(super) const MAX_HEIGHT: usize = 80;

/// The height of a repetition alone, for which the engine takes that much more of the stack than for a group.
pub(super) const REPEAT_HEIGHT: usize = 4;

/// How often something may be repeated, all repetitions around it multiplied.
const MAX_REPEAT: u32 = 1000;

/// Ranges of characters that the classes of a pattern may have together. `\pL` has some 660.
const MAX_RANGES: usize = 500_000;

/// Why there is no pattern.
#[derive(Debug)]
pub(crate) enum CompileError {
    /// Go says so.
    Syntax(String),
    /// It is too large for us.
    Limit(String),
}

impl From<CompileError> for String {
    fn from(error: CompileError) -> String {
        match error {
            CompileError::Syntax(error) | CompileError::Limit(error) => error,
        }
    }
}

impl From<String> for CompileError {
    fn from(error: String) -> CompileError {
        CompileError::Syntax(error)
    }
}

/// A part of a pattern.
#[derive(Debug)]
pub(super) enum Node {
    Empty,
    Literal(char),
    Class(ClassUnicode),
    Look(Look),
    /// A group with its number.
    Capture(u32, Box<Tree>),
    Repeat(Repeat),
    Concat(Vec<Tree>),
    Alternate(Vec<Tree>),
}

#[derive(Debug)]
pub(super) struct Repeat {
    pub(super) min: u32,
    pub(super) max: Option<u32>,
    pub(super) greedy: bool,
    /// Written with numbers.
    counted: bool,
    pub(super) sub: Box<Tree>,
}

/// A node and its height.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) node: Node,
    height: usize,
}

/// A parsed pattern.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) tree: Tree,
    /// The names of the groups; the first is the whole match, which has none.
    pub(super) names: Vec<Vec<u8>>,
}

/// Parses a pattern.
///
/// # Errors
/// Go's, which begin with `error parsing regexp: `.
pub(super) fn parse(pattern: &[u8]) -> Result<Parsed, CompileError> {
    let outermost = Group::new(None, Flags::default());
    let mut parser = Parser {
        whole: pattern,
        rest: pattern,
        flags: Flags::default(),
        open: Vec::new(),
        group: outermost,
        names: vec![Vec::new()],
        ranges: 0,
    };
    let mut last_repeat = None;
    while let Some(&first) = parser.rest.first() {
        last_repeat = parser.part(first, last_repeat)?;
    }
    if !parser.open.is_empty() {
        return Err(error(MISSING_PAREN, pattern).into());
    }
    let group = std::mem::replace(&mut parser.group, Group::new(None, parser.flags));
    let tree = parser.checked(group.close())?;
    Ok(Parsed { tree, names: parser.names })
}

const INVALID_ESCAPE: &str = "invalid escape sequence";
const INVALID_NAME: &str = "invalid named capture";
const INVALID_PERL: &str = "invalid or unsupported Perl syntax";
const INVALID_RANGE: &str = "invalid character class range";
const INVALID_REPEAT: &str = "invalid repeat count";
const INVALID_UTF8: &str = "invalid UTF-8";
const MISSING_BRACKET: &str = "missing closing ]";
const MISSING_PAREN: &str = "missing closing )";
const MISSING_REPEAT: &str = "missing argument to repetition operator";
const NESTED_REPEAT: &str = "invalid nested repetition operator";
const TOO_DEEP: &str = "the regular expression nests too deeply";
const TRAILING_BACKSLASH: &str = "trailing backslash at end of expression";
const UNEXPECTED_PAREN: &str = "unexpected )";

fn error(what: &str, text: &[u8]) -> String {
    format!("error parsing regexp: {what}: `{}`", valid(text))
}

/// Returns the text before a rest of it.
fn before<'t>(text: &'t [u8], rest: &[u8]) -> &'t [u8] {
    &text[..text.len() - rest.len()]
}

fn next_rune(text: &[u8]) -> Result<(char, &[u8]), String> {
    match runes(&text[..text.len().min(4)]).next() {
        Some((_, char::REPLACEMENT_CHARACTER, 1)) => Err(error(INVALID_UTF8, text)),
        Some((_, rune, width)) => Ok((rune, &text[width..])),
        None => Ok((char::REPLACEMENT_CHARACTER, text)),
    }
}

fn check_utf8(text: &[u8]) -> Result<(), String> {
    match std::str::from_utf8(text) {
        Ok(_) => Ok(()),
        Err(e) => Err(error(INVALID_UTF8, &text[e.valid_up_to()..])),
    }
}

#[derive(Debug, Clone, Copy)]
struct Flags {
    fold_case: bool,
    dot_newline: bool,
    one_line: bool,
    non_greedy: bool,
}

impl Default for Flags {
    fn default() -> Flags {
        Flags { fold_case: false, dot_newline: false, one_line: true, non_greedy: false }
    }
}

/// A group that is open, or the whole pattern.
#[derive(Debug)]
struct Group {
    capture: Option<u32>,
    /// The flags before it.
    flags: Flags,
    alternatives: Vec<Tree>,
    parts: Vec<Tree>,
}

impl Group {
    fn new(capture: Option<u32>, flags: Flags) -> Group {
        Group { capture, flags, alternatives: Vec::new(), parts: Vec::new() }
    }

    fn end_alternative(&mut self) {
        let parts = std::mem::take(&mut self.parts);
        self.alternatives.push(Tree::of_many(parts, Node::Concat));
    }

    fn close(mut self) -> Tree {
        self.end_alternative();
        Tree::of_many(self.alternatives, Node::Alternate)
    }
}

impl Tree {
    fn leaf(node: Node) -> Tree {
        Tree { node, height: 1 }
    }

    fn over(sub: &Tree) -> usize {
        sub.height + 1
    }

    fn of_many(mut parts: Vec<Tree>, node: impl Fn(Vec<Tree>) -> Node) -> Tree {
        match parts.len() {
            0 => Tree::leaf(Node::Empty),
            1 => parts.remove(0),
            _ => {
                let height = parts.iter().map(Tree::over).max().unwrap_or(1);
                Tree { node: node(parts), height }
            }
        }
    }

    /// Whether nothing in it is repeated more than so often.
    fn repeats_at_most(&self, mut times: u32) -> bool {
        match &self.node {
            Node::Repeat(repeat) => {
                if repeat.counted {
                    let most = repeat.max.unwrap_or(repeat.min);
                    if repeat.max == Some(0) {
                        return true;
                    }
                    if most > times {
                        return false;
                    }
                    times /= most.max(1);
                }
                repeat.sub.repeats_at_most(times)
            }
            Node::Capture(_, sub) => sub.repeats_at_most(times),
            Node::Concat(subs) | Node::Alternate(subs) => subs.iter().all(|sub| sub.repeats_at_most(times)),
            _ => true,
        }
    }
}

struct Parser<'t> {
    whole: &'t [u8],
    rest: &'t [u8],
    flags: Flags,
    open: Vec<Group>,
    group: Group,
    names: Vec<Vec<u8>>,
    /// The ranges of all classes so far.
    ranges: usize,
}

impl<'t> Parser<'t> {
    fn checked(&self, tree: Tree) -> Result<Tree, CompileError> {
        if tree.height > MAX_HEIGHT { Err(CompileError::Limit(TOO_DEEP.to_owned())) } else { Ok(tree) }
    }

    fn push(&mut self, node: Node) {
        self.group.parts.push(Tree::leaf(node));
    }

    fn push_class(&mut self, class: ClassUnicode) -> Result<(), CompileError> {
        self.ranges += class.ranges().len();
        if self.ranges > MAX_RANGES {
            return Err(CompileError::Limit("the classes of the regular expression are too large".to_owned()));
        }
        self.push(Node::Class(class));
        Ok(())
    }

    fn literal(&mut self, c: char) {
        if !self.flags.fold_case {
            self.push(Node::Literal(c));
            return;
        }
        let mut class = class::of(&[(c, c)]);
        fold(&mut class);
        self.push(Node::Class(class));
    }

    /// Parses the next part. Returns the text from a repetition on, if it is one.
    fn part(&mut self, first: u8, last_repeat: Option<&'t [u8]>) -> Result<Option<&'t [u8]>, CompileError> {
        let text = self.rest;
        match first {
            b'(' if text.get(1) == Some(&b'?') => self.perl_group()?,
            b'(' => self.open_group(Vec::new(), &text[1..]),
            b'|' => {
                self.group.end_alternative();
                self.rest = &text[1..];
            }
            b')' => self.close_group()?,
            b'^' => self.look(if self.flags.one_line { Look::Start } else { Look::StartLF }, 1),
            b'$' => self.look(if self.flags.one_line { Look::End } else { Look::EndLF }, 1),
            b'.' => {
                let newline = [('\0', '\t'), ('\u{b}', char::MAX)];
                self.push(Node::Class(if self.flags.dot_newline { class::any() } else { class::of(&newline) }));
                self.rest = &text[1..];
            }
            b'[' => self.class()?,
            b'*' => return self.repeat((0, None, false), &text[1..], last_repeat).map(Some),
            b'+' => return self.repeat((1, None, false), &text[1..], last_repeat).map(Some),
            b'?' => return self.repeat((0, Some(1), false), &text[1..], last_repeat).map(Some),
            b'{' => {
                let Some((min, max, rest)) = counts(text) else {
                    self.literal('{');
                    self.rest = &text[1..];
                    return Ok(None);
                };
                let fits = min <= MAX_REPEAT && max.is_none_or(|max| max <= MAX_REPEAT && min <= max);
                if !fits {
                    return Err(error(INVALID_REPEAT, before(text, rest)).into());
                }
                return self.repeat((min, max, true), rest, last_repeat).map(Some);
            }
            b'\\' => self.backslash()?,
            _ => {
                let (c, rest) = next_rune(text)?;
                self.literal(c);
                self.rest = rest;
            }
        }
        Ok(None)
    }

    fn look(&mut self, look: Look, width: usize) {
        self.push(Node::Look(look));
        self.rest = &self.rest[width..];
    }

    fn open_group(&mut self, name: Vec<u8>, rest: &'t [u8]) {
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name);
        self.enter(Some(number), self.flags, rest);
    }

    fn enter(&mut self, capture: Option<u32>, flags: Flags, rest: &'t [u8]) {
        let group = Group::new(capture, self.flags);
        self.open.push(std::mem::replace(&mut self.group, group));
        self.flags = flags;
        self.rest = rest;
    }

    fn close_group(&mut self) -> Result<(), CompileError> {
        let Some(outer) = self.open.pop() else { return Err(error(UNEXPECTED_PAREN, self.whole).into()) };
        let group = std::mem::replace(&mut self.group, outer);
        self.flags = group.flags;
        let tree = match group.capture {
            None => group.close(),
            Some(number) => {
                let tree = group.close();
                Tree { height: Tree::over(&tree), node: Node::Capture(number, Box::new(tree)) }
            }
        };
        let tree = self.checked(tree)?;
        self.group.parts.push(tree);
        self.rest = &self.rest[1..];
        Ok(())
    }

    /// Repeats the last part. Returns the text from the operator on.
    fn repeat(
        &mut self,
        (min, max, counted): (u32, Option<u32>, bool),
        after: &'t [u8],
        last_repeat: Option<&'t [u8]>,
    ) -> Result<&'t [u8], CompileError> {
        let text = self.rest;
        let lazy = after.first() == Some(&b'?');
        let after = if lazy { &after[1..] } else { after };
        if let Some(last) = last_repeat {
            return Err(error(NESTED_REPEAT, before(last, after)).into());
        }
        let written = before(text, after);
        let Some(sub) = self.group.parts.pop() else { return Err(error(MISSING_REPEAT, written).into()) };
        let height = sub.height + REPEAT_HEIGHT;
        let greedy = lazy == self.flags.non_greedy;
        let node = Node::Repeat(Repeat { min, max, greedy, counted, sub: Box::new(sub) });
        let tree = self.checked(Tree { node, height })?;
        let large = counted && (min >= 2 || max.is_some_and(|max| max >= 2));
        if large && !tree.repeats_at_most(MAX_REPEAT) {
            return Err(error(INVALID_REPEAT, written).into());
        }
        self.group.parts.push(tree);
        self.rest = after;
        Ok(text)
    }

    /// Parses what begins with `(?`: a group with a name, flags, or both.
    fn perl_group(&mut self) -> Result<(), CompileError> {
        let text = self.rest;
        let name_at = match text {
            [_, _, b'P', b'<', _, ..] => Some(4),
            [_, _, b'<', _, ..] => Some(3),
            _ => None,
        };
        if let Some(start) = name_at {
            let Some(end) = text.iter().position(|byte| *byte == b'>') else {
                check_utf8(text)?;
                return Err(error(INVALID_NAME, text).into());
            };
            let name = text.get(start..end).unwrap_or_default();
            check_utf8(name)?;
            if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
                return Err(error(INVALID_NAME, &text[..=end]).into());
            }
            self.open_group(name.to_vec(), &text[end + 1..]);
            return Ok(());
        }
        self.flag_group()
    }

    fn flag_group(&mut self) -> Result<(), CompileError> {
        let text = self.rest;
        let mut rest = &text[2..];
        let mut flags = self.flags;
        let (mut on, mut seen) = (true, false);
        while !rest.is_empty() {
            let (c, after) = next_rune(rest)?;
            rest = after;
            match c {
                'i' => flags.fold_case = on,
                'm' => flags.one_line = !on,
                's' => flags.dot_newline = on,
                'U' => flags.non_greedy = on,
                '-' if on => {
                    on = false;
                    seen = false;
                    continue;
                }
                ':' | ')' if on || seen => {
                    if c == ':' {
                        self.enter(None, flags, rest);
                    } else {
                        self.flags = flags;
                        self.rest = rest;
                    }
                    return Ok(());
                }
                _ => break,
            }
            seen = true;
        }
        Err(error(INVALID_PERL, before(text, rest)).into())
    }

    fn backslash(&mut self) -> Result<(), CompileError> {
        let text = self.rest;
        match text.get(1) {
            Some(b'A') => self.look(Look::Start, 2),
            Some(b'b') => self.look(Look::WordAscii, 2),
            Some(b'B') => self.look(Look::WordAsciiNegate, 2),
            Some(b'z') => self.look(Look::End, 2),
            Some(b'C') => return Err(error(INVALID_ESCAPE, &text[..2]).into()),
            Some(b'Q') => {
                let literal = &text[2..];
                let end = literal.windows(2).position(|pair| pair == br"\E");
                let (mut literal, rest) = end.map_or((literal, &b""[..]), |end| (&literal[..end], &literal[end + 2..]));
                while !literal.is_empty() {
                    let (c, after) = next_rune(literal)?;
                    self.literal(c);
                    literal = after;
                }
                self.rest = rest;
            }
            _ => {
                if let Some((class, rest)) = self.named_class(text)? {
                    self.rest = rest;
                    return self.push_class(class);
                }
                let (c, rest) = escape(text)?;
                self.rest = rest;
                match c {
                    Some(c) => self.literal(c),
                    // A surrogate, which no text has.
                    None => self.push(Node::Class(class::of(&[]))),
                }
            }
        }
        Ok(())
    }

    /// Parses `\pN`, `\p{Greek}`, `\d` and the like.
    fn named_class(&self, text: &'t [u8]) -> Result<Option<(ClassUnicode, &'t [u8])>, String> {
        let [b'\\', letter, ..] = text else { return Ok(None) };
        if !matches!(letter, b'p' | b'P') {
            return Ok(class::perl(*letter).map(|mut class| {
                if self.flags.fold_case {
                    // Of a negated class, what it excludes is folded.
                    let negated = letter.is_ascii_uppercase();
                    negate_if(&mut class, negated);
                    fold(&mut class);
                    negate_if(&mut class, negated);
                }
                (class, &text[2..])
            }));
        }
        let (c, after) = match text.get(2) {
            Some(_) => next_rune(&text[2..])?,
            None => (char::REPLACEMENT_CHARACTER, &text[2..]),
        };
        let (written, name, rest) = if c == '{' {
            let Some(end) = text.iter().position(|byte| *byte == b'}') else {
                check_utf8(text)?;
                return Err(error(INVALID_RANGE, text));
            };
            check_utf8(&text[3..end])?;
            (&text[..=end], &text[3..end], &text[end + 1..])
        } else {
            (before(text, after), &before(text, after)[2..], after)
        };
        let (name, inverted) = name.strip_prefix(b"^").map_or((name, false), |name| (name, true));
        let Some(mut class) = class::unicode(&valid(name)) else { return Err(error(INVALID_RANGE, written)) };
        if self.flags.fold_case {
            fold(&mut class);
        }
        negate_if(&mut class, (*letter == b'P') != inverted);
        Ok(Some((class, rest)))
    }

    /// Parses `[…]`.
    fn class(&mut self) -> Result<(), CompileError> {
        let whole = self.rest;
        let mut rest = &whole[1..];
        let negated = rest.first() == Some(&b'^');
        if negated {
            rest = &rest[1..];
        }
        let mut class = class::of(&[]);
        let mut first = true;
        while first || rest.first() != Some(&b']') {
            first = false;
            if let Some((posix, after)) = self.posix_class(rest)? {
                class.union(&posix);
                rest = after;
                continue;
            }
            if let Some((named, after)) = self.named_class(rest)? {
                class.union(&named);
                rest = after;
                continue;
            }
            let text = rest;
            let (low, after) = class_char(rest, whole)?;
            rest = after;
            let mut high = low;
            if let [b'-', next, ..] = rest
                && *next != b']'
            {
                (high, rest) = class_char(&rest[1..], whole)?;
                if high < low {
                    return Err(error(INVALID_RANGE, before(text, rest)).into());
                }
            }
            push_range(&mut class, low, high, self.flags.fold_case);
        }
        negate_if(&mut class, negated);
        self.rest = &rest[1..];
        self.push_class(class)
    }

    fn posix_class(&self, text: &'t [u8]) -> Result<Option<(ClassUnicode, &'t [u8])>, String> {
        let Some(name) = text.strip_prefix(b"[:").filter(|name| !name.is_empty()) else { return Ok(None) };
        let Some(end) = name.windows(2).position(|pair| pair == b":]") else { return Ok(None) };
        let (written, rest) = text.split_at(end + 4);
        let Some((mut class, negated)) = class::posix(&name[..end]) else { return Err(error(INVALID_RANGE, written)) };
        if self.flags.fold_case {
            fold(&mut class);
        }
        negate_if(&mut class, negated);
        Ok(Some((class, rest)))
    }
}

fn fold(class: &mut ClassUnicode) {
    // Without tables of case the class stays as it is; they are built in.
    let _ = class.try_case_fold_simple();
}

fn negate_if(class: &mut ClassUnicode, negated: bool) {
    if negated {
        class.negate();
    }
}

/// Adds code points from one to another; there may be surrogates among them, which no text has.
fn push_range(class: &mut ClassUnicode, low: u32, high: u32, fold_case: bool) {
    let from = char::from_u32(low).unwrap_or('\u{e000}');
    let to = char::from_u32(high).unwrap_or('\u{d7ff}');
    if from <= to {
        let mut range = ClassUnicode::new([ClassUnicodeRange::new(from, to)]);
        if fold_case {
            fold(&mut range);
        }
        class.union(&range);
    }
}

/// Parses a character of a class.
fn class_char<'t>(text: &'t [u8], whole: &[u8]) -> Result<(u32, &'t [u8]), String> {
    match text.first() {
        None => Err(error(MISSING_BRACKET, whole)),
        Some(b'\\') => escape_code(text),
        Some(_) => next_rune(text).map(|(c, rest)| (u32::from(c), rest)),
    }
}

fn escape(text: &[u8]) -> Result<(Option<char>, &[u8]), String> {
    escape_code(text).map(|(code, rest)| (char::from_u32(code), rest))
}

/// Parses a backslash and what follows it.
fn escape_code(text: &[u8]) -> Result<(u32, &[u8]), String> {
    if text.len() == 1 {
        return Err(error(TRAILING_BACKSLASH, b""));
    }
    let (c, rest) = next_rune(&text[1..])?;
    let simple = |c: char| Ok((u32::from(c), rest));
    let is_octal = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b'0'..=b'7'));
    match c {
        '1'..='7' if !is_octal(rest.first()) => Err(error(INVALID_ESCAPE, before(text, rest))),
        '0'..='7' => {
            let more = rest.iter().take(2).take_while(|byte| is_octal(Some(byte))).count();
            let digits = [c as u8].into_iter().chain(rest[..more].iter().copied());
            let code = digits.fold(0, |code, digit| code * 8 + u32::from(digit - b'0'));
            Ok((code, &rest[more..]))
        }
        'x' => hex_escape(text, rest),
        'a' => simple('\u{7}'),
        'f' => simple('\u{c}'),
        'n' => simple('\n'),
        'r' => simple('\r'),
        't' => simple('\t'),
        'v' => simple('\u{b}'),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => simple(c),
        _ => Err(error(INVALID_ESCAPE, before(text, rest))),
    }
}

/// Parses what follows `\x`: two digits, or any number in braces.
fn hex_escape<'t>(text: &'t [u8], rest: &'t [u8]) -> Result<(u32, &'t [u8]), String> {
    let invalid = |rest: &[u8]| Err(error(INVALID_ESCAPE, before(text, rest)));
    if rest.is_empty() {
        return invalid(rest);
    }
    let (first, mut rest) = next_rune(rest)?;
    if first != '{' {
        // Go looks for a second character even at the end, where it finds the one for broken text.
        let (second, after) = next_rune(rest)?;
        return match (first.to_digit(16), second.to_digit(16)) {
            (Some(high), Some(low)) => Ok((high * 16 + low, after)),
            _ => invalid(after),
        };
    }
    let (mut code, mut digits) = (0u32, 0);
    loop {
        if rest.is_empty() {
            return invalid(rest);
        }
        let (c, after) = next_rune(rest)?;
        rest = after;
        match c.to_digit(16) {
            _ if c == '}' && digits > 0 => return Ok((code, rest)),
            Some(digit) => {
                code = code * 16 + digit;
                digits += 1;
                if code > u32::from(char::MAX) {
                    return invalid(rest);
                }
            }
            None => return invalid(rest),
        }
    }
}

/// Parses `{2}`, `{2,}` or `{2,5}`; numbers that are too large come out as such.
fn counts(text: &[u8]) -> Option<(u32, Option<u32>, &[u8])> {
    let (min, rest) = number(&text[1..])?;
    let (max, rest) = match rest {
        [b',', rest @ ..] if rest.first() == Some(&b'}') => (None, rest),
        [b',', rest @ ..] => {
            let (max, rest) = number(rest)?;
            (Some(max), rest)
        }
        _ => (Some(min), rest),
    };
    Some((min, max, rest.strip_prefix(b"}")?))
}

fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > 1 && text[0] == b'0' {
        return None;
    }
    let value =
        text[..digits].iter().fold(0u32, |n, digit| n.saturating_mul(10).saturating_add(u32::from(digit - b'0')));
    Some((value, &text[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn failure(pattern: &[u8]) -> String {
        match parse(pattern) {
            Ok(_) => panic!("a pattern"),
            Err(CompileError::Syntax(error) | CompileError::Limit(error)) => error,
        }
    }

    #[test]
    fn errors_are_those_of_go() {
        for (pattern, want) in [
            ("(", "missing closing ): `(`"),
            ("a)b", "unexpected ): `a)b`"),
            ("*a", "missing argument to repetition operator: `*`"),
            ("(*?)", "missing argument to repetition operator: `*?`"),
            ("a**", "invalid nested repetition operator: `**`"),
            ("a+??", "invalid nested repetition operator: `+??`"),
            ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("(a{50}){50}", "invalid repeat count: `{50}`"),
            ("[a", "missing closing ]: `[a`"),
            ("[z-a]", "invalid character class range: `z-a`"),
            ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
            (r"\p{Nope}", r"invalid character class range: `\p{Nope}`"),
            (r"\8", r"invalid escape sequence: `\8`"),
            (r"\x{110000}", r"invalid escape sequence: `\x{110000`"),
            ("\\", "trailing backslash at end of expression: ``"),
            ("(?<n", "invalid named capture: `(?<n`"),
            ("(?P<a-b>x)", "invalid named capture: `(?P<a-b>`"),
            ("(?i-)", "invalid or unsupported Perl syntax: `(?i-)`"),
            ("(?=x)", "invalid or unsupported Perl syntax: `(?=`"),
        ] {
            assert_eq!(failure(pattern.as_bytes()), format!("error parsing regexp: {want}"), "{pattern}");
        }
        assert_eq!(failure(b"a\xff"), "error parsing regexp: invalid UTF-8: `\u{fffd}`");
    }

    #[test]
    fn what_looks_odd_is_fine() {
        for pattern in [
            "",
            "a|",
            "()",
            "{",
            "a{,2}",
            "a{01}",
            "[]a]",
            "[a-]",
            "[^^]",
            "(?i)(?-i:x)",
            r"\Qa\E*",
            "(?:)",
            "x{0}{",
            "(|a)*",
        ] {
            if let Err(error) = parse(pattern.as_bytes()) {
                panic!("{pattern}: {error:?}");
            }
        }
    }

    #[test]
    fn classes_have_a_limit_together() {
        assert!(failure(r"\pL".repeat(10_000).as_bytes()).starts_with("the classes"));
    }

    #[test]
    fn height_has_a_limit() {
        let nested = |depth: usize| format!("{}{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(nested(MAX_HEIGHT - 1).as_bytes()).is_ok());
        assert_eq!(failure(nested(100_000).as_bytes()), TOO_DEEP);
    }
}
