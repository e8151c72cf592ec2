//! Hooks: made, waited for, and deleted as their policies say.

use rhumb::plan::{HookPolicy, Step};

use super::run::Running;
use super::step::Failed;
use super::wait;

impl Running<'_> {
    /// Runs a hook until it has succeeded.
    pub(super) fn hook(&self, step: &Step) -> Result<(), Failed> {
        let policy = step.hook.unwrap_or_default();
        if policy.before_creation {
            self.delete(step)?;
            wait::until_absent(self, step)?;
        }
        let result = self.apply(step, true).and_then(|_| wait::until_ended(self, step));
        if result.is_err() && policy.failed {
            // What failed is told, not that it could not be deleted on top of that.
            let _ = self.delete(step);
        }
        result
    }

    /// Deletes the hooks of a phase that has succeeded, where their policies say so.
    pub(super) fn clear_hooks(&self, steps: &[&Step]) {
        let goes = |step: &&&Step| step.hook.is_some_and(|policy: HookPolicy| policy.succeeded);
        for step in steps.iter().filter(goes) {
            if let Err(finding) = self.delete(step) {
                self.fail(step, *finding);
            }
        }
    }
}
