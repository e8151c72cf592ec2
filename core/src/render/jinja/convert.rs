//! Values on their way into templates and back.
//!
//! A map or list enters as an object that shares the engine's own value and knows its path, so nothing is copied to
//! be read and whatever a template picks out of it, by whatever way, still knows where it came from.

use std::sync::{Arc, Mutex};

use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};
use minijinja::{Error, ErrorKind, Value as Mini};

use super::lineage::Leaf;
use crate::value::{Map, Step, Value, ValuePath};

/// The path of a value, as a chain to its root.
#[derive(Debug)]
pub(super) struct Link {
    parent: Option<Arc<Link>>,
    step: Option<Step>,
}

impl Link {
    pub(super) fn root() -> Arc<Link> {
        Arc::new(Link { parent: None, step: None })
    }

    fn child(self: &Arc<Link>, step: Step) -> Arc<Link> {
        Arc::new(Link { parent: Some(self.clone()), step: Some(step) })
    }

    pub(super) fn path(&self) -> ValuePath {
        let mut steps: Vec<Step> = Vec::new();
        let mut link = Some(self);
        while let Some(at) = link {
            steps.extend(at.step.clone());
            link = at.parent.as_deref();
        }
        steps.reverse();
        ValuePath::from(steps)
    }
}

/// A key that a template asked for and that was not there.
#[derive(Debug, Clone)]
pub(super) struct Miss {
    pub(super) of: Arc<Link>,
    pub(super) key: String,
    pub(super) map: Value,
    /// Whether `of` counts from the package's values (and not from `release`, `package`, …).
    pub(super) root: &'static str,
}

/// The last keys that were not there. Only the last few can be the reason for an error.
#[derive(Debug, Default)]
pub(super) struct Misses(Mutex<std::collections::VecDeque<Miss>>);

impl Misses {
    fn push(&self, miss: Miss) {
        if let Ok(mut misses) = self.0.lock() {
            if misses.len() == 64 {
                misses.pop_front();
            }
            misses.push_back(miss);
        }
    }

    /// Returns the latest miss of a key.
    pub(super) fn last(&self, key: &str) -> Option<Miss> {
        self.0.lock().ok()?.iter().rev().find(|miss| miss.key == key).cloned()
    }
}

/// A map or list of the package's values.
#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) value: Value,
    pub(super) link: Arc<Link>,
    pub(super) root: &'static str,
    misses: Arc<Misses>,
}

/// Returns a value as templates see it. `root` is the name it has in templates.
pub(super) fn tracked(value: &Value, link: &Arc<Link>, root: &'static str, misses: &Arc<Misses>) -> Mini {
    match value {
        Value::Seq(_) | Value::Map(_) => {
            Mini::from_object(Tracked { value: value.clone(), link: link.clone(), root, misses: misses.clone() })
        }
        scalar => plain(scalar),
    }
}

/// Returns a value as templates see it, without a path.
pub(super) fn plain(value: &Value) -> Mini {
    match value {
        Value::Null => Mini::from(()),
        Value::Bool(b) => Mini::from(*b),
        Value::Int(i) => Mini::from(*i),
        Value::UInt(u) => Mini::from(*u),
        Value::Float(f) => Mini::from(*f),
        Value::Str(text) => Mini::from(text.as_str()),
        Value::Seq(items) => items.iter().map(plain).collect(),
        Value::Map(map) => Mini::from_pairs(map.iter().map(|(key, value)| (Mini::from(key.as_str()), plain(value)))),
    }
}

impl Tracked {
    /// Returns it with its path, if it is one of the package's values.
    pub(super) fn leaf(&self) -> Option<Leaf> {
        (self.root == "values").then(|| Leaf { path: self.link.path(), value: self.value.clone() })
    }

    fn child(&self, step: Step, value: &Value) -> Mini {
        match value {
            Value::Seq(_) | Value::Map(_) => tracked(value, &self.link.child(step), self.root, &self.misses),
            scalar => plain(scalar),
        }
    }
}

