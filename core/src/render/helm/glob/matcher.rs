//! The matchers, with the library's idea of where each may begin and end.
//!
//! Facts: <https://github.com/gobwas/glob/tree/v0.2.3/match>. Texts are bytes, and places in them offsets of bytes;
//! lengths are counted in characters, and now and then the library takes one for the other.

use crate::render::helm::value::runes;

#[derive(Debug, Clone)]
pub(super) enum Matcher {
    /// Any text without a slash.
    Any,
    AnyOf(Vec<Matcher>),
    /// A text that has a part in it, or has it not.
    Contains {
        not: bool,
        needle: String,
    },
    EveryOf(Vec<Matcher>),
    List {
        not: bool,
        chars: Vec<char>,
    },
    /// So many characters at the most.
    Max(usize),
    /// So many characters at least.
    Min(usize),
    Nothing,
    Prefix(String),
    /// A prefix and any text without a slash.
    PrefixAny(String),
    PrefixSuffix(String, String),
    Range {
        not: bool,
        low: char,
        high: char,
    },
    /// Matchers of fixed length one after the other.
    Row {
        len: usize,
        matchers: Vec<Matcher>,
    },
    /// One character but the slash.
    Single,
    Suffix(String),
    /// Any text without a slash and a suffix.
    SuffixAny(String),
    /// Any text.
    Super,
    Text(String),
    Tree(Box<Tree>),
}

/// A matcher with others to its left and right.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) value: Matcher,
    pub(super) left: Option<Matcher>,
    pub(super) right: Option<Matcher>,
    // The lengths of the sides as they were before anything was simplified.
    left_len: Option<usize>,
    right_len: Option<usize>,
    len: Option<usize>,
}

impl Tree {
    pub(super) fn new(value: Matcher, left: Option<Matcher>, right: Option<Matcher>) -> Tree {
        let side = |side: &Option<Matcher>| side.as_ref().map_or(Some(0), Matcher::len);
        let (left_len, right_len) = (side(&left), side(&right));
        let len = [value.len(), left_len, right_len].into_iter().sum();
        Tree { value, left, right, left_len, right_len, len }
    }
}

/// What matching may still cost, and whether the library would have crashed.
pub(super) struct Work {
    left: u64,
    pub(super) crash: Option<Crash>,
}

/// The library reads behind the end of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crash {
    /// The length of the text.
    pub(super) len: usize,
}

impl Work {
    pub(super) fn new(left: u64) -> Work {
        Work { left, crash: None }
    }

    /// Whether nothing is left: what was found does not count then.
    pub(super) fn is_done(&self) -> bool {
        self.left == 0
    }

    fn spend(&mut self, bytes: usize) -> bool {
        self.left = self.left.saturating_sub(bytes as u64 + 8);
        self.left > 0 && self.crash.is_none()
    }
}

/// A place where a matcher may begin, and the lengths it may have there.
type Found = Option<(usize, Vec<usize>)>;

impl Matcher {
    /// Returns the number of characters, where it is fixed.
    pub(super) fn len(&self) -> Option<usize> {
        match self {
            Matcher::List { .. } | Matcher::Range { .. } | Matcher::Single => Some(1),
            Matcher::Nothing => Some(0),
            Matcher::Text(text) => Some(text.chars().count()),
            Matcher::Row { len, .. } => Some(*len),
            Matcher::Tree(tree) => tree.len,
            Matcher::AnyOf(matchers) => any_len(matchers),
            Matcher::EveryOf(matchers) if matchers.is_empty() => Some(0),
            _ => None,
        }
    }

    /// Whether a text matches.
    pub(super) fn matches(&self, s: &[u8], work: &mut Work) -> bool {
        if !work.spend(s.len()) {
            return false;
        }
        match self {
            Matcher::Any => !s.contains(&b'/'),
            Matcher::AnyOf(matchers) => matchers.iter().any(|matcher| matcher.matches(s, work)),
            Matcher::Contains { not, needle } => index_of(s, needle.as_bytes()).is_some() != *not,
            Matcher::EveryOf(matchers) => matchers.iter().all(|matcher| matcher.matches(s, work)),
            Matcher::List { .. } | Matcher::Range { .. } | Matcher::Single => match first_rune(s) {
                (_, width) if s.len() > width => false,
                (rune, _) => self.takes(rune),
            },
            Matcher::Max(limit) => runes(s).nth(*limit).is_none(),
            Matcher::Min(limit) => limit.checked_sub(1).is_some_and(|last| runes(s).nth(last).is_some()),
            Matcher::Nothing => s.is_empty(),
            Matcher::Prefix(prefix) => s.starts_with(prefix.as_bytes()),
            Matcher::PrefixAny(prefix) => s.strip_prefix(prefix.as_bytes()).is_some_and(|rest| !rest.contains(&b'/')),
            Matcher::PrefixSuffix(prefix, suffix) => s.starts_with(prefix.as_bytes()) && s.ends_with(suffix.as_bytes()),
            Matcher::Row { len, matchers } => runes(s).take(len + 1).count() == *len && matches_row(matchers, s, work),
            Matcher::Suffix(suffix) => s.ends_with(suffix.as_bytes()),
            Matcher::SuffixAny(suffix) => s.strip_suffix(suffix.as_bytes()).is_some_and(|rest| !rest.contains(&b'/')),
            Matcher::Super => true,
            Matcher::Text(text) => s == text.as_bytes(),
            Matcher::Tree(tree) => tree.matches(s, work),
        }
    }

