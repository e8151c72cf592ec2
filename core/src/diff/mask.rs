//! What Secrets hold, covered.

use std::collections::BTreeMap;

use ecow::EcoString;

use crate::object::Gvk;
use crate::yaml::Node;

use super::path::{FieldPath, FieldStep};

// What `kubectl apply` keeps: a copy of the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Covers what a Secret holds: the values of `data` and `stringData`, and the copy of them that kubectl keeps in an
/// annotation. Each becomes `*** (N bytes)`; no digest, which could be guessed. Other objects stay as they are.
pub fn mask_secrets(node: &mut Node, gvk: &Gvk) {
    mask_pair(None, Some(node), gvk);
}

/// Covers both sides of a Secret; a value that differs says so on the new side, also where the lengths are the same.
pub(super) fn mask_pair(before: Option<&mut Node>, after: Option<&mut Node>, gvk: &Gvk) {
    if !is_secret(gvk) {
        return;
    }
    let mut old = [const { BTreeMap::new() }; 3];
    if let Some(node) = before {
        for (texts, place) in old.iter_mut().zip(&PLACES) {
            cover(node, *place, &BTreeMap::new(), Some(texts));
        }
    }
    if let Some(node) = after {
        for (texts, place) in old.iter().zip(&PLACES) {
            cover(node, *place, texts, None);
        }
    }
}

/// Covers the two sides of one field of an object, where the field lies in what Secrets hold.
pub(super) fn mask_field(path: &FieldPath, before: &mut Option<Node>, after: &mut Option<Node>, gvk: &Gvk) {
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
