//! Go's `filepath.Match`, by which `--show-only` finds templates.
//!
//! `*` and `?` stop at a slash, `[a-z0]` and `[^a-z]` stand for one character, `\` takes the meaning off what follows. A
//! pattern that is none matches nothing.

/// Whether a path matches a pattern.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let Some(steps) = compile(pattern) else { return false };
    // All places of the pattern that the text so far may have led to: linear in the text for every pattern.
    let mut places = vec![false; steps.len() + 1];
    places[0] = true;
    skip_stars(&steps, &mut places);
    for c in path.chars() {
        let mut next = vec![false; steps.len() + 1];
        for (at, step) in steps.iter().enumerate().filter(|(at, _)| places[*at]) {
            match step {
                Step::Star if c != '/' => next[at] = true,
                Step::One if c != '/' => next[at + 1] = true,
                Step::Char(wanted) if *wanted == c => next[at + 1] = true,
                Step::Class { not, ranges } => {
                    next[at + 1] |= ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *not;
                }
                _ => {}
            }
        }
        skip_stars(&steps, &mut next);
        places = next;
    }
    places.last().copied().unwrap_or_default()
}

fn skip_stars(steps: &[Step], places: &mut [bool]) {
    for (at, step) in steps.iter().enumerate() {
        if places[at] && matches!(step, Step::Star) {
            places[at + 1] = true;
        }
    }
}

enum Step {
    Star,
    One,
    Char(char),
    Class { not: bool, ranges: Vec<(char, char)> },
}

fn compile(pattern: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        steps.push(match c {
            '*' => Step::Star,
            '?' => Step::One,
            '\\' => Step::Char(rest.next()?),
            '[' => class(&mut rest)?,
            c => Step::Char(c),
        });
    }
    Some(steps)
}

fn class(rest: &mut std::str::Chars<'_>) -> Option<Step> {
    let not = rest.as_str().starts_with('^');
    if not {
        rest.next();
    }
    let mut ranges = Vec::new();
    loop {
        if rest.as_str().starts_with(']') && !ranges.is_empty() {
            rest.next();
            return Some(Step::Class { not, ranges });
        }
        let low = class_char(rest)?;
        let high = if rest.as_str().starts_with('-') {
            rest.next();
            class_char(rest)?
        } else {
            low
        };
        ranges.push((low, high));
    }
}

fn class_char(rest: &mut std::str::Chars<'_>) -> Option<char> {
    match rest.next()? {
        '-' | ']' => None,
        '\\' => rest.next(),
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_those_of_go_do() {
        let matching = [
            ("templates/a.yaml", "templates/a.yaml"),
            ("templates/*", "templates/a.yaml"),
            ("*/a.yaml", "templates/a.yaml"),
            ("a?c", "abc"),
            ("[a-c0]x", "0x"),
            ("[^a]x", "bx"),
            ("[^a]x", "/x"),
            ("a\\*", "a*"),
            ("*", ""),
            ("**", "ab"),
            ("[\\]]", "]"),
            ("a*b*c", "axbxbc"),
        ];
        for (pattern, path) in matching {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        let others = [
            ("templates/*", "templates/sub/a.yaml"),
            ("*", "a/b"),
            ("a?c", "a/c"),
            ("[a-c]", "d"),
            ("[]a]", "a"),
            ("[", "["),
            ("[a", "a"),
            ("[-a]", "a"),
            ("[a-]", "a"),
            ("a\\", "a"),
            ("", "a"),
            ("[^a]", "a"),
        ];
        for (pattern, path) in others {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }
}
