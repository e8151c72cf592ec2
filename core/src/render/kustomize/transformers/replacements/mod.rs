//! Values copied from one field to others.
//!
//! See `filters/replacement` of <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

mod path;
mod structured;

use ecow::EcoString;

use super::Transformer;
use crate::go::regex::is_literal;
use crate::render::kustomize::decode::{
    self, FieldOptions, Mode, Replacement, ReplacementConfig, Selector, SourceSelector, TargetSelector,
};
use crate::render::kustomize::error::{Error, Result, Wrap};
use crate::render::kustomize::go;
use crate::render::kustomize::loader::Loader;
use crate::render::kustomize::missed::Missed;
use crate::render::kustomize::resid::ResId;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::Resource;
use crate::render::kustomize::select::Compiled;
use crate::render::kustomize::session::Session;
use crate::render::kustomize::tree::{Body, Kind, NodeId, Tree, smarter_path_splitter};
use crate::value::Value;
use crate::yaml::{Numbers, unmarshal};

use path::Matcher;

const DEFAULT_PATH: &str = "metadata.name";

/// Copies values between fields.
#[derive(Debug)]
pub(in crate::render::kustomize) struct Replacements {
    /// Each with the number of the entry that has it or names its file.
    replacements: Vec<(usize, Replacement)>,
}

impl Replacements {
    /// Reads the replacements, of which files may hold some.
    ///
    /// # Errors
    /// When a file is missing or holds something else, or an entry has both a path and a replacement.
    pub(in crate::render::kustomize) fn new(
        session: &mut Session<'_>,
        loader: &Loader,
        config: &ReplacementConfig,
    ) -> Result<Replacements> {
        let mut replacements = Vec::new();
        for (entry, field) in config.replacements.iter().enumerate() {
            if field.path.is_empty() {
                let (source, targets) = (field.source.clone(), field.targets.clone());
                replacements.push((entry, Replacement { source, targets, source_value: field.source_value.clone() }));
                continue;
            }
            if field.source.is_some() || field.targets.as_ref().is_some_and(|targets| !targets.is_empty()) {
                return Err(Error::new("cannot specify both path and inline replacement"));
            }
            let (text, _) = loader.load_text(session, &field.path)?;
            match unmarshal(&text, Numbers::Exact, session.limits()).map_err(Error::new)? {
                Value::Seq(_) => {
                    let read: Vec<Replacement> = decode::read(&text, Mode::Lenient, session.limits())?;
                    replacements.extend(read.into_iter().map(|replacement| (entry, replacement)));
                }
                Value::Map(_) => replacements.push((entry, decode::read(&text, Mode::Lenient, session.limits())?)),
                other => {
                    let kind = match other {
                        Value::Null => "invalid",
                        Value::Bool(_) => "bool",
                        Value::Str(_) => "string",
                        _ => "float64",
                    };
                    return Err(Error::new(format!(
                        "unsupported replacement type encountered within replacement path: {kind}"
                    )));
                }
            }
        }
        Ok(Replacements { replacements })
    }
}

impl Transformer for Replacements {
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
        for (entry, replacement) in &self.replacements {
            let is_complete = replacement.source.is_some() || replacement.source_value.is_some();
            let Some(targets) = replacement.targets.as_ref().filter(|_| is_complete) else {
                return Err(Error::new("replacements must specify a source and at least one target"));
            };
            let value = source_value(session, map, replacement, *entry)?;
            targets.iter().try_for_each(|target| write(session, map, value, target, *entry))?;
        }
        map.drop_nothings(&session.tree);
        Ok(())
    }
}

