//! Who asks: tokens, files with tokens, passwords, and programs that are asked for either.
//!
//! Facts: <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins>.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use data_encoding::BASE64;
use rhumb::diag::Diagnostic;
use rhumb::render::Timestamp;
use serde_json::{Value, json};

use crate::kubeconfig::{Cluster, Exec, Secret, User};
use crate::tls::Identity;

/// Where the credentials of a connection come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// Nobody says who asks, or a certificate alone does.
    Nothing,
    /// A token.
    Token(Secret),
    /// A file with a token, and a token for while it cannot be read.
    File(PathBuf, Option<Secret>),
    /// A name and a password.
    Basic(String, Secret),
    /// A program, and what it is told of the cluster.
    Program(Box<Exec>, Value),
}

/// What is shown to the server, for a while.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    /// The header `Authorization`.
    pub(crate) authorization: Option<String>,
    /// The certificate that a program gave.
    pub(crate) identity: Option<Identity>,
    /// When they must be asked for anew.
    until: Option<Until>,
}

#[derive(Clone, Copy)]
enum Until {
    Moment(Instant),
    Time(SystemTime),
}

// As client-go has it: tokens in files of pods are replaced by the kubelet long before they end.
const FILE_LIFE: Duration = Duration::from_secs(60);
const MOST_OUTPUT: u64 = 1 << 20;

impl Credentials {
    /// Whether they are still to be used.
    pub(crate) fn are_fresh(&self) -> bool {
        match self.until {
            None => true,
            Some(Until::Moment(moment)) => Instant::now() < moment,
            Some(Until::Time(time)) => SystemTime::now() < time,
        }
    }
}

impl Source {
    /// Returns where the credentials of a user come from.
    ///
    /// # Errors
    /// When they come from something that there is no more.
    pub(crate) fn of(user: &User, cluster: &Cluster) -> Result<Source, Diagnostic> {
        if let Some(file) = &user.token_file {
            return Ok(Source::File(file.clone(), user.token.clone()));
        }
        if let Some(token) = &user.token {
            return Ok(Source::Token(token.clone()));
        }
        if let (Some(name), password) = (&user.username, &user.password) {
            return Ok(Source::Basic(name.clone(), password.clone().unwrap_or_default()));
        }
        if let Some(exec) = &user.exec {
            return Ok(Source::Program(Box::new(exec.clone()), cluster_info(cluster)?));
        }
        match &user.auth_provider {
            Some(name) => Err(Diagnostic::error(
                "kubeconfig-auth-provider",
                format!("user `{}` has the `auth-provider` `{name}`, which is not supported", user.name),
            )
            .at(user.span)
            .help("use the program of your cluster's provider, with `exec`")),
            None => Ok(Source::Nothing),
        }
    }

    /// Whether asking anew may give other credentials.
    pub(crate) fn can_refresh(&self) -> bool {
        matches!(self, Source::File(..) | Source::Program(..))
    }

    /// Returns the credentials as they are now.
    ///
    /// # Errors
    /// When the file cannot be read, or the program fails.
    pub(crate) fn get(&self) -> Result<Credentials, Diagnostic> {
        let bearer =
            |token: &str| Credentials { authorization: Some(format!("Bearer {token}")), ..Credentials::default() };
        match self {
            Source::Nothing => Ok(Credentials::default()),
            Source::Token(token) => Ok(bearer(&token.0)),
            Source::File(path, fallback) => match (std::fs::read_to_string(path), fallback) {
                (Ok(text), _) if !text.trim().is_empty() => {
                    Ok(Credentials { until: Some(Until::Moment(Instant::now() + FILE_LIFE)), ..bearer(text.trim()) })
                }
                (_, Some(token)) => Ok(bearer(&token.0)),
                (read, None) => {
                    let reason = read.err().map_or_else(|| "it is empty".to_owned(), |error| error.to_string());
                    let message = format!("the token file `{}` cannot be read: {reason}", path.display());
                    Err(Diagnostic::error("cluster-token-file", message))
                }
            },
            Source::Basic(name, password) => {
                let pair = BASE64.encode(format!("{name}:{}", password.0).as_bytes());
                Ok(Credentials { authorization: Some(format!("Basic {pair}")), ..Credentials::default() })
            }
            Source::Program(exec, cluster) => ask(exec, cluster),
        }
    }
}

fn cluster_info(cluster: &Cluster) -> Result<Value, Diagnostic> {
    let mut info = json!({ "server": cluster.server });
    if let Some(authority) = &cluster.certificate_authority {
        info["certificate-authority-data"] = BASE64.encode(&authority.read()?).into();
    }
    if cluster.insecure_skip_tls_verify {
        info["insecure-skip-tls-verify"] = true.into();
    }
    for (key, text) in [("tls-server-name", &cluster.tls_server_name), ("proxy-url", &cluster.proxy_url)] {
        if let Some(text) = text {
            info[key] = text.as_str().into();
        }
    }
    Ok(info)
}

const PROTOCOLS: [&str; 2] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

