//! Helm's records, as Helm 3 and 4 store them.
//!
//! Facts: <https://github.com/helm/helm/tree/main/pkg/storage/driver> and `pkg/release/v1`. A revision is a Secret of the
//! type `helm.sh/release.v1`, called `sh.helm.release.v1.NAME.vREVISION`, with the labels `owner: helm`, `name`, `status`,
//! `version` and times; its `data.release` is base64 of compressed JSON, under the base64 of every Secret. What this
//! program does not know of a record is kept ([`HelmRecord::raw`]), so that nothing is lost when it is written again.

use std::sync::Arc;

use data_encoding::BASE64;
use ecow::{EcoString, eco_format};

use super::inventory::inventory_of;
use super::pack::{RecordError, data, pack, unpack};
use super::{Keeper, Revision, SourceName, State};
use crate::object::TypeFacts;
use crate::plan::steps::ReleaseName;
use crate::source::{FileId, Limits};
use crate::value::{Map, Value};
use crate::yaml::{Rules, normalize, parse};

/// The type of the Secrets.
pub const TYPE: &str = "helm.sh/release.v1";
/// The label that all records have; its value is `helm`.
pub const OWNER_LABEL: &str = "owner";

/// A record of Helm.
#[derive(Debug, Clone, PartialEq)]
pub struct HelmRecord {
    /// The whole of it, with what this program does not know.
    pub raw: Value,
    /// The labels of its Secret.
    pub labels: Map,
}

/// What a new record of Helm is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct HelmParts {
    /// The chart: `metadata`, `lock`, `templates`, `values`, `schema`, `files`, as Helm stores it.
    pub chart: Value,
    /// The values over the chart's own.
    pub config: Value,
    /// The manifests as one text.
    pub manifest: EcoString,
    /// The hooks, as Helm stores them.
    pub hooks: Vec<Value>,
    /// What the chart tells its user.
    pub notes: EcoString,
    /// When the release was first deployed, as RFC 3339.
    pub first_deployed: EcoString,
    /// When this revision is, as RFC 3339.
    pub deployed: EcoString,
    /// What happened, in words.
    pub description: EcoString,
}

impl HelmRecord {
    /// Returns a record of a release that is applied on the server's side.
    pub fn new(release: &ReleaseName, revision: u64, status: &str, parts: HelmParts) -> HelmRecord {
        let info = object([
            ("first_deployed", parts.first_deployed.into()),
            ("last_deployed", parts.deployed.into()),
            ("description", parts.description.into()),
            ("status", status.into()),
            ("notes", parts.notes.into()),
        ]);
        let raw = object([
            ("name", release.name.clone().into()),
            ("info", info),
            ("chart", parts.chart),
            ("config", parts.config),
            ("manifest", parts.manifest.into()),
            ("hooks", parts.hooks.into()),
            ("version", revision.into()),
            ("namespace", release.namespace.clone().into()),
            ("apply_method", "ssa".into()),
        ]);
        HelmRecord { raw, labels: Map::new() }
    }

    fn text(&self, path: &[&str]) -> EcoString {
        self.raw.text_below(path).into()
    }

    /// Returns the status, such as `deployed` or `pending-upgrade`.
    pub fn status(&self) -> EcoString {
        self.text(&["info", "status"])
    }

    /// Sets the status and what happened.
    pub fn set_status(&mut self, status: &str, description: &str) {
        if let Value::Map(raw) = &mut self.raw
            && let Some(Value::Map(info)) = Arc::make_mut(raw).get_mut("info")
        {
            let info = Arc::make_mut(info);
            info.insert("status", status.into());
            info.insert("description", description.into());
        }
    }

    /// Returns what it is made of, for a new record of the same.
    pub fn parts(&self) -> HelmParts {
        let part = |key: &str| self.raw.get(key).cloned().unwrap_or_default();
        HelmParts {
            chart: part("chart"),
            config: part("config"),
            manifest: self.text(&["manifest"]),
            hooks: self.raw.get("hooks").and_then(Value::as_seq).unwrap_or_default().to_vec(),
            notes: self.text(&["info", "notes"]),
            first_deployed: self.text(&["info", "first_deployed"]),
            deployed: self.text(&["info", "last_deployed"]),
            description: self.text(&["info", "description"]),
        }
    }

