//! `rhumb apply` against a real API server, where its programs are on this machine.

use std::process::Command;
use std::time::{Duration, Instant};

use rhumb_tests::place::Place;
use rhumb_tests::program::run_line;
use rhumb_tests::releases::{documents, fine, map, states};
use rhumb_tests::workspace;

fn version(place: &Place, kind: &str, name: &str) -> String {
    place.text(kind, name, &["metadata", "resourceVersion"])
}

#[test]
fn what_a_source_says_is_made_once() {
    let Some(place) = Place::new("apply-twice") else { return };
    place.write("all.yaml", &documents(&[map("a", "fast"), map("b", "slow")]));
    let first = place.run("apply all.yaml --release shop");
    fine(&first);
    assert!(first.stdout.contains("apply-twice/ConfigMap/a created\n"), "{}", first.stdout);
    assert!(first.stdout.ends_with("apply-twice/shop: revision 1 is deployed\n"), "{}", first.stdout);
    assert_eq!(place.text("configmaps", "a", &["data", "mode"]), "fast");
    assert_eq!(place.text("configmaps", "a", &["metadata", "annotations", "rhumb.dev/release"]), "apply-twice/shop");
    let before = (version(&place, "configmaps", "a"), version(&place, "configmaps", "b"));
    let second = place.run("apply all.yaml --release shop");
    fine(&second);
    assert_eq!(second.stdout, "apply-twice/shop: nothing to change\n");
    assert_eq!((version(&place, "configmaps", "a"), version(&place, "configmaps", "b")), before);
    assert_eq!(states(&place, "shop"), ["1 deployed"]);
    assert_eq!(place.object("coordination.k8s.io/v1/leases", "rhumb.lock.shop"), None, "the lock is given back");
}

#[test]
fn what_is_no_longer_wished_for_goes() {
    let Some(place) = Place::new("apply-prune") else { return };
    let kept = map("kept", "x").replace("  name: kept\n", "  name: kept\n  annotations: {rhumb.dev/keep: 'true'}\n");
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\nspec:\n  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 1Gi}}\n";
    place.write("all.yaml", &documents(&[map("a", "1"), map("b", "1"), kept, claim.to_owned()]));
    fine(&place.run("apply all.yaml --release shop"));
    place.write("all.yaml", &map("a", "2"));
    let ran = place.run("apply all.yaml --release shop");
    fine(&ran);
    assert!(ran.stdout.contains("apply-prune/ConfigMap/b deleted\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("warning[plan-kept]") && ran.stderr.contains("--prune-volumes"), "{}", ran.stderr);
    assert_eq!(place.object("configmaps", "b"), None);
    assert!(place.object("configmaps", "kept").is_some() && place.object("persistentvolumeclaims", "data").is_some());
    assert_eq!(place.text("configmaps", "a", &["data", "mode"]), "2");
    assert_eq!(states(&place, "shop"), ["1 superseded", "2 deployed"]);
    // What a flag lets go is still known to the release; what its annotation keeps is not.
    fine(&place.run("apply all.yaml --release shop"));
    assert_eq!(states(&place, "shop").len(), 2, "what stays is no reason for a revision");
    let ran = place.run("apply all.yaml --release shop --prune-volumes");
    fine(&ran);
    assert!(ran.stdout.contains("apply-prune/PersistentVolumeClaim/data deleted\n"), "{}", ran.stdout);
}

#[test]
fn each_object_finds_what_it_needs() {
    let Some(place) = Place::new("apply-order") else { return };
    let thing = "apiVersion: order.rhumb.example/v1\nkind: Gadget\nmetadata: {name: one, namespace: apply-order-new}\nspec: {a: 1}\n";
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: gadgets.order.rhumb.example\nspec:\n  \
        group: order.rhumb.example\n  scope: Namespaced\n  names: {kind: Gadget, plural: gadgets, singular: gadget}\n  versions:\n  - name: v1\n    \
        served: true\n    storage: true\n    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}\n";
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: apply-order-new}\n";
    place.write("all.yaml", &documents(&[thing.to_owned(), crd.to_owned(), namespace.to_owned()]));
    fine(&place.run("apply all.yaml --release shop"));
    let path = "/apis/order.rhumb.example/v1/namespaces/apply-order-new/gadgets/one";
    assert!(place.get(path).is_some());
    let again = place.run("apply all.yaml --release shop");
    assert_eq!(again.stdout, "apply-order/shop: nothing to change\n", "{}", again.stderr);
    // All of it goes in the end, the definition and the namespace only because they are named.
    place.write("all.yaml", &map("a", "1"));
    fine(&place.run("apply all.yaml --release shop --prune-crds --prune-namespaces --wait"));
    assert_eq!(place.get("/api/v1/namespaces/apply-order-new"), None);
    assert_eq!(place.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.order.rhumb.example"), None);
}

