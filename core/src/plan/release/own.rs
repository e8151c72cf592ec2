//! Rhumb's own records.
//!
//! The format, version 1. A revision is one Secret of the type `rhumb.dev/release.v1` in the namespace of the release,
//! called `rhumb.release.v1.NAME.vREVISION`, with the labels `rhumb.dev/owner: rhumb`, `rhumb.dev/name`,
//! `rhumb.dev/revision`, `rhumb.dev/state` and `rhumb.dev/parts`. Its `data.release` is compressed JSON:
//!
//! | key | what it is |
//! |---|---|
//! | `format` | `rhumb.dev/release.v1` |
//! | `name`, `namespace`, `revision`, `state` | as in the labels |
//! | `started`, `updated` | RFC 3339 |
//! | `description`, `notes` | texts |
//! | `source` | `kind`, `name`, `version`, `appVersion` of what it was made of |
//! | `values` | the values over the source's own |
//! | `manifests` | the objects as they were applied |
//! | `inventory` | `apiVersion`, `kind`, `namespace`, `name`, `uid` of what exists or was about to |
//!
//! A record of more than 1 MB is split: the Secrets `….p2`, `….p3` and so on carry the label `rhumb.dev/part` and hold the
//! bytes that follow. They are written before the first one, which says how many there are: a record whose first
//! Secret is there is complete.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use ecow::{EcoString, eco_format};

use super::pack::{RecordError, data, pack, unpack};
use super::{Keeper, Revision, SourceName, State};
use crate::object::{Gvk, ObjectKey};
use crate::plan::inventory::Entry;
use crate::plan::steps::ReleaseName;
use crate::value::{Map, Value};

/// The type of the Secrets, and the name of the format.
pub const TYPE: &str = "rhumb.dev/release.v1";
/// The label that all records have; its value is `rhumb`.
pub const OWNER_LABEL: &str = "rhumb.dev/owner";
/// The label with the name of the release.
pub const NAME_LABEL: &str = "rhumb.dev/name";
/// The label with the number of the revision.
pub const REVISION_LABEL: &str = "rhumb.dev/revision";
/// The label with the state.
pub const STATE_LABEL: &str = "rhumb.dev/state";
/// The label with the number of parts.
pub const PARTS_LABEL: &str = "rhumb.dev/parts";
/// The label with the number of a part, from 2.
pub const PART_LABEL: &str = "rhumb.dev/part";

// An object may have 1.5 MiB, as etcd takes it, and base64 adds a third.
const PART_BYTES: usize = 700_000;

/// Returns the Secrets of a revision in the order in which they are written: the first part last.
pub fn encode(revision: &Revision) -> Vec<Value> {
    let bytes = pack(&record(revision));
    let chunks: Vec<&[u8]> = bytes.chunks(PART_BYTES).collect();
    let parts = chunks.len();
    let secret = |(place, chunk): (usize, &&[u8])| {
        let mut labels = Map::new();
        labels.insert(OWNER_LABEL, "rhumb".into());
        labels.insert(NAME_LABEL, revision.release.name.clone().into());
        labels.insert(REVISION_LABEL, revision.revision.to_string().into());
        let mut name = secret_name(&revision.release.name, revision.revision);
        match place {
            0 => {
                labels.insert(STATE_LABEL, revision.state.as_str().into());
                labels.insert(PARTS_LABEL, parts.to_string().into());
            }
            place => {
                labels.insert(PART_LABEL, (place + 1).to_string().into());
                name = eco_format!("{name}.p{}", place + 1);
            }
        }
        let metadata = map([
            ("name", name.into()),
            ("namespace", revision.release.namespace.clone().into()),
            ("labels", labels.into()),
        ]);
        map([
            ("apiVersion", "v1".into()),
            ("kind", "Secret".into()),
            ("metadata", metadata),
            ("type", TYPE.into()),
            ("data", map([("release", BASE64.encode(chunk).into())])),
        ])
    };
    let mut secrets: Vec<Value> = chunks.iter().enumerate().map(secret).collect();
    secrets.reverse();
    secrets
}

