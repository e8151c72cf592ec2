//! `helm template [NAME] CHART`.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use rhumb::package::chart::LogLine;
use rhumb::pipeline::helm::{HelmOutput, HelmTemplate, check_kube_version, name_from_template, template};
use rhumb::render::Host;
use rhumb::source::Limits;
use rhumb::values::SetFlag;
use rhumb::values::chart::UserInput;

use super::super::Stop;
use super::super::flags::{Flag, Kind, Parsed};
use super::super::go;
use super::settings::{self, GLOBAL};
use super::{CHART_PATH, chart};
use crate::disk::{read_file, read_stdin, reason};
use crate::machine;

const FLAGS: &[Flag] = &[
    Flag::new("values", Kind::List).short('f'),
    Flag::new("set", Kind::Array),
    Flag::new("set-string", Kind::Array),
    Flag::new("set-file", Kind::Array),
    Flag::new("set-json", Kind::Array),
    Flag::new("set-literal", Kind::Array),
    Flag::new("show-only", Kind::Array).short('s'),
    Flag::new("output-dir", Kind::Text),
    Flag::new("release-name", Kind::Bool),
    Flag::new("validate", Kind::Bool).deprecated("use '--dry-run=server' instead"),
    Flag::new("dry-run", Kind::OptionalText("unset")),
    Flag::new("include-crds", Kind::Bool),
    Flag::new("skip-crds", Kind::Bool),
    Flag::new("skip-tests", Kind::Bool),
    Flag::new("no-hooks", Kind::Bool),
    Flag::new("is-upgrade", Kind::Bool),
    Flag::new("kube-version", Kind::Text),
    Flag::new("api-versions", Kind::List).short('a'),
    Flag::new("generate-name", Kind::Bool).short('g'),
    Flag::new("name-template", Kind::Text),
    Flag::new("skip-schema-validation", Kind::Bool),
    Flag::new("dependency-update", Kind::Bool),
    Flag::new("post-renderer", Kind::Text),
    Flag::new("post-renderer-args", Kind::Array),
    Flag::new("enable-dns", Kind::Bool),
    Flag::new("labels", Kind::Map).short('l'),
    Flag::new("hide-notes", Kind::Bool).deprecated(NO_NOTES),
    Flag::new("render-subchart-notes", Kind::Bool).deprecated(NO_NOTES),
    // Not Helm's own: what makes the same bytes twice, and the limits.
    Flag::new("seed", Kind::Text),
    Flag::new("now", Kind::Text),
    Flag::new("limit", Kind::Array),
    // What follows has no meaning without a cluster.
    Flag::new("create-namespace", Kind::Bool),
    Flag::new("force-replace", Kind::Bool),
    Flag::new("force", Kind::Bool).deprecated("use --force-replace instead"),
    Flag::new("force-conflicts", Kind::Bool),
    Flag::new("server-side", Kind::Bool),
    Flag::new("replace", Kind::Bool),
    Flag::new("timeout", Kind::Duration),
    Flag::new("wait-for-jobs", Kind::Bool),
    Flag::new("wait", Kind::OptionalText("watcher")),
    Flag::new("description", Kind::Text),
    Flag::new("devel", Kind::Bool),
    Flag::new("disable-openapi-validation", Kind::Bool),
    Flag::new("rollback-on-failure", Kind::Bool),
    Flag::new("atomic", Kind::Bool).deprecated("use --rollback-on-failure instead"),
    Flag::new("take-ownership", Kind::Bool),
];

const NO_NOTES: &str = "this flag has no effect for 'helm template' and will be removed in Helm 5";