#[test]
fn the_namespace_of_a_release_is_made_where_that_is_wanted() {
    let Some(place) = Place::new("apply-namespace") else { return };
    place.write("all.yaml", &map("a", "1"));
    let apply = |more: &str| {
        let kubeconfig = place.server.admin();
        let line = format!(
            "KUBECONFIG={} rhumb apply all.yaml --release shop -n apply-namespace-new {more}",
            kubeconfig.display()
        );
        run_line(place.folder(), &line)
    };
    let without = apply("");
    assert_ne!(without.code, Some(0));
    assert!(without.stderr.contains("--create-namespace"), "{}", without.stderr);
    fine(&apply("--create-namespace"));
    assert!(place.get("/api/v1/namespaces/apply-namespace-new/configmaps/a").is_some());
}

#[test]
fn fields_of_others_are_settled_by_name_and_never_by_force() {
    let Some(place) = Place::new("apply-conflict") else { return };
    place.write("all.yaml", &map("a", "mine"));
    fine(&place.run("apply all.yaml --release shop"));
    place.apply(&place.path("configmaps", "a"), "somebody", &map("a", "theirs"));
    let refused = place.run("apply all.yaml --release shop");
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("`data.mode` is owned by `somebody`"), "{}", refused.stderr);
    assert_eq!(place.text("configmaps", "a", &["data", "mode"]), "theirs");
    place.write("policy.yaml", "conflicts:\n- {managers: [somebody], fields: [data.mode], settle: yield}\n");
    fine(&place.run("apply all.yaml --release shop --policy policy.yaml"));
    assert_eq!(place.text("configmaps", "a", &["data", "mode"]), "theirs");
    let again = place.run("apply all.yaml --release shop --policy policy.yaml");
    assert_eq!(again.stdout, "apply-conflict/shop: nothing to change\n", "{}", again.stderr);
    place.write("policy.yaml", "conflicts:\n- {managers: [somebody], settle: mine}\n");
    fine(&place.run("apply all.yaml --release shop --policy policy.yaml"));
    assert_eq!(place.text("configmaps", "a", &["data", "mode"]), "mine");
    place.write("policy.yaml", "conflicts:\n- {settle: force}\n");
    let wrong = place.run("apply all.yaml --release shop --policy policy.yaml");
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("`settle` is `mine`, `yield` or `ignore`"), "{}", wrong.stderr);
}

#[test]
fn what_exists_already_is_adopted_only_when_it_is_named() {
    let Some(place) = Place::new("apply-adopt") else { return };
    place.apply(&place.path("configmaps", "a"), "somebody", &map("a", "old"));
    place.write("all.yaml", &map("a", "old"));
    let refused = place.run("apply all.yaml --release shop");
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("--adopt apply-adopt/ConfigMap/a"), "{}", refused.stderr);
    assert!(states(&place, "shop").is_empty(), "nothing was begun");
    fine(&place.run("apply all.yaml --release shop --adopt apply-adopt/ConfigMap/a"));
    fine(&place.run("apply all.yaml --release shop"));
    let other = place.run("apply all.yaml --release other --adopt '*/*'");
    assert_eq!(other.code, Some(1));
    assert!(other.stderr.contains("it exists already and belongs to release apply-adopt/shop"), "{}", other.stderr);
}

// What kubectl wrote from its side is taken over whole, so that what is taken out of the source goes.
#[test]
fn what_kubectl_applied_is_handed_over() {
    let Some(place) = Place::new("apply-kubectl") else { return };
    let Some(kubectl) = workspace::peer("kubectl") else {
        println!("skipped: kubectl is not on this machine");
        return;
    };
    let two = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  mode: fast\n  more: x\n";
    place.write("all.yaml", two);
    let kubectl = |arguments: &str| {
        let kubeconfig = place.server.admin();
        let line = format!("{} --kubeconfig {} -n apply-kubectl {arguments}", kubectl.display(), kubeconfig.display());
        run_line(place.folder(), &line)
    };
    fine(&kubectl("apply -f all.yaml"));
    place.write("all.yaml", &map("a", "slow"));
    fine(&place.run("apply all.yaml --release shop --adopt ConfigMap/a"));
    assert_eq!(place.text("configmaps", "a", &["data", "mode"]), "slow");
    assert_eq!(place.text("configmaps", "a", &["data", "more"]), "", "what the source no longer says is gone");
    let again = place.run("apply all.yaml --release shop");
    assert_eq!(again.stdout, "apply-kubectl/shop: nothing to change\n", "{}", again.stderr);
    // And kubectl can go on from there, on the server's side.
    fine(&kubectl("apply --server-side --field-manager rhumb -f all.yaml"));
}

