//! Values against `values.schema.json`.

use super::defaults::resolve;
use super::{Values, enabled};
use crate::diag::{Diagnostic, Diagnostics};
use crate::jsonschema::{SchemaError, Validator, Violation, ViolationKind, accepts};
use crate::package::Package;
use crate::source::Limits;
use crate::value::{Step, Value, ValuePath};
use crate::yaml::{Node, NodeKind};

/// Checks the values of a package and of its enabled dependencies against their schemas.
///
/// Every violation stands at the line or flag that set the value; a missing one at the map it is missing from.
pub fn check_schemas(package: &Package, values: &Values, limits: &Limits) -> Diagnostics {
    let mut findings = Diagnostics::new();
    scope(package, values, limits, &mut findings);
    findings.sort();
    findings
}

fn scope(package: &Package, values: &Values, limits: &Limits, findings: &mut Diagnostics) {
    // Most values are right, and to see that takes less than to compile the schema.
    let doubtful = package.schema.as_ref().filter(|source| !accepts(&source.node, values.value()));
    if let Some(source) = doubtful {
        let injected: Vec<&str> = package.dependencies.iter().map(|d| d.key()).chain(["global"]).collect();
        hold(&source.node, values, &injected, limits, findings);
    }
    for dependency in package.dependencies.iter().filter(|dependency| enabled(dependency, values)) {
        scope(&dependency.package, &values.scope(dependency), limits, findings);
    }
}

/// Holds values against one schema. `injected` are keys at the top that a closed schema need not list.
pub(super) fn hold(schema: &Node, values: &Values, injected: &[&str], limits: &Limits, findings: &mut Diagnostics) {
    match Validator::compile(&schema.to_value(), limits) {
        Err(error) => findings.push(bad_schema(schema, &error)),
        Ok(validator) => {
            let dependency = !values.prefix().is_root();
            for violation in validator.validate(values.value(), limits) {
                let context = Context { schema, values, injected, dependency };
                findings.extend(context.finding(&violation));
            }
        }
    }
}

fn bad_schema(schema: &Node, error: &SchemaError) -> Diagnostic {
    let text = format!("`values.schema.json` is no usable schema: {}", error.message);
    let found = Diagnostic::error("values-schema-invalid", text).at(nearest(schema, &error.path).span);
    if error.message.starts_with("`$ref` leads out") {
        return found.help("copy what it names into `$defs` and refer to it as `#/$defs/…`: nothing is ever fetched");
    }
    found
}

/// Returns the node at a path, or the nearest one above it.
fn nearest<'a>(root: &'a Node, path: &ValuePath) -> &'a Node {
    let mut node = root;
    for step in path.steps() {
        let next = match (step, &node.kind) {
            (Step::Key(key), _) => node.get(key),
            (Step::Index(index), NodeKind::Seq(items)) => items.get(*index),
            _ => None,
        };
        let Some(next) = next else { break };
        node = next;
    }
    node
}

struct Context<'a> {
    schema: &'a Node,
    values: &'a Values,
    // Keys that the engine puts into the values or hands on: a closed schema need not list them.
    injected: &'a [&'a str],
    dependency: bool,
}

