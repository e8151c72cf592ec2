//! Sprig's functions on strings.

use std::collections::BTreeSet;

use gotemplate::text::{count, decode, is_digit, is_letter};
use gotemplate::{Fault, Functions, List, Map, Shape, Signature, State, Str, Type, Value, fmt};

use super::kind::{charge, int, text};
use super::text::{Text, text_of, texts_of};
use super::unicode::{map, runes, to_lower, to_title, to_upper};
use super::words::{self, LongWords};
use super::{case, cast, cost};
use crate::source::search;

use Type::{Any, Bool, Int, String, StringList, StringMap};

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    functions.add("hello", Signature::new([], String), |_, _| Ok(Value::from("Hello!")));
    add_changes(functions);
    add_cuts(functions);
    add_searches(functions);
    add_lines(functions);
    add_lists(functions);
    functions.add("toString", Signature::new([Any], String), |state, args| text_of(state, &args[0]));
    functions.add("atoi", Signature::new([String], Int), |_, args| {
        Ok(Value::from(cast::parse_int(text(&args[0]), 10).unwrap_or_else(|out_of_range| out_of_range.0)))
    });
}

type Change = fn(&[u8]) -> Vec<u8>;

/// Functions from one text to another.
fn add_changes(functions: &mut Functions) {
    let changes: [(&str, Change); 11] = [
        ("upper", |text| if text.is_ascii() { text.to_ascii_uppercase() } else { map(text, to_upper) }),
        ("lower", |text| if text.is_ascii() { text.to_ascii_lowercase() } else { map(text, to_lower) }),
        ("title", title),
        ("untitle", words::uncapitalize),
        ("swapcase", words::swap_case),
        ("initials", words::initials),
        ("nospace", words::delete_white_space),
        ("camelcase", case::pascal),
        ("snakecase", |text| case::joined(text, '_')),
        ("kebabcase", |text| case::joined(text, '-')),
        ("trim", |text| trim(text, char::is_whitespace).to_vec()),
    ];
    for (name, change) in changes {
        functions.add(name, Signature::new([String], String), move |state, args| {
            cost::characters(state, text(&args[0]))?;
            Ok::<_, Fault>(Value::from(Str::from(change(text(&args[0])))))
        });
    }
}

/// Gives the first letter of each word its title form. A word goes on over everything but ASCII punctuation and space.
fn title(text: &[u8]) -> Vec<u8> {
    let mut at_start = true;
    map(text, |rune| {
        let first = at_start;
        at_start = is_separator(rune);
        if first { to_title(rune) } else { rune }
    })
}

fn is_separator(rune: char) -> bool {
    match rune {
        '_' => false,
        rune if rune.is_ascii() => !rune.is_ascii_alphanumeric(),
        rune => !is_letter(rune) && !is_digit(rune) && rune.is_whitespace(),
    }
}

fn trim(mut text: &[u8], is: impl Fn(char) -> bool) -> &[u8] {
    while !text.is_empty() {
        let (rune, width) = decode(text);
        if !is(rune) {
            break;
        }
        text = &text[width..];
    }
    while !text.is_empty() {
        let (rune, width) = decode_last(text);
        if !is(rune) {
            break;
        }
        text = &text[..text.len() - width];
    }
    text
}

/// Returns the last rune with its width.
fn decode_last(text: &[u8]) -> (char, usize) {
    let longest = text.len().min(4);
    let fits = |width: &usize| decode(&text[text.len() - width..]).1 == *width;
    let width = (1..=longest).rev().find(fits).unwrap_or(1);
    decode(&text[text.len() - width..])
}

