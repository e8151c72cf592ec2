//! References in custom resources, as their definitions have them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{BackReference, Config, Spec};
use crate::object::Gvk;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource;
use crate::render::kustomize::session::Session;

/// Returns the fields of the resources that hold names of others, where definitions of their types are known.
pub(in crate::render::kustomize) fn of_definitions(session: &Session<'_>, map: &ResMap) -> Arc<Config> {
    let tree = &session.tree;
    let there = map.list().iter().filter(|resource| !resource.is_nothing(tree));
    let types: BTreeSet<Gvk> = there.map(|resource| resource::gvk(tree, resource.root)).collect();
    let mut referrers: BTreeMap<Gvk, Vec<Spec>> = BTreeMap::new();
    for gvk in types {
        for reference in session.schemas.references(&gvk) {
            // The names of the core group go without a group, which then means any: the version tells it apart.
            let version = if reference.group.is_empty() { "v1" } else { "" };
            let target = Gvk { group: reference.group, version: version.into(), kind: reference.kind };
            referrers.entry(target).or_default().push(Spec::new(gvk.clone(), reference.path, false));
        }
    }
    let references = referrers.into_iter().map(|(gvk, referrers)| BackReference { gvk, referrers: referrers.into() });
    Arc::new(Config { name_reference: references.collect(), ..Config::default() })
}
