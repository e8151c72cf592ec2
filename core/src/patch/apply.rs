//! Aiming patches at the objects of a set, and applying them.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;

use crate::diag::{Diagnostic, Diagnostics, Outcome, nearest};
use crate::object::{Gvk, Item, Object, ObjectKey, ObjectSet, TypeFacts};
use crate::yaml::Node;

use super::edit::Trace;
use super::edited::Edited;
use super::parse::{Patch, PatchBody};
use super::target::Target;
use super::{json, merge, strategic};

/// Whose rules patches follow.
///
/// Kustomize will be a second dialect. It differs in these points: a strategic merge patch with a target may carry
/// another name, kind and namespace, which are put back without a word; merging with `$patch: delete` in a map takes
/// the key away instead of leaving an empty map; a patch without a namespace means `default`; new items of a merged
/// list go to its end or its start as the build file says; JSON patch has negative indices; the merge keys are those
/// of one old version of Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Dialect {
    /// As kubectl and the API server patch.
    #[default]
    Kubectl,
}

/// Settings of [`apply`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ApplyOptions {
    /// Whose rules to follow.
    pub dialect: Dialect,
    /// Whether to tell which fields each patch changed.
    pub trace: bool,
}

/// What one patch changed in one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The number of the patch in the list.
    pub patch: usize,
    /// The object, as it was named before the patch.
    pub object: ObjectKey,
    /// The fields that were set, or taken away, as they stood right after this patch. Empty for an object that was
    /// deleted, and when no trace was asked for.
    pub fields: Vec<Edited>,
    /// Whether it was deleted.
    pub is_deleted: bool,
}

/// Applies patches in order to the objects they are for, and returns what was changed where.
///
/// All problems are reported at once; an object whose patch fails stays as it was. A patch with a target changes
/// every object that matches, one without changes the one object it names; a patch for which there is no object is
/// an error. `$patch: delete` at the root of a strategic merge patch takes the object out of the set. A patch may
/// move an object to another namespace or version but not change its group, kind or name: later patches, plans and
/// other objects know it by them.
pub fn apply(
    set: &mut ObjectSet,
    patches: &[Patch],
    facts: &dyn TypeFacts,
    options: ApplyOptions,
) -> Outcome<Vec<Applied>> {
    let Dialect::Kubectl = options.dialect;
    let mut run = Run { index: Index::new(set), facts, options, deleted: BTreeSet::new() };
    let mut findings = Diagnostics::new();
    let mut applied = Vec::new();
    for (number, patch) in patches.iter().enumerate() {
        let places = match run.aim(set, patch) {
            Ok(places) => places,
            Err(finding) => {
                findings.push(finding);
                continue;
            }
        };
        for place in places {
            let Some(object) = set.object_at_mut(place) else { continue };
            let key = object.key();
            match run.patch(object, patch, place) {
                Ok(fields) => {
                    let is_deleted = run.deleted.contains(&place);
                    applied.push(Applied { patch: number, object: key, fields, is_deleted });
                }
                Err(found) => {
                    findings.extend(found.into_iter().map(|finding| finding.object(ecow::eco_format!("{key}"))));
                }
            }
        }
    }
    run.drop_deleted(set);
    findings.sort();
    Outcome { value: applied, diagnostics: findings }
}

struct Run<'a> {
    index: Index,
    facts: &'a dyn TypeFacts,
    options: ApplyOptions,
    deleted: BTreeSet<usize>,
}

