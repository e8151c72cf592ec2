//! Which server, as whom, in which namespace: found where kubectl finds it.
//!
//! The files of `KUBECONFIG` with their contexts; where none of them names a cluster, the account of the pod that this
//! runs in (<https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/>).

use std::path::{Path, PathBuf};

use rhumb::diag::{Diagnostic, Diagnostics};
use rhumb::source::{SourceMap, Span};

use crate::cache;
use crate::credentials::Source;
use crate::error::Server;
use crate::kubeconfig::{self, Cluster, Impersonation, Kubeconfig, Material, User};
use crate::tls::{Identity, Trust};

/// What is chosen on the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// The context; the current one where there is none.
    pub context: Option<String>,
    /// The namespace; that of the context where there is none.
    pub namespace: Option<String>,
    /// The user to act as.
    pub impersonate: Option<String>,
    /// The groups to act in.
    pub impersonate_groups: Vec<String>,
}

/// All that a connection needs.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The server.
    pub server: Server,
    /// The namespace for objects that have none.
    pub namespace: String,
    /// The folder in which answers are kept that are long and rarely change; with `None` nothing is kept.
    pub cache: Option<PathBuf>,
    pub(crate) trust: Trust,
    pub(crate) tls_name: Option<String>,
    pub(crate) proxy: Option<String>,
    pub(crate) certificate: Option<(Material, Material)>,
    pub(crate) credentials: Source,
    pub(crate) impersonation: Impersonation,
}

/// Why there is no connection: findings with the texts that they point into.
#[derive(Debug, Clone)]
pub struct NoConnection {
    /// What is wrong.
    pub findings: Diagnostics,
    /// The kubeconfig files.
    pub sources: SourceMap,
}

impl From<Diagnostic> for NoConnection {
    fn from(finding: Diagnostic) -> NoConnection {
        let mut findings = Diagnostics::new();
        findings.push(finding);
        NoConnection { findings, sources: SourceMap::new() }
    }
}

impl Connection {
    /// Finds the connection that is chosen in the environment of this process.
    ///
    /// # Errors
    /// When no cluster is named, or what is written of it cannot be used.
    pub fn find(choice: &Choice) -> Result<Connection, NoConnection> {
        let variable = std::env::var_os("KUBECONFIG");
        let paths = kubeconfig::paths(variable.as_deref(), std::env::home_dir().as_deref());
        let mut sources = SourceMap::new();
        let mut findings = Diagnostics::new();
        let config = kubeconfig::read(&paths, &mut sources).into_value(&mut findings);
        if findings.has_errors() {
            return Err(NoConnection { findings, sources });
        }
        let found = match config.current_context.is_none() && choice.context.is_none() {
            true => in_cluster(choice, Path::new(ACCOUNT)).unwrap_or_else(|| Err(nowhere(&paths))),
            false => Connection::of(&config, choice),
        };
        found.map(|found| Connection { cache: cache::folder(), ..found }).map_err(|error| {
            findings.push(error);
            NoConnection { findings, sources }
        })
    }

    /// Returns the connection that a kubeconfig and a choice name.
    ///
    /// # Errors
    /// When the context is not there, or what is written of it cannot be used.
    pub fn of(config: &Kubeconfig, choice: &Choice) -> Result<Connection, Diagnostic> {
        let context = config.context(choice.context.as_deref())?;
        let cluster = config.cluster(context)?;
        let user = config.user(context)?;
        if cluster.server.is_empty() {
            let message = format!("the cluster `{}` has no `server`", cluster.name);
            return Err(Diagnostic::error("kubeconfig-no-server", message).at(cluster.span));
        }
        let nobody = User::nobody(context.span);
        let user = user.unwrap_or(&nobody);
        Ok(Connection {
            server: Server {
                url: cluster.server.trim_end_matches('/').to_owned(),
                context: Some(context.name.clone()),
            },
            namespace: namespace(choice, context.namespace.as_deref()),
            cache: None,
            trust: trust(cluster)?,
            tls_name: cluster.tls_server_name.clone(),
            proxy: cluster.proxy_url.clone(),
            certificate: pair(user)?,
            credentials: Source::of(user, cluster)?,
            impersonation: impersonation(choice, &user.impersonation),
        })
    }
}

fn nowhere(paths: &[PathBuf]) -> Diagnostic {
    let files: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    let (files, be) = match files.len() {
        0 => ("no kubeconfig file".to_owned(), "there is"),
        _ => (files.join(", "), "the kubeconfig is"),
    };
    Diagnostic::error(
        "cluster-none",
        format!("no cluster is named: {be} {files}, no context is current, and this is no pod"),
    )
    .help("name a kubeconfig file with KUBECONFIG, and a context in it with `--context`")
}

fn namespace(choice: &Choice, other: Option<&str>) -> String {
    choice.namespace.as_deref().or(other).unwrap_or("default").to_owned()
}

fn trust(cluster: &Cluster) -> Result<Trust, Diagnostic> {
    match (&cluster.certificate_authority, cluster.insecure_skip_tls_verify) {
        (Some(_), true) => {
            let message = format!(
                "the cluster `{}` has both `insecure-skip-tls-verify` and a `certificate-authority`",
                cluster.name
            );
            Err(Diagnostic::error("kubeconfig-trust", message).at(cluster.span).help("take one of them away"))
        }
        (None, true) => Ok(Trust::Anybody),
        (Some(authority), false) => authority.read().map(Trust::Authority).map_err(|error| error.at(cluster.span)),
        (None, false) => Ok(Trust::Machine),
    }
}

