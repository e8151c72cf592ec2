//! Values against the `values.schema.json` of a chart and of its dependencies.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/chart/common/util/jsonschema.go>.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::print;
use crate::jsonschema::helm;
use crate::package::chart::{Chart, ChartError, LogLine};
use crate::value::Value;

/// Holds the values of a chart and of its dependencies against their schemas. `values` are those of
/// [`render_values`](super::render_values).
///
/// # Errors
/// With Helm's list of all that is wrong, which ends with a line break: `values don't meet the specifications of the
/// schema(s) in the following chart(s):`.
pub fn check_schemas(chart: &Chart, values: &Value, log: &mut Vec<LogLine>) -> Result<(), ChartError> {
    let mut found = String::new();
    check(chart, values, &mut BTreeSet::new(), &mut found, log);
    if found.is_empty() {
        return Ok(());
    }
    let headline = "values don't meet the specifications of the schema(s) in the following chart(s):";
    Err(ChartError::new(format!("{headline}\n{found}")))
}

// The depth is bounded by the loader.
fn check(chart: &Chart, values: &Value, warned: &mut BTreeSet<String>, found: &mut String, log: &mut Vec<LogLine>) {
    if let Some(schema) = &chart.contents.schema {
        let checked = helm::check(schema, values);
        for urn in checked.unresolved_urns {
            if warned.insert(urn.clone()) {
                let line = LogLine::warn("unresolved URN reference ignored; using permissive schema");
                log.push(line.with("urn", urn));
            }
        }
        if let Some(error) = checked.error {
            let _ = write!(found, "{}:\n{error}", chart.name());
        }
    }
    for dependency in &chart.dependencies {
        match values.get(dependency.name()) {
            None | Some(Value::Null) => {}
            Some(below @ Value::Map(_)) => check(dependency, below, warned, found, log),
            Some(wrong) => {
                let (name, wrong) = (dependency.name(), print::go_type(wrong));
                let _ = writeln!(found, "{name}:\ninvalid type for values: expected object (map), got {wrong}");
            }
        }
    }
}
