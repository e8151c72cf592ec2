//! JSON patches (RFC 6902), as the library that kustomize uses applies them.
//!
//! See <https://github.com/evanphx/json-patch/tree/v4.13.0>: `replace` makes keys that are missing, negative indices
//! count from the end, and what stands before the first slash of a path counts for nothing.

use super::Transformer;
use crate::render::kustomize::decode::{PatchJson6902Config, Selector};
use crate::render::kustomize::error::{Error, Result, Wrap};
use crate::render::kustomize::go;
use crate::render::kustomize::loader::{Loader, text_of};
use crate::render::kustomize::missed::Missed;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::{self, INTERNAL, Resource};
use crate::render::kustomize::select::select;
use crate::render::kustomize::session::Session;
use crate::render::kustomize::tree::{Body, Kind, NodeId, Tag, Tree, go_atoi};
use crate::source::Span;
use crate::value::Value;
use crate::yaml::{Numbers, unmarshal};

/// Applies a JSON patch to the objects that a target means (`patchesJson6902`).
#[derive(Debug)]
pub(in crate::render::kustomize) struct JsonPatch {
    target: Selector,
    operations: Operations,
}

impl JsonPatch {
    /// Reads the patch.
    ///
    /// # Errors
    /// When target or patch are missing, or the text is no patch.
    pub(in crate::render::kustomize) fn new(
        session: &mut Session<'_>,
        loader: &Loader,
        config: &PatchJson6902Config,
    ) -> Result<JsonPatch> {
        let Some(target) = config.target.clone().filter(|target| !target.name.is_empty()) else {
            return Err(Error::new("must specify the target name"));
        };
        let text = match (config.path.as_str(), config.json_op.as_str()) {
            ("", "") => return Err(Error::new("empty file path and empty jsonOp")),
            ("", text) => text.to_owned(),
            (path, "") => {
                let loaded = loader.load(session, path)?;
                let text = text_of(&loaded.bytes)?;
                if text.is_empty() {
                    return Err(Error::new(format!("patch file '{path}' empty seems to be empty")));
                }
                text
            }
            _ => return Err(Error::new("must specify a file path or jsonOp, not both")),
        };
        let json = to_json(session, &text)?;
        let operations = Operations::decode(session, &json.value).wrap(|| format!("decoding {}", json.text))?;
        if operations.0.is_empty() {
            let (path, json) = (&config.path, json.text);
            return Err(Error::new(format!("patch appears to be empty; file={path}, JsonOp={json}")));
        }
        Ok(JsonPatch { target, operations })
    }
}

impl Transformer for JsonPatch {
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
        let places = select(session, map, &self.target)?;
        if places.is_empty() {
            let (target, who) = (&self.target, "so the patch changes nothing");
            session.miss(|session| Missed::object(session, map, &target.kind, &target.name, who));
        }
        for at in places {
            map.change(session, at, |session, resource| apply(session, resource, &self.operations)?)?;
        }
        Ok(())
    }
}

struct Json {
    value: Value,
    text: String,
}

/// A text that begins with a bracket has to be JSON; any other is read as YAML.
fn to_json(session: &Session<'_>, text: &str) -> Result<Json> {
    if text.starts_with('[') {
        let value = serde_json::from_str(text).map_err(|error| Error::new(error.to_string()))?;
        return Ok(Json { value, text: text.to_owned() });
    }
    let value = unmarshal(text, Numbers::Exact, session.limits())
        .map_err(|error| Error::new(error.trim_start_matches("error converting YAML to JSON: ")))?;
    let text = crate::yaml::to_json(&value).unwrap_or_default();
    Ok(Json { value, text })
}

/// The operations of a patch.
#[derive(Debug)]
pub(super) struct Operations(Vec<Operation>);

#[derive(Debug)]
struct Operation {
    kind: String,
    path: Option<String>,
    from: Option<String>,
    /// `None` where there is no value, which is then null.
    value: Option<NodeId>,
}

impl Operations {
    /// Reads a patch.
    ///
    /// # Errors
    /// When the text is no list of operations.
    pub(super) fn parse(session: &mut Session<'_>, text: &str) -> Result<Operations> {
        if text.is_empty() {
            return Err(Error::new("empty json patch operations"));
        }
        let json = to_json(session, text)?;
        Operations::decode(session, &json.value)
    }

