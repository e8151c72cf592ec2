//! What Helm says of values and schemas; each line was seen with the helm program.

use super::super::{meta, plain, usable};
use super::*;
use crate::source::Limits;
use crate::yaml::{Numbers, unmarshal};

fn checked(schema: &str, values: &str) -> String {
    let values = unmarshal(values, Numbers::Float64, &Limits::default()).expect("YAML in a test");
    check(schema.as_bytes(), &values, &Limits::default()).error.unwrap_or_default()
}

/// Holds the property `a` against a schema.
fn a(schema: &str, value: &str) -> String {
    checked(&format!(r#"{{"properties":{{"a":{schema}}}}}"#), &format!("a: {value}\n"))
}

fn metaschema(rest: &str) -> String {
    let draft = "https://json-schema.org/draft/2020-12/schema#";
    format!(
        "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with '{draft}'\n{rest}"
    )
}

#[test]
fn faults_are_told_in_the_words_of_the_library() {
    let cases = [
        (r#"{"maximum":65535}"#, "70000", "- at '/a': maximum: got 70,000, want 65,535\n"),
        (r#"{"minimum":-1}"#, "-1234.5", "- at '/a': minimum: got -1,234.5, want -1\n"),
        (r#"{"multipleOf":0.01}"#, "0.035", "- at '/a': multipleOf: got 0.035, want 0.01\n"),
        (r#"{"multipleOf":0.01}"#, "0.03", ""),
        (r#"{"exclusiveMinimum":5}"#, "5", "- at '/a': exclusiveMinimum: got 5, want 5\n"),
        (r#"{"maxLength":2}"#, "abc", "- at '/a': maxLength: got 3, want 2\n"),
        (r#"{"minItems":1000}"#, "[]", "- at '/a': minItems: got 0, want 1,000\n"),
        (r#"{"type":"string"}"#, "1", "- at '/a': got number, want string\n"),
        (r#"{"type":["string","null","integer"]}"#, "1.5", "- at '/a': got number, want null or integer or string\n"),
        (r#"{"type":"integer"}"#, "1.0", ""),
        (r#"{"enum":["a",1,null,true,1.50]}"#, "x", "- at '/a': value must be one of 'a', 1, <nil>, true, 1.50\n"),
        (r#"{"enum":["a"]}"#, "x", "- at '/a': value must be 'a'\n"),
        (r#"{"enum":[{}]}"#, "x", "- at '/a': 'enum' failed\n"),
        (r#"{"const":1e6}"#, "2", "- at '/a': value must be 1e6\n"),
        (r#"{"const":{}}"#, "2", "- at '/a': 'const' failed\n"),
        (r#"{"pattern":"^a'\"b$"}"#, "x", "- at '/a': 'x' does not match pattern '^a\\'\"b$'\n"),
        (r#"{"uniqueItems":true}"#, "[1,2,1]", "- at '/a': items at 0 and 2 are equal\n"),
        (
            r#"{"contains":{"const":1}}"#,
            "[2,3]",
            "- at '/a': no items match contains schema\n  - at '/a/0': value must be 1\n  - at '/a/1': value must be 1\n",
        ),
        (
            r#"{"minContains":2,"contains":{"const":1}}"#,
            "[2,1]",
            "- at '/a': min 2 items required to match contains schema, but matched 1 items at 1\n  - at '/a/0': value must be 1\n",
        ),
        (
            r#"{"maxContains":1,"contains":{"const":1}}"#,
            "[1,1]",
            "- at '/a': max 1 items required to match contains schema, but matched 2 items at 0 1\n",
        ),
        (r#"{"not":{}}"#, "1", "- at '/a': 'not' failed\n"),
        (
            r#"{"allOf":[{"type":"string"},{"minimum":5}]}"#,
            "1",
            "- at '/a': 'allOf' failed\n  - at '/a': got number, want string\n  - at '/a': minimum: got 1, want 5\n",
        ),
        (
            r#"{"oneOf":[{"type":"string"},{"minimum":5}]}"#,
            "1",
            "- at '/a': 'oneOf' failed, none matched\n  - at '/a': got number, want string\n  - at '/a': minimum: got 1, want 5\n",
        ),
        (r#"{"oneOf":[{"type":"number"},{"minimum":0}]}"#, "1", "- at '/a': 'oneOf' failed, subschemas 0, 1 matched\n"),
        (r#"{"if":{"type":"number"},"then":{"minimum":5},"else":false}"#, "1", "- at '/a': minimum: got 1, want 5\n"),
        (r#"{"required":["x","y"]}"#, "{}", "- at '/a': missing properties 'x', 'y'\n"),
        (r#"{"required":["x"]}"#, "{}", "- at '/a': missing property 'x'\n"),
        (r#"{"additionalProperties":false}"#, "{\"y'z\": 2}", "- at '/a': additional properties 'y\\'z' not allowed\n"),
        (
            r#"{"propertyNames":{"pattern":"^a"}}"#,
            "{x: 1}",
            "- at '/a': invalid propertyName 'x'\n  - at '': 'x' does not match pattern '^a'\n",
        ),
        (r#"{"dependentRequired":{"x":["y"]}}"#, "{x: 1}", "- at '/a': properties 'y' required, if 'x' exists\n"),
        (r#"{"dependencies":{"x":["y"]}}"#, "{x: 1}", "- at '/a': properties 'y' required, if 'x' exists\n"),
        ("false", "1", "- at '/a': false schema\n"),
        (r#"{"unevaluatedProperties":false}"#, "{x: 1}", "- at '/a/x': false schema\n"),
        (
            r#"{"minLength":1,"pattern":"x"}"#,
            "''",
            "- at '/a': minLength: got 0, want 1\n- at '/a': '' does not match pattern 'x'\n",
        ),
        (r#"{"$ref":"urn:x:y"}"#, "1", ""),
    ];
    for (schema, value, expected) in cases {
        assert_eq!(a(schema, value), expected, "{schema} {value}");
    }
}

#[test]
fn schemas_that_are_none_are_told_in_the_words_of_the_library() {
    let types = "'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'";
    let cases = [
        ("{", "unexpected EOF".to_owned()),
        ("false", "- at '': false schema\n".to_owned()),
        ("[]", metaschema("- at '': got array, want boolean or object")),
        (
            r#"{"type":"foo"}"#,
            metaschema(&format!(
                "- at '': 'allOf' failed\n  - at '/type': 'anyOf' failed\n    - at '/type': value must be one of {types}\n    - at '/type': got string, want array"
            )),
        ),
        (
            r#"{"properties":{"a":{"pattern":"(?=x)"}}}"#,
            metaschema(
                "- at '': 'allOf' failed\n  - at '/properties/a': 'allOf' failed\n    - at '/properties/a/pattern': '(?=x)' is not valid regex: error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
            ),
        ),
    ];
    for (schema, expected) in cases {
        assert_eq!(checked(schema, "a: 1\n"), expected, "{schema}");
    }
}

#[test]
fn references_that_lead_nowhere_are_told_in_the_words_of_the_library() {
    let cases = [
        (r##"{"$ref":"#/$defs/x"}"##, r#"json-pointer in "file:///values.schema.json#/$defs/x" not found"#),
        (
            r##"{"$ref":"#x"}"##,
            r#"anchor in "file:///values.schema.json#x" not found in schema "file:///values.schema.json""#,
        ),
        (r#"{"$ref":"x.json"}"#, r#"failing loading "file:///x.json": open /x.json: no such file or directory"#),
        (r#"{"$ref":"ftp://x/y"}"#, r#"failing loading "ftp://x/y": no URLLoader registered for "ftp://x/y""#),
    ];
    for (schema, expected) in cases {
        assert_eq!(a(schema, "1"), expected, "{schema}");
    }
    assert!(a(r#"{"$ref":"https://example.com/x"}"#, "1").starts_with("failing loading \"https://example.com/x\": "));
    assert_eq!(a(r##"{"$ref":"#"}"##, "1"), "");
    assert_eq!(a(r#"{"$ref":"http://json-schema.org/draft-07/schema#"}"#, "{type: string}"), "");
}

#[test]
fn drafts_have_their_own_rules() {
    let seventh = |rest: &str, values: &str| {
        checked(&format!(r#"{{"$schema":"http://json-schema.org/draft-07/schema#",{rest}}}"#), values)
    };
    // Formats are asserted up to draft 7, and nothing counts beside a reference.
    assert_eq!(
        seventh(r#""properties":{"a":{"format":"uri"}}"#, "a: x/y\n"),
        "- at '/a': 'x/y' is not valid uri: relative url\n"
    );
    let beside =
        r##""definitions":{"s":{"type":"string"}},"properties":{"a":{"$ref":"#/definitions/s","maxLength":1}}"##;
    assert_eq!(seventh(beside, "a: xyz\n"), "");
    assert_eq!(
        seventh(r##""properties":{"a":{"$ref":"#/$defs/s"}},"$defs":{"s":{"type":"string"}}"##, "a: 1\n"),
        "- at '/a': got number, want string\n"
    );
    assert!(seventh(r#""properties":{"a":{"enum":[1,1]}}"#, "a: 1\n").contains("items at 0 and 1 are equal"));
    assert_eq!(a(r#"{"enum":[1,1]}"#, "1"), "");
    assert_eq!(a(r#"{"format":"uri"}"#, "x/y"), "");
    assert_eq!(checked(r#"{"$schema":"http://json-schema.org/schema#","type":"object"}"#, "a: 1\n"), "");
    let fourth = r#"{"$schema":"http://json-schema.org/draft-04/schema#","properties":{"a":{"minimum":5,"exclusiveMinimum":true}}}"#;
    assert_eq!(checked(fourth, "a: 5\n"), "- at '/a': exclusiveMinimum: got 5, want 5\n");
}

#[test]
fn a_quick_look_never_says_more_than_the_schema_of_the_draft() {
    let parts = [
        r#""type":"string""#,
        r#""type":["string","string"]"#,
        r#""type":[]"#,
        r#""properties":{"a":{"type":"x"}}"#,
        r#""properties":[]"#,
        r#""items":[{}]"#,
        r#""items":[]"#,
        r#""items":{"minimum":"x"}"#,
        r#""required":["a","a"]"#,
        r#""required":"a""#,
        r#""enum":[]"#,
        r#""enum":[1,1]"#,
        r#""enum":["a","b"]"#,
        r#""minLength":-1"#,
        r#""minLength":1.0"#,
        r#""multipleOf":0"#,
        r#""pattern":"(""#,
        r#""patternProperties":{"(":{}}"#,
        r#""allOf":[]"#,
        r#""allOf":[{"not":3}]"#,
        r#""description":1"#,
        r#""deprecated":"x""#,
        r#""examples":{}"#,
        r#""uniqueItems":1"#,
        r#""$defs":{"x":1}"#,
        r#""definitions":{"x":1}"#,
        r#""if":1"#,
        r#""additionalProperties":"x""#,
        r#""dependencies":{"a":["b"]}"#,
        r#""$ref":1"#,
        r#""$id":"a#b""#,
        r#""unknown":{"type":"x"}"#,
        r#""contains":[]"#,
        r#""prefixItems":[]"#,
        r#""minContains":"x""#,
        r#""contentSchema":3"#,
    ];
    let drafts = [
        "http://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    ];
    for draft in drafts {
        for part in parts {
            let text = format!(r#"{{"$schema":"{draft}",{part}}}"#);
            let json = json::parse(text.as_bytes()).expect(part);
            let library = Library::new(ADDRESS, &json).expect(part);
            let named = library.resource(&library.root()).draft;
            if plain::is_right(&json, named) {
                let (address, schema) = meta::of(named).expect("known");
                let mut meta = Library::new(address, schema).expect("fine");
                usable::follow(&mut meta, &Limits::default()).expect("fine");
                let faults = Evaluation::new(&meta, true, &Limits::default())
                    .run(&meta.root(), &usable::to_value(&json))
                    .expect("small");
                assert!(faults.is_none(), "{draft} {part}: {faults:?}");
            }
        }
    }
}

#[test]
fn hostile_schemas_end_in_an_error() {
    let chain: Vec<String> = (0..10_000).map(|i| format!(r##""a{i}":{{"$ref":"#/$defs/a{}"}}"##, i + 1)).collect();
    let chain = format!(r##"{{"$ref":"#/$defs/a0","$defs":{{{}}}}}"##, chain.join(","));
    let double: Vec<String> = (0..60)
        .map(|i| format!(r##""a{i}":{{"allOf":[{{"$ref":"#/$defs/a{0}"}},{{"$ref":"#/$defs/a{0}"}}]}}"##, i + 1))
        .collect();
    let double = format!(r##"{{"$ref":"#/$defs/a0","$defs":{{{},"a60":true}}}}"##, double.join(","));
    let cycle = r##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}"##;
    let deep = format!("{}{{}}{}", r#"{"not":"#.repeat(150), "}".repeat(150));
    let work = move || {
        for schema in [chain.as_str(), double.as_str(), cycle, &deep, &"[".repeat(100_000)] {
            assert_ne!(checked(schema, "a: 1\n"), "", "{:.40}", schema);
        }
        assert!(a(&format!(r#"{{"pattern":"{}"}}"#, "a".repeat(1 << 20)), "x").contains("regular expression"));
    };
    let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(work).expect("a thread");
    thread.join().expect("no overflow");
}

#[test]
fn a_reference_to_itself_is_a_cycle() {
    let expected = "- at '': both /$ref/$ref/$ref and /$ref resolve to \"file:///values.schema.json#/$defs/a\" causing reference cycle\n";
    let schema = r##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}"##;
    assert_eq!(checked(schema, "a: 1\n"), expected);
}
