//! What server-side apply would make of an object, worked out here.
//!
//! Used where the server cannot be asked: the namespace or the definition of the kind comes with the same plan, or the
//! account may not write. It follows <https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy>
//! without defaults, admission and validation, which only the server knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::EcoString;

use super::managed::{FieldSet, ManagedEntry, Ownership, Writing, scalar_text};
use super::noise::LAST_APPLIED;
use super::place::{at, names};
use crate::diff::FieldStep;
use crate::object::{Gvk, ListType, TypeFacts, TypeRef};
use crate::value::{Map, Value};

/// Returns what becomes of a live object when a manager applies `desired`: its fields go in, what the manager alone
/// owned and no longer names goes out, all else stays. Entries for which `is_mine` says yes are the manager's.
pub fn predict(
    live: &Value,
    desired: &Value,
    is_mine: &dyn Fn(&ManagedEntry) -> bool,
    gvk: &Gvk,
    facts: &dyn TypeFacts,
) -> Value {
    merge(&without_released(live, desired, is_mine), desired, facts.root(gvk), facts)
}

/// Returns a live object without what its manager alone owned and `desired` no longer names.
pub(super) fn without_released(live: &Value, desired: &Value, is_mine: &dyn Fn(&ManagedEntry) -> bool) -> Value {
    let owners = Ownership::of(live);
    let mut mine = FieldSet::default();
    let mut others: Vec<&FieldSet> = Vec::new();
    for entry in &owners.0 {
        match is_mine(entry) {
            true => mine.merge(&written(entry, live)),
            false => others.push(&entry.fields),
        }
    }
    match mine.is_empty() {
        true => live.clone(),
        false => release(live, Some(desired), &mine, &others).unwrap_or_default(),
    }
}

// What a manager wrote itself. Whoever applies on the server's side owns just that; an update owns as well what the server
// filled in on the way, and what of it was written only the copy tells that client-side `kubectl apply` keeps. Without
// one nothing is known to be written: better a field that stays unnoticed than defaults that seem to go.
fn written(entry: &ManagedEntry, live: &Value) -> FieldSet {
    if entry.writing == Writing::Apply {
        return entry.fields.clone();
    }
    let copy = live.get("metadata").and_then(|metadata| metadata.get("annotations")?.get(LAST_APPLIED)?.as_str());
    let copy: Option<Value> = copy.and_then(|text| serde_json::from_str(text).ok());
    copy.map(|copy| entry.fields.within(&copy)).unwrap_or_default()
}

// Takes out of a value what is owned here alone and is not wished for any more; `None` where nothing is left of it.
fn release(live: &Value, desired: Option<&Value>, mine: &FieldSet, others: &[&FieldSet]) -> Option<Value> {
    let gone = |step: &FieldStep, value: &Value, wish: Option<&Value>| -> Option<Value> {
        let Some(set) = mine.child(step) else { return Some(value.clone()) };
        let others: Vec<&FieldSet> = others.iter().filter_map(|other| other.child(step)).collect();
        if set.children().next().is_some() && !matches!(value, Value::Map(_) | Value::Seq(_)) {
            return Some(value.clone());
        }
        if wish.is_none() && others.is_empty() {
            // The server takes out a field whose members are all released, with all that is inside, defaults included.
            return None;
        }
        if set.children().next().is_none() { Some(value.clone()) } else { release(value, wish, set, &others) }
    };
    match live {
        Value::Map(map) => {
            // Wishing for null takes a value away; where there is none, the null itself is what was wished for.
            let wished = |key: &str, live: &Value| {
                desired.and_then(|desired| desired.get(key)).filter(|wish| !wish.is_null() || live.is_null())
            };
            let left = map.iter().filter_map(|(key, value)| {
                Some((key.clone(), gone(&FieldStep::Key(key.clone()), value, wished(key, value))?))
            });
            Some(left.collect::<Map>().into())
        }
        Value::Seq(items) => {
            let left = items.iter().enumerate().filter_map(|(index, item)| {
                let Some(step) = mine.children().map(|(step, _)| step).find(|step| names(step, index, item)) else {
                    return Some(item.clone());
                };
                // An item that leaves a key to its default is not meant where another one names it.
                gone(step, item, desired.and_then(|desired| at(desired, std::slice::from_ref(step))))
            });
            Some(left.collect::<Vec<_>>().into())
        }
        other => Some(other.clone()),
    }
}

