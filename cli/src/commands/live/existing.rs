//! A release that is there already.

use std::sync::Arc;

use rhumb::diag::{Diagnostics, Outcome};
use rhumb::object::{ObjectSet, TypeFacts};
use rhumb::pipeline::Built;
use rhumb::plan::release::{Keeper, Revision, open_inventory};
use rhumb::plan::{self, HookWish, Input, LiveState, Occasion, Plan, Policy, ReleaseName, Stamp, take_hooks};
use rhumb::schema::KubeVersion;
use rhumb::source::Limits;
use rhumb::value::Value;
use rhumb_cluster::live::Cluster;
use rhumb_cluster::releases::History;

use super::connect::{connect, failure, known_version};
use super::helm;
use super::target::{facts, no_release, tell_broken};
use crate::args::ReleaseArgs;
use crate::inputs;
use crate::output::{Failure, Output};

/// A release that is there already.
pub(super) struct Existing {
    pub(super) cluster: Arc<Cluster>,
    pub(super) release: ReleaseName,
    pub(super) history: History,
    pub(super) kube_version: KubeVersion,
    types: Built,
}

impl Existing {
    /// Reads the history of a release; `None` where the kubeconfig is told to be wrong.
    ///
    /// # Errors
    /// When the cluster cannot be read, or has no such release.
    pub(super) fn find(args: ReleaseArgs, output: &mut Output) -> Result<Option<Existing>, Failure> {
        let Some(cluster) = connect(args.cluster, args.namespace, output)? else { return Ok(None) };
        let kube_version = known_version(&cluster.discovery.version, output);
        let types = inputs::manifests(&[], kube_version);
        let release = ReleaseName { namespace: cluster.client.namespace().into(), name: args.name.into() };
        let history = cluster.history(&release, facts(&types)).map_err(failure)?;
        tell_broken(&history, output);
        if history.revisions.is_empty() {
            return Err(no_release(&release));
        }
        Ok(Some(Existing { cluster, release, history, kube_version, types }))
    }

    /// Reads the history anew.
    ///
    /// # Errors
    /// When the cluster cannot be read, or the release is gone.
    pub(super) fn read_again(&mut self) -> Result<(), Failure> {
        let history = self.cluster.history(&self.release, facts(&self.types)).map_err(failure)?;
        if history.revisions.is_empty() {
            return Err(no_release(&self.release));
        }
        self.history = history;
        Ok(())
    }

    /// Returns the newest revision.
    pub(super) fn newest(&self) -> &Revision {
        self.history.revisions.last().expect("a release that is there has a revision")
    }

    /// Returns the marks and the policy with which whoever keeps the release writes its objects.
    pub(super) fn written_by_its_keeper(&self, policy: Policy) -> (Stamp, Policy) {
        match self.newest().keeper {
            Keeper::Own => (Stamp::Rhumb, policy),
            Keeper::Helm => (Stamp::Helm, Policy { manager: helm::MANAGER.into(), ..policy }),
        }
    }

    /// Returns the types that are known.
    pub(super) fn facts(&self) -> &dyn TypeFacts {
        facts(&self.types)
    }

    /// Returns the objects of a record.
    pub(super) fn objects(&self, manifests: &[Value]) -> Built {
        inputs::manifests(manifests, self.kube_version)
    }

    /// Returns the hooks of a revision that run on an occasion; only records of Helm have them.
    pub(super) fn hooks_of(&self, revision: u64, occasion: Occasion) -> Vec<HookWish> {
        let Some(record) = self.history.helm.get(&revision) else { return Vec::new() };
        let mut objects = self.objects(&record.hooks(&Limits::default())).objects;
        take_hooks(&mut objects, occasion)
    }

    /// Decides what makes the cluster what it is asked to be.
    ///
    /// # Errors
    /// When the server gives no answer.
    pub(super) fn plan(&self, wish: &Wished<'_>, policy: &Policy) -> Result<(Plan, Diagnostics), Failure> {
        let inventory = open_inventory(&self.history.revisions);
        let input = Input {
            release: &self.release,
            revision: self.history.next_revision(),
            desired: wish.objects,
            hooks: wish.hooks,
            stamp: wish.stamp,
            inventory: &inventory,
            live: &LiveState::default(),
            policy,
            facts: self.facts(),
            lookups: &[],
            applied: None,
        };
        let live = self.cluster.survey(&input).map_err(failure)?;
        let Outcome { value, diagnostics } = plan::make(&Input { live: &live, ..input });
        Ok((value, diagnostics))
    }
}

/// What a release is to become.
#[derive(Clone, Copy)]
pub(super) struct Wished<'a> {
    pub(super) objects: &'a ObjectSet,
    pub(super) hooks: &'a [HookWish],
    pub(super) stamp: Stamp,
}
