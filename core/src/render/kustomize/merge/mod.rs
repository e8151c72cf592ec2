//! Strategic merge as kyaml does it: its order of list items, its directives, and what it loses.
//!
//! See `yaml/merge2` and `yaml/walk` of <https://github.com/kubernetes-sigs/kustomize/tree/kyaml/v0.21.1/kyaml>. The
//! patch and the document are walked together; where only one of them has something, kyaml walks that one with itself,
//! which is why a patch's own lists are merged with themselves. Lists are searched through tables, otherwise each step
//! is kyaml's.

mod directive;
mod elements;
mod list;

use std::collections::{BTreeMap, HashSet};

use ecow::EcoString;

use super::error::Result;
use super::resource::{api_version, kind};
use super::schema::Schemas;
use super::tree::{Kind, NodeId, Style, Tag, Tree};
use crate::object::{TypeFacts, TypeRef};

use directive::Directive;

/// Where new items of a list go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Behind those that are there.
    Append,
    /// Before them.
    Prepend,
}

/// Lays a patch over a document, which is changed; the patch's nodes become part of it. Returns what is left: `None`
/// where the patch deletes the whole document, and the patch itself where it says that it replaces it.
///
/// # Errors
/// In kyaml's words, when document and patch have different kinds of node at a place, or a directive is unknown.
pub(super) fn merge(
    tree: &mut Tree,
    schemas: &Schemas,
    patch: NodeId,
    target: NodeId,
    direction: Direction,
) -> Result<Option<NodeId>> {
    let mut walker = Walker { tree, schemas, direction };
    Ok(match walker.walk([Some(target), Some(patch)], None)? {
        Merged::Nothing => None,
        Merged::Node(node) | Merged::Kept(node) => Some(node),
    })
}

/// The two sides at a place: what is there, and what the patch has.
type Sides = [Option<NodeId>; 2];

/// The key and the value of a field.
type Entry = (NodeId, NodeId);

/// What is left of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Merged {
    /// Nothing: the field goes.
    Nothing,
    Node(NodeId),
    /// A null that stays although null deletes.
    Kept(NodeId),
}

impl Merged {
    fn of(node: Option<NodeId>) -> Merged {
        node.map_or(Merged::Nothing, Merged::Node)
    }
}

struct Walker<'t> {
    tree: &'t mut Tree,
    schemas: &'t Schemas,
    direction: Direction,
}

