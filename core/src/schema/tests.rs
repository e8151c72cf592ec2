//! Text in, findings out.

use std::sync::Arc;

use super::*;
use crate::diag::Diagnostics;
use crate::object::{Gvk, Item, ListType, Object, ObjectSet, Origin, Origins, Scope, TypeFacts, TypeRef};
use crate::source::{SourceMap, Span};
use crate::value::{Map, Value, ValuePath};
use crate::yaml::Node;
use crate::yaml::testing::nodes;

const DATA: &[u8] = include_bytes!("../../../schemas/data/kubernetes.bin");

fn schemas(version: &str) -> SchemaSet {
    SchemaSet::from_bytes(DATA, KubeVersion::parse(version).unwrap()).unwrap()
}

fn objects(text: &str) -> ObjectSet {
    let mut set = ObjectSet::new();
    for node in nodes(text) {
        set.push(match Object::new(node.clone(), Arc::from("test.yaml")) {
            Some(object) => Item::Object(object),
            None => Item::Other { span: node.span, node: Some(node), source: Arc::from("test.yaml"), text: None },
        });
    }
    set
}

fn findings(version: &str, text: &str) -> Diagnostics {
    validate(&objects(text), &schemas(version), &Origins::new(), &Options::default())
}

/// One finding a line: code, field, message, help.
fn show(findings: &Diagnostics) -> Vec<String> {
    let line = |finding: &crate::diag::Diagnostic| {
        let field = finding.field.as_deref().unwrap_or("-");
        let help = finding.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{} {field}: {}{help}", finding.code, finding.message)
    };
    findings.iter().map(line).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(show(&findings("1.37", text)), expected);
}

/// A Deployment with its container's fields, each line of `more` at the container's indent.
fn deployment(more: &str) -> String {
    let more = more.lines().map(|line| format!("        {line}\n")).collect::<String>();
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - name: web\n        image: web:1\n{more}"
    )
}

#[test]
fn a_right_object_has_no_findings_in_any_version() {
    let more = "ports: [{containerPort: 80, name: http}, {containerPort: 80, name: dns, protocol: UDP}]\nresources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1500m}}\nlivenessProbe: {httpGet: {port: http}}";
    for version in KubeVersion::SUPPORTED {
        assert_eq!(show(&findings(&version.to_string(), &deployment(more))), [""; 0], "{version}");
    }
}

#[test]
fn unknown_fields_and_wrong_types_are_found_where_they_stand() {
    check(
        &deployment("imagePullPolicie: Always\nports: [{containerPort: http}]\nstdin: 1\nenv: [{name: A, value: 1}]"),
        &[
            "schema-unknown-field spec.template.spec.containers[0].imagePullPolicie: unknown field `imagePullPolicie` (did you mean `imagePullPolicy`?)",
            "schema-type spec.template.spec.containers[0].ports[0].containerPort: expected an integer, found a string",
            "schema-type spec.template.spec.containers[0].stdin: expected a boolean, found an integer",
            "schema-type spec.template.spec.containers[0].env[0].value: expected a string, found an integer (put the value in quotes)",
        ],
    );
}

#[test]
fn missing_fields_and_values_outside_an_enum_are_found() {
    check(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{image: a, imagePullPolicy: never}]}}}\n",
        &[
            "schema-required spec.selector: required field `selector` is missing",
            "schema-required spec.template.spec.containers[0].name: required field `name` is missing",
            "schema-enum spec.template.spec.containers[0].imagePullPolicy: `never` is not one of `Always`, `IfNotPresent`, `Never` (did you mean `Never`?)",
        ],
    );
}

#[test]
fn rules_of_pods_are_held() {
    check(
        &deployment(
            "env: [{name: A}, {name: A}]\nvolumeMounts: [{name: date, mountPath: /a}]\nresources: {requests: {cpu: 2}, limits: {cpu: 1}}\nreadinessProbe: {periodSeconds: 1}\nports: [{containerPort: 70000, name: Web}]\n",
        ),
        &[
            "schema-duplicate-key spec.template.spec.containers[0].env[1]: a second item with name `A`",
            "rule-volume-unknown spec.template.spec.containers[0].volumeMounts[0].name: no volume is named `date`",
            "rule-resources spec.template.spec.containers[0].resources.requests.cpu: the request for `cpu` is above its limit",
            "rule-handler spec.template.spec.containers[0].readinessProbe: the probe has 0 actions, it needs exactly one",
            "rule-port spec.template.spec.containers[0].ports[0].containerPort: 70000 is no port: 1 to 65535",
            "rule-port-name spec.template.spec.containers[0].ports[0].name: the port name `Web` must be at most 15 lower case letters, digits and single `-`, with at least one letter",
        ],
    );
}