    fn decode(session: &mut Session<'_>, value: &Value) -> Result<Operations> {
        let mismatch = |value: &Value, wanted: &str| {
            let found = match value {
                Value::Null | Value::Bool(_) => "bool",
                Value::Int(_) | Value::UInt(_) | Value::Float(_) => "number",
                Value::Str(_) => "string",
                Value::Seq(_) => "array",
                Value::Map(_) => "object",
            };
            Error::new(format!("json: cannot unmarshal {found} into Go value of type jsonpatch.{wanted}"))
        };
        let items = match value {
            Value::Seq(items) => items.as_slice(),
            Value::Null => &[],
            other => return Err(mismatch(other, "Patch")),
        };
        let mut operations = Vec::with_capacity(items.len());
        for item in items {
            if !matches!(item, Value::Map(_) | Value::Null) {
                return Err(mismatch(item, "Operation"));
            }
            let text = |name| item.get(name).and_then(Value::as_str).map(str::to_owned);
            operations.push(Operation {
                kind: text("op").unwrap_or_else(|| "unknown".to_owned()),
                path: text("path"),
                from: text("from"),
                value: item.get("value").map(|value| session.tree.add_value(value, Span::NONE)),
            });
        }
        Ok(Operations(operations))
    }
}

/// Applies operations to a resource, which goes through JSON for it. What kustomize remembers of the resource is
/// written into it meanwhile and stays whatever the patch does. The inner result says whether the annotations could be
/// written back as strings.
///
/// # Errors
/// When an operation does not fit, or the document is no JSON.
pub(super) fn apply(session: &mut Session<'_>, resource: &mut Resource, operations: &Operations) -> Result<Result<()>> {
    resource.reveal(&mut session.tree)?;
    let root = session.tree.through_json(resource.root)?;
    let mut document = Document { session, root };
    operations.0.iter().try_for_each(|operation| document.apply(operation))?;
    let root = document.root;
    if session.tree.kind(root) != Kind::Map {
        return Err(Error::new("json: cannot unmarshal array into Go value of type map[string]interface {}"));
    }
    resource.root = root;
    let mut annotations = resource::annotations(&session.tree, root);
    annotations.retain(|key, _| !key.starts_with(INTERNAL));
    Ok(resource::set_annotations(&mut session.tree, root, annotations))
}

struct Document<'d, 's> {
    session: &'d mut Session<'s>,
    root: NodeId,
}

impl Document<'_, '_> {
    fn apply(&mut self, operation: &Operation) -> Result<()> {
        match operation.kind.as_str() {
            "add" => self.add(operation),
            "remove" => self.remove(operation),
            "replace" => self.replace(operation),
            "move" => self.relocate(operation),
            "copy" => self.copy(operation),
            "test" => self.test(operation),
            other => Err(Error::new(format!("Unexpected kind: {other}"))),
        }
    }

    fn tree(&mut self) -> &mut Tree {
        &mut self.session.tree
    }

    /// Returns the list or map that holds the end of a path, and the last key.
    fn find(&self, path: &str) -> Option<(NodeId, String)> {
        let tree = &self.session.tree;
        let mut parts: Vec<&str> = path.split('/').collect();
        let key = parts.pop().filter(|_| !parts.is_empty())?;
        let mut at = self.root;
        for part in &parts[1..] {
            let next = get(tree, at, &decode_key(part)).ok().flatten()?;
            if tree.is_null(next) || tree.kind(next) == Kind::Scalar {
                return None;
            }
            at = next;
        }
        Some((at, decode_key(key)))
    }

    fn value(&mut self, operation: &Operation) -> NodeId {
        match operation.value {
            Some(value) => self.tree().copy(value),
            None => self.tree().tagged("null", Tag::Null),
        }
    }

    /// Refuses a value that would nest too deeply at the end of a path.
    fn check_depth(&self, path: &str, value: NodeId) -> Result<()> {
        let limit = self.session.limits().depth;
        if path.matches('/').count() + self.session.tree.depth(value) > limit {
            return Err(Error::new(format!("the patch nests values more than {limit} levels deep")));
        }
        Ok(())
    }

    fn add(&mut self, operation: &Operation) -> Result<()> {
        let Some(path) = &operation.path else { return Err(missing("add operation failed to decode path")) };
        let Some((parent, key)) = self.find(path) else {
            return Err(missing(&format!("add operation does not apply: doc is missing path: \"{path}\"")));
        };
        let value = self.value(operation);
        self.check_depth(path, value)?;
        add(self.tree(), parent, &key, value).wrap(|| format!("error in add for path: '{path}'"))
    }

