//! No package and no flag makes the engine panic or run without end: noise in values, `--set`, schemas of values,
//! templates, patches and manifests. What comes out without an error is well-formed and the same on a second run.

use rhumb::pipeline::{Engine, Manifest, Request, ValuesInput};
use rhumb::source::{FileId, FileTree, Limits, VPath};
use rhumb::yaml::parse;
use rhumb_tests::fuzz::{Noise, rounds};

const VALUES: &str =
    "image:\n  repository: ml-model\n  tag: latest\nreplicas: 3\nenv:\n  - {name: A, value: b}\nlabels: {team: a}\n";

const SCHEMA: &str = r##"{"$defs": {"port": {"type": "integer", "minimum": 1}}, "type": "object", "properties": {"replicas": {"$ref": "#/$defs/port", "default": 2}, "image": {"type": "object", "required": ["tag"], "additionalProperties": false, "properties": {"repository": {"type": "string", "pattern": "^[a-z-]+$"}, "tag": {"type": ["string", "null"]}}}, "env": {"items": {"oneOf": [{"required": ["name"]}, {"type": "string"}]}}}}"##;

const TEMPLATE: &str = "{% from \"_names.yaml\" import full %}\n{% if values.replicas > 0 %}\napiVersion: apps/v1\nkind: Deployment\n\
    metadata:\n  name: {{ full(release.name) }}\n  labels: {{ values.labels }}\nspec:\n  replicas: {{ values.replicas }}\n  \
    selector:\n    matchLabels: {app: \"{{ release.name }}-{{ values.image.tag }}\"}\n  template:\n    metadata:\n      \
    labels: {app: \"{{ release.name }}-{{ values.image.tag }}\"}\n    spec:\n      containers:\n        - name: server\n          \
    image: \"{{ values.image.repository }}:{{ values.image.tag }}\"\n          env:\n            {% for e in values.env %}\n            \
    - name: {{ e.name }}\n              value: {{ e.value | default('x') }}\n            {% endfor %}\n{% endif %}\n";

const OVERLAY: &str = "apiVersion: rhumb.dev/v1\nkind: Overlay\nvalues:\n  replicas: 5\npatches:\n  - target: {kind: Deployment, labelSelector: team in (a)}\n    \
    patch:\n      spec:\n        template:\n          spec:\n            containers:\n              - name: server\n                \
    env: [{name: A, $patch: delete}, {name: B, value: c}]\n  - target: {kind: Deployment}\n    patch:\n      - {op: add, path: /metadata/labels/x~1y, value: z}\n      \
    - {op: test, path: /spec/replicas, value: 5}\n      - {op: remove, path: /spec/replicas}\n  - target: {name: fuzz}\n    type: merge\n    patch: {spec: {paused: true, selector: null}}\n";

const SET: &str = "image.tag=a\\,b,env[1].name=C,env[0]=null,labels={x,y},replicas=4,a.b[2][1].c=d\\.e";

const TOKENS: [&str; 56] = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    " for x in ",
    " endfor ",
    " if ",
    " endif ",
    " else ",
    " set a = ",
    "values",
    ".",
    "[0]",
    "[-1]",
    "|",
    " default(",
    "tojson",
    " range(1000000) ",
    " include '_names.yaml' ",
    " macro m() ",
    " endmacro ",
    "m()",
    "loop",
    "\"",
    "'",
    "\n",
    "\n  ",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "=",
    "\\",
    "null",
    "~",
    "&a ",
    "*a",
    "<<: ",
    "$patch: replace",
    "$retainKeys: [a]",
    "$setElementOrder/env: []",
    "/-",
    "~0",
    "op: move",
    "from: /spec",
    "{\"$ref\": \"#\"}",
    "\"allOf\": ",
    "\"pattern\": \"(a+)+$\"",
    "65537",
    "1e999",
    "\u{1f600}",
];

fn package(template: &str, values: &str, schema: &str, overlay: &str) -> FileTree {
    let files = [
        ("rhumb.yaml", "apiVersion: rhumb.dev/v1\nkind: Package\nname: fuzz\nversion: 0.1.0\n"),
        ("templates/_names.yaml", "{% macro full(name) %}{{ name }}{% endmacro %}\n"),
        ("templates/all.yaml", template),
        ("values.yaml", values),
        ("values.schema.json", schema),
        ("overlays/prod/overlay.yaml", overlay),
    ];
    files.into_iter().collect()
}

