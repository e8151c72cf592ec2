//! JSON patch (RFC 6902).

use crate::diag::Diagnostic;
use crate::source::{Limits, Span};
use crate::yaml::{Node, NodeKind};

use super::edit::Trace;
use super::equal::same;
use super::pointer::{self, Pointer, find, find_mut};

/// One operation of a JSON patch.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonOp {
    /// What it does.
    pub kind: JsonOpKind,
    /// Where.
    pub path: Pointer,
    /// Where the operation was written.
    pub span: Span,
    /// Where its path was written.
    pub path_span: Span,
}

/// The operations.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonOpKind {
    /// Puts a value under a key, or before an item of a list (`-`: at its end).
    Add(Node),
    /// Takes a value away.
    Remove,
    /// Puts a value in the place of one that is there.
    Replace(Node),
    /// Takes a value from here and adds it.
    Move(Pointer),
    /// Adds a copy of the value here.
    Copy(Pointer),
    /// Stops the patch unless the value is there.
    Test(Node),
}

/// Applies the operations to a document, in order.
///
/// # Errors
/// The first operation that fails; the document is then as the operations before it left it.
pub fn json_patch(node: &mut Node, ops: &[JsonOp]) -> Result<(), Diagnostic> {
    run(node, ops, &mut Trace::new(false))
}

pub(super) fn run(root: &mut Node, ops: &[JsonOp], trace: &mut Trace) -> Result<(), Diagnostic> {
    let limits = Limits::default();
    let mut budget = limits.alias_nodes;
    for op in ops {
        let path = pointer::value_path(root, op.path.tokens());
        let changed = match &op.kind {
            JsonOpKind::Add(value) => add(root, op, value.clone(), &limits),
            JsonOpKind::Remove => remove(root, op, &op.path).map(drop),
            JsonOpKind::Replace(value) => replace(root, op, value, &limits),
            JsonOpKind::Move(from) => {
                trace.changed_at(&pointer::value_path(root, from.tokens()));
                relocate(root, op, from, &limits)
            }
            JsonOpKind::Copy(from) => copy(root, op, from, &mut budget, &limits),
            JsonOpKind::Test(value) => {
                test(root, op, value)?;
                continue;
            }
        };
        changed?;
        trace.changed_at(&path);
    }
    Ok(())
}

fn add(root: &mut Node, op: &JsonOp, value: Node, limits: &Limits) -> Result<(), Diagnostic> {
    check_depth(op, &value, limits)?;
    let Some((last, parents)) = op.path.tokens().split_last() else {
        *root = value;
        return Ok(());
    };
    find(root, parents).map_err(|at| lost(root, op, &op.path, at))?;
    let whole = root.span;
    let Some(parent) = find_mut(root, parents) else { return Err(Diagnostic::error(PATH, "no such place").at(whole)) };
    match &mut parent.kind {
        NodeKind::Map(_) => parent.set(last, value),
        NodeKind::Seq(items) if last == "-" => items.push(value),
        NodeKind::Seq(items) => match pointer::index(last) {
            Some(at) if at <= items.len() => items.insert(at, value),
            _ => return Err(no_item(op, &op.path, parents, last, items.len())),
        },
        _ => return Err(lost(root, op, &op.path, parents.len())),
    }
    Ok(())
}

fn remove(root: &mut Node, op: &JsonOp, path: &Pointer) -> Result<Node, Diagnostic> {
    find(root, path.tokens()).map_err(|at| lost(root, op, path, at))?;
    let Some((last, parents)) = path.tokens().split_last() else {
        return Err(Diagnostic::error(PATH, "a patch cannot take the whole document away").at(op.path_span));
    };
    let taken = find_mut(root, parents).and_then(|parent| match &mut parent.kind {
        NodeKind::Map(entries) => {
            let at = entries.iter().position(|(key, _)| key.as_str() == Some(last))?;
            Some(entries.remove(at).1)
        }
        NodeKind::Seq(items) => pointer::index(last).filter(|at| *at < items.len()).map(|at| items.remove(at)),
        _ => None,
    });
    taken.ok_or_else(|| lost(root, op, path, parents.len()))
}

fn replace(root: &mut Node, op: &JsonOp, value: &Node, limits: &Limits) -> Result<(), Diagnostic> {
    check_depth(op, value, limits)?;
    find(root, op.path.tokens()).map_err(|at| lost(root, op, &op.path, at))?;
    if let Some(slot) = find_mut(root, op.path.tokens()) {
        *slot = value.clone();
    }
    Ok(())
}

