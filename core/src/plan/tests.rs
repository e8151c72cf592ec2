//! Whole plans: what is seen of a cluster, and what follows.

use super::testing::{Facts, json, objects, yaml};
use super::*;
use crate::diag::Diagnostics;
use crate::object::{Gvk, ObjectKey};
use crate::value::Value;

const RELEASE: &str = "rhumb.dev/release: shop/web";

struct World {
    live: LiveState,
    policy: Policy,
    inventory: Vec<Entry>,
    hooks: Vec<HookWish>,
    applied: Option<Applied>,
}

impl World {
    fn new() -> World {
        World {
            live: LiveState { version: "v1.37.2".into(), cluster_uid: "c".into(), ..LiveState::default() },
            policy: Policy::default(),
            inventory: Vec::new(),
            hooks: Vec::new(),
            applied: None,
        }
    }

    fn with(mut self, live: &str) -> World {
        let value = yaml(live);
        self.live.objects.insert(key_of(&value), Sight::Object(value));
        self
    }

    fn without(mut self, key: &str) -> World {
        self.live.objects.insert(key_named(key), Sight::Absent);
        self
    }

    fn answer(mut self, desired: &str, answer: Answer) -> World {
        let value = yaml(desired);
        let key = key_of(&value);
        let asked = DryRun { key: key.clone(), gvk: gvk_of(&value), object: value, force: false };
        self.live.answers.insert(key, (asked, answer));
        self
    }

    // The last run ended well, and applied this.
    fn applied(mut self, manifests: &[&str]) -> World {
        let newest = release::Revision {
            revision: 1,
            state: release::State::Deployed,
            manifests: manifests.iter().map(|text| yaml(text)).collect(),
            ..release::Revision::default()
        };
        self.applied = Applied::of(&[newest]);
        self
    }

    fn make(&self, desired: &str) -> (Plan, Diagnostics) {
        let set = objects(desired);
        let release = ReleaseName { namespace: "shop".into(), name: "web".into() };
        let outcome = make(&self.input(&set, &release));
        (outcome.value, outcome.diagnostics)
    }

    fn ask(&self, desired: &str) -> Vec<DryRun> {
        let set = objects(desired);
        let release = ReleaseName { namespace: "shop".into(), name: "web".into() };
        requests(&self.input(&set, &release))
    }

    fn input<'a>(&'a self, desired: &'a crate::object::ObjectSet, release: &'a ReleaseName) -> Input<'a> {
        Input {
            release,
            revision: 2,
            desired,
            hooks: &self.hooks,
            stamp: Stamp::Rhumb,
            inventory: &self.inventory,
            live: &self.live,
            policy: &self.policy,
            facts: &Facts,
            lookups: &[],
            applied: self.applied.as_ref(),
        }
    }
}

fn gvk_of(value: &Value) -> Gvk {
    let text = |key| value.get(key).and_then(Value::as_str).expect("a text");
    Gvk::new(text("apiVersion"), text("kind"))
}

fn key_of(value: &Value) -> ObjectKey {
    let gvk = gvk_of(value);
    let text = |key| value.get("metadata").and_then(|m| m.get(key)?.as_str()).unwrap_or_default().into();
    ObjectKey { group: gvk.group, kind: gvk.kind, namespace: text("namespace"), name: text("name") }
}

fn key_named(text: &str) -> ObjectKey {
    let parts: Vec<&str> = text.split('/').collect();
    let (namespace, kind, name) = match parts[..] {
        [kind, name] => ("", kind, name),
        [namespace, kind, name] => (namespace, kind, name),
        _ => panic!("{text}"),
    };
    ObjectKey { group: "".into(), kind: kind.into(), namespace: namespace.into(), name: name.into() }
}

fn config(name: &str, rest: &str, data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop{rest}}}\ndata: {data}\n")
}

fn owned(name: &str, uid: &str, data: &str) -> String {
    config(
        name,
        &format!(
            ", uid: {uid}, annotations: {{{RELEASE}}}, managedFields: [{{manager: rhumb, operation: Apply, fieldsV1: {{'f:data': {{'f:a': {{}}}}}}}}]"
        ),
        data,
    )
}

fn actions(plan: &Plan) -> Vec<(String, &'static str)> {
    plan.steps.iter().map(|step| (step.key.to_string(), step.action.as_str())).collect()
}

