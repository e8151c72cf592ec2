//! YAML as Go has it: reading with a place on every node, Go's two sets of rules for scalars, Go's two emitters.
//!
//! Reading has two steps. [`parse`] gives [`Node`]s that keep the source text of every scalar, unresolved. Then
//! either [`resolve`] makes a [`Value`](crate::value::Value) of them, or [`normalize`] makes a tree that patches, schemas and diffs
//! work on: aliases expanded, merge keys applied, no key twice, every scalar typed, every place kept.

mod scan;

mod events;

mod check;

mod compose;

mod emit;
mod gosyntax;
mod mapping;
mod node;
mod number;
mod plain_json;
mod resolve;
mod scalar;
mod timestamp;

mod unmarshal;

pub use check::{Seen, Visitor, check};
pub use compose::{Document, parse};
pub use emit::{Dialect, Emit, Emitter, MarshalError, Sink, to_json, to_string};
pub use events::{Event, Events};
pub use node::{Node, NodeKind, OriginId, Props, Scalar, ScalarKind, ScalarStyle};
pub use resolve::{Rules, normalize, resolve};
pub use scan::{SyntaxError, decode_input};
pub use unmarshal::{Numbers, unmarshal};

#[cfg(test)]
mod hostile;