    /// Returns the name of the release.
    pub fn release(&self) -> ReleaseName {
        ReleaseName { namespace: self.text(&["namespace"]), name: self.text(&["name"]) }
    }

    /// Returns the number of the revision; 0 where it has none.
    pub fn revision(&self) -> u64 {
        self.raw.get("version").and_then(Value::as_i64).and_then(|n| n.try_into().ok()).unwrap_or_default()
    }

    /// Whether the objects were applied on the server's side; records without the word are from the client's.
    pub fn is_server_side(&self) -> bool {
        self.text(&["apply_method"]) == "ssa"
    }

    /// Returns the Secret of the record. `now` is in seconds since 1970; a record that was stored before keeps the time
    /// of its creation.
    pub fn encode(&self, now: i64) -> Value {
        let mut labels = self.labels.clone();
        let time = if labels.contains_key("createdAt") { "modifiedAt" } else { "createdAt" };
        labels.insert(time, now.to_string().into());
        labels.insert("name", self.text(&["name"]).into());
        labels.insert(OWNER_LABEL, "helm".into());
        labels.insert("status", self.status().into());
        labels.insert("version", self.revision().to_string().into());
        let release = self.release();
        let inner = BASE64.encode(&pack(&self.raw));
        object([
            ("apiVersion", "v1".into()),
            ("kind", "Secret".into()),
            (
                "metadata",
                object([
                    ("name", secret_name(&release.name, self.revision()).into()),
                    ("namespace", release.namespace.into()),
                    ("labels", labels.into()),
                ]),
            ),
            ("type", TYPE.into()),
            ("data", object([("release", BASE64.encode(inner.as_bytes()).into())])),
        ])
    }

    /// Reads the record in a Secret. `limit` bounds what it may unpack to.
    ///
    /// # Errors
    /// When it is none, or cannot be read.
    pub fn decode(secret: &Value, limit: usize) -> Result<HelmRecord, RecordError> {
        let inner = BASE64.decode(&data(secret, "release")?).map_err(|error| RecordError::Data(error.to_string()))?;
        let raw = unpack(&inner, limit)?;
        if raw.as_map().is_none() {
            return Err(RecordError::Shape("a map".to_owned()));
        }
        let labels = secret.get("metadata").and_then(|metadata| metadata.get("labels")).and_then(Value::as_map);
        Ok(HelmRecord { raw, labels: labels.cloned().unwrap_or_default() })
    }

    /// Returns the record as any revision is seen.
    pub fn to_revision(&self, limits: &Limits, facts: &dyn TypeFacts) -> Revision {
        let release = self.release();
        let manifests = self.manifests(limits);
        let inventory = inventory_of(&manifests, &release.namespace, facts);
        let metadata = |key| self.text(&["chart", "metadata", key]);
        Revision {
            revision: self.revision(),
            state: state(&self.status()),
            started: self.text(&["info", "last_deployed"]),
            updated: self.text(&["info", "last_deployed"]),
            description: self.text(&["info", "description"]),
            source: SourceName {
                kind: "chart".into(),
                name: metadata("name"),
                version: metadata("version"),
                app_version: metadata("appVersion"),
            },
            values: self.raw.get("config").cloned().unwrap_or_default(),
            manifests,
            inventory,
            notes: self.text(&["info", "notes"]),
            keeper: Keeper::Helm,
            release,
        }
    }

    /// Returns the objects of the manifest; documents that are none are left out.
    pub fn manifests(&self, limits: &Limits) -> Vec<Value> {
        objects(&self.text(&["manifest"]), limits)
    }

    /// Returns the objects of the hooks.
    pub fn hooks(&self, limits: &Limits) -> Vec<Value> {
        let hooks = self.raw.get("hooks").and_then(Value::as_seq).unwrap_or_default();
        let texts = hooks.iter().filter_map(|hook| hook.get("manifest")?.as_str());
        texts.flat_map(|text| objects(text, limits)).collect()
    }
}

fn objects(text: &str, limits: &Limits) -> Vec<Value> {
    let documents = parse(text, FileId::NONE, limits).value;
    let values = documents.into_iter().filter_map(|document| document.root);
    let values = values.map(|root| normalize(root, Rules::Kubectl, limits).value.to_value());
    values.filter(|value| value.get("kind").is_some()).collect()
}

