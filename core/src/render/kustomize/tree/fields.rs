//! Fields and items of nodes, found and set by kyaml's rules.
//!
//! See `yaml/fns.go` and `utils/pathsplitter.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/kyaml/v0.21.1/kyaml>. What surprises there is kept: setting a
//! field keeps the style of the value that stood there, a value made by a program has no tag, and null is never found
//! by name inside null.

use ecow::EcoString;

use crate::render::kustomize::error::{Cause, Error, Result};
use crate::yaml::ScalarStyle;

use super::{Body, Kind, NodeId, Style, Tag, Tree, go_atoi, is_yaml_1_1_non_string};

impl Tree {
    /// Returns the place of the first entry of a map whose key has this text.
    pub(in crate::render::kustomize) fn position(&self, map: NodeId, name: &str) -> Option<usize> {
        self.entries(map).iter().position(|(key, _)| self.text(*key) == name)
    }

    /// Returns the value of a field; `None` where this is no map or has no such field. Null values are found.
    pub(in crate::render::kustomize) fn field(&self, map: NodeId, name: &str) -> Option<NodeId> {
        self.position(map, name).map(|at| self.entries(map)[at].1)
    }

    /// Returns the value of a field that is a map: `metadata` and the like; `None` where it is null or empty.
    pub(in crate::render::kustomize) fn filled_field(&self, map: NodeId, name: &str) -> Option<NodeId> {
        self.field(map, name).filter(|value| !self.is_nothing(*value))
    }

    /// Refuses a node that is of another kind; null passes (kyaml's `ErrorIfInvalid`).
    ///
    /// # Errors
    /// In kyaml's words, with the node's text.
    pub(in crate::render::kustomize) fn expect(&self, id: NodeId, kind: Kind) -> Result<()> {
        let found = self.kind(id);
        if self.is_null(id) || found == kind {
            return Ok(());
        }
        let text = self.to_text(id);
        let message =
            format!("wrong node kind: expected {} but got {}: node contents:\n{text}", kind.name(), found.name());
        Err(Error::new(message).at(self.get(id).span).because(Cause::WrongKind(found)))
    }

    /// Returns a field as kyaml's `FieldMatcher` finds it.
    ///
    /// # Errors
    /// When the node is no map.
    pub(in crate::render::kustomize) fn get_field(&self, id: NodeId, name: &str) -> Result<Option<NodeId>> {
        if self.is_null(id) {
            return Ok(None);
        }
        self.expect(id, Kind::Map)?;
        Ok(self.field(id, name))
    }

    /// Sets a field to a value as kyaml's `FieldSetter` does; a value of null takes the field away. Returns the node
    /// that holds the value then.
    ///
    /// # Errors
    /// When the node is no map.
    pub(in crate::render::kustomize) fn set_field(&mut self, map: NodeId, name: &str, value: NodeId) -> Result<NodeId> {
        self.style_for_yaml_1_1(value);
        if self.is_null(value) {
            self.clear_field(map, name)?;
            return Ok(value);
        }
        self.put_field(map, name, value, Style::default())
    }

    /// As [`Tree::set_field`], but null is set as well, and a new key gets a style.
    pub(in crate::render::kustomize) fn put_field(
        &mut self,
        map: NodeId,
        name: &str,
        value: NodeId,
        key_style: Style,
    ) -> Result<NodeId> {
        if let Some(there) = self.get_field(map, name)? {
            let style = self.get(there).style;
            self.get_mut(value).style = style;
            self.assign(there, value);
            return Ok(there);
        }
        let key = self.scalar(name);
        self.get_mut(key).style = key_style;
        self.push_entry(map, key, value);
        Ok(value)
    }

    /// Adds an entry to a map. A null becomes a map, as kyaml's nodes do when something is appended to them.
    pub(in crate::render::kustomize) fn push_entry(&mut self, map: NodeId, key: NodeId, value: NodeId) {
        if let Some(entries) = self.entries_mut(map) {
            entries.push((key, value));
        }
    }

