//! What the tests of every module read YAML with.

use super::{Node, Rules, normalize, parse};
use crate::source::{Limits, SourceMap};

/// Returns the normalized root of each document of a text, in a file of its own.
pub(crate) fn nodes(text: &str) -> Vec<Node> {
    let file = SourceMap::new().add("test.yaml", text);
    let documents = parse(text, file, &Limits::default()).value;
    let roots = documents.into_iter().filter_map(|document| document.root);
    roots.map(|root| normalize(root, Rules::Kubectl, &Limits::default()).value).collect()
}

/// As [`nodes`], of the first document.
pub(crate) fn node(text: &str) -> Node {
    nodes(text).into_iter().next().expect("a document")
}
