//! A stand-in for the kubelet: the Pods of one namespace go to a node of their own, and do what their image is called.
//!
//! | image | what becomes of its Pod |
//! |---|---|
//! | `runs` | it runs and is ready |
//! | `unready` | it runs and is never ready |
//! | `ends` | it ends well |
//! | `fails` | it ends with exit code 3 |
//! | `crashes` | it was begun anew four times and waits for the next |
//! | `missing` | its image is not found |
//!
//! What stands behind the colon of an image does not count. Other images run; those of Jobs end well. Logs are served as the kubelet serves them, over TLS: the API
//! server passes them on. Events are written as the kubelet writes them.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rhumb::value::Value;
use rhumb_cluster::client::{Call, Client};
use rhumb_cluster::error::RequestError;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value as Json, json};

use crate::place::Place;

const LOOK: Duration = Duration::from_millis(100);

/// A kubelet that works until it is dropped.
#[derive(Debug)]
pub struct Kubelet {
    ended: Arc<AtomicBool>,
    work: Option<JoinHandle<()>>,
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        if let Some(work) = self.work.take() {
            let _ = work.join();
        }
    }
}

impl Kubelet {
    /// Starts it for the namespace of a place.
    ///
    /// # Panics
    /// When its node cannot be made.
    pub fn start(place: &Place) -> Kubelet {
        let node = format!("node-{}", place.namespace);
        let port = serve_logs(&place.server.folder);
        let worker =
            Worker { client: place.server.client().expect("a client"), namespace: place.namespace.to_owned(), node };
        worker.register(port).expect("a node");
        let ended = Arc::new(AtomicBool::new(false));
        let own = ended.clone();
        let work = std::thread::spawn(move || {
            while !own.load(Ordering::SeqCst) {
                // Somebody else may have written or deleted in between: the next look sees it.
                let _ = worker.look();
                std::thread::sleep(LOOK);
            }
        });
        Kubelet { ended, work: Some(work) }
    }
}

struct Worker {
    client: Client,
    namespace: String,
    node: String,
}

impl Worker {
    fn send(&self, method: &'static str, path: &str, kind: &'static str, body: &Json) -> Result<Value, RequestError> {
        let body = Some((kind, body.to_string().into_bytes()));
        self.client.send(&Call { method, path: path.to_owned(), accept: "application/json", body })
    }

    fn register(&self, port: u16) -> Result<(), RequestError> {
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": self.node}});
        let path = format!("/api/v1/nodes/{}", self.node);
        self.send("PATCH", &format!("{path}?fieldManager=kubelet&force=true"), "application/apply-patch+yaml", &node)?;
        let status = json!({"status": {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "",
                "lastHeartbeatTime": NOW, "lastTransitionTime": NOW}],
        }});
        self.send("PATCH", &format!("{path}/status"), "application/merge-patch+json", &status).map(drop)
    }

    fn look(&self) -> Result<(), RequestError> {
        let pods = format!("/api/v1/namespaces/{}/pods", self.namespace);
        let list = self.client.send(&Call::get(pods.clone()))?;
        for pod in list.get("items").and_then(Value::as_seq).unwrap_or_default() {
            let name = text(pod, &["metadata", "name"]);
            let path = format!("{pods}/{name}");
            // What one Pod comes upon is no matter of the others.
            let _ = if !text(pod, &["metadata", "deletionTimestamp"]).is_empty() {
                self.send("DELETE", &path, "application/json", &json!({"gracePeriodSeconds": 0})).map(drop)
            } else if text(pod, &["spec", "nodeName"]).is_empty() {
                let target = json!({"apiVersion": "v1", "kind": "Node", "name": self.node});
                let binding =
                    json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target});
                self.send("POST", &format!("{path}/binding"), "application/json", &binding).map(drop)
            } else if matches!(text(pod, &["status", "phase"]), "" | "Pending") && !has_statuses(pod) {
                self.begin(pod, &path)
            } else {
                Ok(())
            };
        }
        Ok(())
    }

    fn begin(&self, pod: &Value, path: &str) -> Result<(), RequestError> {
        let containers = pod.get("spec").and_then(|spec| spec.get("containers")?.as_seq()).unwrap_or_default();
        let fates: Vec<(&str, Fate)> = containers
            .iter()
            .map(|container| (text(container, &["name"]), Fate::of(text(container, &["image"]), is_of_job(pod))))
            .collect();
        let phase = match () {
            () if fates.iter().any(|(_, fate)| *fate == Fate::Fails) => "Failed",
            () if fates.iter().all(|(_, fate)| *fate == Fate::Ends) => "Succeeded",
            () if fates.iter().any(|(_, fate)| *fate == Fate::Missing) => "Pending",
            () => "Running",
        };
        let is_ready = fates.iter().all(|(_, fate)| *fate == Fate::Runs);
        let condition = |kind: &str, is: bool| {
            let status = if is { "True" } else { "False" };
            json!({"type": kind, "status": status, "lastTransitionTime": NOW})
        };
        let statuses: Vec<Json> = fates.iter().map(|(name, fate)| fate.status(name)).collect();
        let status = json!({"status": {
            "phase": phase, "hostIP": "127.0.0.1", "podIP": "10.1.1.1", "podIPs": [{"ip": "10.1.1.1"}], "startTime": NOW,
            "containerStatuses": statuses,
            "conditions": [condition("PodScheduled", true), condition("Initialized", true),
                condition("ContainersReady", is_ready), condition("Ready", is_ready)],
        }});
        for (name, fate) in &fates {
            if let Some((reason, message)) = fate.event() {
                self.event(pod, name, reason, message)?;
            }
        }
        self.send("PATCH", &format!("{path}/status"), "application/merge-patch+json", &status).map(drop)
    }

    fn event(&self, pod: &Value, container: &str, reason: &str, message: &str) -> Result<(), RequestError> {
        let name = text(pod, &["metadata", "name"]);
        let event = json!({
            "apiVersion": "v1", "kind": "Event", "metadata": {"generateName": format!("{name}.")},
            "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": self.namespace, "name": name,
                "uid": text(pod, &["metadata", "uid"]), "fieldPath": format!("spec.containers{{{container}}}")},
            "reason": reason, "message": message, "type": "Warning", "count": 4, "firstTimestamp": NOW,
            "lastTimestamp": NOW, "source": {"component": "kubelet"},
        });
        let path = format!("/api/v1/namespaces/{}/events", self.namespace);
        self.send("POST", &path, "application/json", &event).map(drop)
    }
}

