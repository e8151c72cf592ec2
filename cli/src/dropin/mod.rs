//! rhumb in the place of Helm and Kustomize: the same command line, the same bytes, the same exit code.
//!
//! `rhumb helm …` and a link named `helm` are the same thing. What rhumb does not do is refused with a reason, since a
//! flag that is silently ignored gives somebody the wrong manifests.

mod flags;
mod go;
mod helm;
mod kustomize;

use std::ffi::OsString;
use std::path::Path;

/// A program that rhumb stands in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Helm,
    Kustomize,
}

/// How a replaced program ends, and what it wrote last.
#[derive(Debug)]
enum Stop {
    /// An error: `Error: …` on standard error, exit code 1.
    Error(String),
    /// Nothing more to say.
    Silent(u8),
}

impl From<String> for Stop {
    fn from(message: String) -> Stop {
        Stop::Error(message)
    }
}

/// Returns the program that is meant, by the name of the binary or by the first argument, and its arguments.
pub(crate) fn wanted(args: &[OsString]) -> Option<(Program, &[OsString])> {
    let (called, rest) = args.split_first()?;
    let by_name = |name: &str| match name {
        "helm" => Some(Program::Helm),
        "kustomize" => Some(Program::Kustomize),
        _ => None,
    };
    let called = Path::new(called).file_stem().and_then(|name| name.to_str());
    if let Some(program) = called.and_then(by_name) {
        return Some((program, rest));
    }
    let (first, rest) = rest.split_first()?;
    first.to_str().and_then(by_name).map(|program| (program, rest))
}

/// Runs a replaced program; returns the exit code.
pub(crate) fn run(program: Program, args: &[OsString]) -> u8 {
    let args: Vec<String> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let result = match program {
        Program::Helm => helm::run(&args),
        Program::Kustomize => kustomize::run(&args),
    };
    match result {
        Ok(()) => 0,
        Err(Stop::Silent(code)) => code,
        Err(Stop::Error(message)) => {
            eprintln!("Error: {message}");
            1
        }
    }
}
