//! A real API server on this machine: etcd, kube-apiserver and kube-controller-manager, with certificates of their own.
//!
//! They live as long as the process that asked for them, however that ends: each runs below a shell that waits for the
//! end of a pipe which only this process holds open.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use rhumb::pipeline::{Engine, Request};
use rhumb::render::{SeededHost, Timestamp};
use rhumb::source::{FileTree, SourceMap, VPath};

use rhumb_cluster::client::{Call, Client};
use rhumb_cluster::connection::{Choice, Connection};
use rhumb_cluster::error::RequestError;
use rhumb_cluster::kubeconfig;

use crate::workspace;

/// A server that runs.
#[derive(Debug)]
pub struct ApiServer {
    /// Its address.
    pub url: String,
    /// The folder with its certificates and files: `ca.crt`, `admin.token`, `alice.crt`, `alice.key`.
    pub folder: PathBuf,
    _programs: Vec<Guard>,
}

/// A program that ends with this, or with this process.
#[derive(Debug)]
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // The shell waits for the end of its input, then ends the program, and removes the folder.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// The token of somebody who may do anything.
pub const ADMIN: &str = "admin-of-the-tests";
/// The token of somebody who may do nothing, unless a test says otherwise.
pub const GUEST: &str = "guest-of-the-tests";

/// Returns the server that the tests share, started on first use; `None` (and a line that says why) where its programs
/// are not on this machine.
///
/// # Panics
/// When it does not start, or, with `CI=true`, when its programs are not there.
pub fn shared() -> Option<&'static ApiServer> {
    static SERVER: OnceLock<Result<ApiServer, String>> = OnceLock::new();
    match SERVER.get_or_init(|| binaries().map(|folder| start(&folder))) {
        Ok(server) => Some(server),
        Err(reason) => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "no API server to test with: {reason}");
            println!("skipped: {reason}");
            None
        }
    }
}

// The folder of the programs, or why there is none.
fn binaries() -> Result<PathBuf, String> {
    let output = Command::new(workspace::root().join("tests/cluster/binaries")).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("tests/cluster/binaries cannot be run: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout).into()),
        false => Err(text(&output.stderr)),
    }
}

impl ApiServer {
    /// Writes a kubeconfig whose one user is this, and returns its path.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn kubeconfig(&self, name: &str, user: &str) -> PathBuf {
        let cluster = format!("{{server: '{}', certificate-authority: ca.crt}}", self.url);
        self.kubeconfig_with(name, &cluster, user)
    }

    /// Writes a kubeconfig whose one cluster and user are these, and returns its path.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn kubeconfig_with(&self, name: &str, cluster: &str, user: &str) -> PathBuf {
        let path = self.folder.join(format!("{name}.kubeconfig"));
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {name}\n\
             contexts:\n- name: {name}\n  context: {{cluster: here, user: {name}}}\n\
             clusters:\n- name: here\n  cluster: {cluster}\nusers:\n- name: {name}\n  user: {user}\n"
        );
        // Others may be reading the file of the same name.
        let whole = tempfile::NamedTempFile::new_in(&self.folder).expect("writable");
        fs::write(whole.path(), text).expect("writable");
        whole.persist(&path).expect("writable");
        path
    }

    /// Returns the kubeconfig of somebody who may do anything.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn admin(&self) -> PathBuf {
        self.kubeconfig("admin", &format!("{{token: {ADMIN}}}"))
    }
}

