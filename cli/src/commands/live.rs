//! `rhumb diff SOURCE --live`: a cluster against what it would become.

use std::sync::Arc;

use rhumb::diag::Diagnostics;
use rhumb::diff::{self, DiffOptions, ObjectDiff};
use rhumb::object::{Item, NoFacts, TypeFacts};
use rhumb::pipeline::Built;
use rhumb::plan::{self, Action, Basis, Input, LiveState, Plan, Policy, ReleaseName, Selector, Stamp};
use rhumb::schema::KubeVersion;
use rhumb_cluster::client::Client;
use rhumb_cluster::connection::{Choice, Connection};
use rhumb_cluster::error::RequestError;
use rhumb_cluster::live::Cluster;

use crate::args::{ClusterArgs, DiffArgs, ReportFormat};
use crate::config::Build;
use crate::inputs;
use crate::output::{Exit, Failure, Output, count};

pub(super) fn run(args: DiffArgs, output: &mut Output) -> Result<Exit, Failure> {
    let text = args.output == ReportFormat::Text;
    let mut config = Build::new(&args.a, args.build)?;
    let Some(cluster) = connect(args.cluster, config.namespace.clone(), output)? else { return Ok(Exit::Failed) };
    config.namespace = Some(cluster.client.namespace().to_owned());
    config.kube_version = known_version(&cluster.discovery.version, output);
    let mut built = inputs::build_for(&config, &cluster)?;
    if super::stopped(&built, output).is_some() {
        return Ok(Exit::Failed);
    }
    leave_hooks_out(&mut built, output);
    let (plan, mut findings) = compare(&config, &built, &cluster).map_err(failure)?;
    let none: &dyn TypeFacts = &NoFacts;
    let diffs = plan::preview::diffs(&plan, built.schemas().map_or(none, |schemas| schemas as &dyn TypeFacts));
    if text {
        let options = DiffOptions { context: args.unified, colored: output.colored(), ..DiffOptions::default() };
        output.result(&diff::to_text(&diffs, &options));
        tell(&plan, &diffs, output);
    } else {
        output.json(&plan::preview::to_json(&plan, &diffs));
    }
    // Objects that cannot be changed in place are told above; here nothing is deleted.
    findings = findings.into_iter().filter(|finding| finding.code != "plan-recreate").collect();
    output.complain(&findings, &built.sources);
    let unsure = findings.has_errors() || findings.iter().any(|finding| finding.code == "plan-unseen");
    Ok(if diffs.is_empty() && !unsure { Exit::Fine } else { Exit::Findings })
}

// Returns the cluster that is meant; `None` where the kubeconfig is told to be wrong.
fn connect(args: ClusterArgs, namespace: Option<String>, output: &mut Output) -> Result<Option<Arc<Cluster>>, Failure> {
    let choice = Choice {
        context: args.context,
        namespace,
        impersonate: args.impersonate,
        impersonate_groups: args.impersonate_groups,
    };
    let connection = match Connection::find(&choice) {
        Ok(connection) => connection,
        Err(error) => {
            output.complain(&error.findings, &error.sources);
            return Ok(None);
        }
    };
    let client = Client::new(connection).map_err(|error| Failure(Box::new(error)))?;
    Cluster::open(client).map(|cluster| Some(Arc::new(cluster))).map_err(failure)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of `map_err`")]
fn failure(error: RequestError) -> Failure {
    Failure(Box::new(error.diagnostic()))
}

// The version whose types are used: the server's, or the newest where that is not known here.
fn known_version(version: &str, output: &mut Output) -> KubeVersion {
    KubeVersion::parse(version).unwrap_or_else(|_| {
        let latest = KubeVersion::LATEST;
        output.say(&format!("note: the types of Kubernetes {latest} are used, since those of {version} are not known"));
        latest
    })
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
        lookups: &[],
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
    let shown = plan.steps.iter().filter(|step| diffs.iter().any(|diff| diff.key == step.key));
    for step in shown {
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
