//! The records of releases, where they are kept: Secrets in the namespace of the release.

use std::collections::BTreeMap;

use ecow::EcoString;
use rhumb::object::{Gvk, NoFacts, ObjectKey, TypeFacts};
use rhumb::plan::ReleaseName;
use rhumb::plan::release::{RecordError, Revision, helm, own};
use rhumb::source::Limits;
use rhumb::value::Value;

use crate::calls::{self, Writer};
use crate::client::Call;
use crate::clock;
use crate::error::RequestError;
use crate::live::Cluster;
use crate::parallel;
use crate::paths::encode;

/// A record may unpack to so many bytes.
const MOST: usize = 128 << 20;

const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// What is known of a release.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Its revisions, the oldest first.
    pub revisions: Vec<Revision>,
    /// The records of Helm among them, by revision.
    pub helm: BTreeMap<u64, helm::HelmRecord>,
    /// The records that cannot be read, by the names of their Secrets.
    pub broken: Vec<(EcoString, RecordError)>,
    // The Secrets of our own records, by revision.
    secrets: BTreeMap<u64, Vec<EcoString>>,
}

impl History {
    /// Returns the number of the next revision.
    pub fn next_revision(&self) -> u64 {
        rhumb::plan::release::next_revision(&self.revisions)
    }

    /// Returns when the release was first deployed, as Helm's records say or as the oldest record does.
    pub fn first_deployed(&self) -> Option<EcoString> {
        let helms = self.helm.values().next_back().map(|record| record.raw.text_below(&["info", "first_deployed"]));
        let helms = helms.filter(|text| !text.is_empty()).map(EcoString::from);
        helms.or_else(|| self.revisions.first().map(|oldest| oldest.started.clone()))
    }

    /// Whether nothing has happened to the release between the two.
    pub fn is_same(&self, other: &History) -> bool {
        let marks = |history: &History| {
            let mark = |one: &Revision| (one.revision, one.state, one.updated.clone());
            history.revisions.iter().map(mark).collect::<Vec<_>>()
        };
        marks(self) == marks(other)
    }
}

impl Cluster {
    /// Reads the history of a release; an empty one where there is none.
    ///
    /// # Errors
    /// When the server refuses or gives no answer.
    pub fn history(&self, release: &ReleaseName, facts: &dyn TypeFacts) -> Result<History, RequestError> {
        let own = format!("{}={}", own::NAME_LABEL, release.name);
        let helms = format!("{}=helm,name={}", helm::OWNER_LABEL, release.name);
        self.selected(release, [&own, &helms], facts)
    }

    fn selected(
        &self,
        release: &ReleaseName,
        [own, helms]: [&str; 2],
        facts: &dyn TypeFacts,
    ) -> Result<History, RequestError> {
        let own = self.records(&release.namespace, own)?;
        let helms = self.records(&release.namespace, helms)?;
        let mut history = History::default();
        (history.revisions, history.broken) = own::decode(&own, MOST);
        for secret in &own {
            let revision = secret.text_below(&["metadata", "labels", own::REVISION_LABEL]).parse();
            let name = EcoString::from(secret.text_below(&["metadata", "name"]));
            history.secrets.entry(revision.unwrap_or_default()).or_default().push(name);
        }
        for secret in helms.iter().filter(|secret| secret.text_below(&["type"]) == helm::TYPE) {
            match helm::HelmRecord::decode(secret, MOST) {
                Ok(record) => {
                    history.revisions.push(record.to_revision(&Limits::default(), facts));
                    history.helm.insert(record.revision(), record);
                }
                Err(error) => history.broken.push((secret.text_below(&["metadata", "name"]).into(), error)),
            }
        }
        history.revisions.sort_by_key(|one| one.revision);
        Ok(history)
    }

