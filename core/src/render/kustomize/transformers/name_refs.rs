//! Names of objects in the fields of other objects, brought up to date after all renaming.
//!
//! See `filters/nameref` and `internal/accumulator/namereferencetransformer.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>. Kustomize searches all resources for every
//! field; here they are found by a name that they had and by the namespace they are in.

use std::collections::{BTreeSet, HashMap, HashSet};

use ecow::EcoString;

use crate::object::Gvk;
use crate::render::kustomize::config::{BackReference, Spec};
use crate::render::kustomize::error::{Error, Result};
use crate::render::kustomize::resid::{DEFAULT_NAMESPACE, NOT_A_NAMESPACE, ResId, selects};
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::{self, Resource};
use crate::render::kustomize::session::Session;
use crate::render::kustomize::tree::{Decoded, Kind, NodeId, Tag, Tree};

/// Sets every field that holds the name of a resource to the name that the resource has now.
///
/// # Errors
/// When a name may mean several resources that are called differently now.
pub(in crate::render::kustomize) fn fix_references(
    session: &mut Session<'_>,
    map: &mut ResMap,
    references: &[BackReference],
) -> Result<()> {
    let targets = Targets::new(session, map);
    let table = Table::new(references);
    for at in 0..map.len() {
        let first = &targets.facts[at].first;
        let fields = table.fields_of(first);
        if fields.is_empty() {
            continue;
        }
        let reach = targets.reach(session, map, at)?;
        for (reference, spec) in fields {
            Fixer { session, map, targets: &targets, reach: &reach, at, target: &reference.gvk, spec }.fix()?;
        }
    }
    Ok(())
}

/// A field with the type of what it names.
type Field<'r> = (&'r BackReference, &'r Spec);

/// The fields that may hold names, by the kind of the object that holds them.
struct Table<'r> {
    by_kind: HashMap<&'r str, Vec<(usize, Field<'r>)>>,
    any_kind: Vec<(usize, Field<'r>)>,
}

impl<'r> Table<'r> {
    fn new(references: &'r [BackReference]) -> Table<'r> {
        let mut table = Table { by_kind: HashMap::new(), any_kind: Vec::new() };
        let fields = references.iter().flat_map(|r| r.referrers.iter().map(move |spec| (r, spec)));
        for (order, field) in fields.enumerate() {
            let list = match field.1.gvk.kind.as_str() {
                "" => &mut table.any_kind,
                kind => table.by_kind.entry(kind).or_default(),
            };
            list.push((order, field));
        }
        table
    }

    /// Returns the fields of objects of a type, in the order of the configuration.
    fn fields_of(&self, gvk: &Gvk) -> Vec<Field<'r>> {
        let own = self.by_kind.get(gvk.kind.as_str()).map_or(&[][..], Vec::as_slice);
        let mut fields: Vec<&(usize, Field<'r>)> = own.iter().chain(&self.any_kind).collect();
        fields.retain(|(_, (_, spec))| selects(&spec.gvk, gvk));
        fields.sort_by_key(|(order, _)| *order);
        fields.into_iter().map(|(_, field)| *field).collect()
    }
}

/// What renaming does not change of a resource.
struct Facts {
    /// The type that it had first.
    first: Gvk,
    now: ResId,
    /// The namespace that it is in; a text of its own for what is in none.
    scope: EcoString,
    first_scope: EcoString,
}

/// The resources that may be meant, found by former names.
struct Targets {
    facts: Vec<Facts>,
    by_name: HashMap<EcoString, Vec<usize>>,
    by_scope: HashMap<(EcoString, EcoString), Vec<usize>>,
    by_first_scope: HashMap<(EcoString, EcoString), Vec<usize>>,
    /// The namespaces that the resources of a namespace came from.
    origins: HashMap<EcoString, HashSet<EcoString>>,
}

fn insert<K: std::hash::Hash + Eq>(index: &mut HashMap<K, Vec<usize>>, key: K, at: usize) {
    let places = index.entry(key).or_default();
    if places.last() != Some(&at) {
        places.push(at);
    }
}

/// Which resources a referrer sees.
struct Reach {
    everything: bool,
    /// The namespaces, with that for what is in none.
    scopes: BTreeSet<EcoString>,
    /// Namespaces as they are written in the subjects of a binding.
    subjects: BTreeSet<EcoString>,
}

impl Targets {
    fn new(session: &Session<'_>, map: &ResMap) -> Targets {
        let mut targets = Targets {
            facts: Vec::with_capacity(map.len()),
            by_name: HashMap::new(),
            by_scope: HashMap::new(),
            by_first_scope: HashMap::new(),
            origins: HashMap::new(),
        };
        for (at, resource) in map.list().iter().enumerate() {
            let now = resource.id(&session.tree, &session.schemas);
            let first = resource.original_id(&session.tree, &session.schemas);
            let scope = EcoString::from(now.effective_namespace());
            let first_scope = EcoString::from(first.effective_namespace());
            for name in resource.previous_names() {
                insert(&mut targets.by_name, name.clone(), at);
                insert(&mut targets.by_scope, (scope.clone(), name.clone()), at);
                insert(&mut targets.by_first_scope, (first_scope.clone(), name.clone()), at);
            }
            targets.origins.entry(scope.clone()).or_default().insert(first_scope.clone());
            targets.facts.push(Facts { first: first.gvk, now, scope, first_scope });
        }
        targets
    }