/// Returns the name of the Secret of a revision.
pub fn secret_name(name: &str, revision: u64) -> EcoString {
    eco_format!("sh.helm.release.v1.{name}.v{revision}")
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let says = |value: &Value| match value {
        Value::Null => false,
        Value::Str(text) => !text.is_empty(),
        Value::Seq(items) => !items.is_empty(),
        _ => true,
    };
    entries.into_iter().filter(|(_, value)| says(value)).collect::<Map>().into()
}

/// Returns the state that a status of Helm is.
pub fn state(status: &str) -> State {
    match status {
        "deployed" => State::Deployed,
        "superseded" => State::Superseded,
        "uninstalled" => State::Deleted,
        "uninstalling" => State::Deleting,
        "pending-install" | "pending-upgrade" | "pending-rollback" => State::Applying,
        _ => State::Failed,
    }
}

/// Returns the status of Helm that a state is. What is under way is told as an upgrade.
pub fn status(state: State) -> &'static str {
    match state {
        State::Applying => "pending-upgrade",
        State::Deployed => "deployed",
        State::Failed => "failed",
        State::Superseded => "superseded",
        State::Deleting => "uninstalling",
        State::Deleted => "uninstalled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::NoFacts;
    use crate::plan::testing::{json, yaml};

    fn record() -> HelmRecord {
        let release = ReleaseName { namespace: "shop".into(), name: "web".into() };
        let parts = HelmParts {
            chart: json(
                r#"{"metadata":{"name":"nginx","version":"1.2.3","appVersion":"9"},"lock":null,"templates":[]}"#,
            ),
            config: json(r#"{"a":1}"#),
            manifest:
                "---\n# Source: nginx/x.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n---\n# nothing\n"
                    .into(),
            hooks: Vec::new(),
            notes: "hello".into(),
            first_deployed: "2026-01-01T00:00:00Z".into(),
            deployed: "2026-01-02T00:00:00Z".into(),
            description: "Install complete".into(),
        };
        HelmRecord::new(&release, 2, "deployed", parts)
    }

    #[test]
    fn a_record_is_read_back_with_its_labels() {
        let secret = record().encode(1_700_000_000);
        let metadata = secret.get("metadata").expect("metadata");
        assert_eq!(metadata.get("name"), Some(&Value::from("sh.helm.release.v1.web.v2")));
        let read = HelmRecord::decode(&secret, 1 << 20).expect("a record");
        assert_eq!(read.raw, record().raw);
        assert!(read.is_server_side());
        let labels = yaml("{createdAt: '1700000000', name: web, owner: helm, status: deployed, version: '2'}\n");
        assert_eq!(Value::from(read.labels.clone()), labels);
        let again = read.encode(1_700_000_001);
        let labels = again.get("metadata").and_then(|metadata| metadata.get("labels")).expect("labels");
        assert_eq!(labels.get("createdAt"), Some(&Value::from("1700000000")));
        assert_eq!(labels.get("modifiedAt"), Some(&Value::from("1700000001")));
    }

    #[test]
    fn a_record_is_a_revision_like_any_other() {
        let revision = record().to_revision(&Limits::default(), &NoFacts);
        assert_eq!((revision.revision, revision.state, revision.keeper), (2, State::Deployed, Keeper::Helm));
        assert_eq!((revision.source.name.as_str(), revision.source.version.as_str()), ("nginx", "1.2.3"));
        assert_eq!(revision.inventory.len(), 1);
        assert_eq!(revision.inventory[0].key.to_string(), "shop/ConfigMap/a");
    }

    #[test]
    fn what_is_not_known_survives_a_change_of_status() {
        let mut record = record();
        if let Value::Map(raw) = &mut record.raw {
            Arc::make_mut(raw).insert("future", Value::from(true));
        }
        record.set_status("superseded", "");
        let read = HelmRecord::decode(&record.encode(0), 1 << 20).expect("a record");
        assert_eq!(read.status(), "superseded");
        assert_eq!(read.raw.get("future"), Some(&Value::Bool(true)));
    }

    #[test]
    fn states_follow_helms_words() {
        assert_eq!(state("pending-upgrade"), State::Applying);
        assert_eq!(state("uninstalling"), State::Deleting);
        assert_eq!(state("whatever"), State::Failed);
        for one in [State::Applying, State::Deployed, State::Failed, State::Superseded, State::Deleting, State::Deleted]
        {
            assert_eq!(state(status(one)), one);
        }
    }
}
