//! Where a reference leads: documents, the resources and anchors in them, and the drafts that they follow.
//!
//! Nothing is fetched and no file is read. Besides the schema itself there are the drafts' own schemas; what else a
//! reference names ends in the words that Helm has for it.
//! Facts: <https://github.com/santhosh-tekuri/jsonschema/blob/v6.0.3/roots.go>.

use std::collections::BTreeMap;

use super::json::Json;
use super::meta;
use super::uri;
use crate::value::Step;

/// The address under which Helm has a chart's schema.
pub(super) const ADDRESS: &str = "file:///values.schema.json";

/// The drafts, old to new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    D4,
    D6,
    D7,
    D2019,
    D2020,
}

impl Draft {
    /// Returns the draft that `$schema` names.
    pub(super) fn named(name: &str) -> Option<Draft> {
        let name = name.strip_suffix('#').unwrap_or(name);
        let path = name.strip_prefix("http://").or_else(|| name.strip_prefix("https://")).unwrap_or(name);
        Some(match path {
            "json-schema.org/schema" | "json-schema.org/draft/2020-12/schema" => Draft::D2020,
            "json-schema.org/draft/2019-09/schema" => Draft::D2019,
            "json-schema.org/draft-07/schema" => Draft::D7,
            "json-schema.org/draft-06/schema" => Draft::D6,
            "json-schema.org/draft-04/schema" => Draft::D4,
            _ => return None,
        })
    }

    /// Returns the name of the keyword that gives a part an address of its own.
    fn id(self) -> &'static str {
        if self == Draft::D4 { "id" } else { "$id" }
    }

    /// Whether a keyword holds a schema, a map of schemas or a list of schemas in this draft.
    pub(super) fn holds(self, keyword: &str) -> Holds {
        match keyword {
            "not" | "additionalProperties" | "additionalItems" => Holds::Schema,
            "allOf" | "anyOf" | "oneOf" => Holds::List,
            "definitions" | "properties" | "patternProperties" | "dependencies" => Holds::Map,
            "items" => Holds::SchemaOrList,
            "propertyNames" | "contains" if self >= Draft::D6 => Holds::Schema,
            "if" | "then" | "else" if self >= Draft::D7 => Holds::Schema,
            "$defs" | "dependentSchemas" if self >= Draft::D2019 => Holds::Map,
            "unevaluatedProperties" | "unevaluatedItems" | "contentSchema" if self >= Draft::D2019 => Holds::Schema,
            "prefixItems" if self >= Draft::D2020 => Holds::List,
            _ => Holds::Nothing,
        }
    }
}

/// What a keyword holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Nothing,
    Schema,
    Map,
    List,
    SchemaOrList,
}

impl Holds {
    /// Returns the schemas below a keyword, with the steps to them.
    pub(super) fn schemas(self, value: &Json) -> Vec<(Option<Step>, &Json)> {
        match (self, value) {
            (Holds::Nothing, _) => Vec::new(),
            (Holds::Map, Json::Object(entries)) => {
                entries.iter().map(|(key, value)| (Some(Step::Key(key.clone())), value)).collect()
            }
            (Holds::List | Holds::SchemaOrList, Json::List(items)) => {
                items.iter().enumerate().map(|(i, item)| (Some(Step::Index(i)), item)).collect()
            }
            (Holds::Schema | Holds::SchemaOrList, value) => vec![(None, value)],
            _ => Vec::new(),
        }
    }
}

/// A part of a document with an address of its own; the whole is one.
#[derive(Debug)]
pub(super) struct Resource<'s> {
    pub(super) node: &'s Json,
    pub(super) id: String,
    pub(super) draft: Draft,
    anchors: BTreeMap<String, &'s Json>,
    pub(super) dynamic: BTreeMap<String, &'s Json>,
}

/// A document. Invariant: the first resource is the whole.
#[derive(Debug)]
pub(super) struct Document<'s> {
    pub(super) url: String,
    pub(super) root: &'s Json,
    pub(super) resources: Vec<Resource<'s>>,
}

/// A schema: its node, and the numbers of its document and resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'s> {
    pub(super) node: &'s Json,
    pub(super) document: usize,
    pub(super) resource: usize,
}

impl Place<'_> {
    pub(super) fn is(&self, other: &Place<'_>) -> bool {
        std::ptr::eq(self.node, other.node)
    }
}

/// The documents known so far; the first is the schema.
#[derive(Debug)]
pub(super) struct Library<'s> {
    pub(super) documents: Vec<Document<'s>>,
    /// URNs that lead nowhere and therefore hold for everything; Helm warns of each.
    pub(super) urns: Vec<String>,
}

impl<'s> Library<'s> {
    /// Returns a library of one document.
    pub(super) fn new(url: &str, root: &'s Json) -> Result<Library<'s>, String> {
        let documents = vec![Document::read(url, root)?];
        Ok(Library { documents, urns: Vec::new() })
    }

    pub(super) fn root(&self) -> Place<'s> {
        Place { node: self.documents[0].root, document: 0, resource: 0 }
    }

