//! What the functions of one run share: the host, and the note of what makes the run unrepeatable.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use gotemplate::{Fault, State};

use super::templating::Templating;
use crate::go::regex::Patterns;
use crate::render::{Host, Timestamp};
use crate::source::Limits;

/// The context that a run of a chart gives to its functions ([`gotemplate::Run::context`]).
pub(crate) struct Context {
    host: Arc<dyn Host + Send + Sync>,
    limits: Limits,
    impure: BTreeSet<Impure>,
    patterns: Patterns,
    templating: Templating,
}

/// A call whose result is another each time: without a seed and a fixed time the chart never renders the same twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Impure {
    /// What the result depends on.
    pub on: Source,
    /// The function.
    pub function: &'static str,
    /// The template that called it.
    pub template: Arc<str>,
}

/// What the host was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The time.
    Clock,
    /// Random bytes.
    Randomness,
}

impl Context {
    /// Returns the context of a new run.
    pub(crate) fn new(host: Arc<dyn Host + Send + Sync>, limits: Limits) -> Context {
        let templating = Templating::new(&limits);
        Context { host, limits, impure: BTreeSet::new(), patterns: Patterns::default(), templating }
    }

    /// Returns the host.
    pub(crate) fn host(&self) -> &Arc<dyn Host + Send + Sync> {
        &self.host
    }

    /// Returns what `include` and `tpl` remember.
    pub(crate) fn templating(&mut self) -> &mut Templating {
        &mut self.templating
    }

    /// Returns the regular expressions that the run has compiled.
    pub(crate) fn patterns(&mut self) -> &mut Patterns {
        &mut self.patterns
    }

    /// Returns the calls that depend on the clock or on randomness, each once.
    pub(crate) fn impure(&self) -> &BTreeSet<Impure> {
        &self.impure
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("impure", &self.impure).finish_non_exhaustive()
    }
}

/// The name of the limit of nesting among those of a run, where `depth` is that of calls.
pub(crate) const NESTING: &str = "nesting";

/// Returns the context of the run.
///
/// # Errors
/// When the run was started without one.
pub(crate) fn of<'s>(state: &'s mut State<'_>) -> Result<&'s mut Context, Fault> {
    state.context().ok_or_else(|| Fault::from("the run has no host"))
}

/// Returns the limits of the run, or the usual ones where it was started without a context.
pub(crate) fn limits(state: &mut State<'_>) -> Limits {
    state.context::<Context>().map(|context| context.limits.clone()).unwrap_or_default()
}

/// Asks the host for the time and notes who did.
///
/// # Errors
/// When the host refuses.
pub(crate) fn now(state: &mut State<'_>, function: &'static str) -> Result<Timestamp, Fault> {
    note(state, function, Source::Clock)?;
    Ok(of(state)?.host.now()?)
}

/// Fills a buffer with random bytes of the host and notes who asked.
///
/// # Errors
/// When the host refuses.
pub(crate) fn random(state: &mut State<'_>, function: &'static str, bytes: &mut [u8]) -> Result<(), Fault> {
    note(state, function, Source::Randomness)?;
    Ok(of(state)?.host.random(bytes)?)
}

fn note(state: &mut State<'_>, function: &'static str, on: Source) -> Result<(), Fault> {
    let template = state.template_name().clone();
    of(state)?.impure.insert(Impure { on, function, template });
    Ok(())
}
