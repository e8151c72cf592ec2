//! What becomes of releases in a real API server: `rhumb status`, `history`, `list`, `rollback`, `delete`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use rhumb_tests::place::Place;
use rhumb_tests::releases::{documents, fine, map, states};

#[test]
fn a_release_goes_back_to_what_it_was() {
    let Some(place) = Place::new("release-rollback") else { return };
    place.write("all.yaml", &documents(&[map("a", "1"), map("b", "1")]));
    fine(&place.run("apply all.yaml --release shop"));
    place.write("all.yaml", &documents(&[map("a", "2"), map("c", "1")]));
    fine(&place.run("apply all.yaml --release shop"));
    let back = place.run("rollback shop");
    fine(&back);
    assert!(back.stdout.ends_with("release-rollback/shop: revision 3 is deployed\n"), "{}", back.stdout);
    assert_eq!(place.text("configmaps", "a", &["data", "mode"]), "1");
    assert!(place.object("configmaps", "b").is_some());
    assert_eq!(place.object("configmaps", "c"), None);
    assert_eq!(states(&place, "shop"), ["1 superseded", "2 superseded", "3 deployed"]);
    let history = place.run("history shop");
    assert!(history.stdout.contains("rollback to 1"), "{}", history.stdout);
    let nowhere = place.run("rollback shop 9");
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.stderr.contains("no revision 9") && nowhere.stderr.contains("1, 2, 3"), "{}", nowhere.stderr);
    let json: serde_json::Value = serde_json::from_str(&place.run("history shop -o json").stdout).expect("JSON");
    assert_eq!(json[2]["revision"], 3);
}

struct Watch {
    child: std::process::Child,
    address: String,
    lines: BufReader<std::process::ChildStdout>,
}

impl Watch {
    fn start(place: &Place, arguments: &str) -> Watch {
        let mut child = place.start(&place.server.admin(), &format!("status shop --drift --watch {arguments}"));
        let mut said = String::new();
        BufReader::new(child.stderr.take().expect("a pipe")).read_line(&mut said).expect("readable");
        let address = said.trim().strip_prefix("metrics: http://").and_then(|rest| rest.strip_suffix("/metrics"));
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        Watch { address: address.unwrap_or_else(|| panic!("{said}")).to_owned(), child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("readable");
        line
    }

    fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: {}\r\n\r\n", self.address).expect("writable");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("readable");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        answer
    }
}

#[test]
fn drift_is_watched_and_counted() {
    let Some(place) = Place::new("releases-watch") else { return };
    place.write("all.yaml", &documents(&[map("a", "1"), map("b", "1")]));
    fine(&place.run("apply all.yaml --release shop"));
    let mut watch = Watch::start(&place, "--interval 200ms --metrics-port 0 --metrics-file shop.prom");
    assert!(watch.line().ends_with(" no drift\n"));
    let of = "{namespace=\"releases-watch\",release=\"shop\"}";
    assert!(watch.metrics().contains(&format!("rhumb_drift_objects{of} 0\n")), "{}", watch.metrics());
    place.apply(&place.path("configmaps", "a"), "somebody", &map("a", "other"));
    place.send("DELETE", &place.path("configmaps", "b"), "application/json", "").expect("deleted");
    // The two may be seen one after the other, and the one that is gone be so after it was looked at.
    let started = Instant::now();
    let whole = [format!("rhumb_drift_objects{of} 2\n"), format!("rhumb_release_objects_unready{of} 1\n")];
    while !whole.iter().all(|line| watch.metrics().contains(line)) {
        assert!(started.elapsed() < Duration::from_secs(30), "{}", watch.metrics());
        std::thread::sleep(Duration::from_millis(50));
    }
    let metrics = watch.metrics();
    for (name, action) in [("a", "update"), ("b", "create")] {
        let line = format!(
            "rhumb_drift_object{{namespace=\"releases-watch\",release=\"shop\",group=\"\",kind=\"ConfigMap\",\
             object_namespace=\"releases-watch\",object=\"{name}\",action=\"{action}\"}} 1\n"
        );
        assert!(metrics.contains(&line), "{metrics}");
    }
    std::thread::sleep(Duration::from_millis(500));
    let file = std::fs::read_to_string(place.folder().join("shop.prom")).expect("written");
    assert!(file.contains(&format!("rhumb_drift_objects{of} 2\n")), "{file}");
    let interrupted = Command::new("kill").args(["-INT", &watch.child.id().to_string()]).status();
    assert!(interrupted.expect("kill").success());
    assert_eq!(watch.child.wait().expect("it ends").code(), Some(1), "the last look found something");
    let mut rest = String::new();
    watch.lines.read_to_string(&mut rest).expect("readable");
    assert!(rest.contains(" drift: ") && rest.contains("releases-watch/ConfigMap/b is not there"), "{rest}");
    // Each state is told once.
    assert!(rest.matches(" drift: ").count() <= 3, "{rest}");
    let once = place.run("status shop --drift --metrics-file once.prom");
    assert_eq!(once.code, Some(1), "{}", once.stderr);
    let file = std::fs::read_to_string(place.folder().join("once.prom")).expect("written");
    assert!(file.contains(&format!("rhumb_drift_objects{of} 2\n")), "{file}");
}

