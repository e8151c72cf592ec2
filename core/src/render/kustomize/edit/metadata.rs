//! Labels, annotations, and the options of `buildMetadata`.

use std::collections::BTreeMap;

use super::Metadata;
use super::fields::{Fields, key_in};
use crate::render::kustomize::error::{Error, Result};
use crate::value::{Map, Value};

pub(super) fn add(fields: &mut Fields, kind: Metadata, entries: &BTreeMap<String, String>, force: bool) -> Result<()> {
    let mut map = fields.entries(kind.field());
    put(&mut map, kind, entries, force)?;
    fields.set_entries(kind.field(), map);
    Ok(())
}

fn put(map: &mut Map, kind: Metadata, entries: &BTreeMap<String, String>, force: bool) -> Result<()> {
    for (key, value) in entries {
        if map.contains_key(key) && !force {
            let word = kind.word();
            return Err(Error::new(format!("{word} {key} already in kustomization file. Use --force to override.")));
        }
        map.insert(key.as_str(), value.as_str().into());
    }
    Ok(())
}

/// Adds labels that leave selectors alone, to the first item of `labels` that has such.
pub(super) fn add_labels(
    fields: &mut Fields,
    entries: &BTreeMap<String, String>,
    force: bool,
    templates: bool,
) -> Result<()> {
    let fits = |label: &crate::render::kustomize::decode::Label| {
        !label.include_selectors && label.include_templates == templates
    };
    let at = fields.read.labels.iter().position(fits);
    let mut items = fields.list("labels");
    let mut item = at.and_then(|at| items.get(at)).and_then(Value::as_map).cloned().unwrap_or_default();
    if templates && at.is_none() {
        item.insert("includeTemplates", true.into());
    }
    let key = key_in(&item, "pairs");
    let mut pairs = item.get(&key).and_then(Value::as_map).cloned().unwrap_or_default();
    put(&mut pairs, Metadata::Label, entries, force)?;
    item.insert(key, pairs.into());
    match at.and_then(|at| items.get_mut(at)) {
        Some(slot) => *slot = item.into(),
        None => items.push(item.into()),
    }
    fields.set_list("labels", items);
    Ok(())
}

pub(super) fn remove(fields: &mut Fields, kind: Metadata, keys: &[String], ignore: bool) -> Result<()> {
    let (word, field) = (kind.word(), kind.field());
    if fields.get(field).is_none_or(Value::is_null) && !ignore {
        return Err(Error::new(format!("{field} is not defined in kustomization file")));
    }
    let mut map = fields.entries(field);
    for key in keys {
        if map.remove(key).is_none() && !ignore {
            return Err(Error::new(format!("{word} {key} is not defined in kustomization file")));
        }
    }
    fields.set_entries(field, map);
    Ok(())
}

pub(super) fn set_options(fields: &mut Fields, options: &[String]) {
    fields.set_list("buildMetadata", options.iter().map(|option| option.as_str().into()).collect());
}

pub(super) fn add_options(fields: &mut Fields, options: &[String]) -> Result<()> {
    let mut list = fields.list("buildMetadata");
    for option in options {
        if list.iter().any(|known| known.as_str() == Some(option)) {
            return Err(Error::new(format!("buildMetadata option {option} already in kustomization file")));
        }
        list.push(option.as_str().into());
    }
    fields.set_list("buildMetadata", list);
    Ok(())
}

pub(super) fn remove_options(fields: &mut Fields, options: &[String]) {
    let mut list = fields.list("buildMetadata");
    list.retain(|known| known.as_str().is_none_or(|known| !options.iter().any(|option| option == known)));
    fields.set_list("buildMetadata", list);
}
