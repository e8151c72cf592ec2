//! A tree to matchers, rewritten as the library rewrites them.
//!
//! Facts: <https://github.com/gobwas/glob/blob/v0.2.3/compiler/compiler.go>. The parser bounds the size of what is
//! compiled here, and so the recursion.

use super::matcher::{Matcher, Tree};
use super::syntax::Node;

/// Returns the matcher of a tree.
pub(super) fn compile(node: &Node) -> Matcher {
    let matcher = match node {
        Node::AnyOf(patterns) => {
            return match without_common_parts(patterns) {
                Some(tree) => compile(&tree),
                None => Matcher::AnyOf(compile_all(patterns)),
            };
        }
        Node::Pattern(parts) if parts.is_empty() => return Matcher::Nothing,
        Node::Pattern(parts) => sequence(&glued_most(compile_all(parts))),
        Node::Any => Matcher::Any,
        Node::Super => Matcher::Super,
        Node::Single => Matcher::Single,
        Node::Nothing => Matcher::Nothing,
        Node::List { not, chars } => Matcher::List { not: *not, chars: chars.clone() },
        Node::Range { not, low, high } => Matcher::Range { not: *not, low: *low, high: *high },
        Node::Text(text) => Matcher::Text(text.clone()),
    };
    simplified(matcher)
}

fn compile_all(nodes: &[Node]) -> Vec<Matcher> {
    nodes.iter().map(|node| simplified(compile(node))).collect()
}

/// Takes simpler matchers for some.
fn simplified(matcher: Matcher) -> Matcher {
    match matcher {
        Matcher::AnyOf(mut matchers) if matchers.len() == 1 => matchers.remove(0),
        Matcher::List { not: false, chars } if chars.len() == 1 => Matcher::Text(chars.iter().collect()),
        Matcher::Tree(tree) => simplified_tree(*tree),
        other => other,
    }
}

fn simplified_tree(mut tree: Tree) -> Matcher {
    tree.left = tree.left.map(simplified);
    tree.right = tree.right.map(simplified);
    let Matcher::Text(text) = &tree.value else { return Matcher::Tree(Box::new(tree)) };
    let text = text.clone();
    match (&tree.left, &tree.right) {
        (None, None) => Matcher::Text(text),
        (Some(Matcher::Super), Some(Matcher::Super)) => Matcher::Contains { not: false, needle: text },
        (Some(Matcher::Super), None) => Matcher::Suffix(text),
        (None, Some(Matcher::Super)) => Matcher::Prefix(text),
        (None, Some(Matcher::Suffix(suffix))) => Matcher::PrefixSuffix(text, suffix.clone()),
        (Some(Matcher::Prefix(prefix)), None) => Matcher::PrefixSuffix(prefix.clone(), text),
        (Some(Matcher::Any), None) => Matcher::SuffixAny(text),
        (None, Some(Matcher::Any)) => Matcher::PrefixAny(text),
        _ => Matcher::Tree(Box::new(tree)),
    }
}

/// Returns one matcher for several: around the one whose length is fixed and largest, the others on both sides.
fn sequence(matchers: &[Matcher]) -> Matcher {
    if let [one] = matchers {
        return one.clone();
    }
    if let Some(glued) = glued(matchers) {
        return glued;
    }
    // Of several that are equally long the last one counts.
    let fixed = matchers.iter().enumerate().filter_map(|(at, matcher)| Some((matcher.len()?, at)));
    let Some((_, at)) = fixed.max() else {
        return Matcher::Tree(Box::new(Tree::new(matchers[0].clone(), None, Some(sequence(&matchers[1..])))));
    };
    let side = |part: &[Matcher]| (!part.is_empty()).then(|| sequence(part));
    Matcher::Tree(Box::new(Tree::new(matchers[at].clone(), side(&matchers[..at]), side(&matchers[at + 1..]))))
}

/// Puts one matcher in the place of the most neighbours for which there is one, again and again.
fn glued_most(mut matchers: Vec<Matcher>) -> Vec<Matcher> {
    loop {
        let mut done: Option<(Matcher, usize, usize)> = None;
        for left in 0..matchers.len() {
            for right in (left + 1..=matchers.len()).rev() {
                let Some(next) = glued(&matchers[left..right]) else { continue };
                let better = match &done {
                    None => true,
                    Some((best, from, to)) => {
                        let longer = best.len().zip(next.len()).is_some_and(|(best, next)| next > best);
                        longer || to - from < right - left
                    }
                };
                if better {
                    done = Some((next, left, right));
                }
            }
        }
        let Some((matcher, left, right)) = done else { return matchers };
        let before = matchers.len();
        matchers.splice(left..right, [matcher]);
        if matchers.len() == before {
            return matchers;
        }
    }
}

