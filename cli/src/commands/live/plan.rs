//! `rhumb plan`: what an apply would do.

use rhumb::plan::preview;
use rhumb::plan::release::is_settled;

use super::super::differences;
use super::carry::{counts, tell_basis};
use super::planned;
use super::target::{Target, policy};
use crate::args::{DiffFormat, PlanArgs};
use crate::output::{Exit, Failure, Output};

pub(in super::super) fn run(args: PlanArgs, output: &mut Output) -> Result<Exit, Failure> {
    let Some(policy) = policy(&args.policy, output)? else { return Ok(Exit::Failed) };
    let Some(target) = Target::find(&args.source, args.build, args.cluster, &args.policy, output)? else {
        return Ok(Exit::Failed);
    };
    let (plan, findings) = target.plan(&policy, None)?;
    let diffs = preview::diffs(&plan, target.facts());
    let shape = (args.output, args.unified);
    differences::print(&diffs, shape, || preview::to_json(&plan, &diffs), output);
    if shape.0 != DiffFormat::Json {
        tell_basis(&plan, output);
    }
    output.complain(&findings, &target.built.sources);
    if let Some(path) = args.out.filter(|_| !findings.has_errors()) {
        planned::write(&plan, &path, args.include_secrets)?;
    }
    let settled = is_settled(&plan, &target.history.revisions);
    if shape.0 != DiffFormat::Json {
        output.say(&if settled { "nothing to change".to_owned() } else { counts(&plan) });
    }
    Ok(if settled && !findings.has_errors() { Exit::Fine } else { Exit::Findings })
}
