//! One cluster and one user of a kubeconfig file.
//!
//! Facts: <https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/>. Paths count from the folder of the file that
//! names them; a field with `-data` at its end goes before the one that names a file.

use std::fmt;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use rhumb::diag::{Diagnostic, Diagnostics};
use rhumb::source::Span;
use rhumb::yaml::Node;

/// Where a cluster is, and how its server proves itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// The address of its API server; empty where the file has none.
    pub server: String,
    /// Whoever signs the server's certificate, as PEM; where there is none, those that this machine trusts.
    pub certificate_authority: Option<Material>,
    /// Whether the server's certificate is taken as it comes.
    pub insecure_skip_tls_verify: bool,
    /// The name that the certificate is for, where that is not the host of the address.
    pub tls_server_name: Option<String>,
    /// The proxy on the way to the server; where there is none, that of the environment.
    pub proxy_url: Option<String>,
    /// Where it is written.
    pub span: Span,
}

/// Who somebody is to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name of the entry.
    pub name: String,
    /// The certificate that the user shows, as PEM.
    pub client_certificate: Option<Material>,
    /// The key of that certificate, as PEM.
    pub client_key: Option<Material>,
    /// A bearer token.
    pub token: Option<Secret>,
    /// A file with a bearer token, read again from time to time; goes before the token.
    pub token_file: Option<PathBuf>,
    /// The name for basic authentication.
    pub username: Option<String>,
    /// The password for basic authentication.
    pub password: Option<Secret>,
    /// The program that is asked for credentials.
    pub exec: Option<Exec>,
    /// The name of a provider that client-go had built in.
    pub auth_provider: Option<String>,
    /// As whom the user acts.
    pub impersonation: Impersonation,
    /// Where it is written.
    pub span: Span,
}

/// As whom requests are made, beside who makes them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Impersonation {
    /// The name.
    pub user: Option<String>,
    /// The uid.
    pub uid: Option<String>,
    /// The groups.
    pub groups: Vec<String>,
    /// Whatever else is said of the user: each key with its values.
    pub extra: Vec<(String, Vec<String>)>,
}

/// A program that is asked for credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exec {
    /// The program: a name that is looked for on the path, or a path.
    pub command: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// What is set in its environment.
    pub env: Vec<(String, Secret)>,
    /// The version of the protocol, such as `client.authentication.k8s.io/v1`.
    pub api_version: String,
    /// What to do when the program is not there.
    pub install_hint: Option<String>,
    /// Whether it is told which cluster it is for.
    pub provide_cluster_info: bool,
    /// Whether it may ask the user: `Never`, `IfAvailable` or `Always`.
    pub interactive_mode: String,
}

/// A text that debugging does not show.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Certificates or a key: in the file itself, or in one that it names.
#[derive(Clone, PartialEq, Eq)]
pub enum Material {
    /// The bytes.
    Data(Vec<u8>),
    /// The file.
    File(PathBuf),
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Material::Data(bytes) => write!(f, "{} bytes", bytes.len()),
            Material::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Material {
    /// Returns the bytes.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self) -> Result<Vec<u8>, Diagnostic> {
        match self {
            Material::Data(bytes) => Ok(bytes.clone()),
            Material::File(path) => std::fs::read(path).map_err(|error| {
                Diagnostic::error("kubeconfig-unreadable", format!("cannot read `{}`: {error}", path.display()))
            }),
        }
    }
}

impl Cluster {
    pub(super) fn read(name: String, entry: &Node, file: &Path, findings: &mut Diagnostics) -> Cluster {
        let mut reader = Reader { entry, file, findings };
        Cluster {
            name,
            server: reader.text("server").unwrap_or_default(),
            certificate_authority: reader.material("certificate-authority"),
            insecure_skip_tls_verify: reader.flag("insecure-skip-tls-verify"),
            tls_server_name: reader.text("tls-server-name"),
            proxy_url: reader.text("proxy-url"),
            span: entry.span,
        }
    }
}

