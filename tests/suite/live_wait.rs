//! Waits and what is told when they are in vain, against a real API server, with a stand-in for the kubelet.

use rhumb_tests::kubelet::Kubelet;
use rhumb_tests::place::Place;
use rhumb_tests::program::Ran;
use rhumb_tests::releases::{documents, fine, states};

fn workload(kind: &str, name: &str, image: &str) -> String {
    let service = if kind == "StatefulSet" { "  serviceName: x\n" } else { "" };
    let replicas = if kind == "DaemonSet" { "" } else { "  replicas: 2\n" };
    format!(
        "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n{service}{replicas}  selector: {{matchLabels: {{app: {name}}}}}\n  \
         template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n      - {{name: main, image: '{image}'}}\n"
    )
}

fn job(name: &str, image: &str, annotations: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}, annotations: {{{annotations}}}}}\nspec:\n  backoffLimit: 0\n  template:\n    spec:\n      \
         restartPolicy: Never\n      containers:\n      - {{name: work, image: '{image}'}}\n"
    )
}

#[test]
fn an_apply_waits_until_what_runs_is_ready() {
    let Some(place) = Place::new("wait-ready") else { return };
    let _kubelet = Kubelet::start(&place);
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: alone}\nspec: {containers: [{name: a, image: runs}]}\n";
    let all = [
        workload("Deployment", "web", "runs:1"),
        workload("StatefulSet", "db", "runs:1"),
        job("once", "ends", ""),
        pod.to_owned(),
    ];
    place.write("all.yaml", &documents(&all));
    let ran = place.run("apply all.yaml --release shop --wait --timeout 60s");
    fine(&ran);
    for ready in ["Deployment/web", "StatefulSet/db", "Job/once", "Pod/alone"] {
        assert!(ran.stdout.contains(&format!("wait-ready/{ready} is ready\n")), "{ready}: {}", ran.stdout);
    }
    // What was waited for is as it says.
    let status = place.run("status shop -o json");
    fine(&status);
    let status: serde_json::Value = serde_json::from_str(&status.stdout).expect("JSON");
    assert!(status["objects"].as_array().expect("objects").iter().all(|one| one["ready"] == true), "{status}");
    // A new template is rolled out whole before it counts as ready.
    place.write(
        "all.yaml",
        &documents(&[workload("Deployment", "web", "runs:2"), workload("StatefulSet", "db", "runs:2")]),
    );
    fine(&place.run("apply all.yaml --release shop --wait --timeout 60s"));
    let list = place.get("/api/v1/namespaces/wait-ready/pods").expect("a list");
    let images: Vec<&str> = list
        .get("items")
        .and_then(|items| items.as_seq())
        .unwrap_or_default()
        .iter()
        .filter_map(|pod| pod.get("spec")?.get("containers")?.as_seq()?.first()?.get("image")?.as_str())
        .collect();
    assert_eq!(images, ["runs:2"; 4]);
    fine(&place.run("delete shop --wait --timeout 60s"));
}

#[test]
fn a_later_object_waits_for_the_one_that_it_depends_on() {
    let Some(place) = Place::new("wait-depends") else { return };
    let _kubelet = Kubelet::start(&place);
    let last =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: last, annotations: {rhumb.dev/depends-on: Job/first}}\n";
    place.write("all.yaml", &documents(&[job("first", "ends", ""), last.to_owned()]));
    let ran = place.run("apply all.yaml --release shop --timeout 60s");
    fine(&ran);
    let at = |text: &str| ran.stdout.find(text).unwrap_or_else(|| panic!("{text}: {}", ran.stdout));
    assert!(at("Job/first is ready") < at("ConfigMap/last created"), "{}", ran.stdout);
    place.write("all.yaml", &documents(&[job("first", "fails", ""), last.replace("last,", "next,")]));
    let ran = place.run("apply all.yaml --release shop --recreate --timeout 60s");
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    assert!(place.object("configmaps", "next").is_none(), "what depends on it is not begun");
}

