//! What the tests of patches share.

use crate::object::{Gvk, ListType, Object, ObjectSet, Scope, TypeFacts, TypeRef};
use crate::value::Value;
pub(crate) use crate::yaml::testing::node;

pub(crate) fn object(text: &str) -> Object {
    Object::new(node(text), "test.yaml".into()).expect("an object")
}

pub(crate) fn set(objects: &[&str]) -> ObjectSet {
    let mut set = ObjectSet::new();
    objects.iter().for_each(|text| set.push_object(object(text)));
    set
}

/// Knows the lists that the tests use, by the names of their fields.
pub(crate) struct Facts;

const FIELDS: [(&str, &str, &[&str]); 10] = [
    ("root", "", &[]),
    ("containers", "name", &[]),
    ("volumes", "name", &[]),
    ("ports", "containerPort", &["containerPort", "protocol"]),
    ("env", "name", &[]),
    ("finalizers", "=", &[]),
    ("parts", "", &["host", "path"]),
    ("tags", "", &["="]),
    ("atomicMap", "!", &[]),
    ("path", "", &[]),
];

impl TypeFacts for Facts {
    fn scope(&self, _: &Gvk) -> Option<Scope> {
        None
    }

    fn root(&self, _: &Gvk) -> Option<TypeRef> {
        Some(TypeRef(0))
    }

    fn field(&self, _: TypeRef, name: &str) -> Option<TypeRef> {
        Some(TypeRef(FIELDS.iter().position(|(field, _, _)| *field == name).unwrap_or(0) as u64))
    }

    fn item(&self, _: TypeRef) -> Option<TypeRef> {
        Some(TypeRef(0))
    }

    fn list_type(&self, of: TypeRef) -> Option<ListType> {
        match FIELDS[of.0 as usize].2 {
            [] => None,
            ["="] => Some(ListType::Set),
            keys => Some(ListType::Map(keys.iter().map(|key| (*key).into()).collect())),
        }
    }

    fn patch_merge_key(&self, of: TypeRef) -> Option<ecow::EcoString> {
        match FIELDS[of.0 as usize].1 {
            "" | "!" => None,
            "=" => Some("".into()),
            key => Some(key.into()),
        }
    }

    fn default_value(&self, of: TypeRef) -> Option<Value> {
        (FIELDS[of.0 as usize].0 == "path").then(|| Value::from("/"))
    }

    fn is_atomic(&self, of: TypeRef) -> bool {
        FIELDS[of.0 as usize].1 == "!"
    }
}
