//! Pairs of objects, and the fields in which they differ.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::align::align;
use super::items::pairing;
use super::path::{FieldPath, FieldStep};
use super::quantity;
use crate::object::{Gvk, Object, ObjectKey, ObjectSet, TypeFacts, TypeRef};
use crate::yaml::{Node, NodeKind};

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffKind {
    /// It is only on the new side.
    Added,
    /// It is only on the old side.
    Removed,
    /// It is on both sides and differs.
    Changed,
}

/// An object that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectDiff {
    /// What identifies it.
    pub key: ObjectKey,
    /// Its type, on the new side where it is there.
    pub gvk: Gvk,
    /// What happened to it.
    pub kind: DiffKind,
    /// The fields that differ; none for an object that was added or removed.
    pub changes: Vec<Change>,
    /// The object before, secrets in clear.
    pub before: Option<Node>,
    /// The object after, secrets in clear, with keys and items in the order in which they stood before.
    pub after: Option<Node>,
}

/// What happened to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is only on the new side.
    Added,
    /// It is only on the old side.
    Removed,
    /// It is on both sides and differs.
    Changed,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where it stands.
    pub path: FieldPath,
    /// What happened to it.
    pub kind: ChangeKind,
    /// What it was.
    pub before: Option<Node>,
    /// What it is.
    pub after: Option<Node>,
}

/// How many objects differ; shown as `1 added, 0 removed, 2 changed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Objects that are only on the new side.
    pub added: usize,
    /// Objects that are only on the old side.
    pub removed: usize,
    /// Objects that differ.
    pub changed: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} added, {} removed, {} changed", self.added, self.removed, self.changed)
    }
}

/// Returns how many of the objects were added, removed and changed.
pub fn summary(diffs: &[ObjectDiff]) -> Summary {
    diffs.iter().fold(Summary::default(), |mut sum, diff| {
        match diff.kind {
            DiffKind::Added => sum.added += 1,
            DiffKind::Removed => sum.removed += 1,
            DiffKind::Changed => sum.changed += 1,
        }
        sum
    })
}

/// Returns the objects that differ: those of the new side in its order, then those that are gone, in the old order.
///
/// Where one side holds an object twice, first is paired with first and second with second.
pub fn compare(a: &ObjectSet, b: &ObjectSet, facts: &dyn TypeFacts) -> Vec<ObjectDiff> {
    let mut old: HashMap<ObjectKey, std::collections::VecDeque<(usize, &Object)>> = HashMap::new();
    for (place, object) in a.objects().enumerate() {
        old.entry(object.key()).or_default().push_back((place, object));
    }
    let mut diffs = Vec::new();
    for object in b.objects() {
        let key = object.key();
        match old.get_mut(&key).and_then(|found| found.pop_front()) {
            Some((_, before)) => diffs.extend(changed(key, before, object, facts)),
            None => diffs.push(one_sided(key, object, DiffKind::Added)),
        }
    }
    let mut gone: Vec<(usize, &Object)> = old.into_values().flatten().collect();
    gone.sort_unstable_by_key(|(place, _)| *place);
    diffs.extend(gone.into_iter().map(|(_, object)| one_sided(object.key(), object, DiffKind::Removed)));
    diffs
}

/// Returns the fields in which two forms of one object differ.
pub fn changes(before: &Node, after: &Node, gvk: &Gvk, facts: &dyn TypeFacts) -> Vec<Change> {
    let mut walk = Walk { facts, path: FieldPath::default(), changes: Vec::new() };
    walk.node(before, after, facts.root(gvk));
    walk.changes
}

fn one_sided(key: ObjectKey, object: &Object, kind: DiffKind) -> ObjectDiff {
    let node = Some(object.node.clone().into_node());
    let (before, after) = if kind == DiffKind::Added { (None, node) } else { (node, None) };
    ObjectDiff { key, gvk: object.gvk.clone(), kind, changes: Vec::new(), before, after }
}

