//! What an object was called before transformers renamed it.
//!
//! Who patches an object, copies a value out of it or refers to it may use the name that it has in its template, also
//! when an environment below put a prefix before it: so every name that an object had is kept beside it.

use ecow::EcoString;

use super::ObjectKey;
use crate::source::Span;

/// What steps that rename objects leave for those that come after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The names that the object had, the oldest first.
    pub names: Vec<FormerName>,
    /// What was put before its name, the first first.
    pub prefixes: Vec<EcoString>,
    /// What was put behind its name, the first first.
    pub suffixes: Vec<EcoString>,
    /// Whether its name is to end in a hash of its content when everything else is done.
    pub wants_hash: bool,
    /// What renamed it last.
    pub renamed: Span,
}

/// A name that an object had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerName {
    /// The kind.
    pub kind: EcoString,
    /// The namespace; `default` where it had none, and a text that is no name for a kind that lives in none.
    pub namespace: EcoString,
    /// The name.
    pub name: EcoString,
}

impl Default for Past {
    fn default() -> Past {
        Past { names: Vec::new(), prefixes: Vec::new(), suffixes: Vec::new(), wants_hash: false, renamed: Span::NONE }
    }
}

impl FormerName {
    /// Whether the identity has this name. Without a namespace it counts as one in `default`, or as one of a kind that
    /// lives in none, for which no valid name stands here.
    pub fn is(&self, key: &ObjectKey) -> bool {
        let namespace = match key.namespace.as_str() {
            "" => self.namespace == "default" || self.namespace.starts_with('_'),
            namespace => self.namespace == namespace,
        };
        self.kind == key.kind && self.name == key.name && namespace
    }
}
