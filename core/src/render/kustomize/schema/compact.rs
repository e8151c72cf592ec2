//! OpenAPI documents to the few facts that merging needs, as text.
//!
//! Four parts, each behind a line with its name:
//!
//! ```text
//! scopes
//! v1 Namespace cluster
//! kinds
//! apps/v1 Deployment 12
//! names
//! io.k8s.api.apps.v1.Deployment 12
//! types
//! spec:[13]+name metadata:{-}
//! ```
//!
//! A line of `types` is a map with its fields, numbered from 0; `names` says which definitions they are. A field is
//! `name:type`, and a type is `-` (a scalar, or nothing is known), the number of a map, `{type}` (a map of any keys),
//! `[type]` (a list that is replaced), `[type]+key,key` (a list that is merged by these keys; without keys a list of
//! scalars) or `@name` (a definition of another document).

use std::collections::{BTreeMap, HashMap};

use crate::value::Value;

/// Returns the facts of an OpenAPI document of version 2.
pub fn compact_schema(swagger: &Value) -> String {
    let mut builder = Builder::default();
    if let Some(definitions) = swagger.get("definitions").and_then(Value::as_map) {
        builder.definitions = definitions.iter().map(|(name, schema)| (name.as_str(), schema)).collect();
    }
    let mut kinds = BTreeMap::new();
    let definitions: Vec<(&str, &Value)> = builder.definitions.iter().map(|(name, schema)| (*name, *schema)).collect();
    for (name, schema) in definitions {
        let types = schema.get("x-kubernetes-group-version-kind").and_then(Value::as_seq).unwrap_or_default();
        for gvk in types.iter().filter_map(type_meta) {
            let id = builder.definition(name);
            kinds.insert(gvk, id);
        }
    }
    let names = builder.names();
    let scopes = scopes(swagger);
    let mut out = String::from("scopes\n");
    for ((api_version, kind), namespaced) in scopes {
        let scope = if namespaced { "namespaced" } else { "cluster" };
        out.push_str(&format!("{api_version} {kind} {scope}\n"));
    }
    out.push_str("kinds\n");
    for ((api_version, kind), id) in kinds {
        out.push_str(&format!("{api_version} {kind} {id}\n"));
    }
    out.push_str("names\n");
    for (name, id) in names {
        out.push_str(&format!("{name} {id}\n"));
    }
    out.push_str("types\n");
    for line in builder.lines {
        out.push_str(&line);
        out.push('\n');
    }
    out
}

type TypeMeta = (String, String);

fn type_meta(gvk: &Value) -> Option<TypeMeta> {
    let text = |key| gvk.get(key).and_then(Value::as_str);
    let (version, kind) = (text("version")?, text("kind")?);
    let fine = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    let api_version = match text("group") {
        Some(group) if !group.is_empty() => format!("{group}/{version}"),
        _ => version.to_owned(),
    };
    (fine(&api_version) && fine(kind)).then(|| (api_version, kind.to_owned()))
}

/// Which kinds are read below a namespace, which not.
fn scopes(swagger: &Value) -> BTreeMap<TypeMeta, bool> {
    let mut scopes = BTreeMap::new();
    let paths = swagger.get("paths").and_then(Value::as_map).into_iter().flatten();
    for (path, item) in paths {
        let gvk = item.get("get").and_then(|get| get.get("x-kubernetes-group-version-kind")).and_then(type_meta);
        let Some(gvk) = gvk else { continue };
        let namespaced = scopes.entry(gvk).or_insert(false);
        *namespaced |= path.contains("namespaces/{namespace}");
    }
    scopes
}

#[derive(Default)]
struct Builder<'v> {
    definitions: BTreeMap<&'v str, &'v Value>,
    lines: Vec<String>,
    numbers: HashMap<String, usize>,
    depth: usize,
}

/// References and fields may nest this deep outside of definitions.
const DEPTH: usize = 100;

impl<'v> Builder<'v> {
    /// Returns the number of the map that a definition is.
    fn definition(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.lines.len();
        self.numbers.insert(name.to_owned(), number);
        self.lines.push(String::new());
        if let Some(schema) = self.definitions.get(name).copied() {
            self.lines[number] = self.fields(schema);
        }
        number
    }

    /// Returns the numbers of all definitions that are maps, by name.
    fn names(&mut self) -> Vec<(&'v str, usize)> {
        let maps = self.definitions.iter().filter(|(_, schema)| schema.get("properties").is_some());
        let names: Vec<&str> = maps.map(|(name, _)| *name).filter(|name| is_name(name)).collect();
        names.into_iter().map(|name| (name, self.definition(name))).collect()
    }

