//! What stands behind an object that does not become ready: what its controller made, down to the containers.
//!
//! A front-end follows [`below`] from the object to its Pods, picks one with [`worst`], and tells what [`containers`] and
//! [`events`] find in what the server answered.

use ecow::{EcoString, eco_format};

use super::readiness::{Readiness, readiness};
use crate::object::Gvk;
use crate::value::Value;

/// The objects that another one made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Below {
    /// Their type.
    pub gvk: Gvk,
    /// A selector of their labels; others may be selected by it as well.
    pub selector: EcoString,
}

/// A container that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its name.
    pub container: EcoString,
    /// What ails it.
    pub what: EcoString,
    /// Which log tells more.
    pub log: Log,
}

/// Which log of a container there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// None: it never ran.
    Missing,
    /// That of the run that is under way or has ended.
    Current,
    /// That of the run before, which is waiting to be begun anew.
    Previous,
}

/// Returns what an object's controller makes for it; `None` where that is nothing that could be waited for.
pub fn below(object: &Value) -> Option<Below> {
    let gvk = Gvk::new(object.text_below(&["apiVersion"]), object.text_below(&["kind"]));
    let child = match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("apps", "Deployment") => Gvk::new("apps/v1", "ReplicaSet"),
        ("apps", "ReplicaSet" | "StatefulSet" | "DaemonSet") | ("batch", "Job") | ("", "ReplicationController") => {
            Gvk::new("v1", "Pod")
        }
        _ => return None,
    };
    let selector = object.get("spec")?.get("selector")?;
    let labels = if gvk.kind == "ReplicationController" { Some(selector) } else { selector.get("matchLabels") };
    let labels = labels.and_then(Value::as_map).into_iter().flatten();
    let mut parts: Vec<EcoString> =
        labels.filter_map(|(key, value)| Some(eco_format!("{key}={}", value.as_str()?))).collect();
    for expression in items(selector, &["matchExpressions"]) {
        let key = expression.text_below(&["key"]);
        let values: Vec<&str> = items(expression, &["values"]).iter().filter_map(Value::as_str).collect();
        parts.push(match expression.text_below(&["operator"]) {
            "In" => eco_format!("{key} in ({})", values.join(",")),
            "NotIn" => eco_format!("{key} notin ({})", values.join(",")),
            "Exists" => key.into(),
            _ => eco_format!("!{key}"),
        });
    }
    Some(Below { gvk: child, selector: parts.join(",").into() })
}

/// Returns the one of these objects that tells the most of why their owner is not ready: of ReplicaSets the newest, of
/// Pods the one that is worst off.
pub fn worst<'a>(owner: &Value, objects: &'a [Value]) -> Option<&'a Value> {
    let uid = owner.text_below(&["metadata", "uid"]);
    let owned = |object: &&Value| {
        items(object, &["metadata", "ownerReferences"]).iter().any(|one| one.text_below(&["uid"]) == uid)
    };
    let is_set = owner.text_below(&["kind"]) == "Deployment";
    let rank = |object: &&Value| {
        let revision = object.text_below(&["metadata", "annotations", "deployment.kubernetes.io/revision"]);
        let rank = match (is_set, readiness(object)) {
            (true, _) => revision.parse().unwrap_or_default(),
            (false, Readiness::Failed(_)) => 3,
            (false, Readiness::InProgress(_)) => 2,
            (false, Readiness::Terminating) => 1,
            (false, Readiness::Ready) => 0_u64,
        };
        (rank, object.text_below(&["metadata", "creationTimestamp"]).to_owned())
    };
    objects.iter().filter(owned).max_by_key(rank)
}

/// Returns the containers of a Pod that are not as they should be, those that come first first.
pub fn containers(pod: &Value) -> Vec<Trouble> {
    let first = items(pod, &["status", "initContainerStatuses"]).iter();
    first.chain(items(pod, &["status", "containerStatuses"])).filter_map(container).collect()
}

