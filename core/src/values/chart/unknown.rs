//! Keys that a user sets although no default of a chart knows them and no template can read them.

use crate::diag::Diagnostics;
use crate::package::chart::Chart;
use crate::source::{FileId, Limits};
use crate::value::{Value, ValuePath};
use crate::values::unknown::{Scope, unknown_in};
use crate::values::{ReadPaths, Values};
use crate::yaml::{self, Rules};

/// Finds the keys of the user's files and flags that no default knows, no schema names and no template can read, each
/// with the name that is nearest.
///
/// `chart` is as [`process_dependencies`](super::process_dependencies) has left it, `values` are those of
/// [`trace`](super::trace). Findings are warnings. `global` is not looked at, because every chart may read it.
pub fn unknown_keys(chart: &Chart, values: &Values, reads: &ReadPaths, limits: &Limits) -> Diagnostics {
    let mut findings = Diagnostics::new();
    if !reads.is_unknowable() {
        find(chart, &[], &ValuePath::root(), values, &Search { reads, limits }, &mut findings);
    }
    findings.sort();
    findings
}

struct Search<'a> {
    reads: &'a ReadPaths,
    limits: &'a Limits,
}

// The depth is bounded by the loader. `above` is what the charts above set here.
fn find(
    chart: &Chart,
    above: &[&Value],
    at: &ValuePath,
    values: &Values,
    search: &Search<'_>,
    findings: &mut Diagnostics,
) {
    let mut defaults = above.to_vec();
    defaults.push(&chart.values);
    let schema = chart.contents.schema.as_ref().and_then(|schema| {
        let text = String::from_utf8_lossy(schema);
        let root = yaml::parse(&text, FileId::NONE, search.limits).value.into_iter().find_map(|document| document.root);
        Some(yaml::normalize(root?, Rules::Kubectl, search.limits).value)
    });
    let names = chart.dependencies.iter().map(|dependency| dependency.name().as_str());
    let scope =
        Scope { defaults, schema: schema.as_ref(), elsewhere: names.chain(["global"]).collect(), at: at.clone() };
    findings.append(unknown_in(&scope, values, search.reads.at(at)));
    for dependency in &chart.dependencies {
        let name = dependency.name();
        let above: Vec<&Value> = scope.defaults.iter().filter_map(|value| value.get(name)).collect();
        find(dependency, &above, &at.key(name.clone()), &values.scope_of(name), search, findings);
    }
}

/// Whether every key of the user's values is one of the defaults' as well, so that none can be unknown.
pub fn are_all_known(user: &Value, chart: &Chart) -> bool {
    covered(user, &chart.values, Some(chart))
}

// The depth is bounded by the parsers.
fn covered(user: &Value, default: &Value, chart: Option<&Chart>) -> bool {
    match user {
        Value::Map(map) => map.iter().all(|(key, value)| {
            let dependency = chart.and_then(|chart| chart.dependencies.iter().find(|there| there.name() == key));
            let here = default.get(key);
            let below = dependency.is_some_and(|dependency| covered(value, &dependency.values, Some(dependency)));
            value.is_null() || below || here.is_some_and(|default| covered(value, default, None))
        }),
        Value::Seq(items) => items.iter().all(|item| !matches!(item, Value::Map(_) | Value::Seq(_))),
        _ => true,
    }
}
