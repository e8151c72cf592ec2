//! Charts and kustomizations of others, applied twice to a real API server: the second time nothing changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rhumb_tests::conformance::unpacked;
use rhumb_tests::kubelet::Kubelet;
use rhumb_tests::place::Place;
use rhumb_tests::program::run_line;
use rhumb_tests::workspace;
use serde_json::Value;

const CHARTS: usize = 40;
const KUSTOMIZATIONS: usize = 10;

// The charts whose default values give the same bytes each time, unpacked; none where they are not on this machine.
fn charts() -> Vec<PathBuf> {
    let Some(shared) = workspace::shared_conformance() else {
        println!("skipped: the conformance corpora are not on this machine");
        return Vec::new();
    };
    let folder = unpacked(&shared.join("helm/cases.tar.gz")).expect("the corpus");
    let mut charts = Vec::new();
    for entry in std::fs::read_dir(folder.join("helm/cases")).expect("cases") {
        let case = entry.expect("readable").path().join("default/case.json");
        let Ok(text) = std::fs::read_to_string(&case) else { continue };
        let json: Value = serde_json::from_str(&text).expect("JSON");
        if json["exit_code"] == 0 && json["nondeterministic"] == false {
            let name = case.ancestors().nth(2).and_then(Path::file_name).expect("a name");
            charts.push(folder.join("helm/charts").join(name));
        }
    }
    charts.sort();
    charts
}

// The kustomizations that build without flags and to the same bytes each time: the first of each repository, then the
// second ones.
fn kustomizations() -> Vec<PathBuf> {
    let Some(shared) = workspace::shared_conformance() else {
        println!("skipped: the conformance corpora are not on this machine");
        return Vec::new();
    };
    let real = unpacked(&shared.join("kustomize/cases.tar.gz")).expect("the corpus").join("kustomize/real");
    let of = |(number, repository): (usize, PathBuf)| {
        let usable = |case: PathBuf| {
            let json: Value = serde_json::from_str(&std::fs::read_to_string(&case).ok()?).ok()?;
            let plain = json["exit_code"] == 0
                && json["args"].as_array().is_none_or(Vec::is_empty)
                && !json["notes"].to_string().contains("NON-DETERMINISTIC");
            let built = std::fs::read_to_string(case.with_extension("yaml")).unwrap_or_default();
            let folder = repository.join("tree").join(json["dir"].as_str().unwrap_or("."));
            (plain && !built.trim().is_empty()).then_some(folder)
        };
        let cases = sorted(&repository.join("cases")).into_iter().filter_map(usable);
        cases.enumerate().map(|(place, folder)| (place, number, folder)).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = sorted(&real).into_iter().enumerate().flat_map(of).collect();
    all.sort();
    all.into_iter().map(|(_, _, folder)| folder).collect()
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    paths.retain(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "json"));
    paths
}

// The objects that an apply says it made, with the resourceVersion and the content without the status.
fn objects(place: &Place, made: &str) -> BTreeMap<String, (String, Value)> {
    let Some(kubectl) = workspace::peer("kubectl") else { return BTreeMap::new() };
    let name = |line: &str| {
        let object = line.strip_suffix(" created")?;
        let (rest, name) = object.rsplit_once('/')?;
        Some(format!("{}/{name}", rest.rsplit('/').next()?))
    };
    let names: Vec<String> = made.lines().filter_map(name).collect();
    let get = format!("get {} --ignore-not-found -o json", names.join(" "));
    let line =
        format!("{} --kubeconfig {} -n {} {get}", kubectl.display(), place.server.admin().display(), place.namespace);
    let ran = run_line(place.folder(), &line);
    let Ok(mut found) = serde_json::from_str::<Value>(&ran.stdout) else { return BTreeMap::new() };
    let items = match found["items"].as_array_mut() {
        Some(items) => std::mem::take(items),
        None => vec![found],
    };
    let one = |mut object: Value| {
        let key = format!("{}/{}", object["kind"], object["metadata"]["name"]);
        let version = object["metadata"]["resourceVersion"].to_string();
        if let Some(fields) = object.as_object_mut() {
            fields.remove("status");
        }
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.retain(|key, _| key != "resourceVersion" && key != "managedFields");
        }
        (key, (version, object))
    };
    items.into_iter().map(one).collect()
}

// The same, once the controllers have seen them.
fn quiet_objects(place: &Place, made: &str) -> BTreeMap<String, (String, Value)> {
    let mut seen = objects(place, made);
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(500));
        let now = objects(place, made);
        if now == seen {
            break;
        }
        seen = now;
    }
    seen
}

// Applies sources until so many went through, each twice, and deletes them again.
fn applied_twice(namespace: &'static str, sources: &[PathBuf], wanted: usize) {
    let Some(place) = Place::new(namespace) else { return };
    let _kubelet = Kubelet::start(&place);
    let (mut applied, mut compared, mut left_out) = (0, 0, Vec::new());
    for source in sources {
        if applied == wanted {
            break;
        }
        let name = source.display().to_string();
        let apply = format!("apply {name} --release t --timeout 20s");
        let first = place.run(&apply);
        if first.code == Some(0) {
            let before = quiet_objects(&place, &first.stdout);
            let again = place.run(&apply);
            assert_eq!(again.code, Some(0), "{name}: {}", again.stderr);
            assert!(again.stdout.ends_with(&format!("{namespace}/t: nothing to change\n")), "{name}: {}", again.stdout);
            for (object, (version, content)) in objects(&place, &first.stdout) {
                let Some((version_before, content_before)) = before.get(&object) else { continue };
                // What moved it may have been a controller, which writes the status.
                assert!(version == *version_before || content == *content_before, "{name}: {object} was written");
                compared += usize::from(version == *version_before);
            }
            applied += 1;
        } else {
            // Kinds and namespaces that are not here, names that are too long for the server.
            let reason = first.stderr.lines().find(|line| line.starts_with("error")).unwrap_or_default().to_owned();
            left_out.push(format!("{name}: {reason}"));
        }
        let gone = place.run("delete t --prune-crds --prune-namespaces --prune-volumes --wait");
        assert!(gone.code == Some(0) || gone.stderr.contains("release-not-found"), "{name}: {}", gone.stderr);
    }
    println!("left out:\n{}", left_out.join("\n"));
    println!("{compared} objects kept their resourceVersion");
    assert!(applied == wanted || sources.is_empty(), "{applied} applied");
    assert!(compared > wanted || sources.is_empty() || workspace::peer("kubectl").is_none(), "{compared} compared");
}

#[test]
fn charts_are_applied_twice() {
    match workspace::slow() {
        true => applied_twice("corpus-charts", &charts(), CHARTS),
        false => println!("skipped: it takes minutes; RUN_SLOW_TESTS=1 runs it"),
    }
}

#[test]
fn kustomizations_are_applied_twice() {
    match workspace::slow() {
        true => applied_twice("corpus-kustomizations", &kustomizations(), KUSTOMIZATIONS),
        false => println!("skipped: it takes minutes; RUN_SLOW_TESTS=1 runs it"),
    }
}
