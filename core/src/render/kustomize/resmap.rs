//! The resources of a kustomization, in the order in which they came, found by what they are called.
//!
//! See `resmap/reswrangler.go` of <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>, which searches
//! its list for every question; here two tables answer, made when first asked for and kept while no id changes.

use std::collections::{BTreeSet, HashMap};

use ecow::EcoString;

use super::error::{Error, Result, Wrap};
use super::missed::Missed;
use super::resid::{IdKey, ResId};
use super::resource::{self, Resource};
use super::schema::Schemas;
use super::session::Session;
use super::tree::{Kind, NodeId, Tag, Tree};

/// Places in the list by id.
type Index = HashMap<IdKey, Vec<usize>>;

/// Resources in order.
#[derive(Debug, Default)]
pub(super) struct ResMap {
    list: Vec<Resource>,
    /// By the id that a resource has now.
    current: Option<Index>,
    /// By every id that a resource has or had.
    any: Option<Index>,
    /// By every name that a resource has or had.
    names: Option<HashMap<EcoString, Vec<usize>>>,
}

fn insert<K: std::hash::Hash + Eq>(index: &mut HashMap<K, Vec<usize>>, key: K, at: usize) {
    let places = index.entry(key).or_default();
    if let Err(place) = places.binary_search(&at) {
        places.insert(place, at);
    }
}

fn remove(index: &mut Index, key: &IdKey, at: usize) {
    if let Some(places) = index.get_mut(key) {
        places.retain(|place| *place != at);
    }
}

impl ResMap {
    pub(super) fn new() -> ResMap {
        ResMap::default()
    }