fn merge(live: &Value, desired: &Value, of: Option<TypeRef>, facts: &dyn TypeFacts) -> Value {
    if of.is_some_and(|of| facts.is_atomic(of)) {
        return desired.clone();
    }
    match (live, desired) {
        (Value::Map(live), Value::Map(desired)) => {
            let mut out = Map::clone(live);
            for (key, value) in desired.iter().filter(|(_, value)| !value.is_null()) {
                let of = of.and_then(|of| facts.field(of, key));
                let merged = out.get(key).map_or_else(|| value.clone(), |live| merge(live, value, of, facts));
                out.insert(key.clone(), merged);
            }
            out.into()
        }
        (Value::Seq(live), Value::Seq(desired)) => list(live, desired, of, facts),
        _ => desired.clone(),
    }
}

fn list(live: &Arc<Vec<Value>>, desired: &Arc<Vec<Value>>, of: Option<TypeRef>, facts: &dyn TypeFacts) -> Value {
    let item = of.and_then(|of| facts.item(of));
    match of.and_then(|of| facts.list_type(of)) {
        Some(ListType::Map(keys)) => by_keys(live, desired, &keys, item, facts),
        Some(ListType::Set) => {
            let mut out: Vec<Value> = Vec::clone(live);
            let there: std::collections::BTreeSet<EcoString> = live.iter().filter_map(scalar_text).collect();
            out.extend(desired.iter().filter(|item| scalar_text(item).is_none_or(|t| !there.contains(&t))).cloned());
            out.into()
        }
        _ => Value::Seq(desired.clone()),
    }
}

