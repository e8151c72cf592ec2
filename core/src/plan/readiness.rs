//! Whether an object has become what was asked for: the rules of kstatus.
//!
//! Facts: <https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md>. In short: an object whose
//! controller has not seen its last change yet is in progress; the conditions `Reconciling` and `Stalled` say what they
//! are called; the built-in kinds have rules of their own; any other kind is ready unless a condition `Ready` says no.

use ecow::{EcoString, eco_format};

use crate::value::Value;

/// How far an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It is what was asked for.
    Ready,
    /// It is on the way; the text says what is missing.
    InProgress(EcoString),
    /// It will not get there by itself; the text says why.
    Failed(EcoString),
    /// It is being deleted.
    Terminating,
}

/// Returns how far a live object is.
pub fn readiness(object: &Value) -> Readiness {
    let status = Status { object };
    if status.at(&["metadata", "deletionTimestamp"]).is_some() {
        return Readiness::Terminating;
    }
    if let Some(early) = generic(&status) {
        return early;
    }
    let (group, kind) = (status.group(), status.text(&["kind"]));
    let found = match (group, kind) {
        ("apps" | "extensions", "Deployment") => deployment(&status),
        ("apps", "StatefulSet") => stateful_set(&status),
        ("apps" | "extensions", "DaemonSet") => daemon_set(&status),
        ("apps" | "extensions", "ReplicaSet") | ("", "ReplicationController") => replica_set(&status),
        ("batch", "Job") => job(&status),
        ("", "Pod") => pod(&status),
        ("", "PersistentVolumeClaim") => claim(&status),
        ("", "Service") => service(&status),
        ("", "Namespace") => phase(&status, "Active"),
        ("policy", "PodDisruptionBudget") => Ok(()),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(&status),
        ("apiregistration.k8s.io", "APIService") => condition_says(&status, "Available"),
        _ => ready_condition(&status),
    };
    match found {
        Ok(()) => Readiness::Ready,
        Err(not) => not,
    }
}

type Found = Result<(), Readiness>;

fn missing(text: impl Into<EcoString>) -> Found {
    Err(Readiness::InProgress(text.into()))
}

fn failed(text: impl Into<EcoString>) -> Found {
    Err(Readiness::Failed(text.into()))
}

struct Status<'a> {
    object: &'a Value,
}

struct Condition<'a> {
    kind: &'a str,
    status: &'a str,
    reason: &'a str,
    message: &'a str,
}

impl Condition<'_> {
    fn told(&self) -> EcoString {
        match (self.reason, self.message) {
            ("", "") => self.kind.into(),
            ("", message) => message.into(),
            (reason, "") => reason.into(),
            (reason, message) => eco_format!("{reason}: {message}"),
        }
    }
}

impl<'a> Status<'a> {
    fn at(&self, path: &[&str]) -> Option<&'a Value> {
        self.object.below(path).filter(|value| !value.is_null())
    }

    fn text(&self, path: &[&str]) -> &'a str {
        self.at(path).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, path: &[&str]) -> Option<i64> {
        self.at(path).and_then(Value::as_i64)
    }

    fn status(&self, key: &str) -> i64 {
        self.number(&["status", key]).unwrap_or_default()
    }

    fn group(&self) -> &'a str {
        self.text(&["apiVersion"]).split_once('/').map_or("", |(group, _)| group)
    }

    fn conditions(&self) -> impl Iterator<Item = Condition<'a>> {
        let list = self.at(&["status", "conditions"]).and_then(Value::as_seq).unwrap_or_default();
        list.iter().map(|one| {
            let text = |key| one.get(key).and_then(Value::as_str).unwrap_or_default();
            Condition { kind: text("type"), status: text("status"), reason: text("reason"), message: text("message") }
        })
    }

    fn condition(&self, kind: &str) -> Option<Condition<'a>> {
        self.conditions().find(|condition| condition.kind == kind)
    }
}

fn generic(status: &Status<'_>) -> Option<Readiness> {
    let (generation, seen) =
        (status.number(&["metadata", "generation"]), status.number(&["status", "observedGeneration"]));
    if let (Some(generation), Some(seen)) = (generation, seen)
        && seen != generation
    {
        return Some(Readiness::InProgress(eco_format!("its controller has seen generation {seen} of {generation}")));
    }
    for condition in status.conditions().filter(|condition| condition.status == "True") {
        match condition.kind {
            "Reconciling" => return Some(Readiness::InProgress(condition.told())),
            "Stalled" => return Some(Readiness::Failed(condition.told())),
            _ => {}
        }
    }
    None
}

