//! `rhumb delete`: a release goes.

use rhumb::object::ObjectSet;
use rhumb::plan::release::{About, Keeper};
use rhumb::plan::{Occasion, Policy, Stamp};

use super::carry::{Job, What, carry_out};
use super::existing::{Existing, Wished};
use super::helm;
use super::progress::Progress;
use crate::args::DeleteArgs;
use crate::output::{Exit, Failure, Output};

pub(in super::super) fn run(args: DeleteArgs, output: &mut Output) -> Result<Exit, Failure> {
    let Some(existing) = Existing::find(args.release, output)? else { return Ok(Exit::Failed) };
    let policy = Policy {
        prune_namespaces: args.prune_namespaces,
        prune_crds: args.prune_crds,
        prune_volumes: args.prune_volumes,
        ..Policy::default()
    };
    let hooks = existing.hooks_of(existing.newest().revision, Occasion::Delete);
    let nothing = ObjectSet::new();
    let (stamp, manager) = match existing.newest().keeper {
        Keeper::Own => (Stamp::Rhumb, policy.manager),
        Keeper::Helm => (Stamp::Helm, helm::MANAGER.into()),
    };
    let policy = Policy { manager, ..policy };
    let (plan, findings) = existing.plan(&Wished { objects: &nothing, hooks: &hooks, stamp }, &policy)?;
    output.complain(&findings, &rhumb::source::SourceMap::new());
    if findings.has_errors() {
        return Ok(Exit::Findings);
    }
    let about = About::default();
    let job = Job {
        cluster: &existing.cluster,
        plan: &plan,
        about: &about,
        history: &existing.history,
        facts: existing.facts(),
        what: What::Delete { keep_history: args.keep_history },
        create_namespace: false,
        helm: None,
    };
    carry_out(&job, &args.run, &Progress::new(args.output), output)
}
