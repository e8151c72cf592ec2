//! What a watch has seen, as Prometheus reads it: a text in a file, or on a port of this machine.
//!
//! The form is that of <https://prometheus.io/docs/instrumenting/exposition_formats/>. Numbers that only grow end in
//! `_total`; all else is as the last look that went well saw it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rhumb::object::ObjectKey;
use rhumb::plan::ReleaseName;

use crate::loopback::{self, Request, is_own, send};
use crate::output::Failure;
use crate::write;

/// What a look at a release saw.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// The newest revision.
    pub(super) revision: u64,
    /// Its objects, and whether each is ready.
    pub(super) ready: BTreeMap<ObjectKey, bool>,
    /// The objects that are not as they were applied, with what an apply would do to them.
    pub(super) drifted: BTreeMap<ObjectKey, &'static str>,
}

/// Everything that is told of a release.
#[derive(Debug, Clone)]
pub(super) struct Metrics {
    release: ReleaseName,
    seen: Option<Seen>,
    looks: u64,
    failures: u64,
    last_look: Option<(i64, f64)>,
}

impl Metrics {
    pub(super) fn new(release: ReleaseName) -> Metrics {
        Metrics { release, seen: None, looks: 0, failures: 0, last_look: None }
    }

    /// Takes in a look that ended at a time, in seconds since 1970, and how long it took.
    pub(super) fn looked(&mut self, seen: Seen, at: i64, took: Duration) {
        self.looks += 1;
        self.seen = Some(seen);
        self.last_look = Some((at, took.as_secs_f64()));
    }

    /// Takes in a look that failed.
    pub(super) fn failed(&mut self) {
        self.looks += 1;
        self.failures += 1;
    }

    /// Returns the text.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        let of = format!("namespace=\"{}\",release=\"{}\"", label(&self.release.namespace), label(&self.release.name));
        let mut family = |name: &str, kind: &str, help: &str, samples: &[(String, String)]| {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, value) in samples {
                let _ = writeln!(out, "{name}{{{labels}}} {value}");
            }
        };
        let one = |value: String| vec![(of.clone(), value)];
        family("rhumb_looks_total", "counter", "How often the release was looked at.", &one(self.looks.to_string()));
        let failures = one(self.failures.to_string());
        family("rhumb_look_failures_total", "counter", "How often it could not be looked at.", &failures);
        if let Some((at, took)) = self.last_look {
            let help = "When it was last looked at, in seconds since 1970.";
            family("rhumb_last_look_timestamp_seconds", "gauge", help, &one(at.to_string()));
            family("rhumb_last_look_duration_seconds", "gauge", "How long that took.", &one(format!("{took:.3}")));
        }
        let Some(seen) = &self.seen else { return out };
        family("rhumb_release_revision", "gauge", "The newest revision.", &one(seen.revision.to_string()));
        family("rhumb_release_objects", "gauge", "How many objects it has.", &one(seen.ready.len().to_string()));
        let unready = seen.ready.values().filter(|is_ready| !**is_ready).count();
        family("rhumb_release_objects_unready", "gauge", "How many are not ready.", &one(unready.to_string()));
        let drifted = one(seen.drifted.len().to_string());
        family("rhumb_drift_objects", "gauge", "How many are not as they were applied.", &drifted);
        let sample = |(key, action): (&ObjectKey, &&'static str)| {
            let labels = format!(
                "{of},group=\"{}\",kind=\"{}\",object_namespace=\"{}\",object=\"{}\",action=\"{action}\"",
                label(&key.group),
                label(&key.kind),
                label(&key.namespace),
                label(&key.name)
            );
            (labels, "1".to_owned())
        };
        let samples: Vec<_> = seen.drifted.iter().map(sample).collect();
        let help = "An object that is not as it was applied, and what an apply would do to it.";
        family("rhumb_drift_object", "gauge", help, &samples);
        out
    }
}

fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Writes a text into a file, whole, for who collects texts from files.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    write::replace_file(path, text.as_bytes()).map_err(|error| write::unwritable(path, &error))
}

