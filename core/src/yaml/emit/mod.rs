//! Values to text as Go's two libraries write it.
//!
//! A value model says what it is through [`Emit`]; a [`Sink`] writes it, so no model is copied into another. The
//! layout and quoting follow the emitters of go.yaml.in/yaml v2 (below sigs.k8s.io/yaml) and v3, which both descend
//! from libyaml: <https://github.com/yaml/go-yaml/blob/v2.4.4/emitterc.go>.

mod analyze;
mod json;
mod keys;
mod models;
mod scalar;
mod styled;
mod writer;

pub use json::{to_json, to_raw_json};
pub use models::Nested;

pub(crate) use styled::{StyledWriter, written_style};

pub(super) use models::unsupported;

use json::Json;
use writer::{Context, Writer};

/// Whose bytes to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// sigs.k8s.io/yaml (`toYaml`, kubectl): lists in maps are not indented, long lines fold at 80 columns.
    Sigs,
    /// yaml.v3 with an indent of two spaces (`toYamlPretty`).
    V3,
    /// yaml.v3 as kyaml sets it up: an indent of two spaces, lists in maps not indented.
    Kyaml,
}

impl Dialect {
    /// Whether it is yaml.v3 that writes.
    fn is_v3(self) -> bool {
        matches!(self, Dialect::V3 | Dialect::Kyaml)
    }
}

/// Settings of an emitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emitter {
    /// Whose bytes to write.
    pub dialect: Dialect,
    /// Whether keys are sorted as Go sorts them (naturally); otherwise they stay in their order.
    pub sort_keys: bool,
}

/// Why a value cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarshalError {
    /// How it comes about.
    pub kind: MarshalErrorKind,
    message: String,
    written: usize,
}

/// How an error of writing comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarshalErrorKind {
    /// Go's library returns an error.
    Refused,
    /// Go's library panics.
    Panic,
    /// A limit of ours, by its name.
    Limit(&'static str),
}

impl MarshalError {
    /// Returns an error of some kind.
    pub fn new(kind: MarshalErrorKind, message: impl Into<String>) -> MarshalError {
        MarshalError { kind, message: message.into(), written: 0 }
    }

    pub(super) fn refused(message: impl Into<String>) -> MarshalError {
        MarshalError::new(MarshalErrorKind::Refused, message)
    }

    /// Returns the error with the number of bytes of text that were written.
    pub fn after(self, written: usize) -> MarshalError {
        MarshalError { written, ..self }
    }

    /// The number of bytes of text that were written in vain, which measures the work.
    pub fn written(&self) -> usize {
        self.written
    }

    /// Whether encoding/json refuses the value, which it does before anything is written as YAML.
    pub fn is_of_json(&self) -> bool {
        self.kind == MarshalErrorKind::Refused && self.message.starts_with("json: ")
    }
}

impl std::fmt::Display for MarshalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for MarshalError {}

impl Emitter {
    /// Returns the text of a value, ending in a line break. What Go would refuse is escaped.
    pub fn write<T: Emit + ?Sized>(&self, value: &T) -> String {
        self.run(value, false).0
    }

    /// Returns the text that Go's marshal function gives for a value, ending in a line break.
    ///
    /// # Errors
    /// What Go refuses. sigs.k8s.io/yaml reads its own JSON back as YAML, so control characters that JSON leaves as
    /// they are and keys of more than 1,022 characters are errors, and infinite numbers are no JSON.
    pub fn marshal<T: Emit + ?Sized>(&self, value: &T) -> Result<String, MarshalError> {
        match self.run(value, true) {
            (text, None) => Ok(text),
            (text, Some(error)) => Err(error.after(text.len())),
        }
    }

    fn run<T: Emit + ?Sized>(&self, value: &T, strict: bool) -> (String, Option<MarshalError>) {
        let writer = Writer::new(self.dialect);
        let mut sink = Sink {
            to: Target::Yaml(writer, Context::Root),
            sort: self.sort_keys,
            strict,
            error: None,
            marker: Default::default(),
        };
        value.emit(&mut sink);
        match sink.to {
            Target::Yaml(mut writer, _) => {
                writer.finish();
                (writer.out, sink.error)
            }
            Target::Json(json) => (json.out, sink.error),
        }
    }
}

/// Returns the text of a value as sigs.k8s.io/yaml writes it: keys sorted, ending in a line break.
pub fn to_string<T: Emit + ?Sized>(value: &T) -> String {
    Emitter { dialect: Dialect::Sigs, sort_keys: true }.write(value)
}

/// What can be written: a value calls exactly one method of the sink.
pub trait Emit {
    /// Tells the sink what it is.
    fn emit(&self, sink: &mut Sink<'_>);
}

enum Target {
    Yaml(Writer, Context),
    Json(Json),
}

/// Takes a value apart and writes it.
pub struct Sink<'a> {
    to: Target,
    sort: bool,
    strict: bool,
    error: Option<MarshalError>,
    // Leaves room for a sink that writes into a borrowed buffer.
    marker: std::marker::PhantomData<&'a ()>,
}
