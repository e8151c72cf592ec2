//! Helm charts: a folder or a packed archive, read as Helm reads it.
//!
//! [`load_folder`] and [`load_archive`] give a [`Chart`] with its dependencies, or a [`ChartError`] in Helm's words.
//! Nothing is rendered and no value is merged here. The one idea: what a chart holds is shared and never changes
//! ([`Contents`]); what the processing of dependencies changes (the name under which a chart goes, its values, which
//! dependencies are left) are few cheap fields of [`Chart`], so that an alias costs no copy.
//!
//! Facts: <https://github.com/helm/helm/tree/main/pkg/chart>.

mod archive;
mod assemble;
mod decode;
mod error;
mod file;
mod glob;
mod ignore;
mod load;
mod log;
mod metadata;
mod model;
mod sniff;
mod stored;
mod tar;
mod validate;
mod values_file;

#[cfg(test)]
mod tests;

pub use error::{ChartError, Place};
pub use glob::{BadPattern, Glob};
pub use load::{load_archive, load_folder};
pub use log::{LogLevel, LogLine};
pub use metadata::{ChartDependency, Lock, Maintainer, Metadata};
pub use model::{Chart, ChartFile, Contents, Crd};
pub use stored::stored;
pub use values_file::{read_values, read_values_nodes};