fn codes(findings: &Diagnostics) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn what_is_not_there_is_made_in_its_namespace_and_marked() {
    let desired = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: x}\n";
    let world = World::new().without("shop/ConfigMap/a");
    let asked = world.ask(desired);
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].object, yaml(&config("a", &format!(", annotations: {{{RELEASE}}}"), "{a: x}")));
    let world = world.answer(&config("a", "", "{a: x}"), Answer::Object(asked[0].object.clone()));
    let (plan, findings) = world.make(desired);
    assert_eq!(actions(&plan), [("shop/ConfigMap/a".to_owned(), "create")]);
    assert_eq!(plan.steps[0].basis, Basis::Server);
    assert!(findings.is_empty(), "{findings:?}");
    assert!(world.ask(desired).is_empty(), "what was answered is not asked again");
}

#[test]
fn the_servers_answer_decides_between_change_ownership_and_nothing() {
    let desired = config("a", "", "{a: x}");
    let plan = |live: &str, after: &str| {
        let world = World::new().with(live).answer(&desired, Answer::Object(yaml(after)));
        let (plan, findings) = world.make(&desired);
        assert!(findings.is_empty(), "{findings:?}");
        let changes: Vec<String> = plan.steps[0].changes.iter().map(|change| change.path.to_string()).collect();
        (plan.steps[0].action, changes)
    };
    let live = owned("a", "u", "{a: x}");
    assert_eq!(plan(&live, &live), (Action::Unchanged, vec![]));
    assert_eq!(plan(&live, &owned("a", "u", "{a: y}")), (Action::Update, vec!["data.a".to_owned()]));
    let unowned = live.replace("manager: rhumb", "manager: other");
    assert_eq!(plan(&unowned, &live), (Action::Own, vec![]));
}

#[test]
fn objects_of_others_are_not_touched() {
    let desired = config("a", "", "{a: x}");
    let foreign = config("a", ", uid: u, annotations: {rhumb.dev/release: shop/other}", "{a: y}");
    let (plan, findings) = World::new().with(&foreign).make(&desired);
    assert_eq!((plan.steps[0].action, codes(&findings)), (Action::Unchanged, vec!["plan-foreign"]));
    assert!(findings.has_errors());

    let loose = config("a", ", uid: u", "{a: y}");
    let (plan, findings) = World::new().with(&loose).make(&desired);
    assert_eq!((plan.steps[0].action, codes(&findings)), (Action::Unchanged, vec!["plan-adoptable"]));
    let mut world = World::new().with(&loose);
    world.policy.adopt = vec![Selector::parse("ConfigMap/a").expect("one")];
    let (plan, findings) = world.make(&desired);
    assert_eq!((plan.steps[0].action, codes(&findings)), (Action::Update, vec![]));
}

#[test]
fn an_object_of_the_inventory_is_ours_without_a_mark() {
    let mut world = World::new().with(&config("a", ", uid: u", "{a: y}"));
    let gvk = Gvk::new("v1", "ConfigMap");
    world.inventory = vec![Entry { key: key_named("shop/ConfigMap/a"), gvk, uid: "u".into() }];
    let (_, findings) = world.make(&config("a", "", "{a: x}"));
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn what_stands_on_ground_that_the_plan_makes_is_worked_out_here() {
    let desired = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let world = World::new().without("Namespace/shop").without("shop/ConfigMap/a");
    let asked: Vec<String> = world.ask(desired).iter().map(|one| one.key.to_string()).collect();
    assert_eq!(asked, ["Namespace/shop"]);
    let (plan, _) = world.make(desired);
    let config = plan.steps.iter().find(|step| step.key.kind == "ConfigMap").expect("there");
    assert_eq!(config.basis, Basis::Local("its namespace shop comes with the same plan".into()));
    assert!(plan.steps[0].awaited, "a namespace is waited for");
    assert!(plan.steps[0].level < config.level);
}

#[test]
fn immutable_fields_are_seen_in_the_refusal_and_without_it() {
    let service = |ip: &str, rest: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: a, namespace: shop{rest}}}\nspec: {{clusterIP: {ip}}}\n"
        )
    };
    let rest = format!(
        ", uid: u, annotations: {{{RELEASE}}}, managedFields: [{{manager: rhumb, operation: Apply, fieldsV1: {{'f:spec': {{'f:clusterIP': {{}}}}}}}}]"
    );
    let live = service("10.0.0.1", &rest);
    let desired = service("10.0.0.2", "");
    let refusal = Refusal {
        code: 422,
        message: "Service \"a\" is invalid: spec.clusterIPs[0]: Invalid value: may not change once set".into(),
        ..Refusal::default()
    };
    for answer in [Answer::Refused(refusal), Answer::NotAsked("offline".into())] {
        let mut world = World::new().with(&live).answer(&desired, answer);
        let (plan, findings) = world.make(&desired);
        assert_eq!((plan.steps[0].action, codes(&findings)), (Action::Recreate, vec!["plan-recreate"]));
        assert!(findings.iter().next().expect("one").message.contains("spec.clusterIP"));
        world.policy.recreate = true;
        let (plan, findings) = world.make(&desired);
        assert_eq!((plan.steps[0].action, codes(&findings)), (Action::Recreate, vec![]));
    }
}

