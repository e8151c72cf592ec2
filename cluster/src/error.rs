//! Why a request has no result.

use std::fmt;

use rhumb::diag::Diagnostic;
use rhumb::plan::Refusal;

/// A request that failed, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestError {
    /// What happened.
    pub kind: RequestErrorKind,
    /// Method and path.
    pub request: String,
    /// Which server was asked.
    pub server: Server,
}

/// A server, as messages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its address.
    pub url: String,
    /// The context of the kubeconfig that leads to it; `None` for the account of a pod.
    pub context: Option<String>,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.url)?;
        match &self.context {
            Some(context) => write!(f, " (context `{context}`)"),
            None => f.write_str(" (the account of this pod)"),
        }
    }
}

/// Whether the server calls an error of its own what is wrong with the object: a field that its type does not have.
pub(crate) fn is_about_the_object(refusal: &Refusal) -> bool {
    refusal.message.starts_with("failed to create typed patch object")
}

/// What happened to a request.
#[derive(Debug, Clone, PartialEq)]
pub enum RequestErrorKind {
    /// The server said no.
    Refused(Refusal),
    /// No connection was made; the text says why.
    NoConnection(String),
    /// The server's certificate, or ours, was not taken; the text says why.
    Tls(String),
    /// The connection ended, or nothing came in time; the text says why.
    NoAnswer(String),
    /// The answer is none of an API server; the text says why.
    Garbled(String),
    /// There are no credentials to ask with.
    Credentials(Box<Diagnostic>),
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RequestError { kind, request, server } = self;
        match kind {
            RequestErrorKind::Refused(refusal) => {
                write!(f, "{server} refuses {request}: {} ({})", refusal.message, refusal.code)
            }
            RequestErrorKind::NoConnection(reason) => write!(f, "cannot connect to {server}: {reason}"),
            RequestErrorKind::Tls(reason) => write!(f, "no safe connection to {server}: {reason}"),
            RequestErrorKind::NoAnswer(reason) => write!(f, "{server} does not answer {request}: {reason}"),
            RequestErrorKind::Garbled(reason) => {
                write!(f, "the answer of {server} to {request} cannot be read: {reason}")
            }
            RequestErrorKind::Credentials(finding) => write!(f, "no credentials for {server}: {}", finding.message),
        }
    }
}

impl std::error::Error for RequestError {}

impl RequestError {
    /// Returns the refusal, where the server said no.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.kind {
            RequestErrorKind::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Returns the error as a finding, with what to do about it.
    pub fn diagnostic(&self) -> Diagnostic {
        let finding = |code, help: &str| Diagnostic::error(code, self.to_string()).help(help);
        match &self.kind {
            RequestErrorKind::Refused(refusal) => match refusal.code {
                401 => finding("cluster-unauthorized", "the credentials are wrong or have expired: log in again"),
                403 => finding(
                    "cluster-forbidden",
                    "the account lacks this right; `kubectl auth can-i --list` shows those it has",
                ),
                500 if is_about_the_object(refusal) => Diagnostic::error("cluster-refused", self.to_string()),
                429 | 500..=599 => finding("cluster-busy", "the server is busy or broken: try again later"),
                _ => Diagnostic::error("cluster-refused", self.to_string()),
            },
            RequestErrorKind::NoConnection(_) => finding(
                "cluster-unreachable",
                "see whether the address is right and the cluster runs, and choose another with `--context`",
            ),
            RequestErrorKind::Tls(_) => finding(
                "cluster-tls",
                "see whether `certificate-authority`, `tls-server-name` and the client certificate in the kubeconfig are those of this cluster",
            ),
            RequestErrorKind::NoAnswer(_) => finding("cluster-no-answer", "try again; the server may be busy or gone"),
            RequestErrorKind::Garbled(_) => {
                finding("cluster-garbled", "see whether the address is that of a Kubernetes API server")
            }
            RequestErrorKind::Credentials(inner) => {
                let mut finding = Diagnostic::error(inner.code, self.to_string());
                finding.help.clone_from(&inner.help);
                finding
            }
        }
    }
}
