//! What a chart is made of.

use std::sync::Arc;

use ecow::EcoString;

use super::{ChartError, Lock, Metadata};
use crate::source::FileData;
use crate::value::Value;

/// A chart with its dependencies. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What `Chart.yaml` says, as far as processing has got.
    pub metadata: Arc<Metadata>,
    /// The default values: a map. Processing lays imported values over them.
    pub values: Value,
    /// The charts it depends on.
    pub dependencies: Vec<Chart>,
    /// The path from the outermost chart: `name`, or `parent/charts/name`. Names of templates begin with it.
    pub path: EcoString,
    /// The files.
    pub contents: Arc<Contents>,
}

/// The files of a chart, by what they are for.
#[derive(Debug, Default)]
pub struct Contents {
    /// The folder or archive as messages have it: `charts/web`, `web.tgz`, `charts/web/charts/redis`.
    pub location: EcoString,
    /// `Chart.lock` or `requirements.lock`.
    pub lock: Option<Lock>,
    /// `values.schema.json`.
    pub schema: Option<Arc<[u8]>>,
    /// The files of `templates/`.
    pub templates: Vec<ChartFile>,
    /// What `.Files` shows: all files that nothing else is made of, `crds/` among them.
    pub files: Vec<ChartFile>,
    /// All files, those of `charts/` included, in the order in which they were read.
    pub raw: Vec<ChartFile>,
}

impl Contents {
    /// Returns the name that messages have for a file of the chart.
    pub fn name_of(&self, file: &str) -> EcoString {
        match self.location.as_str() {
            "" | "." => file.into(),
            location => ecow::eco_format!("{location}/{file}"),
        }
    }
}

/// A file of a chart.
#[derive(Debug, Clone)]
pub struct ChartFile {
    /// The path from the chart's folder, parted by `/`.
    pub name: EcoString,
    /// The content, a byte order mark taken off.
    pub data: FileData,
}

impl ChartFile {
    /// Returns the content.
    ///
    /// # Errors
    /// When it was to be read when it is needed, and that fails.
    pub fn bytes(&self) -> Result<&Arc<[u8]>, ChartError> {
        self.data.bytes().map_err(|error| ChartError::new(format!("error reading {}: {error}", self.name)))
    }
}

/// A file of `crds/` of a chart or of one of its dependencies.
#[derive(Debug, Clone, Copy)]
pub struct Crd<'a> {
    /// The chart it belongs to.
    pub chart: &'a Chart,
    /// The file.
    pub file: &'a ChartFile,
}

impl Crd<'_> {
    /// Returns the name that `# Source:` shows: the path of the chart and the name of the file, cleaned as Go does it.
    pub fn filename(&self) -> String {
        format!("{}/{}", self.chart.path, self.file.name)
    }
}

impl Chart {
    /// Returns the name under which the chart goes: its alias, or the name of `Chart.yaml`.
    pub fn name(&self) -> &EcoString {
        &self.metadata.name
    }

    /// Whether it is the outermost chart.
    pub fn is_root(&self) -> bool {
        self.path == self.metadata.name
    }

    /// Returns the files of `crds/` that have the ending of a manifest, those of dependencies after its own.
    pub fn crds(&self) -> Vec<Crd<'_>> {
        let mut found = Vec::new();
        self.add_crds(&mut found);
        found
    }

    // The depth is bounded by the loader.
    fn add_crds<'a>(&'a self, found: &mut Vec<Crd<'a>>) {
        let own = self.contents.files.iter().filter(|file| file.name.starts_with("crds/") && is_manifest(&file.name));
        found.extend(own.map(|file| Crd { chart: self, file }));
        self.dependencies.iter().for_each(|dependency| dependency.add_crds(found));
    }
}

fn is_manifest(name: &str) -> bool {
    let ending = name.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, ending)| ending);
    ["yaml", "yml", "json"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}
