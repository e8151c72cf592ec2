//! Merging of maps, as values files and JSON merge patches merge.

use std::sync::Arc;

use super::{Map, Value};

/// What a null on the upper side does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// It takes the key away (RFC 7396, and Helm where values meet the defaults of a chart).
    Delete,
    /// It stays as a null and hides what is below (Helm between values files).
    Keep,
}

/// Returns `lower` with `upper` laid over it: maps merge key by key, everything else is replaced.
///
/// Keys of `lower` keep their place, new keys follow in the order of `upper`. Only the maps along the way are
/// copied. The depth is bounded by the parser that made the values.
pub fn merge(lower: &Value, upper: &Value, nulls: Nulls) -> Value {
    let (Value::Map(below), Value::Map(above)) = (lower, upper) else { return upper.clone() };
    let mut merged: Map = (**below).clone();
    let mut deleted = false;
    for (key, value) in above.iter() {
        match (value, merged.get_mut(key)) {
            (Value::Null, slot) if nulls == Nulls::Delete => {
                deleted |= slot.map(|slot| *slot = Value::Null).is_some();
            }
            (Value::Map(_), Some(slot @ Value::Map(_))) => *slot = merge(slot, value, nulls),
            (Value::Map(_), _) if nulls == Nulls::Delete => {
                merged.insert(key.clone(), merge(&Value::Map(Arc::default()), value, nulls));
            }
            _ => {
                merged.insert(key.clone(), value.clone());
            }
        }
    }
    if deleted {
        merged.retain(|key, value| !(value.is_null() && above.get(key).is_some_and(Value::is_null)));
    }
    merged.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        serde_json::from_str(text).expect("valid JSON in a test")
    }

    #[test]
    fn merging_follows_rfc_7396() {
        let merged = |a, b| merge(&json(a), &json(b), Nulls::Delete);
        assert_eq!(
            merged(r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{"b":null,"d":{"e":null}}}"#),
            json(r#"{"a":{"c":2,"d":{}}}"#)
        );
        assert_eq!(merged(r#"{"a":[1]}"#, r#"{"a":[2]}"#), json(r#"{"a":[2]}"#));
        assert_eq!(merged(r#"{"a":1}"#, r#"[1]"#), json("[1]"));
    }

    #[test]
    fn a_kept_null_hides_what_is_below() {
        assert_eq!(merge(&json(r#"{"a":{"b":1}}"#), &json(r#"{"a":null}"#), Nulls::Keep), json(r#"{"a":null}"#));
    }
}
