//! What a user gives to set values: files in their order, then flags in Helm's order of kinds.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/cli/values/options.go>.

use super::data::NOWHERE;
use crate::package::chart::{ChartError, Place, read_values, read_values_nodes};
use crate::source::{FileId, Limits, SourceMap, Span};
use crate::value::{Map, Nulls, Value, merge};
use crate::values::flag::{self, Assigned, ReadFile};
use crate::values::layer::{Layer, LayerKind, SetFlag};
use crate::values::tree::{Part, Tree, overlay};
use crate::yaml::{Node, NodeKind, ScalarKind};

/// One thing that a user gave to set values.
#[derive(Debug, Clone, PartialEq)]
pub enum UserInput {
    /// A values file: its name as typed (`-` for standard input), and its content.
    File {
        /// The name as typed.
        name: String,
        /// The content.
        content: Vec<u8>,
    },
    /// The values of an environment: what messages call it, and a normalized map. They count as a file.
    Environment {
        /// The name.
        name: String,
        /// The values.
        values: Node,
    },
    /// A `--set` flag or one of its kin, and its text.
    Flag(SetFlag, String),
}

/// Merges what the user gave: files in their order, then flags by kind in Helm's order, each kind in its own order.
/// The result is a map.
///
/// # Errors
/// In Helm's words.
pub fn user_values(inputs: &[UserInput], read: &ReadFile<'_>, limits: &Limits) -> Result<Value, ChartError> {
    let mut base: Value = Map::new().into();
    for input in inputs {
        let values = match input {
            UserInput::File { name, content } => read_values(name, content, limits)
                .map_err(|error| error.context(format_args!("failed to parse {name}")))?,
            UserInput::Environment { values, .. } => with_floats(values).to_value(),
            UserInput::Flag(..) => continue,
        };
        base = merge(&base, &values, Nulls::Keep);
    }
    let flags = flags(inputs);
    if flags.is_empty() {
        return Ok(base);
    }
    let mut tree = Tree::from_value(&base, NOWHERE);
    apply_flags(&flags, &mut tree, read, &mut |_, _| (FileId::NONE, usize::MAX), &mut |_, _| {})?;
    Ok(tree.to_value())
}

/// Returns the flags in the order in which Helm applies them.
fn flags(inputs: &[UserInput]) -> Vec<(SetFlag, &str)> {
    let mut flags: Vec<(SetFlag, &str)> = inputs
        .iter()
        .filter_map(|input| match input {
            UserInput::Flag(flag, text) => Some((*flag, text.as_str())),
            UserInput::File { .. } | UserInput::Environment { .. } => None,
        })
        .collect();
    flags.sort_by_key(|(flag, _)| *flag);
    flags
}

/// Applies flags to what the files gave. `place` gives the file and the layer of a flag, `done` gets what it assigned.
fn apply_flags(
    flags: &[(SetFlag, &str)],
    base: &mut Tree,
    read: &ReadFile<'_>,
    place: &mut dyn FnMut(SetFlag, &str) -> (FileId, usize),
    done: &mut dyn FnMut(usize, Vec<Assigned>),
) -> Result<(), ChartError> {
    for (flag, text) in flags {
        let (file, layer) = place(*flag, text);
        let at = |at: usize| Place { file: flag.name().into(), text: (*text).into(), at };
        let assigned = flag::apply(*flag, text, file, layer, read, base).map_err(|error| {
            let failed = ChartError::new(error.in_helms_words(*flag, text)).at(at(error.at));
            // Helm keeps to itself what is wrong with the JSON.
            if *flag == SetFlag::Json { failed.help(error.message) } else { failed }
        })?;
        // Go's JSON knows only floats; these flags come before all that make integers.
        if *flag == SetFlag::Json {
            floats(base);
        }
        done(layer, assigned);
    }
    Ok(())
}

/// Makes all integers floats. The depth is bounded by the parsers that made the tree.
fn floats(tree: &mut Tree) {
    match &mut tree.part {
        Part::Leaf(leaf) => match *leaf {
            Value::Int(i) => *leaf = Value::Float(i as f64),
            Value::UInt(u) => *leaf = Value::Float(u as f64),
            _ => {}
        },
        Part::Seq(items) => items.iter_mut().for_each(floats),
        Part::Map(entries) => entries.values_mut().for_each(floats),
    }
}

/// A layer, and what a flag assigned.
pub(super) type Traced = (Layer, Vec<Assigned>);

/// Does what [`user_values`] does and remembers for each value which input set it, and where.
pub(super) fn traced_values(
    inputs: &[UserInput],
    read: &ReadFile<'_>,
    sources: &mut SourceMap,
    limits: &Limits,
) -> Result<(Tree, Vec<Traced>), ChartError> {
    let mut layers: Vec<Traced> = Vec::new();
    let mut base = Tree::map(NOWHERE);
    for input in inputs {
        let (kind, name, node) = match input {
            UserInput::File { name, content } => {
                let node = file_node(name, content, sources, limits)
                    .map_err(|error| error.context(format_args!("failed to parse {name}")))?;
                (LayerKind::File, name, node)
            }
            UserInput::Environment { name, values } => (LayerKind::Environment, name, with_floats(values)),
            UserInput::Flag(..) => continue,
        };
        overlay(&mut base, Tree::from_node(&node, layers.len()));
        layers.push((Layer::new(kind, name.as_str(), node), Vec::new()));
    }
    let first = layers.len();
    let mut made = Vec::new();
    let mut assigned = Vec::new();
    apply_flags(
        &flags(inputs),
        &mut base,
        read,
        &mut |flag, text| {
            let layer = Layer::flag(flag, text, sources);
            let file = layer.source();
            made.push(layer);
            (file, first + made.len() - 1)
        },
        &mut |_, values| assigned.push(values),
    )?;
    layers.extend(made.into_iter().zip(assigned));
    Ok((base, layers))
}

/// Returns the content of a values file as one tree with places, its numbers floats as Helm has them.
pub(super) fn file_node(
    name: &str,
    content: &[u8],
    sources: &mut SourceMap,
    limits: &Limits,
) -> Result<Node, ChartError> {
    let file = sources.add(name, String::from_utf8_lossy(content));
    let mut merged = Node::map(Span::new(file, 0));
    for mut node in read_values_nodes(name, content, file, limits)? {
        float_node(&mut node);
        crate::values::layer::merge(&mut merged, node);
    }
    Ok(merged)
}

fn with_floats(values: &Node) -> Node {
    let mut node = values.clone();
    float_node(&mut node);
    node
}

// The depth is bounded by the parser.
fn float_node(node: &mut Node) {
    match &mut node.kind {
        NodeKind::Scalar(scalar) if scalar.kind == ScalarKind::Int => scalar.kind = ScalarKind::Float,
        NodeKind::Seq(items) => items.iter_mut().for_each(float_node),
        NodeKind::Map(entries) => entries.iter_mut().for_each(|(_, value)| float_node(value)),
        _ => {}
    }
}
