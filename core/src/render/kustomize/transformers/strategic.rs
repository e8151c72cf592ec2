//! Strategic merge patches.

use super::Transformer;
use crate::render::kustomize::decode::PatchStrategicMergeConfig;
use crate::render::kustomize::error::{Error, Result};
use crate::render::kustomize::loader::Loader;
use crate::render::kustomize::merge::{Direction, merge};
use crate::render::kustomize::missed::Missed;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::{self, INTERNAL, Resource};
use crate::render::kustomize::session::Session;
use crate::render::kustomize::tree::{Kind, NodeId, Tree};
use crate::render::kustomize::{factory, go};
use crate::source::FileId;

/// Merges each patch with the one object that it names.
#[derive(Debug)]
pub(in crate::render::kustomize) struct StrategicMerge {
    patches: Vec<Resource>,
}

impl StrategicMerge {
    /// Reads the patches. What is listed as a path may be the text of patches.
    ///
    /// # Errors
    /// When a file is missing, a text is no patch, or there are none.
    pub(in crate::render::kustomize) fn new(
        session: &mut Session<'_>,
        loader: &Loader,
        config: &PatchStrategicMergeConfig,
    ) -> Result<StrategicMerge> {
        let paths: Vec<&str> = config.paths.iter().map(|path| path.0.as_str()).collect();
        if paths.is_empty() && config.patches.is_empty() {
            return Err(Error::new("empty file path and empty patch content"));
        }
        let mut patches = Vec::new();
        for path in &paths {
            match factory::resources(session, path, FileId::NONE) {
                Ok(inline) => patches.extend(inline),
                Err(_) => patches.extend(factory::resources_of_file(session, loader, path)?),
            }
        }
        if !config.patches.is_empty() {
            patches.extend(factory::resources(session, &config.patches, FileId::NONE)?);
        }
        if patches.is_empty() {
            let files = go::list(&paths);
            return Err(Error::new(format!("patch appears to be empty; files={files}, Patch={}", config.patches)));
        }
        Ok(StrategicMerge { patches })
    }
}

impl Transformer for StrategicMerge {
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
        for patch in &self.patches {
            let id = patch.original_id(&session.tree, &session.schemas);
            let at = map.by_any_id(session, &id).map_err(|error| {
                session.miss(|session| Missed::object(session, map, &id.gvk.kind, &id.name, "so the patch fails"));
                error.at(session.tree.get(patch.root).span)
            })?;
            apply_to_all(session, map, &[at], patch)?;
        }
        Ok(())
    }
}

/// Applies a patch to some resources: it takes the type of each, and its labels and annotations become strings.
///
/// # Errors
/// When it does not fit one, or two resources have the same id afterwards.
pub(super) fn apply_to_all(
    session: &mut Session<'_>,
    map: &mut ResMap,
    places: &[usize],
    patch: &Resource,
) -> Result<()> {
    for at in places {
        session.check_size()?;
        map.change(session, *at, |session, resource| {
            let tree = &mut session.tree;
            let own = Resource { root: tree.copy(patch.root), ..patch.clone() };
            let kind = resource::kind(tree, patch.root).to_owned();
            let version = resource::api_version(tree, resource.root).to_owned();
            // Kustomize goes on when this fails.
            drop(own.clone().take_identity_of(tree, patch));
            drop(resource::set_kind(tree, own.root, &kind));
            drop(resource::set_api_version(tree, own.root, &version));
            merge_into(session, resource, &own)
        })?;
    }
    map.drop_nothings(&session.tree);
    map.check_unique(session)
}

/// Applies a patch to a resource, which keeps its name, kind and namespace, as far as the patch may not change them.
///
/// # Errors
/// When it does not fit.
pub(super) fn apply(session: &mut Session<'_>, resource: &mut Resource, patch: &Resource) -> Result<()> {
    let own = Resource { root: session.tree.copy(patch.root), ..patch.clone() };
    merge_into(session, resource, &own)
}

fn merge_into(session: &mut Session<'_>, resource: &mut Resource, patch: &Resource) -> Result<()> {
    let (tree, root) = (&session.tree, resource.root);
    let name = resource::metadata_text(tree, root, "name");
    let namespace = resource::metadata_text(tree, root, "namespace");
    let kind = resource::kind(tree, root).to_owned();
    let Allowed { name_change, kind_change } = Allowed::of(patch);
    if name_change || kind_change {
        resource.store_previous_id(tree, &session.schemas);
    }
    let revealed = touches_annotations(tree, patch.root);
    if revealed {
        resource.reveal(&mut session.tree)?;
    }
    let merged = merge(&mut session.tree, &session.schemas, patch.root, root, Direction::Prepend)?;
    if merged.is_none() {
        resource.deleted = true;
        return Ok(());
    }
    if revealed {
        resource.conceal(&mut session.tree);
    }
    let tree = &mut session.tree;
    if tree.is_nothing(root) {
        return Ok(());
    }
    if !kind_change {
        drop(resource::set_kind(tree, root, &kind));
    }
    if !name_change {
        drop(resource::set_name(tree, root, &name));
    }
    drop(resource::set_namespace(tree, root, &namespace));
    Ok(())
}

struct Allowed {
    name_change: bool,
    kind_change: bool,
}

impl Allowed {
    fn of(patch: &Resource) -> Allowed {
        Allowed { name_change: patch.build.allow_name_change, kind_change: patch.build.allow_kind_change }
    }
}

/// Whether a patch says something of the annotations as a whole, and so of those that kustomize keeps there.
fn touches_annotations(tree: &Tree, patch: NodeId) -> bool {
    let is_plain =
        |map: NodeId| tree.kind(map) == Kind::Map && !tree.is_null(map) && tree.field(map, "$patch").is_none();
    let Some(metadata) = tree.field(patch, "metadata") else { return false };
    if !is_plain(metadata) {
        return true;
    }
    let Some(annotations) = tree.field(metadata, "annotations") else { return false };
    let is_internal = |key: NodeId| tree.text(key).starts_with(INTERNAL);
    !is_plain(annotations) || tree.entries(annotations).iter().any(|(key, _)| is_internal(*key))
}
