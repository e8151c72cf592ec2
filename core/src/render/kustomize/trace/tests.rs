//! The steps of small builds, by field.

use super::*;
use crate::render::kustomize::NoCharts;
use crate::render::kustomize::{Options, build};
use crate::source::{FileTree, VPath};

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n  template:\n    spec:\n      containers:\n      - name: web\n        image: nginx\n        args: [a, b]\n";

/// The history of a field, a line for each change: the step, where it is asked for, where it is written.
fn history(files: &[(&str, &str)], object: &str, path: &str) -> Vec<String> {
    let tree: FileTree = files.iter().copied().collect();
    let options = Options { trace: true, ..Options::default() };
    let root = VPath::parse("app").unwrap();
    let outcome = build(&tree, &root, &options, &NoCharts);
    let plain = build(&tree, &root, &Options::default(), &NoCharts);
    assert_eq!(outcome.result.as_ref().unwrap(), plain.result.as_ref().unwrap(), "a trace changes nothing");
    let trace = outcome.trace.unwrap();
    let key = trace.objects.keys().find(|key| key.to_string() == object).expect(object);
    let history = trace.objects[key].at(&ValuePath::parse(path).unwrap()).expect(path);
    let place = |span: Span| outcome.sources.describe(span).unwrap_or_else(|| "-".to_owned());
    let line = |change: &Change| {
        let step = &trace.steps[change.step];
        format!("{} {} {}", step.name, place(step.span), place(change.written))
    };
    history.changes.iter().map(line).collect()
}

#[test]
fn each_step_that_changes_a_field_is_told_in_order() {
    let files = [
        ("base/kustomization.yaml", "resources:\n- web.yaml\nimages:\n- name: nginx\n  newTag: '1'\n"),
        ("base/web.yaml", DEPLOYMENT),
        (
            "app/kustomization.yaml",
            "namePrefix: my-\nresources:\n- ../base\npatches:\n- path: p.yaml\n- target: {kind: Deployment}\n  patch: |-\n    - op: add\n      path: /spec/template/spec/containers/1/args/0\n      value: z\nreplicas:\n- name: web\n  count: 5\n",
        ),
        (
            "app/p.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n      - name: log\n        image: log\n",
        ),
    ];
    let of = |path: &str| history(&files, "Deployment/my-web", path);
    let resource = |at: &str| format!("resources /base/kustomization.yaml:2:3 /base/web.yaml:{at}");
    assert_eq!(
        of("spec.replicas"),
        [
            resource("6:13"),
            "patches /app/kustomization.yaml:5:3 /app/p.yaml:6:13".to_owned(),
            "replicas /app/kustomization.yaml:12:3 -".to_owned()
        ]
    );
    assert_eq!(of("metadata.name"), [resource("4:9"), "namePrefix /app/kustomization.yaml:1:1 -".to_owned()]);
    // Items keep their history when others come before them.
    let (web, log) = ("spec.template.spec.containers[1]", "spec.template.spec.containers[0]");
    assert_eq!(of(&format!("{web}.image")), [resource("11:16"), "images /base/kustomization.yaml:4:3 -".to_owned()]);
    assert_eq!(of(&format!("{log}.image")), ["patches /app/kustomization.yaml:5:3 /app/p.yaml:11:16"]);
    assert_eq!(of(&format!("{web}.args[0]")), ["patches /app/kustomization.yaml:6:3 -"]);
    assert_eq!(of(&format!("{web}.args[1]")), [resource("12:16")]);
}

#[test]
fn generated_data_tells_its_generators_and_the_hash() {
    let files = [
        ("base/kustomization.yaml", "configMapGenerator:\n- name: c\n  literals: [a=1, b=2]\n"),
        (
            "app/kustomization.yaml",
            "resources: [../base]\nconfigMapGenerator:\n- name: c\n  behavior: merge\n  literals: [b=3]\n",
        ),
    ];
    let tree: FileTree = files.into_iter().collect();
    let options = Options { trace: true, ..Options::default() };
    let trace = build(&tree, &VPath::parse("app").unwrap(), &options, &NoCharts).trace.unwrap();
    let (_, history) = trace.objects.first_key_value().unwrap();
    let names = |path: [&str; 2]| {
        let changes = &history.at(&ValuePath::keys(path)).unwrap().changes;
        changes.iter().map(|change| trace.steps[change.step].name).collect::<Vec<_>>()
    };
    assert_eq!(names(["data", "a"]), ["configMapGenerator"]);
    assert_eq!(names(["data", "b"]), ["configMapGenerator", "configMapGenerator"]);
    assert_eq!(names(["metadata", "name"]), ["configMapGenerator", "name hash"]);
}
