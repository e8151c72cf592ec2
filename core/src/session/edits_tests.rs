//! Sessions that were edited for long say what fresh ones say of the same files.

use super::*;
use crate::pipeline::Engine;
use crate::render::Timestamp;
use crate::source::VPath;

// A chart with a dependency, a definition of a type, helpers, a test and notes; a package and a kustomization beside it.
const FILES: [(&str, &str); 12] = [
    (
        "web/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 1.0.0\nappVersion: \"2\"\ndependencies:\n- name: db\n  version: 1.0.0\n  condition: db.enabled\n",
    ),
    (
        "web/values.yaml",
        "name: web\nreplicas: 2\nport: 80\nsize: 1\nlabels:\n  a: b\ndb:\n  enabled: true\n  port: 5432\n",
    ),
    ("web/values.schema.json", r#"{"properties": {"replicas": {"type": "integer"}}}"#),
    (
        "web/crds/widget.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: widgets.example.com\nspec:\n  group: example.com\n  names: {kind: Widget, plural: widgets}\n  scope: Namespaced\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          spec:\n            type: object\n            properties:\n              size: {type: integer}\n",
    ),
    ("web/templates/_names.tpl", "{{- define \"web.labels\" -}}\napp: {{ .Values.name }}\n{{- end }}\n"),
    (
        "web/templates/a.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Values.name }}\n  labels:\n    {{- include \"web.labels\" . | nindent 4 }}\nspec:\n  replicas: {{ .Values.replicas }}\n  selector:\n    matchLabels:\n      {{- include \"web.labels\" . | nindent 6 }}\n  template:\n    metadata:\n      labels:\n        {{- include \"web.labels\" . | nindent 8 }}\n    spec:\n      containers:\n      - name: web\n        image: web:{{ .Chart.AppVersion }}\n        ports:\n        - containerPort: {{ .Values.port }}\n",
    ),
    (
        "web/templates/b.yaml",
        "{{- range $i := until (int .Values.size) }}\n---\napiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w{{ $i }}\nspec:\n  size: {{ $.Values.size }}\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: s{{ $i }}\nspec:\n  ports:\n  - port: {{ $.Values.port }}\n{{- end }}\n",
    ),
    ("web/charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 1.0.0\n"),
    ("web/charts/db/values.yaml", "port: 1\n"),
    (
        "web/charts/db/templates/a.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: db\nspec:\n  ports:\n  - port: {{ .Values.port }}\n",
    ),
    (
        "web/overlays/prod/overlay.yaml",
        "values:\n  replicas: 5\npatches:\n- target: {kind: CustomResourceDefinition}\n  patch: |\n    metadata: {labels: {a: b}}\n",
    ),
    ("plain/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
];

// What stands in a file, and what comes in its place: right, wrong, or nothing that can be read.
const EDITS: [(&str, &str, &str); 24] = [
    ("web/values.yaml", "port: 80", "port: 8080"),
    ("web/values.yaml", "port: 80", "port: 80000"),
    ("web/values.yaml", "name: web", "name: web2"),
    ("web/values.yaml", "name: web", "name: 1"),
    ("web/values.yaml", "replicas: 2", "replicas: two"),
    ("web/values.yaml", "replicas: 2", "replicas: 3"),
    ("web/values.yaml", "size: 1", "size: 3"),
    ("web/values.yaml", "size: 1", "size: 0"),
    ("web/values.yaml", "enabled: true", "enabled: false"),
    ("web/values.yaml", "labels:", "labels: {"),
    ("web/charts/db/values.yaml", "port: 1", "port: 2"),
    ("web/templates/_names.tpl", "app: {{", "app: x{{"),
    ("web/templates/_names.tpl", "web.labels", "web.label"),
    ("web/templates/a.yaml", "kind: Deployment", "kind: StatefulSet"),
    ("web/templates/a.yaml", "  replicas:", "  replica:"),
    ("web/templates/a.yaml", "name: web\n", "name: web\n        env: [{name: A, value: {{ .Values.nope }}}]\n"),
    ("web/templates/b.yaml", "name: s{{ $i }}", "name: s"),
    ("web/templates/b.yaml", "kind: Widget", "kind: Gadget"),
    ("web/templates/b.yaml", "{{- end }}", ""),
    ("web/crds/widget.yaml", "size: {type: integer}", "size: {type: string}"),
    ("web/crds/widget.yaml", "kind: Widget", "kind: Gadget"),
    ("web/charts/db/templates/a.yaml", "kind: Service", "kind: Servic"),
    ("web/overlays/prod/overlay.yaml", "replicas: 5", "replicas: 6"),
    ("plain/a.yaml", "kind: ConfigMap", "kind: ConfigMap\ndata: {a: 1}"),
];

fn path(text: &str) -> VPath {
    VPath::parse(text).expect("a good path")
}

fn fresh(engine: &Engine, files: &[(VPath, String)]) -> Session {
    let now = Timestamp { seconds: 0, nanoseconds: 0 };
    let mut session = Session::new(engine.clone()).with_seed("a", now);
    for (path, text) in files {
        session.set_file(path.clone(), text.as_str());
    }
    session
}

#[test]
fn a_session_after_many_edits_says_what_a_fresh_one_says() {
    let engine = || Engine::new().with_schemas(rhumb_schemas::kubernetes());
    let mut files: Vec<(VPath, String)> = FILES.iter().map(|(file, text)| (path(file), (*text).to_owned())).collect();
    let original = files.clone();
    let mut session = fresh(&engine(), &files);
    // A small generator of its own: the same edits on every machine.
    let mut state = 11u64;
    let mut next = |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % most
    };
    let (mut wrong, mut right) = (0, 0);
    let steps = 150;
    for step in 0..steps {
        let (file, old, new) = EDITS[next(EDITS.len())];
        let at = files.iter().position(|(path, _)| path.as_str() == file).expect("a file");
        let text = &mut files[at].1;
        // There and back again, now and then to the start.
        *text = match (text.contains(new) && !new.is_empty(), text.contains(old), next(6)) {
            (_, _, 0) => original[at].1.clone(),
            (true, _, _) => text.replacen(new, old, 1),
            (_, true, _) => text.replacen(old, new, 1),
            _ => original[at].1.clone(),
        };
        session.set_file(path(file), text.as_str());
        if next(12) == 0 {
            let environment = (next(2) == 0).then(|| "prod".to_owned());
            session.configure(path("web"), Settings { environment, strict: next(3) == 0, ..Settings::default() });
        }
        let mut other = fresh(&engine(), &files);
        for root in ["web", "plain"].map(path) {
            other.configure(root.clone(), session.settings(&root));
            let (ours, theirs) = (session.render(&root), other.render(&root));
            assert_eq!(ours.text, theirs.text, "step {step}: {file}: {root}");
            assert_eq!((ours.ok, ours.objects, ours.notes), (theirs.ok, theirs.objects, theirs.notes), "step {step}");
            assert_eq!(session.findings(&root), other.findings(&root), "step {step}: {file}: {root}");
            if theirs.ok { right += 1 } else { wrong += 1 }
        }
    }
    assert!(wrong > steps / 10 && right > steps / 10, "{wrong} states are wrong, {right} are right");
}
