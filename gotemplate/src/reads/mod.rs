//! What templates can read, known before they run.
//!
//! [`Set::reads`] follows the data of a run through all branches of a template and of those that it
//! calls: through fields, variables, `with`, `range`, `template`, and through functions as their [`Flow`](crate::observe::Flow) says. The answer
//! errs on one side only: it may name more than a run ever reads, never less. What cannot be followed is read as a
//! whole: an unknown function reads all that it is given, a computed key may be any, and a function that evaluates a
//! text ([`Flow::Evaluate`](crate::observe::Flow::Evaluate)) reads all of its data, unless the host knows that the text holds no action.
//!
//! ```
//! use std::sync::Arc;
//! use gotemplate::{Functions, Set};
//!
//! let mut set = Set::new(Arc::new(Functions::new()));
//! set.parse("page", r#"{{ define "item" }}{{ .name }}{{ end -}}
//! {{ if .image.enabled }}{{ .image.tag }}{{ end }}{{ range .items }}{{ template "item" . }}{{ end }}"#)?;
//! let reads = set.reads(["page"], |_| true);
//! let paths: Vec<String> = reads.paths().map(|path| path.to_string()).collect();
//! assert_eq!(paths, [".image.enabled?", ".image.tag", ".items?", ".items[*]?", ".items[*].name"]);
//! # Ok::<(), gotemplate::Error>(())
//! ```
//!
//! The question mark: only whether there is something, and of what kind, is read there.
//!
//! # How it works
//! Values are sets: of paths that they may be at, of containers that templates make (one for each place that makes
//! some), of constant texts. Calls are followed once for each template and set of data. Everything only ever grows, so
//! going through all templates again and again comes to an end.

mod functions;
mod store;
mod value;
mod walk;

use std::fmt;

pub use store::ReadStep;

use crate::set::Set;
use store::{PathId, Store};
use walk::Walk;

/// What the templates of a set can read of their data. See the [module](self).
#[derive(Clone, Debug)]
pub struct Reads {
    store: Store,
}

impl Reads {
    pub(crate) fn of<'a>(
        set: &Set,
        entries: impl IntoIterator<Item = &'a str>,
        may_hold_actions: impl FnMut(&[&ReadStep]) -> bool,
    ) -> Reads {
        let mut walk = Walk::new(set);
        for entry in entries {
            walk.start(entry);
        }
        Reads { store: walk.finish(may_hold_actions) }
    }

    /// Reports whether the data is read as a whole, so that nothing is known.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.store.path(PathId::ROOT).whole
    }

    /// Returns the paths that are read, in their order. What lies below one that is read as a whole is left out.
    pub fn paths(&self) -> impl Iterator<Item = ReadPath<'_>> {
        let mut work = vec![PathId::ROOT];
        std::iter::from_fn(move || {
            loop {
                let id = work.pop()?;
                let data = self.store.path(id);
                if !data.whole {
                    work.extend(data.children.values().rev());
                }
                if data.whole || data.tested {
                    return Some(ReadPath { store: &self.store, id });
                }
            }
        })
    }
}

/// A path that is read. The text form is `.a.b[*]`, with a question mark where only the kind of value is looked at.
#[derive(Clone, Copy)]
pub struct ReadPath<'a> {
    store: &'a Store,
    id: PathId,
}

impl<'a> ReadPath<'a> {
    /// Returns the steps.
    #[must_use]
    pub fn steps(self) -> Vec<&'a ReadStep> {
        self.store.steps(self.id)
    }

    /// Reports whether everything at and below the path is read. Otherwise it matters only whether there is a value, of
    /// what type and whether it is empty.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.store.path(self.id).whole
    }
}

impl fmt::Display for ReadPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.steps();
        if steps.is_empty() {
            f.write_str(".")?;
        }
        steps.into_iter().try_for_each(|step| step.fmt(f))?;
        f.write_str(if self.is_whole() { "" } else { "?" })
    }
}

impl fmt::Debug for ReadPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
