//! A tree that several hold, as builds of one session do that have an object in common.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::Node;

/// A tree that is cloned in constant time, and copied when one of several that hold it changes it.
#[derive(Clone, PartialEq)]
pub struct SharedNode(Arc<Node>);

impl SharedNode {
    /// Whether both are the same tree in memory, which says more than that they are equal.
    pub fn is(&self, other: &SharedNode) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether nobody else holds the tree.
    pub fn is_alone(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    /// Returns the tree, copied where others hold it too.
    pub fn into_node(self) -> Node {
        Arc::unwrap_or_clone(self.0)
    }
}

impl From<Node> for SharedNode {
    fn from(node: Node) -> SharedNode {
        SharedNode(Arc::new(node))
    }
}

impl Deref for SharedNode {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.0
    }
}

impl DerefMut for SharedNode {
    fn deref_mut(&mut self) -> &mut Node {
        Arc::make_mut(&mut self.0)
    }
}

impl fmt::Debug for SharedNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
