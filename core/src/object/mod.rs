//! Kubernetes objects: their identity, their order, and what the engine needs to know of their types.
//!
//! An [`Object`] is a normalized [`Node`](crate::yaml::Node) with its place; an [`ObjectSet`] is an ordered list with an index, not a map, so that
//! duplicates and documents that are no objects stay where they are and checks can report them. [`TypeFacts`] is
//! how patches and diffs ask about merge keys and list types without knowing where schemas come from.

mod facts;
mod key;
mod kinds;
mod origin;
mod past;
mod read;
mod set;
#[cfg(test)]
pub(crate) mod testing;

pub use facts::{ListType, NameReference, NoFacts, Scope, TypeFacts, TypeRef};
pub use key::{Gvk, ObjectKey};
pub use kinds::{install_order, install_rank, is_cluster_scoped_builtin};
pub use origin::{Origin, Origins};
pub use past::{FormerName, Past};
pub use read::Read;
pub use set::{Item, Object, ObjectSet};
