//! What is asked of the engine.

use std::sync::Arc;

use super::Memo;
use crate::render::{Answers, Host};
use crate::schema::KubeVersion;
use crate::source::{Files, VPath};

/// A text of manifests and what messages call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The name: a path as the user knows it, or `-`.
    pub name: String,
    /// YAML of any number of documents.
    pub text: String,
}

/// Where the objects come from.
#[derive(Clone)]
pub enum Source<'a> {
    /// A package, or a folder of manifests: what it is, its files say.
    Package {
        /// The files, which may hold more than the package.
        files: &'a dyn Files,
        /// The folder of the package among them.
        root: VPath,
    },
    /// A packed chart (`.tgz`).
    Archive {
        /// What messages call it.
        name: &'a str,
        /// Its content.
        bytes: &'a [u8],
    },
    /// Manifests as they are.
    Manifests(Vec<Manifest>),
}

/// Values that a user gave, in one of the ways of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValuesInput {
    /// A values file (`-f`).
    File {
        /// What messages call it.
        name: String,
        /// YAML.
        text: String,
    },
    /// `--set`: `a.b=1,c={x,y}`.
    Set(String),
    /// `--set-string`: as `--set`, every value a text.
    SetString(String),
    /// `--set-json`: `key={"a": 1}`.
    SetJson(String),
    /// `--set-file`: `key=path`; the content comes from [`Request::read_file`].
    SetFile(String),
    /// `--set-literal`: one key, everything after `=` its text.
    SetLiteral(String),
}

/// Gives the content of a file that a user named in `--set-file`, or says why it cannot.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// What a server told of itself, which charts see as `.Capabilities`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerCapabilities {
    /// Its version, such as `v1.33.4-gke.1245000`.
    pub version: String,
    /// Its API versions: `apps/v1` and `apps/v1/Deployment`.
    pub api_versions: Vec<String>,
}

/// One question to the engine.
#[derive(Clone)]
#[non_exhaustive]
pub struct Request<'a> {
    /// Where the objects come from.
    pub source: Source<'a>,
    /// The environment (a folder of `overlays/`).
    pub environment: Option<String>,
    /// What the user gave: files first, in order; the `--set` family is brought into Helm's order.
    pub values: Vec<ValuesInput>,
    /// The release's name; where there is none, the package's, and `release-name` for charts, as Helm has it.
    pub release_name: Option<String>,
    /// Whether the name is that of a release in a cluster, which any source can be.
    pub for_release: bool,
    /// The namespace for objects that name none.
    pub namespace: Option<String>,
    /// The version of Kubernetes that the objects are for.
    pub kube_version: KubeVersion,
    /// API versions that a chart is to find in the cluster, beside those that Helm assumes.
    pub api_versions: Vec<String>,
    /// The server that a chart is rendered for, in the place of what Helm assumes without one.
    pub server: Option<ServerCapabilities>,
    /// Whether a chart is rendered as an upgrade of its release.
    pub is_upgrade: bool,
    /// The number of the revision that a chart is rendered for.
    pub revision: u64,
    /// Whoever tells charts the time and gives them random bytes; without one, such functions are errors.
    pub host: Option<Arc<dyn Host + Send + Sync>>,
    /// What is known of the cluster that charts look things up in, in the place of the host; what they want beside it is
    /// told in [`Built::needs`](super::Built::needs), to be read before asking again.
    pub answers: Option<Answers>,
    /// Further custom resource definitions to validate by.
    pub crds: Vec<Manifest>,
    /// Whether keys that nothing reads, and kinds that no schema describes, are errors.
    pub strict: bool,
    /// Reads files named in `--set-file`; without it such a flag is an error.
    pub read_file: Option<ReadFile<'a>>,
    /// Whether to keep a chart as Helm's records have it.
    pub keep_chart: bool,
    /// Whether to keep the values behind every field and the fields that each patch changed.
    pub trace: bool,
    /// What earlier builds left for this one.
    pub memo: Option<&'a Memo>,
}

impl<'a> Request<'a> {
    /// Returns a request for a package (or a folder of manifests) in its default environment.
    pub fn package(files: &'a dyn Files, root: VPath) -> Request<'a> {
        Request::new(Source::Package { files, root })
    }

    /// Returns a request for a packed chart.
    pub fn archive(name: &'a str, bytes: &'a [u8]) -> Request<'a> {
        Request::new(Source::Archive { name, bytes })
    }

    /// Returns a request for manifests as they are.
    pub fn manifests(manifests: Vec<Manifest>) -> Request<'a> {
        Request::new(Source::Manifests(manifests))
    }

    fn new(source: Source<'a>) -> Request<'a> {
        Request {
            source,
            environment: None,
            values: Vec::new(),
            release_name: None,
            for_release: false,
            namespace: None,
            kube_version: KubeVersion::default(),
            api_versions: Vec::new(),
            server: None,
            is_upgrade: false,
            revision: 1,
            host: None,
            answers: None,
            crds: Vec::new(),
            strict: false,
            read_file: None,
            keep_chart: false,
            trace: false,
            memo: None,
        }
    }
}
