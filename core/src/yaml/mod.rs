//! YAML as Go has it: reading with a place on every node, Go's two sets of rules for scalars, Go's two emitters.
//!
//! Reading has two steps. [`parse`] gives [`Node`]s that keep the source text of every scalar, unresolved. Then
//! either [`resolve`] makes a [`Value`](crate::value::Value) of them, or [`normalize`] makes a tree that patches, schemas and diffs
//! work on: aliases expanded, merge keys applied, no key twice, every scalar typed, every place kept.

mod scan;

mod events;

mod check;

mod compose;

mod embedded;
mod emit;
mod gosyntax;
mod mapping;
mod node;
mod number;
mod plain_json;
mod resolve;
mod rewrite;
mod scalar;
mod shared;
mod skim;
mod timestamp;

mod unmarshal;

pub use check::{Seen, Visitor, check};
pub use compose::{Document, parse};
pub use embedded::Embedded;
pub use emit::{Dialect, Emit, Emitter, MarshalError, MarshalErrorKind, Nested, Sink, to_json, to_raw_json, to_string};
pub use events::{Event, Events};
pub(crate) use gosyntax::quote;
pub use node::{Node, NodeKind, OriginId, Props, Scalar, ScalarKind, ScalarStyle};
pub use number::go_float32;
pub use resolve::{Rules, normalize, resolve};
pub use rewrite::{RewriteError, rewrite};
pub use scan::{SyntaxError, decode_input};
pub use shared::SharedNode;
pub use skim::{Skimmed, skim};
pub use unmarshal::{Numbers, UnmarshalError, unmarshal, unmarshal_node, value_of};

pub(crate) use emit::{StyledWriter, written_style};
pub(crate) use number::{json_float, key_float, yaml_float};
pub(crate) use scalar::{Resolved, resolve_hinted, resolve_plain};
pub(crate) use timestamp::json_time;

#[cfg(test)]
mod hostile;
#[cfg(test)]
pub(crate) mod testing;
