//! Fields that pass from one manager to another before an object is applied.
//!
//! Client-side `kubectl apply` and Helm 3 write with updates, whose fields no server-side apply gives up: what a source
//! no longer says would stay for ever. So the entries of those managers are taken into ours first, as kubectl does when
//! it goes over to the server's side
//! (<https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/client-go/util/csaupgrade/upgrade.go>).

use std::sync::Arc;

use ecow::EcoString;

use crate::value::{Map, Value};

/// Returns the `managedFields` of a live object in which what these managers own of the object itself belongs to
/// another, as applied by it; `None` where they own nothing.
pub fn handed_over(live: &Value, from: &[EcoString], to: &str) -> Option<Value> {
    let entries = live.get("metadata")?.get("managedFields")?.as_seq()?;
    let text = |entry: &Value, key: &str| EcoString::from(entry.get(key).and_then(Value::as_str).unwrap_or_default());
    let is_whole = |entry: &Value| text(entry, "subresource").is_empty();
    let is_ours =
        |entry: &Value| is_whole(entry) && text(entry, "manager") == to && text(entry, "operation") == "Apply";
    let passes = |entry: &Value| is_whole(entry) && !is_ours(entry) && from.contains(&text(entry, "manager"));
    if !entries.iter().any(passes) {
        return None;
    }
    let mut fields = Map::new();
    for entry in entries.iter().filter(|entry| is_ours(entry) || passes(entry)) {
        if let Some(more) = entry.get("fieldsV1").and_then(Value::as_map) {
            merge(&mut fields, more);
        }
    }
    let model = entries.iter().find(|entry| is_ours(entry)).or_else(|| entries.iter().find(|entry| passes(entry)))?;
    let mut own = model.as_map()?.clone();
    own.insert("manager", to.into());
    own.insert("operation", "Apply".into());
    own.insert("fieldsV1", fields.into());
    let others = entries.iter().filter(|entry| !is_ours(entry) && !passes(entry)).cloned();
    Some(std::iter::once(own.into()).chain(others).collect::<Vec<Value>>().into())
}

fn merge(fields: &mut Map, more: &Map) {
    for (key, value) in more.iter() {
        match (fields.get_mut(key), value) {
            (Some(Value::Map(own)), Value::Map(more)) => merge(Arc::make_mut(own), more),
            (Some(_), _) => {}
            (None, value) => drop(fields.insert(key.clone(), value.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::yaml;

    const LIVE: &str = "metadata:
  managedFields:
  - {manager: kubectl-client-side-apply, operation: Update, apiVersion: v1, time: t, fieldsV1: {'f:data': {'f:a': {}, 'f:b': {}}}}
  - {manager: rhumb, operation: Apply, apiVersion: v1, time: u, fieldsV1: {'f:data': {'f:c': {}}}}
  - {manager: kubectl-client-side-apply, operation: Update, subresource: status, fieldsV1: {'f:status': {}}}
  - {manager: other, operation: Update, fieldsV1: {'f:data': {'f:d': {}}}}
";

    #[test]
    fn fields_of_others_become_ours_and_the_rest_stays() {
        let given = handed_over(&yaml(LIVE), &["kubectl-client-side-apply".into()], "rhumb");
        let want = yaml(
            "- {manager: rhumb, operation: Apply, apiVersion: v1, time: u, fieldsV1: {'f:data': {'f:a': {}, 'f:b': {}, 'f:c': {}}}}
- {manager: kubectl-client-side-apply, operation: Update, subresource: status, fieldsV1: {'f:status': {}}}
- {manager: other, operation: Update, fieldsV1: {'f:data': {'f:d': {}}}}
",
        );
        assert_eq!(given, Some(want));
    }

    #[test]
    fn where_nothing_passes_nothing_is_written() {
        assert_eq!(handed_over(&yaml(LIVE), &["nobody".into()], "rhumb"), None);
        assert_eq!(handed_over(&yaml("metadata: {}\n"), &["other".into()], "rhumb"), None);
        assert_eq!(handed_over(&yaml(LIVE), &["rhumb".into()], "rhumb"), None, "what is ours already stays");
    }
}
