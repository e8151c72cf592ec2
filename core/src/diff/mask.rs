//! What Secrets hold, covered.

use std::collections::BTreeMap;

use ecow::EcoString;

use crate::object::Gvk;
use crate::yaml::{Node, NodeKind};

use super::path::{FieldPath, FieldStep};

// What `kubectl apply` keeps: a copy of the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Covers what a Secret holds: the values of `data` and `stringData`, and the copy of them that kubectl keeps in an
/// annotation. Each becomes `*** (N bytes)`; no digest, which could be guessed. Secrets inside a `List` are covered as
/// well; other objects stay as they are.
pub fn mask_secrets(node: &mut Node, gvk: &Gvk) {
    mask_pair(None, Some(node), gvk);
}

/// Covers both sides of a Secret; a value that differs says so on the new side, also where the lengths are the same.
pub(super) fn mask_pair(before: Option<&mut Node>, after: Option<&mut Node>, gvk: &Gvk) {
    if is_list(gvk) {
        return mask_items(before, after, gvk);
    }
    if !is_secret(gvk) {
        return;
    }
    let mut old = [const { BTreeMap::new() }; 3];
    if let Some(node) = before {
        for (texts, place) in old.iter_mut().zip(&PLACES) {
            cover(node, place, &BTreeMap::new(), Some(texts));
        }
    }
    if let Some(node) = after {
        for (texts, place) in old.iter().zip(&PLACES) {
            cover(node, place, texts, None);
        }
    }
}

/// Covers the two sides of one field of an object, where the field lies in what Secrets hold.
pub fn mask_field(path: &FieldPath, before: &mut Option<Node>, after: &mut Option<Node>, gvk: &Gvk) {
    if let (true, [FieldStep::Key(items), FieldStep::Index(_) | FieldStep::Item(_), rest @ ..]) =
        (is_list(gvk), path.steps())
        && items == "items"
    {
        // Below an item, its kind is out of sight: it is taken for a Secret, which at worst covers too much.
        let whole = after.as_ref().or(before.as_ref()).filter(|_| rest.is_empty() && gvk.kind == "List");
        let of = whole.and_then(Gvk::of).unwrap_or_else(secret);
        return mask_field(&FieldPath(rest.to_vec()), before, after, &of);
    }
    // The field is put back into an otherwise empty object, so that one rule covers fields and objects alike.
    let wrap = |node: Option<Node>| {
        path.steps().iter().rev().fold(node, |inner, step| {
            let FieldStep::Key(key) = step else { return inner };
            let inner = inner?;
            let mut outer = Node::map(inner.span);
            outer.set(key, inner);
            Some(outer)
        })
    };
    let unwrap = |node: Option<Node>| {
        path.steps().iter().fold(node, |outer, step| match step {
            FieldStep::Key(key) => outer?.get(key).cloned(),
            _ => outer,
        })
    };
    let (mut old, mut new) = (wrap(before.take()), wrap(after.take()));
    mask_pair(old.as_mut(), new.as_mut(), gvk);
    (*before, *after) = (unwrap(old), unwrap(new));
}

/// Whether objects of a type hold secrets.
pub(super) fn is_secret(gvk: &Gvk) -> bool {
    gvk.group.is_empty() && gvk.kind == "Secret"
}

// Whether objects of a type hold objects that may be Secrets.
fn is_list(gvk: &Gvk) -> bool {
    gvk.group.is_empty() && matches!(gvk.kind.as_str(), "List" | "SecretList")
}

fn secret() -> Gvk {
    Gvk::new("v1", "Secret")
}

// Items are paired by their place.
fn mask_items(before: Option<&mut Node>, after: Option<&mut Node>, gvk: &Gvk) {
    let (before, after) = (list_items(before), list_items(after));
    for i in 0..before.len().max(after.len()) {
        let (old, new) = (before.get_mut(i), after.get_mut(i));
        // An item without a type is taken for a Secret, and one that was a Secret on either side is one.
        let types = [new.as_deref().and_then(Gvk::of), old.as_deref().and_then(Gvk::of)];
        let mut types = types.into_iter().flatten().filter(|_| gvk.kind == "List");
        let first = types.next().unwrap_or_else(secret);
        let of = if types.any(|other| is_secret(&other)) { secret() } else { first };
        mask_pair(old, new, &of);
    }
}

fn list_items(node: Option<&mut Node>) -> &mut [Node] {
    match node.and_then(|node| node.get_mut("items")).map(|items| &mut items.kind) {
        Some(NodeKind::Seq(items)) => items,
        _ => &mut [],
    }
}

type Place = &'static [&'static str];

const PLACES: [Place; 3] = [&["data"], &["stringData"], &["metadata", "annotations"]];

// Covers the values of the map at a place. `old` holds what the other side has there, `texts` takes what was covered.
fn cover(
    node: &mut Node,
    place: Place,
    old: &BTreeMap<String, EcoString>,
    mut texts: Option<&mut BTreeMap<String, EcoString>>,
) {
    let Some(values) = place.iter().try_fold(node, |node, key| node.get_mut(key)) else { return };
    let Some(entries) = values.as_map_mut() else {
        if !values.is_null() {
            *values = Node::string("***", values.span);
        }
        return;
    };
    for (key, value) in entries {
        let key = key.as_str().unwrap_or_default();
        if place.len() == 2 && key != LAST_APPLIED {
            continue;
        }
        let text = value.as_scalar().map(|scalar| scalar.text.clone()).unwrap_or_default();
        let size = if place == ["data"] { decoded_len(&text) } else { text.len() };
        let changed = if old.get(key).is_some_and(|old| *old != text) { ", changed" } else { "" };
        *value = Node::string(ecow::eco_format!("*** ({size} bytes{changed})"), value.span);
        if let Some(texts) = texts.as_deref_mut() {
            texts.insert(key.to_owned(), text);
        }
    }
}

fn decoded_len(base64: &str) -> usize {
    let digits = base64.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=').count();
    digits * 3 / 4
}
