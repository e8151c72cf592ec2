//! Names and contents to a chart, for the files of a folder and of an archive alike.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/chart/v2/loader/load.go> (`LoadFiles`).

use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::{EcoString, eco_format};

use super::archive::{self, Budget};
use super::decode::DecodeError;
use super::validate::{Draft, decode_lock};
use super::{Chart, ChartError, ChartFile, Contents, LogLine, Metadata, Place, read_values};
use crate::source::{FileId, Limits};
use crate::value::{Map, Value};
use crate::yaml::{Node, decode_input, unmarshal_node};

/// Charts in charts in charts: deeper than any product, and shallow enough for the stack.
const MAX_DEPTH: usize = 64;

/// What all charts of one tree share.
pub(super) struct Assembler<'a> {
    pub(super) limits: &'a Limits,
    pub(super) budget: Budget<'a>,
    pub(super) log: &'a mut Vec<LogLine>,
    pub(super) charts: usize,
}

/// Where a chart stands.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    /// Its folder or archive, as messages have it.
    pub(super) location: EcoString,
    /// The path of its parent from the outermost chart; `None` for the outermost one.
    pub(super) parent: Option<EcoString>,
    pub(super) depth: usize,
    /// Whether its files come from an archive.
    pub(super) packed: bool,
}

/// A chart whose files are being looked at.
#[derive(Default)]
struct Parts {
    draft: Option<Draft>,
    contents: Contents,
    values: Option<Value>,
    // The files of charts/ by what stands first in their paths, without `charts/`.
    below: BTreeMap<EcoString, Vec<ChartFile>>,
}

impl Assembler<'_> {
    /// Makes a chart of its files.
    ///
    /// # Errors
    /// In Helm's words.
    pub(super) fn assemble(&mut self, files: Vec<ChartFile>, standing: &Standing) -> Result<Chart, ChartError> {
        self.charts += 1;
        if self.charts > self.limits.packages {
            let text = format!("more than {} charts depend on one another", self.limits.packages);
            return Err(ChartError::new(text).limit("packages"));
        }
        let mut parts = Parts::default();
        // Chart.yaml comes first, wherever it stands: what else is read may depend on it.
        for file in files.iter().filter(|file| file.name == "Chart.yaml") {
            let draft = parts.draft.get_or_insert_default();
            self.decode(file, standing, |node| draft.decode(node))?;
            if draft.metadata.api_version.is_empty() {
                draft.metadata.api_version = "v1".into();
            }
        }
        for file in &files {
            self.sort_in(file, standing, &mut parts)?;
        }
        let Some(draft) = parts.draft else { return Err(ChartError::new("Chart.yaml file is missing")) };
        let metadata = draft.finish().map_err(|text| at_chart_yaml(ChartError::new(text), &files, standing))?;
        let path = match &standing.parent {
            None => metadata.name.clone(),
            Some(parent) => eco_format!("{parent}/charts/{}", metadata.name),
        };
        let dependencies = self.dependencies(parts.below, &metadata, &path, standing)?;
        parts.contents.location = standing.location.clone();
        parts.contents.raw = files;
        Ok(Chart {
            metadata: Arc::new(metadata),
            values: parts.values.unwrap_or_else(|| Map::new().into()),
            dependencies,
            path,
            contents: Arc::new(parts.contents),
        })
    }

    fn sort_in(&mut self, file: &ChartFile, standing: &Standing, parts: &mut Parts) -> Result<(), ChartError> {
        let contents = &mut parts.contents;
        match file.name.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => contents.lock = self.decode(file, standing, decode_lock)?.flatten(),
            "values.yaml" => {
                let name = standing.of(&file.name);
                let values = read_values(&name, file.bytes()?, self.limits);
                parts.values = Some(values.map_err(|error| error.context("cannot load values.yaml"))?);
            }
            // Of an empty file in an archive Go keeps nothing, and so Helm sees no schema.
            "values.schema.json" if standing.packed && file.bytes()?.is_empty() => contents.schema = None,
            "values.schema.json" => contents.schema = Some(Arc::clone(file.bytes()?)),
            "requirements.yaml" => {
                let draft = parts.draft.get_or_insert_default();
                if draft.metadata.api_version != "v1" {
                    self.log.push(LogLine::info(
                        "Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". \
                         We recommend migrating dependencies to Chart.yaml.",
                    ));
                }
                self.decode(file, standing, |node| draft.decode(node))?;
                contents.files.extend((draft.metadata.api_version == "v1").then(|| file.clone()));
            }
            "requirements.lock" => {
                contents.lock = self.decode(file, standing, decode_lock)?.flatten();
                let draft = parts.draft.get_or_insert_default();
                if draft.metadata.api_version != "v1" {
                    self.log.push(LogLine::info(
                        "Warning: Dependency locking is handled in Chart.lock since apiVersion \"v2\". \
                         We recommend migrating to Chart.lock.",
                    ));
                }
                contents.files.extend((draft.metadata.api_version == "v1").then(|| file.clone()));
            }
            name if name.starts_with("templates/") => contents.templates.push(file.clone()),
            name => match name.strip_prefix("charts/") {
                Some(below) if !below.ends_with(".prov") => {
                    let first = below.split('/').next().unwrap_or_default();
                    let file = ChartFile { name: below.into(), data: file.data.clone() };
                    parts.below.entry(first.into()).or_default().push(file);
                }
                _ => contents.files.push(file.clone()),
            },
        }
        Ok(())
    }

    /// Loads what is in charts/. Helm goes through it in no order; here it is that of names.
    fn dependencies(
        &mut self,
        below: BTreeMap<EcoString, Vec<ChartFile>>,
        metadata: &Metadata,
        path: &EcoString,
        standing: &Standing,
    ) -> Result<Vec<Chart>, ChartError> {
        let mut charts = Vec::new();
        for (name, files) in below {
            // Such names are for what is not to be loaded.
            if name.starts_with(['_', '.']) {
                continue;
            }
            let standing = Standing {
                location: standing.of(&format!("charts/{name}")),
                parent: Some(path.clone()),
                depth: standing.depth + 1,
                packed: standing.packed || name.ends_with(".tgz"),
            };
            if standing.depth > MAX_DEPTH {
                return Err(ChartError::new(format!("charts are nested more than {MAX_DEPTH} levels deep")));
            }
            let chart = match name.ends_with(".tgz") {
                true => match files.first().filter(|file| file.name != name) {
                    Some(file) => {
                        let text = format!(
                            "error unpacking subchart tar in {}: expected {name}, got {}",
                            metadata.name, file.name
                        );
                        return Err(ChartError::new(text));
                    }
                    None => self.packed(&files, &standing),
                },
                false => self.assemble(files.into_iter().filter_map(|file| below_folder(&file)).collect(), &standing),
            };
            let context =
                |error: ChartError| error.context(format_args!("error unpacking subchart {name} in {}", metadata.name));
            charts.push(chart.map_err(context)?);
        }
        Ok(charts)
    }

    fn packed(&mut self, files: &[ChartFile], standing: &Standing) -> Result<Chart, ChartError> {
        let bytes = files.first().map(ChartFile::bytes).transpose()?.map(|bytes| &**bytes).unwrap_or_default();
        let files = archive::read(bytes, &mut self.budget)?;
        self.assemble(files, standing)
    }

    /// Decodes the first document of a file; nothing where there is none.
    fn decode<T>(
        &self,
        file: &ChartFile,
        standing: &Standing,
        decode: impl FnOnce(&Node) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, ChartError> {
        let context = |error: ChartError| error.context(format_args!("cannot load {}", file.name));
        decode_file(file, &standing.of(&file.name), self.limits, decode).map_err(context)
    }
}

