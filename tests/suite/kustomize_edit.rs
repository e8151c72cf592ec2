//! `kustomize edit` as data: `tests/cases/kustomize-edit/cases.yaml`.
//!
//! A case has `arguments`, `before` (the file before), `files` that are there too, and what is to come out: `after` is
//! the file that rhumb writes, `kustomize` the one that kustomize v5.8.1 writes, `error` its first line where it fails.
//! Both files must mean the same, and the comments of `before` must be in `after`, but for those in `gone`.
//! `UPDATE=1` writes `after`, and with the program `kustomize` among the peers also what that one does.

use std::path::Path;
use std::process::{Command, Stdio};

use rhumb::source::Limits;
use rhumb::value::{Map, Value};
use rhumb::yaml::{Dialect, Emitter, Numbers, unmarshal};
use rhumb_tests::{first_difference, program, workspace};

#[test]
fn files_are_edited_as_with_kustomize_and_keep_their_comments() {
    let path = workspace::root().join("tests/cases/kustomize-edit/cases.yaml");
    let cases = read(&std::fs::read_to_string(&path).expect("the cases"));
    let cases = cases.as_seq().expect("a list");
    assert!(cases.len() > 20, "no cases");
    let (mut failed, mut updated) = (Vec::new(), Vec::new());
    for case in cases {
        let folder = tempfile::tempdir().expect("a temporary folder");
        prepare(folder.path(), case);
        let arguments: Vec<&str> = ["kustomize", "edit"].into_iter().chain(texts(case, "arguments")).collect();
        let ran = program::run(folder.path(), &arguments);
        let after = std::fs::read_to_string(folder.path().join("kustomization.yaml")).expect("the file");
        if workspace::update() {
            updated.push(update(case, &after));
        } else if let Some(why) = check(case, &after, &ran) {
            failed.push(format!("{}: {why}", arguments.join(" ")));
        }
    }
    if workspace::update() {
        let text = Emitter { dialect: Dialect::Kyaml, sort_keys: false }.write(&Value::from(updated));
        std::fs::write(path, text).expect("writable");
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

fn read(text: &str) -> Value {
    unmarshal(text, Numbers::Exact, &Limits::default()).expect("YAML")
}

fn text<'v>(case: &'v Value, key: &str) -> &'v str {
    case.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn texts<'v>(case: &'v Value, key: &str) -> impl Iterator<Item = &'v str> {
    case.get(key).and_then(Value::as_seq).unwrap_or_default().iter().filter_map(Value::as_str)
}

fn prepare(folder: &Path, case: &Value) {
    std::fs::write(folder.join("kustomization.yaml"), text(case, "before")).expect("writable");
    texts(case, "files").for_each(|name| std::fs::write(folder.join(name), "").expect("writable"));
}

fn check(case: &Value, after: &str, ran: &program::Ran) -> Option<String> {
    let error = text(case, "error");
    if ran.ok() != error.is_empty() || !ran.stderr.starts_with(error) {
        return Some(format!("exit {:?} with {:?}, not {error:?}", ran.code, ran.stderr));
    }
    if after != text(case, "after") {
        return Some(first_difference(text(case, "after"), after));
    }
    let (ours, theirs) = (meaning(after), meaning(text(case, "kustomize")));
    if ours != theirs {
        return Some(format!("means {ours:?}, with kustomize {theirs:?}"));
    }
    let comments = |text: &str| text.lines().filter(|line| line.contains("# ")).count();
    let gone = text(case, "gone").lines().count();
    (comments(after) + gone < comments(text(case, "before"))).then(|| format!("comments are gone:\n{after}"))
}

// Kustomize writes what has a default, moves old fields, and sorts what is known by its name.
fn meaning(text: &str) -> Map {
    // What is no kustomization stays as it is, which has been compared.
    let read = unmarshal(text, Numbers::Exact, &Limits::default()).unwrap_or(Value::Null);
    let mut map = read.as_map().cloned().unwrap_or_default();
    map.remove("apiVersion");
    map.remove("kind");
    for (old, new) in [("bases", "resources"), ("imageTags", "images")] {
        let Some(moved) = map.remove(old) else { continue };
        let mut all = map.get(new).and_then(Value::as_seq).unwrap_or_default().to_vec();
        all.extend(moved.as_seq().unwrap_or_default().iter().cloned());
        map.insert(new, all.into());
    }
    if let Some(generators) = map.get("configMapGenerator").and_then(Value::as_seq) {
        let with_envs = |generator: &Value| {
            let mut generator = generator.as_map().cloned().unwrap_or_default();
            if let Some(env) = generator.remove("env") {
                generator.insert("envs", vec![env].into());
            }
            Value::from(generator)
        };
        let generators: Vec<Value> = generators.iter().map(with_envs).collect();
        map.insert("configMapGenerator", generators.into());
    }
    for field in ["images", "replicas"] {
        if let Some(items) = map.get(field).and_then(Value::as_seq) {
            let mut items = items.to_vec();
            items.sort_by_key(|item| item.get("name").and_then(Value::as_str).unwrap_or_default().to_owned());
            map.insert(field, items.into());
        }
    }
    map.retain(|_, value| !value.is_null() && value.as_seq().is_none_or(|items| !items.is_empty()));
    map
}

fn update(case: &Value, after: &str) -> Value {
    let mut case = case.as_map().cloned().unwrap_or_default();
    case.insert("after", after.into());
    if let Some(kustomize) = workspace::peer("kustomize") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let whole = Value::from(case.clone());
        prepare(folder.path(), &whole);
        let mut command = Command::new(kustomize);
        command.arg("edit").args(texts(&whole, "arguments")).current_dir(folder.path()).stdin(Stdio::null());
        let ran = command.output().expect("the program can be started");
        let written = std::fs::read_to_string(folder.path().join("kustomization.yaml")).expect("the file");
        case.insert("kustomize", written.into());
        let stderr = String::from_utf8_lossy(&ran.stderr).into_owned();
        let error = if ran.status.success() { "" } else { stderr.lines().next().unwrap_or_default() };
        // The folder is another one each time.
        case.insert("error", error.split(": must build at").next().unwrap_or_default().into());
    }
    case.into()
}
