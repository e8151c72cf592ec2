//! `set image` and `set replicas`: lists whose items are known by their name.

use std::collections::BTreeMap;

use super::fields::{Fields, key_in};
use crate::render::kustomize::decode::Image;
use crate::value::{Map, Value};

/// In the place of a new name, tag or digest: leave it as it is.
const PRESERVE: &str = "*";

pub(super) fn set_images(fields: &mut Fields, images: &BTreeMap<String, Image>) {
    let read = fields.read.images.clone();
    let mut wanted = images.clone();
    for old in &read {
        if let Some(image) = wanted.get_mut(old.name.as_str()) {
            let parts = [
                (&mut image.new_name, &old.new_name),
                (&mut image.new_tag, &old.new_tag),
                (&mut image.digest, &old.digest),
            ];
            for (part, old) in parts {
                if part == PRESERVE {
                    part.clone_from(old);
                }
            }
        }
    }
    let written = |image: &Image| {
        let parts = [("digest", &image.digest), ("newName", &image.new_name), ("newTag", &image.new_tag)];
        let parts = parts.into_iter().filter(|(_, text)| !text.is_empty() && *text != PRESERVE);
        parts.map(|(key, text)| (key, Value::from(text.clone()))).collect::<Vec<_>>()
    };
    let wanted = wanted.iter().map(|(name, image)| (name.clone(), written(image))).collect();
    set_named(fields, "images", &["newName", "newTag", "tagSuffix", "digest"], wanted);
}

pub(super) fn set_replicas(fields: &mut Fields, counts: &BTreeMap<String, i64>) {
    let wanted = counts.iter().map(|(name, count)| (name.clone(), vec![("count", Value::Int(*count))])).collect();
    set_named(fields, "replicas", &["count"], wanted);
}

/// Sets what stands beside the names of items; `owned` is what else an item may hold. New items go where the order of
/// names has them, if the list is in that order.
fn set_named(
    fields: &mut Fields,
    field: &str,
    owned: &[&str],
    mut wanted: BTreeMap<String, Vec<(&'static str, Value)>>,
) {
    let mut items = fields.list(field);
    // A name that stands twice stands once when it was set.
    let all: Vec<String> = wanted.keys().cloned().collect();
    items.retain_mut(|item| {
        let name = name_of(item);
        if !all.contains(&name) {
            return true;
        }
        let Some(parts) = wanted.remove(&name) else { return false };
        let mut map = item.as_map().cloned().unwrap_or_default();
        map.retain(|key, _| {
            let is = |part: &str| key.eq_ignore_ascii_case(part);
            !owned.iter().any(|part| is(part)) || parts.iter().any(|(part, _)| is(part))
        });
        for (part, value) in parts {
            map.insert(key_in(&map, part), value);
        }
        *item = map.into();
        true
    });
    let names: Vec<String> = items.iter().map(name_of).collect();
    let in_order = names.is_sorted();
    let mut merged = Vec::with_capacity(items.len() + wanted.len());
    let mut new = wanted.into_iter().peekable();
    for (item, name) in items.into_iter().zip(names) {
        while let Some((key, parts)) = new.next_if(|(key, _)| in_order && *key < name) {
            merged.push(item_of(key, parts));
        }
        merged.push(item);
    }
    merged.extend(new.map(|(name, parts)| item_of(name, parts)));
    fields.set_list(field, merged);
}

fn name_of(item: &Value) -> String {
    let map = item.as_map();
    let name = map.and_then(|map| map.get(&key_in(map, "name")));
    name.and_then(Value::as_str).unwrap_or_default().to_owned()
}

// The keys of an item are written in their order, as kustomize writes them.
fn item_of(name: String, parts: Vec<(&'static str, Value)>) -> Value {
    let mut entries: BTreeMap<&str, Value> = parts.into_iter().collect();
    entries.insert("name", name.into());
    entries.into_iter().collect::<Map>().into()
}
