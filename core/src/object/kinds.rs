//! The order in which kinds are installed, and which built-in kinds live outside namespaces.

use ecow::EcoString;

/// Returns the place of a kind in the order of installation; kinds that are not listed come after those that are,
/// as Helm has it (<https://github.com/helm/helm/blob/main/pkg/release/v1/util/kind_sorter.go>).
pub fn install_rank(kind: &str) -> usize {
    INSTALL_ORDER.iter().position(|known| *known == kind).unwrap_or(INSTALL_ORDER.len())
}

/// Returns what Helm sorts manifests by: the place of a known kind, the name of an unknown one.
pub fn install_order(kind: &EcoString) -> (usize, EcoString) {
    let rank = install_rank(kind);
    (rank, if rank < INSTALL_ORDER.len() { EcoString::new() } else { kind.clone() })
}

const INSTALL_ORDER: [&str; 38] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// Whether a kind of Kubernetes itself lives outside namespaces; used where no schemas are at hand.
pub fn is_cluster_scoped_builtin(group: &str, kind: &str) -> bool {
    let builtin = group.is_empty() || !group.contains('.') || group.ends_with(".k8s.io");
    builtin && CLUSTER_SCOPED.binary_search(&kind).is_ok()
}

// Invariant: sorted.
const CLUSTER_SCOPED: [&str; 36] = [
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterTrustBundle",
    "ComponentStatus",
    "CustomResourceDefinition",
    "DeviceClass",
    "FlowSchema",
    "IPAddress",
    "IngressClass",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "ResourceSlice",
    "RuntimeClass",
    "SelfSubjectAccessReview",
    "SelfSubjectReview",
    "SelfSubjectRulesReview",
    "ServiceCIDR",
    "StorageClass",
    "StorageVersion",
    "StorageVersionMigration",
    "SubjectAccessReview",
    "TokenReview",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_scopes_is_sorted() {
        assert!(CLUSTER_SCOPED.is_sorted());
        assert!(is_cluster_scoped_builtin("rbac.authorization.k8s.io", "ClusterRole"));
        assert!(!is_cluster_scoped_builtin("example.com", "ClusterRole"));
    }

    #[test]
    fn unknown_kinds_come_last() {
        assert!(install_rank("Namespace") < install_rank("Deployment"));
        assert!(install_rank("Ingress") < install_rank("Workflow"));
        assert!(install_order(&"APIService".into()) < install_order(&"".into()));
        assert!(install_order(&"Ape".into()) < install_order(&"Zoo".into()));
    }
}
