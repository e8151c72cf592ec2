//! JSON pointers (RFC 6901).

use std::fmt;

use ecow::EcoString;

use crate::value::ValuePath;
use crate::yaml::{Node, NodeKind};

/// A JSON pointer: its text, and its tokens with `~0` and `~1` undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    text: EcoString,
    tokens: Vec<EcoString>,
}

impl Pointer {
    /// Returns the pointer that a text is.
    ///
    /// # Errors
    /// What is wrong with it, as a message: no `/` at its start, or a `~` that starts no escape.
    pub fn parse(text: &str) -> Result<Pointer, String> {
        let Some(rest) = text.strip_prefix('/') else {
            return if text.is_empty() {
                Ok(Pointer { text: text.into(), tokens: Vec::new() })
            } else {
                Err(format!("JSON pointer `{text}` does not start with `/`"))
            };
        };
        let tokens: Option<Vec<EcoString>> = rest.split('/').map(unescape).collect();
        let tokens = tokens.ok_or_else(|| format!("JSON pointer `{text}` has a `~` that is neither `~0` nor `~1`"))?;
        Ok(Pointer { text: text.into(), tokens })
    }

    /// Returns the tokens; none for the whole document.
    pub fn tokens(&self) -> &[EcoString] {
        &self.tokens
    }

    /// Whether `other` is below this pointer.
    pub(super) fn is_above(&self, other: &Pointer) -> bool {
        self.tokens.len() < other.tokens.len() && other.tokens.starts_with(&self.tokens)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Returns the pointer text of tokens.
pub(super) fn to_text(tokens: &[EcoString]) -> String {
    tokens.iter().map(|token| format!("/{}", token.replace("~", "~0").replace("/", "~1"))).collect()
}

fn unescape(token: &str) -> Option<EcoString> {
    if !token.contains('~') {
        return Some(token.into());
    }
    let mut parts = token.split('~');
    let mut out = EcoString::from(parts.next()?);
    for part in parts {
        let (c, rest) = match part.as_bytes().first()? {
            b'0' => ('~', &part[1..]),
            b'1' => ('/', &part[1..]),
            _ => return None,
        };
        out.push(c);
        out.push_str(rest);
    }
    Some(out)
}

/// Returns the list index that a token is: digits without a leading zero.
pub(super) fn index(token: &str) -> Option<usize> {
    let plain = token == "0" || !token.starts_with('0');
    (plain && token.bytes().all(|b| b.is_ascii_digit())).then(|| token.parse().ok()).flatten()
}

/// Returns the node that tokens lead to, or after how many tokens the way ends.
pub(super) fn find<'a>(root: &'a Node, tokens: &[EcoString]) -> Result<&'a Node, usize> {
    let mut node = root;
    for (i, token) in tokens.iter().enumerate() {
        node = match &node.kind {
            NodeKind::Map(_) => node.get(token),
            NodeKind::Seq(items) => index(token).and_then(|at| items.get(at)),
            _ => None,
        }
        .ok_or(i)?;
    }
    Ok(node)
}

/// Returns the node that tokens lead to, for changing.
pub(super) fn find_mut<'a>(root: &'a mut Node, tokens: &[EcoString]) -> Option<&'a mut Node> {
    tokens.iter().try_fold(root, |node, token| {
        if matches!(node.kind, NodeKind::Map(_)) {
            return node.get_mut(token);
        }
        match &mut node.kind {
            NodeKind::Seq(items) => index(token).and_then(|at| items.get_mut(at)),
            _ => None,
        }
    })
}

/// Returns the path of tokens in a document: indices where there are lists.
pub(super) fn value_path(root: &Node, tokens: &[EcoString]) -> ValuePath {
    let mut path = ValuePath::root();
    let mut node = Some(root);
    for token in tokens {
        match node.map(|node| &node.kind) {
            Some(NodeKind::Seq(items)) => {
                let at = index(token).unwrap_or(items.len());
                path.push_index(at);
                node = items.get(at);
            }
            _ => {
                path.push_key(token.clone());
                node = node.and_then(|node| node.get(token));
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_once() {
        let pointer = Pointer::parse("/a~1b/~01/").expect("fine");
        assert_eq!(pointer.tokens(), ["a/b", "~1", ""]);
        assert_eq!(to_text(pointer.tokens()), "/a~1b/~01/");
        assert!(Pointer::parse("a").is_err());
        assert!(Pointer::parse("/~2").is_err());
        assert!(Pointer::parse("/a~").is_err());
        assert!(Pointer::parse("").expect("fine").tokens().is_empty());
    }

    #[test]
    fn indices_have_no_leading_zero_and_no_sign() {
        assert_eq!(index("0"), Some(0));
        assert_eq!(index("12"), Some(12));
        for bad in ["01", "-1", "+1", "", "1e0", "99999999999999999999999"] {
            assert_eq!(index(bad), None, "{bad}");
        }
    }
}