impl Run<'_> {
    fn aim(&self, set: &ObjectSet, patch: &Patch) -> Result<Vec<usize>, Diagnostic> {
        match &patch.target {
            Some(target) => self.by_target(set, target, patch),
            None => self.by_name(set, patch).map(|place| vec![place]),
        }
    }

    fn by_target(&self, set: &ObjectSet, target: &Target, patch: &Patch) -> Result<Vec<usize>, Diagnostic> {
        let kind = target.kind.as_ref().and_then(|kind| kind.exact());
        let name = target.name.as_ref().and_then(|name| name.exact());
        let fits = |place: &usize| {
            let object = self.object(set, *place);
            object.is_some_and(|object| target.matches(object))
        };
        let places: Vec<usize> = match (kind, name) {
            (Some(kind), Some(name)) => self.index.named(kind, name).iter().copied().filter(fits).collect(),
            (Some(kind), None) => self.index.kind(kind).filter(fits).collect(),
            _ => (0..set.len()).filter(fits).collect(),
        };
        if !places.is_empty() {
            return Ok(places);
        }
        let finding = Diagnostic::error(NO_MATCH, format!("no object matches {}", target.describe()));
        let finding = finding.at(target.span).label(patch.span, 0, "the patch");
        let (kind, name) = (target.kind.as_ref().map(|p| p.as_str()), target.name.as_ref().map(|p| p.as_str()));
        Err(self.index.explain(finding, kind, name))
    }

    fn by_name(&self, set: &ObjectSet, patch: &Patch) -> Result<usize, Diagnostic> {
        let (PatchBody::Strategic(body) | PatchBody::Merge(body)) = &patch.body else {
            return Err(Diagnostic::error("patch-no-target", "a JSON patch needs a target").at(patch.span));
        };
        let metadata = |key| body.get("metadata").and_then(|metadata| metadata.get(key)).and_then(Node::as_str);
        let (Some(gvk), Some(name)) = (Gvk::of(body), metadata("name")) else {
            return Err(Diagnostic::error("patch-no-target", "the patch does not name its object").at(patch.span));
        };
        let namespace = metadata("namespace");
        let named = || self.index.named(&gvk.kind, name).iter().filter_map(|at| Some((*at, self.object(set, *at)?)));
        let fits = |object: &Object| {
            let wanted = |found: &str| namespace.is_none_or(|namespace| found == namespace);
            let former = || object.former_names().iter().any(|f| f.name == name && wanted(&f.namespace));
            let now = || object.name() == Some(name) && wanted(object.namespace().unwrap_or(""));
            object.gvk == gvk && (now() || former())
        };
        let places: Vec<usize> = named().filter(|(_, object)| fits(object)).map(|(at, _)| at).collect();
        let span = body.get("kind").map_or(body.span, |kind| kind.span);
        match places.as_slice() {
            [place] => Ok(*place),
            [] => {
                let wanted = namespace.map_or(String::new(), |namespace| format!(" in namespace `{namespace}`"));
                let message = format!("no object matches `{}/{name}`{wanted}", gvk.kind);
                let finding = Diagnostic::error(NO_MATCH, message).at(span);
                Err(match named().next() {
                    Some((_, object)) if object.gvk != gvk => {
                        let help = format!("the object has `apiVersion: {}`", object.gvk.api_version());
                        finding.label(object.node.span, 0, "it is here").help(help)
                    }
                    Some((_, object)) => {
                        let help = match object.namespace() {
                            Some(namespace) => format!("the object is in namespace `{namespace}`"),
                            None => "the object has no namespace".to_owned(),
                        };
                        finding.label(object.node.span, 0, "it is here").help(help)
                    }
                    None => self.index.explain(finding, Some(&gvk.kind), Some(name)),
                })
            }
            several => {
                let message = format!("{} objects match `{}/{name}`", several.len(), gvk.kind);
                let finding = Diagnostic::error("patch-ambiguous", message).at(span);
                let spaces = named().filter(|(_, object)| fits(object)).map(|(_, object)| object.key().to_string());
                let finding = finding.note(format!("they are {}", list(spaces)));
                Err(finding.help("give the patch its object's namespace, or a `target` to patch them all"))
            }
        }
    }

    fn object<'s>(&self, set: &'s ObjectSet, place: usize) -> Option<&'s Object> {
        match set.items().get(place)? {
            Item::Object(object) if !self.deleted.contains(&place) => Some(object),
            _ => None,
        }
    }

    fn patch(&mut self, object: &mut Object, patch: &Patch, place: usize) -> Result<Vec<Edited>, Diagnostics> {
        if let PatchBody::Strategic(body) = &patch.body
            && strategic::deletes_object(body)
        {
            check_deletion(body)?;
            self.deleted.insert(place);
            return Ok(Vec::new());
        }
        let renamed = renamed(object, patch);
        let mut trace = Trace::new(self.options.trace);
        let before = object.node.clone();
        let result = match renamed.as_ref().unwrap_or(&patch.body) {
            PatchBody::Strategic(body) => strategic::run(&mut object.node, body, &object.gvk, self.facts, &mut trace),
            PatchBody::Json(ops) => json::run(&mut object.node, ops, &mut trace).map_err(Diagnostics::from),
            PatchBody::Merge(body) => {
                merge::lay(&mut object.node, body, &mut trace);
                Ok(())
            }
        };
        let result = result.and_then(|()| check_identity(&before, object, patch));
        match result {
            Ok(gvk) => {
                object.gvk = gvk;
                object.text = None;
                let fields = trace.into_fields().into_iter();
                Ok(fields.map(|path| Edited::between(&before, &object.node, path)).collect())
            }
            Err(findings) => {
                object.node = before;
                Err(findings)
            }
        }
    }

    fn drop_deleted(&self, set: &mut ObjectSet) {
        if self.deleted.is_empty() {
            return;
        }
        let mut place = 0;
        set.retain(|_| {
            place += 1;
            !self.deleted.contains(&(place - 1))
        });
    }
}

