//! Bounds on schemas, measured before the schema crate, which recurses, sees them.

use std::collections::HashMap;

use super::SchemaError;
use super::evaluate::RAISE_STEPS;
use crate::source::Limits;
use crate::value::{Value, ValuePath};

/// The most levels of subschemas and `$ref` on one way down.
const MAX_DEPTH: usize = 192;
/// Steps for each subschema that one value may meet in place, references unfolded.
const STEPS_OF_A_PART: usize = 5;

/// Refuses references that leave the schema or lead nowhere, and schemas that are too deep or unfold too far.
pub(super) fn check(schema: &Value, limits: &Limits) -> Result<(), SchemaError> {
    let (has_ids, most) = (has_ids(schema), limits.schema_steps / STEPS_OF_A_PART);
    let mut guard = Guard { root: schema, seen: HashMap::new(), path: ValuePath::root(), has_ids, most };
    guard.walk(schema, 0).map(|_| ())
}

/// What is below a subschema: levels, and subschemas that hold for the same value.
#[derive(Clone, Copy)]
struct Size {
    depth: usize,
    cost: usize,
}

struct Guard<'a> {
    root: &'a Value,
    // By address: `None` while the subschema is being walked, which is a cycle.
    seen: HashMap<usize, Option<Size>>,
    path: ValuePath,
    has_ids: bool,
    most: usize,
}

impl<'a> Guard<'a> {
    fn walk(&mut self, schema: &'a Value, depth: usize) -> Result<Size, SchemaError> {
        let at = std::ptr::from_ref(schema) as usize;
        match self.seen.get(&at) {
            Some(Some(size)) if depth + size.depth <= MAX_DEPTH => return Ok(*size),
            Some(Some(_)) => return self.refuse("the schema is nested too deeply"),
            Some(None) => return Ok(Size { depth: 1, cost: 1 }),
            None => {}
        }
        if depth >= MAX_DEPTH {
            return self.refuse("the schema is nested too deeply");
        }
        self.seen.insert(at, None);
        let mut size = Size { depth: 1, cost: 1 };
        match schema {
            Value::Map(map) => {
                for (key, value) in map.iter() {
                    self.path.push_key(key.clone());
                    self.keyword(key, value, depth, &mut size)?;
                    self.path.pop();
                }
            }
            Value::Seq(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.path.push_index(index);
                    self.below(item, depth, true, &mut size)?;
                    self.path.pop();
                }
            }
            _ => {}
        }
        if size.cost > self.most {
            return self.refuse(&format!("the schema unfolds to too many parts; {RAISE_STEPS}"));
        }
        self.seen.insert(at, Some(size));
        Ok(size)
    }

    fn keyword(&mut self, key: &str, value: &'a Value, depth: usize, size: &mut Size) -> Result<(), SchemaError> {
        if is_reference(key)
            && let Value::Str(reference) = value
        {
            return match self.target(reference)? {
                Some(target) => self.below(target, depth, true, size),
                None => Ok(()),
            };
        }
        if matches!(key, "default" | "examples" | "enum" | "const") {
            return Ok(());
        }
        let in_place = matches!(key, "allOf" | "anyOf" | "oneOf" | "not" | "if" | "then" | "else" | "dependentSchemas");
        self.below(value, depth, in_place, size)
    }

    fn below(&mut self, value: &'a Value, depth: usize, in_place: bool, size: &mut Size) -> Result<(), SchemaError> {
        if !matches!(value, Value::Map(_) | Value::Seq(_)) {
            return Ok(());
        }
        let below = self.walk(value, depth + 1)?;
        size.depth = size.depth.max(below.depth + 1);
        if in_place {
            size.cost = size.cost.saturating_add(below.cost);
        }
        Ok(())
    }

    fn target(&self, reference: &str) -> Result<Option<&'a Value>, SchemaError> {
        let Some(pointer) = reference.strip_prefix('#') else {
            // With `$id`s inside, a name may mean a part of this schema; the crate resolves it and fetches nothing.
            if self.has_ids && !reference.contains("..") {
                return Ok(None);
            }
            let text = format!("`$ref` leads out of the schema: `{reference}`");
            return Err(SchemaError { path: self.path.clone(), message: text });
        };
        if pointer.is_empty() {
            return Ok(Some(self.root));
        }
        // `#name` is an anchor.
        let Some(pointer) = pointer.strip_prefix('/') else { return Ok(None) };
        let found = pointer.split('/').try_fold(self.root, |value, part| {
            let part = part.replace("~1", "/").replace("~0", "~");
            match value {
                Value::Map(map) => map.get(&part),
                Value::Seq(items) => items.get(part.parse::<usize>().ok()?),
                _ => None,
            }
        });
        if found.is_none() && !self.has_ids && !pointer.contains('%') {
            let text = format!("`$ref` leads nowhere: `{reference}`");
            return Err(SchemaError { path: self.path.clone(), message: text });
        }
        Ok(found)
    }

    fn refuse<T>(&self, message: &str) -> Result<T, SchemaError> {
        Err(SchemaError { path: self.path.clone(), message: message.to_owned() })
    }
}

/// Returns the references of a schema that was checked, with the places of their keywords.
pub(super) fn references(schema: &Value) -> Vec<(ValuePath, &str)> {
    let mut found = Vec::new();
    collect(schema, &mut ValuePath::root(), &mut found);
    found
}

fn collect<'a>(schema: &'a Value, path: &mut ValuePath, found: &mut Vec<(ValuePath, &'a str)>) {
    match schema {
        Value::Map(map) => {
            for (key, value) in map.iter() {
                path.push_key(key.clone());
                match value {
                    Value::Str(text) if is_reference(key) => found.push((path.clone(), text.as_str())),
                    value => collect(value, path, found),
                }
                path.pop();
            }
        }
        Value::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push_index(index);
                collect(item, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

fn is_reference(key: &str) -> bool {
    matches!(key, "$ref" | "$dynamicRef" | "$recursiveRef")
}

fn has_ids(schema: &Value) -> bool {
    match schema {
        Value::Map(map) => map
            .iter()
            .any(|(key, value)| matches!(key.as_str(), "$id" | "id") && value.as_str().is_some() || has_ids(value)),
        Value::Seq(items) => items.iter().any(has_ids),
        _ => false,
    }
}
