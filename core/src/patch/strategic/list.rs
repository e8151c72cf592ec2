//! Merging of lists.

use std::collections::{HashMap, HashSet};

use ecow::EcoString;

use crate::diag::Diagnostic;
use crate::object::TypeRef;
use crate::value::Step;
use crate::yaml::{Node, NodeKind, Scalar};

use super::super::equal::{class, same};
use super::directive::{CODE, Directive, MARKER};
use super::order::merged_order;
use super::{ListRule, Merger};

impl Merger<'_> {
    /// Lays a list over a list.
    pub(super) fn list(
        &mut self,
        there: &mut Node,
        patch: &Node,
        items: &[Node],
        order: Option<&[Node]>,
        of: Option<TypeRef>,
    ) {
        match self.rule(of) {
            ListRule::Replace => {
                if let Some(order) = order {
                    self.refuse_order(order.first().map_or(patch.span, |item| item.span));
                }
                let new = self.verbatim(patch);
                if !same(there, &new) {
                    *there = new;
                    self.trace.changed();
                }
            }
            ListRule::Set => self.set(there, items, order),
            ListRule::Keys(keys) => {
                let item = of.and_then(|of| self.facts.item(of));
                let default = |key: &EcoString| {
                    let value = self.facts.default_value(self.facts.field(item?, key)?)?;
                    Node::from_value(&value, patch.span, None).as_scalar().map(fingerprint)
                };
                // One key alone must be there.
                let defaults = if keys.len() > 1 { keys.iter().map(default).collect() } else { vec![None] };
                self.keyed(there, items, &Keys { names: keys, defaults }, order, item);
            }
        }
    }

    /// Lays a list over a list in the order that `$setElementOrder` asks for; without a list, only orders it.
    pub(super) fn ordered_list(&mut self, there: &mut Node, patch: Option<&Node>, order: &Node, of: Option<TypeRef>) {
        let items = patch.map_or(Some(&[][..]), Node::as_seq);
        let (Some(order_items), Some(items), NodeKind::Seq(_)) = (order.as_seq(), items, &there.kind) else {
            let finding = Diagnostic::error(CODE, "`$setElementOrder` orders lists, and its value is a list");
            self.error(finding.at(order.span));
            return;
        };
        if self.rule(of) == ListRule::Replace {
            self.refuse_order(order.span);
            return;
        }
        self.list(there, patch.unwrap_or(order), items, Some(order_items), of);
    }

    fn refuse_order(&mut self, span: crate::source::Span) {
        let finding = Diagnostic::error(CODE, "`$setElementOrder` has no meaning for a list that is replaced").at(span);
        self.error(finding);
    }

    /// Takes scalars out of a list.
    pub(super) fn delete_scalars(&mut self, there: Option<&mut Node>, patch: &Node) {
        let Some(items) = patch.as_seq() else {
            let message = format!("`$deleteFromPrimitiveList` takes a list, this is a {}", patch.kind_name());
            self.error(Diagnostic::error(CODE, message).at(patch.span));
            return;
        };
        match there.map(|node| &mut node.kind) {
            None => {}
            Some(NodeKind::Seq(list)) => {
                let gone: HashSet<String> = items.iter().filter_map(|item| item.as_scalar().map(fingerprint)).collect();
                let before = list.len();
                list.retain(|item| item.as_scalar().is_none_or(|scalar| !gone.contains(&fingerprint(scalar))));
                if list.len() != before {
                    self.trace.changed();
                }
            }
            Some(_) => {
                let message = "`$deleteFromPrimitiveList` is for lists, and the object has none here";
                self.error(Diagnostic::error(CODE, message).at(patch.span));
            }
        }
    }

    fn set(&mut self, there: &mut Node, patch: &[Node], order: Option<&[Node]>) {
        let NodeKind::Seq(list) = &mut there.kind else { return };
        let bad = patch.iter().chain(list.iter()).find(|item| item.as_scalar().is_none());
        if let Some(bad) = bad {
            let message = format!("the items of this list are scalars, this is a {}", bad.kind_name());
            self.error(Diagnostic::error("patch-type", message).at(bad.span));
            return;
        }
        let server = fingerprints(list);
        let wanted = fingerprints(patch);
        let mut seen = HashSet::new();
        let before = list.len();
        let mut merged: Vec<Node> = std::mem::take(list);
        merged.extend(patch.iter().cloned());
        merged.retain(|item| item.as_scalar().is_some_and(|scalar| seen.insert(fingerprint(scalar))));
        let keys = fingerprints(&merged);
        let mut places = merged_order(&keys, &wanted, &server);
        if let Some(order) = order {
            self.check_order(patch, &wanted, &fingerprints(order));
            let current: Vec<String> = places.iter().map(|i| keys[*i].clone()).collect();
            places = merged_order(&current, &fingerprints(order), &server).into_iter().map(|i| places[i]).collect();
        }
        let moved = merged.len() != before || !places.is_sorted();
        *list = arranged(merged, &places);
        if moved {
            self.trace.changed();
        }
    }

    fn keyed(&mut self, there: &mut Node, patch: &[Node], keys: &Keys, order: Option<&[Node]>, of: Option<TypeRef>) {
        let NodeKind::Seq(list) = &mut there.kind else { return };
        let Some(edits) = self.edits(patch, keys) else { return };
        let Some(mut server) = self.keys_of(list, keys) else { return };
        if edits.replace {
            let new: Vec<Node> = edits.items.iter().filter_map(|(_, item)| self.clean(item)).collect();
            *list = new;
            self.trace.changed();
            return;
        }
        let before = list.len();
        if !edits.deleted.is_empty() {
            let mut i = 0;
            list.retain(|_| {
                i += 1;
                !edits.deleted.contains(&server[i - 1])
            });
            server.retain(|key| !edits.deleted.contains(key));
        }
        if list.len() != before {
            self.trace.changed();
        }
        let mark = self.trace.mark();
        let Some(merged) = self.merge_items(list, &server, &edits.items, keys, of) else { return };
        let wanted: Vec<String> = edits.items.iter().map(|(key, _)| key.clone()).collect();
        let mut places = merged_order(&merged, &wanted, &server);
        if let Some(order) = order {
            let Some(order) = self.keys_of(order, keys) else { return };
            self.check_order(patch, &wanted, &order);
            let current: Vec<String> = places.iter().map(|i| merged[*i].clone()).collect();
            places = merged_order(&current, &order, &server).into_iter().map(|i| places[i]).collect();
        }
        let mut new_places = vec![0; places.len()];
        for (new, old) in places.iter().enumerate() {
            new_places[*old] = new;
        }
        *list = arranged(std::mem::take(list), &places);
        self.trace.renumber(mark, &new_places);
    }

    // Merges the items of a patch into those of the same key and returns the keys of all items.
    fn merge_items(
        &mut self,
        list: &mut Vec<Node>,
        server: &[String],
        edits: &[(String, &Node)],
        keys: &Keys,
        of: Option<TypeRef>,
    ) -> Option<Vec<String>> {
        let mut all = server.to_vec();
        let mut index: HashMap<String, Vec<usize>> = HashMap::new();
        for (i, key) in server.iter().enumerate() {
            index.entry(key.clone()).or_default().push(i);
        }
        for (key, item) in edits {
            let at = match index.get(key).map(Vec::as_slice) {
                None | Some([]) => None,
                Some([one]) => Some(*one),
                Some(several) => self.narrow(list, several, item, keys)?,
            };
            let at = at.unwrap_or(list.len());
            self.trace.path.push(Step::Index(at));
            if at < list.len() {
                self.map(&mut list[at], item, of);
            } else if let Some(new) = self.clean(item) {
                list.push(new);
                all.push(key.clone());
                index.entry(key.clone()).or_default().push(at);
                self.trace.changed();
            }
            self.trace.path.pop();
        }
        Some(all)
    }

    // Several items have the merge key of one item of the patch, as two ports of one number have. kubectl would
    // change the first; here the scalars that name an item (`name`, `protocol`) must tell which is meant.
    fn narrow(&mut self, list: &[Node], several: &[usize], item: &Node, keys: &Keys) -> Option<Option<usize>> {
        for name in ["protocol", "name"] {
            let Some(wanted) = item.get(name).filter(|_| !keys.names.iter().any(|key| key == name)) else { continue };
            let default = Node::string(if name == "protocol" { "TCP" } else { "" }, item.span);
            let fits = |i: &&usize| same(list[**i].get(name).unwrap_or(&default), wanted);
            let fitting: Vec<usize> = several.iter().filter(fits).copied().collect();
            match fitting.as_slice() {
                [one] => return Some(Some(*one)),
                [] if name == "protocol" => return Some(None),
                _ => {}
            }
        }
        let shown: Vec<String> = keys.names.iter().map(|key| format!("`{key}`")).collect();
        let message = format!("{} items of the list have the {} of this item", several.len(), shown.join(", "));
        let finding = Diagnostic::error("patch-ambiguous", message).at(item.span);
        let help = "name the item's `protocol` or `name` as well, or use a JSON patch";
        self.error(finding.label(list[several[0]].span, 0, "the first of them").help(help));
        None
    }

    fn edits<'p>(&mut self, patch: &'p [Node], keys: &Keys) -> Option<Edits<'p>> {
        let mut edits = Edits { items: Vec::new(), deleted: HashSet::new(), replace: false };
        let mut fine = true;
        for item in patch {
            let Some(directive) = item.as_map().and_then(|_| self.directive(item)) else {
                fine = false;
                if item.as_map().is_none() {
                    let message = format!("the items of this list are maps, this is a {}", item.kind_name());
                    self.error(Diagnostic::error("patch-type", message).at(item.span));
                }
                continue;
            };
            if directive == Directive::Replace {
                fine &= self.check_list_marker(item);
                edits.replace = true;
                continue;
            }
            match self.key_of(item, keys) {
                None => fine = false,
                Some(key) if directive == Directive::Delete => {
                    edits.deleted.insert(key);
                }
                Some(key) => edits.items.push((key, item)),
            }
        }
        fine.then_some(edits)
    }

    fn check_list_marker(&mut self, item: &Node) -> bool {
        let other = item.as_map().into_iter().flatten().find(|(key, _)| key.as_str() != Some(MARKER));
        let Some((key, _)) = other else { return true };
        let name = key.as_str().unwrap_or_default();
        let message = format!("an item `$patch: replace` replaces the whole list, so `{name}` beside it would be lost");
        let help = "let `- $patch: replace` stand alone and list the new items beside it";
        self.error(Diagnostic::error(CODE, message).at(key.span).help(help));
        false
    }

    fn keys_of(&mut self, items: &[Node], keys: &Keys) -> Option<Vec<String>> {
        let found: Vec<Option<String>> = items.iter().map(|item| self.key_of(item, keys)).collect();
        found.into_iter().collect()
    }

    // Of several keys some may be missing, which then have their defaults; one must be there.
    fn key_of(&mut self, item: &Node, keys: &Keys) -> Option<String> {
        let mut out = String::new();
        let mut found = false;
        for (key, default) in keys.names.iter().zip(&keys.defaults) {
            match item.get(key).map(Node::as_scalar) {
                Some(Some(scalar)) => {
                    found = true;
                    out.push_str(&fingerprint(scalar));
                }
                Some(None) => {
                    let message = format!("the merge key `{key}` of an item is no scalar");
                    self.error(Diagnostic::error("patch-merge-key", message).at(item.span));
                    return None;
                }
                None => out.push_str(default.as_deref().unwrap_or_default()),
            }
            out.push('\0');
        }
        if found {
            return Some(out);
        }
        let shown: Vec<String> = keys.names.iter().map(|key| format!("`{key}`")).collect();
        let finding = Diagnostic::error("patch-merge-key", format!("an item has no merge key {}", shown.join(", ")));
        self.error(finding.at(item.span).help("items of this list are told apart by it"));
        None
    }

    fn check_order(&mut self, patch: &[Node], wanted: &[String], order: &[String]) {
        let mut rest = order.iter();
        let in_order = order.is_empty() || wanted.iter().all(|key| rest.any(|other| other == key));
        if !in_order {
            let span = patch.first().map_or(crate::source::Span::NONE, |item| item.span);
            let message = "the items do not stand in the order of `$setElementOrder`";
            self.error(Diagnostic::error(CODE, message).at(span));
        }
    }
}

/// What tells the items of a list apart.
struct Keys {
    names: Vec<EcoString>,
    /// What an item has that lacks a key.
    defaults: Vec<Option<String>>,
}

struct Edits<'p> {
    items: Vec<(String, &'p Node)>,
    deleted: HashSet<String>,
    replace: bool,
}

// Texts and numbers of the same characters are different keys, as in Go.
fn fingerprint(scalar: &Scalar) -> String {
    format!("{:?}:{}", class(scalar.kind), scalar.text)
}

fn fingerprints(items: &[Node]) -> Vec<String> {
    items.iter().filter_map(|item| item.as_scalar().map(fingerprint)).collect()
}

fn arranged(items: Vec<Node>, places: &[usize]) -> Vec<Node> {
    let mut items: Vec<Option<Node>> = items.into_iter().map(Some).collect();
    places.iter().filter_map(|i| items.get_mut(*i)?.take()).collect()
}
