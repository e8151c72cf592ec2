//! Which resources a selector means.
//!
//! See `types/selector.go` and `Select` in `resmap/reswrangler.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

use std::cell::OnceCell;

use super::decode::Selector;
use super::error::{Error, Result};
use super::resmap::ResMap;
use super::resource::{self, Resource};
use super::session::Session;
use super::tree::{NodeId, Tree};
use crate::go::regex::{Whole, is_literal};
use crate::object::Gvk;
use crate::patch;
use crate::source::Limits;

/// A selector, its expressions compiled.
#[derive(Debug)]
pub(super) struct Compiled<'s> {
    selector: &'s Selector,
    group: Option<Whole>,
    version: Option<Whole>,
    kind: Option<Whole>,
    name: Option<Whole>,
    namespace: Option<Whole>,
    labels: OnceCell<patch::Selector>,
    annotations: OnceCell<patch::Selector>,
}

// Nothing matches everything.
fn whole(pattern: &str) -> Result<Option<Whole>> {
    (!pattern.is_empty())
        .then(|| {
            Whole::compile(pattern, Limits::default().regex_bytes).map_err(|error| Error::new(String::from(error)))
        })
        .transpose()
}

fn matches(whole: Option<&Whole>, text: &str) -> bool {
    whole.is_none_or(|whole| whole.matches(text))
}

impl<'s> Compiled<'s> {
    /// Compiles a selector.
    ///
    /// # Errors
    /// When an expression is none.
    pub(super) fn new(selector: &'s Selector) -> Result<Compiled<'s>> {
        Ok(Compiled {
            selector,
            group: whole(&selector.group)?,
            version: whole(&selector.version)?,
            kind: whole(&selector.kind)?,
            name: whole(&selector.name)?,
            namespace: whole(&selector.namespace)?,
            labels: OnceCell::new(),
            annotations: OnceCell::new(),
        })
    }

    pub(super) fn matches_gvk(&self, gvk: &Gvk) -> bool {
        matches(self.group.as_ref(), &gvk.group)
            && matches(self.version.as_ref(), &gvk.version)
            && matches(self.kind.as_ref(), &gvk.kind)
    }

    pub(super) fn matches_name(&self, name: &str) -> bool {
        matches(self.name.as_ref(), name)
    }

    pub(super) fn matches_namespace(&self, namespace: &str) -> bool {
        matches(self.namespace.as_ref(), namespace)
    }

    /// Whether labels and annotations of a document are what the selector asks for.
    ///
    /// # Errors
    /// When it asks in words that are no selector.
    pub(super) fn matches_marks(&self, tree: &Tree, root: NodeId) -> Result<bool> {
        let parsed = |cell: &OnceCell<patch::Selector>, text: &str| -> Result<patch::Selector> {
            if let Some(known) = cell.get() {
                return Ok(known.clone());
            }
            let selector = patch::Selector::parse(text).map_err(|error| Error::new(error.message))?;
            Ok(cell.get_or_init(|| selector).clone())
        };
        let Selector { label_selector, annotation_selector, .. } = self.selector;
        if !label_selector.is_empty() {
            let labels = parsed(&self.labels, label_selector)?;
            if !labels.matches(|name| resource::label(tree, root, name)) {
                return Ok(false);
            }
        }
        if !annotation_selector.is_empty() {
            let annotations = parsed(&self.annotations, annotation_selector)?;
            if !annotations.matches(|name| resource::annotation(tree, root, name)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn matches(&self, session: &Session<'_>, resource: &Resource) -> Result<bool> {
        let (tree, schemas) = (&session.tree, &session.schemas);
        let now = resource.id(tree, schemas);
        let first = resource.original_id(tree, schemas);
        let fits = (self.matches_namespace(first.effective_namespace())
            || self.matches_namespace(now.effective_namespace()))
            && (self.matches_name(&first.name) || self.matches_name(&now.name))
            && self.matches_gvk(&now.gvk);
        Ok(fits && self.matches_marks(tree, resource.root)?)
    }
}

/// Returns the places of the resources that a selector means.
///
/// # Errors
/// When an expression is none.
pub(super) fn select(session: &Session<'_>, map: &mut ResMap, selector: &Selector) -> Result<Vec<usize>> {
    let compiled = Compiled::new(selector)?;
    let candidates: Vec<usize> = if !selector.name.is_empty() && is_literal(&selector.name) {
        map.places_by_any_name(session, &selector.name)
    } else {
        (0..map.len()).collect()
    };
    let mut found = Vec::new();
    for at in candidates {
        if compiled.matches(session, map.get(at))? {
            found.push(at);
        }
    }
    Ok(found)
}
