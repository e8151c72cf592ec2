//! The fields of a kustomization file while it is edited: as they are written, and as they are read.

use crate::render::kustomize::decode::Kustomization;
use crate::value::{Map, Value};

/// Fields that have moved elsewhere, and where to.
const SUCCESSORS: [(&str, &str); 2] = [("bases", "resources"), ("imageTags", "images")];

pub(super) struct Fields {
    map: Map,
    /// What they say, old fields counted to their successors.
    pub(super) read: Kustomization,
}

impl Fields {
    pub(super) fn new(value: &Value, read: Kustomization) -> Fields {
        let mut map = value.as_map().cloned().unwrap_or_default();
        if map.is_empty() {
            map.insert("apiVersion", read.api_version.clone().into());
            map.insert("kind", read.kind.clone().into());
        }
        Fields { map, read }
    }

    pub(super) fn into_map(self) -> Map {
        self.map
    }

    /// Returns a field as it is written.
    pub(super) fn get(&self, field: &str) -> Option<&Value> {
        self.map.get(&key_in(&self.map, field))
    }

    /// Sets a text; an empty one takes the field away.
    pub(super) fn set_text(&mut self, field: &str, text: &str) {
        self.set(field, Some(text).filter(|text| !text.is_empty()).map(Value::from));
    }

    /// Returns the items of a list, which for a successor end with those of the old field.
    pub(super) fn list(&mut self, field: &str) -> Vec<Value> {
        let items = |value: Option<Value>| value.as_ref().and_then(Value::as_seq).unwrap_or_default().to_vec();
        let mut list = items(self.get(field).cloned());
        for (old, _) in SUCCESSORS.iter().filter(|(_, new)| *new == field) {
            let key = key_in(&self.map, old);
            list.extend(items(self.map.remove(&key)));
        }
        list
    }

    /// Sets a list or a map; an empty one takes the field away.
    pub(super) fn set_list(&mut self, field: &str, items: Vec<Value>) {
        self.set(field, Some(items).filter(|items| !items.is_empty()).map(Value::from));
    }

    pub(super) fn entries(&self, field: &str) -> Map {
        self.get(field).and_then(Value::as_map).cloned().unwrap_or_default()
    }

    pub(super) fn set_entries(&mut self, field: &str, entries: Map) {
        self.set(field, Some(entries).filter(|entries| !entries.is_empty()).map(Value::from));
    }

    fn set(&mut self, field: &str, value: Option<Value>) {
        let key = key_in(&self.map, field);
        match value {
            Some(value) => drop(self.map.insert(key, value)),
            None => drop(self.map.remove(&key)),
        }
    }
}

/// Returns how a map writes a field: case does not count.
pub(super) fn key_in(map: &Map, field: &str) -> String {
    if map.contains_key(field) {
        return field.to_owned();
    }
    map.keys().find(|key| key.eq_ignore_ascii_case(field)).map_or_else(|| field.to_owned(), ToString::to_string)
}
