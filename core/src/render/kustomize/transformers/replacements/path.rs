//! The fields at a path with wildcards, numbers and `[name=pattern]`.
//!
//! See `yaml/match.go` of <https://github.com/kubernetes-sigs/kustomize/tree/kyaml/v0.21.1/kyaml>.

use ecow::EcoString;

use crate::render::kustomize::error::{Error, Result};
use crate::render::kustomize::regexp;
use crate::render::kustomize::tree::{
    Budget, Kind, NodeId, Tree, fragment, go_atoi, is_list_index, kind_before, split_index,
};

/// Finds fields, and makes those that are missing when asked to.
pub(super) struct Matcher<'b> {
    /// The kind of field to make at the end of the path.
    pub(super) create: Option<Kind>,
    pub(super) budget: &'b mut Budget,
}

impl Matcher<'_> {
    /// Returns the fields at a path.
    ///
    /// # Errors
    /// When a step meets a node of another kind, a list is too short, or a pattern is none.
    pub(super) fn find(&mut self, tree: &mut Tree, root: NodeId, path: &[EcoString]) -> Result<Vec<NodeId>> {
        let mut found = Vec::new();
        self.follow(tree, root, path, &mut found)?;
        Ok(found)
    }

    fn follow(&mut self, tree: &mut Tree, at: NodeId, path: &[EcoString], found: &mut Vec<NodeId>) -> Result<()> {
        let Some((part, rest)) = path.split_first() else {
            found.push(at);
            return Ok(());
        };
        if let Some(index) = go_atoi(part).and_then(|index| usize::try_from(index).ok()) {
            return self.index(tree, at, index, rest, found);
        }
        if is_list_index(part) {
            return self.items(tree, at, part, rest, found);
        }
        if part == "*" {
            tree.expect(at, Kind::Seq)?;
            let items = tree.items(at).to_vec();
            return items.into_iter().try_for_each(|item| self.follow(tree, item, rest, found));
        }
        self.field(tree, at, part, rest, found)
    }

    fn field(
        &mut self,
        tree: &mut Tree,
        at: NodeId,
        name: &str,
        rest: &[EcoString],
        found: &mut Vec<NodeId>,
    ) -> Result<()> {
        let field = match (tree.get_field(at, name)?, self.create) {
            (Some(field), _) => field,
            (None, None) => return Ok(()),
            (None, Some(kind)) => {
                let field = tree.empty(kind_before(rest.first().map(EcoString::as_str), kind));
                tree.put_field(at, name, field, Default::default())?
            }
        };
        if tree.kind(field) == Kind::Scalar && !rest.is_empty() {
            // What is found in the text of a scalar is found, but it is no part of the document any more.
            let text = tree.eco(field);
            return match fragment(tree, &text, self.budget)? {
                Some(inner) => self.follow(tree, inner, rest, found),
                None => Err(Error::new("wrong node kind: expected MappingNode but got ")),
            };
        }
        self.follow(tree, field, rest, found)
    }

    fn index(
        &mut self,
        tree: &mut Tree,
        at: NodeId,
        index: usize,
        rest: &[EcoString],
        found: &mut Vec<NodeId>,
    ) -> Result<()> {
        tree.expect(at, Kind::Seq)?;
        let len = tree.items(at).len();
        if let Some(kind) = self.create.filter(|_| index == len) {
            let item = tree.empty(kind_before(rest.first().map(EcoString::as_str), kind));
            if let Some(items) = tree.items_mut(at) {
                items.push(item);
            }
        }
        match tree.items(at).get(index).copied() {
            Some(item) => self.follow(tree, item, rest, found),
            None => Err(Error::new(format!("index {index} specified but only {len} elements found"))),
        }
    }

    fn items(
        &mut self,
        tree: &mut Tree,
        at: NodeId,
        part: &str,
        rest: &[EcoString],
        found: &mut Vec<NodeId>,
    ) -> Result<()> {
        let (name, pattern) = split_index(part)?;
        let before = found.len();
        self.matching(tree, at, (name, pattern), rest, found)?;
        if found.len() > before || self.create.is_none() {
            return Ok(());
        }
        let item = tree.keyed_item(name, pattern);
        if let Some(items) = tree.items_mut(at) {
            items.push(item);
        }
        self.matching(tree, at, (name, pattern), rest, found)
    }

    fn matching(
        &mut self,
        tree: &mut Tree,
        at: NodeId,
        (name, pattern): (&str, &str),
        rest: &[EcoString],
        found: &mut Vec<NodeId>,
    ) -> Result<()> {
        tree.expect(at, Kind::Seq)?;
        let items = tree.items(at).to_vec();
        if items.is_empty() {
            return Ok(());
        }
        let pattern = regexp::compile(pattern).map_err(Error::new)?;
        for item in items {
            let compared = if name.is_empty() { Some(item) } else { tree.field(item, name) };
            let matches = compared.is_some_and(|compared| pattern.is_match(tree.to_text(compared).trim()));
            match name {
                // An item that is compared itself ends the path.
                "" if matches => found.push(item),
                _ if matches => self.follow(tree, item, rest, found)?,
                _ => {}
            }
        }
        Ok(())
    }
}
