//! Which line of an overlay stands behind what a step set.

use std::collections::HashMap;

use ecow::EcoString;

use crate::package::{Transformation, TransformationKind as Kind};
use crate::source::Span;
use crate::yaml::Node;

/// The lines behind what a step sets.
pub(super) struct Marks {
    /// That of the step, for whatever is not known better.
    pub(super) span: Span,
    /// By the key of what is set: labels, data.
    keys: HashMap<EcoString, Span>,
    /// By the text that is set: names.
    texts: HashMap<EcoString, Span>,
    /// Whether a text without a type, where none stood before, may be a number.
    pub(super) resolves: bool,
}

impl Marks {
    /// Returns the lines of a step.
    pub(super) fn of(step: &Transformation) -> Marks {
        let content = &step.content;
        let first = |fields: &[&str]| fields.iter().find_map(|field| content.get(field)).map(|value| value.span);
        let span = match step.kind {
            Kind::Images => first(&["newTag", "digest", "tagSuffix", "newName"]),
            Kind::Replicas => first(&["count"]),
            _ => None,
        };
        let keys = match step.kind {
            Kind::Labels => content.get("pairs").map(entries),
            Kind::CommonLabels | Kind::CommonAnnotations => Some(entries(content)),
            Kind::ConfigMapGenerator | Kind::SecretGenerator => Some(data(content)),
            _ => None,
        };
        Marks {
            span: span.unwrap_or(step.span),
            keys: keys.unwrap_or_default(),
            texts: HashMap::new(),
            resolves: step.kind == Kind::Replacements,
        }
    }

    /// Returns the lines that renamed objects, by their names now.
    pub(super) fn of_names(texts: HashMap<EcoString, Span>, span: Span) -> Marks {
        Marks { span, keys: HashMap::new(), texts, resolves: false }
    }

    /// Returns the line behind a value: its key in the map around it, and its text.
    pub(super) fn at(&self, key: &str, text: &str) -> Span {
        self.keys.get(key).or_else(|| self.texts.get(text)).copied().unwrap_or(self.span)
    }
}

fn entries(map: &Node) -> HashMap<EcoString, Span> {
    let entries = map.as_map().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.as_str()?.into(), value.span))).collect()
}

/// The keys of generated data, where the overlay says them: those of env files stand in these.
fn data(content: &Node) -> HashMap<EcoString, Span> {
    let mut keys = HashMap::new();
    let mut add = |field: &str, key: fn(&str) -> &str| {
        for item in content.get(field).and_then(Node::as_seq).into_iter().flatten() {
            if let Some(text) = item.as_str() {
                keys.insert(key(text).into(), item.span);
            }
        }
    };
    add("literals", |text| text.split_once('=').map_or(text, |(key, _)| key));
    add("files", |text| match text.split_once('=') {
        Some((key, _)) => key,
        None => text.rsplit('/').next().unwrap_or(text),
    });
    keys
}
