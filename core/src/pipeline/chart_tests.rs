//! Charts through the engine: where their fields come from, what is said of their errors and of values that nothing reads.

use serde_json::json;

use super::{Built, Engine, Request, Step, ValuesInput};
use crate::render::Answers;
use crate::source::{FileTree, VPath};

const VALUES: &str = "\
name: web
tag: v1
empty: \"\"
port: 8080
map:
  one: 1
  two:
    deep: x
list:
- a
- b
text: |
  first {{ .Values.name }}
  second
yaml: |
  k: from text
";

fn files(template: &str) -> FileTree {
    let helpers = "{{ define \"labels\" }}app: x\nname: {{ .Values.name }}{{ end }}\n\
                   {{ define \"arg\" }}{{ .it }}-{{ .top.Values.tag }}{{ end }}\n";
    let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\n{template}");
    let files: [(&str, String); 4] = [
        ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n".to_owned()),
        ("values.yaml", VALUES.to_owned()),
        ("templates/_h.tpl", helpers.to_owned()),
        ("templates/m.yaml", map),
    ];
    files.into_iter().collect()
}

/// Returns the history of a field: `file:line` of the calls, the template and each value.
fn history(template: &str, field: &str, set: &[&str]) -> String {
    let files = files(template);
    let mut request = Request::package(&files, VPath::root());
    request.values = set.iter().map(|text| ValuesInput::Set((*text).to_owned())).collect();
    let explained = Engine::new().explain(&request, "ConfigMap/m", Some(field));
    let explained = explained.unwrap_or_else(|built| panic!("{template}: {}", built.report()));
    let sources = &explained.built.sources;
    let place = |span| {
        let text = sources.describe(span).unwrap_or_else(|| "-".to_owned());
        let (line, _) = text.rsplit_once(':').unwrap_or((&text, ""));
        line.replace("templates/", "")
    };
    let mut words = Vec::new();
    for step in explained.fields.iter().flat_map(|field| &field.steps) {
        match step {
            Step::Template { span, via } => {
                words.extend(via.iter().map(|span| format!("{}>", place(*span))));
                words.push(place(*span));
            }
            Step::Value { path, layers } => {
                let layers: Vec<String> = layers.iter().map(|(_, span, _)| place(*span)).collect();
                words.push(format!("{path}@{}", layers.join("<")));
            }
            other => words.push(format!("{other:?}")),
        }
    }
    words.join(" ")
}

#[track_caller]
fn check(value: &str, want: &str) {
    let got = history(&format!("data:\n  a: {value}\n"), "data.a", &[]);
    assert_eq!(got, want, "{value}");
}

#[test]
fn a_field_leads_to_its_template_and_its_values() {
    check("x", "m.yaml:6");
    check("{{ .Values.name }}", "m.yaml:6 name@values.yaml:1");
    check("\"{{ .Values.name }}:{{ .Values.tag }}\"", "m.yaml:6 name@values.yaml:1 tag@values.yaml:2");
    check("{{ .Chart.Name }}", "m.yaml:6");
    check("{{ .Values.map.two.deep }}", "m.yaml:6 map.two.deep@values.yaml:8");
    check("{{ index .Values.list 1 }}", "m.yaml:6 list[1]@values.yaml:11");
}

#[test]
fn origins_survive_functions() {
    check("{{ .Values.name | quote }}", "m.yaml:6 name@values.yaml:1");
    check("{{ printf \"%s-%s\" .Values.name .Values.tag }}", "m.yaml:6 name@values.yaml:1 tag@values.yaml:2");
    check("{{ .Values.empty | default .Values.name }}", "m.yaml:6 name@values.yaml:1");
    check("{{ .Values.none | default \"x\" }}", "m.yaml:6");
    check("{{ .Values.name | upper | trunc 2 | trimSuffix \"-\" }}", "m.yaml:6 name@values.yaml:1");
    check("{{ .Values.name | b64enc }}", "m.yaml:6 name@values.yaml:1");
    check("{{ $n := .Values.name }}{{ $n }}", "m.yaml:6 name@values.yaml:1");
    check("{{ with .Values.map }}{{ .one }}{{ end }}", "m.yaml:6 map.one@values.yaml:6");
    check("{{ range .Values.list }}{{ . }}{{ end }}", "m.yaml:6 list[0]@values.yaml:10 list[1]@values.yaml:11");
    check("{{ (fromYaml .Values.yaml).k }}", "m.yaml:6 yaml@values.yaml:15");
}

