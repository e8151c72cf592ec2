//! What the tests of every module read objects with.

use super::{Object, ObjectSet};
use crate::yaml::testing::nodes;

/// Reads the objects of a YAML text.
pub(crate) fn objects(text: &str) -> ObjectSet {
    let mut set = ObjectSet::new();
    for node in nodes(text) {
        set.push_object(Object::new(node, "test.yaml".into()).expect("an object"));
    }
    set
}
