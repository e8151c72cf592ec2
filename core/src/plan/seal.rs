//! Secret data, replaced by digests.
//!
//! A plan file must be fit to be reviewed and passed on, so what Secrets hold does not stand in it. Each value gives way
//! to a salted SHA-256, from which whoever has the value can tell that it is the same one, and nobody can read it. A
//! short or common value can be guessed from its digest all the same: a plan file is not public.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use ecow::{EcoString, eco_format};
use sha2::{Digest, Sha256};

use super::noise::LAST_APPLIED;
use crate::value::{Map, Value};

const PREFIX: &str = "sealed:sha256:";

/// Whether a text stands for a value that was sealed.
pub fn is_sealed(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|digest| digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Returns an object in which the data of a Secret is sealed; any other object as it is. What is sealed already stays.
pub fn seal(object: &Value, salt: &[u8]) -> Value {
    if !is_secret(object) {
        return object.clone();
    }
    map_secret(object, &mut |key, value| match value {
        Value::Str(text) if is_sealed(text) => value.clone(),
        value => digest(salt, key, value).into(),
    })
}

fn is_secret(object: &Value) -> bool {
    let text = |key| object.get(key).and_then(Value::as_str);
    text("kind") == Some("Secret") && text("apiVersion") == Some("v1")
}

fn digest(salt: &[u8], key: &str, value: &Value) -> EcoString {
    let text = match value {
        Value::Str(text) => text.to_string(),
        other => serde_json::to_string(other).unwrap_or_default(),
    };
    let mut hash = Sha256::new();
    // The salt has one length in a plan; the key ends at a byte that no key holds.
    hash.update(salt);
    hash.update(key.as_bytes());
    hash.update([0]);
    hash.update(text.as_bytes());
    eco_format!("{PREFIX}{}", HEXLOWER.encode(&hash.finalize()))
}

// Maps each value that a Secret holds, by `data.KEY`, `stringData.KEY` or the annotation's name.
fn map_secret(object: &Value, change: &mut dyn FnMut(&str, &Value) -> Value) -> Value {
    let Some(map) = object.as_map() else { return object.clone() };
    let mut out = Map::clone(map);
    for place in ["data", "stringData"] {
        match out.get_mut(place) {
            Some(Value::Map(values)) => {
                for (key, value) in Arc::make_mut(values).iter_mut() {
                    *value = change(&format!("{place}.{key}"), value);
                }
            }
            Some(Value::Null) | None => {}
            Some(other) => *other = change(place, other),
        }
    }
    if let Some(Value::Map(metadata)) = out.get_mut("metadata")
        && let Some(Value::Map(annotations)) = Arc::make_mut(metadata).get_mut("annotations")
        && let Some(copy) = Arc::make_mut(annotations).get_mut(LAST_APPLIED)
    {
        *copy = change(LAST_APPLIED, copy);
    }
    out.into()
}

/// Why a sealed object cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealError {
    /// The source has no such object.
    NoSource,
    /// The source has another value, or none, for these fields.
    Differs(Vec<String>),
}

/// Returns a sealed object with the values of its source in the place of their digests.
///
/// # Errors
/// Where the source is not there, or has values of which the digests are not those that were sealed.
pub fn unseal(sealed: &Value, source: Option<&Value>, salt: &[u8]) -> Result<Value, SealError> {
    let mut any = false;
    let mut wrong = Vec::new();
    let opened = map_secret(sealed, &mut |key, value| {
        let Value::Str(text) = value else { return value.clone() };
        if !is_sealed(text) {
            return value.clone();
        }
        any = true;
        let known = source.and_then(|source| source_value(source, key));
        match known.filter(|known| digest(salt, key, known) == *text) {
            Some(known) => known.clone(),
            None => {
                wrong.push(key.to_owned());
                value.clone()
            }
        }
    });
    match (any, source, wrong.is_empty()) {
        (true, None, _) => Err(SealError::NoSource),
        (true, Some(_), false) => Err(SealError::Differs(wrong)),
        _ => Ok(opened),
    }
}

fn source_value<'a>(source: &'a Value, key: &str) -> Option<&'a Value> {
    if key == LAST_APPLIED {
        return source.get("metadata")?.get("annotations")?.get(key);
    }
    let (place, key) = key.split_once('.')?;
    source.get(place)?.get(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::yaml;

    const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{p: aGVsbG8=}', a: b}\ndata: {p: aGVsbG8=, q: d29ybGQ=}\nstringData: {r: plain}\n";

    #[test]
    fn nothing_of_the_data_is_left_and_the_source_brings_it_back() {
        let secret = yaml(SECRET);
        let sealed = seal(&secret, b"salt");
        let text = serde_json::to_string(&sealed).expect("JSON");
        for hidden in ["aGVsbG8", "d29ybGQ", "plain"] {
            assert!(!text.contains(hidden), "{text}");
        }
        assert!(text.contains("\"a\":\"b\""));
        assert_eq!(seal(&sealed, b"salt"), sealed, "sealed twice is sealed once");
        assert_eq!(unseal(&sealed, Some(&secret), b"salt"), Ok(secret));
    }

    #[test]
    fn another_source_or_none_is_refused_by_name() {
        let sealed = seal(&yaml(SECRET), b"salt");
        let other = yaml(&SECRET.replace("d29ybGQ=", "bW9uZGU="));
        assert_eq!(unseal(&sealed, Some(&other), b"salt"), Err(SealError::Differs(vec!["data.q".to_owned()])));
        assert_eq!(unseal(&sealed, None, b"salt"), Err(SealError::NoSource));
        let wrong_salt = unseal(&sealed, Some(&yaml(SECRET)), b"other");
        assert!(matches!(wrong_salt, Err(SealError::Differs(keys)) if keys.len() == 4));
    }

    #[test]
    fn one_value_in_two_places_has_two_digests() {
        let sealed = seal(&yaml("apiVersion: v1\nkind: Secret\ndata: {a: eA==, b: eA==}\n"), b"s");
        let data = sealed.get("data").expect("data");
        assert_ne!(data.get("a"), data.get("b"));
    }

    #[test]
    fn other_objects_stay_as_they_are() {
        for text in
            ["apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n", "apiVersion: x.io/v1\nkind: Secret\ndata: {a: b}\n"]
        {
            let object = yaml(text);
            assert_eq!(seal(&object, b"s"), object);
            assert_eq!(unseal(&object, None, b"s"), Ok(object));
        }
    }
}