/// Returns a patch that calls its object by a name that it had before with the name and namespace that it has now.
fn renamed(object: &Object, patch: &Patch) -> Option<PatchBody> {
    let (PatchBody::Strategic(body) | PatchBody::Merge(body)) = &patch.body else { return None };
    let metadata = body.get("metadata")?;
    let name = metadata.get("name").and_then(Node::as_str)?;
    if patch.target.is_some() || !object.former_names().iter().any(|former| former.name == name) {
        return None;
    }
    let mut body = body.clone();
    let now = object.node.get("metadata")?;
    let metadata = body.get_mut("metadata")?.as_map_mut()?;
    metadata.retain(|(key, _)| !matches!(key.as_str(), Some("name" | "namespace")));
    metadata.extend(["name", "namespace"].into_iter().filter_map(|key| now.entry(key).cloned()));
    Some(match &patch.body {
        PatchBody::Merge(_) => PatchBody::Merge(body),
        _ => PatchBody::Strategic(body),
    })
}

const NO_MATCH: &str = "patch-no-match";

// Beside `$patch: delete`, only what names the object may stand: the rest would be lost.
fn check_deletion(body: &Node) -> Result<(), Diagnostics> {
    let other = body
        .as_map()
        .into_iter()
        .flatten()
        .find(|(key, _)| !matches!(key.as_str(), Some("$patch" | "apiVersion" | "kind" | "metadata")));
    let Some((key, _)) = other else { return Ok(()) };
    let name = key.as_str().unwrap_or_default();
    let message = format!("`$patch: delete` deletes the object, so `{name}` beside it would be lost");
    let finding = Diagnostic::error("patch-directive", message).at(key.span);
    Err(finding.help("leave it out, or use `$patch: replace`").into())
}

// Returns the type that the object has now.
fn check_identity(before: &Node, object: &Object, patch: &Patch) -> Result<Gvk, Diagnostics> {
    let name = |node: &Node| -> Option<EcoString> { Some(node.get("metadata")?.get("name")?.as_str()?.into()) };
    let now = Gvk::of(&object.node);
    let (was, is) = (name(before), name(&object.node));
    let span = |key: &str| {
        let node = object.node.get("metadata").filter(|_| key == "name").unwrap_or(&object.node).get(key);
        node.map(|node| node.span).filter(|span| !span.is_none()).unwrap_or(patch.span)
    };
    let (what, key, old, new) = match &now {
        Some(gvk) if gvk.kind != object.gvk.kind => ("kind", "kind", object.gvk.kind.clone(), Some(gvk.kind.clone())),
        Some(gvk) if gvk.group != object.gvk.group => {
            ("API group", "apiVersion", object.gvk.api_version(), Some(gvk.api_version()))
        }
        Some(gvk) if was == is => return Ok(gvk.clone()),
        Some(_) => ("name", "name", was.unwrap_or_default(), is),
        None => ("type", "kind", ecow::eco_format!("{}", object.gvk), None),
    };
    let message = match new {
        Some(new) => format!("the patch changes the {what} of its object from `{old}` to `{new}`"),
        None => format!("the patch takes the {what} `{old}` of its object away"),
    };
    let finding = Diagnostic::error("patch-changes-identity", message).at(span(key));
    let help = if patch.target.is_some() {
        "leave it out of the patch: `target` says which objects it is for"
    } else {
        "patches aim at objects by kind and name: change it where the object is made"
    };
    Err(finding.help(help).into())
}

