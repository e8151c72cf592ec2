//! The YAML cases of the conformance corpus: four template forms, each mapped straight to `rhumb::yaml`.
//!
//! A case's `data.x` is the value or the YAML text, and all numbers in it are float64, as they are in Helm's values.

use rhumb::source::Limits;
use rhumb::value::{Map, Value};
use rhumb::yaml::{self, Dialect, Emitter, Numbers};

/// Runs one case of `yaml-*.jsonl`.
///
/// # Errors
/// What differs, or why the case cannot be run.
pub fn run_case(case: &serde_json::Value) -> Result<(), String> {
    let field = |pointer: &str| case.pointer(pointer).and_then(serde_json::Value::as_str);
    let template = field("/template").ok_or("the case has no template")?;
    let want = field("/expect/output").ok_or("the case expects no output")?;
    let x = case.pointer("/data/x").ok_or("the case has no data")?;
    let got = render(template, x)?;
    if got == want { Ok(()) } else { Err(format!("expected {want:?}\n     got {got:?}")) }
}

fn render(template: &str, x: &serde_json::Value) -> Result<String, String> {
    let text = || x.as_str().ok_or("the data is no text");
    let marshal = |dialect| {
        // Helm swallows the error of a value that cannot be written.
        let text = Emitter { dialect, sort_keys: true }.marshal(&float_numbers(x)).unwrap_or_default();
        text.strip_suffix('\n').map_or(text.clone(), str::to_owned)
    };
    match template {
        "{{ toYaml .Values.x }}" => Ok(marshal(Dialect::Sigs)),
        "{{ toYamlPretty .Values.x }}" => Ok(marshal(Dialect::V3)),
        "{{ fromYaml .Values.x | toJson }}" => Ok(to_json(&from_yaml(text()?))),
        "{{ fromYamlArray .Values.x | toJson }}" => Ok(to_json(&from_yaml_array(text()?))),
        other => Err(format!("no form for the template {other:?}")),
    }
}

fn to_json(value: &Value) -> String {
    yaml::to_json(value).unwrap_or_default()
}

/// Helm's `fromYaml`: a map, with the error under the key `Error`.
fn from_yaml(text: &str) -> Value {
    let error = |message: String| Value::from(Map::from_iter([("Error", Value::from(message))]));
    match yaml::unmarshal(text, Numbers::Float64, &Limits::default()) {
        Ok(value @ Value::Map(_)) => value,
        Ok(Value::Null) => Map::new().into(),
        Ok(other) => error(wrong_kind(&other, "map[string]interface {}")),
        Err(message) => error(message),
    }
}

/// Helm's `fromYamlArray`: a list, with the error as its only item.
fn from_yaml_array(text: &str) -> Value {
    match yaml::unmarshal(text, Numbers::Float64, &Limits::default()) {
        Ok(value @ Value::Seq(_)) => value,
        Ok(Value::Null) => Vec::new().into(),
        Ok(other) => vec![Value::from(wrong_kind(&other, "[]interface {}"))].into(),
        Err(message) => vec![Value::from(message)].into(),
    }
}

fn wrong_kind(value: &Value, wanted: &str) -> String {
    let kind = match value {
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "number",
        Value::Str(_) => "string",
        Value::Seq(_) => "array",
        Value::Null | Value::Map(_) => "object",
    };
    format!(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type {wanted}"
    )
}

fn float_numbers(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(*b),
        serde_json::Value::Number(n) => Value::Float(n.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => text.as_str().into(),
        serde_json::Value::Array(items) => items.iter().map(float_numbers).collect::<Vec<_>>().into(),
        serde_json::Value::Object(map) => {
            map.iter().map(|(key, value)| (key.as_str(), float_numbers(value))).collect::<Map>().into()
        }
    }
}
