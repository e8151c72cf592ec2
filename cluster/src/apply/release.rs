//! A plan with its record: written before the first change, and again when all is done.

use rhumb::diag::Diagnostic;
use rhumb::object::{Gvk, ObjectKey};
use rhumb::plan::release::helm::{self, HelmParts, HelmRecord};
use rhumb::plan::release::{About, Keeper, Revision, State, begun, ended, outdated};
use rhumb::plan::{ApiKind, Plan, Step};

use super::{Report, Run};
use crate::calls::{self, Writer, map};
use crate::clock;
use crate::error::RequestError;
use crate::live::Cluster;
use crate::releases::History;

/// How a run is recorded.
#[derive(Debug, Clone, Copy)]
pub struct Recording<'a> {
    /// What the record says beside what is done.
    pub about: &'a About,
    /// What is known of the release.
    pub history: &'a History,
    /// How many records are kept.
    pub keep: usize,
    /// What Helm's record is made of, where the release is one of Helm.
    pub helm: Option<&'a HelmParts>,
}

/// What came of a plan with a record.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The record.
    pub revision: Revision,
    /// What was done.
    pub report: Report,
}

impl Cluster {
    /// Makes sure that there is a namespace for the record of a plan: the one that the plan itself makes, or, where that
    /// is wanted, an empty one.
    ///
    /// # Errors
    /// When it is not there and nobody makes it.
    pub fn ensure_namespace(&self, plan: &Plan, create: bool) -> Result<(), Diagnostic> {
        let name = &plan.release.namespace;
        let is_it = |step: &&Step| step.key.kind == "Namespace" && step.key.group.is_empty() && step.key.name == *name;
        let own = plan.steps.iter().find(is_it).and_then(|step| step.manifest.clone());
        let gvk = Gvk::new("v1", "Namespace");
        // Who may not look may still write into it.
        if self.lookup(&gvk, "", name).map_or(true, |found| found.is_some()) {
            return Ok(());
        }
        if own.is_none() && !create {
            let message = format!("there is no namespace `{name}`");
            return Err(Diagnostic::error("cluster-no-namespace", message).help("`--create-namespace` makes it"));
        }
        let namespace = own.unwrap_or_else(|| {
            map([
                ("apiVersion", "v1".into()),
                ("kind", "Namespace".into()),
                ("metadata", map([("name", name.clone().into())])),
            ])
        });
        let key = ObjectKey { kind: "Namespace".into(), name: name.clone(), ..ObjectKey::default() };
        let kind =
            ApiKind { gvk, plural: "namespaces".into(), scope: rhumb::object::Scope::Cluster, verbs: Vec::new() };
        let writer = Writer { manager: &plan.manager, force: false, dry: false };
        self.client.send(&calls::apply(&kind, &key, &namespace, &writer)).map(drop).map_err(|error| error.diagnostic())
    }
}

/// Carries out a plan and keeps a record of it.
///
/// # Errors
/// When the first record cannot be written: nothing has been done then.
pub fn apply(run: &Run<'_>, recording: &Recording<'_>) -> Result<Applied, RequestError> {
    let before = begun(run.plan, recording.about, &clock::now_in_seconds());
    let helm = recording.helm.map(|parts| helm_record(run, recording, parts));
    match &helm {
        Some(record) => run.cluster.write_helm_record(record)?,
        None => run.cluster.write_record(&before)?,
    }
    let mut report = super::run(run);
    let failure = first_failure(&report);
    let after = ended(&before, &report.uids, failure.as_deref(), &clock::now_in_seconds());
    // What came before gives way first: there is never a moment at which two revisions say that they are deployed.
    let superseded = if failure.is_none() { supersede(run.cluster, recording) } else { Ok(()) };
    let written = superseded.and_then(|()| match helm {
        _ if is_lost(run) => Ok(()),
        Some(mut record) => {
            let description = helm_description(&record, failure.as_deref());
            record.set_status(helm::status(after.state), &description);
            run.cluster.write_helm_record(&record)
        }
        None => run.cluster.write_record(&after),
    });
    let tidied = written.and_then(|()| if failure.is_none() { tidy(run.cluster, &after, recording) } else { Ok(()) });
    if let Err(error) = tidied {
        report.failures.push(error.diagnostic());
    }
    Ok(Applied { revision: after, report })
}