fn glued(matchers: &[Matcher]) -> Option<Matcher> {
    if matchers.len() < 2 {
        return None;
    }
    glued_as_every(matchers).or_else(|| glued_as_row(matchers))
}

fn glued_as_row(matchers: &[Matcher]) -> Option<Matcher> {
    let len = matchers.iter().map(Matcher::len).sum::<Option<usize>>()?;
    Some(Matcher::Row { len, matchers: matchers.to_vec() })
}

/// Returns one matcher for wildcards that refuse the same signs.
fn glued_as_every(matchers: &[Matcher]) -> Option<Matcher> {
    let (mut any, mut all, mut one) = (false, false, false);
    let mut min = 0;
    let mut refused: Option<&[char]> = None;
    for matcher in matchers {
        let refuses: &[char] = match matcher {
            Matcher::Super => {
                all = true;
                &[]
            }
            Matcher::Any => {
                any = true;
                &['/']
            }
            Matcher::Single => {
                one = true;
                min += 1;
                &['/']
            }
            Matcher::List { not: true, chars } => {
                one = true;
                min += 1;
                chars
            }
            _ => return None,
        };
        if *refused.get_or_insert(refuses) != refuses {
            return None;
        }
    }
    let refused = refused.unwrap_or_default();
    if all && !any && !one {
        return Some(Matcher::Super);
    }
    if any && !all && !one {
        return Some(Matcher::Any);
    }
    if (any || all) && min > 0 && refused.is_empty() {
        return Some(Matcher::Min(min));
    }
    let mut every = Vec::new();
    if min > 0 {
        every.push(Matcher::Min(min));
        if !any && !all {
            every.push(Matcher::Max(min));
        }
    }
    if !refused.is_empty() {
        every.push(Matcher::Contains { not: true, needle: refused.iter().collect() });
    }
    Some(Matcher::EveryOf(every))
}

/// Takes out what all patterns begin and end with; `None` where there is nothing of the kind.
fn without_common_parts(patterns: &[Node]) -> Option<Node> {
    let parts: Option<Vec<&Vec<Node>>> = patterns
        .iter()
        .map(|pattern| match pattern {
            Node::Pattern(parts) => Some(parts),
            _ => None,
        })
        .collect();
    let parts = parts?;
    let (left, right) = common_parts(&parts)?;
    let mut result = Vec::new();
    if left > 0 {
        result.push(Node::Pattern(parts[0][..left].to_vec()));
    }
    let mut rests: Vec<Node> = Vec::new();
    for parts in &parts {
        let rest = &parts[left..parts.len() - right];
        let rest = if rest.is_empty() { Node::Nothing } else { Node::Pattern(rest.to_vec()) };
        if !rests.contains(&rest) {
            rests.push(rest);
        }
    }
    match &rests[..] {
        [Node::Nothing] => {}
        [one] => result.push(one.clone()),
        _ => result.push(Node::AnyOf(rests)),
    }
    if right > 0 {
        result.push(Node::Pattern(parts[0][parts[0].len() - right..].to_vec()));
    }
    Some(Node::Pattern(result))
}

/// Returns how many parts all patterns begin with, and how many they end with.
fn common_parts(patterns: &[&Vec<Node>]) -> Option<(usize, usize)> {
    if patterns.len() < 2 {
        return None;
    }
    let shortest = patterns.iter().min_by_key(|parts| parts.len())?;
    let len = shortest.len();
    let (mut left, mut right) = (0, 0);
    let (mut left_ends, mut right_ends) = (false, false);
    for (i, j) in (0..len).zip((0..len).rev()) {
        if left + right >= len || left_ends && right_ends {
            break;
        }
        for parts in patterns {
            left_ends |= parts[i] != shortest[i];
            right_ends |= !left_ends && j <= i;
            right_ends |= parts[parts.len() - (len - j)] != shortest[j];
        }
        left += usize::from(!left_ends);
        right += usize::from(!right_ends);
    }
    (left + right > 0).then_some((left, right))
}
