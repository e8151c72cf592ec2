//! `rhumb rollback`: a release becomes what it was.

use rhumb::plan::Occasion;
use rhumb::plan::release::helm::HelmRecord;
use rhumb::plan::release::{About, Keeper, Revision, State, deployed, is_settled};

use super::carry::{Job, What, carry_out, tell_basis};
use super::existing::{Existing, Wished};
use super::progress::Progress;
use super::target::policy;
use crate::args::RollbackArgs;
use crate::output::{Exit, Failure, Output};

pub(in super::super) fn run(args: RollbackArgs, output: &mut Output) -> Result<Exit, Failure> {
    let Some(policy) = policy(&args.policy, output)? else { return Ok(Exit::Failed) };
    let Some(existing) = Existing::find(args.release, output)? else { return Ok(Exit::Failed) };
    let wanted = wanted(&existing, args.revision)?;
    let built = existing.objects(&wanted.manifests);
    if super::super::stopped(&built, output).is_some() {
        return Ok(Exit::Failed);
    }
    let is_helms = existing.newest().keeper == Keeper::Helm;
    let (stamp, policy) = existing.written_by_its_keeper(policy);
    let record = existing.history.helm.get(&wanted.revision).filter(|_| is_helms);
    if is_helms && record.is_none() {
        let message = format!("revision {} is none of Helm, and the release is", wanted.revision);
        return Err(Failure::new("release-of-helm", message).help("apply its source again with `--take-over`"));
    }
    let hooks = record.map(|_| existing.hooks_of(wanted.revision, Occasion::Rollback)).unwrap_or_default();
    let wish = Wished { objects: &built.objects, hooks: &hooks, stamp };
    let (mut plan, findings) = existing.plan(&wish, &policy)?;
    plan.source = wanted.source.clone();
    output.complain(&findings, &built.sources);
    if findings.has_errors() {
        return Ok(Exit::Findings);
    }
    tell_basis(&plan, output);
    let progress = Progress::new(args.output);
    if is_settled(&plan, &existing.history.revisions) {
        progress.settled(&plan);
        return Ok(Exit::Fine);
    }
    let about = About {
        values: wanted.values.clone(),
        notes: wanted.notes.clone(),
        description: format!("rollback to {}", wanted.revision).into(),
    };
    let helm = record.map(HelmRecord::parts);
    let job = Job {
        cluster: &existing.cluster,
        plan: &plan,
        about: &about,
        history: &existing.history,
        facts: existing.facts(),
        what: What::Apply,
        create_namespace: false,
        helm: helm.as_ref(),
    };
    carry_out(&job, &args.run, &progress, output)
}

// The revision that is named, or the last one that was whole before the newest.
fn wanted(existing: &Existing, revision: Option<u64>) -> Result<&Revision, Failure> {
    let history = &existing.history.revisions;
    let found = match revision {
        Some(number) => history.iter().find(|one| one.revision == number),
        None => {
            let newest = existing.newest();
            let is_whole = |one: &&Revision| matches!(one.state, State::Deployed | State::Superseded);
            match newest.state {
                State::Deployed => history.iter().rev().skip(1).find(is_whole),
                _ => deployed(history),
            }
        }
    };
    found.ok_or_else(|| {
        let message = match revision {
            Some(number) => format!("the release {} has no revision {number}", existing.release),
            None => format!("the release {} has no revision to go back to", existing.release),
        };
        let known: Vec<String> = history.iter().map(|one| one.revision.to_string()).collect();
        Failure::new("release-no-revision", message).help(format!("it has the revisions {}", known.join(", ")))
    })
}
