//! Fields that the API server lets nobody change: to change them the object is deleted and made anew.
//!
//! The table follows the update validation of Kubernetes (`pkg/apis/*/validation` at
//! <https://github.com/kubernetes/kubernetes>). Custom resources say such things in rules (CEL) that only the server
//! evaluates; its refusal of the dry run tells it for them.

use super::live::Refusal;
use super::place;
use super::select::FieldPattern;
use crate::diff::{Change, ChangeKind, FieldPath, FieldStep};
use crate::object::Gvk;
use crate::value::Value;

struct Frozen {
    group: &'static str,
    kind: &'static str,
    fields: &'static [&'static str],
    except: &'static [&'static str],
    when: When,
}

#[derive(Clone, Copy, PartialEq)]
enum When {
    Always,
    // Setting it for the first time is no change.
    OnceSet,
    // The object says `immutable: true`.
    Sealed,
}

const fn frozen(group: &'static str, kind: &'static str, fields: &'static [&'static str]) -> Frozen {
    Frozen { group, kind, fields, except: &[], when: When::Always }
}

const TABLE: &[Frozen] = &[
    frozen("apps", "Deployment", &["spec.selector"]),
    frozen("apps", "DaemonSet", &["spec.selector"]),
    frozen("apps", "ReplicaSet", &["spec.selector"]),
    Frozen {
        except: &[
            "spec.replicas",
            "spec.ordinals",
            "spec.template",
            "spec.updateStrategy",
            "spec.revisionHistoryLimit",
            "spec.persistentVolumeClaimRetentionPolicy",
            "spec.minReadySeconds",
        ],
        ..frozen("apps", "StatefulSet", &["spec"])
    },
    frozen(
        "batch",
        "Job",
        &[
            "spec.selector",
            "spec.template",
            "spec.completionMode",
            "spec.podFailurePolicy",
            "spec.successPolicy",
            "spec.backoffLimitPerIndex",
            "spec.managedBy",
        ],
    ),
    Frozen { when: When::OnceSet, ..frozen("", "Service", &["spec.clusterIP", "spec.clusterIPs"]) },
    Frozen {
        except: &["spec.resources.requests", "spec.volumeAttributesClassName"],
        ..frozen("", "PersistentVolumeClaim", &["spec"])
    },
    Frozen {
        except: &[
            "spec.capacity",
            "spec.accessModes",
            "spec.persistentVolumeReclaimPolicy",
            "spec.claimRef",
            "spec.storageClassName",
            "spec.mountOptions",
            "spec.nodeAffinity",
            "spec.volumeAttributesClassName",
        ],
        ..frozen("", "PersistentVolume", &["spec"])
    },
    Frozen {
        except: &[
            "spec.containers[*].image",
            "spec.initContainers[*].image",
            "spec.ephemeralContainers",
            "spec.activeDeadlineSeconds",
            "spec.terminationGracePeriodSeconds",
            "spec.tolerations",
            "spec.schedulingGates",
        ],
        ..frozen("", "Pod", &["spec"])
    },
    frozen("", "Secret", &["type"]),
    Frozen { when: When::Sealed, ..frozen("", "Secret", &["data", "stringData", "immutable"]) },
    Frozen { when: When::Sealed, ..frozen("", "ConfigMap", &["data", "binaryData", "immutable"]) },
    frozen("rbac.authorization.k8s.io", "RoleBinding", &["roleRef"]),
    frozen("rbac.authorization.k8s.io", "ClusterRoleBinding", &["roleRef"]),
    frozen("storage.k8s.io", "StorageClass", &["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"]),
    frozen("scheduling.k8s.io", "PriorityClass", &["value", "preemptionPolicy"]),
    frozen("networking.k8s.io", "IngressClass", &["spec.controller"]),
    frozen("node.k8s.io", "RuntimeClass", &["handler"]),
    frozen(
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        &["spec.group", "spec.scope", "spec.names.kind", "spec.names.plural"],
    ),
];

/// Returns the changed fields of a live object that cannot be changed in place.
pub fn immutable_fields<'a>(gvk: &Gvk, live: &Value, changes: &'a [Change]) -> Vec<&'a FieldPath> {
    let rules: Vec<(&Frozen, Vec<FieldPattern>, Vec<FieldPattern>)> = TABLE
        .iter()
        .filter(|rule| rule.group == gvk.group && rule.kind == gvk.kind && applies(rule, live))
        .map(|rule| (rule, patterns(rule.fields), patterns(rule.except)))
        .collect();
    let is_frozen = |change: &&Change| {
        rules.iter().any(|(rule, fields, except)| {
            fields.iter().any(|field| field.covers(&change.path))
                && !except.iter().any(|field| field.covers(&change.path))
                && !(rule.when == When::OnceSet && is_unset(change))
        })
    };
    changes.iter().filter(is_frozen).map(|change| &change.path).collect()
}

