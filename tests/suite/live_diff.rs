//! `rhumb diff --live` against a real API server, where its programs are on this machine.

use std::path::Path;

use rhumb_tests::api_server::{ADMIN, GUEST};
use rhumb_tests::place::Place;
use rhumb_tests::program::{Ran, run_line};
use rhumb_tests::workspace;

fn diff(place: &Place, arguments: &str) -> Ran {
    diff_as(place, &place.server.admin(), arguments)
}

fn diff_as(place: &Place, kubeconfig: &Path, arguments: &str) -> Ran {
    place.run_as(kubeconfig, &format!("diff --live {arguments}"))
}

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  mode: fast\n";

#[test]
fn what_is_there_as_it_should_be_is_no_difference() {
    let Some(place) = Place::new("diff-same") else { return };
    place.write("all.yaml", MAP);
    let before = diff(&place, "all.yaml");
    assert_eq!((before.code, before.stderr.as_str()), (Some(1), "1 added, 0 removed, 0 changed\n"));
    assert!(before.stdout.starts_with("--- /dev/null\n+++ b/ConfigMap diff-same/settings\n"), "{}", before.stdout);
    place.apply("/api/v1/namespaces/diff-same/configmaps/settings", "somebody", MAP);
    let after = diff(&place, "all.yaml");
    assert_eq!((after.code, after.stdout.as_str(), after.stderr.as_str()), (Some(0), "", ""));
}

#[test]
fn a_change_is_shown_without_what_the_server_keeps_for_itself() {
    let Some(place) = Place::new("diff-changed") else { return };
    place.apply("/api/v1/namespaces/diff-changed/configmaps/settings", "rhumb", MAP);
    place.write("all.yaml", &MAP.replace("fast", "slow"));
    let ran = diff(&place, "all.yaml");
    assert_eq!(ran.code, Some(1));
    let want = "--- a/ConfigMap diff-changed/settings\n+++ b/ConfigMap diff-changed/settings\n@@ -4,4 +4,4 @@\n   name: settings\n   namespace: diff-changed\n data:\n-  mode: fast\n+  mode: slow\n";
    assert_eq!(ran.stdout, want);
    let json: serde_json::Value = serde_json::from_str(&diff(&place, "all.yaml -o json").stdout).expect("JSON");
    assert_eq!(json["objects"][0]["action"], "update");
    assert_eq!(json["objects"][0]["changes"][0]["path"], "data.mode");
    let markdown = diff(&place, "all.yaml -o markdown").stdout;
    assert!(markdown.contains("### `ConfigMap diff-changed/settings` changed\n\n```diff\n"), "{markdown}");
    let columns = diff(&place, "all.yaml -o side-by-side").stdout;
    let is_pair = |line: &str| line.contains("  mode: fast") && line.contains(" |   mode: slow");
    assert!(columns.lines().any(is_pair), "{columns}");
}

#[test]
fn secrets_are_covered() {
    let Some(place) = Place::new("diff-secret") else { return };
    let secret = |text: &str| format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  p: {text}\n");
    let copy = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"hush-hush"}},"stringData":{"p":"hush-hush"}}"#;
    place.apply("/api/v1/namespaces/diff-secret/secrets/s", "tests", copy);
    place.write("all.yaml", &secret("other-hush"));
    for arguments in ["all.yaml", "all.yaml -o json", "all.yaml -U 100"] {
        let ran = diff(&place, arguments);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.code, Some(1), "{all}");
        assert!(all.contains("***"), "{all}");
        for clear in ["hush", "aHVzaC1odXNo", "b3RoZXItaHVzaA"] {
            assert!(!all.contains(clear), "{clear} in {all}");
        }
    }
}