fn job(image: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: j\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: a\n        image: {image}\n"
    )
}

#[test]
fn what_cannot_be_changed_in_place_is_made_anew_when_that_is_wanted() {
    let Some(place) = Place::new("apply-recreate") else { return };
    place.write("all.yaml", &job("a:1"));
    fine(&place.run("apply all.yaml --release shop"));
    let uid = || place.text("batch/v1/jobs", "j", &["metadata", "uid"]);
    let before = uid();
    place.write("all.yaml", &job("a:2"));
    let refused = place.run("apply all.yaml --release shop");
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("error[plan-recreate]") && refused.stderr.contains("--recreate"),
        "{}",
        refused.stderr
    );
    let ran = place.run("apply all.yaml --release shop --recreate");
    fine(&ran);
    assert!(ran.stdout.contains("apply-recreate/Job/j recreated\n"), "{}", ran.stdout);
    assert_ne!(uid(), before);
}

#[test]
fn a_run_that_fails_is_finished_by_the_next_one() {
    let Some(place) = Place::new("apply-failed") else { return };
    // Each of the two alone would be taken, as a dry run sees them.
    let service = |name: &str, more: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}{more}}}\nspec: {{type: NodePort, ports: [{{port: 80, nodePort: 30123}}]}}\n"
        )
    };
    let second = service("s2", ", annotations: {rhumb.dev/depends-on: Service/s1}");
    place.write("all.yaml", &documents(&[map("a", "1"), map("b", "1"), service("s1", ""), second]));
    let failed = place.run("apply all.yaml --release shop");
    assert_eq!(failed.code, Some(1), "{}\n{}", failed.stdout, failed.stderr);
    assert!(failed.stdout.contains("apply-failed/Service/s2 failed: "), "{}", failed.stdout);
    assert!(failed.stderr.contains("port is already allocated"), "{}", failed.stderr);
    assert!(failed.stdout.ends_with("apply-failed/shop: revision 1 has failed: 1 error\n"), "{}", failed.stdout);
    assert_eq!(states(&place, "shop"), ["1 failed"]);
    place.write("all.yaml", &documents(&[map("a", "1"), service("s1", "")]));
    fine(&place.run("apply all.yaml --release shop"));
    assert_eq!(place.object("configmaps", "b"), None, "what the failed run made is pruned");
    assert_eq!(states(&place, "shop"), ["1 failed", "2 deployed"]);
}

#[test]
fn what_the_types_know_to_be_wrong_is_refused_before_anything_is_written() {
    let Some(place) = Place::new("apply-wrong") else { return };
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 70000}]}\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: i, imgae: j}]}\n";
    for (wrong, told) in [(service, "Invalid value: 70000"), (pod, "imgae")] {
        place.write("all.yaml", &documents(&[map("a", "1"), wrong.to_owned()]));
        let refused = place.run("apply all.yaml --release shop");
        assert_eq!(refused.code, Some(1), "{}", refused.stdout);
        assert!(refused.stderr.contains("error[plan-refused]") && refused.stderr.contains(told), "{}", refused.stderr);
        assert_eq!(states(&place, "shop"), [""; 0], "nothing was begun");
        assert_eq!(place.object("configmaps", "a"), None);
    }
}

#[test]
fn progress_is_told_to_machines_as_lines_of_json() {
    let Some(place) = Place::new("apply-json") else { return };
    place.write("all.yaml", &map("a", "1"));
    let ran = place.run("apply all.yaml --release shop -o json");
    fine(&ran);
    let events: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().expect("a name")).collect();
    assert_eq!(names, ["started", "begun", "done", "ended"]);
    assert_eq!((events[2]["name"].as_str(), events[2]["action"].as_str()), (Some("a"), Some("create")));
    assert_eq!(events[3]["state"], "deployed");
}

#[test]
fn two_runs_do_not_interleave() {
    let Some(place) = Place::new("apply-lock") else { return };
    let many: Vec<String> = (0..40).map(|n| map(&format!("m{n}"), "1")).collect();
    place.write("all.yaml", &documents(&many));
    let start = || place.start(&place.server.admin(), "apply all.yaml --release shop");
    let both = [start(), start()].map(|child| child.wait_with_output().expect("it ends"));
    let ended = both.each_ref().map(|output| output.status.code());
    let errors = both.each_ref().map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
    // The second one either saw what the first had done, or was told that something had moved.
    assert!(ended.contains(&Some(0)), "{errors:?}");
    for (code, error) in ended.iter().zip(&errors) {
        assert!(*code == Some(0) || error.contains("error[apply-moved]"), "{code:?}: {error}");
    }
    assert_eq!(states(&place, "shop"), ["1 deployed"]);
}

