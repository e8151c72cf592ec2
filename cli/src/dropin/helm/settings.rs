//! Helm's environment variables and global flags, as far as they count without a cluster.
//!
//! Source: <https://github.com/helm/helm/blob/v4.3.1/pkg/cli/environment.go>.

use std::path::PathBuf;

use rhumb::source::SourceMap;
use rhumb_cluster::kubeconfig;

use super::super::flags::{Flag, Kind, Parsed};
use super::super::go;

/// Flags of every command.
pub(super) const GLOBAL: &[Flag] = &[
    Flag::new("namespace", Kind::Text).short('n'),
    Flag::new("kubeconfig", Kind::Text),
    Flag::new("kube-context", Kind::Text),
    Flag::new("kube-token", Kind::Text),
    Flag::new("kube-as-user", Kind::Text),
    Flag::new("kube-as-group", Kind::Array),
    Flag::new("kube-apiserver", Kind::Text),
    Flag::new("kube-ca-file", Kind::Text),
    Flag::new("kube-tls-server-name", Kind::Text),
    Flag::new("kube-insecure-skip-tls-verify", Kind::Bool),
    Flag::new("debug", Kind::Bool),
    Flag::new("registry-config", Kind::Text),
    Flag::new("repository-config", Kind::Text),
    Flag::new("repository-cache", Kind::Text),
    Flag::new("content-cache", Kind::Text),
    Flag::new("burst-limit", Kind::Int),
    Flag::new("qps", Kind::Float),
    Flag::new("color", Kind::Text),
    Flag::new("colour", Kind::Text),
];

/// Whether debugging was asked for, by flag or by `HELM_DEBUG`.
pub(super) fn debug(flags: &Parsed) -> bool {
    if flags.has("debug") {
        return flags.bool("debug");
    }
    variable("HELM_DEBUG").and_then(|text| go::parse_bool(&text)).unwrap_or(false)
}

/// Returns the namespace: that of the flag or of `HELM_NAMESPACE`, else that of the kubeconfig's context, else
/// `default`.
pub(super) fn namespace(flags: &Parsed) -> String {
    let given = flags.text("namespace").map(str::to_owned).or_else(|| variable("HELM_NAMESPACE"));
    if let Some(namespace) = given.filter(|namespace| !namespace.is_empty()) {
        return namespace;
    }
    let explicit = flags.text("kubeconfig").filter(|path| !path.is_empty());
    let paths = match explicit {
        Some(path) => vec![PathBuf::from(path)],
        None => kubeconfig::paths(std::env::var_os("KUBECONFIG").as_deref(), std::env::home_dir().as_deref()),
    };
    let read = kubeconfig::read(&paths, &mut SourceMap::new());
    let context = flags.text("kube-context").map(str::to_owned).or_else(|| variable("HELM_KUBECONTEXT"));
    let context = context.as_deref().filter(|name| !name.is_empty());
    // A file that cannot be used counts as none, as it does for Helm.
    let found = read.value.context(context).ok().and_then(|context| context.namespace.clone());
    found.filter(|namespace| !namespace.is_empty()).unwrap_or_else(|| "default".to_owned())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
