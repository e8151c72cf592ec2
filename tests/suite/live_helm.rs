//! Releases that pass between rhumb and the real Helm, both ways, in a real API server.

use std::path::{Path, PathBuf};

use rhumb_tests::place::Place;
use rhumb_tests::program::{Ran, run_line};
use rhumb_tests::releases::{fine, helm_states, states};
use rhumb_tests::workspace;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: {{ .Values.replicas }}\n  \
    selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        \
    image: web:1\n        ports: [{containerPort: 80}]\n";
const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n  mode: {{ .Values.mode }}\n  \
    {{- if .Values.more }}\n  more: {{ .Values.more }}\n  {{- end }}\n  \
    when: {{ if .Release.IsUpgrade }}upgrade{{ else }}install{{ end }} {{ .Release.Revision }}\n";
const HOOK: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: EVENT\n  annotations: {helm.sh/hook: EVENT, helm.sh/hook-delete-policy: before-hook-creation}\n\
    data: {revision: '{{ .Release.Revision }}'}\n";

struct Peers {
    place: Place,
    helm: PathBuf,
    helm3: PathBuf,
}

// A namespace with a chart, and both versions of Helm.
fn peers(namespace: &'static str) -> Option<Peers> {
    let place = Place::new(namespace)?;
    let (Some(helm), Some(helm3)) = (workspace::peer("helm"), workspace::peer("helm3")) else {
        println!("skipped: helm is not on this machine");
        return None;
    };
    place.write("chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.2.3\nappVersion: '9'\n");
    place.write("chart/values.yaml", "mode: fast\nreplicas: 2\nmore: null\n");
    place.write("chart/templates/deployment.yaml", DEPLOYMENT);
    place.write("chart/templates/settings.yaml", SETTINGS);
    place.write("chart/templates/NOTES.txt", "It is {{ .Values.mode }}.\n");
    for event in ["pre-install", "post-upgrade", "pre-delete"] {
        place.write(&format!("chart/templates/{event}.yaml"), &HOOK.replace("EVENT", event));
    }
    Some(Peers { place, helm, helm3 })
}

impl Peers {
    fn with(&self, program: &Path, arguments: &str) -> Ran {
        let Place { server, namespace, .. } = &self.place;
        let home = self.place.folder().join("helm-home");
        let line = format!(
            "HOME={} {} --kubeconfig {} -n {namespace} {arguments}",
            home.display(),
            program.display(),
            server.admin().display()
        );
        run_line(self.place.folder(), &line)
    }

    fn helm(&self, arguments: &str) -> Ran {
        self.with(&self.helm, arguments)
    }

    fn mode(&self) -> String {
        self.place.text("configmaps", "settings", &["data", "mode"])
    }

    fn more(&self) -> String {
        self.place.text("configmaps", "settings", &["data", "more"])
    }
}