impl User {
    pub(super) fn read(name: String, entry: &Node, file: &Path, findings: &mut Diagnostics) -> User {
        let mut reader = Reader { entry, file, findings };
        User {
            name,
            client_certificate: reader.material("client-certificate"),
            client_key: reader.material("client-key"),
            token: reader.text("token").map(Secret),
            token_file: reader.path("tokenFile"),
            username: reader.text("username"),
            password: reader.text("password").map(Secret),
            exec: reader.exec(),
            auth_provider: reader.below("auth-provider").map(|mut provider| provider.text("name").unwrap_or_default()),
            impersonation: Impersonation {
                user: reader.text("as"),
                uid: reader.text("as-uid"),
                groups: reader.texts("as-groups"),
                extra: reader.extra("as-user-extra"),
            },
            span: entry.span,
        }
    }
}

struct Reader<'a, 'f> {
    entry: &'a Node,
    file: &'a Path,
    findings: &'f mut Diagnostics,
}

impl<'a> Reader<'a, '_> {
    fn wrong(&mut self, message: String, node: &Node) {
        self.findings.push(Diagnostic::error("kubeconfig-shape", message).at(node.span));
    }

    fn field(&self, key: &str) -> Option<&'a Node> {
        self.entry.get(key).filter(|node| !node.is_null())
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let node = self.field(key)?;
        match node.as_str() {
            Some(text) => Some(text.to_owned()).filter(|text| !text.is_empty()),
            None => {
                self.wrong(format!("`{key}` is a text"), node);
                None
            }
        }
    }

    fn flag(&mut self, key: &str) -> bool {
        let Some(node) = self.field(key) else { return false };
        node.to_value().as_bool().unwrap_or_else(|| {
            self.wrong(format!("`{key}` is true or false"), node);
            false
        })
    }

    fn texts(&mut self, key: &str) -> Vec<String> {
        let Some(node) = self.field(key) else { return Vec::new() };
        let texts = node.as_seq().and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
        texts.unwrap_or_else(|| {
            self.wrong(format!("`{key}` is a list of texts"), node);
            Vec::new()
        })
    }

    fn extra(&mut self, key: &str) -> Vec<(String, Vec<String>)> {
        let Some(node) = self.field(key) else { return Vec::new() };
        let Some(entries) = node.as_map() else {
            self.wrong(format!("`{key}` is a map"), node);
            return Vec::new();
        };
        let names = entries.iter().filter_map(|(name, _)| name.as_str().map(str::to_owned));
        let mut below = Reader { entry: node, file: self.file, findings: self.findings };
        names.map(|name| (name.clone(), below.texts(&name))).collect()
    }

    fn below(&mut self, key: &str) -> Option<Reader<'a, '_>> {
        let entry = self.field(key)?;
        Some(Reader { entry, file: self.file, findings: self.findings })
    }

    fn path(&mut self, key: &str) -> Option<PathBuf> {
        let file = self.file;
        self.text(key).map(|path| beside(file, &path))
    }

    fn material(&mut self, key: &str) -> Option<Material> {
        let data = format!("{key}-data");
        if let Some(text) = self.text(&data) {
            let compact: String = text.split_whitespace().collect();
            return match BASE64.decode(compact.as_bytes()) {
                Ok(bytes) => Some(Material::Data(bytes)),
                Err(error) => {
                    self.wrong(format!("`{data}` is no base64: {error}"), self.entry);
                    None
                }
            };
        }
        self.path(key).map(Material::File)
    }

    fn exec(&mut self) -> Option<Exec> {
        let file = self.file;
        let mut reader = self.below("exec")?;
        let Some(command) = reader.text("command") else {
            reader.wrong("`exec` has a `command`".to_owned(), reader.entry);
            return None;
        };
        // A name alone is looked for on the path; anything with a folder in it counts from the file.
        let has_folder = Path::new(&command).components().count() > 1;
        Some(Exec {
            command: if has_folder { beside(file, &command) } else { command.into() },
            args: reader.texts("args"),
            env: reader.variables(),
            api_version: reader.text("apiVersion").unwrap_or_default(),
            install_hint: reader.text("installHint"),
            provide_cluster_info: reader.flag("provideClusterInfo"),
            interactive_mode: reader.text("interactiveMode").unwrap_or_else(|| "IfAvailable".to_owned()),
        })
    }

    fn variables(&mut self) -> Vec<(String, Secret)> {
        let Some(node) = self.field("env") else { return Vec::new() };
        let one = |item: &Node| {
            let text = |key| item.get(key).and_then(Node::as_str).map(str::to_owned);
            Some((text("name")?, Secret(text("value")?)))
        };
        let read = node.as_seq().and_then(|items| items.iter().map(one).collect());
        read.unwrap_or_else(|| {
            self.wrong("`env` is a list of entries with a `name` and a `value`".to_owned(), node);
            Vec::new()
        })
    }
}

