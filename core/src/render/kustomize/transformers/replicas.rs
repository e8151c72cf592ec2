//! How many replicas there are.

use super::{Transformer, visit_spec};
use crate::render::kustomize::config::Specs;
use crate::render::kustomize::decode::Replica;
use crate::render::kustomize::error::{Error, Result};
use crate::render::kustomize::go;
use crate::render::kustomize::missed::Missed;
use crate::render::kustomize::resid::{ShowGvk, selects};
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::{self, Resource};
use crate::render::kustomize::session::Session;
use crate::render::kustomize::tree::{Create, Kind, NodeId, Tag, Tree};

/// Sets the count of the objects of a name.
#[derive(Debug)]
pub(in crate::render::kustomize) struct Replicas {
    pub(in crate::render::kustomize) replica: Replica,
    pub(in crate::render::kustomize) specs: Specs,
}

impl Replicas {
    fn missed(&self, session: &Session<'_>, map: &ResMap) -> Missed {
        let tree = &session.tree;
        let counted = |resource: &&Resource| self.specs.iter().any(|spec| spec.applies_to(tree, resource.root));
        let counted = map.list().iter().filter(counted);
        let name = &self.replica.name;
        let candidates = counted.map(|resource| resource::metadata_text(tree, resource.root, "name")).collect();
        Missed::new(format!("no object with replicas is called `{name}`"), name.clone(), candidates)
    }
}

impl Transformer for Replicas {
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
        let name = &self.replica.name;
        let places = map.places_by_any_name(session, name);
        let create = Create { kind: Kind::Scalar, tag: Tag::Int };
        let count = self.replica.count.to_string();
        let mut set = |tree: &mut Tree, node: NodeId| tree.set_scalar(node, count.as_str(), Tag::Int);
        let mut found = false;
        for spec in self.specs.iter() {
            for at in &places {
                let resource = map.get(*at);
                let (tree, schemas) = (&session.tree, &session.schemas);
                let ids = resource.previous_ids(tree).chain([resource.id(tree, schemas)]);
                let mut ids = ids.filter(|id| id.name == *name && selects(&spec.gvk, &id.gvk));
                if !resource.is_nothing(tree) && ids.next().is_some() {
                    found = true;
                    let root = resource.root;
                    visit_spec(&mut session.tree, root, spec, Some(create), &mut set)?;
                }
            }
        }
        if found {
            return Ok(());
        }
        session.miss(|session| self.missed(session, map));
        let types: Vec<String> = self.specs.iter().map(|spec| ShowGvk(&spec.gvk).to_string()).collect();
        let types = go::list(&types);
        Err(Error::new(format!("resource with name {name} does not match a config with the following GVK {types}")))
    }
}
