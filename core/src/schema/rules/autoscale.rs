//! HorizontalPodAutoscalers and PodDisruptionBudgets.

use ecow::eco_format;

use super::integer;
use crate::schema::Target;
use crate::schema::report::Report;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    let Some(spec) = target.node.get("spec") else { return };
    match (target.gvk.group.as_str(), target.gvk.kind.as_str()) {
        ("autoscaling", "HorizontalPodAutoscaler") => {
            let Some(most) = spec.get("maxReplicas") else { return };
            let Some(max) = integer(most) else { return };
            let least = spec.get("minReplicas").and_then(integer).unwrap_or(1);
            if max < 1 {
                report.error(most, "rule-hpa", "`maxReplicas` must be at least 1");
            } else if max < least {
                report.error(most, "rule-hpa", eco_format!("`maxReplicas` {max} is below `minReplicas` {least}"));
            }
        }
        ("policy", "PodDisruptionBudget") => {
            let there = |key: &str| spec.get(key).filter(|node| !node.is_null());
            if let (Some(_), Some(node)) = (there("minAvailable"), there("maxUnavailable")) {
                report.error(node, "rule-pdb", "`minAvailable` and `maxUnavailable` exclude each other");
            }
            for node in ["minAvailable", "maxUnavailable"].into_iter().filter_map(there) {
                let Some(text) = node.as_str() else { continue };
                let digits = text.strip_suffix('%').unwrap_or("");
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    report.error(node, "rule-pdb", eco_format!("`{text}` is neither a number nor a percentage"));
                }
            }
        }
        _ => {}
    }
}
