//! Requests that write.

use rhumb::object::ObjectKey;
use rhumb::plan::ApiKind;
use rhumb::value::{Map, Value};

use crate::client::Call;
use crate::paths;

/// As whom and how something is applied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer<'a> {
    /// The field manager.
    pub(crate) manager: &'a str,
    /// Whether fields are taken over from other managers.
    pub(crate) force: bool,
    /// Whether it is only asked what would become of it.
    pub(crate) dry: bool,
}

/// Returns a server-side apply.
pub(crate) fn apply(kind: &ApiKind, key: &ObjectKey, object: &Value, writer: &Writer<'_>) -> Call {
    let path = paths::object(kind, &key.namespace, &key.name);
    let (manager, force) = (paths::encode(writer.manager), writer.force);
    let dry = if writer.dry { "&dryRun=All" } else { "" };
    // JSON is YAML. A field that the type lacks is always refused to an apply; a stricter validation would only look for
    // keys that are there twice, which none is, and for that let the server read the object once more.
    write("PATCH", format!("{path}?fieldManager={manager}&force={force}&fieldValidation=Ignore{dry}"), APPLY, object)
}

const APPLY: &str = "application/apply-patch+yaml";

/// Returns a request that makes or replaces an object at a path.
pub(crate) fn write(method: &'static str, path: String, kind: &'static str, object: &Value) -> Call {
    // A value is always JSON.
    let body = serde_json::to_vec(object).unwrap_or_default();
    Call { method, path, accept: "application/json", body: Some((kind, body)) }
}

/// Returns a request that deletes an object in the background, if it still has this uid and this version; an empty text
/// stands for any.
pub(crate) fn delete(path: String, uid: &str, version: &str) -> Call {
    let conditions = [("uid", uid), ("resourceVersion", version)];
    let conditions = conditions.into_iter().filter(|(_, text)| !text.is_empty());
    let conditions: Map = conditions.map(|(key, text)| (key, Value::from(text))).collect();
    let options = map([
        ("apiVersion", "v1".into()),
        ("kind", "DeleteOptions".into()),
        ("propagationPolicy", "Background".into()),
        ("preconditions", conditions.into()),
    ]);
    write("DELETE", path, "application/json", &options)
}

/// Returns a map.
pub(crate) fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    entries.into_iter().collect::<Map>().into()
}
