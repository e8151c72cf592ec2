//! What a build has and has found so far.

use std::collections::{HashMap, HashSet};

use ecow::EcoString;

use crate::source::{FileId, Files, Limits, SourceMap, VPath};

use super::charts::ChartInflator;
use super::error::{Error, Result};
use super::missed::{MOST, Missed};
use super::place::Place;
use super::resource::Resource;
use super::schema::Schemas;
use super::trace::Tracer;
use super::tree::{Budget, NodeId, TEXT, Tree};
use super::{Options, Warning};

/// One build: its documents, what it knows of types, what it reads from, and what it has to say beside its result.
pub(super) struct Session<'a> {
    pub(super) tree: Tree,
    pub(super) schemas: Schemas,
    pub(super) files: &'a dyn Files,
    pub(super) charts: &'a dyn ChartInflator,
    pub(super) options: &'a Options,
    pub(super) sources: SourceMap,
    pub(super) warnings: Vec<Warning>,
    /// What is for nothing that is there, where somebody wants to know.
    pub(super) missed: Option<Vec<Missed>>,
    /// The step that is carried out.
    pub(super) step: Place,
    /// Where each var is defined.
    pub(super) var_places: HashMap<EcoString, Place>,
    pub(super) budget: Budget,
    /// What happened so far, when somebody wants to know.
    pub(super) tracer: Option<Tracer>,
    kustomizations: usize,
}

/// How many bytes of output a node stands for where the size of a build is limited.
const BYTES_OF_NODE: usize = 16;

/// More kustomizations than any build reads; folders that refer to each other in many ways end here.
const KUSTOMIZATIONS: usize = 20_000;

impl<'a> Session<'a> {
    pub(super) fn new(files: &'a dyn Files, charts: &'a dyn ChartInflator, options: &'a Options) -> Session<'a> {
        let mut schemas = Schemas::default();
        if let Some(defined) = &options.defined {
            schemas.define(defined.0.clone());
        }
        Session {
            tree: Tree::new(),
            schemas,
            files,
            charts,
            options,
            sources: SourceMap::new(),
            warnings: Vec::new(),
            missed: options.watch.then(Vec::new),
            step: Place::NONE,
            var_places: HashMap::new(),
            budget: Budget::new(&options.limits),
            tracer: options.trace.then(Tracer::default),
            kustomizations: 0,
        }
    }

    pub(super) fn limits(&self) -> &'a Limits {
        &self.options.limits
    }

    /// Returns the absolute path of a path of the tree.
    pub(super) fn shown(&self, path: &VPath) -> String {
        match (self.options.root.trim_end_matches('/'), path.as_str()) {
            ("", "") => "/".to_owned(),
            (root, "") => root.to_owned(),
            (root, path) => format!("{root}/{path}"),
        }
    }

    /// Returns the path of the tree that an absolute path is; `None` outside of the tree.
    pub(super) fn vpath(&self, shown: &str) -> Option<VPath> {
        let rest = shown.strip_prefix(self.options.root.trim_end_matches('/'))?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        VPath::parse(rest.trim_start_matches('/')).ok()
    }

    /// Notes what a step made of some resources, when somebody wants to know.
    pub(super) fn trace(&mut self, resources: &[Resource], name: &'static str, place: Place) {
        if let Some(tracer) = &mut self.tracer {
            tracer.note(&self.tree, resources, name, place);
            if tracer.is_exhausted() {
                self.tracer = None;
            }
        }
    }

    /// Returns the resources before a step that may take some away, when somebody wants to know.
    pub(super) fn before_step(&self, resources: &[Resource]) -> Option<HashSet<NodeId>> {
        self.tracer.as_ref().map(|_| resources.iter().map(|resource| resource.born).collect())
    }

    /// Notes what the step that was traced last took away.
    pub(super) fn trace_dropped(&mut self, before: Option<&HashSet<NodeId>>, left: &[Resource]) {
        if let (Some(tracer), Some(before)) = (&mut self.tracer, before) {
            tracer.note_dropped(before, left);
        }
    }

