//! A connection to a cluster, made as kubectl makes it.
//!
//! kube reads the same files and environment as client-go: KUBECONFIG with several files, contexts, in-cluster
//! accounts, exec plugins, certificates, tokens, proxies, impersonation. TLS is rustls with Graviola, which needs no
//! C compiler.

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use rhumb::diag::Diagnostic;

/// What is chosen on the command line.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The context; the current one where there is none.
    pub context: Option<String>,
    /// The namespace; that of the context where there is none.
    pub namespace: Option<String>,
    /// The user to act as.
    pub impersonate: Option<String>,
    /// The groups to act in.
    pub impersonate_groups: Vec<String>,
    /// Seconds to wait for an answer.
    pub timeout_seconds: Option<u64>,
}

/// Returns a client and the namespace that objects without one go to.
///
/// # Errors
/// When no cluster is named, or its files or the TLS of this machine cannot be used.
pub async fn connect(choice: &Choice) -> Result<(Client, String), Diagnostic> {
    install_tls()?;
    let mut config = config(choice).await?;
    if let Some(user) = &choice.impersonate {
        config.auth_info.impersonate = Some(user.clone());
    }
    if !choice.impersonate_groups.is_empty() {
        config.auth_info.impersonate_groups = Some(choice.impersonate_groups.clone());
    }
    // Our own rules say what is asked again.
    config.default_retry = false;
    let timeout = std::time::Duration::from_secs(choice.timeout_seconds.unwrap_or(60));
    config.connect_timeout = Some(timeout.min(std::time::Duration::from_secs(30)));
    config.read_timeout = Some(timeout);
    config.reset_reader_on_write = true;
    let namespace = choice.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
    let client = Client::try_from(config)
        .map_err(|error| Diagnostic::error("cluster-connect", format!("no connection can be made: {error}")))?;
    Ok((client, namespace))
}

async fn config(choice: &Choice) -> Result<Config, Diagnostic> {
    let options = KubeConfigOptions { context: choice.context.clone(), ..KubeConfigOptions::default() };
    let told = |reason: String| {
        Diagnostic::error("cluster-config", reason)
            .help("name a kubeconfig file with KUBECONFIG, and a context in it with `--context`")
    };
    match Kubeconfig::read() {
        Ok(file) if file.current_context.is_some() || choice.context.is_some() => {
            Config::from_custom_kubeconfig(file, &options).await.map_err(|error| told(error.to_string()))
        }
        read => Config::incluster().map_err(|inside| {
            let outside = read.err().map_or_else(|| "no context is current".to_owned(), |error| error.to_string());
            told(format!("no cluster is named: {outside}; and this is no pod: {inside}"))
        }),
    }
}

// A second call finds the provider there, which is as good.
fn install_tls() -> Result<(), Diagnostic> {
    if !crate::cpu::can_run_tls() {
        return Err(Diagnostic::error("cluster-tls", "this processor lacks the instructions that TLS is built on (AES, AVX2, ADX)"));
    }
    let _ = rustls_graviola::default_provider().install_default();
    Ok(())
}
