//! The order of the items of a list that was merged.

use std::collections::HashMap;

/// Returns the items of a merged list, given by their keys, in the order that apimachinery gives them
/// (<https://github.com/kubernetes/apimachinery/blob/master/pkg/util/strategicpatch/patch.go>, `normalizeElementOrder`):
/// items that `order` names stand in its order, the others as on the server, and where the two meet, an item goes
/// before one that followed it on the server; what is new comes first.
pub(super) fn merged_order(items: &[String], order: &[String], server: &[String]) -> Vec<usize> {
    let (order, server) = (positions(order), positions(server));
    let (mut named, mut others): (Vec<usize>, Vec<usize>) =
        (0..items.len()).partition(|i| order.contains_key(items[*i].as_str()));
    named.sort_by_key(|i| order.get(items[*i].as_str()));
    others.sort_by_key(|i| server.get(items[*i].as_str()).copied().unwrap_or(usize::MAX));
    let before = |left: usize, right: usize| {
        let place = |i: usize| server.get(items[i].as_str());
        matches!((place(left), place(right)), (Some(left), Some(right)) if left < right)
    };
    let (mut named, mut others) = (named.into_iter().peekable(), others.into_iter().peekable());
    let mut out = Vec::with_capacity(items.len());
    loop {
        let next = match (others.peek(), named.peek()) {
            (Some(left), Some(right)) if before(*left, *right) => others.next(),
            (_, Some(_)) => named.next(),
            (_, None) => others.next(),
        };
        match next {
            Some(i) => out.push(i),
            None => return out,
        }
    }
}

fn positions(keys: &[String]) -> HashMap<&str, usize> {
    let mut positions = HashMap::with_capacity(keys.len());
    for (i, key) in keys.iter().enumerate() {
        positions.entry(key.as_str()).or_insert(i);
    }
    positions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(items: &str, order: &str, server: &str) -> String {
        let keys = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let items = keys(items);
        merged_order(&items, &keys(order), &keys(server)).into_iter().map(|i| items[i].clone()).collect()
    }

    #[test]
    fn new_items_come_first_and_named_ones_in_their_order() {
        assert_eq!(check("abx", "x", "ab"), "xab");
        assert_eq!(check("abc", "ca", "abc"), "bca");
        assert_eq!(check("abc", "", "abc"), "abc");
        assert_eq!(check("abcd", "db", "abcd"), "acdb");
    }
}
