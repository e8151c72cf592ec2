//! Roles and bindings.

use ecow::eco_format;

use super::items;
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    if target.gvk.group != "rbac.authorization.k8s.io" {
        return;
    }
    match target.gvk.kind.as_str() {
        kind @ ("Role" | "ClusterRole") => {
            items(target.node, "rules").iter().for_each(|rule| role_rule(rule, kind == "Role", report));
        }
        kind @ ("RoleBinding" | "ClusterRoleBinding") => binding(target.node, kind, report),
        _ => {}
    }
}

fn role_rule(rule: &Node, namespaced: bool, report: &mut Report<'_>) {
    if items(rule, "verbs").is_empty() && rule.get("verbs").is_some() {
        report.error(rule, "rule-rbac", "the rule has no verbs");
    }
    if !items(rule, "nonResourceURLs").is_empty() {
        if namespaced {
            report.error(rule, "rule-rbac", "a role in a namespace cannot have `nonResourceURLs`");
        } else if !items(rule, "resources").is_empty() || !items(rule, "apiGroups").is_empty() {
            report.error(rule, "rule-rbac", "a rule has resources or `nonResourceURLs`, not both");
        }
        return;
    }
    for key in ["apiGroups", "resources"] {
        if items(rule, key).is_empty() {
            report.add_missing(rule, key, Diagnostic::error("rule-rbac", eco_format!("the rule has no `{key}`")));
        }
    }
}

fn binding(node: &Node, kind: &str, report: &mut Report<'_>) {
    if let Some(role) = node.get("roleRef") {
        let allowed: &[&str] = if kind == "RoleBinding" { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
        if let Some((place, name)) = role.get("kind").and_then(|node| Some((node, node.as_str()?)))
            && !allowed.contains(&name)
        {
            report.error(place, "rule-rbac", eco_format!("a {kind} cannot refer to a `{name}`"));
        }
    }
    for subject in items(node, "subjects") {
        subject_names(subject, report);
        let text = |key: &str| subject.get(key).and_then(Node::as_str).unwrap_or("");
        match text("kind") {
            // In a RoleBinding an empty namespace means that of the binding.
            "ServiceAccount" if text("namespace").is_empty() && kind == "ClusterRoleBinding" => {
                let finding = Diagnostic::error("rule-rbac", "a ServiceAccount as subject needs a namespace");
                report.add_missing(subject, "namespace", finding);
            }
            "ServiceAccount" | "User" | "Group" | "" => {}
            other => report.error(subject, "rule-rbac", eco_format!("`{other}` is no kind of subject")),
        }
    }
}

fn subject_names(subject: &Node, report: &mut Report<'_>) {
    let kind = super::text(subject, "kind");
    if let Some(node) = subject.get("name").filter(|_| kind == "ServiceAccount")
        && let Some(name) = node.as_str().filter(|name| !name.is_empty())
        && let Some(why) = formats::subdomain(name)
    {
        report.error(node, "rule-form", eco_format!("`{name}` {why}"));
    }
    if let Some(node) = subject.get("apiGroup").filter(|node| !node.is_null())
        && let Some(group) = node.as_str()
    {
        let allowed: &[&str] = if kind == "ServiceAccount" { &[""] } else { &["rbac.authorization.k8s.io", ""] };
        if !allowed.contains(&group) {
            report.error(node, "rule-rbac", eco_format!("a {kind} is not of the group `{group}`"));
        }
    }
}
