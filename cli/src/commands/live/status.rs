//! `rhumb status`: how a release and its objects are, and what has moved since it was applied.

use std::collections::BTreeMap;

use rhumb::diff::{self, DiffOptions};
use rhumb::object::ObjectKey;
use rhumb::plan::readiness::{Readiness, readiness};
use rhumb::plan::release::{Keeper, Revision, deployed};
use rhumb::plan::{Plan, Policy, Sight, Stamp, preview};
use rhumb::source::SourceMap;
use serde_json::{Value, json};

use super::connect::failure;
use super::existing::{Existing, Wished};
use super::helm;
use super::history::{as_json, source};
use super::table::table;
use crate::args::{ReportFormat, StatusArgs};
use crate::output::{Exit, Failure, Output};

pub(in super::super) fn run(args: StatusArgs, output: &mut Output) -> Result<Exit, Failure> {
    let Some(existing) = Existing::find(args.release, output)? else { return Ok(Exit::Failed) };
    let newest = existing.newest();
    let keys: Vec<_> = newest.inventory.iter().map(|entry| (entry.key.clone(), entry.gvk.clone())).collect();
    let seen = existing.cluster.read(&keys).map_err(failure)?;
    let states: BTreeMap<&ObjectKey, (bool, String)> = seen.iter().map(|(key, sight)| (key, state(sight))).collect();
    let mut fine = states.values().all(|(is_ready, _)| *is_ready);
    let mut document = json!({ "release": as_json(newest), "objects": objects(&states) });
    if args.output == ReportFormat::Text {
        output.result(&head(newest));
        let mut rows = vec![vec!["OBJECT".to_owned(), "STATUS".to_owned()]];
        rows.extend(states.iter().map(|(key, (_, text))| vec![key.to_string(), text.clone()]));
        output.result(&table(&rows));
    }
    if args.drift {
        let Some(plan) = drift(&existing, output)? else { return Ok(Exit::Failed) };
        let diffs = preview::diffs(&plan, existing.facts());
        fine &= diffs.is_empty();
        if args.output == ReportFormat::Text {
            let options = DiffOptions { colored: output.colored(), ..DiffOptions::default() };
            output.result(&diff::to_text(&diffs, &options));
            output.say(&match diffs.is_empty() {
                true => "no drift".to_owned(),
                false => format!("drift: {}", diff::summary(&diffs)),
            });
        }
        document["drift"] = preview::to_json(&plan, &diffs);
    }
    if args.output == ReportFormat::Json {
        output.json(&document);
    }
    Ok(if fine { Exit::Fine } else { Exit::Findings })
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

fn objects(states: &BTreeMap<&ObjectKey, (bool, String)>) -> Value {
    let object = |(key, (is_ready, text)): (&&ObjectKey, &(bool, String))| {
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
