//! A server in front of the API server that fails when it is told to: plain HTTP on this machine, one request a connection.
//!
//! The program under test is pointed here. Each request that may write (all but `GET`) is counted, and a [`Fault`] says
//! what happens to one of them, or to all for a while. What is let through reaches the real server, so that no answer is
//! made up but those that a fault gives.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rhumb_cluster::client::{Call, Client};
use rhumb_cluster::error::RequestErrorKind;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The program is killed when it sends this write, which does not reach the server.
    KilledBefore(usize),
    /// The program is killed once this write has reached the server, before it hears of it.
    KilledAfter(usize),
    /// Every third request is answered with this status.
    Refused(u16),
    /// From this write on, the credentials are no longer taken.
    Expired(usize),
    /// From this write on, nobody is there for so long.
    Gone(usize, Duration),
}

/// The server.
#[derive(Debug)]
pub struct Faulty {
    /// Its address.
    pub url: String,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    client: Client,
    fault: Fault,
    writes: AtomicUsize,
    requests: AtomicUsize,
    // The program to kill, once it is known.
    victim: AtomicU32,
    is_dead: AtomicBool,
    gone_since: Mutex<Option<Instant>>,
}

impl Faulty {
    /// Starts it in front of a server that a client speaks to.
    ///
    /// # Panics
    /// When no port is free.
    pub fn start(client: Client, fault: Fault) -> Faulty {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared {
            client,
            fault,
            writes: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            victim: AtomicU32::new(0),
            is_dead: AtomicBool::new(false),
            gone_since: Mutex::new(None),
        });
        let own = shared.clone();
        // It ends with the process: the tests start few of them.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = own.clone();
                std::thread::spawn(move || shared.serve(stream));
            }
        });
        Faulty { url, shared }
    }

    /// Says which program is killed.
    pub fn set_victim(&self, pid: u32) {
        self.shared.victim.store(pid, Ordering::SeqCst);
    }

    /// Returns how many writes were asked for.
    pub fn writes(&self) -> usize {
        self.shared.writes.load(Ordering::SeqCst)
    }

    /// Returns how many requests there were, writes and reads.
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// Whether the program was killed.
    pub fn has_killed(&self) -> bool {
        self.shared.is_dead.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        let Some((method, path, accept, body)) = read(&mut reader) else { return };
        let mut stream = reader.into_inner();
        if self.is_dead.load(Ordering::SeqCst) {
            return;
        }
        let request = self.requests.fetch_add(1, Ordering::SeqCst);
        let write = if method == "GET" { None } else { Some(self.writes.fetch_add(1, Ordering::SeqCst)) };
        match self.fault {
            Fault::KilledBefore(at) if write == Some(at) => return self.kill(),
            Fault::Refused(code) if request % 3 == 2 => {
                let body = format!(r#"{{"kind":"Status","code":{code},"message":"a fault","reason":"Fault"}}"#);
                return answer(&mut stream, code, &body);
            }
            Fault::Expired(at) if self.writes.load(Ordering::SeqCst) > at => {
                return answer(&mut stream, 401, r#"{"kind":"Status","code":401,"message":"Unauthorized"}"#);
            }
            Fault::Gone(at, time) => {
                let mut since = self.gone_since.lock().expect("no panic");
                if write == Some(at) && since.is_none() {
                    *since = Some(Instant::now());
                }
                if since.is_some_and(|since| since.elapsed() < time) {
                    return;
                }
            }
            _ => {}
        }
        let call = Call { method, path, accept, body };
        let sent = self.client.send(&call);
        if let Fault::KilledAfter(at) = self.fault
            && write == Some(at)
        {
            return self.kill();
        }
        match sent {
            Ok(value) => answer(&mut stream, 200, &serde_json::to_string(&value).expect("JSON")),
            Err(error) => match &error.kind {
                RequestErrorKind::Refused(refusal) => {
                    let causes: Vec<serde_json::Value> = refusal
                        .causes
                        .iter()
                        .map(|cause| {
                            serde_json::json!({
                                "reason": cause.reason.as_str(), "field": cause.field.as_str(), "message": cause.message.as_str(),
                            })
                        })
                        .collect();
                    let status = serde_json::json!({
                        "kind": "Status", "code": refusal.code, "reason": refusal.reason.as_str(),
                        "message": refusal.message.as_str(), "details": {"causes": causes},
                    });
                    answer(&mut stream, refusal.code, &status.to_string());
                }
                other => panic!("{other:?}"),
            },
        }
    }

    // The program that is told of its death by nobody.
    fn kill(&self) {
        if self.is_dead.swap(true, Ordering::SeqCst) {
            return;
        }
        let started = Instant::now();
        let mut pid = self.victim.load(Ordering::SeqCst);
        while pid == 0 && started.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(5));
            pid = self.victim.load(Ordering::SeqCst);
        }
        assert_ne!(pid, 0, "there is somebody to kill");
        let killed = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        assert!(killed.is_ok_and(|status| status.success()), "the program is killed");
    }
}

type Request = (&'static str, String, &'static str, Option<(&'static str, Vec<u8>)>);

// What the program sends is among these words.
fn known(word: &str, words: &[&'static str]) -> &'static str {
    words.iter().find(|known| **known == word).copied().unwrap_or_else(|| panic!("`{word}` is sent"))
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|n| *n > 0)?;
    let mut parts = first.split_whitespace();
    let method = known(parts.next()?, &["GET", "POST", "PUT", "PATCH", "DELETE"]);
    let path = parts.next()?.to_owned();
    let (mut accept, mut kind, mut length) = ("application/json", "application/json", None);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_lowercase().as_str() {
            // Discovery in its old form is understood as well.
            "accept" if value.starts_with("application/json;as=Partial") => {
                accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
            }
            "accept" if value.contains("apidiscovery") => {
                accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
            }
            "content-type" => {
                let kinds = ["application/json", "application/apply-patch+yaml", "application/json-patch+json"];
                kind = known(value, &kinds);
            }
            "content-length" => length = value.parse().ok(),
            _ => {}
        }
    }
    let body = length.map(|length| {
        let mut body = vec![0; length];
        reader.read_exact(&mut body).map(|()| (kind, body))
    });
    Some((method, path, accept, body.transpose().ok()?))
}

fn answer(stream: &mut TcpStream, code: u16, body: &str) {
    let head = format!(
        "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // Whoever was killed does not listen.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
}
