//! `rhumb history`: the revisions of a release.

use rhumb::plan::release::{Keeper, Revision};
use serde_json::json;

use super::existing::Existing;
use super::table::table;
use crate::args::{HistoryArgs, ReportFormat};
use crate::output::{Exit, Failure, Output};

pub(in super::super) fn run(args: HistoryArgs, output: &mut Output) -> Result<Exit, Failure> {
    let Some(existing) = Existing::find(args.release, output)? else { return Ok(Exit::Failed) };
    let revisions = &existing.history.revisions;
    match args.output {
        ReportFormat::Json => output.json(&revisions.iter().map(as_json).collect()),
        ReportFormat::Text => {
            let head = ["REVISION", "UPDATED", "STATE", "SOURCE", "APP VERSION", "KEPT BY", "DESCRIPTION"];
            let mut rows = vec![head.map(str::to_owned).to_vec()];
            rows.extend(revisions.iter().map(row));
            output.result(&table(&rows));
        }
    }
    Ok(Exit::Fine)
}

fn row(one: &Revision) -> Vec<String> {
    vec![
        one.revision.to_string(),
        one.updated.to_string(),
        one.state.as_str().to_owned(),
        source(one),
        one.source.app_version.to_string(),
        keeper(one).to_owned(),
        one.description.to_string(),
    ]
}

/// Returns the source of a revision with its version, as `nginx-1.2.3`.
pub(super) fn source(one: &Revision) -> String {
    let (name, version) = (&one.source.name, &one.source.version);
    match (name.is_empty(), version.is_empty()) {
        (true, _) => one.source.kind.to_string(),
        (false, true) => name.to_string(),
        (false, false) => format!("{name}-{version}"),
    }
}

/// Returns who keeps the record.
pub(super) fn keeper(one: &Revision) -> &'static str {
    match one.keeper {
        Keeper::Own => "rhumb",
        Keeper::Helm => "helm",
    }
}

/// Returns what a record says, without values and manifests: they may hold what is secret.
pub(super) fn as_json(one: &Revision) -> serde_json::Value {
    json!({
        "name": one.release.name.as_str(), "namespace": one.release.namespace.as_str(), "revision": one.revision,
        "state": one.state.as_str(), "started": one.started.as_str(), "updated": one.updated.as_str(),
        "description": one.description.as_str(), "keptBy": keeper(one),
        "source": {
            "kind": one.source.kind.as_str(), "name": one.source.name.as_str(), "version": one.source.version.as_str(),
            "appVersion": one.source.app_version.as_str(),
        },
        "objects": one.inventory.len(),
    })
}
