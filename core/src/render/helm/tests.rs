//! Charts made on the spot, and what Helm 4.3.1 says of them.

use std::sync::Arc;

use super::*;
use crate::package::chart::{Chart, ChartFile, Contents, Metadata};
use crate::render::{SeededHost, Timestamp};
use crate::source::{FileData, FileError, Limits, VPath};
use crate::value::Value;
use crate::yaml::{Numbers, unmarshal};

/// Returns a chart of files; a path `charts/NAME/…` belongs to a dependency.
fn chart(name: &str, path: &str, files: &[(&str, &str)]) -> Chart {
    let mut contents = Contents::default();
    let mut dependencies: Vec<(&str, Vec<(&str, &str)>)> = Vec::new();
    for (file, text) in files {
        if let Some((dependency, rest)) = file.strip_prefix("charts/").and_then(|rest| rest.split_once('/')) {
            match dependencies.iter_mut().find(|(name, _)| *name == dependency) {
                Some((_, files)) => files.push((rest, text)),
                None => dependencies.push((dependency, vec![(rest, text)])),
            }
            continue;
        }
        let data = ChartFile { name: (*file).into(), data: text.as_bytes().into() };
        if file.starts_with("templates/") { contents.templates.push(data) } else { contents.files.push(data) }
    }
    let is_library = files.iter().any(|(file, _)| *file == "library");
    let kind = if is_library { "library".into() } else { Default::default() };
    Chart {
        metadata: Arc::new(Metadata { name: name.into(), kind, ..Metadata::default() }),
        values: Value::default(),
        dependencies: dependencies.iter().map(|(n, files)| chart(n, &format!("{path}/charts/{n}"), files)).collect(),
        path: path.into(),
        contents: Arc::new(contents),
    }
}

fn render_with(files: &[(&str, &str)], values: &str, limits: &Limits) -> Result<RenderedChart, HelmError> {
    let values = unmarshal(values, Numbers::Float64, limits).expect("values");
    let values = if values.is_null() { crate::value::Map::new().into() } else { values };
    let release = Release { name: "r".into(), namespace: "default".into(), is_upgrade: false, revision: 1 };
    let host: Arc<dyn crate::render::Host + Send + Sync> = Arc::new(SeededHost::new("", Timestamp::default()));
    let capabilities = Capabilities::default();
    let input =
        RenderInput { values: &values, release: &release, capabilities: &capabilities, host: &host, once: true };
    ChartTemplates::compile(&chart("c", "c", files), limits)?.render(&input)
}

#[test]
fn files_that_are_gone_when_they_are_asked_for_are_errors() {
    let gone = || FileData::later(|| Err(FileError::NotFound(VPath::parse("big.txt").expect("a path"))));
    let run = |template: &str| {
        let mut chart = chart("c", "c", &[("templates/t", template)]);
        let contents = Arc::get_mut(&mut chart.contents).expect("not shared");
        contents.files.push(ChartFile { name: "big.txt".into(), data: gone() });
        let values = crate::value::Map::new().into();
        let release = Release { name: "r".into(), namespace: "default".into(), is_upgrade: false, revision: 1 };
        let host: Arc<dyn crate::render::Host + Send + Sync> = Arc::new(SeededHost::new("", Timestamp::default()));
        let capabilities = Capabilities::default();
        let input =
            RenderInput { values: &values, release: &release, capabilities: &capabilities, host: &host, once: true };
        ChartTemplates::compile(&chart, &Limits::default()).expect("templates").render(&input)
    };
    assert!(run("{{ len (.Files.Glob `*.md`) }}").is_ok());
    for template in [
        "{{ .Files.Get `big.txt` }}",
        "{{ .Files }}",
        "{{ (.Files.Glob `*`).AsConfig }}",
        "{{ .Files.Lines `big.txt` }}",
    ] {
        let error = run(template).expect_err(template);
        assert_eq!(error.kind, HelmErrorKind::Unreadable, "{template}");
        assert_eq!(error.message, "error reading big.txt: no file `big.txt`", "{template}");
    }
}