    fn fields(&mut self, schema: &Value) -> String {
        let properties = schema.get("properties").and_then(Value::as_map).into_iter().flatten();
        let mut fields: Vec<(&str, &Value)> = properties.map(|(name, schema)| (name.as_str(), schema)).collect();
        fields.retain(|(name, _)| !name.is_empty() && !name.contains([' ', ':', '\n']));
        fields.sort_unstable_by_key(|(name, _)| *name);
        let fields: Vec<String> =
            fields.into_iter().map(|(name, schema)| format!("{name}:{}", self.expression(schema))).collect();
        fields.join(" ")
    }

    fn expression(&mut self, schema: &Value) -> String {
        self.depth += 1;
        let expression = if self.depth > DEPTH { "-".to_owned() } else { self.shallow(schema) };
        self.depth -= 1;
        expression
    }

    fn shallow(&mut self, schema: &Value) -> String {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.reference(reference);
        }
        let strategy = strategy(schema);
        if is_array(schema) || !strategy.is_empty() {
            let items = schema.get("items").filter(|_| is_array(schema));
            let items = items.map_or_else(|| "-".to_owned(), |items| self.expression(items));
            return format!("[{items}]{strategy}");
        }
        if schema.get("properties").is_some() {
            let line = self.fields(schema);
            self.lines.push(line);
            return (self.lines.len() - 1).to_string();
        }
        match schema.get("additionalProperties") {
            Some(values @ Value::Map(_)) => format!("{{{}}}", self.expression(values)),
            _ => "-".to_owned(),
        }
    }

    fn reference(&mut self, reference: &str) -> String {
        let Some(name) = reference.strip_prefix("#/definitions/") else { return "-".to_owned() };
        let name = name.replace("~1", "/").replace("~0", "~");
        let Some(schema) = self.definitions.get(name.as_str()).copied() else {
            return if is_name(&name) { format!("@{name}") } else { "-".to_owned() };
        };
        if schema.get("properties").is_some() { self.definition(&name).to_string() } else { self.expression(schema) }
    }
}

fn is_array(schema: &Value) -> bool {
    let kind = schema.get("type");
    let only = kind.and_then(Value::as_seq).filter(|kinds| kinds.len() == 1).and_then(|kinds| kinds.first());
    kind.and_then(Value::as_str).or(only.and_then(Value::as_str)) == Some("array")
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

fn strategy(schema: &Value) -> String {
    let text = |key| schema.get(key).and_then(Value::as_str);
    let merges = text("x-kubernetes-patch-strategy").is_some_and(|strategy| strategy.split(',').any(|s| s == "merge"));
    if !merges {
        return String::new();
    }
    let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_seq);
    let keys: Vec<&str> = match keys {
        Some(keys) => keys.iter().filter_map(Value::as_str).collect(),
        None => text("x-kubernetes-patch-merge-key").into_iter().collect(),
    };
    format!("+{}", keys.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Limits;
    use crate::yaml::{Numbers, unmarshal};

    #[test]
    fn what_merging_needs_is_kept() {
        let swagger = "
definitions:
  x.Thing:
    x-kubernetes-group-version-kind: [{group: example.com, version: v1, kind: Thing}]
    properties:
      spec: {$ref: '#/definitions/x.Spec'}
      status: {type: object, additionalProperties: {type: string}}
  x.Spec:
    properties:
      ports:
        type: array
        items: {$ref: '#/definitions/x.Port'}
        x-kubernetes-list-map-keys: [port, protocol]
        x-kubernetes-patch-strategy: merge
        x-kubernetes-patch-merge-key: port
      again: {$ref: '#/definitions/x.Spec'}
      other: {type: array, items: {$ref: '#/definitions/y.Other'}}
  x.Port: {properties: {port: {type: integer}}}
paths:
  /apis/example.com/v1/namespaces/{namespace}/things/{name}:
    get: {x-kubernetes-group-version-kind: {group: example.com, version: v1, kind: Thing}}
";
        let swagger = unmarshal(swagger, Numbers::Exact, &Limits::default()).unwrap();
        let want = "scopes\nexample.com/v1 Thing namespaced\nkinds\nexample.com/v1 Thing 0\n\
                    names\nx.Port 2\nx.Spec 1\nx.Thing 0\n\
                    types\nspec:1 status:{-}\nagain:1 other:[@y.Other] ports:[2]+port,protocol\nport:-\n";
        assert_eq!(compact_schema(&swagger), want);
    }
}