#[test]
fn conflicts_are_named_and_asked_again_once_settled() {
    let desired = config("a", "", "{a: x}");
    let live = owned("a", "u", "{a: y}")
        .replace("manager: rhumb, operation: Apply", "manager: kubectl-edit, operation: Update, time: T");
    let refusal = Refusal::parse(
        409,
        &json(
            r#"{"reason":"Conflict","details":{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \"kubectl-edit\" using v1 at T","field":".data.a"}]}}"#,
        ),
    );
    let mut world = World::new().with(&live).answer(&desired, Answer::Refused(refusal));
    let (_, findings) = world.make(&desired);
    assert_eq!(codes(&findings), ["plan-conflict"]);
    assert_eq!(findings.iter().next().expect("one").message, "`data.a` is owned by `kubectl-edit` since T");
    assert!(world.ask(&desired).is_empty(), "nothing is forced before it is settled");

    world.policy.rules =
        vec![Rule { objects: vec![], fields: vec![], managers: vec!["kubectl-edit".into()], settle: Settlement::Mine }];
    let again = world.ask(&desired);
    assert!(again.len() == 1 && again[0].force);
    world.policy.rules[0].settle = Settlement::Yield;
    let again = world.ask(&desired);
    assert!(!again[0].force);
    assert_eq!(again[0].object.get("data"), Some(&yaml("{}\n")));
}

#[test]
fn what_is_no_longer_wished_for_goes_last_and_only_if_it_is_ours() {
    let mut world = World::new()
        .with(&owned("gone", "u1", "{}"))
        .with(&owned("kept", "u2", "{}").replace(RELEASE, &format!("{RELEASE}, rhumb.dev/keep: 'true'")))
        .with(&owned("remade", "u8", "{}"))
        .with(&config("new", ", uid: u9", "{}"))
        .with(&format!("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data, namespace: shop, uid: u4, annotations: {{{RELEASE}}}}}\n"))
        .without("shop/ConfigMap/dead")
        .without("shop/ConfigMap/a");
    let entry = |kind: &str, name: &str, uid: &str| Entry {
        key: key_named(&format!("shop/{kind}/{name}")),
        gvk: Gvk::new("v1", kind),
        uid: uid.into(),
    };
    world.inventory = vec![
        entry("ConfigMap", "gone", "u1"),
        entry("ConfigMap", "kept", "u2"),
        entry("ConfigMap", "new", "u3"),
        // A run that died made it anew and could not tell the uid: its mark says whose it is.
        entry("ConfigMap", "remade", "u6"),
        entry("PersistentVolumeClaim", "data", "u4"),
        entry("ConfigMap", "dead", "u5"),
    ];
    let (plan, findings) = world.make(&config("a", "", "{}"));
    assert_eq!(
        actions(&plan),
        [
            ("shop/ConfigMap/a".to_owned(), "create"),
            ("shop/ConfigMap/gone".to_owned(), "delete"),
            ("shop/ConfigMap/kept".to_owned(), "forget"),
            ("shop/ConfigMap/new".to_owned(), "forget"),
            ("shop/ConfigMap/remade".to_owned(), "delete"),
            ("shop/PersistentVolumeClaim/data".to_owned(), "keep"),
        ]
    );
    assert_eq!(codes(&findings), ["plan-kept", "plan-kept"]);
    world.policy.prune_volumes = true;
    assert_eq!(world.make(&config("a", "", "{}")).0.counts()[&Action::Delete], 3);
}

