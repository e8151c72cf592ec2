//! Packages: what a folder of files is, and what it says of itself.
//!
//! [`load`] looks at a folder and gives a [`Package`]: native ones are read whole (`rhumb.yaml`, values, schema,
//! templates, overlays, dependencies by path), others are recognised by their [`PackageKind`]. Nothing is rendered here
//! and no value is merged. The one idea: everything is read strictly, everything that is wrong is reported at once, and
//! nothing outside the given [`Files`](crate::source::Files) is ever looked at.

pub mod chart;

mod constraint;
mod fields;
mod load;
mod manifest;
mod model;
mod overlay;
mod transformation;
mod version;

#[cfg(test)]
mod tests;

pub use constraint::{Constraint, ConstraintError};
pub use load::{Loaded, load};
pub use manifest::Manifest;
pub use model::{DataFile, Dependency, Package, PackageKind, Source, TextFile};
pub use overlay::{Overlay, PatchSpec, PatchType, ResourceFile};
pub use transformation::{Transformation, TransformationKind};
pub use version::{VersionError, loose_version, parse_version};