#[test]
fn origins_lead_through_named_templates() {
    let labels = "data:\n  {{- include \"labels\" . | nindent 2 }}\n";
    assert_eq!(history(labels, "data.name", &[]), "m.yaml:6> _h.tpl:2 name@values.yaml:1");
    assert_eq!(history(labels, "data.app", &[]), "m.yaml:6> _h.tpl:1");
    let prefixed = "data:\n  a: x-{{ include \"arg\" (dict \"it\" .Values.name \"top\" .) }}\n";
    assert_eq!(history(prefixed, "data.a", &[]), "m.yaml:6> _h.tpl:3 name@values.yaml:1 tag@values.yaml:2");
    let action = "data:\n  a: {{ template \"arg\" (dict \"it\" \"x\" \"top\" $) }}\n";
    assert_eq!(history(action, "data.a", &[]), "m.yaml:6> _h.tpl:3 tag@values.yaml:2");
}

#[test]
fn origins_lead_into_values_written_as_a_whole() {
    let whole = "data:\n  {{- toYaml .Values.map | nindent 2 }}\n";
    assert_eq!(history(whole, "data.one", &[]), "m.yaml:6 map.one@values.yaml:6");
    assert_eq!(history(whole, "data.two", &[]), "m.yaml:6 map.two.deep@values.yaml:8");
    let list = "data: {a: {{ .Values.list | toJson }}}\n";
    assert_eq!(history(list, "data.a[1]", &[]), "m.yaml:5 list[1]@values.yaml:11");
}

#[test]
fn texts_of_values_that_are_templates_have_their_place() {
    let block = "data:\n  a: |\n    {{- tpl .Values.text . | nindent 4 }}\n";
    let got = history(block, "data.a", &[]);
    assert!(got.starts_with("m.yaml:6 ") && got.contains("name@values.yaml:1"), "{got}");
    let inline = "data:\n  a: {{ tpl .Values.text . | quote }}\n";
    assert!(history(inline, "data.a", &[]).contains("values.yaml:13"), "{}", history(inline, "data.a", &[]));
}

#[test]
fn flags_count_over_files() {
    let template = "data:\n  a: {{ .Values.map.one }}\n";
    assert_eq!(history(template, "data.a", &["map.one=2"]), "m.yaml:6 map.one@values.yaml:6<--set:1");
}

fn build(template: &str, set: &[&str]) -> Built {
    let files = files(template);
    let mut request = Request::package(&files, VPath::root());
    request.values = set.iter().map(|text| ValuesInput::Set((*text).to_owned())).collect();
    Engine::new().build(&request)
}

#[test]
fn what_a_chart_looks_up_is_asked_for_until_all_of_it_is_known() {
    let template = "data:\n  {{- $first := lookup \"v1\" \"Secret\" \"ns\" \"a\" }}\n  {{- if $first }}\n  \
        next: {{ (lookup \"v1\" \"Secret\" \"ns\" $first.data.next).data.x }}\n  {{- end }}\n  \
        all: {{ len (lookup \"v1\" \"Node\" \"\" \"\").items }}\n";
    let files = files(template);
    let mut request = Request::package(&files, VPath::root());
    let cluster = |name: &str| match name {
        "a" => json!({"metadata": {"name": "a"}, "data": {"next": "b"}}),
        "b" => json!({"metadata": {"name": "b"}, "data": {"x": "found"}}),
        _ => json!({"items": [{"metadata": {"name": "one"}}]}),
    };
    let mut answers = Answers::new();
    let mut rounds: Vec<Vec<String>> = Vec::new();
    let built = loop {
        request.answers = Some(answers.clone());
        let built = Engine::new().build(&request);
        if built.needs.is_empty() {
            break built;
        }
        assert!(built.report().contains("error[lookup-needed]"), "{}", built.report());
        rounds.push(built.needs.iter().map(ToString::to_string).collect());
        for read in built.needs {
            let found = serde_json::from_value(cluster(&read.name)).expect("a value");
            answers.insert(read, Some(found));
        }
    };
    assert!(built.ok(), "{}", built.report());
    assert_eq!(rounds, [vec!["Node/*".to_owned(), "ns/Secret/a".to_owned()], vec!["ns/Secret/b".to_owned()]]);
    assert!(built.to_yaml().contains("next: found\n  all: 1\n"), "{}", built.to_yaml());
    let names: Vec<String> = built.lookups.iter().map(|lookup| lookup.read.to_string()).collect();
    assert_eq!(names, ["Node/*", "ns/Secret/a", "ns/Secret/b"]);
    // What is known not to be there is no need.
    request.answers = Some(answers.into_keys().map(|read| (read, None)).collect());
    assert!(Engine::new().build(&request).needs.is_empty());
}

