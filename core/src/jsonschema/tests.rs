//! The drafts, where they differ: each case a schema, values that hold and values that do not.

use super::{SchemaError, Validator, accepts};
use crate::source::Limits;
use crate::value::Value;
use crate::yaml::Node;
use crate::yaml::testing::node;

const FOUR: &str = "http://json-schema.org/draft-04/schema#";
const SIX: &str = "http://json-schema.org/draft-06/schema#";
const SEVEN: &str = "http://json-schema.org/draft-07/schema#";
const NINETEEN: &str = "https://json-schema.org/draft/2019-09/schema";
const TWENTY: &str = "https://json-schema.org/draft/2020-12/schema";

fn schema(draft: &str, body: &str) -> Node {
    node(&format!("{{$schema: '{draft}', {body}}}"))
}

fn value(text: &str) -> Value {
    node(text).to_value()
}

#[track_caller]
fn check(draft: &str, body: &str, right: &[&str], wrong: &[&str]) {
    let schema = schema(draft, body);
    let validator =
        Validator::compile(&schema.to_value(), &Limits::default()).unwrap_or_else(|error| panic!("{body}: {error:?}"));
    for text in right {
        assert_eq!(validator.validate(&value(text), &Limits::default()), Vec::new(), "{text} holds against {body}");
    }
    for text in wrong {
        assert!(
            !validator.validate(&value(text), &Limits::default()).is_empty(),
            "{text} does not hold against {body}"
        );
        assert!(!accepts(&schema, &value(text)), "{text} is not taken at a glance");
    }
}

#[track_caller]
fn refused(draft: &str, body: &str, path: &str, message: &str) {
    let found = Validator::compile(&schema(draft, body).to_value(), &Limits::default()).map(|_| ());
    let SchemaError { path: at, message: said } = found.expect_err(body);
    assert_eq!((at.to_string().as_str(), said.as_str()), (path, message), "{body}");
}

#[test]
fn draft_4_has_booleans_beside_its_bounds() {
    check(FOUR, "minimum: 1, exclusiveMinimum: true, maximum: 5, exclusiveMaximum: false", &["2", "5"], &["1", "6"]);
    refused(FOUR, "minimum: 1, exclusiveMinimum: 1", "exclusiveMinimum", "must be boolean, found number");
    // `const` means nothing there.
    check(FOUR, "type: integer", &["1"], &["1.5"]);
    check(FOUR, "const: 1", &["1", "2"], &[]);
    check(FOUR, "required: [a]", &["{a: 1}"], &["{}"]);
    refused(FOUR, "required: []", "required", "minItems: got 0, want 1");
}

#[test]
fn draft_4_names_its_parts_by_id() {
    let parts = "id: 'http://example.com/root.json', definitions: {a: {id: '#port', type: integer}}";
    check(FOUR, &format!("{parts}, properties: {{p: {{$ref: '#port'}}}}"), &["{p: 1}"], &["{p: x}"]);
    check(FOUR, &format!("{parts}, properties: {{p: {{$ref: '#/definitions/a'}}}}"), &["{p: 1}"], &["{p: x}"]);
    check(FOUR, &format!("{parts}, properties: {{p: {{$ref: 'root.json#/definitions/a'}}}}"), &["{p: 1}"], &["{p: x}"]);
}

#[test]
fn drafts_6_and_7_have_numbers_as_bounds() {
    for draft in [SIX, SEVEN] {
        check(draft, "exclusiveMinimum: 1, exclusiveMaximum: 3", &["2"], &["1", "3"]);
        refused(draft, "minimum: 1, exclusiveMinimum: true", "exclusiveMinimum", "must be number, found boolean");
        check(draft, "const: {a: 1}", &["{a: 1}"], &["{a: 2}", "1"]);
        check(draft, "contains: {const: 1}", &["[0, 1]"], &["[0]", "[]"]);
        check(draft, "propertyNames: {pattern: '^a'}", &["{ab: 1}"], &["{b: 1}"]);
        check(draft, "type: integer", &["1", "1.0"], &["1.5"]);
        check(draft, "properties: {a: false}", &["{b: 1}"], &["{a: 1}"]);
        check(
            draft,
            "definitions: {a: {$id: '#port', type: integer}}, properties: {p: {$ref: '#port'}}",
            &["{p: 1}"],
            &["{p: x}"],
        );
        check(draft, "items: [{type: integer}], additionalItems: false", &["[1]"], &["[x]", "[1, 2]"]);
        check(
            draft,
            "dependencies: {a: [b], c: {required: [d]}}",
            &["{a: 1, b: 2}", "{c: 1, d: 2}"],
            &["{a: 1}", "{c: 1}"],
        );
        // Nothing beside a reference counts.
        check(
            draft,
            "definitions: {num: {type: integer}}, properties: {p: {$ref: '#/definitions/num', minimum: 5}}",
            &["{p: 1}"],
            &["{p: x}"],
        );
    }
    let branches = "if: {properties: {tls: {const: true}}, required: [tls]}, then: {required: [cert]}, else: {not: {required: [cert]}}";
    check(SEVEN, branches, &["{tls: true, cert: x}", "{}"], &["{tls: true}", "{cert: x}"]);
    // Draft 6 does not know them.
    check(SIX, branches, &["{tls: true}", "{cert: x}"], &[]);
}