fn deployment(status: &Status<'_>) -> Found {
    if let Some(progress) = status.condition("Progressing")
        && progress.reason == "ProgressDeadlineExceeded"
    {
        return failed(progress.told());
    }
    if let Some(condition) = status.condition("ReplicaFailure").filter(|condition| condition.status == "True") {
        return missing(condition.told());
    }
    let wanted = status.number(&["spec", "replicas"]).unwrap_or(1);
    if status.at(&["status", "observedGeneration"]).is_none() {
        return missing("its controller has not seen it");
    }
    replicas(status, wanted, &["replicas", "updatedReplicas"])?;
    if status.status("replicas") > wanted {
        return missing(eco_format!(
            "{} replicas of the old template are still there",
            status.status("replicas") - wanted
        ));
    }
    replicas(status, wanted, &["availableReplicas", "readyReplicas"])?;
    match status.condition("Available") {
        Some(condition) if condition.status != "True" => missing(condition.told()),
        _ => Ok(()),
    }
}

fn replicas(status: &Status<'_>, wanted: i64, counts: &[&str]) -> Found {
    for count in counts {
        let have = status.status(count);
        if have < wanted {
            return missing(eco_format!("{count}: {have} of {wanted}"));
        }
    }
    Ok(())
}

fn stateful_set(status: &Status<'_>) -> Found {
    if status.text(&["spec", "updateStrategy", "type"]) == "OnDelete" {
        return Ok(());
    }
    if status.at(&["status", "observedGeneration"]).is_none() {
        return missing("its controller has not seen it");
    }
    let wanted = status.number(&["spec", "replicas"]).unwrap_or(1);
    replicas(status, wanted, &["replicas", "readyReplicas"])?;
    if status.status("replicas") > wanted {
        return missing(eco_format!("{} replicas too many", status.status("replicas") - wanted));
    }
    let partition = status.number(&["spec", "updateStrategy", "rollingUpdate", "partition"]).unwrap_or_default();
    if partition > 0 {
        return replicas(status, (wanted - partition).max(0), &["updatedReplicas"]);
    }
    replicas(status, wanted, &["currentReplicas"])?;
    let (current, update) = (status.text(&["status", "currentRevision"]), status.text(&["status", "updateRevision"]));
    match current == update {
        true => Ok(()),
        false => missing("pods of the last revision are still there"),
    }
}

fn daemon_set(status: &Status<'_>) -> Found {
    if status.at(&["status", "observedGeneration"]).is_none() {
        return missing("its controller has not seen it");
    }
    let wanted = status.status("desiredNumberScheduled");
    let all = ["currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady"];
    match status.text(&["spec", "updateStrategy", "type"]) {
        "OnDelete" => replicas(status, wanted, &[all[0], all[2], all[3]]),
        _ => replicas(status, wanted, &all),
    }
}

fn replica_set(status: &Status<'_>) -> Found {
    if let Some(condition) = status.condition("ReplicaFailure").filter(|condition| condition.status == "True") {
        return missing(condition.told());
    }
    let wanted = status.number(&["spec", "replicas"]).unwrap_or(1);
    replicas(status, wanted, &["replicas", "availableReplicas", "readyReplicas"])?;
    match status.status("replicas") > wanted {
        true => missing(eco_format!("{} replicas too many", status.status("replicas") - wanted)),
        false => Ok(()),
    }
}

// A Job is ready when it has finished: whoever waits for it waits for what it does.
fn job(status: &Status<'_>) -> Found {
    for condition in status.conditions().filter(|condition| condition.status == "True") {
        match condition.kind {
            "Complete" | "SuccessCriteriaMet" => return Ok(()),
            "Failed" | "FailureTarget" => return failed(condition.told()),
            "Suspended" => return missing("it is suspended"),
            _ => {}
        }
    }
    missing(eco_format!(
        "{} active, {} succeeded, {} failed",
        status.status("active"),
        status.status("succeeded"),
        status.status("failed")
    ))
}

