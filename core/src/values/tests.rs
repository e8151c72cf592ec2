//! Values from text to findings, as a caller sees them.

use super::*;
use crate::diag::Diagnostics;
use crate::package::{Loaded, Package, load};
use crate::source::{FileTree, Limits, SourceMap, VPath};
use crate::value::{Value, ValuePath};
use std::sync::Arc;

const RHUMB: &str = "apiVersion: rhumb.dev/v1\nkind: Package\nname: web\nversion: 1.0.0\n";

struct Case {
    package: Arc<Package>,
    sources: SourceMap,
}

fn package(files: &[(&str, &str)]) -> Case {
    let mut sources = SourceMap::new();
    let mut tree: FileTree = files.iter().copied().collect();
    if !files.iter().any(|(path, _)| *path == "rhumb.yaml") {
        tree.insert(VPath::parse("rhumb.yaml").expect("fine"), RHUMB.as_bytes());
    }
    let outcome = load(&tree, &VPath::root(), &mut sources, &Limits::default());
    assert!(!outcome.diagnostics.has_errors(), "{:?}", outcome.diagnostics);
    let Loaded::Package(package) = outcome.value else { panic!("no package") };
    Case { package, sources }
}

fn text(findings: &Diagnostics, sources: &SourceMap) -> String {
    let line = |d: &crate::diag::Diagnostic| {
        let place = sources.describe(d.span()).unwrap_or_else(|| "-".to_owned());
        let help = d.help.as_ref().map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{place} {}{help}\n", d.message)
    };
    findings.iter().map(line).collect()
}

impl Case {
    fn compose(&mut self, files: &[&str], flags: &[(SetFlag, &str)]) -> (Values, Diagnostics) {
        let mut layers = Vec::new();
        for (flag, text) in flags {
            layers.push(Layer::flag(*flag, text, &mut self.sources));
        }
        for (i, text) in files.iter().enumerate() {
            let name = format!("f{}.yaml", i + 1);
            layers.push(Layer::file(&name, text, &mut self.sources, &Limits::default()).value);
        }
        let read =
            |path: &str| if path == "a.txt" { Ok("content\n".to_owned()) } else { Err(format!("no file `{path}`")) };
        let outcome = compose(&self.package, &layers, &read, &Limits::default());
        (outcome.value, outcome.diagnostics)
    }
}

fn json(value: &Value) -> String {
    serde_json::to_string(value).expect("values write")
}

/// Composes one flag over a values file and gives the values, or the place and text of the error.
fn check_flag(flag: SetFlag, base: &str, given: &str, expected: &str) {
    let mut case = package(&[]);
    let (values, findings) = case.compose(&[base], &[(flag, given)]);
    let found = if findings.is_empty() { json(values.value()) } else { text(&findings, &case.sources) };
    assert_eq!(found.trim_end(), expected, "{given}");
}

