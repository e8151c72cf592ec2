//! `rhumb diff SOURCE --live`: a cluster against what it would become.

use std::collections::BTreeSet;

use rhumb::diag::Diagnostics;
use rhumb::diff::{self, ObjectDiff};
use rhumb::object::{Item, NoFacts, ObjectKey, TypeFacts};
use rhumb::pipeline::Built;
use rhumb::plan::{self, Action, Basis, Input, LiveState, Plan, Policy, ReleaseName, Selector, Stamp};
use rhumb_cluster::error::RequestError;
use rhumb_cluster::live::Cluster;

use super::super::differences;
use super::connect::{connect, failure, known_version};
use crate::args::{DiffArgs, DiffFormat};
use crate::config::Build;
use crate::inputs;
use crate::output::{Exit, Failure, Output, count};

pub(in super::super) fn run(args: DiffArgs, output: &mut Output) -> Result<Exit, Failure> {
    let shape = (args.output, args.unified);
    let mut config = Build::new(&args.a, args.build)?;
    let Some(cluster) = connect(args.cluster, config.namespace.clone(), output)? else { return Ok(Exit::Failed) };
    config.for_release = true;
    config.namespace = Some(cluster.client.namespace().to_owned());
    config.kube_version = known_version(&cluster.discovery.version, output);
    see_release(&mut config, &cluster);
    let mut built = inputs::build_for(&config, &cluster)?;
    if super::super::stopped(&built, output).is_some() {
        return Ok(Exit::Failed);
    }
    leave_hooks_out(&mut built, output);
    let (plan, mut findings) = compare(&config, &built, &cluster).map_err(failure)?;
    let none: &dyn TypeFacts = &NoFacts;
    let diffs = plan::preview::diffs(&plan, built.schemas().map_or(none, |schemas| schemas as &dyn TypeFacts));
    differences::print(&diffs, shape, || plan::preview::to_json(&plan, &diffs), output);
    if shape.0 != DiffFormat::Json {
        tell(&plan, &diffs, output);
    }
    // Objects that cannot be changed in place are told above; here nothing is deleted.
    findings = findings.into_iter().filter(|finding| finding.code != "plan-recreate").collect();
    output.complain(&findings, &built.sources);
    let unsure = findings.has_errors() || findings.iter().any(|finding| finding.code == "plan-unseen");
    Ok(if diffs.is_empty() && !unsure { Exit::Fine } else { Exit::Findings })
}

// A chart sees whether its release is there; who may not read the records compares as for the first time.
fn see_release(config: &mut Build, cluster: &Cluster) {
    let Some(name) = &config.release else { return };
    let release = ReleaseName { namespace: cluster.client.namespace().into(), name: name.as_str().into() };
    if let Ok(history) = cluster.history(&release, &NoFacts) {
        config.is_upgrade |= plan::release::deployed(&history.revisions).is_some();
        config.revision = history.next_revision();
    }
}

// Hooks run with an apply and are no part of what is there.
fn leave_hooks_out(built: &mut Built, output: &mut Output) {
    if built.chart_name.is_none() {
        return;
    }
    let is_hook = |item: &Item| matches!(item, Item::Object(object) if object.annotation("helm.sh/hook").is_some());
    let hooks = built.objects.items().iter().filter(|item| is_hook(item)).count();
    if hooks > 0 {
        output.say(&format!("note: {} of the chart not compared: hooks only run with an apply", count(hooks, "hook")));
        built.objects.retain(|item| !is_hook(item));
    }
}

fn compare(config: &Build, built: &Built, cluster: &Cluster) -> Result<(Plan, Diagnostics), RequestError> {
    let release =
        ReleaseName { namespace: cluster.client.namespace().into(), name: release_name(config, built).into() };
    let policy = Policy { adopt: vec![Selector::ALL], recreate: true, ..Policy::default() };
    let none: &dyn TypeFacts = &NoFacts;
    let input = Input {
        release: &release,
        revision: 1,
        desired: &built.objects,
        hooks: &[],
        stamp: Stamp::AsFound,
        inventory: &[],
        live: &LiveState::default(),
        policy: &policy,
        facts: built.schemas().map_or(none, |schemas| schemas as &dyn TypeFacts),
        lookups: &built.lookups,
        applied: None,
    };
    let live = cluster.survey(&input)?;
    let outcome = plan::make(&Input { live: &live, ..input });
    Ok((outcome.value, outcome.diagnostics))
}

fn release_name(config: &Build, built: &Built) -> String {
    let package = || built.package.as_ref().map(|package| package.manifest.name.to_string());
    let chart = || built.chart_name.as_ref().map(|_| "release-name".to_owned());
    config.release.clone().or_else(chart).or_else(package).unwrap_or_default()
}

// What the differences themselves do not say.
fn tell(plan: &Plan, diffs: &[ObjectDiff], output: &mut Output) {
    if diffs.is_empty() {
        return;
    }
    output.say(&diff::summary(diffs).to_string());
    let shown: BTreeSet<&ObjectKey> = diffs.iter().map(|diff| &diff.key).collect();
    for step in plan.steps.iter().filter(|step| shown.contains(&step.key)) {
        if step.action == Action::Recreate {
            output.say(&format!("note: {} cannot be changed in place: it would be deleted and made anew", step.key));
        }
        if let Basis::Local(reason) = &step.basis {
            output.say(&format!("note: {} is compared without the server: {reason}", step.key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_named_by_its_flag_or_its_source() {
        let config = |name: Option<&str>| {
            let args = crate::args::BuildArgs { release: name.map(str::to_owned), ..Default::default() };
            Build::new("x", args).expect("a configuration")
        };
        let chart = Built::default();
        assert_eq!(release_name(&config(Some("shop")), &chart), "shop");
        assert_eq!(release_name(&config(None), &chart), "");
    }
}
