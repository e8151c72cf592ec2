//! Fields inside of JSON or YAML that stands in a text.
//!
//! See `setValueInStructuredData` in `filters/replacement/replacement.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

use ecow::EcoString;

use super::path::Matcher;
use crate::render::kustomize::error::{Error, Result};
use crate::render::kustomize::session::Session;
use crate::render::kustomize::tree::{Body, Kind, NodeId, Tree, fragment};

/// Sets a value inside of the first text on the way of a path that is YAML.
///
/// # Errors
/// When there is none, or the rest of the path leads nowhere in it; nothing is changed then.
pub(super) fn set(
    session: &mut Session<'_>,
    root: NodeId,
    value: NodeId,
    path: &[EcoString],
    create: Option<Kind>,
) -> Result<()> {
    let nothing = || Error::new("no structured data found in path");
    let (holder, inner, rest) = holder(session, root, path).ok_or_else(nothing)?;
    let fields = Matcher { create, budget: &mut session.budget }.find(&mut session.tree, inner, rest)?;
    if fields.is_empty() {
        return Err(Error::new("unable to find field in structured data"));
    }
    let tree = &mut session.tree;
    for field in fields {
        if tree.kind(field) == Kind::Scalar {
            tree.get_mut(field).body = Body::Scalar(tree.eco(value));
        } else {
            tree.assign(field, value);
        }
    }
    let text = serialized(tree, inner, tree.text(holder))?;
    tree.get_mut(holder).body = Body::Scalar(text.into());
    Ok(())
}

fn holder<'p>(
    session: &mut Session<'_>,
    root: NodeId,
    path: &'p [EcoString],
) -> Option<(NodeId, NodeId, &'p [EcoString])> {
    for i in 1..path.len() {
        let Ok(Some(field)) = session.tree.lookup(root, &path[..i]) else { continue };
        if session.tree.kind(field) != Kind::Scalar {
            continue;
        }
        let text = session.tree.eco(field);
        if let Ok(inner) = fragment(&mut session.tree, &text, &mut session.budget) {
            return Some((field, inner?, &path[i..]));
        }
    }
    None
}

fn serialized(tree: &Tree, inner: NodeId, before: &str) -> Result<String> {
    if !before.trim_start().starts_with(['{', '[']) {
        return Ok(tree.to_text(inner).trim().to_owned());
    }
    let json = tree.to_json(inner);
    if json.starts_with('<') {
        return Err(Error::new(format!("failed to unmarshal YAML data: {json}")));
    }
    Ok(if before.contains('\n') && before.contains("  ") { indented(&json) } else { json })
}

/// Lays JSON out over lines, with two spaces for each level, as encoding/json does.
fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut level = 0;
    let mut in_string = false;
    let mut chars = json.chars().peekable();
    let line = |out: &mut String, level: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", level));
    };
    while let Some(c) = chars.next() {
        out.push(c);
        match c {
            '\\' if in_string => out.extend(chars.next()),
            '"' => in_string = !in_string,
            _ if in_string => {}
            '{' | '[' => {
                // What is empty stays on its line.
                if let Some(end) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    level += 1;
                    line(&mut out, level);
                }
            }
            '}' | ']' => {
                out.pop();
                level = level.saturating_sub(1);
                line(&mut out, level);
                out.push(c);
            }
            ',' => line(&mut out, level),
            ':' => out.push(' '),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn json_is_laid_out_as_go_does() {
        let json = r#"{"a":[1,{"b":"x:{\"y"}],"c":{},"d":[]}"#;
        let want = "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x:{\\\"y\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}";
        assert_eq!(indented(json), want);
    }
}
