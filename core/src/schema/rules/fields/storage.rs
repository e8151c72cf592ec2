//! Claims, volumes, storage classes, limits and quotas.

use super::Shape;
use super::rule::{Rule, Table};
use crate::schema::formats;

const MODES: &[Rule] = &[Rule::OneOf(&["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"])];
const REFERENCE: &[Rule] = &[Rule::Needs(&["kind", "name"])];

pub(super) const CLAIM_OBJECT: Table = &[("", &[Rule::Needs(&["spec"])]), ("spec", &[Rule::Shape(Shape::Claim)])];

pub(super) const CLAIM: Table = &[
    ("accessModes[]", MODES),
    ("storageClassName", &[Rule::Form(formats::subdomain)]),
    ("selector", &[Rule::Shape(Shape::Selector)]),
    ("resources.requests.storage", &[Rule::Positive]),
    ("dataSource", REFERENCE),
    ("dataSource.kind", &[Rule::NotEmpty]),
    ("dataSource.name", &[Rule::NotEmpty]),
    ("dataSourceRef", REFERENCE),
    ("dataSourceRef.kind", &[Rule::NotEmpty]),
    ("dataSourceRef.name", &[Rule::NotEmpty]),
];

pub(super) const VOLUME_OBJECT: Table = &[
    ("", &[Rule::Needs(&["spec"])]),
    ("spec", &[Rule::Needs(&["capacity", "accessModes"]), Rule::One(SOURCES)]),
    ("spec.capacity", &[Rule::Needs(&["storage"])]),
    ("spec.capacity.storage", &[Rule::Positive]),
    ("spec.accessModes", &[Rule::NotEmpty]),
    ("spec.accessModes[]", MODES),
    ("spec.storageClassName", &[Rule::Form(formats::subdomain)]),
    ("spec.nfs.server", &[Rule::NotEmpty]),
    ("spec.nfs.path", &[Rule::Filled(formats::absolute_path)]),
    ("spec.hostPath.path", &[Rule::Filled(formats::no_backsteps)]),
    ("spec.local.path", &[Rule::Filled(formats::no_backsteps)]),
    ("spec.csi.driver", &[Rule::NotEmpty]),
    ("spec.csi.volumeHandle", &[Rule::NotEmpty]),
    ("spec.nodeAffinity", &[Rule::Needs(&["required"])]),
    ("spec.nodeAffinity.required.nodeSelectorTerms", &[Rule::NotEmpty]),
    ("spec.nodeAffinity.required.nodeSelectorTerms[]", &[Rule::Shape(Shape::NodeTerm)]),
];

pub(super) const CLASS: Table = &[
    ("provisioner", &[Rule::Filled(formats::qualified_name_lowered)]),
    ("reclaimPolicy", &[Rule::OneOf(&["Delete", "Retain", ""])]),
    ("volumeBindingMode", &[Rule::OneOf(&["Immediate", "WaitForFirstConsumer"])]),
    ("allowedTopologies[].matchLabelExpressions", &[Rule::Distinct("key")]),
    ("allowedTopologies[].matchLabelExpressions[].key", &[Rule::Filled(formats::qualified_name)]),
    ("allowedTopologies[].matchLabelExpressions[].values", &[Rule::NotEmpty, Rule::Distinct("")]),
];

pub(super) const LIMITS: Table =
    &[("spec.limits", &[Rule::Distinct("type")]), ("spec.limits[].type", &[Rule::NotEmpty])];

pub(super) const QUOTA: Table = &[
    ("spec.hard.*", &[Rule::NotNegative]),
    ("spec.scopes[]", SCOPES),
    ("spec.scopeSelector.matchExpressions[].scopeName", SCOPES),
];

const SCOPES: &[Rule] = &[Rule::OneOf(&[
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
])];

const SOURCES: &[&str] = &[
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flocker",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];
