//! Patterns of Go's `path/filepath.Match`, by which `--show-only` names templates.

/// Whether a pattern matches a whole path; a malformed pattern matches nothing.
///
/// `*` and `?` stop at `/`, `[a-z]` and `[^a-z]` are classes, `\` takes the next character as it is
/// (<https://pkg.go.dev/path/filepath#Match>).
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let path: Vec<char> = path.chars().collect();
    well_formed(&pattern) && glob(&pattern, &path)
}

// Two fingers and one place to go back to: linear for each star, without recursion.
fn glob(pattern: &[char], path: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if p == pattern.len() && t == path.len() {
            return true;
        }
        if pattern.get(p) == Some(&'*') {
            retry = Some((p + 1, t));
            p += 1;
            continue;
        }
        if let (Some(end), Some(&c)) = (unit_end(pattern, p), path.get(t))
            && unit_matches(&pattern[p..end], c)
        {
            (p, t) = (end, t + 1);
            continue;
        }
        match retry {
            Some((after, from)) if from < path.len() && path[from] != '/' => {
                retry = Some((after, from + 1));
                (p, t) = (after, from + 1);
            }
            _ => return false,
        }
    }
}

// The end of the unit (a character, an escape, a class) that starts at a place.
fn unit_end(pattern: &[char], at: usize) -> Option<usize> {
    match pattern.get(at)? {
        '\\' => Some(at + 2),
        '[' => class_end(pattern, at),
        _ => Some(at + 1),
    }
}

// A class holds at least one item: `]` may not stand first.
fn class_end(pattern: &[char], at: usize) -> Option<usize> {
    let mut i = at + 1;
    if pattern.get(i) == Some(&'^') {
        i += 1;
    }
    let mut items = 0;
    loop {
        match pattern.get(i)? {
            ']' if items > 0 => return Some(i + 1),
            ']' | '-' => return None,
            _ => {}
        }
        i = item_end(pattern, i)?;
        if pattern.get(i) == Some(&'-') {
            i += 1;
            if matches!(pattern.get(i), None | Some(']' | '-')) {
                return None;
            }
            i = item_end(pattern, i)?;
        }
        items += 1;
    }
}

fn item_end(pattern: &[char], at: usize) -> Option<usize> {
    let end = if pattern.get(at) == Some(&'\\') { at + 2 } else { at + 1 };
    (end <= pattern.len()).then_some(end)
}

fn unit_matches(unit: &[char], c: char) -> bool {
    match unit {
        ['?'] => c != '/',
        ['\\', escaped] => c == *escaped,
        ['[', '^', items @ .., ']'] => !class_has(items, c),
        ['[', items @ .., ']'] => class_has(items, c),
        [literal] => c == *literal,
        _ => false,
    }
}

fn class_has(mut items: &[char], c: char) -> bool {
    let take = |items: &mut &[char]| -> Option<char> {
        let (first, rest) = items.split_first()?;
        let (c, rest) = if *first == '\\' { rest.split_first()? } else { (first, rest) };
        *items = rest;
        Some(*c)
    };
    while let Some(low) = take(&mut items) {
        let mut high = low;
        if let Some(('-', rest)) = items.split_first() {
            items = rest;
            high = take(&mut items).unwrap_or(low);
        }
        if (low..=high).contains(&c) {
            return true;
        }
    }
    false
}

fn well_formed(pattern: &[char]) -> bool {
    let mut at = 0;
    while at < pattern.len() {
        match unit_end(pattern, at) {
            Some(end) if end <= pattern.len() => at = end,
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    // The table of Go's own test: https://github.com/golang/go/blob/master/src/path/filepath/match_test.go
    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, path) in [
            ("abc", "abc"),
            ("*", "abc"),
            ("*c", "abc"),
            ("a*", "a"),
            ("a*/b", "abc/b"),
            ("a*b*c*d*e*/f", "axbxcxdxe/f"),
            ("a*b?c*x", "abxbbxdbxebxczzx"),
            ("ab[c]", "abc"),
            ("ab[b-d]", "abc"),
            ("ab[^e-g]", "abc"),
            ("a\\*b", "a*b"),
            ("[\\]a]", "]"),
            ("[\\-x]", "-"),
            ("*x", "xxx"),
            ("a[^a]b", "a☺b"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("a*", "ab/c"),
            ("a*/b", "a/c/b"),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/fff"),
            ("a*b?c*x", "abxbbxdbxebxczzy"),
            ("ab[^c]", "abc"),
            ("a\\*b", "ab"),
            ("a???b", "a☺b"),
            ("[]a]", "]"),
            ("[-]", "-"),
            ("[x-]", "x"),
            ("[a-b-c]", "a"),
            ("[", "a"),
            ("[^", "a"),
            ("a[", "ab"),
            ("a\\", "a"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }
}
