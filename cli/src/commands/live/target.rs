//! A source, and its release in a cluster.

use std::sync::Arc;

use rhumb::diag::{Diagnostic, Diagnostics, Outcome};
use rhumb::object::{Gvk, NoFacts, TypeFacts};
use rhumb::pipeline::Built;
use rhumb::plan::release::helm::HelmParts;
use rhumb::plan::release::{About, Keeper, open_inventory};
use rhumb::plan::{
    self, Applied, HookWish, Input, LiveState, Occasion, Plan, Policy, ReleaseName, Selector, Stamp, stored_hooks,
    take_hooks,
};
use rhumb::schema;
use rhumb_cluster::live::Cluster;
use rhumb_cluster::releases::History;

use super::connect::{connect, failure, known_version};
use super::helm;
use crate::args::{BuildArgs, ClusterArgs, PolicyArgs};
use crate::config::Build;
use crate::inputs;
use crate::output::{Failure, Output};

/// A source, and its release in a cluster.
pub(super) struct Target {
    pub(super) cluster: Arc<Cluster>,
    pub(super) release: ReleaseName,
    pub(super) history: History,
    pub(super) built: Built,
    pub(super) hooks: Vec<HookWish>,
    /// What Helm's record is made of, where the release is one of Helm.
    pub(super) helm: Option<HelmParts>,
}

impl Target {
    /// Builds a source for its release; `None` where what is wrong with it has been told.
    ///
    /// # Errors
    /// When the cluster or a file cannot be read, or the release has no name.
    pub(super) fn find(
        source: &str,
        build: BuildArgs,
        cluster: ClusterArgs,
        keeping: &PolicyArgs,
        output: &mut Output,
    ) -> Result<Option<Target>, Failure> {
        let mut config = Build::new(source, build)?;
        config.for_release = true;
        config.keep_chart = keeping.helm_release;
        let Some(cluster) = connect(cluster, config.namespace.clone(), output)? else { return Ok(None) };
        config.namespace = Some(cluster.client.namespace().to_owned());
        config.kube_version = known_version(&cluster.discovery.version, output);
        let mut built = None;
        if config.release.is_none() {
            let first = inputs::build_for(&config, &cluster)?;
            if super::super::stopped(&first, output).is_some() {
                return Ok(None);
            }
            config.release = Some(own_name(&first)?);
            // What a chart is called can stand anywhere in its objects.
            built = (first.chart_name.is_none()).then_some(first);
        }
        let release = ReleaseName {
            namespace: cluster.client.namespace().into(),
            name: config.release.clone().unwrap_or_default().into(),
        };
        let history = cluster.history(&release, built.as_ref().map_or(&NoFacts as &dyn TypeFacts, facts));
        let history = history.map_err(failure)?;
        tell_broken(&history, output);
        check_keeper(&history, &release, keeping)?;
        let is_upgrade = plan::release::deployed(&history.revisions).is_some();
        let mut built = match built {
            Some(built) => built,
            None => {
                config.is_upgrade = is_upgrade;
                config.revision = history.next_revision();
                let built = inputs::build_for(&config, &cluster)?;
                if super::super::stopped(&built, output).is_some() {
                    return Ok(None);
                }
                built
            }
        };
        let occasion = if is_upgrade { Occasion::Upgrade } else { Occasion::Install };
        let is_chart = built.chart_name.is_some();
        if keeping.helm_release && !is_chart {
            let failure = Failure::new("helm-no-chart", "only a chart can be a release of Helm");
            return Err(failure.help("leave `--helm-release` out"));
        }
        let definitions = if keeping.helm_release { helm::take_definitions(&mut built.objects) } else { Vec::new() };
        let stored = stored_hooks(&built.objects, &helm::manifest);
        let hooks = if is_chart { take_hooks(&mut built.objects, occasion) } else { Vec::new() };
        let helm = keeping.helm_release.then(|| helm::parts(&built, stored));
        helm::add_missing(definitions, &mut built.objects, &cluster).map_err(failure)?;
        Ok(Some(Target { cluster, release, history, built, hooks, helm }))
    }

    /// Returns the types that are known.
    pub(super) fn facts(&self) -> &dyn TypeFacts {
        facts(&self.built)
    }