#[test]
fn rules_of_single_fields_say_what_is_allowed() {
    check(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: -1\n  minReadySeconds: 700\n  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}\n  selector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: Exists}]}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      volumes:\n      - {name: data, projected: {sources: [{secret: {name: a}, configMap: {name: b}}]}}\n      containers:\n      - name: web\n        image: web:1\n        envFrom: [{prefix: A}]\n        volumeDevices: [{name: data, devicePath: /dev/x}]\n        resources: {requests: {nvidia.com/gpu: 1}}\n        livenessProbe: {httpGet: {port: http_}, successThreshold: 2}\n",
        &[
            "rule-range spec.replicas: -1 is too small: the least is 0",
            "rule-strategy spec.minReadySeconds: `progressDeadlineSeconds` 600 must be above `minReadySeconds` 700",
            "rule-strategy spec.strategy.rollingUpdate.maxUnavailable: `maxUnavailable` and `maxSurge` cannot both be 0",
            "rule-selector-mismatch spec.selector.matchExpressions[0]: the labels of the pod template do not fit this: `tier` Exists",
            "rule-union spec.template.spec.volumes[0].projected.sources[0].configMap: `secret` and `configMap` exclude each other",
            "rule-union spec.template.spec.containers[0].envFrom[0]: one of `configMapRef`, `secretRef` is needed",
            "rule-volume-device spec.template.spec.containers[0].volumeDevices[0].name: the volume `data` is no device: only a claim can be one",
            "rule-resources spec.template.spec.containers[0].resources.requests[\"nvidia.com/gpu\"]: `nvidia.com/gpu` needs a limit of the same amount: it cannot be shared",
            "rule-port-name spec.template.spec.containers[0].livenessProbe.httpGet.port: the port name `http_` must be at most 15 lower case letters, digits and single `-`, with at least one letter",
            "rule-range spec.template.spec.containers[0].livenessProbe.successThreshold: 2 is too big: the most is 1",
        ],
    );
    check(
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec: {minAvailable: 150%, maxUnavailable: 1}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80, nodePort: 30080, name: http}], loadBalancerSourceRanges: [10.0.0.0/33]}\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {minReplicas: 0, maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: web}, metrics: [{type: Pods, resource: {name: cpu, target: {type: Value}}}]}\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {completionMode: Indexed, parallelism: 200000, template: {spec: {restartPolicy: Never, containers: [{name: c, image: c:1}]}}}\n",
        &[
            "rule-percentage spec.minAvailable: `150%` is too much: the most is 100%",
            "rule-pdb spec.maxUnavailable: `minAvailable` and `maxUnavailable` exclude each other",
            "rule-node-port spec.ports[0].nodePort: a service of type `ClusterIP` has no `nodePort`",
            "rule-service-type spec.loadBalancerSourceRanges: `loadBalancerSourceRanges` is for services of type `LoadBalancer`",
            "rule-form spec.loadBalancerSourceRanges[0]: `10.0.0.0/33` is no block of addresses such as `10.0.0.0/8`",
            "rule-hpa spec.minReplicas: without pods only an `Object` or `External` metric is known (set `minReplicas` to at least 1)",
            "rule-hpa spec.scaleTargetRef.apiVersion: `scaleTargetRef` needs an `apiVersion` with its group (write `apiVersion: apps/v1` for a Deployment or StatefulSet)",
            "rule-hpa spec.metrics[0].pods: a metric of type `Pods` needs `pods`",
            "rule-hpa spec.metrics[0].resource: a metric of type `Pods` has no `resource`",
            "rule-job spec.completions: `completionMode: Indexed` needs `completions`",
            "rule-job spec.parallelism: `parallelism` 200000 is too much: at most 100000 here",
        ],
    );
}

#[test]
fn selectors_must_meet_the_labels_of_the_pods() {
    let text = deployment("").replace("labels: {app: web}", "labels: {app: wob}");
    check(
        &text,
        &[
            "rule-selector-mismatch spec.selector.matchLabels.app: the selector wants `app: web`, the pod template has `app: wob`",
        ],
    );
}

