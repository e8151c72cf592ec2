//! What the tests of plans are written with.

use crate::diff::{FieldPath, FieldStep};
pub(super) use crate::object::testing::objects;
use crate::object::{Gvk, ListType, Scope, TypeFacts, TypeRef, is_cluster_scoped_builtin};
use crate::value::Value;
use crate::yaml::testing::node;

/// Reads JSON.
pub(super) fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// Reads one YAML document as a value.
pub(super) fn yaml(text: &str) -> Value {
    node(text).to_value()
}

/// Reads a path as it is shown: `spec.containers[name=a].image`, `list[2]`, `set[=x]`.
pub(super) fn path(text: &str) -> FieldPath {
    let mut steps = Vec::new();
    for part in text.split('.') {
        let (name, items) = part.split_once('[').map_or((part, None), |(name, rest)| (name, Some(rest)));
        steps.push(FieldStep::Key(name.into()));
        for item in items.into_iter().flat_map(|items| items.split('[')).map(|item| item.trim_end_matches(']')) {
            steps.push(match item.parse() {
                Ok(index) => FieldStep::Index(index),
                Err(_) => FieldStep::Item(
                    item.split(',')
                        .map(|pair| pair.split_once('=').map(|(k, v)| (k.into(), v.into())).expect("a pair"))
                        .collect(),
                ),
            });
        }
    }
    FieldPath::new(steps)
}

/// Types enough for the tests: `containers` and `env` are maps by name, `ports` by number and protocol, `finalizers` a
/// set; kinds that Kubernetes has outside namespaces are there.
pub(super) struct Facts;

const ANY: u64 = 0;

impl TypeFacts for Facts {
    fn scope(&self, gvk: &Gvk) -> Option<Scope> {
        Some(if is_cluster_scoped_builtin(&gvk.group, &gvk.kind) { Scope::Cluster } else { Scope::Namespaced })
    }

    fn root(&self, _: &Gvk) -> Option<TypeRef> {
        Some(TypeRef(ANY))
    }

    fn field(&self, _: TypeRef, name: &str) -> Option<TypeRef> {
        Some(TypeRef(match name {
            "containers" | "env" => 1,
            "ports" => 2,
            "finalizers" => 3,
            _ => ANY,
        }))
    }

    fn item(&self, _: TypeRef) -> Option<TypeRef> {
        Some(TypeRef(ANY))
    }

    fn list_type(&self, of: TypeRef) -> Option<ListType> {
        match of.0 {
            1 => Some(ListType::Map(vec!["name".into()])),
            2 => Some(ListType::Map(vec!["containerPort".into(), "protocol".into()])),
            3 => Some(ListType::Set),
            _ => None,
        }
    }

    fn patch_merge_key(&self, _: TypeRef) -> Option<ecow::EcoString> {
        None
    }
}
