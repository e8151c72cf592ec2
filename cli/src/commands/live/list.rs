//! `rhumb list`: the releases of a namespace, or of all.

use super::connect::{connect, failure};
use super::history::{as_json, keeper, source};
use super::table::table;
use super::target::tell_broken;
use crate::args::{ListArgs, ReportFormat};
use crate::output::{Exit, Failure, Output};

pub(in super::super) fn run(args: ListArgs, output: &mut Output) -> Result<Exit, Failure> {
    let Some(cluster) = connect(args.cluster, args.namespace, output)? else { return Ok(Exit::Failed) };
    let namespace = if args.all_namespaces { "" } else { cluster.client.namespace() };
    let found = cluster.releases(namespace).map_err(failure)?;
    tell_broken(&found, output);
    let releases = found.revisions;
    match args.output {
        ReportFormat::Json => output.json(&releases.iter().map(as_json).collect()),
        ReportFormat::Text => {
            let head = ["NAMESPACE", "NAME", "REVISION", "UPDATED", "STATE", "SOURCE", "APP VERSION", "KEPT BY"];
            let mut rows = vec![head.map(str::to_owned).to_vec()];
            rows.extend(releases.iter().map(|one| {
                vec![
                    one.release.namespace.to_string(),
                    one.release.name.to_string(),
                    one.revision.to_string(),
                    one.updated.to_string(),
                    one.state.as_str().to_owned(),
                    source(one),
                    one.source.app_version.to_string(),
                    keeper(one).to_owned(),
                ]
            }));
            output.result(&table(&rows));
        }
    }
    Ok(Exit::Fine)
}