pub(super) fn run(args: &[String]) -> Result<(), Stop> {
    let flags = super::parse(args, &[FLAGS, CHART_PATH, GLOBAL])?;
    if flags.positional.is_empty() {
        let usage = "\"helm template\" requires at least 1 argument\n\nUsage:  helm template [NAME] [CHART] [flags]";
        return Err(usage.to_owned().into());
    }
    check_groups(&flags)?;
    let limits = machine::limits(flags.texts("limit"))?;
    let host = machine::host(flags.text("seed"), flags.text("now"), None)?;
    if let Some(text) = flags.text("kube-version").filter(|text| !text.is_empty()) {
        check_kube_version(text)?;
    }
    refuse(&flags)?;
    let (name, chart) = name_and_chart(&flags, &host)?;
    let located = chart::locate(&chart, &flags, &limits)?;
    let values = values(&flags, &limits)?;
    let namespace = settings::namespace(&flags);
    let request = HelmTemplate {
        chart: located.source(),
        release_name: &name,
        namespace: &namespace,
        values: &values,
        read_file: &read_named,
        kube_version: flags.text("kube-version").filter(|text| !text.is_empty()),
        api_versions: flags.texts("api-versions"),
        is_upgrade: flags.bool("is-upgrade"),
        include_crds: flags.bool("include-crds"),
        no_hooks: flags.bool("no-hooks"),
        skip_tests: flags.bool("skip-tests"),
        skip_schema_validation: flags.bool("skip-schema-validation"),
        show_only: flags.texts("show-only"),
        as_files: flags.text("output-dir").is_some_and(|folder| !folder.is_empty()),
        debug: settings::debug(&flags),
        labels: flags.texts("labels"),
        host: &host,
        limits: &limits,
    };
    let mut output = template(&request);
    // The process ends below, and its memory with it.
    std::mem::forget(output.templates.take());
    write(&flags, &name, &output)?;
    // Helm says nothing of this, so it is for those who want to hear more.
    if let Some(what) = machine::unrepeatable(&output.impure).filter(|_| request.debug && !flags.has("seed")) {
        eprintln!("{}", LogLine::info(format!("{what}; --seed and --now make it repeatable")));
    }
    match output.error {
        None => Ok(()),
        Some(error) => Err(Stop::Error(error)),
    }
}

fn check_groups(flags: &Parsed) -> Result<(), String> {
    flags.exclusive(&["force", "force-conflicts"])?;
    flags.exclusive(&["force-replace", "force-conflicts"])?;
    flags.exclusive(&["validate", "dry-run"])?;
    match flags.text("wait") {
        None | Some("watcher" | "legacy" | "hookOnly" | "true" | "false") => Ok(()),
        Some(other) => Err(format!(
            "invalid argument {0} for \"--wait\" flag: invalid wait input {0}. Valid inputs are watcher, hookOnly, and legacy",
            go::quote(other)
        )),
    }
}

// What would ask a cluster, run a program or fetch something.
fn refuse(flags: &Parsed) -> Result<(), String> {
    if flags.bool("validate") {
        return Err("--validate asks a cluster, and rhumb renders offline: `rhumb render CHART` validates by the \
                    schemas of Kubernetes"
            .to_owned());
    }
    match flags.text("dry-run") {
        None | Some("client" | "unset" | "true") => {}
        Some("server") => {
            return Err("--dry-run=server asks a cluster, and rhumb renders offline: `rhumb render CHART` validates \
                        by the schemas of Kubernetes"
                .to_owned());
        }
        Some(none @ ("none" | "false")) => {
            return Err(format!("invalid dry-run value ({}). Must be \"server\" or \"client\"", go::quote(none)));
        }
        Some(other) => {
            let value = go::quote(other);
            return Err(format!("invalid dry-run value ({value}). Must be \"none\", \"server\", or \"client\""));
        }
    }
    let refused = [
        (
            "dependency-update",
            "--dependency-update fetches charts, and rhumb fetches nothing: run `helm dependency build` first",
        ),
        (
            "post-renderer",
            "--post-renderer runs a program, and rhumb runs none: patch with `rhumb render CHART` and overlays, or pipe the output",
        ),
        (
            "post-renderer-args",
            "--post-renderer-args runs a program, and rhumb runs none: patch with `rhumb render CHART` and overlays, or pipe the output",
        ),
        ("enable-dns", "--enable-dns makes templates ask the network, and rhumb renders offline"),
    ];
    match refused.iter().find(|(name, _)| flags.has(name) && flags.text(name) != Some("false")) {
        Some((_, why)) => Err((*why).to_owned()),
        None => Ok(()),
    }
}