fn beside(file: &Path, path: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubeconfig::{Kubeconfig, merge};
    use rhumb::source::SourceMap;

    fn read(text: &str) -> (Kubeconfig, Vec<String>) {
        let outcome = merge(&[("conf/config".to_owned(), text.to_owned())], &mut SourceMap::new());
        (outcome.value, outcome.diagnostics.iter().map(|finding| finding.message.to_string()).collect())
    }

    #[test]
    fn files_count_from_the_folder_of_the_file_and_data_goes_first() {
        let (config, findings) = read(
            "clusters:\n- name: c\n  cluster: {server: s, certificate-authority: ca.pem, certificate-authority-data: YWI=}\n\
             users:\n- name: u\n  user: {client-certificate: a.pem, client-key: /k.pem, tokenFile: t}\n",
        );
        assert_eq!(findings, Vec::<String>::new());
        assert_eq!(config.clusters[0].certificate_authority, Some(Material::Data(b"ab".to_vec())));
        let user = &config.users[0];
        assert_eq!(user.client_certificate, Some(Material::File("conf/a.pem".into())));
        assert_eq!(user.client_key, Some(Material::File("/k.pem".into())));
        assert_eq!(user.token_file, Some("conf/t".into()));
    }

    #[test]
    fn programs_for_credentials_are_found_beside_the_file_or_on_the_path() {
        let exec = |command: &str| {
            let (config, _) =
                read(&format!("users:\n- name: u\n  user: {{exec: {{command: {command}, args: [a]}}}}\n"));
            config.users[0].exec.clone().expect("a program")
        };
        assert_eq!(exec("aws").command, PathBuf::from("aws"));
        assert_eq!(exec("./bin/login").command, PathBuf::from("conf/./bin/login"));
        assert_eq!(exec("aws").interactive_mode, "IfAvailable");
    }

    #[test]
    fn whom_a_user_acts_as_is_read() {
        let (config, findings) = read(
            "users:\n- name: u\n  user: {as: bob, as-uid: '7', as-groups: [a, b], as-user-extra: {scopes: [view]}}\n",
        );
        assert_eq!(findings, Vec::<String>::new());
        let acts = &config.users[0].impersonation;
        assert_eq!((acts.user.as_deref(), acts.uid.as_deref(), acts.groups.len()), (Some("bob"), Some("7"), 2));
        assert_eq!(acts.extra, [("scopes".to_owned(), vec!["view".to_owned()])]);
    }

    #[test]
    fn fields_of_the_wrong_shape_are_found() {
        let (_, findings) = read(
            "clusters:\n- name: c\n  cluster: {server: [], insecure-skip-tls-verify: x, certificate-authority-data: '*'}\n\
             users:\n- name: u\n  user: {as-groups: a, exec: {args: [a]}}\n",
        );
        assert_eq!(findings.len(), 5, "{findings:?}");
    }

    #[test]
    fn secrets_are_not_shown() {
        let (config, _) = read("users:\n- name: u\n  user: {token: hush, password: hush, client-key-data: aHVzaA==}\n");
        assert!(!format!("{config:?}").contains("hush"));
    }
}
