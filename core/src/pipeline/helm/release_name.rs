//! Names of releases.

use std::sync::Arc;

use crate::render::Host;
use crate::render::helm;

/// Says why a text is no name of a release; Helm's rules and words.
pub(super) fn check(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("no name provided");
    }
    let well_formed = name.len() <= 53 && name.split('.').all(is_label);
    if well_formed { Ok(()) } else { Err(INVALID) }
}

const INVALID: &str = "invalid release name, must match regex \
    ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53";

fn is_label(label: &str) -> bool {
    let alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = label.as_bytes();
    let [first, .., last] = bytes else { return bytes.iter().all(alphanumeric) && !bytes.is_empty() };
    alphanumeric(first) && alphanumeric(last) && bytes.iter().all(|b| alphanumeric(b) || *b == b'-')
}

/// Renders a template for a name (`--name-template`).
///
/// # Errors
/// The template's error, in Go's words.
pub fn name_from_template(template: &str, host: &Arc<dyn Host + Send + Sync>) -> Result<String, String> {
    helm::render_text("name-template", template, host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_subdomains_up_to_53_characters() {
        for fine in ["a", "a-b.c", "0", &"a".repeat(53)] {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
        for bad in ["A", "a-", "-a", "a..b", ".a", "a_b", &"a".repeat(54)] {
            assert_eq!(check(bad), Err(INVALID), "{bad}");
        }
        assert_eq!(check(""), Err("no name provided"));
    }
}
