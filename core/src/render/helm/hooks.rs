//! Hooks: manifests that an annotation ties to a moment in the life of a release.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/release/v1/hook.go>.

use std::sync::Arc;

use ecow::EcoString;

use super::{Content, Head};

/// A hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// The name.
    pub name: EcoString,
    /// The kind.
    pub kind: EcoString,
    /// The template it comes from.
    pub path: Arc<str>,
    /// The manifest.
    pub content: Content,
    /// What it says of itself.
    pub head: Head,
    /// When it runs, in the order written.
    pub events: Vec<HookEvent>,
    /// Its place among the hooks of the same event: the lowest is first.
    pub weight: i64,
    /// `helm.sh/hook-delete-policy`, taken apart and in lower case.
    pub delete_policies: Vec<EcoString>,
    /// `helm.sh/hook-output-log-policy`, likewise.
    pub output_log_policies: Vec<EcoString>,
}

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are Helm's")]
pub enum HookEvent {
    PreInstall,
    PostInstall,
    PreDelete,
    PostDelete,
    PreUpgrade,
    PostUpgrade,
    PreRollback,
    PostRollback,
    Test,
}

impl HookEvent {
    /// Returns the event of a name; `test-success` is Helm 2's for a test.
    pub fn parse(name: &str) -> Option<HookEvent> {
        Some(match name {
            "pre-install" => HookEvent::PreInstall,
            "post-install" => HookEvent::PostInstall,
            "pre-delete" => HookEvent::PreDelete,
            "post-delete" => HookEvent::PostDelete,
            "pre-upgrade" => HookEvent::PreUpgrade,
            "post-upgrade" => HookEvent::PostUpgrade,
            "pre-rollback" => HookEvent::PreRollback,
            "post-rollback" => HookEvent::PostRollback,
            "test" | "test-success" => HookEvent::Test,
            _ => return None,
        })
    }
}

impl Hook {
    /// Returns the hook that a manifest is, if it is one, or the value of its annotation where that names an event
    /// nobody knows.
    pub(super) fn of(path: &Arc<str>, content: &Content, head: &Head) -> Option<Result<Hook, EcoString>> {
        let types = head.annotations.get("helm.sh/hook")?;
        let events: Option<Vec<HookEvent>> = words(types).map(|name| HookEvent::parse(&name)).collect();
        let Some(events) = events else { return Some(Err(types.clone())) };
        let policies = |key: &str| head.annotations.get(key).map(|value| words(value).collect()).unwrap_or_default();
        Some(Ok(Hook {
            name: head.name.clone(),
            kind: head.kind.clone(),
            path: path.clone(),
            content: content.clone(),
            events,
            weight: head.annotations.get("helm.sh/hook-weight").map_or(0, |text| weight(text)),
            delete_policies: policies("helm.sh/hook-delete-policy"),
            output_log_policies: policies("helm.sh/hook-output-log-policy"),
            head: head.clone(),
        }))
    }

    /// Whether it runs for `helm test`.
    pub fn is_test(&self) -> bool {
        self.events.contains(&HookEvent::Test)
    }
}

fn words(list: &str) -> impl Iterator<Item = EcoString> + '_ {
    list.split(',').map(|word| word.trim().to_lowercase().into())
}

/// Go's `strconv.Atoi`, 0 for what is no number.
fn weight(text: &str) -> i64 {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.bytes().all(|b| b.is_ascii_digit()) { text.parse().unwrap_or(0) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Limits;

    fn hook(annotations: &str) -> Option<Result<Hook, EcoString>> {
        let text = format!("kind: Job\nmetadata:\n  name: x\n  annotations: {{{annotations}}}\n");
        let content = Content::whole(Arc::from(text.as_bytes()));
        let head = Head::read(content.as_bytes(), &Limits::default()).expect("a head");
        Hook::of(&Arc::from("c/templates/x.yaml"), &content, &head)
    }

    #[test]
    fn an_annotation_makes_a_hook() {
        assert_eq!(hook("a: b"), None);
        let text = "helm.sh/hook: 'Pre-Install , test-success', helm.sh/hook-weight: '-5', \
                    helm.sh/hook-delete-policy: 'before-hook-creation,Hook-Succeeded'";
        let got = hook(text).expect("a hook").expect("known events");
        assert_eq!(got.events, [HookEvent::PreInstall, HookEvent::Test]);
        assert_eq!((got.weight, got.is_test()), (-5, true));
        assert_eq!(got.delete_policies, ["before-hook-creation", "hook-succeeded"]);
    }

    #[test]
    fn an_event_that_nobody_knows_makes_none() {
        assert_eq!(hook("helm.sh/hook: 'pre-install,crd-install'"), Some(Err("pre-install,crd-install".into())));
        assert_eq!(hook("helm.sh/hook: ''"), Some(Err("".into())));
    }

    #[test]
    fn a_weight_that_is_no_number_is_none() {
        for (text, want) in [("'5'", 5), ("5", 5), ("'+7'", 7), ("x", 0), ("'1.5'", 0), ("'- 5'", 0), ("''", 0)] {
            let got = hook(&format!("helm.sh/hook: test, helm.sh/hook-weight: {text}"));
            assert_eq!(got.map(|hook| hook.map(|hook| hook.weight)), Some(Ok(want)), "{text}");
        }
    }
}
