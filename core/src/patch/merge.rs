//! JSON merge patch (RFC 7396).

use crate::value::Step;
use crate::yaml::{Node, NodeKind};

use super::edit::{Slots, Trace};
use super::equal::same;

/// Lays a JSON merge patch over a document: maps merge, null takes a key away, everything else is replaced.
pub fn merge_patch(node: &mut Node, patch: &Node) {
    lay(node, patch, &mut Trace::new(false));
}

pub(super) fn lay(target: &mut Node, patch: &Node, trace: &mut Trace) {
    let NodeKind::Map(above) = &patch.kind else {
        if !same(target, patch) {
            *target = patch.clone();
            trace.changed();
        }
        return;
    };
    let NodeKind::Map(entries) = &mut target.kind else {
        *target = without_nulls(patch);
        trace.changed();
        return;
    };
    let mut slots = Slots::new(entries, above.len());
    for (key, value) in above {
        let name = key.as_str().unwrap_or_default();
        match slots.find(name) {
            Some(slot) if value.is_null() => {
                slots.remove(slot);
                trace.changed_key(name);
            }
            None if value.is_null() => {}
            Some(slot) => {
                trace.path.push(Step::Key(name.into()));
                lay(slots.value(slot), value, trace);
                trace.path.pop();
            }
            None => {
                slots.push(key.clone(), without_nulls(value));
                trace.changed_key(name);
            }
        }
    }
    slots.finish();
}

// Only maps lose their nulls: lists are taken as they are.
fn without_nulls(patch: &Node) -> Node {
    let NodeKind::Map(entries) = &patch.kind else { return patch.clone() };
    let kept = entries.iter().filter(|(_, value)| !value.is_null());
    let kept = kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect();
    Node { kind: NodeKind::Map(kept), span: patch.span, origin: patch.origin, props: None }
}

#[cfg(test)]
mod tests {
    use super::super::testing::node;
    use super::*;

    // https://www.rfc-editor.org/rfc/rfc7396#appendix-A
    #[test]
    fn examples_of_rfc_7396_hold() {
        let cases = [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
            (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
            (r#"{"a":"foo"}"#, "null", "null"),
            (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ];
        for (target, patch, result) in cases {
            let mut target = node(target);
            merge_patch(&mut target, &node(patch));
            assert_eq!(target.to_value(), node(result).to_value(), "{patch}");
        }
    }

    #[test]
    fn what_a_patch_repeats_keeps_its_place() {
        let mut target = node("a: 1\nb: 2\n");
        let before = target.clone();
        merge_patch(&mut target, &node("# a line down\n\n{a: 1, b: 2}"));
        assert_eq!(target, before);
    }
}
