//! What a field was before a change and what it became.

use crate::value::{Step, Value, ValuePath};
use crate::yaml::{Node, NodeKind};

/// A field that was changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Edited {
    /// Where it stands in the object after the change.
    pub path: ValuePath,
    /// What it was; `None` for what was added.
    pub before: Option<Value>,
    /// What it became; `None` for what was taken away.
    pub after: Option<Value>,
}

impl Edited {
    /// Looks a field up in an object before and after a change. Items of lists are found again by their names, else by
    /// where they stand in lists of the same length.
    pub fn between(before: &Node, after: &Node, path: ValuePath) -> Edited {
        let was = former(before, after, path.steps()).map(Node::to_value);
        let is = after.at(&path).map(Node::to_value);
        Edited { path, before: was, after: is }
    }
}

fn former<'n>(before: &'n Node, after: &Node, path: &[Step]) -> Option<&'n Node> {
    let Some((step, rest)) = path.split_first() else { return Some(before) };
    match (step, &before.kind, &after.kind) {
        (Step::Key(key), NodeKind::Map(_), NodeKind::Map(_)) => {
            let was = before.get(key)?;
            match after.get(key) {
                Some(after) => former(was, after, rest),
                None => rest.is_empty().then_some(was),
            }
        }
        (Step::Index(index), NodeKind::Seq(old), NodeKind::Seq(new)) => {
            let Some(item) = new.get(*index) else { return old.get(*index).filter(|_| rest.is_empty()) };
            let name = |item: &Node| item.get("name").and_then(Node::as_str).map(str::to_owned);
            let wanted = name(item);
            let named = || old.iter().find(|old| wanted.is_some() && name(old) == wanted);
            let same_place = || old.get(*index).filter(|_| old.len() == new.len());
            former(named().or_else(same_place)?, item, rest)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Limits};
    use crate::yaml::{self, Rules};

    fn node(text: &str) -> Node {
        let limits = Limits::default();
        let root = yaml::parse(text, FileId::NONE, &limits).value.remove(0).root.expect("a document");
        yaml::normalize(root, Rules::Kubectl, &limits).value
    }

    fn edited(before: &str, after: &str, path: &str) -> (String, String) {
        let edited = Edited::between(&node(before), &node(after), ValuePath::parse(path).expect("a path"));
        let text =
            |value: Option<Value>| value.map_or("-".to_owned(), |value| serde_json::to_string(&value).expect("JSON"));
        (text(edited.before), text(edited.after))
    }

    #[test]
    fn fields_are_found_before_and_after() {
        let is = |before: &str, after: &str| (before.to_owned(), after.to_owned());
        assert_eq!(edited("a: {b: 1}", "a: {b: x}", "a.b"), is("1", "\"x\""));
        assert_eq!(edited("a: {}", "a: {b: {c: 1}}", "a.b"), is("-", "{\"c\":1}"));
        assert_eq!(edited("a: {}", "a: {b: {c: 1}}", "a.b.c"), is("-", "1"));
        assert_eq!(edited("a: {b: 1}", "a: {}", "a.b"), is("1", "-"));
        assert_eq!(edited("a: {b: {c: 1}}", "a: {b: 1}", "a.b"), is("{\"c\":1}", "1"));
    }

    #[test]
    fn items_are_found_by_name_then_by_place() {
        let is = |before: &str, after: &str| (before.to_owned(), after.to_owned());
        let (old, new) =
            ("l: [{name: a, x: 1}, {name: b, x: 2}]", "l: [{name: c, x: 0}, {name: a, x: 9}, {name: b, x: 2}]");
        assert_eq!(edited(old, new, "l[0]"), is("-", "{\"name\":\"c\",\"x\":0}"));
        assert_eq!(edited(old, new, "l[1].x"), is("1", "9"));
        assert_eq!(edited("l: [a, b]", "l: [a, c]", "l[1]"), is("\"b\"", "\"c\""));
        assert_eq!(edited("l: [a]", "l: [z, a]", "l[0]"), is("-", "\"z\""));
        assert_eq!(edited("l: [a, b]", "l: [a]", "l[1]"), is("\"b\"", "-"));
    }
}
