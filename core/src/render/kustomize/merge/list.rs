//! Lists whose items are told apart by keys.
//!
//! See `yaml/walk/associative_sequence.go` of kyaml. The items of the result are those of the patch, merged, and then
//! the others; an item that lacks its keys takes part as one whose value is empty.

use std::collections::{HashMap, HashSet};

use ecow::EcoString;

use super::directive::{Directive, of_list};
use super::elements::{Elements, Finder, Values};
use super::{Direction, Merged, Sides, Walker};
use crate::object::{TypeFacts, TypeRef};
use crate::render::kustomize::error::Result;
use crate::render::kustomize::tree::{Kind, NodeId, Style, Tag};

impl Walker<'_> {
    pub(super) fn associative_list(&mut self, sides: Sides, of: TypeRef) -> Result<Merged> {
        let start = self.start_list(sides)?;
        let (Merged::Node(result) | Merged::Kept(result)) = start else { return Ok(start) };
        let sides = [Some(result), sides[1]];
        let keys = self.schemas.merge_keys(of).unwrap_or_default();
        let keys = if keys.is_empty() { vec![EcoString::new()] } else { keys };
        let values = self.all_values(sides, &keys);
        if values.is_empty() {
            return Ok(start);
        }
        self.merge_items(sides, result, of, &keys, values)
    }

    fn start_list(&mut self, [there, patch]: Sides) -> Result<Merged> {
        self.take_style([there, patch]);
        if self.is_missing(there) {
            return Ok(Merged::of(patch));
        }
        let Some(patch) = patch else { return Ok(Merged::of(there)) };
        if self.tree.is_null(patch) {
            return Ok(Merged::Nothing);
        }
        Ok(match of_list(self.tree, patch)? {
            Directive::Delete => Merged::Nothing,
            Directive::Replace => Merged::Node(patch),
            Directive::Merge => Merged::of(there),
        })
    }

    /// Returns the values of all items, each once, those of the side that comes first first.
    fn all_values(&self, sides: Sides, keys: &[EcoString]) -> Vec<Values> {
        let sides = if self.direction == Direction::Prepend { [sides[1], sides[0]] } else { sides };
        let mut seen: HashSet<Values> = HashSet::new();
        let mut all = Vec::new();
        for item in sides.into_iter().flatten().flat_map(|side| self.tree.items(side)) {
            let value = |key: &EcoString| match key.as_str() {
                "" => self.tree.eco(*item),
                key => self.tree.filled_field(*item, key).map_or_else(EcoString::new, |field| self.tree.eco(field)),
            };
            let values: Values = keys.iter().map(value).collect();
            if seen.insert(values.clone()) {
                all.push(values);
            }
        }
        all
    }

    fn merge_items(
        &mut self,
        sides: Sides,
        result: NodeId,
        of: TypeRef,
        keys: &[EcoString],
        mut values: Vec<Values>,
    ) -> Result<Merged> {
        if keys.len() > 1 {
            complete(&mut values);
        }
        let item_type = self.schemas.item(of);
        let used: Vec<usize> = (0..keys.len()).filter(|i| values.iter().any(|values| !values[*i].is_empty())).collect();
        let used = if used.is_empty() { (0..keys.len()).collect() } else { used };
        let valid: Vec<EcoString> = used.iter().map(|i| keys[*i].clone()).collect();
        let mut finders = sides.map(|side| Finder::new(self.tree, side));
        let mut added = Elements::new(self.tree, &[], &valid);
        // The items that are there, while some of them are being taken out.
        let mut there: Option<Elements<'_>> = None;
        for values in values {
            let values: Values = used.iter().map(|i| values[*i].clone()).collect();
            let found = [0, 1].map(|side: usize| finders[side].find(self.tree, &valid, &values));
            match self.walk(found, item_type)? {
                Merged::Node(item) | Merged::Kept(item) if !self.tree.is_empty_map(item) => {
                    let completed = self.complete_item(item, &valid, &values)?;
                    if completed || values.iter().any(|value| value.is_empty()) {
                        self.store(result, there.take());
                    }
                    added.set(self.tree, &values, Some(item))?;
                }
                _ => {
                    let items = there.get_or_insert_with(|| Elements::new(self.tree, self.tree.items(result), &valid));
                    let gone = items.set(self.tree, &values, None)?;
                    finders[0].remove(&gone);
                    if sides[0] == sides[1] {
                        finders[1].remove(&gone);
                    }
                }
            }
        }
        self.store(result, there);
        let (mut first, mut second) = (added.items(), self.tree.items(result).to_vec());
        let list = match self.direction {
            Direction::Prepend => self.tree.empty(Kind::Seq),
            Direction::Append => {
                std::mem::swap(&mut first, &mut second);
                result
            }
        };
        let items = self.appended(&first, &second, &valid)?;
        self.tree.get_mut(list).span = self.tree.get(result).span;
        if let Some(there) = self.tree.items_mut(list) {
            *there = items;
        }
        Ok(Merged::Node(list))
    }

    /// Puts the items that are left back into their list.
    fn store(&mut self, list: NodeId, items: Option<Elements<'_>>) {
        if let Some(left) = items.map(|items| items.items())
            && let Some(there) = self.tree.items_mut(list)
        {
            *there = left;
        }
    }

    /// Makes sure that a merged item has its keys; returns whether it lacked one.
    fn complete_item(&mut self, item: NodeId, keys: &[EcoString], values: &[EcoString]) -> Result<bool> {
        let mut completed = false;
        for (key, value) in keys.iter().zip(values).filter(|(_, value)| !value.is_empty()) {
            if key.is_empty() {
                // A scalar is set to its own text and loses its tag on the way.
                if self.tree.kind(item) == Kind::Scalar {
                    self.tree.set_scalar(item, value.clone(), Tag::Empty)?;
                }
            } else if self.tree.field(item, key).is_none() {
                let value = self.tree.scalar(value.clone());
                self.tree.style_for_yaml_1_1(value);
                self.tree.put_field(item, key, value, Style::default())?;
                completed = true;
            }
        }
        Ok(completed)
    }

    /// Adds items to others, in the place of those with the same keys (kyaml's `appendListNode`).
    fn appended(&self, first: &[NodeId], second: &[NodeId], keys: &[EcoString]) -> Result<Vec<NodeId>> {
        let mut elements = Elements::new(self.tree, first, keys);
        for item in second {
            if keys[0].is_empty() {
                elements.set(self.tree, &[self.tree.eco(*item)], Some(*item))?;
                continue;
            }
            let mut values = Values::new();
            for key in keys {
                match self.tree.get_field(*item, key)? {
                    Some(value) => values.push(self.tree.eco(value)),
                    // Added here for each key that it lacks, and once more below.
                    None => elements.push(self.tree, *item),
                }
            }
            if keys.len() > 1 {
                elements.set(self.tree, &values, None)?;
            }
            elements.set(self.tree, &values, Some(*item))?;
        }
        Ok(elements.items())
    }
}