/// Finds the value that is copied.
fn source_value(
    session: &mut Session<'_>,
    map: &mut ResMap,
    replacement: &Replacement,
    entry: usize,
) -> Result<NodeId> {
    let source = match (&replacement.source, &replacement.source_value) {
        (Some(_), Some(_)) => return Err(Error::new("value and resource selectors are mutually exclusive")),
        (None, Some(value)) => return Ok(session.tree.scalar(value.clone())),
        (Some(source), None) => source,
        (None, None) => return Err(Error::new("replacements must specify a source and at least one target")),
    };
    let at = source_place(session, map, source, entry)?;
    let root = map.get(at).root;
    let path = if source.field_path.is_empty() { DEFAULT_PATH } else { &source.field_path };
    let found = session.tree.lookup(root, &smarter_path_splitter(path, '.'));
    let found = found.wrap(|| "error looking up replacement source")?;
    let Some(value) = found.filter(|value| !session.tree.is_nothing(*value)) else {
        let id = source.id();
        return Err(Error::new(format!("fieldPath `{path}` is missing for replacement source {id}")));
    };
    refined(&mut session.tree, source.options.as_ref(), value)
}

/// Returns the ids of a resource for selectors: what it is and was, as written.
fn ids<'r>(tree: &Tree, resource: &'r Resource) -> impl Iterator<Item = ResId> + 'r {
    std::iter::once(super::document_id(tree, resource.root)).chain(resource.previous_ids(tree))
}

fn source_place(session: &mut Session<'_>, map: &mut ResMap, source: &SourceSelector, entry: usize) -> Result<usize> {
    let wanted = source.id();
    let candidates =
        if wanted.name.is_empty() { (0..map.len()).collect() } else { map.places_by_any_name(session, &wanted.name) };
    let selected = |at: &usize| ids(&session.tree, map.get(*at)).any(|id| id.is_selected_by(&wanted));
    let mut found = candidates.into_iter().filter(selected);
    let found = (found.next(), found.next());
    match found {
        (Some(at), None) => Ok(at),
        (None, _) => {
            let who = "so there is nothing to copy";
            session.miss(|session| {
                let missed = Missed::object(session, map, &wanted.gvk.kind, &wanted.name, who);
                Missed { entry: Some(entry), ..missed }
            });
            Err(Error::new(format!("nothing selected by {source}")))
        }
        (Some(_), Some(_)) => Err(Error::new(format!("multiple matches for selector {source}"))),
    }
}

const DELIMITER_NEEDS_SCALAR: &str = "delimiter option can only be used with scalar nodes";

/// Returns the part of a value that the options mean.
fn refined(tree: &mut Tree, options: Option<&FieldOptions>, value: NodeId) -> Result<NodeId> {
    let Some(options) = options.filter(|options| !options.delimiter.is_empty()) else { return Ok(value) };
    if tree.kind(value) != Kind::Scalar {
        return Err(Error::new(DELIMITER_NEEDS_SCALAR));
    }
    let text = tree.eco(value);
    let index = options.index.0;
    let part = usize::try_from(index).ok().and_then(|index| text.split(options.delimiter.as_str()).nth(index));
    let Some(part) = part else {
        return Err(Error::new(format!("options.index {index} is out of bounds for value {text}")));
    };
    let part = EcoString::from(part);
    let copy = tree.copy(value);
    tree.get_mut(copy).body = Body::Scalar(part);
    Ok(copy)
}