// Far below the defaults: a round must be short.
fn engine() -> Engine {
    let mut limits = Limits::default();
    (limits.steps, limits.output_bytes, limits.alias_nodes) = (20_000, 1 << 20, 10_000);
    Engine::new().with_schemas(rhumb_schemas::kubernetes()).with_limits(limits)
}

fn check(engine: &Engine, files: &FileTree, set: &str) -> bool {
    let mut request = Request::package(files, VPath::root());
    request.environment = Some("prod".to_owned());
    request.values = vec![ValuesInput::Set(set.to_owned())];
    let built = engine.check(&request);
    // Every finding can be shown, wherever it points.
    assert_eq!(built.report().is_empty(), built.diagnostics.is_empty());
    if built.ok() {
        let text = built.to_yaml();
        let again = parse(&text, FileId::NONE, &Limits::default());
        assert!(again.diagnostics.is_empty(), "what was rendered is no YAML:\n{text}");
        assert_eq!(text, engine.check(&request).to_yaml());
    }
    built.ok()
}

#[test]
fn the_package_without_noise_is_fine() {
    let files = package(TEMPLATE, VALUES, SCHEMA, OVERLAY);
    let mut request = Request::package(&files, VPath::root());
    let built = engine().check(&request);
    assert!(built.ok(), "{}", built.report());
    request.environment = Some("prod".to_owned());
    let built = engine().build(&request);
    assert!(built.ok(), "{}", built.report());
    assert!(built.to_yaml().contains("x/y: z"), "{}", built.to_yaml());
}

#[test]
fn noise_in_a_package_ends_in_an_answer() {
    let engine = engine();
    rounds(600, |seed, noise| {
        let mut parts = [TEMPLATE, VALUES, SCHEMA, OVERLAY, SET].map(str::to_owned);
        let part = &mut parts[seed as usize % 5];
        *part = noise.mutate(part, &TOKENS);
        let [template, values, schema, overlay, set] = parts;
        check(&engine, &package(&template, &values, &schema, &overlay), &set);
    });
}

#[test]
fn noise_in_flags_ends_in_an_answer() {
    let engine = engine();
    let files = package("a: 1\n", VALUES, "{}", "apiVersion: rhumb.dev/v1\nkind: Overlay\n");
    let pieces = [
        "a",
        ".",
        "[",
        "]",
        "0",
        "1",
        "65537",
        "-1",
        "=",
        ",",
        "{",
        "}",
        "\\",
        "null",
        "true",
        "\"",
        "é",
        " ",
        "1e3",
        "99999999999999999999",
    ];
    rounds(1_000, |seed, noise| {
        let flag = noise.compose(&pieces, 14);
        let mut request = Request::package(&files, VPath::root());
        request.values = vec![match seed % 4 {
            0 => ValuesInput::Set(flag),
            1 => ValuesInput::SetString(flag),
            2 => ValuesInput::SetJson(flag),
            _ => ValuesInput::SetLiteral(flag),
        }];
        drop(engine.build(&request).report());
    });
}

#[test]
fn noise_in_manifests_ends_in_findings() {
    let engine = engine();
    let clean = {
        let files = package(TEMPLATE, VALUES, SCHEMA, OVERLAY);
        engine.build(&Request::package(&files, VPath::root())).to_yaml()
    };
    let tokens = [
        "null",
        "{}",
        "[]",
        "\"\"",
        "-1",
        "x",
        "name: ",
        "- ",
        "spec:",
        "metadata:",
        "\n",
        "  ",
        "kind: Pod",
        "kind: List",
        "99999999999",
        "1.5",
        "é",
    ];
    rounds(600, |_, noise: &mut Noise| {
        let manifest = Manifest { name: "m.yaml".to_owned(), text: noise.mutate(&clean, &tokens) };
        drop(engine.check(&Request::manifests(vec![manifest])).report());
    });
}
