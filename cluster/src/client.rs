//! Requests and answers: JSON over a bounded set of connections, asked again when the server is busy or gone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rhumb::diag::Diagnostic;
use rhumb::plan::Refusal;
use rhumb::value::Value;
use rustls::pki_types::ServerName;
use ureq::http::{Request, Response, StatusCode, Uri, header};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, SocksConnector, TcpConnector};
use ureq::{Agent, Body, Proxy};

use crate::cache::Cache;
use crate::connection::Connection;
use crate::credentials::Credentials;
use crate::error::{RequestError, RequestErrorKind, Server, is_about_the_object};
use crate::tls::{self, Trust};
use crate::transport::TlsConnector;

/// At most so many requests are under way at once, and so no more connections are open.
pub const CONNECTIONS: usize = 16;

const CONNECT: Duration = Duration::from_secs(15);
// The server ends what takes longer than a minute by itself.
const ANSWER: Duration = Duration::from_secs(65);
const MOST_BYTES: u64 = 256 << 20;

/// A request.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method, such as `GET`.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// What may be answered.
    pub accept: &'static str,
    /// The body with its type.
    pub body: Option<(&'static str, Vec<u8>)>,
}

impl Call {
    /// Returns a request that reads.
    pub fn get(path: impl Into<String>) -> Call {
        Call { method: "GET", path: path.into(), accept: "application/json", body: None }
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path.split('?').next().unwrap_or_default())
    }
}

/// Speaks to one server.
pub struct Client {
    connection: Connection,
    session: RwLock<Session>,
    slots: Slots,
    was_reached: AtomicBool,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("server", &self.connection.server).finish_non_exhaustive()
    }
}

// Credentials, and the connections that were made with them.
#[derive(Clone)]
struct Session {
    agent: Agent,
    credentials: Credentials,
}

/// What a server answers.
pub(crate) enum Answered {
    /// What is known already.
    Same,
    /// Something else.
    New {
        /// By which it is known later.
        tag: Option<String>,
        /// As it came.
        bytes: Vec<u8>,
    },
}

// What failed, whether it may be asked again, and when the server wants that.
struct Failed {
    kind: RequestErrorKind,
    wait: Option<Duration>,
}

impl Client {
    /// Returns a client. No connection is made yet; a program that gives credentials is asked for them.
    ///
    /// # Errors
    /// When the credentials, certificates or proxy cannot be used.
    pub fn new(connection: Connection) -> Result<Client, Diagnostic> {
        let session = Session::open(&connection)?;
        Ok(Client {
            connection,
            session: RwLock::new(session),
            slots: Slots { free: Mutex::new(CONNECTIONS), freed: Condvar::new() },
            was_reached: AtomicBool::new(false),
        })
    }

    /// Returns the server.
    pub fn server(&self) -> &Server {
        &self.connection.server
    }

    /// Returns the namespace for objects that have none.
    pub fn namespace(&self) -> &str {
        &self.connection.namespace
    }

    /// Returns where answers of the server are kept.
    pub(crate) fn cache(&self) -> Cache {
        Cache::of(&self.connection.server.url, self.connection.cache.as_deref())
    }

    /// Sends a request; again after a pause where the server was busy, or was there before and cannot be reached.
    /// All requests of this crate can be sent twice: reads, applies, and writes that name a resource version or uid.
    ///
    /// # Errors
    /// When the server refuses, or gives no answer after all attempts.
    pub fn send(&self, call: &Call) -> Result<Value, RequestError> {
        match self.ask(call, None)? {
            Answered::New { bytes, .. } => self.value(call, &bytes),
            // Only who knows of an answer is told that it is still the same.
            Answered::Same => Ok(Value::Null),
        }
    }