    fn reach(&self, session: &Session<'_>, map: &ResMap, at: usize) -> Result<Reach> {
        let facts = &self.facts[at];
        if facts.now.cluster_scoped {
            return Ok(Reach { everything: true, scopes: BTreeSet::new(), subjects: BTreeSet::new() });
        }
        let subjects = subject_namespaces(&session.tree, map.get(at).root, &facts.now)?;
        let in_subjects = subjects.iter().map(|namespace| match namespace.as_str() {
            "" => DEFAULT_NAMESPACE.into(),
            _ => namespace.clone(),
        });
        let scopes = [facts.scope.clone(), NOT_A_NAMESPACE.into()].into_iter().chain(in_subjects).collect();
        Ok(Reach { everything: false, scopes, subjects })
    }

    /// Returns the resources that a referrer sees and that had a name.
    fn named(&self, reach: &Reach, at: usize, name: &EcoString) -> Vec<usize> {
        if reach.everything {
            return self.by_name.get(name).cloned().unwrap_or_default();
        }
        let in_scope = |scope: &EcoString| self.by_scope.get(&(scope.clone(), name.clone()));
        let mut places: Vec<usize> = reach.scopes.iter().filter_map(in_scope).flatten().copied().collect();
        places.retain(|place| self.sees(reach, at, *place));
        places.sort_unstable();
        places
    }

    fn sees(&self, reach: &Reach, at: usize, place: usize) -> bool {
        let (referrer, facts) = (&self.facts[at], &self.facts[place]);
        reach.everything
            || facts.now.cluster_scoped
            || facts.scope == referrer.scope
            || reach.subjects.contains(&facts.now.namespace)
    }

    /// Returns those that had a name in a namespace, if any that a referrer sees was there, or are in it now.
    fn named_in(&self, reach: &Reach, at: usize, name: &EcoString, namespace: &EcoString) -> Vec<usize> {
        let index = if self.comes_from(reach, namespace) { &self.by_first_scope } else { &self.by_scope };
        let mut places = index.get(&(namespace.clone(), name.clone())).cloned().unwrap_or_default();
        places.retain(|place| self.sees(reach, at, *place));
        places
    }

