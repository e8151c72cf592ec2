//! A namespace of a real API server and a folder on disk, for one test.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use rhumb::value::Value;
use rhumb_cluster::client::Call;
use rhumb_cluster::error::RequestError;

use crate::api_server::{self, ApiServer};
use crate::program::{Ran, rhumb, run_line};

/// A namespace of its own, and a folder for files.
#[derive(Debug)]
pub struct Place {
    /// The server.
    pub server: &'static ApiServer,
    /// The namespace.
    pub namespace: &'static str,
    folder: tempfile::TempDir,
}

impl Place {
    /// Returns a new place; `None` (and a line that says why) where there is no server.
    ///
    /// # Panics
    /// When the namespace cannot be made.
    pub fn new(namespace: &'static str) -> Option<Place> {
        let server = api_server::shared()?;
        let place = Place { server, folder: tempfile::tempdir().expect("a folder"), namespace };
        let text = format!(r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{namespace}"}}}}"#);
        place.apply(&format!("/api/v1/namespaces/{namespace}"), "tests", &text);
        Some(place)
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.folder().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        std::fs::write(path, text).expect("writable");
    }

    /// Starts the program by itself, by a line of a shell and with a kubeconfig.
    ///
    /// # Panics
    /// When there is no shell.
    pub fn start(&self, kubeconfig: &Path, arguments: &str) -> Child {
        let line = format!("exec {} {arguments} -n {}", rhumb().display(), self.namespace);
        let mut command = Command::new("sh");
        command.args(["-c", &line]).current_dir(self.folder());
        command.env("KUBECONFIG", kubeconfig).env("KUBECACHEDIR", self.folder());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a shell")
    }

    /// Applies an object to the server, as a manager.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn apply(&self, path: &str, manager: &str, object: &str) {
        let path = format!("{path}?fieldManager={manager}&force=true");
        self.send("PATCH", &path, "application/apply-patch+yaml", object).expect("applied");
    }

    /// Sends a request with a body.
    ///
    /// # Errors
    /// When the server refuses.
    ///
    /// # Panics
    /// When there is no client.
    pub fn send(
        &self,
        method: &'static str,
        path: &str,
        kind: &'static str,
        body: &str,
    ) -> Result<Value, RequestError> {
        let body = (!body.is_empty()).then(|| (kind, body.as_bytes().to_vec()));
        let call = Call { method, path: path.to_owned(), accept: "application/json", body };
        self.server.client().expect("a client").send(&call)
    }

    /// Returns what stands at a path of the server; `None` where nothing does.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn get(&self, path: &str) -> Option<Value> {
        match self.send("GET", path, "", "") {
            Ok(object) => Some(object),
            Err(error) if error.refusal().is_some_and(|refusal| refusal.code == 404) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Returns an object of the namespace by its plural and name: `configmaps`, or `apps/v1/deployments`.
    pub fn object(&self, kind: &str, name: &str) -> Option<Value> {
        self.get(&self.path(kind, name))
    }

    /// Returns the path of an object of the namespace.
    pub fn path(&self, kind: &str, name: &str) -> String {
        let namespace = self.namespace;
        match kind.rsplit_once('/') {
            None => format!("/api/v1/namespaces/{namespace}/{kind}/{name}"),
            Some((api, kind)) => format!("/apis/{api}/namespaces/{namespace}/{kind}/{name}"),
        }
    }

    /// Returns a text below keys of an object of the namespace; an empty one where there is none.
    pub fn text(&self, kind: &str, name: &str, path: &[&str]) -> String {
        let object = self.object(kind, name).unwrap_or_default();
        let found = path.iter().try_fold(&object, |value, key| value.get(key));
        found.and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Runs `rhumb` in the folder, as somebody who may do anything, in the namespace.
    pub fn run(&self, arguments: &str) -> Ran {
        self.run_as(&self.server.admin(), arguments)
    }

    /// Runs `rhumb` in the folder and the namespace.
    pub fn run_as(&self, kubeconfig: &Path, arguments: &str) -> Ran {
        let line = format!("KUBECONFIG={} rhumb {arguments} -n {}", kubeconfig.display(), self.namespace);
        run_line(self.folder(), &line)
    }
}
