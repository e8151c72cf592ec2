//! Findings about nodes, and how they get their place.

use std::collections::HashMap;

use ecow::EcoString;

use crate::diag::{Diagnostic, Diagnostics, Label, Severity};
use crate::object::Origins;
use crate::value::{Step, ValuePath};
use crate::yaml::{Node, NodeKind};

/// Collects the findings about one object after another.
///
/// A check says which node is wrong; place, object, field and the value behind the node are filled in later.
#[derive(Debug)]
pub struct Report<'a> {
    origins: &'a Origins,
    pending: Vec<Pending>,
    done: Diagnostics,
    limit: usize,
    // Filled by whether a branch of `anyOf` and its like is tried: nothing is reported then.
    pub(super) trial: Option<bool>,
}

#[derive(Debug)]
struct Pending {
    // The address of a node of the object under check, compared and never followed.
    at: usize,
    child: Option<EcoString>,
    finding: Diagnostic,
}

impl<'a> Report<'a> {
    pub(super) fn new(origins: &'a Origins, limit: usize) -> Report<'a> {
        Report { origins, pending: Vec::new(), done: Diagnostics::new(), limit, trial: None }
    }

    /// Reports a node of the object under check: a value, or the key of one. Places that the finding has already are
    /// kept behind that of the node.
    pub fn add(&mut self, node: &Node, finding: Diagnostic) {
        self.push(node, None, finding);
    }

    /// Reports that a map of the object under check lacks a key.
    pub fn add_missing(&mut self, parent: &Node, key: &str, finding: Diagnostic) {
        self.push(parent, Some(key.into()), finding);
    }

    pub(super) fn error(&mut self, node: &Node, code: &'static str, message: impl Into<EcoString>) {
        self.add(node, Diagnostic::error(code, message));
    }

    pub(super) fn warn(&mut self, node: &Node, code: &'static str, message: impl Into<EcoString>) {
        self.add(node, Diagnostic::warning(code, message));
    }

    /// Whether the limit of findings is reached.
    pub(super) fn is_full(&self) -> bool {
        self.count() >= self.limit
    }

    /// Returns how many findings there are.
    pub(super) fn count(&self) -> usize {
        self.done.len() + self.pending.len()
    }

    pub(super) fn done(&mut self, finding: Diagnostic) {
        if !self.is_full() {
            self.done.push(finding);
        }
    }

    fn push(&mut self, node: &Node, child: Option<EcoString>, mut finding: Diagnostic) {
        if let Some(failed) = &mut self.trial {
            *failed |= finding.severity == Severity::Error;
            return;
        }
        if self.is_full() {
            return;
        }
        let mut labels = Vec::with_capacity(2 + finding.labels.len());
        if !node.span.is_none() {
            labels.push(Label { span: node.span, len: 0, text: EcoString::new() });
        }
        let values = node.origin.and_then(|id| self.origins.get(id)).map(|origin| origin.values.as_slice());
        for (_, span) in values.unwrap_or_default().iter().filter(|(_, span)| !span.is_none()) {
            labels.push(Label { span: *span, len: 0, text: "value set here".into() });
        }
        labels.append(&mut finding.labels);
        finding.labels = labels;
        self.pending.push(Pending { at: std::ptr::from_ref(node) as usize, child, finding });
    }

    /// Fills in object and field of what was reported of an object, in one walk over it.
    pub(super) fn finish_object(&mut self, root: &Node, object: impl Fn() -> EcoString) {
        if self.pending.is_empty() {
            return;
        }
        let mut places: HashMap<usize, ValuePath> = self.pending.iter().map(|p| (p.at, ValuePath::root())).collect();
        locate(root, &mut Vec::new(), &mut places);
        let name = object();
        for Pending { at, child, mut finding } in self.pending.drain(..) {
            let path = places.get(&at).cloned().unwrap_or_default();
            let path = child.map_or(path.clone(), |key| path.key(key));
            if !path.is_root() && finding.field.is_none() {
                finding.field = Some(path.to_string().into());
            }
            finding.object.get_or_insert_with(|| name.clone());
            self.done.push(finding);
        }
    }

    pub(super) fn finish(self) -> Diagnostics {
        let mut done = self.done;
        done.sort();
        done
    }
}

fn locate(node: &Node, path: &mut Vec<Step>, places: &mut HashMap<usize, ValuePath>) {
    let mut found = |node: &Node, path: &[Step]| {
        if let Some(place) = places.get_mut(&(std::ptr::from_ref(node) as usize)) {
            *place = path.to_vec().into();
        }
    };
    found(node, path);
    match &node.kind {
        NodeKind::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Index(index));
                locate(item, path, places);
                path.pop();
            }
        }
        NodeKind::Map(entries) => {
            for (key, value) in entries {
                path.push(Step::Key(key.as_str().unwrap_or("").into()));
                if let Some(place) = places.get_mut(&(std::ptr::from_ref(key) as usize)) {
                    *place = path.clone().into();
                }
                locate(value, path, places);
                path.pop();
            }
        }
        NodeKind::Scalar(_) | NodeKind::Alias(_) => {}
    }
}