#[test]
fn names_labels_and_keys_follow_their_syntax() {
    check(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: My_Map, labels: {a/b/c: x, ok: -no}, annotations: {'a b': ''}}\ndata: {'a b': x}\n",
        &[
            "rule-name-syntax metadata.name: the name `My_Map` must be lower case letters, digits, `-` and `.`, with a letter or digit at both ends of each part",
            "rule-label-syntax metadata.labels[\"a/b/c\"]: the label key `a/b/c`: must be letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
            "rule-label-syntax metadata.labels.ok: the label value `-no` must be letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
            "rule-annotation-syntax metadata.annotations[\"a b\"]: the annotation key `a b`: must be letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
            "rule-config-key data[\"a b\"]: the key `a b` must be letters, digits, `-`, `_` and `.`, and not start with `..`",
        ],
    );
}

#[test]
fn formats_are_checked_and_secrets_not_shown() {
    check(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s, creationTimestamp: yesterday}\ndata: {password: hunter2!}\n",
        &[
            "schema-format metadata.creationTimestamp: `yesterday` is not a time such as `2030-01-31T10:00:00Z`",
            "schema-format data.password: the value is not base64 (encode the value, or put it under `stringData`)",
        ],
    );
}

#[test]
fn versions_of_apis_come_and_go() {
    let ingress = "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\n";
    check(
        ingress,
        &[
            "api-removed apiVersion: `extensions/v1beta1 Ingress` was removed in Kubernetes 1.22 (use `networking.k8s.io/v1 Ingress`)",
        ],
    );
    let early = "apiVersion: resource.k8s.io/v1\nkind: DeviceClass\nmetadata: {name: a}\nspec: {}\n";
    assert_eq!(show(&findings("1.34", early)), [""; 0]);
    assert!(show(&findings("1.31", early))[0].starts_with("api-not-yet apiVersion: "), "{:?}", findings("1.31", early));
    let old = "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata: {name: a}\nspec: {}\n";
    let found = findings("1.31", old);
    assert!(found.iter().any(|finding| finding.code == "api-deprecated" && !finding.is_error()), "{found:?}");
    assert!(findings("1.32", old).iter().any(|finding| finding.code == "api-removed"));
}

#[test]
fn duplicates_and_documents_that_are_no_objects_are_errors() {
    check(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\nkind: ConfigMap\n---\n- 1\n",
        &[
            "schema-duplicate-object -: `ConfigMap/a` stands here a second time",
            "schema-not-an-object -: the document has no `apiVersion`",
            "schema-not-an-object -: the document is a list, not an object",
        ],
    );
}

#[test]
fn kinds_without_a_schema_are_told_once() {
    let text = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\n---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {name: b}\n---\napiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: c}\n";
    let help = "give the CustomResourceDefinition to have such objects checked";
    check(
        text,
        &[
            &format!("schema-unknown-kind kind: no schema for `example.com/v1 Thing` ({help})"),
            "schema-unknown-kind kind: no schema for `apps/v1 Deploymnet` (did you mean `apps/v1 Deployment`?)",
        ],
    );
    let strict = Options { strict: true, ..Options::default() };
    assert!(validate(&objects(text), &schemas("1.37"), &Origins::new(), &strict).has_errors());
    assert!(!findings("1.37", text).has_errors());
}

const CRD: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Thing, plural: things}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1, maximum: 5}
              mode: {type: string, enum: [fast, slow]}
              name: {type: string, pattern: '^[a-z]+$', maxLength: 3}
              port: {x-kubernetes-int-or-string: true}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [id]
                items: {type: object, required: [id], properties: {id: {type: string}}}
              one: {type: object, properties: {a: {type: string}, b: {type: string}}, oneOf: [{required: [a]}, {required: [b]}]}
              pod: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
";

#[test]
fn definitions_among_the_objects_check_the_others() {
    let thing = |spec: &str| {
        format!("{CRD}---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: a}}\nspec: {spec}\n")
    };
    check(
        &thing(
            "{size: 3, mode: fast, name: ab, port: http, free: {x: 1}, tags: [a, b], parts: [{id: x}, {id: z}], one: {a: x}, pod: {apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: x, image: z}]}}}",
        ),
        &[],
    );
    check(
        &thing(
            "{size: 6, mode: fats, name: ABCD, port: true, tags: [a, a], parts: [{id: x}, {id: x}], one: {a: x, b: z}, more: 1, pod: {kind: Pod, metadata: {labels: 1}}}",
        ),
        &[
            "schema-value spec.size: 6 is too big: the most is 5",
            "schema-enum spec.mode: `fats` is not one of `fast`, `slow`",
            "schema-value spec.name: `ABCD` does not match `^[a-z]+$`",
            "schema-value spec.name: 4 characters are too many: at most 3",
            "schema-type spec.port: expected an integer or a string, found a boolean",
            "schema-duplicate-item spec.tags[1]: `a` stands twice in a set",
            "schema-duplicate-key spec.parts[1]: a second item with id `x`",
            "schema-value spec.one: the value fits 2 of the forms of which the schema wants exactly one",
            "schema-unknown-field spec.more: unknown field `more` (did you mean `mode`?)",
            "schema-required spec.pod.apiVersion: required field `apiVersion` is missing",
            "schema-type spec.pod.metadata.labels: expected a map, found an integer",
        ],
    );
}

