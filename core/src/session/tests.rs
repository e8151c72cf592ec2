//! A session over small packages: each question, asked at a mark in a text.

use super::*;
use crate::pipeline::{Engine, ValuesInput};
use crate::source::VPath;

fn file(path: &str) -> VPath {
    VPath::parse(path).expect("a good path")
}

fn engine() -> Engine {
    Engine::new().with_schemas(rhumb_schemas::kubernetes())
}

fn session(files: &[(&str, &str)]) -> Session {
    let mut session = Session::new(engine());
    for (path, text) in files {
        session.set_file(file(path), *text);
    }
    session
}

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata:
  name: {{ release.name }}
spec:
  type: {{ values.service.type }}
  ports:
  {% for port in values.ports %}
  - port: {{ port.number }}
    name: {{ port.name }}
  {% endfor %}
";

const NATIVE: [(&str, &str); 5] = [
    ("rhumb.yaml", "name: shop\nversion: 0.1.0\n"),
    ("values.yaml", "service:\n  type: ClusterIP\nports:\n- name: http\n  number: 80\n- name: admin\n  number: 81\n"),
    (
        "values.schema.json",
        r#"{"properties": {"service": {"properties": {"type": {"type": "string", "description": "How it is reached.", "enum": ["ClusterIP", "NodePort"]}}}}}"#,
    ),
    ("templates/service.yaml", SERVICE),
    ("overlays/prod/overlay.yaml", "values:\n  service:\n    type: NodePort\n"),
];

const CHART: [(&str, &str); 4] = [
    ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
    ("web/values.yaml", "image:\n  repository: nginx\n  tag: \"1.27\"\nlabels:\n  a: b\n"),
    ("web/templates/_names.tpl", "{{/* Labels. */}}\n{{- define \"web.labels\" -}}\napp: web\n{{- end }}\n"),
    (
        "web/templates/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels:\n    {{- include \"web.labels\" . | nindent 4 }}\nspec:\n  containers:\n  - name: web\n    image: {{ .Values.image.repository }}:{{ .Values.image.tag }}\n",
    ),
];

// Sets a file to a text without its mark `¦` and returns the place of the mark.
fn marked(session: &mut Session, path: &str, text: &str) -> Position {
    let at = text.find('¦').expect("a mark");
    let text = text.replacen('¦', "", 1);
    let position = Lines::new(&text).position(at);
    session.set_file(file(path), text);
    position
}

// The place right before a part of a file.
fn before(session: &Session, path: &str, part: &str) -> Position {
    let bytes = session.file(&file(path)).expect("a file");
    let text = String::from_utf8_lossy(&bytes);
    Lines::new(&text).position(text.find(part).expect("the part"))
}

fn completed(session: &mut Session, path: &str, text: &str) -> Vec<String> {
    let position = marked(session, path, text);
    session.complete(&file(path), position).into_iter().map(|completion| completion.label).collect()
}

