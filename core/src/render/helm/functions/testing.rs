//! Runs a line of template with all functions, for the tests of this folder.

use std::sync::Arc;

use gotemplate::{Heap, Map, MissingKey, Run, Set, Value};

use crate::render::helm::context::Context;
use crate::render::helm::value::from_value;
use crate::render::{SeededHost, Timestamp};
use crate::source::Limits;
use crate::yaml::{Numbers, unmarshal};

/// The time at which tests run: 2023-11-14 22:13:20 UTC, and a bit.
pub(crate) const NOW: Timestamp = Timestamp { seconds: 1_700_000_000, nanoseconds: 123_456_789 };

/// Returns what a template gives, or the last part of its error.
pub(crate) fn render(template: &str) -> Result<String, String> {
    let context = &mut Context::new(Arc::new(SeededHost::new("test", NOW)), Limits::default());
    render_in(context, template, "{}")
}

/// As [`render`], in a context, with values in YAML.
pub(crate) fn render_in(context: &mut Context, template: &str, values: &str) -> Result<String, String> {
    let mut set = Set::new(Arc::new(super::all()));
    set.options().missing_key = MissingKey::Zero;
    set.parse("t", template).map_err(|error| error.message)?;
    let values = unmarshal(values, Numbers::Float64, &Limits::default())?;
    let data = Map::from_iter([("Values", from_value(&values))]);
    let (set, heap) = (Arc::new(set), Heap::default());
    let out = Run::new(&set).context(context).heap(&heap).render("t", &Value::from(data));
    out.map(|text| String::from_utf8_lossy(&text).into_owned()).map_err(|error| error.message)
}

/// Checks templates against what they give, or against `! ` and their error.
#[track_caller]
pub(crate) fn check(cases: &[(&str, &str)]) {
    for (template, want) in cases {
        let got = render(template).unwrap_or_else(|error| format!("! {error}"));
        assert_eq!(got, *want, "{template}");
    }
}
