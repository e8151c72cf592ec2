//! What the scanner hands to the parser.

use std::borrow::Cow;

use crate::yaml::ScalarStyle;

/// A place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::yaml) struct Mark {
    /// The byte offset.
    pub(in crate::yaml) offset: usize,
    /// The line, counted from 0 as Go counts them: NEL, LS and PS end lines.
    pub(in crate::yaml) line: usize,
}

/// A token and where it starts.
#[derive(Debug)]
pub(in crate::yaml) struct Token<'a> {
    pub(in crate::yaml) kind: TokenKind<'a>,
    pub(in crate::yaml) mark: Mark,
}

/// A tag as written: its handle (`!`, `!!`, `!x!` or none) and what follows.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::yaml) struct WrittenTag<'a> {
    pub(in crate::yaml) handle: Cow<'a, str>,
    pub(in crate::yaml) suffix: Cow<'a, str>,
}

/// The kinds of token.
#[derive(Debug, PartialEq)]
pub(in crate::yaml) enum TokenKind<'a> {
    StreamEnd,
    /// `%YAML` with major and minor number.
    Version(u8, u8),
    /// `%TAG` with handle and prefix.
    TagDirective(Box<WrittenTag<'a>>),
    DocumentStart,
    DocumentEnd,
    BlockSeqStart,
    BlockMapStart,
    BlockEnd,
    FlowSeqStart,
    FlowSeqEnd,
    FlowMapStart,
    FlowMapEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'a str),
    Anchor(&'a str),
    Tag(Box<WrittenTag<'a>>),
    Scalar(Cow<'a, str>, ScalarStyle),
}
