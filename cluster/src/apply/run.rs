//! The phases of a plan and their levels.

use std::sync::{Mutex, PoisonError};

use rhumb::diag::Diagnostic;
use rhumb::plan::{Action, Phase, Plan, Step};

use super::kinds::Kinds;
use super::{Event, Halt, Options, Report, Run, Watcher, wait};
use crate::client::Client;
use crate::parallel;

/// A run under way.
pub(super) struct Running<'a> {
    pub(super) client: &'a Client,
    pub(super) plan: &'a Plan,
    pub(super) kinds: Kinds<'a>,
    pub(super) options: &'a Options,
    pub(super) watcher: &'a dyn Watcher,
    pub(super) halt: Halt<'a>,
    report: Mutex<Report>,
}

/// Carries out a plan as far as it goes.
pub fn run(run: &Run<'_>) -> Report {
    let running = Running {
        client: &run.cluster.client,
        plan: run.plan,
        kinds: Kinds::new(&run.cluster.client, run.cluster.discovery.clone()),
        options: run.options,
        watcher: run.watcher,
        halt: run.halt,
        report: Mutex::new(Report::default()),
    };
    running.all();
    running.report.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Running<'_> {
    fn all(&self) {
        let steps = self.plan.steps.iter().filter(|step| step.action.writes()).count();
        self.watcher.tell(&Event::Started { steps });
        // Invariant of plans: steps are sorted by phase and level.
        for phase in [Phase::Before, Phase::Apply, Phase::After, Phase::Prune] {
            let steps: Vec<&Step> = self.plan.steps.iter().filter(|step| step.phase == phase).collect();
            for level in steps.chunk_by(|a, b| a.level == b.level) {
                self.level(level);
                if self.has_failed() {
                    return;
                }
            }
            if phase == Phase::Apply && self.options.wait {
                let written = steps.iter().copied().filter(|step| step.manifest.is_some());
                wait::until_ready(self, written.collect());
            }
            if self.has_failed() {
                return;
            }
            match phase {
                Phase::Before | Phase::After => self.clear_hooks(&steps),
                Phase::Prune if self.options.wait => {
                    wait::until_gone(self, steps.into_iter().filter(|step| step.action == Action::Delete).collect());
                }
                _ => {}
            }
        }
    }

    fn level(&self, steps: &[&Step]) {
        let writing: Vec<&Step> = steps.iter().copied().filter(|step| step.action.writes()).collect();
        parallel::each(&writing, |step| self.step(step));
        if self.has_failed() {
            return;
        }
        // Hooks are waited for one by one.
        let awaited =
            steps.iter().copied().filter(|step| step.awaited && step.hook.is_none() && step.manifest.is_some());
        wait::until_ready(self, awaited.collect());
        if writing.iter().any(|step| step.key.kind == "CustomResourceDefinition" || step.key.kind == "APIService") {
            self.kinds.definitions_changed();
        }
    }

    fn step(&self, step: &Step) {
        if let Some(reason) = (self.halt)() {
            let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
            // Told once, not for each object that was left out.
            if !report.failures.iter().any(|known| known.code == reason.code) {
                report.failures.push(reason);
            }
            return;
        }
        self.watcher.tell(&Event::Begun { key: &step.key, action: step.action, phase: step.phase });
        match self.carry_out(step) {
            Ok(uid) => {
                if let Some(uid) = uid {
                    let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
                    report.uids.insert(step.key.clone(), uid);
                }
                self.watcher.tell(&Event::Done { key: &step.key, action: step.action, phase: step.phase });
            }
            Err(finding) => self.fail(step, *finding),
        }
    }

    pub(super) fn fail(&self, step: &Step, finding: Diagnostic) {
        let finding = finding.object(ecow::eco_format!("{}", step.key));
        self.watcher.tell(&Event::Failed { key: &step.key, finding: &finding });
        self.report.lock().unwrap_or_else(PoisonError::into_inner).failures.push(finding);
    }

    /// Ends the run for a reason that is no object's.
    pub(super) fn stop(&self, reason: Diagnostic) {
        self.report.lock().unwrap_or_else(PoisonError::into_inner).failures.push(reason);
    }

    pub(super) fn has_failed(&self) -> bool {
        !self.report.lock().unwrap_or_else(PoisonError::into_inner).failures.is_empty()
    }
}
