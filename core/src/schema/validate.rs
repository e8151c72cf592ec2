//! The checks of a set of objects, in their order.

use std::collections::{BTreeSet, HashMap};

use ecow::{EcoString, eco_format};

use super::checked::Checked;
use super::report::Report;
use super::set::SchemaSet;
use super::{crd, lifecycle, rules, walk};
use crate::diag::{Diagnostic, Diagnostics};
use crate::object::{Gvk, Item, Object, ObjectKey, ObjectSet, Origins};
use crate::source::{Limits, Span};
use crate::yaml::{Node, SharedNode};

/// What to check besides the schemas, and how strictly.
#[derive(Clone, Default)]
pub struct Options<'a> {
    /// Whether kinds without a schema are errors.
    pub strict: bool,
    /// Checks of the embedder, called for each object after the built-in rules.
    pub checks: &'a [&'a dyn Check],
    /// The limits; `findings` counts here.
    pub limits: Limits,
    /// CustomResourceDefinitions whose types the schemas have already.
    pub defined: &'a [SharedNode],
    /// What was in order before, by the same types and options. With checks of the embedder, which may look at
    /// everything, nothing is taken from it.
    pub checked: Option<&'a Checked>,
}

/// What a check looks at: one object, and what is around it.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// The type.
    pub gvk: &'a Gvk,
    /// The object.
    pub node: &'a Node,
    /// The file it came from.
    pub source: &'a str,
    /// All objects that are validated together.
    pub all: &'a ObjectSet,
    /// The types, those that CustomResourceDefinitions in `all` give to other objects of it included.
    pub schemas: &'a SchemaSet,
}

/// A check of one's own.
///
/// ```
/// use rhumb::diag::Diagnostic;
/// use rhumb::schema::{Check, Report, Target};
///
/// struct NeedsTeam;
///
/// impl Check for NeedsTeam {
///     fn check(&self, target: &Target<'_>, report: &mut Report<'_>) {
///         let labels = target.node.get("metadata").and_then(|metadata| metadata.get("labels"));
///         if labels.and_then(|labels| labels.get("team")).is_none() {
///             let finding = Diagnostic::error("acme-team", "the label `team` is missing");
///             report.add(labels.unwrap_or(target.node), finding);
///         }
///     }
/// }
/// ```
pub trait Check {
    /// Looks at an object and reports what is wrong with it.
    fn check(&self, target: &Target<'_>, report: &mut Report<'_>);
}

/// Checks objects against their types and the API server's rules. CustomResourceDefinitions among them count.
///
/// Findings are sorted by place and have object, field, the place of the node and, behind it, of the value that gave it.
pub fn validate(set: &ObjectSet, schemas: &SchemaSet, origins: &Origins, options: &Options<'_>) -> Diagnostics {
    let mut report = Report::new(origins, options.limits.findings);
    let mut own = None;
    let is_known = |object: &Object| options.defined.iter().any(|known| known.is(&object.node));
    if set.objects().any(|object| crd::is_crd(&object.gvk) && !is_known(object)) {
        let schemas = own.insert(schemas.clone());
        schemas.add_used_crds(set);
    }
    let mut run = Run {
        set,
        schemas: own.as_ref().unwrap_or(schemas),
        options,
        seen: HashMap::with_capacity(set.len()),
        unknown: BTreeSet::new(),
    };
    for item in set.items() {
        match item {
            Item::Object(object) => run.document(object, &mut report),
            Item::Other { node: Some(node), .. } if !node.is_null() => {
                report.done(not_an_object(node));
            }
            Item::Other { .. } => {}
        }
    }
    report.finish()
}

struct Run<'a> {
    set: &'a ObjectSet,
    schemas: &'a SchemaSet,
    options: &'a Options<'a>,
    seen: HashMap<ObjectKey, Span>,
    unknown: BTreeSet<Gvk>,
}

impl<'a> Run<'a> {
    fn document(&mut self, object: &'a Object, report: &mut Report<'_>) {
        let checked = self.options.checked.filter(|_| self.options.checks.is_empty() && !is_list(&object.gvk));
        let Some(checked) = checked else {
            return self.object(&object.gvk, &object.node, &object.source, report);
        };
        if checked.has(&object.node) {
            let key = key_of(&object.gvk, &object.node);
            self.once(&key, &object.node, report);
            return report.finish_object(&object.node, || eco_format!("{key}"));
        }
        let before = report.count();
        self.object(&object.gvk, &object.node, &object.source, report);
        // Of kinds without a type only the first is told.
        let is_typed = self.schemas.root_type(&object.gvk).is_some();
        if is_typed && report.count() == before && !report.is_full() {
            checked.add(&object.node);
        }
    }

    fn object(&mut self, gvk: &Gvk, node: &'a Node, source: &str, report: &mut Report<'_>) {
        if let Some(items) = node.get("items").and_then(Node::as_seq).filter(|_| is_list(gvk)) {
            for item in items {
                match Gvk::of(item) {
                    Some(gvk) => self.object(&gvk, item, source, report),
                    None => report.done(not_an_object(item)),
                }
            }
            return;
        }
        let key = key_of(gvk, node);
        let label = || eco_format!("{key}");
        let known = lifecycle::check(gvk, node, self.schemas, report);
        if let Some(root) = self.schemas.root_type(gvk) {
            walk::walk(self.schemas, node, root, "", report);
        } else if known && self.unknown.insert(gvk.clone()) {
            let finding = lifecycle::unknown(gvk, self.schemas, self.options.strict);
            report.add(node.get("kind").unwrap_or(node), finding);
        }
        let target = Target { gvk, node, source, all: self.set, schemas: self.schemas };
        rules::run(&target, report);
        self.options.checks.iter().for_each(|check| check.check(&target, report));
        self.once(&key, node, report);
        report.finish_object(node, label);
    }

    /// Reports an object whose identity another one has already.
    fn once(&mut self, key: &ObjectKey, node: &Node, report: &mut Report<'_>) {
        if key.name.is_empty() {
            return;
        }
        if let Some(first) = self.seen.get(key) {
            let finding =
                Diagnostic::error("schema-duplicate-object", eco_format!("`{key}` stands here a second time"));
            report.add(node, finding.label(*first, 0, "the first one is here"));
        } else {
            self.seen.insert(key.clone(), node.span);
        }
    }
}

fn is_list(gvk: &Gvk) -> bool {
    gvk.group.is_empty() && gvk.kind == "List"
}

fn key_of(gvk: &Gvk, node: &Node) -> ObjectKey {
    let metadata = node.get("metadata");
    let text = |key| metadata.and_then(|metadata| metadata.get(key)).and_then(Node::as_str).unwrap_or("");
    ObjectKey {
        group: gvk.group.clone(),
        kind: gvk.kind.clone(),
        namespace: text("namespace").into(),
        name: text("name").into(),
    }
}

fn not_an_object(node: &Node) -> Diagnostic {
    let missing: Vec<&str> = ["apiVersion", "kind"].into_iter().filter(|key| !has_text(node, key)).collect();
    let message: EcoString = if node.as_map().is_some() {
        eco_format!("the document has no `{}`", missing.join("` and no `"))
    } else {
        eco_format!("the document is a {}, not an object", node.kind_name())
    };
    Diagnostic::error("schema-not-an-object", message).at(node.span)
}

fn has_text(node: &Node, key: &str) -> bool {
    node.get(key).and_then(Node::as_str).is_some_and(|text| !text.is_empty())
}
