//! `rhumb playground`: a page in the browser to edit a source in.

use crate::args::PlaygroundArgs;
use crate::output::{Exit, Failure, Output};
use crate::playground;

pub(super) fn run(args: &PlaygroundArgs, output: &mut Output) -> Result<Exit, Failure> {
    playground::serve(&args.source, args.page.as_deref(), args.port, output)?;
    Ok(Exit::Fine)
}
