//! What charts look up in a cluster: answered once, and known afterwards.
//!
//! An embedder that may not wait while a chart renders (a browser, an event loop) gives what it has read so far. What is
//! missing there is noted, the chart goes on as if it were not in the cluster, and the result is worth nothing but the
//! list of what to read before asking again.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::host::{Host, SealedHost, Timestamp};
use crate::object::{Gvk, Read};
use crate::value::Value;

/// What a cluster was asked for, with what it answered; nothing where there is no such object.
pub type Answers = BTreeMap<Read, Option<Value>>;

/// A host that notes what is looked up through it.
pub struct Reads {
    host: Arc<dyn Host + Send + Sync>,
    /// Whether the host itself is asked for what is not known.
    asks: bool,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    answers: Answers,
    used: BTreeMap<Read, bool>,
}

impl fmt::Debug for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reads").field("asks", &self.asks).finish_non_exhaustive()
    }
}

impl Reads {
    /// Returns a host like another one; with answers, these are all that is looked up, else the other is asked.
    pub fn new(host: Option<Arc<dyn Host + Send + Sync>>, answers: Option<Answers>) -> Reads {
        let host = host.unwrap_or_else(|| Arc::new(SealedHost));
        let asks = answers.is_none();
        Reads { host, asks, seen: Mutex::new(Seen { answers: answers.unwrap_or_default(), used: BTreeMap::new() }) }
    }

    /// Returns what was looked up and answered.
    pub fn answered(&self) -> Answers {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = seen.used.iter().filter(|(_, is_known)| **is_known).map(|(read, _)| read);
        answered.map(|read| (read.clone(), seen.answers.get(read).cloned().flatten())).collect()
    }

    /// Returns what was looked up and is not known.
    pub fn missing(&self) -> Vec<Read> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.used.iter().filter(|(_, is_known)| !**is_known).map(|(read, _)| read.clone()).collect()
    }
}

impl Host for Reads {
    fn now(&self) -> Result<Timestamp, String> {
        self.host.now()
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), String> {
        self.host.random(bytes)
    }

    fn lookup(&self, gvk: &Gvk, namespace: &str, name: &str) -> Result<Option<Value>, String> {
        let read = Read { gvk: gvk.clone(), namespace: namespace.into(), name: name.into() };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = seen.answers.get(&read).cloned() {
            seen.used.insert(read, true);
            return Ok(known);
        }
        if !self.asks {
            seen.used.insert(read, false);
            return Ok(None);
        }
        // Nobody else is kept waiting while the cluster is asked.
        drop(seen);
        let found = self.host.lookup(gvk, namespace, name)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.used.insert(read.clone(), true);
        Ok(seen.answers.entry(read).or_insert(found).clone())
    }
}
