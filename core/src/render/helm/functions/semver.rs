//! Versions and ranges as Masterminds' semver has them.

use gotemplate::{Fault, Functions, Signature, Type, Value, fmt};

use super::kind::text;
use super::version;
use crate::package::{Constraint, ConstraintError, parse_version};

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    functions.add("semver", Signature::new([Type::String], Type::Named(version::POINTER)), |_, args| {
        version::parse(text(&args[0]))
    });
    functions.add("semverCompare", Signature::new([Type::String, Type::String], Type::Bool), |_, args| {
        let range = Constraint::parse(&String::from_utf8_lossy(text(&args[0]))).map_err(refused)?;
        let version = parse_version(&String::from_utf8_lossy(text(&args[1])));
        let version = version.map_err(|error| Fault::new(error.to_string()))?;
        Ok(Value::Bool(range.matches(&version)))
    });
}

/// Quotes as Go does.
fn refused(error: ConstraintError) -> Fault {
    match error {
        ConstraintError::Improper(part) => Fault::new(format!("improper constraint: {}", fmt::quote(part.as_bytes()))),
        error => Fault::new(error.to_string()),
    }
}
