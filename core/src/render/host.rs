//! What templates may ask of the world.

use crate::object::Gvk;
use crate::value::Value;

/// Answers to the few questions that cannot be answered from a package alone.
///
/// Native templates ask none of them: they are pure. Charts may (`now`, `randAlphaNum`, `lookup`), and the front-end
/// decides what they get.
pub trait Host {
    /// Returns the time, as seconds since 1970 UTC.
    ///
    /// # Errors
    /// When the host keeps the time to itself; the text says which option would tell it.
    fn now(&self) -> Result<i64, String>;

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
    fn now(&self) -> Result<i64, String> {
        Err("the time is not available: rendering is reproducible".to_owned())
    }

    fn random(&self, _: &mut [u8]) -> Result<(), String> {
        Err("random numbers are not available: rendering is reproducible".to_owned())
    }

    fn lookup(&self, gvk: &Gvk, _: &str, name: &str) -> Result<Option<Value>, String> {
        Err(format!("{gvk} `{name}` cannot be looked up: no cluster is asked while rendering"))
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
}
