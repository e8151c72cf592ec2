//! From a folder or an archive to the files of a chart, and which reader they are for.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/chart/loader/load.go> and
//! <https://github.com/helm/helm/blob/main/pkg/chart/v2/loader/directory.go>.

use std::sync::Arc;

use super::archive::{self, ArchiveError, Budget};
use super::assemble::{Assembler, Standing, decode_file};
use super::ignore::Rules;
use super::sniff::content_type;
use super::validate::decode_api_version;
use super::{Chart, ChartError, ChartFile, LogLine};
use crate::source::{FileError, Files, Limits, VPath};

/// Loads the chart in a folder as Helm does, `.helmignore` obeyed.
///
/// Helm's log lines are added to `log`, in the order in which it prints them; they count even when loading fails.
///
/// # Errors
/// What Helm refuses, in its words, or a limit.
pub fn load_folder(
    files: &dyn Files,
    folder: &VPath,
    limits: &Limits,
    log: &mut Vec<LogLine>,
) -> Result<Chart, ChartError> {
    let chart_yaml = folder.join("Chart.yaml").map_err(|error| ChartError::new(error.to_string()))?;
    let detected = ChartFile { name: "Chart.yaml".into(), data: detect(files, &chart_yaml)?.into() };
    let known = check_api_version(&detected, &files.display_name(&chart_yaml), limits)?;
    let mut budget = Budget::new(limits);
    let found = walk(files, folder, &mut budget, log)?;
    let standing = Standing { location: files.display_name(folder).into(), parent: None, depth: 0, packed: false };
    known.of(Assembler { limits, budget, log, charts: 0 }.assemble(found, &standing)?)
}

/// Loads a packed chart (`.tgz`). `name` is what messages call the file; Helm shows the whole path.
///
/// # Errors
/// What Helm refuses, in its words, or a limit.
pub fn load_archive(name: &str, bytes: &[u8], limits: &Limits, log: &mut Vec<LogLine>) -> Result<Chart, ChartError> {
    if let Some(found) = content_type(bytes) {
        let text = match name.ends_with(".yml") || name.ends_with(".yaml") {
            true => format!("file '{name}' seems to be a YAML file, but expected a gzipped archive"),
            false => format!("file '{name}' does not appear to be a gzipped archive; got '{found}'"),
        };
        return Err(ChartError::new(text));
    }
    let mut budget = Budget::new(limits);
    let files = archive::read(bytes, &mut budget).map_err(|error| match error {
        error if error.is_no_gzip() => {
            let details = ChartError::from(error);
            ChartError::new(format!("file '{name}' does not appear to be a valid chart file (details: {details})"))
        }
        // Helm keeps to itself what is wrong; it is said in the help.
        ArchiveError::Helm(why) => ChartError::new("unable to load chart archive").help(why),
        ArchiveError::Limit(error) => error,
    })?;
    let Some(chart_yaml) = files.iter().find(|file| file.name == "Chart.yaml") else {
        return Err(ChartError::new("unable to detect chart version, no Chart.yaml found"));
    };
    let known = check_api_version(chart_yaml, &format!("{name}/Chart.yaml"), limits)?;
    let standing = Standing { location: name.into(), parent: None, depth: 0, packed: true };
    known.of(Assembler { limits, budget, log, charts: 0 }.assemble(files, &standing)?)
}

/// Whether Helm's commands know what to do with a chart of an `apiVersion`.
enum Known {
    Yes,
    /// It is read and then refused.
    ReadOnly,
}

impl Known {
    fn of(self, chart: Chart) -> Result<Chart, ChartError> {
        match self {
            Known::Yes => Ok(chart),
            Known::ReadOnly => Err(ChartError::new("invalid chart apiVersion")),
        }
    }
}

/// Asks which reader a chart is for.
fn check_api_version(chart_yaml: &ChartFile, name: &str, limits: &Limits) -> Result<Known, ChartError> {
    let version = decode_file(chart_yaml, name, limits, decode_api_version)
        .map_err(|error| error.context("cannot load Chart.yaml"))?;
    match version.unwrap_or_default().as_str() {
        "" | "v1" | "v2" => Ok(Known::Yes),
        "v3" => Ok(Known::ReadOnly),
        _ => Err(ChartError::new("unsupported chart version")),
    }
}

