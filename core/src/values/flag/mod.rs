//! The grammars of `--set` and its kin, with Helm's texts for what is wrong.
//!
//! `a.b[0].c=x,y={1,2}`: names are parted by dots, indexes stand in brackets, assignments are parted by commas, and a
//! backslash takes the next character as it is. The parser changes the values found below, as Helm's does: an index
//! edits the list of a values file. Facts: <https://github.com/helm/helm/tree/main/pkg/strvals>.

mod json;
mod parser;

use super::tree::{Tree, overlay};
use super::{SetFlag, ValueOrigin};
use crate::source::{FileId, Span};
use crate::value::{Value, ValuePath};

/// What is wrong, and the byte of the flag's text at which it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FlagError {
    pub(super) message: String,
    /// Helm's words for it, where they are Go's and no help to anybody.
    pub(super) helm: Option<String>,
    pub(super) at: usize,
}

impl FlagError {
    /// Returns what to do about the mistakes that are made most.
    pub(super) fn help(&self) -> Option<&'static str> {
        if !self.message.contains("has no value") {
            return None;
        }
        // A comma parts assignments: what follows one must be the next.
        Some(match self.at {
            0 => "write `key=value`",
            _ => r"write `key=value`, and `\,` for a comma that is part of a value",
        })
    }

    /// Returns what Helm says of a flag.
    pub(super) fn in_helms_words(&self, flag: SetFlag, text: &str) -> String {
        match flag {
            // Helm keeps to itself what is wrong with the JSON.
            SetFlag::Json if json::is_object(flag, text) => format!("failed parsing --set-json data JSON: {text}"),
            SetFlag::Json => format!("failed parsing --set-json data {text}"),
            _ => format!("failed parsing {} data: {}", flag.name(), self.helm.as_ref().unwrap_or(&self.message)),
        }
    }
}

/// What a flag assigned.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assigned {
    pub(super) path: ValuePath,
    /// The place of each step of the path.
    pub(super) steps: Vec<Span>,
    /// The place of the value.
    pub(super) span: Span,
    pub(super) value: Value,
}

/// How the content of the file of a `--set-file` is read.
pub type ReadFile<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// Applies one flag to the values below and returns what it assigned.
pub(super) fn apply(
    flag: SetFlag,
    text: &str,
    file: FileId,
    layer: usize,
    read: &ReadFile<'_>,
    base: &mut Tree,
) -> Result<Vec<Assigned>, FlagError> {
    match json::object(flag, text) {
        Some(object) => {
            let (value, at) = object?;
            let span = Span::new(file, at);
            overlay(base, Tree::from_value(&value, ValueOrigin { layer, span }));
            Ok(vec![Assigned { path: ValuePath::root(), steps: Vec::new(), span, value }])
        }
        None => parser::parse(flag, text, file, layer, read, base),
    }
}
