//! Go's view of single characters: cases, and classes.
//!
//! Go changes the case of each character for itself, never of a text: `ß` has no capital, and what has two (`ŉ`) keeps
//! its form. Rust's tables are of the same Unicode version as Go's; only the few characters differ for which Rust
//! follows the rules for texts.
//!
//! Facts: Go 1.27's `unicode`.

use unicode_general_category::{GeneralCategory, get_general_category};

use crate::render::helm::value;

/// Go's `unicode.ToUpper`.
pub(super) fn to_upper(rune: char) -> char {
    match rune {
        // Greek letters with a iota below: the capital has it beside, which for texts is a letter of its own.
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => shifted(rune, 8),
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => shifted(rune, 9),
        _ => single(rune, rune.to_uppercase()),
    }
}

/// Go's `unicode.ToLower`.
pub(super) fn to_lower(rune: char) -> char {
    if rune == 'İ' { 'i' } else { single(rune, rune.to_lowercase()) }
}

/// Go's `unicode.ToTitle`: the form at the start of a word.
pub(super) fn to_title(rune: char) -> char {
    match rune {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        // Georgian words begin with a small letter.
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => rune,
        _ => to_upper(rune),
    }
}

fn shifted(rune: char, by: u32) -> char {
    char::from_u32(u32::from(rune) + by).unwrap_or(rune)
}

/// Returns the one character of a mapping, or the character itself where there are more.
fn single(rune: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(mapped), None) => mapped,
        _ => rune,
    }
}

/// Go's `unicode.IsUpper`.
pub(super) fn is_upper(rune: char) -> bool {
    is_case(rune, GeneralCategory::UppercaseLetter, rune.is_uppercase())
}

/// Go's `unicode.IsLower`.
pub(super) fn is_lower(rune: char) -> bool {
    is_case(rune, GeneralCategory::LowercaseLetter, rune.is_lowercase())
}

/// Rust's own predicates count marks and numbers with letters; they serve for what is too new for the categories.
fn is_case(rune: char, case: GeneralCategory, rust: bool) -> bool {
    if rune.is_ascii() {
        return rust;
    }
    match get_general_category(rune) {
        GeneralCategory::Unassigned => rust,
        category => category == case,
    }
}

/// Go's `unicode.IsTitle`.
pub(super) fn is_title(rune: char) -> bool {
    get_general_category(rune) == GeneralCategory::TitlecaseLetter
}

/// Go's `unicode.IsPunct`.
pub(super) fn is_punct(rune: char) -> bool {
    use GeneralCategory as Category;
    matches!(
        get_general_category(rune),
        Category::ConnectorPunctuation
            | Category::DashPunctuation
            | Category::OpenPunctuation
            | Category::ClosePunctuation
            | Category::InitialPunctuation
            | Category::FinalPunctuation
            | Category::OtherPunctuation
    )
}

/// Go's `unicode.IsNumber`.
pub(super) fn is_number(rune: char) -> bool {
    use GeneralCategory::{DecimalNumber, LetterNumber, OtherNumber};
    matches!(get_general_category(rune), DecimalNumber | LetterNumber | OtherNumber)
}

/// Returns the runes of a text; each broken byte is a U+FFFD.
pub(super) fn runes(text: &[u8]) -> impl Iterator<Item = char> + '_ {
    value::runes(text).map(|(_, rune, _)| rune)
}

/// Appends a rune.
pub(super) fn push(out: &mut Vec<u8>, rune: char) {
    out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Changes each rune of a text (Go's `strings.Map`). Broken bytes become U+FFFD.
pub(super) fn map(text: &[u8], mut change: impl FnMut(char) -> char) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for rune in runes(text) {
        push(&mut out, change(rune));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_change_one_by_one() {
        assert_eq!(['ß', 'ŉ', 'ᾀ', 'ῳ', 'é', 'ǆ', 'ა'].map(to_upper), ['ß', 'ŉ', 'ᾈ', 'ῼ', 'É', 'Ǆ', 'Ა']);
        assert_eq!(['İ', 'Σ', 'ẞ'].map(to_lower), ['i', 'σ', 'ß']);
        assert_eq!(['ǆ', 'ა', 'a', 'ᾀ'].map(to_title), ['ǅ', 'ა', 'A', 'ᾈ']);
    }

    #[test]
    fn broken_bytes_become_replacement_characters() {
        assert_eq!(map(b"a\xff\xc3", to_upper), "A\u{fffd}\u{fffd}".as_bytes());
    }
}