    /// Returns the newest revision of each release in a namespace (in all, where that is empty), and the records that
    /// cannot be read.
    ///
    /// # Errors
    /// When the server refuses or gives no answer.
    pub fn releases(&self, namespace: &str) -> Result<History, RequestError> {
        // Labels tell which records are the newest, so that only those are read whole.
        let mut newest: BTreeMap<ReleaseName, u64> = BTreeMap::new();
        for (selector, name, number) in [
            (format!("{}=rhumb,{}", own::OWNER_LABEL, own::STATE_LABEL), own::NAME_LABEL, own::REVISION_LABEL),
            (format!("{}=helm", helm::OWNER_LABEL), "name", "version"),
        ] {
            let list = self.client.send(&Call { accept: METADATA, ..Call::get(secrets(namespace, &selector)) })?;
            for item in list.get("items").and_then(Value::as_seq).unwrap_or_default() {
                let label = |name: &str| item.text_below(&["metadata", "labels", name]);
                let (Ok(revision), true) = (label(number).parse::<u64>(), !label(name).is_empty()) else { continue };
                let release = ReleaseName {
                    namespace: item.text_below(&["metadata", "namespace"]).into(),
                    name: label(name).into(),
                };
                let known = newest.entry(release).or_default();
                *known = revision.max(*known);
            }
        }
        let wanted: Vec<(ReleaseName, u64)> = newest.into_iter().collect();
        let read = parallel::each(&wanted, |(release, revision)| self.one_record(release, *revision));
        let mut newest = History::default();
        for result in read {
            let history = result?;
            newest.revisions.extend(history.revisions);
            newest.broken.extend(history.broken);
        }
        Ok(newest)
    }

    fn one_record(&self, release: &ReleaseName, revision: u64) -> Result<History, RequestError> {
        let own = format!("{}={},{}={revision}", own::NAME_LABEL, release.name, own::REVISION_LABEL);
        let helms = format!("{}=helm,name={},version={revision}", helm::OWNER_LABEL, release.name);
        self.selected(release, [&own, &helms], &NoFacts)
    }

    fn records(&self, namespace: &str, selector: &str) -> Result<Vec<Value>, RequestError> {
        let list = self.client.send(&Call::get(secrets(namespace, selector)))?;
        let items = list.get("items").and_then(Value::as_seq).unwrap_or_default();
        // Items of a list do not say what they are.
        Ok(items.to_vec())
    }

    /// Writes a record of our own, in the place of one that is there.
    ///
    /// # Errors
    /// When the server refuses or gives no answer.
    pub fn write_record(&self, revision: &Revision) -> Result<(), RequestError> {
        own::encode(revision).iter().try_for_each(|secret| self.write_secret(secret, "rhumb"))
    }

    /// Writes a record of Helm, in the place of one that is there.
    ///
    /// # Errors
    /// When the server refuses or gives no answer.
    pub fn write_helm_record(&self, record: &helm::HelmRecord) -> Result<(), RequestError> {
        self.write_secret(&record.encode(clock::now().seconds), "helm")
    }

    /// Writes a Secret as it is.
    pub(crate) fn write_secret(&self, secret: &Value, manager: &str) -> Result<(), RequestError> {
        let key = ObjectKey {
            kind: "Secret".into(),
            namespace: secret.text_below(&["metadata", "namespace"]).into(),
            name: secret.text_below(&["metadata", "name"]).into(),
            ..ObjectKey::default()
        };
        let kind = rhumb::plan::ApiKind {
            gvk: Gvk::new("v1", "Secret"),
            plural: "secrets".into(),
            scope: rhumb::object::Scope::Namespaced,
            verbs: Vec::new(),
        };
        self.client.send(&calls::apply(&kind, &key, secret, &Writer { manager, force: true, dry: false })).map(drop)
    }

    /// Deletes the record of a revision.
    ///
    /// # Errors
    /// When the server refuses or gives no answer; a record that is gone is none.
    pub fn delete_record(&self, release: &ReleaseName, history: &History, revision: u64) -> Result<(), RequestError> {
        let helms = history.helm.contains_key(&revision).then(|| helm::secret_name(&release.name, revision));
        let own = history.secrets.get(&revision).into_iter().flatten().cloned();
        // The first part says that there are others, so it goes first.
        let mut names: Vec<EcoString> = own.chain(helms).collect();
        names.sort_unstable();
        for name in names {
            let path = format!("/api/v1/namespaces/{}/secrets/{}", encode(&release.namespace), encode(&name));
            match self.client.send(&calls::delete(path, "", "")) {
                Err(error) if error.refusal().is_none_or(|refusal| refusal.code != 404) => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

fn secrets(namespace: &str, selector: &str) -> String {
    let place = if namespace.is_empty() { String::new() } else { format!("/namespaces/{}", encode(namespace)) };
    format!("/api/v1{place}/secrets?labelSelector={}", encode(selector))
}
