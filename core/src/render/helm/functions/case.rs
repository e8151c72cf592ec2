//! `camelcase`, `snakecase` and `kebabcase`.
//!
//! Facts: <https://github.com/huandu/xstrings/blob/v1.5.0/convert.go>.

use gotemplate::text::{REPLACEMENT, decode, is_letter};

use super::unicode::{is_number, is_punct, is_upper, push, runes, to_lower, to_upper};

/// What a run of characters is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing, or nothing that is UTF-8.
    Invalid,
    Number,
    Upper,
    /// Letters of one case, or a capital with small letters behind.
    Alphabet,
    Connector,
    Punct,
    Other,
}

fn is_connector(rune: char) -> bool {
    matches!(rune, '-' | '_') || rune.is_whitespace()
}

/// Letters but those of Chinese, Japanese and Korean.
fn is_alphabet(rune: char) -> bool {
    is_letter(rune) && !matches!(rune, '\u{3400}'..='\u{4d85}' | '\u{4e00}'..='\u{9fcc}' | '\u{20000}'..='\u{2b81d}')
}

/// Joins words by nothing, each with a capital: `some words` is `SomeWords`. Connectors at the start stay, and of several
/// in a row all but the last.
pub(super) fn pascal(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = runes(text);
    let mut first_upper = false;
    let mut last = None;
    for rune in rest.by_ref() {
        if !is_connector(rune) {
            first_upper = is_upper(rune);
            last = Some(to_upper(rune));
            break;
        }
        push(&mut out, rune);
    }
    let Some(mut last) = last else {
        // A text of connectors ends with its last one twice.
        if let Some(rune) = runes(text).last() {
            push(&mut out, rune);
        }
        return out;
    };
    for rune in rest {
        let before = std::mem::replace(&mut last, rune);
        if is_connector(rune) && is_connector(before) {
            push(&mut out, before);
        } else if is_connector(before) {
            first_upper = is_upper(rune);
            last = to_upper(rune);
        } else {
            if first_upper && is_upper(rune) {
                last = to_lower(rune);
            } else {
                first_upper = false;
            }
            push(&mut out, before);
        }
    }
    push(&mut out, last);
    out
}

/// Joins words in small letters by a connector: `HTTPServer` is `http_server`.
pub(super) fn joined(text: &[u8], connector: char) -> Vec<u8> {
    let mut out = Out { text: Vec::with_capacity(text.len() + 8), connector };
    let mut word = Word::first(text);
    while !word.rest.is_empty() {
        if word.kind != Kind::Connector {
            out.word(word);
        }
        let before = word;
        word = word.next();
        match before.kind {
            Kind::Number => {
                word = out.letters_and_numbers(word);
                if !matches!(word.kind, Kind::Invalid | Kind::Punct | Kind::Connector) {
                    out.connect();
                }
            }
            Kind::Connector => out.word(before),
            Kind::Punct => {}
            _ if word.kind != Kind::Number => out.connect_before(word),
            // A number at the end needs no connector.
            _ if word.rest.is_empty() => {}
            _ => word = out.number(word),
        }
    }
    out.word(word);
    out.text
}

struct Out {
    text: Vec<u8>,
    connector: char,
}

impl Out {
    fn connect(&mut self) {
        push(&mut self.text, self.connector);
    }

    fn connect_before(&mut self, word: Word<'_>) {
        if !matches!(word.kind, Kind::Connector | Kind::Punct) {
            self.connect();
        }
    }

    /// Writes a number that follows letters: part of the word before it, unless small letters come next.
    fn number<'a>(&mut self, number: Word<'a>) -> Word<'a> {
        let mut word = number.next();
        if word.kind != Kind::Alphabet {
            self.word(number);
            self.connect_before(word);
            return word;
        }
        self.connect();
        self.word(number);
        word = self.letters_and_numbers(word);
        if word.kind != Kind::Invalid {
            self.connect_before(word);
        }
        word
    }

    /// Writes words as long as they are letters and numbers, and returns the next.
    fn letters_and_numbers<'a>(&mut self, mut word: Word<'a>) -> Word<'a> {
        while matches!(word.kind, Kind::Alphabet | Kind::Number) {
            self.word(word);
            word = word.next();
        }
        word
    }

    fn word(&mut self, word: Word<'_>) {
        if !matches!(word.kind, Kind::Upper | Kind::Connector) {
            self.text.extend_from_slice(word.text);
            return;
        }
        for rune in runes(word.text) {
            let rune = match rune {
                rune if is_connector(rune) => self.connector,
                rune if is_upper(rune) => to_lower(rune),
                rune => rune,
            };
            push(&mut self.text, rune);
        }
    }
}