    fn comes_from(&self, reach: &Reach, namespace: &EcoString) -> bool {
        let has = |scope: &EcoString| self.origins.get(scope).is_some_and(|origins| origins.contains(namespace));
        if !reach.everything {
            return reach.scopes.iter().any(has);
        }
        // What keeps its namespace is the usual case.
        has(namespace) || self.facts.iter().any(|facts| facts.first_scope == *namespace)
    }
}

/// Returns the namespaces of the accounts that a binding names.
fn subject_namespaces(tree: &Tree, root: NodeId, id: &ResId) -> Result<BTreeSet<EcoString>> {
    let mut namespaces = BTreeSet::new();
    if resource::kind(tree, root) != "RoleBinding" {
        return Ok(namespaces);
    }
    let Some(subjects) = tree.field(root, "subjects") else { return Ok(namespaces) };
    let text = |node: NodeId| match tree.decoded(node, false) {
        Ok(Decoded::Str(text)) if tree.kind(node) == Kind::Scalar => Some(EcoString::from(&*text)),
        _ => None,
    };
    for subject in tree.items(subjects) {
        let (Some(namespace), Some(kind)) = (tree.field(*subject, "namespace"), tree.field(*subject, "kind")) else {
            continue;
        };
        if text(kind).is_none_or(|kind| kind != "ServiceAccount") {
            continue;
        }
        let Some(namespace) = text(namespace) else {
            let id = crate::render::kustomize::go::quote(&id.to_string());
            let message = format!("Invalid Input: namespace is blank for resource {id}\n");
            return Err(Error::new(message).at(tree.get(*subject).span));
        };
        namespaces.insert(namespace);
    }
    Ok(namespaces)
}

/// One field of one referrer.
struct Fixer<'f, 's, 'a> {
    session: &'f mut Session<'a>,
    map: &'f ResMap,
    targets: &'s Targets,
    reach: &'s Reach,
    at: usize,
    target: &'s Gvk,
    spec: &'s Spec,
}