impl Walker<'_> {
    fn is_missing(&self, node: Option<NodeId>) -> bool {
        node.is_none_or(|node| self.tree.is_null(node))
    }

    /// Merges the two sides at a place of a type.
    fn walk(&mut self, sides: Sides, of: Option<TypeRef>) -> Result<Merged> {
        let of = of.or_else(|| self.type_of(sides));
        let Some(first) = sides.iter().flatten().find(|node| !self.tree.is_null(**node)) else {
            return self.map(sides, of);
        };
        let kind = self.tree.kind(*first);
        sides.iter().flatten().try_for_each(|node| self.tree.expect(*node, kind))?;
        match kind {
            Kind::Map => self.map(sides, of),
            Kind::Seq => match of.filter(|of| self.schemas.merge_keys(*of).is_some()) {
                Some(of) => self.associative_list(sides, of),
                None => {
                    self.take_style(sides);
                    Ok(Merged::of(sides[1].or(sides[0])))
                }
            },
            Kind::Scalar => Ok(Merged::of(sides[1].or(sides[0]))),
        }
    }

    /// Where the type is not known, an object that stands there may say its own.
    fn type_of(&self, sides: Sides) -> Option<TypeRef> {
        let filled = sides.into_iter().flatten().filter(|node| !self.tree.is_null(*node));
        filled.into_iter().find_map(|node| {
            let (api_version, kind) = (api_version(self.tree, node), kind(self.tree, node));
            if api_version.is_empty() || kind.is_empty() {
                return None;
            }
            self.schemas.root_of(api_version, kind)
        })
    }

    /// An empty list or map takes the style of the patch's.
    fn take_style(&mut self, sides: Sides) {
        let [Some(there), Some(patch)] = sides else { return };
        let empty = match self.tree.kind(there) {
            Kind::Scalar => false,
            Kind::Seq => self.tree.items(there).is_empty(),
            Kind::Map => self.tree.entries(there).is_empty(),
        };
        if empty {
            self.tree.get_mut(there).style = self.tree.get(patch).style;
        }
    }

    /// Decides which side a map goes on with.
    fn start_map(&mut self, [there, patch]: Sides) -> Result<Merged> {
        self.take_style([there, patch]);
        if self.is_missing(there) {
            let directive = patch.map(|patch| directive::of_map(self.tree, patch));
            if matches!(directive, Some(Ok(Directive::Delete))) {
                return Ok(Merged::Nothing);
            }
            if let (None, Some(there)) = (patch, there)
                && !self.tree.text(there).is_empty()
            {
                let text: EcoString = self.tree.eco(there);
                return Ok(Merged::Kept(self.tree.tagged(text, Tag::Null)));
            }
            return Ok(Merged::of(patch));
        }
        let Some(patch) = patch else { return Ok(Merged::of(there)) };
        if self.tree.is_null(patch) {
            return Ok(Merged::Nothing);
        }
        Ok(match directive::of_map(self.tree, patch)? {
            Directive::Delete => Merged::Nothing,
            Directive::Replace => Merged::Node(patch),
            Directive::Merge => Merged::of(there),
        })
    }

    fn map(&mut self, sides: Sides, of: Option<TypeRef>) -> Result<Merged> {
        let start = self.start_map(sides)?;
        let (Merged::Node(result) | Merged::Kept(result)) = start else { return Ok(start) };
        let mut gone = HashSet::new();
        for (name, fields) in self.fields([Some(result), sides[1]]) {
            let values = fields.map(|field| field.map(|(_, value)| value));
            let said = fields.into_iter().flatten().find_map(|(key, _)| self.tree.type_of_comment(key));
            let field_type = said.or_else(|| self.schemas.field(of?, &name));
            match self.walk(values, field_type)? {
                Merged::Node(value) if !self.tree.is_null(value) => {
                    self.tree.style_for_yaml_1_1(value);
                    self.set(result, name, fields, value);
                }
                Merged::Kept(value) => self.set(result, name, fields, value),
                Merged::Node(_) | Merged::Nothing => gone.extend(fields[0].map(|(key, _)| key)),
            }
        }
        if !gone.is_empty()
            && let Some(entries) = self.tree.entries_mut(result)
        {
            entries.retain(|(key, _)| !gone.contains(key));
        }
        Ok(start)
    }

    /// Returns the entries of both sides by name, in the order of names; of a key that stands twice the first counts.
    fn fields(&self, sides: Sides) -> BTreeMap<EcoString, [Option<Entry>; 2]> {
        let mut fields: BTreeMap<EcoString, [Option<Entry>; 2]> = BTreeMap::new();
        for (i, side) in sides.into_iter().enumerate() {
            for entry in side.map_or(&[][..], |side| self.tree.entries(side)) {
                fields.entry(self.tree.eco(entry.0)).or_default()[i].get_or_insert(*entry);
            }
        }
        fields
    }

    /// Puts a value where the field was, in the style of what stood there, or adds the field.
    fn set(&mut self, map: NodeId, name: EcoString, fields: [Option<Entry>; 2], value: NodeId) {
        if let Some((_, there)) = fields[0] {
            self.tree.get_mut(value).style = self.tree.get(there).style;
            self.tree.assign(there, value);
            return;
        }
        let from = fields.into_iter().flatten().rfind(|(_, from)| *from == value);
        let style = from.map_or_else(Style::default, |(key, _)| self.tree.get(key).style);
        let key = self.tree.scalar(name);
        self.tree.get_mut(key).style = style;
        self.tree.push_entry(map, key, value);
    }
}

#[cfg(test)]
mod tests;
