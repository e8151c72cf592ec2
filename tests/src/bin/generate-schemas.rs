//! Writes `schemas/data/kubernetes.bin` and its SOURCE file from Kubernetes' own OpenAPI documents.
//!
//! The documents come out of Go modules (`go mod download`), so only Go and a module proxy are needed. How the bytes
//! are laid out is described in `core/src/schema/blob.rs`, which reads them; schemas/README.md says how to run this.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

type Error = Box<dyn std::error::Error>;

/// The newest patch release of each supported minor version.
const VERSIONS: [(u8, &str); 7] = [(31, "14"), (32, "13"), (33, "13"), (34, "4"), (35, "4"), (36, "3"), (37, "2")];

/// Modules of types that are not in `k8s.io/api`, for their lifecycle markers.
const FURTHER: [&str; 2] = ["k8s.io/apiextensions-apiserver@v0.37.2", "k8s.io/kube-aggregator@v0.37.2"];

const ABSENT: u32 = u32::MAX;

fn main() -> Result<(), Error> {
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/data");
    let mut source = String::from("# What kubernetes.bin was generated from; schemas/README.md says how.\n");
    let mut builder = Builder::default();
    for (slot, (minor, patch)) in VERSIONS.iter().enumerate() {
        let kubernetes = module(&format!("k8s.io/kubernetes@v1.{minor}.{patch}"), &mut source)?;
        let api = module(&format!("k8s.io/api@v0.{minor}.{patch}"), &mut source)?;
        let specs = kubernetes.join("api/openapi-spec");
        let swagger: Value = serde_json::from_slice(&std::fs::read(specs.join("swagger.json"))?)?;
        builder.add_version(
            slot,
            &swagger,
            &Facts { defaults: defaults(&specs.join("v3"))?, choices: choices(&api)? },
        )?;
        builder.add_lifecycles(&api)?;
    }
    for name in FURTHER {
        builder.add_lifecycles(&module(name, &mut source)?)?;
    }
    let bytes = builder.finish();
    source.push_str(&format!("kubernetes.bin {} bytes fnv1a64:{:016x}\n", bytes.len(), fnv(&bytes)));
    std::fs::create_dir_all(&out)?;
    std::fs::write(out.join("kubernetes.bin"), &bytes)?;
    std::fs::write(out.join("SOURCE"), source)?;
    println!("{} bytes", bytes.len());
    Ok(())
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// Downloads a module and notes its digest (Go's `h1:` sum).
fn module(name: &str, source: &mut String) -> Result<PathBuf, Error> {
    let output = Command::new("go").args(["mod", "download", "-json", name]).output()?;
    let facts: Value = serde_json::from_slice(&output.stdout)?;
    let text = |key: &str| facts[key].as_str().ok_or_else(|| format!("{name}: no {key}: {facts}"));
    source.push_str(&format!("{name} {}\n", text("Sum")?));
    Ok(text("Dir")?.into())
}

/// A field: its definition and its name.
type Place = (String, String);

/// What the OpenAPI document of version 2 does not say of fields.
#[derive(Default)]
struct Facts {
    defaults: BTreeMap<Place, String>,
    choices: BTreeMap<Place, Vec<String>>,
}

/// The defaults of scalar fields, by definition and field; only the documents of OpenAPI v3 have them.
fn defaults(folder: &Path) -> Result<BTreeMap<Place, String>, Error> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let document: Value = serde_json::from_slice(&std::fs::read(entry?.path())?)?;
        for (name, schema) in entries(&document["components"]["schemas"]) {
            for (field, schema) in entries(&schema["properties"]) {
                match &schema["default"] {
                    Value::String(text) if !text.is_empty() => {
                        found.insert((name.clone(), field.clone()), text.clone());
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(found)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

type Gvk = (String, String, String);

#[derive(Default)]
struct Kind {
    definition: Option<u32>,
    // 0 absent, 1 namespaced, 2 cluster, 3 not served under a path of its own (lists, bodies of requests).
    scopes: [u8; VERSIONS.len()],
    introduced: u8,
    deprecated: u8,
    removed: u8,
    replacement: Option<Gvk>,
}

#[derive(Default)]
struct Builder {
    strings: BTreeSet<String>,
    definitions: BTreeMap<String, u32>,
    // Nodes in a form that still names its strings; numbered in the order of first use.
    nodes: Vec<Draft>,
    known: HashMap<Draft, u32>,
    roots: BTreeMap<(usize, u32), u32>,
    kinds: BTreeMap<Gvk, Kind>,
}

/// The field that says which member is set, and the members with its value for each.
type Union = (Option<String>, Vec<(String, String)>);

#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct Draft {
    kind: u8,
    reference: u32,
    format: u8,
    list: u8,
    keys: Vec<String>,
    bits: u32,
    merge_key: Option<String>,
    choices: Vec<String>,
    default: Option<String>,
    values: Option<u32>,
    items: Option<u32>,
    fields: Vec<(String, u32, bool)>,
    unions: Vec<Union>,
}

const MAP_ATOMIC: u32 = 1 << 2;
const MERGE: u32 = 1 << 3;
const REPLACE: u32 = 1 << 4;
const RETAIN_KEYS: u32 = 1 << 5;

impl Builder {
    fn definition(&mut self, name: &str) -> u32 {
        let next = self.definitions.len() as u32;
        *self.definitions.entry(name.to_owned()).or_insert(next)
    }

    fn add_version(&mut self, slot: usize, swagger: &Value, facts: &Facts) -> Result<(), Error> {
        let scopes = scopes(&swagger["paths"]);
        for (name, schema) in entries(&swagger["definitions"]) {
            let definition = self.definition(name);
            let root = self.node(schema, name, facts)?;
            self.roots.insert((slot, definition), root);
            // Two bodies of requests claim the group and version of every API.
            if name.ends_with(".DeleteOptions") || name.ends_with(".WatchEvent") {
                continue;
            }
            for gvk in schema["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
                let gvk = gvk_of(gvk);
                let scope = scopes.get(&gvk).copied().unwrap_or(3);
                let kind = self.kinds.entry(gvk).or_default();
                kind.definition = Some(definition);
                kind.scopes[slot] = scope;
            }
        }
        Ok(())
    }

    fn node(&mut self, schema: &Value, definition: &str, facts: &Facts) -> Result<u32, Error> {
        let mut draft = Draft { kind: kind(schema, definition)?, ..Draft::default() };
        if let Some(target) = schema["$ref"].as_str() {
            draft.reference = self.definition(target.trim_start_matches("#/definitions/"));
        }
        draft.format = match schema["format"].as_str() {
            None | Some("int-or-string") => 0,
            Some("int32") => 1,
            Some("int64") => 2,
            Some("byte") => 3,
            Some("date-time") => 4,
            Some("double") => 5,
            Some(other) => return Err(format!("{definition}: format {other}").into()),
        };
        draft.list = match schema["x-kubernetes-list-type"].as_str() {
            None => 0,
            Some("atomic") => 1,
            Some("set") => 2,
            Some("map") => 3,
            Some(other) => return Err(format!("{definition}: list type {other}").into()),
        };
        draft.keys = texts(&schema["x-kubernetes-list-map-keys"]);
        draft.bits = u32::from(schema["x-kubernetes-map-type"] == "atomic") * MAP_ATOMIC;
        for strategy in schema["x-kubernetes-patch-strategy"].as_str().unwrap_or("").split(',') {
            draft.bits |= match strategy {
                "" => 0,
                "merge" => MERGE,
                "replace" => REPLACE,
                "retainKeys" => RETAIN_KEYS,
                other => return Err(format!("{definition}: patch strategy {other}").into()),
            };
        }
        draft.merge_key = schema["x-kubernetes-patch-merge-key"].as_str().map(Into::into);
        draft.unions = unions(schema);
        if schema["additionalProperties"].is_object() {
            draft.values = Some(self.node(&schema["additionalProperties"], definition, &Facts::default())?);
        }
        if schema["items"].is_object() {
            draft.items = Some(self.node(&schema["items"], definition, &Facts::default())?);
        }
        let required = texts(&schema["required"]);
        for (name, field) in entries(&schema["properties"]) {
            let id = self.field(field, definition, &(definition.to_owned(), name.clone()), facts)?;
            draft.fields.push((name.clone(), id, required.contains(name)));
        }
        draft.fields.sort();
        Ok(self.intern(draft))
    }

    fn field(&mut self, schema: &Value, definition: &str, place: &Place, facts: &Facts) -> Result<u32, Error> {
        let id = self.node(schema, definition, &Facts::default())?;
        let mut draft = self.nodes[id as usize].clone();
        draft.default = facts.defaults.get(place).cloned();
        draft.choices = facts.choices.get(place).cloned().unwrap_or_default();
        Ok(self.intern(draft))
    }

    fn intern(&mut self, draft: Draft) -> u32 {
        if let Some(id) = self.known.get(&draft) {
            return *id;
        }
        let id = self.nodes.len() as u32;
        let strings = draft.keys.iter().chain(&draft.choices).chain(&draft.merge_key).chain(&draft.default);
        let unions = draft
            .unions
            .iter()
            .flat_map(|(by, fields)| by.iter().chain(fields.iter().flat_map(|(name, value)| [name, value])));
        self.strings.extend(strings.chain(unions).chain(draft.fields.iter().map(|(name, ..)| name)).cloned());
        self.nodes.push(draft.clone());
        self.known.insert(draft, id);
        id
    }

    /// Reads the generated Go files with the lifecycle of each type; later modules overwrite earlier ones.
    fn add_lifecycles(&mut self, module: &Path) -> Result<(), Error> {
        let mut folders = vec![module.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.ends_with("zz_generated.prerelease-lifecycle.go") {
                    let group = group(&folder)?;
                    let version = folder.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
                    self.add_lifecycle(&std::fs::read_to_string(&path)?, &group, &version);
                }
            }
        }
        Ok(())
    }

    fn add_lifecycle(&mut self, text: &str, group: &str, version: &str) {
        let mut current: Option<(Gvk, &str)> = None;
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("func (in *") {
                let Some((kind, rest)) = rest.split_once(") APILifecycle") else { continue };
                let what = rest.split('(').next().unwrap_or("");
                current = Some(((group.to_owned(), version.to_owned(), kind.to_owned()), what));
            } else if let (Some(result), Some((gvk, what))) = (line.trim().strip_prefix("return "), current.take()) {
                let kind = self.kinds.entry(gvk).or_default();
                let minor = result.rsplit(", ").next().and_then(|minor| minor.parse().ok()).unwrap_or(0);
                match what {
                    "Introduced" => kind.introduced = minor,
                    "Deprecated" => kind.deprecated = minor,
                    "Removed" => kind.removed = minor,
                    "Replacement" => {
                        let mut quoted = result.split('"').skip(1).step_by(2).map(str::to_owned);
                        let mut next = || quoted.next().unwrap_or_default();
                        kind.replacement = Some((next(), next(), next()));
                    }
                    _ => {}
                }
            }
        }
    }

    fn finish(mut self) -> Vec<u8> {
        for (gvk, kind) in &self.kinds {
            for (a, b, c) in [gvk].into_iter().chain(&kind.replacement) {
                self.strings.extend([a.clone(), b.clone(), c.clone()]);
            }
        }
        let ids: HashMap<&str, u32> = self.strings.iter().enumerate().map(|(i, s)| (s.as_str(), i as u32)).collect();
        let strings = table(&self.strings.iter().map(|s| s.as_bytes().to_vec()).collect::<Vec<_>>());
        let nodes = table(&self.nodes.iter().map(|draft| draft.encode(&ids)).collect::<Vec<_>>());
        let mut roots = Vec::new();
        words(&mut roots, &[self.definitions.len() as u32]);
        for slot in 0..VERSIONS.len() {
            for definition in 0..self.definitions.len() as u32 {
                words(&mut roots, &[self.roots.get(&(slot, definition)).copied().unwrap_or(ABSENT)]);
            }
        }
        let mut kinds = Vec::new();
        words(&mut kinds, &[self.kinds.len() as u32]);
        for (gvk, kind) in &self.kinds {
            let text = |gvk: &Gvk| [&gvk.0, &gvk.1, &gvk.2].map(|s| ids[s.as_str()]);
            words(&mut kinds, &text(gvk));
            words(&mut kinds, &[kind.definition.unwrap_or(ABSENT)]);
            words(&mut kinds, &kind.replacement.as_ref().map_or([ABSENT; 3], text));
            kinds.extend([kind.introduced, kind.deprecated, kind.removed]);
            kinds.extend(kind.scopes);
            kinds.extend([0, 0]);
        }
        let mut out = b"RHUMBK8S".to_vec();
        words(&mut out, &[1, VERSIONS.len() as u32]);
        out.extend(VERSIONS.iter().map(|(minor, _)| *minor).chain([0]).take(8));
        let mut offset = out.len() as u32 + 16;
        for section in [&strings, &nodes, &roots, &kinds] {
            words(&mut out, &[offset]);
            offset += section.len() as u32;
        }
        out.extend([strings, nodes, roots, kinds].concat());
        out
    }
}

fn words(out: &mut Vec<u8>, words: &[u32]) {
    out.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

/// A count, the end of each item counted from the first, and the items; padded to whole words.
fn table(items: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    words(&mut out, &[items.len() as u32]);
    let mut end = 0;
    for item in items {
        end += item.len() as u32;
        words(&mut out, &[end]);
    }
    out.extend(items.concat());
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(Into::into).collect()
}

fn gvk_of(value: &Value) -> Gvk {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    (text("group"), text("version"), text("kind"))
}

fn scopes(paths: &Value) -> BTreeMap<Gvk, u8> {
    let mut found = BTreeMap::new();
    for (path, operations) in entries(paths) {
        for (_, operation) in entries(operations) {
            if operation["x-kubernetes-group-version-kind"].is_object() {
                let scope = if path.contains("/namespaces/{namespace}/") { 1 } else { 2 };
                let known = found.entry(gvk_of(&operation["x-kubernetes-group-version-kind"])).or_insert(scope);
                *known = scope.min(*known);
            }
        }
    }
    found
}

fn kind(schema: &Value, definition: &str) -> Result<u8, Error> {
    if schema["$ref"].is_string() {
        return Ok(9);
    }
    if definition.ends_with(".api.resource.Quantity") {
        return Ok(8);
    }
    if schema["format"] == "int-or-string" {
        return Ok(7);
    }
    Ok(match schema["type"].as_str() {
        None => 0,
        Some("object") => 1,
        Some("array") => 2,
        Some("string") => 3,
        Some("integer") => 4,
        Some("number") => 5,
        Some("boolean") => 6,
        Some(other) => return Err(format!("{definition}: type {other}").into()),
    })
}

/// The values of fields whose Go type is marked `+enum`: the OpenAPI documents that Kubernetes publishes leave them out.
fn choices(module: &Path) -> Result<BTreeMap<Place, Vec<String>>, Error> {
    let mut files = Vec::new();
    for group in std::fs::read_dir(module)?.filter_map(Result::ok).filter(|entry| entry.path().is_dir()) {
        for version in std::fs::read_dir(group.path())?.filter_map(Result::ok) {
            if let Ok(text) = std::fs::read_to_string(version.path().join("types.go")) {
                let (group, version) = (group.file_name(), version.file_name());
                files.push((format!("io.k8s.api.{}.{}", group.display(), version.display()), text));
            }
        }
    }
    let mut enums: BTreeMap<Place, Vec<String>> = BTreeMap::new();
    for (package, text) in &files {
        for name in enum_types(text) {
            let constant = |line: &str| {
                let words: Vec<&str> = line.split_whitespace().collect();
                let ours = words.len() >= 4 && words[1] == name && words[2] == "=";
                ours.then(|| words[3].trim_matches('"').to_owned())
            };
            let values: BTreeSet<String> = text.lines().filter_map(constant).collect();
            enums.insert((package.clone(), name.to_owned()), values.into_iter().collect());
        }
    }
    let mut found = BTreeMap::new();
    for (package, text) in &files {
        let mut current = "";
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("type ").and_then(|rest| rest.strip_suffix(" struct {")) {
                current = name;
            }
            let mut words = line.split_whitespace().skip(1);
            let Some(kind) = words.next() else { continue };
            let Some(field) = line.split("json:\"").nth(1).and_then(|rest| rest.split([',', '"']).next()) else {
                continue;
            };
            // Types of other packages are those of core/v1 in all but a few places.
            let kind = kind.trim_start_matches('*');
            let (home, kind) =
                kind.rsplit_once('.').map_or((package.as_str(), kind), |(_, kind)| ("io.k8s.api.core.v1", kind));
            if let Some(values) = enums.get(&(home.to_owned(), kind.to_owned())) {
                found.insert((format!("{package}.{current}"), field.to_owned()), values.clone());
            }
        }
    }
    Ok(found)
}

fn enum_types(text: &str) -> Vec<&str> {
    let mut marked = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim() == "// +enum" {
            marked = true;
        } else if !line.trim_start().starts_with("//") {
            let name = line.strip_prefix("type ").and_then(|rest| rest.strip_suffix(" string"));
            found.extend(name.filter(|_| marked));
            marked = false;
        }
    }
    found
}

fn unions(schema: &Value) -> Vec<Union> {
    let union = |union: &Value| {
        let fields = entries(&union["fields-to-discriminateBy"]);
        let fields = fields.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
        (union["discriminator"].as_str().map(Into::into), fields.collect())
    };
    schema["x-kubernetes-unions"].as_array().into_iter().flatten().map(union).collect()
}

/// The API group of a folder of Go types: its `+groupName` marker, or the constant `GroupName`.
fn group(folder: &Path) -> Result<String, Error> {
    let register = std::fs::read_to_string(folder.join("register.go"))?;
    let line = register.lines().find(|line| line.contains("GroupName") && line.contains('"'));
    let named = line.and_then(|line| line.split('"').nth(1)).map(str::to_owned);
    if let Some(name) = named {
        return Ok(name);
    }
    let doc = std::fs::read_to_string(folder.join("doc.go"))?;
    let marker = doc.lines().find_map(|line| line.trim().strip_prefix("// +groupName="));
    marker.map(str::to_owned).ok_or_else(|| format!("no group in {}", folder.display()).into())
}

impl Draft {
    fn encode(&self, ids: &HashMap<&str, u32>) -> Vec<u8> {
        let id = |text: &String| ids[text.as_str()];
        let mut out = vec![self.kind];
        let present = [
            (self.format != 0, 1 << 0),
            (self.list != 0, 1 << 1),
            (self.merge_key.is_some(), 1 << 6),
            (!self.choices.is_empty(), 1 << 8),
            (self.default.is_some(), 1 << 9),
            (self.values.is_some(), 1 << 10),
            (self.items.is_some(), 1 << 11),
            (!self.fields.is_empty(), 1 << 12),
            (!self.unions.is_empty(), 1 << 13),
        ];
        let bits = present.iter().filter(|(there, _)| *there).fold(self.bits, |bits, (_, bit)| bits | bit);
        varint(&mut out, bits);
        if self.kind == 9 {
            varint(&mut out, self.reference);
        }
        out.extend([self.format, self.list].iter().filter(|byte| **byte != 0));
        if self.list != 0 {
            list(&mut out, &self.keys, id);
        }
        self.merge_key.iter().for_each(|key| varint(&mut out, id(key)));
        if !self.choices.is_empty() {
            list(&mut out, &self.choices, id);
        }
        self.default.iter().for_each(|text| varint(&mut out, id(text)));
        self.values.iter().chain(&self.items).for_each(|node| varint(&mut out, *node));
        if !self.fields.is_empty() {
            varint(&mut out, self.fields.len() as u32);
            for (name, node, required) in &self.fields {
                varint(&mut out, id(name));
                varint(&mut out, node << 1 | u32::from(*required));
            }
        }
        if !self.unions.is_empty() {
            varint(&mut out, self.unions.len() as u32);
            for (by, fields) in &self.unions {
                varint(&mut out, by.as_ref().map_or(0, |by| id(by) + 1));
                varint(&mut out, fields.len() as u32);
                for (name, value) in fields {
                    varint(&mut out, id(name));
                    varint(&mut out, id(value));
                }
            }
        }
        out
    }
}

fn list(out: &mut Vec<u8>, texts: &[String], id: impl Fn(&String) -> u32) {
    varint(out, texts.len() as u32);
    texts.iter().for_each(|text| varint(out, id(text)));
}

fn varint(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
