//! One file a command. Each takes its arguments, asks the engine, and prints.

mod completion;
mod diff;
mod differences;
mod explain;
mod live;
mod lsp;
mod new;
mod playground;
mod render;
mod show;
mod test;
mod trace;
mod validate;
mod version;

use rhumb::pipeline::Built;

use crate::args::DropinArgs;
use crate::command::Command;
use crate::dropin::{self, Program};
use crate::output::{Exit, Failure, Output};

/// Runs a command.
///
/// # Errors
/// When it could not do what was asked.
pub(crate) fn run(command: Command, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        Command::Render(args) => render::run(args, output),
        Command::Validate(args) => validate::run(&args, output),
        Command::Diff(args) => diff::run(args, output),
        Command::Plan(args) => live::plan(args, output),
        Command::Apply(args) => live::apply(args, output),
        Command::Status(args) => live::status(&args, output),
        Command::History(args) => live::history(args, output),
        Command::Rollback(args) => live::rollback(args, output),
        Command::Delete(args) => live::delete(args, output),
        Command::List(args) => live::list(args, output),
        Command::Explain(args) => explain::run(args, output),
        Command::Show(args) => show::run(args, output),
        Command::Lsp(args) => lsp::run(&args, output),
        Command::Playground(args) => playground::run(&args, output),
        Command::New(args) => new::run(&args, output),
        Command::Test(args) => test::run(&args, output),
        Command::Completion(args) => completion::run(&args, output),
        Command::Helm(DropinArgs { args }) => Ok(Exit::from(dropin::run(Program::Helm, &args))),
        Command::Kustomize(DropinArgs { args }) => Ok(Exit::from(dropin::run(Program::Kustomize, &args))),
        Command::Version => version::run(output),
    }
}

// Writes what was found on the way to standard error; returns how the program ends if there is no more than that.
fn stopped(built: &Built, output: &mut Output) -> Option<Exit> {
    output.complain(&built.diagnostics, &built.sources);
    (!built.ok()).then(|| exit_of(built))
}

// Errors in a source are findings, with their places in it. Where nothing can be made of the source (there is none, or
// it is of a kind that is refused), nothing could be done at all.
fn exit_of(built: &Built) -> Exit {
    let nobody = built.package.is_none() && built.chart_name.is_none();
    let nothing = nobody && built.diagnostics.iter().all(|finding| finding.span().is_none());
    match built.ok() {
        true => Exit::Fine,
        false if nothing => Exit::Failed,
        false => Exit::Findings,
    }
}