fn detect(files: &dyn Files, chart_yaml: &VPath) -> Result<Arc<[u8]>, ChartError> {
    files.read(chart_yaml).map_err(|error| {
        let name = files.full_name(chart_yaml);
        let why = match error {
            FileError::NotFound(_) => "no such file or directory".to_owned(),
            FileError::Unreadable(_, why) => why,
            error => error.to_string(),
        };
        ChartError::new(format!("unable to detect chart at {name}: open {name}: {why}"))
    })
}

/// The size, in bytes, from which on files are read when they are asked for. Templates are smaller, and read at once.
const LARGE: u64 = 32 << 10;

/// Returns the files of a folder that belong to the chart.
fn walk(
    files: &dyn Files,
    folder: &VPath,
    budget: &mut Budget<'_>,
    log: &mut Vec<LogLine>,
) -> Result<Vec<ChartFile>, ChartError> {
    let ignore = folder.join(".helmignore").ok().and_then(|path| files.read(&path).ok());
    let rules = Rules::parse(ignore.as_deref()).map_err(ChartError::new)?;
    let name = |path: &VPath| path.strip_prefix(folder).unwrap_or_else(|| path.clone());
    let mut enter = |path: &VPath| !rules.ignores(name(path).as_str(), true);
    let rules_times = |names: usize| {
        // A thousand matches take no longer than reading an entry.
        if rules.len().saturating_mul(names) / 1000 <= budget.limits().archive_entries {
            return Ok(());
        }
        let text = format!("the {} rules of .helmignore are too many for {names} files", rules.len());
        Err(ChartError::new(text).limit("archive-entries"))
    };
    rules_times(1000)?;
    let walked = files.walk(folder, &mut enter).map_err(|error| unwalkable(files, error))?;
    rules_times(walked.files.len())?;
    for link in &walked.links {
        let line = LogLine::info("found symbolic link in path. Contents of linked file included and used");
        log.push(line.with("path", files.full_name(&link.path)).with("resolved", link.target.as_str()));
    }
    let mut found = Vec::with_capacity(walked.files.len());
    for file in walked.files {
        let name = name(&file.path);
        if rules.ignores(name.as_str(), false) {
            continue;
        }
        let too_large = |budget: &Budget<'_>| {
            let text = format!(
                "error reading {name}: chart exceeds maximum decompressed size of {} bytes",
                budget.limits().archive_bytes
            );
            ChartError::new(text).limit("archive-bytes")
        };
        if file.bytes > budget.bytes() {
            return Err(too_large(budget));
        }
        let failed = |error| unreadable(files, &file.path, &name, error);
        let (data, bytes) = if file.bytes >= LARGE {
            (files.defer(&file.path).map_err(failed)?, file.bytes)
        } else {
            let data = files.read(&file.path).map_err(failed)?;
            let bytes = data.len() as u64;
            (data.into(), bytes)
        };
        if !budget.spend(bytes) {
            return Err(too_large(budget));
        }
        found.push(ChartFile { name: name.as_str().into(), data: data.without_mark() });
    }
    Ok(found)
}

fn unwalkable(files: &dyn Files, error: FileError) -> ChartError {
    ChartError::new(match error {
        FileError::Irregular(path) => {
            format!("cannot load irregular file {} as it has file mode type bits set", files.full_name(&path))
        }
        FileError::BrokenLink(path, target) => {
            let path = files.full_name(&path);
            format!("error evaluating symlink {path}: lstat {target}: no such file or directory")
        }
        error => error.to_string(),
    })
}

fn unreadable(files: &dyn Files, path: &VPath, name: &VPath, error: FileError) -> ChartError {
    let full = files.full_name(path);
    let why = match error {
        FileError::NotFound(_) => "no such file or directory".to_owned(),
        FileError::Unreadable(_, why) => why,
        error => error.to_string(),
    };
    ChartError::new(format!("error reading {name}: open {full}: {why}"))
}
