//! The order in which Go's libraries write the keys of a map: numbers inside of texts count as numbers.
//!
//! See <https://github.com/yaml/go-yaml/blob/v2.4.4/sorter.go>; v3 differs in what a letter after digits does.

use std::cmp::Ordering;

use super::Dialect;
use crate::go::text::{is_digit, is_letter};

/// Returns the indexes of the keys in the order of Go.
///
/// The rule is not transitive for some texts (Go's order is then a matter of chance), so the sort must bear that.
pub(super) fn natural_order(keys: &[&str], dialect: Dialect) -> Vec<usize> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    if keys.windows(2).all(|pair| !less(pair[1], pair[0], dialect)) {
        return order;
    }
    let mut spare = order.clone();
    merge_sort(&mut order, &mut spare, &|a, b| less(keys[a], keys[b], dialect));
    order
}

fn merge_sort(items: &mut [usize], spare: &mut [usize], less: &impl Fn(usize, usize) -> bool) {
    if items.len() < 2 {
        return;
    }
    let middle = items.len() / 2;
    merge_sort(&mut items[..middle], &mut spare[..middle], less);
    merge_sort(&mut items[middle..], &mut spare[middle..], less);
    let (mut left, mut right) = (0, middle);
    for slot in spare.iter_mut() {
        let take_left = right == items.len() || left < middle && !less(items[right], items[left]);
        let from = if take_left { &mut left } else { &mut right };
        *slot = items[*from];
        *from += 1;
    }
    items.copy_from_slice(spare);
}

fn less(a: &str, b: &str, dialect: Dialect) -> bool {
    let common = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let start = (0..=common).rev().find(|i| a.is_char_boundary(*i) && b.is_char_boundary(*i)).unwrap_or(0);
    let (Some(x), Some(y)) = (a[start..].chars().next(), b[start..].chars().next()) else {
        return a.len() < b.len();
    };
    let before = &a[..start];
    match (is_letter(x), is_letter(y)) {
        (true, true) => x < y,
        (false, false) => differing(before, &a[start..], &b[start..]) == Ordering::Less,
        (x_is_letter, y_is_letter) => {
            let after_digit = before.chars().next_back().is_some_and(is_digit);
            if dialect.is_v3() && after_digit { x_is_letter } else { y_is_letter }
        }
    }
}

/// Orders two rests that begin with different characters that are no letters.
fn differing(before: &str, a: &str, b: &str) -> Ordering {
    let leading_zero = a.starts_with('0') || b.starts_with('0');
    let inside_number = before.chars().rev().take_while(|c| is_digit(*c)).any(|c| c != '0');
    let start = i64::from(leading_zero && inside_number);
    let run = |text: &str| {
        text.chars().take_while(|c| is_digit(*c)).fold((start, 0), |(n, count), c| {
            (n.wrapping_mul(10).wrapping_add(i64::from(u32::from(c)) - 48), count + 1)
        })
    };
    run(a).cmp(&run(b)).then_with(|| a.chars().next().cmp(&b.chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(mut keys: Vec<&str>, dialect: Dialect) -> Vec<&str> {
        keys.reverse();
        natural_order(&keys, dialect).into_iter().map(|i| keys[i]).collect()
    }

    #[test]
    fn numbers_in_keys_count_as_numbers() {
        for keys in [vec!["1", "01", "2", "9", "10"], vec!["a1", "a01", "a2", "a9", "a10"], vec!["A", "B", "a", "b"]] {
            assert_eq!(sorted(keys.clone(), Dialect::Sigs), keys);
        }
        assert_eq!(sorted(vec!["a1-b", "a1b"], Dialect::Sigs), ["a1-b", "a1b"]);
        assert_eq!(sorted(vec!["a1b", "a1-b"], Dialect::V3), ["a1b", "a1-b"]);
    }
}