// https://www.rfc-editor.org/rfc/rfc6902#section-4.4: a value cannot be moved into itself.
fn relocate(root: &mut Node, op: &JsonOp, from: &Pointer, limits: &Limits) -> Result<(), Diagnostic> {
    if from.is_above(&op.path) {
        let message = format!("`{from}` cannot be moved into itself at `{}`", op.path);
        return Err(Diagnostic::error(PATH, message).at(op.path_span));
    }
    if *from == op.path {
        return find(root, from.tokens()).map(drop).map_err(|at| lost(root, op, from, at));
    }
    let taken = remove(root, op, from)?;
    add(root, op, taken, limits)
}

// Copies can double a document with each operation, so their nodes are counted.
fn copy(root: &mut Node, op: &JsonOp, from: &Pointer, budget: &mut usize, limits: &Limits) -> Result<(), Diagnostic> {
    let value = find(root, from.tokens()).map_err(|at| lost(root, op, from, at))?;
    let Some(rest) = budget.checked_sub(count(value)) else {
        return Err(Diagnostic::error("patch-too-large", "the patch copies too many values").at(op.span));
    };
    *budget = rest;
    let mut value = value.clone();
    value.span = op.span;
    add(root, op, value, limits)
}

fn test(root: &Node, op: &JsonOp, value: &Node) -> Result<(), Diagnostic> {
    let found = find(root, op.path.tokens()).map_err(|at| lost(root, op, &op.path, at))?;
    if same(found, value) {
        return Ok(());
    }
    let message = match (found.as_scalar(), value.as_scalar()) {
        (Some(found), Some(wanted)) if found.text != wanted.text => {
            format!("test failed: `{}` is `{}`, not `{}`", op.path, found.text, wanted.text)
        }
        _ if found.kind_name() != value.kind_name() => {
            format!("test failed: `{}` is a {}, not a {}", op.path, found.kind_name(), value.kind_name())
        }
        _ => format!("test failed: `{}` has another value", op.path),
    };
    Err(Diagnostic::error("patch-json-test", message).at(value.span).label(found.span, 0, "the value is here"))
}

const PATH: &str = "patch-json-path";

// States that a path ends after `at` of its tokens, with what is there and the key that was meant.
fn lost(root: &Node, op: &JsonOp, path: &Pointer, at: usize) -> Diagnostic {
    let tokens = path.tokens();
    let (there, missing) = (&tokens[..at.min(tokens.len())], tokens.get(at).map_or("", |token| token.as_str()));
    match find(root, there).map(|node| &node.kind) {
        Ok(NodeKind::Seq(items)) => no_item(op, path, there, missing, items.len()),
        Ok(NodeKind::Map(entries)) => {
            let keys = || entries.iter().filter_map(|(key, _)| key.as_str());
            let place = if there.is_empty() { "the document".into() } else { format!("`{}`", pointer::to_text(there)) };
            let finding = Diagnostic::error(PATH, format!("`{path}` does not exist: {place} has no key `{missing}`"));
            let finding = finding.at(op.path_span).suggest(missing, keys());
            if finding.help.is_some() || entries.is_empty() { finding } else { finding.note(keys_note(keys())) }
        }
        _ => {
            let message = format!("`{path}` does not exist: `{}` is neither map nor list", pointer::to_text(there));
            Diagnostic::error(PATH, message).at(op.path_span)
        }
    }
}

fn keys_note<'a>(keys: impl Iterator<Item = &'a str>) -> String {
    let keys: Vec<String> = keys.take(10).map(|key| format!("`{key}`")).collect();
    format!("its keys are {}", keys.join(", "))
}

fn no_item(op: &JsonOp, path: &Pointer, list: &[ecow::EcoString], token: &str, len: usize) -> Diagnostic {
    let list = pointer::to_text(list);
    let items = if len == 1 { "1 item".to_owned() } else { format!("{len} items") };
    let finding = match pointer::index(token) {
        Some(_) => Diagnostic::error(PATH, format!("`{path}` does not exist: `{list}` has {items}")),
        None => Diagnostic::error(PATH, format!("`{path}` does not exist: `{list}` is a list, `{token}` no index")),
    };
    let finding = finding.at(op.path_span);
    if token == "-" { finding } else { finding.help(format!("`{list}/-` adds at the end of the list")) }
}