fn changed(key: ObjectKey, a: &Object, b: &Object, facts: &dyn TypeFacts) -> Option<ObjectDiff> {
    let changes = changes(&a.node, &b.node, &b.gvk, facts);
    if changes.is_empty() {
        return None;
    }
    let after = align(&a.node, &b.node, facts.root(&b.gvk), facts);
    let (before, gvk) = (Some(a.node.clone().into_node()), b.gvk.clone());
    Some(ObjectDiff { key, gvk, kind: DiffKind::Changed, changes, before, after: Some(after) })
}

struct Walk<'a> {
    facts: &'a dyn TypeFacts,
    path: FieldPath,
    changes: Vec<Change>,
}

impl Walk<'_> {
    fn node(&mut self, a: &Node, b: &Node, of: Option<TypeRef>) {
        match (&a.kind, &b.kind) {
            (NodeKind::Map(a), NodeKind::Map(b)) => self.map(a, b, of),
            (NodeKind::Seq(a), NodeKind::Seq(b)) => self.seq(a, b, of),
            _ if self.same(a, b) => {}
            _ => self.add(ChangeKind::Changed, Some(a), Some(b)),
        }
    }

    fn map(&mut self, a: &[(Node, Node)], b: &[(Node, Node)], of: Option<TypeRef>) {
        let new: BTreeMap<&str, &Node> = b.iter().map(|(key, value)| (text(key), value)).collect();
        let old: BTreeMap<&str, &Node> = a.iter().map(|(key, value)| (text(key), value)).collect();
        for (key, before) in a {
            let key = text(key);
            self.step(FieldStep::Key(key.into()), |walk| match new.get(key) {
                Some(after) => {
                    let of = of.and_then(|of| walk.facts.field(of, key));
                    walk.node(before, after, of);
                }
                None => walk.add(ChangeKind::Removed, Some(before), None),
            });
        }
        for (key, after) in b.iter().filter(|(key, _)| !old.contains_key(text(key))) {
            self.step(FieldStep::Key(text(key).into()), |walk| walk.add(ChangeKind::Added, None, Some(after)));
        }
    }

    fn seq(&mut self, a: &[Node], b: &[Node], of: Option<TypeRef>) {
        let item = of.and_then(|of| self.facts.item(of));
        let pairing = pairing(of, self.facts);
        match (pairing.names(a), pairing.names(b)) {
            (Some(old), Some(new)) => self.named((a, &old), (b, &new), item),
            _ => self.indexed(a, b, item),
        }
    }

    fn named(&mut self, a: (&[Node], &[FieldStep]), b: (&[Node], &[FieldStep]), item: Option<TypeRef>) {
        let new: BTreeMap<&FieldStep, &Node> = b.1.iter().zip(b.0).collect();
        let old: BTreeMap<&FieldStep, &Node> = a.1.iter().zip(a.0).collect();
        for (name, before) in a.1.iter().zip(a.0) {
            self.step(name.clone(), |walk| match new.get(name) {
                Some(after) => walk.node(before, after, item),
                None => walk.add(ChangeKind::Removed, Some(before), None),
            });
        }
        for (name, after) in b.1.iter().zip(b.0).filter(|(name, _)| !old.contains_key(name)) {
            self.step(name.clone(), |walk| walk.add(ChangeKind::Added, None, Some(after)));
        }
    }

    fn indexed(&mut self, a: &[Node], b: &[Node], item: Option<TypeRef>) {
        for index in 0..a.len().max(b.len()) {
            self.step(FieldStep::Index(index), |walk| match (a.get(index), b.get(index)) {
                (Some(before), Some(after)) => walk.node(before, after, item),
                (Some(before), None) => walk.add(ChangeKind::Removed, Some(before), None),
                (None, after) => walk.add(ChangeKind::Added, None, after),
            });
        }
    }

    fn same(&self, a: &Node, b: &Node) -> bool {
        let (Some(a), Some(b)) = (a.as_scalar(), b.as_scalar()) else { return false };
        if a.kind == b.kind && a.text == b.text {
            return true;
        }
        let steps = self.path.steps();
        let key = |back: usize| match steps.len().checked_sub(back).and_then(|at| steps.get(at)) {
            Some(FieldStep::Key(key)) => Some(key.as_str()),
            _ => None,
        };
        key(1).is_some_and(|last| quantity::is_quantity(key(2), last)) && quantity::same(&a.text, &b.text)
    }

    fn step(&mut self, step: FieldStep, walk: impl FnOnce(&mut Self)) {
        self.path.0.push(step);
        walk(self);
        self.path.0.pop();
    }

    fn add(&mut self, kind: ChangeKind, before: Option<&Node>, after: Option<&Node>) {
        let path = self.path.clone();
        self.changes.push(Change { path, kind, before: before.cloned(), after: after.cloned() });
    }
}

