//! What identifies an object.

use std::fmt;

use ecow::EcoString;

use crate::yaml::Node;

/// Group, version and kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Gvk {
    /// The API group; empty for the core group.
    pub group: EcoString,
    /// The version, such as `v1`.
    pub version: EcoString,
    /// The kind, such as `Deployment`.
    pub kind: EcoString,
}

impl Gvk {
    /// Returns the type that `apiVersion` and `kind` name.
    pub fn new(api_version: &str, kind: &str) -> Gvk {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Gvk { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// Returns the type of an object; `None` where `apiVersion` or `kind` is missing, empty or no text.
    pub fn of(node: &Node) -> Option<Gvk> {
        let text = |key| node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
        Some(Gvk::new(text("apiVersion")?, text("kind")?))
    }

    /// Returns `group/version`, or `version` for the core group.
    pub fn api_version(&self) -> EcoString {
        if self.group.is_empty() { self.version.clone() } else { ecow::eco_format!("{}/{}", self.group, self.version) }
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.api_version(), self.kind)
    }
}

/// What stays the same when an object is changed: group, kind, namespace and name (not the version).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ObjectKey {
    /// The API group.
    pub group: EcoString,
    /// The kind.
    pub kind: EcoString,
    /// The namespace; empty where the object has none.
    pub namespace: EcoString,
    /// The name; empty where the object has none (or only `generateName`).
    pub name: EcoString,
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        write!(f, "{}/{}", self.kind, if self.name.is_empty() { "?" } else { &self.name })
    }
}
