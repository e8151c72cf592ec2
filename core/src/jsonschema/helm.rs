//! Values against the schema of a chart, with Helm's verdict in Helm's words.
//!
//! Which values pass decides exit codes, and the messages are a tree that follows the order in which the library looks
//! at keywords. The rest of rhumb uses [`Validator`](super::Validator), which knows places and says what to do.

use super::evaluate::Evaluation;
use super::json::{self, Json};
use super::library::{ADDRESS, Library};
use super::usable;
use super::words::Fault;
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
///
/// Of the limits, `schema_steps` counts.
pub fn check(schema: &[u8], value: &Value, limits: &Limits) -> Checked {
    let json = match json::parse(schema) {
        Ok(json) => json,
        Err(error) => return Checked { error: Some(error), unresolved_urns: Vec::new() },
    };
    let mut urns = Vec::new();
    let error = hold(&json, value, limits, &mut urns).err();
    Checked { error, unresolved_urns: urns }
}

fn hold(schema: &Json, value: &Value, limits: &Limits, urns: &mut Vec<String>) -> Result<(), String> {
    let mut library = Library::new(ADDRESS, schema)?;
    let usable = usable::check(&mut library, limits);
    urns.append(&mut library.urns.clone());
    usable.map_err(|unusable| unusable.text)?;
    let root = library.root();
    match Evaluation::new(&library, false, limits).run(&root, value)? {
        None => Ok(()),
        Some(causes) => {
            let text = Fault::whole(root, library.location(&root), causes).text();
            // Helm drops the headline.
            let headline = format!("jsonschema validation failed with '{ADDRESS}#'\n");
            Err(format!("{}\n", text.strip_prefix(&headline).unwrap_or(&text)))
        }
    }
}

#[cfg(test)]
#[path = "helm_tests.rs"]
mod tests;
