//! Why a chart wrote what it wrote: from a rendered field, or a failure, back to template lines and values.
mod flows;
mod leaves;
mod reads;
mod record;

pub(super) use flows::declare;
pub use reads::reads;
pub use record::Trace;
pub(super) use record::{Recorder, scopes};