/// Functions that return a part of a text. They count bytes, and cut characters in two.
fn add_cuts(functions: &mut Functions) {
    let whole = |value: &Value, part: &[u8]| match value {
        Value::Str(text) if text.len() == part.len() => value.clone(),
        _ => Value::from(Str::from(part)),
    };
    functions.add("trimSuffix", Signature::new([String, String], String), move |_, args| {
        let all = text(&args[1]);
        Ok(whole(&args[1], all.strip_suffix(text(&args[0])).unwrap_or(all)))
    });
    functions.add("trimPrefix", Signature::new([String, String], String), move |_, args| {
        let all = text(&args[1]);
        Ok(whole(&args[1], all.strip_prefix(text(&args[0])).unwrap_or(all)))
    });
    for name in ["trimAll", "trimall"] {
        functions.add(name, Signature::new([String, String], String), move |state, args| {
            cost::characters(state, text(&args[0]))?;
            cost::characters(state, text(&args[1]))?;
            let set: BTreeSet<char> = runes(text(&args[0])).collect();
            Ok::<_, Fault>(whole(&args[1], trim(text(&args[1]), |rune| set.contains(&rune))))
        });
    }
    functions.add("trunc", Signature::new([Int, String], String), move |_, args| {
        Ok(whole(&args[1], trunc(int(&args[0]), text(&args[1]))))
    });
    functions.add("substr", Signature::new([Int, Int, String], String), move |_, args| {
        Ok(whole(&args[2], substr(int(&args[0]), int(&args[1]), text(&args[2]))?))
    });
    functions.add("abbrev", Signature::new([Int, String], String), |_, args| Ok(abbrev(0, int(&args[0]), 4, &args[1])));
    functions.add("abbrevboth", Signature::new([Int, Int, String], String), |_, args| {
        let left = int(&args[0]);
        Ok(abbrev(left, int(&args[1]), if left > 0 { 7 } else { 4 }, &args[2]))
    });
}

/// Returns the first bytes of a text, or with a negative count the last.
fn trunc(count: i64, text: &[u8]) -> &[u8] {
    let bytes = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    match bytes < text.len() {
        true if count < 0 => &text[text.len() - bytes..],
        true => &text[..bytes],
        false => text,
    }
}

fn substr(start: i64, end: i64, text: &[u8]) -> Result<&[u8], Fault> {
    let length = text.len();
    let part = match usize::try_from(start) {
        Ok(start) => {
            let end = usize::try_from(end).map_or(length, |end| end.min(length));
            text.get(start..end).ok_or_else(|| format!("{start}:{end}]"))
        }
        Err(_) => match usize::try_from(end) {
            Ok(end) => text.get(..end).ok_or_else(|| format!(":{end}] with length {length}")),
            Err(_) => Err(format!(":{end}]")),
        },
    };
    part.map_err(|range| Fault::new(format!("runtime error: slice bounds out of range [{range}")))
}

fn abbrev(left: i64, width: i64, least: i64, value: &Value) -> Value {
    match usize::try_from(width) {
        Ok(bytes) if width >= least => Value::from(Str::from(words::abbreviate(text(value), left, bytes))),
        _ => value.clone(),
    }
}

/// Functions that look for one text in another.
fn add_searches(functions: &mut Functions) {
    functions.add("contains", Signature::new([String, String], Bool), |state, args| {
        state.spend(text(&args[1]).len() as u64 / 4)?;
        Ok(Value::Bool(search::word(text(&args[0]), text(&args[1])).is_some()))
    });
    functions.add("hasPrefix", Signature::new([String, String], Bool), |_, args| {
        Ok(Value::Bool(text(&args[1]).starts_with(text(&args[0]))))
    });
    functions.add("hasSuffix", Signature::new([String, String], Bool), |_, args| {
        Ok(Value::Bool(text(&args[1]).ends_with(text(&args[0]))))
    });
    functions.add("replace", Signature::new([String, String, String], String), |state, args| {
        let [old, new, source] = [text(&args[0]), text(&args[1]), text(&args[2])];
        if old == new || !old.is_empty() && search::word(old, source).is_none() {
            return Ok(args[2].clone());
        }
        replace(Text::new(state), old, new, source)
    });
    functions.add("plural", Signature::new([String, String, Int], String), |_, args| {
        Ok(if int(&args[2]) == 1 { args[0].clone() } else { args[1].clone() })
    });
}