#[test]
fn draft_2019_09_splits_dependencies_and_sees_what_was_evaluated() {
    check(
        NINETEEN,
        "dependentRequired: {a: [b]}, dependentSchemas: {c: {required: [d]}}",
        &["{a: 1, b: 1}"],
        &["{a: 1}", "{c: 1}"],
    );
    check(NINETEEN, "contains: {const: 1}, minContains: 2, maxContains: 3", &["[1, 1]"], &["[1]", "[1, 1, 1, 1]"]);
    let closed = "allOf: [{properties: {a: {type: integer}}}], properties: {b: {}}, unevaluatedProperties: false";
    check(NINETEEN, closed, &["{a: 1, b: 2}"], &["{c: 1}", "{a: x}"]);
    check(NINETEEN, "items: [{type: integer}], unevaluatedItems: false", &["[1]"], &["[1, 2]"]);
    // What stands beside a reference counts from here on.
    check(
        NINETEEN,
        "$defs: {num: {type: integer}}, properties: {p: {$ref: '#/$defs/num', minimum: 5}}",
        &["{p: 5}"],
        &["{p: 1}", "{p: x}"],
    );
    check(
        NINETEEN,
        "$defs: {num: {$anchor: port, type: integer}}, properties: {p: {$ref: '#port'}}",
        &["{p: 5}"],
        &["{p: x}"],
    );
    let tree = "$recursiveAnchor: true, type: object, properties: {value: {type: integer}, children: {type: array, items: {$recursiveRef: '#'}}}";
    check(
        NINETEEN,
        tree,
        &["{value: 1, children: [{value: 2, children: []}]}"],
        &["{children: [{value: x}]}", "{children: [{children: [1]}]}"],
    );
}

#[test]
fn draft_2020_12_has_prefixes_and_dynamic_references() {
    check(TWENTY, "prefixItems: [{type: integer}], items: false", &["[1]", "[]"], &["[x]", "[1, 2]"]);
    check(TWENTY, "prefixItems: [{type: integer}], unevaluatedItems: {type: string}", &["[1, a]"], &["[1, 2]"]);
    let tree = "$dynamicAnchor: node, type: object, properties: {children: {type: array, items: {$dynamicRef: '#node'}}}, unevaluatedProperties: false";
    check(TWENTY, tree, &["{children: [{children: []}]}"], &["{children: [1]}", "{children: [{x: 1}]}"]);
    check(TWENTY, "dependentRequired: {a: [b]}", &["{a: 1, b: 1}"], &["{a: 1}"]);
    // Without a draft, this one counts.
    let schema = node("{prefixItems: [{type: integer}]}").to_value();
    assert_eq!(
        Validator::compile(&schema, &Limits::default())
            .expect("a schema")
            .validate(&value("[x]"), &Limits::default())
            .len(),
        1
    );
}

#[test]
fn references_never_leave_the_schema() {
    let out = |reference: &str| format!("`$ref` leads out of the schema: `{reference}`");
    for draft in [FOUR, SIX, SEVEN, NINETEEN, TWENTY] {
        for reference in [
            "http://example.com/a.json",
            "https://example.com/a.json#/b",
            "file:///etc/passwd",
            "other.json",
            "../a.json#/x",
            "/etc/passwd",
            "urn:a:b",
        ] {
            let body = format!("properties: {{p: {{$ref: '{reference}'}}}}");
            refused(draft, &body, "properties.p.$ref", &out(reference));
            // Names of parts do not open the way.
            let id = if draft == FOUR { "id" } else { "$id" };
            let named = format!("{id}: 'http://schemas.example/root.json', {body}");
            refused(draft, &named, "properties.p.$ref", &out(reference));
        }
        refused(
            draft,
            "properties: {p: {$ref: '#/definitions/a'}}",
            "properties.p.$ref",
            "`$ref` leads nowhere: `#/definitions/a`",
        );
        refused(draft, "properties: {p: {$ref: '#nowhere'}}", "properties.p.$ref", "`$ref` leads nowhere: `#nowhere`");
    }
}

#[test]
fn a_draft_that_nobody_knows_is_an_error() {
    let schema = node("{$schema: 'http://example.com/my-own', type: integer}").to_value();
    let error = Validator::compile(&schema, &Limits::default()).expect_err("no draft");
    assert_eq!(error.path.to_string(), "$schema");
    assert_eq!(error.message, "`$schema` names no draft of JSON Schema: `http://example.com/my-own`");
}