fn text(key: &Node) -> &str {
    key.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{DiffOptions, to_json, to_text};
    use crate::object::testing::objects;
    use crate::object::{ListType, NoFacts, Scope};

    // Lists called `containers` are maps by name.
    struct Facts;

    impl TypeFacts for Facts {
        fn scope(&self, _: &Gvk) -> Option<Scope> {
            None
        }
        fn root(&self, _: &Gvk) -> Option<TypeRef> {
            Some(TypeRef(0))
        }
        fn field(&self, _: TypeRef, name: &str) -> Option<TypeRef> {
            Some(TypeRef(u64::from(name == "containers")))
        }
        fn item(&self, _: TypeRef) -> Option<TypeRef> {
            Some(TypeRef(0))
        }
        fn list_type(&self, of: TypeRef) -> Option<ListType> {
            (of.0 == 1).then(|| ListType::Map(vec!["name".into()]))
        }
        fn patch_merge_key(&self, _: TypeRef) -> Option<ecow::EcoString> {
            None
        }
    }

    fn pod(containers: &str) -> ObjectSet {
        objects(&format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers: {containers}\n"))
    }

    #[test]
    fn a_set_does_not_differ_from_itself() {
        let set = pod("[{name: x, image: a}]");
        assert_eq!(compare(&set, &set, &Facts), []);
    }

    #[test]
    fn items_are_paired_by_their_keys() {
        let a = pod("[{name: x, image: a}, {name: y, image: b}]");
        let b = pod("[{name: y, image: b}, {name: x, image: c}]");
        let diffs = compare(&a, &b, &Facts);
        let paths: Vec<String> = diffs[0].changes.iter().map(|change| change.path.to_string()).collect();
        assert_eq!(paths, ["spec.containers[name=x].image"]);
        let text = to_text(&diffs, &DiffOptions::default());
        assert!(text.contains("-    image: a\n") || text.contains("-  - image: a"), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with(['-', '+'])).count(), 4, "{text}");
    }

    #[test]
    fn one_quantity_written_twice_is_no_change() {
        let a = pod("[{name: x, resources: {limits: {cpu: 1, memory: 1Gi}}}]");
        let b = pod("[{name: x, resources: {limits: {cpu: 1000m, memory: 1024Mi}}}]");
        assert_eq!(compare(&a, &b, &Facts), []);
    }

    #[test]
    fn objects_are_added_removed_and_counted() {
        let map = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
        let diffs = compare(&objects(&map("a")), &objects(&map("b")), &NoFacts);
        assert_eq!(summary(&diffs).to_string(), "1 added, 1 removed, 0 changed");
        assert_eq!(diffs[0].key.name, "b");
    }

    #[test]
    fn secrets_are_masked_but_their_change_is_seen() {
        let secret = |data: &str| {
            objects(&format!(
                "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations: {{kubectl.kubernetes.io/last-applied-configuration: '{data}'}}\ndata: {{p: {data}}}\nstringData: {{q: {data}}}\n"
            ))
        };
        let diffs = compare(&secret("aGVsbG8="), &secret("d29ybGQ="), &NoFacts);
        let text = to_text(&diffs, &DiffOptions::default());
        let json = to_json(&diffs, false).to_string();
        for shown in [&text, &json] {
            assert!(!shown.contains("aGVsbG8") && !shown.contains("d29ybGQ"), "{shown}");
        }
        assert!(text.contains("-  p: '*** (5 bytes)'") && text.contains("+  p: '*** (5 bytes, changed)'"), "{text}");
        assert!(to_text(&diffs, &DiffOptions { reveal: true, ..DiffOptions::default() }).contains("d29ybGQ="));
    }
}
