//! Go's `filepath.Match`, by which `.helmignore` and `--show-only` compare paths.
//!
//! `*` is any text without `/`, `?` one sign but `/`, `[a-z]` and `[^a-z]` are classes, a backslash takes the next sign
//! as it is. A piece of the pattern between two stars is matched at the first place where it fits, and no earlier
//! choice is taken back, so the work is bounded by the product of both lengths.
//! Facts: <https://pkg.go.dev/path/filepath#Match>.

/// A pattern that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadPattern;

impl std::fmt::Display for BadPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("syntax error in pattern")
    }
}

impl std::error::Error for BadPattern {}

/// A pattern, read once. It keeps what follows a mistake out: Go finds the mistake whenever it compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    // Whether a star stands before the piece, and the piece.
    pieces: Vec<(bool, Vec<Token>)>,
    // What a path begins and ends with that matches: most are told apart by it.
    head: String,
    tail: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Char(char),
    Any,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When a class does not close or is empty, or nothing follows a backslash.
    pub fn parse(pattern: &str) -> Result<Glob, BadPattern> {
        let mut pieces = Vec::new();
        let (mut starred, mut piece) = (false, Vec::new());
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                // Stars in a row are one star.
                '*' => {
                    if !piece.is_empty() {
                        pieces.push((starred, std::mem::take(&mut piece)));
                    }
                    starred = true;
                }
                '?' => piece.push(Token::Any),
                '\\' => piece.push(Token::Char(chars.next().ok_or(BadPattern)?)),
                '[' => piece.push(class(&mut chars)?),
                c => piece.push(Token::Char(c)),
            }
        }
        if starred || !piece.is_empty() {
            pieces.push((starred, piece));
        }
        let literal = |token: &Token| if let Token::Char(c) = token { Some(*c) } else { None };
        let head = pieces.first().filter(|(starred, _)| !starred);
        let head = head.map(|(_, piece)| piece.iter().map_while(literal).collect());
        let tail = pieces.last().map(|(_, piece)| piece.iter().rev().map_while(literal).collect());
        let tail: String = tail.unwrap_or_default();
        Ok(Glob { pieces, head: head.unwrap_or_default(), tail: tail.chars().rev().collect() })
    }

    /// Whether the pattern matches the whole of a path.
    pub fn matches(&self, path: &str) -> bool {
        if !path.starts_with(&self.head) || !path.ends_with(&self.tail) {
            return false;
        }
        let mut rest = path;
        for (i, (starred, piece)) in self.pieces.iter().enumerate() {
            let last = i + 1 == self.pieces.len();
            if *starred && piece.is_empty() {
                // A star at the end takes the rest, if no folder is in it.
                return !rest.contains('/');
            }
            let fits = |at: usize| match_piece(piece, &rest[at..]).filter(|after| !last || after.is_empty());
            let found = if *starred {
                let reach = rest.find('/').unwrap_or(rest.len());
                let starts = std::iter::once(0).chain(rest.char_indices().map(|(at, c)| at + c.len_utf8()));
                starts.take_while(|at| *at <= reach).find_map(fits)
            } else {
                fits(0)
            };
            match found {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.is_empty()
    }
}

/// Reads a class behind its opening bracket.
fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Token, BadPattern> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if chars.peek() == Some(&']') && !ranges.is_empty() {
            chars.next();
            return Ok(Token::Class { negated, ranges });
        }
        let low = class_char(chars)?;
        let high = if chars.next_if_eq(&'-').is_some() { class_char(chars)? } else { low };
        // What follows is looked at even when it is the end: a class has to close.
        chars.peek().ok_or(BadPattern)?;
        ranges.push((low, high));
    }
}

fn class_char(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, BadPattern> {
    match chars.next() {
        None | Some('-' | ']') => Err(BadPattern),
        Some('\\') => chars.next().ok_or(BadPattern),
        Some(c) => Ok(c),
    }
}

/// Returns what is left of a text behind a piece.
fn match_piece<'t>(piece: &[Token], text: &'t str) -> Option<&'t str> {
    let mut chars = text.chars();
    for token in piece {
        let c = chars.next()?;
        let fits = match token {
            Token::Char(wanted) => c == *wanted,
            Token::Any => c != '/',
            Token::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        };
        if !fits {
            return None;
        }
    }
    Some(chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    // The cases of Go's own test of `Match`: pattern, path, `true`, `false` or `bad`.
    const CASES: &[(&str, &str, &str)] = &[
        ("abc", "abc", "true"),
        ("*", "abc", "true"),
        ("*c", "abc", "true"),
        ("a*", "a", "true"),
        ("a*", "abc", "true"),
        ("a*", "ab/c", "false"),
        ("a*/b", "abc/b", "true"),
        ("a*/b", "a/c/b", "false"),
        ("a*b*c*d*e*/f", "axbxcxdxe/f", "true"),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/f", "true"),
        ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", "false"),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", "false"),
        ("a*b?c*x", "abxbbxdbxebxczzx", "true"),
        ("a*b?c*x", "abxbbxdbxebxczzy", "false"),
        ("ab[c]", "abc", "true"),
        ("ab[b-d]", "abc", "true"),
        ("ab[e-g]", "abc", "false"),
        ("ab[^c]", "abc", "false"),
        ("ab[^b-d]", "abc", "false"),
        ("ab[^e-g]", "abc", "true"),
        ("a\\*b", "a*b", "true"),
        ("a\\*b", "ab", "false"),
        ("a?b", "a☺b", "true"),
        ("a[^a]b", "a☺b", "true"),
        ("a???b", "a☺b", "false"),
        ("a[^a][^a][^a]b", "a☺b", "false"),
        ("[a-ζ]*", "α", "true"),
        ("*[a-ζ]", "A", "false"),
        ("a?b", "a/b", "false"),
        ("a*b", "a/b", "false"),
        ("[\\]a]", "]", "true"),
        ("[\\-]", "-", "true"),
        ("[x\\-]", "x", "true"),
        ("[x\\-]", "z", "false"),
        ("[\\-x]", "-", "true"),
        ("[]a]", "]", "bad"),
        ("[-]", "-", "bad"),
        ("[x-]", "x", "bad"),
        ("[-x]", "x", "bad"),
        ("\\", "a", "bad"),
        ("[a-b-c]", "a", "bad"),
        ("[", "a", "bad"),
        ("[^", "a", "bad"),
        ("[^bc", "a", "bad"),
        ("a[", "a", "bad"),
        ("a[", "ab", "bad"),
        ("*x", "xxx", "true"),
        ("", "", "true"),
        ("", "a", "false"),
        ("**", "ab", "true"),
        ("a**b", "axxb", "true"),
        ("*a*b", "xaxxb", "true"),
        ("*.yaml", "a.yaml", "true"),
        ("templates/.?*", "templates/.x", "true"),
        ("templates/.?*", "templates/.", "false"),
    ];

    #[test]
    fn patterns_match_as_go_has_it() {
        for (pattern, path, expected) in CASES {
            let found = Glob::parse(pattern).map_or("bad".to_owned(), |glob| glob.matches(path).to_string());
            assert_eq!(found, *expected, "{pattern} {path}");
        }
    }

    #[test]
    fn many_stars_stay_cheap() {
        let glob = Glob::parse(&"*a".repeat(1_000)).expect("fine");
        assert!(!glob.matches(&"a".repeat(900)));
        assert!(!glob.matches(&format!("{}b", "a".repeat(20_000))));
    }
}
