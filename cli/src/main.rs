//! The `rhumb` command line: arguments, disk and terminal around the engine in the crate `rhumb`.
//!
//! Nothing here decides anything about Kubernetes. [`args`] and [`command`] say what can be typed, [`config`] makes of
//! it what the commands work with, [`disk`] alone reads files, each file of [`commands`] is one command, and [`output`]
//! prints. [`lsp`] speaks with editors, [`playground`] with a browser, and [`dropin`] is the command lines of the programs
//! that rhumb stands in for.

mod args;
mod command;
mod commands;
mod config;
mod disk;
mod dropin;
mod inputs;
mod loopback;
mod lsp;
mod machine;
mod output;
mod playground;
mod ready_made;
mod write;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::output::Output;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    if let Some((program, args)) = dropin::wanted(&args) {
        return ExitCode::from(dropin::run(program, args));
    }
    let cli = Cli::parse();
    let mut output = Output::new(cli.color);
    let exit = commands::run(cli.command, &mut output).unwrap_or_else(|failure| output.failure(&failure));
    ExitCode::from(output.finish(exit) as u8)
}
