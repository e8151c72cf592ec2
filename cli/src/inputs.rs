//! Reads what a command names and hands it to the engine.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rhumb::pipeline::{Built, Engine, Manifest, Request, ServerCapabilities, ValuesInput};
use rhumb::source::{Files, Limits, VPath};
use rhumb_cluster::live::Cluster;

use crate::config::{Build, Place, Values};
use crate::disk::{DiskFiles, read_file, read_stdin, reason};
use crate::machine;
use crate::output::Failure;

/// Returns the engine with the schemas that the binary carries.
pub(crate) fn engine() -> Engine {
    Engine::new().with_schemas(rhumb_schemas::kubernetes())
}

fn engine_for(config: &Build) -> Engine {
    engine().with_limits(config.limits.clone())
}

/// Builds a source: renders it, or reads its manifests.
///
/// # Errors
/// When a file that the user named cannot be read.
pub(crate) fn build(config: &Build) -> Result<Built, Failure> {
    with_request(config, |request| engine_for(config).build(request), |built| built.needs_parent)
}

/// Builds a source for a cluster, which charts see and may read.
///
/// # Errors
/// When a file that the user named cannot be read.
pub(crate) fn build_for(config: &Build, cluster: &Arc<Cluster>) -> Result<Built, Failure> {
    let build = |request: &Request<'_>| engine_for(config).build(request);
    with_request_for(config, Some(cluster), build, |built| built.needs_parent)
}

/// Which objects are validated beside being rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validate {
    All,
    /// Charts come from others, whose manifests are theirs to mend.
    AllButCharts,
    Nothing,
}

/// Renders a source, and validates what is to be validated; keeps what each step does where a trace is wanted.
///
/// # Errors
/// When a file that the user named cannot be read.
pub(crate) fn render(config: &Build, validate: Validate, trace: bool) -> Result<Built, Failure> {
    let call = |request: &Request<'_>| {
        let engine = engine_for(config);
        let mut request = request.clone();
        request.trace = trace;
        let request = &request;
        let built = engine.build(request);
        match validate {
            Validate::Nothing => built,
            Validate::AllButCharts if built.chart_name.is_some() => built,
            _ => engine.check_built(built, request),
        }
    };
    with_request(config, call, |built| built.needs_parent)
}

/// Builds a source and validates its objects.
///
/// # Errors
/// When a file that the user named cannot be read.
pub(crate) fn check(config: &Build) -> Result<Built, Failure> {
    with_request(config, |request| engine_for(config).check(request), |built| built.needs_parent)
}

/// Calls the engine with the request that the user makes; once more from higher up, where a package wants it.
///
/// # Errors
/// When a file that the user named cannot be read.
pub(crate) fn with_request<T>(
    config: &Build,
    call: impl Fn(&Request<'_>) -> T,
    needs_parent: impl Fn(&T) -> Option<usize>,
) -> Result<T, Failure> {
    with_request_for(config, None, call, needs_parent)
}

fn with_request_for<T>(
    config: &Build,
    cluster: Option<&Arc<Cluster>>,
    call: impl Fn(&Request<'_>) -> T,
    needs_parent: impl Fn(&T) -> Option<usize>,
) -> Result<T, Failure> {
    let limits = config.limits.clone();
    let (seed, now) = (config.seed.as_deref(), config.now.as_deref());
    let host = machine::host(seed, now, cluster).map_err(|error| Failure::new("cli-time", error))?;
    let server = cluster.map(|cluster| ServerCapabilities {
        version: cluster.discovery.version.to_string(),
        api_versions: cluster.discovery.api_versions.iter().map(ToString::to_string).collect(),
    });
    let values = config.values.iter().map(|values| read_values(values, &limits)).collect::<Result<Vec<_>, _>>()?;
    let mut crds = Vec::new();
    for path in &config.crds {
        crds.extend(read_manifests(path, &limits)?);
    }
    let fill = |mut request: Request<'_>| {
        request.environment.clone_from(&config.environment);
        request.values.clone_from(&values);
        request.release_name.clone_from(&config.release);
        request.namespace.clone_from(&config.namespace);
        request.kube_version = config.kube_version;
        request.api_versions.clone_from(&config.api_versions);
        request.server.clone_from(&server);
        request.is_upgrade = config.is_upgrade;
        request.host = Some(host.clone());
        request.crds.clone_from(&crds);
        request.strict = config.strict;
        request.read_file = Some(&read_named);
        call(&request)
    };
    let Place::Path(path) = &config.source else {
        return Ok(fill(Request::manifests(vec![Manifest { name: "-".to_owned(), text: stdin_text(&limits)? }])));
    };
    if !stat(path)?.is_dir() && is_archive(path) {
        let name = path.display().to_string();
        let bytes = read_file(path, limits.archive_bytes as u64).map_err(|error| unreadable(&name, &error))?;
        return Ok(fill(Request::archive(&name, &bytes)));
    }
    if !stat(path)?.is_dir() {
        return Ok(fill(Request::manifests(vec![read_manifest(path, &limits)?])));
    }
    let mut up = highest(path);
    loop {
        let files = open(path, up, &limits)?;
        let answer = fill(Request::package(&files, files.base().clone()));
        match needs_parent(&answer) {
            Some(levels) if levels > 0 && up < HIGHEST => up += levels,
            _ => return Ok(answer),
        }
    }
}

// A kustomization may build on folders anywhere, so its tree of files is the whole disk.
fn highest(folder: &Path) -> usize {
    let has = |name: &str| folder.join(name).is_file();
    let is_other = has("rhumb.yaml") || has("Chart.yaml");
    match ["kustomization.yaml", "kustomization.yml", "Kustomization"].into_iter().any(has) && !is_other {
        true => fs::canonicalize(folder).map_or(0, |real| real.ancestors().count() - 1),
        false => 0,
    }
}

fn is_archive(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.ends_with(".tgz") || name.ends_with(".tar.gz")
}

// Further up than any package stands below what it builds on.
const HIGHEST: usize = 64;

/// Opens a folder of the disk.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn open(path: &Path, up: usize, limits: &Limits) -> Result<DiskFiles, Failure> {
    DiskFiles::open(path, up, limits).map_err(|error| unreadable(&path.display().to_string(), &error))
}

