//! What templates may ask of the world.

use std::sync::{Mutex, PoisonError};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use crate::object::Gvk;
use crate::value::Value;

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timestamp {
    /// Seconds since 1970 UTC.
    pub seconds: i64,
    /// The rest, less than a second.
    pub nanoseconds: u32,
}

impl Timestamp {
    /// Reads a time as RFC 3339 has it, or whole seconds since 1970; `None` for anything else.
    pub fn parse(text: &str) -> Option<Timestamp> {
        if let Ok(seconds) = text.parse() {
            return Some(Timestamp { seconds, nanoseconds: 0 });
        }
        let time: jiff::Timestamp = text.parse().ok()?;
        // Before 1970 the rest counts backwards there.
        let nanoseconds = i64::from(time.subsec_nanosecond());
        let (seconds, nanoseconds) = match nanoseconds < 0 {
            true => (time.as_second() - 1, nanoseconds + 1_000_000_000),
            false => (time.as_second(), nanoseconds),
        };
        Some(Timestamp { seconds, nanoseconds: u32::try_from(nanoseconds).ok()? })
    }

    /// Returns the time as RFC 3339 has it, in UTC and with six digits after the second; what lies beyond the years that
    /// can be written so is the nearest that does not.
    pub fn to_rfc3339(&self) -> String {
        let nanoseconds = i32::try_from(self.nanoseconds).unwrap_or_default();
        let nearest = if self.seconds < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        let time = jiff::Timestamp::new(self.seconds, nanoseconds).unwrap_or(nearest);
        format!("{time:.6}")
    }
}

/// Answers to the few questions that cannot be answered from a package alone.
///
/// Native templates ask none of them: they are pure. Charts may (`now`, `randAlphaNum`, `lookup`), and the front-end
/// decides what they get.
pub trait Host {
    /// Returns the time.
    ///
    /// # Errors
    /// When the host keeps the time to itself; the text says which option would tell it.
    fn now(&self) -> Result<Timestamp, String>;

    /// Fills a buffer with random bytes.
    ///
    /// # Errors
    /// When the host gives none; the text says which option would.
    fn random(&self, bytes: &mut [u8]) -> Result<(), String>;

    /// Returns an object of the cluster; `None` where there is none.
    ///
    /// # Errors
    /// When no cluster may be asked; the text says which option would allow it.
    fn lookup(&self, gvk: &Gvk, namespace: &str, name: &str) -> Result<Option<Value>, String>;
}

/// Refuses everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct SealedHost;

impl Host for SealedHost {
    fn now(&self) -> Result<Timestamp, String> {
        Err("the time is not available: rendering is reproducible".to_owned())
    }

    fn random(&self, _: &mut [u8]) -> Result<(), String> {
        Err("random numbers are not available: rendering is reproducible".to_owned())
    }

    fn lookup(&self, gvk: &Gvk, _: &str, name: &str) -> Result<Option<Value>, String> {
        Err(format!("{gvk} `{name}` cannot be looked up: no cluster is asked while rendering"))
    }
}

/// A world of its own: a clock that stands still, random bytes that follow from a seed, and no object in the cluster.
///
/// The bytes are the stream of ChaCha20 under the SHA-256 of the seed, so the same seed, the same time and the same
/// chart give the same text on every machine. They are no secret from anybody who knows the seed.
///
/// ```
/// use rhumb::render::{Host, SeededHost, Timestamp};
///
/// let draw = || {
///     let host = SeededHost::new("2026-10-12", Timestamp { seconds: 1_800_000_000, nanoseconds: 0 });
///     let mut bytes = [0; 8];
///     host.random(&mut bytes).map(|()| bytes)
/// };
/// assert_eq!(draw(), draw());
/// ```
#[derive(Debug)]
pub struct SeededHost {
    now: Timestamp,
    stream: Mutex<ChaCha20Rng>,
}

impl SeededHost {
    /// Returns a host at the start of the stream that belongs to a seed.
    pub fn new(seed: &str, now: Timestamp) -> SeededHost {
        let key: [u8; 32] = Sha256::digest(seed.as_bytes()).into();
        SeededHost { now, stream: Mutex::new(ChaCha20Rng::from_seed(key)) }
    }
}

impl Host for SeededHost {
    fn now(&self) -> Result<Timestamp, String> {
        Ok(self.now)
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), String> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
        Ok(())
    }

    fn lookup(&self, _: &Gvk, _: &str, _: &str) -> Result<Option<Value>, String> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sealed_host_refuses_all() {
        let host = SealedHost;
        assert!(host.now().is_err());
        assert!(host.random(&mut [0; 4]).is_err());
        assert!(host.lookup(&Gvk::new("v1", "Secret"), "a", "b").is_err());
    }

    #[test]
    fn times_are_read_from_text() {
        let time = |seconds, nanoseconds| Some(Timestamp { seconds, nanoseconds });
        assert_eq!(Timestamp::parse("2026-01-31T12:00:00Z"), time(1_769_860_800, 0));
        assert_eq!(Timestamp::parse("1970-01-01T01:00:00.5+01:00"), time(0, 500_000_000));
        assert_eq!(Timestamp::parse("1969-12-31T23:59:59.75Z"), time(-1, 750_000_000));
        assert_eq!(Timestamp::parse("1700000000"), time(1_700_000_000, 0));
        assert_eq!(Timestamp::parse("yesterday"), None);
    }

    #[test]
    fn a_seed_fixes_the_bytes_for_good() {
        let draw = |seed| {
            let mut bytes = [0; 6];
            SeededHost::new(seed, Timestamp::default()).random(&mut bytes).expect("bytes");
            bytes
        };
        assert_eq!(draw("a"), [32, 94, 132, 36, 120, 253]);
        assert_ne!(draw("a"), draw("b"));
    }
}
