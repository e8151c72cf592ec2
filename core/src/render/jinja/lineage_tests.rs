//! What a traced run knows of the values behind every node, each as a template and the paths it names.

use super::tests::{Output, found, json, run_with, template};
use super::{Functions, Limits};
use crate::value::ValuePath;

const VALUES: &str = r#"{
    "name": "web", "port": 80, "debug": false, "none": null, "replicas": 3, "zone": "b",
    "image": {"repo": "r", "tag": "t"},
    "ports": [8080, 9090, 8080], "hosts": ["b.example", "a.example"],
    "labels": {"tier": "front", "team": "x"}, "more": {"team": "y", "cpu": 2},
    "containers": [{"name": "one", "port": 1, "args": ["-v", "-x"]}, {"name": "two", "port": 2, "args": []}],
    "zones": {"a": {"size": 1}, "b": {"size": 2}}
}"#;

fn run(text: &str, trace: bool) -> Output {
    let fixture = if text.starts_with("//-") { text.to_owned() } else { template(text) };
    let output = run_with(&fixture, &json(VALUES), trace, Functions::new(), &Limits::default());
    assert_eq!(found(&output), Vec::<String>::new(), "{text}");
    output
}

// `expected` has pairs of a path in the document and the paths of values behind it.
#[track_caller]
fn check(text: &str, expected: &[(&str, &str)]) {
    let output = run(text, true);
    assert_eq!(output.text, run(text, false).text, "a traced run gives the same\n{text}");
    let root = &output.rendered[0].documents[0].node;
    for (path, leaves) in expected {
        let node = root.at(&ValuePath::parse(path).unwrap()).unwrap_or_else(|| panic!("{path} in {}", output.text));
        let origin = node.origin.and_then(|id| output.origins.get(id));
        let values = origin.map(|origin| origin.values.as_slice()).unwrap_or_default();
        let found: Vec<String> = values.iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(found.join(" "), *leaves, "{path} of\n{text}\n{}", output.text);
    }
}

fn via(text: &str, path: &str) -> usize {
    let output = run(text, true);
    let node = output.rendered[0].documents[0].node.at(&ValuePath::parse(path).unwrap()).unwrap();
    output.origins.get(node.origin.expect("traced")).unwrap().via.len()
}

#[test]
fn maps_and_lists_know_every_leaf() {
    check("a: {{ values.zones }}\n", &[("a.b.size", "zones.b.size"), ("a", "zones")]);
    check("a: {{ values }}\n", &[("a.ports[1]", "ports[1]")]);
    check("a: {{ values.containers|first }}\n", &[("a.args[1]", "containers[0].args[1]")]);
    check(
        "a: {{ values.labels|merge(values.more) }}\n",
        &[("a.tier", "labels.tier"), ("a.team", "more.team"), ("a.cpu", "more.cpu")],
    );
    check("a: {{ {'x': values.port, 'y': [values.name, 1]} }}\n", &[("a.x", "port"), ("a.y[0]", "name")]);
}

#[test]
fn scalars_survive_loops() {
    check(
        "ports:\n{% for p in values.ports %}\n  - {{ p }}\n{% endfor %}\n",
        &[("ports[0]", "ports[0]"), ("ports[1]", "ports[1]"), ("ports[2]", "ports[2]")],
    );
    check("{% for p in values.ports if p > 9000 %}\na: {{ p }}\n{% endfor %}\n", &[("a", "ports[1]")]);
    check(
        "a:\n{% for h in values.hosts|sort %}\n  - {{ h }}\n{% endfor %}\n",
        &[("a[0]", "hosts[1]"), ("a[1]", "hosts[0]")],
    );
    check(
        "{% for k, v in values.labels|items %}\n{{ k }}: {{ v }}\n{% endfor %}\n",
        &[("tier", "labels.tier"), ("team", "labels.team")],
    );
    check("{% for k, v in values.labels|dictsort %}\n{{ v }}: {{ k }}\n{% endfor %}\n", &[("x", "labels.team")]);
    check("{% for k in values.zones %}\n{{ k }}: {{ values.zones[k].size }}\n{% endfor %}\n", &[("b", "zones.b.size")]);
    check(
        "{% for c in values.containers %}\n{{ c.name }}: {{ c.port }}\n{% for a in c.args %}\n{{ a }}: {{ a }}{{ loop.index }}\n{% endfor %}\n{% endfor %}\n",
        &[("two", "containers[1].port"), ("-x", "containers[0].args[1]")],
    );
    check("a:\n{% for i in range(values.replicas) %}\n  - n{{ i }}\n{% endfor %}\n", &[("a[2]", "replicas")]);
    check(
        "a:\n{% for x in [values.port, values.name, 5] %}\n  - {{ x }}\n{% endfor %}\n",
        &[("a[0]", "port"), ("a[1]", "name"), ("a[2]", "")],
    );
    check(
        "{% for x in values.containers recursive %}\n{{ x.name }}: {{ x.port }}\n{{ loop([]) }}\n{% endfor %}\n",
        &[("two", "containers[1].port")],
    );
}

