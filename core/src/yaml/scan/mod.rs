//! Bytes to tokens, as go-yaml's scanner sees them.
//!
//! Go's libraries descend from libyaml, and what they accept is what libyaml's scanner accepts, so this one keeps its
//! notions: a queue of tokens, and "simple keys", places where a key may turn out to have begun once a `:` is found.
//! It works on the bytes of a text in place; a scalar on one line is a slice of the input. Each byte is looked at a
//! bounded number of times, whatever the input.

mod block;
mod chars;
mod flow;
mod input;
mod plain;
mod tag;
mod token;

pub(super) use input::Input;
pub use input::{SyntaxError, decode_input};
pub(super) use token::{Mark, Token, TokenKind};

use std::borrow::Cow;
use std::collections::VecDeque;

/// Go's bound for levels of flow collections and of indentation.
const MAX_DEPTH: usize = 10_000;
/// How many characters a key may have before its colon.
const MAX_KEY: usize = 1024;

type Scan<T> = Result<T, SyntaxError>;

/// A place where a key may have begun.
#[derive(Debug, Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token: usize,
    mark: Mark,
    column: usize,
}

/// The scanner.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    pub(super) input: Input<'a>,
    queue: VecDeque<Token<'a>>,
    ready: bool,
    parsed: usize,
    flow_level: usize,
    indent: isize,
    indents: Vec<isize>,
    simple_key_allowed: bool,
    /// One for each level of flow collections and one for the block level.
    keys: Vec<SimpleKey>,
    /// Token and level of the possible keys. Invariant: both ascend.
    candidates: VecDeque<(usize, usize)>,
    ended: bool,
    /// How many tokens are read behind the one that is given: yaml.v3 looks for comments there, and so comes upon
    /// mistakes earlier, and upon the colon behind an empty collection.
    ahead: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(input: Input<'a>, ahead: usize) -> Scanner<'a> {
        Scanner {
            input,
            ahead,
            queue: VecDeque::with_capacity(16),
            ready: false,
            parsed: 0,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            simple_key_allowed: true,
            keys: vec![SimpleKey::default()],
            candidates: VecDeque::new(),
            ended: false,
        }
    }

    /// Returns the next token without taking it.
    #[inline]
    pub(super) fn peek(&mut self) -> Scan<&Token<'a>> {
        if !self.ready {
            self.fetch_more()?;
        }
        Ok(&self.queue[0])
    }

    /// Takes the token that was peeked at. The end of the stream stays.
    #[inline]
    pub(super) fn take(&mut self) -> TokenKind<'a> {
        if matches!(self.queue.front(), None | Some(Token { kind: TokenKind::StreamEnd, .. })) {
            return TokenKind::StreamEnd;
        }
        self.ready = false;
        self.parsed += 1;
        self.queue.pop_front().map_or(TokenKind::StreamEnd, |token| token.kind)
    }

    /// Reads until it is known that nothing will be put before the first token of the queue.
    fn fetch_more(&mut self) -> Scan<()> {
        loop {
            if self.queue.len() > self.ahead {
                match self.candidates.front() {
                    Some(&(token, level)) if token == self.parsed => {
                        if !self.is_valid(level)? {
                            self.candidates.pop_front();
                            break;
                        }
                    }
                    _ => break,
                }
            }
            if self.ended {
                break;
            }
            self.fetch_next()?;
        }
        self.ready = true;
        Ok(())
    }

    #[inline]
    fn push(&mut self, kind: TokenKind<'a>, mark: Mark) {
        self.queue.push_back(Token { kind, mark });
    }

    fn fetch_next(&mut self) -> Scan<()> {
        self.skip_to_token();
        let line_start = self.input.at_line_start();
        if self.flow_level == 0 {
            let column = isize::try_from(self.input.column()).unwrap_or(isize::MAX);
            self.unroll(column, self.input.mark());
        }
        let byte = self.input.at(0);
        if line_start {
            match byte {
                b'%' => return self.fetch_directive(),
                b'-' | b'.' if self.input.at_document_indicator() => return self.fetch_document_indicator(byte),
                _ => {}
            }
        }
        match byte {
            0 => self.fetch_stream_end(),
            b'[' | b'{' => self.fetch_flow_start(byte),
            b']' | b'}' => self.fetch_flow_end(byte),
            b',' => self.fetch_flow_entry(),
            b'-' if self.input.is_blankz(1) => self.fetch_block_entry(),
            b'?' if self.flow_level > 0 || self.input.is_blankz(1) => self.fetch_key(),
            b':' if self.flow_level > 0 || self.input.is_blankz(1) => self.fetch_value(),
            b'*' | b'&' => self.fetch_anchor(byte == b'*'),
            b'!' => self.fetch_tag(),
            b'|' | b'>' if self.flow_level == 0 => self.fetch_block_scalar(),
            b'\'' | b'"' => self.fetch_quoted(),
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => {
                Err(self.input.error("found character that cannot start any token"))
            }
            b'?' | b':' if self.flow_level == 0 => self.fetch_plain(),
            b'-' if !matches!(self.input.at(1), b' ' | b'\t') => self.fetch_plain(),
            b'?' | b':' | b'-' => Err(self.input.error("found character that cannot start any token")),
            _ if self.input.is_blankz(0) => Err(self.input.error("found character that cannot start any token")),
            _ => self.fetch_plain(),
        }
    }

    fn skip_to_token(&mut self) {
        loop {
            let tabs = self.flow_level > 0 || !self.simple_key_allowed;
            self.input.skip_blanks(tabs);
            if self.input.at(0) == b'#' {
                self.input.skip_comment();
            }
            if !self.input.skip_line() {
                return;
            }
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    /// Whether the possible key of a level can still become one: on this line, not too far back.
    fn is_valid(&mut self, level: usize) -> Scan<bool> {
        let key = self.keys[level];
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < self.input.line() || key.column + MAX_KEY < self.input.column() {
            if key.required {
                return Err(self.input.error("could not find expected ':'").within(key.mark.line));
            }
            self.keys[level].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn forget_candidate(&mut self, level: usize) {
        if self.candidates.back().is_some_and(|(_, l)| *l == level) {
            self.candidates.pop_back();
        }
    }

    #[inline]
    fn save_simple_key(&mut self) -> Scan<()> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        self.remove_simple_key()?;
        let column = self.input.column();
        let required = self.flow_level == 0 && usize::try_from(self.indent).is_ok_and(|indent| indent == column);
        let token = self.parsed + self.queue.len();
        self.keys[self.flow_level] = SimpleKey { possible: true, required, token, mark: self.input.mark(), column };
        self.candidates.push_back((token, self.flow_level));
        Ok(())
    }

    #[inline]
    fn remove_simple_key(&mut self) -> Scan<()> {
        let level = self.flow_level;
        let key = self.keys[level];
        if key.possible {
            if key.required {
                return Err(self.input.error("could not find expected ':'").within(key.mark.line));
            }
            self.keys[level].possible = false;
            self.forget_candidate(level);
        }
        Ok(())
    }

    /// Opens a block collection if the column is right of the current one; `at` counts tokens from the first of the queue.
    fn roll(&mut self, column: usize, at: usize, kind: TokenKind<'a>, mark: Mark) -> Scan<()> {
        let column = isize::try_from(column).unwrap_or(isize::MAX);
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > MAX_DEPTH {
            return Err(self.input.error(format!("exceeded max depth of {MAX_DEPTH}")));
        }
        self.insert(at, kind, mark);
        Ok(())
    }

    /// Puts a token before the one that is `at` in the queue: nearly always before the first, which moves none.
    #[inline]
    fn insert(&mut self, at: usize, kind: TokenKind<'a>, mark: Mark) {
        match at {
            0 => self.queue.push_front(Token { kind, mark }),
            _ => self.queue.insert(at, Token { kind, mark }),
        }
    }

    #[inline]
    fn unroll(&mut self, column: isize, mark: Mark) {
        while self.flow_level == 0 && self.indent > column {
            self.push(TokenKind::BlockEnd, mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn fetch_stream_end(&mut self) -> Scan<()> {
        self.input.check_end()?;
        self.input.finish_line();
        let mark = self.input.mark();
        self.unroll(-1, mark);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.ended = true;
        self.push(TokenKind::StreamEnd, mark);
        Ok(())
    }

    fn fetch_directive(&mut self) -> Scan<()> {
        let mark = self.input.mark();
        self.unroll(-1, mark);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let kind = self.scan_directive()?;
        self.push(kind, mark);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, byte: u8) -> Scan<()> {
        let mark = self.input.mark();
        self.unroll(-1, mark);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.input.advance(3);
        self.push(if byte == b'-' { TokenKind::DocumentStart } else { TokenKind::DocumentEnd }, mark);
        Ok(())
    }

    fn fetch_flow_start(&mut self, byte: u8) -> Scan<()> {
        self.save_simple_key()?;
        // The level starts with the number of its own opening, which matters when it ends: see `fetch_flow_end`.
        self.keys.push(SimpleKey { token: self.parsed + self.queue.len(), ..SimpleKey::default() });
        self.flow_level += 1;
        if self.flow_level > MAX_DEPTH {
            return Err(self.input.error(format!("exceeded max depth of {MAX_DEPTH}")));
        }
        self.simple_key_allowed = true;
        let kind = if byte == b'[' { TokenKind::FlowSeqStart } else { TokenKind::FlowMapStart };
        self.single(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, byte: u8) -> Scan<()> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.forget_candidate(self.flow_level);
            self.flow_level -= 1;
            // Go forgets with the level the token it was opened with, too, where nothing inside could be a key: an
            // empty collection is then handed on before it is known whether it is a key.
            let token = self.keys.pop().map(|key| key.token);
            if self.candidates.back().map(|(t, _)| *t) == token {
                self.candidates.pop_back();
            }
        }
        self.simple_key_allowed = false;
        self.single(if byte == b']' { TokenKind::FlowSeqEnd } else { TokenKind::FlowMapEnd });
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Scan<()> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.single(TokenKind::FlowEntry);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Scan<()> {
        self.open_block(TokenKind::BlockSeqStart, "block sequence entries are not allowed in this context")?;
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.single(TokenKind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Scan<()> {
        self.open_block(TokenKind::BlockMapStart, "mapping keys are not allowed in this context")?;
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.single(TokenKind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Scan<()> {
        let level = self.flow_level;
        if self.is_valid(level)? {
            let key = self.keys[level];
            // A key that was handed on already gets its tokens behind it, as in Go; the parser then refuses them.
            let at = key.token.checked_sub(self.parsed);
            self.insert(at.unwrap_or(self.queue.len()), TokenKind::Key, key.mark);
            self.roll(key.column, at.unwrap_or(self.queue.len()), TokenKind::BlockMapStart, key.mark)?;
            self.keys[level].possible = false;
            self.simple_key_allowed = false;
        } else {
            self.open_block(TokenKind::BlockMapStart, "mapping values are not allowed in this context")?;
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.forget_candidate(level);
        self.single(TokenKind::Value);
        Ok(())
    }

    /// Opens a block collection at this column, where one may stand.
    fn open_block(&mut self, kind: TokenKind<'a>, problem: &'static str) -> Scan<()> {
        if self.flow_level > 0 {
            return Ok(());
        }
        if !self.simple_key_allowed {
            return Err(self.input.error(problem));
        }
        let column = self.input.column();
        self.roll(column, self.queue.len(), kind, self.input.mark())
    }

    #[inline]
    fn single(&mut self, kind: TokenKind<'a>) {
        let mark = self.input.mark();
        self.input.advance(1);
        self.push(kind, mark);
    }

    fn fetch_anchor(&mut self, alias: bool) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.input.mark();
        self.input.advance(1);
        let name = self.input.take_alphanumeric();
        let ends = self.input.is_blankz(0)
            || matches!(self.input.at(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            return Err(self.input.error("did not find expected alphabetic or numeric character"));
        }
        self.push(if alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) }, mark);
        Ok(())
    }

    fn fetch_tag(&mut self) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.input.mark();
        let kind = self.scan_tag()?;
        self.push(kind, mark);
        Ok(())
    }

    fn fetch_block_scalar(&mut self) -> Scan<()> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let mark = self.input.mark();
        let kind = self.scan_block_scalar().map_err(|error| error.within(mark.line))?;
        self.push(kind, mark);
        Ok(())
    }

    fn fetch_quoted(&mut self) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.input.mark();
        let kind = self.scan_quoted().map_err(|error| error.within(mark.line))?;
        self.push(kind, mark);
        Ok(())
    }

    fn fetch_plain(&mut self) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.input.mark();
        let (text, ends_on_new_line) = self.scan_plain().map_err(|error| error.within(mark.line))?;
        self.simple_key_allowed = ends_on_new_line;
        self.push(TokenKind::Scalar(text, super::ScalarStyle::Plain), mark);
        Ok(())
    }
}

/// The text of a scalar that is put together from slices of the input only when it must be.
#[derive(Debug)]
struct Gather<'a> {
    text: &'a str,
    owned: Option<String>,
    /// Where the slice that is not yet copied begins.
    start: usize,
}

impl<'a> Gather<'a> {
    fn new(text: &'a str, start: usize) -> Gather<'a> {
        Gather { text, owned: None, start }
    }

    /// Takes the input up to `end` over, adds `extra`, and goes on at `resume`.
    fn splice(&mut self, end: usize, extra: &str, resume: usize) {
        let owned = self.owned.get_or_insert_default();
        owned.push_str(&self.text[self.start..end]);
        owned.push_str(extra);
        self.start = resume;
    }

    fn finish(self, end: usize) -> Cow<'a, str> {
        let rest = &self.text[self.start..end];
        match self.owned {
            None => Cow::Borrowed(rest),
            Some(mut owned) => {
                owned.push_str(rest);
                Cow::Owned(owned)
            }
        }
    }
}

/// The line breaks between two lines of a scalar, and what they fold to.
#[derive(Debug, Default)]
struct Breaks {
    first: &'static str,
    more: String,
}

impl Breaks {
    fn push(&mut self, line_break: &'static str, leading: bool) {
        if leading {
            self.more.push_str(line_break);
        } else {
            self.first = line_break;
        }
    }

    /// Returns what stands for the breaks in the text and forgets them.
    fn fold(&mut self) -> Cow<'static, str> {
        let first = std::mem::take(&mut self.first);
        let more = std::mem::take(&mut self.more);
        match first {
            "\n" if more.is_empty() => " ".into(),
            "\n" | "" => more.into(),
            other => format!("{other}{more}").into(),
        }
    }
}
