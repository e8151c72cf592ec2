//! What is known of the values of a package: what they are by default, and what their schema says.

use super::workspace::Session;
use crate::source::{Limits, SourceMap, VPath};
use crate::value::{Step, Value, ValuePath};
use crate::values::in_place;
use crate::yaml::{self, Node, NodeKind, Rules};

/// The values of a package and their schema.
#[derive(Debug, Default)]
pub(super) struct Knowledge {
    values: Value,
    schema: Option<Node>,
}

/// What is known of one key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeyFacts {
    pub(super) name: String,
    /// What it is by default.
    pub(super) value: Option<Value>,
    /// The types that the schema lists.
    pub(super) types: Vec<String>,
    pub(super) description: String,
    pub(super) choices: Vec<String>,
    pub(super) required: bool,
}

impl KeyFacts {
    /// Returns one line about it: its type and what it is by default.
    pub(super) fn summary(&self) -> String {
        let types = match (&self.value, self.types.is_empty()) {
            (_, false) => self.types.join(" or "),
            (Some(value), true) => value.kind().to_owned(),
            (None, true) => String::new(),
        };
        let short = self.value.as_ref().filter(|value| value.as_map().is_none() && value.as_seq().is_none());
        let value = short.and_then(|value| serde_json::to_string(value).ok()).unwrap_or_default();
        match (types.is_empty(), value.is_empty()) {
            (false, false) => format!("{types}, {value}"),
            _ => types + &value,
        }
    }
}

impl Session {
    /// Returns the values that the templates of a package see: its own under those of the environment, of files and of
    /// flags. `None` for what has no values, as a kustomization.
    pub fn values(&self, root: &VPath) -> Option<Value> {
        let plain = self.answer(root);
        let values = |built: &crate::pipeline::Built| built.values.as_ref().map(|values| values.value().clone());
        // Charts keep their values in a traced run only.
        values(&plain.built).or_else(|| plain.built.chart_name.as_ref().and_then(|_| values(&self.traced(root).built)))
    }

    /// Returns what is known of the values of the package in a folder, which may be a part of another package.
    pub(super) fn knowledge(&self, package: &VPath) -> Knowledge {
        let built = self.root_of(&package.join("values.yaml").unwrap_or_default()).map(|root| self.answer(&root));
        let composed = built.and_then(|answer| {
            let values = answer.built.values.as_ref().filter(|_| answer.root == *package)?;
            Some(values.value().clone())
        });
        let own = || self.parsed(&package.join("values.yaml").ok()?).map(|node| node.to_value());
        let schema = package.join("values.schema.json").ok().and_then(|path| self.parsed(&path));
        Knowledge { values: composed.or_else(own).unwrap_or_default(), schema }
    }

    /// Returns a YAML or JSON file as a tree; its places are those of the file's text.
    pub(super) fn parsed(&self, path: &VPath) -> Option<Node> {
        parse(&self.tree.text(path)?)
    }
}

/// Returns the first document of a text as a tree, or what can be read of it.
pub(super) fn parse(text: &str) -> Option<Node> {
    let mut sources = SourceMap::new();
    let file = sources.add("", "");
    let limits = Limits::default();
    let root = yaml::parse(text, file, &limits).value.into_iter().find_map(|document| document.root)?;
    Some(yaml::normalize(root, Rules::Kubectl, &limits).value)
}

impl Knowledge {
    /// Whether a value or the schema has the path.
    pub(super) fn has(&self, path: &ValuePath) -> bool {
        self.value(path).is_some() || !self.schemas(path).is_empty()
    }

    fn value(&self, path: &ValuePath) -> Option<&Value> {
        path.steps().iter().try_fold(&self.values, |value, step| match (value, step) {
            (_, Step::Key(key)) => value.get(key),
            (Value::Map(map), Step::Index(_)) => map.values().next(),
            (_, Step::Index(index)) => value.as_seq()?.get(*index).or_else(|| value.as_seq()?.first()),
        })
    }

    // The schemas of a path: more than one where the schema has choices.
    fn schemas(&self, path: &ValuePath) -> Vec<&Node> {
        let Some(root) = &self.schema else { return Vec::new() };
        path.steps().iter().fold(in_place(root, root), |schemas, step| {
            let next = schemas.into_iter().filter_map(|schema| match step {
                Step::Key(key) => named(schema, key),
                Step::Index(_) => schema.get("items").or_else(|| schema.get("additionalProperties")),
            });
            next.take(1_000).flat_map(|schema| in_place(root, schema)).collect()
        })
    }

    /// Returns the keys below a path: those of the values, then those that only the schema has.
    pub(super) fn keys(&self, path: &ValuePath) -> Vec<KeyFacts> {
        let mut names: Vec<String> = Vec::new();
        let value = self.value(path);
        names.extend(value.and_then(Value::as_map).into_iter().flat_map(|map| map.keys()).map(ToString::to_string));
        let schemas = self.schemas(path);
        for schema in &schemas {
            let properties = schema.get("properties").and_then(Node::as_map).unwrap_or_default();
            names.extend(properties.iter().filter_map(|(key, _)| key.as_str().map(str::to_owned)));
        }
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names.iter().map(|name| self.describe(&path.key(name.as_str()), name)).collect()
    }

    /// Returns what is known of a path, if anything is.
    pub(super) fn facts(&self, path: &ValuePath) -> Option<KeyFacts> {
        let name = match path.steps().last()? {
            Step::Key(key) => key.to_string(),
            Step::Index(index) => format!("[{index}]"),
        };
        self.has(path).then(|| self.describe(path, &name))
    }

    fn describe(&self, path: &ValuePath, name: &str) -> KeyFacts {
        let mut above = path.clone();
        above.pop();
        let requires = |schema: &&Node| {
            let names = schema.get("required").and_then(Node::as_seq).unwrap_or_default();
            names.iter().any(|required| required.as_str() == Some(name))
        };
        let required = self.schemas(&above).iter().any(requires);
        let mut facts = KeyFacts {
            name: name.to_owned(),
            value: self.value(path).cloned(),
            types: Vec::new(),
            description: String::new(),
            choices: Vec::new(),
            required,
        };
        for schema in self.schemas(path) {
            facts.add(schema);
        }
        facts.types.dedup();
        facts
    }
}

impl KeyFacts {
    fn add(&mut self, schema: &Node) {
        match schema.get("type").map(|node| &node.kind) {
            Some(NodeKind::Scalar(scalar)) => self.types.push(scalar.text.to_string()),
            Some(NodeKind::Seq(items)) => self.types.extend(items.iter().filter_map(|i| i.as_str().map(str::to_owned))),
            _ => {}
        }
        if let Some(text) = schema.get("description").and_then(Node::as_str).filter(|_| self.description.is_empty()) {
            self.description = text.to_owned();
        }
        let choices = schema.get("enum").and_then(Node::as_seq).unwrap_or_default();
        self.choices.extend(choices.iter().filter_map(Node::as_scalar).map(|scalar| scalar.text.to_string()));
    }
}

fn named<'a>(schema: &'a Node, key: &str) -> Option<&'a Node> {
    let property = schema.get("properties").and_then(|properties| properties.get(key));
    property.or_else(|| schema.get("additionalProperties"))
}