fn read_values(values: &Values, limits: &Limits) -> Result<ValuesInput, Failure> {
    Ok(match values {
        Values::File(place) => ValuesInput::File { name: place.name(), text: read_place(place, limits)? },
        Values::Set(flag) => ValuesInput::Set(flag.clone()),
        Values::SetString(flag) => ValuesInput::SetString(flag.clone()),
        Values::SetJson(flag) => ValuesInput::SetJson(flag.clone()),
        Values::SetLiteral(flag) => ValuesInput::SetLiteral(flag.clone()),
        Values::SetFile(flag) => ValuesInput::SetFile(flag.clone()),
    })
}

// The engine splits the flag: what it asks for here is one path of it.
fn read_named(path: &str) -> Result<String, String> {
    read_place(&Place::parse(path), &Limits::default()).map_err(|failure| failure.0.message.to_string())
}

fn read_place(place: &Place, limits: &Limits) -> Result<String, Failure> {
    match place {
        Place::Stdin => stdin_text(limits),
        Place::Path(path) => Ok(read_manifest(path, limits)?.text),
    }
}

fn read_manifest(path: &Path, limits: &Limits) -> Result<Manifest, Failure> {
    let name = path.display().to_string();
    let bytes = read_file(path, limits.file_bytes as u64).map_err(|error| unreadable(&name, &error))?;
    Ok(Manifest { text: text(&name, &bytes)?, name })
}

// A file, or every YAML and JSON file of a folder.
fn read_manifests(path: &Path, limits: &Limits) -> Result<Vec<Manifest>, Failure> {
    if !stat(path)?.is_dir() {
        return Ok(vec![read_manifest(path, limits)?]);
    }
    let files = open(path, 0, limits)?;
    let failure = |error: rhumb::source::FileError| Failure::new("cli-unreadable", error.to_string());
    let listed = files.list(&VPath::root()).map_err(failure)?;
    let read = |file: &VPath| {
        let name = files.display_name(file);
        let bytes = files.read(file).map_err(failure)?;
        Ok(Manifest { text: text(&name, &bytes)?, name })
    };
    listed.iter().filter(|file| file.is_yaml()).map(read).collect()
}

fn stdin_text(limits: &Limits) -> Result<String, Failure> {
    let bytes = read_stdin(limits.file_bytes as u64).map_err(|error| unreadable("-", &error))?;
    text("-", &bytes)
}

fn text(name: &str, bytes: &[u8]) -> Result<String, Failure> {
    let decoded = rhumb::yaml::decode_input(bytes);
    decoded.map(std::borrow::Cow::into_owned).map_err(|error| {
        Failure::new("cli-unreadable", format!("cannot read `{name}`: {error}")).help("save the file as UTF-8")
    })
}

fn stat(path: &Path) -> Result<fs::Metadata, Failure> {
    fs::metadata(path).map_err(|error| unreadable(&path.display().to_string(), &error))
}

fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::NotFound {
        let failure = Failure::new("cli-not-found", format!("there is no file or folder `{name}`"));
        return if crate::ready_made::NAMES.contains(&name) {
            failure.help(format!("make it from the ready-made package: `rhumb new {name} --from {name}`"))
        } else {
            match beside(Path::new(name)) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure,
            }
        };
    }
    Failure::new("cli-unreadable", format!("cannot read `{name}`: {}", reason(error)))
}

// What is named most like a path in its folder; a name of a letter or two is like every other.
fn beside(path: &Path) -> Option<String> {
    path.file_stem().filter(|stem| stem.len() > 2)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let listed = fs::read_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).ok()?;
    let names = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).take(1_000);
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    let wanted = path.file_name()?.to_str()?;
    let near = rhumb::diag::nearest(wanted, names.iter().map(String::as_str))?;
    Some(folder.join(near).display().to_string())
}
