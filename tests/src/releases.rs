//! What the tests of releases ask of a server.

use rhumb::value::Value;

use crate::place::Place;
use crate::program::Ran;

/// Returns a ConfigMap with one key.
pub fn map(name: &str, mode: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  mode: '{mode}'\n")
}

/// Returns documents as one text.
pub fn documents(parts: &[String]) -> String {
    parts.join("---\n")
}

/// Holds a run to have gone well.
///
/// # Panics
/// When it has not.
#[track_caller]
pub fn fine(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
}

/// Returns the records of a release of rhumb, as `REVISION STATE`, in the order of their names.
///
/// # Panics
/// When the server refuses.
pub fn states(place: &Place, release: &str) -> Vec<String> {
    labels(place, &format!("rhumb.dev%2Fname%3D{release}"), ["rhumb.dev/revision", "rhumb.dev/state"])
}

/// Returns the records of a release of Helm, likewise.
///
/// # Panics
/// When the server refuses.
pub fn helm_states(place: &Place, release: &str) -> Vec<String> {
    labels(place, &format!("owner%3Dhelm,name%3D{release}"), ["version", "status"])
}

fn labels(place: &Place, selector: &str, names: [&str; 2]) -> Vec<String> {
    let path = format!("/api/v1/namespaces/{}/secrets?labelSelector={selector}", place.namespace);
    let list = place.get(&path).expect("a list");
    let label = |secret: &Value, name: &str| {
        let labels = secret.get("metadata").and_then(|metadata| metadata.get("labels"));
        labels.and_then(|labels| labels.get(name)?.as_str()).unwrap_or_default().to_owned()
    };
    let items = list.get("items").and_then(Value::as_seq).unwrap_or_default();
    items.iter().map(|one| names.map(|name| label(one, name)).join(" ")).collect()
}
