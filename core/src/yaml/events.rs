//! Tokens to events: the grammar of YAML 1.1 as go-yaml's parser has it, pulled one event at a time.

use std::borrow::Cow;

use ecow::EcoString;

use super::node::ScalarStyle;
use super::scan::{Input, Mark, Scanner, SyntaxError, TokenKind};

/// An event. Anchor and tag of a node are taken from [`Events::anchor`] and [`Events::tag`] before the next event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// A document begins.
    DocumentStart,
    /// A document ends.
    DocumentEnd,
    /// A reference to an anchor.
    Alias(&'a str),
    /// A scalar with quotes, escapes and folding undone.
    Scalar(Cow<'a, str>, ScalarStyle),
    /// A list begins.
    SeqStart,
    /// A list ends.
    SeqEnd,
    /// A map begins.
    MapStart,
    /// A map ends.
    MapEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FirstDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSeqFirst,
    BlockSeqEntry,
    IndentlessEntry,
    BlockMapFirst,
    BlockMapKey,
    BlockMapValue,
    FlowSeqFirst,
    FlowSeqEntry,
    PairKey,
    PairValue,
    PairEnd,
    FlowMapFirst,
    FlowMapKey,
    FlowMapValue,
    FlowMapEmptyValue,
    End,
}

/// The events of a text. After an error there are no more.
#[derive(Debug)]
pub struct Events<'a> {
    scanner: Scanner<'a>,
    state: State,
    states: Vec<State>,
    tags: Vec<(String, String)>,
    anchor: Option<&'a str>,
    tag: Option<EcoString>,
    place: usize,
}

// The place is left in `Events::place`, so that an event travels in as few words as it has.
type Step<'a> = Result<Event<'a>, SyntaxError>;

impl<'a> Events<'a> {
    /// Returns the events of a text.
    pub fn new(text: &'a str) -> Events<'a> {
        Events::from_input(Input::new(text), 0)
    }

    /// Returns the events of a text as yaml.v3 finds them, which reads two tokens ahead.
    pub fn v3(text: &'a str) -> Events<'a> {
        Events::from_input(Input::new(text), 2)
    }

    pub(super) fn from_input(input: Input<'a>, ahead: usize) -> Events<'a> {
        Events {
            place: input.pos(),
            scanner: Scanner::new(input, ahead),
            state: State::FirstDocumentStart,
            states: Vec::with_capacity(16),
            tags: Vec::new(),
            anchor: None,
            tag: None,
        }
    }

    /// Returns the place that was read up to.
    pub(super) fn input(&self) -> &Input<'a> {
        &self.scanner.input
    }

    /// Returns the error for a character that may not be there and that Go has read by now, though it may stand behind
    /// the last event.
    pub(super) fn check_read(&self) -> Result<(), SyntaxError> {
        self.input().check_piece()
    }

    /// Returns the anchor of the node that the last event began.
    pub fn anchor(&self) -> Option<&'a str> {
        self.anchor
    }

    /// Returns the tag of the node that the last event began, resolved: `tag:yaml.org,2002:str` for `!!str`.
    pub fn tag(&self) -> Option<&EcoString> {
        self.tag.as_ref()
    }

    /// Returns the next event and the byte offset at which it starts, `None` at the end.
    ///
    /// # Errors
    /// What go-yaml refuses, in its words.
    #[expect(clippy::should_implement_trait, reason = "an error ends the events, so an iterator would mislead")]
    #[inline]
    pub fn next(&mut self) -> Result<Option<(Event<'a>, usize)>, SyntaxError> {
        let event = self.step()?;
        Ok(if self.ended() { None } else { Some((event, self.place)) })
    }

    /// Whether the event of the last [`step`](Events::step) was none, because the text is at its end.
    #[inline]
    pub(super) fn ended(&self) -> bool {
        self.state == State::End
    }

    /// Returns the byte offset at which the last event starts.
    #[inline]
    pub(super) fn place(&self) -> usize {
        self.place
    }

    /// Returns the next event; at the end, where [`ended`](Events::ended) says so, one that means nothing. It does
    /// what [`next`](Events::next) does with less to copy: the check spends a tenth less on an event this way.
    #[inline]
    pub(super) fn step(&mut self) -> Step<'a> {
        let step = self.next_step();
        if step.is_err() {
            self.state = State::End;
        }
        step
    }