/// Decodes the first document of a file; nothing where there is none. `name` is what messages call the file.
pub(super) fn decode_file<T>(
    file: &ChartFile,
    name: &str,
    limits: &Limits,
    decode: impl FnOnce(&Node) -> Result<T, DecodeError>,
) -> Result<Option<T>, ChartError> {
    let data = file.bytes()?;
    let failed = |message: String, at: usize| ChartError::new(message).at(Place::new(name, data, at));
    let text =
        decode_input(data).map_err(|error| failed(format!("error converting YAML to JSON: {error}"), error.offset))?;
    let node = unmarshal_node(&text, FileId::NONE, limits).map_err(|error| failed(error.message, error.at))?;
    node.map(|node| decode(&node)).transpose().map_err(|error| failed(error.message, error.at))
}

/// Adds the beginning of `Chart.yaml` as the place of what is missing from it.
fn at_chart_yaml(error: ChartError, files: &[ChartFile], standing: &Standing) -> ChartError {
    match files.iter().find(|file| file.name == "Chart.yaml") {
        Some(file) => match file.bytes() {
            Ok(data) => error.at(Place::new(&standing.of(&file.name), data, 0)),
            Err(_) => error,
        },
        None => error,
    }
}

impl Standing {
    /// Returns the name that messages have for a path in the chart.
    fn of(&self, path: &str) -> EcoString {
        if self.location == "." { path.into() } else { eco_format!("{}/{path}", self.location) }
    }
}

/// Returns a file with the first part of its path taken off; `None` for one that lies in no folder.
fn below_folder(file: &ChartFile) -> Option<ChartFile> {
    let (_, name) = file.name.split_once('/')?;
    Some(ChartFile { name: name.into(), data: file.data.clone() })
}
