//! Records as bytes: JSON, compressed.

use std::fmt;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::value::Value;

const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];

/// Why a record cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordError {
    /// The Secret is not shaped like a record; what is missing.
    Shape(String),
    /// Its data is no base64, gzip or JSON.
    Data(String),
    /// It is larger than the limit, in bytes.
    TooLarge(usize),
    /// It has a format that this program does not know.
    Format(String),
    /// Parts of it are missing: how many are there, how many there should be.
    Parts(usize, usize),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordError::Shape(what) => write!(f, "the record lacks {what}"),
            RecordError::Data(reason) => write!(f, "the record cannot be read: {reason}"),
            RecordError::TooLarge(limit) => write!(f, "the record is larger than {limit} bytes"),
            RecordError::Format(format) => write!(f, "the record has the format `{format}`, which is not known here"),
            RecordError::Parts(have, want) => write!(f, "{have} of {want} parts of the record are there"),
        }
    }
}

impl std::error::Error for RecordError {}

/// Returns a tree as compressed JSON; the same tree gives the same bytes.
pub(super) fn pack(value: &Value) -> Vec<u8> {
    let json = serde_json::to_vec(value).expect("a value has only text keys");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&json).expect("a vector takes all bytes");
    encoder.finish().expect("a vector takes all bytes")
}

/// Reads what [`pack`] wrote; JSON that is not compressed is read as well, as Helm does.
pub(super) fn unpack(bytes: &[u8], limit: usize) -> Result<Value, RecordError> {
    let plain;
    let json = if bytes.starts_with(&GZIP) {
        let mut out = Vec::new();
        let mut reader = GzDecoder::new(bytes).take(limit as u64 + 1);
        reader.read_to_end(&mut out).map_err(|error| RecordError::Data(error.to_string()))?;
        plain = out;
        plain.as_slice()
    } else {
        bytes
    };
    if json.len() > limit {
        return Err(RecordError::TooLarge(limit));
    }
    serde_json::from_slice(json).map_err(|error| RecordError::Data(error.to_string()))
}

/// Returns the bytes of a key of `data`.
pub(super) fn data(secret: &Value, key: &str) -> Result<Vec<u8>, RecordError> {
    let text = secret.get("data").and_then(|data| data.get(key)).and_then(Value::as_str);
    let text = text.ok_or_else(|| RecordError::Shape(format!("`data.{key}`")))?;
    data_encoding::BASE64.decode(text.as_bytes()).map_err(|error| RecordError::Data(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::json;

    #[test]
    fn what_is_packed_is_unpacked() {
        let value = json(r#"{"a":[1,2.5,null,"x"],"b":{}}"#);
        let bytes = pack(&value);
        assert_eq!(bytes, pack(&value));
        assert_eq!(unpack(&bytes, 1000), Ok(value.clone()));
        assert_eq!(unpack(br#"{"a":[1,2.5,null,"x"],"b":{}}"#, 1000), Ok(value));
    }

    #[test]
    fn what_swells_or_is_cut_is_an_error() {
        let bytes = pack(&Value::from("x".repeat(100_000)));
        assert!(bytes.len() < 1000);
        assert_eq!(unpack(&bytes, 5000), Err(RecordError::TooLarge(5000)));
        assert!(matches!(unpack(&bytes[..bytes.len() - 12], 200_000), Err(RecordError::Data(_))));
        assert!(matches!(unpack(b"{", 10), Err(RecordError::Data(_))));
    }
}