fn name_and_chart(flags: &Parsed, host: &Arc<dyn Host + Send + Sync>) -> Result<(String, String), String> {
    let template = flags.text("name-template").filter(|text| !text.is_empty());
    match &flags.positional[..] {
        [name, chart] => {
            if flags.bool("generate-name") {
                return Err("cannot set --generate-name and also specify a name".to_owned());
            }
            if template.is_some() {
                return Err("cannot set --name-template and also specify a name".to_owned());
            }
            Ok((name.clone(), chart.clone()))
        }
        [chart] => match template {
            Some(template) => Ok((name_from_template(template, host)?, chart.clone())),
            // Helm sets this name before it looks at --generate-name, which therefore changes nothing here.
            None => Ok(("release-name".to_owned(), chart.clone())),
        },
        more => {
            let rest = more.get(2..).unwrap_or_default().join(", ");
            Err(format!("expected at most two arguments, unexpected arguments: {rest}"))
        }
    }
}

fn values(flags: &Parsed, limits: &Limits) -> Result<Vec<UserInput>, String> {
    let mut inputs = Vec::new();
    for path in flags.texts("values") {
        inputs.push(UserInput::File { name: path.clone(), content: read_values(path, limits)? });
    }
    let kinds = [
        ("set-json", SetFlag::Json),
        ("set", SetFlag::Set),
        ("set-string", SetFlag::String),
        ("set-file", SetFlag::File),
        ("set-literal", SetFlag::Literal),
    ];
    for (name, kind) in kinds {
        inputs.extend(flags.texts(name).iter().cloned().map(|text| UserInput::Flag(kind, text)));
    }
    Ok(inputs)
}

fn read_named(path: &str) -> Result<String, String> {
    // Values are texts: bytes that are no UTF-8 are replaced.
    Ok(String::from_utf8_lossy(&read_values(path, &Limits::default())?).into_owned())
}

fn read_values(path: &str, limits: &Limits) -> Result<Vec<u8>, String> {
    if path.trim() == "-" {
        return read_stdin(limits.file_bytes as u64)
            .map_err(|error| format!("cannot read standard input: {}", reason(&error)));
    }
    if let Some((scheme @ ("http" | "https" | "oci"), _)) = path.split_once("://") {
        return Err(format!("values of {path} would have to be fetched ({scheme}), and rhumb fetches nothing"));
    }
    read_file(Path::new(path), limits.file_bytes as u64)
        .map_err(|error| format!("open {path}: {}", go::io_reason(&error)))
}

fn write(flags: &Parsed, release: &str, output: &HelmOutput) -> Result<(), Stop> {
    output.log.iter().for_each(|line| eprintln!("{line}"));
    let mut stdout = io::stdout().lock();
    if let Some(folder) = flags.text("output-dir").filter(|folder| !folder.is_empty()) {
        for file in &output.files {
            let below = match flags.bool("release-name") && !file.is_crd {
                true => format!("{folder}/{release}"),
                false => folder.to_owned(),
            };
            let path = format!("{below}/{}", file.path);
            append(Path::new(&path), &file.text, file.append)
                .map_err(|error| format!("open {path}: {}", reason(&error)))?;
            let _ = writeln!(stdout, "wrote {path}");
        }
    }
    // A reader that has seen enough closes the pipe: nobody is left to be told.
    match stdout.write_all(&output.stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write the output: {}", reason(&error)).into())
        }
        _ => Ok(()),
    }
}

fn append(path: &Path, text: &[u8], append: bool) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    let file = if append { options.append(true).create(true) } else { options.write(true).create(true).truncate(true) };
    file.open(path)?.write_all(text)
}