    /// Sets the text of a scalar as kyaml's `FieldSetter` without a name does: the style stays, the tag becomes that
    /// of the value.
    ///
    /// # Errors
    /// When the node is no scalar.
    pub(in crate::render::kustomize) fn set_scalar(
        &mut self,
        id: NodeId,
        text: impl Into<EcoString>,
        tag: Tag,
    ) -> Result<()> {
        self.expect(id, Kind::Scalar)?;
        if tag == Tag::Null {
            return Ok(());
        }
        let node = self.get_mut(id);
        node.body = Body::Scalar(text.into());
        node.tag = tag;
        Ok(())
    }

    /// Strings that YAML 1.1 reads as something else get quotes, unless they have a style.
    pub(in crate::render::kustomize) fn style_for_yaml_1_1(&mut self, value: NodeId) {
        if self.is_string(value)
            && self.get(value).style.scalar == ScalarStyle::Plain
            && is_yaml_1_1_non_string(self.text(value))
        {
            self.get_mut(value).style.scalar = ScalarStyle::DoubleQuoted;
        }
    }

    /// Takes a field away and returns its value.
    ///
    /// # Errors
    /// When the node is no map.
    pub(in crate::render::kustomize) fn clear_field(&mut self, map: NodeId, name: &str) -> Result<Option<NodeId>> {
        self.expect(map, Kind::Map)?;
        let Some(at) = self.position(map, name) else { return Ok(None) };
        Ok(self.entries_mut(map).map(|entries| entries.remove(at).1))
    }

