//! Go's `text/template` language as a library.
//!
//! Templates give the bytes that Go gives, and fail with Go's error texts: actions, pipelines, variables, `define`,
//! `template`, `block`, `range`, `with`, trim markers, number literals, short-circuit `and`/`or`, all built-in
//! functions, `printf` with every verb, comparison, `missingkey`, nil. The language only: functions beyond the built-in
//! ones come from the host.
//!
//! ```
//! use std::sync::Arc;
//! use gotemplate::{Functions, Map, Run, Set, Value};
//!
//! let mut set = Set::new(Arc::new(Functions::new()));
//! set.parse("page", r#"{{ define "item" }}- {{ . }}
//! {{ end }}{{ range .items }}{{ template "item" . }}{{ else }}nothing{{ end }}"#)?;
//! let set = Arc::new(set);
//!
//! let data = Map::new();
//! data.insert("items", vec![Value::from("a"), Value::from(2)]);
//! let text = Run::new(&set).render("page", &Value::from(data))?;
//! assert_eq!(text, b"- a\n- 2\n");
//! # Ok::<(), gotemplate::Error>(())
//! ```
//!
//! # How it works
//! [`Set::parse`] reads the text once: tokens, nodes in one arena, then a flat list of instructions. A [`Run`] executes
//! instructions on stacks of its own; neither nesting nor recursion of templates uses the thread's stack, so a template
//! cannot overflow it. Functions run templates by replying with a [`Render`], which the same machine carries out.
//! [`Limits`] bound steps, depth and output.
//!
//! Values are references where Go's are: see [`Value`]. Strings are bytes, see [`Str`].
//!
//! # What differs from Go
//! - No channels; maps have string keys. A host's types are [`Object`]s, a nil pointer among them ([`NilPointer`]); a nil
//!   `[]byte` is an empty one, and there are no nil functions.
//! - Printing a value that holds itself reaches a limit, where Go crashes.
//! - Functions are bound when a template is compiled, not when it runs.
//! - Unicode tables are those of Go 1.27.

mod compile;
mod error;
pub mod fmt;
mod functions;
mod lex;
mod node;
mod number;
pub mod observe;
mod parse;
mod pipeline;
mod program;
mod quote;
pub mod reads;
mod run;
mod set;
mod tables;
pub mod text;
mod types;
mod value;

pub use error::{CallSite, Cause, Error, ErrorKind, Fault};
pub use functions::Functions;
pub use run::{Limits, Render, Reply, Run, State};
pub use set::{MissingKey, Options, Set, Template};
pub use types::{Function, Signature, Type};
pub use value::{
    FloatKind, Heap, IntKind, List, Map, Methods, NilPointer, Object, Pairs, Shape, Str, UintKind, Value,
    grown_capacity,
};
