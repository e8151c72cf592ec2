//! The drafts' own schemas, against which Helm holds every schema before it uses it.
//!
//! The documents come with the schema crate; where Helm's library has an older wording of one, the difference is made
//! here. They are read when the first schema is in doubt, which most never are.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use referencing::meta as official;

use super::json::Json;
use super::library::Draft;

/// Returns the schema of a draft or of one of its vocabularies by its address.
pub(super) fn document(address: &str) -> Option<&'static Json> {
    static DOCUMENTS: LazyLock<BTreeMap<&'static str, Json>> = LazyLock::new(documents);
    let path = address.strip_prefix("http://").or_else(|| address.strip_prefix("https://"))?;
    let path = path.strip_prefix("json-schema.org/")?;
    DOCUMENTS.get(if path == "schema" { "draft/2020-12/schema" } else { path })
}

/// Returns the address and the schema of a draft.
pub(super) fn of(draft: Draft) -> Option<(&'static str, &'static Json)> {
    let address = match draft {
        Draft::D4 => "http://json-schema.org/draft-04/schema",
        Draft::D6 => "http://json-schema.org/draft-06/schema",
        Draft::D7 => "http://json-schema.org/draft-07/schema",
        Draft::D2019 => "https://json-schema.org/draft/2019-09/schema",
        Draft::D2020 => "https://json-schema.org/draft/2020-12/schema",
    };
    Some((address, document(address)?))
}

fn documents() -> BTreeMap<&'static str, Json> {
    let all = [
        ("draft-04/schema", older(&official::DRAFT4, Draft::D4)),
        ("draft-06/schema", older(&official::DRAFT6, Draft::D6)),
        ("draft-07/schema", older(&official::DRAFT7, Draft::D7)),
        ("draft/2019-09/schema", json(&official::DRAFT201909)),
        ("draft/2019-09/meta/core", json(&official::DRAFT201909_CORE)),
        ("draft/2019-09/meta/applicator", json(&official::DRAFT201909_APPLICATOR)),
        ("draft/2019-09/meta/validation", json(&official::DRAFT201909_VALIDATION)),
        ("draft/2019-09/meta/meta-data", json(&official::DRAFT201909_META_DATA)),
        ("draft/2019-09/meta/format", json(&official::DRAFT201909_FORMAT)),
        ("draft/2019-09/meta/content", json(&official::DRAFT201909_CONTENT)),
        ("draft/2020-12/schema", json(&official::DRAFT202012)),
        ("draft/2020-12/meta/core", json(&official::DRAFT202012_CORE)),
        ("draft/2020-12/meta/applicator", json(&official::DRAFT202012_APPLICATOR)),
        ("draft/2020-12/meta/unevaluated", json(&official::DRAFT202012_UNEVALUATED)),
        ("draft/2020-12/meta/validation", json(&official::DRAFT202012_VALIDATION)),
        ("draft/2020-12/meta/meta-data", json(&official::DRAFT202012_META_DATA)),
        ("draft/2020-12/meta/format-annotation", json(&official::DRAFT202012_FORMAT_ANNOTATION)),
        ("draft/2020-12/meta/format-assertion", json(&official::DRAFT202012_FORMAT_ASSERTION)),
        ("draft/2020-12/meta/content", json(&official::DRAFT202012_CONTENT)),
    ];
    all.into_iter().collect()
}

/// Returns an old draft as Helm's library has it: the values of `enum` must be some and distinct.
fn older(official: &serde_json::Value, draft: Draft) -> Json {
    let mut schema = official.clone();
    let mut set = |pointer: &str, key: &str, value: serde_json::Value| {
        if let Some(object) = schema.pointer_mut(pointer).and_then(serde_json::Value::as_object_mut) {
            object.insert(key.to_owned(), value);
        }
    };
    set("/properties/enum", "minItems", 1.into());
    set("/properties/enum", "uniqueItems", true.into());
    match draft {
        Draft::D4 => {
            set("/properties", "$ref", serde_json::json!({"type": "string"}));
            set("/properties/$schema", "format", "uri".into());
        }
        Draft::D6 => {
            set("/properties", "examples", serde_json::json!({}));
            set("/properties/patternProperties", "propertyNames", serde_json::json!({}));
        }
        _ => {}
    }
    json(&schema)
}

fn json(value: &serde_json::Value) -> Json {
    match value {
        serde_json::Value::Null => Json::Null,
        serde_json::Value::Bool(b) => Json::Bool(*b),
        serde_json::Value::Number(number) => Json::Number(number.to_string().into()),
        serde_json::Value::String(text) => Json::Text(text.as_str().into()),
        serde_json::Value::Array(items) => Json::List(items.iter().map(json).collect()),
        serde_json::Value::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().map(|(key, value)| (key.as_str().into(), json(value))).collect();
            entries.sort_by(|(a, _): &(ecow::EcoString, Json), (b, _)| a.cmp(b));
            Json::Object(entries)
        }
    }
}
