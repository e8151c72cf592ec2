//! `rhumb lsp`: a language server on standard input and output.

use crate::args::LspArgs;
use crate::lsp;
use crate::output::{Exit, Failure, Output};

pub(super) fn run(_: &LspArgs, _: &mut Output) -> Result<Exit, Failure> {
    lsp::serve().map_err(|error| Failure::new("lsp", error))
}
