//! The commands, of which only the one that was typed is told its arguments.
//!
//! To put together what all of them can take costs as much as a tenth of a render, so that clap's derive, which does,
//! is not used here: each command is named with its first line of help, and the rest comes when it is asked for.

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Error, FromArgMatches, Subcommand};

use crate::args::{
    ApplyArgs, CompletionArgs, DeleteArgs, DiffArgs, DropinArgs, ExplainArgs, HistoryArgs, ListArgs, LspArgs, NewArgs,
    PlanArgs, PlaygroundArgs, RenderArgs, RollbackArgs, ShowArgs, StatusArgs, TestArgs, ValidateArgs,
};

/// A command with its arguments.
#[derive(Debug)]
pub(crate) enum Command {
    Render(RenderArgs),
    Validate(ValidateArgs),
    Diff(DiffArgs),
    Plan(PlanArgs),
    Apply(ApplyArgs),
    Status(StatusArgs),
    History(HistoryArgs),
    Rollback(RollbackArgs),
    Delete(DeleteArgs),
    List(ListArgs),
    Explain(ExplainArgs),
    Show(ShowArgs),
    New(NewArgs),
    Lsp(LspArgs),
    Playground(PlaygroundArgs),
    Test(TestArgs),
    Completion(CompletionArgs),
    Helm(DropinArgs),
    Kustomize(DropinArgs),
    Version,
}

type Augment = fn(clap::Command) -> clap::Command;

// The lines are those of the arguments' own documentation; a test holds the two together.
const COMMANDS: [(&str, &str, Augment); 20] = [
    ("render", "Print the manifests of a source, validated", RenderArgs::augment_args),
    (
        "validate",
        "Check manifests and packages against the schemas and rules of Kubernetes",
        ValidateArgs::augment_args,
    ),
    ("diff", "Compare two sources, two environments or two sets of values, object by object", DiffArgs::augment_args),
    ("plan", "Say what an apply would do to a cluster, and write it down to be applied later", PlanArgs::augment_args),
    ("apply", "Bring a cluster to what a source says, and keep a record of it", ApplyArgs::augment_args),
    ("status", "Say how a release is: its revision, and each of its objects", StatusArgs::augment_args),
    ("history", "List the revisions of a release", HistoryArgs::augment_args),
    ("rollback", "Bring a release back to an earlier revision", RollbackArgs::augment_args),
    ("delete", "Delete a release: all that it made, and its records", DeleteArgs::augment_args),
    ("list", "List the releases of a namespace, or of all", ListArgs::augment_args),
    (
        "explain",
        "Say which template line, which values line and which patches gave an object or a field",
        ExplainArgs::augment_args,
    ),
    ("show", "Print the values, the schema of the values, or the files of a source", ShowArgs::augment_args),
    ("new", "Start a package from a ready-made one", NewArgs::augment_args),
    ("test", "Run the cases in a package's `tests/` folder against their snapshots", TestArgs::augment_args),
    ("lsp", "Answer editors: a language server on standard input and output", LspArgs::augment_args),
    ("playground", "Serve a page to edit a source in, on this machine alone", PlaygroundArgs::augment_args),
    ("completion", "Print a completion script for a shell", CompletionArgs::augment_args),
    ("helm", "Render charts as Helm does, with its flags: `rhumb helm template NAME CHART`", DropinArgs::augment_args),
    (
        "kustomize",
        "Build kustomizations as kustomize does, with its flags: `rhumb kustomize build DIR`",
        DropinArgs::augment_args,
    ),
    ("version", "Print the version and the Kubernetes versions it knows", std::convert::identity),
];

impl Subcommand for Command {
    fn augment_subcommands(parent: clap::Command) -> clap::Command {
        let command = |(name, about, augment): (&'static str, &'static str, _)| {
            clap::Command::new(name).about(about).defer(augment)
        };
        parent.subcommands(COMMANDS.map(command))
    }

    fn augment_subcommands_for_update(parent: clap::Command) -> clap::Command {
        Command::augment_subcommands(parent)
    }

    fn has_subcommand(name: &str) -> bool {
        COMMANDS.iter().any(|(known, ..)| *known == name)
    }
}

impl FromArgMatches for Command {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Command, Error> {
        Command::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Command, Error> {
        let Some((name, mut found)) = matches.remove_subcommand() else {
            return Err(Error::new(ErrorKind::MissingSubcommand));
        };
        fn args<A: FromArgMatches>(found: &mut ArgMatches) -> Result<A, Error> {
            A::from_arg_matches_mut(found)
        }
        let found = &mut found;
        Ok(match name.as_str() {
            "render" => Command::Render(args(found)?),
            "validate" => Command::Validate(args(found)?),
            "diff" => Command::Diff(args(found)?),
            "plan" => Command::Plan(args(found)?),
            "apply" => Command::Apply(args(found)?),
            "status" => Command::Status(args(found)?),
            "history" => Command::History(args(found)?),
            "rollback" => Command::Rollback(args(found)?),
            "delete" => Command::Delete(args(found)?),
            "list" => Command::List(args(found)?),
            "explain" => Command::Explain(args(found)?),
            "show" => Command::Show(args(found)?),
            "new" => Command::New(args(found)?),
            "test" => Command::Test(args(found)?),
            "playground" => Command::Playground(args(found)?),
            "lsp" => Command::Lsp(args(found)?),
            "completion" => Command::Completion(args(found)?),
            "helm" => Command::Helm(args(found)?),
            "kustomize" => Command::Kustomize(args(found)?),
            "version" => Command::Version,
            _ => return Err(Error::new(ErrorKind::InvalidSubcommand)),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Command::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    use crate::args::Cli;

    #[test]
    fn commands_are_listed_with_the_first_line_of_their_own_help() {
        for (name, about, augment) in COMMANDS {
            let own = augment(clap::Command::new(name)).get_about().map(ToString::to_string);
            assert!(own.is_none_or(|own| own == about), "{name}");
        }
        let mut cli = Cli::command();
        cli.build();
        cli.debug_assert();
    }

    #[test]
    fn every_command_can_be_typed() {
        let source =
            ["render", "validate", "diff", "plan", "apply", "status", "history", "rollback", "delete", "new", "test"];
        for (name, ..) in COMMANDS {
            let more: &[&str] = match name {
                "explain" => &["pkg", "Deployment/web"],
                "show" => &["values", "pkg"],
                "completion" => &["bash"],
                _ if source.contains(&name) => &["pkg"],
                _ => &[],
            };
            let typed = [&["rhumb", "--color", "never", name], more].concat();
            assert!(Cli::try_parse_from(typed).is_ok(), "{name}");
        }
    }
}
