//! The nearest name, for `did you mean`.

/// Returns the candidate nearest to `name`, if one is near enough to be meant: at most a third of it differs.
///
/// The distance counts insertions, deletions, replacements and swaps of neighbours; case counts for nothing.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.chars().take(MAX_LENGTH).flat_map(char::to_lowercase).collect();
    let limit = (name.len() / 3).max(1);
    let near = candidates.into_iter().filter_map(|candidate| {
        let other: Vec<char> = candidate.chars().take(MAX_LENGTH).flat_map(char::to_lowercase).collect();
        let apart = name.len().abs_diff(other.len());
        let found = (apart <= limit).then(|| distance(&name, &other))?;
        (found <= limit).then_some((found, candidate))
    });
    near.min_by_key(|(found, _)| *found).map(|(_, candidate)| candidate)
}

// The table is quadratic in the length of a name: longer ones are compared by their start.
const MAX_LENGTH: usize = 128;

// Optimal string alignment: https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            row[j + 1] = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                row[j + 1] = row[j + 1].min(before_last[j - 1] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_name_that_was_meant() {
        assert_eq!(nearest("prot", ["name", "port", "ports"]), Some("port"));
        assert_eq!(nearest("Replicas", ["replicas"]), Some("replicas"));
        assert_eq!(nearest("x", ["replicas"]), None);
        assert_eq!(nearest("imag", ["image", "images"]), Some("image"));
    }
}
