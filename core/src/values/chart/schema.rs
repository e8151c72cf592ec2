//! Values against the `values.schema.json` of a chart and of its dependencies.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/chart/common/util/jsonschema.go>.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::print;
use crate::diag::{Diagnostic, Diagnostics};
use crate::jsonschema::helm;
use crate::package::chart::{Chart, ChartError, LogLine};
use crate::source::{Limits, SourceMap};
use crate::value::Value;
use crate::values::{Values, check};
use crate::yaml::{self, Rules};

/// Holds the values of a chart and of its dependencies against their schemas. `values` are those of
/// [`render_values`](super::render_values).
///
/// # Errors
/// With Helm's list of all that is wrong, which ends with a line break: `values don't meet the specifications of the
/// schema(s) in the following chart(s):`.
pub fn check_schemas(chart: &Chart, values: &Value, limits: &Limits, log: &mut Vec<LogLine>) -> Result<(), ChartError> {
    let mut gathered = Gathered { limits, warned: BTreeSet::new(), found: String::new(), log };
    gathered.gather(chart, values);
    let found = gathered.found;
    if found.is_empty() {
        return Ok(());
    }
    let headline = "values don't meet the specifications of the schema(s) in the following chart(s):";
    Err(ChartError::new(format!("{headline}\n{found}")))
}

struct Gathered<'a> {
    limits: &'a Limits,
    warned: BTreeSet<String>,
    found: String,
    log: &'a mut Vec<LogLine>,
}

impl Gathered<'_> {
    // The depth is bounded by the loader.
    fn gather(&mut self, chart: &Chart, values: &Value) {
        if let Some(schema) = &chart.contents.schema {
            let checked = helm::check(schema, values, self.limits);
            for urn in checked.unresolved_urns {
                if self.warned.insert(urn.clone()) {
                    let line = LogLine::warn("unresolved URN reference ignored; using permissive schema");
                    self.log.push(line.with("urn", urn));
                }
            }
            if let Some(error) = checked.error {
                let _ = write!(self.found, "{}:\n{error}", chart.name());
            }
        }
        for dependency in &chart.dependencies {
            match values.get(dependency.name()) {
                None | Some(Value::Null) => {}
                Some(below @ Value::Map(_)) => self.gather(dependency, below),
                Some(wrong) => {
                    let (name, wrong) = (dependency.name(), print::go_type(wrong));
                    let text = "invalid type for values: expected object (map), got";
                    let _ = writeln!(self.found, "{name}:\n{text} {wrong}");
                }
            }
        }
    }
}

/// Holds the values of a chart and of its dependencies against their schemas, as [`check_schemas`] does, for people:
/// every finding stands at the line or flag that set the value.
///
/// `values` are those of [`trace`](super::trace). What is accepted and what is not is decided as Helm does it.
pub fn schema_findings(chart: &Chart, values: &Values, sources: &mut SourceMap, limits: &Limits) -> Diagnostics {
    let mut findings = Diagnostics::new();
    find(chart, values, sources, limits, &mut findings);
    findings.sort();
    findings
}

// The depth is bounded by the loader.
fn find(chart: &Chart, values: &Values, sources: &mut SourceMap, limits: &Limits, findings: &mut Diagnostics) {
    if let Some(schema) = &chart.contents.schema
        && let Some(error) = helm::check(schema, values.value(), limits).error
    {
        let text = String::from_utf8_lossy(schema);
        let name = chart.contents.name_of("values.schema.json");
        let file = sources.add(name.as_str(), text.as_ref());
        let mut found = Diagnostics::new();
        let root = yaml::parse(&text, file, limits).value.into_iter().find_map(|document| document.root);
        if let Some(root) = root {
            let node = yaml::normalize(root, Rules::Kubectl, limits).value;
            check::hold(&node, values, &[], limits, &mut found);
        }
        if found.is_empty() {
            // Only Helm's library refuses it: its words are all there is to say.
            let text = format!("the values of `{}` do not meet `{name}`: {}", chart.name(), error.trim_end());
            found.push(Diagnostic::error("values-schema", text));
        }
        findings.append(found);
    }
    for dependency in &chart.dependencies {
        if values.value().get(dependency.name()).is_some_and(|below| below.as_map().is_some()) {
            find(dependency, &values.scope_of(dependency.name()), sources, limits, findings);
        }
    }
}