impl Fixer<'_, '_, '_> {
    fn fix(&mut self) -> Result<()> {
        let root = self.map.get(self.at).root;
        let mut fields = Vec::new();
        let visited = self.session.tree.visit(root, &self.spec.path, None, &mut |_, field| {
            fields.push(field);
            Ok(())
        });
        // What was found before a mistake is set before it is reported.
        let fixed = fields.into_iter().try_for_each(|field| self.field(field));
        fixed.and(visited).map_err(|error| {
            let path = self.spec.path.as_str();
            let id = super::document_id(&self.session.tree, root);
            let now = &self.targets.facts[self.at].now;
            error
                .wrap(format!("considering field '{path}' of object {id}"))
                .wrap(format!("updating name reference in '{path}' field of '{now}'"))
        })
    }

    fn field(&mut self, field: NodeId) -> Result<()> {
        if self.session.tree.is_null(field) {
            return Ok(());
        }
        match self.session.tree.kind(field) {
            Kind::Scalar => self.scalar(field),
            Kind::Map => self.mapping(field),
            Kind::Seq => {
                for item in self.session.tree.items(field).to_vec() {
                    match self.session.tree.kind(item) {
                        _ if self.session.tree.is_null(item) => {}
                        Kind::Scalar => self.scalar(item)?,
                        Kind::Map => self.mapping(item)?,
                        Kind::Seq => {
                            let message = "a list is expected to be either a string or a map of string";
                            return Err(Error::new(message).at(self.session.tree.get(item).span));
                        }
                    }
                }
                Ok(())
            }
        }
    }

    /// A field that is a name.
    fn scalar(&mut self, field: NodeId) -> Result<()> {
        let old = self.session.tree.eco(field);
        let candidates = self.targets.named(self.reach, self.at, &old);
        let Some(found) = self.select(candidates, false)? else { return Ok(()) };
        let name = self.name(found);
        if name == old {
            return Ok(());
        }
        self.session.tree.set_scalar(field, name, Tag::Empty)
    }

    /// A field that holds a name, and perhaps a namespace.
    fn mapping(&mut self, field: NodeId) -> Result<()> {
        let tree = &self.session.tree;
        let Some(name_field) = tree.field(field, "name") else {
            return Err(Error::new("path config error; no 'name' field in node").at(tree.get(field).span));
        };
        let old = tree.eco(name_field);
        let candidates = match tree.field(field, "namespace") {
            Some(namespace) => self.targets.named_in(self.reach, self.at, &old, &tree.eco(namespace)),
            None => self.targets.named(self.reach, self.at, &old),
        };
        let Some(found) = self.select(candidates, true)? else { return Ok(()) };
        let namespace = self.namespace(found);
        let name = self.name(found);
        if name == old && namespace.is_empty() {
            return Ok(());
        }
        let tree = &mut self.session.tree;
        for (key, text) in [("name", name), ("namespace", namespace)] {
            if !text.is_empty() {
                let value = tree.scalar(text);
                tree.set_field(field, key, value)?;
            }
        }
        Ok(())
    }

    fn name(&self, place: usize) -> EcoString {
        resource::metadata_text(&self.session.tree, self.map.get(place).root, "name")
    }

    fn namespace(&self, place: usize) -> EcoString {
        resource::metadata_text(&self.session.tree, self.map.get(place).root, "namespace")
    }

    /// Picks the one that is meant.
    fn select(&mut self, mut candidates: Vec<usize>, with_namespace: bool) -> Result<Option<usize>> {
        let tree = &self.session.tree;
        let was = |place: &usize, gvk: &Gvk| self.map.get(*place).previous_ids(tree).any(|id| selects(gvk, &id.gvk));
        candidates.retain(|place| was(place, self.target));
        if candidates.is_empty() {
            return Ok(None);
        }
        if self.spec.path.as_str().ends_with("roleRef/name")
            && let Some(role) = self.role()
        {
            candidates.retain(|place| was(place, &role));
        }
        let referrer = &self.targets.facts[self.at];
        candidates.retain(|place| {
            let facts = &self.targets.facts[*place];
            referrer.now.cluster_scoped
                || facts.now.cluster_scoped
                || facts.now.gvk.kind == "ServiceAccount"
                || facts.scope == referrer.scope
        });
        if let [found] = candidates.as_slice() {
            return Ok(Some(*found));
        }
        let own = self.map.get(self.at);
        let same_context = |place: &usize, lenient| self.map.get(*place).same_context(own, lenient);
        candidates.retain(|place| same_context(place, true));
        if candidates.len() > 1 {
            candidates.retain(|place| same_context(place, false));
        }
        let Some((first, others)) = candidates.split_first() else { return Ok(None) };
        let is_same = |other: &usize| {
            self.name(*other) == self.name(*first)
                && (!with_namespace || self.namespace(*other) == self.namespace(*first))
        };
        if others.iter().all(is_same) {
            return Ok(Some(*first));
        }
        Err(self.ambiguous(&candidates))
    }

    /// Returns the type that `roleRef` names; nothing when it names none.
    fn role(&self) -> Option<Gvk> {
        let tree = &self.session.tree;
        let reference = tree.field(self.map.get(self.at).root, "roleRef")?;
        let text = |name| tree.field(reference, name).map(|field| tree.eco(field));
        Some(Gvk { group: text("apiGroup")?, version: EcoString::new(), kind: text("kind")? })
    }

    fn ambiguous(&mut self, candidates: &[usize]) -> Error {
        let ids: Vec<String> = candidates.iter().map(|place| self.targets.facts[*place].now.to_string()).collect();
        let tree = &mut self.session.tree;
        let mut text = |resource: &Resource| {
            let shown = resource.revealed(tree);
            tree.to_yaml(shown.root).unwrap_or_else(|error| error)
        };
        let mut message = format!(
            "found multiple possible referrals: {}\n\n**** Too many possible referral targets to referrer:\n{}\n",
            ids.join(", "),
            text(self.map.get(self.at))
        );
        // A message that shows more than a few helps nobody.
        const SHOWN: usize = 20;
        for (i, place) in candidates.iter().take(SHOWN).enumerate() {
            message.push_str(&format!("--- possible referral {i}:\n{}\n", text(self.map.get(*place))));
        }
        Error::new(message).at(self.session.tree.get(self.map.get(self.at).root).span)
    }
}
