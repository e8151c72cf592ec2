//! TOML as BurntSushi/toml has it: its order of writing, and its error texts, which templates get to see.
//!
//! Both directions follow <https://github.com/BurntSushi/toml/tree/v1.6.0>; a general TOML library knows neither.

mod cursor;
mod read;
mod scalar;
mod strings;
mod tables;
mod write;

use std::sync::Arc;

use crate::render::helm::time::{Time, Zone};

pub(super) use read::read;
pub(super) use write::write;

/// The names of the zones in which BurntSushi/toml keeps dates without a zone, and the layouts to write them.
const LOCAL_ZONES: [(&str, &str); 3] = [
    ("datetime-local", "2006-01-02T15:04:05.999999999"),
    ("date-local", "2006-01-02"),
    ("time-local", "15:04:05.999999999"),
];

/// Returns a time without a zone, of some kind.
fn local(time: &Time, kind: usize) -> Time {
    let (name, _) = LOCAL_ZONES[kind];
    time.within(Zone::Fixed(Arc::from(name.as_bytes()), 0))
}

/// Whether a text may be a key without quotes.
fn is_bare(key: &[u8]) -> bool {
    !key.is_empty() && key.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Appends a text in quotes.
fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..=0x1f | 0x7f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// Appends a key, in quotes where it needs them.
fn push_key(out: &mut Vec<u8>, key: &[u8]) {
    if is_bare(key) { out.extend_from_slice(key) } else { push_quoted(out, key) }
}

/// Returns a path of keys joined by dots.
fn path<K: AsRef<[u8]>>(keys: &[K]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        if at > 0 {
            out.push(b'.');
        }
        push_key(&mut out, key.as_ref());
    }
    out
}