    /// Returns these resources, of which several may have the same id.
    pub(super) fn of(list: Vec<Resource>) -> ResMap {
        ResMap { list, ..ResMap::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn list(&self) -> &[Resource] {
        &self.list
    }

    pub(super) fn get(&self, at: usize) -> &Resource {
        &self.list[at]
    }

    /// Returns the resources for a change that leaves all ids, present and past, as they are.
    pub(super) fn list_mut(&mut self) -> &mut [Resource] {
        &mut self.list
    }

    /// Returns the resources for a change that may touch their ids.
    pub(super) fn renaming(&mut self) -> &mut [Resource] {
        self.forget();
        &mut self.list
    }

    fn forget(&mut self) {
        self.current = None;
        self.any = None;
        self.names = None;
    }

    pub(super) fn take(&mut self) -> Vec<Resource> {
        self.forget();
        std::mem::take(&mut self.list)
    }

    fn current(&mut self, tree: &Tree, schemas: &Schemas) -> &mut Index {
        let list = &self.list;
        self.current.get_or_insert_with(|| {
            let mut index = Index::with_capacity(list.len());
            for (at, resource) in list.iter().enumerate() {
                insert(&mut index, resource.id(tree, schemas).key(), at);
            }
            index
        })
    }

    fn any(&mut self, tree: &Tree, schemas: &Schemas) -> &mut Index {
        let list = &self.list;
        self.any.get_or_insert_with(|| {
            let mut index = Index::with_capacity(list.len());
            let filled = list.iter().enumerate().filter(|(_, resource)| !resource.is_nothing(tree));
            for (at, resource) in filled {
                for id in resource.previous_ids(tree).chain(std::iter::once(resource.id(tree, schemas))) {
                    insert(&mut index, id.key(), at);
                }
            }
            index
        })
    }

    /// Adds a resource at the end.
    ///
    /// # Errors
    /// When one has its id.
    pub(super) fn append(&mut self, session: &Session<'_>, resource: Resource) -> Result<()> {
        let id = resource.id(&session.tree, &session.schemas);
        let (key, at) = (id.key(), self.list.len());
        let current = self.current(&session.tree, &session.schemas);
        if current.get(&key).is_some_and(|places| !places.is_empty()) {
            let span = session.tree.get(resource.root).span;
            return Err(Error::new(format!("may not add resource with an already registered id: {id}")).at(span));
        }
        insert(current, key, at);
        for id in resource.previous_ids(&session.tree).chain(std::iter::once(id)) {
            if let Some(names) = &mut self.names {
                insert(names, id.name.clone(), at);
            }
            if let Some(any) = &mut self.any {
                insert(any, id.key(), at);
            }
        }
        self.list.push(resource);
        Ok(())
    }

    /// Adds all resources of another list.
    ///
    /// # Errors
    /// When an id is there already.
    pub(super) fn append_all(&mut self, session: &Session<'_>, other: ResMap) -> Result<()> {
        if self.list.is_empty() && other.is_unique(session) {
            *self = other;
            return Ok(());
        }
        other.list.into_iter().try_for_each(|resource| self.append(session, resource))
    }

    fn is_unique(&self, session: &Session<'_>) -> bool {
        match &self.current {
            Some(current) => current.values().all(|places| places.len() < 2),
            None => {
                let ids = self.list.iter().map(|resource| resource.id(&session.tree, &session.schemas).key());
                let mut seen = std::collections::HashSet::with_capacity(self.list.len());
                ids.into_iter().all(|key| seen.insert(key))
            }
        }
    }

    /// Checks that no two resources have the same id.
    ///
    /// # Errors
    /// With the first id that is there twice.
    pub(super) fn check_unique(&mut self, session: &Session<'_>) -> Result<()> {
        let current = self.current(&session.tree, &session.schemas);
        let twice = current.values().filter_map(|places| places.get(1)).min().copied();
        match twice {
            Some(at) => {
                let id = self.list[at].id(&session.tree, &session.schemas);
                Err(Error::new(format!("may not add resource with an already registered id: {id}")))
            }
            None => Ok(()),
        }
    }

    /// Returns the places of the resources that have, or had, a name.
    pub(super) fn places_by_any_name(&mut self, session: &Session<'_>, name: &str) -> Vec<usize> {
        let list = &self.list;
        let names = self.names.get_or_insert_with(|| {
            let mut names = HashMap::with_capacity(list.len());
            for (at, resource) in list.iter().enumerate() {
                for name in resource.previous_names() {
                    insert(&mut names, name.clone(), at);
                }
                insert(&mut names, resource::metadata_text(&session.tree, resource.root, "name"), at);
            }
            names
        });
        names.get(name).cloned().unwrap_or_default()
    }

    /// Takes resources out that a patch left nothing of.
    pub(super) fn drop_nothings(&mut self, tree: &Tree) {
        let before = self.list.len();
        self.list.retain(|resource| !resource.is_nothing(tree));
        if self.list.len() != before {
            self.forget();
        }
    }

    /// Returns the place of the one resource that has, or had, an id.
    ///
    /// # Errors
    /// When there is none, or several.
    pub(super) fn by_any_id(&mut self, session: &Session<'_>, id: &ResId) -> Result<usize> {
        let places = self.places_by_any_id(session, id);
        let found = match places.as_slice() {
            [at] => return Ok(*at),
            [] => "no matches",
            _ => "multiple matches",
        };
        Err(Error::new(format!("{found} for Id {id}; failed to find unique target for patch {id}")))
    }

    fn places_by_any_id(&mut self, session: &Session<'_>, id: &ResId) -> Vec<usize> {
        self.any(&session.tree, &session.schemas).get(&id.key()).cloned().unwrap_or_default()
    }

    /// Does something to one resource and keeps the tables in step.
    ///
    /// # Errors
    /// Those of what is done.
    pub(super) fn change<T>(
        &mut self,
        session: &mut Session<'_>,
        at: usize,
        change: impl FnOnce(&mut Session<'_>, &mut Resource) -> Result<T>,
    ) -> Result<T> {
        let ids = |session: &Session<'_>, resource: &Resource| {
            let now = resource.id(&session.tree, &session.schemas).key();
            let mut all: Vec<IdKey> = resource.previous_ids(&session.tree).map(|id| id.key()).collect();
            if !resource.is_nothing(&session.tree) {
                all.push(now.clone());
            } else {
                all.clear();
            }
            (now, all)
        };
        let (now, all) = ids(session, &self.list[at]);
        let done = change(session, &mut self.list[at])?;
        let (after, all_after) = ids(session, &self.list[at]);
        if let Some(current) = &mut self.current
            && now != after
        {
            remove(current, &now, at);
            insert(current, after, at);
        }
        if all != all_after {
            // A name that a resource had once and has no more does no harm in the table: whoever asks looks again.
            let resource = &self.list[at];
            if let Some(names) = &mut self.names {
                let now = resource::metadata_text(&session.tree, resource.root, "name");
                resource.previous_names().iter().cloned().chain([now]).for_each(|name| insert(names, name, at));
            }
        }
        if let Some(any) = &mut self.any
            && all != all_after
        {
            all.iter().for_each(|key| remove(any, key, at));
            all_after.into_iter().for_each(|key| insert(any, key, at));
        }
        Ok(done)
    }

    /// Returns the places of the resources that have, or had, a type and name, in a namespace where that counts.
    pub(super) fn places_by_name(&mut self, session: &Session<'_>, id: &ResId, by_namespace: bool) -> Vec<usize> {
        if by_namespace {
            return self.places_by_any_id(session, id);
        }
        let named = |other: &ResId| other.name == id.name && other.gvk == id.gvk;
        let candidates = self.places_by_any_name(session, &id.name);
        let fits = |resource: &Resource| {
            !resource.is_nothing(&session.tree)
                && (resource.previous_ids(&session.tree).any(|id| named(&id))
                    || named(&resource.id(&session.tree, &session.schemas)))
        };
        candidates.into_iter().filter(|at| fits(&self.list[*at])).collect()
    }

    /// Returns the places of the resources that have an id now.
    pub(super) fn places_by_current_id(&mut self, session: &Session<'_>, id: &ResId) -> Vec<usize> {
        self.current(&session.tree, &session.schemas).get(&id.key()).cloned().unwrap_or_default()
    }

    /// Adds generated resources, or lays them over those that are there, as they ask for.
    ///
    /// # Errors
    /// When one asks for what is not there, or is there and does not ask.
    pub(super) fn absorb(&mut self, session: &mut Session<'_>, generated: ResMap) -> Result<()> {
        generated.list.into_iter().try_for_each(|resource| self.absorb_one(session, resource))
    }

    fn absorb_one(&mut self, session: &mut Session<'_>, mut resource: Resource) -> Result<()> {
        let id = resource.id(&session.tree, &session.schemas);
        let places = self.places_by_any_id(session, &id);
        let behavior = resource.build.behavior.clone().unwrap_or_default();
        let known = matches!(behavior.as_str(), "merge" | "replace");
        let at = match places.as_slice() {
            [] if known => {
                session.miss(|session| Missed::object(session, self, &id.gvk.kind, &id.name, "so nothing is merged"));
                return Err(Error::new(format!("id {} does not exist; cannot merge or replace", id.go_dump())));
            }
            [] => return self.append(session, resource),
            [at] => *at,
            _ => {
                let shown: Vec<String> = places.iter().map(|at| self.list[*at].to_json(&mut session.tree)).collect();
                let shown = super::go::list(&shown);
                return Err(Error::new(format!("found multiple objects {shown} that could accept merge of {id}")));
            }
        };
        if !known {
            let behavior = if behavior == "create" { "create" } else { "unspecified" };
            return Err(Error::new(format!(
                "id {} exists; can not use behavior: '{behavior}', behavior must be merge or replace",
                id.go_dump()
            )));
        }
        let old = self.list[at].clone();
        let origin = resource::annotation(&session.tree, old.root, resource::ORIGIN).map(EcoString::from);
        resource.take_identity_of(&mut session.tree, &old)?;
        if behavior == "merge" {
            merge_data(&mut session.tree, &old, &resource, "data")?;
            merge_data(&mut session.tree, &old, &resource, "binaryData")?;
            if let Some(origin) = origin {
                let mut annotations = resource::annotations(&session.tree, resource.root);
                annotations.insert(resource::ORIGIN.into(), origin);
                resource::set_annotations(&mut session.tree, resource.root, annotations)?;
            }
        }
        let now = resource.id(&session.tree, &session.schemas);
        let same = self.places_by_current_id(session, &now).len();
        if same > 1 {
            return Err(Error::new(format!("id matched {same} resources"))).wrap(|| "in Replace");
        }
        self.change(session, at, |_, slot| {
            *slot = resource;
            Ok(())
        })
    }

    /// Puts an annotation on all resources.
    ///
    /// # Errors
    /// When the metadata of one is no map.
    pub(super) fn annotate(&self, session: &mut Session<'_>, name: &str, text: &str) -> Result<()> {
        let path = super::tree::FieldPath::new("metadata/annotations");
        let create = super::tree::Create { kind: Kind::Map, tag: Tag::Map };
        for resource in &self.list {
            let root = resource.root;
            session.tree.visit(root, &path, Some(create), &mut |tree, map| {
                let value = tree.tagged(text, Tag::Str);
                tree.set_field(map, name, value).map(drop)
            })?;
        }
        Ok(())
    }

    /// Returns which places are left when some are taken away.
    pub(super) fn retain_places(&mut self, kept: &BTreeSet<usize>) {
        let mut at = 0;
        self.list.retain(|_| {
            at += 1;
            kept.contains(&(at - 1))
        });
        self.forget();
    }
}

impl Resource {
    /// Takes over name, namespace, labels, annotations and what is remembered from the resource that this one is laid
    /// over; its own labels and annotations win.
    ///
    /// # Errors
    /// When the metadata of one is no map.
    pub(super) fn take_identity_of(&mut self, tree: &mut Tree, old: &Resource) -> Result<()> {
        let merged = |below: resource::Texts, above: resource::Texts| below.into_iter().chain(above).collect();
        let labels = merged(resource::labels(tree, old.root), resource::labels(tree, self.root));
        resource::set_labels(tree, self.root, labels).wrap(|| "copyMerge cannot set labels - ")?;
        let annotations = merged(resource::annotations(tree, old.root), resource::annotations(tree, self.root));
        resource::set_annotations(tree, self.root, annotations)?;
        let needs_hash = old.build.needs_hash && self.build.needs_hash;
        self.build = old.build.clone();
        self.build.needs_hash = needs_hash;
        let text = |tree: &Tree, field| resource::metadata_text(tree, old.root, field);
        let (name, namespace) = (text(tree, "name"), text(tree, "namespace"));
        resource::set_name(tree, self.root, &name)?;
        resource::set_namespace(tree, self.root, &namespace)?;
        self.vars.clone_from(&old.vars);
        self.born = old.born;
        Ok(())
    }

    /// Returns the document as JSON, with what is remembered of it, as kustomize shows resources in messages.
    pub(super) fn to_json(&self, tree: &mut Tree) -> String {
        let shown = self.revealed(tree);
        tree.to_json(shown.root)
    }
}

/// Lays the data of a resource over those of the one that it replaces.
fn merge_data(tree: &mut Tree, old: &Resource, new: &Resource, field: &str) -> Result<()> {
    let texts = |tree: &Tree, root: NodeId| -> resource::Texts {
        let map = tree.field(root, field);
        let text = |tree: &Tree, value: NodeId| if tree.is_null(value) { EcoString::new() } else { tree.eco(value) };
        let entries = map.map_or(&[][..], |map| tree.entries(map));
        entries.iter().map(|(key, value)| (text(tree, *key), text(tree, *value))).collect()
    };
    let mut all = texts(tree, old.root);
    all.extend(texts(tree, new.root));
    tree.clear_field(new.root, field)?;
    if all.is_empty() {
        return Ok(());
    }
    set_data(tree, new.root, field, all)
}

/// Adds texts to a map of data, as kyaml does for ConfigMaps.
///
/// # Errors
/// When the field is no map.
pub(super) fn set_data(tree: &mut Tree, root: NodeId, field: &str, texts: resource::Texts) -> Result<()> {
    let Some(map) = tree.lookup_create(root, &[field], Kind::Map)? else { return Ok(()) };
    for (key, text) in texts {
        let value = tree.string(text);
        tree.style_for_yaml_1_1(value);
        let key = tree.scalar(key);
        tree.push_entry(map, key, value);
    }
    Ok(())
}
