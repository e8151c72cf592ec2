//! Unified diffs of two texts.
//!
//! The crate `similar` has all of this for texts of any kind, in 26 versions of each of its five algorithms, which are a
//! sixteenth of the WASM build. Lines as numbers need one version of one algorithm, for the same differences.

use std::collections::HashMap;
use std::fmt::Write;

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::udiff::UnifiedHunkHeader;
use similar::{DiffOp, group_diff_ops};

/// Returns the differences, below a header of two names; empty where there are none.
pub(super) fn unified(old: &str, new: &str, context: usize, header: (&str, &str)) -> String {
    let (before, after): (Vec<_>, Vec<_>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let mut text = String::new();
    for hunk in group_diff_ops(changes(&before, &after), context) {
        if hunk.is_empty() {
            continue;
        }
        let names = if text.is_empty() { format!("--- {}\n+++ {}\n", header.0, header.1) } else { String::new() };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{names}{}", UnifiedHunkHeader::new(&hunk));
        for change in hunk {
            let is_equal = matches!(change, DiffOp::Equal { .. });
            let removed = before.get(change.old_range()).unwrap_or_default();
            let added = after.get(change.new_range()).unwrap_or_default();
            write_lines(&mut text, if is_equal { ' ' } else { '-' }, removed);
            write_lines(&mut text, '+', if is_equal { &[] } else { added });
        }
    }
    text
}

fn write_lines(text: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        text.push(sign);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

fn changes(before: &[&str], after: &[&str]) -> Vec<DiffOp> {
    let mut numbers = HashMap::new();
    let mut number = |line| {
        let next = numbers.len();
        *numbers.entry(line).or_insert(next)
    };
    let before: Vec<usize> = before.iter().map(|line| number(*line)).collect();
    let after: Vec<usize> = after.iter().map(|line| number(*line)).collect();
    let (before, after) = (before.as_slice(), after.as_slice());
    let mut found = Compact::new(Replace::new(Capture::new()), before, after);
    let Ok(()) = myers::diff(&mut found, before, 0..before.len(), after, 0..after.len());
    found.into_inner().into_inner().into_ops()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use similar::TextDiff;

    use super::unified;

    fn texts() -> impl Strategy<Value = String> {
        let line = prop_oneof![Just("a\n"), Just("b\n"), Just("c: 1\n"), Just("\n"), Just("end"), Just("é\r\n")];
        prop::collection::vec(line, 0..40).prop_map(|lines| lines.concat())
    }

    proptest! {
        #[test]
        fn the_text_is_that_of_the_crate(old in texts(), new in texts(), context in 0_usize..4) {
            let whole = TextDiff::from_lines(old.as_str(), new.as_str());
            let expected = whole.unified_diff().context_radius(context).header("a", "b").to_string();
            prop_assert_eq!(unified(&old, &new, context, ("a", "b")), expected);
        }
    }

    #[test]
    fn nothing_is_said_of_texts_that_are_equal() {
        assert_eq!(unified("a\n", "a\n", 3, ("a", "b")), "");
    }
}
