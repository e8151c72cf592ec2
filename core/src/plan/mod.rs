//! What to do to a cluster, decided as data: live state and wishes in, a [`Plan`] out.
//!
//! Nothing here speaks to a cluster. A front-end reads what [`LiveState`] holds, asks the server the questions that
//! [`requests`] lists (server-side apply dry runs), hands the answers back and gets a plan from [`make`]: for each
//! object what is to happen to it, in which order, and what of the cluster that decision relies on. A plan can be
//! printed, kept as a file ([`mod@file`]), reviewed, and held against the cluster again before it is carried out
//! ([`verify()`]): what moved since is named, field by field.
//!
//! The one idea to know: the server's answer to a dry run is the truth about what an object would become, and
//! `metadata.managedFields` is the truth about whose fields those are. Where the server could not be asked, the same
//! is worked out here from the types ([`predict()`]) and marked as such; and where the answer could not change what an
//! apply does, it is not asked ([`Applied`]).

mod adoption;
mod conflict;
mod crd;
mod decide;
mod doubt;
pub mod file;
mod hand_over;
mod hooks;
mod immutable;
mod inventory;
mod live;
mod lookup;
mod managed;
mod noise;
mod order;
mod place;
mod policy;
mod predict;
pub mod preview;
pub mod readiness;
pub mod release;
mod seal;
mod select;
mod steps;
pub mod trouble;
mod verify;
mod wish;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use adoption::{Adoption, HELM_NAME, HELM_NAMESPACE, RELEASE_ANNOTATION, standing};
pub use conflict::{Conflict, Settled, settle};
pub use crd::{CrdLoss, crd_losses};
pub use decide::{HookWish, Input, Stamp, keys, make, make_deletion, requests};
pub use doubt::Applied;
pub use hand_over::handed_over;
pub use hooks::{Occasion, is_hook, stored_hooks, take_hooks};
pub use immutable::{immutable_fields, says_immutable};
pub use inventory::{Entry, Kept, prunable};
pub use live::{Answer, ApiKind, Cause, DryRun, LiveState, Refusal, Sight};
pub use lookup::Lookup;
pub use managed::{FieldSet, ManagedEntry, Ownership, Writing};
pub use noise::clean;
pub use order::{DEPENDS_ON, Levels, levels};
pub use policy::{CONFLICTS_ANNOTATION, Policy, Rule, Settlement};
pub use predict::predict;
pub use seal::{SealError, is_sealed, seal, unseal};
pub use select::{FieldPattern, Selector};
pub use steps::{Action, Basis, HookPolicy, Phase, Plan, PlannedChange, ReleaseName, Relied, Step};
pub use verify::{Moved, Movement, verify};
