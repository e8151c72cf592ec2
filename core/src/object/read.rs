//! What is asked of a cluster: an object, or all of a type.

use std::fmt;

use ecow::EcoString;

use super::Gvk;

/// Something that a chart asks a cluster for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// The type.
    pub gvk: Gvk,
    /// The namespace; empty for none, and for all where a list is asked for.
    pub namespace: EcoString,
    /// The name; empty for the list of all objects of the type.
    pub name: EcoString,
}

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name.is_empty() { "*" } else { &self.name };
        match self.namespace.is_empty() {
            true => write!(f, "{}/{name}", self.gvk.kind),
            false => write!(f, "{}/{}/{name}", self.namespace, self.gvk.kind),
        }
    }
}
