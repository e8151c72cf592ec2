//! Plans as files: written by `rhumb plan --out`, carried out by `rhumb apply`.

use std::path::Path;

use rhumb::diag::{Diagnostic, Diagnostics};
use rhumb::object::ObjectSet;
use rhumb::pipeline::Built;
use rhumb::plan::file::{self, PlanFile, Secrets};
use rhumb::plan::release::About;
use rhumb::plan::{self, LiveState, Lookup, Plan, SealError};
use rhumb::source::SourceMap;
use rhumb_cluster::live::Cluster;

use super::carry::{Job, What, carry_out};
use super::connect::{connect, failure, known_version};
use super::progress::Progress;
use super::target::facts;
use crate::args::{ApplyArgs, BuildArgs};
use crate::config::Build;
use crate::output::{Exit, Failure, Output};
use crate::{inputs, write};

/// Writes a plan into a file.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(plan: &Plan, path: &Path, include_secrets: bool) -> Result<(), Failure> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)
        .map_err(|error| Failure::new("cli-random", format!("the system gives no random bytes: {error}")))?;
    let written = match include_secrets {
        true => write::replace_secret_file(path, file::to_text(plan, &salt, Secrets::Included).as_bytes()),
        false => write::replace_file(path, file::to_text(plan, &salt, Secrets::Sealed).as_bytes()),
    };
    written.map_err(|error| write::unwritable(path, &error))
}

/// Reads a plan; `None` where a file is something else.
///
/// # Errors
/// When it is a plan that cannot be used.
pub(super) fn read(source: &str) -> Result<Option<PlanFile>, Failure> {
    let path = Path::new(source);
    let Some(text) = inputs::text_of_file(path)? else { return Ok(None) };
    // A plan begins with its version and its kind, as it is written.
    let mut lines = text.lines();
    let is_plan = lines.next().is_some_and(|line| line.starts_with("apiVersion: rhumb.dev/"))
        && lines.next().is_some_and(|line| line.trim_end() == "kind: Plan");
    if !is_plan {
        return Ok(None);
    }
    let (node, _) = inputs::read_yaml(path)?;
    let unusable = |reason: &str| {
        let failure = Failure::new("plan-file", format!("the plan `{source}` cannot be used: {reason}"));
        failure.help("make it again with `rhumb plan --out`")
    };
    if let Some(first) = node.diagnostics.iter().next() {
        return Err(unusable(&first.message));
    }
    file::from_value(&node.value.to_value()).map(Some).map_err(|reason| unusable(&reason))
}

/// Carries out a plan exactly as it is, or says what has moved since it was made.
///
/// # Errors
/// When the cluster cannot be read, or is another one.
pub(super) fn apply(file: PlanFile, args: ApplyArgs, output: &mut Output) -> Result<Exit, Failure> {
    let release = file.plan.release.clone();
    check_flags(&args, &file.plan)?;
    let Some(cluster) = connect(args.cluster, Some(release.namespace.to_string()), output)? else {
        return Ok(Exit::Failed);
    };
    check_cluster(&file.plan, &cluster)?;
    let kube_version = known_version(&cluster.discovery.version, output);
    let types = inputs::manifests(&[], kube_version);
    let history = cluster.history(&release, facts(&types)).map_err(failure)?;
    if history.next_revision() != file.plan.revision {
        let message = format!(
            "the plan makes revision {} of {release}, and the next one is {}",
            file.plan.revision,
            history.next_revision()
        );
        return Err(Failure::new("plan-outdated", message).help("make the plan again"));
    }
    let source = match &args.plan_source {
        None => None,
        Some(source) => {
            let is_upgrade = plan::release::deployed(&history.revisions).is_some();
            let Some(built) = build(source, args.build, (&file.plan, &cluster, is_upgrade), output)? else {
                return Ok(Exit::Failed);
            };
            Some(built)
        }
    };
    let salt = file.salt.clone();
    let nothing = ObjectSet::new();
    let plan = match file::open(file, source.as_ref().map_or(&nothing, |built| &built.objects)) {
        Ok(plan) => plan,
        Err(wrong) => {
            let findings = wrong.into_iter().map(|(key, error)| sealed(&error).object(key.to_string())).collect();
            output.complain(&findings, &SourceMap::new());
            return Ok(Exit::Findings);
        }
    };
    let mut moved = moved(&plan, &cluster, &salt, &types)?;
    moved.extend(plan.lookups.iter().filter_map(|lookup| looked_up_anew(lookup, &cluster)));
    if !moved.is_empty() {
        output.complain(&moved, &SourceMap::new());
        return Ok(Exit::Findings);
    }
    let about = About {
        values: source.as_ref().map(Built::user_values).unwrap_or_default(),
        notes: source.and_then(|built| built.notes).unwrap_or_default().into(),
        description: "apply of a plan".into(),
    };
    let progress = Progress::new(args.output);
    if plan::release::is_settled(&plan, &history.revisions) {
        progress.settled(&plan);
        return Ok(Exit::Fine);
    }
    let job = Job {
        cluster: &cluster,
        plan: &plan,
        about: &about,
        history: &history,
        facts: facts(&types),
        what: What::Apply,
        create_namespace: args.policy.create_namespace,
        helm: None,
    };
    carry_out(&job, &args.run, &progress, output)
}

