//! Sprig's functions on dicts.
//!
//! A dict is a reference: what `set`, `unset` and the merging functions do to it is seen by everybody who holds it. Go
//! has no order of keys; here it is the sorted one.

use std::collections::BTreeSet;

use gotemplate::{Fault, Functions, List, Map, Shape, Signature, State, Str, Type, Value};

use super::kind::{charge, charge_map, map, text};
use super::merge::{Failure, Mode, merge};
use super::text::text_of;

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    functions.add("dict", Signature::new([], Type::Map).variadic(Type::Any), dict);
    add_keys(functions);
    add_selections(functions);
    let merging = |result| Signature::new([Type::Map], result).variadic(Type::Map);
    for (name, mode) in [("merge", Mode::Fill), ("mergeOverwrite", Mode::Overwrite)] {
        functions.add(name, merging(Type::Any), move |state, args| match merge_all(state, args, mode) {
            // Go's error is dropped.
            Err(Failure::Types) => Ok(Value::from("")),
            merged => Ok(merged?.into()),
        });
    }
    for (name, mode) in [("mustMerge", Mode::Fill), ("mustMergeOverwrite", Mode::Overwrite)] {
        functions.add(name, merging(Type::Any), move |state, args| Ok(merge_all(state, args, mode)?));
    }
    functions.add("dig", Signature::new([], Type::Any).variadic(Type::Any), |_, args| dig(args));
}

/// Makes a dict of keys and values in turn; a last key without a value has an empty text.
fn dict(state: &mut State<'_>, args: &[Value]) -> Result<Map, Fault> {
    charge_map(state, args.len() / 2)?;
    let dict = Map::new();
    for pair in args.chunks(2) {
        let value = pair.get(1).cloned().unwrap_or_else(|| Value::from(""));
        dict.insert(text_of(state, &pair[0])?, value);
    }
    Ok(dict)
}

/// Functions of one key.
fn add_keys(functions: &mut Functions) {
    functions.add("get", Signature::new([Type::Map, Type::String], Type::Any), |_, args| {
        Ok(map(&args[0]).get(text(&args[1])).unwrap_or_else(|| Value::from("")))
    });
    functions.add("set", Signature::new([Type::Map, Type::String, Type::Any], Type::Map), |state, args| {
        let (dict, Value::Str(key)) = (map(&args[0]), &args[1]) else { return Ok(Value::Nil) };
        if dict.is_nil() {
            return Err(Fault::from("assignment to entry in nil map"));
        }
        dict.insert(key, args[2].clone());
        state.track(&args[0]);
        Ok(args[0].clone())
    });
    functions.add("unset", Signature::new([Type::Map, Type::String], Type::Map), |_, args| {
        map(&args[0]).remove(text(&args[1]));
        Ok(args[0].clone())
    });
    functions.add("hasKey", Signature::new([Type::Map, Type::String], Type::Bool), |_, args| {
        Ok(Value::Bool(map(&args[0]).get(text(&args[1])).is_some()))
    });
    functions.add("pluck", Signature::new([Type::String], Type::List).variadic(Type::Map), |_, args| {
        let found = args[1..].iter().filter_map(|dict| map(dict).get(text(&args[0])));
        Ok(List::appended(found.collect()))
    });
}

/// Functions that return keys, values or entries.
fn add_selections(functions: &mut Functions) {
    functions.add("keys", Signature::new([], Type::StringList).variadic(Type::Map), |state, args| {
        let mut keys = Vec::new();
        for dict in args.iter().map(map) {
            charge(state, dict.len())?;
            keys.extend(dict.keys().into_iter().map(Value::Str));
        }
        Ok(List::appended(keys).converted(Shape::STRING_LIST))
    });
    functions.add("values", Signature::new([Type::Map], Type::List), |state, args| {
        let dict = map(&args[0]);
        charge(state, dict.len())?;
        Ok(List::appended(dict.entries().into_iter().map(|(_, value)| value).collect()))
    });
    functions.add("pick", Signature::new([Type::Map], Type::Map).variadic(Type::String), |state, args| {
        let dict = map(&args[0]);
        charge_map(state, args.len())?;
        let entries = args[1..].iter().filter_map(|key| match key {
            Value::Str(key) => Some((key.clone(), dict.get(key)?)),
            _ => None,
        });
        Ok(entries.collect::<Map>())
    });
    functions.add("omit", Signature::new([Type::Map], Type::Map).variadic(Type::String), |state, args| {
        let dict = map(&args[0]);
        charge_map(state, dict.len())?;
        let omitted: BTreeSet<&[u8]> = args[1..].iter().map(text).collect();
        let kept = dict.entries().into_iter().filter(|(key, _)| !omitted.contains(key.as_bytes()));
        Ok(kept.collect::<Map>())
    });
}

