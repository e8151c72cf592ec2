//! The transformer engine for rhumb's own overlays: what `overlay.yaml` says, carried out on the objects of any package.
//!
//! It is kustomize's engine in another dialect. The types are those of the chosen version of Kubernetes and of the
//! definitions that the build knows. What is for nothing that is there, and what would lose data, is an error. No two
//! fields share a node, and a text stays a text whatever it looks like.
//!
//! Objects keep their places: each step is given all objects anew ([`import`]), and only what it changed is taken over
//! ([`export`]), with the line of the overlay that asked for it. What a step leaves for later ones (former names, whether
//! a name wants a hash) stands beside the object, as [`Past`](crate::object::Past).

mod export;
mod import;
mod marks;
mod steps;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use ecow::EcoString;

use super::config::{Config, of_definitions};
use super::error::Result;
use super::resmap::ResMap;
use super::session::Session;
use super::transformers::{add_hashes, fix_references};
use super::{LoadRestrictions, NoCharts, Options};
use crate::diag::{Diagnostic, Diagnostics};
use crate::object::{Item, ObjectKey, ObjectSet, TypeFacts};
use crate::package::Transformation;
use crate::source::{Files, Limits, Span, VPath};
use crate::value::ValuePath;
use crate::yaml::Node;

use export::Export;
use marks::Marks;

/// What a step changed in one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The object, as it was named before the step.
    pub object: ObjectKey,
    /// The object, as it is named after the step.
    pub now: ObjectKey,
    /// The fields that were set, each with the line that asked for it; the root for an object that was made.
    pub fields: Vec<(ValuePath, Span)>,
}

/// Carries out the steps of overlays.
pub struct Transformers<'a> {
    files: &'a dyn Files,
    facts: Arc<dyn TypeFacts + Send + Sync>,
    options: Options,
}

impl<'a> Transformers<'a> {
    /// Returns the engine for packages in these files and objects of these types.
    pub fn new(files: &'a dyn Files, facts: Arc<dyn TypeFacts + Send + Sync>, limits: &Limits) -> Transformers<'a> {
        let options =
            Options { load_restrictions: LoadRestrictions::None, limits: limits.clone(), ..Options::default() };
        Transformers { files, facts, options }
    }

    /// Carries out a step of an overlay, whose folder is given with the options that all its generators share.
    ///
    /// # Errors
    /// When it does not fit the objects, which stay as they were.
    pub fn run(
        &self,
        step: &Transformation,
        folder: &VPath,
        generator_options: Option<&Node>,
        set: &mut ObjectSet,
    ) -> std::result::Result<Vec<Changed>, Diagnostics> {
        let mut session = self.session();
        let (places, mut map) = import::resources(&mut session, set);
        let config = Config::defaults();
        let done = steps::run(&mut session, &mut map, step, folder, generator_options, &config);
        self.refuse(&session, step, done)?;
        let source = folder.join("overlay.yaml").map(|file| self.files.display_name(&file)).unwrap_or_default();
        let (tree, limits, marks) = (&session.tree, &self.options.limits, &Marks::of(step));
        Export { tree, places: &places, marks, limits, step: Some(step), source: &source }.take_over(&map, set)
    }

    /// Does what is done once after all steps of all overlays: puts hashes behind the names of generated objects, and
    /// brings references to renamed objects up to date.
    ///
    /// # Errors
    /// When a reference may mean several objects.
    pub fn finish(&self, set: &mut ObjectSet) -> std::result::Result<Vec<Changed>, Diagnostics> {
        if set.objects().all(|object| object.past.is_none()) {
            return Ok(Vec::new());
        }
        let mut session = self.session();
        let (places, mut map) = import::resources(&mut session, set);
        let defined = of_definitions(&session, &map);
        let done = add_hashes(&mut session, &mut map).and_then(|()| {
            let config = Config::defaults().merged(&defined)?;
            fix_references(&mut session, &mut map, &config.name_reference)
        });
        let renamed = renamed(&session, &map, set, &places);
        if let Err(error) = done {
            let span = if error.span().is_none() { renamed.last } else { error.span() };
            return Err(Diagnostic::error("overlay-reference", error.message()).at(span).into());
        }
        let marks = &Marks::of_names(renamed.names, renamed.last);
        let (tree, limits) = (&session.tree, &self.options.limits);
        Export { tree, places: &places, marks, limits, step: None, source: "" }.take_over(&map, set)
    }

    fn session(&self) -> Session<'_> {
        let mut session = Session::new(self.files, &NoCharts, &self.options);
        session.schemas.choose(self.facts.clone());
        session.watch();
        session
    }

    /// What was for nothing is told in its own words; an error then only repeats it.
    fn refuse(
        &self,
        session: &Session<'_>,
        step: &Transformation,
        done: Result<()>,
    ) -> std::result::Result<(), Diagnostics> {
        let mut findings: Diagnostics =
            session.missed.iter().flatten().map(|missed| missed.finding(step.span)).collect();
        if let (Err(error), true) = (done, findings.is_empty()) {
            let finding = Diagnostic::error("overlay-step", error.message()).at(step.span);
            let finding = match error.span() {
                span if span.is_none() => finding,
                span => finding.label(span, 0, "it is about this"),
            };
            findings.push(finding.note(format!("in `{}`", step.kind.field())));
        }
        if findings.is_empty() { Ok(()) } else { Err(findings) }
    }
}

/// Which line renamed the objects of a name.
struct Renamed {
    names: HashMap<EcoString, Span>,
    last: Span,
}

fn renamed(session: &Session<'_>, map: &ResMap, set: &ObjectSet, places: &[usize]) -> Renamed {
    let mut renamed = Renamed { names: HashMap::new(), last: Span::NONE };
    for (resource, place) in map.list().iter().zip(places) {
        let Some(Item::Object(object)) = set.items().get(*place) else { continue };
        let Some(past) = object.past.as_ref().filter(|past| !past.renamed.is_none()) else { continue };
        let now = super::resource::metadata_text(&session.tree, resource.root, "name");
        renamed.names.insert(now, past.renamed);
        renamed.last = if renamed.last.is_none() { past.renamed } else { renamed.last.max(past.renamed) };
    }
    renamed
}
