//! The pieces of a text: appending, cutting, and finding what of one text stands in another.

use std::ops::Range;

use super::book::{OriginId, Piece};

/// A text being put together, of which only the origins are kept.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    list: Vec<Piece>,
    len: u32,
}

impl Pieces {
    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    pub(crate) fn into_list(self) -> Vec<Piece> {
        self.list
    }

    /// Appends bytes of one origin.
    pub(crate) fn push(&mut self, len: usize, origin: OriginId, at: u32) {
        if len == 0 {
            return;
        }
        let end = self.len.saturating_add(u32::try_from(len).unwrap_or(u32::MAX));
        if let Some(last) = self.list.last()
            && last.origin == origin
        {
            let start = self.list.len().checked_sub(2).map_or(0, |before| self.list[before].end);
            let goes_on = match (last.at, at) {
                (Piece::VAGUE, Piece::VAGUE) => true,
                (Piece::VAGUE, _) | (_, Piece::VAGUE) => false,
                (from, to) => from.checked_add(self.len - start) == Some(to),
            };
            if goes_on {
                let last = self.list.len() - 1;
                self.list[last].end = end;
                self.len = end;
                return;
            }
        }
        self.list.push(Piece { end, origin, at });
        self.len = end;
    }

    /// Appends bytes of which nothing is known, up to a length.
    pub(crate) fn fill(&mut self, len: usize, origin: OriginId) {
        self.push(len.saturating_sub(self.len()), origin, Piece::VAGUE);
    }

    /// Appends a range of another text.
    pub(crate) fn copy(&mut self, from: &[Piece], range: Range<usize>) {
        for (len, origin, at) in cut(from, range) {
            self.push(len, origin, at);
        }
    }
}

/// Returns the pieces of a range: length, origin, offset.
pub(crate) fn cut(pieces: &[Piece], range: Range<usize>) -> impl Iterator<Item = (usize, OriginId, u32)> {
    let first = pieces.partition_point(|piece| piece.end as usize <= range.start);
    let mut start = first.checked_sub(1).map_or(0, |before| pieces[before].end as usize);
    pieces[first..].iter().map_while(move |piece| {
        let (from, to) = (start.max(range.start), (piece.end as usize).min(range.end));
        let skipped = u32::try_from(from - start).unwrap_or(u32::MAX);
        start = piece.end as usize;
        let at = if piece.at == Piece::VAGUE { Piece::VAGUE } else { piece.at.saturating_add(skipped) };
        (from < to).then(|| (to - from, piece.origin, at))
    })
}

/// Matches the lines of a text with those of another, in which each has something before it, and there may be an empty
/// line first. Returns pairs of ranges, or nothing where it is not so.
pub(super) fn match_lines(of: &[u8], result: &[u8]) -> Option<Pairs> {
    let given = of.split(|&byte| byte == b'\n').count();
    let made = result.split(|&byte| byte == b'\n').count();
    let (mut at, skip) = match made.checked_sub(given)? {
        0 => (0, 0),
        1 if result.first() == Some(&b'\n') => (1, 1),
        _ => return None,
    };
    let mut pairs = Vec::with_capacity(given);
    let mut from = 0;
    for (line, made) in of.split(|&byte| byte == b'\n').zip(result.split(|&byte| byte == b'\n').skip(skip)) {
        if !made.ends_with(line) {
            return None;
        }
        // The newline goes with its line.
        let end = at + made.len();
        let with_newline = usize::from(end < result.len());
        pairs.push((end - line.len()..end + with_newline, from));
        from += line.len() + 1;
        at = end + 1;
    }
    Some(pairs)
}

/// Finds a text within another: where it stands, if that is one place only.
pub(super) fn find_only(text: &[u8], part: &[u8]) -> Option<usize> {
    let first = crate::text::find(text, part)?;
    crate::text::find(&text[first + 1..], part).is_none().then_some(first)
}

/// How a text went into another one, some of it changed.
pub(super) enum Edit {
    /// The range of the result stands in the text at this offset.
    Same(Range<usize>, usize),
    /// The range of the result was made from the range of the text.
    Changed(Range<usize>, Range<usize>),
}

/// How many lines to look ahead for one that is the same in both.
const LOOK_AHEAD: usize = 24;

/// Compares a text with what became of it, line by line.
pub(super) fn edits(of: &[u8], result: &[u8]) -> Vec<Edit> {
    let (old, new) = (lines(of), lines(result));
    let (mut edits, mut i, mut j) = (Vec::new(), 0, 0);
    while j < new.len() {
        if i < old.len() && of[old[i].clone()] == result[new[j].clone()] {
            edits.push(Edit::Same(new[j].clone(), old[i].start));
            (i, j) = (i + 1, j + 1);
            continue;
        }
        // The nearest pair of equal lines ends what was changed.
        let (skip_old, skip_new) = next_equal(of, result, &old[i.min(old.len())..], &new[j..]);
        let last = |lines: &[Range<usize>], from: usize, count: usize| {
            let start = lines.get(from).map_or_else(|| lines.last().map_or(0, |line| line.end), |line| line.start);
            let end = if count == 0 { start } else { lines[from + count - 1].end };
            start..end
        };
        let (from, to) = (last(&old, i, skip_old), last(&new, j, skip_new));
        changed(of, result, from, to, &mut edits);
        (i, j) = (i + skip_old, j + skip_new);
    }
    edits
}