fn container(status: &Value) -> Option<Trouble> {
    let at = |path: &[&str]| status.below(path).filter(|value| !value.is_null());
    let told = |state: &Value| match (state.text_below(&["reason"]), state.text_below(&["message"])) {
        ("", "") => EcoString::new(),
        ("", one) | (one, "") => eco_format!(": {one}"),
        (reason, message) => eco_format!(": {reason}: {}", message.trim()),
    };
    let ended = |state: &Value| {
        let code = state.get("exitCode").and_then(Value::as_i64).unwrap_or_default();
        eco_format!("ended with exit code {code}{}", told(state))
    };
    let last = at(&["lastState", "terminated"]);
    let (mut what, log) = if let Some(waiting) = at(&["state", "waiting"]) {
        let log = if last.is_some() { Log::Previous } else { Log::Missing };
        (eco_format!("waits{}", told(waiting)), log)
    } else if let Some(terminated) = at(&["state", "terminated"]) {
        if terminated.get("exitCode").and_then(Value::as_i64) == Some(0) {
            return None;
        }
        (ended(terminated), Log::Current)
    } else if at(&["ready"]).and_then(Value::as_bool) == Some(false) && at(&["state", "running"]).is_some() {
        ("runs, and is not ready".into(), Log::Current)
    } else {
        return None;
    };
    if let Some(last) = last {
        what.push_str(&eco_format!("; before that it {}", ended(last)));
    }
    match at(&["restartCount"]).and_then(Value::as_i64) {
        None | Some(0) => {}
        Some(1) => what.push_str("; it was begun anew once"),
        Some(times) => what.push_str(&eco_format!("; it was begun anew {times} times")),
    }
    Some(Trouble { container: status.text_below(&["name"]).into(), what, log })
}

// More would hide what came last.
const EVENTS: usize = 5;

/// Returns what a list of events tells, the last ones last: the warnings, or all where there is none.
pub fn events(list: &[Value]) -> Vec<EcoString> {
    let is_warning = |event: &&Value| event.text_below(&["type"]) == "Warning";
    let mut told: Vec<&Value> = list.iter().filter(is_warning).collect();
    if told.is_empty() {
        told = list.iter().collect();
    }
    told.sort_by_key(|event| time(event).to_owned());
    let event = |event: &Value| {
        let counts = [&["count"][..], &["series", "count"]];
        let count = counts.iter().find_map(|path| event.below(path)?.as_i64());
        let times = count.filter(|count| *count > 1).map(|count| eco_format!(" ({count} times)")).unwrap_or_default();
        eco_format!("{}: {}{times}", event.text_below(&["reason"]), event.text_below(&["message"]).trim())
    };
    told[told.len().saturating_sub(EVENTS)..].iter().map(|one| event(one)).collect()
}

fn time(event: &Value) -> &str {
    let places =
        [&["lastTimestamp"][..], &["series", "lastObservedTime"], &["eventTime"], &["metadata", "creationTimestamp"]];
    places.iter().map(|path| event.text_below(path)).find(|text| !text.is_empty()).unwrap_or_default()
}

