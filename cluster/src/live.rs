//! Reads objects, and asks what would become of them.

use ecow::{EcoString, eco_format};
use rhumb::object::Gvk;
use rhumb::plan::{self, Answer, DryRun, Input, LiveState, Refusal};
use rhumb::value::Value;

use crate::calls::{self, Writer};
use crate::client::{Call, Client};
use crate::discovery::Discovery;
use crate::error::RequestError;
use crate::{parallel, paths};

// An answer may name conflicts that are settled by asking again; more than a few rounds are never needed.
const ROUNDS: usize = 5;

/// A server and what it has.
#[derive(Debug)]
pub struct Cluster {
    /// The server.
    pub client: Client,
    /// What it has.
    pub discovery: Discovery,
}

impl Cluster {
    /// Returns a server with what it says that it has.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn open(client: Client) -> Result<Cluster, RequestError> {
        let discovery = Discovery::read(&client)?;
        Ok(Cluster { client, discovery })
    }

    /// Sees all that a decision needs: the objects that are wished for, and what would become of them. What `input` says
    /// of the live state is not looked at.
    ///
    /// # Errors
    /// When the server gives no answer.
    pub fn survey(&self, input: &Input<'_>) -> Result<LiveState, RequestError> {
        let mut live = LiveState {
            version: self.discovery.version.clone(),
            cluster_uid: self.uid(),
            kinds: self.discovery.kinds.clone(),
            ..LiveState::default()
        };
        live.objects = self.read(&plan::keys(&Input { live: &live, ..*input }))?;
        for _ in 0..ROUNDS {
            let runs = plan::requests(&Input { live: &live, ..*input });
            if runs.is_empty() {
                break;
            }
            let answers = self.ask(runs, &input.policy.manager)?;
            live.answers.extend(answers.into_iter().map(|(run, answer)| (run.key.clone(), (run, answer))));
        }
        Ok(live)
    }

    /// Asks what would become of objects: server-side applies that are not carried out.
    ///
    /// # Errors
    /// When the server gives no answer.
    pub fn ask(&self, runs: Vec<DryRun>, manager: &str) -> Result<Vec<(DryRun, Answer)>, RequestError> {
        let answers = parallel::each(&runs, |run| self.try_apply(run, manager));
        runs.into_iter().zip(answers).map(|(run, answer)| answer.map(|answer| (run, answer))).collect()
    }

    fn try_apply(&self, run: &DryRun, manager: &str) -> Result<Answer, RequestError> {
        let Some(kind) = self.discovery.kind(&run.gvk) else {
            let message = eco_format!("the server has no kind {}", run.gvk);
            return Ok(Answer::Refused(Refusal { code: 404, reason: "NotFound".into(), message, causes: Vec::new() }));
        };
        if !kind.verbs.iter().any(|verb| verb == "patch") {
            return Ok(Answer::NotAsked(eco_format!("objects of {} cannot be applied", run.gvk)));
        }
        match self.client.send(&calls::apply(
            kind,
            &run.key,
            &run.object,
            &Writer { manager, force: run.force, dry: true },
        )) {
            Ok(object) => Ok(Answer::Object(object)),
            Err(error) => error.refusal().cloned().map(Answer::Refused).ok_or(error),
        }
    }

    /// Returns an object, or with no name the list of those of a namespace (of all, where that is empty), as `lookup`
    /// in charts does.
    ///
    /// # Errors
    /// When the server does not have the type, refuses or gives no answer; the text says which.
    pub fn lookup(&self, gvk: &Gvk, namespace: &str, name: &str) -> Result<Option<Value>, String> {
        let kind = self.discovery.kind(gvk).ok_or_else(|| format!("the server has no kind {gvk}"))?;
        if !name.is_empty() && !paths::is_part(name) {
            return Err(format!("`{name}` is no name of an object"));
        }
        let path = match name {
            "" => paths::collection(kind, namespace),
            name => paths::object(kind, namespace, name),
        };
        match self.client.send(&Call::get(path)) {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.refusal().is_some_and(|refusal| refusal.code == 404) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Returns the uid of the namespace `kube-system`, by which clusters are told apart; empty where it may not be read.
    pub fn uid(&self) -> EcoString {
        let system = self.lookup(&Gvk::new("v1", "Namespace"), "", "kube-system").ok().flatten();
        let uid = system.as_ref().and_then(|system| system.get("metadata")?.get("uid")?.as_str());
        uid.unwrap_or_default().into()
    }
}
