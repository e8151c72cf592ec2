//! How two texts differ, in few lines.

/// Returns the first line in which two texts differ, with its number; empty where they are equal.
pub fn first_difference(want: &str, got: &str) -> String {
    if want == got {
        return String::new();
    }
    let (mut wanted, mut given) = (want.split('\n'), got.split('\n'));
    let mut line = 1;
    loop {
        match (wanted.next(), given.next()) {
            (Some(a), Some(b)) if a == b => line += 1,
            (a, b) => return format!("line {line}:\n  want {}\n  got  {}", shown(a), shown(b)),
        }
    }
}

// Long lines are cut: a report of failures is read by people.
const SHOWN: usize = 300;

fn shown(line: Option<&str>) -> String {
    let Some(line) = line else { return "(end)".to_owned() };
    let cut: String = line.chars().take(SHOWN).collect();
    let rest = if cut.len() < line.len() { "…" } else { "" };
    format!("{cut:?}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("a\nb", "a\nb"), "");
        assert_eq!(first_difference("a\nb", "a\nc"), "line 2:\n  want \"b\"\n  got  \"c\"");
        assert_eq!(first_difference("a\n", "a"), "line 2:\n  want \"\"\n  got  (end)");
    }
}