#[test]
fn a_broken_definition_is_an_error_and_not_a_panic() {
    let mut set = schemas("1.37");
    for text in [
        "a: 1",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition",
        "- 1",
        "apiVersion: v1\nkind: Pod",
    ] {
        let error = set.add_crd(&nodes(text)[0]).expect_err(text);
        assert_eq!(error.code, "crd-schema");
    }
}

#[test]
fn facts_for_patches_come_from_kubernetes_and_definitions() {
    let mut set = schemas("1.37");
    let crd = nodes(CRD);
    set.add_crd(&crd[0]).unwrap();
    let below = |root: &Gvk, path: &[&str]| -> TypeRef {
        path.iter().fold(set.root(root).unwrap(), |of, step| {
            if *step == "[]" { set.item(of).unwrap() } else { set.field(of, step).unwrap() }
        })
    };
    let deployment = Gvk::new("apps/v1", "Deployment");
    let containers = below(&deployment, &["spec", "template", "spec", "containers"]);
    assert_eq!(set.patch_merge_key(containers).as_deref(), Some("name"));
    assert_eq!(set.list_type(containers), Some(ListType::Map(vec!["name".into()])));
    let ports = below(&deployment, &["spec", "template", "spec", "containers", "[]", "ports"]);
    assert_eq!(set.list_type(ports), Some(ListType::Map(vec!["containerPort".into(), "protocol".into()])));
    assert_eq!(set.patch_merge_key(ports).as_deref(), Some("containerPort"));
    let command = below(&deployment, &["spec", "template", "spec", "containers", "[]", "command"]);
    assert_eq!((set.list_type(command), set.patch_merge_key(command)), (Some(ListType::Atomic), None));
    assert!(set.retains_keys(below(&deployment, &["spec", "strategy"])));
    let finalizers = below(&deployment, &["metadata", "finalizers"]);
    assert_eq!(set.patch_merge_key(finalizers).as_deref(), Some(""));
    let thing = Gvk::new("example.com/v1", "Thing");
    assert_eq!(set.patch_merge_key(below(&thing, &["spec", "parts"])).as_deref(), Some("id"));
    assert_eq!(set.scope(&thing), Some(Scope::Namespaced));
    assert_eq!(set.scope(&Gvk::new("v1", "Namespace")), Some(Scope::Cluster));
    assert_eq!(set.scope(&Gvk::new("v1", "Pod")), Some(Scope::Namespaced));
    assert_eq!(set.scope(&Gvk::new("v1", "Thing")), None);
    assert!(set.has_api("apps/v1") && set.has_api("v1") && set.has_api("v1/Pod") && set.has_api("apps/v1/Deployment"));
    assert!(set.has_api("example.com/v1") && !set.has_api("apps/v1beta1") && !set.has_api("apps/v1/Pod"));
}

#[test]
fn a_finding_names_the_node_and_the_value_behind_it() {
    let mut files = SourceMap::new();
    let values = files.add("values.yaml", "replicas: three\n");
    let mut set = objects(&deployment(""));
    let mut origins = Origins::new();
    let place = Span::new(values, 10);
    let id = origins.push(Origin { values: vec![(ValuePath::keys(["replicas"]), place)], via: vec![] });
    for object in set.objects_mut() {
        let mut node = Node::string("three", object.node.span);
        node.origin = Some(id);
        object.node.get_mut("spec").unwrap().set("replicas", node);
    }
    let found = validate(&set, &schemas("1.37"), &origins, &Options::default());
    let finding = found.iter().next().unwrap();
    assert_eq!((finding.field.as_deref(), finding.object.as_deref()), (Some("spec.replicas"), Some("Deployment/web")));
    assert_eq!((finding.labels[1].span, finding.labels[1].text.as_str()), (place, "value set here"));
}