    fn remove(&mut self, operation: &Operation) -> Result<()> {
        let Some(path) = &operation.path else { return Err(missing("remove operation failed to decode path")) };
        let Some((parent, key)) = self.find(path) else {
            return Err(missing(&format!("remove operation does not apply: doc is missing path: \"{path}\"")));
        };
        remove(self.tree(), parent, &key).wrap(|| format!("error in remove for path: '{path}'"))
    }

    fn replace(&mut self, operation: &Operation) -> Result<()> {
        let Some(path) = &operation.path else {
            return Err(missing("replace operation failed to decode path: operation missing path field"));
        };
        let value = self.value(operation);
        if path.is_empty() {
            if self.tree().kind(value) == Kind::Scalar {
                return Err(Error::new("replace operation value must be object or array: %!w(<nil>)"));
            }
            self.root = value;
            return Ok(());
        }
        let Some((parent, key)) = self.find(path) else {
            return Err(missing(&format!("replace operation does not apply: doc is missing path: {path}")));
        };
        self.check_depth(path, value)?;
        if get(self.tree(), parent, &key).is_err() {
            return Err(missing(&format!("replace operation does not apply: doc is missing key: {path}")));
        }
        set(self.tree(), parent, &key, value).wrap(|| format!("error in remove for path: '{path}'"))
    }

    fn relocate(&mut self, operation: &Operation) -> Result<()> {
        let Some(from) = &operation.from else {
            return Err(missing("move operation failed to decode from: operation, missing from field"));
        };
        let Some((parent, key)) = self.find(from) else {
            return Err(missing(&format!("move operation does not apply: doc is missing from path: {from}")));
        };
        let failed = |key: &str| format!("error in move for path: '{key}'");
        let value = get(self.tree(), parent, &key).wrap(|| failed(&key))?;
        remove(self.tree(), parent, &key).wrap(|| failed(&key))?;
        let Some(path) = &operation.path else {
            return Err(missing("move operation failed to decode path: operation missing path field"));
        };
        let Some((parent, key)) = self.find(path) else {
            return Err(missing(&format!("move operation does not apply: doc is missing destination path: {path}")));
        };
        let value = match value {
            Some(value) => value,
            None => self.tree().tagged("null", Tag::Null),
        };
        self.check_depth(path, value)?;
        add(self.tree(), parent, &key, value).wrap(|| failed(path))
    }

    fn copy(&mut self, operation: &Operation) -> Result<()> {
        let Some(from) = &operation.from else {
            return Err(missing("copy operation failed to decode from: operation, missing from field"));
        };
        let Some((parent, key)) = self.find(from) else {
            return Err(missing(&format!("copy operation does not apply: doc is missing from path: {from}")));
        };
        let value = get(self.tree(), parent, &key).wrap(|| format!("error in copy for from: '{from}'"))?;
        let Some(path) = &operation.path else { return Err(missing("copy operation failed to decode path")) };
        let Some((parent, key)) = self.find(path) else {
            return Err(missing(&format!("copy operation does not apply: doc is missing destination path: {path}")));
        };
        let value = match value {
            Some(value) => {
                self.check_depth(path, value)?;
                self.session.copy(value)?
            }
            None => self.tree().tagged("null", Tag::Null),
        };
        add(self.tree(), parent, &key, value).wrap(|| "error while adding value during copy")
    }

    fn test(&mut self, operation: &Operation) -> Result<()> {
        let Some(path) = &operation.path else {
            return Err(missing("test operation failed to decode path: operation missing path field"));
        };
        let failed = || Err(Error::new(format!("testing value {path} failed: test failed")));
        let wanted = operation.value.filter(|value| !self.session.tree.is_null(*value));
        let found = if path.is_empty() {
            Some(self.root)
        } else {
            let Some((parent, key)) = self.find(path) else {
                return Err(missing(&format!("test operation does not apply: is missing path: {path}")));
            };
            get(self.tree(), parent, &key).wrap(|| format!("error in test for path: '{path}'"))?
        };
        let tree = &self.session.tree;
        match (found.filter(|found| !tree.is_null(*found)), wanted) {
            (None, None) => Ok(()),
            (Some(found), Some(wanted)) if same(tree, found, wanted) => Ok(()),
            _ => failed(),
        }
    }
}

