//! Lists of files, patches and generators.

use std::collections::{BTreeSet, HashSet};

use ecow::EcoString;

use super::fields::Fields;
use super::{Generator, PathList};
use crate::package::chart::Glob;
use crate::render::kustomize::decode::{GoType, Patch, Selector};
use crate::render::kustomize::error::{Error, Result};
use crate::render::kustomize::go;
use crate::value::Value;

/// Adds paths; returns whether there is anything to write. The kustomization file itself is passed over.
pub(super) fn add(fields: &mut Fields, list: PathList, paths: &[String], name: &str, log: &mut Vec<String>) -> bool {
    if paths.is_empty() {
        return false;
    }
    let skips_itself = matches!(list, PathList::Resources | PathList::Components);
    let mut items = fields.list(list.field());
    let mut known: HashSet<String> = items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    for path in paths.iter().filter(|path| !skips_itself || *path != name) {
        if known.insert(path.clone()) {
            items.push(path.as_str().into());
        } else {
            log.push(format!("{} {path} already in kustomization file", list.word()));
        }
    }
    fields.set_list(list.field(), items);
    true
}

/// Adds folders to the resources.
pub(super) fn add_bases(fields: &mut Fields, paths: &[String]) -> Result<()> {
    let mut items = fields.list("resources");
    for path in paths {
        if items.iter().any(|item| item.as_str() == Some(path)) {
            return Err(Error::new(format!("base {path} already in kustomization file")));
        }
        items.push(path.as_str().into());
    }
    fields.set_list("resources", items);
    Ok(())
}

/// Removes the paths that patterns fit; returns whether there were any.
pub(super) fn remove(fields: &mut Fields, list: PathList, patterns: &[String]) -> Result<bool> {
    let mut items = fields.list(list.field());
    let before = items.len();
    for pattern in patterns {
        // Kustomize compares before it finds a mistake in the pattern.
        if items.is_empty() {
            break;
        }
        let glob = Glob::parse(pattern).map_err(|error| Error::new(error.to_string()))?;
        items.retain(|item| item.as_str().is_none_or(|path| !glob.matches(path)));
    }
    let found = items.len() < before;
    fields.set_list(list.field(), items);
    Ok(found)
}

/// Adds a patch, unless it is there; returns whether it was added.
pub(super) fn add_patch(fields: &mut Fields, patch: &Patch, log: &mut Vec<String>) -> bool {
    if fields.read.patches.contains(patch) {
        log.push(format!("patch {} already in kustomization file", shown(patch)));
        return false;
    }
    let mut items = fields.list("patches");
    items.extend(patch.encode());
    fields.set_list("patches", items);
    true
}

/// Removes each patch that says the same; returns whether there was one.
pub(super) fn remove_patch(fields: &mut Fields, patch: &Patch, log: &mut Vec<String>) -> bool {
    let same: Vec<bool> = fields.read.patches.iter().map(|known| known == patch).collect();
    if !same.contains(&true) {
        log.push(format!("patch {} doesn't exist in kustomization file", patch.patch));
        return false;
    }
    let items = fields.list("patches");
    let kept = items.into_iter().zip(same).filter(|(_, same)| !same).map(|(item, _)| item);
    fields.set_list("patches", kept.collect());
    true
}

// As Go shows the struct, but for the addresses.
fn shown(patch: &Patch) -> String {
    let pointer = |name: &str, is_there: bool| {
        let what = if is_there { "0xc000000000" } else { "nil" };
        format!("(*types.{name})({what})")
    };
    let (path, text) = (go::quote(&patch.path), go::quote(&patch.patch));
    let target = pointer("Selector", patch.target.is_some());
    let options = pointer("PatchArgs", patch.options.is_some());
    format!("types.Patch{{Path:{path}, Patch:{text}, Target:{target}, Options:{options}}}")
}

/// Returns the target, unless it says nothing.
pub(super) fn target(selector: Selector) -> Option<Selector> {
    (selector != Selector::default()).then_some(selector)
}

/// Removes generators by their name, in a namespace.
pub(super) fn remove_generators(
    fields: &mut Fields,
    kind: Generator,
    names: &BTreeSet<String>,
    namespace: &str,
    log: &mut Vec<String>,
) -> Result<()> {
    let (word, field) = match kind {
        Generator::ConfigMap => ("configmap", "configMapGenerator"),
        Generator::Secret => ("secret", "secretGenerator"),
    };
    let read = &fields.read;
    let known: Vec<(String, EcoString)> = match kind {
        Generator::ConfigMap => {
            read.config_map_generator.iter().map(|args| (args.name.to_string(), args.namespace.clone())).collect()
        }
        Generator::Secret => {
            read.secret_generator.iter().map(|args| (args.name.to_string(), args.namespace.clone())).collect()
        }
    };
    let or_default = |namespace: &str| if namespace.is_empty() { "default".to_owned() } else { namespace.to_owned() };
    let goes = |(name, space): &(String, EcoString)| names.contains(name) && or_default(space) == or_default(namespace);
    let found: BTreeSet<&String> = known.iter().filter(|known| goes(known)).map(|(name, _)| name).collect();
    if found.is_empty() {
        return Err(Error::new(format!("no specified {word}(s) were found in the kustomization.yaml file")));
    }
    let missing = names.iter().filter(|name| !found.contains(name));
    log.extend(missing.map(|name| format!("{word} {name} doesn't exist in kustomization file")));
    let items = fields.list(field);
    let kept = items.into_iter().zip(&known).filter(|(_, known)| !goes(known)).map(|(item, _)| item);
    fields.set_list(field, kept.collect());
    Ok(())
}
