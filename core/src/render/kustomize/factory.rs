//! Texts to resources: what is no object is refused, lists of objects are taken apart.
//!
//! See `resource/factory.go` of <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api> and
//! `kio/byteio_reader.go` of kyaml.

use std::collections::VecDeque;

use crate::source::FileId;

use super::error::{Error, Result};
use super::go;
use super::loader::{Loader, text_of};
use super::resmap::ResMap;
use super::resource::{self, Resource};
use super::session::Session;
use super::tree::{self, Kind, NodeId, Tree};

/// Returns the objects of a text.
///
/// # Errors
/// When the text is no YAML, or a document is no object.
pub(super) fn resources(session: &mut Session<'_>, text: &str, file: FileId) -> Result<Vec<Resource>> {
    let roots = objects(session, text, file)?;
    let mut queue: VecDeque<NodeId> = checked(&session.tree, roots)?.into();
    let mut out = Vec::with_capacity(queue.len());
    while let Some(root) = queue.pop_front() {
        match items(session, root)? {
            // The items of a list come after all that was there.
            Some(items) => queue.extend(items),
            None => out.push(Resource::new(&mut session.tree, root)),
        }
    }
    Ok(out)
}

/// Returns the objects of a text, each with its own id.
///
/// # Errors
/// As [`resources`], and when two objects have the same id.
pub(super) fn resmap(session: &mut Session<'_>, text: &str, file: FileId) -> Result<ResMap> {
    let mut map = ResMap::new();
    for resource in resources(session, text, file)? {
        map.append(session, resource)?;
    }
    Ok(map)
}

/// Returns the objects of a file.
///
/// # Errors
/// As [`resmap`], with the file's path where it is no YAML.
pub(super) fn resmap_of_file(session: &mut Session<'_>, loader: &Loader, path: &str) -> Result<ResMap> {
    let loaded = loader.load(session, path)?;
    in_file(
        path,
        text_of(&loaded.bytes).and_then(|text| {
            let file = session.add_source(&loaded.path, &text);
            resmap(session, &text, file)
        }),
    )
}

/// Returns the objects of a file without asking for their ids.
///
/// # Errors
/// As [`resources`], with the file's path where it is no YAML.
pub(super) fn resources_of_file(session: &mut Session<'_>, loader: &Loader, path: &str) -> Result<Vec<Resource>> {
    let loaded = loader.load(session, path)?;
    in_file(
        path,
        text_of(&loaded.bytes).and_then(|text| {
            let file = session.add_source(&loaded.path, &text);
            resources(session, &text, file)
        }),
    )
}

fn in_file<T>(path: &str, result: Result<T>) -> Result<T> {
    result.map_err(|error| match error.is_malformed() {
        true => Error::malformed(format!("{} in File: {path}", error.message())).at(error.span()),
        false => error,
    })
}

/// Reads documents; a text that is one `List` gives its items.
fn objects(session: &mut Session<'_>, text: &str, file: FileId) -> Result<Vec<NodeId>> {
    let (roots, pieces) = tree::documents(&mut session.tree, text, file, &mut session.budget)?;
    let schemas = &mut session.schemas;
    session.tree.take_types(|comment| schemas.add_comment(comment));
    let tree = &session.tree;
    let is_list = |root: NodeId| {
        matches!(resource::kind(tree, root), "List" | "ResourceList")
            && (tree.field(root, "items").is_some() || tree.field(root, "functionConfig").is_some())
    };
    Ok(match roots.as_slice() {
        [root] if pieces == 1 && is_list(*root) => {
            tree.field(*root, "items").map_or_else(Vec::new, |items| tree.items(items).to_vec())
        }
        _ => roots,
    })
}

/// Leaves out what is empty and refuses what is no object.
fn checked(tree: &Tree, roots: Vec<NodeId>) -> Result<Vec<NodeId>> {
    let filled = roots.into_iter().filter(|root| !tree.is_nothing(*root));
    filled.map(|root| check_metadata(tree, root).map(|()| root)).collect()
}

/// Refuses a document without a kind, or, unless it is a list, without a name.
///
/// # Errors
/// In kyaml's words.
pub(super) fn check_metadata(tree: &Tree, root: NodeId) -> Result<()> {
    let text = |node: Option<NodeId>| node.map_or("", |node| tree.text(node));
    let top = |name| tree.filled_field(root, name);
    let metadata = top("metadata");
    let below = |name| metadata.and_then(|metadata| tree.filled_field(metadata, name));
    let fields = ["apiVersion", "kind"].map(top);
    let more = ["name", "namespace", "labels", "annotations"].map(below);
    let span = tree.get(root).span;
    if fields.iter().chain(&more).all(Option::is_none) {
        return Err(Error::new("missing Resource metadata").at(span));
    }
    let kind = text(fields[1]);
    let shown = || {
        let map = |node: Option<NodeId>| {
            let entries = node.map_or(&[][..], |map| tree.entries(map)).iter();
            go::map(
                entries
                    .map(|(key, value)| (tree.text(*key), if tree.is_null(*value) { "" } else { tree.text(*value) })),
            )
        };
        let [version, kind] = fields.map(text);
        let [name, namespace] = [more[0], more[1]].map(text);
        format!("{{{{{version} {kind}}} {{{{{name} {namespace}}} {} {}}}}}", map(more[2]), map(more[3]))
    };
    if kind.is_empty() {
        return Err(Error::new(format!("missing kind in object {}", shown())).at(span));
    }
    if !kind.ends_with("List") && text(more[0]).is_empty() {
        return Err(Error::new(format!("missing metadata.name in object {}", shown())).at(span));
    }
    Ok(())
}

/// Returns the items of an object that is a list of objects; `None` for any other.
fn items(session: &mut Session<'_>, root: NodeId) -> Result<Option<Vec<NodeId>>> {
    let kind = resource::kind(&session.tree, root).to_owned();
    if !kind.ends_with("List") {
        return Ok(None);
    }
    let decoded = session.tree.check_decodes(root);
    decoded.map_err(|error| {
        let text = session.tree.to_text(root);
        let message = format!("received error {error} for the following resource:\n{text}");
        Error::new(format!("trouble expanding list of {kind}; {message}"))
    })?;
    let Some(items) = session.tree.field(root, "items") else { return Ok(None) };
    if session.tree.is_null(items) {
        return Ok(Some(Vec::new()));
    }
    if session.tree.kind(items) != Kind::Seq {
        let found = if session.tree.kind(items) == Kind::Map { "map[string]interface {}" } else { "string" };
        return Err(Error::new(format!("expected array in {kind}/items, but found {found}")));
    }
    let mut out = Vec::new();
    for item in session.tree.items(items).to_vec() {
        // Kustomize writes each item as JSON and reads that.
        let json = session.tree.to_json(item);
        let roots = objects(session, &json, FileId::NONE)?;
        out.extend(checked(&session.tree, roots)?);
    }
    Ok(Some(out))
}