    /// Sends a request that is answered with a text, such as the log of a container.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn text(&self, call: &Call) -> Result<String, RequestError> {
        match self.ask(call, None)? {
            Answered::New { bytes, .. } => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Answered::Same => Ok(String::new()),
        }
    }

    /// Reads what was answered to a request.
    pub(crate) fn value(&self, call: &Call, bytes: &[u8]) -> Result<Value, RequestError> {
        serde_json::from_slice(bytes).map_err(|error| RequestError {
            kind: RequestErrorKind::Garbled(error.to_string()),
            request: call.name(),
            server: self.connection.server.clone(),
        })
    }

    /// Sends a request as [`Client::send`] does; with the tag of an answer that is known already, the server may say that
    /// it is still the same.
    pub(crate) fn ask(&self, call: &Call, known: Option<&str>) -> Result<Answered, RequestError> {
        let _slot = self.slots.take();
        let fail = |kind| RequestError { kind, request: call.name(), server: self.connection.server.clone() };
        let mut renewed = false;
        let mut attempt = 1;
        loop {
            let session = self.session().map_err(|error| fail(RequestErrorKind::Credentials(Box::new(error))))?;
            let failed = match self.once(&session, call, known) {
                Ok(answered) => return Ok(answered),
                Err(failed) => failed,
            };
            let refused = matches!(&failed.kind, RequestErrorKind::Refused(refusal) if refusal.code == 401);
            if refused && !renewed && self.connection.credentials.can_refresh() {
                renewed = true;
                self.renew().map_err(|error| fail(RequestErrorKind::Credentials(Box::new(error))))?;
                continue;
            }
            if attempt >= self.attempts(&failed) {
                return Err(fail(failed.kind));
            }
            std::thread::sleep(pause(attempt, failed.wait));
            attempt += 1;
        }
    }

    // How often a request is sent that fails in this way.
    fn attempts(&self, failed: &Failed) -> u32 {
        match &failed.kind {
            RequestErrorKind::Refused(refusal) => match refusal.code {
                429 | 502..=504 => 7,
                500 if is_about_the_object(refusal) => 1,
                // What breaks inside the server may be a webhook that stays broken.
                500 => {
                    if failed.wait.is_some() {
                        7
                    } else {
                        3
                    }
                }
                _ => 1,
            },
            // Whoever names a wrong address is told at once.
            RequestErrorKind::NoConnection(_) | RequestErrorKind::NoAnswer(_) => {
                if self.was_reached.load(Ordering::Relaxed) { 7 } else { 1 }
            }
            RequestErrorKind::Tls(_) | RequestErrorKind::Garbled(_) | RequestErrorKind::Credentials(_) => 1,
        }
    }

    fn session(&self) -> Result<Session, Diagnostic> {
        let session = self.session.read().unwrap_or_else(PoisonError::into_inner).clone();
        match session.credentials.are_fresh() {
            true => Ok(session),
            false => self.renew(),
        }
    }

    fn renew(&self) -> Result<Session, Diagnostic> {
        let mut session = self.session.write().unwrap_or_else(PoisonError::into_inner);
        *session = Session::open(&self.connection)?;
        Ok(session.clone())
    }

    fn once(&self, session: &Session, call: &Call, known: Option<&str>) -> Result<Answered, Failed> {
        let failed = |kind| Failed { kind, wait: None };
        let mut request = Request::builder()
            .method(call.method)
            .uri(format!("{}{}", self.connection.server.url, call.path))
            .header(header::ACCEPT, call.accept)
            .header(header::USER_AGENT, concat!("rhumb/", env!("CARGO_PKG_VERSION")));
        if let Some(authorization) = &session.credentials.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if let Some(tag) = known {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        let acts = &self.connection.impersonation;
        for (name, values) in [
            ("Impersonate-User", acts.user.as_slice()),
            ("Impersonate-Uid", acts.uid.as_slice()),
            ("Impersonate-Group", &acts.groups),
        ] {
            request = values.iter().fold(request, |request, value| request.header(name, value));
        }
        for (key, values) in &acts.extra {
            let name = format!("Impersonate-Extra-{}", crate::paths::encode(&key.to_lowercase()));
            request = values.iter().fold(request, |request, value| request.header(&name, value));
        }
        let garbled = |error: ureq::http::Error| failed(RequestErrorKind::NoConnection(error.to_string()));
        let sent = match &call.body {
            None => session.agent.run(request.body(()).map_err(garbled)?),
            Some((kind, bytes)) => {
                session.agent.run(request.header(header::CONTENT_TYPE, *kind).body(bytes.as_slice()).map_err(garbled)?)
            }
        };
        let mut response = sent.map_err(|error| failed(why(error)))?;
        self.was_reached.store(true, Ordering::Relaxed);
        let wait = retry_after(&response);
        let read = response.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
        let bytes = read.map_err(|error| failed(why(error)))?;
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED && known.is_some() {
            return Ok(Answered::Same);
        }
        if !status.is_success() {
            return Err(Failed { kind: RequestErrorKind::Refused(refusal(status.as_u16(), &bytes)), wait });
        }
        let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        Ok(Answered::New { tag, bytes })
    }
}

