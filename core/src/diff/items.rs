//! What tells the items of a list apart.

use std::collections::HashSet;

use ecow::EcoString;

use crate::object::{ListType, TypeFacts, TypeRef};
use crate::yaml::{Node, NodeKind};

use super::path::FieldStep;

/// How the items of two lists are paired.
pub(super) enum Pairing {
    /// By place.
    Index,
    /// By their own value.
    Set,
    /// By the values of these keys.
    Keys(Vec<EcoString>),
}

/// Returns how the items of a list of a type are paired: by the keys of server-side apply, else by the merge key.
pub(super) fn pairing(of: Option<TypeRef>, facts: &dyn TypeFacts) -> Pairing {
    let Some(of) = of else { return Pairing::Index };
    match facts.list_type(of) {
        Some(ListType::Map(keys)) => Pairing::Keys(keys),
        Some(ListType::Set) => Pairing::Set,
        Some(ListType::Atomic) => Pairing::Index,
        None => match facts.patch_merge_key(of) {
            Some(key) if key.is_empty() => Pairing::Set,
            Some(key) => Pairing::Keys(vec![key]),
            None => Pairing::Index,
        },
    }
}

impl Pairing {
    /// Returns the step that names each item of a list, or `None` where an item cannot be told from the others:
    /// a key is missing from all its keys, or two items have the same ones.
    pub(super) fn names(&self, items: &[Node]) -> Option<Vec<FieldStep>> {
        let name = |item: &Node| match self {
            Pairing::Index => None,
            Pairing::Set => Some(FieldStep::Item(vec![(EcoString::new(), scalar(item)?)])),
            Pairing::Keys(keys) => {
                let pair = |key: &EcoString| Some((key.clone(), scalar(item.get(key)?)?));
                let pairs: Vec<_> = keys.iter().filter_map(pair).collect();
                (!pairs.is_empty()).then_some(FieldStep::Item(pairs))
            }
        };
        let names: Vec<FieldStep> = items.iter().map(name).collect::<Option<_>>()?;
        let different: HashSet<String> = names.iter().map(|name| format!("{name:?}")).collect();
        (different.len() == names.len()).then_some(names)
    }
}

fn scalar(node: &Node) -> Option<EcoString> {
    match &node.kind {
        NodeKind::Scalar(scalar) => Some(scalar.text.clone()),
        _ => None,
    }
}
