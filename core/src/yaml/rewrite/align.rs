//! Which items of a list are those of another: the same ones, or maps of the same name.

use std::collections::HashMap;

use crate::value::Value;
use crate::yaml::to_json;

/// What becomes of the items, in the order of the new list, with what is gone in its old place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The old item stays.
    Keep(usize),
    /// The old item becomes the new one.
    Change(usize, usize),
    /// The old item goes.
    Remove(usize),
    /// The new item comes.
    Insert(usize),
}

/// Returns the steps from one list to another, in linear time.
///
/// Old items keep their order; what the new list has in another order goes and comes again.
pub(super) fn align(now: &[Value], wanted: &[Value]) -> Vec<Step> {
    let (now_keys, wanted_keys) = (keys(now), keys(wanted));
    // How often a key is still to come in the new list, less how often in the old one.
    let mut left: HashMap<&str, isize> = HashMap::with_capacity(wanted.len());
    wanted_keys.iter().for_each(|key| *left.entry(key).or_default() += 1);
    now_keys.iter().for_each(|key| *left.entry(key).or_default() -= 1);
    let (mut steps, mut at) = (Vec::with_capacity(wanted.len()), 0);
    let mut from = 0;
    while from < now.len() {
        let key = now_keys[from].as_str();
        let next = wanted_keys.get(at);
        match next {
            Some(next) if next == key => {
                let same = now[from] == wanted[at];
                steps.push(if same { Step::Keep(from) } else { Step::Change(from, at) });
                (from, at) = (from + 1, at + 1);
            }
            Some(next) if left.get(key).is_some_and(|count| *count >= 0) => {
                left.entry(next).and_modify(|count| *count -= 1);
                steps.push(Step::Insert(at));
                at += 1;
            }
            _ => {
                left.entry(key).and_modify(|count| *count += 1);
                steps.push(Step::Remove(from));
                from += 1;
            }
        }
    }
    steps.extend((at..wanted.len()).map(Step::Insert));
    pair(steps, now, wanted)
}

/// Takes a map that goes for the map that comes in its place, in their order.
fn pair(steps: Vec<Step>, now: &[Value], wanted: &[Value]) -> Vec<Step> {
    let is_map = |value: &Value| value.as_map().is_some();
    let mut out: Vec<Step> = Vec::with_capacity(steps.len());
    // The places of steps since the last item that stays, and how many of them have a partner.
    let (mut open, mut paired): (Vec<usize>, usize) = (Vec::new(), 0);
    for step in steps {
        let partner = open.get(paired).copied();
        let joined = match (partner.map(|at| out[at]), step) {
            (Some(Step::Remove(from)), Step::Insert(to)) | (Some(Step::Insert(to)), Step::Remove(from))
                if is_map(&now[from]) && is_map(&wanted[to]) =>
            {
                Some(Step::Change(from, to))
            }
            _ => None,
        };
        match (joined, partner) {
            (Some(joined), Some(at)) => {
                out[at] = joined;
                paired += 1;
                continue;
            }
            _ if matches!(step, Step::Keep(_) | Step::Change(..)) => (open, paired) = (Vec::new(), 0),
            _ => open.push(out.len()),
        }
        out.push(step);
    }
    out
}

/// By what an item is found again.
fn keys(items: &[Value]) -> Vec<String> {
    let key = |item: &Value| match item.get("name").and_then(Value::as_str) {
        Some(name) => format!("name {name}"),
        None => to_json(item).unwrap_or_default(),
    };
    items.iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(now: &[&str], wanted: &[&str]) -> Vec<Step> {
        let values = |items: &[&str]| items.iter().map(|item| Value::from(*item)).collect::<Vec<_>>();
        align(&values(now), &values(wanted))
    }

    #[test]
    fn old_items_are_found_again() {
        use Step::{Insert, Keep, Remove};
        assert_eq!(steps(&["a", "b"], &["a", "b", "c"]), [Keep(0), Keep(1), Insert(2)]);
        assert_eq!(steps(&["a", "c"], &["a", "b", "c"]), [Keep(0), Insert(1), Keep(1)]);
        assert_eq!(steps(&["a", "b", "a"], &["b", "a"]), [Remove(0), Keep(1), Keep(2)]);
        assert_eq!(steps(&["a", "b", "a"], &["a", "b"]), [Keep(0), Keep(1), Remove(2)]);
        assert_eq!(steps(&[], &["x"]), [Insert(0)]);
        assert_eq!(steps(&["a", "b"], &["b", "a"]).len(), 3);
    }

    #[test]
    fn a_map_becomes_the_map_in_its_place() {
        let map = |key: &str| Value::from([(key, Value::Null)].into_iter().collect::<crate::value::Map>());
        let now = [map("a"), map("b"), "x".into()];
        let wanted = [map("c"), map("d"), map("e"), "x".into(), map("f")];
        use Step::{Change, Insert, Keep};
        assert_eq!(align(&now, &wanted), [Change(0, 0), Change(1, 1), Insert(2), Keep(2), Insert(4)]);
    }
}
