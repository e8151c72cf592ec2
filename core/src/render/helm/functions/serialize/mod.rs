//! Helm's functions to and from YAML, JSON and TOML.
//!
//! Reading never fails: what is wrong stands in the result, as the value of `Error` or as the only item. Writing fails
//! silently without `must`: the text is empty then. Limits are errors in both.

mod json;
mod toml;

use gotemplate::{Fault, Functions, List, Map, Shape, Signature, State, Type, Value};

use super::cost;
use crate::render::helm::context;
use crate::render::helm::value::from_node;
use crate::render::helm::value::write::{self, Bounds, Html};
use crate::source::FileId;
use crate::yaml::{self, Dialect, MarshalError, MarshalErrorKind};

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    add_yaml(functions);
    add_json(functions);
    add_toml(functions);
}

fn add_yaml(functions: &mut Functions) {
    let to = || Signature::new([Type::Any], Type::String);
    functions.add("toYaml", to(), |state, args| swallow(to_yaml(state, &args[0], Dialect::Sigs)));
    functions.add("mustToYaml", to(), |state, args| demand(to_yaml(state, &args[0], Dialect::Sigs)));
    functions.add("toYamlPretty", to(), |state, args| swallow(to_yaml(state, &args[0], Dialect::V3)));
    functions.add("fromYaml", Signature::new([Type::String], Type::Map), |state, args| {
        let read = read_yaml(state, &args[0])?.and_then(|value| match value {
            Some(Value::Map(map)) => Ok(map),
            Some(other) => Err(format!("{DECODING}{}", mismatch(&other, "map[string]interface {}"))),
            None => Ok(Map::new()),
        });
        Ok::<_, Fault>(read.unwrap_or_else(error_map))
    });
    functions.add("fromYamlArray", Signature::new([Type::String], Type::List), |state, args| {
        let read = read_yaml(state, &args[0])?.and_then(|value| match value {
            Some(Value::List(list)) => Ok(list),
            Some(other) => Err(format!("{DECODING}{}", mismatch(&other, "[]interface {}"))),
            None => Ok(List::new(Vec::new())),
        });
        Ok::<_, Fault>(read.unwrap_or_else(error_list))
    });
}

fn add_json(functions: &mut Functions) {
    let to = || Signature::new([Type::Any], Type::String);
    let json = |state: &mut State<'_>, value: &Value, html| {
        let written = write::json(value, html, bounds(state));
        paid(state, written)
    };
    functions.add("toJson", to(), move |state, args| swallow(json(state, &args[0], Html::Escaped)));
    functions.add("mustToJson", to(), move |state, args| demand(json(state, &args[0], Html::Escaped)));
    functions.add("toRawJson", to(), move |state, args| demand(json(state, &args[0], Html::Raw)));
    functions.add("mustToRawJson", to(), move |state, args| demand(json(state, &args[0], Html::Raw)));
    functions.add("toPrettyJson", to(), move |state, args| {
        swallow(json(state, &args[0], Html::Escaped).and_then(|text| json::indent(&text, bounds(state).bytes)))
    });
    functions.add("mustToPrettyJson", to(), move |state, args| {
        demand(json(state, &args[0], Html::Escaped).and_then(|text| json::indent(&text, bounds(state).bytes)))
    });
    functions.add("fromJson", Signature::new([Type::String], Type::Map), |state, args| {
        Ok::<_, Fault>(match read_json(state, &args[0])? {
            Ok(json::Read { value: Value::Map(map), error }) => {
                if let Some(error) = error {
                    map.insert("Error", error);
                }
                map
            }
            Ok(json::Read { value: Value::Nil, .. }) => Map::nil(Shape::MAP),
            Ok(json::Read { value, .. }) => error_map(mismatch(&value, "map[string]interface {}")),
            Err(error) => error_map(error),
        })
    });
    functions.add("fromJsonArray", Signature::new([Type::String], Type::List), |state, args| {
        Ok::<_, Fault>(match read_json(state, &args[0])? {
            Ok(json::Read { error: Some(error), value: Value::List(_) }) => error_list(error),
            Ok(json::Read { value: Value::List(list), .. }) => list,
            Ok(json::Read { value: Value::Nil, .. }) => List::nil(Shape::LIST),
            Ok(json::Read { value, .. }) => error_list(mismatch(&value, "[]interface {}")),
            Err(error) => error_list(error),
        })
    });
    functions.add("mustFromJson", Signature::new([Type::String], Type::Any), |state, args| {
        match read_json(state, &args[0])?.map_err(Fault::from)? {
            json::Read { error: Some(error), .. } => Err(Fault::from(error)),
            json::Read { value, .. } => Ok(value),
        }
    });
}