fn render(files: &[(&str, &str)]) -> Result<RenderedChart, HelmError> {
    render_with(files, "d: {}", &Limits::default())
}

/// Checks what the file `templates/t` writes.
#[track_caller]
fn check(template: &str, want: &str) {
    let rendered = render(&[("templates/t", template)]).expect("it renders");
    assert_eq!(String::from_utf8_lossy(&rendered.files[0].text), want);
}

#[track_caller]
fn check_error(template: &str, want: &str) {
    let error = render(&[("templates/t", template)]).expect_err("it fails");
    assert_eq!(error.message, want);
}

#[track_caller]
fn check_files(files: &[(&str, &str)], want: &[(&str, &str)]) {
    let rendered = render(files).expect("it renders");
    let texts = rendered.files.iter().map(|file| (&*file.path, std::str::from_utf8(&file.text).expect("text")));
    assert_eq!(texts.collect::<Vec<_>>(), want);
}

#[test]
fn the_outer_chart_overrides_templates_of_its_dependencies() {
    check_files(
        &[
            ("templates/a", r#"{{ include "x" . }}"#),
            ("templates/_x.tpl", r#"{{ define "x" }}outer{{ end }}"#),
            ("charts/d/templates/_x.tpl", r#"{{ define "x" }}inner{{ end }}"#),
            ("charts/d/templates/b", r#"{{ include "x" . }}{{ .Values.v }}{{ .Chart.Name }}"#),
        ],
        &[("c/charts/d/templates/b", "outerd"), ("c/templates/a", "outer")],
    );
}

#[test]
fn files_of_a_library_are_not_rendered() {
    check_files(
        &[
            ("templates/a", r#"{{ include "x" . }}"#),
            ("charts/d/library", ""),
            ("charts/d/templates/_x.tpl", r#"{{ define "x" }}y{{ end }}"#),
            ("charts/d/templates/b", "{{ this is not even parsed"),
        ],
        &[("c/templates/a", "y")],
    );
}

#[test]
fn maps_are_shared_by_all_who_see_them() {
    // Files run in the reverse order of their paths, deeper ones first.
    check_files(
        &[
            ("templates/a", r#"{{ .Values.n }}{{ .Subcharts.d.Template.Name }}{{ .Values.d.m }}"#),
            ("templates/b", r#"{{ $_ := set .Values "n" 1 }}"#),
            ("charts/d/templates/b", r#"{{ $_ := set .Values "m" 2 }}{{ typeOf . }} {{ typeOf $.Values }}"#),
        ],
        &[
            ("c/charts/d/templates/b", "common.Values common.Values"),
            ("c/templates/a", "1c/charts/d/templates/b2"),
            ("c/templates/b", ""),
        ],
    );
}

#[test]
fn templates_defined_in_tpl_stay_there() {
    check(r#"{{ tpl `{{ define "x" }}a{{ end }}{{ include "x" . }}{{ tpl "{{ include \"x\" . }}" . }}` . }}"#, "aa");
    check_error(
        r#"{{ tpl `{{ define "x" }}a{{ end }}` . }}{{ include "x" . }}"#,
        "c/templates/t:1:43\n  executing \"c/templates/t\" at <include \"x\" .>:\n    error calling include:\n\
         template: no template \"x\" associated with template \"gotpl\"",
    );
    check(
        r#"{{ range list 1 2 }}{{ tpl "{{ . }}<no value>{{ .x }}" (dict "x" nil) }}{{ end }}"#,
        "map[x:<nil>]map[x:<nil>]",
    );
}

#[test]
fn include_stops_after_a_thousand_and_tpl_at_a_limit() {
    let error = render(&[("templates/t", r#"{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}"#)]);
    let message = error.expect_err("it does not end").message;
    assert!(message.starts_with("template: c/templates/t:1:47: executing"), "{message}");
    let end = "error calling include: rendering template has a nested reference name: x: unable to execute template";
    assert!(message.ends_with(end), "{message}");
    let error =
        render_with(&[("templates/t", "{{ tpl .Values.t . }}")], "t: '{{ tpl .Values.t . }}'", &Limits::default());
    let error = error.expect_err("it does not end");
    assert_eq!(error.kind, HelmErrorKind::Limit("includes"));
}

#[test]
fn limits_count_over_all_files() {
    let text = "{{ range until 100 }}0123456789{{ end }}";
    let files: Vec<(String, &str)> = (0..10).map(|at| (format!("templates/{at}"), text)).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let limits = |output_bytes, steps| Limits { output_bytes, steps, ..Limits::default() };
    assert!(render_with(&files, "", &limits(10_000, 100_000)).is_ok());
    let error = render_with(&files, "", &limits(9_999, 100_000)).expect_err("too much text");
    assert_eq!(error.kind, HelmErrorKind::Limit("output_bytes"));
    let error = render_with(&files, "", &limits(10_000, 2_000)).expect_err("too many steps");
    assert_eq!(error.kind, HelmErrorKind::Limit("steps"));
}

#[test]
fn functions_stop_at_the_limits_of_the_run() {
    let long = r#"{{ regexMatch (repeat 100000 "a") "a" }}"#;
    // Each match has read all the rest of the text.
    let square = r#"{{ regexReplaceAll ".*!|." (repeat 1000000 "a") "b" }}"#;
    let endless = r#"{{ $a := dict }}{{ $_ := set $a "a" $a }}{{ toYaml $a }}"#;
    let refused = r#"{{ $a := list (repeat 1000000 "a") 1i }}{{ range until 1000000 }}{{ $_ := toJson $a }}{{ end }}"#;
    let keys = r#"{{ range until 1000000 }}{{ $_ := genPrivateKey "nope" }}{{ $_ := bcrypt "a" }}{{ end }}"#;
    let trees = r#"{{ $t := repeat 100000 "[]," | printf "[%s]" }}{{ range until 1000000 }}{{ $_ := fromJsonArray $t }}{{ end }}"#;
    let limits = Limits { steps: 3_000_000, ..Limits::default() };
    for (template, name) in [
        (long, "regex_bytes"),
        (square, "steps"),
        (endless, "depth"),
        (refused, "steps"),
        (keys, "steps"),
        (trees, "steps"),
    ] {
        let error = render_with(&[("templates/t", template)], "", &limits).expect_err(template);
        assert_eq!(error.kind, HelmErrorKind::Limit(name), "{template}");
    }
}

#[test]
fn notes_are_taken_out_of_the_files() {
    let files = [
        ("templates/NOTES.txt", "own"),
        ("templates/sub/NOTES.txt", "other"),
        ("charts/d/templates/NOTES.txt", "theirs"),
        ("templates/a", "a"),
    ];
    let notes = |of_all| {
        let mut rendered = render(&files).expect("it renders");
        let notes = rendered.take_notes(&chart("c", "c", &files), of_all);
        assert_eq!(rendered.files.len(), 1);
        notes
    };
    assert_eq!(notes(false), "own");
    assert_eq!(notes(true), "theirs\nown\nother");
}

#[track_caller]
fn check_output(files: &[(&str, &str)], options: &OutputOptions, want: &str) {
    let rendered = render(files).expect("it renders");
    let sorted = sort_manifests(&rendered.files, &Limits::default(), &mut Vec::new()).expect("YAML");
    let text = template_text(sorted, &chart("c", "c", files), options).expect("text");
    assert_eq!(String::from_utf8_lossy(&text), want);
}

const MIXED: [(&str, &str); 4] = [
    ("templates/hook.yaml", "\nkind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\n\n"),
    ("templates/test.yaml", "kind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}"),
    ("templates/a.yaml", "\nkind: Service\n\n---\nkind: ConfigMap\n\n\n"),
    ("crds/crd.yaml", "kind: CustomResourceDefinition\n"),
];

#[test]
fn text_is_put_together_as_helm_does() {
    let all = OutputOptions { include_crds: true, ..OutputOptions::default() };
    check_output(
        &MIXED,
        &all,
        "---\n# Source: c/crds/crd.yaml\nkind: CustomResourceDefinition\n\n---\n# Source: c/templates/a.yaml\n\
         kind: ConfigMap\n\n\n\n---\n# Source: c/templates/a.yaml\nkind: Service\n---\n\
         # Source: c/templates/test.yaml\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n---\n\
         # Source: c/templates/hook.yaml\nkind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\n\n\n",
    );
    let bare = OutputOptions { no_hooks: true, ..OutputOptions::default() };
    check_output(&MIXED[..2], &bare, "\n");
    let untested = OutputOptions { skip_tests: true, ..OutputOptions::default() };
    check_output(&MIXED[1..2], &untested, "\n");
}

#[test]
fn single_templates_are_found_by_their_path() {
    let only = |patterns: &[&str]| OutputOptions {
        show_only: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
        ..OutputOptions::default()
    };
    check_output(
        &MIXED,
        &only(&["templates/t*.yaml"]),
        "---\n# Source: c/templates/test.yaml\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n\n",
    );
    let rendered = render(&MIXED).expect("it renders");
    let sorted = sort_manifests(&rendered.files, &Limits::default(), &mut Vec::new()).expect("YAML");
    let error = template_text(sorted, &chart("c", "c", &MIXED), &only(&["templates/a.yaml", "a.yaml"]));
    assert_eq!(error.expect_err("none").message, "could not find template a.yaml in chart");
}

#[test]
fn huge_templates_are_not_compiled() {
    let error = render(&[("templates/t", &"{{ 1 }}".repeat(300_000))]).expect_err("too many actions");
    assert_eq!(error.kind, HelmErrorKind::Limit("template_bytes"));
}

#[test]
fn hostile_templates_end_on_a_small_stack() {
    let own = r#"{{ $d := dict }}{{ $_ := set $d "a" $d }}"#;
    let deep = r#"{{ $d := dict }}{{ range until 50000 }}{{ $d = dict "a" $d }}{{ end }}"#;
    let uses = [
        "{{ $d }}",
        "{{ toYaml $d }}",
        "{{ toJson $d }}",
        "{{ toToml $d }}",
        "{{ quote $d }}",
        "{{ deepCopy $d }}",
        "{{ deepEqual $d $d }}",
        "{{ merge $d $d }}",
        "{{ mergeOverwrite (dict) $d }}",
        "{{ has $d (list $d) }}",
    ];
    let values = [own, deep].into_iter().flat_map(|made| uses.map(|used| format!("{made}{used}")));
    let others = [
        format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("{}{}", "{{ if 1 }}".repeat(50_000), "{{ end }}".repeat(50_000)),
        r#"{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}"#.to_owned(),
        "{{ $t := `{{ tpl .t . }}` }}{{ tpl $t (dict \"t\" $t) }}".to_owned(),
        r#"{{ fromYaml (repeat 100000 "{a: ") }}{{ fromJson (repeat 100000 "[") }}"#.to_owned(),
        r#"{{ regexMatch (repeat 1000 "(") "a" }}{{ mustRegexMatch (repeat 1000 "(a") "a" }}"#.to_owned(),
        format!("a: {}", "[".repeat(100_000)),
    ];
    let templates: Vec<String> = values.chain(others).collect();
    let limits = Limits { output_bytes: 4 << 20, ..Limits::default() };
    // Each ends: whether in an error or a result depends on what was asked.
    let work = move || {
        for template in &templates {
            if let Ok(rendered) = render_with(&[("templates/t", template)], "", &limits) {
                drop(sort_manifests(&rendered.files, &limits, &mut Vec::new()));
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(work);
    thread.expect("a thread").join().expect("no overflow");
}

#[test]
fn templates_are_shared_by_threads() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<ChartTemplates>();
}
