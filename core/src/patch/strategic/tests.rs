use super::super::testing::{Facts, node};
use super::*;

const APPS: (&str, &str) = ("apps/v1", "Deployment");
const CUSTOM: (&str, &str) = ("example.com/v1", "Thing");

fn merged(of: (&str, &str), target: &str, patch: &str) -> Result<Node, Vec<String>> {
    let mut target = node(target);
    let result = strategic_merge(&mut target, &node(patch), &Gvk::new(of.0, of.1), &Facts);
    result.map(|()| target).map_err(|found| found.iter().map(|f| format!("{}: {}", f.code, f.message)).collect())
}

fn check(target: &str, patch: &str, wanted: &str) {
    let found = merged(APPS, target, patch).unwrap_or_else(|errors| panic!("{patch}: {errors:?}"));
    assert_eq!(found.to_value(), node(wanted).to_value(), "{patch}");
}

fn refused(target: &str, patch: &str, wanted: &str) {
    let errors = merged(APPS, target, patch).expect_err(patch);
    assert!(errors[0].starts_with(wanted), "{patch}: {errors:?}");
}

#[test]
fn maps_merge_and_null_takes_away() {
    check("{a: 1, b: {c: 2}}", "{b: {d: 3}, a: null, x: null}", "{b: {c: 2, d: 3}}");
    check("{a: [1]}", "{a: {b: 1, c: null}}", "{a: {b: 1}}");
    check("{a: [1, 2]}", "{a: [3]}", "{a: [3]}");
    check("{atomicMap: {a: 1}}", "{atomicMap: {b: 1}}", "{atomicMap: {b: 1}}");
}

#[test]
fn items_merge_by_key_and_new_ones_come_first() {
    check(
        "{containers: [{name: a, image: x}, {name: b}]}",
        "{containers: [{name: a, image: y}, {name: c}]}",
        "{containers: [{name: a, image: y}, {name: c}, {name: b}]}",
    );
    check(
        "{containers: [{name: a}, {name: b}]}",
        "{containers: [{name: c}]}",
        "{containers: [{name: c}, {name: a}, {name: b}]}",
    );
    check(
        "{containers: [{name: a}, {name: b}]}",
        "{containers: [{$patch: delete, name: a}]}",
        "{containers: [{name: b}]}",
    );
    check("{containers: [{name: a}]}", "{containers: [{$patch: replace}, {name: z}]}", "{containers: [{name: z}]}");
    check(
        "{containers: [{name: a, image: x}]}",
        "{containers: [{$patch: merge, name: a}]}",
        "{containers: [{name: a, image: x}]}",
    );
    check("{x: 1}", "{containers: [{name: a}, {$patch: delete, name: b}]}", "{x: 1, containers: [{name: a}]}");
}

#[test]
fn sets_of_scalars_merge_without_repetition() {
    check("{finalizers: [a, b]}", "{finalizers: [b, c]}", "{finalizers: [a, b, c]}");
    check("{finalizers: [a, b, c]}", "{$deleteFromPrimitiveList/finalizers: [b]}", "{finalizers: [a, c]}");
    check("{args: [a, b]}", "{$deleteFromPrimitiveList/args: [a], other: 1}", "{args: [b], other: 1}");
}

#[test]
fn order_directives_order() {
    check(
        "{containers: [{name: a}, {name: b}, {name: c}]}",
        "{$setElementOrder/containers: [{name: c}, {name: a}], containers: [{name: a, image: x}]}",
        "{containers: [{name: b}, {name: c}, {name: a, image: x}]}",
    );
    check("{finalizers: [a, b]}", "{$setElementOrder/finalizers: [b, a]}", "{finalizers: [b, a]}");
    refused("{args: [a]}", "{$setElementOrder/args: [a]}", "patch-directive");
}

#[test]
fn retained_keys_are_all_that_stays() {
    check(
        "{strategy: {type: RollingUpdate, rollingUpdate: {}}}",
        "{strategy: {$retainKeys: [type], type: Recreate}}",
        "{strategy: {type: Recreate}}",
    );
    refused("{s: {a: 1}}", "{s: {$retainKeys: [a], b: 1}}", "patch-directive: `b` is set but not kept");
}

#[test]
fn directives_of_maps() {
    check("{a: {b: 1}}", "{a: {$patch: replace, c: 1}}", "{a: {c: 1}}");
    check("{x: 1}", "{a: {$patch: replace, c: 1}}", "{x: 1, a: {c: 1}}");
    check("{a: {b: 1}}", "{a: {$patch: delete}}", "{a: {}}");
    refused("{a: {b: 1}}", "{a: {$patch: delete, c: 1}}", "patch-directive: `$patch: delete` empties");
    refused("{a: {b: 1}}", "{a: {$patch: remove}}", "patch-directive: `$patch` cannot be `remove`");
    refused("{a: {b: 1}}", "{a: {$patch: [x]}}", "patch-directive: `$patch` cannot be list");
}

