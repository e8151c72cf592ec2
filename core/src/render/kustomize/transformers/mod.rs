//! What changes resources: one file for each transformer.
//!
//! See `internal/builtins` and `internal/target/kusttarget_configplugin.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>. A transformer is configured before any of its
//! kustomization runs, so a missing file is reported before a patch that does not apply.

mod annotations;
mod hash;
mod images;
mod json_patch;
mod labels;
mod name_refs;
mod namespace;
mod patch;
mod prefix;
mod replacements;
mod replicas;
mod sort;
mod strategic;
mod value_add;
mod vars;

pub(super) use annotations::Annotations;
pub(super) use hash::{HashTransformer, add_hashes};
pub(super) use images::{Images, split as split_image};
pub(super) use json_patch::JsonPatch;
pub(super) use labels::Labels;
pub(super) use name_refs::fix_references;
pub(super) use namespace::Namespace;
pub(super) use patch::PatchTransformer;
pub(super) use prefix::{Prefix, Suffix};
pub(super) use replacements::Replacements;
pub(super) use replicas::Replicas;
pub(super) use sort::{sort, sort_as_ever};
pub(super) use strategic::StrategicMerge;
pub(super) use value_add::ValueAdd;
pub(super) use vars::resolve_vars;

use super::config::{Config, Spec, Specs};
use super::decode::{self, GoType, PatchJson6902Config, PatchStrategicMergeConfig, ReplacementConfig, SubjectMode};
use super::error::{Result, Wrap};
use super::origin::{Origin, note_step};
use super::place::Place;
use super::resmap::ResMap;
use super::resource::{self, Resource};
use super::session::Session;
use super::target::Target;
use super::tree::{Create, NodeId, Tree};

/// Changes resources.
pub(super) trait Transformer {
    /// Changes the resources of a kustomization.
    ///
    /// # Errors
    /// When it does not fit them.
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()>;
}

/// A transformer, with what is noted on the resources that it goes over.
pub(super) struct Step {
    pub(super) transformer: Box<dyn Transformer>,
    pub(super) origin: Option<Origin>,
    /// Where it is asked for.
    pub(super) place: Place,
}

/// Runs transformers one after the other.
///
/// # Errors
/// Those of the first that fails.
pub(super) fn run(session: &mut Session<'_>, map: &mut ResMap, steps: &[Step]) -> Result<()> {
    for step in steps {
        let before = session.before_step(map.list());
        let since = session.missed_so_far();
        session.step = step.place;
        let transformed = step.transformer.transform(session, map);
        transformed.map_err(|error| session.fail(error, step.place, since))?;
        session.trace(map.list(), step.place.field, step.place);
        session.check_size()?;
        if let Some(origin) = &step.origin {
            map.list().iter().try_for_each(|resource| note_step(session, resource, origin))?;
        }
        map.drop_nothings(&session.tree);
        session.trace_dropped(before.as_ref(), map.list());
    }
    Ok(())
}

/// Returns the transformers that the fields of a kustomization ask for, in kustomize's order.
///
/// # Errors
/// When the configuration of one is wrong, or a file of it is missing.
pub(super) fn of_kustomization(session: &mut Session<'_>, target: &Target, config: &Config) -> Result<Vec<Step>> {
    let kustomization = &target.kustomization;
    let mut steps = Steps { target, steps: Vec::new() };
    if !kustomization.patches_strategic_merge.is_empty() {
        let config = PatchStrategicMergeConfig {
            paths: kustomization.patches_strategic_merge.clone(),
            ..PatchStrategicMergeConfig::default()
        };
        let place = target.place("patchesStrategicMerge");
        let made = StrategicMerge::new(session, &target.loader, &config);
        steps.configured(session, place, "PatchStrategicMergeTransformer", made, &config)?;
    }
    for (at, patch) in kustomization.patches.iter().enumerate() {
        let place = target.place("patches").entry(at);
        let made = PatchTransformer::new(session, &target.loader, patch);
        steps.configured(session, place, "PatchTransformer", made, patch)?;
    }
    if !kustomization.namespace.is_empty() {
        let namespace = kustomization.namespace.clone();
        let place = target.place("namespace");
        let made = Namespace::new(namespace, config.namespace.clone(), false, &SubjectMode::default());
        let made = made.map_err(|error| session.locate(error, place))?;
        steps.add(place, "NamespaceTransformer", made);
    }
    if !kustomization.name_prefix.is_empty() {
        let prefix = kustomization.name_prefix.clone();
        steps.add(
            target.place("namePrefix"),
            "PrefixTransformer",
            Prefix { prefix, specs: config.name_prefix.clone() },
        );
    }
    if !kustomization.name_suffix.is_empty() {
        let suffix = kustomization.name_suffix.clone();
        steps.add(
            target.place("nameSuffix"),
            "SuffixTransformer",
            Suffix { suffix, specs: config.name_suffix.clone() },
        );
    }
    if !kustomization.labels.is_empty() || !kustomization.common_labels.0.is_empty() {
        for (at, label) in kustomization.labels.iter().enumerate() {
            steps.add(target.place("labels").entry(at), "LabelTransformer", Labels::of_label(label, config)?);
        }
        let labels = kustomization.common_labels.clone();
        steps.add(
            target.place("commonLabels"),
            "LabelTransformer",
            Labels { labels, specs: config.common_labels.clone() },
        );
    }
    if !kustomization.common_annotations.0.is_empty() {
        let annotations = kustomization.common_annotations.clone();
        let made = Annotations { annotations, specs: config.common_annotations.clone() };
        steps.add(target.place("commonAnnotations"), "AnnotationsTransformer", made);
    }
    for (at, patch) in kustomization.patches_json6902.iter().enumerate() {
        let place = target.place("patchesJson6902").entry(at);
        let config = PatchJson6902Config {
            target: patch.target.clone(),
            path: patch.path.clone(),
            json_op: patch.patch.clone(),
        };
        let made = JsonPatch::new(session, &target.loader, &config);
        steps.configured(session, place, "PatchJson6902Transformer", made, &config)?;
    }
    for (at, replica) in kustomization.replicas.iter().enumerate() {
        let made = Replicas { replica: replica.clone(), specs: config.replicas.clone() };
        steps.add(target.place("replicas").entry(at), "ReplicaCountTransformer", made);
    }
    steps.add_images(session, kustomization, config)?;
    if !kustomization.replacements.is_empty() {
        let config = ReplacementConfig { replacements: kustomization.replacements.clone() };
        let place = target.place("replacements");
        let made = Replacements::new(session, &target.loader, &config);
        steps.configured(session, place, "ReplacementTransformer", made, &config)?;
    }
    Ok(steps.steps)
}

