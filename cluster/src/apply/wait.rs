//! Waits until objects are what was asked for, or gone.

use std::time::{Duration, Instant};

use ecow::{EcoString, eco_format};
use rhumb::diag::Diagnostic;
use rhumb::plan::Step;
use rhumb::plan::readiness::{Readiness, readiness};
use rhumb::value::Value;

use super::Event;
use super::causes::explained;
use super::run::Running;
use super::step::{Failed, failed, is};
use crate::client::Call;
use crate::{parallel, paths};

// Most things are ready soon or late, so the pauses grow.
const FIRST: Duration = Duration::from_millis(50);
const LAST: Duration = Duration::from_secs(2);

/// Waits until all of these objects are ready. One that will never be, or not in time, ends the run.
pub(super) fn until_ready(run: &Running<'_>, steps: Vec<&Step>) {
    poll(run, steps, &|step| match look(run, step)? {
        None => Ok(Some("it is not there".into())),
        Some(object) => match readiness(&object) {
            Readiness::Ready => Ok(None),
            Readiness::InProgress(reason) => Ok(Some(reason)),
            Readiness::Terminating => Ok(Some("it is being deleted".into())),
            Readiness::Failed(reason) => Err(never(&reason)),
        },
    });
}

/// Waits until all of these objects are gone.
pub(super) fn until_gone(run: &Running<'_>, steps: Vec<&Step>) {
    poll(run, steps, &|step| gone(run, step));
}

/// Waits until the object of a step is gone, to make it anew.
pub(super) fn until_absent(run: &Running<'_>, step: &Step) -> Result<(), Failed> {
    alone(run, step, &|step| gone(run, step))
}

/// Waits until a hook has ended: a Job or a Pod has done its work, anything else is done once it is there.
pub(super) fn until_ended(run: &Running<'_>, step: &Step) -> Result<(), Failed> {
    if !matches!((step.key.group.as_str(), step.key.kind.as_str()), ("batch", "Job") | ("", "Pod")) {
        return Ok(());
    }
    alone(run, step, &|step| {
        let Some(object) = look(run, step)? else { return Err(never("it was deleted while it ran")) };
        // A Pod that runs a hook is done when it ends, not when it is ready.
        let phase = object.get("status").and_then(|status| status.get("phase")?.as_str()).unwrap_or_default();
        match readiness(&object) {
            Readiness::Ready if step.key.kind == "Pod" && phase != "Succeeded" => Ok(Some("it runs".into())),
            Readiness::Ready => Ok(None),
            Readiness::Failed(reason) => Err(never(&reason)),
            Readiness::InProgress(reason) => Ok(Some(reason)),
            Readiness::Terminating => Ok(Some("it is being deleted".into())),
        }
    })
}

// What is missing; nothing where it is as it should be.
type Missing = Result<Option<EcoString>, Failed>;

fn look(run: &Running<'_>, step: &Step) -> Result<Option<Value>, Failed> {
    let kind = run.kind(step)?;
    match run.client.send(&Call::get(paths::object(&kind, &step.key.namespace, &step.key.name))) {
        Ok(object) => Ok(Some(object)),
        Err(error) if is(&error, 404) => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

fn gone(run: &Running<'_>, step: &Step) -> Missing {
    // With its definition everything of a kind goes.
    if run.kinds.find(&step.gvk).map_err(|error| failed(&error))?.is_none() {
        return Ok(None);
    }
    let Some(object) = look(run, step)? else { return Ok(None) };
    let metadata = |key| object.get("metadata").and_then(|metadata| metadata.get(key));
    let uid = metadata("uid").and_then(Value::as_str).unwrap_or_default();
    if step.relied.as_ref().is_some_and(|relied| relied.uid != uid) {
        return Ok(None);
    }
    let finalizers = metadata("finalizers").and_then(Value::as_seq).unwrap_or_default();
    let names: Vec<&str> = finalizers.iter().filter_map(Value::as_str).collect();
    Ok(Some(match names.is_empty() {
        true => "it is still there".into(),
        false => eco_format!("its finalizers are not done: {}", names.join(", ")),
    }))
}

// Why a request failed stands in the finding itself; why an object is not ready lies elsewhere.
fn reasoned(run: &Running<'_>, step: &Step, finding: Diagnostic) -> Diagnostic {
    if finding.code == NEVER { explained(run, step, finding) } else { finding }
}

const NEVER: &str = "apply-not-ready";

fn never(reason: &str) -> Failed {
    Box::new(Diagnostic::error(NEVER, format!("it will not become ready: {reason}")))
}

fn late(run: &Running<'_>, reason: &str) -> Failed {
    let message = format!("it is not ready after {} seconds: {reason}", run.options.timeout.as_secs());
    Box::new(Diagnostic::error("apply-timeout", message).help("`--timeout` gives it more time"))
}

fn poll(run: &Running<'_>, steps: Vec<&Step>, missing: &(dyn Fn(&Step) -> Missing + Sync)) {
    let mut open: Vec<(&Step, EcoString)> = steps.into_iter().map(|step| (step, EcoString::new())).collect();
    let mut rest = Pauses::new(run.deadline());
    while !open.is_empty() {
        let seen = parallel::each(&open, |(step, _)| missing(step));
        let is_late = rest.is_over();
        let mut next = Vec::new();
        for ((step, told), seen) in open.into_iter().zip(seen) {
            match seen {
                Ok(None) if told.is_empty() => {}
                Ok(None) => run.watcher.tell(&Event::Ready { key: &step.key }),
                Ok(Some(reason)) if is_late => run.fail(step, explained(run, step, *late(run, &reason))),
                Ok(Some(reason)) => {
                    if reason != told {
                        run.watcher.tell(&Event::Waiting { key: &step.key, reason: &reason });
                    }
                    next.push((step, reason));
                }
                Err(finding) => run.fail(step, reasoned(run, step, *finding)),
            }
        }
        open = next;
        if run.has_failed() {
            return;
        }
        if let Some(reason) = (run.halt)() {
            return run.stop(reason);
        }
        if !open.is_empty() {
            rest.pause();
        }
    }
}

fn alone(run: &Running<'_>, step: &Step, missing: &dyn Fn(&Step) -> Missing) -> Result<(), Failed> {
    let mut rest = Pauses::new(run.deadline());
    let mut told = EcoString::new();
    while let Some(reason) = missing(step).map_err(|finding| Box::new(reasoned(run, step, *finding)))? {
        if rest.is_over() {
            return Err(Box::new(explained(run, step, *late(run, &reason))));
        }
        if let Some(reason) = (run.halt)() {
            return Err(Box::new(reason));
        }
        if reason != told {
            run.watcher.tell(&Event::Waiting { key: &step.key, reason: &reason });
            told = reason;
        }
        rest.pause();
    }
    if !told.is_empty() {
        run.watcher.tell(&Event::Ready { key: &step.key });
    }
    Ok(())
}

struct Pauses {
    deadline: Instant,
    next: Duration,
}

impl Pauses {
    fn new(deadline: Instant) -> Pauses {
        Pauses { deadline, next: FIRST }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    fn pause(&mut self) {
        let left = self.deadline.saturating_duration_since(Instant::now());
        std::thread::sleep(self.next.min(left));
        self.next = (self.next * 2).min(LAST);
    }
}