// Places of objects by the names that they have, and those that they had before something renamed them.
// Invariant: as they were before the first patch; kind and name never change.
struct Index {
    by_kind: BTreeMap<EcoString, BTreeMap<EcoString, Vec<usize>>>,
}

impl Index {
    fn new(set: &ObjectSet) -> Index {
        let mut by_kind: BTreeMap<EcoString, BTreeMap<EcoString, Vec<usize>>> = BTreeMap::new();
        for (place, item) in set.items().iter().enumerate() {
            if let Item::Object(object) = item {
                let names = by_kind.entry(object.gvk.kind.clone()).or_default();
                let now = [object.name().unwrap_or("")];
                for name in now.into_iter().chain(object.former_names().iter().map(|former| former.name.as_str())) {
                    let places = names.entry(name.into()).or_default();
                    if places.last() != Some(&place) {
                        places.push(place);
                    }
                }
            }
        }
        Index { by_kind }
    }

    fn named(&self, kind: &str, name: &str) -> &[usize] {
        self.by_kind.get(kind).and_then(|names| names.get(name)).map_or(&[], Vec::as_slice)
    }

    fn kind(&self, kind: &str) -> impl Iterator<Item = usize> {
        let mut places: Vec<usize> =
            self.by_kind.get(kind).into_iter().flat_map(BTreeMap::values).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter()
    }

    // Names the nearest object and the candidates.
    fn explain(&self, finding: Diagnostic, kind: Option<&str>, name: Option<&str>) -> Diagnostic {
        if self.by_kind.is_empty() {
            return finding.note("there are no objects");
        }
        let Some(kind) = kind else { return finding.note(format!("there are objects of kind {}", self.kinds())) };
        let Some(names) = self.by_kind.get(kind) else {
            let holders = self.by_kind.iter().filter(|(_, names)| name.is_some_and(|name| names.contains_key(name)));
            let holders: Vec<&str> = holders.map(|(kind, _)| kind.as_str()).collect();
            let near = nearest(kind, self.by_kind.keys().map(EcoString::as_str)).or(holders.first().copied());
            let finding = finding.note(format!("there is no object of kind `{kind}`, only of {}", self.kinds()));
            return match (near, name) {
                (Some(near), Some(name)) if self.by_kind.get(near).is_some_and(|names| names.contains_key(name)) => {
                    finding.help(format!("did you mean `{near}/{name}`?"))
                }
                (Some(near), _) => finding.help(format!("did you mean kind `{near}`?")),
                _ => finding,
            };
        };
        let shown = names.keys().map(|name| format!("`{kind}/{name}`"));
        let finding = finding.note(format!("objects of this kind: {}", list(shown)));
        match name.and_then(|name| nearest(name, names.keys().map(EcoString::as_str))) {
            Some(near) if Some(near) != name => finding.help(format!("did you mean `{kind}/{near}`?")),
            _ => finding,
        }
    }

    fn kinds(&self) -> String {
        list(self.by_kind.keys().map(|kind| format!("`{kind}`")))
    }
}

const SHOWN: usize = 8;

