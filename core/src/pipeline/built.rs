//! The answer of the engine.

use std::sync::Arc;

use ecow::EcoString;

use crate::diag::{Diagnostics, Style, render_text};
use crate::object::{Item, ObjectKey, ObjectSet, Origins, Read};
use crate::package::{Package, PackageKind};
use crate::patch::Edited;
use crate::plan::Lookup;
use crate::plan::release::SourceName;
use crate::render::helm::Impure;
use crate::render::kustomize::Trace;
use crate::schema::SchemaSet;
use crate::source::{SourceMap, Span};
use crate::value::Value;
use crate::values::Values;
use crate::yaml::{Dialect, Emitter, SharedNode};

/// What was built, with everything found on the way.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Built {
    /// The objects, in the order in which they are to be written; incomplete where there are errors.
    pub objects: ObjectSet,
    /// What stands behind their fields; filled in a traced run.
    pub origins: Origins,
    /// The texts that were read: every place in the findings and objects points into one of them.
    pub sources: SourceMap,
    /// What was found, sorted by place.
    pub diagnostics: Diagnostics,
    /// The package, where the source is one.
    pub package: Option<Arc<Package>>,
    /// The values that the templates saw, where the source has any.
    pub values: Option<Values>,
    /// What the user set over the values of a chart, where the source is one.
    pub(super) chart_values: Option<Value>,
    /// The name of the chart, where the source is one.
    pub chart_name: Option<String>,
    /// The version of the chart, and of what it installs.
    pub(super) chart_versions: Option<(EcoString, EcoString)>,
    /// The chart as Helm's records have it, where that was asked for.
    pub chart: Option<Value>,
    /// What a chart's `NOTES.txt` says.
    pub notes: Option<String>,
    /// Which templates of a chart asked for the time or for random bytes.
    pub impure: Vec<Impure>,
    /// How many folders further up the files must start, where a dependency lies above them: open them there and ask again.
    pub needs_parent: Option<usize>,
    /// What charts looked up and [`Request::answers`](super::Request::answers) did not know. Read it and ask again: what
    /// was built without it is worth nothing.
    pub needs: Vec<Read>,
    /// What charts looked up, as plans rely on it.
    pub lookups: Vec<Lookup>,
    /// What is wrong with definitions among rendered objects: told when those are validated.
    pub(super) definitions: Diagnostics,
    /// The types that were known.
    pub(super) schemas: Option<SchemaSet>,
    /// The definitions among a chart's objects whose types are among those.
    pub(super) defined: Vec<SharedNode>,
    /// What happened to each field of a kustomization; kept in a traced run. Its places are those of `sources`.
    pub(super) kustomized: Option<Arc<Trace>>,
    /// The objects before the first environment changed them; kept in a traced run.
    pub(super) unpatched: ObjectSet,
    /// What the steps of environments changed, in their order; kept in a traced run.
    pub(super) patched: Vec<Patched>,
}

/// What one step of an environment changed in one object.
#[derive(Debug, Clone)]
pub(super) struct Patched {
    pub(super) environment: String,
    /// The field of `overlay.yaml`, such as `patches`.
    pub(super) step: &'static str,
    /// The object, as it was named before the step.
    pub(super) object: ObjectKey,
    pub(super) fields: Vec<Edited>,
    /// Whether the step deleted the object.
    pub(super) is_deleted: bool,
    pub(super) span: Span,
    /// Whether the span is the line that set the fields, rather than the start of the step.
    pub(super) is_exact: bool,
}

impl Built {
    /// Whether the objects are made from others or from templates, so that a traced run would know more of them.
    pub(super) fn is_rendered(&self) -> bool {
        self.values.is_some() || self.chart_name.is_some() || self.is_kustomization()
    }

    fn is_kustomization(&self) -> bool {
        self.package.as_ref().is_some_and(|package| package.kind == PackageKind::Kustomization)
    }

    /// Whether there is no error among the findings.
    pub fn ok(&self) -> bool {
        !self.diagnostics.has_errors() && self.needs_parent.is_none()
    }

    /// Returns the objects as YAML, `---` before each, keys in their order. What a chart rendered, and no patch
    /// changed, is its own text below the name of its template, as Helm writes it.
    pub fn to_yaml(&self) -> String {
        self.to_yaml_parts().into_iter().map(|(_, text)| text).collect()
    }

    /// Returns the texts that [`Built::to_yaml`] puts together, each with the number of its item among the objects.
    pub fn to_yaml_parts(&self) -> Vec<(usize, String)> {
        let emitter = Emitter { dialect: Dialect::Sigs, sort_keys: false };
        let part = |(number, item): (usize, &Item)| {
            let (source, own, node) = match item {
                Item::Object(object) => (&object.source, &object.text, Some(&*object.node)),
                Item::Other { source, text, .. } => (source, text, None),
            };
            match (own, node) {
                (Some(own), _) => Some((number, ["---\n# Source: ", source, "\n", own, "\n"].concat())),
                (None, Some(node)) => Some((number, ["---\n", &emitter.write(node)].concat())),
                (None, None) => None,
            }
        };
        self.objects.items().iter().enumerate().filter_map(part).collect()
    }

    /// Returns what environments, files and flags set over the defaults of the source; null where they set nothing.
    pub fn user_values(&self) -> Value {
        let own = || self.values.as_ref().map(Values::set_by_user);
        self.chart_values.clone().or_else(own).unwrap_or_default()
    }

    /// Returns what the objects were made of, as records of releases name it.
    pub fn source_name(&self) -> SourceName {
        if let Some(name) = &self.chart_name {
            let (version, app_version) = self.chart_versions.clone().unwrap_or_default();
            return SourceName { kind: "chart".into(), name: name.as_str().into(), version, app_version };
        }
        let package = self.package.as_ref();
        let kind = match package.map(|package| package.kind) {
            Some(PackageKind::Native) => "package",
            Some(PackageKind::Kustomization) => "kustomization",
            Some(PackageKind::Chart) => "chart",
            Some(PackageKind::Plain) | None => "manifests",
        };
        let manifest = package.map(|package| package.manifest.clone()).unwrap_or_default();
        SourceName {
            kind: kind.into(),
            name: manifest.name,
            version: manifest.version,
            app_version: manifest.app_version,
        }
    }

    /// Returns the types that were known to the build, its custom resource definitions among them.
    pub fn schemas(&self) -> Option<&SchemaSet> {
        self.schemas.as_ref()
    }

    /// Returns the objects as a `List` of `v1`, which kubectl reads.
    pub fn to_json(&self) -> serde_json::Value {
        let items: Vec<_> = self.objects.objects().map(|object| object.node.to_value()).collect();
        serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": items })
    }

    /// Returns the findings as plain text, each with frames of its source.
    pub fn report(&self) -> String {
        let texts = self.diagnostics.iter().map(|finding| render_text(finding, &self.sources, Style::Plain));
        texts.collect::<Vec<_>>().join("\n")
    }
}