// The text of a file with the edits of an action.
fn applied(session: &Session, action: &CodeAction, path: &str) -> String {
    let mut copy =
        session.file(&file(path)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    for edit in action.edits.iter().filter(|edit| edit.file == file(path)) {
        let lines = Lines::new(&copy);
        let (start, end) = (lines.offset(edit.range.start), lines.offset(edit.range.end));
        copy.replace_range(start..end, &edit.text);
    }
    copy
}

#[test]
fn an_edit_changes_what_is_rendered() {
    let mut session = session(&NATIVE);
    let root = VPath::root();
    assert!(session.render(&root).text.contains("type: ClusterIP"), "{:?}", session.findings(&root));
    let at = before(&session, "values.yaml", "ClusterIP");
    let range = Range { start: at, end: Position::new(at.line, at.character + 9) };
    assert_eq!(session.edit(&file("values.yaml"), range, "NodePort"), Ok(true));
    assert!(session.render(&root).text.contains("type: NodePort"));
    assert!(session.edit(&file("nope"), range, "").is_err());
}

#[test]
fn an_answer_holds_until_a_file_that_it_was_made_from_changes() {
    let mut session = session(&NATIVE);
    let root = VPath::root();
    let first = session.snapshot(&root);
    session.set_file(file("elsewhere/notes.txt"), "x");
    let same = |a: &Snapshot, b: &Snapshot| format!("{:p}", a.built()) == format!("{:p}", b.built());
    let second = session.snapshot(&root);
    session.set_file(file("values.yaml"), "service: {type: NodePort}\nports: []\n");
    let third = session.snapshot(&root);
    session.set_file(file("values.yaml"), NATIVE[1].1);
    let fourth = session.snapshot(&root);
    assert!(same(&first, &second), "a file that nobody read");
    assert!(!same(&first, &third));
    assert!(same(&first, &fourth), "the same digests as before");
    session.set_file(file("templates/more.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    assert!(!same(&first, &session.snapshot(&root)), "a new file in a folder that was listed");
}

#[test]
fn findings_stand_in_the_files_that_were_edited() {
    let mut session = session(&NATIVE);
    let text = NATIVE[1].1.replace("number: 80", "number: 99999999");
    session.set_file(file("values.yaml"), text);
    let findings = session.findings(&VPath::root());
    let finding = findings.first().expect("a finding");
    assert_eq!(finding.file, Some(file("templates/service.yaml")), "{finding:?}");
    assert_eq!(finding.range.start, before(&session, "templates/service.yaml", "port.number"), "{finding:?}");
    assert!(finding.related.iter().any(|related| related.file == file("values.yaml")), "{finding:?}");
}

#[test]
fn environments_and_states_are_compared() {
    let mut session = session(&NATIVE);
    let root = VPath::root();
    assert_eq!(session.environments(&root), ["prod"]);
    let prod = Settings { environment: Some("prod".to_owned()), ..Settings::default() };
    let (before, after) = (session.snapshot(&root), session.snapshot_with(&root, &prod));
    let found = session.diff(&before, &after);
    assert_eq!((found.summary.changed, found.objects.len()), (1, 1));
    assert!(found.text.contains("NodePort"), "{}", found.text);
    session.set_file(file("templates/service.yaml"), "");
    assert_eq!(session.diff(&before, &session.snapshot(&root)).summary.removed, 1);
}

#[test]
fn values_come_from_files_and_flags() {
    let mut session = session(&NATIVE);
    session.set_file(file("mine.yaml"), "service: {type: NodePort}\n");
    let values_files = vec![file("mine.yaml")];
    let values = vec![ValuesInput::Set("ports[0].name=a,ports[0].number=8080".to_owned())];
    session.configure(VPath::root(), Settings { values_files, values, ..Settings::default() });
    let text = session.render(&VPath::root()).text;
    assert!(text.contains("type: NodePort") && text.contains("port: 8080"), "{text}");
}

#[test]
fn lines_of_templates_and_values_lead_to_what_was_rendered() {
    let session = session(&NATIVE);
    let places = |path: &str, part: &str| -> Vec<String> {
        let found = session.rendered_from(&file(path), before(&session, path, part));
        found.into_iter().map(|place| format!("{} {}", place.object, place.field)).collect()
    };
    assert_eq!(places("templates/service.yaml", "values.service"), ["Service/shop spec.type"]);
    assert_eq!(
        places("templates/service.yaml", "port.number"),
        ["Service/shop spec.ports[0].port", "Service/shop spec.ports[1].port"]
    );
    assert_eq!(places("values.yaml", "81"), ["Service/shop spec.ports[1].port"]);
    assert_eq!(places("values.yaml", "ClusterIP"), ["Service/shop spec.type"]);
    let place = &session.rendered_from(&file("values.yaml"), before(&session, "values.yaml", "81"))[0];
    let rendered = session.render(&VPath::root()).text;
    let lines = Lines::new(&rendered);
    assert_eq!(&rendered[lines.offset(place.range.start)..lines.offset(place.range.end)], "81");
}

#[test]
fn rendered_lines_lead_to_templates_and_values() {
    let mut session = session(&NATIVE);
    let root = VPath::root();
    session.configure(root.clone(), Settings { environment: Some("prod".to_owned()), ..Settings::default() });
    let rendered = session.render(&root).text;
    let at = Lines::new(&rendered).position(rendered.find("NodePort").expect("rendered"));
    let found = session.explain(&root, at).expect("a field");
    assert_eq!((found.object.as_str(), found.field.as_str()), ("Service/shop", "spec.type"));
    let origins: Vec<(&str, String, bool)> = found
        .origins
        .iter()
        .map(|origin| (origin.kind.as_str(), origin.file.as_ref().expect("a file").to_string(), origin.counts))
        .collect();
    let expected = [
        ("template", "templates/service.yaml", true),
        ("value", "values.yaml", false),
        ("value", "overlays/prod/overlay.yaml", true),
    ];
    assert_eq!(origins, expected.map(|(kind, file, counts)| (kind, file.to_owned(), counts)));
    let overridden = session.rendered_from(&file("values.yaml"), before(&session, "values.yaml", "ClusterIP"));
    assert!(overridden.iter().all(|place| !place.counts) && !overridden.is_empty());
}

#[test]
fn a_rendered_line_of_a_chart_leads_to_its_template() {
    let session = session(&CHART);
    let root = file("web");
    let rendered = session.render(&root);
    assert!(rendered.ok, "{:?}", session.findings(&root));
    let at = Lines::new(&rendered.text).position(rendered.text.find("nginx").expect("rendered"));
    let found = session.explain(&root, at).expect("a field");
    assert_eq!(found.field, "spec.containers[0].image");
    assert_eq!(found.origins[0].file, Some(file("web/templates/pod.yaml")));
    let places = session.rendered_from(&file("web/templates/pod.yaml"), Position::new(9, 12));
    assert!(places.iter().any(|place| place.object == "Pod/web"), "{places:?}");
}

#[test]
fn packages_are_found_by_their_files() {
    let mut session = session(&CHART);
    session.set_file(file("web/charts/redis/Chart.yaml"), "apiVersion: v2\nname: redis\nversion: 1.0.0\n");
    session.set_file(file("web/charts/redis/templates/a.yaml"), "");
    session.set_file(file("over/base/kustomization.yaml"), "resources: []\n");
    session.set_file(file("over/prod/kustomization.yaml"), "resources: [../base]\n");
    let roots: Vec<String> = session.roots().iter().map(ToString::to_string).collect();
    assert_eq!(roots, ["over/base", "over/prod", "web"]);
    assert_eq!(session.root_of(&file("web/charts/redis/templates/a.yaml")), Some(file("web")));
    assert_eq!(session.root_of(&file("README.md")), None);
    let plain = self::session(&[("a/b.yaml", "x: 1\n")]);
    assert_eq!(plain.root_of(&file("a/b.yaml")), Some(VPath::root()));
}

#[test]
fn kustomizations_are_built_and_edited() {
    let mut session = session(&[
        ("base/kustomization.yaml", "resources: [cm.yaml]\n"),
        ("base/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: one}\n"),
        ("prod/kustomization.yaml", "resources: [../base]\nnamePrefix: prod-\n"),
    ]);
    assert!(session.render(&file("prod")).text.contains("name: prod-a"));
    session.set_file(file("base/cm.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {x: one}\n");
    assert!(session.render(&file("prod")).text.contains("name: prod-b"), "a file of another folder counts");
    let labels = completed(&mut session, "prod/kustomization.yaml", "resources: [../base]\nname¦\n");
    assert!(labels.contains(&"namePrefix".to_owned()) && !labels.contains(&"resources".to_owned()), "{labels:?}");
    let at = marked(&mut session, "base/kustomization.yaml", "resources:\n- cm¦.yaml\n");
    assert_eq!(session.definition(&file("base/kustomization.yaml"), at)[0].file, file("base/cm.yaml"));
}

#[test]
fn rendered_lines_lead_to_files_and_steps_of_kustomizations() {
    let session = session(&[
        ("base/kustomization.yaml", "resources: [cm.yaml]\n"),
        ("base/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: one}\n"),
        ("prod/kustomization.yaml", "resources: [../base]\nnamePrefix: prod-\npatches: [{path: p.yaml}]\n"),
        ("prod/p.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: two}\n"),
    ]);
    let root = file("prod");
    let rendered = session.render(&root).text;
    let origins = |of: &str| {
        let at = Lines::new(&rendered).position(rendered.find(of).expect("rendered"));
        let origins = session.explain(&root, at).expect("a field").origins;
        let place = |origin: &Origin| {
            let file = origin.file.as_ref().expect("a file");
            format!("{} {} {file}:{}", origin.kind.as_str(), origin.text, origin.range.start.line + 1)
        };
        origins.iter().map(place).collect::<Vec<_>>()
    };
    assert_eq!(
        origins("two"),
        [
            "resource  base/cm.yaml:4",
            "kustomization patches prod/kustomization.yaml:3",
            "kustomization patches prod/p.yaml:4"
        ]
    );
    assert_eq!(origins("prod-a"), ["resource  base/cm.yaml:3", "kustomization namePrefix prod/kustomization.yaml:2"]);
    let at = before(&session, "prod/p.yaml", "two");
    let found = session.rendered_in(&root, &file("prod/p.yaml"), at);
    assert_eq!(found[0].field, "data.x");
}

#[test]
fn values_are_completed_in_templates() {
    let mut session = session(&NATIVE);
    let template = "templates/service.yaml";
    let text = |expression: &str| SERVICE.replace("values.service.type", expression);
    assert_eq!(completed(&mut session, template, &text("values.service.¦")), ["type"]);
    assert_eq!(completed(&mut session, template, &text("values.¦")), ["service", "ports"]);
    let labels = completed(&mut session, template, &SERVICE.replace("port.number", "port.¦"));
    assert_eq!(labels, ["name", "number"]);
    let labels = completed(&mut session, template, &text("values.service.type|d¦"));
    assert!(labels.contains(&"default".to_owned()) && labels.contains(&"dns_label".to_owned()), "{labels:?}");
    assert_eq!(completed(&mut session, template, &text("release.¦")), ["name", "namespace"]);
}

#[test]
fn values_functions_and_templates_are_completed_in_charts() {
    let mut session = session(&CHART);
    let template = "web/templates/pod.yaml";
    assert_eq!(completed(&mut session, template, "a: {{ .Values.image.¦ }}\n"), ["repository", "tag"]);
    assert_eq!(completed(&mut session, template, "{{ with .Values.image }}\na: {{ .¦\n"), ["repository", "tag"]);
    assert_eq!(completed(&mut session, template, "a: {{ include \"¦\" . }}\n"), ["web.labels"]);
    let labels = completed(&mut session, template, "a: {{ .Values.x | ni¦ }}\n");
    assert!(labels.contains(&"nindent".to_owned()), "{labels:?}");
    let labels = completed(&mut session, template, "a: {{ .Release.¦ }}\n");
    assert!(labels.contains(&"Name".to_owned()), "{labels:?}");
}

#[test]
fn values_files_are_completed_from_defaults_and_schema() {
    let mut session = session(&NATIVE);
    assert_eq!(completed(&mut session, "overlays/prod/overlay.yaml", "values:\n  service:\n    ¦\n"), ["type"]);
    let labels = completed(&mut session, "overlays/prod/overlay.yaml", "values:\n  service:\n    type: ¦\n");
    assert_eq!(labels, ["ClusterIP", "NodePort"]);
    let labels = completed(&mut session, "overlays/prod/overlay.yaml", "values:\n  service:\n    type: x\n  ¦\n");
    assert_eq!(labels, ["ports"]);
}

#[test]
fn fields_of_objects_are_completed() {
    let mut session = session(&NATIVE);
    let template = "templates/service.yaml";
    let labels = completed(&mut session, template, &SERVICE.replace("  ports:\n", "  ex¦\n  ports:\n"));
    assert!(labels.contains(&"externalName".to_owned()) && !labels.contains(&"type".to_owned()), "{labels:?}");
    let labels = completed(&mut session, template, "apiVersion: apps/v1\nkind: ¦\n");
    assert!(labels.contains(&"Deployment".to_owned()) && !labels.contains(&"Service".to_owned()), "{labels:?}");
    let position = marked(&mut session, template, "apiVersion: v1\nkind: Pod\nspec:\n  contai¦\n");
    let completions = session.complete(&file(template), position);
    let containers = completions.iter().find(|completion| completion.label == "containers").expect("a field");
    assert_eq!((containers.insert.as_str(), containers.detail.as_str()), ("containers: ", "list of object, required"));
    assert_eq!(containers.range.start, Position::new(3, 2));
}

#[test]
fn hovers_tell_what_stands_there() {
    let mut session = session(&NATIVE);
    let hover = |session: &Session, path: &str, part: &str| {
        session.hover(&file(path), before(session, path, part)).map(|hover| hover.text).unwrap_or_default()
    };
    let template = "templates/service.yaml";
    let text = hover(&session, template, "type }}");
    assert!(text.contains("How it is reached.") && text.contains("ClusterIP"), "{text}");
    assert!(hover(&session, template, "ports:").contains("list of object"));
    assert!(hover(&session, "values.yaml", "type").contains("How it is reached."));
    session.set_file(file(template), SERVICE.replace("values.service.type", "values.service.type|upper"));
    assert!(hover(&session, template, "upper").contains("capital letters"));
    let chart = self::session(&CHART);
    assert!(hover(&chart, "web/templates/pod.yaml", "nindent").contains("line break"));
    assert!(hover(&chart, "web/templates/pod.yaml", "tag }}").contains("1.27"));
}

#[test]
fn definitions_are_found() {
    let mut session = session(&NATIVE);
    session.configure(VPath::root(), Settings { environment: Some("prod".to_owned()), ..Settings::default() });
    let template = "templates/service.yaml";
    let found = session.definition(&file(template), before(&session, template, "type }}"));
    let expected = [
        (file("values.yaml"), before(&session, "values.yaml", "type")),
        (file("overlays/prod/overlay.yaml"), before(&session, "overlays/prod/overlay.yaml", "type")),
    ];
    assert_eq!(found.into_iter().map(|place| (place.file, place.range.start)).collect::<Vec<_>>(), expected);
    let chart = self::session(&CHART);
    let found =
        chart.definition(&file("web/templates/pod.yaml"), before(&chart, "web/templates/pod.yaml", "labels\" ."));
    let at = before(&chart, "web/templates/_names.tpl", "web.labels");
    assert_eq!(
        found.into_iter().map(|place| (place.file, place.range.start)).collect::<Vec<_>>(),
        [(file("web/templates/_names.tpl"), at)]
    );
}

#[test]
fn names_that_are_nearly_right_are_put_right() {
    let mut session = session(&NATIVE);
    let template = "templates/service.yaml";
    session.set_file(file(template), SERVICE.replace("values.service.type", "values.service.typo"));
    let at = before(&session, template, "values.service");
    let actions = session.code_actions(&file(template), Range { start: at, end: at });
    let action = actions.iter().find(|action| action.fixes == Some("template-undefined")).expect("an action");
    assert_eq!(action.title, "Change `typo` to `type`");
    assert_eq!(applied(&session, action, template), SERVICE);
    session.set_file(file(template), SERVICE.replace("  ports:", "  prts:"));
    let at = before(&session, template, "prts");
    let actions = session.code_actions(&file(template), Range { start: at, end: at });
    assert_eq!(applied(&session, &actions[0], template), SERVICE, "{actions:?}");
}

#[test]
fn values_that_are_read_and_not_set_are_created() {
    let mut session = session(&CHART);
    let template = "web/templates/pod.yaml";
    let at = marked(&mut session, template, "a: {{ .Values.image.pull¦Policy }}\n");
    let actions = session.code_actions(&file(template), Range { start: at, end: at });
    assert_eq!(actions[0].title, "Create `image.pullPolicy` in values.yaml");
    let text = applied(&session, &actions[0], "web/values.yaml");
    assert_eq!(text, CHART[1].1.replace("tag: \"1.27\"\n", "tag: \"1.27\"\n  pullPolicy: \"\"\n"));
    let at = marked(&mut session, template, "a: {{ .Values.image.t¦ag }}\n");
    assert!(session.code_actions(&file(template), Range { start: at, end: at }).is_empty());
}

#[test]
fn a_wrong_nindent_is_put_right() {
    let mut session = session(&CHART);
    let template = "web/templates/pod.yaml";
    let right = CHART[3].1;
    session.set_file(file(template), right.replace("nindent 4", "nindent 2"));
    let at = before(&session, template, "nindent");
    let actions = session.code_actions(&file(template), Range { start: at, end: at });
    assert_eq!(actions.iter().map(|action| action.title.as_str()).collect::<Vec<_>>(), ["Indent by 4"]);
    assert_eq!(applied(&session, &actions[0], template), right);
    session.set_file(file(template), right);
    assert!(session.code_actions(&file(template), Range { start: at, end: at }).is_empty());
}

#[test]
fn nothing_that_is_typed_makes_a_question_fail() {
    let texts =
        ["", "{{", "{{ .", "{%", "a: {{ \"", "- - -", "😀: {{ values.", "a:\n\t- b", "---\n---", "{{ include \"", "%"];
    for path in ["web/templates/pod.yaml", "web/values.yaml", "web/Chart.yaml", "web/overlays/a/overlay.yaml"] {
        for text in texts {
            let mut session = session(&CHART);
            session.set_file(file(path), text);
            for character in 0..12 {
                let at = Position::new(character / 8, character % 8);
                session.complete(&file(path), at);
                session.hover(&file(path), at);
                session.definition(&file(path), at);
                session.code_actions(&file(path), Range { start: at, end: at });
            }
            session.rendered_from(&file(path), Position::new(0, 3));
            session.explain(&file("web"), Position::new(0, 3));
        }
    }
}
