//! What a package of a session is built with.

use crate::pipeline::ValuesInput;
use crate::schema::KubeVersion;
use crate::source::VPath;

/// What a package is built with: what the flags of the command line say elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The environment (a folder of `overlays/`).
    pub environment: Option<String>,
    /// Files of the session to take values from, lowest first (`-f`).
    pub values_files: Vec<VPath>,
    /// Further values, over those of the files.
    pub values: Vec<ValuesInput>,
    /// The release's name.
    pub release_name: Option<String>,
    /// The namespace for objects that name none.
    pub namespace: Option<String>,
    /// The version of Kubernetes.
    pub kube_version: KubeVersion,
    /// API versions that a chart is to find in the cluster.
    pub api_versions: Vec<String>,
    /// Whether a chart is rendered as an upgrade of its release.
    pub is_upgrade: bool,
    /// Files of the session that hold further custom resource definitions.
    pub crds: Vec<VPath>,
    /// Whether keys that nothing reads, and kinds that no schema describes, are errors.
    pub strict: bool,
    /// Whether objects are left unchecked.
    pub no_validate: bool,
}