#[test]
fn set_types_what_looks_like_a_number_or_boolean() {
    let check = |given, expected| check_flag(SetFlag::Set, "", given, expected);
    check("a=1,b=true,c=NULL,d=0123,e=0,f=1.5,g=-3", r#"{"a":1,"b":true,"c":null,"d":"0123","e":0,"f":"1.5","g":-3}"#);
    check("a=9223372036854775807,b=9223372036854775808", r#"{"a":9223372036854775807,"b":"9223372036854775808"}"#);
    check(r"a\.b.c=x\,y", r#"{"a.b":{"c":"x,y"}}"#);
    check("a={1,x,true},b=", r#"{"a":[1,"x",true],"b":""}"#);
    check("a={}", r#"{"a":[""]}"#);
    check("a[1].b[0]=x", r#"{"a":[null,{"b":["x"]}]}"#);
    check("a=b=c", r#"{"a":"b=c"}"#);
    check("", "{}");
    check("a=1,", r#"{"a":1}"#);
}

#[test]
fn what_set_cannot_read_is_refused_with_its_place() {
    let check = |given, expected| check_flag(SetFlag::Set, "m: 1\nl: [1]\n", given, expected);
    check("a", "--set:1:1 failed parsing --set data: key \"a\" has no value | write `key=value`");
    check(
        "x=1,a,b=2",
        "--set:1:5 failed parsing --set data: key \"a\" has no value (cannot end with ,) | write `key=value`, and `\\,` for a comma that is part of a value",
    );
    check("a={1,2", "--set:1:3 failed parsing --set data: list must terminate with '}'");
    check("a[-1]=x", "--set:1:6 failed parsing --set data: negative -1 index not allowed");
    check(
        "a[x]=1",
        "--set:1:3 failed parsing --set data: error parsing index: strconv.Atoi: parsing \"x\": invalid syntax",
    );
    check(
        "a[65537]=1",
        "--set:1:9 failed parsing --set data: index of 65537 is greater than maximum supported index of 65536",
    );
    check("a[0]x=1", "--set:1:5 failed parsing --set data: unexpected data at end of array index: \"x\"");
    check("m.x=1", "--set:1:1 failed parsing --set data: unable to parse key: \"m\" is an integer, not a map");
    let deep = format!("{}=1", vec!["a"; 32].join("."));
    let place = "--set:1:61 failed parsing --set data: value name nested level is greater than maximum supported nested level of 30";
    check(&deep, place);
}

#[test]
fn a_values_file_is_one_document() {
    let text = "# none\n---\na: {x: 1}\nb: 1\n---\n---\na: {z: 2}\nb: null\n";
    let mut sources = SourceMap::new();
    let native = Layer::file("v.yaml", text, &mut sources, &Limits::default());
    let finding = native.diagnostics.iter().next().expect("an error");
    assert_eq!((finding.code, sources.describe(finding.span()).as_deref()), ("values-documents", Some("v.yaml:7:1")));
    let one = Layer::file("v.yaml", "# none\n---\na: 1\n---\n# nothing more\n", &mut sources, &Limits::default());
    assert!(one.diagnostics.is_empty());
}

#[test]
fn the_end_of_a_flag_ends_what_stands_open() {
    let check = |given, expected| check_flag(SetFlag::Set, "", given, expected);
    check("a[0", "{}");
    check("a[0]", r#"{"a":[]}"#);
    check("a[0][1]", r#"{"a":[]}"#);
    check("a.b=", r#"{"a":{"b":""}}"#);
    check("a[0]=", r#"{"a":[""]}"#);
    // Helm loses the value here, and so do we.
    check("a[0].b=", r#"{"a":[]}"#);
    check_flag(SetFlag::Json, "", "a=1b=2", r#"{"a":1,"b":2}"#);
    check_flag(SetFlag::Json, "", "a=nullb=2", r#"{"a":null,"b":2}"#);
}

#[test]
fn set_edits_the_lists_of_files() {
    check_flag(SetFlag::Set, "a: [1, 2]\n", "a[1]=9", r#"{"a":[1,9]}"#);
    check_flag(SetFlag::Set, "a: [{x: 1, z: 2}]\n", "a[0].x=9", r#"{"a":[{"x":9,"z":2}]}"#);
    check_flag(SetFlag::Set, "a: {b: 1}\n", "a.c=2", r#"{"a":{"b":1,"c":2}}"#);
}

#[test]
fn the_other_flags_read_as_helm_does() {
    check_flag(SetFlag::String, "", "a=1,b=true,c={1,2}", r#"{"a":"1","b":"true","c":["1","2"]}"#);
    check_flag(SetFlag::Literal, "", r"a.b=x,y={1\,2}", r#"{"a":{"b":"x,y={1\\,2}"}}"#);
    check_flag(SetFlag::File, "", "a=a.txt", r#"{"a":"content\n"}"#);
    check_flag(SetFlag::File, "", "a=b.txt", "--set-file:1:3 failed parsing --set-file data: no file `b.txt`");
    check_flag(SetFlag::Json, "", r#"a={"x":[1,2]},b.c=3 ,d="#, r#"{"a":{"x":[1,2]},"b":{"c":3},"d":null}"#);
    check_flag(SetFlag::Json, "a: {b: 1}\n", r#" {"a":{"c":2}}"#, r#"{"a":{"b":1,"c":2}}"#);
    check_flag(
        SetFlag::Json,
        "",
        "a={x",
        "--set-json:1:4 failed parsing --set-json data: value is no JSON: key must be a string",
    );
}

#[test]
fn flags_count_in_the_order_of_helm() {
    let mut case = package(&[]);
    let flags =
        [(SetFlag::Literal, "e=5"), (SetFlag::String, "a=3,b=3"), (SetFlag::Set, "a=2"), (SetFlag::Json, "a=1,c=1")];
    let (values, _) = case.compose(&["a: 0\n"], &flags);
    assert_eq!(json(values.value()), r#"{"a":"3","c":1,"b":"3","e":"5"}"#);
}

#[test]
fn every_leaf_knows_its_layer_and_place() {
    let files = [
        ("values.yaml", "replicas: 1\nimage:\n  tag: a\n"),
        ("values.schema.json", r#"{"properties":{"port":{"default":80}}}"#),
    ];
    let mut case = package(&files);
    let (values, findings) = case.compose(&["image:\n  tag: b\n"], &[(SetFlag::Set, "image.tag=c,x.y=1")]);
    assert!(findings.is_empty());
    let place = |path: &str| {
        let origin = values.origin(&ValuePath::parse(path).expect("a path")).expect("is there");
        let layer = values.layer(origin.layer).expect("a layer");
        format!("{} {}", layer.name, case.sources.describe(origin.span).expect("a place"))
    };
    assert_eq!(place("replicas"), "values.yaml values.yaml:1:11");
    assert_eq!(place("image.tag"), "--set --set:1:11");
    assert_eq!(place("image"), "values.yaml values.yaml:2:1");
    assert_eq!(place("x.y"), "--set --set:1:17");
    assert!(place("port").starts_with("values.schema.json values.schema.json:1:"), "{}", place("port"));
    let history = values.history(&ValuePath::keys(["image", "tag"]));
    let seen: Vec<String> = history.iter().map(|e| json(&e.value)).collect();
    assert_eq!(seen, [r#""a""#, r#""b""#, r#""c""#]);
}

#[test]
fn dependencies_get_their_key_and_the_globals() {
    let parent = format!("{RHUMB}dependencies:\n- {{name: db, path: db, condition: db.enabled}}\n");
    let files = [
        ("rhumb.yaml", parent.as_str()),
        ("values.yaml", "global: {zone: a}\ndb:\n  size: 2\n"),
        ("db/rhumb.yaml", RHUMB),
        ("db/values.yaml", "size: 1\nuser: root\nkeep: 1\n"),
    ];
    let mut case = package(&files);
    let (values, _) = case.compose(&["db: {user: null}\n"], &[(SetFlag::Set, "global.zone=b")]);
    let package = Arc::clone(&case.package);
    let dependency = &package.dependencies[0];
    let scoped = values.scope(dependency);
    assert_eq!(json(scoped.value()), r#"{"size":2,"keep":1,"global":{"zone":"b"}}"#);
    assert_eq!(case.sources.describe(scoped.span(&ValuePath::keys(["size"]))).as_deref(), Some("values.yaml:3:9"));
    assert_eq!(scoped.history(&ValuePath::keys(["size"])).len(), 2);
    assert_eq!(scoped.history(&ValuePath::keys(["global", "zone"])).len(), 2);
    assert!(enabled(dependency, &values));
    let (values, _) = case.compose(&[], &[(SetFlag::Set, "db.enabled=false")]);
    assert!(!enabled(dependency, &values));
}

const SCHEMA: &str = r##"{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "required": ["host"], "additionalProperties": false,
  "properties": {
    "replicas": {"type": "integer", "minimum": 1, "description": "how many"},
    "host": {"type": "string", "description": "the DNS name"},
    "pull": {"enum": ["Always", "Never"]},
    "image": {"$ref": "#/definitions/image"}
  },
  "definitions": {"image": {"type": "object", "properties": {"tag": {"type": "string"}}, "additionalProperties": false}}
}"##;

#[test]
fn schema_defaults_come_through_references_and_parts() {
    let schema = r##"{"allOf": [{"properties": {"b": {"default": 1}}}], "properties": {
        "a": {"$ref": "#/$defs/a"}, "b": {"default": 2}, "o": {"default": {"x": 1}, "properties": {"y": {"default": 2}}},
        "loop": {"$ref": "#"}}, "$defs": {"a": {"properties": {"c": {"default": "d"}}}}}"##;
    let mut case = package(&[("values.schema.json", schema), ("values.yaml", "o: {x: 5}\n")]);
    let (values, _) = case.compose(&[], &[]);
    let get = |path: &str| values.value().at(&ValuePath::parse(path).expect("a path")).map(json);
    assert_eq!(get("a").as_deref(), Some(r#"{"c":"d"}"#));
    assert_eq!(get("b").as_deref(), Some("2"));
    assert_eq!(get("loop"), None);
    assert_eq!(get("o").as_deref(), Some(r#"{"y":2,"x":5}"#));
    let span = values.span(&ValuePath::keys(["b"]));
    assert_eq!(case.sources.describe(span).as_deref(), Some("values.schema.json:2:54"));
}

#[test]
fn violations_stand_where_the_value_was_set() {
    let mut case = package(&[("values.schema.json", SCHEMA), ("values.yaml", "replicas: 1\n")]);
    let file = "replicas: many\npull: Alway\nimage:\n  tga: 1\n  tag: 2\nfoo: 1\n";
    let (values, _) = case.compose(&[file], &[]);
    let found = check_schemas(&case.package, &values, &Limits::default());
    let expected = "\
values.yaml:1:1 `host` is missing | set `host`: the DNS name
f1.yaml:1:11 `replicas` must be an integer, found string
f1.yaml:2:7 `pull` must be one of the values that the schema allows, found \"Alway\" | did you mean `Always`?
f1.yaml:4:3 `image.tga` is no value that the schema knows | did you mean `tag`?
f1.yaml:5:8 `image.tag` must be a string, found integer
f1.yaml:6:1 `foo` is no value that the schema knows
";
    assert_eq!(text(&found, &case.sources), expected);
    let (values, _) = case.compose(&["host: a\n"], &[(SetFlag::Set, "replicas=0")]);
    let found = check_schemas(&case.package, &values, &Limits::default());
    assert_eq!(text(&found, &case.sources), "--set:1:10 `replicas` must be at least 1, found 0\n");
}

#[test]
fn a_hostile_schema_is_refused_with_its_place() {
    let check = |schema: &str, expected: &str| {
        let mut case = package(&[("values.schema.json", schema)]);
        let (values, _) = case.compose(&[], &[]);
        let found = text(&check_schemas(&case.package, &values, &Limits::default()), &case.sources);
        assert!(found.contains(expected), "{found}");
    };
    check(
        r#"{"$ref": "file:///etc/passwd"}"#,
        "values.schema.json:1:10 `values.schema.json` is no usable schema: `$ref` leads out",
    );
    check(r##"{"$ref": "#/definitions/x"}"##, "leads nowhere");
    check(r#"{"type": 5}"#, "values.schema.json:1:10");
    let chain: String = (0..10_000).map(|i| format!(r##""d{i}": {{"$ref": "#/$defs/d{}"}},"##, i + 1)).collect();
    check(&format!(r##"{{"$ref": "#/$defs/d0", "$defs": {{{chain} "d10000": {{}}}}}}"##), "nested too deeply");
    let twice: String = (0..40)
        .map(|i| format!(r##""d{i}": {{"allOf": [{{"$ref": "#/$defs/d{0}"}}, {{"$ref": "#/$defs/d{0}"}}]}},"##, i + 1))
        .collect();
    check(&format!(r##"{{"$ref": "#/$defs/d0", "$defs": {{{twice} "d40": {{}}}}}}"##), "unfolds to too many parts");
}

#[test]
fn large_and_recursive_schemas_end_in_time() {
    let all = vec![r#"{"type": "object"}"#; 10_000].join(",");
    for schema in [
        format!(r#"{{"allOf": [{all}]}}"#),
        r##"{"$ref": "#"}"##.to_owned(),
        r##"{"allOf": [{"$ref": "#"}]}"##.to_owned(),
        r##"{"properties": {"a": {"$ref": "#"}}}"##.to_owned(),
        r##"{"properties": {"a": {"pattern": "(a+)+$"}}}"##.to_owned(),
    ] {
        let mut case = package(&[("values.schema.json", &schema)]);
        let deep = format!("{}1{}", "{a: ".repeat(50), "}".repeat(50));
        let (values, _) = case.compose(&[&deep], &[]);
        let found = check_schemas(&case.package, &values, &Limits::default());
        assert!(found.len() < 3, "{found:?}");
    }
}

#[test]
fn keys_that_nobody_knows_are_reported_with_the_nearest_name() {
    let files = [("values.yaml", "replicas: 1\nlabels: {}\nimage: {tag: a}\nports: [{name: x}]\n")];
    let mut case = package(&files);
    let file =
        "replica: 2\nlabels: {any: 1}\nimage: {tga: b}\nonly: {read: 1, other: 2}\nglobal: {x: 1}\nports: [{nam: y}]\n";
    let (values, _) = case.compose(&[file], &[(SetFlag::Set, "x.y=1")]);
    let mut reads = ReadPaths::new();
    let key = |name: &str| ReadStep::Key(name.into());
    reads.add(&[key("labels")], true);
    reads.add(&[key("only"), key("read")], true);
    reads.add(&[key("ports"), ReadStep::Any, key("name")], true);
    let found = unknown_keys(&case.package, &values, &reads);
    let expected = "\
--set:1:1 no default and no template knows the value `x`
f1.yaml:1:1 no default and no template knows the value `replica` | did you mean `replicas`?
f1.yaml:3:9 no default and no template knows the value `image.tga` | did you mean `tag`?
f1.yaml:4:17 no default and no template knows the value `only.other`
f1.yaml:6:10 no default and no template knows the value `ports[0].nam` | did you mean `name`?
";
    assert_eq!(text(&found, &case.sources), expected);
    reads.set_unknowable();
    assert!(unknown_keys(&case.package, &values, &reads).is_empty());
}

#[test]
fn no_flag_panics_and_all_end_in_time() {
    let parts = ["a", ".", "[", "]", "=", ",", "{", "}", "\\", "0", "65536", "ü", "\"", " ", "-1", "null", "1e9", "\n"];
    let mut seed: u64 = 7;
    let mut case = package(&[]);
    for round in 0..3_000 {
        let mut given = String::new();
        for _ in 0..(round % 20) {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            given.push_str(parts[usize::try_from(seed >> 33).expect("31 bits") % parts.len()]);
        }
        let flags = [SetFlag::Json, SetFlag::Set, SetFlag::String, SetFlag::File, SetFlag::Literal];
        let (values, _) = case.compose(&["a: {a: [1, {a: 2}]}\n"], &[(flags[round % 5], &given)]);
        assert!(values.value().as_map().is_some());
    }
    let long: Vec<String> = (0..50_000).map(|i| format!("k{i}=v")).collect();
    let (values, findings) = case.compose(&[], &[(SetFlag::Set, &long.join(","))]);
    assert!(findings.is_empty());
    assert_eq!(values.value().as_map().map(crate::value::Map::len), Some(50_000));
    let lists: Vec<String> = (0..2_000).map(|i| format!("k{i}[65536]=v")).collect();
    let (_, findings) = case.compose(&[], &[(SetFlag::Set, &lists.join(","))]);
    assert!(findings.has_errors());
}