#[test]
fn scalars_survive_set_and_with() {
    check(
        "{% set p = values.port %}\na: {{ p }}\nb: {{ p + 1 }}\nc: x{{ p }}\n",
        &[("a", "port"), ("b", "port"), ("c", "port")],
    );
    check("{% set p = values.port %}\n{% set p = p + values.replicas %}\na: {{ p }}\n", &[("a", "port replicas")]);
    check("{% set a, b = values.port, values.name %}\na: {{ a }}\nb: {{ b }}\n", &[("a", "port"), ("b", "name")]);
    check("{% set i = values.image %}\na: {{ i.repo }}:{{ i.tag }}\n", &[("a", "image.repo image.tag")]);
    check(
        "{% set x = {'p': values.port, 'l': [values.name]} %}\na: {{ x.p }}\nb: {{ x.l[0] }}\n",
        &[("a", "port"), ("b", "name")],
    );
    check(
        "{% with a = values.port, b = a %}\na: {{ a }}\nb: {{ b }}\n{% endwith %}\n",
        &[("a", "port"), ("b", "port")],
    );
    check(
        "{% set p = values.port %}\n{% with (p, q) = [1, 2] %}\na: {{ p }}\n{% endwith %}\nb: {{ p }}\n",
        &[("a", ""), ("b", "port")],
    );
    check(
        "{% set ns = namespace(n=0, p=values.port) %}\n{% for c in values.containers %}\n{% set ns.n = ns.n + c.port %}\n{% endfor %}\na: {{ ns.n }}\nb: {{ ns.p }}\n",
        &[("a", "containers[0].port containers[1].port"), ("b", "port")],
    );
    check("{% set p %}{{ values.port }}{% endset %}\na: {{ p }}\nb: {{ p|length }}\n", &[("a", "port"), ("b", "port")]);
    check("{% set p | upper %}x{{ values.name }}{% endset %}\na: {{ p }}\n", &[("a", "name")]);
    check("{% set p = values.port %}\n{% set p %}x{% endset %}\na: {{ p }}\n", &[("a", "")]);
}

#[test]
fn scalars_survive_macro_arguments() {
    check(
        "{% macro m(n, p=values.port, q=1) %}\nx: {{ n }}\np: {{ p }}\nq: {{ q }}\n{% endmacro %}\na:\n  {{ m(values.name) }}\nb:\n  {{ m(values.zone, q=values.replicas, p=2) }}\n",
        &[("a.x", "name"), ("a.p", "port"), ("b.x", "zone"), ("b.p", ""), ("b.q", "replicas")],
    );
    let nested = "{% macro inner(v) %}{{ v }}{% endmacro %}\n{% macro outer(v) %}{{ inner(v) }}-{{ v }}{% endmacro %}\na: {{ outer(values.port) }}\n";
    check(nested, &[("a", "port")]);
    assert_eq!(via("{% macro m(v) %}\nx: {{ v }}\n{% endmacro %}\na:\n  {{ m(values.port) }}\n", "a.x"), 1);
    check(
        "{% macro img(v) %}{{ v.repo }}:{{ v.tag }}{% endmacro %}\na: {{ img(values.image) }}\n",
        &[("a", "image.repo image.tag")],
    );
    check(
        "{% set p = values.port %}\n{% macro m() %}{{ p }}{% endmacro %}\na: {{ m() }}\nb: {{ m()|int + 1 }}\n",
        &[("a", "port"), ("b", "port")],
    );
    check(
        "{% macro m() %}{{ values.name }}{% endmacro %}\n{% set s = m()|sha256 %}\na: {{ s }}\nb: {{ m()|upper }}\n",
        &[("a", "name"), ("b", "name")],
    );
    check(
        "{% macro box(n) %}\nx: {{ n }}\nin: {{ caller(values.zone) }}\n{% endmacro %}\n{% call(z) box(values.port) %}{{ z }}{% endcall %}\n",
        &[("x", "port"), ("in", "zone")],
    );
    check(
        "{% macro m(v) %}\n{% for p in v %}\nx{{ p }}: {{ p }}\n{% endfor %}\n{% endmacro %}\n{{ m([values.port, values.replicas]) }}\n",
        &[("x80", "port"), ("x3", "replicas")],
    );
    check("{% macro m(a, b) %}{{ b }}{% endmacro %}\na: {{ m(b=values.port, a=values.name) }}\n", &[("a", "port")]);
}