/// Returns the name of the first Secret of a revision.
pub fn secret_name(name: &str, revision: u64) -> EcoString {
    eco_format!("rhumb.release.v1.{name}.v{revision}")
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    entries.into_iter().collect::<Map>().into()
}

fn record(revision: &Revision) -> Value {
    let entry = |entry: &Entry| {
        map([
            ("apiVersion", entry.gvk.api_version().into()),
            ("kind", entry.gvk.kind.clone().into()),
            ("namespace", entry.key.namespace.clone().into()),
            ("name", entry.key.name.clone().into()),
            ("uid", entry.uid.clone().into()),
        ])
    };
    map([
        ("format", TYPE.into()),
        ("name", revision.release.name.clone().into()),
        ("namespace", revision.release.namespace.clone().into()),
        ("revision", revision.revision.into()),
        ("state", revision.state.as_str().into()),
        ("started", revision.started.clone().into()),
        ("updated", revision.updated.clone().into()),
        ("description", revision.description.clone().into()),
        ("source", revision.source.to_value()),
        ("values", revision.values.clone()),
        ("manifests", revision.manifests.clone().into()),
        ("inventory", revision.inventory.iter().map(entry).collect::<Vec<_>>().into()),
        ("notes", revision.notes.clone().into()),
    ])
}

/// Reads the records among Secrets, in the order of their revisions; parts find their record by name. Each record that
/// cannot be read is told with the name of its Secret. `limit` bounds what a record may unpack to.
pub fn decode(secrets: &[Value], limit: usize) -> (Vec<Revision>, Vec<(EcoString, RecordError)>) {
    let name = |secret: &Value| {
        EcoString::from(secret.get("metadata").and_then(|metadata| metadata.get("name")?.as_str()).unwrap_or_default())
    };
    let by_name: BTreeMap<EcoString, &Value> = secrets.iter().map(|secret| (name(secret), secret)).collect();
    let mut revisions = Vec::new();
    let mut broken = Vec::new();
    for (name, secret) in &by_name {
        let is_first = secret.get("type").and_then(Value::as_str) == Some(TYPE) && label(secret, PART_LABEL).is_empty();
        if !is_first {
            continue;
        }
        match decode_one(name, secret, &by_name, limit) {
            Ok(revision) => revisions.push(revision),
            Err(error) => broken.push((name.clone(), error)),
        }
    }
    revisions.sort_by_key(|revision: &Revision| revision.revision);
    (revisions, broken)
}

fn label<'a>(secret: &'a Value, name: &str) -> &'a str {
    secret.get("metadata").and_then(|metadata| metadata.get("labels")?.get(name)?.as_str()).unwrap_or_default()
}

fn decode_one(
    name: &EcoString,
    secret: &Value,
    all: &BTreeMap<EcoString, &Value>,
    limit: usize,
) -> Result<Revision, RecordError> {
    let parts: usize = label(secret, PARTS_LABEL).parse().unwrap_or(1);
    let mut bytes = data(secret, "release")?;
    for part in 2..=parts {
        let part_name = eco_format!("{name}.p{part}");
        let found = all.get(&part_name).ok_or(RecordError::Parts(part - 1, parts))?;
        bytes.extend(data(found, "release")?);
        if bytes.len() > limit {
            return Err(RecordError::TooLarge(limit));
        }
    }
    read(&unpack(&bytes, limit)?)
}