fn check_depth(op: &JsonOp, value: &Node, limits: &Limits) -> Result<(), Diagnostic> {
    if op.path.tokens().len() + depth(value) <= limits.depth {
        return Ok(());
    }
    Err(Diagnostic::error("patch-too-large", "the patch nests values too deeply").at(op.span))
}

fn depth(node: &Node) -> usize {
    let below = match &node.kind {
        NodeKind::Seq(items) => items.iter().map(depth).max(),
        NodeKind::Map(entries) => entries.iter().map(|(_, value)| depth(value)).max(),
        _ => return 0,
    };
    1 + below.unwrap_or(0)
}

fn count(node: &Node) -> usize {
    1 + match &node.kind {
        NodeKind::Seq(items) => items.iter().map(count).sum(),
        NodeKind::Map(entries) => entries.iter().map(|(_, value)| 1 + count(value)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::{Patch, PatchBody, PatchKind};
    use super::super::target::Target;
    use super::super::testing::node;
    use super::*;

    fn ops(text: &str) -> Vec<JsonOp> {
        let target = Target::parse(&node("{kind: X}")).expect("fine");
        let patch = Patch::parse(PatchKind::Json, Some(target), node(text), Span::NONE).expect(text);
        match patch.body {
            PatchBody::Json(ops) => ops,
            _ => Vec::new(),
        }
    }

    fn check(target: &str, patch: &str, wanted: &str) {
        let mut target = node(target);
        json_patch(&mut target, &ops(patch)).expect(patch);
        assert_eq!(target.to_value(), node(wanted).to_value(), "{patch}");
    }

    fn refused(target: &str, patch: &str) -> Diagnostic {
        json_patch(&mut node(target), &ops(patch)).expect_err(patch)
    }

    // https://www.rfc-editor.org/rfc/rfc6902#appendix-A
    #[test]
    fn examples_of_rfc_6902_hold() {
        let bar = r#"{"foo": "bar"}"#;
        check(bar, r#"[{"op":"add","path":"/baz","value":"qux"}]"#, r#"{"baz":"qux","foo":"bar"}"#);
        check(
            r#"{"foo":["bar","baz"]}"#,
            r#"[{"op":"add","path":"/foo/1","value":"qux"}]"#,
            r#"{"foo":["bar","qux","baz"]}"#,
        );
        check(r#"{"baz":"qux","foo":"bar"}"#, r#"[{"op":"remove","path":"/baz"}]"#, bar);
        check(r#"{"foo":["bar","qux","baz"]}"#, r#"[{"op":"remove","path":"/foo/1"}]"#, r#"{"foo":["bar","baz"]}"#);
        check(
            r#"{"baz":"qux","foo":"bar"}"#,
            r#"[{"op":"replace","path":"/baz","value":"boo"}]"#,
            r#"{"baz":"boo","foo":"bar"}"#,
        );
        check(
            r#"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
            r#"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
            r#"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#,
        );
        check(
            r#"{"foo":["all","grass","cows","eat"]}"#,
            r#"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
            r#"{"foo":["all","cows","eat","grass"]}"#,
        );
        check(
            r#"{"baz":"qux","foo":["a",2,"c"]}"#,
            r#"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]"#,
            r#"{"baz":"qux","foo":["a",2,"c"]}"#,
        );
        check(
            bar,
            r#"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
            r#"{"foo":"bar","child":{"grandchild":{}}}"#,
        );
        check(r#"{"/":9,"~1":10}"#, r#"[{"op":"test","path":"/~01","value":10}]"#, r#"{"/":9,"~1":10}"#);
        check(
            r#"{"foo":["bar"]}"#,
            r#"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
            r#"{"foo":["bar",["abc","def"]]}"#,
        );
        check(bar, r#"[{"op":"copy","from":"/foo","path":"/x"},{"op":"add","path":"","value":{"a":1}}]"#, r#"{"a":1}"#);
        assert_eq!(
            refused(r#"{"baz":"qux"}"#, r#"[{"op":"test","path":"/baz","value":"bar"}]"#).code,
            "patch-json-test"
        );
        assert_eq!(
            refused(r#"{"/":9,"~1":10}"#, r#"[{"op":"test","path":"/~01","value":"10"}]"#).code,
            "patch-json-test"
        );
        assert_eq!(refused(bar, r#"[{"op":"add","path":"/baz/bat","value":"qux"}]"#).code, "patch-json-path");
    }

    #[test]
    fn errors_name_what_is_missing_and_what_is_near() {
        let target = "{spec: {replicas: 1, items: [a]}}";
        let finding = refused(target, "[{op: replace, path: /spec/replica, value: 2}]");
        assert_eq!(finding.message, "`/spec/replica` does not exist: `/spec` has no key `replica`");
        assert_eq!(finding.help.as_deref(), Some("did you mean `replicas`?"));
        let finding = refused(target, "[{op: remove, path: /spec/items/3}]");
        assert_eq!(finding.message, "`/spec/items/3` does not exist: `/spec/items` has 1 item");
        assert!(refused(target, "[{op: remove, path: ''}]").message.contains("whole document"));
        assert!(refused(target, "[{op: move, from: /spec, path: /spec/x}]").message.contains("into itself"));
    }

    #[test]
    fn copies_that_double_the_document_end_in_an_error() {
        let copies = "- {op: copy, from: /a, path: /a/x}\n- {op: copy, from: /a, path: /a/y}\n".repeat(40);
        assert_eq!(refused("{a: {b: 1}}", &copies).code, "patch-too-large");
    }

    #[test]
    fn shapes_are_checked_with_all_problems_at_once() {
        let bad = "[{op: ad, path: /a}, {op: add, path: a.b, value: 1}, {op: add, path: /a}, x, {op: move, path: /a}]";
        let target = Target::parse(&node("{kind: X}")).ok();
        let findings = Patch::parse(PatchKind::Json, target, node(bad), Span::NONE).expect_err("five problems");
        assert_eq!(findings.len(), 5);
    }

    // Documents of two levels with short keys, so that operations often hit.
    fn document() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            any::<i32>().prop_map(serde_json::Value::from),
            any::<bool>().prop_map(serde_json::Value::from),
            "[a-c]{1,2}".prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
                proptest::collection::btree_map("[ab~/]", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn operation() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
        use proptest::prelude::*;
        let path = "(/(a|b|~0|~1|0|1|2|-)){1,3}";
        (0..6usize, path, path, document()).prop_map(|(op, path, from, value)| {
            let op = ["add", "remove", "replace", "move", "copy", "test"][op];
            serde_json::json!({"op": op, "path": path, "from": from, "value": value})
        })
    }

    fn of_json(json: &serde_json::Value) -> Node {
        Node::from_value(&serde_json::from_value(json.clone()).expect("JSON"), Span::NONE, None)
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_the_crate_json_patch(target in document(), ops in proptest::collection::vec(operation(), 1..5)) {
            let list = serde_json::Value::from(ops);
            let mut theirs = target.clone();
            let oracle: json_patch::Patch = serde_json::from_value(list.clone()).expect("a patch");
            // The crate panics where `-` stands for the last item of an empty list; that is an error here.
            let patching = std::panic::AssertUnwindSafe(|| json_patch::patch(&mut theirs, &oracle).is_ok());
            let accepted = std::panic::catch_unwind(patching).unwrap_or(false);
            let aim = Target::parse(&node("{kind: X}")).expect("fine");
            let patch = Patch::parse(PatchKind::Json, Some(aim), of_json(&list), Span::NONE).expect("a patch");
            let PatchBody::Json(ops) = patch.body else { unreachable!("parsed as JSON patch") };
            let mut ours = of_json(&target);
            proptest::prop_assert_eq!(json_patch(&mut ours, &ops).is_ok(), accepted);
            if accepted {
                proptest::prop_assert!(same(&ours, &of_json(&theirs)));
            }
        }

        #[test]
        fn merge_patch_agrees_with_the_crate(target in document(), patch in document()) {
            let mut theirs = target.clone();
            json_patch::merge(&mut theirs, &patch);
            let mut ours = of_json(&target);
            super::super::merge_patch(&mut ours, &of_json(&patch));
            proptest::prop_assert!(same(&ours, &of_json(&theirs)));
        }

        #[test]
        fn no_document_is_a_patch_that_panics(target in document(), patch in document()) {
            let facts = super::super::testing::Facts;
            let gvk = crate::object::Gvk::new("example.com/v1", "Thing");
            let _ = super::super::strategic_merge(&mut of_json(&target), &of_json(&patch), &gvk, &facts);
            let _ = Patch::parse(PatchKind::Json, None, of_json(&patch), Span::NONE);
            let _ = Target::parse(&of_json(&patch));
        }
    }
}
