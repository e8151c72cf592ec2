//! `rhumb kustomize`: `kustomize build` of v5.8.1, which is `kubectl kustomize` of v1.37.1.

mod edit;
mod glob;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rhumb::pipeline::kustomize::{build, output_files};
use rhumb::render::kustomize::{LoadRestrictions, Options, Reorder};
use rhumb::source::VPath;

use super::Stop;
use super::flags::{self, Flag, Kind, Parsed};
use crate::disk::{DiskFiles, reason};
use crate::machine;

const HELP: &str = "\
rhumb in the place of kustomize v5.8.1 (kubectl kustomize v1.37.1): the same bytes, offline.

  rhumb kustomize build [DIR] [flags]      build a kustomization
  rhumb kustomize [DIR] [flags]            the same, as `kubectl kustomize` has it
  rhumb kustomize edit set|add|remove …    change the kustomization file of the current folder (see `edit --help`)

A link to rhumb that is named `kustomize` does the same: `ln -s $(which rhumb) kustomize`.
Flags are kustomize's: --enable-helm (charts are rendered by rhumb, local ones), --helm-api-versions,
--helm-kube-version, --load-restrictor, --reorder, --enable-managedby-label, -o/--output. What would run a program
(exec and container functions, Go plugins) or fetch something (remote bases) is refused with a reason.
Of rhumb's own: --seed TEXT, --now TIME, --limit NAME=VALUE.";

/// The names that a kustomization file may have.
const FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

const FLAGS: &[Flag] = &[
    Flag::new("output", Kind::Text).short('o'),
    Flag::new("load-restrictor", Kind::Text),
    Flag::new("reorder", Kind::Text),
    Flag::new("enable-helm", Kind::Bool),
    Flag::new("helm-api-versions", Kind::Array),
    Flag::new("helm-kube-version", Kind::Text),
    Flag::new("enable-managedby-label", Kind::Bool),
    Flag::new("seed", Kind::Text),
    Flag::new("now", Kind::Text),
    Flag::new("limit", Kind::Array),
    // Charts are rendered in process, so there is no program to choose or to debug.
    Flag::new("helm-command", Kind::Text),
    Flag::new("helm-debug", Kind::Bool),
    // What these allow is refused where a kustomization asks for it.
    Flag::new("enable-alpha-plugins", Kind::Bool),
    Flag::new("enable-exec", Kind::Bool),
    Flag::new("enable-star", Kind::Bool),
    Flag::new("as-current-user", Kind::Bool),
    Flag::new("env", Kind::Array).short('e'),
    Flag::new("mount", Kind::Array),
    Flag::new("network", Kind::Bool),
    Flag::new("network-name", Kind::Text),
    Flag::new("stack-trace", Kind::Bool),
];

pub(super) fn run(args: &[String]) -> Result<(), Stop> {
    let at = flags::command_at(args, FLAGS);
    let rest = |at: usize| args[..at].iter().chain(&args[at + 1..]).cloned().collect::<Vec<_>>();
    match at.map(|at| (at, args[at].as_str())) {
        Some((at, "build")) => run_build(&rest(at)),
        Some((at, "edit")) if !Path::new("edit").is_dir() => edit::run(&rest(at)),
        Some((_, "help")) => help(),
        Some((_, "version")) => {
            println!("v5.8.1");
            Ok(())
        }
        Some((_, name @ ("create" | "cfg" | "fn" | "localize" | "completion"))) if !Path::new(name).is_dir() => {
            let message = format!(
                "`kustomize {name}` is not among the commands that rhumb stands in for: it has build, edit and version"
            );
            Err(message.into())
        }
        _ => run_build(args),
    }
}

fn help() -> Result<(), Stop> {
    println!("{HELP}");
    Ok(())
}