    /// Decides what is to be done. With what was applied last, the server is asked only where something is in doubt.
    ///
    /// # Errors
    /// When the server gives no answer.
    pub(super) fn plan(&self, policy: &Policy, applied: Option<&Applied>) -> Result<(Plan, Diagnostics), Failure> {
        let inventory = open_inventory(&self.history.revisions);
        let input = Input {
            release: &self.release,
            revision: self.history.next_revision(),
            desired: &self.built.objects,
            hooks: &self.hooks,
            stamp: if self.helm.is_some() { Stamp::Helm } else { Stamp::Rhumb },
            inventory: &inventory,
            live: &LiveState::default(),
            policy,
            facts: self.facts(),
            lookups: &self.built.lookups,
            applied,
        };
        let policy = &Policy { create_namespace: policy.create_namespace && self.lacks_namespace(), ..policy.clone() };
        let input = Input { policy, ..input };
        let live = self.cluster.survey(&input).map_err(failure)?;
        let Outcome { value: mut plan, diagnostics } = plan::make(&Input { live: &live, ..input });
        plan.source = self.built.source_name();
        Ok((plan, diagnostics))
    }

    /// Whether the types find nothing wrong with the objects. Where they do, the server is asked about everything: its
    /// word counts, and is heard before anything is written.
    pub(super) fn is_valid(&self) -> bool {
        let Built { objects, origins, .. } = &self.built;
        let findings = |schemas| schema::validate(objects, schemas, origins, &schema::Options::default());
        self.built.schemas().is_some_and(|schemas| !findings(schemas).has_errors())
    }

    fn lacks_namespace(&self) -> bool {
        let found = self.cluster.lookup(&Gvk::new("v1", "Namespace"), "", &self.release.namespace);
        found.is_ok_and(|found| found.is_none())
    }

    /// Returns what the record of a plan says beside what it does.
    pub(super) fn about(&self) -> About {
        About {
            values: self.built.user_values(),
            notes: self.built.notes.clone().unwrap_or_default().into(),
            description: "apply".into(),
        }
    }
}

/// Returns the types that are known to a build.
pub(super) fn facts(built: &Built) -> &dyn TypeFacts {
    built.schemas().map_or(&NoFacts, |schemas| schemas as &dyn TypeFacts)
}

// A release does not change hands unless somebody says so.
fn check_keeper(history: &History, release: &ReleaseName, keeping: &PolicyArgs) -> Result<(), Failure> {
    let newest = history.revisions.last().map(|newest| newest.keeper);
    if newest != Some(Keeper::Helm) || keeping.helm_release || keeping.take_over {
        return Ok(());
    }
    let failure = Failure::new("release-of-helm", format!("the release {release} is kept by Helm"));
    Err(failure.help("`--helm-release` goes on with it as Helm does, `--take-over` makes it one of rhumb"))
}

// The name of a release that nobody named.
fn own_name(built: &Built) -> Result<String, Failure> {
    let name = built.source_name().name;
    if name.is_empty() {
        let failure = Failure::new("cli-release", "the release has no name, and neither has its source");
        return Err(failure.help("name it with `--release NAME`"));
    }
    Ok(name.into())
}

/// Says which records cannot be read.
pub(super) fn tell_broken(history: &History, output: &mut Output) {
    for (secret, reason) in &history.broken {
        output.say(&format!("note: the Secret {secret} is passed over: {reason}"));
    }
}

/// Returns the policy that flags and a file say.
///
/// # Errors
/// When the file or a selector cannot be read.
pub(super) fn policy(args: &PolicyArgs, output: &mut Output) -> Result<Option<Policy>, Failure> {
    let mut policy = Policy {
        create_namespace: args.create_namespace,
        recreate: args.recreate,
        prune: !args.no_prune,
        prune_namespaces: args.prune_namespaces,
        prune_crds: args.prune_crds,
        prune_volumes: args.prune_volumes,
        lose_custom_data: args.lose_custom_data,
        ..Policy::default()
    };
    if args.helm_release {
        policy.manager = helm::MANAGER.into();
    }
    for text in &args.adopt {
        let selector =
            Selector::parse(text).map_err(|reason| Failure::new("cli-adopt", format!("--adopt: {reason}")))?;
        policy.adopt.push(selector);
    }
    let Some(path) = &args.policy else { return Ok(Some(policy)) };
    let (node, sources) = inputs::read_yaml(path)?;
    let findings = if node.diagnostics.has_errors() { node.diagnostics } else { policy.read(&node.value) };
    output.complain(&findings, &sources);
    Ok((!findings.has_errors()).then_some(policy))
}

/// Says that there is no release.
pub(super) fn no_release(release: &ReleaseName) -> Failure {
    let finding = Diagnostic::error("release-not-found", format!("there is no release {release}"));
    Failure(Box::new(finding.help("`rhumb list -A` shows those that there are")))
}
