//! Versions and ranges as Masterminds' semver has them.

use gotemplate::{Fault, Functions, Signature, Type, Value, fmt};

use super::kind::text;
use super::version;
use crate::package::{Constraint, ConstraintError, parse_version};
use crate::source::search;

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    functions.add("semver", Signature::new([Type::String], Type::Named(version::POINTER)), |_, args| {
        version::parse(text(&args[0]))
    });
    functions.add("semverCompare", Signature::new([Type::String, Type::String], Type::Bool), |_, args| {
        let source = text(&args[0]);
        let range = Constraint::parse(&String::from_utf8_lossy(source)).map_err(|error| refused(error, source))?;
        let version = parse_version(&String::from_utf8_lossy(text(&args[1])));
        let version = version.map_err(|error| Fault::new(error.to_string()))?;
        Ok(Value::Bool(range.matches(&version)))
    });
}

/// Quotes as Go does, with the bytes that are no text.
fn refused(error: ConstraintError, source: &[u8]) -> Fault {
    let ConstraintError::Improper(part) = error else { return Fault::new(error.to_string()) };
    let mut from = 0;
    let ends = search::words(b"||", source).chain([source.len()]);
    let mut parts = ends.map(|end| &source[std::mem::replace(&mut from, end + 2)..end]);
    let quoted = fmt::quote(parts.find(|bytes| String::from_utf8_lossy(bytes) == part).unwrap_or(part.as_bytes()));
    Fault::new(format!("improper constraint: {quoted}"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn what_is_no_range_is_quoted_byte_for_byte() {
        check(&[
            (r#"{{ semverCompare "1 || \xff\xfea" "^1.2" }}"#, r#"! improper constraint: " \xff\xfea""#),
            (r#"{{ semverCompare "\xff" "1" }}"#, r#"! improper constraint: "\xff""#),
        ]);
    }
}