fn run_build(args: &[String]) -> Result<(), Stop> {
    let flags = flags::parse(args, &[FLAGS])?;
    if flags.help {
        return help();
    }
    let folder = match &flags.positional[..] {
        [] => ".",
        [one] => one.as_str(),
        _ => return Err("specify one path to kustomization.yaml".to_owned().into()),
    };
    let options = options(&flags)?;
    let host = machine::host(flags.text("seed"), flags.text("now"), None)?;
    let (files, root) = open(folder, &options)?;
    let outcome = build(&files, &root, &options, &host);
    outcome.warnings.iter().for_each(|warning| eprintln!("{}", warning.text));
    match outcome.result {
        Ok(text) => write(&flags, &text),
        Err(error) => {
            let help = error.help().map(|help| format!("\n{help}")).unwrap_or_default();
            Err(format!("{error}{help}").into())
        }
    }
}

fn options(flags: &Parsed) -> Result<Options, String> {
    let load_restrictions = match flags.text("load-restrictor") {
        None | Some("LoadRestrictionsRootOnly") => LoadRestrictions::RootOnly,
        Some("LoadRestrictionsNone") => LoadRestrictions::None,
        Some(other) => {
            return Err(format!(
                "illegal flag value --load-restrictor {other}; legal values: [LoadRestrictionsRootOnly LoadRestrictionsNone]"
            ));
        }
    };
    let reorder = match flags.text("reorder") {
        None | Some("unspecified") => Reorder::Unspecified,
        Some("legacy") => Reorder::Legacy,
        Some("none") => Reorder::None,
        Some(other) => {
            return Err(format!("illegal flag value --reorder {other}; legal values: [legacy none unspecified]"));
        }
    };
    Ok(Options {
        root: String::new(),
        load_restrictions,
        reorder,
        enable_helm: flags.bool("enable-helm"),
        helm_api_versions: flags.texts("helm-api-versions").iter().map(|api| api.as_str().into()).collect(),
        helm_kube_version: flags.text("helm-kube-version").unwrap_or_default().into(),
        add_managed_by_label: flags.bool("enable-managedby-label"),
        limits: machine::limits(flags.texts("limit"))?,
        ..Options::default()
    })
}

// Bases may lie anywhere, so the tree of files is the whole disk, and the folder a path in it; what of it a
// kustomization may read, the load restrictions say.
fn open(folder: &str, options: &Options) -> Result<(DiskFiles, VPath), String> {
    let bad = |why: &io::Error| {
        let (shown, why) = (std::path::absolute(folder).unwrap_or_default(), super::go::io_reason(why));
        let shown = if folder.is_empty() { PathBuf::new() } else { shown };
        format!(
            "must build at directory: not a valid directory: evalsymlink failure on '{folder}' : lstat {}: {why}",
            shown.display()
        )
    };
    if is_remote(folder) && !Path::new(folder).exists() {
        return Err(format!(
            "{folder} is on another machine, and rhumb fetches nothing: clone it and build its folder"
        ));
    }
    let real = std::fs::canonicalize(folder).map_err(|error| bad(&error))?;
    if !real.is_dir() {
        return Err(format!("must build at directory: '{}': file is not directory", real.display()));
    }
    let up = real.ancestors().count() - 1;
    let files = DiskFiles::open(&real, up, &options.limits).map_err(|error| bad(&error))?;
    let root = files.base().clone();
    Ok((files, root))
}

// What kustomize would hand to git.
fn is_remote(folder: &str) -> bool {
    let hosts = ["github.com/", "github.com:", "git@", "git::", "gh:", "bitbucket.org/", "gitlab.com/"];
    folder.contains("://") || hosts.iter().any(|host| folder.starts_with(host))
}

fn write(flags: &Parsed, text: &str) -> Result<(), Stop> {
    let failed =
        |path: &Path, error: io::Error| Stop::from(format!("cannot write {}: {}", path.display(), reason(&error)));
    match flags.text("output").filter(|output| !output.is_empty()).map(Path::new) {
        Some(folder) if folder.is_dir() => {
            for (name, text) in output_files(text) {
                let path = folder.join(name);
                std::fs::write(&path, text).map_err(|error| failed(&path, error))?;
            }
            Ok(())
        }
        Some(path) => std::fs::write(path, text).map_err(|error| failed(path, error)),
        None => {
            let mut stdout = io::stdout().lock();
            match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Err(format!("cannot write the output: {}", reason(&error)).into())
                }
                // A reader that has seen enough closes the pipe: nobody is left to be told.
                _ => Ok(()),
            }
        }
    }
}
