//! LimitRanges: the order of what they name.

use ecow::eco_format;

use super::{index, items};
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::Node;

// What stands first must not be above what stands second.
const ORDER: [(&str, &str); 6] = [
    ("min", "max"),
    ("min", "default"),
    ("min", "defaultRequest"),
    ("default", "max"),
    ("defaultRequest", "max"),
    ("defaultRequest", "default"),
];

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    if (target.gvk.group.as_str(), target.gvk.kind.as_str()) != ("", "LimitRange") {
        return;
    }
    let limits = target.node.get("spec").map(|spec| items(spec, "limits")).unwrap_or_default();
    for limit in limits {
        for (lower, upper) in ORDER {
            let above = index(limit.get(upper));
            for (key, least) in limit.get(lower).and_then(Node::as_map).into_iter().flatten() {
                let Some((name, most)) = key.as_str().and_then(|name| Some((name, above.get(name)?))) else { continue };
                let amount = |node: &Node| formats::quantity(&node.as_scalar()?.text);
                if amount(least).zip(amount(most)).is_some_and(|(least, most)| least > most) {
                    let message = eco_format!("`{lower}` of `{name}` is above its `{upper}`");
                    let finding = Diagnostic::error("rule-limits", message);
                    report.add(least, finding.label(most.span, 0, "the other one is here"));
                }
            }
        }
    }
}
