//! Kubeconfig files: which contexts there are, and which one is meant.
//!
//! Several files merge as kubectl merges them: the first file to set something wins, and of two entries with the same
//! name the later one counts for nothing, not even where it says more
//! (<https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files>).
//! What an entry says is read by `entry`; nothing it names (certificates, token files, programs) is touched here.

mod entry;

pub use entry::{Cluster, Exec, Impersonation, Material, Secret, User};

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rhumb::diag::{Diagnostic, Diagnostics, Outcome};
use rhumb::source::{Limits, SourceMap, Span};
use rhumb::yaml::{Node, Rules, normalize, parse};

/// What the files say together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kubeconfig {
    /// The context that is used where none is asked for.
    pub current_context: Option<String>,
    /// The contexts, in the order of the files. Invariant: no two have the same name.
    pub contexts: Vec<Context>,
    /// The clusters, in the order of the files. Invariant: no two have the same name.
    pub clusters: Vec<Cluster>,
    /// The users, in the order of the files. Invariant: no two have the same name.
    pub users: Vec<User>,
}

/// A cluster, a user and a namespace under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// The name of the cluster.
    pub cluster: String,
    /// The name of the user; empty where it has none.
    pub user: String,
    /// The namespace; `None` stands for `default`.
    pub namespace: Option<String>,
    /// Where it is written.
    pub span: Span,
}

impl Kubeconfig {
    /// Returns the context of a name, or the current one.
    ///
    /// # Errors
    /// When there is no such context, or none is current.
    pub fn context(&self, name: Option<&str>) -> Result<&Context, Diagnostic> {
        let Some(name) = name.or(self.current_context.as_deref()) else {
            let error = Diagnostic::error("kubeconfig-no-context", "no context is current");
            return Err(error.help("name one, or set it with `kubectl config use-context`"));
        };
        self.contexts.iter().find(|context| context.name == name).ok_or_else(|| {
            Diagnostic::error("kubeconfig-no-context", format!("there is no context `{name}`"))
                .suggest(name, self.contexts.iter().map(|context| context.name.as_str()))
        })
    }

    /// Returns the cluster of a context.
    ///
    /// # Errors
    /// When the files do not hold it.
    pub fn cluster(&self, context: &Context) -> Result<&Cluster, Diagnostic> {
        self.clusters.iter().find(|cluster| cluster.name == context.cluster).ok_or_else(|| {
            let message =
                format!("context `{}` names the cluster `{}`, which is not there", context.name, context.cluster);
            Diagnostic::error("kubeconfig-no-cluster", message)
                .at(context.span)
                .suggest(&context.cluster, self.clusters.iter().map(|cluster| cluster.name.as_str()))
        })
    }

    /// Returns the user of a context; `None` where it names none.
    ///
    /// # Errors
    /// When the files do not hold it.
    pub fn user(&self, context: &Context) -> Result<Option<&User>, Diagnostic> {
        if context.user.is_empty() {
            return Ok(None);
        }
        self.users.iter().find(|user| user.name == context.user).map(Some).ok_or_else(|| {
            let message = format!("context `{}` names the user `{}`, who is not there", context.name, context.user);
            Diagnostic::error("kubeconfig-no-user", message)
                .at(context.span)
                .suggest(&context.user, self.users.iter().map(|user| user.name.as_str()))
        })
    }
}

/// Returns the files that kubectl would read: those of the variable `KUBECONFIG`, each once, or `.kube/config` in the
/// home folder where the variable is not set or empty.
pub fn paths(variable: Option<&OsStr>, home: Option<&Path>) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = Vec::new();
    match variable.filter(|variable| !variable.is_empty()) {
        Some(variable) => {
            for path in std::env::split_paths(variable) {
                if !path.as_os_str().is_empty() && !paths.contains(&path) {
                    paths.push(path);
                }
            }
        }
        None => paths.extend(home.map(|home| home.join(".kube").join("config"))),
    }
    paths
}

