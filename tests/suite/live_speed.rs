//! How long a thousand objects take, beside kubectl, against a real API server.

use std::time::{Duration, Instant};

use rhumb_tests::place::Place;
use rhumb_tests::program::{Ran, run_line};
use rhumb_tests::releases::{documents, fine, map};
use rhumb_tests::workspace;

const OBJECTS: usize = 1000;

fn timed(run: impl FnOnce() -> Ran) -> (Ran, Duration) {
    let started = Instant::now();
    let ran = run();
    (ran, started.elapsed())
}

#[test]
fn a_thousand_objects_take_a_third_of_the_time_of_kubectl() {
    if !workspace::slow() {
        println!("skipped: it takes minutes; RUN_SLOW_TESTS=1 runs it");
        return;
    }
    let (Some(ours), Some(theirs)) = (Place::new("speed-rhumb"), Place::new("speed-kubectl")) else { return };
    let Some(kubectl) = workspace::peer("kubectl") else {
        println!("skipped: kubectl is not on this machine");
        return;
    };
    let all = |mode: &str| documents(&(0..OBJECTS).map(|n| map(&format!("m{n}"), mode)).collect::<Vec<_>>());
    let kubectl = |arguments: &str| {
        let kubeconfig = theirs.server.admin();
        let line = format!("{} --kubeconfig {} -n speed-kubectl {arguments}", kubectl.display(), kubeconfig.display());
        run_line(theirs.folder(), &line)
    };
    let mut times = Vec::new();
    for mode in ["1", "2"] {
        ours.write("all.yaml", &all(mode));
        theirs.write("all.yaml", &all(mode));
        let (diff, our_diff) = timed(|| ours.run("diff all.yaml --live"));
        assert_eq!(diff.code, Some(1), "{}", diff.stderr);
        let (diff, their_diff) = timed(|| kubectl("diff --server-side -f all.yaml"));
        assert_eq!(diff.code, Some(1), "{}", diff.stderr);
        let (apply, our_apply) = timed(|| ours.run("apply all.yaml --release shop"));
        fine(&apply);
        let (apply, their_apply) = timed(|| kubectl("apply --server-side -f all.yaml"));
        fine(&apply);
        times.push((format!("diff {mode}"), our_diff, their_diff));
        times.push((format!("apply {mode}"), our_apply, their_apply));
    }
    for (what, ours, theirs) in &times {
        println!("{what}: {ours:.1?} beside {theirs:.1?}");
    }
    // A build without optimization says nothing about speed.
    if !cfg!(debug_assertions) {
        for (what, ours, theirs) in times {
            assert!(ours * 3 < theirs, "{what}: {ours:?} beside {theirs:?}");
        }
    }
}