/// Writes a value to the fields of all resources that a target means.
fn write(
    session: &mut Session<'_>,
    map: &mut ResMap,
    value: NodeId,
    target: &TargetSelector,
    entry: usize,
) -> Result<()> {
    let Some(select) = &target.select else {
        return Err(Error::new("target must specify resources to select"));
    };
    let failed = || "error creating target selector";
    let compiled = Compiled::new(select).wrap(failed)?;
    let rejected: Vec<(&Selector, Compiled<'_>)> = target
        .reject
        .iter()
        .map(|selector| Compiled::new(selector).map(|compiled| (selector, compiled)).wrap(failed))
        .collect::<Result<_>>()?;
    let candidates: Vec<usize> = if !select.name.is_empty() && is_literal(&select.name) {
        map.places_by_any_name(session, &select.name)
    } else {
        (0..map.len()).collect()
    };
    let mut is_used = false;
    for at in candidates {
        let resource = map.get(at);
        if !is_target(session, resource, &compiled, &rejected)? {
            continue;
        }
        is_used = true;
        map.change(session, at, |session, resource| write_fields(session, resource.root, value, target))?;
    }
    if !is_used {
        let who = "so the replacement goes nowhere";
        session.miss(|session| {
            let missed = Missed::object(session, map, &select.kind, &select.name, who);
            Missed { entry: Some(entry), ..missed }
        });
    }
    Ok(())
}

fn is_target(
    session: &Session<'_>,
    resource: &Resource,
    select: &Compiled<'_>,
    rejected: &[(&Selector, Compiled<'_>)],
) -> Result<bool> {
    let tree = &session.tree;
    if !select.matches_marks(tree, resource.root)? {
        return Ok(false);
    }
    for (selector, compiled) in rejected {
        let has_marks = !selector.annotation_selector.is_empty() || !selector.label_selector.is_empty();
        if has_marks && compiled.matches_marks(tree, resource.root)? {
            return Ok(false);
        }
    }
    let matches = |compiled: &Compiled<'_>, id: &ResId| {
        compiled.matches_gvk(&id.gvk) && compiled.matches_name(&id.name) && compiled.matches_namespace(&id.namespace)
    };
    let rejects = |id: &ResId| {
        let mut by_id = rejected.iter().filter(|(selector, _)| selector.id() != ResId::default());
        by_id.any(|(_, compiled)| matches(compiled, id))
    };
    Ok(!ids(tree, resource).any(|id| rejects(&id)) && ids(tree, resource).any(|id| matches(select, &id)))
}

fn write_fields(session: &mut Session<'_>, root: NodeId, value: NodeId, target: &TargetSelector) -> Result<()> {
    let default = [EcoString::from(DEFAULT_PATH)];
    let paths = if target.field_paths.is_empty() { &default[..] } else { &target.field_paths };
    for path in paths {
        let creates = target.options.as_ref().is_some_and(|options| options.create);
        let create = creates.then(|| session.tree.kind(value));
        let parts = smarter_path_splitter(path, '.');
        if structured::set(session, root, value, &parts, create).is_ok() {
            continue;
        }
        let what = if creates { "unable to find or create field" } else { "unable to find field" };
        let failed = || format!("{what} {} in replacement target", go::quote(path));
        let fields = Matcher { create, budget: &mut session.budget }.find(&mut session.tree, root, &parts);
        let fields = fields.wrap(failed)?;
        if fields.is_empty() {
            return Err(Error::new(failed()).at(session.tree.get(root).span));
        }
        for field in fields {
            set(session, field, value, target.options.as_ref(), parts.len())?;
        }
    }
    Ok(())
}

fn set(
    session: &mut Session<'_>,
    field: NodeId,
    value: NodeId,
    options: Option<&FieldOptions>,
    depth: usize,
) -> Result<()> {
    let is_scalar = session.tree.kind(field) == Kind::Scalar;
    let mut text = session.tree.eco(value);
    if let Some(options) = options.filter(|options| !options.delimiter.is_empty()) {
        if !is_scalar {
            return Err(Error::new(DELIMITER_NEEDS_SCALAR));
        }
        let part = if session.tree.is_null(value) { EcoString::new() } else { text };
        text = spliced(session.tree.text(field), &part, options).into();
    }
    if is_scalar {
        // Only the text is copied: the tag stays, so that a number may go where a string stands.
        session.tree.get_mut(field).body = Body::Scalar(text);
        return Ok(());
    }
    let limit = session.limits().depth;
    if depth + session.tree.depth(value) > limit {
        return Err(Error::new(format!("the replacement nests values more than {limit} levels deep")));
    }
    let copy = session.copy(value)?;
    session.tree.assign(field, copy);
    Ok(())
}

/// Returns a text with one of its parts replaced, or one added before or behind all.
fn spliced(text: &str, part: &str, options: &FieldOptions) -> String {
    let delimiter = options.delimiter.as_str();
    let mut parts: Vec<&str> = text.split(delimiter).collect();
    match usize::try_from(options.index.0) {
        Err(_) => parts.insert(0, part),
        Ok(index) if index >= parts.len() => parts.push(part),
        Ok(index) => parts[index] = part,
    }
    parts.join(delimiter)
}
