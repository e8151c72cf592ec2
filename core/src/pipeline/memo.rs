//! What builds leave for later ones of the same files: what an edit does not touch is taken over.
//!
//! The one idea: everything is found by where it stood, and taken only where what it was made from is the same, byte for
//! byte. A build with a memory gives what it gives without one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ecow::EcoString;

use crate::diag::Diagnostics;
use crate::render::helm::ChartTemplates;
use crate::schema::{Checked, KubeVersion, SchemaSet};
use crate::source::FileId;
use crate::yaml::SharedNode;

/// The memory of builds, for a front-end that builds again after every edit. It is of use with one engine only.
#[derive(Debug, Default)]
pub struct Memo(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// How many builds there were.
    builds: u64,
    /// By the template, and the number of the document in what it wrote.
    documents: HashMap<(String, usize), Vec<Document>>,
    templates: Option<ChartTemplates>,
    definitions: Option<Definitions>,
    checked: Vec<(Rules, Arc<Checked>)>,
}

/// A document that a chart wrote, and the trees that it was read into.
#[derive(Debug)]
struct Document {
    known: Known,
    trees: Vec<(FileId, SharedNode)>,
    used: u64,
}

/// A text in the two forms that builds have it in.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) text: EcoString,
    pub(super) source: Arc<str>,
}

#[derive(Debug)]
struct Definitions {
    version: KubeVersion,
    nodes: Vec<SharedNode>,
    schemas: SchemaSet,
    findings: Diagnostics,
}

/// What objects are validated by.
#[derive(Debug)]
struct Rules {
    version: KubeVersion,
    strict: bool,
    defined: Vec<SharedNode>,
}

// A state, the one before it, and both again with origins: what typing and taking back goes through.
const TEXTS: usize = 3;
const TREES: usize = 3;
const RULES: usize = 4;
// Builds after which what none of them used is let go of.
const UNUSED: u64 = 8;

impl Memo {
    /// Returns a document's text if the same document had it.
    pub(super) fn text(&self, path: &str, number: usize, text: &[u8]) -> Option<Known> {
        let mut kept = self.lock();
        let builds = kept.builds;
        let found = kept.documents.get_mut(&(path.to_owned(), number))?;
        let document = found.iter_mut().find(|document| document.known.text.as_bytes() == text)?;
        document.used = builds;
        Some(document.known.clone())
    }

    /// Returns the tree of a document's text if it was read as the same file.
    pub(super) fn tree(&self, path: &str, number: usize, known: &Known, file: FileId) -> Option<SharedNode> {
        let kept = self.lock();
        let found = kept.documents.get(&(path.to_owned(), number))?;
        let document = found.iter().find(|document| Arc::ptr_eq(&document.known.source, &known.source))?;
        document.trees.iter().find(|(of, _)| *of == file).map(|(_, tree)| tree.clone())
    }

    /// Keeps a document with its tree.
    pub(super) fn keep(&self, path: &str, number: usize, known: &Known, file: FileId, tree: &SharedNode) {
        let mut kept = self.lock();
        let used = kept.builds;
        let slot = kept.documents.entry((path.to_owned(), number)).or_default();
        let at = slot.iter().position(|document| Arc::ptr_eq(&document.known.source, &known.source));
        let mut document =
            at.map(|at| slot.remove(at)).unwrap_or(Document { known: known.clone(), trees: Vec::new(), used });
        put(&mut document.trees, (file, tree.clone()), TREES);
        put(slot, document, TEXTS);
    }

    /// Returns the templates that were compiled last.
    pub(super) fn templates(&self) -> Option<ChartTemplates> {
        self.lock().templates.clone()
    }

    pub(super) fn keep_templates(&self, templates: &ChartTemplates) {
        self.lock().templates = Some(templates.clone());
    }

    /// Returns the types with those that the same definitions give, and what is wrong with the definitions.
    pub(super) fn definitions(&self, version: KubeVersion, nodes: &[SharedNode]) -> Option<(SchemaSet, Diagnostics)> {
        let kept = self.lock();
        let known = kept.definitions.as_ref().filter(|known| known.version == version && are(&known.nodes, nodes))?;
        Some((known.schemas.clone(), known.findings.clone()))
    }

    pub(super) fn keep_definitions(&self, nodes: &[SharedNode], schemas: &SchemaSet, findings: &Diagnostics) {
        let (schemas, findings) = (schemas.clone(), findings.clone());
        let definitions = Definitions { version: schemas.version(), nodes: nodes.to_vec(), schemas, findings };
        self.lock().definitions = Some(definitions);
    }

    /// Returns what was in order by the same rules.
    pub(super) fn checked(&self, version: KubeVersion, strict: bool, defined: &[SharedNode]) -> Arc<Checked> {
        let mut kept = self.lock();
        let same = |rules: &Rules| rules.version == version && rules.strict == strict && are(&rules.defined, defined);
        if let Some((_, checked)) = kept.checked.iter().find(|(rules, _)| same(rules)) {
            return checked.clone();
        }
        let checked = Arc::new(Checked::default());
        let rules = Rules { version, strict, defined: defined.to_vec() };
        put(&mut kept.checked, (rules, checked.clone()), RULES);
        checked
    }

    /// Counts a build, and lets go of what none has used for long.
    pub(super) fn built(&self) {
        let mut kept = self.lock();
        kept.builds += 1;
        let oldest = kept.builds.saturating_sub(UNUSED);
        kept.documents.retain(|_, slot| {
            slot.retain(|document| document.used >= oldest);
            !slot.is_empty()
        });
        kept.checked.iter().for_each(|(_, checked)| checked.tidy());
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn are(known: &[SharedNode], nodes: &[SharedNode]) -> bool {
    known.len() == nodes.len() && known.iter().zip(nodes).all(|(known, node)| known.is(node))
}

fn put<T>(list: &mut Vec<T>, new: T, most: usize) {
    if list.len() >= most {
        list.remove(0);
    }
    list.push(new);
}