#[test]
fn old_records_go() {
    let Some(place) = Place::new("release-old") else { return };
    for n in 1..=4 {
        place.write("all.yaml", &map("a", &format!("v{n}")));
        fine(&place.run("apply all.yaml --release shop --history-max 2"));
    }
    assert_eq!(states(&place, "shop"), ["3 superseded", "4 deployed"]);
}

#[test]
fn a_release_is_deleted_with_all_that_it_made() {
    let Some(place) = Place::new("release-delete") else { return };
    let kept = map("kept", "x").replace("  name: kept\n", "  name: kept\n  annotations: {rhumb.dev/keep: 'true'}\n");
    place.write("all.yaml", &documents(&[map("a", "1"), kept]));
    fine(&place.run("apply all.yaml --release shop"));
    let gone = place.run("delete shop --wait");
    fine(&gone);
    assert!(gone.stdout.contains("release-delete/ConfigMap/a deleted\n"), "{}", gone.stdout);
    assert_eq!(place.object("configmaps", "a"), None);
    assert!(place.object("configmaps", "kept").is_some());
    assert!(states(&place, "shop").is_empty());
    let again = place.run("delete shop");
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("error[release-not-found]"), "{}", again.stderr);
    // With its records kept, it can come back.
    place.write("all.yaml", &map("a", "1"));
    fine(&place.run("apply all.yaml --release shop"));
    fine(&place.run("delete shop --keep-history"));
    assert_eq!(states(&place, "shop"), ["1 deleted"]);
    fine(&place.run("apply all.yaml --release shop"));
    assert!(place.object("configmaps", "a").is_some());
}

#[test]
fn a_status_names_each_object_and_what_has_moved() {
    let Some(place) = Place::new("release-status") else { return };
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {p: hush-hush}\n".to_owned();
    place.write("all.yaml", &documents(&[map("a", "1"), secret]));
    fine(&place.run("apply all.yaml --release shop"));
    let status = place.run("status shop --drift");
    fine(&status);
    assert!(status.stdout.contains("release-status/ConfigMap/a  ready\n"), "{}", status.stdout);
    assert!(status.stderr.contains("no drift"), "{}", status.stderr);
    place.apply(&place.path("configmaps", "a"), "somebody", &map("a", "2"));
    place.send("DELETE", &place.path("secrets", "s"), "", "").expect("deleted");
    let drift = place.run("status shop --drift");
    assert_eq!(drift.code, Some(1));
    assert!(drift.stdout.contains("-  mode: \"2\"\n+  mode: \"1\"\n"), "{}", drift.stdout);
    assert!(drift.stdout.contains("release-status/Secret/s     is not there"), "{}", drift.stdout);
    assert!(!drift.stdout.contains("hush") && !drift.stdout.contains("aHVzaC1odXNo"), "{}", drift.stdout);
    let json: serde_json::Value = serde_json::from_str(&place.run("status shop --drift -o json").stdout).expect("JSON");
    assert_eq!(json["drift"]["objects"].as_array().map(Vec::len), Some(2));
    assert_eq!(json["release"]["state"], "deployed");
}

#[test]
fn releases_are_listed() {
    let Some(place) = Place::new("release-list") else { return };
    place.write("all.yaml", &map("a", "1"));
    fine(&place.run("apply all.yaml --release one"));
    place.write("all.yaml", &map("b", "1"));
    fine(&place.run("apply all.yaml --release two"));
    place.write("all.yaml", &map("b", "2"));
    fine(&place.run("apply all.yaml --release two"));
    let list = place.run("list");
    fine(&list);
    let names: Vec<Vec<&str>> =
        list.stdout.lines().skip(1).map(|line| line.split_whitespace().take(3).collect()).collect();
    assert_eq!(names, [["release-list", "one", "1"], ["release-list", "two", "2"]]);
}
