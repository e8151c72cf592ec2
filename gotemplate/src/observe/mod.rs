//! Watching a run: what it reads, what it writes, and what of the one stands behind the other.
//!
//! An [`Observer`] is told of every field and element that is read, of every template that is called, and for each
//! range of the output where it came from: which piece of which template wrote it, through which calls, and from which
//! values. The last survives functions, as far as they declare how with a [`Flow`]; what an undeclared function gives
//! comes, as a whole, from all that it was given.
//!
//! ```
//! use std::ops::Range;
//! use std::sync::Arc;
//! use gotemplate::observe::{Observer, Origin};
//! use gotemplate::{Functions, Map, Run, Set, Value};
//!
//! #[derive(Default)]
//! struct Lines(Vec<String>);
//!
//! impl Observer for Lines {
//!     fn write(&mut self, range: Range<usize>, origin: Origin<'_>) {
//!         let place = origin.place().map(|place| place.to_string()).unwrap_or_default();
//!         let reads: Vec<String> = origin.reads().map(|path| path.to_string()).collect();
//!         self.0.push(format!("{range:?} {place} {}", reads.join(" ")));
//!     }
//! }
//!
//! let mut set = Set::new(Arc::new(Functions::new()));
//! set.parse("page", "tag:\n  {{ .image.tag }}")?;
//! let data = Map::from_iter([("image", Map::from_iter([("tag", "v1")]))]);
//! let mut lines = Lines::default();
//! Run::new(&Arc::new(set)).observer(&mut lines).render("page", &Value::from(data))?;
//! assert_eq!(lines.0, ["0..7 page:1:0 ", "7..9 page:2:2 .image.tag"]);
//! # Ok::<(), gotemplate::Error>(())
//! ```

mod flow;
mod mapping;
mod view;

use std::ops::Range;

pub use flow::Flow;
pub use mapping::Mapping;
pub use view::{Call, Failure, Input, Origin, Path, Place, Read, Step};

/// Somebody who watches a run. Every method does nothing unless it is written.
pub trait Observer {
    /// A template begins, called by an action `template` or by a function. Not told of the first one.
    fn enter(&mut self, _call: Call<'_>) {}

    /// The template that began last has ended, in an error perhaps.
    fn leave(&mut self) {}

    /// A field or an element was read, or looked for in vain.
    fn read(&mut self, _read: Read<'_>) {}

    /// A range of the run's output has been written. Ranges come in their order and leave nothing out. Output of
    /// templates that run for a function is told when what the function made of it is written.
    fn write(&mut self, _range: Range<usize>, _origin: Origin<'_>) {}

    /// An error has come about. Functions that ran templates may add to it, or get over it, later.
    fn fail(&mut self, _failure: Failure<'_>) {}
}
