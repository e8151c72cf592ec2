//! Comments that say the type of a field: `containers: # {"$ref": "#/definitions/…"}`.
//!
//! See `fieldmeta` of <https://github.com/kubernetes-sigs/kustomize/tree/kyaml/v0.21.1/kyaml>. A comment is read as JSON
//! when it stands behind the value in braces, else behind the key, else alone on the line above; the first of these that
//! is there is the one that counts.

/// Whether a text may have such a comment at all.
pub(super) fn may_say_types(text: &str) -> bool {
    let mut hashes = text.match_indices('#').map(|(at, _)| at);
    hashes.any(|at| text[at..].trim_start_matches('#').trim_start_matches([' ', '\t']).starts_with('{'))
}

/// Returns the JSON at a field: where its key and its value begin, and where a value in braces ends.
pub(super) fn at_field(text: &str, key: usize, value: usize, end: Option<usize>) -> Option<&str> {
    let behind_value = end.and_then(|end| behind(text.get(end..)?.trim_start_matches([']', '}'])));
    let behind_key = || behind(text.get(key..value)?.split_once('\n')?.0);
    let found = match behind_value.map(json) {
        Some(Some(found)) => return Some(found),
        _ => behind_key(),
    };
    match found {
        Some(comment) => json(comment),
        None => json(above(text, key)?),
    }
}

/// Returns the comment at the end of the first line of a text.
fn behind(rest: &str) -> Option<&str> {
    let line = rest.split('\n').next().unwrap_or_default();
    let starts = line.match_indices('#').map(|(at, _)| at);
    let mut starts = starts.filter(|at| line[..*at].ends_with([' ', '\t']));
    starts.next().map(|at| &line[at..])
}

/// Returns the comment on the line above a key that is the first thing on its line, if it has one line only.
fn above(text: &str, key: usize) -> Option<&str> {
    let before = text.get(..key)?;
    let (rest, indent) = before.rsplit_once('\n')?;
    let is_comment = |line: &str| line.trim_start().starts_with('#');
    let mut lines = rest.rsplit('\n');
    let comment = lines.next().filter(|line| indent.trim().is_empty() && is_comment(line))?;
    (!lines.next().is_some_and(is_comment)).then(|| comment.trim())
}

fn json(comment: &str) -> Option<&str> {
    let text = comment.trim_start_matches('#').trim();
    text.starts_with('{').then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, key: &str, value: &str) -> Option<String> {
        let find = |part: &str| text.find(part).expect("the part is in the text");
        let end = value.starts_with(['[', '{']).then(|| find(value) + value.len() - 1);
        at_field(text, find(key), find(value), end).map(str::to_owned)
    }

    #[test]
    fn a_comment_stands_behind_or_above() {
        assert_eq!(of("a: # {x: 1}\n- b\n", "a", "- b").as_deref(), Some("{x: 1}"));
        assert_eq!(of("z:\n  # {x: 1}\n  a:\n  - b\n", "a", "- b").as_deref(), Some("{x: 1}"));
        assert_eq!(of("a: [b] # {x: 1}\n", "a", "[b]").as_deref(), Some("{x: 1}"));
        assert_eq!(of("# {x: 1}\na: # words\n- b\n", "a:", "- b"), None);
        assert_eq!(of("# {x: 1}\n# {y: 1}\na:\n- b\n", "a:", "- b"), None);
        assert_eq!(of("# {x: 1}\n\na:\n- b\n", "a:", "- b"), None);
        assert!(may_say_types("a: # {") && !may_say_types("a: '#' # words"));
    }
}
