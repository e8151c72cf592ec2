//! What keys and values of labels may be, in the words of Kubernetes.
//!
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>

use crate::yaml::quote;

const NAME: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const CHARACTERS: &str = "consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                          alphanumeric character";
const MAX_NAME: usize = 63;
const MAX_SUBDOMAIN: usize = 253;

/// Looks at the key of a label: a name, after a domain if it has one.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn key(key: &str) -> Result<(), String> {
    let mut wrong = Vec::new();
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    if name.contains('/') {
        let example = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
        wrong.push(format!("a qualified name {} {example}", not_a_name()));
    } else {
        match prefix {
            Some("") => wrong.push("prefix part must be non-empty".to_owned()),
            Some(prefix) => wrong.extend(subdomain(prefix).into_iter().map(|why| format!("prefix part {why}"))),
            None => {}
        }
        if name.is_empty() {
            wrong.push("name part must be non-empty".to_owned());
        } else if name.len() > MAX_NAME {
            wrong.push(format!("name part {}", too_long(MAX_NAME)));
        }
        if !is_name(name) {
            wrong.push(format!("name part {}", not_a_name()));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("invalid label key {}: {}", quote(key), wrong.join("; "))) }
}

/// Looks at the value of a label: a name, or nothing.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn value(key: &str, value: &str) -> Result<(), String> {
    let mut wrong = Vec::new();
    if value.len() > MAX_NAME {
        wrong.push(too_long(MAX_NAME));
    }
    if !value.is_empty() && !is_name(value) {
        let rule = format!("a valid label must be an empty string or {CHARACTERS}");
        wrong.push(broken(&rule, &["MyValue", "my_value", "12345"], &format!("({NAME})?")));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("invalid label value: {value:?}: at key: {}: {}", quote(key), wrong.join("; ")))
}

fn subdomain(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > MAX_SUBDOMAIN {
        wrong.push(too_long(MAX_SUBDOMAIN));
    }
    let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part =
        |part: &str| part.starts_with(small) && part.ends_with(small) && part.chars().all(|c| small(c) || c == '-');
    if !text.split('.').all(part) {
        let rule = "a DNS-1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start \
                    and end with an alphanumeric character";
        wrong.push(broken(rule, &["example.com"], SUBDOMAIN));
    }
    wrong
}

fn is_name(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(edge) && text.ends_with(edge) && text.chars().all(|c| edge(c) || "-_.".contains(c))
}

fn not_a_name() -> String {
    broken(&format!("must {CHARACTERS}"), &["MyName", "my.name", "123-abc"], NAME)
}

fn too_long(most: usize) -> String {
    format!("must be no more than {most} characters")
}

fn broken(rule: &str, examples: &[&str], pattern: &str) -> String {
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}', ")).collect();
    format!("{rule} (e.g. {}regex used for validation is '{pattern}')", examples.join(" or "))
}