#[test]
fn fields_of_kubectl_are_handed_over_on_adoption() {
    let live = config(
        "a",
        ", uid: u, managedFields: [{manager: kubectl-client-side-apply, operation: Update, fieldsV1: {'f:data': {'f:a': {}, 'f:old': {}, 'f:filled': {}}}}], \
         annotations: {kubectl.kubernetes.io/last-applied-configuration: '{\"data\":{\"a\":\"y\",\"old\":\"z\"}}'}",
        "{a: y, old: z, filled: f, other: o}",
    );
    let desired = config("a", "", "{a: x}");
    let mut world = World::new().with(&live);
    world.policy.adopt = vec![Selector::ALL];
    let asked = world.ask(&desired);
    assert!(asked[0].force, "whoever hands over lets go of its fields");
    let answer = live.replace("{a: y, old: z,", "{a: x, old: z,");
    let world = World { ..world }.answer(&desired, Answer::Object(yaml(&answer)));
    let (plan, findings) = world.make(&desired);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(plan.steps[0].hand_over, ["kubectl-client-side-apply"]);
    let data = plan.steps[0].after.as_ref().and_then(|after| after.get("data")).expect("data");
    assert_eq!(*data, yaml("{a: x, filled: f, other: o}\n"), "what kubectl applied and nobody wishes for goes");
}

#[test]
fn hooks_run_around_in_the_order_of_their_weights() {
    let mut world = World::new().without("shop/ConfigMap/a");
    let hook = |name: &str, phase, weight| HookWish {
        object: objects(&format!("apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}}}\n"))
            .objects()
            .next()
            .expect("one")
            .clone(),
        phase,
        weight,
        policy: HookPolicy::default(),
    };
    world.hooks =
        vec![hook("after", Phase::After, 0), hook("second", Phase::Before, 5), hook("first", Phase::Before, -1)];
    let (plan, _) = world.make(&config("a", "", "{}"));
    let names: Vec<&str> = plan.steps.iter().map(|step| step.key.name.as_str()).collect();
    assert_eq!(names, ["first", "second", "a", "after"]);
    assert_eq!((plan.steps[0].level, plan.steps[1].level), (0, 1));
}

#[test]
fn objects_without_a_name_or_there_twice_are_errors() {
    let twice = format!("{}---\n{}", config("a", "", "{}"), config("a", "", "{}"));
    assert_eq!(codes(&World::new().make(&twice).1)[..1], ["plan-twice"]);
    let nameless = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: x}\n";
    assert_eq!(codes(&World::new().make(nameless).1), ["plan-no-name"]);
}

#[test]
fn a_definition_that_loses_data_is_refused() {
    let crd = |versions: &str, rest: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: x{rest}}}\nspec: {{versions: [{versions}]}}\nstatus: {{storedVersions: [v1]}}\n"
        )
    };
    let mut world = World::new().with(&crd("{name: v1}", &format!(", annotations: {{{RELEASE}}}")));
    let (_, findings) = world.make(&crd("{name: v2}", ""));
    assert_eq!(codes(&findings), ["plan-crd-loss"]);
    world.policy.lose_custom_data = true;
    assert!(world.make(&crd("{name: v2}", "")).1.is_empty());
}