/// Merges all dicts into the first; a nil one gives way to a new one.
fn merge_all(state: &mut State<'_>, dicts: &[Value], mode: Mode) -> Result<Map, Failure> {
    let mut merged = map(&dicts[0]);
    for from in dicts[1..].iter().map(map).filter(|from| !from.is_nil()) {
        if merged.is_nil() {
            merged = Map::new();
        }
        merge(state, &merged, &from, mode)?;
    }
    Ok(merged)
}

/// Follows keys through dicts: `dig "a" "b" DEFAULT DICT`.
fn dig(args: &[Value]) -> Result<Value, Fault> {
    let [keys @ .., default, dict] = args else { return Err(Fault::from(TOO_FEW)) };
    if keys.is_empty() {
        return Err(Fault::from(TOO_FEW));
    }
    let mut dict = plain_dict(dict)?;
    let keys: Vec<Str> = keys.iter().map(plain_text).collect::<Result<_, _>>()?;
    let Some((last, path)) = keys.split_last() else { return Err(Fault::from(TOO_FEW)) };
    for key in path {
        match dict.get(key) {
            Some(step) => dict = plain_dict(&step)?,
            None => return Ok(default.clone()),
        }
    }
    Ok(dict.get(last).unwrap_or_else(|| default.clone()))
}

const TOO_FEW: &str = "dig needs at least three arguments";

/// Returns a map of exactly the type of a dict. A named one (`.Values`) is none.
fn plain_dict(value: &Value) -> Result<Map, Fault> {
    match value {
        Value::Map(map) if map.shape().name == Shape::MAP.name => Ok(map.clone()),
        value => Err(not_a(value, Shape::MAP.name)),
    }
}

fn plain_text(value: &Value) -> Result<Str, Fault> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        value => Err(not_a(value, "string")),
    }
}

/// The text of Go's panic where a value is not of the type that it is taken for.
fn not_a(value: &Value, name: &str) -> Fault {
    let given = if matches!(value, Value::Nil) { "nil".into() } else { value.type_name() };
    Fault::new(format!("interface conversion: interface {{}} is {given}, not {name}"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn everybody_sees_what_is_set() {
        check(&[
            (
                r#"{{ $d := dict "a" 1 }}{{ $e := $d }}{{ $_ := set $e "b" 2 }}{{ $d }}{{ $_ = unset $d "a" }}{{ $e }}"#,
                "map[a:1 b:2]map[b:2]",
            ),
            (r#"{{ set nil "a" 1 }}"#, "! assignment to entry in nil map"),
            (r#"{{ unset nil "a" }} {{ get nil "a" }}{{ hasKey nil "a" }}"#, "map[] false"),
        ]);
    }

    #[test]
    fn dicts_are_made_and_selected_from() {
        check(&[
            (r#"{{ dict 1 2 nil 3 "c" }}"#, "map[1:2 <nil>:3 c:]"),
            (r#"{{ keys (dict "b" 1 "a" 2) (dict "c" 3) }} {{ values (dict "b" 1 "a" 2) }}"#, "[a b c] [2 1]"),
            (
                r#"{{ $d := dict "a" 1 "b" nil }}{{ pick $d "b" "x" }} {{ omit $d "a" }} {{ pluck "a" $d (dict) $d }}"#,
                "map[b:<nil>] map[b:<nil>] [1 1]",
            ),
        ]);
    }

    #[test]
    fn digging_needs_plain_dicts() {
        check(&[
            (r#"{{ dig "a" "b" "no" (dict "a" (dict "b" 1)) }} {{ dig "a" "b" "no" (dict) }}"#, "1 no"),
            (r#"{{ dig "a" (dict) }}"#, "! dig needs at least three arguments"),
            (
                r#"{{ dig "a" "b" "no" (dict "a" 1) }}"#,
                "! interface conversion: interface {} is int, not map[string]interface {}",
            ),
            (r#"{{ dig 1 "no" (dict) }}"#, "! interface conversion: interface {} is int, not string"),
            (r#"{{ dig "a" "no" nil }}"#, "! interface conversion: interface {} is nil, not map[string]interface {}"),
        ]);
    }
}