fn missing(what: &str) -> Error {
    Error::new(format!("{what}: missing value"))
}

fn decode_key(key: &str) -> String {
    // One pass: `~01` is `~1`.
    let mut out = String::with_capacity(key.len());
    let mut rest = key;
    while let Some(at) = rest.find('~') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let (text, len) = match after.as_bytes().get(1) {
            Some(b'0') => ("~", 2),
            Some(b'1') => ("/", 2),
            _ => ("~", 1),
        };
        out.push_str(text);
        rest = &after[len..];
    }
    out.push_str(rest);
    out
}

fn no_integer(key: &str) -> Error {
    Error::new(format!("strconv.Atoi: parsing {}: invalid syntax", go::quote(key)))
}

/// Returns the place of an item; negative indices count from the end.
fn index(key: &str, len: usize) -> Result<usize> {
    let at = go_atoi(key).ok_or_else(|| no_integer(key))?;
    let refused = || Error::new(format!("Unable to access invalid index: {at}: invalid index referenced"));
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let place = if at < 0 { at.checked_add(len) } else { Some(at) };
    place.filter(|place| (0..len).contains(place)).and_then(|place| usize::try_from(place).ok()).ok_or_else(refused)
}

fn get(tree: &Tree, parent: NodeId, key: &str) -> Result<Option<NodeId>> {
    match &tree.get(parent).body {
        Body::Seq(items) => index(key, items.len()).map(|at| Some(items[at])),
        _ => Ok(tree.field(parent, key)),
    }
}

fn put(tree: &mut Tree, parent: NodeId, key: &str, value: NodeId) {
    if let Some(at) = tree.position(parent, key) {
        if let Some(entries) = tree.entries_mut(parent) {
            entries[at].1 = value;
        }
        return;
    }
    let key = tree.json_string(key.into(), Span::NONE);
    tree.push_entry(parent, key, value);
}

fn set(tree: &mut Tree, parent: NodeId, key: &str, value: NodeId) -> Result<()> {
    match tree.items_mut(parent) {
        Some(items) => {
            let at = index(key, items.len())?;
            items[at] = value;
        }
        None => put(tree, parent, key, value),
    }
    Ok(())
}

fn add(tree: &mut Tree, parent: NodeId, key: &str, value: NodeId) -> Result<()> {
    let Some(items) = tree.items_mut(parent) else {
        put(tree, parent, key, value);
        return Ok(());
    };
    if key == "-" {
        items.push(value);
        return Ok(());
    }
    if go_atoi(key).is_none() {
        return Err(no_integer(key).wrap(format!("value was not a proper array index: '{key}'")));
    }
    let at = index(key, items.len() + 1)?;
    items.insert(at, value);
    Ok(())
}

fn remove(tree: &mut Tree, parent: NodeId, key: &str) -> Result<()> {
    if let Some(items) = tree.items_mut(parent) {
        let at = index(key, items.len())?;
        items.remove(at);
        return Ok(());
    }
    match tree.position(parent, key) {
        Some(at) => {
            tree.entries_mut(parent).map(|entries| entries.remove(at));
            Ok(())
        }
        None => Err(missing(&format!("Unable to remove nonexistent key: {key}"))),
    }
}

/// Whether two values say the same.
fn same(tree: &Tree, a: NodeId, b: NodeId) -> bool {
    match (&tree.get(a).body, &tree.get(b).body) {
        (Body::Scalar(x), Body::Scalar(y)) => tree.get(a).tag == tree.get(b).tag && x == y,
        (Body::Seq(x), Body::Seq(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(tree, *x, *y)),
        (Body::Map(x), Body::Map(y)) => {
            x.len() == y.len()
                && x.iter()
                    .all(|(key, value)| tree.field(b, tree.text(*key)).is_some_and(|other| same(tree, *value, other)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_decoded_in_one_pass() {
        assert_eq!(decode_key("a~1b~0c~01~"), "a/b~c~1~");
    }

    #[test]
    fn indices_count_from_both_ends() {
        assert_eq!(index("0", 2).unwrap(), 0);
        assert_eq!(index("-1", 2).unwrap(), 1);
        assert_eq!(index("-2", 2).unwrap(), 0);
        for wrong in ["2", "-3", "x", "-", "99999999999999999999", "-9223372036854775808"] {
            assert!(index(wrong, 2).is_err(), "{wrong}");
        }
    }
}