fn start(binaries: &Path) -> ApiServer {
    let folder = tempfile::Builder::new().prefix("rhumb-api-server-").tempdir().expect("a folder").keep();
    write_certificates(&folder);
    let users = format!("{ADMIN},admin,1,system:masters\n{GUEST},guest,2,guests\n");
    fs::write(folder.join("tokens.csv"), users).expect("writable");
    let [clients, peers, secure, manager] = free_ports();
    let at = |name: &str| folder.join(name).display().to_string();
    let store = format!("http://127.0.0.1:{clients}");
    let etcd = run(
        binaries,
        &folder,
        "etcd",
        &[
            format!("--data-dir={}", at("etcd")),
            format!("--listen-client-urls={store}"),
            format!("--advertise-client-urls={store}"),
            format!("--listen-peer-urls=http://127.0.0.1:{peers}"),
            "--unsafe-no-fsync=true".to_owned(),
            "--log-level=error".to_owned(),
        ],
    );
    await_port(clients, "etcd", &folder);
    let server = run(
        binaries,
        &folder,
        "kube-apiserver",
        &[
            format!("--etcd-servers={store}"),
            "--bind-address=127.0.0.1".to_owned(),
            "--advertise-address=127.0.0.1".to_owned(),
            // Nobody comes in by the service `kubernetes`, and this machine's own address may not stand there.
            "--endpoint-reconciler-type=none".to_owned(),
            format!("--secure-port={secure}"),
            format!("--tls-cert-file={}", at("server.crt")),
            format!("--tls-private-key-file={}", at("server.key")),
            format!("--client-ca-file={}", at("ca.crt")),
            format!("--token-auth-file={}", at("tokens.csv")),
            format!("--service-account-key-file={}", at("accounts.key")),
            format!("--service-account-signing-key-file={}", at("accounts.key")),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
            "--authorization-mode=RBAC".to_owned(),
            "--allow-privileged=true".to_owned(),
            "--profiling=false".to_owned(),
        ],
    );
    let url = format!("https://127.0.0.1:{secure}");
    let mut started = ApiServer { url, folder, _programs: vec![etcd, server] };
    started.await_ready(secure);
    let kubeconfig = started.admin().display().to_string();
    let controllers = run(
        binaries,
        &started.folder,
        "kube-controller-manager",
        &[
            format!("--kubeconfig={kubeconfig}"),
            format!("--authentication-kubeconfig={kubeconfig}"),
            format!("--authorization-kubeconfig={kubeconfig}"),
            format!("--service-account-private-key-file={}", started.folder.join("accounts.key").display()),
            format!("--root-ca-file={}", started.folder.join("ca.crt").display()),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--secure-port={manager}"),
            "--leader-elect=false".to_owned(),
            "--use-service-account-credentials=true".to_owned(),
        ],
    );
    started._programs.push(controllers);
    started
}

// All at once, so that none of them is given twice.
fn free_ports<const N: usize>() -> [u16; N] {
    let bound: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").expect("a port"));
    bound.map(|listener| listener.local_addr().expect("an address").port())
}

const GUARD: &str = r#"folder=$1; shift
"$@" </dev/null >"$folder/$(basename "$1").log" 2>&1 & pid=$!
cat >/dev/null
kill -9 "$pid" 2>/dev/null
wait "$pid" 2>/dev/null
rm -rf "$folder""#;

fn run(binaries: &Path, folder: &Path, program: &str, arguments: &[String]) -> Guard {
    let mut command = Command::new("sh");
    command.args(["-c", GUARD, "guard"]).arg(folder).arg(binaries.join(program)).args(arguments);
    // A group of its own: an interrupt at the terminal ends the tests, and then the guard ends the program.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    Guard(command.spawn().expect("a shell"))
}

const PATIENCE: Duration = Duration::from_secs(180);