fn ask(exec: &Exec, cluster: &Value) -> Result<Credentials, Diagnostic> {
    let shown = exec.command.display();
    let failed = |message: String| Diagnostic::error("cluster-exec", message);
    if !PROTOCOLS.contains(&exec.api_version.as_str()) {
        let message = format!("the program `{shown}` speaks `{}`, which is not known", exec.api_version);
        return Err(failed(message).help(format!("`apiVersion` is {}", PROTOCOLS.join(" or "))));
    }
    let interactive = match (exec.interactive_mode.as_str(), std::io::stdin().is_terminal()) {
        ("Never", _) | ("IfAvailable", false) => false,
        (_, true) => true,
        _ => return Err(failed(format!("the program `{shown}` must ask somebody, and nobody is there"))),
    };
    let mut spec = json!({ "interactive": interactive });
    if exec.provide_cluster_info {
        spec["cluster"] = cluster.clone();
    }
    let info = json!({ "apiVersion": exec.api_version, "kind": "ExecCredential", "spec": spec });
    let mut command = Command::new(&exec.command);
    command.args(&exec.args).env("KUBERNETES_EXEC_INFO", info.to_string());
    command.envs(exec.env.iter().map(|(name, value)| (name, &value.0)));
    command.stdin(if interactive { Stdio::inherit() } else { Stdio::null() }).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        let finding = failed(format!("the program `{shown}`, which gives the credentials, cannot be started: {error}"));
        match &exec.install_hint {
            Some(hint) => finding.help(hint.as_str()),
            None => finding.help("install it, or name it with its path"),
        }
    })?;
    let mut output = Vec::new();
    let read = child.stdout.take().map(|stdout| stdout.take(MOST_OUTPUT).read_to_end(&mut output));
    let status = child.wait().map_err(|error| failed(format!("the program `{shown}`: {error}")))?;
    if let Some(Err(error)) = read {
        return Err(failed(format!("what the program `{shown}` says cannot be read: {error}")));
    }
    if !status.success() {
        return Err(failed(format!("the program `{shown}`, which gives the credentials, failed: {status}")));
    }
    answer(&output, &exec.api_version)
        .map_err(|reason| failed(format!("the program `{shown}` gives no credentials: {reason}")))
}

fn answer(output: &[u8], protocol: &str) -> Result<Credentials, String> {
    let read: Value = serde_json::from_slice(output).map_err(|error| format!("its answer is no JSON: {error}"))?;
    if read["kind"] != "ExecCredential" || read["apiVersion"] != protocol {
        return Err(format!("its answer is no `ExecCredential` of `{protocol}`"));
    }
    let status = &read["status"];
    let text = |key: &str| status[key].as_str().filter(|text| !text.is_empty());
    let identity = match (text("clientCertificateData"), text("clientKeyData")) {
        (Some(certificate), Some(key)) => Some(Identity { certificate: certificate.into(), key: key.into() }),
        (None, None) => None,
        _ => return Err("a certificate without its key, or a key without its certificate".to_owned()),
    };
    let token = text("token");
    if token.is_none() && identity.is_none() {
        return Err("neither a token nor a certificate".to_owned());
    }
    let until = match text("expirationTimestamp") {
        None => None,
        Some(text) => {
            let time = Timestamp::parse(text).ok_or_else(|| format!("`{text}` is no time"))?;
            let seconds = u64::try_from(time.seconds).unwrap_or_default();
            SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).map(Until::Time)
        }
    };
    Ok(Credentials { authorization: token.map(|token| format!("Bearer {token}")), identity, until })
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = PROTOCOLS[0];

    fn of(status: &str) -> Result<Credentials, String> {
        answer(format!(r#"{{"apiVersion":"{V1}","kind":"ExecCredential","status":{status}}}"#).as_bytes(), V1)
    }

    #[test]
    fn answers_of_programs_are_read() {
        let token = of(r#"{"token":"t","expirationTimestamp":"2020-01-01T00:00:00Z"}"#).expect("a token");
        assert_eq!(token.authorization.as_deref(), Some("Bearer t"));
        assert!(!token.are_fresh(), "its time is over");
        assert!(of(r#"{"clientCertificateData":"c","clientKeyData":"k"}"#).expect("a certificate").identity.is_some());
        for wrong in ["{}", r#"{"clientKeyData":"k"}"#, r#"{"token":"t","expirationTimestamp":"soon"}"#] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
        assert!(answer(b"{}", V1).is_err() && answer(b"x", V1).is_err());
    }

    #[test]
    fn a_program_is_told_what_it_is_asked_for() {
        let script = format!(
            r#"test "$A" = b && echo "$KUBERNETES_EXEC_INFO" | grep -q '"server":"https://one"' &&
            echo '{{"apiVersion":"{V1}","kind":"ExecCredential","status":{{"token":"secret"}}}}'"#
        );
        let exec = Exec {
            command: "sh".into(),
            args: vec!["-c".to_owned(), script],
            env: vec![("A".to_owned(), Secret("b".to_owned()))],
            api_version: V1.to_owned(),
            provide_cluster_info: true,
            interactive_mode: "Never".to_owned(),
            ..Exec::default()
        };
        let source = Source::Program(Box::new(exec.clone()), json!({ "server": "https://one" }));
        assert_eq!(source.get().expect("credentials").authorization.as_deref(), Some("Bearer secret"));
        let failing = Exec { args: vec!["-c".to_owned(), "exit 3".to_owned()], ..exec.clone() };
        let error = ask(&failing, &Value::Null).map(drop).expect_err("it fails");
        assert!(error.message.contains("exit status: 3"), "{error:?}");
        let absent = Exec { command: "no-such-program".into(), install_hint: Some("get it".into()), ..exec };
        assert_eq!(ask(&absent, &Value::Null).map(drop).expect_err("absent").help.as_deref(), Some("get it"));
    }

    #[test]
    fn a_token_in_a_file_goes_before_one_beside_it() {
        let token = Some(Secret("old".to_owned()));
        let absent = Source::File("no/such/file".into(), token).get().expect("the other one");
        assert_eq!(absent.authorization.as_deref(), Some("Bearer old"));
        assert!(Source::File("no/such/file".into(), None).get().is_err());
    }
}
