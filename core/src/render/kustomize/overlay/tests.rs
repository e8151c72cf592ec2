//! Steps on objects: what changes, with its line, and what is refused.

use std::sync::Arc;

use super::*;
use crate::object::testing::objects;
use crate::object::{NoFacts, Object};
use crate::package::TransformationKind as Kind;
use crate::source::{FileId, FileTree};
use crate::yaml::testing::nodes;
use crate::yaml::{Dialect, Emitter};

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        image: nginx:1
        envFrom:
        - configMapRef: {name: settings}
---
apiVersion: v1
kind: Service
metadata:
  name: web
";

fn step(kind: Kind, content: &str) -> Transformation {
    let content = nodes(content).remove(0);
    Transformation { kind, span: Span::new(FileId::NONE, 7), content }
}

/// Carries out steps, and what is done once after them; says for each step what it changed.
fn run(text: &str, steps: &[Transformation]) -> std::result::Result<(ObjectSet, Vec<String>), Vec<String>> {
    let tree: FileTree = [("overlays/prod/a.txt", "hello\n")].into_iter().collect();
    let transformers = Transformers::new(&tree, Arc::new(NoFacts), &Limits::default());
    let folder = VPath::parse("overlays/prod").expect("a path");
    let (mut set, mut log) = (objects(text), Vec::new());
    let mut note = |changes: Vec<Changed>| {
        for Changed { object, now, fields } in changes {
            let fields: Vec<String> = fields.iter().map(|(path, _)| path.to_string()).collect();
            let now = if object == now { String::new() } else { format!(" -> {now}") };
            log.push(format!("{object}{now}: {}", fields.join(" ")));
        }
    };
    let texts = |findings: Diagnostics| {
        let text = |finding: &Diagnostic| {
            let more = finding.help.iter().chain(&finding.notes).map(|more| format!(" | {more}")).collect::<String>();
            format!("{}: {}{more}", finding.code, finding.message)
        };
        findings.iter().map(text).collect::<Vec<_>>()
    };
    for step in steps {
        let before = set.clone();
        match transformers.run(step, &folder, None, &mut set) {
            Ok(changes) => note(changes),
            Err(findings) => {
                assert_eq!(set, before, "a step that fails changes nothing");
                return Err(texts(findings));
            }
        }
    }
    note(transformers.finish(&mut set).map_err(texts)?);
    Ok((set, log))
}

fn yaml(set: &ObjectSet) -> String {
    let emitter = Emitter { dialect: Dialect::Sigs, sort_keys: false };
    set.objects().map(|object| emitter.write(&*object.node)).collect::<Vec<_>>().join("---\n")
}

#[test]
fn only_what_a_step_changes_is_touched() {
    let image = step(Kind::Images, "{name: nginx, newTag: '2'}");
    let (set, log) = run(WEB, &[image]).expect("it fits");
    assert_eq!(log, ["Deployment/web: spec.template.spec.containers[0].image"]);
    assert_eq!(yaml(&set), yaml(&objects(&WEB.replace("nginx:1", "nginx:2"))));
    let (before, after) = (objects(WEB), set);
    let nodes = before.objects().zip(after.objects()).map(|(before, after)| (&before.node, &after.node));
    for (before, after) in nodes {
        let name = |node: &Node| node.get("metadata").and_then(|metadata| metadata.get("name")).map(|name| name.span);
        assert_eq!((name(before), before.span), (name(after), after.span), "places stay");
    }
}

#[test]
fn a_text_that_a_chart_rendered_stays_until_a_step_changes_its_object() {
    let tree = FileTree::default();
    let transformers = Transformers::new(&tree, Arc::new(NoFacts), &Limits::default());
    let mut set = objects(WEB);
    set.objects_mut().for_each(|object| object.text = Some("as it was".into()));
    let image = step(Kind::Images, "{name: nginx, newTag: '2'}");
    transformers.run(&image, &VPath::root(), None, &mut set).expect("it fits");
    let texts: Vec<bool> = set.objects().map(|object| object.text.is_some()).collect();
    assert_eq!(texts, [false, true]);
}

#[test]
fn what_is_set_has_the_line_of_its_key() {
    let tree = FileTree::default();
    let transformers = Transformers::new(&tree, Arc::new(NoFacts), &Limits::default());
    let text = "pairs:\n  tier: front\n  team: shop\n";
    let mut set = objects(WEB);
    let changes = transformers.run(&step(Kind::Labels, text), &VPath::root(), None, &mut set).expect("it fits");
    let places: Vec<(String, &str)> = changes[0]
        .fields
        .iter()
        .map(|(path, span)| (path.to_string(), text[span.start as usize..].lines().next().unwrap_or_default()))
        .collect();
    let expected = [("metadata.labels.team", "shop"), ("metadata.labels.tier", "front")];
    assert_eq!(places, expected.map(|(path, line)| (path.to_owned(), line)));
}

