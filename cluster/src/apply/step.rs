//! One step: the requests for one object.

use std::sync::Arc;
use std::time::Instant;

use ecow::EcoString;
use rhumb::diag::Diagnostic;
use rhumb::plan::{self, Action, ApiKind, Refusal, Step};
use rhumb::value::{Map, Value};

use super::run::Running;
use super::wait;
use crate::calls::{self, Writer, map};
use crate::client::Call;
use crate::error::RequestError;
use crate::paths;

/// Why a step failed.
pub(super) type Failed = Box<Diagnostic>;

pub(super) fn failed(error: &RequestError) -> Failed {
    Box::new(error.diagnostic())
}

impl Running<'_> {
    /// Carries out a step; returns the uid of the object that was written.
    pub(super) fn carry_out(&self, step: &Step) -> Result<Option<EcoString>, Failed> {
        match step.action {
            Action::Create | Action::Update | Action::Own => {
                if !step.hand_over.is_empty() {
                    self.hand_over(step)?;
                }
                self.apply(step, step.force).map(Some)
            }
            Action::Recreate => {
                self.delete(step)?;
                wait::until_absent(self, step)?;
                self.apply(step, step.force).map(Some)
            }
            Action::Delete => self.delete(step).map(|()| None),
            Action::RunHook => self.hook(step).map(|()| None),
            Action::Unchanged | Action::Forget | Action::Keep => Ok(None),
        }
    }

    /// Returns the kind of a step's object.
    pub(super) fn kind(&self, step: &Step) -> Result<ApiKind, Failed> {
        self.kinds.find(&step.gvk).map_err(|error| failed(&error))?.ok_or_else(|| {
            let message = format!("{} has no kind {}", self.client.server(), step.gvk);
            Box::new(Diagnostic::error("apply-no-kind", message))
        })
    }

    /// Applies the object of a step; returns its uid.
    pub(super) fn apply(&self, step: &Step, force: bool) -> Result<EcoString, Failed> {
        let kind = self.kind(step)?;
        let manifest = step.manifest.as_ref().expect("steps that apply have a manifest");
        // The server refuses to apply to another object of the same name.
        let uid = step.relied.as_ref().filter(|_| step.action != Action::Recreate).map(|relied| relied.uid.as_str());
        let object = uid.map_or_else(|| manifest.clone(), |uid| with_uid(manifest, uid));
        let call = calls::apply(&kind, &step.key, &object, &Writer { manager: &self.plan.manager, force, dry: false });
        loop {
            match self.client.send(&call) {
                Ok(object) => return Ok(object.text_below(&["metadata", "uid"]).into()),
                // Not every server of the cluster knows of a definition at once.
                Err(error) if is(&error, 404) && self.kinds.may_come() => super::kinds::Kinds::pause(),
                Err(error) => return Err(refused(&error)),
            }
        }
    }

    // Takes over what others wrote with updates, so that what is not applied goes.
    fn hand_over(&self, step: &Step) -> Result<(), Failed> {
        let kind = self.kind(step)?;
        let path = paths::object(&kind, &step.key.namespace, &step.key.name);
        for _ in 0..ATTEMPTS {
            let live = self.client.send(&Call::get(path.clone())).map_err(|error| failed(&error))?;
            let Some(entries) = plan::handed_over(&live, &step.hand_over, &self.plan.manager) else { return Ok(()) };
            let version = live.text_below(&["metadata", "resourceVersion"]);
            let operation =
                |path: &str, value: Value| map([("op", "replace".into()), ("path", path.into()), ("value", value)]);
            // The version is compared with the one that is there.
            let patch = vec![
                operation("/metadata/managedFields", entries),
                operation("/metadata/resourceVersion", version.into()),
            ];
            match self.client.send(&calls::write("PATCH", path.clone(), "application/json-patch+json", &patch.into())) {
                Ok(_) => return Ok(()),
                Err(error) if is(&error, 409) => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        let message = "its fields cannot be taken over: it changes too often".to_owned();
        Err(Box::new(Diagnostic::error("apply-busy", message).help("apply again")))
    }

    /// Deletes the object of a step, if it is still the one that is meant.
    pub(super) fn delete(&self, step: &Step) -> Result<(), Failed> {
        // Where its definition is gone, it is gone as well.
        let Some(kind) = self.kinds.find(&step.gvk).map_err(|error| failed(&error))? else { return Ok(()) };
        let uid = step.relied.as_ref().map(|relied| relied.uid.as_str()).unwrap_or_default();
        let path = paths::object(&kind, &step.key.namespace, &step.key.name);
        match self.client.send(&calls::delete(path, uid, "")) {
            Ok(_) => Ok(()),
            Err(error) if is(&error, 404) => Ok(()),
            // Another object has its name now: the one that is meant is gone.
            Err(error) if is(&error, 409) && says_other_uid(&error) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Returns how long something that is waited for from now on may take.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.options.timeout
    }
}

const ATTEMPTS: usize = 5;

pub(super) fn is(error: &RequestError, code: u16) -> bool {
    error.refusal().is_some_and(|refusal| refusal.code == code)
}

fn says_other_uid(error: &RequestError) -> bool {
    error.refusal().is_some_and(|refusal| refusal.message.contains("UID in precondition"))
}

fn with_uid(manifest: &Value, uid: &str) -> Value {
    let mut object = manifest.clone();
    if let Value::Map(object) = &mut object
        && let Some(Value::Map(metadata)) = Arc::<Map>::make_mut(object).get_mut("metadata")
    {
        Arc::make_mut(metadata).insert("uid", uid.into());
    }
    object
}

fn refused(error: &RequestError) -> Failed {
    let Some(refusal) = error.refusal() else { return failed(error) };
    if refusal.is_conflict() {
        return Box::new(conflict(refusal));
    }
    if refusal.code == 409 {
        let finding =
            Diagnostic::error("apply-moved", format!("it has changed since it was looked at: {}", refusal.message));
        return Box::new(finding.help("apply again"));
    }
    let mut finding = error.diagnostic();
    if plan::says_immutable(refusal) {
        finding = finding.help("`--recreate` deletes it and makes it anew");
    }
    for cause in refusal.causes.iter().take(20) {
        finding = finding.note(ecow::eco_format!("{}: {}", cause.field, cause.message));
    }
    Box::new(finding)
}

fn conflict(refusal: &Refusal) -> Diagnostic {
    let causes = refusal.causes.iter().filter(|cause| cause.reason == "FieldManagerConflict");
    let finding = Diagnostic::error("apply-conflict", "others have come to own fields of it since it was looked at");
    let finding = causes
        .take(20)
        .fold(finding, |finding, cause| finding.note(ecow::eco_format!("{}: {}", cause.field, cause.message)));
    finding.help("apply again: the plan then shows the fields, and a policy can settle them")
}
