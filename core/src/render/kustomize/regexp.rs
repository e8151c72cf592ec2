//! Regular expressions as Go writes them, run by an engine that takes linear time as Go's does.
//!
//! The two grammars descend from RE2 and differ in little: what a class is without Unicode, what stands for itself in
//! brackets, and that Go has `\Q…\E` and takes a brace that begins no count for a brace.

use regex::Regex;

/// Compiles an expression.
///
/// # Errors
/// When it is none, or would need too much room.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    let failed = |why: String| format!("error parsing regexp: {why}: `{pattern}`");
    Regex::new(&translate(pattern)).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => failed("expression too large".to_owned()),
        other => failed(reason(&other.to_string())),
    })
}

/// Returns the last line of the engine's message, without its mark.
fn reason(message: &str) -> String {
    let line = message.lines().last().unwrap_or(message);
    line.trim_start_matches("error: ").to_owned()
}

/// Whether an expression is a text that matches only itself.
pub(super) fn is_literal(pattern: &str) -> bool {
    !pattern.contains(|c: char| r"\.+*?()|[]{}^$".contains(c))
}

/// Returns the expression in the grammar of the engine.
pub(super) fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '\\' => escape(&mut out, after, in_class),
            '[' if in_class && after.starts_with(':') && after.contains(":]") => {
                let end = after.find(":]").map_or(after.len(), |end| end + 2);
                out.push('[');
                out.push_str(&after[..end]);
                &after[end..]
            }
            '[' if in_class => {
                out.push_str("\\[");
                after
            }
            '[' => {
                in_class = true;
                out.push('[');
                // A bracket that comes first stands for itself.
                let (negation, after) = match after.strip_prefix('^') {
                    Some(after) => ("^", after),
                    None => ("", after),
                };
                out.push_str(negation);
                match after.strip_prefix(']') {
                    Some(after) => {
                        out.push_str("\\]");
                        after
                    }
                    None => after,
                }
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
                after
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
                after
            }
            '-' if in_class && after.starts_with('-') => {
                out.push_str("\\-");
                after
            }
            '{' if !in_class && !begins_count(after) => {
                out.push_str("\\{");
                after
            }
            _ => {
                out.push(c);
                after
            }
        };
    }
    out
}

/// Translates what follows a backslash and returns what is left.
fn escape<'p>(out: &mut String, after: &'p str, in_class: bool) -> &'p str {
    let Some(c) = after.chars().next() else {
        out.push('\\');
        return after;
    };
    let rest = &after[c.len_utf8()..];
    if c == 'Q' {
        let (literal, rest) = rest.split_once("\\E").unwrap_or((rest, ""));
        out.push_str(&regex::escape(literal));
        return rest;
    }
    let class = match c {
        'd' | 'D' => "0-9",
        'w' | 'W' => "0-9A-Za-z_",
        's' | 'S' => r"\t\n\x0C\r ",
        'b' if !in_class => {
            out.push_str(r"(?-u:\b)");
            return rest;
        }
        _ => {
            out.push('\\');
            out.push(c);
            return rest;
        }
    };
    match (c.is_ascii_uppercase(), in_class) {
        (true, _) => out.push_str(&format!("[^{class}]")),
        (false, true) => out.push_str(class),
        (false, false) => out.push_str(&format!("[{class}]")),
    }
    rest
}

fn begins_count(after: &str) -> bool {
    let Some((count, _)) = after.split_once('}') else { return false };
    let (least, most) = count.split_once(',').unwrap_or((count, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_expressions_mean_the_same() {
        for (pattern, yes, no) in [
            (r"^\d+$", "12", "١٢"),
            (r"^\Qa.b\E$", "a.b", "axb"),
            (r"^[[a]$", "[", "b"),
            (r"^[a&&b]+$", "a&b", "c"),
            (r"^{x}$", "{x}", "x"),
            (r"^a{2}$", "aa", "a"),
            (r"^[]a]+$", "]a", "b"),
            (r"^[[:alpha:]]+$", "ab", "1"),
            (r"^[\w-]+$", "a-b", "é"),
        ] {
            let regex = compile(pattern).unwrap();
            assert!(regex.is_match(yes) && !regex.is_match(no), "{pattern}");
        }
        assert!(compile("(a").is_err());
        assert!(compile("((a{1000}){1000}){1000}").unwrap_err().contains("too large"));
        assert!(is_literal("my-app") && !is_literal("my-.*"));
    }
}