/// Serves a text on a port of this machine until the program ends, and returns the address.
///
/// # Errors
/// When the port is not free.
pub(super) fn serve(port: u16, text: &Arc<Mutex<String>>) -> Result<String, Failure> {
    let taken = |error: std::io::Error| {
        let failure = Failure::new("cli-metrics-port", format!("nothing can be served on port {port}: {error}"));
        failure.help("choose another one with `--metrics-port`; 0 takes any that is free")
    };
    let (listener, port) = loopback::listen(port).map_err(taken)?;
    let text = text.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // One after the other: who collects comes alone, and nobody is waited for long.
            let _ = answer(stream, port, &text);
        }
    });
    Ok(format!("http://127.0.0.1:{port}/metrics"))
}

const PATIENCE: Duration = Duration::from_secs(2);

fn answer(mut stream: TcpStream, port: u16, text: &Mutex<String>) -> std::io::Result<()> {
    let status = status(Request::read(&mut stream, PATIENCE)?.as_ref(), port);
    let body = match status {
        200 => text.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        405 => "only GET is answered\n".to_owned(),
        421 => "this is for this machine alone\n".to_owned(),
        _ => "the metrics are at /metrics\n".to_owned(),
    };
    send(&mut stream, status, "text/plain; version=0.0.4; charset=utf-8", body.as_bytes(), true)
}

// A page of somebody else must not read it through a browser on this machine, whatever name leads here.
fn status(request: Option<&Request>, port: u16) -> u16 {
    let Some(request) = request else { return 405 };
    if request.has("host") && !request.header("host").is_some_and(|host| is_own(host, port)) {
        return 421;
    }
    match request.target.split('?').next() {
        _ if request.method != "GET" => 405,
        Some("/metrics") => 200,
        _ => 404,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_told_in_numbers_and_one_that_failed_leaves_the_last_one() {
        let mut metrics = Metrics::new(ReleaseName { namespace: "shop".into(), name: "w\"eb".into() });
        assert!(metrics.text().contains("rhumb_looks_total{namespace=\"shop\",release=\"w\\\"eb\"} 0\n"));
        assert!(!metrics.text().contains("rhumb_drift_objects"), "nothing was seen yet");
        let key = |name: &str| ObjectKey { kind: "ConfigMap".into(), name: name.into(), ..ObjectKey::default() };
        let seen = Seen {
            revision: 3,
            ready: [(key("a"), true), (key("b"), false)].into(),
            drifted: [(key("a"), "update")].into(),
        };
        metrics.looked(seen, 1_800_000_000, Duration::from_millis(1500));
        metrics.failed();
        let text = metrics.text();
        for (name, value) in [
            ("looks_total", "2"),
            ("look_failures_total", "1"),
            ("last_look_timestamp_seconds", "1800000000"),
            ("last_look_duration_seconds", "1.500"),
            ("release_revision", "3"),
            ("release_objects", "2"),
            ("release_objects_unready", "1"),
            ("drift_objects", "1"),
        ] {
            let line = format!("rhumb_{name}{{namespace=\"shop\",release=\"w\\\"eb\"}} {value}\n");
            assert!(text.contains(&line), "{line}{text}");
        }
        assert!(
            text.contains("group=\"\",kind=\"ConfigMap\",object_namespace=\"\",object=\"a\",action=\"update\"} 1\n")
        );
        let helps = text.lines().filter(|line| line.starts_with("# HELP")).count();
        assert_eq!(helps, text.lines().filter(|line| line.starts_with("# TYPE")).count());
    }

    #[test]
    fn only_this_machine_is_answered_and_only_with_the_metrics() {
        let of = |first: &str, host: &str| {
            status(Request::parse(&format!("{first} HTTP/1.1\r\nHost: {host}\r\n\r\n")).as_ref(), 9)
        };
        assert_eq!(of("GET /metrics", "127.0.0.1:9"), 200);
        assert_eq!(of("GET /metrics?x=y", "localhost:9"), 200);
        assert_eq!(of("GET /", "localhost:9"), 404);
        assert_eq!(of("POST /metrics", "localhost:9"), 405);
        assert_eq!(of("GET /metrics", "evil.example"), 421);
        assert_eq!(status(Request::parse("").as_ref(), 9), 405);
        let twice = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9\r\nHost: evil.example\r\n\r\n";
        assert_eq!(status(Request::parse(twice).as_ref(), 9), 421);
    }
}
