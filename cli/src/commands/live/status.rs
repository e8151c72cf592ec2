//! `rhumb status`: how a release and its objects are, and what has moved since it was applied.

use std::collections::BTreeMap;
use std::time::Instant;

use rhumb::diff::{self, DiffOptions, ObjectDiff};
use rhumb::object::ObjectKey;
use rhumb::plan::readiness::{Readiness, readiness};
use rhumb::plan::release::{Keeper, Revision, deployed};
use rhumb::plan::{Action, Plan, Policy, Sight, Stamp, preview};
use rhumb::source::SourceMap;
use serde_json::{Value, json};

use super::connect::failure;
use super::existing::{Existing, Wished};
use super::helm;
use super::history::{as_json, source};
use super::metrics::{self, Metrics, Seen};
use super::table::table;
use super::watch;
use crate::args::{ReportFormat, StatusArgs};
use crate::output::{Exit, Failure, Output};

pub(in super::super) fn run(args: &StatusArgs, output: &mut Output) -> Result<Exit, Failure> {
    let Some(existing) = Existing::find(args.release.clone(), output)? else { return Ok(Exit::Failed) };
    if args.watch {
        return watch::run(existing, args, output);
    }
    let started = Instant::now();
    let Some(seen) = look(&existing, args.drift, output)? else { return Ok(Exit::Failed) };
    match args.output {
        ReportFormat::Text => {
            output.result(&head(existing.newest()));
            let mut rows = vec![vec!["OBJECT".to_owned(), "STATUS".to_owned()]];
            rows.extend(seen.states.iter().map(|(key, (_, text))| vec![key.to_string(), text.clone()]));
            output.result(&table(&rows));
            if let Some((_, diffs)) = &seen.drift {
                let options = DiffOptions { colored: output.colored(), ..DiffOptions::default() };
                output.result(&diff::to_text(diffs, &options));
                output.say(&drift_summary(diffs));
            }
        }
        ReportFormat::Json => output.json(&seen.document()),
    }
    if let Some(file) = &args.metrics_file {
        let mut metrics = Metrics::new(existing.release.clone());
        metrics.looked(seen.counted(), rhumb_cluster::clock::now().seconds, started.elapsed());
        metrics::write(file, &metrics.text())?;
    }
    Ok(if seen.is_fine() { Exit::Fine } else { Exit::Findings })
}

/// What was seen of a release.
pub(super) struct Look<'a> {
    newest: &'a Revision,
    states: BTreeMap<ObjectKey, (bool, String)>,
    drift: Option<(Plan, Vec<ObjectDiff>)>,
}

/// Looks at a release, and with `drift` at what an apply of its record would change; `None` where what is wrong with the
/// record has been told.
///
/// # Errors
/// When the server gives no answer.
pub(super) fn look<'a>(
    existing: &'a Existing,
    with_drift: bool,
    output: &mut Output,
) -> Result<Option<Look<'a>>, Failure> {
    let newest = existing.newest();
    let keys: Vec<_> = newest.inventory.iter().map(|entry| (entry.key.clone(), entry.gvk.clone())).collect();
    let seen = existing.cluster.read(&keys).map_err(failure)?;
    let states = seen.iter().map(|(key, sight)| (key.clone(), state(sight))).collect();
    let mut look = Look { newest, states, drift: None };
    if with_drift {
        let Some(plan) = drift(existing, output)? else { return Ok(None) };
        let diffs = preview::diffs(&plan, existing.facts());
        look.drift = Some((plan, diffs));
    }
    Ok(Some(look))
}

