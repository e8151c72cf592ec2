//! Strategic merge patch, as `k8s.io/apimachinery/pkg/util/strategicpatch` has it.
//!
//! Maps merge key by key, null takes a key away, lists are replaced unless the type says that they merge: by a key,
//! by several (custom resources), or as sets. Where apimachinery would drop what a patch says without a word, this
//! keeps it or is an error: `$patch: replace` on a map that the object does not have sets it, other keys beside
//! `$patch: delete` of a map or a `$patch: replace` item are errors, and so are directives in a list that does not
//! merge.

mod directive;
mod list;
mod map;
mod order;

use crate::diag::{Diagnostic, Diagnostics};
use crate::object::{Gvk, ListType, TypeFacts, TypeRef};
use crate::yaml::Node;

use super::edit::Trace;

/// Lays a strategic merge patch over an object of a type.
///
/// # Errors
/// All that is wrong with the patch for this object; the object is then half patched.
pub fn strategic_merge(node: &mut Node, patch: &Node, gvk: &Gvk, facts: &dyn TypeFacts) -> Result<(), Diagnostics> {
    run(node, patch, gvk, facts, &mut Trace::new(false))
}

pub(super) fn run(
    node: &mut Node,
    patch: &Node,
    gvk: &Gvk,
    facts: &dyn TypeFacts,
    trace: &mut Trace,
) -> Result<(), Diagnostics> {
    let mut merger = Merger { facts, custom: !is_builtin(&gvk.group), findings: Diagnostics::new(), trace };
    merger.map(node, patch, facts.root(gvk));
    if merger.findings.has_errors() { Err(merger.findings) } else { Ok(()) }
}

/// Whether a strategic merge patch takes its whole object away.
pub(super) fn deletes_object(patch: &Node) -> bool {
    patch.get(directive::MARKER).and_then(Node::as_str) == Some("delete")
}

struct Merger<'a> {
    facts: &'a dyn TypeFacts,
    custom: bool,
    findings: Diagnostics,
    trace: &'a mut Trace,
}

/// How a list merges.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ListRule {
    Replace,
    Set,
    Keys(Vec<ecow::EcoString>),
}

impl Merger<'_> {
    fn rule(&self, of: Option<TypeRef>) -> ListRule {
        let Some(of) = of.filter(|of| !self.facts.is_atomic(*of)) else { return ListRule::Replace };
        match self.facts.list_type(of).filter(|_| self.custom) {
            Some(ListType::Map(keys)) if !keys.is_empty() => return ListRule::Keys(keys),
            Some(ListType::Set) => return ListRule::Set,
            Some(_) => return ListRule::Replace,
            None => {}
        }
        match self.facts.patch_merge_key(of) {
            Some(key) if key.is_empty() => ListRule::Set,
            Some(key) => ListRule::Keys(vec![key]),
            None => ListRule::Replace,
        }
    }

    fn field(&self, of: Option<TypeRef>, name: &str) -> Option<TypeRef> {
        self.facts.field(of?, name)
    }

    fn error(&mut self, finding: Diagnostic) {
        let field = self.trace.here();
        self.findings.push(if field.is_empty() { finding } else { finding.field(field) });
    }
}

// The lists of Kubernetes' own types merge only where their patch strategy says so; `x-kubernetes-list-type` is for
// server-side apply there. Custom resources have nothing else.
fn is_builtin(group: &str) -> bool {
    BUILTIN_GROUPS.contains(&group)
}

const BUILTIN_GROUPS: [&str; 24] = [
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

#[cfg(test)]
mod tests;
