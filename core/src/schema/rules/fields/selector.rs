//! Selectors by labels, and maps of labels.

use ecow::eco_format;

use super::rule::{Rule, Table};
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) const SELECTOR: Table = &[
    ("matchLabels", &[Rule::Other(labels)]),
    ("matchExpressions[].key", &[Rule::Filled(formats::qualified_name)]),
    ("matchExpressions[]", &[Rule::Other(requirement)]),
];

/// A map whose keys and values are those of labels.
pub(super) fn labels(node: &Node, report: &mut Report<'_>) {
    for (key, value) in node.as_map().unwrap_or_default() {
        let name = key.as_str().unwrap_or("");
        if let Some(why) = formats::qualified_name(name) {
            report.error(key, "rule-label-syntax", eco_format!("the label key `{name}`: {why}"));
        }
        if let Some((text, why)) = value.as_str().and_then(|text| Some((text, formats::label_value(text)?))) {
            report.error(value, "rule-label-syntax", eco_format!("the label value `{text}` {why}"));
        }
    }
}

// `In` and `NotIn` need values, `Exists` and `DoesNotExist` take none.
fn requirement(node: &Node, report: &mut Report<'_>) {
    let Some(place) = node.get("operator") else { return };
    let Some(operator) = place.as_str() else { return };
    let values = node.get("values").and_then(Node::as_seq).unwrap_or_default();
    match operator {
        "In" | "NotIn" if values.is_empty() => {
            report.error(place, "rule-selector", eco_format!("`{operator}` needs `values`"));
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let at = node.get("values").unwrap_or(place);
            report.error(at, "rule-selector", eco_format!("`{operator}` takes no `values`"));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        _ => Rule::OneOf(&["In", "NotIn", "Exists", "DoesNotExist"]).check(place, report),
    }
    for value in values {
        Rule::Form(formats::label_value).check(value, report);
    }
}
