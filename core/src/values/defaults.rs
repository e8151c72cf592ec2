//! The values that the `default` keywords of a schema give.

use ecow::EcoString;

use super::ValueOrigin;
use super::tree::{Entries, Part, Tree, overlay};
use crate::source::Limits;
use crate::yaml::{Node, NodeKind};

// More levels of `$ref`, `allOf` and objects than any schema for people has; recursive schemas end here.
const MAX_DEPTH: usize = 64;
// Parts that references may unfold to: a schema that doubles at each level ends here.
const MAX_PARTS: usize = 100_000;

/// Returns the defaults of a schema as a node with places in the schema's file; `None` where it has none.
pub(super) fn of_schema(schema: &Node, limits: &Limits) -> Option<Node> {
    let mut walk = Walk { root: schema, left: limits.alias_nodes.min(MAX_PARTS), within: Vec::new() };
    walk.default_of(schema, 0).map(|tree| tree.to_node())
}

/// Returns the subschema that a local `$ref` names.
pub(super) fn resolve<'a>(root: &'a Node, reference: &str) -> Option<&'a Node> {
    let pointer = reference.strip_prefix('#')?;
    if pointer.is_empty() {
        return Some(root);
    }
    pointer.strip_prefix('/')?.split('/').try_fold(root, |node, part| {
        let part = part.replace("%25", "%").replace("~1", "/").replace("~0", "~");
        match &node.kind {
            NodeKind::Map(_) => node.get(&part),
            NodeKind::Seq(items) => items.get(part.parse::<usize>().ok()?),
            _ => None,
        }
    })
}

struct Walk<'a> {
    root: &'a Node,
    left: usize,
    // The schemas on the way down: one that contains itself gives its defaults once.
    within: Vec<&'a Node>,
}

impl<'a> Walk<'a> {
    fn default_of(&mut self, schema: &'a Node, depth: usize) -> Option<Tree> {
        self.left = self.left.checked_sub(1)?;
        if depth > MAX_DEPTH || self.within.iter().any(|outer| std::ptr::eq(*outer, schema)) {
            return None;
        }
        self.within.push(schema);
        let found = self.parts_of(schema, depth);
        self.within.pop();
        found
    }

    fn parts_of(&mut self, schema: &'a Node, depth: usize) -> Option<Tree> {
        let mut found: Option<Tree> = None;
        let target = schema.get("$ref").and_then(Node::as_str).and_then(|text| resolve(self.root, text));
        let parts = target.into_iter().chain(schema.get("allOf").and_then(Node::as_seq).unwrap_or_default());
        for part in parts.collect::<Vec<_>>() {
            found = lay(found, self.default_of(part, depth + 1));
        }
        found = lay(found, self.properties(schema, depth));
        // The default of the object itself counts before those of its properties: it is nearer to what is meant.
        lay(found, schema.get("default").map(|node| Tree::from_node(node, 0)))
    }

    fn properties(&mut self, schema: &'a Node, depth: usize) -> Option<Tree> {
        let mut entries = Entries::default();
        for (key, property) in schema.get("properties").and_then(Node::as_map)? {
            if let Some(value) = self.default_of(property, depth + 1) {
                entries.insert(EcoString::from(key.as_str().unwrap_or_default()), value);
            }
        }
        let origin = ValueOrigin { layer: 0, span: schema.span };
        (!entries.is_empty()).then_some(Tree { part: Part::Map(entries), origin })
    }
}

fn lay(below: Option<Tree>, above: Option<Tree>) -> Option<Tree> {
    match (below, above) {
        (Some(mut lower), Some(upper)) => {
            overlay(&mut lower, upper);
            Some(lower)
        }
        (below, above) => below.or(above),
    }
}

/// Returns the schemas that hold for a value in the place of `schema`: itself, its `$ref` and its `allOf`, `anyOf`,
/// `oneOf`, `then` and `else`.
pub(crate) fn in_place<'a>(root: &'a Node, schema: &'a Node) -> Vec<&'a Node> {
    let mut found: Vec<&Node> = vec![schema];
    let mut next = 0;
    while next < found.len() && found.len() < 10_000 {
        let schema = found[next];
        next += 1;
        let target = schema.get("$ref").and_then(Node::as_str).and_then(|text| resolve(root, text));
        // A schema that refers to itself is there already; the list is short.
        found.extend(
            target
                .filter(|t| next < 1_000 && !found.iter().any(|f| std::ptr::eq(*f, *t)))
                .into_iter()
                .collect::<Vec<_>>(),
        );
        for keyword in ["allOf", "anyOf", "oneOf"] {
            found.extend(schema.get(keyword).and_then(Node::as_seq).unwrap_or_default());
        }
        found.extend(["then", "else"].iter().filter_map(|keyword| schema.get(keyword)));
    }
    found
}