// Helm's record before the first change: pending, so that Helm keeps its hands off the release.
fn helm_record(run: &Run<'_>, recording: &Recording<'_>, parts: &HelmParts) -> HelmRecord {
    let now = clock::now_in_seconds();
    let first = recording.history.first_deployed().unwrap_or_else(|| now.as_str().into());
    let parts = HelmParts { first_deployed: first, deployed: now.into(), ..parts.clone() };
    let is_upgrade = !recording.history.revisions.is_empty();
    let status = match is_upgrade {
        _ if recording.about.description.starts_with("rollback") => "pending-rollback",
        true => "pending-upgrade",
        false => "pending-install",
    };
    HelmRecord::new(&run.plan.release, run.plan.revision, status, parts)
}

// As Helm says it.
fn helm_description(record: &HelmRecord, failure: Option<&str>) -> String {
    let what = match record.status().as_str() {
        "pending-install" => "Install",
        "pending-rollback" => "Rollback",
        _ => "Upgrade",
    };
    match failure {
        None => format!("{what} complete"),
        Some(reason) => format!("{what} {:?} failed: {reason}", record.release().name),
    }
}

/// Carries out the plan that deletes a release. Its newest record says so before the first change; in the end all records
/// go, or, where they are kept, the newest one says that all is gone.
///
/// # Errors
/// When the record cannot be written: nothing has been done then.
pub fn delete(run: &Run<'_>, recording: &Recording<'_>, keep_history: bool) -> Result<Applied, RequestError> {
    let newest = recording.history.revisions.last().cloned().unwrap_or_default();
    let state = |state, description: &str| Revision {
        state,
        description: description.into(),
        updated: clock::now_in_seconds().into(),
        ..newest.clone()
    };
    write(run.cluster, &state(State::Deleting, "delete"), recording)?;
    let mut report = super::run(run);
    let mut revision = state(State::Deleting, "delete");
    let ended = match first_failure(&report) {
        _ if is_lost(run) => Ok(()),
        Some(reason) => {
            revision = state(State::Deleting, &format!("delete: {reason}"));
            write(run.cluster, &revision, recording)
        }
        None => {
            revision = state(State::Deleted, "delete");
            match keep_history {
                true => write(run.cluster, &revision, recording),
                false => forget(run.cluster, recording),
            }
        }
    };
    if let Err(error) = ended {
        report.failures.push(error.diagnostic());
    }
    Ok(Applied { revision, report })
}

// The newest record goes last: as long as it is there, it says that the release is being deleted.
fn forget(cluster: &Cluster, recording: &Recording<'_>) -> Result<(), RequestError> {
    let revisions = recording.history.revisions.iter();
    revisions
        .map(|one| (&one.release, one.revision))
        .try_for_each(|(release, revision)| cluster.delete_record(release, recording.history, revision))
}

fn first_failure(report: &Report) -> Option<String> {
    report.failures.first().map(|first| match &first.object {
        None => first.message.to_string(),
        Some(object) => format!("{object}: {}", first.message),
    })
}

// Once the lock is lost the record is somebody else's to write.
fn is_lost(run: &Run<'_>) -> bool {
    (run.halt)().is_some_and(|reason| reason.code == "cluster-lock-lost")
}

// A record of Helm stays one.
fn write(cluster: &Cluster, revision: &Revision, recording: &Recording<'_>) -> Result<(), RequestError> {
    match (revision.keeper, recording.history.helm.get(&revision.revision)) {
        (Keeper::Helm, Some(record)) => {
            let mut record = record.clone();
            record.set_status(helm::status(revision.state), &revision.description);
            cluster.write_helm_record(&record)
        }
        _ => cluster.write_record(revision),
    }
}

// What came before is no longer what is in the cluster.
fn supersede(cluster: &Cluster, recording: &Recording<'_>) -> Result<(), RequestError> {
    for old in &recording.history.revisions {
        let state = match old.state {
            State::Deployed => State::Superseded,
            State::Applying | State::Deleting => State::Failed,
            _ => continue,
        };
        write(cluster, &Revision { state, ..old.clone() }, recording)?;
    }
    Ok(())
}

// What is too old goes.
fn tidy(cluster: &Cluster, now: &Revision, recording: &Recording<'_>) -> Result<(), RequestError> {
    let mut all = recording.history.revisions.clone();
    all.push(now.clone());
    for revision in outdated(&all, recording.keep) {
        cluster.delete_record(&now.release, recording.history, revision)?;
    }
    Ok(())
}