impl Session {
    fn open(connection: &Connection) -> Result<Session, Diagnostic> {
        let credentials = connection.credentials.get()?;
        let url = &connection.server.url;
        let wrong = |reason: &str| {
            Diagnostic::error("cluster-address", format!("`{url}` is no address of a server: {reason}"))
                .help("write it as `https://HOST:PORT`")
        };
        let uri: Uri = url.parse().map_err(|error: ureq::http::uri::InvalidUri| wrong(&error.to_string()))?;
        let (Some(scheme @ ("https" | "http")), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong("it has no scheme"));
        };
        let port = authority.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        let proxy = match &connection.proxy {
            Some(proxy) => Some(proxy.clone()),
            None => crate::proxy::of_environment(scheme, authority.host(), port, |name| std::env::var(name).ok()),
        };
        let proxy = proxy.map(|proxy| {
            let wrong =
                |error| Diagnostic::error("cluster-proxy", format!("the proxy `{proxy}` cannot be used: {error}"));
            Proxy::new(&proxy).map_err(wrong)
        });
        let proxy = proxy.transpose()?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(CONNECTIONS)
            .max_idle_connections_per_host(CONNECTIONS)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .timeout_recv_body(Some(ANSWER))
            .proxy(proxy.clone())
            .build();
        let plain =
            ().chain(SocksConnector::default()).chain(ConnectProxyConnector::default()).chain(TcpConnector::default());
        let agent = match scheme {
            "http" => Agent::with_parts(config, plain, DefaultResolver::default()),
            _ => {
                let tls = tls_connector(connection, &credentials, authority.as_str(), proxy.is_some())?;
                Agent::with_parts(config, plain.chain(tls), DefaultResolver::default())
            }
        };
        Ok(Session { agent, credentials })
    }
}

fn tls_connector(
    connection: &Connection,
    credentials: &Credentials,
    authority: &str,
    proxied: bool,
) -> Result<TlsConnector, Diagnostic> {
    let identity = connection.identity(credentials.identity.as_ref())?;
    let name = connection.tls_name.clone().map(|name| {
        ServerName::try_from(name.clone()).map_err(|_| {
            Diagnostic::error("cluster-tls", format!("the `tls-server-name` `{name}` is no name of a host"))
        })
    });
    Ok(TlsConnector {
        server: tls::config(&connection.trust, identity.as_ref())?,
        proxy: if proxied { tls::config(&Trust::Machine, None).ok() } else { None },
        authority: authority.to_owned(),
        name: name.transpose()?,
    })
}

