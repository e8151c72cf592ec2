//! `rhumb completion`: a script for a shell.

use clap::CommandFactory;

use crate::args::{Cli, CompletionArgs};
use crate::output::{Exit, Failure, Output};

pub(super) fn run(args: &CompletionArgs, output: &mut Output) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "rhumb", &mut script);
    output.result(&String::from_utf8_lossy(&script));
    Ok(Exit::Fine)
}
