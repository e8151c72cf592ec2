use super::*;
use crate::object::{Gvk, ListType, NoFacts, Object, ObjectSet, Scope, TypeFacts, TypeRef};
use crate::yaml::Node;
use crate::yaml::testing::node;

struct Facts;

impl TypeFacts for Facts {
    fn scope(&self, _: &Gvk) -> Option<Scope> {
        None
    }

    fn root(&self, _: &Gvk) -> Option<TypeRef> {
        Some(TypeRef(0))
    }

    fn field(&self, _: TypeRef, name: &str) -> Option<TypeRef> {
        Some(TypeRef(match name {
            "containers" => 1,
            "finalizers" => 2,
            _ => 0,
        }))
    }

    fn item(&self, _: TypeRef) -> Option<TypeRef> {
        Some(TypeRef(0))
    }

    fn list_type(&self, of: TypeRef) -> Option<ListType> {
        match of.0 {
            1 => Some(ListType::Map(vec!["name".into()])),
            2 => Some(ListType::Set),
            _ => None,
        }
    }

    fn patch_merge_key(&self, _: TypeRef) -> Option<ecow::EcoString> {
        None
    }
}

fn set(objects: &[&str]) -> ObjectSet {
    let mut set = ObjectSet::new();
    for text in objects {
        set.push_object(Object::new(node(text), "test.yaml".into()).expect("an object"));
    }
    set
}

fn thing(name: &str, spec: &str) -> String {
    format!("{{apiVersion: v1, kind: Thing, metadata: {{name: {name}}}, spec: {spec}}}")
}

fn secret(data: &str) -> String {
    let applied = "{kubectl.kubernetes.io/last-applied-configuration: 'hunter2 again', note: plain}";
    format!("{{apiVersion: v1, kind: Secret, metadata: {{name: s, annotations: {applied}}}, {data}}}")
}

fn changes(a: &str, b: &str) -> Vec<String> {
    let diffs = compare(&set(&[&thing("x", a)]), &set(&[&thing("x", b)]), &Facts);
    diffs.iter().flat_map(|diff| &diff.changes).map(|change| format!("{:?} {}", change.kind, change.path)).collect()
}

#[test]
fn order_and_spelling_that_mean_nothing_are_no_change() {
    assert_eq!(changes("{a: 1, b: 2}", "{b: 2, a: 1}"), [""; 0]);
    let (a, b) = ("{containers: [{name: a}, {name: b, x: 1}]}", "{containers: [{x: 1, name: b}, {name: a}]}");
    assert_eq!(changes(a, b), [""; 0]);
    assert_eq!(changes("{finalizers: [a, b]}", "{finalizers: [b, a]}"), [""; 0]);
    assert_eq!(changes("{limits: {cpu: 1000m, memory: 1Gi}}", "{limits: {cpu: 1, memory: 1024Mi}}"), [""; 0]);
}

#[test]
fn order_and_spelling_that_mean_something_are_changes() {
    assert_eq!(changes("{args: [a, b]}", "{args: [b, a]}"), ["Changed spec.args[0]", "Changed spec.args[1]"]);
    assert_eq!(changes("{text: 1000m}", "{text: '1'}"), ["Changed spec.text"]);
    assert_eq!(changes("{a: 1}", "{a: '1'}"), ["Changed spec.a"]);
    assert_eq!(changes("{a: 1}", "{a: [1]}"), ["Changed spec.a"]);
}

#[test]
fn items_are_named_by_their_keys() {
    let a = "{containers: [{name: a, image: x}, {name: gone}], finalizers: [p]}";
    let b = "{containers: [{name: new}, {name: a, image: y}], finalizers: [q]}";
    let wanted = [
        "Changed spec.containers[name=a].image",
        "Removed spec.containers[name=gone]",
        "Added spec.containers[name=new]",
        "Removed spec.finalizers[p]",
        "Added spec.finalizers[q]",
    ];
    assert_eq!(changes(a, b), wanted);
}

#[test]
fn lists_whose_keys_are_missing_or_repeated_compare_by_place() {
    let twice = "{containers: [{name: a, x: 1}, {name: a, x: 2}]}";
    assert_eq!(changes(twice, "{containers: [{name: a, x: 1}, {name: a, x: 3}]}"), ["Changed spec.containers[1].x"]);
}

