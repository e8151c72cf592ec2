//! The history of a release: one record a revision, kept in the cluster as Secrets.
//!
//! Two formats are read and written. Our own ([`own`]) holds what rhumb needs to go on after anything: the inventory,
//! the manifests and the values. Helm's ([`helm`]) is that of Helm 3 and 4, so that a release can pass from one program to
//! the other and back. Both become a [`Revision`].
//!
//! A revision is written before the first change, with the inventory of what is about to exist, and again when all is
//! done. So there is no moment at which an object exists that no record names, and a run that died leaves a record in
//! a state that says so.

pub mod helm;
mod inventory;
pub mod own;
mod pack;
mod record;

pub use inventory::{inventory_of, open_inventory};
pub use pack::RecordError;
pub use record::{About, begun, ended, is_settled, outdated};

use ecow::EcoString;

use super::inventory::Entry;
use super::steps::ReleaseName;
use crate::value::{Map, Value};

/// One revision of a release.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Revision {
    /// The release.
    pub release: ReleaseName,
    /// Its number, from 1.
    pub revision: u64,
    /// How far it is.
    pub state: State,
    /// When it was first written, as RFC 3339.
    pub started: EcoString,
    /// When it was last written, as RFC 3339.
    pub updated: EcoString,
    /// What happened, in words.
    pub description: EcoString,
    /// What it was made of.
    pub source: SourceName,
    /// The values over the defaults of the source; null where there are none.
    pub values: Value,
    /// The objects, as they were applied; hooks are not among them.
    pub manifests: Vec<Value>,
    /// What exists of it, or was about to.
    pub inventory: Vec<Entry>,
    /// What a chart tells its user.
    pub notes: EcoString,
    /// Who keeps the record.
    pub keeper: Keeper,
}

/// Who keeps a record, and so in which format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Keeper {
    /// Rhumb.
    #[default]
    Own,
    /// Helm.
    Helm,
}

/// What a revision was made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceName {
    /// `package`, `chart`, `kustomization` or `manifests`; empty where it is not known.
    pub kind: EcoString,
    /// Its name.
    pub name: EcoString,
    /// Its version.
    pub version: EcoString,
    /// The version of what it installs.
    pub app_version: EcoString,
}

impl SourceName {
    /// Returns it as a map in which nothing stands that is not known.
    pub fn to_value(&self) -> Value {
        let entries =
            [("kind", &self.kind), ("name", &self.name), ("version", &self.version), ("appVersion", &self.app_version)];
        let known = entries.into_iter().filter(|(_, text)| !text.is_empty());
        known.map(|(key, text)| (key, Value::Str(text.clone()))).collect::<Map>().into()
    }

    /// Reads what [`SourceName::to_value`] wrote.
    pub fn from_value(value: &Value) -> SourceName {
        let text = |key: &str| EcoString::from(value.get(key).and_then(Value::as_str).unwrap_or_default());
        SourceName { kind: text("kind"), name: text("name"), version: text("version"), app_version: text("appVersion") }
    }
}

/// How far a revision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum State {
    /// It is being applied, or was when its run died.
    #[default]
    Applying,
    /// It is what is in the cluster.
    Deployed,
    /// It was applied in part.
    Failed,
    /// Another one came after it.
    Superseded,
    /// It is being deleted, or was when its run died.
    Deleting,
    /// It was deleted and its record kept.
    Deleted,
}

impl State {
    /// Returns its name, as labels have it.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Applying => "applying",
            State::Deployed => "deployed",
            State::Failed => "failed",
            State::Superseded => "superseded",
            State::Deleting => "deleting",
            State::Deleted => "deleted",
        }
    }

    /// Returns the state of a name.
    pub fn parse(name: &str) -> Option<State> {
        [State::Applying, State::Deployed, State::Failed, State::Superseded, State::Deleting, State::Deleted]
            .into_iter()
            .find(|state| state.as_str() == name)
    }

    /// Whether all of it was carried out, so that what earlier revisions made and it does not name is gone.
    pub fn is_complete(self) -> bool {
        matches!(self, State::Deployed | State::Superseded | State::Deleted)
    }
}

/// Returns the revision that is in the cluster: the newest one that was carried out completely.
pub fn deployed(history: &[Revision]) -> Option<&Revision> {
    let complete = history.iter().filter(|one| matches!(one.state, State::Deployed | State::Superseded));
    complete.max_by_key(|one| (one.state == State::Deployed, one.revision))
}

/// Returns the number of the next revision.
pub fn next_revision(history: &[Revision]) -> u64 {
    history.iter().map(|one| one.revision).max().unwrap_or_default() + 1
}