#[test]
fn what_would_lose_data_is_an_error() {
    refused("{containers: [{name: a}]}", "{containers: [{image: x}]}", "patch-merge-key");
    refused("{containers: [{image: a}]}", "{containers: [{name: x}]}", "patch-merge-key");
    refused("{containers: [{name: a}]}", "{containers: [x]}", "patch-type");
    refused("{containers: [{name: a}]}", "{containers: [{$patch: replace, name: b}]}", "patch-directive");
    refused("{args: [{name: a}]}", "{args: [{name: a, $patch: delete}]}", "patch-directive");
    refused("{finalizers: [a]}", "{finalizers: [{a: 1}]}", "patch-type");
    let two = "{ports: [{containerPort: 53, protocol: UDP, name: u}, {containerPort: 53, protocol: TCP, name: t}]}";
    refused(two, "{ports: [{containerPort: 53, hostPort: 1}]}", "patch-ambiguous");
    check(
        two,
        "{ports: [{containerPort: 53, protocol: TCP, hostPort: 1}]}",
        "{ports: [{containerPort: 53, protocol: UDP, name: u}, {containerPort: 53, protocol: TCP, name: t, hostPort: 1}]}",
    );
}

#[test]
fn custom_resources_merge_by_the_keys_of_their_definition() {
    let target = "{parts: [{host: a, path: /, x: 1}, {host: a, path: /b}], tags: [a]}";
    let patch = "{parts: [{host: a, path: /b, x: 2}], tags: [b, a]}";
    let found = merged(CUSTOM, target, patch).expect("fine").to_value();
    let wanted = "{parts: [{host: a, path: /, x: 1}, {host: a, path: /b, x: 2}], tags: [b, a]}";
    assert_eq!(found, node(wanted).to_value());
    let builtin = merged(APPS, target, patch).expect("fine").to_value();
    assert_eq!(builtin, node("{parts: [{host: a, path: /b, x: 2}], tags: [b, a]}").to_value());
}

#[test]
fn a_key_that_is_missing_has_its_default() {
    let target = "{parts: [{host: a, x: 1}, {host: a, path: /b}]}";
    let merged = |patch: &str| merged(CUSTOM, target, patch).expect("fine").to_value();
    assert_eq!(
        merged("{parts: [{host: a, path: /, x: 2}]}"),
        node("{parts: [{host: a, x: 2, path: /}, {host: a, path: /b}]}").to_value()
    );
    assert_eq!(
        merged("{parts: [{host: a, path: /c}]}"),
        node("{parts: [{host: a, path: /c}, {host: a, x: 1}, {host: a, path: /b}]}").to_value()
    );
}

#[test]
fn an_object_as_its_own_patch_changes_nothing() {
    let text =
        "{a: {b: [1, {c: x}]}, containers: [{name: a, env: [{name: x, value: y}]}, {name: b}], finalizers: [q, r]}";
    let before = node(text);
    let mut target = before.clone();
    strategic_merge(&mut target, &node(&format!("# elsewhere\n{text}")), &Gvk::new("apps/v1", "Deployment"), &Facts)
        .expect("fine");
    assert_eq!(target, before, "places included");
    strategic_merge(&mut target, &node("{}"), &Gvk::default(), &Facts).expect("fine");
    assert_eq!(target, before);
}

// What `kubectl patch --local --type strategic` of version 1.37 prints.
#[test]
fn order_is_that_of_kubectl() {
    let pod = "{containers: [{name: a}, {name: b}, {name: c}], finalizers: [a, b, c]}";
    for (patch, containers, finalizers) in [
        ("{containers: [{name: z}]}", "zabc", "abc"),
        ("{containers: [{name: c}, {name: a}]}", "bca", "abc"),
        ("{containers: [{name: d}, {name: b}]}", "dabc", "abc"),
        ("{finalizers: [d, b]}", "abc", "dabc"),
        ("{$setElementOrder/finalizers: [c, a]}", "abc", "bca"),
    ] {
        let merged = merged(APPS, pod, patch).expect(patch);
        let items = |key: &str| merged.get(key).and_then(Node::as_seq).unwrap_or_default();
        let names: String = items("containers").iter().filter_map(|item| item.get("name")?.as_str()).collect();
        let texts: String = items("finalizers").iter().filter_map(Node::as_str).collect();
        assert_eq!((names.as_str(), texts.as_str()), (containers, finalizers), "{patch}");
    }
}