fn why(error: ureq::Error) -> RequestErrorKind {
    use std::io::ErrorKind;
    match error {
        ureq::Error::Tls(reason) => RequestErrorKind::Tls(reason.to_owned()),
        ureq::Error::HostNotFound => RequestErrorKind::NoConnection("there is no such host".to_owned()),
        ureq::Error::ConnectProxyFailed(reason) => RequestErrorKind::NoConnection(format!("the proxy: {reason}")),
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => {
            RequestErrorKind::NoConnection(format!("nothing answers within {} seconds", CONNECT.as_secs()))
        }
        ureq::Error::Timeout(_) => {
            RequestErrorKind::NoAnswer(format!("nothing came within {} seconds", ANSWER.as_secs()))
        }
        ureq::Error::Io(error) => {
            match (error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()), error.kind()) {
                (Some(reason), _) => RequestErrorKind::Tls(reason.to_string()),
                (None, ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => {
                    RequestErrorKind::NoConnection(error.to_string())
                }
                (None, _) => RequestErrorKind::NoAnswer(error.to_string()),
            }
        }
        ureq::Error::BodyExceedsLimit(limit) => RequestErrorKind::Garbled(format!("it is longer than {limit} bytes")),
        error @ ureq::Error::Protocol(_) => RequestErrorKind::Garbled(error.to_string()),
        error => RequestErrorKind::NoConnection(error.to_string()),
    }
}

fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

fn pause(attempt: u32, wanted: Option<Duration>) -> Duration {
    let own = Duration::from_millis(200).saturating_mul(1 << attempt.saturating_sub(1).min(10));
    wanted.unwrap_or(own).min(Duration::from_secs(10))
}

// What is no `Status` (a proxy's page, for one) is told as it is, cut short.
fn refusal(code: u16, bytes: &[u8]) -> Refusal {
    let read: Option<Value> = serde_json::from_slice(bytes).ok();
    let mut refusal = Refusal::parse(code, &read.unwrap_or_default());
    if refusal.message.is_empty() {
        let text: String = String::from_utf8_lossy(bytes).chars().take(300).collect();
        let text: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        refusal.message = if text.is_empty() { ecow::eco_format!("HTTP status {code}") } else { text.into() };
    }
    refusal
}

struct Slots {
    free: Mutex<usize>,
    freed: Condvar,
}

impl Slots {
    fn take(&self) -> Slot<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Slot(self)
    }
}

