//! The rules of native templates, each as a package and what it renders to.

use std::collections::BTreeMap;

use super::*;
use crate::diag::{Style, render_text};
use crate::source::{SourceMap, Span};
use crate::value::{Map, Value, ValuePath};

pub(super) struct Output {
    pub(super) text: String,
    findings: Diagnostics,
    sources: SourceMap,
    pub(super) rendered: Vec<Rendered>,
    pub(super) origins: Origins,
}

fn files(fixture: &str, sources: &mut SourceMap) -> Vec<File> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in fixture.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("//- /") {
            files.push((name.trim().to_owned(), String::new()));
        } else if let Some((_, text)) = files.last_mut() {
            text.push_str(line);
        }
    }
    files.sort();
    let add = |(name, text): (String, String)| {
        let file = sources.add(name.as_str(), text.as_str());
        File { name, file, text: text.into() }
    };
    files.into_iter().map(add).collect()
}

pub(super) fn run_with(fixture: &str, values: &Value, trace: bool, functions: Functions, limits: &Limits) -> Output {
    let mut sources = SourceMap::new();
    let compiled = Engine::compile(files(fixture, &mut sources), functions, limits);
    let mut findings = compiled.diagnostics;
    let mut origins = Origins::new();
    let mut rendered = Vec::new();
    if !findings.has_errors() {
        let release = json(r#"{"name":"shop","namespace":"prod"}"#);
        let package = json(r#"{"name":"web","version":"1.2.3","appVersion":"4","description":""}"#);
        let names: BTreeMap<String, Arc<[u8]>> =
            [("a.txt", "one\ntwo\n"), ("conf/b.txt", "b"), ("conf/deep/c.txt", "c")]
                .map(|(name, text)| (name.to_owned(), Arc::from(text.as_bytes())))
                .into();
        let scope = Scope {
            values,
            set_at: &|_| Span::NONE,
            release,
            package,
            kube_version: "1.34.0",
            has: Arc::new(|api| api == "apps/v1" || api == "apps/v1/Deployment"),
            files: Arc::new(names),
            trace,
        };
        let outcome = compiled.value.render(&scope, &mut origins);
        rendered = outcome.into_value(&mut findings);
    }
    findings.sort();
    let documents = rendered.iter().flat_map(|file| &file.documents);
    let lines: Vec<String> = documents.map(|document| convert::json(&document.node.to_value())).collect();
    Output { text: lines.join("\n"), findings, sources, rendered, origins }
}

fn run_all(fixture: &str, values: &str) -> Output {
    run_with(fixture, &json(values), false, Functions::new(), &Limits::default())
}

pub(super) fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("valid JSON in a test")
}

pub(super) fn template(text: &str) -> String {
    format!("//- /templates/a.yaml\n{text}")
}

#[track_caller]
fn check(text: &str, values: &str, expected: &str) {
    let fixture = if text.starts_with("//-") { text.to_owned() } else { template(text) };
    let output = run_all(&fixture, values);
    let shown: String = output.findings.iter().map(|d| render_text(d, &output.sources, Style::Plain)).collect();
    assert_eq!(shown, "", "unexpected findings for\n{fixture}");
    assert_eq!(output.text, expected, "for\n{fixture}");
}

// The findings as `place code: message (help)`, with further places behind.
#[track_caller]
fn check_error(text: &str, values: &str, expected: &[&str]) {
    let fixture = if text.starts_with("//-") { text.to_owned() } else { template(text) };
    let output = run_all(&fixture, values);
    assert_eq!(found(&output), expected, "for\n{fixture}");
}

pub(super) fn found(output: &Output) -> Vec<String> {
    let line = |d: &Diagnostic| {
        let place = |span| output.sources.describe(span).unwrap_or("?".into()).replace("templates/", "");
        let help = d.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        let more: Vec<String> =
            d.labels.iter().skip(1).map(|label| format!(" < {} {}", place(label.span), label.text)).collect();
        format!("{} {}: {}{help}{}", place(d.span()), d.code, d.message, more.concat())
    };
    output.findings.iter().map(line).collect()
}

#[test]
fn values_in_the_place_of_values_are_values() {
    check(
        "resources: {{ values.resources }}\nname: {{ values.name }}\nlist:\n  - {{ values.n }}\n  - {{ values.none }}\n",
        r#"{"resources":{"limits":{"cpu":"1"}},"name":"yes","n":18446744073709551615,"none":null}"#,
        r#"{"resources":{"limits":{"cpu":"1"}},"name":"yes","list":[18446744073709551615,null]}"#,
    );
    for hostile in ["yes", "1e3", "a: b", "- x", "#", "---", "a\nb: c", "", "null", "~", "*a", "&a", "!t", "<<", "|"] {
        let values = convert::json(&Value::from([("v", Value::from(hostile))].into_iter().collect::<Map>()));
        check("a: {{ values.v }}\nb: [{{ values.v }}]\n", &values, &{
            let v = convert::json(&Value::from(hostile));
            format!("{{\"a\":{v},\"b\":[{v}]}}")
        });
    }
    check("{{ values }}\n", r#"{"a":1}"#, r#"{"a":1}"#);
    check("labels:\n  {{ values }}\n", r#"{"a":1}"#, r#"{"labels":{"a":1}}"#);
    check("a: {{ {'z': 1, 'b': [true, none]} }}\n", "{}", r#"{"a":{"z":1,"b":[true,null]}}"#);
}

#[test]
fn a_value_in_a_longer_scalar_joins_its_text() {
    check("a: {{ values.x }}-{{ values.y }}\n", r#"{"x":"a","y":1}"#, r#"{"a":"a-1"}"#);
    check("a: {{ values.x }}{{ values.y }}\n", r#"{"x":1,"y":2}"#, r#"{"a":"12"}"#);
    check(
        "a: \"{{ values.x }}\"\nb: '{{ values.y }}'\n",
        r#"{"x":1,"y":"it's \"x\""}"#,
        r#"{"a":"1","b":"it's \"x\""}"#,
    );
    check("a: {{ values.x }}m # {{ values.x }}\n", r#"{"x":true}"#, r#"{"a":"truem"}"#);
    check("a: \"{{ values.x }}, {{ values.y }}\"\n", r#"{"x":null,"y":1.5}"#, r#"{"a":"null, 1.5"}"#);
}

#[test]
fn a_block_scalar_keeps_its_lines() {
    let values = r#"{"x":"one\n  two\n","y":"z"}"#;
    check("a: |\n  {{ values.x }}\n  end\n", values, r#"{"a":"one\n  two\nend\n"}"#);
    check("a: |\n  {{ values.x }}\nb: 1\n", values, r#"{"a":"one\n  two\n","b":1}"#);
    check("a: |\n  x={{ values.y }}\n  {% if true %}\n  k\n  {% endif %}\n", values, r#"{"a":"x=z\nk\n"}"#);
    check(
        "{% set c %}\nl1 {{ values.y }}\n  l2\n{% endset %}\na: |\n  {{ c }}\n  end\n",
        values,
        r#"{"a":"l1 z\n  l2\nend\n"}"#,
    );
}

#[test]
fn a_map_or_list_joined_into_text_is_an_error() {
    let expected = |place: &str| {
        format!(
            "{place} template-place: a map or list cannot be joined into text (let it stand alone as the value of a \
             key, or write it as text with `to_json` or `to_yaml`)"
        )
    };
    check_error("a: x{{ values }}\n", r#"{"a":1}"#, &[&expected("a.yaml:1:8")]);
    check_error("a: \"{{ values.l }}\"\n", r#"{"l":[]}"#, &[&expected("a.yaml:1:8")]);
    check_error("a: |\n  {{ values.l }}\n", r#"{"l":[]}"#, &[&expected("a.yaml:2:6")]);
    check_error("# {{ values }}\na: 1\n", r#"{"l":[]}"#, &[&expected("a.yaml:1:6")]);
    check_error(
        "{% set x %}a{{ values.l }}{% endset %}\na: {{ x|upper }}\n",
        r#"{"l":[]}"#,
        &[&expected("a.yaml:1:16")],
    );
    check_error("{% set x %}a{{ values.l }}{% endset %}\na: \"{{ x }}\"\n", r#"{"l":[]}"#, &[&expected("a.yaml:1:16")]);
}

#[test]
fn keys_take_texts_and_anchors_and_tags_take_nothing() {
    check("{{ values.k }}: 1\nx-{{ values.k }}: 2\n", r#"{"k":"a: b"}"#, r#"{"a: b":1,"x-a: b":2}"#);
    check("{{ values.k }}: 1\n", r#"{"k":8080}"#, r#"{"8080":1}"#);
    check_error(
        "{{ values.k }}: 1\n",
        r#"{"k":{}}"#,
        &["a.yaml:1:4 template-place: a map cannot be a key (a key is a string)"],
    );
    check_error(
        "{{ values.k }}: 1\n",
        r#"{"k":null}"#,
        &["a.yaml:1:4 template-place: a null cannot be a key (make it a string)"],
    );
    check_error(
        "a: 1\n{{ values.k }}: 2\n",
        r#"{"k":"a"}"#,
        &["a.yaml:2:4 template-key-twice: the map already has the key `a` that this expression gives"],
    );
    check_error(
        "a: &{{ values.k }} 1\n",
        r#"{"k":"a"}"#,
        &[
            "a.yaml:1:8 template-place: a value cannot be part of a tag, an anchor or an alias (write it in the template)",
        ],
    );
    for text in
        ["a: !{{ values.k }} 1\n", "a: !!{{ values.k }} 1\n", "a: &x 1\nb: *{{ values.k }}\n", "- &a{{ values.k }} x\n"]
    {
        let output = run_all(&template(text), r#"{"k":"a"}"#);
        assert_eq!(output.findings.iter().map(|d| d.code).collect::<Vec<_>>(), ["template-place"], "{text}");
    }
}

#[test]
fn captures_are_real_text_and_stay_structure() {
    check(
        "{% macro name(n) %}{{ release.name }}-{{ n }}{% endmacro %}\na: {{ name('x') }}\nb: {{ name('x')|length }}\n\
         c: {{ name('x')|upper }}\nd: \"{{ name('x') == 'shop-x' }}\"\ne: {{ name('x')[:4] }}\nf: {{ name('x') ~ '!' }}\n",
        "{}",
        r#"{"a":"shop-x","b":6,"c":"SHOP-X","d":"true","e":"shop","f":"shop-x!"}"#,
    );
    check(
        "{% set x %}{{ values.n }}{% endset %}\na: {{ x }}\nb: {{ x|sha256 }}\n",
        r#"{"n":"yes"}"#,
        r#"{"a":"yes","b":"8a798890fe93817163b10b5f7bd2ca4d25d84c52739a645a889c173eee7d9d3d"}"#,
    );
    check("{% filter upper %}a: {{ values.n }}{% endfilter %}\n", r#"{"n":"x"}"#, r#""A: X""#);
    check("{% set x | upper %}a{{ values.n }}{% endset %}\na: {{ x }}\n", r#"{"n":"b"}"#, r#"{"a":"AB"}"#);
    check(
        "{% macro labels(v) %}\napp: {{ v.name }}\n{% for k, v in v.extra|items %}\n{{ k }}: {{ v }}\n{% endfor %}\n{% endmacro %}\n\
         metadata:\n  labels:\n    {{ labels(values) }}\n    tier: x\n  more: {{ labels(values) }}\nlist:\n  - {{ labels(values) }}\n",
        r#"{"name":"yes","extra":{"a":"x: y","b":"- z"}}"#,
        concat!(
            r#"{"metadata":{"labels":{"app":"yes","a":"x: y","b":"- z","tier":"x"},"#,
            r#""more":{"app":"yes","a":"x: y","b":"- z"}},"list":[{"app":"yes","a":"x: y","b":"- z"}]}"#
        ),
    );
    check(
        "{% macro m() %}\n  a: 1\n  b: {{ values }}\n{% endmacro %}\nx:\n  {{ m() }}\n",
        r#"{"z":[1]}"#,
        r#"{"x":{"a":1,"b":{"z":[1]}}}"#,
    );
    check(
        "{% macro box(n) %}\nname: {{ n }}\nin:\n  {{ caller(1) }}\n{% endmacro %}\nx:\n  {% call(i) box('b') %}\n  k{{ i }}: {{ values.v }}\n  {% endcall %}\nz: 1\n",
        r#"{"v":"a: b"}"#,
        r#"{"x":{"name":"b","in":{"k1":"a: b"}},"z":1}"#,
    );
    check(
        "{% macro fib(n) %}{% if n < 2 %}{{ n }}{% else %}{{ fib(n - 1)|int + fib(n - 2)|int }}{% endif %}{% endmacro %}\na: {{ fib(10) }}\n",
        "{}",
        r#"{"a":55}"#,
    );
    check(
        "{% for x in values.t recursive %}\n- {{ x.n }}{{ loop(x.c)|length }}\n{% endfor %}\n",
        r#"{"t":[{"n":"a","c":[{"n":"bb","c":[]}]}]}"#,
        r#"["a6"]"#,
    );
}

#[test]
fn includes_inside_includes_move_with_their_lines() {
    check(
        "//- /templates/a.yaml\na:\n  b:\n    {% include \"_b.yaml\" %}\n  c: 1\n\
         //- /templates/_b.yaml\n  d:\n    {% include \"_c.yaml\" %}\n    z: 2\n  f: 3\n\
         //- /templates/_c.yaml\nx: {{ values.v }}\n{% include \"_d.yaml\" %}\n//- /templates/_d.yaml\nw: 4\n",
        r#"{"v":"q"}"#,
        r#"{"a":{"b":{"d":{"x":"q","w":4,"z":2},"f":3},"c":1}}"#,
    );
}

#[test]
fn includes_and_imports_are_private_and_relative() {
    check(
        "//- /templates/a.yaml\na:\n  {% include \"_part.yaml\" %}\nb: 1\n//- /templates/_part.yaml\nx: {{ values.v }}\nw:\n  - z\n",
        r#"{"v":"- q"}"#,
        r#"{"a":{"x":"- q","w":["z"]},"b":1}"#,
    );
    check(
        "//- /templates/a.yaml\nt: |\n  {% include \"_s.sh\" %}\nb: 1\n//- /templates/_s.sh\nif x; then\n  {{ values.v }}\nfi\n",
        r#"{"v":"a: b"}"#,
        r#"{"t":"if x; then\n  a: b\nfi\n","b":1}"#,
    );
    check(
        "//- /templates/x/a.yaml\n{% import \"../_m.yaml\" as m %}\n{% from \"_m.yaml\" import n as o %}\na: {{ m.n(1) }}\nb: {{ o(2) }}\n\
         //- /templates/_m.yaml\n{% macro inner(x) %}{{ x }}{% endmacro %}\n{% macro n(x) %}<{{ inner(x) }}>{% endmacro %}\n",
        "{}",
        r#"{"a":"<1>","b":"<2>"}"#,
    );
    check_error(
        "//- /templates/a.yaml\na: 1\n{% include \"_prat.yaml\" %}\n//- /templates/_part.yaml\nx: 1\n",
        "{}",
        &[
            "a.yaml:2:4 template-not-found: the package has no template `_prat.yaml` (did you mean `templates/_part.yaml`?)",
        ],
    );
    check_error(
        "//- /templates/a.yaml\na: 1\n{% include \"_b.yaml\" %}\n//- /templates/_b.yaml\n{% macro m() %}\n{{ values.nmae }}\n{% endmacro %}\nx: {{ m() }}\n",
        r#"{"name":1}"#,
        &[
            "_b.yaml:2:4 template-undefined: `values.nmae` is not defined (did you mean `name`?) < _b.yaml:4:7 called here < a.yaml:2:4 included here",
        ],
    );
    check_error(
        "//- /templates/a.yaml\n{% extends \"b\" %}\n",
        "{}",
        &[
            "a.yaml:1:4 template-syntax: `extends` is not part of package templates (use `include`, `import` or a macro)",
        ],
    );
}

#[test]
fn tags_without_an_end_are_errors() {
    let check = |text: &str, want: &str| check_error(text, r#"{"x":1}"#, &[want]);
    check("a: {{ values.x\n", "a.yaml:1:4 template-syntax: `{{` has no `}}` (write `}}` where it ends)");
    check("a: 1\n# {{ values.x\nb: v\n", "a.yaml:2:3 template-syntax: `{{` has no `}}` (write `}}` where it ends)");
    check("a: 1\n{% if values.x\nb: v\n", "a.yaml:2:1 template-syntax: `{%` has no `%}` (write `%}` where it ends)");
    check("a: {{ values.x }}\n{{", "a.yaml:2:1 template-syntax: `{{` has no `}}` (write `}}` where it ends)");
}

#[test]
fn undefined_values_are_errors_with_the_nearest_name() {
    let values = r#"{"service":{"port":1},"containers":[{"name":"a"}]}"#;
    check_error(
        "a: {{ values.servce.port }}\n",
        values,
        &["a.yaml:1:7 template-undefined: `values.servce` is not defined (did you mean `service`?)"],
    );
    check_error(
        "a: {{ values.service.prot }}\n",
        values,
        &["a.yaml:1:7 template-undefined: `values.service.prot` is not defined (did you mean `port`?)"],
    );
    check_error(
        "a: {{ vlaues.x }}\n",
        values,
        &["a.yaml:1:7 template-undefined: `vlaues` is not defined (did you mean `values`?)"],
    );
    check_error(
        "a: {{ service.port }}\n",
        values,
        &["a.yaml:1:7 template-undefined: `service` is not defined (did you mean `values.service`?)"],
    );
    check_error(
        "{% for c in values.containers %}\n- {{ c.nam }}\n{% endfor %}\n",
        values,
        &["a.yaml:2:6 template-undefined: `c.nam` is not defined (did you mean `name`?)"],
    );
    check(
        "a: {{ values.x is defined }}\nb: {{ values.x|default('d') }}\nc: {{ 1 if false }}\n",
        values,
        r#"{"a":false,"b":"d","c":null}"#,
    );
    check_error(
        "a: {{ 'x'|uper }}\nb: {% if false %}{{ 1|lowr }}{% endif %}\n",
        values,
        &[
            "a.yaml:1:11 template-unknown-filter: there is no filter `uper` (did you mean `upper`?)",
            "a.yaml:2:23 template-unknown-filter: there is no filter `lowr` (did you mean `lower`?)",
        ],
    );
    check_error(
        "a: {{ rnage(3) }}\n",
        values,
        &["a.yaml:1:7 template-unknown-function: there is no function `rnage` (did you mean `range`?)"],
    );
    check_error("a: {{ debug() }}\n", values, &["a.yaml:1:7 template-unknown-function: there is no function `debug`"]);
}

#[test]
fn all_errors_of_all_files_come_at_once() {
    check_error(
        "//- /templates/a.yaml\na: {{ values.x }}\n//- /templates/b.yaml\nb: {{ values.y }}\n",
        "{}",
        &[
            "a.yaml:1:7 template-undefined: `values.x` is not defined (`values` is empty; give it a value, or use `|default(…)`)",
            "b.yaml:1:7 template-undefined: `values.y` is not defined (`values` is empty; give it a value, or use `|default(…)`)",
        ],
    );
    let undefined = |place: &str, what: &str| format!("a.yaml:{place} template-undefined: `{what}` is not defined");
    let all = |text: &str, expected: &[String]| {
        let output = run_all(&template(text), r#"{"on":true,"list":[{"name":"a"}],"image":{"tag":1},"text":"x"}"#);
        let found: Vec<String> =
            found(&output).iter().map(|line| line.split(" (").next().unwrap().to_owned()).collect();
        assert_eq!(found, expected, "{text}");
    };
    all(
        "a: {{ values.x }}\nb: {{ values.image.y }}-{{ values.z.w }}\nc: {{ values.x|upper ~ values.v }}\n",
        &[
            undefined("1:7", "values.x"),
            undefined("2:7", "values.image.y"),
            undefined("2:28", "values.z"),
            undefined("3:7", "values.x"),
            undefined("3:24", "values.v"),
        ],
    );
    all(
        "{% if values.of %}\na: {{ values.not_told }}\n{% elif values.off %}\n{% endif %}\n{% for x in values.lst %}\n- {{ x.y }}\n{% endfor %}\n{% for x in values.list %}\n- {{ x.nam }}\n{% endfor %}\n",
        &[
            undefined("1:7", "values.of"),
            undefined("3:9", "values.off"),
            undefined("5:13", "values.lst"),
            undefined("9:6", "x.nam"),
        ],
    );
    all(
        "{% macro m(v) %}{{ v.a }}{{ values.b }}{% endmacro %}\na: {{ m(values.image) }}\nb: {{ m(values.image) }}\n{% set s = values.c %}\nc: {{ s }}\nd: {{ s|int + 1 }}\n",
        &[
            "a.yaml:1:20 template-undefined: `v.a` is not defined".to_owned(),
            "a.yaml:1:29 template-undefined: `values.b` is not defined".to_owned(),
            undefined("4:12", "values.c"),
        ],
    );
    all(
        "a: {{ values.p|required('set p') }}\nb: {{ fail('no') }}\nc: {{ values.q|required('set q') }}\n{% include 'nothing.yaml' %}\n",
        &[
            "a.yaml:1:16 template-error: set p",
            "a.yaml:2:7 template-error: no",
            "a.yaml:3:16 template-error: set q",
            "a.yaml:4:4 template-not-found: the package has no template `nothing.yaml`",
        ]
        .map(str::to_owned),
    );
    all("{% if values.off %}{% set x = 1 %}{% endif %}\na: {{ x }}\n", &[undefined("1:7", "values.off")]);
    all(
        "{% set x = values.off %}\na: {{ x|int }}\nb: {{ 1 + x }}\nc: {{ values.y }}\n",
        &[undefined("1:12", "values.off"), undefined("4:7", "values.y")],
    );
    // A partial's error is told once, with the first way to it.
    check_error(
        "//- /templates/a.yaml\na: 1\n{% include \"_p.yaml\" %}\n//- /templates/b.yaml\nb: 1\n{% include \"_p.yaml\" %}\n//- /templates/_p.yaml\nx: {{ values.nam }}\n",
        r#"{"name":1}"#,
        &[
            "_p.yaml:1:7 template-undefined: `values.nam` is not defined (did you mean `name`?) < a.yaml:2:4 included here",
        ],
    );
    let output = run_all("//- /templates/a.yaml\na: {{ values. }}\n//- /templates/b.yaml\n{% if %}\n", "{}");
    assert_eq!(output.findings.iter().filter(|d| d.code == "template-syntax").count(), 2);
}

#[test]
fn what_looks_like_a_mark_stays_text() {
    check(
        "a: R0;E1;V0;\nb: \u{E000}0\u{E000}\nc: \"\\uE001{{ values.x }}\\uE001\"\n",
        r#"{"x":"V0;"}"#,
        "{\"a\":\"R0;E1;V0;\",\"b\":\"\u{E000}0\u{E000}\",\"c\":\"\u{E001}V0;\u{E001}\"}",
    );
    check(
        "a: {{ values.x }}\nb: \"\\uE{% if true %}000{% endif %}0\\uE000{{ values.x }}\"\n",
        "{\"x\":\"\u{E000}0\u{E000}\"}",
        "{\"a\":\"\u{E000}0\u{E000}\",\"b\":\"\u{E000}0\u{E000}\u{E000}0\u{E000}\"}",
    );
    check("a: '{% raw %}{{ x }}{% endraw %}'\nb: {{ '{{ x }}' }}\n", "{}", r#"{"a":"{{ x }}","b":"{{ x }}"}"#);
}

#[test]
fn limits_end_in_errors() {
    let small = Limits { steps: 10_000, ..Limits::default() };
    let code = |text: &str, limits: &Limits| {
        let output = run_with(&template(text), &json("{}"), false, Functions::new(), limits);
        output.findings.iter().map(|d| d.code).collect::<Vec<_>>()
    };
    assert_eq!(code("{% for i in range(100000) %}\n- {{ i }}\n{% endfor %}\n", &small), ["template-limit"]);
    assert_eq!(code("{% macro m() %}{{ m() }}{% endmacro %}\na: {{ m() }}\n", &Limits::default()), ["template-limit"]);
    assert_eq!(code("{% include 'a.yaml' %}\n", &Limits::default()), ["template-limit"]);
    let bytes = Limits { output_bytes: 1000, ..Limits::default() };
    assert_eq!(code("{% for i in range(1000) %}\n- abcdef\n{% endfor %}\n", &bytes), ["template-limit"]);
    assert_eq!(code("a: {{ 'abc' * 1000 }}\n", &bytes), ["template-limit"]);
}

#[test]
fn deep_nesting_ends_in_an_error() {
    let deep = |open: &str, inner: &str, close: &str, n: usize| {
        let text = format!("a: {}{inner}{}\n", open.repeat(n), close.repeat(n));
        run_with(&template(&text), &json("{}"), true, Functions::new(), &Limits::default())
    };
    assert!(deep("{% if true %}", "1", "{% endif %}", 5_000).findings.has_errors());
    assert!(deep("{{ ", "1", " }}", 1).findings.is_empty());
    assert!(deep("{{ (", "1", ") }}", 5_000).findings.has_errors());
    let text = format!("a: {{{{ {}1{} }}}}\n", "(".repeat(5_000), ")".repeat(5_000));
    assert!(run_all(&template(&text), "{}").findings.has_errors());
    let text = format!("a: {{{{ {}1 }}}}\n", "not ".repeat(50_000));
    assert!(run_all(&template(&text), "{}").findings.has_errors());
    for chain in ["1 + ", "values.", "1|int|", "1 if 1 else ", "1 and ", "[0][", "-", "1 ~ "] {
        for n in [400, 20_000] {
            let _ = run_all(&template(&format!("a: {{{{ {}a }}}}\n", chain.repeat(n))), "{}");
        }
    }
    let text = format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(5_000));
    assert!(run_all(&template(&text), "{}").findings.has_errors());
    check(
        "{% set ns = namespace(x='') %}\n{% set ns.x %}a{{ values.v }}{% endset %}\na: {{ ns.x }}\nb: {{ ns.x|length }}\n",
        r#"{"v":"b"}"#,
        r#"{"a":"ab","b":2}"#,
    );
    let output = run_all(
        &template(
            "{% set ns = namespace(x='') %}\n{% for i in range(1000) %}\n{% set ns.x %}a{{ ns.x }}{% endset %}\n{% endfor %}\na: {{ ns.x }}\n",
        ),
        "{}",
    );
    assert_eq!(output.findings.iter().map(|d| d.code).collect::<Vec<_>>(), ["template-limit"]);
    let output = run_all(
        &template(
            "{% set ns = namespace(x='') %}\n{% for i in range(60) %}\n{% set ns.x %}a{{ ns.x }}{{ ns.x }}{% endset %}\n{% endfor %}\na: {{ ns.x }}\n",
        ),
        "{}",
    );
    assert_eq!(output.findings.iter().map(|d| d.code).collect::<Vec<_>>(), ["template-limit"]);
}

#[test]
fn templates_see_the_package_and_its_surroundings() {
    check(
        "a: {{ release.name }}/{{ release.namespace }}\nb: {{ package.version }}\nc: {{ kube.version }}\nd: {{ kube.has('apps/v1') }}\n\
         e: {{ kube.has('x/v1') }}\nf: {{ files.get('conf/b.txt') }}\ng: {{ files.lines('a.txt') }}\nh: {{ files.glob('conf/*.txt') }}\ni: {{ files.glob('**/*.txt')|length }}\n",
        "{}",
        r#"{"a":"shop/prod","b":"1.2.3","c":"1.34.0","d":true,"e":false,"f":"b","g":["one","two"],"h":{"conf/b.txt":"b"},"i":3}"#,
    );
}

#[test]
fn pure_filters_are_there() {
    check(
        "a: {{ values|to_json }}\nb: |\n  {{ values|to_yaml }}\nc: {{ '{\"z\": [1]}'|from_json }}\nd: {{ 'a'|b64encode|b64decode }}\ne: {{ {'a': {'b': 1}}|merge({'a': {'c': 2}}) }}\nf: {{ 'a1'|regex_replace('[0-9]', 'x') }}\n",
        r#"{"k":{"l":1}}"#,
        r#"{"a":"{\"k\":{\"l\":1}}","b":"k:\n  l: 1\n","c":{"z":[1]},"d":"a","e":{"a":{"b":1,"c":2}},"f":"ax"}"#,
    );
    check("a: {{ kube.version|semver_match('>=1.31') }}\n", "{}", r#"{"a":true}"#);
    check(
        "a: {{ 'a-b'|regex_replace('(a)-(b)', '$2-${1}') }}\nb: {{ 'é'|regex_match('^\\pL$') }}\nc: {{ 'x'|regex_match('y') }}\n",
        "{}",
        r#"{"a":"b-a","b":true,"c":false}"#,
    );
    check_error(
        "a: {{ 'a'|regex_match('(') }}\n",
        "{}",
        &["a.yaml:1:11 template-error: `(` is not a regular expression: error parsing regexp: missing closing ): `(`"],
    );
    check_error("a: {{ values.x|required('set x') }}\n", "{}", &["a.yaml:1:16 template-error: set x"]);
    check_error("a: {{ fail('no') }}\n", "{}", &["a.yaml:1:7 template-error: no"]);
}

#[test]
fn embedders_add_functions() {
    let mut functions = Functions::new();
    functions.add("twice", |args| match args {
        [Value::Int(i)] => Ok(Value::Int(i * 2)),
        _ => Err("`twice` takes an integer".to_owned()),
    });
    let run = |text: &str| run_with(&template(text), &json("{}"), false, functions.clone(), &Limits::default());
    assert_eq!(run("a: {{ twice(2) }}\nb: {{ 3|twice }}\n").text, r#"{"a":4,"b":6}"#);
    assert_eq!(found(&run("a: {{ twice('x') }}\n")), ["a.yaml:1:7 template-error: `twice` takes an integer"]);
}

#[test]
fn places_are_the_authors() {
    let output = run_all(&template("a:\n  b: {{ values.x }}\n  c: lit\n"), r#"{"x":{"y":1}}"#);
    let root = &output.rendered[0].documents[0].node;
    let place = |path: &str| output.sources.describe(root.at(&ValuePath::parse(path).unwrap()).unwrap().span).unwrap();
    assert_eq!(place("a.b"), "templates/a.yaml:2:9");
    assert_eq!(place("a.b.y"), "templates/a.yaml:2:9");
    assert_eq!(place("a.c"), "templates/a.yaml:3:6");
}

mod hostile {
    use super::*;
    use proptest::prelude::*;

    const TEMPLATE: &str = "\
{% macro part(v) %}
m1: {{ v }}
m2: x {{ v }}
{% endmacro %}
{% macro box(v) %}
c1: {{ v }}
c2: {{ caller() }}
{% endmacro %}
{% set block %}
b1: {{ values.v }}
{% endset %}
apiVersion: v1
plain: {{ values.v }}
joined: a-{{ values.v }}-b
double: \"{{ values.v }} x\"
single: '{{ values.v }}'
list:
  - {{ values.v }}
  - k: {{ values.v }} # {{ values.v }}
    l: [{{ values.v }}, {a: {{ values.v }}}]
literal: |
  start
  {{ values.v }}
  end {{ values.v }}
folded: >-
  {{ values.v }}
macro:
  {{ part(values.v) }}
  last: 1
value: {{ part(values.v) }}
set:
  {{ block }}
text: |
  {{ block }}
loop:
  {% for i in [1, 2] %}
  - {{ values.v }}{{ i }}
  {% endfor %}
called:
  {% call box(values.v) %}{{ values.v }}{% endcall %}
# {{ values.v }}
end: {{ values.v }}
---
second: {{ values.v }}
";

    // The same tree with every text made the same: what is left is the structure.
    fn shape(value: &Value) -> Value {
        match value {
            Value::Seq(items) => items.iter().map(shape).collect::<Vec<_>>().into(),
            Value::Map(map) => map.iter().map(|(k, v)| (k.clone(), shape(v))).collect::<Map>().into(),
            Value::Str(_) => "text".into(),
            other => other.clone(),
        }
    }

    fn render(value: &str) -> Vec<Value> {
        let values = Value::from([("v", Value::from(value))].into_iter().collect::<Map>());
        let output = run_with(&template(TEMPLATE), &values, false, Functions::new(), &Limits::default());
        assert_eq!(found(&output), Vec::<String>::new(), "{value:?}");
        output.rendered.iter().flat_map(|file| &file.documents).map(|d| d.node.to_value()).collect()
    }

    fn check(value: &str) {
        let (hostile, harmless) = (render(value), render("harmless"));
        let shapes = |documents: &[Value]| documents.iter().map(shape).collect::<Vec<_>>();
        assert_eq!(shapes(&hostile), shapes(&harmless), "{value:?}");
        let first = &hostile[0];
        assert_eq!(first.get("plain").and_then(Value::as_str), Some(value));
        assert_eq!(first.get("end").and_then(Value::as_str), Some(value));
        assert_eq!(first.get("single").and_then(Value::as_str), Some(value));
        assert_eq!(first.get("joined").and_then(Value::as_str), Some(format!("a-{value}-b").as_str()));
        assert_eq!(hostile[1].get("second").and_then(Value::as_str), Some(value));
    }

    #[test]
    fn known_attacks_change_nothing() {
        for value in [
            "",
            "\n",
            "\n\n",
            "a\nb: c",
            ": ",
            "a: b",
            "- ",
            "- x",
            "\"",
            "'",
            "---",
            "...",
            "\n---\nkind: X\n",
            "\u{FEFF}",
            "R0;",
            "V0;",
            "E0;V0;",
            "\u{E000}0\u{E000}",
            "\u{E000}",
            "{{ values }}",
            "{% raw %}",
            "#",
            " # x",
            "|",
            ">",
            "\t",
            "&a",
            "*a",
            "!t",
            "!!int 1",
            "<<",
            "yes",
            "null",
            "~",
            "1e3",
            "0x1",
            "{",
            "}",
            "[",
            "]",
            ",",
            "?",
            "? a",
            "%YAML 1.2",
            "@",
            "`",
            "\\",
            "\\n",
            "\0",
            "\r",
            "\r\nx: y",
            "\u{85}a: b",
            "\u{2028}a: b",
            "  lead",
            "trail  ",
            "😀",
        ] {
            check(value);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

        #[test]
        fn no_value_changes_the_structure(value in "([a-z0-9]|[-:#|>&*!%@`'\"{}\\[\\],?~<= \\n\\t\\r]|---|\\.\\.\\.|: |- |\u{FEFF}|\u{E000}|\u{E001}|\u{2028}|\\{\\{|\\}\\}|V0;|R1;){0,24}") {
            check(&value);
        }

        #[test]
        fn no_template_panics(text in "(\\{\\{|\\}\\}|\\{%|%\\}|\\{#|#\\}| |\n|-|:|set x|endset|for x in values|endfor|values|x|macro m\\(\\)|endmacro|m\\(\\)|\\||upper|'|\"|a: |- |loop\\(x\\)|if x|endif|include 'a.yaml'|filter upper|endfilter|call m\\(\\)|endcall|raw|endraw|\u{E000}|=|1){0,30}") {
            let limits = Limits { steps: 100_000, ..Limits::default() };
            let run = |trace| run_with(&template(&text), &json("{\"a\":1}"), trace, Functions::new(), &limits);
            let (plain, traced) = (run(false), run(true));
            prop_assert_eq!((found(&traced), traced.text), (found(&plain), plain.text));
        }
    }
}

#[test]
fn includes_inside_includes_keep_their_column() {
    let pod = "metadata:\n  labels:\n    {% include \"_labels.yaml\" %}\n    {{ values.k }}: z\nspec: 1\n";
    check(
        &format!(
            "//- /templates/a.yaml\njob:\n  template:\n    {{% include \"_pod.yaml\" %}}\n//- /templates/_pod.yaml\n{pod}\
             //- /templates/_labels.yaml\n{{% include \"_app.yaml\" %}}\nb: 2\n//- /templates/_app.yaml\na: {{{{ values.k }}}}\n"
        ),
        r#"{"k":"x"}"#,
        r#"{"job":{"template":{"metadata":{"labels":{"a":"x","b":2,"x":"z"}},"spec":1}}}"#,
    );
}

#[test]
fn captures_stand_where_they_are_written() {
    let args = "{% macro more() %}\n- b\n- {{ values.v }}\n{% endmacro %}\n";
    check(
        &format!("{args}args:\n  - a\n  {{{{ more() }}}}\n  - c\n"),
        r#"{"v":"- x"}"#,
        r#"{"args":["a","b","- x","c"]}"#,
    );
    check(&format!("{args}args: {{{{ more() }}}}\n"), r#"{"v":1}"#, r#"{"args":["b",1]}"#);
    check(&format!("{args}- {{{{ more() }}}}\n- z\n"), r#"{"v":1}"#, r#"[["b",1],"z"]"#);
    let doc =
        "{% macro cm(n) %}\napiVersion: v1\nkind: ConfigMap\ndata:\n  t: |\n    {{ n }}\n    end\n{% endmacro %}\n";
    check(
        &format!("{doc}{{{{ cm('a') }}}}\n---\n{{{{ cm('b\nc') }}}}\n"),
        "{}",
        concat!(
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"data\":{\"t\":\"a\\nend\\n\"}}\n",
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"data\":{\"t\":\"b\\nc\\nend\\n\"}}"
        ),
    );
    check("{% set a %}a: b{% endset %}\nx: {{ a }}\nz: \"{{ a }}\"\n", "{}", r#"{"x":{"a":"b"},"z":"a: b"}"#);
    check("{% macro k() %}key{% endmacro %}\n{{ k() }}: 1\n{{ k() }}-2: 2\n", "{}", r#"{"key":1,"key-2":2}"#);
    check(
        "{% macro on(x) %}{% if x %}true{% else %}false{% endif %}{% endmacro %}\na: {{ on(1) }}\n",
        "{}",
        r#"{"a":true}"#,
    );
    check(
        "{% macro port() %}\n{{ values.p }}\n{% endmacro %}\na: {{ port() }}\nb: [{{ port() }}]\n",
        r#"{"p":80}"#,
        r#"{"a":80,"b":[80]}"#,
    );
    check("{% set x %}{{ values.a }}{% endset %}\na: {{ x }}\n", r#"{"a":{"b":[1]}}"#, r#"{"a":{"b":[1]}}"#);
    check(
        "{% set x %}x{% endset %}\n{% set y %}{{ x }}-{{ values.v }}{% endset %}\na: {{ y }}\nb: {{ y|length }}\n",
        r#"{"v":"yes"}"#,
        r#"{"a":"x-yes","b":5}"#,
    );
}

#[test]
fn what_yaml_refuses_is_shown_at_the_authors_place() {
    let output = run_all(&template("{% if true %}\n{% endif %}\na: b: {{ values.v }}\n"), r#"{"v":1}"#);
    let place = output.sources.describe(output.findings.iter().next().expect("an error").span()).unwrap();
    assert!(place.starts_with("templates/a.yaml:3:"), "{place}");
    let output = run_all(&template("labels:\n  a: 1\n  {{ values.v }}\n"), r#"{"v":{"b":1}}"#);
    let finding = output.findings.iter().next().expect("an error");
    assert!(!finding.message.contains(is_private_use), "{}", finding.message);
    assert!(finding.help.as_ref().is_some_and(|help| help.contains("does not merge")), "{finding:?}");
    assert_eq!(output.sources.describe(finding.labels[1].span).unwrap(), "templates/a.yaml:3:6");
}

fn is_private_use(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}')
}
