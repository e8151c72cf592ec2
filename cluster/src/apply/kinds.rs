//! What the server has, while a run adds to it.

use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use rhumb::object::Gvk;
use rhumb::plan::ApiKind;

use crate::client::Client;
use crate::discovery::Discovery;
use crate::error::RequestError;

// A definition is established a moment before its objects can be written everywhere.
const LAG: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(200);

/// The kinds of a server, asked for anew when one is missing that a definition has just made.
pub(super) struct Kinds<'a> {
    client: &'a Client,
    known: RwLock<Discovery>,
    // Until when a kind that is not there may still come.
    until: RwLock<Option<Instant>>,
}

impl<'a> Kinds<'a> {
    pub(super) fn new(client: &'a Client, known: Discovery) -> Kinds<'a> {
        Kinds { client, known: RwLock::new(known), until: RwLock::new(None) }
    }

    /// Hears that definitions were written.
    pub(super) fn definitions_changed(&self) {
        *self.until.write().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + LAG);
    }

    /// Whether what is not there may still come.
    pub(super) fn may_come(&self) -> bool {
        self.until.read().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| Instant::now() < until)
    }

    /// Returns what the server has of a type.
    pub(super) fn find(&self, gvk: &Gvk) -> Result<Option<ApiKind>, RequestError> {
        loop {
            let found = self.known.read().unwrap_or_else(PoisonError::into_inner).kind(gvk).cloned();
            if found.is_some() || !self.may_come() {
                return Ok(found);
            }
            // One thread asks, the others wait for it and look again.
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if known.kind(gvk).is_none() {
                *known = Discovery::read(self.client)?;
                if known.kind(gvk).is_none() {
                    std::thread::sleep(LOOK);
                }
            }
        }
    }

    /// Waits a little for what is about to come.
    pub(super) fn pause() {
        std::thread::sleep(LOOK);
    }
}
