//! A look that tells that a schema is right by its draft without holding it against the draft's schema.
//!
//! That would take longer than everything else, and nearly all schemas are right. `true` is said only where there is
//! no doubt; a test holds both ways together.

use super::json::Json;
use super::library::{Draft, Holds};
use super::number::Decimal;
use super::usable::check_pattern;

/// Whether a schema and all that is below it is right beyond doubt.
pub(super) fn is_right(schema: &Json, draft: Draft) -> bool {
    // Rare drafts have rules of their own.
    if draft < Draft::D7 {
        return false;
    }
    match schema {
        Json::Bool(_) => true,
        Json::Object(entries) => entries.iter().all(|(keyword, value)| keyword_is_right(keyword, value, draft)),
        _ => false,
    }
}

fn keyword_is_right(keyword: &str, value: &Json, draft: Draft) -> bool {
    let schemas = |holds: Holds| {
        let list = matches!(value, Json::List(_)) && !value.as_list().is_some_and(<[Json]>::is_empty);
        let kind = match holds {
            Holds::Map => value.as_object().is_some(),
            Holds::List => list,
            Holds::SchemaOrList => draft < Draft::D2020 && list || !matches!(value, Json::List(_)),
            Holds::Schema => true,
            Holds::Nothing => false,
        };
        kind && holds.schemas(value).iter().all(|(_, schema)| is_right(schema, draft))
    };
    match keyword {
        "$schema" => value.as_text().is_some_and(|name| Draft::named(name).is_some()),
        "$ref" => value.as_text().is_some_and(is_plain_reference),
        "title" | "description" | "$comment" | "format" | "contentEncoding" | "contentMediaType" => {
            value.as_text().is_some()
        }
        "default" | "const" => true,
        "examples" => value.as_list().is_some(),
        "readOnly" | "uniqueItems" => value.as_bool().is_some(),
        "deprecated" | "writeOnly" => value.as_bool().is_some() || draft == Draft::D7 && keyword == "deprecated",
        "type" => match value {
            Json::List(types) => !types.is_empty() && types.iter().all(is_type) && are_distinct_texts(types),
            one => is_type(one),
        },
        "enum" => match value {
            Json::List(all) => draft >= Draft::D2019 || !all.is_empty() && are_distinct_texts(all),
            _ => false,
        },
        "required" => value.as_list().is_some_and(are_distinct_texts),
        "pattern" => value.as_text().is_some_and(|pattern| check_pattern(pattern).is_ok()),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => matches!(value, Json::Number(_)),
        "multipleOf" => matches!(value, Json::Number(n) if Decimal::parse(n) > Decimal::of(0.0)),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
            matches!(value, Json::Number(n) if n.bytes().all(|b| b.is_ascii_digit()))
        }
        "patternProperties" => {
            let entries = value.as_object().unwrap_or_default();
            schemas(Holds::Map) && entries.iter().all(|(pattern, _)| check_pattern(pattern).is_ok())
        }
        // These may hold lists of names as well, or name what others lead to.
        "dependencies" | "dependentRequired" | "$id" | "$anchor" | "$dynamicAnchor" | "$dynamicRef"
        | "$recursiveAnchor" | "$recursiveRef" | "$vocabulary" | "minContains" | "maxContains" => false,
        keyword => match draft.holds(keyword) {
            // What a draft does not know may be anything.
            Holds::Nothing => true,
            holds => schemas(holds),
        },
    }
}

fn is_plain_reference(reference: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'$' | b'_' | b'-' | b'.');
    reference.strip_prefix('#').is_some_and(|pointer| pointer.bytes().all(plain))
}

fn is_type(name: &Json) -> bool {
    let known = ["null", "boolean", "number", "integer", "string", "array", "object"];
    name.as_text().is_some_and(|name| known.contains(&name))
}

fn are_distinct_texts(items: &[Json]) -> bool {
    let mut texts: Vec<&str> = items.iter().filter_map(Json::as_text).collect();
    let count = texts.len();
    texts.sort_unstable();
    texts.dedup();
    count == items.len() && texts.len() == count
}
