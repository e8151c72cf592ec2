//! Carries out plans.
//!
//! Phase by phase, level by level: what stands on one level is written at the same time, over a bounded number of
//! connections. A level that something waits for is only left when it is ready. The first level with a failure is the
//! last one; what else stands on it is still tried, so that all that is wrong is told at once.
//!
//! The one idea to know: nothing here is undone, and nothing needs to be. Every request names what it expects (a uid),
//! the record of the release names what may exist, and so whoever comes next can finish the work.

mod causes;
mod hook;
mod kinds;
mod release;
mod run;
mod step;
mod wait;

use std::collections::BTreeMap;
use std::time::Duration;

use ecow::EcoString;
use rhumb::diag::Diagnostic;
use rhumb::object::ObjectKey;
use rhumb::plan::{Action, Phase, Plan};

use crate::live::Cluster;

pub use release::{Applied, Recording, apply, delete};
pub use run::run;

/// How a plan is carried out.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether everything that was applied is waited for until it is ready.
    pub wait: bool,
    /// How long anything is waited for.
    pub timeout: Duration,
}

/// A plan, and what it is carried out with.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Where.
    pub cluster: &'a Cluster,
    /// The plan.
    pub plan: &'a Plan,
    /// How.
    pub options: &'a Options,
    /// Who hears of it.
    pub watcher: &'a dyn Watcher,
    /// Who says when nothing more is to be written.
    pub halt: Halt<'a>,
}

impl std::fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("release", &self.plan.release).finish_non_exhaustive()
    }
}

/// What happens.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// The work begins: so many steps send requests.
    Started {
        /// How many steps there are.
        steps: usize,
    },
    /// A step begins.
    Begun {
        /// The object.
        key: &'a ObjectKey,
        /// What is done.
        action: Action,
        /// When.
        phase: Phase,
    },
    /// A step has ended.
    Done {
        /// The object.
        key: &'a ObjectKey,
        /// What was done.
        action: Action,
        /// When.
        phase: Phase,
    },
    /// An object is waited for; told again when the reason changes.
    Waiting {
        /// The object.
        key: &'a ObjectKey,
        /// What is missing.
        reason: &'a str,
    },
    /// An object that was waited for is ready.
    Ready {
        /// The object.
        key: &'a ObjectKey,
    },
    /// Something failed.
    Failed {
        /// The object.
        key: &'a ObjectKey,
        /// What is wrong.
        finding: &'a Diagnostic,
    },
    /// Something that is good to know.
    Note(&'a str),
}

/// Hears what happens, from several threads.
pub trait Watcher: Sync {
    /// Hears of an event.
    fn tell(&self, event: &Event<'_>);
}

/// Says why nothing more is to be written; `None` while all is well.
pub type Halt<'a> = &'a (dyn Fn() -> Option<Diagnostic> + Sync);

/// What came of a plan.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The uids of the objects that were written.
    pub uids: BTreeMap<ObjectKey, EcoString>,
    /// What went wrong, in the order of the steps.
    pub failures: Vec<Diagnostic>,
}