fn replace(mut out: Text<'_, '_>, old: &[u8], new: &[u8], source: &[u8]) -> Result<Value, Fault> {
    if old.is_empty() {
        // Nothing is found around each character.
        out.push(new)?;
        let mut rest = source;
        while !rest.is_empty() {
            let (rune, next) = rest.split_at(decode(rest).1);
            out.push(rune)?;
            out.push(new)?;
            rest = next;
        }
        return Ok(out.finish());
    }
    let mut from = 0;
    for at in search::words(old, source) {
        out.push(&source[from..at])?;
        out.push(new)?;
        from = at + old.len();
    }
    out.push(&source[from..])?;
    Ok(out.finish())
}

/// Functions that put text together.
fn add_lines(functions: &mut Functions) {
    functions.add("repeat", Signature::new([Int, String], String), |state, args| {
        let count = repeat_count(int(&args[0]), text(&args[1]).len())?;
        let mut out = Text::new(state);
        out.push_times(text(&args[1]), count)?;
        Ok(out.finish())
    });
    functions.add("indent", Signature::new([Int, String], String), |state, args| {
        let mut out = Text::new(state);
        indent(&mut out, int(&args[0]), text(&args[1]))?;
        Ok(out.finish())
    });
    functions.add("nindent", Signature::new([Int, String], String), |state, args| {
        let mut out = Text::new(state);
        out.push(b"\n")?;
        indent(&mut out, int(&args[0]), text(&args[1]))?;
        Ok(out.finish())
    });
    functions.add("wrap", Signature::new([Int, String], String), |state, args| {
        let mut out = Text::new(state);
        words::wrap(&mut out, text(&args[1]), int(&args[0]), b"", LongWords::Stay)?;
        Ok(out.finish())
    });
    functions.add("wrapWith", Signature::new([Int, String, String], String), |state, args| {
        let mut out = Text::new(state);
        words::wrap(&mut out, text(&args[2]), int(&args[0]), text(&args[1]), LongWords::Break)?;
        Ok(out.finish())
    });
    let values = || Signature::new([], String).variadic(Any);
    functions.add("quote", values(), |state, args| {
        quoted(state, args, |out, value| {
            let value = out.text_of(value)?;
            out.charge(value.len())?;
            out.push(fmt::quote(&value).as_bytes())
        })
    });
    functions.add("squote", values(), |state, args| {
        quoted(state, args, |out, value| {
            out.push(b"'")?;
            out.push_value(value)?;
            out.push(b"'")
        })
    });
    functions.add("cat", values(), |state, args| quoted(state, args, |out, value| out.push_value(value)));
}

fn repeat_count(count: i64, length: usize) -> Result<usize, Fault> {
    let count = usize::try_from(count).map_err(|_| "strings: negative Repeat count")?;
    match count.checked_mul(length) {
        Some(bytes) if isize::try_from(bytes).is_ok() => Ok(count),
        _ => Err(Fault::from("strings: Repeat output length overflow")),
    }
}

/// Writes a text with so many spaces before each line.
fn indent(out: &mut Text<'_, '_>, spaces: i64, text: &[u8]) -> Result<(), Fault> {
    let spaces = repeat_count(spaces, 1)?;
    for (at, line) in text.split(|&byte| byte == b'\n').enumerate() {
        if at > 0 {
            out.push(b"\n")?;
        }
        out.push_times(b" ", spaces)?;
        out.push(line)?;
    }
    Ok(())
}

/// Writes values with a space between each two; nil is left out.
fn quoted(
    state: &mut State<'_>,
    values: &[Value],
    mut write: impl FnMut(&mut Text<'_, '_>, &Value) -> Result<(), Fault>,
) -> Result<Value, Fault> {
    let mut out = Text::new(state);
    for (at, value) in values.iter().filter(|value| !matches!(value, Value::Nil)).enumerate() {
        if at > 0 {
            out.push(b" ")?;
        }
        write(&mut out, value)?;
    }
    Ok(out.finish())
}

