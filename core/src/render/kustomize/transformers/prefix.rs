//! What is put before and behind names.

use ecow::{EcoString, eco_format};

use super::{Transformer, keeps_its_name, selected, visit_spec};
use crate::render::kustomize::config::Specs;
use crate::render::kustomize::error::Result;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::Resource;
use crate::render::kustomize::session::Session;
use crate::render::kustomize::tree::{Create, Kind, NodeId, Tag, Tree};

/// Puts a text before names.
#[derive(Debug)]
pub(in crate::render::kustomize) struct Prefix {
    pub(in crate::render::kustomize) prefix: EcoString,
    pub(in crate::render::kustomize) specs: Specs,
}

/// Puts a text behind names.
#[derive(Debug)]
pub(in crate::render::kustomize) struct Suffix {
    pub(in crate::render::kustomize) suffix: EcoString,
    pub(in crate::render::kustomize) specs: Specs,
}

impl Transformer for Prefix {
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
        let note = |resource: &mut Resource| resource.add_prefix(&self.prefix);
        let change = |name: &str| eco_format!("{}{name}", self.prefix);
        rename(session, map, &self.specs, self.prefix.is_empty(), &note, &change)
    }
}

impl Transformer for Suffix {
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
        let note = |resource: &mut Resource| resource.add_suffix(&self.suffix);
        let change = |name: &str| eco_format!("{name}{}", self.suffix);
        rename(session, map, &self.specs, self.suffix.is_empty(), &note, &change)
    }
}

fn rename(
    session: &mut Session<'_>,
    map: &mut ResMap,
    specs: &Specs,
    is_empty: bool,
    note: &dyn Fn(&mut Resource),
    change: &dyn Fn(&str) -> EcoString,
) -> Result<()> {
    let create = Create { kind: Kind::Scalar, tag: Tag::Str };
    let mut set = |tree: &mut Tree, node: NodeId| {
        let text = change(tree.text(node));
        tree.set_scalar(node, text, Tag::Empty)
    };
    for resource in map.renaming() {
        let first = resource.original_id(&session.tree, &session.schemas).gvk;
        if keeps_its_name(&first) {
            continue;
        }
        for spec in selected(specs, &first) {
            if spec.path.as_str() == "metadata/name" {
                note(resource);
                if !is_empty {
                    resource.store_previous_id(&session.tree, &session.schemas);
                }
            }
            visit_spec(&mut session.tree, resource.root, spec, Some(create), &mut set)?;
        }
    }
    Ok(())
}