const NOW: &str = "2026-01-01T00:00:00Z";

fn has_statuses(pod: &Value) -> bool {
    pod.get("status").and_then(|status| status.get("containerStatuses")?.as_seq()).is_some_and(|list| !list.is_empty())
}

fn is_of_job(pod: &Value) -> bool {
    let owners = pod.get("metadata").and_then(|metadata| metadata.get("ownerReferences")?.as_seq()).unwrap_or_default();
    owners.iter().any(|owner| text(owner, &["kind"]) == "Job")
}

/// What a container does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Runs,
    Unready,
    Ends,
    Fails,
    Crashes,
    Missing,
}

impl Fate {
    fn of(image: &str, is_of_job: bool) -> Fate {
        match image.split(':').next().unwrap_or_default() {
            "unready" => Fate::Unready,
            "ends" => Fate::Ends,
            "fails" => Fate::Fails,
            "crashes" => Fate::Crashes,
            "missing" => Fate::Missing,
            "runs" => Fate::Runs,
            _ if is_of_job => Fate::Ends,
            _ => Fate::Runs,
        }
    }

    fn status(self, name: &str) -> Json {
        let ended = |code: i64, reason: &str| json!({"exitCode": code, "reason": reason, "startedAt": NOW, "finishedAt": NOW, "containerID": "test://1"});
        let running = || json!({"running": {"startedAt": NOW}});
        let (state, last, restarts) = match self {
            Fate::Runs | Fate::Unready => (running(), Json::Null, 0),
            Fate::Ends => (json!({"terminated": ended(0, "Completed")}), Json::Null, 0),
            Fate::Fails => (json!({"terminated": ended(3, "Error")}), Json::Null, 0),
            Fate::Crashes => {
                let message = "back-off 40s restarting failed container";
                let waiting = json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}});
                (waiting, json!({"terminated": ended(1, "Error")}), 4)
            }
            Fate::Missing => {
                (json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}), Json::Null, 0)
            }
        };
        json!({
            "name": name, "image": name, "imageID": "", "containerID": "test://1", "ready": self == Fate::Runs,
            "started": true, "restartCount": restarts, "state": state, "lastState": last,
        })
    }

    fn event(self) -> Option<(&'static str, &'static str)> {
        match self {
            Fate::Crashes => Some(("BackOff", "Back-off restarting failed container")),
            Fate::Missing => Some(("Failed", "Failed to pull image: not found")),
            Fate::Runs | Fate::Unready | Fate::Ends | Fate::Fails => None,
        }
    }
}

// Serves what a container wrote last, and returns the port.
fn serve_logs(folder: &std::path::Path) -> u16 {
    let pem = |file: &str| std::fs::read(folder.join(file)).expect("written");
    let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&pem("server.crt")).collect();
    let key = PrivateKeyDer::from_pem_slice(&pem("server.key")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls_graviola::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(chain.expect("certificates"), key)
        .expect("a certificate with its key");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    // It ends with the process: the tests start few of them.
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let config = config.clone();
            std::thread::spawn(move || answer(stream, config));
        }
    });
    port
}

// `GET /containerLogs/NAMESPACE/POD/CONTAINER?tailLines=N`, as the API server asks.
fn answer(stream: TcpStream, config: Arc<ServerConfig>) -> Option<()> {
    let tls = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    let mut reader = BufReader::new(tls);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 || line.trim().is_empty() {
            break;
        }
    }
    let target = first.split(' ').nth(1)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let container = path.rsplit('/').next()?;
    let run = if query.contains("previous=true") { "the run before" } else { "this run" };
    let lines = query.split('&').find_map(|part| part.strip_prefix("tailLines=")?.parse().ok()).unwrap_or(100);
    let all: Vec<String> = (1..=20).map(|n| format!("{container}: line {n} of {run}\n")).collect();
    let body = all[all.len().saturating_sub(lines)..].concat();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n";
    let mut tls = reader.into_inner();
    tls.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).ok()?;
    tls.conn.send_close_notify();
    tls.flush().ok()
}

fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    path.iter().try_fold(value, |value, key| value.get(key)).and_then(Value::as_str).unwrap_or_default()
}