/// A run of characters of one kind, and what comes behind it.
#[derive(Clone, Copy)]
struct Word<'a> {
    kind: Kind,
    text: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Word<'a> {
    fn next(self) -> Word<'a> {
        Word::first(self.rest)
    }

    fn first(text: &'a [u8]) -> Word<'a> {
        let (rune, size) = valid_rune(text, REPLACEMENT);
        let (kind, end) = if text.is_empty() || rune == REPLACEMENT {
            (Kind::Invalid, size)
        } else if is_connector(rune) {
            (Kind::Connector, run_of(text, size, rune, is_connector).end)
        } else if is_punct(rune) {
            (Kind::Punct, run_of(text, size, rune, is_punct).end)
        } else if is_upper(rune) {
            (Kind::Upper, capitals(text, size, rune))
        } else if is_alphabet(rune) {
            (Kind::Alphabet, run_of(text, size, rune, is_small).end)
        } else if is_number(rune) {
            (Kind::Number, run_of(text, size, rune, is_number).end)
        } else {
            (Kind::Other, run_of(text, size, rune, is_other).end)
        };
        let (text, rest) = text.split_at(end);
        Word { kind, text, rest }
    }
}

fn is_small(rune: char) -> bool {
    is_alphabet(rune) && !is_upper(rune)
}

fn is_other(rune: char) -> bool {
    !is_connector(rune) && !is_alphabet(rune) && !is_number(rune) && !is_punct(rune)
}

/// Returns the end of a word that begins with a capital: small letters, or more capitals. Of these the last one belongs
/// to the next word where a letter follows (`HTTPServer`).
fn capitals(text: &[u8], from: usize, rune: char) -> usize {
    if from == text.len() {
        return from;
    }
    let (second, size) = valid_rune(&text[from..], rune);
    if is_upper(second) {
        let run = run_of(text, from, rune, is_upper);
        let letter_follows = run.end < text.len() && is_alphabet(run.rune);
        return if letter_follows { run.end - run.last } else { run.end };
    }
    if is_alphabet(second) { run_of(text, from + size, second, is_small).end } else { from }
}

struct RunOf {
    end: usize,
    /// The bytes of the last character that belongs to it.
    last: usize,
    /// The character that ended it, or the last one.
    rune: char,
}

/// Goes on from an offset while characters are of a class.
fn run_of(text: &[u8], from: usize, rune: char, is: impl Fn(char) -> bool) -> RunOf {
    let mut run = RunOf { end: from, last: 0, rune };
    while run.end < text.len() {
        let (rune, size) = valid_rune(&text[run.end..], run.rune);
        run.rune = rune;
        if !is(rune) {
            break;
        }
        run.end += size;
        run.last = size;
    }
    run
}

/// Returns the first character that is UTF-8 with the bytes up to its end; `otherwise` where there is none.
fn valid_rune(text: &[u8], otherwise: char) -> (char, usize) {
    let mut end = 0;
    while end < text.len() {
        let (rune, size) = decode(&text[end..]);
        end += size;
        if rune != REPLACEMENT {
            return (rune, end);
        }
    }
    (otherwise, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, pascal_case: &str, snake: &str) {
        let text = text.as_bytes();
        assert_eq!(String::from_utf8_lossy(&pascal(text)), pascal_case);
        assert_eq!(String::from_utf8_lossy(&joined(text, '_')), snake);
    }

    #[test]
    fn words_begin_where_the_case_changes() {
        check("HTTPServer", "Httpserver", "http_server");
        check("GOLANG_IS_GREAT", "GolangIsGreat", "golang_is_great");
        check("GO PATH", "GoPath", "go_path");
        check("http2xx", "Http2xx", "http_2xx");
        check("HTTP20xOK", "Http20xOK", "http_20x_ok");
        check("Bld4Floor3rd", "Bld4Floor3rd", "bld4_floor_3rd");
        check("_complex__case_", "_Complex_Case_", "_complex__case_");
        check("", "", "");
    }
}
