//! Applies that something goes wrong with, against a real API server: nothing is lost, nothing is left over, and the next
//! apply finishes the work.

use std::time::Duration;

use rhumb::value::Value;
use rhumb_tests::faulty::{Fault, Faulty};
use rhumb_tests::place::Place;
use rhumb_tests::releases::{documents, fine, map, states};

struct Ended {
    code: Option<i32>,
    stderr: String,
    writes: usize,
    requests: usize,
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
    let child = place.start(&kubeconfig, &format!("apply all.yaml --release shop {more}"));
    faulty.set_victim(child.id());
    let output = child.wait_with_output().expect("it ends");
    Ended {
        code: output.status.code(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        writes: faulty.writes(),
        requests: faulty.requests(),
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
fn an_apply_sends_one_request_for_each_object_and_none_where_nothing_changes() {
    let Some(place) = Place::new("faults-counts") else { return };
    let apply = |mode: &str| {
        place.write("all.yaml", &documents(&(0..60).map(|n| map(&format!("m{n}"), mode)).collect::<Vec<_>>()));
        let ended = apply_with(&place, Fault::None, "");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        (ended.writes, ended.requests)
    };
    for mode in ["1", "2"] {
        let (writes, requests) = apply(mode);
        assert!((60..70).contains(&writes), "lock, records, and each object once: {writes}");
        assert!(requests - writes < 25, "what is read is read in lists: {requests}");
    }
    let (writes, requests) = apply("2");
    assert_eq!(writes, 0, "nothing changes");
    assert!(requests < 15, "{requests}");
}

#[test]
fn a_run_that_is_killed_anywhere_is_finished_by_the_next_one() {
    let Some(place) = Place::new("faults-killed") else { return };
    let clean = killed(&place, Fault::None);
    assert_eq!(clean.code, Some(0), "{}", clean.stderr);
    assert!(clean.writes >= 8, "lock, record, changes, records, lock: {}", clean.writes);
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
    let fault = Fault::Gone(2, Duration::from_secs(10));
    let ended = killed(&place, fault);
    // The lock may have ended in the meantime: then nothing more was written.
    assert!(ended.code == Some(0) || ended.stderr.contains("error[cluster-"), "{}", ended.stderr);
    finishes(&place, &[map("a", "2")], &["a"], fault);
}

#[test]
fn a_token_that_has_expired_stops_a_run_with_a_clear_word() {
    let Some(place) = Place::new("faults-token") else { return };
    // After the record and the first change.
    let fault = Fault::Expired(3);
    let ended = killed(&place, fault);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("error[cluster-unauthorized]") && ended.stderr.contains("log in again"),
        "{}",
        ended.stderr
    );
    finishes(&place, &[map("a", "2")], &["a"], fault);
}

// A webhook at which nobody answers, for what is labelled `slow` in a namespace.
fn silent_webhook(place: &Place, listener: &std::net::TcpListener) -> String {
    let url = format!("https://{}/", listener.local_addr().expect("an address"));
    let path = format!("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{}", place.namespace);
    let rule = "{apiGroups: [''], apiVersions: [v1], resources: [configmaps], operations: [CREATE, UPDATE]}";
    let text = format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {{name: {}}}\nwebhooks:\n\
         - name: silent.example.com\n  clientConfig: {{url: '{url}'}}\n  rules: [{rule}]\n  sideEffects: None\n  timeoutSeconds: 1\n  \
         failurePolicy: Fail\n  admissionReviewVersions: [v1]\n  objectSelector: {{matchLabels: {{slow: 'yes'}}}}\n  \
         namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {}}}}}\n",
        place.namespace, place.namespace
    );
    place.apply(&path, "tests", &text);
    path
}

#[test]
fn a_webhook_that_does_not_answer_stops_a_run_that_the_next_one_finishes() {
    let Some(place) = Place::new("faults-webhook") else { return };
    place.write("all.yaml", &documents(&[map("a", "1"), map("old", "1")]));
    fine(&place.run("apply all.yaml --release shop"));
    // Connections are taken and nothing is said.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let webhook = silent_webhook(&place, &listener);
    let slow = map("new", "1").replace("  name: new\n", "  name: new\n  labels: {slow: 'yes'}\n");
    // The server hears of it a moment later.
    let started = std::time::Instant::now();
    let probe = format!("{}?dryRun=All", place.path("configmaps", "new").trim_end_matches("/new"));
    let body = r#"{"metadata":{"name":"probe","labels":{"slow":"yes"}}}"#;
    while place.send("POST", &probe, "application/json", body).is_ok() {
        assert!(started.elapsed() < Duration::from_secs(30), "the webhook is called");
        std::thread::sleep(Duration::from_millis(100));
    }
    let next = [map("a", "2"), slow];
    place.write("all.yaml", &documents(&next));
    let failed = place.run("apply all.yaml --release shop");
    assert_eq!(failed.code, Some(1), "{}", failed.stdout);
    assert!(
        failed.stderr.contains("silent.example.com") && failed.stderr.contains("faults-webhook/ConfigMap/new"),
        "{}",
        failed.stderr
    );
    assert_eq!(names(&place), ["a", "old"], "what is to go stays until the rest is there");
    assert_eq!(states(&place, "shop"), ["1 deployed", "2 failed"]);
    // Now that the last run has failed, the server is asked before anything is written.
    let asked = place.run("apply all.yaml --release shop");
    assert!(asked.stderr.contains("silent.example.com"), "{}", asked.stderr);
    assert_eq!(states(&place, "shop"), ["1 deployed", "2 failed"], "nothing was begun");
    place.send("DELETE", &webhook, "application/json", "").expect("deleted");
    let started = std::time::Instant::now();
    while place.send("POST", &probe, "application/json", body).is_err() {
        assert!(started.elapsed() < Duration::from_secs(30), "the webhook is gone");
    }
    finishes(&place, &next, &["a", "new"], Fault::None);
}
