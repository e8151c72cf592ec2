//! What charts looked up in the cluster, as a plan relies on it.

use ecow::EcoString;

use super::file::digest_of;
use super::noise::clean;
use crate::object::Read;
use crate::value::{Map, Value};

/// Something that a chart read from the cluster while it was rendered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lookup {
    /// What was asked for.
    pub read: Read,
    /// The digest of what was found, without what moves by itself; empty where nothing was.
    pub digest: EcoString,
}

impl Lookup {
    /// Returns what a plan relies on of something that was looked up: an object, a list of objects, or nothing.
    pub fn of(read: Read, found: Option<&Value>) -> Lookup {
        let digest = found.map(|found| digest_of(&without_noise(found))).unwrap_or_default();
        Lookup { read, digest }
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
    use crate::object::Gvk;
    use crate::plan::testing::yaml;

    fn read(name: &str) -> Read {
        Read { gvk: Gvk::new("v1", "Secret"), namespace: "shop".into(), name: name.into() }
    }

    fn digest(found: &str) -> EcoString {
        Lookup::of(read("db"), Some(&yaml(found))).digest
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
        assert_eq!(Lookup::of(read("db"), None).digest, "");
        assert_ne!(Lookup::of(read("db"), Some(&yaml("{}"))).digest, "");
        assert_eq!(read("").to_string(), "shop/Secret/*");
    }
}
