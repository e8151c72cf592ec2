//! The hash that the names of generated ConfigMaps and Secrets end in.
//!
//! See `hasher/hasher.go` of <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>. The name itself is
//! looked up under a path that is no path there, so it counts as empty.

use sha2::{Digest, Sha256};

use super::Transformer;
use crate::render::kustomize::error::{Error, Result};
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource;
use crate::render::kustomize::session::Session;
use crate::render::kustomize::tree::{Kind, NodeId, Tree};

/// [`add_hashes`] as a step that a configuration asks for.
#[derive(Debug)]
pub(in crate::render::kustomize) struct HashTransformer;

impl Transformer for HashTransformer {
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
        add_hashes(session, map)
    }
}

/// Puts the hash behind the names that want one.
///
/// # Errors
/// When the content of one is nothing that JSON can say.
pub(in crate::render::kustomize) fn add_hashes(session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
    for resource in map.renaming().iter_mut().filter(|resource| resource.build.needs_hash) {
        let hash = hash(&session.tree, resource.root)?;
        resource.store_previous_id(&session.tree, &session.schemas);
        let name = resource::metadata_text(&session.tree, resource.root, "name");
        resource::set_name(&mut session.tree, resource.root, &format!("{name}-{hash}"))?;
    }
    Ok(())
}

/// Returns the hash of a document.
fn hash(tree: &Tree, root: NodeId) -> Result<String> {
    let kind = resource::kind(tree, root);
    // Go writes the keys of a map sorted.
    let text = match kind {
        "ConfigMap" => {
            let binary = optional(tree, root, "binaryData")?;
            format!("{{{binary}\"data\":{},\"kind\":\"ConfigMap\",\"name\":\"\"}}", value(tree, root, "data")?)
        }
        "Secret" => {
            let strings = optional(tree, root, "stringData")?;
            format!(
                "{{\"data\":{},\"kind\":\"Secret\",\"name\":\"\",{strings}\"type\":{}}}",
                value(tree, root, "data")?,
                value(tree, root, "type")?
            )
        }
        _ => return Err(Error::new(format!("a {kind} has no hash")).at(tree.get(root).span)),
    };
    Ok(encode(&Sha256::digest(text)))
}

/// Returns a field as JSON: a map as it is, a scalar as its text.
fn value(tree: &Tree, root: NodeId, field: &str) -> Result<String> {
    match tree.field(root, field) {
        Some(node) if tree.kind(node) == Kind::Map => map(tree, node),
        // kustomize expects maps and takes what is no map for nothing.
        Some(node) if tree.kind(node) == Kind::Seq => Ok("null".to_owned()),
        Some(node) => Ok(json(tree.text(node))),
        None => Ok("\"\"".to_owned()),
    }
}

/// Returns a field with its name, and a comma behind it, if it is a map.
fn optional(tree: &Tree, root: NodeId, field: &str) -> Result<String> {
    match tree.field(root, field) {
        Some(node) if tree.kind(node) == Kind::Map => Ok(format!("\"{field}\":{},", map(tree, node)?)),
        _ => Ok(String::new()),
    }
}

fn map(tree: &Tree, node: NodeId) -> Result<String> {
    let text = tree.to_json(node);
    match text.strip_prefix('<') {
        Some(error) => Err(Error::new(error.trim_end_matches('>')).at(tree.get(node).span)),
        None => Ok(text),
    }
}

fn json(text: &str) -> String {
    crate::yaml::to_json(&crate::value::Value::from(text)).unwrap_or_default()
}

/// Returns the first ten digits, those that could spell words replaced.
fn encode(digest: &[u8]) -> String {
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).take(10);
    digits.map(|digit| char::from(b"gh2k456789mbcdtf"[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::tree::{Budget, documents};
    use super::*;
    use crate::source::FileId;

    fn of(text: &str) -> String {
        let mut tree = Tree::new();
        let mut budget = Budget { copies: 100, depth: 20 };
        let (roots, _) = documents(&mut tree, text, FileId::NONE, &mut budget).expect("a valid document in a test");
        hash(&tree, roots[0]).expect("a hash in a test")
    }

    #[test]
    fn hashes_are_those_of_kustomize() {
        // From hasher_test.go and from what kustomize prints.
        assert_eq!(of("kind: ConfigMap\n"), "6ct58987ht");
        assert_eq!(of("kind: ConfigMap\ndata: {one: ''}\n"), "9g67k2htb6");
        assert_eq!(of("kind: Secret\ntype: my-type\n"), "5gmgkf8578");
        assert_eq!(of("kind: Secret\ntype: my-type\ndata: {one: ''}\n"), "74bd68bm66");
    }
}
