//! `rhumb apply`: brings a cluster to what a source says.

use rhumb::plan::Applied;
use rhumb::plan::release::is_settled;

use super::carry::{Job, What, carry_out, tell_basis};
use super::planned;
use super::progress::Progress;
use super::target::{Target, policy};
use crate::args::ApplyArgs;
use crate::output::{Exit, Failure, Output};

pub(in super::super) fn run(args: ApplyArgs, output: &mut Output) -> Result<Exit, Failure> {
    if let Some(file) = planned::read(&args.source)? {
        return planned::apply(file, args, output);
    }
    if args.plan_source.is_some() {
        let failure =
            Failure::new("cli-no-plan", format!("`{}` is no plan, so it has no source of its own", args.source));
        return Err(failure.help("write a plan with `rhumb plan SOURCE --out FILE`, or name one source"));
    }
    let Some(policy) = policy(&args.policy, output)? else { return Ok(Exit::Failed) };
    let Some(target) = Target::find(&args.source, args.build, args.cluster, &args.policy, output)? else {
        return Ok(Exit::Failed);
    };
    let applied = Applied::of(&target.history.revisions).filter(|_| target.is_valid());
    let (plan, findings) = target.plan(&policy, applied.as_ref())?;
    output.complain(&findings, &target.built.sources);
    if findings.has_errors() {
        return Ok(Exit::Findings);
    }
    tell_basis(&plan, output);
    let progress = Progress::new(args.output);
    if is_settled(&plan, &target.history.revisions) {
        progress.settled(&plan);
        return Ok(Exit::Fine);
    }
    let about = target.about();
    let job = Job {
        cluster: &target.cluster,
        plan: &plan,
        about: &about,
        history: &target.history,
        facts: target.facts(),
        what: What::Apply,
        create_namespace: args.policy.create_namespace,
        helm: target.helm.as_ref(),
    };
    let exit = carry_out(&job, &args.run, &progress, output)?;
    if let (Exit::Fine, Some(notes)) = (exit, &target.built.notes) {
        output.say(notes);
    }
    Ok(exit)
}
