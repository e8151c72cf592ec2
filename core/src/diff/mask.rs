//! Hiding the values of Secrets.

use crate::object::Gvk;
use crate::yaml::{Node, NodeKind};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Replaces all values of `data` and `stringData` of a Secret, and its last applied configuration, by a placeholder
/// that tells only their size, as `*** (12 bytes)`. Secrets in a list of objects are masked as well; other objects
/// stay as they are.
pub fn mask_secrets(node: &mut Node, gvk: &Gvk) {
    mask(node, gvk, None);
}

/// Masks the two states of an object; a value that differs is marked as changed in the second.
pub(super) fn mask_pair(before: &mut Node, after: &mut Node, gvk: &Gvk) {
    let old = is_masked(gvk).then(|| before.clone());
    mask(before, gvk, None);
    mask(after, gvk, old.as_ref());
}

fn is_masked(gvk: &Gvk) -> bool {
    gvk.group.is_empty() && matches!(gvk.kind.as_str(), "Secret" | "SecretList" | "List")
}

fn mask(node: &mut Node, gvk: &Gvk, old: Option<&Node>) {
    if !is_masked(gvk) {
        return;
    }
    if gvk.kind != "Secret" {
        let old = old.and_then(|old| old.get("items")).and_then(Node::as_seq).unwrap_or_default();
        if let Some(Node { kind: NodeKind::Seq(items), .. }) = node.get_mut("items") {
            for (i, item) in items.iter_mut().enumerate() {
                let secret = Gvk::new("v1", "Secret");
                let of = if gvk.kind == "SecretList" { secret } else { Gvk::of(item).unwrap_or_default() };
                mask(item, &of, old.get(i));
            }
        }
        return;
    }
    for field in ["data", "stringData"] {
        let old = old.and_then(|old| old.get(field));
        match node.get_mut(field) {
            Some(Node { kind: NodeKind::Map(entries), .. }) => {
                for (key, value) in entries {
                    hide(value, old.and_then(|old| old.get(key.as_str()?)), field == "data");
                }
            }
            Some(value) => hide(value, old, false),
            None => {}
        }
    }
    let annotations = |node: &'_ Node| node.get("metadata")?.get("annotations")?.get(LAST_APPLIED).cloned();
    let old = old.and_then(annotations);
    let value = node.get_mut("metadata").and_then(|node| node.get_mut("annotations"));
    if let Some(value) = value.and_then(|node| node.get_mut(LAST_APPLIED)) {
        hide(value, old.as_ref(), false);
    }
}

fn hide(value: &mut Node, old: Option<&Node>, base64: bool) {
    let changed = if old.is_some_and(|old| old.to_value() != value.to_value()) { ", changed" } else { "" };
    let size = match value.as_scalar() {
        Some(scalar) => format!("{} bytes", if base64 { decoded(&scalar.text) } else { scalar.text.len() }),
        None => value.kind_name().to_owned(),
    };
    *value = Node::string(format!("*** ({size}{changed})"), value.span);
}

// The size that base64 stands for, without decoding it.
fn decoded(text: &str) -> usize {
    text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=').count() * 3 / 4
}
