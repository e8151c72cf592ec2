//! The time, as records have it.

use std::time::SystemTime;

use rhumb::render::Timestamp;

/// Returns the time of this machine.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp { seconds, nanoseconds: since.subsec_nanos() }
}

/// Returns the time in whole seconds, as RFC 3339 has it.
pub(crate) fn now_in_seconds() -> String {
    let text = Timestamp { nanoseconds: 0, ..now() }.to_rfc3339();
    text.split_once('.').map_or_else(|| text.clone(), |(seconds, _)| format!("{seconds}Z"))
}