fn await_port(port: u16, program: &str, folder: &Path) {
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < PATIENCE, "{program} does not start:\n{}", log(folder, program));
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn log(folder: &Path, program: &str) -> String {
    let text = fs::read_to_string(folder.join(format!("{program}.log"))).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

impl ApiServer {
    fn await_ready(&self, port: u16) {
        await_port(port, "kube-apiserver", &self.folder);
        let started = Instant::now();
        while let Err(reason) = self.readiness() {
            let log = || log(&self.folder, "kube-apiserver");
            assert!(started.elapsed() < PATIENCE, "the server is not ready: {reason}\n{}", log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    // The namespace that objects fall into is there, and so are the roles that let everybody ask who they are.
    fn readiness(&self) -> Result<(), String> {
        self.client()?.send(&Call::get("/api/v1/namespaces/default")).map_err(|error| error.to_string())?;
        let guest = self.client_of(&self.kubeconfig("guest", &format!("{{token: {GUEST}}}")))?;
        user(&guest).map(drop).map_err(|error| error.to_string())
    }

    /// Returns a client of somebody who may do anything.
    ///
    /// # Errors
    /// When its files cannot be used.
    pub fn client(&self) -> Result<Client, String> {
        self.client_of(&self.admin())
    }

    /// Returns the client that a kubeconfig leads to.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn client_of(&self, kubeconfig: &Path) -> Result<Client, String> {
        let text = fs::read_to_string(kubeconfig).map_err(|error| error.to_string())?;
        let name = kubeconfig.display().to_string();
        let config = kubeconfig::merge(&[(name, text)], &mut SourceMap::new()).value;
        let connection = Connection::of(&config, &Choice::default());
        connection.and_then(Client::new).map_err(|error| error.message.to_string())
    }
}

/// Returns who a server takes a client for.
///
/// # Errors
/// When the server does not say.
pub fn user(client: &Client) -> Result<String, RequestError> {
    let body = br#"{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}"#.to_vec();
    let review = client.send(&Call {
        method: "POST",
        path: "/apis/authentication.k8s.io/v1/selfsubjectreviews".to_owned(),
        accept: "application/json",
        body: Some(("application/json", body)),
    })?;
    let user = review.get("status").and_then(|status| status.get("userInfo")?.get("username")?.as_str());
    Ok(user.unwrap_or_default().to_owned())
}

const CERTIFICATES: &str = r#"
{{- $ca := genCAWithKey "rhumb tests" 30 (genPrivateKey "ecdsa") }}
{{- $names := list "localhost" "kubernetes.default.svc" "other.example" }}
{{- $server := genSignedCertWithKey "server" (list "127.0.0.1") $names 30 $ca (genPrivateKey "ecdsa") }}
{{- $alice := genSignedCertWithKey "alice" (list) (list) 30 $ca (genPrivateKey "ecdsa") }}
apiVersion: v1
kind: ConfigMap
metadata: {name: certificates}
data:
  ca.crt: {{ $ca.Cert | toJson }}
  server.crt: {{ $server.Cert | toJson }}
  server.key: {{ $server.Key | toJson }}
  alice.crt: {{ $alice.Cert | toJson }}
  alice.key: {{ $alice.Key | toJson }}
  accounts.key: {{ genPrivateKey "ecdsa" | toJson }}
"#;

// A chart can make all that there is to make.
fn write_certificates(folder: &Path) {
    let chart = "apiVersion: v2\nname: certificates\nversion: 0.1.0\n";
    let files: FileTree = [("Chart.yaml", chart), ("templates/all.yaml", CERTIFICATES)].into_iter().collect();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let seconds = i64::try_from(now.as_secs()).expect("soon enough") - 60;
    let seed = format!("{} {}", now.as_nanos(), std::process::id());
    let host = SeededHost::new(&seed, Timestamp { seconds, nanoseconds: 0 });
    let mut request = Request::package(&files, VPath::root());
    request.host = Some(Arc::new(host));
    let built = Engine::new().build(&request);
    assert!(built.ok(), "{}", built.report());
    let object = built.objects.objects().next().expect("a ConfigMap").node.to_value();
    for (name, text) in object.get("data").and_then(|data| data.as_map()).expect("data").iter() {
        fs::write(folder.join(name.as_str()), text.as_str().expect("a text")).expect("writable");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_ends_with_the_pipe_that_guards_it() {
        let folder = tempfile::tempdir().expect("a folder").keep();
        let program = workspace::on_path("sleep").expect("a program");
        let guard = run(program.parent().expect("a folder"), &folder, "sleep", &["1000".to_owned()]);
        while !folder.join("sleep.log").is_file() {
            std::thread::sleep(Duration::from_millis(10));
        }
        drop(guard);
        assert!(!folder.exists(), "the folder goes once the program has ended");
    }
}
