//! Many objects at once: one list for those of a kind in a namespace, and single reads for the rest.
//!
//! A list also brings what nobody asked for. So it is only made where many are wanted, in pages, and given up for single
//! reads once far more is left of it than is still wanted. An account that may read but not list gets single reads.

use std::collections::{BTreeMap, BTreeSet};

use ecow::{EcoString, eco_format};
use rhumb::object::{Gvk, ObjectKey};
use rhumb::plan::{ApiKind, Sight};
use rhumb::value::{Map, Value};

use crate::client::Call;
use crate::error::RequestError;
use crate::live::Cluster;
use crate::{parallel, paths};

// Fewer are read one by one.
const MANY: usize = 8;
// What a list costs for each object, against reading one alone.
const CHEAPER: usize = 10;
const PAGE: usize = 500;

// Those of one kind in one namespace.
struct Group<'a> {
    kind: &'a ApiKind,
    namespace: EcoString,
    wanted: BTreeMap<EcoString, ObjectKey>,
}

impl Cluster {
    /// Reads objects. What the server refuses to show is unseen.
    ///
    /// # Errors
    /// When the server gives no answer.
    pub fn read(&self, keys: &[(ObjectKey, Gvk)]) -> Result<BTreeMap<ObjectKey, Sight>, RequestError> {
        let mut seen = BTreeMap::new();
        for listed in parallel::each(&self.groups(keys), |group| self.list(group)) {
            seen.extend(listed?);
        }
        let rest: Vec<&(ObjectKey, Gvk)> = keys.iter().filter(|(key, _)| !seen.contains_key(key)).collect();
        for read in parallel::each(&rest, |(key, gvk)| self.see(key, gvk).map(|sight| (key.clone(), sight))) {
            let (key, sight) = read?;
            seen.insert(key, sight);
        }
        Ok(seen)
    }

    fn groups(&self, keys: &[(ObjectKey, Gvk)]) -> Vec<Group<'_>> {
        let mut groups: BTreeMap<(&Gvk, &EcoString), BTreeMap<EcoString, ObjectKey>> = BTreeMap::new();
        for (key, gvk) in keys {
            groups.entry((gvk, &key.namespace)).or_default().insert(key.name.clone(), key.clone());
        }
        let group = |((gvk, namespace), wanted): ((&Gvk, &EcoString), BTreeMap<EcoString, ObjectKey>)| {
            let kind = self.discovery.kind(gvk)?;
            let is_listed = wanted.len() >= MANY && kind.verbs.iter().any(|verb| verb == "list");
            is_listed.then(|| Group { kind, namespace: namespace.clone(), wanted })
        };
        groups.into_iter().filter_map(group).collect()
    }

    // What a list tells of those that are wanted; nothing of those for which it was given up.
    fn list(&self, group: &Group<'_>) -> Result<Vec<(ObjectKey, Sight)>, RequestError> {
        let path = paths::collection(group.kind, &group.namespace);
        let mut seen = Vec::new();
        let mut missing: BTreeSet<&EcoString> = group.wanted.keys().collect();
        let mut page = String::new();
        loop {
            let limit = (missing.len() * CHEAPER).clamp(MANY * CHEAPER, PAGE);
            let list = match self.client.send(&Call::get(format!("{path}?limit={limit}{page}"))) {
                Ok(list) => list,
                // Not allowed, or the pages are too old by now: the rest is read one by one.
                Err(error) if error.refusal().is_some() => return Ok(seen),
                Err(error) => return Err(error),
            };
            for item in list.get("items").and_then(Value::as_seq).unwrap_or_default() {
                let name = item.text_below(&["metadata", "name"]);
                if let Some((name, key)) = group.wanted.get_key_value(name) {
                    missing.remove(name);
                    seen.push((key.clone(), Sight::Object(whole(item, &group.kind.gvk))));
                }
            }
            let next = list.text_below(&["metadata", "continue"]);
            if next.is_empty() {
                seen.extend(missing.into_iter().map(|name| (group.wanted[name].clone(), Sight::Absent)));
                return Ok(seen);
            }
            let left = list.get("metadata").and_then(|metadata| metadata.get("remainingItemCount")?.as_i64());
            let left = left.and_then(|left| usize::try_from(left).ok()).unwrap_or(PAGE);
            if left > missing.len() * CHEAPER {
                return Ok(seen);
            }
            page = format!("&continue={}", paths::encode(next));
        }
    }

    fn see(&self, key: &ObjectKey, gvk: &Gvk) -> Result<Sight, RequestError> {
        if !paths::is_part(&key.name) {
            return Ok(Sight::Unseen(eco_format!("`{}` is no name of an object", key.name)));
        }
        let Some(kind) = self.discovery.kind(gvk) else {
            return Ok(match self.discovery.unknown.get(&gvk.api_version()) {
                Some(reason) => Sight::Unseen(eco_format!("{}: {reason}", gvk.api_version())),
                None => Sight::Absent,
            });
        };
        match self.client.send(&Call::get(paths::object(kind, &key.namespace, &key.name))) {
            Ok(object) => Ok(Sight::Object(object)),
            Err(error) => match error.refusal() {
                Some(refusal) if refusal.code == 404 => Ok(Sight::Absent),
                Some(refusal) => Ok(Sight::Unseen(refusal.message.clone())),
                None => Err(error),
            },
        }
    }
}

/// Returns an item of a list as an object of its own: items do not say what they are.
pub(crate) fn whole(item: &Value, gvk: &Gvk) -> Value {
    let head = [("apiVersion".into(), gvk.api_version().into()), ("kind".into(), gvk.kind.clone().into())];
    let own = item.as_map().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone()));
    head.into_iter().chain(own.filter(|(key, _)| key != "apiVersion" && key != "kind")).collect::<Map>().into()
}
