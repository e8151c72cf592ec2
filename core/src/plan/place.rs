//! Fields of a value by the paths that differences and managers name them with.

use ecow::EcoString;

use super::managed::scalar_text;
use super::select::{close, pairs};
use crate::diff::{FieldPath, FieldStep};
use crate::value::{Map, Value};

/// Whether a step leads to an item of a list; keys that the item leaves to a default count as right.
pub(super) fn names(step: &FieldStep, index: usize, item: &Value) -> bool {
    match step {
        FieldStep::Index(at) => *at == index,
        FieldStep::Item(pairs) => match pairs.as_slice() {
            [(key, value)] if key.is_empty() => scalar_text(item).as_ref() == Some(value),
            pairs => {
                let mut named = 0;
                pairs.iter().all(|(key, value)| match item.get(key).and_then(scalar_text) {
                    Some(text) => {
                        named += 1;
                        text == *value
                    }
                    None => true,
                }) && named > 0
            }
        },
        FieldStep::Key(_) => false,
    }
}

fn has_all_keys(step: &FieldStep, item: &Value) -> bool {
    match step {
        FieldStep::Item(pairs) => pairs.iter().all(|(key, _)| key.is_empty() || item.get(key).is_some()),
        FieldStep::Index(_) | FieldStep::Key(_) => true,
    }
}

/// Returns the field at a path.
pub(super) fn at<'a>(value: &'a Value, path: &[FieldStep]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match step {
        FieldStep::Key(key) => value.get(key),
        step => {
            let items = value.as_seq()?;
            let named = |&(index, item): &(usize, &Value)| names(step, index, item);
            // Of two items of which one leaves a key to its default, the one that names it is meant.
            let whole = items.iter().enumerate().filter(named).find(|(_, item)| has_all_keys(step, item));
            whole.or_else(|| items.iter().enumerate().find(named)).map(|(_, item)| item)
        }
    })
}

/// Returns a value with another field at a path, or with none. What leads to the field must be there; where it is not,
/// the value stays as it is.
pub(super) fn with(value: &Value, path: &[FieldStep], field: Option<&Value>) -> Value {
    let Some((step, rest)) = path.split_first() else { return field.cloned().unwrap_or_default() };
    let changed = |old: &Value| match (rest.is_empty(), field) {
        (true, None) => None,
        _ => Some(with(old, rest, field)),
    };
    match (value, step) {
        (Value::Map(map), FieldStep::Key(key)) => {
            let mut out = Map::clone(map);
            match map.get(key).map(changed) {
                Some(Some(new)) => drop(out.insert(key.clone(), new)),
                Some(None) => drop(out.remove(key)),
                None => {
                    if let (true, Some(field)) = (rest.is_empty(), field) {
                        out.insert(key.clone(), field.clone());
                    }
                }
            }
            out.into()
        }
        (Value::Seq(items), step) => {
            let item = |(index, item): (usize, &Value)| match names(step, index, item) {
                true => changed(item),
                false => Some(item.clone()),
            };
            items.iter().enumerate().filter_map(item).collect::<Vec<_>>().into()
        }
        _ => value.clone(),
    }
}

/// Reads a path as the API server writes it, `.spec.containers[name="web"].image`. Dots in keys are not marked there,
/// so the longest key that the object has counts.
pub(super) fn read(text: &str, object: &Value) -> Option<FieldPath> {
    let mut steps = Vec::new();
    let mut here = Some(object);
    let mut rest = text;
    while !rest.is_empty() {
        let step = if let Some(inner) = rest.strip_prefix('[') {
            let (inner, after) = close(inner)?;
            rest = after;
            match inner.parse() {
                Ok(index) => FieldStep::Index(index),
                Err(_) => FieldStep::Item(item(inner)?),
            }
        } else {
            let after = rest.strip_prefix('.').unwrap_or(rest);
            let key = key(after, here)?;
            rest = &after[key.len()..];
            FieldStep::Key(key)
        };
        here = here.and_then(|value| at(value, std::slice::from_ref(&step)));
        steps.push(step);
    }
    (!steps.is_empty()).then(|| FieldPath::new(steps))
}

// `="x"` is the item of a set, `name="web"` one with a key.
fn item(text: &str) -> Option<Vec<(EcoString, EcoString)>> {
    pairs(text)
}

fn key(text: &str, here: Option<&Value>) -> Option<EcoString> {
    let ends = |key: &&EcoString| {
        text.strip_prefix(key.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let known = here.and_then(Value::as_map).and_then(|map| map.keys().filter(ends).max_by_key(|key| key.len()));
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let key = known.map_or_else(|| EcoString::from(&text[..end]), EcoString::clone);
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{path, yaml};

    #[test]
    fn fields_are_found_replaced_and_taken_out() {
        let value = yaml("spec: {c: [{name: a, x: 1}, {name: b}], f: [p, q], l: [1, 2]}\n");
        let steps = path("spec.c[name=a].x");
        assert_eq!(at(&value, steps.steps()), Some(&Value::Int(1)));
        assert_eq!(
            with(&value, steps.steps(), None),
            yaml("spec: {c: [{name: a}, {name: b}], f: [p, q], l: [1, 2]}\n")
        );
        assert_eq!(
            with(&value, path("spec.f[=p]").steps(), None),
            yaml("spec: {c: [{name: a, x: 1}, {name: b}], f: [q], l: [1, 2]}\n")
        );
        assert_eq!(
            with(&value, path("spec.c[name=b].z").steps(), Some(&Value::Int(2))),
            yaml("spec: {c: [{name: a, x: 1}, {name: b, z: 2}], f: [p, q], l: [1, 2]}\n")
        );
        assert_eq!(with(&value, path("x.y").steps(), Some(&Value::Int(2))), value);
    }

    #[test]
    fn paths_of_the_server_are_read_along_the_object() {
        let object = yaml("metadata: {labels: {app.kubernetes.io/name: x}}\nspec: {c: [{name: 'a]', x: 1}]}\n");
        let read = |text| read(text, &object).map(|path| path.to_string());
        assert_eq!(
            read(".metadata.labels.app.kubernetes.io/name").as_deref(),
            Some("metadata.labels[\"app.kubernetes.io/name\"]")
        );
        assert_eq!(read(".spec.c[name=\"a]\"].x").as_deref(), Some("spec.c[name=a]].x"));
        assert_eq!(read(".spec.f[=\"p\"]").as_deref(), Some("spec.f[p]"));
        assert_eq!(
            read(".spec.ports[containerPort=80,protocol=\"TCP\"]").as_deref(),
            Some("spec.ports[containerPort=80,protocol=TCP]")
        );
        assert_eq!(read(".spec.l[2].x").as_deref(), Some("spec.l[2].x"));
        assert_eq!(read(""), None);
        assert_eq!(read(".spec["), None);
    }

    #[test]
    fn an_item_that_names_a_key_goes_before_one_that_leaves_it_to_a_default() {
        let value = yaml("ports: [{port: 1, name: tcp}, {port: 1, protocol: UDP, name: udp}]\n");
        let name = |text: &str| at(&value, path(text).steps()).and_then(|item| item.get("name")?.as_str());
        assert_eq!(name("ports[port=1,protocol=UDP]"), Some("udp"));
        assert_eq!(name("ports[port=1,protocol=TCP]"), Some("tcp"));
    }
}
