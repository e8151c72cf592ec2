//! Where bytes come from and what a place in them is called.
//!
//! Nothing here touches a disk. A [`VPath`] is a path inside a package that cannot leave its root, [`Files`] is the
//! one trait through which the engine reads, [`FileTree`] answers it from memory, and a [`SourceMap`] remembers the
//! text of every file that was read so that a [`Span`] of eight bytes can be turned into `file:line:column` later.

mod data;
mod files;
mod limits;
mod map;
mod path;
pub(crate) mod search;
mod span;

pub use data::FileData;
pub use files::{Entry, EntryKind, FileError, FileTree, Files, Walked, WalkedFile, WalkedLink};
pub use limits::Limits;
pub use map::{SourceFile, SourceMap};
pub use path::{VPath, VPathError};
pub use span::{FileId, Span};
