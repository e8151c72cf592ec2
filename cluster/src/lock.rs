//! One run at a time for each release: a Lease that whoever writes holds and renews.
//!
//! The lease is called `rhumb.lock.NAME` in the namespace of the release. A run that died stops renewing it, and the next
//! one takes it over once it has seen the lease unchanged for as long as the lease says: clocks of different machines are
//! not compared, unless the last renewal is so long ago that no clock is that wrong. A run that is cut off from the server
//! stops writing before its lease ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rhumb::diag::Diagnostic;
use rhumb::plan::ReleaseName;
use rhumb::render::Timestamp;
use rhumb::value::Value;

use crate::calls::{delete, map, write};
use crate::client::{Call, Client};
use crate::clock;
use crate::error::RequestError;
use crate::paths::encode;

// As long as that of controllers that elect a leader.
const LEASE: Duration = Duration::from_secs(15);
const RENEWAL: Duration = Duration::from_secs(4);
// Nothing is written once so little of the lease is left.
const MARGIN: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(500);
// No clock is so wrong.
const LONG_AGO: i64 = 3600;

/// How a lock is taken.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Who takes it: a text that nobody else has.
    pub holder: String,
    /// How long somebody else is waited for.
    pub patience: Duration,
}

/// A lock that is held.
#[derive(Debug)]
pub struct Held {
    renewed: Mutex<Instant>,
    lost: AtomicBool,
    ended: Mutex<bool>,
    end: Condvar,
}

impl Held {
    /// Whether it is still held, so that writing is safe.
    pub fn is_held(&self) -> bool {
        let renewed = *self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        !self.lost.load(Ordering::Relaxed) && renewed.elapsed() < LEASE - MARGIN
    }
}

/// Why there is no lock.
#[derive(Debug)]
pub enum LockError {
    /// Somebody else holds it.
    Taken(Diagnostic),
    /// It was given up while waiting.
    Stopped,
    /// The server gave no answer, or refused.
    Request(RequestError),
}

impl From<RequestError> for LockError {
    fn from(error: RequestError) -> LockError {
        LockError::Request(error)
    }
}

/// Does something while the lock of a release is held. `tell` hears once for whom it waits; `stopped` says when nobody
/// wants to wait any longer.
///
/// # Errors
/// When somebody else holds it for too long, or the server does not give it.
pub fn holding<T>(
    client: &Client,
    release: &ReleaseName,
    claim: &Claim,
    tell: &dyn Fn(&str),
    stopped: &dyn Fn() -> bool,
    work: impl FnOnce(&Held) -> T,
) -> Result<T, LockError> {
    let lock = Lock { client, path: path(release), name: name(release), release, claim };
    lock.take(tell, stopped)?;
    let held = Held {
        renewed: Mutex::new(Instant::now()),
        lost: AtomicBool::new(false),
        ended: Mutex::new(false),
        end: Condvar::new(),
    };
    let result = std::thread::scope(|scope| {
        scope.spawn(|| lock.keep(&held));
        // The heart must stop even where the work panics.
        let stop = Stop(&held);
        let result = work(&held);
        drop(stop);
        result
    });
    lock.release();
    Ok(result)
}

struct Stop<'a>(&'a Held);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        *self.0.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.end.notify_all();
    }
}

fn name(release: &ReleaseName) -> String {
    format!("rhumb.lock.{}", release.name)
}

fn path(release: &ReleaseName) -> String {
    format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases", encode(&release.namespace))
}

struct Lock<'a> {
    client: &'a Client,
    path: String,
    name: String,
    release: &'a ReleaseName,
    claim: &'a Claim,
}

