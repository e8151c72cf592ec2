//! Requests and answers: JSON over one bounded set of connections, asked again when the server is busy or gone.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, StatusCode};
use kube::Client;
use kube::client::Body;
use rhumb::plan::Refusal;
use rhumb::value::Value;
use tokio::sync::Semaphore;

/// At most so many requests are under way at once, and so no more connections are open.
pub const CONNECTIONS: usize = 32;

const ATTEMPTS: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Speaks to one server.
#[derive(Clone)]
pub struct Transport {
    client: Client,
    slots: Arc<Semaphore>,
}

/// Why a request has no result.
#[derive(Debug, Clone, PartialEq)]
pub enum RequestError {
    /// The server said no.
    Refused(Refusal),
    /// The server gave no answer; the text says why.
    NoAnswer(String),
    /// The answer is no JSON.
    Garbled(String),
}

impl std::fmt::Display for RequestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RequestError::Refused(refusal) => write!(f, "{} ({})", refusal.message, refusal.code),
            RequestError::NoAnswer(reason) => write!(f, "the server gives no answer: {reason}"),
            RequestError::Garbled(reason) => write!(f, "the server's answer cannot be read: {reason}"),
        }
    }
}

/// A request before it is sent.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl Call {
    /// Returns a request without a body.
    pub fn get(path: impl Into<String>) -> Call {
        Call { method: Method::GET, path: path.into(), content_type: "application/json", body: Vec::new() }
    }
}

impl Transport {
    /// Returns a transport over a client.
    pub fn new(client: Client) -> Transport {
        Transport { client, slots: Arc::new(Semaphore::new(CONNECTIONS)) }
    }

    /// Sends a request, and again after a pause where the server was busy, failed, or could not be reached. All requests
    /// of this crate can be sent twice: reads, applies, and writes that name a resource version or uid.
    ///
    /// # Errors
    /// When the server refuses, or gives no answer after all attempts.
    pub async fn send(&self, call: &Call) -> Result<Value, RequestError> {
        let _slot = self.slots.acquire().await.map_err(|error| RequestError::NoAnswer(error.to_string()))?;
        let mut attempt = 1;
        loop {
            let (error, wait) = match self.once(call).await {
                Ok(value) => return Ok(value),
                Err(failed) => failed,
            };
            let again = match &error {
                RequestError::Refused(refusal) => matches!(refusal.code, 429 | 500 | 502 | 503 | 504),
                RequestError::NoAnswer(_) => true,
                RequestError::Garbled(_) => false,
            };
            if !again || attempt == ATTEMPTS {
                return Err(error);
            }
            let pause = FIRST_PAUSE.saturating_mul(1 << (attempt - 1));
            tokio::time::sleep(wait.unwrap_or(pause).min(LONGEST_PAUSE)).await;
            attempt += 1;
        }
    }

    async fn once(&self, call: &Call) -> Result<Value, (RequestError, Option<Duration>)> {
        let request = Request::builder()
            .method(call.method.clone())
            .uri(&call.path)
            .header(http::header::ACCEPT, "application/json")
            .header(http::header::CONTENT_TYPE, call.content_type)
            .body(Body::from(call.body.clone()))
            .map_err(|error| (RequestError::NoAnswer(error.to_string()), None))?;
        let no_answer = |error: kube::Error| (RequestError::NoAnswer(chain(&error)), None);
        let response = self.client.send(request).await.map_err(no_answer)?;
        let status = response.status();
        let wait = retry_after(&response);
        let bytes = response.into_body().collect_bytes().await.map_err(no_answer)?;
        if status.is_success() {
            let read = serde_json::from_slice(&bytes);
            return read.map_err(|error| (RequestError::Garbled(error.to_string()), None));
        }
        Err((RequestError::Refused(refusal(status, &bytes)), wait))
    }
}

fn retry_after<B>(response: &http::Response<B>) -> Option<Duration> {
    let text = response.headers().get(http::header::RETRY_AFTER)?.to_str().ok()?;
    text.parse().ok().map(Duration::from_secs)
}

// What is no `Status` (a proxy's page, for one) is told as it is, cut short.
fn refusal(status: StatusCode, bytes: &[u8]) -> Refusal {
    let read: Option<Value> = serde_json::from_slice(bytes).ok();
    let mut refusal = Refusal::parse(status.as_u16(), &read.unwrap_or_default());
    if refusal.message.is_empty() {
        let text: String = String::from_utf8_lossy(bytes).chars().take(300).collect();
        let text = if text.trim().is_empty() { status.to_string() } else { text.trim().to_owned() };
        refusal.message = text.into();
    }
    refusal
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = error.source();
    }
    text
}