fn pod(status: &Status<'_>) -> Found {
    match status.text(&["status", "phase"]) {
        "Succeeded" => Ok(()),
        "Failed" => failed(pod_trouble(status).unwrap_or_else(|| "it failed".into())),
        "Running" => match status.condition("Ready") {
            Some(condition) if condition.status == "True" => Ok(()),
            _ => match pod_trouble(status) {
                Some(trouble) if trouble.starts_with("CrashLoopBackOff") => failed(trouble),
                trouble => missing(trouble.unwrap_or_else(|| "it is not ready".into())),
            },
        },
        _ => match status.condition("PodScheduled") {
            Some(condition) if condition.status == "False" => missing(condition.told()),
            _ => missing(pod_trouble(status).unwrap_or_else(|| "it has not started".into())),
        },
    }
}

/// Returns what the first container that is in trouble says.
fn pod_trouble(status: &Status<'_>) -> Option<EcoString> {
    let containers = ["initContainerStatuses", "containerStatuses"]
        .iter()
        .flat_map(|list| status.at(&["status", list]).and_then(Value::as_seq).unwrap_or_default());
    containers.into_iter().find_map(|container| {
        let state = container.get("state")?;
        let state = state.get("waiting").or_else(|| state.get("terminated"))?;
        let text = |key| state.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let reason = text("reason")
            .filter(|reason| !matches!(*reason, "Completed" | "ContainerCreating" | "PodInitializing"))?;
        let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
        Some(match text("message") {
            Some(message) => eco_format!("{reason}: container {name}: {message}"),
            None => eco_format!("{reason}: container {name}"),
        })
    })
}

fn claim(status: &Status<'_>) -> Found {
    phase(status, "Bound")
}

fn phase(status: &Status<'_>, wanted: &str) -> Found {
    match status.text(&["status", "phase"]) {
        phase if phase == wanted => Ok(()),
        "" => missing("it has no phase yet"),
        phase => missing(eco_format!("its phase is {phase}")),
    }
}

fn service(status: &Status<'_>) -> Found {
    if status.text(&["spec", "type"]) == "LoadBalancer" && status.text(&["spec", "clusterIP"]).is_empty() {
        return missing("it has no address yet");
    }
    Ok(())
}

fn definition(status: &Status<'_>) -> Found {
    if let Some(condition) = status.condition("NamesAccepted").filter(|condition| condition.status == "False") {
        return failed(condition.told());
    }
    match status.condition("Established") {
        Some(condition) if condition.status == "True" => Ok(()),
        Some(condition) if condition.reason != "Installing" => failed(condition.told()),
        _ => missing("it is not established"),
    }
}

fn condition_says(status: &Status<'_>, kind: &str) -> Found {
    match status.condition(kind) {
        Some(condition) if condition.status == "True" => Ok(()),
        Some(condition) => missing(condition.told()),
        None => missing(eco_format!("no condition {kind} yet")),
    }
}