impl Lock<'_> {
    fn read(&self) -> Result<Option<Value>, RequestError> {
        match self.client.send(&Call::get(format!("{}/{}", self.path, encode(&self.name)))) {
            Ok(lease) => Ok(Some(lease)),
            Err(error) if is(&error, 404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn take(&self, tell: &dyn Fn(&str), stopped: &dyn Fn() -> bool) -> Result<(), LockError> {
        let started = Instant::now();
        // The version of the lease as it was last seen, and since when it has not changed.
        let mut seen = (String::new(), Instant::now());
        let mut told = false;
        loop {
            let lease = self.read()?;
            if self.try_take(lease.as_ref(), &seen)? {
                return Ok(());
            }
            let Some(lease) = lease else { continue };
            let version = lease.text_below(&["metadata", "resourceVersion"]);
            if seen.0 != version {
                seen = (version.to_owned(), Instant::now());
            }
            if !told && !lease.text_below(&["spec", "holderIdentity"]).is_empty() {
                tell(&format!("waiting for {}", self.holder(&lease)));
                told = true;
            }
            // Whoever died is given the time to be seen dead.
            if started.elapsed() > self.claim.patience && seen.1.elapsed() < LEASE / 2 {
                return Err(LockError::Taken(self.taken(&lease)));
            }
            if stopped() {
                return Err(LockError::Stopped);
            }
            std::thread::sleep(LOOK);
        }
    }

    // Takes it where nobody has it, or whoever had it is gone; somebody else may be faster.
    fn try_take(&self, lease: Option<&Value>, seen: &(String, Instant)) -> Result<bool, RequestError> {
        let sent = match lease {
            None => self.client.send(&write("POST", self.path.clone(), JSON, &self.lease("", 0, None))),
            Some(lease) => {
                let version = lease.text_below(&["metadata", "resourceVersion"]);
                let holder = lease.text_below(&["spec", "holderIdentity"]);
                let unchanged = seen.0 == version && seen.1.elapsed() >= duration(lease);
                let is_free = holder.is_empty() || holder == self.claim.holder || unchanged || is_long_ago(lease);
                if !is_free {
                    return Ok(false);
                }
                let changes = lease.get("spec").and_then(|spec| spec.get("leaseTransitions")?.as_i64());
                self.put(version, changes.unwrap_or_default() + 1, None)
            }
        };
        match sent {
            Ok(_) => Ok(true),
            Err(error) if is(&error, 409) => Ok(false),
            // Gone since it was read.
            Err(error) if is(&error, 404) && lease.is_some() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn put(&self, version: &str, changes: i64, acquired: Option<&str>) -> Result<Value, RequestError> {
        let path = format!("{}/{}", self.path, encode(&self.name));
        self.client.send(&write("PUT", path, JSON, &self.lease(version, changes, acquired)))
    }

    fn lease(&self, version: &str, changes: i64, acquired: Option<&str>) -> Value {
        let now = clock::now().to_rfc3339();
        let seconds = i64::try_from(LEASE.as_secs()).unwrap_or_default();
        let spec = map([
            ("holderIdentity", self.claim.holder.as_str().into()),
            ("leaseDurationSeconds", seconds.into()),
            ("acquireTime", acquired.unwrap_or(&now).into()),
            ("renewTime", now.as_str().into()),
            ("leaseTransitions", changes.into()),
        ]);
        let labels = map([("rhumb.dev/owner", "rhumb".into()), ("rhumb.dev/lock", self.release.name.clone().into())]);
        let mut metadata = vec![
            ("name", Value::from(self.name.as_str())),
            ("namespace", self.release.namespace.clone().into()),
            ("labels", labels),
        ];
        if !version.is_empty() {
            metadata.push(("resourceVersion", version.into()));
        }
        let metadata: rhumb::value::Map = metadata.into_iter().collect();
        map([
            ("apiVersion", "coordination.k8s.io/v1".into()),
            ("kind", "Lease".into()),
            ("metadata", metadata.into()),
            ("spec", spec),
        ])
    }

    fn keep(&self, held: &Held) {
        loop {
            let ended = held.ended.lock().unwrap_or_else(PoisonError::into_inner);
            let wait = held.end.wait_timeout_while(ended, RENEWAL, |ended| !*ended);
            if *wait.unwrap_or_else(PoisonError::into_inner).0 {
                return;
            }
            // Counted from before the request: the server may have taken it at once.
            let asked = Instant::now();
            match self.renew() {
                Ok(true) => *held.renewed.lock().unwrap_or_else(PoisonError::into_inner) = asked,
                Ok(false) => {
                    held.lost.store(true, Ordering::Relaxed);
                    return;
                }
                // Perhaps the next time; the lease ends by itself if not.
                Err(_) => {}
            }
        }
    }

    // Returns whether it is still ours.
    fn renew(&self) -> Result<bool, RequestError> {
        let Some(lease) = self.read()? else { return Ok(false) };
        if lease.text_below(&["spec", "holderIdentity"]) != self.claim.holder {
            return Ok(false);
        }
        let changes = lease.get("spec").and_then(|spec| spec.get("leaseTransitions")?.as_i64()).unwrap_or_default();
        let acquired = lease.text_below(&["spec", "acquireTime"]);
        match self.put(lease.text_below(&["metadata", "resourceVersion"]), changes, Some(acquired)) {
            Ok(_) => Ok(true),
            Err(error) if is(&error, 409) || is(&error, 404) => Ok(false),
            Err(error) => Err(error),
        }
    }

    // A lease that stays because the server is gone ends by itself.
    fn release(&self) {
        let Ok(Some(lease)) = self.read() else { return };
        if lease.text_below(&["spec", "holderIdentity"]) == self.claim.holder {
            let (uid, version) =
                (lease.text_below(&["metadata", "uid"]), lease.text_below(&["metadata", "resourceVersion"]));
            let _ = self.client.send(&delete(format!("{}/{}", self.path, encode(&self.name)), uid, version));
        }
    }

    fn holder(&self, lease: &Value) -> String {
        let (holder, since) =
            (lease.text_below(&["spec", "holderIdentity"]), lease.text_below(&["spec", "acquireTime"]));
        format!("{holder}, which has worked on the release {} since {since}", self.release)
    }

    fn taken(&self, lease: &Value) -> Diagnostic {
        let message = format!("the release is being worked on: by {}", self.holder(lease));
        Diagnostic::error("cluster-locked", message).help(format!(
            "wait until it has ended, or longer with `--lock-timeout`; where it has died, the lease `{}` ends by itself",
            self.name
        ))
    }
}

const JSON: &str = "application/json";

fn is(error: &RequestError, code: u16) -> bool {
    error.refusal().is_some_and(|refusal| refusal.code == code)
}

fn duration(lease: &Value) -> Duration {
    let seconds = lease.get("spec").and_then(|spec| spec.get("leaseDurationSeconds")?.as_i64());
    seconds.and_then(|seconds| u64::try_from(seconds).ok()).map_or(LEASE, Duration::from_secs)
}

fn is_long_ago(lease: &Value) -> bool {
    let renewed = Timestamp::parse(lease.text_below(&["spec", "renewTime"]));
    renewed.is_some_and(|renewed| clock::now().seconds - renewed.seconds > LONG_AGO)
}
