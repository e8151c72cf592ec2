//! Sprig's functions on types, and deep copy and comparison.

use gotemplate::{Fault, Functions, Signature, Type, Value};

use super::deep::{Equality, copy};
use super::kind::{kind, text};

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    let named = || Signature::new([Type::String, Type::Any], Type::Bool);
    functions.add("typeOf", Signature::new([Type::Any], Type::String), |_, args| {
        Ok(Value::from(args[0].type_name().into_owned()))
    });
    functions.add("typeIs", named(), |_, args| Ok(Value::Bool(text(&args[0]) == args[1].type_name().as_bytes())));
    functions.add("typeIsLike", named(), |_, args| {
        let (target, name) = (text(&args[0]), args[1].type_name());
        Ok(Value::Bool(
            target == name.as_bytes() || name.strip_prefix('*').is_some_and(|name| target == name.as_bytes()),
        ))
    });
    functions.add("kindOf", Signature::new([Type::Any], Type::String), |_, args| Ok(Value::from(kind(&args[0]))));
    functions.add("kindIs", named(), |_, args| Ok(Value::Bool(text(&args[0]) == kind(&args[1]).as_bytes())));
    functions.add("deepEqual", Signature::new([Type::Any, Type::Any], Type::Bool), |state, args| {
        Ok(Value::Bool(Equality::new(state).equal(&args[0], &args[1])?))
    });
    for name in ["deepCopy", "mustDeepCopy"] {
        functions.add(name, Signature::new([Type::Any], Type::Any), |state, args| match &args[0] {
            Value::Nil => Err(Fault::from("reflect: call of reflect.Value.Type on zero Value")),
            value => copy(state, value),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn types_and_kinds_have_the_names_of_go() {
        check(&[
            (
                r#"{{ typeOf nil }} {{ typeOf (until 1) }} {{ typeOf (chunk 1 (list 1)) }} {{ typeOf (split "," "") }}"#,
                "<nil> []int [][]interface {} map[string]string",
            ),
            (
                r#"{{ kindOf nil }} {{ kindOf 1.5 }} {{ kindOf (semver "1") }} {{ kindIs "slice" list }}"#,
                "invalid float64 ptr true",
            ),
            (
                r#"{{ typeIs "semver.Version" (semver "1") }} {{ typeIsLike "semver.Version" (semver "1") }}"#,
                "false true",
            ),
        ]);
    }
}
