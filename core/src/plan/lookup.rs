//! What charts looked up in the cluster, as a plan relies on it.

use std::fmt;

use ecow::EcoString;

use super::file::digest_of;
use super::noise::clean;
use crate::object::Gvk;
use crate::value::{Map, Value};

/// Something that a chart read from the cluster while it was rendered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lookup {
    /// The type.
    pub gvk: Gvk,
    /// The namespace; empty for none.
    pub namespace: EcoString,
    /// The name; empty for all objects of the type.
    pub name: EcoString,
    /// The digest of what was found, without what moves by itself; empty where nothing was.
    pub digest: EcoString,
}

impl Lookup {
    /// Returns what a plan relies on of something that was looked up: an object, a list of objects, or nothing.
    pub fn of(gvk: &Gvk, namespace: &str, name: &str, found: Option<&Value>) -> Lookup {
        let digest = found.map(|found| digest_of(&without_noise(found))).unwrap_or_default();
        Lookup { gvk: gvk.clone(), namespace: namespace.into(), name: name.into(), digest }
    }
}

impl fmt::Display for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        let name = if self.name.is_empty() { "*" } else { &self.name };
        write!(f, "{}/{name}", self.gvk.kind)
    }
}

// Of a list only its items count: it has a version of its own, which every write moves.
fn without_noise(found: &Value) -> Value {
    match found.get("items").and_then(Value::as_seq) {
        Some(items) if found.get("metadata").is_none_or(|metadata| metadata.get("name").is_none()) => {
            let items: Vec<Value> = items.iter().map(clean).collect();
            [("items", Value::from(items))].into_iter().collect::<Map>().into()
        }
        _ => clean(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::yaml;

    fn digest(found: &str) -> EcoString {
        Lookup::of(&Gvk::new("v1", "Secret"), "shop", "db", Some(&yaml(found))).digest
    }

    #[test]
    fn what_moves_by_itself_is_no_part_of_it() {
        let old = digest("metadata: {name: db, resourceVersion: '1', uid: u}\ndata: {a: x}\nstatus: {b: 1}\n");
        assert_eq!(old, digest("metadata: {name: db, resourceVersion: '2', uid: u}\ndata: {a: x}\nstatus: {b: 2}\n"));
        assert_ne!(old, digest("metadata: {name: db, resourceVersion: '1', uid: u}\ndata: {a: y}\nstatus: {b: 1}\n"));
        let list = |version: &str, item: &str| {
            digest(&format!(
                "metadata: {{resourceVersion: '{version}'}}\nitems: [{{metadata: {{name: a, resourceVersion: '{version}'}}, data: {item}}}]\n"
            ))
        };
        assert_eq!(list("1", "{a: x}"), list("2", "{a: x}"));
        assert_ne!(list("1", "{a: x}"), list("1", "{a: y}"));
        // An object may have items of its own.
        assert_ne!(
            digest("metadata: {name: a}\nitems: [1]\nx: 1\n"),
            digest("metadata: {name: a}\nitems: [1]\nx: 2\n")
        );
    }

    #[test]
    fn nothing_is_another_answer_than_an_empty_object() {
        let gvk = Gvk::new("v1", "Secret");
        assert_eq!(Lookup::of(&gvk, "shop", "db", None).digest, "");
        assert_ne!(Lookup::of(&gvk, "shop", "db", Some(&yaml("{}"))).digest, "");
        assert_eq!(Lookup::of(&gvk, "shop", "", None).to_string(), "shop/Secret/*");
    }
}
