//! The order in which resources are written.
//!
//! See `internal/builtins/SortOrderTransformer.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

use std::cmp::Ordering;

use crate::object::Gvk;
use crate::render::kustomize::decode::SortOptions;
use crate::render::kustomize::error::{Error, Result, Wrap};
use crate::render::kustomize::resid::{FIRST, LAST, ResId, ShowGvk, rank, sort_text};
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::session::Session;

/// Which order is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    AsGathered,
    Legacy,
}

/// Puts resources in the order that a kustomization asks for.
///
/// # Errors
/// When it asks for an unknown order, or for kinds to come first in one that has none.
pub(in crate::render::kustomize) fn sort(
    session: &mut Session<'_>,
    map: &mut ResMap,
    options: &SortOptions,
) -> Result<()> {
    let order = match options.order.0.as_str() {
        "fifo" => Order::AsGathered,
        "legacy" => Order::Legacy,
        _ => return Err(Error::new("the field 'sortOptions.order' must be one of [fifo, legacy]")),
    };
    match (order, &options.legacy) {
        (Order::AsGathered, None) => Ok(()),
        (Order::AsGathered, Some(_)) => Err(Error::new(
            "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
        )),
        (Order::Legacy, None) => by_kind(session, map, &FIRST, &LAST),
        (Order::Legacy, Some(kinds)) => by_kind(session, map, &kinds.first, &kinds.last),
    }
}

/// Puts resources in kustomize's own order.
///
/// # Errors
/// When two have the same id.
pub(in crate::render::kustomize) fn sort_as_ever(session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
    by_kind(session, map, &FIRST, &LAST)
}

/// What orders a resource: the rank of its kind, its type, and its id.
struct Key {
    rank: isize,
    gvk: Gvk,
    gvk_text: String,
    id_text: String,
}

impl Key {
    fn new<S: AsRef<str>>(id: ResId, first: &[S], last: &[S]) -> Key {
        let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        Key {
            rank: rank(&id.gvk.kind, first, last),
            gvk_text: sort_text(&id.gvk),
            id_text: format!("{}|{}|{}", ShowGvk(&id.gvk), or(&id.namespace, "~X"), or(&id.name, "~N")),
            gvk: id.gvk,
        }
    }

    fn compare(&self, other: &Key) -> Ordering {
        if self.gvk == other.gvk {
            return self.id_text.cmp(&other.id_text);
        }
        let is_core_namespace = |key: &Key| key.gvk.kind == "Namespace" && key.gvk.group.is_empty();
        let both = self.gvk.kind == "Namespace" && other.gvk.kind == "Namespace";
        self.rank.cmp(&other.rank).then_with(|| match both && (is_core_namespace(self) || is_core_namespace(other)) {
            true => other.gvk_text.cmp(&self.gvk_text),
            false => self.gvk_text.cmp(&other.gvk_text),
        })
    }
}

fn by_kind<S: AsRef<str>>(session: &mut Session<'_>, map: &mut ResMap, first: &[S], last: &[S]) -> Result<()> {
    let id = |resource: &super::Resource| resource.id(&session.tree, &session.schemas);
    let mut keyed: Vec<_> = map.take().into_iter().map(|r| (Key::new(id(&r), first, last), r)).collect();
    keyed.sort_by(|(a, _), (b, _)| a.compare(b));
    for (_, resource) in keyed {
        map.append(session, resource).wrap(|| "SortOrderTransformer: Failed to append to resources")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(version: &str, kind: &str, name: &str) -> Key {
        let id = ResId { gvk: Gvk::new(version, kind), name: name.into(), ..ResId::default() };
        Key::new(id, &FIRST, &LAST)
    }

    #[test]
    fn kinds_others_need_come_first() {
        let keys = [
            key("v1", "Namespace", "z"),
            key("example.com/v1", "Namespace", "a"),
            key("v1", "Service", "a"),
            key("v1", "Service", "b"),
            key("apps/v1", "Deployment", "a"),
            key("v1", "Pod", "a"),
            key("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "a"),
        ];
        assert!(keys.is_sorted_by(|a, b| a.compare(b) == Ordering::Less));
    }
}