#[test]
fn what_the_same_source_makes_room_for_is_compared_locally() {
    let Some(place) = Place::new("diff-ground") else { return };
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things.rhumb.example\nspec:\n  \
        group: rhumb.example\n  scope: Namespaced\n  names: {kind: Thing, plural: things, singular: thing}\n  versions:\n  - name: v1\n    \
        served: true\n    storage: true\n    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object}}}}\n";
    let all = format!(
        "{crd}---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: diff-new\n---\n{}---\napiVersion: rhumb.example/v1\nkind: Thing\nmetadata:\n  name: one\n",
        MAP.replace("name: settings", "name: settings\n  namespace: diff-new")
    );
    place.write("all.yaml", &all);
    let ran = diff(&place, "all.yaml");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for note in [
        "4 added, 0 removed, 0 changed",
        "note: diff-new/ConfigMap/settings is compared without the server: its namespace diff-new comes with the same plan",
        "note: diff-ground/Thing/one is compared without the server: the definition of Thing comes with the same plan",
    ] {
        assert!(ran.stderr.lines().any(|line| line == note), "{note} in {}", ran.stderr);
    }
    // Alone it has no place.
    place.write("thing.yaml", "apiVersion: rhumb.example/v1\nkind: Thing\nmetadata:\n  name: one\n");
    let alone = diff(&place, "thing.yaml");
    assert_eq!(alone.code, Some(1));
    assert!(alone.stderr.contains("error[plan-refused]"), "{}", alone.stderr);
}

#[test]
fn fields_that_cannot_be_changed_in_place_are_told() {
    let Some(place) = Place::new("diff-recreate") else { return };
    let job = |image: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: j\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: a\n        image: {image}\n"
        )
    };
    place.apply("/apis/batch/v1/namespaces/diff-recreate/jobs/j", "rhumb", &job("a:1"));
    place.write("all.yaml", &job("a:2"));
    let ran = diff(&place, "all.yaml");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("note: diff-recreate/Job/j cannot be changed in place"), "{}", ran.stderr);
    assert!(ran.stdout.contains("-        image: a:1\n+        image: a:2\n"), "{}", ran.stdout);
}

#[test]
fn what_the_server_would_refuse_is_an_error_with_its_place() {
    let Some(place) = Place::new("diff-refused") else { return };
    place.write("all.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\nspec:\n  ports:\n  - port: 70000\n");
    let ran = diff(&place, "all.yaml");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("error[plan-refused]") && ran.stderr.contains("all.yaml:1"), "{}", ran.stderr);
    assert!(ran.stderr.contains("spec.ports[0].port"), "{}", ran.stderr);
}

#[test]
fn fields_that_the_server_does_not_know_are_refused() {
    let Some(place) = Place::new("diff-unknown") else { return };
    place.write("data.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndat: {mode: x}\n");
    place.write("labels.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, lables: {app: x}}\n");
    for (file, field) in [("data.yaml", ".dat"), ("labels.yaml", ".metadata.lables")] {
        let ran = diff(&place, file);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        let refused = format!("{field}: field not declared in schema");
        assert!(ran.stderr.contains("error[plan-refused]") && ran.stderr.contains(&refused), "{}", ran.stderr);
        assert_ne!(place.run(&format!("apply {file} --release shop")).code, Some(0));
        assert_eq!(place.object("configmaps", "a"), None);
    }
}

#[test]
fn fields_of_others_are_told_with_their_owner() {
    let Some(place) = Place::new("diff-conflict") else { return };
    place.apply("/api/v1/namespaces/diff-conflict/configmaps/settings", "somebody", MAP);
    place.write("all.yaml", &MAP.replace("fast", "slow"));
    let ran = diff(&place, "all.yaml");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("+  mode: slow"), "{}", ran.stdout);
    assert!(ran.stderr.contains("`data.mode` is owned by `somebody`"), "{}", ran.stderr);
    let json: serde_json::Value = serde_json::from_str(&diff(&place, "all.yaml -o json").stdout).expect("JSON");
    assert_eq!(json["objects"][0]["conflicts"][0]["manager"], "somebody");
}