// What was decided when the plan was made is not decided again, so nothing that was asked for may fall under the table.
fn check_flags(args: &ApplyArgs, plan: &Plan) -> Result<(), Failure> {
    if args.policy.helm_release {
        let failure = Failure::new("plan-helm", "the record of a release of Helm holds the chart, and a plan does not");
        return Err(failure.help("apply the chart itself with `--helm-release`"));
    }
    let flags = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let deciding = args.policy.deciding();
    if !deciding.is_empty() {
        let message = format!("{} cannot be given with a plan: what it does is settled", flags(&deciding));
        return Err(Failure::new("plan-flag", message).help("make the plan again with `rhumb plan`, which takes it"));
    }
    let building = args.build.building();
    if args.plan_source.is_none() && !building.is_empty() {
        let message = format!("{} cannot be given with a plan alone: nothing is built", flags(&building));
        let help = "make the plan again with `rhumb plan`, or name the source of the plan: `rhumb apply PLAN SOURCE`";
        return Err(Failure::new("plan-flag", message).help(help));
    }
    let release = &plan.release;
    let other = |given: &Option<String>, own: &str| given.as_ref().is_some_and(|given| given != own);
    for (what, flag, is_other) in [
        ("namespace", "-n", other(&args.build.namespace, &release.namespace)),
        ("name", "--release", other(&args.build.release, &release.name)),
    ] {
        if is_other {
            let message = format!("the plan is for the release {release}, and another {what} was given");
            let failure = Failure::new("plan-other-release", message);
            return Err(failure.help(format!("a plan has its {what}: leave `{flag}` out")));
        }
    }
    Ok(())
}

fn check_cluster(plan: &Plan, cluster: &Cluster) -> Result<(), Failure> {
    let uid = cluster.uid();
    if uid.is_empty() || plan.cluster_uid.is_empty() || uid == plan.cluster_uid {
        return Ok(());
    }
    let message = format!("the plan was made for another cluster than {}", cluster.client.server());
    Err(Failure::new("plan-other-cluster", message).help("choose the right one with `--context`"))
}

fn build(
    source: &str,
    build: BuildArgs,
    (plan, cluster, is_upgrade): (&Plan, &std::sync::Arc<Cluster>, bool),
    output: &mut Output,
) -> Result<Option<Built>, Failure> {
    let mut config = Build::new(source, build)?;
    config.release = Some(plan.release.name.to_string());
    config.for_release = true;
    config.namespace = Some(plan.release.namespace.to_string());
    config.kube_version = known_version(&plan.server_version, output);
    (config.revision, config.is_upgrade) = (plan.revision, is_upgrade);
    let built = inputs::build_for(&config, cluster)?;
    Ok(super::super::stopped(&built, output).is_none().then_some(built))
}

fn sealed(error: &SealError) -> Diagnostic {
    match error {
        SealError::NoSource => Diagnostic::error("plan-sealed", "what it holds does not stand in the plan")
            .help("name the source as well: `rhumb apply PLAN SOURCE`"),
        SealError::Differs(fields) => {
            let message = format!("its source has other values than the plan: {}", fields.join(", "));
            Diagnostic::error("plan-sealed", message)
                .help("make the plan again, or give the source that it was made of")
        }
    }
}

// What a chart saw is part of what was reviewed.
fn looked_up_anew(lookup: &Lookup, cluster: &Cluster) -> Option<Diagnostic> {
    let read = &lookup.read;
    let message = match cluster.lookup(&read.gvk, &read.namespace, &read.name) {
        Ok(found) => {
            let now = Lookup::of(read.clone(), found.as_ref());
            match (lookup.digest.as_str(), now.digest.as_str()) {
                (before, now) if before == now => return None,
                ("", _) => format!("the chart looked {read} up and found nothing; it is there now"),
                (_, "") => format!("the chart looked {read} up, and it is gone"),
                _ => format!("the chart looked {read} up, and it has changed since"),
            }
        }
        Err(reason) => format!("the chart looked {read} up, and it cannot be looked up now: {reason}"),
    };
    Some(Diagnostic::error("plan-moved", message).help("the plan is no longer what would happen: make it again"))
}

fn moved(plan: &Plan, cluster: &Cluster, salt: &[u8], types: &Built) -> Result<Diagnostics, Failure> {
    let keys: Vec<_> = plan.steps.iter().map(|step| (step.key.clone(), step.gvk.clone())).collect();
    let objects = cluster.read(&keys).map_err(failure)?;
    let live = LiveState { objects, ..LiveState::default() };
    let moved = plan::verify(plan, &live, salt, facts(types));
    let finding = |one: &plan::Moved| {
        Diagnostic::error("plan-moved", one.what.to_string())
            .object(one.key.to_string())
            .help("the plan is no longer what would happen: make it again")
    };
    Ok(moved.iter().map(finding).collect())
}
