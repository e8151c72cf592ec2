//! `kustomize edit`: finds the kustomization file of the current folder and writes it back changed.

use std::path::Path;

use rhumb::render::kustomize::Error;
use rhumb::render::kustomize::edit::{Edit, Edited, Generator, Metadata, PatchArguments, PathList};
use rhumb::yaml::decode_input;

use super::glob::glob;
use super::{Stop, is_remote};
use crate::disk::{self, reason};
use crate::dropin::flags::{self, Flag, Kind, Parsed};
use crate::dropin::go;
use crate::machine;

const HELP: &str = "\
rhumb kustomize edit changes the kustomization file of the current folder; its comments, order and layout stay.

  set image NAME=NEW:TAG@DIGEST …      set namespace NAME         set label KEY:VALUE …
  set replicas NAME=COUNT …            set nameprefix PREFIX      set annotation KEY:VALUE …
  set buildmetadata OPTION,…           set namesuffix SUFFIX

  add resource|component|generator|transformer PATH …             add base DIR,…
  add patch --path FILE | --patch TEXT [--kind, --name, --group, --version, --namespace, --label-selector,
            --annotation-selector]
  add label|annotation [--force] KEY:VALUE …                      add buildmetadata OPTION,…
  add label --without-selector [--include-templates] KEY:VALUE …

  remove resource|transformer PATTERN …                           remove label|annotation KEY,…
  remove patch --path FILE | --patch TEXT [flags of `add patch`]  remove configmap|secret NAME,…
  remove buildmetadata OPTION,…

Of rhumb's own: --limit NAME=VALUE.";

const COMMON: &[Flag] = &[Flag::new("stack-trace", Kind::Bool), Flag::new("limit", Kind::Array)];

const PATCH: &[Flag] = &[
    Flag::new("path", Kind::Text),
    Flag::new("patch", Kind::Text),
    Flag::new("group", Kind::Text),
    Flag::new("version", Kind::Text),
    Flag::new("kind", Kind::Text),
    Flag::new("name", Kind::Text),
    Flag::new("namespace", Kind::Text),
    Flag::new("annotation-selector", Kind::Text),
    Flag::new("label-selector", Kind::Text),
];
const NO_VERIFY: &[Flag] = &[Flag::new("no-verify", Kind::Bool)];
const FORCE: &[Flag] = &[Flag::new("force", Kind::Bool).short('f')];
const ADD_LABEL: &[Flag] = &[
    Flag::new("force", Kind::Bool).short('f'),
    Flag::new("without-selector", Kind::Bool),
    Flag::new("include-templates", Kind::Bool),
];
const IGNORE: &[Flag] = &[Flag::new("ignore-non-existence", Kind::Bool).short('i')];
const NAMESPACE: &[Flag] = &[Flag::new("namespace", Kind::Text)];

/// Commands of kustomize that are not there.
const ABSENT: [(&str, &str); 5] =
    [("set", "configmap"), ("set", "secret"), ("add", "configmap"), ("add", "secret"), ("fix", "")];

pub(super) fn run(args: &[String]) -> Result<(), Stop> {
    let (words, rest) = split(args);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (verb, what) = (words.first().copied().unwrap_or_default(), words.get(1).copied().unwrap_or_default());
    let Some(table) = flags_of(verb, what) else {
        if ABSENT.contains(&(verb, what)) || verb == "fix" || verb == "alpha-list-builtin-plugin" {
            let name = format!("{verb} {what}");
            let name = name.trim_end();
            return Err(format!("`kustomize edit {name}` is not among the commands that rhumb stands in for").into());
        }
        println!("{HELP}");
        return Ok(());
    };
    let parsed = flags::parse(&rest, &[table, COMMON])?;
    if parsed.help {
        println!("{HELP}");
        return Ok(());
    }
    match edit_of(verb, what, &parsed)? {
        Some(edit) => carry_out(&edit, &parsed, what),
        None => Ok(()),
    }
}

