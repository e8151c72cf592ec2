//! The ready-made packages, carried in the binary so that `rhumb new` needs nothing else.

/// A file of a ready-made package: its path in the package and its content.
pub(crate) type File = (&'static str, &'static str);

/// The names of the packages.
pub(crate) const NAMES: [&str; 3] = ["ml-model", "web-service", "batch-job"];

/// Returns the files of a package.
pub(crate) fn files(package: &str) -> Option<&'static [File]> {
    match package {
        "ml-model" => Some(ML_MODEL),
        "web-service" => Some(WEB_SERVICE),
        "batch-job" => Some(BATCH_JOB),
        _ => None,
    }
}
