//! A plan held against the cluster as it is now.

use std::fmt;

use ecow::EcoString;

use super::live::{LiveState, Sight};
use super::managed::Ownership;
use super::noise::clean;
use super::seal::seal;
use super::steps::{Action, Plan, Relied, Step};
use crate::diff;
use crate::object::{ObjectKey, TypeFacts};
use crate::source::Span;
use crate::value::Value;
use crate::yaml::Node;

/// Something that a plan relies on and that is no longer so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The object.
    pub key: ObjectKey,
    /// What moved.
    pub what: Movement,
}

/// How something moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Movement {
    /// The object is there, and the plan makes it.
    Appeared,
    /// The object is gone.
    Gone,
    /// Another object has its name.
    Replaced,
    /// It cannot be seen; the text says why.
    Unseen(EcoString),
    /// This field has another value.
    Field(String),
    /// This field has other owners: those of the plan, those of now.
    Owners(String, Vec<EcoString>, Vec<EcoString>),
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.what)
    }
}

impl fmt::Display for Movement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Movement::Appeared => f.write_str("it is there now, and the plan makes it"),
            Movement::Gone => f.write_str("it is gone"),
            Movement::Replaced => f.write_str("it was deleted and made anew"),
            Movement::Unseen(reason) => write!(f, "it cannot be seen: {reason}"),
            Movement::Field(path) => write!(f, "`{path}` has changed"),
            Movement::Owners(path, before, now) => {
                write!(f, "`{path}` was owned by {}, now by {}", list(before), list(now))
            }
        }
    }
}

fn list(names: &[EcoString]) -> String {
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}

/// Returns what a plan relies on and that is no longer so, in the order of its steps: an object that came or went or
/// was replaced, a field with another value (not in `status`, and not what the server counts), other owners of a field
/// that the plan touches. `salt` is that with which the plan's Secrets were sealed.
pub fn verify(plan: &Plan, live: &LiveState, salt: &[u8], facts: &dyn TypeFacts) -> Vec<Moved> {
    plan.steps.iter().flat_map(|step| moved(step, live, salt, facts)).collect()
}

fn moved(step: &Step, live: &LiveState, salt: &[u8], facts: &dyn TypeFacts) -> Vec<Moved> {
    let one = |what| vec![Moved { key: step.key.clone(), what }];
    // A hook is made whatever is there, and what is given up is not touched.
    if matches!(step.action, Action::RunHook | Action::Forget | Action::Keep) {
        return Vec::new();
    }
    match (&step.relied, live.sight(&step.key)) {
        (_, Sight::Unseen(_)) if step.relied.is_none() && step.action == Action::Update => Vec::new(),
        (_, Sight::Unseen(reason)) => one(Movement::Unseen(reason)),
        (None, Sight::Absent) => Vec::new(),
        (None, Sight::Object(_)) if step.action == Action::Create => one(Movement::Appeared),
        (None, Sight::Object(_)) => Vec::new(),
        (Some(_), Sight::Absent) => one(Movement::Gone),
        (Some(relied), Sight::Object(now)) => compare(step, relied, &now, salt, facts),
    }
}

fn compare(step: &Step, relied: &Relied, now: &Value, salt: &[u8], facts: &dyn TypeFacts) -> Vec<Moved> {
    let uid = now.get("metadata").and_then(|metadata| metadata.get("uid")?.as_str()).unwrap_or_default();
    let moved = |what| Moved { key: step.key.clone(), what };
    if uid != relied.uid {
        return vec![moved(Movement::Replaced)];
    }
    let node = |value: &Value| Node::from_value(&seal(value, salt), Span::NONE, None);
    let changes = diff::changes(&node(&relied.object), &node(&clean(now)), &step.gvk, facts);
    let mut all: Vec<Moved> = changes.iter().map(|change| moved(Movement::Field(change.path.to_string()))).collect();
    let owners = Ownership::of(now);
    for change in &step.changes {
        let field = change.path.to_string();
        let Some(before) = relied.owners.get(&field) else { continue };
        let mut names: Vec<EcoString> = owners.owners(&change.path).map(|entry| entry.manager.clone()).collect();
        names.sort_unstable();
        names.dedup();
        if names != *before {
            all.push(moved(Movement::Owners(field, before.clone(), names)));
        }
    }
    all
}
