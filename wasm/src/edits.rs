//! From one text to the next, line by line.

/// Lines of the older text, and what stands in their place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LineEdit<'a> {
    /// The first line.
    pub(crate) from: usize,
    /// The line behind the last one.
    pub(crate) to: usize,
    /// The new lines.
    pub(crate) lines: Vec<&'a str>,
}

// How far a line is looked for that stands in both texts: rendered texts gain and lose a few lines at a time.
const NEAR: usize = 40;
// With more edits than these the text itself is no more to send.
const MOST: usize = 4000;

/// Returns what makes a text of an older one: in order, and never side by side. `None` where that would say no less than
/// the text, or where lines end in more than one way, which editors count differently.
pub(crate) fn line_edits<'a>(before: &str, after: &'a str) -> Option<Vec<LineEdit<'a>>> {
    if before.contains('\r') || after.contains('\r') {
        return None;
    }
    // Whole lines only: where both go on alike, the line at hand may still end differently.
    let same = common(before, after);
    let start = before.as_bytes()[..same].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let first = before[..start].bytes().filter(|byte| *byte == b'\n').count();
    let mut edits = middle(&before[start..], &after[start..])?;
    for edit in &mut edits {
        (edit.from, edit.to) = (edit.from + first, edit.to + first);
    }
    Some(edits)
}

/// Returns how many bytes two texts have in common at their start.
fn common(a: &str, b: &str) -> usize {
    const CHUNK: usize = 4096;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let chunks = a.chunks_exact(CHUNK).zip(b.chunks_exact(CHUNK)).take_while(|(a, b)| a == b).count();
    let done = chunks * CHUNK;
    done + a[done..].iter().zip(&b[done..]).take_while(|(a, b)| a == b).count()
}

fn middle<'a>(before: &str, after: &'a str) -> Option<Vec<LineEdit<'a>>> {
    let old: Vec<&str> = before.split('\n').collect();
    let new: Vec<&str> = after.split('\n').collect();
    let mut edits: Vec<LineEdit<'a>> = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let (gone, come) = step(&old[i..], &new[j..]);
        match edits.last_mut().filter(|edit| edit.to == i) {
            Some(edit) => {
                edit.to += gone;
                edit.lines.extend(&new[j..j + come]);
            }
            None => edits.push(LineEdit { from: i, to: i + gone, lines: new[j..j + come].to_vec() }),
        }
        (i, j) = (i + gone, j + come);
        if edits.len() > MOST {
            return None;
        }
    }
    Some(edits)
}

// How many lines go and come until both texts agree again, for two lines at least where there are two.
fn step(old: &[&str], new: &[&str]) -> (usize, usize) {
    if old.is_empty() || new.is_empty() {
        return (old.len(), new.len());
    }
    let agree = |i: usize, j: usize| old.get(i) == new.get(j) && old.get(i + 1) == new.get(j + 1);
    if agree(1, 1) {
        return (1, 1);
    }
    for far in 1..NEAR {
        if far < new.len() && agree(0, far) {
            return (0, far);
        }
        if far < old.len() && agree(far, 0) {
            return (far, 0);
        }
    }
    (1, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(before: &str, edits: &[LineEdit<'_>]) -> String {
        let old: Vec<&str> = before.split('\n').collect();
        let (mut lines, mut at) = (Vec::<&str>::new(), 0);
        for edit in edits {
            assert!(at == 0 || edit.from > at, "edits stand side by side: {edits:?}");
            lines.extend(&old[at..edit.from]);
            lines.extend(&edit.lines);
            at = edit.to;
        }
        lines.extend(&old[at..]);
        lines.join("\n")
    }

    #[test]
    fn lines_that_changed_came_or_went_are_told_alone() {
        let before = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n";
        let long = "é: ü\n".repeat(5000);
        for (end, lines) in [("a", 1), ("é: ö\nb", 2), ("", 0)] {
            let (before, after) = ([&long, "é: ü"].concat(), [&long, "é: ü", end].concat());
            let edits = line_edits(&before, &after).expect("edits");
            assert_eq!(applied(&before, &edits), after);
            assert_eq!(edits.iter().map(|edit| edit.lines.len()).sum::<usize>(), lines);
        }
        for (after, edits, lines) in [
            ("a: 1\nb: 9\nc: 3\nd: 4\ne: 5\n", 1, 1),
            ("a: 1\nb: 2\nx: 0\nc: 3\nd: 4\ne: 5\n", 1, 1),
            ("a: 1\nc: 3\nd: 4\ne: 6\n", 2, 1),
            ("a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n", 0, 0),
            ("", 1, 0),
        ] {
            let found = line_edits(before, after).expect("edits");
            assert_eq!(applied(before, &found), after);
            let told: usize = found.iter().map(|edit| edit.lines.len()).sum();
            assert_eq!((found.len(), told), (edits, lines), "{after}: {found:?}");
        }
    }

    #[test]
    fn edits_of_any_two_texts_lead_from_one_to_the_other() {
        // A small generator of its own: the same texts on every machine.
        let mut state = 7u64;
        let mut next = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        };
        for _ in 0..2000 {
            let mut text = || {
                let count = next(30);
                (0..count).map(|_| ["a", "b", "c", "", "dd"][next(5) as usize]).collect::<Vec<&str>>()
            };
            let (before, after) = (text().join("\n"), text().join("\n"));
            let edits = line_edits(&before, &after).expect("edits");
            assert_eq!(applied(&before, &edits), after, "{before:?} {after:?}");
        }
    }

    #[test]
    fn texts_that_editors_count_differently_have_no_edits() {
        assert_eq!(line_edits("a\r\nb", "a\r\nc"), None);
        assert_eq!(line_edits("a", "a\rb"), None);
    }
}