#[test]
fn a_lock_of_somebody_alive_is_respected_and_one_of_the_dead_taken_over() {
    let Some(place) = Place::new("apply-dead") else { return };
    place.write("all.yaml", &map("a", "1"));
    let lease = |renewed: &str| {
        format!(
            "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {{name: rhumb.lock.shop}}\nspec: {{holderIdentity: somebody, \
             leaseDurationSeconds: 15, acquireTime: '{renewed}', renewTime: '{renewed}'}}\n"
        )
    };
    let path = place.path("coordination.k8s.io/v1/leases", "rhumb.lock.shop");
    place.apply(&path, "somebody", &lease("2120-01-01T00:00:00.000000Z"));
    let started = Instant::now();
    let refused = place.run("apply all.yaml --release shop --lock-timeout 0s");
    assert_eq!(refused.code, Some(2), "{}", refused.stdout);
    assert!(
        refused.stderr.contains("error[cluster-locked]") && refused.stderr.contains("somebody"),
        "{}",
        refused.stderr
    );
    assert!(started.elapsed() < Duration::from_secs(5));
    // Nobody renews it, so whoever waits sees it end.
    let waited = place.run("apply all.yaml --release shop --lock-timeout 1m");
    fine(&waited);
    assert!(waited.stdout.contains("waiting for somebody"), "{}", waited.stdout);
    place.apply(&path, "somebody", &lease("2020-01-01T00:00:00.000000Z"));
    place.write("all.yaml", &map("a", "2"));
    let started = Instant::now();
    fine(&place.run("apply all.yaml --release shop"));
    assert!(started.elapsed() < Duration::from_secs(10), "what ended years ago is not waited for");
}

#[test]
fn an_interrupt_ends_in_order() {
    let Some(place) = Place::new("apply-interrupt") else { return };
    // It waits for what never comes.
    let waiting = job("a:1").replace("  name: j\n", "  name: j\n  annotations: {rhumb.dev/depends-on: ConfigMap/a}\n");
    let last =
        map("last", "1").replace("  name: last\n", "  name: last\n  annotations: {rhumb.dev/depends-on: Job/j}\n");
    place.write("all.yaml", &documents(&[map("a", "1"), waiting, last]));
    let child = place.start(&place.server.admin(), "apply all.yaml --release shop");
    let started = Instant::now();
    while place.object("batch/v1/jobs", "j").is_none() {
        assert!(started.elapsed() < Duration::from_secs(60), "the job is made");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill").success());
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("error[apply-interrupted]"), "{stderr}");
    assert_eq!(states(&place, "shop"), ["1 failed"]);
    assert_eq!(place.object("coordination.k8s.io/v1/leases", "rhumb.lock.shop"), None);
    assert_eq!(place.object("configmaps", "last"), None);
    place.write("all.yaml", &map("a", "1"));
    fine(&place.run("apply all.yaml --release shop"));
    assert_eq!(states(&place, "shop"), ["1 failed", "2 deployed"]);
    assert_eq!(place.object("batch/v1/jobs", "j"), None, "what the interrupted run made is known");
}

#[test]
fn what_never_becomes_ready_is_told_with_what_is_missing() {
    let Some(place) = Place::new("apply-wait") else { return };
    place.write("all.yaml", &job("a:1"));
    let ran = place.run("apply all.yaml --release shop --wait --timeout 2s");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains("apply-wait/Job/j waits: "), "{}", ran.stdout);
    assert!(ran.stderr.contains("error[apply-timeout]") && ran.stderr.contains("--timeout"), "{}", ran.stderr);
}

#[test]
fn every_ready_made_package_is_applied_twice() {
    let packages = workspace::root().join("packages");
    let Some(place) = Place::new("apply-packages") else { return };
    let mut names: Vec<String> = std::fs::read_dir(&packages)
        .expect("packages")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.join("rhumb.yaml").is_file())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(names.len() >= 3, "{names:?}");
    for name in names {
        let source = packages.join(&name);
        let ran = place.run(&format!("apply {}", source.display()));
        if ran.stderr.contains("the server does not know where it belongs") {
            // Its kinds come from an operator that is not here.
            println!("{name}: its custom resources have no definitions here");
            continue;
        }
        fine(&ran);
        let again = place.run(&format!("apply {}", source.display()));
        fine(&again);
        assert!(again.stdout.ends_with(": nothing to change\n"), "{name}: {}", again.stdout);
    }
}
