//! `$patch` in maps and lists.

use crate::render::kustomize::error::{Error, Result};
use crate::render::kustomize::tree::{Kind, NodeId, Tree};

const MARKER: &str = "$patch";

/// What a patch says of the map or list that it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive {
    Merge,
    Replace,
    Delete,
}

fn parse(text: &str) -> Result<Directive> {
    match text {
        "delete" => Ok(Directive::Delete),
        "replace" => Ok(Directive::Replace),
        "merge" => Ok(Directive::Merge),
        other => Err(Error::new(format!("unknown patch strategy '{other}'"))),
    }
}

/// Takes the directive out of a map.
///
/// # Errors
/// When it is unknown, or the node is no map.
pub(super) fn of_map(tree: &mut Tree, patch: NodeId) -> Result<Directive> {
    if tree.kind(patch) != Kind::Map {
        let (tag, text) = (tree.get(patch).tag.short(tree.kind(patch)), tree.to_text(patch));
        return Err(Error::new(format!("no implemented strategic merge patch strategy for '{tag}' ('{text}')")));
    }
    let Some(value) = tree.field(patch, MARKER) else { return Ok(Directive::Merge) };
    let directive = parse(tree.text(value)).map_err(|error| error.at(tree.get(value).span))?;
    tree.clear_field(patch, MARKER)?;
    Ok(directive)
}

/// Takes the directive out of a list: an item with nothing but it.
///
/// # Errors
/// When it is unknown.
pub(super) fn of_list(tree: &mut Tree, patch: NodeId) -> Result<Directive> {
    let mut found = None;
    for item in tree.items(patch) {
        if let Some(value) = tree.field(*item, MARKER) {
            found = Some((*item, value));
            break;
        }
    }
    let Some((item, value)) = found else { return Ok(Directive::Merge) };
    if tree.entries(item).len() > 1 {
        return Ok(Directive::Merge);
    }
    let text = tree.eco(value);
    let directive = parse(&text).map_err(|error| error.at(tree.get(value).span))?;
    let stays = |tree: &Tree, item: NodeId| {
        !tree.is_empty_map(item) && tree.field(item, MARKER).is_none_or(|value| tree.text(value) != text)
    };
    let kept: Vec<NodeId> = tree.items(patch).iter().copied().filter(|item| stays(tree, *item)).collect();
    if let Some(items) = tree.items_mut(patch) {
        *items = kept;
    }
    Ok(directive)
}
