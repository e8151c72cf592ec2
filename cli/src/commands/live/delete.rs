//! `rhumb delete`: a release goes.

use rhumb::object::ObjectSet;
use rhumb::plan::release::About;
use rhumb::plan::{Occasion, Policy};

use super::carry::{Job, What, carry_out};
use super::existing::{Existing, Wished};
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
    let (stamp, policy) = existing.written_by_its_keeper(policy);
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
