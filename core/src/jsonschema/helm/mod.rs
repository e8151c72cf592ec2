//! JSON Schema as Helm has it: what its library accepts and refuses, in its words.
//!
//! Helm 4 uses santhosh-tekuri/jsonschema v6. Which values pass decides exit codes, and its messages are a tree that
//! follows the order in which it looks at keywords, so the way it works is followed here step by step: a schema is held
//! against the schema of its draft, its references are followed and its patterns read, and then the value is looked at.
//! Numbers are exact, patterns are Go's, formats are asserted up to draft 7. The rest of rhumb uses
//! [`Validator`](super::Validator), which knows places and says what to do.
//!
//! Facts: <https://github.com/santhosh-tekuri/jsonschema/tree/v6.0.3>.

mod evaluate;
mod formats;
mod json;
mod keywords;
mod library;
mod meta;
mod number;
mod plain;
mod uri;
mod words;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use evaluate::Evaluation;
use json::Json;
use keywords::Keywords;
use library::{ADDRESS, Draft, Library, Place};
use words::{Fault, Kind};

use crate::go::regex::{self, CompileError};
use crate::source::Limits;
use crate::value::Value;

/// What came of holding values against a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What is wrong, in the words of Helm's library; a list of faults ends with a line break, anything else does not.
    pub error: Option<String>,
    /// URNs that lead nowhere and were taken to hold for everything; Helm warns of each once.
    pub unresolved_urns: Vec<String>,
}

/// Holds a value against the text of a schema, as Helm does with the `values.schema.json` of a chart.
pub fn check(schema: &[u8], value: &Value) -> Checked {
    let json = match json::parse(schema) {
        Ok(json) => json,
        Err(error) => return Checked { error: Some(error), unresolved_urns: Vec::new() },
    };
    let mut urns = Vec::new();
    let error = hold(&json, value, &mut urns).err();
    Checked { error, unresolved_urns: urns }
}

fn hold(schema: &Json, value: &Value, urns: &mut Vec<String>) -> Result<(), String> {
    let mut library = Library::new(ADDRESS, schema)?;
    check_against_draft(&library.root(), &library)?;
    let followed = follow(&mut library);
    urns.append(&mut library.urns.clone());
    followed?;
    let root = library.root();
    match Evaluation::new(&library, false).run(&root, value)? {
        None => Ok(()),
        Some(causes) => {
            let fault = Fault { at: "".into(), kind: Kind::Schema(library.location(&root)), causes };
            let text = fault.text();
            // Helm drops the headline.
            let headline = format!("jsonschema validation failed with '{ADDRESS}#'\n");
            Err(format!("{}\n", text.strip_prefix(&headline).unwrap_or(&text)))
        }
    }
}

/// Holds a schema against the schema of its draft.
fn check_against_draft(place: &Place<'_>, library: &Library<'_>) -> Result<(), String> {
    let draft = library.resource(place).draft;
    let uniform = library.documents[place.document].resources.iter().all(|resource| resource.draft == draft);
    if uniform && plain::is_right(place.node, draft) {
        return Ok(());
    }
    let Some((address, schema)) = meta::of(draft) else { return Ok(()) };
    let mut meta = Library::new(address, schema)?;
    follow(&mut meta)?;
    let value = to_value(place.node);
    match Evaluation::new(&meta, true).run(&meta.root(), &value)? {
        None => Ok(()),
        Some(causes) => {
            let fault = Fault { at: "".into(), kind: Kind::Schema(meta.location(&meta.root())), causes };
            let location = gotemplate::fmt::quote(library.location(place).as_bytes());
            Err(format!("{location} is not valid against metaschema: {}", fault.text()))
        }
    }
}

/// Follows all references that can be reached and reads all patterns.
fn follow(library: &mut Library<'_>) -> Result<(), String> {
    let mut queue = vec![library.root()];
    let mut seen: HashSet<*const Json> = HashSet::new();
    while let Some(place) = queue.pop() {
        if !seen.insert(std::ptr::from_ref(place.node)) {
            continue;
        }
        let draft = library.resource(&place).draft;
        let Some(entries) = place.node.as_object() else { continue };
        let keywords = Keywords::read(entries);
        for reference in keywords.references(draft) {
            library.load(&place, reference)?;
            let target = library.find(&place, reference)?;
            // A reference may lead to where no draft has a schema.
            if target.document == 0 && place.document == 0 && !seen.contains(&std::ptr::from_ref(target.node)) {
                let right = plain::is_right(target.node, library.resource(&target).draft);
                if !right && !is_known_position(library, &target) {
                    check_against_draft(&target, library)?;
                }
            }
            queue.push(target);
        }
        // In old drafts nothing counts beside a reference; what later ones of them have added is read all the same.
        let only_reference = draft < Draft::D2019 && keywords.reference.is_some();
        let read =
            |keyword: &str| !only_reference || matches!(keyword, "contains" | "propertyNames" | "if" | "then" | "else");
        let patterns = if only_reference { Ok(()) } else { keywords.check_patterns() };
        patterns.map_err(|(keyword, pattern, why)| {
            let at = format!("{}/{}", library.location(&place), uri::encode(&uri::escape(keyword)));
            let quoted = |text: &str| gotemplate::fmt::quote(text.as_bytes());
            format!("invalid regex {} at {}: {why}", quoted(pattern), quoted(&at))
        })?;
        let mut below: Vec<Place<'_>> = Vec::new();
        for (keyword, value) in entries {
            if read(keyword) && !matches!(keyword.as_str(), "$defs" | "definitions" | "contentSchema") {
                let schemas = draft.holds(keyword).schemas(value).into_iter();
                below.extend(schemas.map(|(_, node)| library.below(&place, node)));
            }
        }
        // The first one is looked at first.
        queue.extend(below.into_iter().rev());
    }
    Ok(())
}

/// Whether a schema stands where its draft has one, so that it was looked at with the whole.
fn is_known_position(library: &Library<'_>, place: &Place<'_>) -> bool {
    let mut queue = vec![library.root()];
    while let Some(at) = queue.pop() {
        if at.is(place) {
            return true;
        }
        let draft = library.resource(&at).draft;
        for (keyword, value) in at.node.as_object().unwrap_or_default() {
            queue.extend(draft.holds(keyword).schemas(value).into_iter().map(|(_, node)| library.below(&at, node)));
        }
    }
    false
}

/// Asks whether a text is a pattern of Go.
fn check_pattern(text: &str) -> Result<(), String> {
    regex::check(text.as_bytes(), Limits::default().regex_bytes).map_err(|error| match error {
        CompileError::Syntax(error) | CompileError::Limit(error) => error,
    })
}

/// Returns a schema as a value, to be held against another one. Numbers keep what matters of them as floats.
fn to_value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(b) => (*b).into(),
        Json::Number(text) => Value::Float(number::Decimal::parse(text).to_f64()),
        Json::Text(text) => Value::Str(text.clone()),
        Json::List(items) => items.iter().map(to_value).collect::<Vec<_>>().into(),
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), to_value(value)));
            entries.collect::<crate::value::Map>().into()
        }
    }
}
