//! Applies that something goes wrong with, against a real API server: nothing is lost, nothing is left over, and the next
//! apply finishes the work.

use std::process::{Command, Stdio};
use std::time::Duration;

use rhumb::value::Value;
use rhumb_tests::faulty::{Fault, Faulty};
use rhumb_tests::place::Place;
use rhumb_tests::program::rhumb;
use rhumb_tests::releases::{documents, fine, map, states};

struct Ended {
    code: Option<i32>,
    stderr: String,
    writes: usize,
    has_killed: bool,
}

// Runs an apply of `all.yaml` through a server that fails.
fn apply_with(place: &Place, fault: Fault, more: &str) -> Ended {
    let faulty = Faulty::start(place.server.client().expect("a client"), fault);
    let kubeconfig = place.folder().join("faulty.kubeconfig");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: f\ncontexts: [{{name: f, context: {{cluster: f}}}}]\nclusters: [{{name: f, cluster: {{server: '{}'}}}}]\n",
        faulty.url
    );
    std::fs::write(&kubeconfig, text).expect("writable");
    let line = format!(
        "KUBECONFIG={} exec {} apply all.yaml --release shop -n {} {more}",
        kubeconfig.display(),
        rhumb().display(),
        place.namespace
    );
    let mut command = Command::new("sh");
    command.args(["-c", &line]).current_dir(place.folder()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("a shell");
    faulty.set_victim(child.id());
    let output = child.wait_with_output().expect("it ends");
    Ended {
        code: output.status.code(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        writes: faulty.writes(),
        has_killed: faulty.has_killed(),
    }
}

// As if so much time had passed that nobody could think the dead run alive.
fn let_the_lease_end(place: &Place) {
    let path = place.path("coordination.k8s.io/v1/leases", "rhumb.lock.shop");
    if place.get(&path).is_some() {
        let patch = r#"{"spec":{"renewTime":"2020-01-01T00:00:00.000000Z"}}"#;
        place.send("PATCH", &path, "application/merge-patch+json", patch).expect("patched");
    }
}

fn names(place: &Place) -> Vec<String> {
    let list = place.get(&format!("/api/v1/namespaces/{}/configmaps", place.namespace)).expect("a list");
    let items = list.get("items").and_then(Value::as_seq).unwrap_or_default();
    let name = |one: &Value| one.get("metadata").and_then(|metadata| metadata.get("name")?.as_str()).map(str::to_owned);
    // The controllers put the authority's certificate into every namespace.
    items.iter().filter_map(name).filter(|name| name != "kube-root-ca.crt").collect()
}

// A first revision with `a` and `old`, then one with `a` changed, `new` made and `old` deleted.
fn killed(place: &Place, fault: Fault) -> Ended {
    place.write("all.yaml", &documents(&[map("a", "1"), map("old", "1")]));
    fine(&place.run("apply all.yaml --release shop"));
    place.write("all.yaml", &documents(&[map("a", "2"), map("new", "1")]));
    let ended = apply_with(place, fault, "");
    let_the_lease_end(place);
    ended
}

// After whatever it was, `next` is applied and nothing but that is there.
fn finishes(place: &Place, next: &[String], want: &[&str], fault: Fault) {
    place.write("all.yaml", &documents(next));
    fine(&place.run("apply all.yaml --release shop"));
    assert_eq!(names(place), want, "{fault:?}");
    let states = states(place, "shop");
    assert_eq!(states.iter().filter(|state| state.ends_with("deployed")).count(), 1, "{fault:?}: {states:?}");
    assert!(!states.iter().any(|state| state.ends_with("applying")), "{fault:?}: {states:?}");
    let again = place.run("apply all.yaml --release shop");
    assert!(again.stdout.ends_with("nothing to change\n"), "{fault:?}: {}", again.stdout);
    fine(&place.run("delete shop"));
    assert!(names(place).is_empty(), "{fault:?}");
}

#[test]
fn a_run_that_is_killed_anywhere_is_finished_by_the_next_one() {
    let Some(place) = Place::new("faults-killed") else { return };
    let clean = killed(&place, Fault::None);
    assert_eq!(clean.code, Some(0), "{}", clean.stderr);
    assert!(clean.writes >= 8, "dry runs, lock, record, changes, record: {}", clean.writes);
    finishes(&place, &[map("a", "2")], &["a"], Fault::None);
    for at in 0..clean.writes {
        for fault in [Fault::KilledBefore(at), Fault::KilledAfter(at)] {
            let ended = killed(&place, fault);
            assert!(ended.has_killed, "{fault:?}: {:?} {}", ended.code, ended.stderr);
            // In turn the same again, and something else: what was made in between must be known for that.
            match at % 2 {
                0 => finishes(&place, &[map("a", "2"), map("new", "1")], &["a", "new"], fault),
                _ => finishes(&place, &[map("other", "1")], &["other"], fault),
            }
        }
    }
}

#[test]
fn a_server_that_is_busy_or_broken_now_and_then_is_asked_again() {
    let Some(place) = Place::new("faults-busy") else { return };
    for code in [429, 500, 503] {
        let ended = killed(&place, Fault::Refused(code));
        assert_eq!(ended.code, Some(0), "{code}: {}", ended.stderr);
        finishes(&place, &[map("a", "2")], &["a"], Fault::Refused(code));
    }
}

#[test]
fn a_server_that_is_gone_for_a_while_is_waited_for() {
    let Some(place) = Place::new("faults-gone") else { return };
    let fault = Fault::Gone(4, Duration::from_secs(10));
    let ended = killed(&place, fault);
    // The lock may have ended in the meantime: then nothing more was written.
    assert!(ended.code == Some(0) || ended.stderr.contains("error[cluster-"), "{}", ended.stderr);
    finishes(&place, &[map("a", "2")], &["a"], fault);
}

#[test]
fn a_token_that_has_expired_stops_a_run_with_a_clear_word() {
    let Some(place) = Place::new("faults-token") else { return };
    // After the record and the first change.
    let fault = Fault::Expired(5);
    let ended = killed(&place, fault);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("error[cluster-unauthorized]") && ended.stderr.contains("log in again"),
        "{}",
        ended.stderr
    );
    finishes(&place, &[map("a", "2")], &["a"], fault);
}
