//! What a change of a CustomResourceDefinition would lose.

use std::fmt;

use ecow::{EcoString, eco_format};

use crate::value::Value;

/// Something that the objects of a definition would lose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CrdLoss {
    /// A version goes in which objects are stored: they could not be read any more.
    StoredVersion(EcoString),
    /// A field goes from the schema of a version: the server prunes it from objects.
    Field(EcoString, EcoString),
    /// A field changes its type in a version: values that are there become invalid.
    Type(EcoString, EcoString),
    /// A field becomes required in a version: objects without it can no longer be changed.
    Required(EcoString, EcoString),
}

impl fmt::Display for CrdLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CrdLoss::StoredVersion(version) => write!(f, "version {version} goes, and objects are stored in it"),
            CrdLoss::Field(version, path) => write!(f, "{version}: field {path} goes"),
            CrdLoss::Type(version, path) => write!(f, "{version}: field {path} changes its type"),
            CrdLoss::Required(version, path) => write!(f, "{version}: field {path} becomes required"),
        }
    }
}

/// Returns what objects of a live definition would lose, in the order of its versions.
pub fn crd_losses(live: &Value, desired: &Value) -> Vec<CrdLoss> {
    let mut losses = Vec::new();
    let new = versions(desired);
    let stored = live.get("status").and_then(|status| status.get("storedVersions")).and_then(Value::as_seq);
    for version in stored.unwrap_or_default().iter().filter_map(Value::as_str) {
        if !new.iter().any(|(name, _)| *name == version) {
            losses.push(CrdLoss::StoredVersion(version.into()));
        }
    }
    for (name, version) in versions(live) {
        let Some((_, after)) = new.iter().find(|(other, _)| *other == name) else { continue };
        if let (Some(before), Some(after)) = (schema(version), schema(after)) {
            compare(name, &EcoString::new(), before, after, &mut losses);
        }
    }
    losses
}

fn versions(crd: &Value) -> Vec<(&str, &Value)> {
    let versions = crd.get("spec").and_then(|spec| spec.get("versions")).and_then(Value::as_seq).unwrap_or_default();
    versions.iter().filter_map(|version| Some((version.get("name")?.as_str()?, version))).collect()
}

fn schema(version: &Value) -> Option<&Value> {
    version.get("schema")?.get("openAPIV3Schema")
}

fn compare(version: &str, path: &EcoString, before: &Value, after: &Value, losses: &mut Vec<CrdLoss>) {
    let kind = |schema: &Value| schema.get("type").and_then(Value::as_str).map(EcoString::from);
    let keeps_all =
        |schema: &Value| schema.get("x-kubernetes-preserve-unknown-fields").and_then(Value::as_bool) == Some(true);
    if let (Some(old), Some(new)) = (kind(before), kind(after))
        && old != new
    {
        losses.push(CrdLoss::Type(version.into(), path.clone()));
        return;
    }
    let below = |name: &str| match path.is_empty() {
        true => EcoString::from(name),
        false => eco_format!("{path}.{name}"),
    };
    let properties = |schema: &'_ Value| schema.get("properties").and_then(Value::as_map).cloned();
    let (old, new) = (properties(before).unwrap_or_default(), properties(after).unwrap_or_default());
    for (name, before) in &old {
        // What the server itself keeps of metadata is not the schema's to say.
        if path.is_empty() && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
            continue;
        }
        match new.get(name) {
            Some(after) => compare(version, &below(name), before, after, losses),
            None if keeps_all(after) || after.get("additionalProperties").is_some() => {}
            None => losses.push(CrdLoss::Field(version.into(), below(name))),
        }
    }
    let required = |schema: &Value| -> Vec<EcoString> {
        let names = schema.get("required").and_then(Value::as_seq).unwrap_or_default();
        names.iter().filter_map(Value::as_str).map(EcoString::from).collect()
    };
    let was = required(before);
    let has_default = |name: &str| new.get(name).is_some_and(|schema| schema.get("default").is_some());
    for name in required(after).iter().filter(|name| !was.contains(name) && !has_default(name)) {
        losses.push(CrdLoss::Required(version.into(), below(name)));
    }
    for (key, shown) in [("items", "[]"), ("additionalProperties", "*")] {
        if let (Some(before), Some(after)) = (before.get(key), after.get(key)) {
            compare(
                version,
                &eco_format!("{path}{}{shown}", if key == "items" { "" } else { "." }),
                before,
                after,
                losses,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::yaml;

    fn crd(stored: &str, versions: &[(&str, &str)]) -> Value {
        let versions: String = versions
            .iter()
            .map(|(name, schema)| format!("  - name: {name}\n    schema: {{openAPIV3Schema: {schema}}}\n"))
            .collect();
        yaml(&format!("spec:\n  versions:\n{versions}status: {{storedVersions: {stored}}}\n"))
    }

    fn check(before: &Value, after: &Value, want: &[&str]) {
        let got: Vec<String> = crd_losses(before, after).iter().map(ToString::to_string).collect();
        assert_eq!(got, want);
    }

    #[test]
    fn a_version_with_objects_stays() {
        let before = crd("[v1alpha1, v1]", &[("v1alpha1", "{}"), ("v1beta1", "{}"), ("v1", "{}")]);
        check(&before, &crd("[]", &[("v1", "{}")]), &["version v1alpha1 goes, and objects are stored in it"]);
        check(&before, &crd("[]", &[("v1alpha1", "{}"), ("v1", "{}")]), &[]);
    }

    #[test]
    fn fields_that_go_or_change_are_named() {
        let before = "{type: object, properties: {metadata: {type: object, properties: {x: {}}}, spec: {type: object, properties: {a: {type: string}, b: {type: array, items: {properties: {c: {type: string}}}}, d: {type: object, additionalProperties: {type: string}}}}}}";
        let after = "{type: object, properties: {metadata: {type: object}, spec: {type: object, required: [new, o], properties: {a: {type: integer}, b: {type: array, items: {properties: {}}}, new: {}, o: {default: 1}, d: {type: object, additionalProperties: {type: boolean}}}}}}";
        check(
            &crd("[v1]", &[("v1", before)]),
            &crd("[v1]", &[("v1", after)]),
            &[
                "v1: field spec.a changes its type",
                "v1: field spec.b[].c goes",
                "v1: field spec.d.* changes its type",
                "v1: field spec.new becomes required",
            ],
        );
        check(&crd("[v1]", &[("v1", before)]), &crd("[v1]", &[("v1", before)]), &[]);
    }

    #[test]
    fn a_map_that_keeps_what_it_does_not_know_loses_nothing() {
        let before = "{type: object, properties: {spec: {type: object, properties: {a: {type: string}}}}}";
        let after = "{type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}";
        check(&crd("[v1]", &[("v1", before)]), &crd("[v1]", &[("v1", after)]), &[]);
    }
}