    pub(super) fn resource(&self, place: &Place<'s>) -> &Resource<'s> {
        &self.documents[place.document].resources[place.resource]
    }

    /// Returns a schema below another one.
    pub(super) fn below(&self, place: &Place<'s>, node: &'s Json) -> Place<'s> {
        let resources = &self.documents[place.document].resources;
        let own = match resources.len() {
            1 => None,
            _ => resources.iter().position(|resource| std::ptr::eq(resource.node, node)),
        };
        Place { node, resource: own.unwrap_or(place.resource), ..*place }
    }

    /// Returns where a reference leads, as far as documents are known.
    pub(super) fn find(&self, from: &Place<'s>, reference: &str) -> Result<Place<'s>, String> {
        let (address, fragment) = uri::split(reference);
        let fragment = uri::decode(fragment).ok_or_else(|| bad_reference(reference))?;
        if address.is_empty() {
            return self.in_resource(from.document, from.resource, &fragment);
        }
        let address = uri::join(&self.resource(from).id, address);
        let document = &self.documents[from.document];
        let resource = match address == document.url {
            true => Some(0),
            false => document.resources.iter().position(|resource| resource.id == address),
        };
        if let Some(resource) = resource {
            return self.in_resource(from.document, resource, &fragment);
        }
        match self.documents.iter().position(|document| document.url == address) {
            Some(document) => self.in_resource(document, 0, &fragment),
            None => Err(unloadable(&address)),
        }
    }

    /// Makes the document known that a reference leads to.
    pub(super) fn load(&mut self, from: &Place<'s>, reference: &str) -> Result<(), String> {
        let (address, _) = uri::split(reference);
        if address.is_empty() {
            return Ok(());
        }
        let address = uri::join(&self.resource(from).id, address);
        let here = &self.documents[from.document];
        let known = here.resources.iter().any(|resource| resource.id == address)
            || self.documents.iter().any(|document| document.url == address);
        if known {
            return Ok(());
        }
        let root = match meta::document(&address) {
            Some(root) => root,
            None if address.starts_with("urn:") => {
                self.urns.push(address.clone());
                &Json::Bool(true)
            }
            None => return Err(unloadable(&address)),
        };
        self.documents.push(Document::read(&address, root)?);
        Ok(())
    }

    fn in_resource(&self, document: usize, resource: usize, fragment: &str) -> Result<Place<'s>, String> {
        let from = Place { node: self.documents[document].resources[resource].node, document, resource };
        if fragment.is_empty() {
            return Ok(from);
        }
        let Some(pointer) = fragment.strip_prefix('/') else {
            let found = self.resource(&from).anchors.get(fragment);
            let url = &self.documents[document].url;
            return found.map(|node| self.below(&from, node)).ok_or_else(|| {
                let reference = format!("{}#{}", self.resource(&from).id, uri::encode(fragment));
                format!("anchor in {} not found in schema {}", quoted(&reference), quoted(url))
            });
        };
        let mut at = from;
        for token in pointer.split('/') {
            let next = uri::unescape(token).and_then(|token| step(at.node, &token));
            let Some(next) = next else {
                let whole = format!("{}{fragment}", self.pointer(&from));
                let url = quoted(&format!("{}#{}", self.documents[document].url, uri::encode(&whole)));
                return Err(match pointer.split('/').all(|token| uri::unescape(token).is_some()) {
                    true => format!("json-pointer in {url} not found"),
                    false => format!("invalid json-pointer {url}"),
                });
            };
            at = self.below(&at, next);
        }
        Ok(at)
    }

    /// Returns the JSON pointer of a schema in its document. It is looked for, so only for messages.
    pub(super) fn pointer(&self, place: &Place<'s>) -> String {
        let mut pointer = String::new();
        search(self.documents[place.document].root, place.node, &mut pointer);
        pointer
    }

    /// Returns the whole address of a schema.
    pub(super) fn location(&self, place: &Place<'s>) -> String {
        format!("{}#{}", self.documents[place.document].url, uri::encode(&self.pointer(place)))
    }
}