#[test]
fn a_plan_file_is_read_back_and_guards_itself() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\ndata: {p: aGVsbG8=}\n";
    let live = secret.replace("namespace: shop", &format!("namespace: shop, uid: u, annotations: {{{RELEASE}}}, managedFields: [{{manager: x, operation: Update, fieldsV1: {{'f:data': {{'f:p': {{}}}}}}}}]")).replace("aGVsbG8=", "d29ybGQ=");
    let mut world = World::new().with(&live).without("shop/ConfigMap/a");
    world.policy.rules = vec![Rule { objects: vec![], fields: vec![], managers: vec![], settle: Settlement::Mine }];
    let desired = format!("{secret}---\n{}", config("a", "", "{a: x}"));
    let (plan, findings) = world.make(&desired);
    assert!(findings.is_empty(), "{findings:?}");
    let text = file::to_text(&plan, b"salt", file::Secrets::Sealed);
    for hidden in ["aGVsbG8", "d29ybGQ"] {
        assert!(!text.contains(hidden), "{text}");
    }
    let read = file::from_value(&yaml(&text)).expect("a plan");
    assert_eq!(read.salt, b"salt");
    let opened = file::open(read.clone(), &objects(&desired)).expect("opened");
    let strip = |plan: &Plan| {
        let mut plan = plan.clone();
        plan.steps.iter_mut().for_each(|step| {
            step.after = None;
            step.relied = step.relied.take().map(|relied| Relied { object: seal(&relied.object, b"salt"), ..relied });
        });
        plan
    };
    assert_eq!(opened, strip(&plan));
    assert!(file::open(read, &objects(&config("a", "", "{}"))).is_err());

    let edited = text.replace("a: x", "a: y");
    assert_eq!(
        file::from_value(&yaml(&edited)).expect_err("edited"),
        "its digest does not fit its content: it was edited or cut"
    );
    let other = text.replace("rhumb.dev/v1alpha1", "rhumb.dev/v9");
    assert!(file::from_value(&yaml(&other)).expect_err("version").contains("rhumb.dev/v9"));
}

#[test]
fn a_plan_names_the_fields_that_moved() {
    let desired = config("a", "", "{a: x}");
    let live = owned("a", "u", "{a: y, b: z}");
    let world = World::new().with(&live).answer(&desired, Answer::Object(yaml(&owned("a", "u", "{a: x, b: z}"))));
    let (plan, _) = world.make(&desired);
    let moved = |now: &str| -> Vec<String> {
        let world = World::new().with(now);
        verify(&plan, &world.live, b"", &Facts).iter().map(|moved| moved.to_string()).collect()
    };
    assert!(moved(&live).is_empty());
    let counted = live.replace("uid: u", "uid: u, resourceVersion: '7', generation: 3") + "status: {x: 1}\n";
    assert!(moved(&counted).is_empty(), "a change of status alone is no move");
    assert_eq!(moved(&live.replace("b: z", "b: w")), ["shop/ConfigMap/a: `data.b` has changed"]);
    assert_eq!(moved(&live.replace("uid: u", "uid: v")), ["shop/ConfigMap/a: it was deleted and made anew"]);
    assert_eq!(
        moved(&live.replace("manager: rhumb", "manager: kubectl")),
        ["shop/ConfigMap/a: `data.a` was owned by rhumb, now by kubectl"]
    );
    let gone = World::new().without("shop/ConfigMap/a");
    assert_eq!(verify(&plan, &gone.live, b"", &Facts)[0].to_string(), "shop/ConfigMap/a: it is gone");
}

#[test]
fn a_plan_that_makes_something_does_not_run_over_what_came_since() {
    let (plan, _) = World::new().without("shop/ConfigMap/a").make(&config("a", "", "{}"));
    let now = World::new().with(&config("a", "", "{}"));
    assert_eq!(
        verify(&plan, &now.live, b"", &Facts)[0].to_string(),
        "shop/ConfigMap/a: it is there now, and the plan makes it"
    );
}

#[test]
fn a_plan_applied_to_its_own_result_is_empty() {
    let desired = config("a", "", "{a: x}");
    let result = owned("a", "u", "{a: x}");
    let world = World::new().with(&result).answer(&desired, Answer::Object(yaml(&result)));
    assert!(world.make(&desired).0.is_empty());
}

#[test]
fn what_cannot_be_seen_is_said() {
    let mut world = World::new();
    world.live.objects.insert(key_named("shop/ConfigMap/a"), Sight::Unseen("forbidden".into()));
    let (plan, findings) = world.make(&config("a", "", "{}"));
    assert_eq!((plan.steps[0].action, codes(&findings)), (Action::Update, vec!["plan-unseen"]));
    assert!(!findings.has_errors());
}