/// Takes the names of the command, at most two, from in front of its arguments and flags.
fn split(args: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut words, mut rest) = (Vec::new(), args.to_vec());
    while words.len() < 2
        && let Some(at) = flags::command_at(&rest, COMMON)
    {
        words.push(rest.remove(at));
    }
    (words, rest)
}

fn flags_of(verb: &str, what: &str) -> Option<&'static [Flag]> {
    Some(match (verb, what) {
        (
            "set",
            "image" | "namespace" | "label" | "annotation" | "replicas" | "nameprefix" | "namesuffix" | "buildmetadata",
        )
        | ("add", "component" | "generator" | "transformer" | "base" | "buildmetadata")
        | ("remove", "resource" | "transformer" | "buildmetadata") => &[],
        ("add", "resource") => NO_VERIFY,
        ("add" | "remove", "patch") => PATCH,
        ("add", "label") => ADD_LABEL,
        ("add", "annotation") => FORCE,
        ("remove", "label" | "annotation") => IGNORE,
        ("remove", "configmap" | "secret") => NAMESPACE,
        _ => return None,
    })
}

fn edit_of(verb: &str, what: &str, parsed: &Parsed) -> Result<Option<Edit>, Stop> {
    let args = &parsed.positional;
    let force = parsed.bool("force");
    let edit = match (verb, what) {
        ("set", "image") => Edit::set_images(args),
        ("set", "namespace") => Edit::set_namespace(args),
        ("set", "label") => Edit::set_entries(Metadata::Label, args),
        ("set", "annotation") => Edit::set_entries(Metadata::Annotation, args),
        ("set", "replicas") => Edit::set_replicas(args),
        ("set", "nameprefix") => Edit::set_name_prefix(args),
        ("set", "namesuffix") => Edit::set_name_suffix(args),
        ("set", _) => Edit::set_build_metadata(args),
        ("add", "resource") => return add_paths(PathList::Resources, parsed),
        ("add", "component") => return add_paths(PathList::Components, parsed),
        ("add", "generator") => return add_paths(PathList::Generators, parsed),
        ("add", "transformer") => return add_paths(PathList::Transformers, parsed),
        ("add", "base") => return add_bases(args),
        ("add", "patch") => Edit::add_patch(&patch_of(parsed)),
        ("add", "label") => return add_label(parsed),
        ("add", "annotation") => Edit::add_entries(Metadata::Annotation, args, force),
        ("add", _) => Edit::add_build_metadata(args),
        (_, "resource") => Edit::remove_paths(PathList::Resources, args),
        (_, "transformer") => Edit::remove_paths(PathList::Transformers, args),
        (_, "patch") => Edit::remove_patch(&patch_of(parsed)),
        (_, "label") => Edit::remove_entries(Metadata::Label, args, parsed.bool("ignore-non-existence")),
        (_, "annotation") => Edit::remove_entries(Metadata::Annotation, args, parsed.bool("ignore-non-existence")),
        (_, "configmap") => Edit::remove_generators(Generator::ConfigMap, args, text(parsed, "namespace")),
        (_, "secret") => Edit::remove_generators(Generator::Secret, args, text(parsed, "namespace")),
        _ => Edit::remove_build_metadata(args),
    };
    edit.map(Some).map_err(|error| stop(&error))
}

fn stop(error: &Error) -> Stop {
    error.to_string().into()
}

fn text<'p>(parsed: &'p Parsed, flag: &str) -> &'p str {
    parsed.text(flag).unwrap_or_default()
}

fn patch_of(parsed: &Parsed) -> PatchArguments<'_> {
    PatchArguments {
        path: text(parsed, "path"),
        patch: text(parsed, "patch"),
        group: text(parsed, "group"),
        version: text(parsed, "version"),
        kind: text(parsed, "kind"),
        name: text(parsed, "name"),
        namespace: text(parsed, "namespace"),
        annotation_selector: text(parsed, "annotation-selector"),
        label_selector: text(parsed, "label-selector"),
    }
}