fn add_toml(functions: &mut Functions) {
    let to = || Signature::new([Type::Any], Type::String);
    functions.add("toToml", to(), |state, args| match to_toml(state, &args[0]) {
        Ok(text) => Ok(Value::Str(text.into())),
        // What cannot be written is the text.
        Err(error) if error.kind == MarshalErrorKind::Refused => Ok(Value::from(error.to_string())),
        Err(error) => Err(fault(&error)),
    });
    functions.add("mustToToml", to(), |state, args| {
        to_toml(state, &args[0]).map(|text| Value::Str(text.into())).map_err(|error| fault(&error))
    });
    functions.add("fromToml", Signature::new([Type::String], Type::Map), |state, args| {
        let text = text(&args[0]);
        cost::parsing(state, text.len())?;
        let depth = context::limits(state).depth;
        let map = toml::read(text, depth).unwrap_or_else(error_map);
        cost::value(state, &map.clone().into())?;
        Ok::<_, Fault>(map)
    });
}

fn to_toml(state: &mut State<'_>, value: &Value) -> Result<Vec<u8>, MarshalError> {
    let written = toml::write(value, bounds(state));
    paid(state, written)
}

/// What Helm's decoder puts before the errors of encoding/json.
const DECODING: &str = "error unmarshaling JSON: while decoding JSON: ";

