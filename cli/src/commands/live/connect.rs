//! The cluster that is meant.

use std::sync::Arc;

use rhumb::schema::KubeVersion;
use rhumb_cluster::client::Client;
use rhumb_cluster::connection::{Choice, Connection};
use rhumb_cluster::error::RequestError;
use rhumb_cluster::live::Cluster;

use crate::args::ClusterArgs;
use crate::output::{Failure, Output};

/// Returns the cluster that is meant; `None` where the kubeconfig is told to be wrong.
///
/// # Errors
/// When it cannot be reached.
pub(super) fn connect(
    args: ClusterArgs,
    namespace: Option<String>,
    output: &mut Output,
) -> Result<Option<Arc<Cluster>>, Failure> {
    let choice = Choice {
        context: args.context,
        namespace,
        impersonate: args.impersonate,
        impersonate_groups: args.impersonate_groups,
    };
    let connection = match Connection::find(&choice) {
        Ok(connection) => connection,
        Err(error) => {
            output.complain(&error.findings, &error.sources);
            return Ok(None);
        }
    };
    let client = Client::new(connection).map_err(|error| Failure(Box::new(error)))?;
    Cluster::open(client).map(|cluster| Some(Arc::new(cluster))).map_err(failure)
}

/// Returns why a request has no result, as this program's failure.
#[expect(clippy::needless_pass_by_value, reason = "the shape of `map_err`")]
pub(super) fn failure(error: RequestError) -> Failure {
    Failure(Box::new(error.diagnostic()))
}

/// Returns the version whose types are used: the server's, or the newest where that is not known here.
pub(super) fn known_version(version: &str, output: &mut Output) -> KubeVersion {
    KubeVersion::parse(version).unwrap_or_else(|_| {
        let latest = KubeVersion::LATEST;
        output.say(&format!("note: the types of Kubernetes {latest} are used, since those of {version} are not known"));
        latest
    })
}
