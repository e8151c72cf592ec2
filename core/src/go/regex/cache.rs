//! Patterns that were compiled before. Templates use few, again and again.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::parse::CompileError;
use super::pattern::{Pattern, check_length};

/// Bytes of compiled patterns that are kept.
const MAX_KEPT: usize = 32 << 20;

/// Compiled patterns by their text.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    patterns: BTreeMap<Vec<u8>, Arc<Pattern>>,
    bytes: usize,
}

impl Patterns {
    /// Returns the compiled form of a pattern if it is there.
    pub(crate) fn get(&self, text: &[u8]) -> Option<Arc<Pattern>> {
        self.patterns.get(text).cloned()
    }

    /// Keeps a compiled pattern.
    pub(crate) fn keep(&mut self, text: &[u8], pattern: &Arc<Pattern>) {
        let bytes = pattern.size() + text.len();
        if self.bytes + bytes > MAX_KEPT {
            *self = Patterns::default();
        }
        if self.patterns.insert(text.to_vec(), pattern.clone()).is_none() {
            self.bytes += bytes;
        }
    }
}

/// The patterns of the process, for those who have no place of their own for them.
static SHARED: LazyLock<Mutex<Patterns>> = LazyLock::new(Mutex::default);

/// Returns the compiled form of a pattern of at most so many bytes.
///
/// # Errors
/// Text that is no pattern, or a pattern that is too large.
pub(crate) fn get(text: &[u8], max: usize) -> Result<Arc<Pattern>, CompileError> {
    let shared = || SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    check_length(text, max)?;
    let kept = shared().get(text);
    if let Some(pattern) = kept {
        return Ok(pattern);
    }
    let pattern = Arc::new(Pattern::compile(text, max)?);
    shared().keep(text, &pattern);
    Ok(pattern)
}