fn read(record: &Value) -> Result<Revision, RecordError> {
    let text = |value: &Value, key: &str| EcoString::from(value.get(key).and_then(Value::as_str).unwrap_or_default());
    let format = text(record, "format");
    if format != TYPE {
        return Err(RecordError::Format(format.into()));
    }
    let list = |key: &str| record.get(key).and_then(Value::as_seq).unwrap_or_default();
    let entry = |value: &Value| {
        let gvk = Gvk::new(&text(value, "apiVersion"), &text(value, "kind"));
        let key = ObjectKey {
            group: gvk.group.clone(),
            kind: gvk.kind.clone(),
            namespace: text(value, "namespace"),
            name: text(value, "name"),
        };
        Entry { key, gvk, uid: text(value, "uid") }
    };
    let revision = record.get("revision").and_then(Value::as_i64).and_then(|n| n.try_into().ok());
    Ok(Revision {
        release: ReleaseName { namespace: text(record, "namespace"), name: text(record, "name") },
        revision: revision.ok_or_else(|| RecordError::Shape("`revision`".to_owned()))?,
        state: State::parse(&text(record, "state")).ok_or_else(|| RecordError::Shape("a known `state`".to_owned()))?,
        started: text(record, "started"),
        updated: text(record, "updated"),
        description: text(record, "description"),
        source: record.get("source").map(SourceName::from_value).unwrap_or_default(),
        values: record.get("values").cloned().unwrap_or_default(),
        manifests: list("manifests").to_vec(),
        inventory: list("inventory").iter().map(entry).collect(),
        notes: text(record, "notes"),
        keeper: Keeper::Own,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::yaml;

    fn revision(manifest: Value) -> Revision {
        let gvk = Gvk::new("v1", "ConfigMap");
        let key =
            ObjectKey { group: EcoString::new(), kind: "ConfigMap".into(), namespace: "shop".into(), name: "a".into() };
        Revision {
            release: ReleaseName { namespace: "shop".into(), name: "web".into() },
            revision: 3,
            state: State::Applying,
            started: "2026-01-01T00:00:00Z".into(),
            source: SourceName { kind: "package".into(), name: "web".into(), ..SourceName::default() },
            values: yaml("{a: 1}\n"),
            manifests: vec![manifest],
            inventory: vec![Entry { key, gvk, uid: "u".into() }],
            ..Revision::default()
        }
    }

    #[test]
    fn a_record_is_read_back() {
        let revision = revision(yaml("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"));
        let secrets = encode(&revision);
        assert_eq!(secrets.len(), 1);
        assert_eq!(label(&secrets[0], STATE_LABEL), "applying");
        assert_eq!(decode(&secrets, 1 << 20), (vec![revision], Vec::new()));
    }

    #[test]
    fn a_large_record_is_split_and_nothing_of_it_may_be_missing() {
        // Text that does not compress.
        let mut state = 1_u64;
        let noise: String = (0..1_000_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(b'!' + u8::try_from(state >> 58).expect("6 bits"))
            })
            .collect();
        let revision = revision(Value::from(noise));
        let mut secrets = encode(&revision);
        assert!(secrets.len() >= 2, "{}", secrets.len());
        assert_eq!(label(secrets.last().expect("one"), PARTS_LABEL), secrets.len().to_string());
        assert_eq!(decode(&secrets, 1 << 22).0, [revision]);
        let parts = secrets.len();
        secrets.remove(0);
        let (read, broken) = decode(&secrets, 1 << 22);
        assert!(read.is_empty());
        assert_eq!(broken[0].1, RecordError::Parts(parts - 1, parts));
    }

    #[test]
    fn what_is_no_record_is_told_or_passed_over() {
        assert_eq!(decode(&[yaml("metadata: {name: x}\ntype: Opaque\n")], 100), (Vec::new(), Vec::new()));
        let secret = |data: &str| yaml(&format!("metadata: {{name: x}}\ntype: {TYPE}\ndata: {{{data}}}\n"));
        let error = |data: &str| decode(&[secret(data)], 1000).1.remove(0).1;
        assert!(matches!(error(""), RecordError::Shape(_)));
        assert!(matches!(error("release: '%%'"), RecordError::Data(_)));
        assert_eq!(error("release: e30="), RecordError::Format(String::new()));
    }
}