fn ready_condition(status: &Status<'_>) -> Found {
    match status.condition("Ready") {
        Some(condition) if condition.status != "True" => missing(condition.told()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::yaml;

    fn check(text: &str, want: &str) {
        let got = match readiness(&yaml(text)) {
            Readiness::Ready => "ready".to_owned(),
            Readiness::InProgress(text) => format!("in progress: {text}"),
            Readiness::Failed(text) => format!("failed: {text}"),
            Readiness::Terminating => "terminating".to_owned(),
        };
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn whatever_has_no_rules_is_ready_at_once() {
        check("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "ready");
        check("apiVersion: v1\nkind: ConfigMap\nmetadata: {deletionTimestamp: t}\n", "terminating");
    }

    #[test]
    fn custom_resources_are_read_by_generation_and_conditions() {
        let thing = |rest: &str| format!("apiVersion: x.io/v1\nkind: Thing\n{rest}\n");
        check(
            &thing("metadata: {generation: 2}\nstatus: {observedGeneration: 1}"),
            "in progress: its controller has seen generation 1 of 2",
        );
        check(
            &thing("status: {conditions: [{type: Ready, status: 'False', reason: R, message: m}]}"),
            "in progress: R: m",
        );
        check(&thing("status: {conditions: [{type: Stalled, status: 'True', reason: R}]}"), "failed: R");
        check(&thing("status: {conditions: [{type: Reconciling, status: 'True', message: m}]}"), "in progress: m");
        check(&thing("status: {conditions: [{type: Ready, status: 'True'}]}"), "ready");
    }

    #[test]
    fn deployments_wait_for_new_replicas_and_the_end_of_old_ones() {
        let deployment = |status: &str| {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{generation: 1}}\nspec: {{replicas: 2}}\nstatus: {status}\n"
            )
        };
        check(&deployment("{}"), "in progress: its controller has not seen it");
        check(
            &deployment("{observedGeneration: 1, replicas: 2, updatedReplicas: 1}"),
            "in progress: updatedReplicas: 1 of 2",
        );
        check(
            &deployment("{observedGeneration: 1, replicas: 3, updatedReplicas: 2}"),
            "in progress: 1 replicas of the old template are still there",
        );
        check(
            &deployment("{observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 1}"),
            "in progress: availableReplicas: 1 of 2",
        );
        check(
            &deployment(
                "{observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2}",
            ),
            "ready",
        );
        check(
            &deployment(
                "{observedGeneration: 1, conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded}]}",
            ),
            "failed: ProgressDeadlineExceeded",
        );
    }

    #[test]
    fn stateful_sets_wait_for_their_revision() {
        let set = |strategy: &str, status: &str| {
            format!(
                "apiVersion: apps/v1\nkind: StatefulSet\nspec: {{replicas: 2, updateStrategy: {strategy}}}\nstatus: {status}\n"
            )
        };
        let done = "{observedGeneration: 1, replicas: 2, readyReplicas: 2, currentReplicas: 2, currentRevision: a, updateRevision: a}";
        check(&set("{type: RollingUpdate}", done), "ready");
        check(
            &set("{}", &done.replace("updateRevision: a", "updateRevision: b")),
            "in progress: pods of the last revision are still there",
        );
        check(
            &set(
                "{rollingUpdate: {partition: 1}}",
                "{observedGeneration: 1, replicas: 2, readyReplicas: 2, updatedReplicas: 1}",
            ),
            "ready",
        );
        check(&set("{type: OnDelete}", "{}"), "ready");
    }

    #[test]
    fn daemon_sets_wait_for_every_node() {
        let set = |status: &str| format!("apiVersion: apps/v1\nkind: DaemonSet\nstatus: {status}\n");
        check(&set("{observedGeneration: 1, desiredNumberScheduled: 0}"), "ready");
        check(
            &set(
                "{observedGeneration: 1, desiredNumberScheduled: 2, currentNumberScheduled: 2, updatedNumberScheduled: 1}",
            ),
            "in progress: updatedNumberScheduled: 1 of 2",
        );
    }

    #[test]
    fn jobs_are_ready_when_they_are_done() {
        let job = |status: &str| format!("apiVersion: batch/v1\nkind: Job\nstatus: {status}\n");
        check(&job("{active: 1}"), "in progress: 1 active, 0 succeeded, 0 failed");
        check(&job("{conditions: [{type: Complete, status: 'True'}]}"), "ready");
        check(
            &job("{conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded}]}"),
            "failed: BackoffLimitExceeded",
        );
    }

    #[test]
    fn pods_tell_what_ails_them() {
        let pod = |status: &str| format!("apiVersion: v1\nkind: Pod\nstatus: {status}\n");
        check(&pod("{phase: Running, conditions: [{type: Ready, status: 'True'}]}"), "ready");
        check(
            &pod(
                "{phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: no nodes}]}",
            ),
            "in progress: Unschedulable: no nodes",
        );
        check(
            &pod("{phase: Running, containerStatuses: [{name: c, state: {waiting: {reason: CrashLoopBackOff}}}]}"),
            "failed: CrashLoopBackOff: container c",
        );
        check(
            &pod(
                "{phase: Pending, containerStatuses: [{name: c, state: {waiting: {reason: ErrImagePull, message: m}}}]}",
            ),
            "in progress: ErrImagePull: container c: m",
        );
    }

    #[test]
    fn definitions_are_ready_once_established() {
        let crd = |conditions: &str| {
            format!(
                "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nstatus: {{conditions: {conditions}}}\n"
            )
        };
        check(&crd("[]"), "in progress: it is not established");
        check(&crd("[{type: Established, status: 'True'}]"), "ready");
        check(&crd("[{type: NamesAccepted, status: 'False', reason: MultipleNames}]"), "failed: MultipleNames");
    }
}