#[test]
fn scalars_survive_files() {
    check(
        "//- /templates/a.yaml\n{% from \"_m.yaml\" import show as s, port %}\n{% import \"_m.yaml\" as m %}\na: {{ s(values.name) }}\nb: {{ m.show(values.zone) }}\nc: {{ port }}\nd: {{ m.port }}\n\
         //- /templates/_m.yaml\n{% set port = values.port %}\n{% macro show(x) %}{{ x }}{% endmacro %}\n",
        &[("a", "name"), ("b", "zone"), ("c", "port"), ("d", "port")],
    );
    check(
        "//- /templates/a.yaml\n{% set p = values.port %}\n{% for q in values.ports %}\nx{{ loop.index }}:\n  {% include \"_i.yaml\" %}\n{% endfor %}\n//- /templates/_i.yaml\na: {{ p }}\n{% for h in values.hosts %}\n{{ h }}: {{ q }}\n{% endfor %}\n",
        &[("x1.a", "port"), ("x2[\"a.example\"]", "ports[1]"), ("x3[\"b.example\"]", "ports[2]")],
    );
    check(
        "//- /templates/a.yaml\nt: |\n  {% include \"_s.sh\" %}\n//- /templates/_s.sh\necho {{ values.name }}\n",
        &[("t", "name")],
    );
}

#[test]
fn filters_keep_what_can_be_recognised() {
    check(
        "a: {{ values.name|upper }}\nb: {{ values.port|string }}\nc: {{ values.hosts|join(',') }}\n",
        &[("a", "name"), ("b", "port"), ("c", "hosts")],
    );
    check(
        "a: {{ values.absent|default(values.port) }}\nb: {{ values.port|default(values.replicas) }}\n",
        &[("a", "port"), ("b", "port")],
    );
    check(
        "a: {{ values.hosts|first }}\nb: {{ values.ports|max }}\nc: {{ values.hosts[-1] }}\n",
        &[("a", "hosts[0]"), ("b", "ports[1]"), ("c", "hosts[1]")],
    );
    check(
        "a: {{ values.port if values.debug else values.replicas }}\nb: {{ 1 if values.debug else 2 }}\n",
        &[("a", "replicas"), ("b", "debug")],
    );
    check(
        "a: {{ values.name|required('x') }}\nb: {{ values.debug or values.name }}\n",
        &[("a", "name"), ("b", "name")],
    );
    check(
        "{% set n = values.containers|map(attribute='port')|list %}\na: {{ n[1] }}\n",
        &[("a", "containers[1].port")],
    );
    check(
        "a:\n{% for n in values.containers|map(attribute='name') %}\n  - {{ n }}\n{% endfor %}\n",
        &[("a[1]", "containers[1].name")],
    );
    check("{% set l = [values.port] + values.ports %}\na: {{ l[0] }}\n", &[("a", "port")]);
    check("a: {{ values.zones[values.zone].size }}\n", &[("a", "zones.b.size")]);
    check("{% filter upper %}{{ values.name }}{% endfilter %}\n", &[("", "name")]);
}

#[test]
fn a_traced_run_of_a_failing_template_says_the_same() {
    for text in [
        "a: {{ values.nmae }}\n",
        "a: {{ nothing(1) }}\n",
        "{% macro m(x) %}{{ x.y.z }}{% endmacro %}\na: {{ m(values.name) }}\n",
        "a: {{ values.name() }}\n",
        "{% macro m(x) %}{% endmacro %}\na: {{ m(1, 2) }}\n",
    ] {
        let run = |trace| run_with(&template(text), &json(VALUES), trace, Functions::new(), &Limits::default());
        assert_eq!(found(&run(true)), found(&run(false)), "{text}");
        assert!(!found(&run(true)).is_empty());
    }
}
