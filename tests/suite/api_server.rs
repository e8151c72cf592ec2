//! Validation against what the API server says of the same objects.

use std::sync::Arc;

use rhumb::object::{Item, Object, ObjectSet, Origins};
use rhumb::schema::{KubeVersion, Options, SchemaSet, validate};
use rhumb::source::{Limits, SourceMap, Span};
use rhumb::yaml::{Node, Rules, normalize, parse};
use rhumb_tests::workspace;

fn read(name: &str) -> String {
    std::fs::read_to_string(workspace::root().join("tests/cases/api-server").join(name)).expect(name)
}

fn objects() -> Vec<serde_json::Value> {
    let text = read("objects.yaml");
    let file = SourceMap::new().add("objects.yaml", text.as_str());
    let documents = parse(&text, file, &Limits::default()).value.into_iter().filter_map(|document| document.root);
    let values = documents.map(|root| normalize(root, Rules::Kubectl, &Limits::default()).value.to_value());
    values.map(|value| serde_json::to_value(value).expect("JSON")).collect()
}

fn changed(object: &serde_json::Value, pointer: &str, value: &str) -> serde_json::Value {
    let mut object = object.clone();
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer below the root");
    let last = last.replace("~1", "/").replace("~0", "~");
    let value = (value != "-").then(|| serde_json::from_str(value).expect("JSON"));
    match (object.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}")), value) {
        (serde_json::Value::Object(map), Some(value)) => drop(map.insert(last, value)),
        (serde_json::Value::Object(map), None) => drop(map.remove(&last)),
        (serde_json::Value::Array(items), Some(value)) => items[last.parse::<usize>().expect("an index")] = value,
        (serde_json::Value::Array(items), None) => drop(items.remove(last.parse().expect("an index"))),
        (other, _) => panic!("{pointer} leads into {other}"),
    }
    object
}

// What validation finds wrong.
fn errors(object: &serde_json::Value, schemas: &SchemaSet) -> Vec<String> {
    let value = serde_json::from_value(object.clone()).expect("a value");
    let node = Node::from_value(&value, Span::NONE, None);
    let mut set = ObjectSet::new();
    let source: Arc<str> = "case".into();
    set.push(match Object::new(node.clone(), source.clone()) {
        Some(object) => Item::Object(object),
        None => Item::Other { node: Some(node), span: Span::NONE, source, text: None },
    });
    let findings = validate(&set, schemas, &Origins::new(), &Options::default());
    findings.iter().filter(|finding| finding.is_error()).map(|f| format!("{}: {}", f.code, f.message)).collect()
}

#[test]
fn verdicts_are_those_of_the_api_server() {
    let version = KubeVersion::parse("1.37").expect("a version");
    let schemas = SchemaSet::from_bytes(rhumb_schemas::kubernetes(), version).expect("readable");
    let objects = objects();
    for object in &objects {
        assert_eq!(errors(object, &schemas), Vec::<String>::new(), "{object}");
    }
    let verdicts = read("verdicts.tsv");
    let mut wrong = Vec::new();
    for line in verdicts.lines() {
        let [number, pointer, value, verdict] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let object = &objects[number.parse::<usize>().expect("a number")];
        let found = errors(&changed(object, pointer, value), &schemas);
        let right = match verdict {
            "refused" => !found.is_empty(),
            "taken" | "missed" => found.is_empty(),
            other => panic!("no verdict {other}"),
        };
        if !right {
            wrong.push(format!("{} {line}: {found:?}", object["kind"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), verdicts.lines().count(), wrong.join("\n"));
}