/// Reads files and merges them. Files that are not there are passed over, as kubectl does.
pub fn read(paths: &[PathBuf], sources: &mut SourceMap) -> Outcome<Kubeconfig> {
    let (mut texts, mut findings) = (Vec::new(), Diagnostics::new());
    for path in paths {
        match std::fs::read_to_string(path) {
            Ok(text) => texts.push((path.display().to_string(), text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let message = format!("cannot read `{}`: {error}", path.display());
                findings.push(Diagnostic::error("kubeconfig-unreadable", message));
            }
        }
    }
    let outcome = merge(&texts, sources);
    let value = outcome.into_value(&mut findings);
    Outcome { value, diagnostics: findings }
}

/// Merges files given as name and text, the one that counts most first.
pub fn merge(files: &[(String, String)], sources: &mut SourceMap) -> Outcome<Kubeconfig> {
    let (mut merged, mut findings) = (Kubeconfig::default(), Diagnostics::new());
    for (name, text) in files {
        let file = sources.add(name.as_str(), text.as_str());
        let limits = Limits::default();
        let documents = parse(text, file, &limits).into_value(&mut findings);
        let Some(root) = documents.into_iter().find_map(|document| document.root) else { continue };
        let root = normalize(root, Rules::Kubectl, &limits).into_value(&mut findings);
        if root.as_map().is_none() {
            findings.push(Diagnostic::error("kubeconfig-shape", "a kubeconfig is a map").at(root.span));
            continue;
        }
        add(&root, Path::new(name), &mut merged, &mut findings);
    }
    Outcome { value: merged, diagnostics: findings }
}

fn add(root: &Node, file: &Path, merged: &mut Kubeconfig, findings: &mut Diagnostics) {
    if merged.current_context.is_none() {
        merged.current_context = text(root, "current-context");
    }
    for (name, entry) in entries(root, "contexts", "context", findings) {
        if merged.contexts.iter().all(|context| context.name != name) {
            merged.contexts.push(Context {
                name,
                cluster: text(entry, "cluster").unwrap_or_default(),
                user: text(entry, "user").unwrap_or_default(),
                namespace: text(entry, "namespace"),
                span: entry.span,
            });
        }
    }
    for (name, entry) in entries(root, "clusters", "cluster", findings) {
        if merged.clusters.iter().all(|cluster| cluster.name != name) {
            merged.clusters.push(Cluster::read(name, entry, file, findings));
        }
    }
    for (name, entry) in entries(root, "users", "user", findings) {
        if merged.users.iter().all(|user| user.name != name) {
            merged.users.push(User::read(name, entry, file, findings));
        }
    }
}

// The entries `- {name: …, KIND: {…}}` of a list.
fn entries<'a>(root: &'a Node, list: &str, kind: &str, findings: &mut Diagnostics) -> Vec<(String, &'a Node)> {
    let Some(node) = root.get(list).filter(|node| !node.is_null()) else { return Vec::new() };
    let Some(items) = node.as_seq() else {
        findings.push(Diagnostic::error("kubeconfig-shape", format!("`{list}` is a list")).at(node.span));
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        match (text(item, "name"), item.get(kind)) {
            (Some(name), Some(entry)) => found.push((name, entry)),
            _ => {
                let message = format!("an entry of `{list}` has a `name` and a `{kind}`");
                findings.push(Diagnostic::error("kubeconfig-shape", message).at(item.span));
            }
        }
    }
    found
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "apiVersion: v1\nkind: Config\ncurrent-context: \"\"\n\
        contexts:\n- name: dev\n  context: {cluster: c1, user: u1}\n\
        clusters:\n- name: c1\n  cluster: {server: 'https://one'}\n";
    const TWO: &str = "current-context: prod\n\
        contexts:\n- name: dev\n  context: {cluster: c2, namespace: lost}\n- name: prod\n  context: {cluster: c2, namespace: shop}\n\
        clusters:\n- {name: c1, cluster: {server: 'https://lost'}}\n";

    fn merged(texts: &[&str]) -> Outcome<Kubeconfig> {
        let files: Vec<(String, String)> =
            texts.iter().enumerate().map(|(i, text)| (format!("config{i}"), (*text).to_owned())).collect();
        merge(&files, &mut SourceMap::new())
    }

    #[test]
    fn the_first_file_to_set_something_wins() {
        let Outcome { value: config, diagnostics } = merged(&[ONE, TWO]);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        assert_eq!(config.current_context.as_deref(), Some("prod"), "an empty text sets nothing");
        let dev = config.context(Some("dev")).expect("there");
        assert_eq!(
            (dev.cluster.as_str(), dev.namespace.as_deref()),
            ("c1", None),
            "nothing of the second entry is taken"
        );
        assert_eq!(config.cluster(dev).expect("there").server, "https://one");
    }

    #[test]
    fn a_context_that_is_not_there_is_an_error_with_the_nearest_name() {
        let config = merged(&[ONE, TWO]).value;
        assert_eq!(config.context(Some("prd")).expect_err("not there").help.as_deref(), Some("did you mean `prod`?"));
        let prod = config.context(None).expect("current");
        let error = config.cluster(prod).expect_err("c2 is in no file");
        assert_eq!(error.message, "context `prod` names the cluster `c2`, which is not there");
        assert!(merged(&[ONE]).value.context(None).is_err(), "none is current");
    }

    #[test]
    fn what_has_the_wrong_shape_is_reported_and_the_rest_is_kept() {
        let Outcome { value, diagnostics } =
            merged(&["- a\n", "contexts: {}\n", "contexts:\n- name: x\n", ONE, "a: [\n"]);
        assert_eq!(value.contexts.len(), 1);
        assert_eq!(diagnostics.len(), 4, "{diagnostics:?}");
    }

    #[test]
    fn files_are_looked_for_where_kubectl_looks() {
        let list = std::env::join_paths(["b", "a", "b"]).expect("no colons");
        assert_eq!(paths(Some(&list), Some(Path::new("h"))), [PathBuf::from("b"), PathBuf::from("a")]);
        assert_eq!(paths(Some(OsStr::new("")), Some(Path::new("h"))), [PathBuf::from("h/.kube/config")]);
        assert_eq!(paths(None, None), Vec::<PathBuf>::new());
    }

    #[test]
    fn files_that_are_not_there_are_passed_over() {
        let outcome =
            read(&[PathBuf::from("no/such/file"), PathBuf::from(env!("CARGO_MANIFEST_DIR"))], &mut SourceMap::new());
        assert_eq!(outcome.value, Kubeconfig::default());
        assert_eq!(outcome.diagnostics.len(), 1, "a folder cannot be read");
    }
}