#[test]
fn objects_pair_by_identity_and_duplicates_in_order() {
    let (one, two, x) = (thing("d", "{v: 1}"), thing("d", "{v: 2}"), thing("x", "{}"));
    let (a, b) = (set(&[&one, &two, &x]), set(&[&thing("z", "{}"), &one, &one]));
    let diffs = compare(&a, &b, &NoFacts);
    let found: Vec<_> = diffs.iter().map(|diff| (diff.kind, diff.key.name.as_str())).collect();
    assert_eq!(found, [(DiffKind::Added, "z"), (DiffKind::Changed, "d"), (DiffKind::Removed, "x")]);
    assert_eq!(summary(&diffs).to_string(), "1 added, 1 removed, 1 changed");
    assert!(compare(&a, &a, &NoFacts).is_empty());
}

#[test]
fn text_is_a_unified_diff_under_the_name_of_the_object() {
    let (a, b) = (set(&[&thing("x", "{a: b, c: d}")]), set(&[&thing("x", "{c: e, a: b}")]));
    let diffs = compare(&a, &b, &NoFacts);
    let wanted = "--- a/Thing x\n+++ b/Thing x\n@@ -4,4 +4,4 @@\n   name: x\n spec:\n   a: b\n-  c: d\n+  c: e\n";
    assert_eq!(to_text(&diffs, &DiffOptions::default()), wanted);
    let colored = to_text(&diffs, &DiffOptions { context: 0, colored: true, ..DiffOptions::default() });
    assert!(colored.contains("\x1b[32m+  c: e\x1b[0m\n"), "{colored}");
    let json = to_json(&diffs, false);
    let change = serde_json::json!({"path": "spec.c", "change": "changed", "before": "d", "after": "e"});
    assert_eq!(json["objects"][0]["changes"], serde_json::json!([change]));
    assert_eq!(json["summary"]["changed"], 1);
    let added = to_text(&compare(&ObjectSet::new(), &a, &NoFacts), &DiffOptions::default());
    assert!(added.starts_with("--- /dev/null\n+++ b/Thing x\n"), "{added}");
}