#[test]
fn a_comparison_keeps_the_marks_of_whoever_an_object_belongs_to() {
    let live = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: shop\n  labels: {app.kubernetes.io/managed-by: Helm}\n  \
        annotations: {meta.helm.sh/release-name: other, meta.helm.sh/release-namespace: shop}\ndata: {x: '1'}\n";
    let world = World::new().with(live);
    let set = objects("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '1'}\n");
    let release = ReleaseName { namespace: "shop".into(), name: "web".into() };
    let input = Input { stamp: Stamp::AsFound, ..world.input(&set, &release) };
    assert_eq!(keys(&input).len(), 1);
    let asked = requests(&input);
    assert_eq!(asked[0].object, super::clean(&yaml(live)), "nothing but the marks is added");
    let findings = make(&input).diagnostics;
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["plan-foreign"]);
    assert!(!findings.has_errors());
}

#[test]
fn an_apply_asks_only_where_something_is_in_doubt() {
    let marked = |data: &str| config("a", &format!(", annotations: {{{RELEASE}}}"), data);
    let wish = |data: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {data}\n");
    let managed = "[{manager: rhumb, operation: Apply, fieldsV1: {'f:metadata': {'f:annotations': {'f:rhumb.dev/release': {}}}, 'f:data': {'f:a': {}}}}]";
    let live = |data: &str, managed: &str| {
        config("a", &format!(", uid: u, annotations: {{{RELEASE}}}, managedFields: {managed}"), data)
    };
    let check = |world: World, desired: &str, want: &str| {
        assert_eq!(world.ask(desired), [], "{desired}");
        let (plan, findings) = world.make(desired);
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(actions(&plan), [("shop/ConfigMap/a".to_owned(), want)]);
        assert_eq!(plan.steps[0].basis, Basis::Known);
    };
    let asks = |world: World, desired: &str| assert_eq!(world.ask(desired).len(), 1, "{desired}");
    let there = |data: &str| World::new().with(&live(data, managed)).applied(&[&marked("{a: x}")]);
    check(World::new().without("shop/ConfigMap/a").applied(&[]), &wish("{a: x}"), "create");
    check(there("{a: x}"), &wish("{a: x}"), "unchanged");
    check(there("{a: x}"), &wish("{a: y}"), "update");
    asks(there("{a: z}"), &wish("{a: x}"));
    asks(World::new().with(&live("{a: x}", managed)).applied(&[]), &wish("{a: y}"));
    asks(World::new().with(&live("{a: x}", managed)), &wish("{a: y}"));
    let released = "[{manager: rhumb, operation: Apply, fieldsV1: {'f:data': {}}}]";
    asks(World::new().with(&live("{a: x}", released)).applied(&[&marked("{a: x}")]), &wish("{a: x}"));
    let shared = managed.replace("}]", "}, {manager: other, operation: Update, fieldsV1: {'f:data': {'f:a': {}}}}]");
    asks(World::new().with(&live("{a: x}", &shared)).applied(&[&marked("{a: x}")]), &wish("{a: y}"));
    let mut recreating = there("{a: x}");
    recreating.policy.recreate = true;
    asks(recreating, &wish("{a: y}"));
    let sealed = |text: &str| text.replace("\ndata:", "\nimmutable: true\ndata:");
    let frozen = World::new().with(&sealed(&live("{a: x}", managed))).applied(&[&sealed(&marked("{a: x}"))]);
    asks(frozen, &sealed(&wish("{a: y}")));
    // Whether another namespace is there, only the server knows.
    let elsewhere = wish("{a: x}").replace("name: a", "name: a, namespace: far");
    asks(World::new().without("far/ConfigMap/a").applied(&[]), &elsewhere);
}

#[test]
fn what_stands_in_a_list_is_applied_by_itself() {
    let list = |items: &str| format!("apiVersion: v1\nkind: List\nitems: {items}\n");
    let one = |name: &str| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}");
    let inner = format!("{{apiVersion: v1, kind: List, items: [{}]}}", one("b"));
    let world = World::new().without("shop/ConfigMap/a").without("shop/ConfigMap/b");
    let (plan, findings) = world.make(&list(&format!("[{}, {inner}]", one("a"))));
    assert!(!findings.has_errors(), "{findings:?}");
    let want = ["a", "b"].map(|name| (format!("shop/ConfigMap/{name}"), "create"));
    assert_eq!(actions(&plan), want);
    assert_eq!(actions(&world.make(&list("null")).0), []);
    assert_eq!(codes(&world.make(&list("[{metadata: {name: a}}]")).1), ["plan-no-kind"]);
}
