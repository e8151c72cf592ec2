//! The keys of values that nothing reads, through a package and its dependencies.

use crate::diag::Diagnostics;
use crate::package::Package;
use crate::render::Templates;
use crate::values::{self, Values};

/// Returns a warning for each key, of a package and its dependencies, that no template can read.
pub(super) fn unknown_keys(package: &Package, values: &Values, templates: &Templates) -> Diagnostics {
    // What templates read is worth asking only where somebody set something.
    let mut findings = match values.are_defaults() {
        true => Diagnostics::new(),
        false => values::unknown_keys(package, values, &templates.reads()),
    };
    for (dependency, templates) in templates.dependencies() {
        if values::enabled(dependency, values) {
            findings.append(unknown_keys(&dependency.package, &values.scope(dependency), templates));
        }
    }
    findings
}
