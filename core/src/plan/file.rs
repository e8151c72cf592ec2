//! A plan as a file: versioned, fit for review, and complete enough to be carried out elsewhere.
//!
//! The file is YAML: what is done to each object in order, the exact manifest, and what the plan relies on of the live
//! object. Secret data is sealed ([`super::seal()`]) unless the caller asks for it. A digest over everything else stands
//! at the end, so that a file that was cut or edited is refused.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use ecow::{EcoString, eco_format};
use sha2::{Digest, Sha256};

use super::conflict::Conflict;
use super::lookup::Lookup;
use super::policy::Settlement;
use super::release::SourceName;
use super::seal::{SealError, seal, unseal};
use super::select::FieldPattern;
use super::steps::{Action, Basis, HookPolicy, Phase, Plan, PlannedChange, ReleaseName, Relied, Step};
use crate::diff::{ChangeKind, FieldPath};
use crate::object::{Gvk, ObjectKey, ObjectSet, Read};
use crate::value::{Map, Value};
use crate::yaml::{Dialect, Emitter};

/// The version of the format that is written, and the only one that is read.
pub const API_VERSION: &str = "rhumb.dev/v1alpha1";

/// Whether secret data stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// Digests stand in its place.
    Sealed,
    /// It does, in clear: the file must be kept like a Secret.
    Included,
}

/// A plan that was read, with the salt of its digests.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanFile {
    /// The plan; Secrets may be sealed in it.
    pub plan: Plan,
    /// The salt.
    pub salt: Vec<u8>,
}

/// Returns the tree of a plan file. `salt` should be random; it stands in the file.
pub fn to_value(plan: &Plan, salt: &[u8], secrets: Secrets) -> Value {
    let cover = |value: &Value| if secrets == Secrets::Sealed { seal(value, salt) } else { value.clone() };
    let steps: Vec<Value> = plan.steps.iter().map(|step| write_step(step, salt, &cover)).collect();
    let lookups: Vec<Value> = plan
        .lookups
        .iter()
        .map(|lookup| {
            object([
                ("apiVersion", lookup.read.gvk.api_version().into()),
                ("kind", lookup.read.gvk.kind.clone().into()),
                ("namespace", lookup.read.namespace.clone().into()),
                ("name", lookup.read.name.clone().into()),
                ("digest", lookup.digest.clone().into()),
            ])
        })
        .collect();
    let mut file = map([
        ("apiVersion", API_VERSION.into()),
        ("kind", "Plan".into()),
        ("release", plan.release.to_string().into()),
        ("revision", plan.revision.into()),
        ("manager", plan.manager.clone().into()),
        (
            "cluster",
            object([("uid", plan.cluster_uid.clone().into()), ("version", plan.server_version.clone().into())]),
        ),
        ("salt", HEXLOWER.encode(salt).into()),
        ("source", plan.source.to_value()),
        ("lookups", lookups.into()),
        ("steps", steps.into()),
    ]);
    let digest = digest(&file);
    file.insert("digest", digest.into());
    file.into()
}

/// Returns the text of a plan file.
pub fn to_text(plan: &Plan, salt: &[u8], secrets: Secrets) -> String {
    // In the order of the keys above: what is reviewed first stands first, the digest last.
    Emitter { dialect: Dialect::Sigs, sort_keys: false }.write(&to_value(plan, salt, secrets))
}

/// Returns a digest of a value that does not depend on the order of its keys.
pub fn digest_of(value: &Value) -> EcoString {
    let mut hash = Sha256::new();
    feed(value, &mut hash);
    eco_format!("sha256:{}", HEXLOWER.encode(&hash.finalize()))
}

// The digest of a file is over all of it but itself.
fn digest(file: &Map) -> EcoString {
    let rest: Map = file.iter().filter(|(key, _)| *key != "digest").map(|(k, v)| (k.clone(), v.clone())).collect();
    digest_of(&rest.into())
}