fn list(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    let rest = items.len().saturating_sub(SHOWN);
    items.truncate(SHOWN);
    let text = items.join(", ");
    if rest > 0 { format!("{text} and {rest} more") } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::parse::PatchKind;
    use super::super::testing::{Facts, node, set};
    use super::*;
    use crate::source::Span;

    const WEB: &str = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, labels: {app: a}}, spec: {containers: [{name: x}, {name: y}]}}";
    const DB: &str =
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: db, namespace: prod}, spec: {replicas: 1}}";

    fn patch(target: &str, body: &str) -> Patch {
        let target = (!target.is_empty()).then(|| Target::parse(&node(target)).expect(target));
        let body = node(body);
        Patch::parse(PatchKind::of(&body), target, body, Span::NONE).expect("a patch")
    }

    fn run(patches: &[Patch]) -> (ObjectSet, Outcome<Vec<Applied>>) {
        let mut objects = set(&[WEB, DB]);
        let outcome = apply(&mut objects, patches, &Facts, ApplyOptions { trace: true, ..ApplyOptions::default() });
        (objects, outcome)
    }

    fn only_finding(patch: Patch) -> Diagnostic {
        let (objects, outcome) = run(&[patch]);
        assert_eq!(objects, set(&[WEB, DB]), "a patch that fails changes nothing");
        assert_eq!(outcome.diagnostics.len(), 1);
        outcome.diagnostics.into_iter().next().expect("one")
    }

    #[test]
    fn a_patch_finds_its_object_and_tells_what_it_changed() {
        let body = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, containers: [{name: y, image: i}, {name: n}]}}";
        let (objects, outcome) = run(&[patch("", body)]);
        assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
        let fields: Vec<String> = outcome.value[0].fields.iter().map(|field| field.path.to_string()).collect();
        assert_eq!(fields, ["spec.replicas", "spec.containers[1].image", "spec.containers[2]"]);
        let web = objects.objects().next().expect("web");
        for field in &outcome.value[0].fields {
            assert_eq!(web.node.at(&field.path).map(Node::to_value), field.after, "{}", field.path);
            assert_ne!(field.before, field.after, "{}", field.path);
        }
    }

    #[test]
    fn a_target_may_match_several_objects() {
        let ops = "[{op: add, path: /spec/replicas, value: 5}]";
        let (objects, outcome) =
            run(&[patch("{kind: Deployment}", ops), patch("{labelSelector: app=a}", "{spec: {replicas: 6}}")]);
        assert_eq!(outcome.value.len(), 3);
        let replicas: Vec<_> =
            objects.objects().map(|o| o.node.get("spec").and_then(|s| s.get("replicas")).map(Node::to_value)).collect();
        assert_eq!(replicas, [Some(6i64.into()), Some(5i64.into())]);
    }

    #[test]
    fn a_patch_without_an_object_names_the_nearest() {
        let finding = only_finding(patch("", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: wbe}}"));
        assert_eq!((finding.code, finding.message.as_str()), ("patch-no-match", "no object matches `Deployment/wbe`"));
        assert_eq!(finding.help.as_deref(), Some("did you mean `Deployment/web`?"));
        assert_eq!(finding.notes, ["objects of this kind: `Deployment/db`, `Deployment/web`"]);
        let finding = only_finding(patch("{kind: Deploymnt, name: web}", "{a: 1}"));
        assert_eq!(finding.help.as_deref(), Some("did you mean `Deployment/web`?"));
        let finding = only_finding(patch("", "{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: web}}"));
        assert_eq!(finding.help.as_deref(), Some("the object has `apiVersion: apps/v1`"));
        let finding =
            only_finding(patch("", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: db, namespace: dev}}"));
        assert_eq!(finding.help.as_deref(), Some("the object is in namespace `prod`"));
    }

    #[test]
    fn a_patch_cannot_change_who_an_object_is() {
        for body in [
            "[{op: replace, path: /metadata/name, value: x}]",
            "[{op: remove, path: /kind}]",
            "[{op: replace, path: /apiVersion, value: batch/v1}]",
            "[{op: replace, path: '', value: 3}]",
            "{metadata: {name: other}}",
            "{$patch: replace, a: 1}",
        ] {
            assert_eq!(only_finding(patch("{name: web}", body)).code, "patch-changes-identity", "{body}");
        }
    }

    #[test]
    fn an_object_can_be_deleted_and_problems_come_together() {
        let (objects, outcome) = run(&[
            patch("{name: db}", "{$patch: delete}"),
            patch("{name: db}", "{a: 1}"),
            patch("{name: web}", "{$patch: delete, spec: {}}"),
        ]);
        assert_eq!(objects.len(), 1);
        let codes: Vec<&str> = outcome.diagnostics.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["patch-no-match", "patch-directive"]);
    }
}