/// Fills what is empty in the values of one item with what another one has that agrees with it otherwise.
fn complete(all: &mut [Values]) {
    let has_gap = |values: &Values| values.iter().any(|value| value.is_empty());
    if !all.iter().any(has_gap) {
        return;
    }
    // Only values that begin alike, or with nothing, can agree.
    let mut by_first: HashMap<EcoString, Vec<usize>> = HashMap::new();
    for (i, values) in all.iter().enumerate() {
        by_first.entry(values[0].clone()).or_default().push(i);
    }
    let everything: Vec<usize> = (0..all.len()).collect();
    for i in 0..all.len() {
        let mine = all[i].clone();
        let candidates: Vec<usize> = if mine[0].is_empty() {
            everything.clone()
        } else {
            let bucket = |first: &str| by_first.get(first).map_or(&[][..], Vec::as_slice);
            let mut near: Vec<usize> = bucket(&mine[0]).iter().chain(bucket("")).copied().collect();
            near.sort_unstable();
            near
        };
        for j in candidates {
            if let Some(both) = agreement(&mine, &all[j]) {
                all[i].clone_from(&both);
                all[j] = both;
            }
        }
    }
}

/// Returns the values that two items have together; `None` where they disagree or share nothing.
fn agreement(a: &[EcoString], b: &[EcoString]) -> Option<Values> {
    let mut shared = false;
    let mut both = Values::with_capacity(a.len());
    for (a, b) in a.iter().zip(b) {
        shared |= a == b;
        match (a.is_empty(), b.is_empty()) {
            (false, false) if a != b => return None,
            (true, _) => both.push(b.clone()),
            _ => both.push(a.clone()),
        }
    }
    shared.then_some(both)
}