struct Steps<'t> {
    target: &'t Target,
    steps: Vec<Step>,
}

impl Steps<'_> {
    fn add(&mut self, place: Place, kind: &str, transformer: impl Transformer + 'static) {
        let origin = self.target.origin.as_ref().map(|origin| origin.of_builtin(self.target.file, kind));
        self.steps.push(Step { transformer: Box::new(transformer), origin, place });
    }

    fn configured(
        &mut self,
        session: &Session<'_>,
        place: Place,
        kind: &str,
        made: Result<impl Transformer + 'static>,
        config: &impl GoType,
    ) -> Result<()> {
        let made = made
            .wrap(|| format!("trouble configuring builtin {kind} with config: `\n{}`", decode::write(config)))
            .map_err(|error| session.locate(error, place))?;
        self.add(place, kind, made);
        Ok(())
    }

    /// Images that follow each other are looked for together, unless each has to be noted.
    fn add_images(
        &mut self,
        session: &Session<'_>,
        kustomization: &decode::Kustomization,
        config: &Config,
    ) -> Result<()> {
        let images = &kustomization.images;
        let place = self.target.place("images");
        let size = if self.target.origin.is_some() || session.tracer.is_some() { 1 } else { images.len().max(1) };
        for (at, images) in images.chunks(size).enumerate() {
            let place = if size == 1 { place.entry(at) } else { place };
            let made = Images::new(images.to_vec(), config.images.clone());
            let made = made.map_err(|error| session.locate(error, place))?;
            self.add(place, "ImageTagTransformer", made);
        }
        Ok(())
    }
}

/// Calls a function for the fields of a document that some specs name.
///
/// # Errors
/// Those of the function, with the field and the object.
fn visit_specs(
    tree: &mut Tree,
    root: NodeId,
    specs: &Specs,
    create: Option<Create>,
    set: &mut dyn FnMut(&mut Tree, NodeId) -> Result<()>,
) -> Result<()> {
    for spec in specs.iter() {
        visit_spec(tree, root, spec, create, set)?;
    }
    Ok(())
}

fn visit_spec(
    tree: &mut Tree,
    root: NodeId,
    spec: &Spec,
    create: Option<Create>,
    set: &mut dyn FnMut(&mut Tree, NodeId) -> Result<()>,
) -> Result<()> {
    if !spec.applies_to(tree, root) {
        return Ok(());
    }
    let create = create.filter(|_| spec.create);
    let visited = tree.visit(root, &spec.path, create, set);
    visited.map_err(|error| {
        let id = document_id(tree, root);
        error.wrap(format!("considering field '{}' of object {id}", spec.path.as_str()))
    })
}

/// Returns the id of a document as messages show it.
fn document_id(tree: &Tree, root: NodeId) -> super::resid::ResId {
    super::resid::ResId {
        gvk: resource::gvk(tree, root),
        name: resource::metadata_text(tree, root, "name"),
        namespace: resource::metadata_text(tree, root, "namespace"),
        cluster_scoped: false,
    }
}

/// Whether a kind keeps its name whatever is put before or behind names.
fn keeps_its_name(gvk: &crate::object::Gvk) -> bool {
    match gvk.kind.as_str() {
        "CustomResourceDefinition" | "Namespace" => true,
        "APIService" => gvk.group == "apiregistration.k8s.io",
        _ => false,
    }
}

/// Returns the specs of a list that a type, as it was first, is selected by.
fn selected<'s>(specs: &'s Specs, gvk: &crate::object::Gvk) -> impl Iterator<Item = &'s Spec> {
    specs.iter().filter(move |spec| super::resid::selects(&spec.gvk, gvk))
}
