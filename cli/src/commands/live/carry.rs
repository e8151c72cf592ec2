//! Carries a plan out: asks, takes the lock, and tells how it went.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rhumb::diag::{Diagnostic, Diagnostics};
use rhumb::object::TypeFacts;
use rhumb::plan::release::About;
use rhumb::plan::release::helm::HelmParts;
use rhumb::plan::{Action, Basis, Plan};
use rhumb::source::SourceMap;
use rhumb_cluster::apply::{Options, Recording, Run, apply, delete};
use rhumb_cluster::live::Cluster;
use rhumb_cluster::lock::{self, Claim, Held, LockError};
use rhumb_cluster::releases::History;
use signal_hook::consts::{SIGINT, SIGTERM};

use super::connect::failure;
use super::progress::Progress;
use crate::args::RunArgs;
use crate::output::{Exit, Failure, Output, count};

/// A plan that is to be carried out.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) plan: &'a Plan,
    pub(super) about: &'a About,
    pub(super) history: &'a History,
    pub(super) facts: &'a dyn TypeFacts,
    pub(super) what: What,
    /// Whether the namespace of the release is made if it is not there.
    pub(super) create_namespace: bool,
    /// What Helm's record is made of, where the release is one of Helm.
    pub(super) helm: Option<&'a HelmParts>,
}

/// What becomes of the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// It gets a new revision.
    Apply,
    /// It goes; whether its records stay.
    Delete { keep_history: bool },
}

/// Carries a plan out.
///
/// # Errors
/// When the server gives no answer before anything was done.
pub(super) fn carry_out(
    job: &Job<'_>,
    args: &RunArgs,
    progress: &Progress,
    output: &mut Output,
) -> Result<Exit, Failure> {
    if !args.yes && !is_wanted(job.plan) {
        output.say("nothing was done");
        return Ok(Exit::Findings);
    }
    let release = &job.plan.release;
    if job.what == What::Apply {
        let made = job.cluster.ensure_namespace(job.plan, job.create_namespace);
        made.map_err(|error| Failure(Box::new(error)))?;
    }
    let interrupted = interrupts()?;
    let claim = Claim { holder: holder()?, patience: args.lock_timeout };
    let stopped = || interrupted.load(Ordering::Relaxed);
    let options = Options { wait: args.wait, timeout: args.timeout };
    let work = |held: &Held| {
        // Somebody may have applied while this one waited.
        let now = job.cluster.history(release, job.facts)?;
        if !job.history.is_same(&now) {
            return Ok(Err(moved()));
        }
        let halt = || halt(held, stopped());
        let recording = Recording { about: job.about, history: job.history, keep: args.history_max, helm: job.helm };
        let run = Run { cluster: job.cluster, plan: job.plan, options: &options, watcher: progress, halt: &halt };
        match job.what {
            What::Apply => apply(&run, &recording),
            What::Delete { keep_history } => delete(&run, &recording, keep_history),
        }
        .map(Ok)
    };
    let tell = |text: &str| progress.note(text);
    let applied = match lock::holding(&job.cluster.client, release, &claim, &tell, &stopped, work) {
        Ok(applied) => applied.map_err(failure)?.map_err(|error| Failure(Box::new(error)))?,
        Err(LockError::Request(error)) => return Err(failure(error)),
        Err(LockError::Taken(finding)) => return Err(Failure(Box::new(finding))),
        Err(LockError::Stopped) => return Err(Failure(Box::new(interruption()))),
    };
    progress.ended(&applied);
    let findings: Diagnostics = applied.report.failures.into_iter().collect();
    output.complain(&findings, &SourceMap::new());
    Ok(if findings.is_empty() { Exit::Fine } else { Exit::Findings })
}

fn halt(held: &Held, interrupted: bool) -> Option<Diagnostic> {
    if interrupted {
        return Some(interruption());
    }
    (!held.is_held()).then(|| {
        let message = "the lock of the release was lost: the server could not be reached in time";
        Diagnostic::error("cluster-lock-lost", message).help("apply again: what is not done yet is done then")
    })
}

fn interruption() -> Diagnostic {
    Diagnostic::error("apply-interrupted", "it was interrupted").help("apply again: what is not done yet is done then")
}

fn moved() -> Diagnostic {
    Diagnostic::error("apply-moved", "somebody else has worked on the release since it was looked at")
        .help("look at it and apply again")
}

/// Returns what says that the program was interrupted. The first interrupt is heard by whoever looks there, and ends in
/// order; the second one ends the program.
///
/// # Errors
/// When signals cannot be heard.
pub(super) fn interrupts() -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let again = signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, flag.clone());
        let heard = again.and_then(|_| signal_hook::flag::register(signal, flag.clone()));
        heard.map_err(|error| Failure::new("cli-signals", format!("signals cannot be heard: {error}")))?;
    }
    Ok(flag)
}

// A text that nobody else has, and that says who it is.
fn holder() -> Result<String, Failure> {
    let mut random = [0; 4];
    getrandom::fill(&mut random)
        .map_err(|error| Failure::new("cli-random", format!("the system gives no random bytes: {error}")))?;
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let host = host.or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok());
    let host = host.map_or_else(|| "an unnamed host".to_owned(), |host| host.trim().to_owned());
    Ok(format!("rhumb {} on {host} ({:08x})", std::process::id(), u32::from_be_bytes(random)))
}

// Whether somebody at a terminal wants what is deleted to go; where nobody can be asked, the command is the answer.
fn is_wanted(plan: &Plan) -> bool {
    let loses = |action: Action| matches!(action, Action::Delete | Action::Recreate);
    let lost: Vec<String> = plan
        .steps
        .iter()
        .filter(|step| loses(step.action))
        .map(|step| format!("  {} {}\n", step.action.as_str(), step.key))
        .collect();
    if lost.is_empty() || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return true;
    }
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "{}{}. Go on? [y/N] ", lost.concat(), counts(plan));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

/// Returns how much a plan does: `2 to create, 1 to delete`.
pub(super) fn counts(plan: &Plan) -> String {
    let counts = plan.counts();
    let of = |action: Action| counts.get(&action).copied().unwrap_or_default();
    let parts = [
        (of(Action::Create), "to create"),
        (of(Action::Update), "to change"),
        (of(Action::Own), "to take over"),
        (of(Action::Recreate), "to recreate"),
        (of(Action::Delete), "to delete"),
        (of(Action::Forget), "to give up"),
        (of(Action::Unchanged), "unchanged"),
    ];
    let mut texts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if of(Action::RunHook) > 0 {
        texts.push(format!("{} to run", count(of(Action::RunHook), "hook")));
    }
    if texts.is_empty() { "nothing to do".to_owned() } else { texts.join(", ") }
}

/// Says what is not known from the server.
pub(super) fn tell_basis(plan: &Plan, output: &mut Output) {
    for step in plan.steps.iter().filter(|step| step.action.writes()) {
        if let Basis::Local(reason) = &step.basis {
            output.say(&format!("note: {} is compared without the server: {reason}", step.key));
        }
    }
}
