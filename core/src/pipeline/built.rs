//! The answer of the engine.

use std::sync::Arc;

use crate::diag::{Diagnostics, Style, render_text};
use crate::object::{ObjectSet, Origins};
use crate::package::Package;
use crate::patch::Applied;
use crate::schema::SchemaSet;
use crate::source::SourceMap;
use crate::values::Values;
use crate::yaml::{Dialect, Emitter};

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
    /// How many folders further up the files must start, where a dependency lies above them: open them there and ask again.
    pub needs_parent: Option<usize>,
    /// The types that were known.
    pub(super) schemas: Option<SchemaSet>,
    /// The steps of patching; kept in a traced run.
    pub(super) patched: Vec<Patched>,
}

/// The patches of one environment and what the objects were before them.
#[derive(Debug, Clone)]
pub(super) struct Patched {
    pub(super) environment: String,
    pub(super) before: ObjectSet,
    pub(super) spans: Vec<crate::source::Span>,
    pub(super) applied: Vec<Applied>,
}

impl Built {
    /// Whether there is no error among the findings.
    pub fn ok(&self) -> bool {
        !self.diagnostics.has_errors() && self.needs_parent.is_none()
    }

    /// Returns the objects as YAML, `---` before each, keys in their order.
    pub fn to_yaml(&self) -> String {
        let emitter = Emitter { dialect: Dialect::Sigs, sort_keys: false };
        let mut text = String::new();
        for object in self.objects.objects() {
            text.push_str("---\n");
            text.push_str(&emitter.write(&object.node));
        }
        text
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
