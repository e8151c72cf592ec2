//! What kustomize's own program gives for these patches.

use super::super::tree::{Budget, documents};
use super::*;
use crate::source::FileId;

fn merged(target: &str, patch: &str) -> std::result::Result<String, String> {
    let mut tree = Tree::new();
    let mut budget = Budget { copies: 100, depth: 50 };
    let mut read = |text: &str| {
        let head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n";
        let text = format!("{head}{text}");
        documents(&mut tree, &text, FileId::NONE, &mut budget).expect("a valid document in a test").0[0]
    };
    let (target, patch) = (read(target), read(patch));
    let schemas = Schemas::default();
    let done = merge(&mut tree, &schemas, patch, target, Direction::Prepend).map_err(|error| error.to_string())?;
    let Some(done) = done else { return Ok("deleted".to_owned()) };
    let root = if done == patch { target } else { done };
    for field in ["apiVersion", "kind", "metadata"] {
        tree.clear_field(root, field).expect("a map");
    }
    tree.to_yaml(root)
}

fn spec(containers: &str) -> String {
    format!("spec: {{template: {{spec: {{containers: {containers}}}}}}}\n")
}

fn containers(yaml: &str) -> String {
    yaml.lines().skip(4).map(str::trim).collect::<Vec<_>>().join(" ")
}

#[test]
fn items_of_the_patch_come_first() {
    let there = spec("[{name: a}, {name: b, image: x}, {name: c}]");
    let done = merged(&there, &spec("[{name: b, image: z}, {name: d}]")).unwrap();
    assert_eq!(containers(&done), "- image: z name: b - name: d - name: a - name: c");
}

#[test]
fn items_can_be_deleted_and_lists_replaced() {
    let there = spec("[{name: a}, {name: b}]");
    assert_eq!(containers(&merged(&there, &spec("[{name: a, $patch: delete}]")).unwrap()), "- name: b");
    assert_eq!(containers(&merged(&there, &spec("[{name: c}, {$patch: replace}]")).unwrap()), "- name: c");
    let all = spec("[{name: a, $patch: delete}, {name: b, $patch: delete}]");
    assert!(merged(&there, &all).unwrap().ends_with("containers: []\n"));
    assert_eq!(merged(&there, "$patch: delete\n").unwrap(), "deleted");
    assert_eq!(merged(&there, "$patch: foo\n").unwrap_err(), "unknown patch strategy 'foo'");
}

#[test]
fn an_item_without_its_key_takes_the_others_with_it() {
    let there = spec("[{name: a}, {name: b}]");
    let done = merged(&there, &spec("[{name: b, image: z}, {image: lost}]")).unwrap();
    assert_eq!(containers(&done), "- image: z name: b");
}

#[test]
fn several_keys_tell_ports_apart() {
    let there = spec("[{name: a, ports: [{containerPort: 1}, {containerPort: 2, protocol: UDP}]}]");
    let patch = spec("[{name: a, ports: [{containerPort: 3, name: new}, {containerPort: 2, name: two}]}]");
    let done = merged(&there, &patch).unwrap();
    let want = "- name: a ports: - containerPort: 3 name: new - containerPort: 1 - containerPort: 2 protocol: UDP";
    assert_eq!(containers(&done), want);
}

#[test]
fn null_deletes_and_explicit_null_stays() {
    let there = "spec: {paused: null, replicas: 1, strategy: {type: x}}\n";
    assert_eq!(
        merged(there, "spec: {strategy: null, replicas: 2}\n").unwrap(),
        "spec:\n  paused: null\n  replicas: 2\n"
    );
}

#[test]
fn a_quoted_value_keeps_its_quotes() {
    let there = "spec: {a: '1', b: 2}\n";
    assert_eq!(merged(there, "spec: {a: 5, b: '6'}\n").unwrap(), "spec:\n  a: \"5\"\n  b: \"6\"\n");
}

#[test]
fn nodes_of_different_kinds_do_not_merge() {
    let error = merged(&spec("[{name: a}]"), "spec: {template: {spec: {containers: {a: b}}}}\n").unwrap_err();
    assert_eq!(error, "wrong node kind: expected SequenceNode but got MappingNode: node contents:\n{a: b}\n");
}

#[test]
fn long_lists_merge_in_linear_time() {
    let list = |from: usize| {
        let items: Vec<String> = (from..from + 20_000).map(|i| format!("{{name: n{i}}}")).collect();
        spec(&format!("[{}]", items.join(", ")))
    };
    let done = merged(&list(0), &list(10_000)).unwrap();
    assert_eq!(done.lines().count(), 4 + 30_000);
}