#[test]
fn types_stay_what_they_are() {
    let steps = [
        step(Kind::Namespace, "'123'"),
        step(Kind::NamePrefix, "'1e'"),
        step(Kind::CommonAnnotations, "{flag: 'true'}"),
        step(Kind::Replicas, "{name: web, count: 3}"),
    ];
    let (set, _) = run("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: '1'\nspec: {}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec: {}\n", &steps).expect("they fit");
    let first = set.objects().next().expect("one");
    assert_eq!((first.name(), first.namespace()), (Some("1e1"), Some("123")));
    assert_eq!(first.annotation("flag"), Some("true"));
    let replicas = set.objects().nth(1).and_then(|web| web.node.get("spec")?.get("replicas").map(Node::to_value));
    assert_eq!(replicas, Some(crate::value::Value::Int(3)));
}

#[test]
fn generated_objects_get_their_hash_and_their_references_at_the_end() {
    let steps = [
        step(Kind::ConfigMapGenerator, "{name: settings, literals: [a=1], files: [a.txt]}"),
        step(Kind::NamePrefix, "prod-"),
    ];
    let (set, log) = run(WEB, &steps).expect("they fit");
    let names: Vec<&str> = set.objects().filter_map(Object::name).collect();
    let [map, web, service] = names[..] else { panic!("{names:?}") };
    assert!(map.starts_with("prod-settings-") && map.len() == "prod-settings-".len() + 10, "{map}");
    assert_eq!((web, service), ("prod-web", "prod-web"));
    assert!(yaml(&set).contains(&format!("        - configMapRef:\n            name: {map}\n")), "{}", yaml(&set));
    assert_eq!(log[0], "ConfigMap/settings: ");
    assert!(log.contains(&"Service/web -> Service/prod-web: metadata.name".to_owned()), "{log:?}");
    let last = log.last().expect("something");
    assert!(last.ends_with("spec.template.spec.containers[0].envFrom[0].configMapRef.name"), "{log:?}");
    let web = set.objects().find(|object| object.gvk.kind == "Deployment").expect("it is there");
    let former: Vec<&str> = web.former_names().iter().map(|former| former.name.as_str()).collect();
    assert_eq!(former, ["web"]);
}

#[test]
fn what_is_for_nothing_names_the_nearest() {
    let one = |step: Transformation| run(WEB, &[step]).expect_err("nothing fits");
    assert_eq!(
        one(step(Kind::Images, "{name: ngnix, newTag: '2'}")),
        ["transformer-no-match: no container has the image `ngnix` | did you mean `nginx`?"]
    );
    assert_eq!(
        one(step(Kind::Replicas, "{name: wbe, count: 2}")),
        ["transformer-no-match: no object with replicas is called `wbe` | did you mean `web`?"]
    );
    let replacement = "{source: {kind: Service, name: web}, targets: [{select: {kind: Deployment, name: api}}]}";
    assert_eq!(
        one(step(Kind::Replacements, replacement)),
        ["transformer-no-match: no object matches `Deployment/api`, so the replacement goes nowhere | did you mean \
          `Deployment/web`?"]
    );
}

#[test]
fn what_would_lose_data_is_refused() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\ntype: kubernetes.io/tls\nimmutable: true\ndata:\n  a: eA==\n";
    let merge = step(Kind::SecretGenerator, "{name: s, behavior: merge, literals: [b=1]}");
    assert_eq!(
        run(secret, &[merge]).expect_err("two things would be lost"),
        [
            "overlay-loses-data: `secretGenerator` would take `immutable` away | use a patch that says what becomes of it",
            "overlay-loses-data: `secretGenerator` would change the type of the Secret from `kubernetes.io/tls` to \
             `Opaque` | say `type: kubernetes.io/tls` in the generator"
        ]
    );
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: x\n";
    let replace = step(Kind::ConfigMapGenerator, "{name: c, behavior: replace, literals: [b=1]}");
    let (set, _) = run(map, &[replace]).expect("that is what replacing means");
    assert!(yaml(&set).contains("data:\n  b: \"1\"\n") && !yaml(&set).contains("a: x"), "{}", yaml(&set));
}

#[test]
fn copied_values_do_not_share_a_node() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    x: {y: 1}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n";
    let copy = "{source: {name: a, fieldPath: metadata.name}, targets: [{select: {name: b}, fieldPaths: [data.of], options: {create: true}}]}";
    let steps = [step(Kind::Replacements, copy), step(Kind::NamePrefix, "p-")];
    let (set, _) = run(text, &steps).expect("they fit");
    assert!(yaml(&set).contains("data:\n  of: a\n"), "the copy is no reference:\n{}", yaml(&set));
}

#[test]
fn mistakes_of_a_step_name_its_field() {
    let missing = step(Kind::ConfigMapGenerator, "{name: c, files: [b.txt]}");
    let errors = run(WEB, &[missing]).expect_err("the file is not there");
    assert!(errors[0].starts_with("overlay-step: ") && errors[0].ends_with(" | in `configMapGenerator`"), "{errors:?}");
}
