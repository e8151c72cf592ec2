//! Equality of nodes by what they say, not by where they stand.

use std::collections::HashMap;

use crate::yaml::{Node, NodeKind, Scalar, ScalarKind};

/// Whether two normalized nodes say the same: the order of keys, places and styles count for nothing, and numbers
/// are equal when their values are, as RFC 6902 has it for `test`.
pub(super) fn same(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (NodeKind::Scalar(x), NodeKind::Scalar(y)) => same_scalar(x, y),
        (NodeKind::Seq(x), NodeKind::Seq(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (NodeKind::Map(x), NodeKind::Map(y)) => x.len() == y.len() && same_entries(x, y),
        (NodeKind::Alias(x), NodeKind::Alias(y)) => x == y,
        _ => false,
    }
}

fn same_entries(a: &[(Node, Node)], b: &[(Node, Node)]) -> bool {
    // Nearly always the keys stand in the same order.
    if a.iter().zip(b).all(|((x, _), (y, _))| x.as_str() == y.as_str()) {
        return a.iter().zip(b).all(|((_, x), (_, y))| same(x, y));
    }
    let by_key: HashMap<Option<&str>, &Node> = b.iter().map(|(key, value)| (key.as_str(), value)).collect();
    a.iter().all(|(key, value)| by_key.get(&key.as_str()).is_some_and(|other| same(value, other)))
}

/// Whether two scalars say the same.
pub(super) fn same_scalar(a: &Scalar, b: &Scalar) -> bool {
    use ScalarKind::{Float, Int};
    if class(a.kind) == class(b.kind) && a.text == b.text {
        return true;
    }
    match (a.kind, b.kind) {
        (Int, Float) | (Float, Int) | (Float, Float) => {
            matches!((a.text.parse::<f64>(), b.text.parse::<f64>()), (Ok(x), Ok(y)) if x == y)
        }
        _ => false,
    }
}

/// Returns the kind of a scalar with texts in one class, for keys of items.
pub(super) fn class(kind: ScalarKind) -> ScalarKind {
    if kind == ScalarKind::Unresolved { ScalarKind::Str } else { kind }
}

#[cfg(test)]
mod tests {
    use super::super::testing::node;
    use super::*;

    #[test]
    fn order_of_keys_counts_for_nothing_and_numbers_compare_by_value() {
        assert!(same(&node("{a: 1, b: [x]}"), &node("{b: [x], a: 1.0}")));
        assert!(!same(&node("{a: 1}"), &node("{a: '1'}")));
        assert!(!same(&node("[1, 2]"), &node("[2, 1]")));
        assert!(!same(&node("{a: 1}"), &node("{b: 1}")));
    }
}
