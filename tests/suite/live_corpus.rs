//! Charts and kustomizations of others, applied twice to a real API server: the second time nothing changes.

use std::path::{Path, PathBuf};

use rhumb_tests::conformance::unpacked;
use rhumb_tests::place::Place;
use rhumb_tests::workspace;

const CHARTS: usize = 40;

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

#[test]
fn charts_are_applied_twice() {
    if !workspace::slow() {
        println!("skipped: it takes minutes; RUN_SLOW_TESTS=1 runs it");
        return;
    }
    let Some(place) = Place::new("corpus-charts") else { return };
    let (mut applied, mut left_out) = (0, Vec::new());
    for chart in charts() {
        if applied == CHARTS {
            break;
        }
        let name = chart.file_name().expect("a name").to_string_lossy().into_owned();
        // Nothing runs here: what waits for a Job of its own cannot come to an end.
        let apply = format!("apply {} --release t --timeout 1s", chart.display());
        let first = place.run(&apply);
        if first.code == Some(0) {
            let again = place.run(&apply);
            assert_eq!(again.code, Some(0), "{name}: {}", again.stderr);
            assert!(again.stdout.ends_with("corpus-charts/t: nothing to change\n"), "{name}: {}", again.stdout);
            applied += 1;
        } else {
            // Kinds that are not here, names that are too long for the server, hooks that would have to run.
            let reason = first.stderr.lines().next().unwrap_or_default().to_owned();
            left_out.push(format!("{name}: {reason}"));
        }
        let gone = place.run("delete t --prune-crds --prune-namespaces --prune-volumes --wait --timeout 1m");
        assert!(gone.code == Some(0) || gone.stderr.contains("release-not-found"), "{name}: {}", gone.stderr);
    }
    println!("left out:\n{}", left_out.join("\n"));
    assert!(applied == CHARTS || workspace::shared_conformance().is_none(), "{applied} applied");
}