/// Functions between texts and lists of texts.
fn add_lists(functions: &mut Functions) {
    functions.add("join", Signature::new([String, Any], String), |state, args| {
        let texts = texts_of(state, &args[1])?;
        let mut out = Text::new(state);
        for (at, item) in texts.iter().enumerate() {
            if at > 0 {
                out.push(text(&args[0]))?;
            }
            out.push(item)?;
        }
        Ok(out.finish())
    });
    functions.add("toStrings", Signature::new([Any], StringList), |state, args| strings(state, &args[0]));
    functions.add("sortAlpha", Signature::new([Any], StringList), sort_alpha);
    functions.add("splitList", Signature::new([String, String], StringList), |state, args| {
        Ok(List::strings(split(state, text(&args[0]), text(&args[1]), None)?))
    });
    functions.add("split", Signature::new([String, String], StringMap), |state, args| {
        Ok(numbered(split(state, text(&args[0]), text(&args[1]), None)?))
    });
    functions.add("splitn", Signature::new([String, Int, String], StringMap), |state, args| {
        let most = usize::try_from(int(&args[1])).ok();
        Ok(numbered(split(state, text(&args[0]), text(&args[2]), most)?))
    });
}

/// Returns the texts of a list; a list of strings is returned as it is.
fn strings(state: &mut State<'_>, value: &Value) -> Result<List, Fault> {
    match value {
        Value::List(list) if list.shape().name == Shape::STRING_LIST.name => Ok(list.clone()),
        Value::List(list) => {
            let capacity = list.len();
            let texts = texts_of(state, value)?.into_iter().map(Value::Str).collect();
            Ok(List::with_capacity(Shape::STRING_LIST, texts, capacity))
        }
        value => Ok(List::strings(texts_of(state, value)?)),
    }
}

/// Sorts the texts of a list. A list of strings is sorted itself, and everybody who holds it sees that.
fn sort_alpha(state: &mut State<'_>, args: &[Value]) -> Result<Value, Fault> {
    if matches!(args[0], Value::Nil) {
        return Ok(List::strings(["<nil>"]).into());
    }
    let list = strings(state, &args[0])?;
    charge(state, list.len())?;
    let mut texts = list.to_vec();
    texts.sort_by(|a, b| text(a).cmp(text(b)));
    for (at, item) in texts.into_iter().enumerate() {
        list.set(at, item);
    }
    Ok(list.into())
}

/// Cuts a text at a separator, at most into so many parts; without a separator into its characters.
fn split(state: &mut State<'_>, separator: &[u8], text: &[u8], most: Option<usize>) -> Result<Vec<Str>, Fault> {
    let most = most.unwrap_or(usize::MAX);
    if most == 0 {
        return Ok(Vec::new());
    }
    let parts = if separator.is_empty() { count(text) } else { search::words(separator, text).count() + 1 };
    // Each part is a text of its own.
    charge(state, 3 * parts.min(most))?;
    state.charge(text.len())?;
    let mut found = Vec::with_capacity(parts.min(most));
    let mut from = 0;
    if separator.is_empty() {
        while from < text.len() && found.len() + 1 < most {
            let to = from + decode(&text[from..]).1;
            found.push(Str::from(&text[from..to]));
            from = to;
        }
        if from < text.len() {
            found.push(Str::from(&text[from..]));
        }
        return Ok(found);
    }
    for at in search::words(separator, text).take(most - 1) {
        found.push(Str::from(&text[from..at]));
        from = at + separator.len();
    }
    found.push(Str::from(&text[from..]));
    Ok(found)
}