    #[inline(always)]
    fn next_step(&mut self) -> Step<'a> {
        match self.state {
            State::FirstDocumentStart => self.document_start(true),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(true, false),
            State::BlockSeqFirst => self.first().and_then(|()| self.block_seq_entry()),
            State::BlockSeqEntry => self.block_seq_entry(),
            State::IndentlessEntry => self.indentless_entry(),
            State::BlockMapFirst => self.first().and_then(|()| self.block_map_key()),
            State::BlockMapKey => self.block_map_key(),
            State::BlockMapValue => self.block_map_value(),
            State::FlowSeqFirst => self.first().and_then(|()| self.flow_seq_entry(true)),
            State::FlowSeqEntry => self.flow_seq_entry(false),
            State::PairKey => self.pair_key(),
            State::PairValue => self.pair_value(),
            State::PairEnd => {
                let mark = self.scanner.peek()?.mark;
                self.state = State::FlowSeqEntry;
                self.at(mark, Event::MapEnd)
            }
            State::FlowMapFirst => self.first().and_then(|()| self.flow_map_key(true)),
            State::FlowMapKey => self.flow_map_key(false),
            State::FlowMapValue => self.flow_map_value(),
            State::FlowMapEmptyValue => {
                let mark = self.scanner.peek()?.mark;
                self.empty(mark, State::FlowMapKey)
            }
            State::End => Ok(Event::DocumentEnd),
        }
    }

    /// Takes the token that opened a collection.
    #[inline]
    fn first(&mut self) -> Result<(), SyntaxError> {
        self.scanner.peek()?;
        self.scanner.take();
        Ok(())
    }

    #[inline]
    fn pop_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    #[inline]
    fn empty(&mut self, mark: Mark, next: State) -> Step<'a> {
        self.state = next;
        self.anchor = None;
        self.tag = None;
        self.at(mark, Event::Scalar(Cow::Borrowed(""), ScalarStyle::Plain))
    }

    #[inline]
    fn close(&mut self, event: Event<'a>, mark: Mark) -> Step<'a> {
        self.pop_state();
        self.scanner.take();
        self.at(mark, event)
    }

    #[inline]
    fn at(&mut self, mark: Mark, event: Event<'a>) -> Step<'a> {
        self.place = mark.offset;
        Ok(event)
    }

    fn error(&self, message: &'static str, mark: Mark) -> SyntaxError {
        // A character that may not be there and that Go has read already comes first.
        let error = self.scanner.input.error(message);
        if error.message != message {
            return error;
        }
        SyntaxError { message: message.into(), offset: mark.offset, line: mark.line, begun: 0 }
    }

    fn document_start(&mut self, first: bool) -> Step<'a> {
        if !first {
            while matches!(self.scanner.peek()?.kind, TokenKind::DocumentEnd) {
                self.scanner.take();
            }
        }
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::StreamEnd => {
                self.state = State::End;
                return self.at(mark, Event::DocumentEnd);
            }
            TokenKind::Version(..) | TokenKind::TagDirective(_) | TokenKind::DocumentStart => {}
            _ if first => {
                self.directives()?;
                self.states.push(State::DocumentEnd);
                self.state = State::BlockNode;
                return self.at(mark, Event::DocumentStart);
            }
            _ => {}
        }
        self.directives()?;
        let token = self.scanner.peek()?;
        if !matches!(token.kind, TokenKind::DocumentStart) {
            let mark = token.mark;
            return Err(self.error("did not find expected <document start>", mark));
        }
        self.scanner.take();
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        self.at(mark, Event::DocumentStart)
    }

    fn directives(&mut self) -> Result<(), SyntaxError> {
        self.tags.clear();
        let mut version = false;
        loop {
            let token = self.scanner.peek()?;
            let mark = token.mark;
            match &token.kind {
                TokenKind::Version(..) if version => return Err(self.error("found duplicate %YAML directive", mark)),
                TokenKind::Version(1, 1) => version = true,
                TokenKind::Version(..) => return Err(self.error("found incompatible YAML document", mark)),
                TokenKind::TagDirective(tag) => {
                    let (handle, prefix) = (tag.handle.to_string(), tag.suffix.to_string());
                    if self.tags.iter().any(|(h, _)| *h == handle) {
                        return Err(self.error("found duplicate %TAG directive", mark));
                    }
                    self.tags.push((handle, prefix));
                }
                _ => return Ok(()),
            }
            self.scanner.take();
        }
    }

    fn document_content(&mut self) -> Step<'a> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::Version(..)
            | TokenKind::TagDirective(_)
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => {
                let next = self.states.pop().unwrap_or(State::End);
                self.empty(mark, next)
            }
            _ => self.node(true, false),
        }
    }

    fn document_end(&mut self) -> Step<'a> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        if matches!(token.kind, TokenKind::DocumentEnd) {
            self.scanner.take();
        }
        self.state = State::DocumentStart;
        self.at(mark, Event::DocumentEnd)
    }

    #[inline]
    fn node(&mut self, block: bool, indentless: bool) -> Step<'a> {
        self.anchor = None;
        self.tag = None;
        let token = self.scanner.peek()?;
        let mut mark = token.mark;
        if let TokenKind::Alias(name) = token.kind {
            return self.close(Event::Alias(name), mark);
        }
        let mut has_props = false;
        if matches!(token.kind, TokenKind::Anchor(_) | TokenKind::Tag(_)) {
            mark = self.properties(mark)?;
            has_props = self.anchor.is_some() || self.tag.is_some();
        }
        let token = self.scanner.peek()?;
        let here = token.mark;
        let (event, next) = match token.kind {
            TokenKind::Scalar(..) => {
                self.pop_state();
                let TokenKind::Scalar(text, style) = self.scanner.take() else {
                    return Err(self.error("did not find expected node content", here));
                };
                return self.at(mark, Event::Scalar(text, style));
            }
            TokenKind::BlockEntry if indentless => (Event::SeqStart, State::IndentlessEntry),
            TokenKind::FlowSeqStart => (Event::SeqStart, State::FlowSeqFirst),
            TokenKind::FlowMapStart => (Event::MapStart, State::FlowMapFirst),
            TokenKind::BlockSeqStart if block => (Event::SeqStart, State::BlockSeqFirst),
            TokenKind::BlockMapStart if block => (Event::MapStart, State::BlockMapFirst),
            _ if has_props => {
                self.pop_state();
                return self.at(mark, Event::Scalar(Cow::Borrowed(""), ScalarStyle::Plain));
            }
            _ => return Err(self.error("did not find expected node content", here)),
        };
        self.state = next;
        self.at(mark, event)
    }

    /// Reads an anchor and a tag in either order.
    fn properties(&mut self, start: Mark) -> Result<Mark, SyntaxError> {
        let (mut anchor_seen, mut tag_seen) = (false, false);
        let mut undefined = None;
        loop {
            let token = self.scanner.peek()?;
            let mark = token.mark;
            match &token.kind {
                TokenKind::Anchor(name) if !anchor_seen => {
                    self.anchor = Some(name);
                    anchor_seen = true;
                }
                TokenKind::Tag(tag) if !tag_seen => {
                    tag_seen = true;
                    let own = self.tags.iter().find(|(handle, _)| *handle == tag.handle).map(|(_, p)| p.as_str());
                    let prefix = match (own, &*tag.handle) {
                        (Some(prefix), _) => prefix,
                        (None, "") => "",
                        (None, "!") => "!",
                        (None, "!!") => "tag:yaml.org,2002:",
                        _ => {
                            undefined = Some(mark);
                            ""
                        }
                    };
                    let full: EcoString = [prefix, &tag.suffix].concat().into();
                    self.tag = (!full.is_empty()).then_some(full);
                }
                _ => break,
            }
            self.scanner.take();
        }
        match undefined {
            Some(mark) => Err(self.error("found undefined tag handle", mark)),
            None => Ok(start),
        }
    }

    #[inline]
    fn block_seq_entry(&mut self) -> Step<'a> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::BlockEntry => {
                self.scanner.take();
                match self.scanner.peek()?.kind {
                    TokenKind::BlockEntry | TokenKind::BlockEnd => self.empty(after(mark), State::BlockSeqEntry),
                    _ => self.nested(State::BlockSeqEntry, true, false),
                }
            }
            TokenKind::BlockEnd => self.close(Event::SeqEnd, mark),
            _ => Err(self.error("did not find expected '-' indicator", mark)),
        }
    }

    fn indentless_entry(&mut self) -> Step<'a> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        if !matches!(token.kind, TokenKind::BlockEntry) {
            self.pop_state();
            return self.at(mark, Event::SeqEnd);
        }
        self.scanner.take();
        match self.scanner.peek()?.kind {
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                self.empty(after(mark), State::IndentlessEntry)
            }
            _ => self.nested(State::IndentlessEntry, true, false),
        }
    }

    #[inline(always)]
    fn block_map_key(&mut self) -> Step<'a> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::Key => {
                self.scanner.take();
                match self.scanner.peek()?.kind {
                    TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                        self.empty(after(mark), State::BlockMapValue)
                    }
                    _ => self.nested(State::BlockMapValue, true, true),
                }
            }
            TokenKind::BlockEnd => self.close(Event::MapEnd, mark),
            _ => Err(self.error("did not find expected key", mark)),
        }
    }

    #[inline(always)]
    fn block_map_value(&mut self) -> Step<'a> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        if !matches!(token.kind, TokenKind::Value) {
            return self.empty(mark, State::BlockMapKey);
        }
        self.scanner.take();
        match self.scanner.peek()?.kind {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => self.empty(after(mark), State::BlockMapKey),
            _ => self.nested(State::BlockMapKey, true, true),
        }
    }

    #[inline]
    fn nested(&mut self, then: State, block: bool, indentless: bool) -> Step<'a> {
        self.states.push(then);
        self.node(block, indentless)
    }

    fn flow_seq_entry(&mut self, first: bool) -> Step<'a> {
        let mut token = self.scanner.peek()?;
        if !matches!(token.kind, TokenKind::FlowSeqEnd) {
            if !first {
                if !matches!(token.kind, TokenKind::FlowEntry) {
                    let mark = token.mark;
                    return Err(self.error("did not find expected ',' or ']'", mark));
                }
                self.scanner.take();
                token = self.scanner.peek()?;
            }
            match token.kind {
                TokenKind::Key => {
                    let mark = token.mark;
                    self.scanner.take();
                    self.anchor = None;
                    self.tag = None;
                    self.state = State::PairKey;
                    return self.at(mark, Event::MapStart);
                }
                TokenKind::FlowSeqEnd => {}
                _ => return self.nested(State::FlowSeqEntry, false, false),
            }
        }
        let mark = token.mark;
        self.close(Event::SeqEnd, mark)
    }

    fn pair_key(&mut self) -> Step<'a> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSeqEnd => {
                // libyaml eats the token here, so `[? , a]` is read as it reads it.
                self.scanner.take();
                self.empty(after(mark), State::PairValue)
            }
            _ => self.nested(State::PairValue, false, false),
        }
    }

    fn pair_value(&mut self) -> Step<'a> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        if matches!(token.kind, TokenKind::Value) {
            self.scanner.take();
            if !matches!(self.scanner.peek()?.kind, TokenKind::FlowEntry | TokenKind::FlowSeqEnd) {
                return self.nested(State::PairEnd, false, false);
            }
        }
        self.empty(mark, State::PairEnd)
    }

    fn flow_map_key(&mut self, first: bool) -> Step<'a> {
        let mut token = self.scanner.peek()?;
        if !matches!(token.kind, TokenKind::FlowMapEnd) {
            if !first {
                if !matches!(token.kind, TokenKind::FlowEntry) {
                    let mark = token.mark;
                    return Err(self.error("did not find expected ',' or '}'", mark));
                }
                self.scanner.take();
                token = self.scanner.peek()?;
            }
            if matches!(token.kind, TokenKind::Key) {
                self.scanner.take();
                let token = self.scanner.peek()?;
                let mark = token.mark;
                return match token.kind {
                    TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMapEnd => {
                        self.empty(mark, State::FlowMapValue)
                    }
                    _ => self.nested(State::FlowMapValue, false, false),
                };
            }
            if !matches!(token.kind, TokenKind::FlowMapEnd) {
                return self.nested(State::FlowMapEmptyValue, false, false);
            }
        }
        let mark = token.mark;
        self.close(Event::MapEnd, mark)
    }

    fn flow_map_value(&mut self) -> Step<'a> {
        let token = self.scanner.peek()?;
        let mut mark = token.mark;
        if matches!(token.kind, TokenKind::Value) {
            self.scanner.take();
            let token = self.scanner.peek()?;
            if !matches!(token.kind, TokenKind::FlowEntry | TokenKind::FlowMapEnd) {
                return self.nested(State::FlowMapKey, false, false);
            }
            mark = token.mark;
        }
        self.empty(mark, State::FlowMapKey)
    }
}

fn after(mark: Mark) -> Mark {
    Mark { offset: mark.offset + 1, ..mark }
}