// Every value is fed with its kind and its length, so that no two trees give the same bytes.
fn feed(value: &Value, hash: &mut Sha256) {
    let mut text = |kind: u8, text: &str| {
        hash.update([kind]);
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    match value {
        Value::Null => text(b'n', ""),
        Value::Bool(b) => text(b'b', if *b { "true" } else { "false" }),
        Value::Int(i) => text(b'i', &i.to_string()),
        Value::UInt(u) => text(b'i', &u.to_string()),
        Value::Float(f) => text(b'f', &format!("{f:?}")),
        Value::Str(s) => text(b's', s),
        Value::Seq(items) => {
            text(b'[', &items.len().to_string());
            items.iter().for_each(|item| feed(item, hash));
        }
        Value::Map(map) => {
            text(b'{', &map.len().to_string());
            let sorted: BTreeMap<&EcoString, &Value> = map.iter().collect();
            for (key, value) in sorted {
                feed(&Value::Str(key.clone()), hash);
                feed(value, hash);
            }
        }
    }
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Map {
    entries.into_iter().collect()
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Map::of_what_says(entries).into()
}

fn texts(names: &[EcoString]) -> Value {
    names.iter().map(|name| Value::Str(name.clone())).collect::<Vec<_>>().into()
}

fn write_step(step: &Step, salt: &[u8], cover: &dyn Fn(&Value) -> Value) -> Value {
    let relied = step.relied.as_ref().map(|relied| {
        let owners: Map = relied.owners.iter().map(|(path, names)| (path.as_str(), texts(names))).collect();
        // What is there is never shown: whoever applies the plan has the wish, not the secret that was there before.
        let live = seal(&relied.object, salt);
        object([("uid", relied.uid.clone().into()), ("owners", owners.into()), ("object", live)])
    });
    let (local, basis) = match &step.basis {
        Basis::Server => (false, EcoString::new()),
        Basis::Local(reason) => (true, reason.clone()),
        Basis::Known => (true, "nothing about it was in doubt".into()),
    };
    let hook = step.hook.map(|hook| {
        let words = [
            (hook.before_creation, "before-hook-creation"),
            (hook.succeeded, "hook-succeeded"),
            (hook.failed, "hook-failed"),
        ];
        let words = words.iter().filter(|(on, _)| *on).map(|(_, word)| Value::from(*word));
        object([("deletePolicy", words.collect::<Vec<_>>().into())])
    });
    object([
        ("action", step.action.as_str().into()),
        ("phase", step.phase.as_str().into()),
        ("level", Value::from(u64::from(step.level))),
        ("apiVersion", step.gvk.api_version().into()),
        ("kind", step.gvk.kind.clone().into()),
        ("namespace", step.key.namespace.clone().into()),
        ("name", step.key.name.clone().into()),
        ("awaited", step.awaited.into()),
        ("force", step.force.into()),
        ("workedOutLocally", local.into()),
        ("because", basis.into()),
        ("handOver", texts(&step.hand_over)),
        ("hook", hook.unwrap_or_default()),
        ("changes", step.changes.iter().map(write_change).collect::<Vec<_>>().into()),
        ("conflicts", step.conflicts.iter().map(write_conflict).collect::<Vec<_>>().into()),
        ("manifest", step.manifest.as_ref().map(cover).unwrap_or_default()),
        ("live", relied.unwrap_or_default()),
    ])
}

fn write_change(change: &PlannedChange) -> Value {
    let mut out = map([("path", change.path.to_string().into())]);
    for (key, value) in [("before", &change.before), ("after", &change.after)] {
        if let Some(value) = value {
            out.insert(key, value.clone());
        }
    }
    if !change.owners.is_empty() {
        out.insert("owners", texts(&change.owners));
    }
    out.into()
}

fn write_conflict(conflict: &Conflict) -> Value {
    object([
        ("path", conflict.path.to_string().into()),
        ("manager", conflict.manager.clone().into()),
        ("since", conflict.since.clone().into()),
        ("settle", conflict.settlement.map_or("", Settlement::as_str).into()),
    ])
}

/// Reads the tree of a plan file.
///
/// # Errors
/// When it is none, is of another version, was cut or edited, or lacks something; with the reason, for a message.
pub fn from_value(file: &Value) -> Result<PlanFile, String> {
    let map = file.as_map().ok_or("it is no plan: a plan is a map")?;
    if text(file, "kind") != "Plan" {
        return Err("it is no plan: its kind is not `Plan`".to_owned());
    }
    let version = text(file, "apiVersion");
    if version != API_VERSION {
        return Err(format!("it is a plan of version `{version}`, and this program reads `{API_VERSION}`"));
    }
    if text(file, "digest") != digest(map) {
        return Err("its digest does not fit its content: it was edited or cut".to_owned());
    }
    let salt = HEXLOWER.decode(text(file, "salt").as_bytes()).map_err(|_| "its salt is not hexadecimal")?;
    let release = text(file, "release");
    let (namespace, name) = release.split_once('/').ok_or("its release is not written as `NAMESPACE/NAME`")?;
    let cluster = file.get("cluster").cloned().unwrap_or_default();
    let steps = file.get("steps").and_then(Value::as_seq).ok_or("it has no steps")?;
    let plan = Plan {
        release: ReleaseName { namespace: namespace.into(), name: name.into() },
        revision: file
            .get("revision")
            .and_then(Value::as_i64)
            .and_then(|n| n.try_into().ok())
            .ok_or("it has no revision")?,
        manager: text(file, "manager").into(),
        cluster_uid: text(&cluster, "uid").into(),
        server_version: text(&cluster, "version").into(),
        source: file.get("source").map(SourceName::from_value).unwrap_or_default(),
        lookups: list(file, "lookups").iter().map(read_lookup).collect(),
        steps: steps
            .iter()
            .enumerate()
            .map(|(place, step)| read_step(step).map_err(|reason| format!("step {}: {reason}", place + 1)))
            .collect::<Result<_, _>>()?,
    };
    Ok(PlanFile { plan, salt })
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_seq).unwrap_or_default()
}

fn names(value: &Value, key: &str) -> Vec<EcoString> {
    list(value, key).iter().filter_map(Value::as_str).map(EcoString::from).collect()
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or_default()
}

fn read_lookup(value: &Value) -> Lookup {
    let read = Read {
        gvk: Gvk::new(text(value, "apiVersion"), text(value, "kind")),
        namespace: text(value, "namespace").into(),
        name: text(value, "name").into(),
    };
    Lookup { read, digest: text(value, "digest").into() }
}

fn read_step(value: &Value) -> Result<Step, String> {
    let action = Action::parse(text(value, "action")).ok_or("it has no action that is known")?;
    let phase = Phase::parse(text(value, "phase")).ok_or("it has no phase that is known")?;
    let gvk = Gvk::new(text(value, "apiVersion"), text(value, "kind"));
    let key = ObjectKey {
        group: gvk.group.clone(),
        kind: gvk.kind.clone(),
        namespace: text(value, "namespace").into(),
        name: text(value, "name").into(),
    };
    if gvk.kind.is_empty() || key.name.is_empty() {
        return Err("it names no object".to_owned());
    }
    let mut step = Step::new(key, gvk, action, phase);
    let level = value.get("level").and_then(Value::as_i64).and_then(|level| level.try_into().ok());
    step.level = level.ok_or("it has no level")?;
    step.awaited = flag(value, "awaited");
    step.force = flag(value, "force");
    if flag(value, "workedOutLocally") {
        step.basis = Basis::Local(text(value, "because").into());
    }
    step.hand_over = names(value, "handOver");
    step.hook =
        value.get("hook").map(|hook| HookPolicy::parse(list(hook, "deletePolicy").iter().filter_map(Value::as_str)));
    step.changes = list(value, "changes").iter().map(read_change).collect::<Result<_, _>>()?;
    step.conflicts = list(value, "conflicts").iter().map(read_conflict).collect::<Result<_, _>>()?;
    step.manifest = value.get("manifest").cloned();
    if step.manifest.is_none() && matches!(action, Action::Create | Action::Update | Action::Recreate | Action::RunHook)
    {
        return Err("it has no manifest".to_owned());
    }
    step.relied = value.get("live").map(|live| Relied {
        uid: text(live, "uid").into(),
        object: live.get("object").cloned().unwrap_or_default(),
        owners: live
            .get("owners")
            .and_then(Value::as_map)
            .map(|map| {
                map.iter()
                    .map(|(path, _)| (path.to_string(), names(live.get("owners").unwrap_or(&Value::Null), path)))
                    .collect()
            })
            .unwrap_or_default(),
    });
    Ok(step)
}

fn read_path(value: &Value) -> Result<FieldPath, String> {
    FieldPattern::parse(text(value, "path"))?.exact().ok_or_else(|| "a path of a change is a pattern".to_owned())
}

fn read_change(value: &Value) -> Result<PlannedChange, String> {
    let (before, after) = (value.get("before").cloned(), value.get("after").cloned());
    let kind = match (&before, &after) {
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Removed,
        _ => ChangeKind::Changed,
    };
    Ok(PlannedChange { path: read_path(value)?, kind, before, after, owners: names(value, "owners") })
}

fn read_conflict(value: &Value) -> Result<Conflict, String> {
    Ok(Conflict {
        path: read_path(value)?,
        manager: text(value, "manager").into(),
        since: text(value, "since").into(),
        settlement: Settlement::parse(text(value, "settle")),
    })
}

/// Puts the values of a source in the place of the digests in a plan that was read.
///
/// # Errors
/// With each Secret that the source lacks or has another value of.
pub fn open(file: PlanFile, source: &ObjectSet) -> Result<Plan, Vec<(ObjectKey, SealError)>> {
    let PlanFile { mut plan, salt } = file;
    let mut by_name: BTreeMap<(EcoString, EcoString), Vec<(EcoString, Value)>> = BTreeMap::new();
    for object in source.objects().filter(|object| object.gvk.kind == "Secret") {
        let key = object.key();
        by_name.entry((key.kind, key.name)).or_default().push((key.namespace, object.node.to_value()));
    }
    let namespace = plan.release.namespace.clone();
    let mut wrong = Vec::new();
    for step in &mut plan.steps {
        let Some(manifest) = &step.manifest else { continue };
        // An object without a namespace lives in that of the release.
        let is_there =
            |own: &EcoString| *own == step.key.namespace || (own.is_empty() && step.key.namespace == namespace);
        let candidates = by_name.get(&(step.key.kind.clone(), step.key.name.clone()));
        let source = candidates.and_then(|all| all.iter().find(|(own, _)| is_there(own)));
        match unseal(manifest, source.map(|(_, object)| object), &salt) {
            Ok(manifest) => step.manifest = Some(manifest),
            Err(error) => wrong.push((step.key.clone(), error)),
        }
    }
    if wrong.is_empty() { Ok(plan) } else { Err(wrong) }
}