/// Returns parts under the keys `_0`, `_1` and so on.
fn numbered(parts: Vec<Str>) -> Map {
    let map = Map::with_shape(Shape::STRING_MAP);
    for (at, part) in parts.into_iter().enumerate() {
        map.insert(format!("_{at}"), part);
    }
    map
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn cases_change_character_by_character() {
        check(&[
            (r#"{{ upper "straße ǆ" }} {{ lower "ÉİΣ" }}"#, "STRAßE Ǆ éiσ"),
            (r#"{{ title "it's o'neil of ǆ" }} {{ untitle "Hello World" }}"#, "It'S O'Neil Of ǅ hello world"),
            (r#"{{ swapcase "aB cD" }} {{ initials "世界 人民" }} {{ nospace "a b\tc" }}"#, "Ab Cd ää abc"),
        ]);
    }

    #[test]
    fn parts_are_counted_in_bytes() {
        check(&[
            (
                r#"{{ trunc -2 "hello" }} {{ trunc 9 "hello" }} {{ trunc 2 "héllo" | printf "%q" }}"#,
                r#"lo hello "h\xc3""#,
            ),
            (r#"{{ substr -1 3 "hello" }} {{ substr 2 -1 "hello" }} {{ substr 1 3 "hello" }}"#, "hel llo el"),
            (r#"{{ substr -1 -1 "hello" }}"#, "! runtime error: slice bounds out of range [:-1]"),
            (r#"{{ substr -1 9 "hello" }}"#, "! runtime error: slice bounds out of range [:9] with length 5"),
            (r#"{{ substr 1 3 "" }}"#, "! runtime error: slice bounds out of range [1:0]"),
            (r#"{{ abbrev 8 "hello world" }} {{ abbrevboth 5 10 "1234 5678 9123" }}"#, "hello... ...5678..."),
            (r#"{{ trimAll "é$" "$éaé$" }} {{ trimSuffix "b" "ab" }} {{ trimPrefix "x" "ab" }}"#, "a a ab"),
        ]);
    }

    #[test]
    fn nothing_is_found_around_each_character() {
        check(&[
            (r#"{{ replace "" "-" "aé" }} {{ replace "a" "b" "aXa" }}"#, "-a-é- bXb"),
            (r#"{{ splitList "" "aé" }} {{ splitList "," "a,,b" | len }} {{ splitList "," "" | len }}"#, "[a é] 3 1"),
            (
                r#"{{ split "." "a.b" }} {{ splitn "." 2 "a.b.c" }} {{ splitn "." 0 "a" }}"#,
                "map[_0:a _1:b] map[_0:a _1:b.c] map[]",
            ),
        ]);
    }

    #[test]
    fn nil_is_left_out_of_texts() {
        check(&[
            (
                r#"{{ quote nil "a\"b" 1 }}|{{ squote nil 1.0 (list 1) }}|{{ cat "a" nil 2 }}|{{ quote }}"#,
                r#""a\"b" "1"|'1' '[1]'|a 2|"#,
            ),
            (r#"{{ join "-" (list 1 nil "a" true) }} {{ join "-" nil }} {{ join "-" "a" }}"#, "1-a-true  a"),
            (r#"{{ toStrings (list 1 nil) | len }} {{ toString nil }} {{ sortAlpha nil }}"#, "1 <nil> [<nil>]"),
        ]);
    }

    #[test]
    fn every_line_is_indented() {
        check(&[
            (
                r#"{{ indent 2 "a\n\nb\n" | printf "%q" }} {{ nindent 0 "a" | printf "%q" }}"#,
                r#""  a\n  \n  b\n  " "\na""#,
            ),
            (r#"{{ indent -1 "a" }}"#, "! strings: negative Repeat count"),
            (r#"{{ repeat 3 "ab" }} {{ wrap 5 "aa bbbbbbb cc" | printf "%q" }}"#, r#"ababab "aa\nbbbbbbb\ncc""#),
            (r#"{{ wrapWith 3 "|" "abcdefgh i" }}"#, "abc|def|gh|i"),
        ]);
    }

    #[test]
    fn sorting_texts_sorts_the_list_itself() {
        check(&[
            (r#"{{ $l := splitList "," "b,a" }}{{ $s := sortAlpha $l }}{{ $l }}"#, "[a b]"),
            (r#"{{ $l := list "b" "a" }}{{ $s := sortAlpha $l }}{{ $l }} {{ $s }}"#, "[b a] [a b]"),
        ]);
    }

    #[test]
    fn no_text_is_longer_than_the_output_may_be() {
        check(&[
            (r#"{{ repeat 1000000000 "a" }}"#, "! text is longer than 67108864 bytes"),
            (r#"{{ $x := repeat 10000 "a" }}{{ replace "a" $x $x }}"#, "! text is longer than 67108864 bytes"),
            (r#"{{ repeat 9223372036854775807 "ab" }}"#, "! strings: Repeat output length overflow"),
        ]);
    }
}