fn patterns(texts: &[&str]) -> Vec<FieldPattern> {
    texts.iter().filter_map(|text| FieldPattern::parse(text).ok()).collect()
}

fn applies(rule: &Frozen, live: &Value) -> bool {
    rule.when != When::Sealed || place::at(live, &[FieldStep::Key("immutable".into())]) == Some(&Value::Bool(true))
}

fn is_unset(change: &Change) -> bool {
    change.kind == ChangeKind::Added
        || change.before.as_ref().and_then(|before| before.as_str()).is_some_and(str::is_empty)
}

/// Whether a server refused an update because a field cannot be changed, in one of the ways in which it says so.
pub fn says_immutable(refusal: &Refusal) -> bool {
    let says = |text: &str| {
        ["field is immutable", "is immutable after creation", "updates to statefulset spec for fields other than"]
            .iter()
            .chain(&[
                "may not change once set",
                "cannot change roleRef",
                "pod updates may not change fields other than",
            ])
            .chain(&[
                "updates to parameters are forbidden",
                "updates to provisioner are forbidden",
                "Value is immutable",
            ])
            .any(|words| text.contains(words))
    };
    refusal.code == 422 && (says(&refusal.message) || refusal.causes.iter().any(|cause| says(&cause.message)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::changes;
    use crate::object::NoFacts;
    use crate::plan::testing::yaml;
    use crate::source::Span;
    use crate::yaml::Node;

    fn check(api: &str, kind: &str, before: &str, after: &str, want: &[&str]) {
        let gvk = Gvk::new(api, kind);
        let node = |text| Node::from_value(&yaml(text), Span::NONE, None);
        let changes = changes(&node(before), &node(after), &gvk, &NoFacts);
        let got: Vec<String> =
            immutable_fields(&gvk, &yaml(before), &changes).iter().map(|path| path.to_string()).collect();
        assert_eq!(got, want, "{kind}: {before} -> {after}");
    }

    #[test]
    fn every_pattern_of_the_table_can_be_read() {
        for text in TABLE.iter().flat_map(|rule| rule.fields.iter().chain(rule.except)) {
            assert!(FieldPattern::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn selectors_and_templates_are_frozen_where_kubernetes_has_it_so() {
        let (old, new) = (
            "spec: {selector: {matchLabels: {a: b}}, replicas: 1}\n",
            "spec: {selector: {matchLabels: {a: c}}, replicas: 2}\n",
        );
        check("apps/v1", "Deployment", old, new, &["spec.selector.matchLabels.a"]);
        check("apps/v1", "StatefulSet", old, new, &["spec.selector.matchLabels.a"]);
        check("example.com/v1", "Deployment", old, new, &[]);
        check("batch/v1", "Job", "spec: {template: {a: 1}}\n", "spec: {template: {a: 2}}\n", &["spec.template.a"]);
    }

    #[test]
    fn all_but_a_few_fields_can_be_frozen() {
        check(
            "apps/v1",
            "StatefulSet",
            "spec: {serviceName: a, template: {x: 1}}\n",
            "spec: {serviceName: b, template: {x: 2}}\n",
            &["spec.serviceName"],
        );
        check(
            "v1",
            "PersistentVolumeClaim",
            "spec: {resources: {requests: {storage: 1Gi}}, accessModes: [a]}\n",
            "spec: {resources: {requests: {storage: 2Gi}}, accessModes: [b]}\n",
            &["spec.accessModes[0]"],
        );
        check(
            "v1",
            "Pod",
            "spec: {containers: [{image: a, tty: true}]}\n",
            "spec: {containers: [{image: b, tty: false}]}\n",
            &["spec.containers[0].tty"],
        );
    }

    #[test]
    fn an_address_may_be_set_once() {
        check("v1", "Service", "spec: {clusterIP: ''}\n", "spec: {clusterIP: 10.0.0.1}\n", &[]);
        check("v1", "Service", "spec: {}\n", "spec: {clusterIP: 10.0.0.1}\n", &[]);
        check("v1", "Service", "spec: {clusterIP: 10.0.0.2}\n", "spec: {clusterIP: 10.0.0.1}\n", &["spec.clusterIP"]);
    }

    #[test]
    fn config_that_says_it_is_immutable_is() {
        check("v1", "ConfigMap", "data: {a: x}\n", "data: {a: y}\n", &[]);
        check("v1", "ConfigMap", "immutable: true\ndata: {a: x}\n", "immutable: true\ndata: {a: y}\n", &["data.a"]);
    }

    #[test]
    fn refusals_are_told_apart_by_their_words() {
        let refusal = |code, message: &str| Refusal { code, message: message.into(), ..Refusal::default() };
        assert!(says_immutable(&refusal(422, "spec.selector: Invalid value: x: field is immutable")));
        assert!(!says_immutable(&refusal(422, "spec.replicas: Invalid value: -1")));
        assert!(!says_immutable(&refusal(403, "field is immutable")));
    }
}
