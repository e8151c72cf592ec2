//! Where resources come from, as `buildMetadata` notes it in annotations.
//!
//! See `resource/origin.go` of <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

use ecow::EcoString;

use crate::source::Limits;
use crate::value::{Map, Value};
use crate::yaml::{Dialect, Emitter, Numbers, unmarshal};

use super::error::{Error, Result};
use super::go;
use super::resource::{self, ORIGIN, Resource, TRANSFORMATIONS};
use super::session::Session;
use super::tree::Tree;

/// The file that a resource, or the step that changed it, comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Origin {
    pub(super) path: EcoString,
    pub(super) repo: EcoString,
    pub(super) reference: EcoString,
    pub(super) configured_in: EcoString,
    pub(super) configured_by: Identifier,
}

/// The configuration of a step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Identifier {
    pub(super) api_version: EcoString,
    pub(super) kind: EcoString,
    pub(super) name: EcoString,
    pub(super) namespace: EcoString,
}

impl Origin {
    /// Returns the origin of a path seen from this one.
    pub(super) fn append(&self, path: &str) -> Origin {
        Origin { path: go::join(&self.path, path).into(), ..self.clone() }
    }

    /// Returns the origin of what a built-in step of the kustomization at this one makes.
    pub(super) fn of_builtin(&self, file: &str, kind: &str) -> Origin {
        Origin {
            path: EcoString::new(),
            configured_in: go::join(&self.path, file).into(),
            configured_by: Identifier { api_version: "builtin".into(), kind: kind.into(), ..Identifier::default() },
            ..self.clone()
        }
    }

    fn to_value(&self) -> Value {
        let filled = |fields: &[(&str, &EcoString)]| -> Map {
            let fields = fields.iter().filter(|(_, text)| !text.is_empty());
            fields.map(|(name, text)| (*name, Value::Str((*text).clone()))).collect()
        };
        let by = &self.configured_by;
        let by = filled(&[
            ("apiVersion", &by.api_version),
            ("kind", &by.kind),
            ("name", &by.name),
            ("namespace", &by.namespace),
        ]);
        let mut map = filled(&[
            ("path", &self.path),
            ("repo", &self.repo),
            ("ref", &self.reference),
            ("configuredIn", &self.configured_in),
        ]);
        if !by.is_empty() {
            map.insert("configuredBy", by.into());
        }
        map.into()
    }

    fn from_value(value: &Value) -> Origin {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().into();
        let by = value.get("configuredBy");
        let part = |name| text(by.and_then(|by| by.get(name)));
        Origin {
            path: text(value.get("path")),
            repo: text(value.get("repo")),
            reference: text(value.get("ref")),
            configured_in: text(value.get("configuredIn")),
            configured_by: Identifier {
                api_version: part("apiVersion"),
                kind: part("kind"),
                name: part("name"),
                namespace: part("namespace"),
            },
        }
    }

    /// Returns the text of the annotation.
    pub(super) fn to_text(&self) -> String {
        write(&self.to_value())
    }
}

fn write(value: &Value) -> String {
    Emitter { dialect: Dialect::Kyaml, sort_keys: false }.write(value)
}

/// Returns the origin that a resource has.
///
/// # Errors
/// When the annotation is no YAML.
pub(super) fn of(tree: &Tree, resource: &Resource, limits: &Limits) -> Result<Option<Origin>> {
    let Some(text) = resource::annotation(tree, resource.root, ORIGIN) else { return Ok(None) };
    let value = unmarshal(text, Numbers::Exact, limits).map_err(Error::new)?;
    Ok(Some(Origin::from_value(&value)))
}

/// Sets the origin of a resource, or takes it away.
///
/// # Errors
/// When the metadata is no map.
pub(super) fn set(tree: &mut Tree, resource: &Resource, origin: Option<&Origin>) -> Result<()> {
    let mut annotations = resource::annotations(tree, resource.root);
    match origin {
        Some(origin) => drop(annotations.insert(ORIGIN.into(), origin.to_text().into())),
        None => drop(annotations.remove(ORIGIN)),
    }
    resource::set_annotations(tree, resource.root, annotations)
}

/// Notes that a step went over a resource: one without an origin is taken to come from it.
///
/// # Errors
/// When an annotation is no YAML, or the metadata no map.
pub(super) fn note_step(session: &mut Session<'_>, resource: &Resource, step: &Origin) -> Result<()> {
    let limits = session.limits();
    if of(&session.tree, resource, limits)?.is_none() {
        return set(&mut session.tree, resource, Some(step));
    }
    let before = resource::annotation(&session.tree, resource.root, TRANSFORMATIONS).unwrap_or_default();
    let before = unmarshal(before, Numbers::Exact, limits).map_err(Error::new)?;
    let mut steps: Vec<Value> =
        before.as_seq().unwrap_or_default().iter().map(|step| Origin::from_value(step).to_value()).collect();
    steps.push(step.to_value());
    let mut annotations = resource::annotations(&session.tree, resource.root);
    annotations.insert(TRANSFORMATIONS.into(), write(&steps.into()).into());
    resource::set_annotations(&mut session.tree, resource.root, annotations)
}

/// Takes the notes about steps away.
///
/// # Errors
/// When the metadata is no map.
pub(super) fn clear_steps(tree: &mut Tree, resource: &Resource) -> Result<()> {
    let mut annotations = resource::annotations(tree, resource.root);
    annotations.remove(TRANSFORMATIONS);
    resource::set_annotations(tree, resource.root, annotations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_in_the_order_of_their_fields() {
        let origin = Origin { path: "base".into(), ..Origin::default() };
        assert_eq!(origin.append("../a/b.yaml").to_text(), "path: a/b.yaml\n");
        let step = origin.of_builtin("kustomization.yaml", "PatchTransformer");
        let want =
            "configuredIn: base/kustomization.yaml\nconfiguredBy:\n  apiVersion: builtin\n  kind: PatchTransformer\n";
        assert_eq!(step.to_text(), want);
        assert_eq!(Origin::from_value(&step.to_value()), step);
    }
}