/// Says what is the same at the start and at the end of what was changed.
fn changed(of: &[u8], result: &[u8], from: Range<usize>, to: Range<usize>, edits: &mut Vec<Edit>) {
    let (a, b) = (&of[from.clone()], &result[to.clone()]);
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let room = a.len().min(b.len()) - head;
    let tail = a.iter().rev().zip(b.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    let (from_end, to_end) = (from.end - tail, to.end - tail);
    if head > 0 {
        edits.push(Edit::Same(to.start..to.start + head, from.start));
    }
    if to.start + head < to_end {
        edits.push(Edit::Changed(to.start + head..to_end, from.start + head..from_end));
    }
    if tail > 0 {
        edits.push(Edit::Same(to_end..to.end, from_end));
    }
}

/// Returns how many lines of both to pass over until the next are equal, or the end.
fn next_equal(of: &[u8], result: &[u8], old: &[Range<usize>], new: &[Range<usize>]) -> (usize, usize) {
    let (wide, deep) = (old.len().min(LOOK_AHEAD), new.len().min(LOOK_AHEAD));
    for sum in 1..wide + deep {
        for skip_old in sum.saturating_sub(deep.saturating_sub(1))..=sum.min(wide.saturating_sub(1)) {
            let skip_new = sum - skip_old;
            let (Some(a), Some(b)) = (old.get(skip_old), new.get(skip_new)) else { continue };
            let line = &of[a.clone()];
            // Lines without letters are alike everywhere.
            if line.iter().any(u8::is_ascii_alphanumeric) && *line == result[b.clone()] {
                return (skip_old, skip_new);
            }
        }
    }
    if old.len() <= LOOK_AHEAD && new.len() <= LOOK_AHEAD {
        (old.len(), new.len())
    } else {
        (usize::from(!old.is_empty()), 1)
    }
}

/// Returns the ranges of lines with their ends.
fn lines(text: &[u8]) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut from = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        lines.push(from..from + line.len());
        from += line.len();
    }
    lines
}

/// Ranges of one text with the offsets where they stand in another one.
pub(super) type Pairs = Vec<(Range<usize>, usize)>;

/// Finds where a text stands in another one from an offset on, perhaps with escapes; returns also where it ends. Escapes
/// are what `%q`, JSON and YAML write.
pub(super) fn find_escaped(text: &[u8], result: &[u8], from: usize) -> Option<(Pairs, usize)> {
    if let Some(at) = crate::text::find(&result[from..], text) {
        let start = from + at;
        return Some((vec![(start..start + text.len(), 0)], start + text.len()));
    }
    let first = *text.first()?;
    let start = result[from..].iter().position(|&byte| byte == first || byte == b'\\')? + from;
    let (mut pairs, mut i, mut j) = (Pairs::new(), 0, start);
    while i < text.len() {
        let byte = *result.get(j)?;
        if byte == text[i] && byte != b'\\' {
            match pairs.last_mut() {
                Some((range, at)) if range.end == j && *at + range.len() == i => range.end = j + 1,
                _ => pairs.push((j..j + 1, i)),
            }
            (i, j) = (i + 1, j + 1);
        } else if byte == b'\\' {
            (i, j) = (i + crate::text::decode(&text[i..]).1, j + escape_len(&result[j..])?);
        } else {
            return None;
        }
    }
    Some((pairs, j))
}

fn escape_len(escape: &[u8]) -> Option<usize> {
    Some(match escape.get(1)? {
        b'x' => 4,
        b'u' => 6,
        b'U' => 10,
        _ => 2,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(pieces: &[(usize, u32, u32)]) -> Pieces {
        let mut list = Pieces::default();
        for &(len, origin, at) in pieces {
            list.push(len, OriginId(origin), at);
        }
        list
    }

    #[test]
    fn bytes_that_go_on_are_one_piece() {
        assert_eq!(
            list(&[(3, 1, 10), (2, 1, 13), (1, 1, 20), (2, 2, Piece::VAGUE), (2, 2, Piece::VAGUE)]).list.len(),
            3
        );
    }

    #[test]
    fn a_cut_keeps_offsets() {
        let pieces = list(&[(5, 1, 10), (5, 2, Piece::VAGUE), (5, 3, 0)]).into_list();
        let cut: Vec<_> = cut(&pieces, 3..12).map(|(len, origin, at)| (len, origin.0, at)).collect();
        assert_eq!(cut, [(2, 1, 13), (5, 2, Piece::VAGUE), (2, 3, 0)]);
    }

    #[test]
    fn indented_lines_are_found_with_their_newlines() {
        assert_eq!(match_lines(b"a\nbc", b"\n  a\n  bc"), Some(vec![(3..5, 0), (7..9, 2)]));
        assert_eq!(
            match_lines(b"a\n\nb\n", b"  a\n  \n  b\n  "),
            Some(vec![(2..4, 0), (6..7, 2), (9..11, 3), (13..13, 5)])
        );
        assert_eq!(match_lines(b"a\nb", b"a b"), None);
    }

    #[test]
    fn changed_lines_leave_the_others_the_same() {
        let same: Vec<_> = edits(b"one\ntwo <x>\nthree\n", b"one\ntwo \nthree\n")
            .into_iter()
            .filter_map(|edit| match edit {
                Edit::Same(range, at) => Some((range, at)),
                Edit::Changed(..) => None,
            })
            .collect();
        assert_eq!(same, [(0..4, 0), (4..8, 4), (8..9, 11), (9..15, 12)]);
    }

    #[test]
    fn escapes_are_passed_over() {
        let (pairs, end) = find_escaped(b"a\"b\nc", br#""a\"b\nc" x"#, 0).expect("it is there");
        assert_eq!((pairs, end), (vec![(1..2, 0), (4..5, 2), (7..8, 4)], 8));
    }
}
