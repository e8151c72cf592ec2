//! The directives of strategic merge patches, and values freed of them.

use crate::diag::Diagnostic;
use crate::yaml::{Node, NodeKind};

use super::Merger;

pub(super) const MARKER: &str = "$patch";
pub(super) const RETAIN: &str = "$retainKeys";
pub(super) const DELETE_PREFIX: &str = "$deleteFromPrimitiveList/";
pub(super) const ORDER_PREFIX: &str = "$setElementOrder/";
pub(super) const CODE: &str = "patch-directive";

/// What `$patch` says of the map it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive {
    Merge,
    Replace,
    Delete,
}

/// Whether a key is for the engine and no data.
pub(super) fn is_directive(key: &str) -> bool {
    key == MARKER || key == RETAIN || key.starts_with(DELETE_PREFIX) || key.starts_with(ORDER_PREFIX)
}

impl Merger<'_> {
    /// Returns the directive of a map; `None` after a bad one, which is reported.
    pub(super) fn directive(&mut self, patch: &Node) -> Option<Directive> {
        let Some(value) = patch.get(MARKER) else { return Some(Directive::Merge) };
        match value.as_str() {
            Some("merge") => Some(Directive::Merge),
            Some("replace") => Some(Directive::Replace),
            Some("delete") => Some(Directive::Delete),
            _ => {
                let shown = value.as_str().map_or_else(|| value.kind_name().to_owned(), |text| format!("`{text}`"));
                let finding = Diagnostic::error(CODE, format!("`$patch` cannot be {shown}")).at(value.span);
                let finding = finding.suggest(value.as_str().unwrap_or(""), ["merge", "replace", "delete"]);
                let known = "`$patch` is `merge`, `replace` or `delete`";
                self.error(if finding.help.is_none() { finding.help(known) } else { finding.note(known) });
                None
            }
        }
    }

    /// Returns what a patch puts where the object has nothing: without directives, and without the nulls of maps,
    /// which only take keys away. `None` where the patch deletes.
    pub(super) fn clean(&mut self, patch: &Node) -> Option<Node> {
        let kind = match &patch.kind {
            NodeKind::Map(entries) => {
                if self.directive(patch)? == Directive::Delete {
                    return None;
                }
                let kept = entries
                    .iter()
                    .filter(|(key, value)| !value.is_null() && !is_directive(key.as_str().unwrap_or_default()));
                NodeKind::Map(kept.filter_map(|(key, value)| Some((key.clone(), self.clean(value)?))).collect())
            }
            NodeKind::Seq(items) => {
                let items = items.iter().filter(|item| !is_list_marker(item));
                NodeKind::Seq(items.filter_map(|item| self.clean(item)).collect())
            }
            _ => return Some(patch.clone()),
        };
        Some(Node { kind, span: patch.span, origin: patch.origin, props: None })
    }

    /// Returns a list that replaces another as it stands. A directive inside would end up as data, so it is an error.
    pub(super) fn verbatim(&mut self, patch: &Node) -> Node {
        self.refuse_directives(patch);
        patch.clone()
    }

    fn refuse_directives(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::Seq(items) => items.iter().for_each(|item| self.refuse_directives(item)),
            NodeKind::Map(entries) => {
                for (key, value) in entries {
                    let name = key.as_str().unwrap_or_default();
                    if is_directive(name) {
                        let message = format!("`{name}` has no meaning in a list that is replaced as a whole");
                        let finding = Diagnostic::error(CODE, message).at(key.span);
                        let help = "a list merges where its type has a merge key; for a custom resource, give its CRD";
                        self.error(finding.help(help));
                    }
                    self.refuse_directives(value);
                }
            }
            _ => {}
        }
    }
}

/// Whether an item of a list says something of the list alone: `- $patch: replace`.
pub(super) fn is_list_marker(item: &Node) -> bool {
    item.as_map().is_some_and(|entries| entries.len() == 1)
        && item.get(MARKER).and_then(Node::as_str) == Some("replace")
}