#[test]
fn helm_goes_on_with_what_rhumb_applied() {
    let Some(peers) = peers("helm-after") else { return };
    let place = &peers.place;
    fine(&place.run("apply chart --release web --helm-release --set more=x"));
    assert_eq!(place.text("configmaps", "settings", &["data", "when"]), "install 1");
    assert_eq!(place.text("configmaps", "pre-install", &["data", "revision"]), "1", "the hook has run");
    assert!(place.object("configmaps", "post-upgrade").is_none());
    let list = peers.helm("list -o json");
    fine(&list);
    let list: serde_json::Value = serde_json::from_str(&list.stdout).expect("JSON");
    assert_eq!((list[0]["name"].as_str(), list[0]["chart"].as_str()), (Some("web"), Some("shop-1.2.3")), "{list}");
    assert_eq!((list[0]["status"].as_str(), list[0]["app_version"].as_str()), (Some("deployed"), Some("9")));
    let values = peers.helm("get values web -o json");
    assert_eq!(values.stdout.trim(), r#"{"more":"x"}"#, "{}", values.stderr);
    let manifest = peers.helm("get manifest web");
    assert!(manifest.stdout.contains("# Source: shop/templates/settings.yaml"), "{}", manifest.stdout);
    assert!(peers.helm("get notes web").stdout.contains("It is fast."));
    assert!(peers.helm("get hooks web").stdout.contains("name: post-upgrade"));
    // No force, no conflict, and what is no longer there goes.
    fine(&peers.helm("upgrade web chart --set mode=slow"));
    assert_eq!((peers.mode().as_str(), peers.more().as_str()), ("slow", ""));
    assert_eq!(helm_states(place, "web"), ["1 superseded", "2 deployed"]);
    // And back.
    fine(&place.run("apply chart --release web --helm-release --set mode=back,more=z"));
    assert_eq!((peers.mode().as_str(), peers.more().as_str()), ("back", "z"));
    assert_eq!(place.text("configmaps", "post-upgrade", &["data", "revision"]), "3");
    let again = place.run("apply chart --release web --helm-release --set mode=back,more=z");
    fine(&again);
    fine(&peers.helm("rollback web 1"));
    assert_eq!((peers.mode().as_str(), peers.more().as_str()), ("fast", "x"));
    fine(&place.run("rollback web 2"));
    assert_eq!((peers.mode().as_str(), peers.more().as_str()), ("slow", ""));
    fine(&peers.helm("uninstall web"));
    assert!(place.object("apps/v1/deployments", "web").is_none() && helm_states(place, "web").is_empty());
}

#[test]
fn rhumb_goes_on_with_what_helm_installed() {
    for (namespace, old) in [("helm-before-3", true), ("helm-before-4", false)] {
        let Some(peers) = peers(namespace) else { return };
        let place = &peers.place;
        let program = if old { &peers.helm3 } else { &peers.helm };
        fine(&peers.with(program, "install web chart --set more=x"));
        let list = place.run("list");
        assert!(list.stdout.contains("shop-1.2.3") && list.stdout.contains("helm"), "{}", list.stdout);
        assert!(place.run("history web").stdout.contains("Install complete"));
        let same = place.run("plan chart --release web --helm-release --set more=x");
        assert!(!same.stdout.contains("-  mode"), "{}", same.stdout);
        fine(&place.run("apply chart --release web --helm-release --set mode=slow"));
        assert_eq!((peers.mode().as_str(), peers.more().as_str()), ("slow", ""), "{namespace}");
        assert_eq!(place.text("configmaps", "settings", &["data", "when"]), "upgrade 2");
        fine(&peers.helm("upgrade web chart --set mode=next"));
        assert_eq!(peers.mode(), "next");
        assert_eq!(helm_states(place, "web"), ["1 superseded", "2 superseded", "3 deployed"]);
        let status = place.run("status web --drift");
        assert!(status.stderr.contains("no drift"), "{}\n{}", status.stdout, status.stderr);
        fine(&place.run("delete web"));
        assert!(place.object("configmaps", "settings").is_none() && helm_states(place, "web").is_empty());
        assert!(place.object("configmaps", "pre-delete").is_some(), "the hook has run");
    }
}

#[test]
fn a_release_changes_hands_only_when_that_is_said() {
    let Some(peers) = peers("helm-hands") else { return };
    let place = &peers.place;
    fine(&peers.helm("install web chart --set more=x"));
    let refused = place.run("apply chart --release web");
    assert_eq!(refused.code, Some(2), "{}", refused.stdout);
    assert!(refused.stderr.contains("error[release-of-helm]"), "{}", refused.stderr);
    fine(&place.run("apply chart --release web --take-over --set mode=slow"));
    assert_eq!((peers.mode().as_str(), peers.more().as_str()), ("slow", ""));
    assert_eq!(
        place.text("configmaps", "settings", &["metadata", "annotations", "rhumb.dev/release"]),
        "helm-hands/web"
    );
    assert_eq!(place.text("configmaps", "settings", &["metadata", "annotations", "meta.helm.sh/release-name"]), "");
    assert_eq!(helm_states(place, "web"), ["1 superseded"]);
    assert_eq!(states(place, "web"), ["2 deployed"]);
    // And Helm can have it back.
    fine(&place.run("apply chart --release web --helm-release --set mode=back"));
    assert_eq!(helm_states(place, "web"), ["1 superseded", "3 deployed"]);
    fine(&peers.helm("upgrade web chart --set mode=helm"));
    assert_eq!(peers.mode(), "helm");
    assert_eq!(place.text("configmaps", "settings", &["metadata", "annotations", "rhumb.dev/release"]), "");
}

#[test]
fn definitions_of_charts_are_made_once_and_never_touched() {
    let Some(peers) = peers("helm-crds") else { return };
    let place = &peers.place;
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: boxes.helm.rhumb.example\nspec:\n  \
        group: helm.rhumb.example\n  scope: Namespaced\n  names: {kind: Box, plural: boxes, singular: box}\n  versions:\n  - name: v1\n    \
        served: true\n    storage: true\n    schema: {openAPIV3Schema: {type: object, description: first}}\n";
    place.write("chart/crds/box.yaml", crd);
    place.write("chart/templates/box.yaml", "apiVersion: helm.rhumb.example/v1\nkind: Box\nmetadata: {name: one}\n");
    fine(&place.run("apply chart --release web --helm-release"));
    assert!(place.object("helm.rhumb.example/v1/boxes", "one").is_some());
    assert!(!peers.helm("get manifest web").stdout.contains("CustomResourceDefinition"));
    place.write("chart/crds/box.yaml", &crd.replace("first", "second"));
    fine(&place.run("apply chart --release web --helm-release --set mode=slow"));
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/boxes.helm.rhumb.example";
    let text = serde_json::to_string(&place.get(path)).expect("JSON");
    assert!(text.contains("first") && !text.contains("second"), "{text}");
    fine(&place.run("delete web --wait"));
    assert!(place.get(path).is_some());
}
