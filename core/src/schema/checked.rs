//! What was validated before and was in order.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::yaml::{Node, SharedNode};

/// Objects that were in order, for a front-end that validates again after every edit.
///
/// Invariant: all of them were validated by the same types and options. Whoever has others takes another one of these.
#[derive(Debug, Default)]
pub struct Checked(Mutex<HashMap<usize, SharedNode>>);

impl Checked {
    /// Whether the object, the same in memory, was in order.
    pub(super) fn has(&self, object: &SharedNode) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&address(object)).is_some_and(|known| known.is(object))
    }

    // Holding it keeps its address from being that of another.
    pub(super) fn add(&self, object: &SharedNode) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(address(object), object.clone());
    }

    /// Forgets what nobody else holds any more.
    pub fn tidy(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, object| !object.is_alone());
    }
}

fn address(object: &SharedNode) -> usize {
    std::ptr::from_ref::<Node>(object) as usize
}
