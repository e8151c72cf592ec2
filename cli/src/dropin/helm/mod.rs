//! `rhumb helm`: the offline commands of Helm v4.3.1.

mod chart;
mod settings;
mod show;
mod template;
mod version;

use super::Stop;
use super::flags::{self, Flag, Parsed};

/// Flags that say where a chart comes from and how it is downloaded.
const CHART_PATH: &[Flag] = &[
    Flag::new("version", flags::Kind::Text),
    Flag::new("verify", flags::Kind::Bool),
    Flag::new("keyring", flags::Kind::Text),
    Flag::new("repo", flags::Kind::Text),
    Flag::new("username", flags::Kind::Text),
    Flag::new("password", flags::Kind::Text),
    Flag::new("cert-file", flags::Kind::Text),
    Flag::new("key-file", flags::Kind::Text),
    Flag::new("insecure-skip-tls-verify", flags::Kind::Bool),
    Flag::new("plain-http", flags::Kind::Bool),
    Flag::new("ca-file", flags::Kind::Text),
    Flag::new("pass-credentials", flags::Kind::Bool),
];

const HELP: &str = "\
rhumb in the place of Helm v4.3.1: the same bytes, offline.

  rhumb helm template [NAME] CHART [flags]     render a chart (a folder or a .tgz)
  rhumb helm show chart|values|readme|crds|all CHART
  rhumb helm version [--short]

A link to rhumb that is named `helm` does the same: `ln -s $(which rhumb) helm`.
Flags are Helm's: -f, --set, --set-string, --set-json, --set-file, --set-literal, -n, --include-crds, --skip-crds,
--no-hooks, --skip-tests, -s/--show-only, --is-upgrade, --kube-version, -a/--api-versions, --name-template,
-g/--generate-name, --output-dir, --release-name, --skip-schema-validation, --debug. Of rhumb's own:
--seed TEXT and --now TIME make charts with random values or dates give the same bytes twice;
--limit NAME=VALUE raises a limit.";

/// Commands of Helm that need a cluster, a repository or a registry.
const ELSEWHERE: [&str; 23] = [
    "completion",
    "create",
    "dependency",
    "env",
    "get",
    "history",
    "install",
    "lint",
    "list",
    "package",
    "plugin",
    "pull",
    "push",
    "registry",
    "repo",
    "rollback",
    "search",
    "status",
    "test",
    "uninstall",
    "upgrade",
    "verify",
    "dep",
];

pub(super) fn run(args: &[String]) -> Result<(), Stop> {
    let Some(at) = flags::command_at(args, settings::GLOBAL) else {
        flags::parse(args, &[settings::GLOBAL])?;
        println!("{HELP}");
        return Ok(());
    };
    let rest: Vec<String> = args[..at].iter().chain(&args[at + 1..]).cloned().collect();
    match args[at].as_str() {
        "template" => template::run(&rest),
        "show" | "inspect" => show::run(&rest),
        "version" => version::run(&rest),
        "help" => {
            println!("{HELP}");
            Ok(())
        }
        name if ELSEWHERE.contains(&name) => Err(Stop::Error(format!(
            "`helm {name}` is not among the commands that rhumb stands in for: it has template, show and version; \
             use Helm itself for this one"
        ))),
        name => Err(Stop::Error(unknown(name))),
    }
}

fn unknown(name: &str) -> String {
    let known = ELSEWHERE.iter().copied().chain(["template", "show", "version"]);
    let mut near: Vec<&str> = known.filter(|known| distance(name, known) <= 2 || known.starts_with(name)).collect();
    near.sort_unstable();
    let suggestion = match near.is_empty() {
        true => "\n".to_owned(),
        false => format!("\n\nDid you mean this?\n\t{}\n\n", near.join("\n\t")),
    };
    format!("unknown command {} for \"helm\"{suggestion}Run 'helm --help' for usage.", super::go::quote(name))
}

// Levenshtein's distance, without regard to case.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let least = (row[j].min(row[j + 1]) + 1).min(diagonal + usize::from(x != *y));
            diagonal = std::mem::replace(&mut row[j + 1], least);
        }
    }
    row[b.len()]
}

// Reads the flags of a command; help ends the program.
fn parse(args: &[String], tables: &[&[Flag]]) -> Result<Parsed, Stop> {
    let parsed = flags::parse(args, tables)?;
    parsed.notices.iter().for_each(|notice| eprintln!("{notice}"));
    if parsed.help {
        println!("{HELP}");
        return Err(Stop::Silent(0));
    }
    Ok(parsed)
}
