//! Why a chart wrote what it wrote: from a rendered field, or a failure, back to template lines and values.
//!
//! A traced run of a chart's templates ([`ChartTemplates::trace`](super::ChartTemplates::trace)) leaves a [`Trace`]: for
//! every piece of each rendered file the action or text that wrote it, the calls that led there, and the values that it
//! came from. `flows` says how each function's result comes from its arguments, `leaves` does so for YAML and JSON.
//! [`Places`] turns pieces into lines that people wrote: for the nodes of documents ([`Places::attribute`]) and for
//! documents that are no YAML ([`Places::bad_yaml`]). [`reads`] needs no run: it finds what any branch can read.
//!
//! A plain run pays for none of it.

mod attribute;
mod causes;
mod extent;
mod flows;
mod leaves;
mod places;
mod reads;
mod record;

pub use attribute::Document;
pub use causes::BadYaml;
pub use places::{Places, TemplateFiles};
pub use reads::reads;
pub use record::{Failure, Trace};

pub(super) use flows::declare;
pub(super) use record::{Recorder, scopes};
