//! What the API server asks of single fields beyond their types: ranges, choices, names, and which must be filled in.
//!
//! The facts are tables, one a subject: a path and the rules that hold there. `[]` stands for every item of a list and
//! `*` for every value of a map; a rule may name a shape, whose table goes on from there. The tables become trees once,
//! and an object is walked along its tree, so that the cost is that of the object and not of the tables.
//!
//! Facts: `pkg/apis/*/validation` of <https://github.com/kubernetes/kubernetes>. What OpenAPI says already (types,
//! formats, most enumerations) is not repeated here, and what several fields say together is in the files beside.

mod access;
mod batch;
mod container;
mod network;
mod pod;
mod rule;
mod scaling;
mod selector;
mod storage;
mod volume;
mod workload;

use std::sync::OnceLock;

use crate::schema::Target;
use crate::schema::report::Report;
use crate::yaml::{Node, NodeKind};
pub(super) use rule::is_percentage;
use rule::{Rule, Table};

/// What stands in several places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    PodTemplate,
    Pod,
    Container,
    Volume,
    Job,
    Claim,
    Selector,
    NodeTerm,
    Handler,
    Probe,
    SecurityContext,
    MetricTarget,
    Backend,
}

const SHAPES: [(Shape, Table); 13] = [
    (Shape::PodTemplate, pod::TEMPLATE),
    (Shape::Pod, pod::SPEC),
    (Shape::Container, container::CONTAINER),
    (Shape::Volume, volume::VOLUME),
    (Shape::Job, batch::JOB),
    (Shape::Claim, storage::CLAIM),
    (Shape::Selector, selector::SELECTOR),
    (Shape::NodeTerm, pod::NODE_TERM),
    (Shape::Handler, container::HANDLER),
    (Shape::Probe, container::PROBE),
    (Shape::SecurityContext, container::SECURITY),
    (Shape::MetricTarget, scaling::TARGET),
    (Shape::Backend, network::BACKEND),
];

const KINDS: [(&str, &str, Table); 25] = [
    ("apps", "Deployment", workload::DEPLOYMENT),
    ("apps", "StatefulSet", workload::STATEFUL_SET),
    ("apps", "DaemonSet", workload::DAEMON_SET),
    ("apps", "ReplicaSet", workload::REPLICA_SET),
    ("", "ReplicationController", workload::REPLICATION_CONTROLLER),
    ("", "Pod", pod::POD),
    ("", "PodTemplate", pod::POD_TEMPLATE),
    ("batch", "Job", batch::JOB_OBJECT),
    ("batch", "CronJob", batch::CRON_JOB),
    ("", "Service", network::SERVICE),
    ("networking.k8s.io", "Ingress", network::INGRESS),
    ("networking.k8s.io", "IngressClass", network::INGRESS_CLASS),
    ("networking.k8s.io", "NetworkPolicy", network::POLICY),
    ("autoscaling", "HorizontalPodAutoscaler", scaling::AUTOSCALER),
    ("policy", "PodDisruptionBudget", scaling::BUDGET),
    ("", "PersistentVolumeClaim", storage::CLAIM_OBJECT),
    ("", "PersistentVolume", storage::VOLUME_OBJECT),
    ("storage.k8s.io", "StorageClass", storage::CLASS),
    ("", "LimitRange", storage::LIMITS),
    ("", "ResourceQuota", storage::QUOTA),
    ("scheduling.k8s.io", "PriorityClass", workload::PRIORITY),
    ("rbac.authorization.k8s.io", "ClusterRole", access::CLUSTER_ROLE),
    ("rbac.authorization.k8s.io", "RoleBinding", access::BINDING),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", access::BINDING),
    ("admissionregistration.k8s.io", "*", access::WEBHOOKS),
];

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    static TREES: [OnceLock<Place>; KINDS.len()] = [const { OnceLock::new() }; KINDS.len()];
    let (group, kind) = (target.gvk.group.as_str(), target.gvk.kind.as_str());
    let found = KINDS.iter().position(|(g, k, _)| *g == group && (*k == kind || *k == "*"));
    let Some(number) = found else { return };
    TREES[number].get_or_init(|| Place::of(KINDS[number].2)).check(target.node, report);
}

/// Checks the spec of a claim that is part of another object.
pub(super) fn claim(spec: &Node, report: &mut Report<'_>) {
    shape(Shape::Claim).check(spec, report);
}

fn shape(shape: Shape) -> &'static Place {
    static TREES: [OnceLock<Place>; SHAPES.len()] = [const { OnceLock::new() }; SHAPES.len()];
    let number = SHAPES.iter().position(|(known, _)| *known == shape).unwrap_or_default();
    TREES[number].get_or_init(|| Place::of(SHAPES[number].1))
}

/// The rules of one place, and the places below.
#[derive(Debug, Default)]
struct Place {
    rules: &'static [Rule],
    // By name. The trees are small and made at each start, so a list serves better than a tree.
    keys: Vec<(&'static str, Place)>,
    // Every item of a list, or every value of a map.
    each: Option<Box<Place>>,
}

impl Place {
    fn of(table: Table) -> Place {
        let mut root = Place::default();
        for (path, rules) in table {
            root.below(path).rules = rules;
        }
        root
    }

    fn below(&mut self, path: &'static str) -> &mut Place {
        let mut place = self;
        for part in path.split('.').filter(|part| !part.is_empty()) {
            let (name, is_list) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
            if name == "*" {
                place = place.each.get_or_insert_default();
            } else if !name.is_empty() {
                let found = place.keys.binary_search_by(|(known, _)| (*known).cmp(name));
                let index = found.unwrap_or_else(|index| {
                    place.keys.insert(index, (name, Place::default()));
                    index
                });
                place = &mut place.keys[index].1;
            }
            if is_list {
                place = place.each.get_or_insert_default();
            }
        }
        place
    }

    fn key(&self, name: &str) -> Option<&Place> {
        let index = self.keys.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        Some(&self.keys[index].1)
    }

    fn check(&self, node: &Node, report: &mut Report<'_>) {
        if node.is_null() || report.is_full() {
            return;
        }
        for rule in self.rules {
            match rule {
                Rule::Shape(of) => shape(*of).check(node, report),
                rule => rule.check(node, report),
            }
        }
        match &node.kind {
            NodeKind::Map(entries) if !self.keys.is_empty() || self.each.is_some() => {
                for (key, value) in entries {
                    let place = key.as_str().and_then(|key| self.key(key));
                    if let Some(place) = place.or(self.each.as_deref()) {
                        place.check(value, report);
                    }
                }
            }
            NodeKind::Seq(items) => {
                if let Some(place) = &self.each {
                    items.iter().for_each(|item| place.check(item, report));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_its_table() {
        for (of, _) in SHAPES {
            assert!(!shape(of).keys.is_empty() || !shape(of).rules.is_empty(), "{of:?}");
        }
    }

    #[test]
    fn a_path_stands_once_in_a_table() {
        for table in SHAPES.iter().map(|(_, table)| table).chain(KINDS.iter().map(|(_, _, table)| table)) {
            let mut paths: Vec<&str> = table.iter().map(|(path, _)| *path).collect();
            paths.sort_unstable();
            assert!(paths.windows(2).all(|pair| pair[0] != pair[1]), "{paths:?}");
        }
    }
}
