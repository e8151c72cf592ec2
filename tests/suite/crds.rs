//! The CustomResourceDefinitions of the systems that users deploy: they are read without findings, and custom
//! resources are held against them.

use std::sync::OnceLock;

use rhumb::object::{Item, Object, ObjectSet, Origins};
use rhumb::schema::{KubeVersion, Options, SchemaSet, validate};
use rhumb::source::{Limits, SourceMap};
use rhumb::yaml::{Rules, normalize, parse};
use rhumb_tests::workspace;

fn objects(name: &str, text: &str, sources: &mut SourceMap) -> ObjectSet {
    let file = sources.add(name, text);
    let parsed = parse(text, file, &Limits::default());
    assert!(parsed.diagnostics.is_empty(), "{name}: {:?}", parsed.diagnostics);
    let mut set = ObjectSet::new();
    for root in parsed.value.into_iter().filter_map(|document| document.root) {
        let node = normalize(root, Rules::Kubectl, &Limits::default()).value;
        set.push(Item::Object(Object::new(node, name.into()).expect("an object")));
    }
    set
}

// The schemas of all definitions, read once; `None` where the folder is absent.
fn schemas() -> Option<&'static SchemaSet> {
    static SCHEMAS: OnceLock<Option<SchemaSet>> = OnceLock::new();
    SCHEMAS.get_or_init(read_all).as_ref()
}

fn read_all() -> Option<SchemaSet> {
    let mut sources = SourceMap::new();
    let Some(folder) = workspace::shared_crds() else {
        println!("skipped: no folder of CustomResourceDefinitions beside the repository");
        return None;
    };
    let mut schemas = SchemaSet::from_bytes(rhumb_schemas::kubernetes(), KubeVersion::LATEST).expect("readable");
    let mut count = 0;
    let entries = walkdir::WalkDir::new(&folder).sort_by_file_name().into_iter().map(|entry| entry.expect("readable"));
    for entry in entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "yaml")) {
        let name = entry.path().strip_prefix(&folder).expect("below its folder").display().to_string();
        let text = std::fs::read_to_string(entry.path()).expect("readable");
        let definitions = objects(&name, &text, &mut sources);
        let found = validate(&definitions, &schemas, &Origins::new(), &Options::default());
        assert!(found.is_empty(), "{name}: {found:?}");
        let found = schemas.add_crds(&definitions);
        assert!(found.is_empty(), "{name}: {found:?}");
        count += definitions.len();
    }
    assert!(count >= 30, "only {count} definitions below {}", folder.display());
    Some(schemas)
}

fn case(name: &str) -> ObjectSet {
    let path = workspace::root().join("tests/cases/crds").join(name);
    objects(name, &std::fs::read_to_string(path).expect(name), &mut SourceMap::new())
}

#[test]
fn resources_as_users_write_them_have_no_findings() {
    let Some(schemas) = schemas() else { return };
    let set = case("right.yaml");
    for object in set.objects() {
        assert!(schemas.has_api(&format!("{}/{}", object.gvk.api_version(), object.gvk.kind)), "{}", object.key());
    }
    let found = validate(&set, schemas, &Origins::new(), &Options { strict: true, ..Options::default() });
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn what_is_wrong_with_a_resource_is_found_at_its_field() {
    let Some(schemas) = schemas() else { return };
    let set = case("wrong.yaml");
    let findings = validate(&set, schemas, &Origins::new(), &Options::default());
    let found: Vec<String> = findings
        .iter()
        .map(|f| format!("{} {} {}", f.object.as_deref().unwrap_or(""), f.code, f.field.as_deref().unwrap_or("")))
        .collect();
    let expected: Vec<String> = set
        .objects()
        .map(|object| {
            let annotations = object.node.get("metadata").and_then(|metadata| metadata.get("annotations"));
            let wrong = annotations.and_then(|map| map.get("wrong")).and_then(|node| node.as_str());
            format!("{} {}", object.key(), wrong.expect("each says what is wrong"))
        })
        .collect();
    assert_eq!(found, expected);
}
