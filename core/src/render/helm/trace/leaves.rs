//! Which part of a YAML or JSON text belongs to which value: what `toYaml` writes leads to the values in it, and what
//! `fromYaml` reads to the lines it stood on.

use std::ops::Range;

use gotemplate::observe::{Mapping, Step};
use gotemplate::{Str, Value};

use crate::yaml::{Event, Events, ScalarStyle};

/// Says of a text that a function wrote which value each part comes from.
pub(super) fn written(mapping: &mut Mapping<'_>) {
    let (Value::Str(text), [_, ..]) = (mapping.result(), mapping.args()) else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    parts(text, |path, range, _| mapping.value(range, 0, path));
}

/// Says of a value that a function read from a text where each scalar in it stood.
pub(super) fn read(mapping: &mut Mapping<'_>) {
    let [Value::Str(text), ..] = mapping.args() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let mut scalars = Vec::new();
    parts(text, |path, _, scalar| {
        if let Some(range) = scalar {
            scalars.push((path.to_vec(), range));
        }
    });
    for (path, range) in scalars {
        mapping.parsed(&path, 0, range);
    }
}

/// An open container.
enum Open {
    /// The index of the next item.
    List(usize),
    /// Whether a key comes next.
    Map(bool),
}

/// A part that has begun: where it starts, its path, and the scalar in it.
type Last = (usize, Vec<Step>, Option<Range<usize>>);

/// Calls back for each part of a text in order: with the path of the value that it belongs to, its range up to the next
/// part, and the range of a scalar within that. Ends at what is no YAML, at an alias, and after the first document.
fn parts(text: &str, mut see: impl FnMut(&[Step], Range<usize>, Option<Range<usize>>)) {
    let mut events = Events::new(text);
    let (mut open, mut path): (Vec<Open>, Vec<Step>) = (Vec::new(), Vec::new());
    // The part that the next one ends.
    let mut last: Option<Last> = None;
    let mut end_last = |at: usize, last: &mut Option<Last>| {
        if let Some((start, path, scalar)) = last.take().filter(|(start, ..)| *start < at) {
            see(&path, start..at, scalar);
        }
    };
    while let Ok(Some((event, at))) = events.next() {
        let is_key = matches!(open.last(), Some(Open::Map(true)));
        let is_node = matches!(event, Event::Scalar(..) | Event::SeqStart | Event::MapStart);
        if is_node && is_key && !matches!(event, Event::Scalar(..)) {
            // A key that is no scalar.
            break;
        }
        match event {
            Event::Scalar(value, _) if is_key => {
                end_last(at, &mut last);
                path.push(Step::Key(Str::from(&*value)));
                last = Some((at, path.clone(), None));
                if let Some(Open::Map(key)) = open.last_mut() {
                    *key = false;
                }
            }
            Event::Scalar(value, style) => {
                let range = scalar_range(text, at, &value, style);
                start_node(&mut open, &mut path);
                match &mut last {
                    // The value of the key just seen.
                    Some((_, known, scalar)) if *known == path => *scalar = Some(range),
                    _ => {
                        end_last(at, &mut last);
                        last = Some((at, path.clone(), Some(range)));
                    }
                }
                end_node(&mut open, &mut path);
            }
            Event::SeqStart | Event::MapStart => {
                start_node(&mut open, &mut path);
                if !matches!(&last, Some((_, known, _)) if *known == path) {
                    end_last(at, &mut last);
                    last = Some((at, path.clone(), None));
                }
                open.push(if event == Event::SeqStart { Open::List(0) } else { Open::Map(true) });
            }
            Event::SeqEnd | Event::MapEnd => {
                open.pop();
                end_node(&mut open, &mut path);
            }
            Event::DocumentStart => {}
            Event::Alias(_) | Event::DocumentEnd => break,
        }
    }
    end_last(text.len(), &mut last);
}

/// An item of a list begins: its index belongs to the path.
fn start_node(open: &mut [Open], path: &mut Vec<Step>) {
    if let Some(Open::List(index)) = open.last_mut() {
        path.push(Step::Index(*index));
        *index += 1;
    }
}

/// A value ends: its key or index goes.
fn end_node(open: &mut [Open], path: &mut Vec<Step>) {
    match open.last_mut() {
        Some(Open::Map(key)) => {
            *key = true;
            path.pop();
        }
        Some(Open::List(_)) => {
            path.pop();
        }
        None => {}
    }
}

/// Returns where the text of a scalar stands, or the start of it where it is not written as it is.
fn scalar_range(text: &str, at: usize, value: &str, style: ScalarStyle) -> Range<usize> {
    let start = match style {
        ScalarStyle::Plain => at,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => at + 1,
        ScalarStyle::Literal | ScalarStyle::Folded => {
            let first = value.lines().next().unwrap_or("");
            let line = text[at..].find('\n').map_or(at, |end| at + end + 1);
            let found = text[line..].find(first).map_or(line, |found| line + found);
            return found..found + first.len();
        }
    };
    if text[start..].starts_with(value) { start..start + value.len() } else { start..start + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &[&str]) {
        let mut got = Vec::new();
        let mut end = 0;
        parts(text, |path, range, scalar| {
            assert!(range.start >= end, "parts come in order");
            end = range.end;
            let path: String = path.iter().map(ToString::to_string).collect();
            let scalar = scalar.map(|range| format!(" {:?}", &text[range])).unwrap_or_default();
            got.push(format!("{path} {:?}{scalar}", &text[range]));
        });
        assert_eq!(got, want, "{text:?}");
    }

    #[test]
    fn every_part_has_its_path() {
        check(
            "a: 1\nb:\n  c: x y\n  d: []\n",
            &[r#".a "a: 1\n" "1""#, r#".b "b:\n  ""#, r#".b.c "c: x y\n  " "x y""#, r#".b.d "d: []\n""#],
        );
        check(
            "a:\n- x\n- k: \"v\"\n  l: 2\n",
            &[r#".a "a:\n- ""#, r#".a[0] "x\n- " "x""#, r#".a[1].k "k: \"v\"\n  " "v""#, r#".a[1].l "l: 2\n" "2""#],
        );
        check("x", &[r#" "x" "x""#]);
        check("[1, {\"a\": 2}]", &[r#" "[""#, r#"[0] "1, " "1""#, r#"[1] "{""#, r#"[1].a "\"a\": 2}]" "2""#]);
        check("a: |\n  one\n  two\nb: 1", &[r#".a "a: |\n  one\n  two\n" "one""#, r#".b "b: 1" "1""#]);
        check("", &[]);
    }

    #[test]
    fn what_cannot_be_told_ends_it() {
        check("a: 1\nb: *x\nc: 2\n", &[r#".a "a: 1\n" "1""#, r#".b "b: *x\nc: 2\n""#]);
        check("a: 1\n? [x]\n: 2\n", &[r#".a "a: 1\n? [x]\n: 2\n" "1""#]);
    }
}