fn pair(user: &User) -> Result<Option<(Material, Material)>, Diagnostic> {
    match (&user.client_certificate, &user.client_key) {
        (Some(certificate), Some(key)) => Ok(Some((certificate.clone(), key.clone()))),
        (None, None) => Ok(None),
        (certificate, _) => {
            let (has, lacks) = match certificate {
                Some(_) => ("client-certificate", "client-key"),
                None => ("client-key", "client-certificate"),
            };
            let message = format!("the user `{}` has a `{has}` and no `{lacks}`", user.name);
            Err(Diagnostic::error("kubeconfig-certificate", message).at(user.span))
        }
    }
}

// The command line goes before the file as a whole, so that nobody acts in groups that were meant for another.
fn impersonation(choice: &Choice, file: &Impersonation) -> Impersonation {
    match (&choice.impersonate, choice.impersonate_groups.is_empty()) {
        (None, true) => file.clone(),
        (user, _) => Impersonation {
            user: user.clone().or_else(|| file.user.clone()),
            groups: choice.impersonate_groups.clone(),
            ..Impersonation::default()
        },
    }
}

const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

// `None` where this is no pod.
fn in_cluster(choice: &Choice, account: &Path) -> Option<Result<Connection, Diagnostic>> {
    let host = std::env::var("KUBERNETES_SERVICE_HOST").ok().filter(|host| !host.is_empty())?;
    let port = std::env::var("KUBERNETES_SERVICE_PORT").ok().filter(|port| !port.is_empty())?;
    let token = account.join("token");
    token.is_file().then(|| in_pod(choice, account, &host, &port))
}

fn in_pod(choice: &Choice, account: &Path, host: &str, port: &str) -> Result<Connection, Diagnostic> {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let own = std::fs::read_to_string(account.join("namespace")).ok().map(|text| text.trim().to_owned());
    Ok(Connection {
        server: Server { url: format!("https://{host}:{port}"), context: None },
        namespace: namespace(choice, own.as_deref().filter(|text| !text.is_empty())),
        cache: None,
        trust: Trust::Authority(Material::File(account.join("ca.crt")).read()?),
        tls_name: None,
        proxy: None,
        certificate: None,
        credentials: Source::File(account.join("token"), None),
        impersonation: impersonation(choice, &Impersonation::default()),
    })
}

impl User {
    fn nobody(span: Span) -> User {
        User {
            name: String::new(),
            client_certificate: None,
            client_key: None,
            token: None,
            token_file: None,
            username: None,
            password: None,
            exec: None,
            auth_provider: None,
            impersonation: Impersonation::default(),
            span,
        }
    }
}

impl Connection {
    /// Returns the certificate that is shown to the server: one that a program gave goes before that of the file.
    pub(crate) fn identity(&self, given: Option<&Identity>) -> Result<Option<Identity>, Diagnostic> {
        if let Some(given) = given {
            return Ok(Some(given.clone()));
        }
        let read = |(certificate, key): &(Material, Material)| {
            Ok(Identity { certificate: certificate.read()?, key: key.read()? })
        };
        self.certificate.as_ref().map(read).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Kubeconfig {
        let outcome = kubeconfig::merge(&[("config".to_owned(), text.to_owned())], &mut SourceMap::new());
        assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
        outcome.value
    }

    const FILE: &str = "current-context: a\ncontexts:\n- name: a\n  context: {cluster: c, user: u, namespace: shop}\n\
        - name: b\n  context: {cluster: c}\n\
        clusters:\n- name: c\n  cluster: {server: 'https://one:6443/', insecure-skip-tls-verify: true}\n\
        users:\n- name: u\n  user: {token: t, as: file, as-groups: [x]}\n";

    #[test]
    fn flags_go_before_the_context() {
        let config = config(FILE);
        let plain = Connection::of(&config, &Choice::default()).expect("a connection");
        assert_eq!((plain.server.url.as_str(), plain.namespace.as_str()), ("https://one:6443", "shop"));
        assert_eq!(plain.impersonation.groups, ["x"]);
        let choice = Choice {
            context: Some("b".to_owned()),
            namespace: Some("n".to_owned()),
            impersonate: Some("bob".to_owned()),
            ..Choice::default()
        };
        let chosen = Connection::of(&config, &choice).expect("a connection");
        assert_eq!((chosen.namespace.as_str(), chosen.impersonation.user.as_deref()), ("n", Some("bob")));
        assert!(matches!(chosen.credentials, Source::Nothing), "the context has no user");
    }

    #[test]
    fn what_contradicts_itself_is_an_error() {
        for (from, to, message) in [
            ("cluster: c, user: u", "cluster: c, user: w", "context `a` names the user `w`, who is not there"),
            (
                "verify: true",
                "verify: true, certificate-authority: x",
                "the cluster `c` has both `insecure-skip-tls-verify` and a `certificate-authority`",
            ),
            ("token: t", "client-key: x", "the user `u` has a `client-key` and no `client-certificate`"),
            (
                "token: t",
                "auth-provider: {name: gcp}",
                "user `u` has the `auth-provider` `gcp`, which is not supported",
            ),
            ("server: 'https://one:6443/', ", "", "the cluster `c` has no `server`"),
        ] {
            let error =
                Connection::of(&config(&FILE.replace(from, to)), &Choice::default()).map(drop).expect_err(message);
            assert_eq!(error.message, message);
        }
    }

    #[test]
    fn a_pod_uses_its_own_account() {
        let folder = std::env::temp_dir().join(format!("rhumb-account-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        for (file, text) in [("token", "t"), ("ca.crt", "c"), ("namespace", "own\n")] {
            std::fs::write(folder.join(file), text).expect("written");
        }
        let found = in_pod(&Choice::default(), &folder, "fd00::1", "443").expect("a connection");
        std::fs::remove_dir_all(&folder).expect("removed");
        assert_eq!((found.server.url.as_str(), found.namespace.as_str()), ("https://[fd00::1]:443", "own"));
    }
}