impl Object for Tracked {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        if matches!(self.value, Value::Seq(_)) { ObjectRepr::Seq } else { ObjectRepr::Map }
    }

    fn get_value(self: &Arc<Self>, key: &Mini) -> Option<Mini> {
        match &self.value {
            Value::Seq(items) => {
                let index = key.as_usize()?;
                Some(self.child(Step::Index(index), items.get(index)?))
            }
            Value::Map(map) => {
                let text = key.as_str()?;
                if let Some(value) = map.get(text) {
                    return Some(self.child(Step::Key(text.into()), value));
                }
                let miss = Miss { of: self.link.clone(), key: text.into(), map: self.value.clone(), root: self.root };
                self.misses.push(miss);
                None
            }
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &self.value {
            Value::Seq(items) => Enumerator::Seq(items.len()),
            Value::Map(map) => Enumerator::Values(map.keys().map(|key| Mini::from(key.as_str())).collect()),
            _ => Enumerator::NonEnumerable,
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        match &self.value {
            Value::Seq(items) => Some(items.len()),
            Value::Map(map) => Some(map.len()),
            _ => None,
        }
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&json(&self.value))
    }
}

/// Returns the JSON text of a value.
pub(super) fn json(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

const MOST_DEPTH: usize = 500;

/// Returns the engine's value of one that a template computed.
///
/// # Errors
/// When it is nothing that YAML can hold: a macro, an undefined value, bytes, a number that is not finite.
pub(super) fn to_core(value: &Mini) -> Result<Value, Error> {
    nested(value, 0)
}

fn nested(value: &Mini, depth: usize) -> Result<Value, Error> {
    if let Some(tracked) = value.downcast_object_ref::<Tracked>() {
        return Ok(tracked.value.clone());
    }
    if depth > MOST_DEPTH {
        return Err(wrong("the value is nested too deeply"));
    }
    match value.kind() {
        ValueKind::None => Ok(Value::Null),
        ValueKind::Bool => Ok(Value::Bool(value.is_true())),
        ValueKind::Number => number(value),
        ValueKind::String => Ok(Value::Str(value.as_str().unwrap_or("").into())),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter()?.checked().map(|item| nested(&item?, depth + 1));
            Ok(items.collect::<Result<Vec<_>, _>>()?.into())
        }
        ValueKind::Map => {
            let mut map = Map::new();
            for key in value.try_iter()?.checked() {
                let key = key?;
                let text = match key.kind() {
                    ValueKind::String | ValueKind::Number | ValueKind::Bool => key.to_string(),
                    other => return Err(wrong(format!("a key of a map is {other}, not a string"))),
                };
                map.insert(text, nested(&value.get_item(&key)?, depth + 1)?);
            }
            Ok(map.into())
        }
        ValueKind::Undefined => Err(Error::new(ErrorKind::UndefinedError, "a part of the value is undefined")),
        ValueKind::Plain if value.downcast_object_ref::<super::run::Structured>().is_some() => {
            // Its text is noted as wrong while it is taken.
            Ok(Value::Str(value.to_string().into()))
        }
        _ if value.as_object().is_some() => Err(wrong("a macro or function is not a value; call it with `(…)`")),
        other => Err(wrong(format!("a value of type {other} cannot be written"))),
    }
}

/// Returns the engine's value of a scalar; nothing for anything else.
pub(super) fn scalar(value: &Mini) -> Option<Value> {
    let scalar = matches!(value.kind(), ValueKind::None | ValueKind::Bool | ValueKind::Number | ValueKind::String);
    scalar.then(|| to_core(value).ok()).flatten()
}

fn number(value: &Mini) -> Result<Value, Error> {
    if value.is_integer() {
        let signed = i64::try_from(value.clone()).ok().map(Value::Int);
        let unsigned = || u64::try_from(value.clone()).ok().map(Value::from);
        return signed.or_else(unsigned).ok_or_else(|| wrong("the integer does not fit 64 bits"));
    }
    let float = f64::try_from(value.clone())?;
    if float.is_finite() { Ok(Value::Float(float)) } else { Err(wrong("the number is not finite")) }
}

fn wrong(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}
