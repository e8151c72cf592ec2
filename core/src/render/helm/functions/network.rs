//! Sprig's network functions.

use gotemplate::{Functions, Signature, Type, Value};

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    // Helm asks for no name unless it is started with `--enable-dns`: every name is unknown, and the address empty.
    functions.add("getHostByName", Signature::new([Type::String], Type::String), |_, _| Ok(Value::from("")));
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn no_name_has_an_address() {
        check(&[(r#"<{{ getHostByName "localhost" }}>"#, "<>")]);
    }
}