// Items that are there keep their place; new ones follow in their own order.
fn by_keys(
    live: &[Value],
    desired: &[Value],
    keys: &[EcoString],
    item: Option<TypeRef>,
    facts: &dyn TypeFacts,
) -> Value {
    // The first key tells most items apart; the other keys may be left to defaults.
    let Some(first) = keys.first() else { return desired.to_vec().into() };
    let name = |value: &Value| value.get(first).and_then(scalar_text);
    let mut places: BTreeMap<EcoString, Vec<usize>> = BTreeMap::new();
    for (place, value) in live.iter().enumerate() {
        if let Some(name) = name(value) {
            places.entry(name).or_default().push(place);
        }
    }
    let mut out = live.to_vec();
    for wish in desired {
        let same = |place: &&usize| {
            keys[1..].iter().all(|key| match (wish.get(key), live[**place].get(key)) {
                (Some(a), Some(b)) => scalar_text(a) == scalar_text(b),
                _ => true,
            })
        };
        let place = name(wish).and_then(|name| places.get(&name)?.iter().find(same).copied());
        match place {
            Some(place) => out[place] = merge(&out[place], wish, item, facts),
            None => out.push(wish.clone()),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{Facts, yaml};

    fn check(live: &str, desired: &str, want: &str) {
        let gvk = Gvk::new("v1", "Thing");
        let mut got = predict(&yaml(live), &yaml(desired), &|entry| entry.manager == "rhumb", &gvk, &Facts);
        if let Value::Map(map) = &mut got
            && let Some(Value::Map(metadata)) = Arc::make_mut(map).get_mut("metadata")
        {
            Arc::make_mut(metadata).remove("managedFields");
        }
        assert_eq!(got, yaml(want));
    }

    const OWNED: &str =
        "metadata:\n  name: a\n  managedFields:\n  - manager: rhumb\n    operation: Apply\n    fieldsV1: ";

    #[test]
    fn what_is_wished_goes_in_and_what_others_wrote_stays() {
        check(
            "metadata: {name: a}\nspec: {replicas: 3, paused: true}\n",
            "metadata: {name: a}\nspec: {replicas: 1, x: null}\n",
            "metadata: {name: a}\nspec: {replicas: 1, paused: true}\n",
        );
    }

    #[test]
    fn lists_merge_by_their_type() {
        check(
            "spec: {containers: [{name: a, image: x, tty: true}, {name: b}], finalizers: [p], args: [1, 2]}\n",
            "spec: {containers: [{name: c}, {name: a, image: j}], finalizers: [q, p], args: [3]}\n",
            "spec: {containers: [{name: a, image: j, tty: true}, {name: b}, {name: c}], finalizers: [p, q], args: [3]}\n",
        );
    }

    #[test]
    fn a_key_left_to_its_default_still_finds_its_item() {
        check(
            "ports: [{containerPort: 80, protocol: TCP, name: x}]\n",
            "ports: [{containerPort: 80, name: w}, {containerPort: 80, protocol: UDP}]\n",
            "ports: [{containerPort: 80, protocol: TCP, name: w}, {containerPort: 80, protocol: UDP}]\n",
        );
    }

    #[test]
    fn what_is_no_longer_wished_goes_out_unless_somebody_else_owns_it() {
        let fields = "{'f:spec': {'f:a': {}, 'f:b': {}, 'f:containers': {'k:{\"name\":\"x\"}': {'.': {}, 'f:name': {}, 'f:image': {}}}}}";
        let live = |others: &str| {
            format!(
                "{OWNED}{fields}\n{others}\
                 spec: {{a: 1, b: 2, c: 3, containers: [{{name: x, image: i}}, {{name: w}}]}}\n"
            )
        };
        check(&live(""), "metadata: {name: a}\nspec: {a: 1}\n", "metadata: {name: a}\nspec: {a: 1, c: 3}\n");
        let other = "  - manager: other\n    operation: Update\n    fieldsV1: {'f:spec': {'f:b': {}}}\n";
        check(&live(other), "metadata: {name: a}\nspec: {a: 1}\n", "metadata: {name: a}\nspec: {a: 1, b: 2, c: 3}\n");
    }

    #[test]
    fn a_key_that_is_named_stays_where_another_item_leaves_it_to_its_default() {
        let item = |protocol: &str, fields: &str| {
            format!(
                "'k:{{\"containerPort\":53,\"protocol\":\"{protocol}\"}}': {{'.': {{}}, 'f:containerPort': {{}}{fields}}}"
            )
        };
        let fields = format!("{{'f:ports': {{{}, {}}}}}", item("TCP", ""), item("UDP", ", 'f:protocol': {}"));
        let ports = "ports: [{containerPort: 53, protocol: TCP}, {containerPort: 53, protocol: UDP}]\n";
        check(
            &format!("{OWNED}{fields}\n{ports}"),
            "metadata: {name: a}\nports: [{containerPort: 53}, {containerPort: 53, protocol: UDP}]\n",
            &format!("metadata: {{name: a}}\n{ports}"),
        );
    }

    #[test]
    fn a_null_that_is_wished_for_stays_and_a_value_goes_for_it() {
        let live = |value: &str| format!("{OWNED}{{'f:rules': {{}}}}\nrules: {value}\n");
        check(&live("null"), "metadata: {name: a}\nrules: null\n", "metadata: {name: a}\nrules: null\n");
        check(&live("[1]"), "metadata: {name: a}\nrules: null\n", "metadata: {name: a}\n");
        check(&live("null"), "metadata: {name: a}\n", "metadata: {name: a}\n");
    }

    #[test]
    fn an_item_goes_whole_unless_others_own_something_in_it() {
        let fields = "{'f:spec': {'f:containers': {'k:{\"name\":\"x\"}': {'.': {}, 'f:name': {}, 'f:image': {}}}}}";
        let spec = "spec: {containers: [{name: x, image: i, default: 1}], w: 1}\n";
        check(&format!("{OWNED}{fields}\n{spec}"), "metadata: {name: a}\n", "metadata: {name: a}\n");
        check(
            &format!("{OWNED}{fields}\n{spec}"),
            "metadata: {name: a}\nspec: {z: 1}\n",
            "metadata: {name: a}\nspec: {w: 1, z: 1}\n",
        );
        let other = "  - manager: other\n    operation: Update\n    fieldsV1: {'f:spec': {'f:containers': {'k:{\"name\":\"x\"}': {'f:default': {}}}}}\n";
        check(
            &format!("{OWNED}{fields}\n{other}{spec}"),
            "metadata: {name: a}\n",
            "metadata: {name: a}\nspec: {containers: [{default: 1}], w: 1}\n",
        );
    }
}
