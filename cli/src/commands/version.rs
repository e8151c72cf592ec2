//! `rhumb version`: its own, and those of Kubernetes that it knows.

use rhumb::schema::KubeVersion;

use crate::output::{Exit, Failure, Output};

pub(super) fn run(output: &mut Output) -> Result<Exit, Failure> {
    let [first, .., last] = KubeVersion::SUPPORTED;
    output.result(&format!("rhumb {} (Kubernetes {first} to {last})\n", env!("CARGO_PKG_VERSION")));
    Ok(Exit::Fine)
}