#[test]
fn what_may_not_be_seen_is_told() {
    let Some(place) = Place::new("diff-guest") else { return };
    place.write("all.yaml", MAP);
    let guest = place.server.kubeconfig("diff-guest", &format!("{{token: {GUEST}}}"));
    let ran = diff_as(&place, &guest, "all.yaml");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("warning[plan-unseen]"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_cluster_that_cannot_be_reached_is_a_failure() {
    let Some(place) = Place::new("diff-failures") else { return };
    place.write("all.yaml", MAP);
    let user = format!("{{token: {ADMIN}}}");
    let gone =
        place.server.kubeconfig_with("gone", "{server: 'https://127.0.0.1:1', certificate-authority: ca.crt}", &user);
    let stranger = place.server.kubeconfig("stranger", "{token: nobody}");
    for (kubeconfig, arguments, code, help) in [
        (&gone, "all.yaml", "cluster-unreachable", "choose another with `--context`"),
        (&stranger, "all.yaml", "cluster-unauthorized", "log in again"),
        (&stranger, "all.yaml --context strange", "kubeconfig-no-context", "did you mean `stranger`?"),
    ] {
        let ran = diff_as(&place, kubeconfig, arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("error[{code}]")) && ran.stderr.contains(help), "{}", ran.stderr);
    }
}

#[test]
fn charts_see_the_cluster() {
    let Some(place) = Place::new("diff-chart") else { return };
    place.apply("/api/v1/namespaces/diff-chart/configmaps/settings", "somebody", MAP);
    place.write("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 0.1.0\n");
    place.write(
        "chart/templates/all.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seen}\ndata:\n  \
         version: {{ .Capabilities.KubeVersion.Version }}\n  namespace: {{ .Release.Namespace }}\n  \
         has: {{ .Capabilities.APIVersions.Has \"apps/v1/Deployment\" | quote }}\n  lacks: {{ .Capabilities.APIVersions.Has \"apps/v2\" | quote }}\n  \
         mode: {{ (lookup \"v1\" \"ConfigMap\" .Release.Namespace \"settings\").data.mode }}\n  \
         none: {{ len (lookup \"v1\" \"ConfigMap\" .Release.Namespace \"nothing\") | quote }}\n  \
         listed: {{ len (lookup \"v1\" \"Secret\" .Release.Namespace \"\").items | quote }}\n",
    );
    place.write(
        "chart/templates/hook.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hook, annotations: {helm.sh/hook: pre-install}}\n",
    );
    let ran = diff(&place, "chart");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for line in [
        "+  namespace: diff-chart",
        "+  has: \"true\"",
        "+  lacks: \"false\"",
        "+  mode: fast",
        "+  none: \"0\"",
        "+  listed: \"0\"",
    ] {
        assert!(ran.stdout.lines().any(|shown| shown == line), "{line} in {}", ran.stdout);
    }
    assert!(ran.stdout.contains("+  version: v1.") && !ran.stdout.contains("name: hook"), "{}", ran.stdout);
    assert!(ran.stderr.contains("1 hook of the chart not compared"), "{}", ran.stderr);
}

// What kubectl applied, in its old way and in its new one, is there as it should be.
#[test]
fn what_kubectl_applied_is_no_difference() {
    let Some(place) = Place::new("diff-kubectl") else { return };
    let Some(kubectl) = workspace::peer("kubectl") else {
        println!("skipped: kubectl is not on this machine");
        return;
    };
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  \
        template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: web:1\n        ports: [{containerPort: 80}]\n";
    for (name, flags) in [("old", ""), ("new", "--server-side")] {
        place.write("all.yaml", &deployment.replace("name: web\nspec", &format!("name: web-{name}\nspec")));
        let line = format!(
            "{} --kubeconfig {} -n diff-kubectl apply {flags} -f all.yaml",
            kubectl.display(),
            place.server.admin().display()
        );
        let applied = run_line(place.folder(), &line);
        assert!(applied.ok(), "{}", applied.stderr);
        let same = diff(&place, "all.yaml");
        assert_eq!((same.code, same.stdout.as_str(), same.stderr.as_str()), (Some(0), "", ""), "{name}");
        let less = std::fs::read_to_string(place.folder().join("all.yaml")).expect("written");
        place.write("all.yaml", &less.replace("        ports: [{containerPort: 80}]\n", "").replace("web:1", "web:2"));
        let changed = diff(&place, "all.yaml");
        assert_eq!(changed.code, Some(1), "{}", changed.stderr);
        for line in ["-        image: web:1", "+        image: web:2", "-        - containerPort: 80"] {
            assert!(changed.stdout.lines().any(|shown| shown == line), "{name}: {line} in {}", changed.stdout);
        }
        assert!(!changed.stdout.contains("-        resources"), "{name}: {}", changed.stdout);
    }
}
