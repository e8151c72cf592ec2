//! Charts and kustomizations of others, applied twice to a real API server: the second time nothing changes.

use std::path::{Path, PathBuf};

use rhumb_tests::conformance::unpacked;
use rhumb_tests::kubelet::Kubelet;
use rhumb_tests::place::Place;
use rhumb_tests::workspace;

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
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
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
            let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&case).ok()?).ok()?;
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

// Applies sources until so many went through, each twice, and deletes them again.
fn applied_twice(namespace: &'static str, sources: &[PathBuf], wanted: usize) {
    let Some(place) = Place::new(namespace) else { return };
    let _kubelet = Kubelet::start(&place);
    let (mut applied, mut left_out) = (0, Vec::new());
    for source in sources {
        if applied == wanted {
            break;
        }
        let name = source.display().to_string();
        let apply = format!("apply {name} --release t --timeout 20s");
        let first = place.run(&apply);
        if first.code == Some(0) {
            let again = place.run(&apply);
            assert_eq!(again.code, Some(0), "{name}: {}", again.stderr);
            assert!(again.stdout.ends_with(&format!("{namespace}/t: nothing to change\n")), "{name}: {}", again.stdout);
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
    assert!(applied == wanted || sources.is_empty(), "{applied} applied");
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
