//! What happened to the fields of the resources, step by step; kept only when somebody asks.
//!
//! No transformer knows of it. After each step the documents are compared with what they were before, so whatever a step
//! does to a field is seen, also where one node hangs at several places. Entries of maps are known by their keys, items of
//! lists by their nodes, then by their names, then by where they stand.

use std::collections::{BTreeMap, HashMap};

use ecow::EcoString;

use crate::object::{Gvk, Object, ObjectKey};
use crate::source::{Limits, SourceMap, Span};
use crate::value::{Step as PathStep, ValuePath};

use super::place::{Finder, Place};
use super::resource::{self, Resource};
use super::tree::{Body, NodeId, Tree};

/// A step of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildStep {
    /// The field of the kustomization that asks for it, or what the build does by itself.
    pub name: &'static str,
    /// Where the kustomization asks for it; [`Span::NONE`] for what the build does by itself.
    pub span: Span,
}

/// One thing that happened to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The number of the step in [`Trace::steps`].
    pub step: usize,
    /// Where the field is written, in a resource's or a patch's file; [`Span::NONE`] for what a transformer made.
    pub written: Span,
}

/// The history of a build.
#[derive(Debug, Default)]
pub struct Trace {
    /// The steps, in their order.
    pub steps: Vec<BuildStep>,
    /// The history of each object that was written.
    pub objects: BTreeMap<ObjectKey, History>,
}

impl Trace {
    /// Returns the history of an object, also when an environment gave it another name since.
    pub fn of(&self, object: &Object) -> Option<&History> {
        let key = object.key();
        let former = object.former_names().iter().flat_map(|former| {
            let namespaces = [former.namespace.as_str(), ""];
            namespaces.map(|namespace| ObjectKey {
                kind: former.kind.clone(),
                namespace: namespace.into(),
                name: former.name.clone(),
                ..key.clone()
            })
        });
        former.filter_map(|key| self.objects.get(&key)).next().or_else(|| self.objects.get(&key))
    }

    /// Returns where a field was written last, else the step that changed it last; `None` where no file says so.
    pub fn last_place(&self, history: &History) -> Option<Span> {
        let place = |change: &Change| match change.written {
            Span::NONE => self.steps.get(change.step).map_or(Span::NONE, |step| step.span),
            written => written,
        };
        history.changes.iter().rev().map(place).find(|span| !span.is_none())
    }
}

/// The history of a field and of all below it.
#[derive(Debug, Clone)]
pub struct History {
    node: NodeId,
    /// What happened to it, in order. A map or list has only what made it.
    pub changes: Vec<Change>,
    /// What is inside.
    pub content: Content,
}

/// What a field is.
#[derive(Debug, Clone)]
pub enum Content {
    /// A scalar.
    Scalar(EcoString),
    /// A list.
    Seq(Vec<History>),
    /// A map.
    Map(Vec<(EcoString, History)>),
}

impl History {
    /// Returns the history of a field below this one.
    pub fn at(&self, path: &ValuePath) -> Option<&History> {
        path.steps().iter().try_fold(self, |history, step| match (step, &history.content) {
            (PathStep::Key(key), Content::Map(entries)) => {
                entries.iter().find(|(name, _)| name == key).map(|(_, history)| history)
            }
            (PathStep::Index(index), Content::Seq(items)) => items.get(*index),
            _ => None,
        })
    }

    fn name(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(text) => Some(text),
            Content::Map(entries) => entries.iter().find(|(key, _)| key == "name").and_then(|(_, name)| name.name()),
            Content::Seq(_) => None,
        }
    }
}

/// Gathers the history of a build.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    steps: Vec<(&'static str, Place)>,
    /// By the node that a resource had first.
    histories: HashMap<NodeId, History>,
}

impl Tracer {
    /// Notes what a step made of some resources.
    pub(super) fn note(&mut self, tree: &Tree, resources: &[Resource], name: &'static str, place: Place) {
        self.steps.push((name, place));
        let step = self.steps.len() - 1;
        for resource in resources {
            let before = self.histories.remove(&resource.born);
            self.histories.insert(resource.born, Comparison { tree, step }.history(resource.root, before));
        }
    }

