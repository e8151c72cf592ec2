//! What a chart is told of the cluster and of Helm: `.Capabilities`.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/chart/common/capabilities.go>; versions are read as
//! `ParseGeneric` of k8s.io/apimachinery/pkg/util/version does.

use std::fmt;

use ecow::{EcoString, eco_format};

/// The cluster that a chart is rendered for, and the Helm that rhumb stands in for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The version of Kubernetes.
    pub kube_version: KubeVersion,
    /// The API versions that the cluster has, such as `apps/v1`.
    pub api_versions: Vec<EcoString>,
    /// The version of Helm.
    pub helm_version: HelmVersion,
}

/// What Helm 4.3.1 assumes without a cluster.
impl Default for Capabilities {
    fn default() -> Capabilities {
        Capabilities {
            kube_version: KubeVersion::default(),
            api_versions: API_VERSIONS.iter().map(|version| EcoString::from(*version)).collect(),
            helm_version: HelmVersion::default(),
        }
    }
}

/// A version of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeVersion {
    /// The whole version: `v1.33.4-gke.1245000`.
    pub version: EcoString,
    /// Its numbers alone, which constraints are held against: `v1.33.4`.
    pub normalized: EcoString,
    /// The first number.
    pub major: EcoString,
    /// The second number.
    pub minor: EcoString,
}

impl Default for KubeVersion {
    fn default() -> KubeVersion {
        let version = EcoString::from("v1.37.0");
        KubeVersion { normalized: version.clone(), version, major: "1".into(), minor: "37".into() }
    }
}

impl KubeVersion {
    /// Reads a version: two or more numbers, then anything.
    ///
    /// # Errors
    /// With the text behind Helm's `invalid kube version '…': `.
    pub fn parse(text: &str) -> Result<KubeVersion, EcoString> {
        let quoted = gotemplate::fmt::sprintf(b"%q", &[text.into()]);
        let quoted = String::from_utf8_lossy(&quoted);
        let numbers = numbers(text).ok_or_else(|| eco_format!("could not parse {quoted} as version"))?;
        let parts: Vec<&str> = numbers.split('.').collect();
        let [major, _, ..] = parts[..] else { return Err(eco_format!("illegal version string {quoted}")) };
        if major.starts_with('0') && major != "0" {
            return Err(eco_format!("illegal zero-prefixed version component \"{major}\" in {quoted}"));
        }
        let read = |part: &&str| {
            part.parse::<u64>().map_err(|_| {
                eco_format!(
                    "illegal non-numeric version component \"{part}\" in {quoted}: strconv.ParseUint: parsing \
                     \"{part}\": value out of range"
                )
            })
        };
        let values = parts.iter().map(read).collect::<Result<Vec<u64>, _>>()?;
        let shown: Vec<String> = values.iter().map(u64::to_string).collect();
        Ok(KubeVersion {
            version: if text.starts_with('v') { text.into() } else { eco_format!("v{text}") },
            normalized: eco_format!("v{}", shown.join(".")),
            major: shown[0].as_str().into(),
            minor: shown[1].as_str().into(),
        })
    }
}

/// Writes the numbers alone, as Go's `String()` of the type does.
impl fmt::Display for KubeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.normalized.is_empty() { &self.version } else { &self.normalized })
    }
}

/// Returns the numbers with dots between them at the start of a version; what follows must be on the same line.
fn numbers(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(['\t', '\n', '\x0c', '\r', ' ']);
    let rest = rest.strip_prefix('v').unwrap_or(rest);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(rest);
    if end == 0 || rest.contains('\n') {
        return None;
    }
    while let Some(more) = rest[end..].strip_prefix('.').map(digits).filter(|count| *count > 0) {
        end += 1 + more;
    }
    Some(&rest[..end])
}

/// The build of Helm that charts are told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelmVersion {
    /// The version.
    pub version: EcoString,
    /// The commit it was built from.
    pub git_commit: EcoString,
    /// Whether its sources were as committed.
    pub git_tree_state: EcoString,
    /// The version of Go.
    pub go_version: EcoString,
    /// The version of Kubernetes whose client it has.
    pub kube_client_version: EcoString,
}

impl Default for HelmVersion {
    fn default() -> HelmVersion {
        HelmVersion {
            version: "v4.3.1".into(),
            git_commit: "c0d08d0d6d9424d4a14febb5e8a3e51b0dd00dff".into(),
            git_tree_state: "clean".into(),
            go_version: "go1.27.2".into(),
            kube_client_version: "v1.37".into(),
        }
    }
}

/// The API versions that Helm 4.3.1 assumes without a cluster, in its order.
const API_VERSIONS: &[&str] = &[
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_kubernetes_reads_them() {
        let check = |text, version: &str, normalized: &str, major: &str, minor: &str| {
            let got = KubeVersion::parse(text).expect(text);
            let got = (&*got.version, &*got.normalized, &*got.major, &*got.minor);
            assert_eq!(got, (version, normalized, major, minor));
        };
        check("1.31", "v1.31", "v1.31", "1", "31");
        check("v1.33.4-gke.1245000", "v1.33.4-gke.1245000", "v1.33.4", "1", "33");
        check("1.020.3.4abc", "v1.020.3.4abc", "v1.20.3.4", "1", "20");
        check(" v1.2. ", "v v1.2. ", "v1.2", "1", "2");
    }

    #[test]
    fn what_is_no_version_is_refused_in_the_words_of_kubernetes() {
        let error = |text| KubeVersion::parse(text).expect_err(text);
        assert_eq!(error("abc"), "could not parse \"abc\" as version");
        assert_eq!(error("1.2\n3"), "could not parse \"1.2\\n3\" as version");
        assert_eq!(error("1"), "illegal version string \"1\"");
        assert_eq!(error("01.2"), "illegal zero-prefixed version component \"01\" in \"01.2\"");
        assert_eq!(
            error("1.99999999999999999999"),
            "illegal non-numeric version component \"99999999999999999999\" in \"1.99999999999999999999\": \
             strconv.ParseUint: parsing \"99999999999999999999\": value out of range"
        );
    }

    #[test]
    fn the_default_list_has_no_version_twice() {
        let mut versions = Capabilities::default().api_versions;
        assert_eq!((versions.len(), versions[0].as_str()), (57, "v1"));
        versions.sort();
        versions.dedup();
        assert_eq!(versions.len(), 57);
    }
}