impl Context<'_> {
    fn finding(&self, violation: &Violation) -> Vec<Diagnostic> {
        let name = self.name(&violation.path);
        let found = self.values.value().at(&violation.path).unwrap_or(&Value::Null);
        let at = |text: String| {
            self.place(Diagnostic::error("values-schema", text), &violation.path, &violation.schema_path)
        };
        match &violation.kind {
            ViolationKind::Type(types) => {
                let wanted: Vec<&str> = types.iter().map(|name| article(name)).collect();
                vec![at(format!("{name} must be {}, found {}", wanted.join(" or "), found.kind()))]
            }
            ViolationKind::Required(key) => {
                vec![
                    at(format!("`{}` is missing", self.absolute(&violation.path.key(key.as_str()))))
                        .help(self.missing_help(violation, key)),
                ]
            }
            ViolationKind::Unexpected(keys) => {
                let keys =
                    keys.iter().filter(|key| !(violation.path.is_root() && self.injected.contains(&key.as_str())));
                keys.map(|key| self.unexpected(violation, key)).collect()
            }
            ViolationKind::Enum(allowed) => {
                let finding =
                    at(format!("{name} must be one of the values that the schema allows, found {}", shown(found)));
                let near: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
                let finding = found.as_str().map_or(finding.clone(), |text| finding.suggest(text, near));
                let list: Vec<String> = allowed.iter().take(20).map(shown).collect();
                vec![finding.note(format!("allowed: {}", list.join(", ")))]
            }
            ViolationKind::Alternatives(branches) => self.alternatives(violation, branches, &name),
            ViolationKind::Pattern(pattern) => {
                vec![at(format!("{name} does not match the pattern `{pattern}`, found {}", shown(found)))]
            }
            ViolationKind::Format(format) => vec![at(format!("{name} is no valid {format}, found {}", shown(found)))],
            ViolationKind::PropertyName => vec![at(format!("a key of {name} breaks the schema's rule for names"))],
            ViolationKind::Other(keyword) => vec![at(self.other(keyword, violation, &name, found))],
        }
    }

    fn other(&self, keyword: &str, violation: &Violation, name: &str, found: &Value) -> String {
        let limit = self.schema_node(&violation.schema_path).map(|node| shown(&node.to_value())).unwrap_or_default();
        let count =
            |value: &Value| value.as_seq().map(<[Value]>::len).or(value.as_map().map(|map| map.len())).unwrap_or(0);
        let length = || found.as_str().map_or(0, |text| text.chars().count());
        match keyword {
            "minimum" => format!("{name} must be at least {limit}, found {}", shown(found)),
            "maximum" => format!("{name} must be at most {limit}, found {}", shown(found)),
            "exclusiveMinimum" => format!("{name} must be more than {limit}, found {}", shown(found)),
            "exclusiveMaximum" => format!("{name} must be less than {limit}, found {}", shown(found)),
            "multipleOf" => format!("{name} must be a multiple of {limit}, found {}", shown(found)),
            "minLength" => format!("{name} must have at least {limit} characters, found {}", length()),
            "maxLength" => format!("{name} must have at most {limit} characters, found {}", length()),
            "minItems" => format!("{name} must have at least {limit} items, found {}", count(found)),
            "maxItems" => format!("{name} must have at most {limit} items, found {}", count(found)),
            "minProperties" => format!("{name} must have at least {limit} keys, found {}", count(found)),
            "maxProperties" => format!("{name} must have at most {limit} keys, found {}", count(found)),
            "uniqueItems" => format!("{name} must not hold an item twice"),
            "contains" => format!("{name} lacks an item that the schema asks for"),
            "falseSchema" => format!("{name} is not allowed by the schema"),
            "not" => format!("{name} is what the schema rules out"),
            "oneOf" => format!("{name} fits more than one of the schema's alternatives"),
            _ => format!("{name} breaks the schema's `{keyword}`: {}", violation.message),
        }
    }

    fn alternatives(&self, violation: &Violation, branches: &[Vec<Violation>], name: &str) -> Vec<Diagnostic> {
        // An alternative that fits in kind but breaks deeper down is the one that was meant.
        let depth = |branch: &&Vec<Violation>| branch.iter().map(|v| v.path.steps().len()).max().unwrap_or(0);
        let meant = branches.iter().filter(|branch| !branch.is_empty()).max_by_key(depth);
        if let Some(branch) = meant.filter(|branch| depth(branch) > violation.path.steps().len()) {
            return branch.iter().flat_map(|violation| self.finding(violation)).collect();
        }
        let types: Vec<&str> = (branches.iter().flatten())
            .filter(|v| v.path == violation.path)
            .filter_map(|v| if let ViolationKind::Type(types) = &v.kind { Some(types) } else { None })
            .flatten()
            .map(|name| article(name))
            .collect();
        let all = types.len() == branches.len();
        let found = self.values.value().at(&violation.path).unwrap_or(&Value::Null);
        let text = match all {
            true => format!("{name} must be {}, found {}", types.join(" or "), found.kind()),
            false => format!("{name} fits none of the schema's alternatives, found {}", shown(found)),
        };
        let mut finding = self.place(Diagnostic::error("values-schema", text), &violation.path, &violation.schema_path);
        if !all {
            for (i, branch) in branches.iter().take(5).enumerate() {
                let first = branch.first().and_then(|v| self.finding(v).into_iter().next());
                finding.notes.extend(first.map(|first| format!("alternative {}: {}", i + 1, first.message).into()));
            }
        }
        vec![finding]
    }

    fn unexpected(&self, violation: &Violation, key: &str) -> Diagnostic {
        let path = violation.path.key(key);
        let text = format!("`{}` is no value that the schema knows", self.absolute(&path));
        let finding = Diagnostic::error("values-schema-unknown", text).at(self.values.key_span(&path));
        let known = self.schema_node(&parent(&violation.schema_path)).and_then(|node| node.get("properties"));
        let known = known.and_then(Node::as_map).unwrap_or_default().iter().filter_map(|(key, _)| key.as_str());
        finding.field(self.absolute(&path).to_string()).suggest(key, known)
    }

    fn missing_help(&self, violation: &Violation, key: &str) -> String {
        let parent = self.schema_node(&parent(&violation.schema_path));
        let property = parent.and_then(|node| node.get("properties")?.get(key));
        let said = property.and_then(|node| node.get("description")).and_then(Node::as_str);
        let path = self.absolute(&violation.path.key(key));
        said.map_or_else(|| format!("set `{path}`"), |said| format!("set `{path}`: {said}"))
    }

    /// Adds the place of the value and what the schema says of it.
    fn place(&self, finding: Diagnostic, path: &ValuePath, schema_path: &ValuePath) -> Diagnostic {
        let mut finding = finding.at(self.values.span(path)).field(self.absolute(path).to_string());
        let node = self.schema_node(&parent(schema_path));
        if let Some(said) = node.and_then(|node| node.get("description")).and_then(Node::as_str) {
            finding = finding.note(format!("the schema says: {said}"));
        }
        finding
    }

    fn schema_node(&self, path: &ValuePath) -> Option<&Node> {
        let mut node = self.schema;
        for step in path.steps() {
            node = match (step, &node.kind) {
                (Step::Key(key), NodeKind::Map(_)) if key == "$ref" => {
                    resolve(self.schema, node.get("$ref").and_then(Node::as_str)?)?
                }
                (Step::Key(key), NodeKind::Map(_)) => node.get(key)?,
                (Step::Index(index), NodeKind::Seq(items)) => items.get(*index)?,
                _ => return None,
            };
        }
        Some(node)
    }

    fn absolute(&self, path: &ValuePath) -> ValuePath {
        if self.dependency { self.values.absolute(path) } else { path.clone() }
    }

    fn name(&self, path: &ValuePath) -> String {
        let path = self.absolute(path);
        if path.is_root() { "the values".to_owned() } else { format!("`{path}`") }
    }
}

fn article(kind: &str) -> &'static str {
    match kind {
        "integer" => "an integer",
        "number" => "a number",
        "string" => "a string",
        "boolean" => "a boolean",
        "array" => "a list",
        "object" => "a map",
        _ => "null",
    }
}

/// Returns a value as a message shows it: short, on one line.
fn shown(value: &Value) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    if text.chars().count() <= 60 { text } else { format!("{}…", text.chars().take(60).collect::<String>()) }
}

fn parent(path: &ValuePath) -> ValuePath {
    let mut path = path.clone();
    path.pop();
    path
}