impl<'s> Document<'s> {
    fn read(url: &str, root: &'s Json) -> Result<Document<'s>, String> {
        let mut document = Document { url: url.to_owned(), root, resources: Vec::new() };
        document.collect(root, url, Draft::D2020, None)?;
        Ok(document)
    }

    /// Looks for resources and anchors wherever the draft has a schema. The depth is bounded by the parser.
    fn collect(&mut self, node: &'s Json, base: &str, fallback: Draft, within: Option<usize>) -> Result<(), String> {
        let Some(entries) = node.as_object() else {
            if within.is_none() {
                self.add(node, base.to_owned(), fallback);
            }
            return Ok(());
        };
        let (mut draft, mut base, mut resource) = (fallback, base.to_owned(), within);
        let named = self.draft(node, fallback, within.is_none())?;
        let id = id_of(node, named);
        if id.is_some() || within.is_none() {
            draft = named;
        }
        if let Some(id) = id.or_else(|| id_of(node, draft)) {
            base = uri::join(&base, uri::split(id).0);
            if self.resources.iter().any(|resource| resource.id == base) {
                let (id, url) = (quoted(&base), quoted(&self.url));
                return Err(format!("duplicate id {id} in {url}"));
            }
            resource = Some(self.add(node, base.clone(), draft));
        } else if within.is_none() {
            resource = Some(self.add(node, base.clone(), draft));
        }
        let Some(resource) = resource else { return Ok(()) };
        self.collect_anchors(node, resource)?;
        for (keyword, value) in entries {
            for (_, schema) in draft.holds(keyword).schemas(value) {
                self.collect(schema, &base, draft, Some(resource))?;
            }
        }
        Ok(())
    }

    fn add(&mut self, node: &'s Json, id: String, draft: Draft) -> usize {
        self.resources.push(Resource { node, id, draft, anchors: BTreeMap::new(), dynamic: BTreeMap::new() });
        self.resources.len() - 1
    }

    fn draft(&self, node: &Json, fallback: Draft, whole: bool) -> Result<Draft, String> {
        let Some(name) = node.get("$schema").and_then(Json::as_text) else { return Ok(fallback) };
        if let Some(draft) = Draft::named(name) {
            return Ok(draft);
        }
        let (name, _) = uri::split(name);
        match whole && name == self.url {
            true => Err(format!("draft {} is not supported", quoted(name))),
            false => Err(unloadable(name)),
        }
    }

    fn collect_anchors(&mut self, node: &'s Json, resource: usize) -> Result<(), String> {
        let draft = self.resources[resource].draft;
        let text = |key: &str| node.get(key).and_then(Json::as_text);
        let anchors = match draft {
            draft if draft >= Draft::D2019 => {
                let dynamic = text("$dynamicAnchor").filter(|_| draft == Draft::D2020);
                vec![(text("$anchor"), false), (dynamic, true)]
            }
            _ if node.get("$ref").is_some() => Vec::new(),
            _ => {
                let fragment = text(draft.id()).map(|id| uri::split(id).1);
                vec![(fragment.filter(|fragment| !fragment.is_empty() && !fragment.starts_with('/')), false)]
            }
        };
        for (name, is_dynamic) in anchors {
            let Some(name) = name else { continue };
            let known = self.resources[resource].anchors.insert(name.to_owned(), node);
            if known.is_some_and(|known| !std::ptr::eq(known, node)) {
                return Err(format!("duplicate anchor {} in {}", quoted(name), quoted(&self.url)));
            }
            if is_dynamic {
                self.resources[resource].dynamic.insert(name.to_owned(), node);
            }
        }
        Ok(())
    }
}

fn id_of(node: &Json, draft: Draft) -> Option<&str> {
    // In old drafts nothing counts beside a reference.
    if draft < Draft::D2019 && node.get("$ref").is_some() {
        return None;
    }
    let id = node.get(draft.id())?.as_text()?;
    Some(id).filter(|id| !uri::split(id).0.is_empty())
}

fn step<'s>(node: &'s Json, token: &str) -> Option<&'s Json> {
    match node {
        Json::Object(_) => node.get(token),
        Json::List(items) => items.get(token.parse::<usize>().ok()?),
        _ => None,
    }
}

/// Writes the pointer to a node; whether it was found.
fn search(at: &Json, wanted: &Json, pointer: &mut String) -> bool {
    if std::ptr::eq(at, wanted) {
        return true;
    }
    let length = pointer.len();
    let below = |token: &str, node: &Json, pointer: &mut String| {
        pointer.push('/');
        pointer.push_str(token);
        let found = search(node, wanted, pointer);
        if !found {
            pointer.truncate(length);
        }
        found
    };
    match at {
        Json::Object(entries) => entries.iter().any(|(key, node)| below(&uri::escape(key), node, pointer)),
        Json::List(items) => items.iter().enumerate().any(|(i, node)| below(&i.to_string(), node, pointer)),
        _ => false,
    }
}

/// Returns Helm's text for what it would have to load, and cannot without a network and beside the file system.
fn unloadable(address: &str) -> String {
    let why = match address.split_once(':') {
        Some(("http" | "https", _)) => "schemas are not fetched, so a remote reference leads nowhere".to_owned(),
        Some(("file", path)) => {
            format!("open {}: no such file or directory", path.strip_prefix("//").unwrap_or(path))
        }
        _ => format!("no URLLoader registered for {}", quoted(address)),
    };
    format!("failing loading {}: {why}", quoted(address))
}

fn bad_reference(reference: &str) -> String {
    format!("error in parsing {}: invalid URL escape", quoted(reference))
}

fn quoted(text: &str) -> String {
    gotemplate::fmt::quote(text.as_bytes())
}