#[track_caller]
fn check_bad(template: &str, place: &str, help: &str) {
    let built = build(template, &[]);
    let finding = built.diagnostics.iter().find(|finding| finding.is_error()).expect("an error");
    let at = built.sources.describe(finding.span()).unwrap_or_default();
    assert!(at.contains(place), "{template}: {}", built.report());
    assert!(finding.help.as_deref().unwrap_or_default().contains(help), "{template}: {}", built.report());
}

#[test]
fn what_is_no_yaml_leads_to_its_cause() {
    check_bad("data:\n  a: {{ toYaml .Values.map }}\n", "m.yaml:6", "nindent 4");
    check_bad("data:\n  a: {{ .Values.text }}\n", "m.yaml:6", "quote");
    check_bad("data:\n  a: 1\n  b:\n    {{- toYaml .Values.map | nindent 1 }}\n", "m.yaml:8", "nindent 4");
    check_bad("data:\n  a: {{ print \"x: y\" }}\n", "m.yaml:6", "quote");
    check_bad("data:\n  a: 1\n  {{- if true -}}\n  b: 2\n  {{- end }}\n", "m.yaml:", "eats the line break");
    check_bad("data:\n  a: b: c\n", "m.yaml:6", "");
}

#[test]
fn the_value_behind_an_error_is_shown() {
    let report = |template: &str, set: &[&str]| build(template, set).report();
    let wrong = report("data:\n  a: {{ .Values.name.first }}\n", &[]);
    assert!(wrong.contains("the value `name` is a string") && wrong.contains("values.yaml:1"), "{wrong}");
    let missing = report("data:\n  a: {{ .Values.mapp.one }}\n", &[]);
    assert!(missing.contains("`mapp` is not set") && missing.contains("did you mean `map`?"), "{missing}");
    let inner = report("data:\n  a: {{ with .Values.map }}{{ .tow.deep }}{{ end }}\n", &[]);
    assert!(inner.contains("`map.tow` is not set") && inner.contains("did you mean `two`?"), "{inner}");
    let null = report("data:\n  a: {{ .Values.map.two.deep }}\n", &["map.two=null"]);
    assert!(null.contains("`map.two` is"), "{null}");
}

#[test]
fn keys_that_nothing_reads_are_named() {
    let template = "data:\n  a: {{ .Values.extra | default .Values.name }}\n  b: {{ toYaml .Values.any | quote }}\n";
    let found = |set: &[&str]| {
        let built = build(template, set);
        built.diagnostics.iter().map(|finding| finding.message.to_string()).collect::<Vec<_>>()
    };
    assert!(found(&["extra=1", "any.thing=2", "map.one=3", "global.x=1"]).is_empty());
    assert_eq!(found(&["nmae=x"]), ["no default and no template knows the value `nmae`"]);
    assert_eq!(found(&["map.tree=1"]), ["no default and no template knows the value `map.tree`"]);
    let nearest = build(template, &["nmae=x"]).report();
    assert!(nearest.contains("did you mean `name`?"), "{nearest}");
}

#[test]
fn a_traced_build_writes_what_a_plain_one_writes() {
    let template = "data:\n  {{- toYaml .Values.map | nindent 2 }}\n";
    let files = files(template);
    let request = Request::package(&files, VPath::root());
    let traced = Request { trace: true, ..request.clone() };
    let (plain, traced) = (Engine::new().build(&request), Engine::new().build(&traced));
    assert!(plain.ok() && plain.origins == crate::object::Origins::new() && plain.values.is_none());
    assert_eq!(plain.to_yaml(), traced.to_yaml());
    assert_ne!(traced.origins, crate::object::Origins::new());
}