impl Look<'_> {
    /// Whether all is as it should be.
    pub(super) fn is_fine(&self) -> bool {
        let has_drift = self.drift.as_ref().is_some_and(|(_, diffs)| !diffs.is_empty());
        !has_drift && self.states.values().all(|(is_ready, _)| *is_ready)
    }

    /// Returns it as JSON.
    pub(super) fn document(&self) -> Value {
        let mut document = json!({ "release": as_json(self.newest), "objects": objects(&self.states) });
        if let Some((plan, diffs)) = &self.drift {
            document["drift"] = preview::to_json(plan, diffs);
        }
        document
    }

    /// Returns what a watch tells: what has drifted, and what is not ready.
    pub(super) fn text(&self, output: &Output) -> String {
        let diffs = self.drift.as_ref().map(|(_, diffs)| diffs.as_slice()).unwrap_or_default();
        let mut text = format!("{}\n", drift_summary(diffs));
        for (key, (_, state)) in self.states.iter().filter(|(_, (is_ready, _))| !is_ready) {
            text.push_str(&format!("{key} {state}\n"));
        }
        text.push_str(&diff::to_text(diffs, &DiffOptions { colored: output.colored(), ..DiffOptions::default() }));
        text
    }

    /// Returns it as it is counted.
    pub(super) fn counted(&self) -> Seen {
        let steps = self.drift.as_ref().map(|(plan, _)| plan.steps.as_slice()).unwrap_or_default();
        let drifted = steps.iter().filter(|step| step.action.writes() && step.action != Action::Own);
        Seen {
            revision: self.newest.revision,
            ready: self.states.iter().map(|(key, (is_ready, _))| (key.clone(), *is_ready)).collect(),
            drifted: drifted.map(|step| (step.key.clone(), step.action.as_str())).collect(),
        }
    }
}

fn drift_summary(diffs: &[ObjectDiff]) -> String {
    match diffs.is_empty() {
        true => "no drift".to_owned(),
        false => format!("drift: {}", diff::summary(diffs)),
    }
}

fn head(newest: &Revision) -> String {
    let mut lines = vec![
        format!("release   {}", newest.release),
        format!("revision  {}", newest.revision),
        format!("state     {}", newest.state.as_str()),
        format!("updated   {}", newest.updated),
        format!("source    {}", source(newest)),
    ];
    if !newest.description.is_empty() {
        lines.push(format!("what      {}", newest.description));
    }
    format!("{}\n\n", lines.join("\n"))
}

// Whether it is as it should be, and what there is to say.
fn state(sight: &Sight) -> (bool, String) {
    match sight {
        Sight::Absent => (false, "is not there".to_owned()),
        Sight::Unseen(reason) => (false, format!("cannot be seen: {reason}")),
        Sight::Object(object) => match readiness(object) {
            Readiness::Ready => (true, "ready".to_owned()),
            Readiness::InProgress(reason) => (false, format!("in progress: {reason}")),
            Readiness::Failed(reason) => (false, format!("failed: {reason}")),
            Readiness::Terminating => (false, "is being deleted".to_owned()),
        },
    }
}

fn objects(states: &BTreeMap<ObjectKey, (bool, String)>) -> Value {
    let object = |(key, (is_ready, text)): (&ObjectKey, &(bool, String))| {
        json!({
            "group": key.group.as_str(), "kind": key.kind.as_str(), "namespace": key.namespace.as_str(),
            "name": key.name.as_str(), "ready": is_ready, "status": text,
        })
    };
    states.iter().map(object).collect()
}

// What an apply of the record would change.
fn drift(existing: &Existing, output: &mut Output) -> Result<Option<Plan>, Failure> {
    let Some(deployed) = deployed(&existing.history.revisions) else {
        let message = format!("no revision of {} was ever applied completely", existing.release);
        return Err(Failure::new("release-never-deployed", message).help("apply it again"));
    };
    let built = existing.objects(&deployed.manifests);
    if super::super::stopped(&built, output).is_some() {
        return Ok(None);
    }
    let manager = if deployed.keeper == Keeper::Helm { helm::MANAGER } else { "rhumb" };
    let policy = Policy { manager: manager.into(), prune: false, recreate: true, ..Policy::default() };
    let wish = Wished { objects: &built.objects, hooks: &[], stamp: Stamp::AsFound };
    let (plan, findings) = existing.plan(&wish, &policy)?;
    // What others have come to own is what is looked for here.
    let findings = findings.into_iter().filter(|one| !matches!(one.code, "plan-conflict" | "plan-kept")).collect();
    output.complain(&findings, &SourceMap::new());
    Ok(Some(plan))
}