    /// Says of an error which field of a kustomization it is about, unless a place is known.
    pub(super) fn locate(&self, error: Error, place: Place) -> Error {
        if error.span().is_none() { error.at(place.find(&self.sources, self.limits())) } else { error }
    }

    pub(super) fn add_source(&mut self, path: &str, text: &str) -> FileId {
        self.sources.add(path, text)
    }

    /// Copies a value that is wanted at several places.
    ///
    /// # Errors
    /// When all copies of the build together are too large.
    pub(super) fn copy(&mut self, node: NodeId) -> Result<NodeId> {
        let size = self.tree.size(node, self.budget.copies);
        self.budget.copies =
            self.budget.copies.checked_sub(size).ok_or_else(|| Error::new("the build copies too many values"))?;
        Ok(self.tree.copy(node))
    }

    /// Takes what a text of some bytes costs that is made from others.
    ///
    /// # Errors
    /// When all of the build together are too large.
    pub(super) fn spend_text(&mut self, bytes: usize) -> Result<()> {
        let left = self.budget.copies.checked_sub(bytes.div_ceil(TEXT));
        self.budget.copies = left.ok_or_else(|| Error::new("the build copies too much text"))?;
        Ok(())
    }

    /// Returns how many bytes of text may still be made from others.
    pub(super) fn text_left(&self) -> usize {
        self.budget.copies.saturating_mul(TEXT)
    }

    /// Stops a build whose documents grow beyond what could be written: a few lines that go to many objects.
    ///
    /// # Errors
    /// When there are too many nodes.
    pub(super) fn check_size(&self) -> Result<()> {
        if self.tree.len() > self.limits().output_bytes / BYTES_OF_NODE {
            return Err(Error::new("the documents of the build are too large"));
        }
        Ok(())
    }

    /// Counts a kustomization that is read.
    ///
    /// # Errors
    /// When there are too many.
    pub(super) fn count_kustomization(&mut self) -> Result<()> {
        self.kustomizations += 1;
        if self.kustomizations > KUSTOMIZATIONS {
            return Err(Error::new(format!("the build reads more than {KUSTOMIZATIONS} kustomizations")));
        }
        Ok(())
    }

    /// From now on what is for nothing that is there is noted.
    pub(super) fn watch(&mut self) {
        self.missed.get_or_insert_default();
    }

    /// Notes something that nothing fits, where somebody wants to know.
    pub(super) fn miss(&mut self, missed: impl FnOnce(&Session<'_>) -> Missed) {
        if self.missed.as_ref().is_none_or(|missed| missed.len() >= MOST) {
            return;
        }
        let missed = missed(self);
        let mut place = self.step;
        if matches!(place.field, "images" | "replacements" | "vars") {
            place.entry = place.entry.or(missed.entry);
        }
        self.missed.get_or_insert_default().push(Missed { place, ..missed });
    }

    /// Returns how much was missed so far, for [`Session::fail`].
    pub(super) fn missed_so_far(&self) -> usize {
        self.missed.as_ref().map_or(0, Vec::len)
    }

    /// Says of an error where it comes from, and what was meant where the step missed something: the error has told
    /// that it did.
    pub(super) fn fail(&mut self, error: Error, place: Place, since: usize) -> Error {
        let missed = match &mut self.missed {
            Some(missed) if missed.len() > since => missed.pop(),
            _ => None,
        };
        let place = missed.as_ref().map_or(place, |missed| missed.place);
        let error = self.locate(error, place);
        match missed.and_then(|missed| missed.hint()) {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// Says something on the way, as kustomize prints it.
    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(Warning { text: text.into(), logged: false });
    }

    /// Says something that kustomize prints with a time before it.
    pub(super) fn log(&mut self, text: impl Into<String>) {
        self.warnings.push(Warning { text: text.into(), logged: true });
    }
}