    /// Returns what is known of the resources that are written.
    pub(super) fn finish(mut self, tree: &Tree, resources: &[Resource], sources: &SourceMap, limits: &Limits) -> Trace {
        let mut found = Finder::new(sources, limits);
        let steps = self.steps.iter().map(|(name, place)| BuildStep { name, span: found.find(*place) }).collect();
        let keyed = |resource: &Resource| {
            let Gvk { group, kind, .. } = resource::gvk(tree, resource.root);
            let text = |field| resource::metadata_text(tree, resource.root, field);
            let key = ObjectKey { group, kind, namespace: text("namespace"), name: text("name") };
            self.histories.remove(&resource.born).map(|history| (key, history))
        };
        let objects = resources.iter().filter_map(keyed).collect();
        Trace { steps, objects }
    }
}

struct Comparison<'t> {
    tree: &'t Tree,
    step: usize,
}

impl Comparison<'_> {
    fn history(&self, id: NodeId, before: Option<History>) -> History {
        let node = self.tree.get(id);
        let change = Change { step: self.step, written: node.span };
        let (mut changes, content) = match before {
            Some(before) => (before.changes, Some(before.content)),
            None => (Vec::new(), None),
        };
        let same_kind = matches!(
            (&node.body, &content),
            (Body::Scalar(_), Some(Content::Scalar(_)))
                | (Body::Seq(_), Some(Content::Seq(_)))
                | (Body::Map(_), Some(Content::Map(_)))
        );
        let same = match (&node.body, &content) {
            (Body::Scalar(text), Some(Content::Scalar(before))) => text == before,
            _ => same_kind,
        };
        if !same {
            // What is changed where it stands has its old place still.
            let known = changes.iter().any(|known: &Change| known.written.file == change.written.file);
            changes.push(if known { Change { written: Span::NONE, ..change } } else { change });
        }
        let content = match (&node.body, content) {
            (Body::Scalar(text), _) => Content::Scalar(text.clone()),
            (Body::Seq(items), Some(Content::Seq(before))) => Content::Seq(self.seq(items, before)),
            (Body::Seq(items), _) => Content::Seq(self.seq(items, Vec::new())),
            (Body::Map(entries), Some(Content::Map(before))) => Content::Map(self.map(entries, before)),
            (Body::Map(entries), _) => Content::Map(self.map(entries, Vec::new())),
        };
        History { node: id, changes, content }
    }

    fn map(&self, entries: &[(NodeId, NodeId)], before: Vec<(EcoString, History)>) -> Vec<(EcoString, History)> {
        // Most steps leave most maps as they are.
        let same = |((key, _), (before, _)): (&(NodeId, NodeId), &(EcoString, History))| self.tree.text(*key) == before;
        if entries.len() == before.len() && entries.iter().zip(&before).all(same) {
            let entry = |((_, value), (key, before)): (&(NodeId, NodeId), (EcoString, History))| {
                (key, self.history(*value, Some(before)))
            };
            return entries.iter().zip(before).map(entry).collect();
        }
        let mut before: HashMap<EcoString, History> = before.into_iter().collect();
        let entry = |(key, value): &(NodeId, NodeId)| {
            let key = self.tree.eco(*key);
            let history = self.history(*value, before.remove(&key));
            (key, history)
        };
        entries.iter().map(entry).collect()
    }

    fn seq(&self, items: &[NodeId], before: Vec<History>) -> Vec<History> {
        if items.len() == before.len() && items.iter().zip(&before).all(|(item, before)| *item == before.node) {
            return items.iter().zip(before).map(|(item, before)| self.history(*item, Some(before))).collect();
        }
        let mut before: Vec<Option<History>> = before.into_iter().map(Some).collect();
        let by_node: HashMap<NodeId, usize> =
            before.iter().flatten().enumerate().map(|(at, history)| (history.node, at)).collect();
        let mut found: Vec<Option<History>> =
            items.iter().map(|item| by_node.get(item).and_then(|at| before[*at].take())).collect();
        let mut by_name: HashMap<EcoString, usize> = HashMap::new();
        for (at, history) in before.iter().enumerate().rev() {
            if let Some(name) = history.as_ref().and_then(History::name) {
                by_name.insert(name.into(), at);
            }
        }
        for (item, found) in items.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            *found = self.name(*item).and_then(|name| by_name.remove(name)).and_then(|at| before[at].take());
        }
        for (at, found) in found.iter_mut().enumerate().filter(|(_, found)| found.is_none()) {
            *found = before.get_mut(at).and_then(Option::take);
        }
        items.iter().zip(found).map(|(item, before)| self.history(*item, before)).collect()
    }

    fn name(&self, item: NodeId) -> Option<&str> {
        match &self.tree.get(item).body {
            Body::Scalar(text) => Some(text),
            Body::Map(_) => self.tree.field(item, "name").map(|name| self.tree.text(name)),
            Body::Seq(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Options, build};
    use super::*;
    use crate::render::kustomize::NoCharts;
    use crate::source::{FileTree, VPath};

    const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n  template:\n    spec:\n      containers:\n      - name: web\n        image: nginx\n        args: [a, b]\n";

    /// The history of a field, a line for each change: the step, where it is asked for, where it is written.
    fn history(files: &[(&str, &str)], object: &str, path: &str) -> Vec<String> {
        let tree: FileTree = files.iter().copied().collect();
        let options = Options { trace: true, ..Options::default() };
        let root = VPath::parse("app").unwrap();
        let outcome = build(&tree, &root, &options, &NoCharts);
        let plain = build(&tree, &root, &Options::default(), &NoCharts);
        assert_eq!(outcome.result.as_ref().unwrap(), plain.result.as_ref().unwrap(), "a trace changes nothing");
        let trace = outcome.trace.unwrap();
        let key = trace.objects.keys().find(|key| key.to_string() == object).expect(object);
        let history = trace.objects[key].at(&ValuePath::parse(path).unwrap()).expect(path);
        let place = |span: Span| outcome.sources.describe(span).unwrap_or_else(|| "-".to_owned());
        let line = |change: &Change| {
            let step = &trace.steps[change.step];
            format!("{} {} {}", step.name, place(step.span), place(change.written))
        };
        history.changes.iter().map(line).collect()
    }

    #[test]
    fn each_step_that_changes_a_field_is_told_in_order() {
        let files = [
            ("base/kustomization.yaml", "resources:\n- web.yaml\nimages:\n- name: nginx\n  newTag: '1'\n"),
            ("base/web.yaml", DEPLOYMENT),
            (
                "app/kustomization.yaml",
                "namePrefix: my-\nresources:\n- ../base\npatches:\n- path: p.yaml\n- target: {kind: Deployment}\n  patch: |-\n    - op: add\n      path: /spec/template/spec/containers/1/args/0\n      value: z\nreplicas:\n- name: web\n  count: 5\n",
            ),
            (
                "app/p.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n      - name: log\n        image: log\n",
            ),
        ];
        let of = |path: &str| history(&files, "Deployment/my-web", path);
        let resource = |at: &str| format!("resources /base/kustomization.yaml:2:3 /base/web.yaml:{at}");
        assert_eq!(
            of("spec.replicas"),
            [
                resource("6:13"),
                "patches /app/kustomization.yaml:5:3 /app/p.yaml:6:13".to_owned(),
                "replicas /app/kustomization.yaml:12:3 -".to_owned()
            ]
        );
        assert_eq!(of("metadata.name"), [resource("4:9"), "namePrefix /app/kustomization.yaml:1:1 -".to_owned()]);
        // Items keep their history when others come before them.
        let (web, log) = ("spec.template.spec.containers[1]", "spec.template.spec.containers[0]");
        assert_eq!(
            of(&format!("{web}.image")),
            [resource("11:16"), "images /base/kustomization.yaml:4:3 -".to_owned()]
        );
        assert_eq!(of(&format!("{log}.image")), ["patches /app/kustomization.yaml:5:3 /app/p.yaml:11:16"]);
        assert_eq!(of(&format!("{web}.args[0]")), ["patches /app/kustomization.yaml:6:3 -"]);
        assert_eq!(of(&format!("{web}.args[1]")), [resource("12:16")]);
    }

    #[test]
    fn generated_data_tells_its_generators_and_the_hash() {
        let files = [
            ("base/kustomization.yaml", "configMapGenerator:\n- name: c\n  literals: [a=1, b=2]\n"),
            (
                "app/kustomization.yaml",
                "resources: [../base]\nconfigMapGenerator:\n- name: c\n  behavior: merge\n  literals: [b=3]\n",
            ),
        ];
        let tree: FileTree = files.into_iter().collect();
        let options = Options { trace: true, ..Options::default() };
        let trace = build(&tree, &VPath::parse("app").unwrap(), &options, &NoCharts).trace.unwrap();
        let (_, history) = trace.objects.first_key_value().unwrap();
        let names = |path: [&str; 2]| {
            let changes = &history.at(&ValuePath::keys(path)).unwrap().changes;
            changes.iter().map(|change| trace.steps[change.step].name).collect::<Vec<_>>()
        };
        assert_eq!(names(["data", "a"]), ["configMapGenerator"]);
        assert_eq!(names(["data", "b"]), ["configMapGenerator", "configMapGenerator"]);
        assert_eq!(names(["metadata", "name"]), ["configMapGenerator", "name hash"]);
    }
}