    /// Follows a path as kyaml's `Lookup` does: fields, `[name=value]`, numbers of items, `-` for the last item.
    ///
    /// # Errors
    /// When a step meets a node of another kind.
    pub(in crate::render::kustomize) fn lookup<S: AsRef<str>>(&self, id: NodeId, path: &[S]) -> Result<Option<NodeId>> {
        let mut at = id;
        for part in path.iter().map(|part| part.as_ref().trim()).filter(|part| !part.is_empty()) {
            match self.step(at, part)? {
                Some(next) => at = next,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    fn step(&self, at: NodeId, part: &str) -> Result<Option<NodeId>> {
        if let Some(index) = go_atoi(part) {
            let Ok(index) = usize::try_from(index) else {
                return Err(Error::new(format!("array index {index} cannot be negative")));
            };
            self.expect(at, Kind::Seq)?;
            return Ok(self.items(at).get(index).copied());
        }
        match part {
            "-" => {
                self.expect(at, Kind::Seq)?;
                Ok(self.items(at).last().copied())
            }
            "*" => Err(Error::new("wildcard is not supported in PathGetter")),
            _ if is_list_index(part) => {
                let (name, value) = split_index(part)?;
                self.expect(at, Kind::Seq)?;
                Ok(self.element(at, name, value))
            }
            _ => self.get_field(at, part),
        }
    }

    /// Returns the first item of a list whose field has this text, or for an empty name the item itself.
    pub(in crate::render::kustomize) fn element(&self, list: NodeId, name: &str, value: &str) -> Option<NodeId> {
        let items = self.items(list).iter().copied();
        if name.is_empty() {
            return items.into_iter().find(|item| self.text(*item) == value);
        }
        items.into_iter().find(|item| self.field(*item, name).is_some_and(|field| self.text(field) == value))
    }

    /// Follows a path of fields and makes what is missing: maps, and at the end a node of the kind.
    ///
    /// # Errors
    /// When a step meets a node of another kind.
    pub(in crate::render::kustomize) fn lookup_create<S: AsRef<str>>(
        &mut self,
        id: NodeId,
        path: &[S],
        kind: Kind,
    ) -> Result<Option<NodeId>> {
        let parts: Vec<&str> = path.iter().map(|part| part.as_ref().trim()).filter(|part| !part.is_empty()).collect();
        let mut at = id;
        for (i, part) in parts.iter().enumerate() {
            let found = self.step_create(at, part, parts.get(i + 1).copied(), kind)?;
            match found {
                Some(next) => at = next,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    fn step_create(&mut self, at: NodeId, part: &str, next: Option<&str>, kind: Kind) -> Result<Option<NodeId>> {
        let is_field = go_atoi(part).is_none() && part != "-" && part != "*" && !is_list_index(part);
        if let Some(found) = self.step(at, part)? {
            return Ok(Some(found));
        }
        if self.is_null(at) {
            return Ok(None);
        }
        if is_field {
            let value = self.empty(kind_before(next, kind));
            return self.set_field(at, part, value).map(Some);
        }
        if is_list_index(part) {
            let (name, value) = split_index(part)?;
            let item = self.keyed_item(name, value);
            if let Some(items) = self.items_mut(at) {
                items.push(item);
            }
            return Ok(Some(item));
        }
        Ok(None)
    }

    /// Makes the item that `[name=value]` names.
    pub(in crate::render::kustomize) fn keyed_item(&mut self, name: &str, value: &str) -> NodeId {
        let value = self.scalar(value);
        if name.is_empty() {
            return value;
        }
        let item = self.empty(Kind::Map);
        let key = self.scalar(name);
        self.push_entry(item, key, value);
        item
    }
}

/// Returns the kind of a node that is made before the next step of a path.
pub(in crate::render::kustomize) fn kind_before(next: Option<&str>, last: Kind) -> Kind {
    match next {
        None | Some("") => last,
        Some(next) if is_list_index(next) || go_atoi(next).is_some_and(|index| index >= 0) => Kind::Seq,
        Some(_) => Kind::Map,
    }
}

/// Whether a step of a path is `[name=value]`.
pub(in crate::render::kustomize) fn is_list_index(part: &str) -> bool {
    part.starts_with('[') && part.ends_with(']')
}

/// Splits `[name=value]`.
///
/// # Errors
/// Where there is no `=`.
pub(in crate::render::kustomize) fn split_index(part: &str) -> Result<(&str, &str)> {
    let inner = part.strip_suffix(']').unwrap_or(part);
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    inner
        .split_once('=')
        .ok_or_else(|| Error::new("list path element must contain fieldName=fieldValue for element to match"))
}

/// Splits a path at a delimiter that no backslash precedes; a delimiter at the start is allowed.
pub(in crate::render::kustomize) fn path_splitter(path: &str, delimiter: char) -> Vec<EcoString> {
    let mut parts: Vec<EcoString> = Vec::new();
    let mut split = path.split(delimiter).peekable();
    if split.peek() == Some(&"") && path.contains(delimiter) {
        split.next();
    }
    let mut joined: Option<String> = None;
    for part in split {
        let part = match joined.take() {
            Some(before) => before + part,
            None => part.to_owned(),
        };
        match part.strip_suffix('\\') {
            Some(rest) => joined = Some(format!("{rest}{delimiter}")),
            None => parts.push(part.into()),
        }
    }
    if let Some(mut rest) = joined {
        // A backslash at the very end escapes nothing.
        rest.pop();
        rest.push('\\');
        parts.push(rest.into());
    }
    parts
}

/// Splits a path and keeps what stands in brackets together: `[a=b.c]` is one part, `[a.b]` is the key `a.b`.
pub(in crate::render::kustomize) fn smarter_path_splitter(path: &str, delimiter: char) -> Vec<EcoString> {
    let split = path_splitter(path, delimiter);
    let mut parts = Vec::with_capacity(split.len());
    let mut rest = split.into_iter();
    while let Some(part) = rest.next() {
        if !part.starts_with('[') || part.ends_with(']') {
            parts.push(part);
            continue;
        }
        let mut whole = part.to_string();
        for more in rest.by_ref() {
            whole.push(delimiter);
            whole.push_str(&more);
            if more.ends_with(']') {
                break;
            }
        }
        parts.push(if whole.contains('=') { whole.into() } else { whole.trim_matches(['[', ']']).into() });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_as_kyaml_splits_them() {
        let split = |path: &str| path_splitter(path, '/').join(" ");
        assert_eq!(split("/a/b"), "a b");
        assert_eq!(split(r"metadata/annotations/a\/b"), "metadata annotations a/b");
        assert_eq!(path_splitter("", '/'), [""]);
        let split = |path: &str| smarter_path_splitter(path, '.').join(" ");
        assert_eq!(split("a.[b=c.d].e"), "a [b=c.d] e");
        assert_eq!(split("metadata.annotations.[a.b/c].0"), "metadata annotations a.b/c 0");
        assert_eq!(split(r"a.b\.c"), "a b.c");
    }
}
