//! Why something does not become ready: what stands below it, down to the container, with its events and its last words.

use ecow::eco_format;
use rhumb::diag::Diagnostic;
use rhumb::object::Gvk;
use rhumb::plan::readiness::{Readiness, readiness};
use rhumb::plan::trouble::{Log, Trouble, below, containers, events, worst};
use rhumb::plan::{ApiKind, Step};
use rhumb::value::Value;

use super::run::Running;
use crate::client::Call;
use crate::error::RequestError;
use crate::paths;

// A Deployment has ReplicaSets, and these have Pods.
const DEPTH: usize = 3;
const LINES: usize = 10;
// Nobody reads further, and a line can be as long as it likes.
const BYTES: usize = 4096;

/// Adds to a finding about an object what its events, and those below it, say of the cause. What may not be read is left
/// out: the finding itself is told all the same.
pub(super) fn explained(run: &Running<'_>, step: &Step, finding: Diagnostic) -> Diagnostic {
    let Ok(kind) = run.kind(step) else { return finding };
    let path = paths::object(&kind, &step.key.namespace, &step.key.name);
    let Ok(mut object) = run.client.send(&Call::get(path)) else { return finding };
    let mut finding = finding;
    for depth in 0..DEPTH {
        let name = format!("{}/{}", object.text_below(&["kind"]), object.text_below(&["metadata", "name"]));
        if depth > 0 {
            finding = finding.note(format!("{name}: {}", state(&object)));
        }
        if object.text_below(&["kind"]) == "Pod" {
            for trouble in containers(&object) {
                finding = finding.note(format!("container `{}` {}", trouble.container, trouble.what));
                finding = log(run, &object, &trouble, finding);
            }
        }
        for event in seen(run, &object).unwrap_or_default() {
            finding = finding.note(format!("event of {name}: {event}"));
        }
        match next(run, &object) {
            Ok(Some(below)) => object = below,
            Ok(None) | Err(_) => break,
        }
    }
    finding
}

fn state(object: &Value) -> String {
    match readiness(object) {
        Readiness::Ready => "it is ready".to_owned(),
        Readiness::InProgress(reason) | Readiness::Failed(reason) => reason.into(),
        Readiness::Terminating => "it is being deleted".to_owned(),
    }
}

fn list(run: &Running<'_>, kind: &ApiKind, namespace: &str, selector: &str) -> Result<Vec<Value>, RequestError> {
    let path = format!("{}?limit=500&{selector}", paths::collection(kind, namespace));
    let list = run.client.send(&Call::get(path))?;
    Ok(list.get("items").and_then(Value::as_seq).unwrap_or_default().to_vec())
}

fn next(run: &Running<'_>, object: &Value) -> Result<Option<Value>, RequestError> {
    let Some(below) = below(object) else { return Ok(None) };
    let Some(kind) = run.kinds.find(&below.gvk)? else { return Ok(None) };
    let selector = format!("labelSelector={}", paths::encode(&below.selector));
    let objects = list(run, &kind, object.text_below(&["metadata", "namespace"]), &selector)?;
    let objects: Vec<Value> = objects.iter().map(|item| crate::reading::whole(item, &below.gvk)).collect();
    Ok(worst(object, &objects).cloned())
}

fn seen(run: &Running<'_>, object: &Value) -> Result<Vec<ecow::EcoString>, RequestError> {
    let Some(kind) = run.kinds.find(&Gvk::new("v1", "Event"))? else { return Ok(Vec::new()) };
    let selector = eco_format!("involvedObject.uid={}", object.text_below(&["metadata", "uid"]));
    // Those of objects outside namespaces lie in `default`.
    let namespace = match object.text_below(&["metadata", "namespace"]) {
        "" => "default",
        namespace => namespace,
    };
    Ok(events(&list(run, &kind, namespace, &format!("fieldSelector={}", paths::encode(&selector)))?))
}

fn log(run: &Running<'_>, pod: &Value, trouble: &Trouble, finding: Diagnostic) -> Diagnostic {
    if trouble.log == Log::Missing {
        return finding;
    }
    let path = format!(
        "/api/v1/namespaces/{}/pods/{}/log?container={}&tailLines={LINES}&limitBytes={BYTES}{}",
        paths::encode(pod.text_below(&["metadata", "namespace"])),
        paths::encode(pod.text_below(&["metadata", "name"])),
        paths::encode(&trouble.container),
        if trouble.log == Log::Previous { "&previous=true" } else { "" },
    );
    let (text, name) = (run.client.text(&Call { accept: "*/*", ..Call::get(path) }), &trouble.container);
    match text {
        Ok(text) if text.trim().is_empty() => finding.note(format!("the log of container `{name}` is empty")),
        Ok(text) => {
            let lines: Vec<String> = text.lines().map(|line| format!("  {}", line.trim_end())).collect();
            finding.note(format!("the log of container `{name}` ends with\n{}", lines.join("\n")))
        }
        Err(error) => {
            let reason = error.refusal().map_or_else(|| error.to_string(), |refusal| refusal.message.to_string());
            finding.note(format!("the log of container `{name}` cannot be read: {reason}"))
        }
    }
}
