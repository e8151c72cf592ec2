//! Volumes of pods.

use super::Shape;
use super::container::{field_of_file, resource};
use super::rule::{Rule, Table};
use crate::schema::formats;

const MODE: &[Rule] = &[Rule::Between(0, 0o777)];
const KEY: &[Rule] = &[Rule::NotEmpty];
const PATH: &[Rule] = &[Rule::Filled(formats::path_inside)];
const FILE: &[Rule] = &[Rule::One(&["fieldRef", "resourceFieldRef"]), Rule::Needs(&["path"])];
const OF_FILE: &[Rule] = &[Rule::NotEmpty, Rule::Other(field_of_file)];
const OF_RESOURCE: &[Rule] = &[Rule::NotEmpty, Rule::Other(resource)];

pub(super) const VOLUME: Table = &[
    ("emptyDir.sizeLimit", &[Rule::NotNegative]),
    ("configMap", &[Rule::Needs(&["name"])]),
    ("configMap.name", &[Rule::NotEmpty]),
    ("configMap.defaultMode", MODE),
    ("configMap.items[].key", KEY),
    ("configMap.items[].path", PATH),
    ("configMap.items[].mode", MODE),
    ("secret", &[Rule::Needs(&["secretName"])]),
    ("secret.secretName", &[Rule::NotEmpty]),
    ("secret.defaultMode", MODE),
    ("secret.items[].key", KEY),
    ("secret.items[].path", PATH),
    ("secret.items[].mode", MODE),
    ("hostPath.path", &[Rule::Filled(formats::no_backsteps)]),
    ("persistentVolumeClaim.claimName", &[Rule::NotEmpty]),
    ("nfs.server", &[Rule::NotEmpty]),
    ("nfs.path", &[Rule::Filled(formats::absolute_path)]),
    ("csi.driver", &[Rule::Filled(formats::driver)]),
    ("ephemeral", &[Rule::Needs(&["volumeClaimTemplate"])]),
    ("ephemeral.volumeClaimTemplate.spec", &[Rule::Shape(Shape::Claim)]),
    ("downwardAPI.defaultMode", MODE),
    ("downwardAPI.items[]", FILE),
    ("downwardAPI.items[].path", PATH),
    ("downwardAPI.items[].mode", MODE),
    ("downwardAPI.items[].fieldRef.fieldPath", OF_FILE),
    ("downwardAPI.items[].resourceFieldRef", &[Rule::Needs(&["containerName"])]),
    ("downwardAPI.items[].resourceFieldRef.containerName", KEY),
    ("downwardAPI.items[].resourceFieldRef.resource", OF_RESOURCE),
    ("projected.defaultMode", MODE),
    ("projected.sources[]", &[Rule::NotTwo(SOURCES)]),
    ("projected.sources[].configMap", &[Rule::Needs(&["name"])]),
    ("projected.sources[].configMap.name", &[Rule::NotEmpty]),
    ("projected.sources[].configMap.items[].key", KEY),
    ("projected.sources[].configMap.items[].path", PATH),
    ("projected.sources[].configMap.items[].mode", MODE),
    ("projected.sources[].secret", &[Rule::Needs(&["name"])]),
    ("projected.sources[].secret.name", &[Rule::NotEmpty]),
    ("projected.sources[].secret.items[].key", KEY),
    ("projected.sources[].secret.items[].path", PATH),
    ("projected.sources[].secret.items[].mode", MODE),
    ("projected.sources[].downwardAPI.items[]", FILE),
    ("projected.sources[].downwardAPI.items[].path", PATH),
    ("projected.sources[].downwardAPI.items[].fieldRef.fieldPath", OF_FILE),
    ("projected.sources[].downwardAPI.items[].resourceFieldRef.resource", OF_RESOURCE),
    ("projected.sources[].serviceAccountToken.path", PATH),
    ("projected.sources[].serviceAccountToken.expirationSeconds", &[Rule::Between(600, 1 << 32)]),
];

const SOURCES: &[&str] =
    &["configMap", "secret", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"];