/// Returns the text of a value as `toYaml` and `toYamlPretty` give it, which is without the last line break.
pub(in crate::render::helm) fn to_yaml(
    state: &mut State<'_>,
    value: &Value,
    dialect: Dialect,
) -> Result<String, MarshalError> {
    let written = write::yaml(value, dialect, bounds(state));
    let mut text = paid(state, written)?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

/// Takes the steps of writing, whatever came of it.
fn paid<T: AsRef<[u8]>>(state: &mut State<'_>, written: Result<T, MarshalError>) -> Result<T, MarshalError> {
    let bytes = written.as_ref().map_or_else(MarshalError::written, |text| text.as_ref().len());
    let paid = cost::parsing(state, bytes);
    paid.map_err(|fault| MarshalError::new(MarshalErrorKind::Limit("steps"), fault.message())).and(written)
}

/// Returns what a value may take when it is written.
pub(in crate::render::helm) fn bounds(state: &mut State<'_>) -> Bounds {
    Bounds { depth: context::limits(state).depth, bytes: state.limits().output }
}

/// The text of a failure that Helm does not mind is empty.
pub(in crate::render::helm) fn swallow(result: Result<String, MarshalError>) -> Result<Value, Fault> {
    match result {
        Err(error) if error.kind == MarshalErrorKind::Refused => Ok(Value::from("")),
        other => demand(other),
    }
}

fn demand(result: Result<String, MarshalError>) -> Result<Value, Fault> {
    result.map(Value::from).map_err(|error| fault(&error))
}

fn fault(error: &MarshalError) -> Fault {
    match error.kind {
        MarshalErrorKind::Limit(name) => Fault::limit(name, error.to_string()),
        MarshalErrorKind::Refused | MarshalErrorKind::Panic => Fault::new(error.to_string()),
    }
}

/// Reads YAML; the inner error is Helm's.
fn read_yaml(state: &mut State<'_>, value: &Value) -> Result<Result<Option<Value>, String>, Fault> {
    let text = text(value);
    cost::parsing(state, text.len())?;
    let failed = |error| format!("error converting YAML to JSON: {error}");
    let limits = context::limits(state);
    let node = yaml::decode_input(text)
        .map_err(failed)
        .and_then(|text| yaml::unmarshal_node(&text, FileId::NONE, &limits).map_err(|error| error.message));
    // Null leaves the map or list that Helm has made as it is.
    let read = node.map(|node| node.map(|node| from_node(&node)).filter(|value| !matches!(value, Value::Nil)));
    if let Ok(Some(value)) = &read {
        cost::value(state, value)?;
    }
    Ok(read)
}

/// Reads JSON; the inner error is Go's.
fn read_json(state: &mut State<'_>, value: &Value) -> Result<Result<json::Read, String>, Fault> {
    let text = text(value);
    cost::parsing(state, text.len())?;
    let read = json::read(text);
    if let Ok(read) = &read {
        cost::value(state, &read.value)?;
    }
    Ok(read)
}

/// Returns the bytes of an argument that the signature says is a string.
fn text(value: &Value) -> &[u8] {
    match value {
        Value::Str(text) => text,
        _ => b"",
    }
}

fn error_map(error: String) -> Map {
    Map::from_iter([("Error", error)])
}

fn error_list(error: String) -> List {
    List::new(vec![error.into()])
}

/// Returns what encoding/json says about a value that is not of the type asked for.
fn mismatch(value: &Value, wanted: &str) -> String {
    let kind = match value {
        Value::Bool(_) => "bool",
        Value::Str(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
        _ => "number",
    };
    format!("json: cannot unmarshal {kind} into Go value of type {wanted}")
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn what_is_wrong_stands_in_the_result() {
        check(&[
            (
                r#"{{ fromYaml "- 1" }}"#,
                "map[Error:error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}]",
            ),
            (
                r#"{{ fromYaml "a: b: c" }}"#,
                "map[Error:error converting YAML to JSON: yaml: mapping values are not allowed in this context]",
            ),
            (
                r#"{{ fromYamlArray "a: 1" }}"#,
                "[error unmarshaling JSON: while decoding JSON: json: cannot unmarshal object into Go value of type []interface {}]",
            ),
            (r#"{{ fromYaml "\xff" }}"#, "map[Error:error converting YAML to JSON: yaml: invalid leading UTF-8 octet]"),
            (
                r#"{{ fromJson "[1]" }}"#,
                "map[Error:json: cannot unmarshal array into Go value of type map[string]interface {}]",
            ),
            (r#"{{ fromJsonArray "{" }}"#, "[unexpected end of JSON input]"),
            (r#"{{ mustFromJson "bad" }}"#, "! invalid character 'b' looking for beginning of value"),
            (r#"{{ fromToml "a = " }}"#, "map[Error:toml: line 1 (last key \"a\"): unexpected EOF; expected value]"),
        ]);
    }

    #[test]
    fn null_is_nothing_to_yaml_and_nil_to_json() {
        check(&[
            (r#"{{ fromYaml "null" | toJson }} {{ fromYamlArray "" | toJson }}"#, "{} []"),
            (r#"{{ fromJson "null" | toJson }} {{ fromJsonArray "null" | toJson }}"#, "null null"),
            (r#"{{ fromJson "null" }} {{ mustFromJson "null" | toYaml }}"#, "map[] null"),
        ]);
    }

    #[test]
    fn texts_are_those_of_go() {
        check(&[
            (r#"{{ fromYaml "b: [1, x]\na: 1e21" | toYaml }}"#, "a: 1e+21\nb:\n- 1\n- x"),
            (r#"{{ fromYaml "b: [1, x]" | toYamlPretty }}"#, "b:\n  - 1\n  - x"),
            (r#"{{ toJson "<\xff>" }} {{ toRawJson "<&>" }}"#, "\"\\u003c\u{fffd}\\u003e\" \"<&>\""),
            (r#"{{ fromJson "{\"a\":[{}]}" | toPrettyJson }}"#, "{\n  \"a\": [\n    {}\n  ]\n}"),
            (r#"{{ toYaml 1i }}|{{ toJson 1i }}|{{ toPrettyJson 1i }}"#, "||"),
            (r#"{{ mustToYaml 1i }}"#, "! error marshaling into JSON: json: unsupported type: complex128"),
            (r#"{{ toYamlPretty 1i }}"#, "! cannot marshal type: complex128"),
            (r#"{{ toRawJson 1i }}"#, "! json: unsupported type: complex128"),
            (
                r#"{{ toDate "2006" "2020" | toYaml }} {{ toDate "2006" "2020" | toYamlPretty }}"#,
                "\"2020-01-01T00:00:00Z\" 2020-01-01T00:00:00Z",
            ),
            (r#"{{ mustToDuration 60 | toYaml }} {{ mustToDuration 60 | toYamlPretty }}"#, "60000000000 1m0s"),
        ]);
    }
}
