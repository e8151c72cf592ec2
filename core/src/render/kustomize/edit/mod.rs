//! `kustomize edit`: the same commands with the same meaning, and a file whose comments, order and layout stay.
//!
//! An [`Edit`] is one command with its arguments checked. [`Edit::apply`] reads a kustomization file, changes the
//! fields that the command is about, and has [`rewrite`] put them into the text. See `commands/edit` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/kustomize/v5.8.1/kustomize>.
//!
//! Kustomize writes every field anew, sorts images and replicas, moves old fields to their successors and adds
//! `apiVersion` and `kind`. Here only what the command says changes; images and replicas go to their place where
//! the list is sorted, else to its end.

mod arguments;
mod fields;
mod images;
mod lists;
mod metadata;

use std::collections::{BTreeMap, BTreeSet};

use super::decode::{Image, Patch, decode_kustomization};
use super::error::{Error, Result};
use crate::source::Limits;
use crate::yaml::{RewriteError, rewrite};

pub use arguments::PatchArguments;

use fields::Fields;

/// A command of `kustomize edit` with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit(Command);

#[derive(Debug, Clone, PartialEq)]
enum Command {
    Text { field: &'static str, text: String },
    Images(BTreeMap<String, Image>),
    Replicas(BTreeMap<String, i64>),
    AddEntries { kind: Metadata, entries: BTreeMap<String, String>, force: bool },
    RemoveEntries { kind: Metadata, keys: Vec<String>, ignore: bool },
    AddLabels { entries: BTreeMap<String, String>, force: bool, templates: bool },
    SetOptions(Vec<String>),
    AddOptions(Vec<String>),
    RemoveOptions(Vec<String>),
    AddPaths { list: PathList, paths: Vec<String> },
    RemovePaths { list: PathList, patterns: Vec<String> },
    AddBases(Vec<String>),
    AddPatch(Box<Patch>),
    RemovePatch(Box<Patch>),
    RemoveGenerators { kind: Generator, names: BTreeSet<String>, namespace: String },
}

/// A field that says what is put on every object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metadata {
    /// `commonLabels`
    Label,
    /// `commonAnnotations`
    Annotation,
}

/// A field that lists files and folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathList {
    /// `resources`
    Resources,
    /// `components`
    Components,
    /// `generators`
    Generators,
    /// `transformers`
    Transformers,
}

/// What makes ConfigMaps or Secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generator {
    /// `configMapGenerator`
    ConfigMap,
    /// `secretGenerator`
    Secret,
}

/// A text of `kustomization.yaml` that replaces another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The new text; `None` where nothing is to be written.
    pub text: Option<String>,
    /// What kustomize logs on the way.
    pub log: Vec<String>,
}

impl Edit {
    /// Carries the command out on the text of a kustomization file; `name` is the file's name.
    ///
    /// # Errors
    /// When the text is no kustomization or the command does not fit what it says, in kustomize's words; and when
    /// the change cannot be made without touching the rest.
    pub fn apply(&self, text: &str, name: &str, limits: &Limits) -> Result<Edited> {
        // Of all commands, these wrap what is wrong with the file.
        let wrap = |error: Error| match &self.0 {
            Command::RemoveGenerators { .. } => error.wrap("could not read kustomization file contents"),
            _ => error,
        };
        let (mut kustomization, value) = decode_kustomization(text, limits).map_err(wrap)?;
        kustomization.fix();
        let mut fields = Fields::new(&value, kustomization);
        let mut log = Vec::new();
        let write = self.change(&mut fields, name, &mut log)?;
        if !write {
            return Ok(Edited { text: None, log });
        }
        let text = rewrite(text, &fields.into_map(), limits).map_err(|error| match error {
            RewriteError::Unreadable(message) => Error::new(message),
            RewriteError::Entangled => Error::new(format!(
                "{name} cannot be changed without changing more: what the command is about is shared with other fields"
            )),
        })?;
        Ok(Edited { text: Some(text), log })
    }

    /// Changes the fields; returns whether the file is to be written.
    fn change(&self, fields: &mut Fields, name: &str, log: &mut Vec<String>) -> Result<bool> {
        match &self.0 {
            Command::Text { field, text } => fields.set_text(field, text),
            Command::Images(images) => images::set_images(fields, images),
            Command::Replicas(counts) => images::set_replicas(fields, counts),
            Command::AddEntries { kind, entries, force } => metadata::add(fields, *kind, entries, *force)?,
            Command::RemoveEntries { kind, keys, ignore } => metadata::remove(fields, *kind, keys, *ignore)?,
            Command::AddLabels { entries, force, templates } => {
                metadata::add_labels(fields, entries, *force, *templates)?;
            }
            Command::SetOptions(options) => metadata::set_options(fields, options),
            Command::AddOptions(options) => metadata::add_options(fields, options)?,
            Command::RemoveOptions(options) => metadata::remove_options(fields, options),
            Command::AddPaths { list, paths } => return Ok(lists::add(fields, *list, paths, name, log)),
            Command::RemovePaths { list, patterns } => return lists::remove(fields, *list, patterns),
            Command::AddBases(paths) => lists::add_bases(fields, paths)?,
            Command::AddPatch(patch) => return Ok(lists::add_patch(fields, patch, log)),
            Command::RemovePatch(patch) => return Ok(lists::remove_patch(fields, patch, log)),
            Command::RemoveGenerators { kind, names, namespace } => {
                lists::remove_generators(fields, *kind, names, namespace, log)?;
            }
        }
        Ok(true)
    }
}

impl Metadata {
    fn word(self) -> &'static str {
        match self {
            Metadata::Label => "label",
            Metadata::Annotation => "annotation",
        }
    }

    fn field(self) -> &'static str {
        match self {
            Metadata::Label => "commonLabels",
            Metadata::Annotation => "commonAnnotations",
        }
    }
}

impl PathList {
    fn word(self) -> &'static str {
        match self {
            PathList::Resources => "resource",
            PathList::Components => "component",
            PathList::Generators => "generator",
            PathList::Transformers => "transformer",
        }
    }

    fn field(self) -> &'static str {
        match self {
            PathList::Resources => "resources",
            PathList::Components => "components",
            PathList::Generators => "generators",
            PathList::Transformers => "transformers",
        }
    }
}

#[cfg(test)]
mod tests;