    /// Whether a matcher of one character takes this one.
    fn takes(&self, rune: char) -> bool {
        match self {
            Matcher::List { not, chars } => chars.contains(&rune) != *not,
            Matcher::Range { not, low, high } => (*low..=*high).contains(&rune) != *not,
            _ => rune != '/',
        }
    }

    /// Returns the first place in a text where the matcher may begin.
    fn index(&self, s: &[u8], work: &mut Work) -> Found {
        if !work.spend(s.len()) {
            return None;
        }
        match self {
            Matcher::Any => Some((0, starts(&s[..s.iter().position(|b| *b == b'/').unwrap_or(s.len())]))),
            Matcher::AnyOf(matchers) => index_any(matchers, s, work),
            Matcher::Contains { not, needle } => index_contains(s, needle.as_bytes(), *not),
            Matcher::EveryOf(matchers) => index_every(matchers, s, work),
            Matcher::List { .. } | Matcher::Range { .. } | Matcher::Single => {
                let (at, rune, _) = runes(s).find(|(_, rune, _)| self.takes(*rune))?;
                Some((at, vec![rune.len_utf8()]))
            }
            Matcher::Max(limit) => Some((0, std::iter::once(0).chain(ends(s).take(*limit)).collect())),
            Matcher::Min(limit) => {
                let found: Vec<usize> = ends(s).skip(limit.saturating_sub(1)).collect();
                (s.len() + 1 > *limit && !found.is_empty()).then_some((0, found))
            }
            Matcher::Nothing => Some((0, vec![0])),
            Matcher::Prefix(prefix) => {
                let at = index_of(s, prefix.as_bytes())?;
                Some((at, from_prefix(prefix.len(), &s[at + prefix.len()..])))
            }
            Matcher::PrefixAny(prefix) => {
                let at = index_of(s, prefix.as_bytes())?;
                let rest = &s[at + prefix.len()..];
                let rest = &rest[..rest.iter().position(|b| *b == b'/').unwrap_or(rest.len())];
                Some((at, from_prefix(prefix.len(), rest)))
            }
            Matcher::PrefixSuffix(prefix, suffix) => index_prefix_suffix(s, prefix.as_bytes(), suffix.as_bytes()),
            Matcher::Row { len, matchers } => {
                let mut places = runes(s).map(|(at, ..)| at).take_while(|at| s.len() - at >= *len);
                let at = places.find(|at| matches_row(matchers, &s[*at..], work))?;
                Some((at, vec![*len]))
            }
            Matcher::Suffix(suffix) => Some((0, vec![index_of(s, suffix.as_bytes())? + suffix.len()])),
            Matcher::SuffixAny(suffix) => {
                let end = index_of(s, suffix.as_bytes())?;
                let at = s[..end].iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
                Some((at, vec![end + suffix.len() - at]))
            }
            Matcher::Super => Some((0, starts(s))),
            Matcher::Text(text) => Some((index_of(s, text.as_bytes())?, vec![text.len()])),
            Matcher::Tree(_) => None,
        }
    }
}

impl Tree {
    fn matches(&self, s: &[u8], work: &mut Work) -> bool {
        if self.len.is_some_and(|len| len > s.len()) {
            return false;
        }
        let mut offset = self.left_len.unwrap_or(0);
        let Some(limit) = s.len().checked_sub(self.right_len.unwrap_or(0)) else { return false };
        while offset < limit {
            let Some((index, lengths)) = self.value.index(&s[offset..limit], work) else { return false };
            let at = offset + index;
            if side_matches(&self.left, &s[..at], work) {
                for length in lengths.iter().rev() {
                    let rest = s.get(at + length..).unwrap_or_default();
                    if side_matches(&self.right, rest, work) {
                        return true;
                    }
                }
            }
            offset = at + first_rune(&s[at..]).1;
        }
        false
    }
}