#[test]
fn secrets_are_masked_everywhere() {
    let (old, new) =
        ("data: {p: aHVudGVyMg==, q: b3RoZXI=}, stringData: {r: hunter2}", "data: {p: aHVudGVyMw==, q: b3RoZXI=}");
    let (a, b) = (set(&[&secret(old)]), set(&[&secret(new)]));
    let all =
        [compare(&a, &b, &NoFacts), compare(&ObjectSet::new(), &a, &NoFacts), compare(&a, &ObjectSet::new(), &NoFacts)];
    for diffs in &all {
        let text = to_text(diffs, &DiffOptions { context: 99, ..DiffOptions::default() });
        let shown = format!("{text}{}", to_json(diffs, false));
        for hidden in ["hunter2", "aHVudGVy", "b3RoZXI"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert!(shown.contains("*** (7 bytes)") && shown.contains("plain"), "{shown}");
    }
    let paths: Vec<String> = all[0][0].changes.iter().map(|change| change.path.to_string()).collect();
    assert_eq!(paths, ["data.p", "stringData"]);
    let json = to_json(&all[0], false).to_string();
    assert!(json.contains("*** (7 bytes, changed)"), "{json}");
    let revealed = to_text(&compare(&a, &b, &NoFacts), &DiffOptions { reveal: true, ..DiffOptions::default() });
    assert!(revealed.contains("hunter2"), "{revealed}");
}

#[test]
fn secrets_in_lists_and_odd_secrets_are_masked() {
    let list = "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Secret, data: {a: hunter2}}, {apiVersion: v1, kind: ConfigMap, data: {a: b}}]}";
    let mut odd = [
        node(list),
        node("{apiVersion: v1, kind: Secret, data: hunter2}"),
        node("{apiVersion: v1, kind: Secret, data: {a: [hunter2]}}"),
    ];
    for secret in &mut odd {
        let gvk = Gvk::of(secret).expect("a type");
        mask_secrets(secret, &gvk);
        assert!(!format!("{secret:?}").contains("hunter2"), "{secret:?}");
    }
    assert_eq!(odd[0].get("items").and_then(Node::as_seq).map(|items| items[1].to_value()), {
        Some(node("{apiVersion: v1, kind: ConfigMap, data: {a: b}}").to_value())
    });
}

#[test]
fn secrets_in_lists_are_masked_in_text_and_data() {
    let list = |value: &str, more: &str| {
        let secret = format!("{{apiVersion: v1, kind: Secret, metadata: {{name: s}}, stringData: {{p: {value}}}}}");
        format!("{{apiVersion: v1, kind: List, metadata: {{name: l}}, items: [{secret}{more}]}}")
    };
    let new = ", {apiVersion: v1, kind: Secret, data: {a: hunter4}}, {kind: Odd, data: {a: hunter5}}";
    let diffs = compare(&set(&[&list("hunter2", "")]), &set(&[&list("hunter3", new)]), &NoFacts);
    let shown = format!("{}{}", to_text(&diffs, &DiffOptions::default()), to_json(&diffs, false));
    assert!(!shown.contains("hunter") && shown.contains("changed"), "{shown}");
}

#[test]
fn quantities_spelled_anew_are_not_shown_beside_a_change() {
    let (a, b) = (thing("x", "{limits: {cpu: 1000m}, c: 1}"), thing("x", "{limits: {cpu: 1}, c: 2}"));
    let text =
        to_text(&compare(&set(&[&a]), &set(&[&b]), &NoFacts), &DiffOptions { context: 0, ..DiffOptions::default() });
    assert!(text.contains("+  c: 2") && !text.contains("cpu"), "{text}");
}

#[test]
fn names_cannot_write_to_the_terminal_or_end_the_header() {
    let evil = set(&["{apiVersion: v1, kind: Thing, metadata: {name: \"a\\e[2J\\nb\"}}"]);
    let text = to_text(&compare(&ObjectSet::new(), &evil, &NoFacts), &DiffOptions::default());
    assert!(!text.contains('\x1b') && text.lines().nth(1).is_some_and(|line| line.ends_with('b')), "{text}");
}

#[test]
fn markdown_has_a_block_an_object_that_nothing_in_it_can_end() {
    let (a, b) = (set(&[&thing("x", "{a: 1}")]), set(&[&thing("x", "{a: '```'}"), &secret("data: {a: aHVzaA==}")]));
    let text = to_markdown(&compare(&a, &b, &NoFacts), &DiffOptions::default());
    assert!(text.starts_with("1 added, 0 removed, 1 changed\n\n### `"), "{text}");
    assert!(text.contains("changed\n\n````diff\n@@"), "{text}");
    assert!(text.contains("added\n\n```diff\n@@") && !text.contains("aHVzaA"), "{text}");
    assert_eq!(to_markdown(&[], &DiffOptions::default()), "No differences.\n");
}

#[test]
fn columns_stand_side_by_side() {
    let (a, b) = (set(&[&thing("x", "{a: 1, b: 2}")]), set(&[&thing("x", "{a: 3, c: 4, d: 5}")]));
    let text = to_columns(&compare(&a, &b, &NoFacts), &DiffOptions { context: 1, ..DiffOptions::default() }, 43);
    for line in [
        "spec:                  spec:",
        "  a: 1               |   a: 3",
        "  b: 2               |   c: 4",
        "                     >   d: 5",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line:?} in\n{text}");
    }
    let long = "y".repeat(100);
    let text = to_columns(
        &compare(&set(&[]), &set(&[&thing("x", &format!("{{a: {long}}}"))]), &NoFacts),
        &DiffOptions::default(),
        43,
    );
    assert!(text.lines().all(|line| line.chars().count() <= 43) && text.contains('…'), "{text}");
    let covered =
        to_columns(&compare(&set(&[]), &set(&[&secret("data: {a: aHVzaA==}")]), &NoFacts), &DiffOptions::default(), 80);
    assert!(!covered.contains("aHVzaA"), "{covered}");
}