struct Slot<'a>(&'a Slots);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::time::Instant;

    use super::*;
    use crate::connection::Choice;

    // A server that gives these answers, one a connection, and returns the requests as they came.
    fn server(answers: Vec<String>) -> (String, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let served = std::thread::spawn(move || {
            let serve = |answer: String| {
                let (mut stream, _) = listener.accept().expect("a client");
                let lines = BufReader::new(stream.try_clone().expect("a stream")).lines().map_while(Result::ok);
                let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                stream.write_all(answer.as_bytes()).expect("an answer");
                head.join("\n")
            };
            answers.into_iter().map(serve).collect()
        });
        (url, served)
    }

    fn answer(status: &str, headers: &str, body: &str) -> String {
        format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    fn client(url: &str, user: &str) -> Client {
        let text = format!(
            "current-context: a\ncontexts: [{{name: a, context: {{cluster: c, user: u}}}}]\n\
             clusters: [{{name: c, cluster: {{server: '{url}'}}}}]\nusers: [{{name: u, user: {user}}}]\n"
        );
        let config = crate::kubeconfig::merge(&[("config".to_owned(), text)], &mut Default::default()).value;
        Client::new(Connection::of(&config, &Choice::default()).expect("a connection")).expect("a client")
    }

    #[test]
    fn a_busy_server_is_asked_again_when_it_says() {
        let (url, served) = server(vec![
            answer("429 Too Many Requests", "Retry-After: 1\r\n", ""),
            answer("503 Service Unavailable", "Retry-After: 0\r\n", ""),
            answer("200 OK", "", "{\"a\":1}"),
        ]);
        let started = Instant::now();
        let value = client(&url, "{token: t}").send(&Call::get("/api")).expect("an answer");
        assert_eq!(value.get("a").and_then(Value::as_i64), Some(1));
        assert!(started.elapsed() >= Duration::from_secs(1));
        let requests = served.join().expect("served");
        assert_eq!(requests.len(), 3);
        assert!(requests[0].to_lowercase().contains("authorization: bearer t"), "{}", requests[0]);
    }

    #[test]
    fn what_stays_broken_and_what_is_refused_is_told() {
        let broken = || {
            answer("500 Internal Server Error", "", "{\"message\":\"a webhook broke\",\"reason\":\"InternalError\"}")
        };
        let (url, served) = server(vec![broken(), broken(), broken()]);
        let error = client(&url, "{}").send(&Call::get("/api?x=y")).expect_err("broken");
        assert_eq!(served.join().expect("served").len(), 3);
        assert_eq!(error.to_string(), format!("{url} (context `a`) refuses GET /api: a webhook broke (500)"));
        let (url, served) = server(vec![answer("403 Forbidden", "", "<p>no")]);
        let error = client(&url, "{}").send(&Call::get("/api")).expect_err("refused");
        assert_eq!(served.join().expect("served").len(), 1);
        assert_eq!(error.diagnostic().code, "cluster-forbidden");
        assert!(error.to_string().contains("<p>no"), "{error}");
    }

    #[test]
    fn an_address_where_nobody_is_is_told_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        drop(listener);
        let started = Instant::now();
        let error = client(&url, "{}").send(&Call::get("/api")).expect_err("nobody");
        assert!(matches!(error.kind, RequestErrorKind::NoConnection(_)), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn answers_that_are_none_are_errors() {
        let (url, served) = server(vec![answer("200 OK", "", "hello")]);
        let error = client(&url, "{}").send(&Call::get("/api")).expect_err("no JSON");
        assert!(matches!(error.kind, RequestErrorKind::Garbled(_)), "{error:?}");
        served.join().expect("served");
    }

    #[test]
    fn whom_somebody_acts_as_is_told() {
        let (url, served) = server(vec![answer("200 OK", "", "{}")]);
        let user = "{as: bob, as-groups: [dev, ops], as-user-extra: {example.com/Scope: [view]}}";
        client(&url, user).send(&Call::get("/api")).expect("an answer");
        let head = served.join().expect("served").remove(0).to_lowercase();
        for line in [
            "impersonate-user: bob",
            "impersonate-group: dev",
            "impersonate-group: ops",
            "impersonate-extra-example.com%2fscope: view",
        ] {
            assert!(head.contains(line), "{line} in {head}");
        }
    }

    #[test]
    fn a_token_that_is_refused_is_read_anew() {
        let file = std::env::temp_dir().join(format!("rhumb-token-{}", std::process::id()));
        std::fs::write(&file, "old").expect("written");
        let (url, served) = server(vec![answer("401 Unauthorized", "", ""), answer("200 OK", "", "{}")]);
        let client = client(&url, &format!("{{tokenFile: '{}'}}", file.display()));
        std::fs::write(&file, "new").expect("written");
        client.send(&Call::get("/api")).expect("an answer");
        std::fs::remove_file(&file).expect("removed");
        let heads = served.join().expect("served");
        assert!(heads[0].contains("Bearer old") && heads[1].contains("Bearer new"), "{heads:?}");
    }

    #[test]
    fn addresses_and_proxies_that_are_none_are_errors() {
        let fails = |cluster: &str| {
            let text = format!(
                "current-context: a\ncontexts: [{{name: a, context: {{cluster: c}}}}]\nclusters: [{{name: c, cluster: {{{cluster}}}}}]\n"
            );
            let config = crate::kubeconfig::merge(&[("config".to_owned(), text)], &mut Default::default()).value;
            let connection = Connection::of(&config, &Choice::default()).expect("a connection");
            Client::new(connection).map(drop).expect_err("no client").code
        };
        assert_eq!(fails("server: one"), "cluster-address");
        assert_eq!(fails("server: 'ftp://one'"), "cluster-address");
        assert_eq!(fails("server: 'http://one', proxy-url: 'ftp://proxy'"), "cluster-proxy");
        assert_eq!(
            fails("server: 'https://one', insecure-skip-tls-verify: true, tls-server-name: 'a b'"),
            "cluster-tls"
        );
    }
}