fn items<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    value.below(path).and_then(Value::as_seq).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::yaml;

    #[test]
    fn what_is_below_is_found_by_the_selector() {
        let of = |text: &str| below(&yaml(text)).map(|below| format!("{} {}", below.gvk.kind, below.selector));
        let deployment = "apiVersion: apps/v1\nkind: Deployment\nspec: {selector: {matchLabels: {a: b, c: d}, matchExpressions: \
            [{key: e, operator: In, values: [f, g]}, {key: h, operator: DoesNotExist}, {key: i, operator: Exists}]}}\n";
        assert_eq!(of(deployment).as_deref(), Some("ReplicaSet a=b,c=d,e in (f,g),!h,i"));
        let job = "apiVersion: batch/v1\nkind: Job\nspec: {selector: {matchLabels: {uid: x}}}\n";
        assert_eq!(of(job).as_deref(), Some("Pod uid=x"));
        assert_eq!(
            of("apiVersion: v1\nkind: ReplicationController\nspec: {selector: {a: b}}\n").as_deref(),
            Some("Pod a=b")
        );
        assert_eq!(of("apiVersion: v1\nkind: Service\nspec: {selector: {a: b}}\n"), None);
        assert_eq!(of("apiVersion: batch/v1\nkind: Job\nspec: {}\n"), None, "the server has not filled it in yet");
    }

    #[test]
    fn the_worst_of_its_own_is_picked() {
        let owner = yaml("kind: ReplicaSet\nmetadata: {uid: u}\n");
        let pod = |name: &str, owner: &str, status: &str| {
            yaml(&format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, ownerReferences: [{{uid: {owner}}}]}}\nstatus: {status}\n"
            ))
        };
        let pods = [
            pod("ready", "u", "{phase: Running, conditions: [{type: Ready, status: 'True'}]}"),
            pod("failed", "u", "{phase: Failed}"),
            pod("slow", "u", "{phase: Pending}"),
            pod("strange", "v", "{phase: Failed}"),
        ];
        let name = |found: Option<&Value>| found.map(|pod| pod.text_below(&["metadata", "name"]).to_owned());
        assert_eq!(name(worst(&owner, &pods)).as_deref(), Some("failed"));
        assert_eq!(name(worst(&owner, &pods[2..])).as_deref(), Some("slow"));
        assert_eq!(worst(&owner, &pods[3..]), None);
        let set = |name: &str, revision: u8| {
            yaml(&format!(
                "kind: ReplicaSet\nmetadata: {{name: {name}, ownerReferences: [{{uid: u}}], annotations: {{deployment.kubernetes.io/revision: '{revision}'}}}}\n"
            ))
        };
        let owner = yaml("kind: Deployment\nmetadata: {uid: u}\n");
        assert_eq!(name(worst(&owner, &[set("new", 10), set("old", 9)])).as_deref(), Some("new"));
    }

    #[test]
    fn containers_tell_what_ails_them_and_which_log_says_more() {
        let pod = yaml(
            "status:\n  initContainerStatuses:\n  - {name: init, state: {terminated: {exitCode: 0, reason: Completed}}}\n  containerStatuses:\n  \
             - {name: fine, ready: true, state: {running: {}}}\n  - {name: slow, ready: false, state: {running: {}}}\n  \
             - {name: pull, state: {waiting: {reason: ErrImagePull, message: no such image}}}\n  \
             - {name: loop, restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, reason: Error}}}\n  \
             - {name: end, state: {terminated: {exitCode: 2}}}\n",
        );
        let told: Vec<String> = containers(&pod)
            .iter()
            .map(|trouble| format!("{} {} {:?}", trouble.container, trouble.what, trouble.log))
            .collect();
        assert_eq!(
            told,
            [
                "slow runs, and is not ready Current",
                "pull waits: ErrImagePull: no such image Missing",
                "loop waits: CrashLoopBackOff; before that it ended with exit code 1: Error; it was begun anew 3 times Previous",
                "end ended with exit code 2 Current",
            ]
        );
    }

    #[test]
    fn the_last_warnings_are_told() {
        let event = |kind: &str, reason: &str, rest: &str| {
            yaml(&format!("type: {kind}\nreason: {reason}\nmessage: m\n{rest}\n"))
        };
        let list = [
            event("Normal", "Scheduled", "lastTimestamp: '2026-01-01T00:00:09Z'"),
            event("Warning", "BackOff", "lastTimestamp: '2026-01-01T00:00:03Z'\ncount: 4"),
            event("Warning", "Failed", "eventTime: '2026-01-01T00:00:01.000000Z'"),
        ];
        assert_eq!(events(&list), ["Failed: m", "BackOff: m (4 times)"]);
        assert_eq!(events(&list[..1]), ["Scheduled: m"]);
        let many: Vec<Value> =
            (0..9).map(|n| event("Warning", &format!("R{n}"), &format!("eventTime: '{n}'"))).collect();
        assert_eq!(events(&many), ["R4: m", "R5: m", "R6: m", "R7: m", "R8: m"]);
    }
}
