//! Sprig's defaults, ternary and flow control.
//!
//! Empty is what `if` takes for false: zero, an empty text, list or dict, nil.

use gotemplate::{Functions, Signature, Type, Value};

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    functions.add("default", Signature::new([Type::Any], Type::Any).variadic(Type::Any), |_, args| {
        Ok(args.get(1).filter(|given| given.truth()).unwrap_or(&args[0]).clone())
    });
    functions.add("empty", Signature::new([Type::Any], Type::Bool), |_, args| Ok(Value::Bool(!args[0].truth())));
    let values = |result| Signature::new([], result).variadic(Type::Any);
    functions.add("coalesce", values(Type::Any), |_, args| {
        Ok(args.iter().find(|value| value.truth()).cloned().unwrap_or_default())
    });
    functions.add("all", values(Type::Bool), |_, args| Ok(Value::Bool(args.iter().all(Value::truth))));
    functions.add("any", values(Type::Bool), |_, args| Ok(Value::Bool(args.iter().any(Value::truth))));
    functions.add("ternary", Signature::new([Type::Any, Type::Any, Type::Bool], Type::Any), |_, args| {
        Ok(if args[2].truth() { args[0].clone() } else { args[1].clone() })
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn what_is_empty_gives_way() {
        check(&[
            (r#"{{ default 1 }} {{ default 1 0 }} {{ default 1 nil 2 }} {{ default 1 "a" }}"#, "1 1 1 a"),
            (
                r#"{{ coalesce 0 "" nil (list) 3 4 }} {{ coalesce }} {{ all }} {{ any }} {{ all 1 0 }} {{ any 0 1 }}"#,
                "3 <no value> true false false true",
            ),
            (r#"{{ empty (dict) }} {{ empty (semver "1") }} {{ ternary 1 2 true }}"#, "true false 1"),
        ]);
    }
}
