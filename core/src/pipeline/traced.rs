//! What each step of a build did to each object: the log of a traced run.

use super::Built;
use super::built::Patched;
use super::explain::{Step, build_step, environment_step};
use crate::object::{Object, ObjectKey};
use crate::patch::Edited;
use crate::value::{Value, ValuePath};

/// What happened to one object.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TracedObject {
    /// The object, as it is named in the end.
    pub object: ObjectKey,
    /// What it was made by; `None` where nobody knows.
    pub made: Option<Step>,
    /// What was changed in it since, in the order in which it happened.
    pub edits: Vec<TracedEdit>,
    /// What took it away in the end.
    pub dropped: Option<Step>,
}

/// One field that a step changed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TracedEdit {
    /// The step.
    pub step: Step,
    /// Where the field stood right after the step.
    pub path: ValuePath,
    /// What it was; `None` for what was added.
    pub before: Option<Value>,
    /// What it became; `None` for what was taken away.
    pub after: Option<Value>,
}

impl Built {
    /// Returns what each step did to each object, in the order of the objects; those that were taken away come last.
    ///
    /// What came out of templates is made by them in one piece: which values went into it, `explain` tells. Without a
    /// traced run there are no steps.
    pub fn trace(&self) -> Vec<TracedObject> {
        let objects = self.objects.objects().map(|object| self.trace_object(object));
        let dropped = self.kustomized.iter().flat_map(|trace| {
            let dropped = trace.dropped.iter();
            dropped.map(|(key, step)| taken_away(key, build_step(trace, *step, crate::source::Span::NONE)))
        });
        let deleted = self.patched.iter().filter(|step| step.is_deleted);
        let deleted = deleted.map(|step| taken_away(&step.object, Some(environment_step(step, step.span))));
        objects.chain(dropped).chain(deleted).collect()
    }

    fn trace_object(&self, object: &Object) -> TracedObject {
        let patched = || self.patched.iter().filter(|step| object.is_or_was(&step.object));
        let makes = |step: &&Patched| step.fields.iter().any(|field| field.path.is_root() && field.before.is_none());
        let mut edits = Vec::new();
        let mut made = patched().find(makes).map(|step| environment_step(step, step.span));
        if let Some(trace) = self.kustomized.as_ref().filter(|trace| trace.of(object).is_some()) {
            let first = trace.of(object).and_then(|history| history.changes.first());
            made = first.and_then(|change| build_step(trace, change.step, change.written)).or(made);
            edits.extend(trace.edits_of(object).iter().filter_map(|edit| {
                let step = build_step(trace, edit.step, edit.written)?;
                let (before, after) = (edit.before.clone(), edit.after.clone());
                Some(TracedEdit { step, path: edit.path.clone(), before, after })
            }));
        } else if made.is_none() && !object.node.span.is_none() {
            made = Some(Step::Template { span: object.node.span, via: Vec::new() });
        }
        for step in patched().filter(|step| !makes(step)) {
            edits.extend(step.fields.iter().map(|Edited { path, before, after }| TracedEdit {
                step: environment_step(step, step.span),
                path: path.clone(),
                before: before.clone(),
                after: after.clone(),
            }));
        }
        TracedObject { object: object.key(), made, edits, dropped: None }
    }
}

fn taken_away(object: &ObjectKey, step: Option<Step>) -> TracedObject {
    TracedObject { object: object.clone(), made: None, edits: Vec::new(), dropped: step }
}
