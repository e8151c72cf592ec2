//! Following the path of a field spec: through all items of lists, making what is missing where the spec says so.
//!
//! See `filters/fieldspec/fieldspec.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

use std::sync::OnceLock;

use ecow::EcoString;

use crate::render::kustomize::error::{Error, Result, Wrap};

use super::{Body, Kind, NodeId, Tag, Tree, path_splitter};

/// The path of a field spec.
#[derive(Debug, Clone)]
pub(in crate::render::kustomize) struct FieldPath {
    text: EcoString,
    /// Split when it is first followed: of kustomize's own specs few are about an object that is there.
    parts: OnceLock<Vec<Part>>,
}

impl PartialEq for FieldPath {
    fn eq(&self, other: &FieldPath) -> bool {
        self.text == other.text
    }
}

impl Eq for FieldPath {}

/// A step: a name, and whether `[]` says that a list stands there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Part {
    name: EcoString,
    is_seq: bool,
    /// The name is that of a field: no number, no `-`, no brackets, no blanks around it.
    is_plain: bool,
}

/// What to make at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render::kustomize) struct Create {
    pub(in crate::render::kustomize) kind: Kind,
    /// The tag of a null that becomes a node of the kind.
    pub(in crate::render::kustomize) tag: Tag,
}

impl FieldPath {
    pub(in crate::render::kustomize) fn new(text: impl Into<EcoString>) -> FieldPath {
        FieldPath { text: text.into(), parts: OnceLock::new() }
    }

    fn parts(&self) -> &[Part] {
        let part = |written: EcoString| {
            let name: EcoString = written.strip_suffix("[]").map_or(written.clone(), Into::into);
            let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
            let is_plain = name.starts_with(starts) && name.trim() == name;
            Part { is_seq: name != written, name, is_plain }
        };
        self.parts.get_or_init(|| path_splitter(&self.text, '/').into_iter().map(part).collect())
    }

    /// Returns the path as written.
    pub(in crate::render::kustomize) fn as_str(&self) -> &str {
        &self.text
    }
}

type Set<'s> = &'s mut dyn FnMut(&mut Tree, NodeId) -> Result<()>;

impl Tree {
    /// Calls a function for every node at a path. `create` says what to make of a missing end; without it what is
    /// missing stays so.
    ///
    /// # Errors
    /// When a step meets a scalar, and what the function returns.
    pub(in crate::render::kustomize) fn visit(
        &mut self,
        root: NodeId,
        path: &FieldPath,
        create: Option<Create>,
        set: Set<'_>,
    ) -> Result<()> {
        self.follow(root, path.parts(), create, set)
    }

    fn follow(&mut self, at: NodeId, path: &[Part], create: Option<Create>, set: Set<'_>) -> Result<()> {
        let Some((part, rest)) = path.split_first() else { return set(self, at) };
        if self.is_null(at) {
            return Ok(());
        }
        match &self.get(at).body {
            Body::Seq(items) => {
                for item in items.clone() {
                    self.follow(item, path, create, set).wrap(|| {
                        let names: Vec<&str> = path.iter().map(|part| part.name.as_str()).collect();
                        format!("visit traversal on path: {}", super::super::go::list(&names))
                    })?;
                }
                Ok(())
            }
            Body::Map(_) => self.follow_field(at, part, rest, create, set),
            Body::Scalar(_) => Err(Error::new("expected sequence or mapping node").at(self.get(at).span)),
        }
    }

    fn follow_field(
        &mut self,
        at: NodeId,
        part: &Part,
        rest: &[Part],
        create: Option<Create>,
        set: Set<'_>,
    ) -> Result<()> {
        if part.name.is_empty() {
            return Err(Error::new("cannot set or create an empty field name"));
        }
        let made = match create {
            _ if part.is_seq => None,
            Some(create) if rest.is_empty() => Some(create),
            Some(_) => Some(Create { kind: Kind::Map, tag: Tag::Map }),
            None => None,
        };
        let found = match made {
            None if part.is_plain => Ok(self.field(at, &part.name)),
            None => self.lookup(at, &[part.name.as_str()]),
            Some(made) => self.lookup_create(at, &[part.name.as_str()], made.kind),
        };
        let found = found.wrap(|| format!("fieldName: {}", part.name))?;
        let Some(field) = found else { return Ok(()) };
        if self.is_null(field) {
            // The path thinks that a list stands there; accept the hint.
            let kind = made.or(part.is_seq.then_some(Create { kind: Kind::Seq, tag: Tag::Empty }));
            if let Some(Create { kind, tag }) = kind {
                self.become_kind(field, kind, tag);
            }
        }
        self.follow(field, rest, create, set)
    }

    /// Makes a node one of another kind; a scalar keeps its text.
    fn become_kind(&mut self, id: NodeId, kind: Kind, tag: Tag) {
        let node = self.get_mut(id);
        node.tag = tag;
        match (kind, &node.body) {
            (Kind::Scalar, Body::Scalar(_)) | (Kind::Seq, Body::Seq(_)) | (Kind::Map, Body::Map(_)) => {}
            (Kind::Scalar, _) => node.body = Body::Scalar(EcoString::new()),
            (Kind::Seq, _) => node.body = Body::Seq(Vec::new()),
            (Kind::Map, _) => node.body = Body::Map(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Budget, documents};
    use super::*;
    use crate::source::FileId;

    fn set(text: &str, path: &str, create: Option<Create>) -> std::result::Result<String, String> {
        let mut tree = Tree::new();
        let mut budget = Budget { copies: 100, depth: 20 };
        let (roots, _) = documents(&mut tree, text, FileId::NONE, &mut budget).expect("a valid document in a test");
        let path = FieldPath::new(path);
        let mut mark = |tree: &mut Tree, id: NodeId| tree.set_scalar(id, "X", Tag::Str);
        tree.visit(roots[0], &path, create, &mut mark).map_err(|error| error.to_string())?;
        Ok(tree.to_text(roots[0]))
    }

    #[test]
    fn a_path_reaches_all_items_and_makes_what_is_missing() {
        let scalar = Some(Create { kind: Kind::Scalar, tag: Tag::Str });
        assert_eq!(set("a: [{b: 1}, {b: 2}, {c: 3}]\n", "a/b", None).unwrap(), "a: [{b: X}, {b: X}, {c: 3}]\n");
        assert_eq!(set("a: {}\n", "a/b/c", scalar).unwrap(), "a: {b: {c: X}}\n");
        assert_eq!(set("a: null\n", "a/b", None).unwrap(), "a: null\n");
        assert_eq!(set("a: null\n", "a/b", scalar).unwrap(), "a:\n  b: X\n");
        assert_eq!(set("a: null\n", "a[]/b", scalar).unwrap(), "a: []\n");
        assert_eq!(set("a: 1\n", "a/b", None).unwrap_err(), "expected sequence or mapping node");
    }
}