#[test]
fn hooks_are_jobs_that_run_to_their_end() {
    let Some(place) = Place::new("wait-hooks") else { return };
    let _kubelet = Kubelet::start(&place);
    place.write("chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    place.write("chart/values.yaml", "image: ends\ntag: one\n");
    place.write("chart/templates/web.yaml", &workload("Deployment", "web", "runs:{{ .Values.tag }}"));
    let hook = |name: &str, events: &str, policy: &str| {
        let annotations = format!("helm.sh/hook: '{events}', helm.sh/hook-delete-policy: '{policy}'");
        place.write(&format!("chart/templates/{name}.yaml"), &job(name, "{{ .Values.image }}", &annotations));
    };
    hook("migrate", "pre-install,pre-upgrade", "before-hook-creation");
    hook("seed", "post-install", "hook-succeeded");
    let job_is_there = |name: &str| place.object("batch/v1/jobs", name).is_some();
    for flags in ["--release own", "--release helms --helm-release"] {
        let ran = place.run(&format!("apply chart {flags} --wait --timeout 60s"));
        fine(&ran);
        let at = |text: &str| ran.stdout.find(text).unwrap_or_else(|| panic!("{text}: {}", ran.stdout));
        let (before, web, after) = (at("Job/migrate has run"), at("Deployment/web is ready"), at("Job/seed has run"));
        assert!(before < web && web < after, "{}", ran.stdout);
        assert!(job_is_there("migrate"), "it stays until the next one");
        assert!(!job_is_there("seed"), "it goes once it has succeeded");
        let name = flags.split(' ').nth(1).expect("a name");
        let failed = place.run(&format!("apply chart {flags} --set image=fails,tag=two --timeout 60s"));
        assert_eq!(failed.code, Some(1), "{}\n{}", failed.stdout, failed.stderr);
        assert!(failed.stderr.contains("error[apply-not-ready]"), "{}", failed.stderr);
        assert!(failed.stderr.contains("container `work` ended with exit code 3: Error"), "{}", failed.stderr);
        assert!(failed.stderr.contains("work: line 20 of this run"), "{}", failed.stderr);
        fine(&place.run(&format!("delete {name} --wait --timeout 60s")));
        place.send("DELETE", &place.path("batch/v1/jobs", "migrate"), "application/json", "").ok();
    }
    assert_eq!(states(&place, "own"), [""; 0]);
}

fn failed(place: &Place, manifest: &str, timeout: &str) -> Ran {
    place.write("all.yaml", manifest);
    let ran = place.run(&format!("apply all.yaml --release shop --wait --timeout {timeout}"));
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    ran
}

#[track_caller]
fn tells(ran: &Ran, told: &[&str]) {
    for text in told {
        assert!(ran.stderr.contains(text), "{text}\n{}", ran.stderr);
    }
}

#[test]
fn what_does_not_become_ready_is_told_with_the_chain_of_its_causes() {
    let Some(place) = Place::new("wait-causes") else { return };
    let _kubelet = Kubelet::start(&place);
    let ran = failed(&place, &workload("Deployment", "web", "crashes"), "5s");
    tells(
        &ran,
        &[
            "error[apply-timeout]: it is not ready after 5 seconds: availableReplicas: 0 of 2 (wait-causes/Deployment/web)",
            "ReplicaSet/web-",
            "Pod/web-",
            "container `main` waits: CrashLoopBackOff: back-off 40s restarting failed container; before that it ended with exit \
             code 1: Error; it was begun anew 4 times",
            "the log of container `main` ends with",
            "main: line 20 of the run before",
            "BackOff: Back-off restarting failed container (4 times)",
        ],
    );
    assert!(!ran.stderr.contains("main: line 10 of"), "only the end of the log: {}", ran.stderr);
    let ran = failed(&place, &workload("StatefulSet", "db", "missing"), "3s");
    tells(
        &ran,
        &[
            "Pod/db-0: ",
            "container `main` waits: ImagePullBackOff: Back-off pulling image",
            "event of Pod/db-0: Failed: Failed to pull image: not found (4 times)",
        ],
    );
    assert!(!ran.stderr.contains("the log of"), "it never ran: {}", ran.stderr);
    let ran = failed(&place, &workload("Deployment", "slow", "unready"), "3s");
    tells(&ran, &["container `main` runs, and is not ready", "main: line 20 of this run"]);
    // A Job that has failed is no matter of time.
    let ran = failed(&place, &job("once", "fails", ""), "60s");
    tells(
        &ran,
        &["error[apply-not-ready]", "container `work` ended with exit code 3: Error", "work: line 20 of this run"],
    );
    // What no controller could make is told by its events.
    let wrong =
        workload("ReplicaSet", "none", "runs").replace("    spec:\n", "    spec:\n      serviceAccountName: nobody\n");
    let ran = failed(&place, &wrong, "3s");
    tells(&ran, &["event of ReplicaSet/none: FailedCreate: ", "serviceaccount \"nobody\" not found"]);
    // Machines are told the same.
    place.write("all.yaml", &job("again", "fails", ""));
    let ran = place.run("apply all.yaml --release shop --wait --timeout 60s -o json");
    let event = ran.stdout.lines().find(|line| line.contains("\"failed\"")).expect("an event");
    let event: serde_json::Value = serde_json::from_str(event).expect("JSON");
    let notes = event["notes"].as_array().expect("notes");
    assert!(notes.iter().any(|note| note.as_str().is_some_and(|note| note.contains("exit code 3"))), "{event}");
}