fn side_matches(side: &Option<Matcher>, s: &[u8], work: &mut Work) -> bool {
    side.as_ref().map_or(s.is_empty(), |matcher| matcher.matches(s, work))
}

/// The library forgets that the length of an alternative is not fixed when the next one's is.
fn any_len(matchers: &[Matcher]) -> Option<usize> {
    let mut len = None;
    for matcher in matchers {
        match (len, matcher.len()) {
            (None, next) => len = next,
            (Some(len), Some(next)) if len == next => {}
            _ => return None,
        }
    }
    len
}

fn matches_row(matchers: &[Matcher], s: &[u8], work: &mut Work) -> bool {
    let mut from = 0;
    for matcher in matchers {
        let len = matcher.len().unwrap_or(0);
        let rest = s.get(from..).unwrap_or_default();
        // The search for the end of no characters goes to the last one, and of that one it takes the first byte.
        let end = if len == 0 { runes(rest).last() } else { runes(rest).take(len).last() };
        let end = end.map_or(1, |(at, ..)| at + 1);
        if runes(rest).take(len).count() < len {
            return false;
        }
        let Some(part) = rest.get(..end) else {
            work.crash = Some(Crash { len: s.len() });
            return false;
        };
        if !matcher.matches(part, work) {
            return false;
        }
        from += end;
    }
    true
}

fn index_any(matchers: &[Matcher], s: &[u8], work: &mut Work) -> Found {
    let mut best: Found = None;
    for matcher in matchers {
        let Some((at, lengths)) = matcher.index(s, work) else { continue };
        match &mut best {
            Some((first, _)) if at > *first => {}
            Some((first, merged)) if at == *first => {
                merged.extend(lengths);
                merged.sort_unstable();
                merged.dedup();
            }
            best => *best = Some((at, lengths)),
        }
    }
    best
}

fn index_every(matchers: &[Matcher], s: &[u8], work: &mut Work) -> Found {
    let (mut index, mut offset) = (0, 0);
    let mut current: Vec<usize> = Vec::new();
    let mut rest = s;
    for (number, matcher) in matchers.iter().enumerate() {
        let (at, lengths) = matcher.index(rest, work)?;
        if number == 0 {
            current = lengths;
        } else {
            let shift = |length: &usize| (*length + index).checked_sub(at + offset);
            current = current.iter().filter_map(shift).filter(|length| lengths.contains(length)).collect();
            if current.is_empty() {
                return None;
            }
        }
        index = at + offset;
        rest = s.get(index..).unwrap_or_default();
        offset += at;
    }
    Some((index, current))
}

fn index_contains(s: &[u8], needle: &[u8], not: bool) -> Found {
    let found = index_of(s, needle);
    if not {
        return Some((0, starts(&s[..found.unwrap_or(s.len())])));
    }
    let from = found? + needle.len();
    Some((0, starts(&s[from..]).into_iter().map(|at| from + at).collect()))
}

fn index_prefix_suffix(s: &[u8], prefix: &[u8], suffix: &[u8]) -> Found {
    let at = index_of(s, prefix)?;
    let mut rest = &s[at..];
    if suffix.is_empty() {
        return Some((at, vec![rest.len()]));
    }
    let mut lengths = Vec::new();
    while let Some(last) = (0..rest.len()).rev().find(|from| rest[*from..].starts_with(suffix)) {
        lengths.push(last + suffix.len());
        rest = &rest[..last];
    }
    lengths.reverse();
    (!lengths.is_empty()).then_some((at, lengths))
}

fn index_of(s: &[u8], needle: &[u8]) -> Option<usize> {
    (0..=s.len().checked_sub(needle.len())?).find(|at| s[*at..].starts_with(needle))
}

fn first_rune(s: &[u8]) -> (char, usize) {
    runes(s).next().map_or((char::REPLACEMENT_CHARACTER, 0), |(_, rune, width)| (rune, width))
}

/// Returns where each character begins, and the end.
fn starts(s: &[u8]) -> Vec<usize> {
    runes(s).map(|(at, ..)| at).chain([s.len()]).collect()
}

/// Returns where each character ends.
fn ends(s: &[u8]) -> impl Iterator<Item = usize> + '_ {
    runes(s).map(|(at, rune, _)| at + rune.len_utf8())
}

/// Returns the lengths of a prefix with more and more of what follows.
fn from_prefix(prefix: usize, rest: &[u8]) -> Vec<usize> {
    std::iter::once(prefix).chain(ends(rest).map(|end| prefix + end)).collect()
}