#[test]
fn checks_of_the_embedder_run_too() {
    struct NeedsTeam;
    impl Check for NeedsTeam {
        fn check(&self, target: &Target<'_>, report: &mut Report<'_>) {
            let name = target.node.get("metadata").and_then(|metadata| metadata.get("name")).unwrap();
            report.add(name, crate::diag::Diagnostic::error("acme-team", format!("{} objects", target.all.len())));
        }
    }
    let options = Options { checks: &[&NeedsTeam], ..Options::default() };
    let found = validate(&objects(&deployment("")), &schemas("1.37"), &Origins::new(), &options);
    assert_eq!(show(&found), ["acme-team metadata.name: 1 objects"]);
}

#[test]
fn every_kind_of_every_version_decodes() {
    for version in KubeVersion::SUPPORTED {
        let set = schemas(&version.to_string());
        let kinds = set.kinds();
        assert!(kinds.len() > 80, "{version} has {} kinds", kinds.len());
        for gvk in &kinds {
            let root = set.root(gvk).unwrap_or_else(|| panic!("{version} {gvk}"));
            // Bodies of requests such as Scale have metadata as well.
            assert!(set.field(root, "kind").is_some() && set.field(root, "metadata").is_some(), "{version} {gvk}");
        }
    }
}

#[test]
fn damaged_data_is_refused_or_knows_nothing() {
    assert_eq!(SchemaSet::from_bytes(&b"nothing"[..], KubeVersion::LATEST).unwrap_err().code, "schema-data");
    let pod = objects("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n");
    let mut seed = 7u64;
    for round in 0..200 {
        let mut bytes = DATA.to_vec();
        for _ in 0..20 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (seed >> 33) as usize % bytes.len();
            bytes[at] = (seed >> 24) as u8;
        }
        bytes.truncate(bytes.len() - round * 100);
        if let Ok(set) = SchemaSet::from_bytes(bytes, KubeVersion::LATEST) {
            let _ = validate(&pod, &set, &Origins::new(), &Options::default());
        }
    }
}

/// Replaces a field of an object of the set by a value.
fn put(set: &mut ObjectSet, object: usize, path: &[&str], value: &Value) {
    let root: &mut Node = &mut set.object_at_mut(object).unwrap().node;
    let (last, path) = path.split_last().unwrap();
    let parent = path.iter().fold(root, |node, key| node.get_mut(key).unwrap());
    parent.set(last, Node::from_value(value, parent.span, None));
}

#[test]
fn the_deepest_schema_and_object_fit_the_stack() {
    // The stack of a program's main thread; frames without optimization are several times larger than with it.
    let run = std::thread::Builder::new().stack_size(8 << 20).spawn(deepest);
    run.unwrap().join().unwrap();
}

fn deepest() {
    let map = |entries: Vec<(&str, Value)>| Value::from(entries.into_iter().collect::<Map>());
    let mut schema = map(vec![("type", "string".into())]);
    let mut value = Value::from(1i64);
    for _ in 0..980 {
        schema = map(vec![("type", "array".into()), ("items", schema)]);
        value = vec![value].into();
    }
    let mut set = objects(&format!("{CRD}---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: a}}\n"));
    let version = map(vec![
        ("name", "v1".into()),
        ("served", true.into()),
        ("storage", true.into()),
        (
            "schema",
            map(vec![(
                "openAPIV3Schema",
                map(vec![("type", "object".into()), ("properties", map(vec![("spec", schema)]))]),
            )]),
        ),
    ]);
    put(&mut set, 0, &["spec", "versions"], &vec![version].into());
    put(&mut set, 1, &["spec"], &value);
    let found = validate(&set, &schemas("1.37"), &Origins::new(), &Options::default());
    // The schema is deeper than what is read of one, so the wrong leaf goes unnoticed.
    assert_eq!(show(&found), [""; 0]);
}

#[test]
fn the_cost_grows_with_the_size_and_not_with_its_square() {
    let labels: Value = (0..60_000).map(|i| (format!("l{i}"), Value::from("v"))).collect::<Map>().into();
    let mut set = objects(&deployment(""));
    put(&mut set, 0, &["spec", "selector", "matchLabels"], &labels);
    put(&mut set, 0, &["spec", "template", "metadata", "labels"], &labels);
    // A scan for each label would be several billion steps.
    let found = validate(&set, &schemas("1.37"), &Origins::new(), &Options::default());
    assert_eq!(show(&found), [""; 0]);
}