fn add_label(parsed: &Parsed) -> Result<Option<Edit>, Stop> {
    let (args, force) = (&parsed.positional, parsed.bool("force"));
    let (plain, templates) = (!parsed.bool("without-selector"), parsed.bool("include-templates"));
    let edit = match plain {
        true if templates && !args.is_empty() => {
            return Err("--without-selector flag must be specified for --include-templates to work".to_owned().into());
        }
        true => Edit::add_entries(Metadata::Label, args, force),
        false => Edit::add_labels(args, force, templates),
    };
    edit.map(Some).map_err(|error| stop(&error))
}

fn add_paths(list: PathList, parsed: &Parsed) -> Result<Option<Edit>, Stop> {
    let patterns = &parsed.positional;
    Edit::check_paths(list, patterns).map_err(|error| stop(&error))?;
    let is_plugin = matches!(list, PathList::Generators | PathList::Transformers);
    let mut paths = Vec::new();
    for pattern in patterns {
        if parsed.bool("no-verify") {
            paths.push(pattern.clone());
            continue;
        }
        let checking = |error: String| {
            if is_plugin { error } else { format!("error checking the filesystem: {error}") }
        };
        let found = glob(pattern).map_err(checking)?;
        match found.is_empty() {
            false => paths.extend(found),
            true if is_plugin => eprintln!("{pattern} has no match"),
            true => {
                check_elsewhere(pattern)?;
                paths.push(pattern.clone());
            }
        }
    }
    Ok((!paths.is_empty()).then(|| Edit::add_paths(list, paths)))
}

// What is no file here may be a repository; kustomize clones it to see, which is left to the build.
fn check_elsewhere(path: &str) -> Result<(), Stop> {
    if is_remote(path) {
        return Ok(());
    }
    let why = if Path::new(path).is_absolute() {
        format!("new root '{path}' cannot be absolute")
    } else {
        let full = std::path::absolute(path).unwrap_or_default();
        let shown = full.display();
        format!(
            "must build at directory: not a valid directory: evalsymlink failure on '{shown}' : lstat {shown}: no such \
             file or directory"
        )
    };
    Err(format!("{path} has no match: {why}").into())
}

fn add_bases(args: &[String]) -> Result<Option<Edit>, Stop> {
    let (edit, folders) = Edit::add_bases(args).map_err(|error| stop(&error))?;
    match folders.iter().find(|folder| std::fs::metadata(folder).is_err()) {
        Some(missing) => Err(format!("{missing} does not exist").into()),
        None => Ok(Some(edit)),
    }
}

fn carry_out(edit: &Edit, parsed: &Parsed, what: &str) -> Result<(), Stop> {
    // The commands about generators say more of what fails.
    let is_generator = matches!(what, "configmap" | "secret");
    let around = |words: &str, error: String| if is_generator { format!("{words}: {error}") } else { error };
    let name = file_name().map_err(|error| around("could not read kustomization file", error))?;
    let limits = machine::limits(parsed.texts("limit"))?;
    let contents = |why: String| around("could not read kustomization file contents", why);
    let bytes = disk::read_file(Path::new(name), limits.file_bytes as u64)
        .map_err(|error| contents(format!("read {name}: {}", reason(&error))))?;
    let text = decode_input(&bytes).map_err(|error| contents(format!("invalid Kustomization: {error}")))?;
    let Edited { text, log } = edit.apply(&text, name, &limits).map_err(|error| stop(&error))?;
    log.iter().for_each(|line| eprintln!("{line}"));
    if let Some(text) = text {
        std::fs::write(name, text).map_err(|error| format!("open {name}: {}", go::io_reason(&error)))?;
    }
    Ok(())
}

fn file_name() -> Result<&'static str, String> {
    let there = super::FILES.into_iter().filter(|name| std::fs::metadata(name).is_ok());
    match there.collect::<Vec<_>>()[..] {
        [] => Err("Missing kustomization file 'kustomization.yaml'.\n".to_owned()),
        [one] if Path::new(one).is_dir() => Err(format!("{one} should be a file")),
        [one] => Ok(one),
        ref several => Err(format!("Found multiple kustomization file: [{}]\n", several.join(" "))),
    }
}
