//! A chart's templates, compiled once and run many times.
//!
//! All files of a chart and of its dependencies are compiled into one set, the deepest paths first, so that of two
//! templates with the same name that of the outer chart wins. Files whose name starts with `_`, and those of library
//! charts, are there for others and not rendered themselves.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/engine/engine.go>.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use ecow::{EcoString, eco_format};
use gotemplate::{Functions, Heap, Map, MissingKey, Run, Set, Value};

use super::context::{Context, Impure};
use super::files::{self, Unread};
use super::manifests::is_partial;
use super::objects::{self, VALUES};
use super::templating::{self, cut_no_value, no_values};
use super::trace::{self, Recorder, Trace};
use super::value::from_value;
use super::{Capabilities, HelmError, HelmErrorKind, functions};
use crate::package::chart::Chart;
use crate::render::Host;
use crate::source::{Limits, search};
use crate::value::Value as CoreValue;

/// What a chart is rendered as: `.Release`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The name.
    pub name: EcoString,
    /// The namespace.
    pub namespace: EcoString,
    /// Whether it takes the place of an earlier one.
    pub is_upgrade: bool,
    /// How many there have been, this one included.
    pub revision: i64,
}

/// What a run of a chart's templates is given.
#[derive(Clone, Copy)]
pub struct RenderInput<'a> {
    /// `.Values` of the outermost chart, those of dependencies under their names.
    pub values: &'a CoreValue,
    /// `.Release`.
    pub release: &'a Release,
    /// `.Capabilities`.
    pub capabilities: &'a Capabilities,
    /// Whoever answers `lookup`, `now` and the random functions.
    pub host: &'a Arc<dyn Host + Send + Sync>,
    /// Whether the templates will not run again: then what a file was compiled to goes with its run.
    pub once: bool,
}

/// A file that a template wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// The name of the template: `chart/charts/sub/templates/x.yaml`.
    pub path: Arc<str>,
    /// What it wrote.
    pub text: Arc<[u8]>,
}

/// What a chart's templates wrote.
#[derive(Debug, Clone, Default)]
pub struct RenderedChart {
    /// The files, sorted by path, `NOTES.txt` among them.
    pub files: Vec<RenderedFile>,
    /// Which templates asked for the time or for random bytes: with those the chart never renders the same twice.
    pub impure: Vec<Impure>,
}

/// The compiled templates of a chart.
#[derive(Debug, Clone)]
pub struct ChartTemplates {
    chart: Chart,
    set: Arc<Set>,
    /// The files in the order in which they run.
    order: Vec<Planned>,
    limits: Limits,
}

/// A template that is to run.
#[derive(Debug, Clone)]
struct Planned {
    path: Arc<str>,
    /// The number of its chart, as [`Charts`] counts.
    chart: usize,
    base_path: EcoString,
}

/// Bytes that an action of a template takes when it is compiled.
const ACTION: usize = 512;

/// Asks that the compiled templates of a chart fit into the memory that templates may take.
fn check_actions<'t>(texts: impl Iterator<Item = &'t [u8]> + Clone, limits: &Limits) -> Result<(), HelmError> {
    // Even the shortest, `{{}}`, takes four bytes, so that most charts need no counting.
    let bytes: usize = texts.clone().map(<[u8]>::len).sum();
    if (bytes / 4).saturating_mul(ACTION) <= limits.template_bytes {
        return Ok(());
    }
    let actions: usize = texts.map(|text| search::words(b"{{", text).count()).sum();
    if actions.saturating_mul(ACTION) <= limits.template_bytes {
        return Ok(());
    }
    let most = limits.template_bytes;
    let message = format!("the {actions} actions of the templates take more than {most} bytes when they are compiled");
    Err(HelmError::new(HelmErrorKind::Limit("template_bytes"), message))
}

impl ChartTemplates {
    /// Compiles the templates of a chart, whose dependencies have been processed.
    ///
    /// # Errors
    /// The first file that is no template, in Helm's words.
    pub fn compile(chart: &Chart, limits: &Limits) -> Result<ChartTemplates, HelmError> {
        let mut found = BTreeMap::new();
        Charts::default().collect(chart, &mut found)?;
        let mut in_order: Vec<_> = found.into_iter().collect();
        in_order.sort_by_cached_key(|(path, _)| {
            std::cmp::Reverse((path.bytes().filter(|byte| *byte == b'/').count(), path.clone()))
        });
        check_actions(in_order.iter().map(|(_, file)| &**file.text), limits)?;
        let mut set = Set::new(all_functions().clone());
        set.options().missing_key = MissingKey::Zero;
        let mut order = Vec::with_capacity(in_order.len());
        for (path, file) in in_order {
            set.parse_shared(&path, file.text).map_err(|error| HelmError::of_parsing(&path, error))?;
            if !is_partial(&path) {
                order.push(Planned { path, chart: file.chart, base_path: file.base_path });
            }
        }
        Ok(ChartTemplates { chart: chart.clone(), set: Arc::new(set), order, limits: limits.clone() })
    }

    /// Returns these templates for a chart whose templates are the same, byte for byte; nothing for another.
    pub fn for_chart(&self, chart: &Chart) -> Option<ChartTemplates> {
        let (mut own, mut new) = (BTreeMap::new(), BTreeMap::new());
        Charts::default().collect(&self.chart, &mut own).ok()?;
        Charts::default().collect(chart, &mut new).ok()?;
        let is_same =
            own.len() == new.len() && own.iter().zip(&new).all(|(own, new)| own.0 == new.0 && own.1.is(new.1));
        is_same.then(|| ChartTemplates { chart: chart.clone(), ..self.clone() })
    }

    /// Runs the templates.
    ///
    /// # Errors
    /// The first template that fails, in Helm's words, or a limit.
    pub fn render(&self, input: &RenderInput<'_>) -> Result<RenderedChart, HelmError> {
        self.run(input, None)
    }

    /// Runs the templates and records where everything comes from. What they write is the same, and so is the error.
    pub fn trace(&self, input: &RenderInput<'_>) -> (Result<RenderedChart, HelmError>, Trace) {
        let mut trace = Trace::default();
        let result = self.run(input, Some(&mut trace));
        (result, trace)
    }

    /// Returns the chart.
    pub fn chart(&self) -> &Chart {
        &self.chart
    }

    /// Returns the names of the files of a chart that are rendered, by its number: each chart counts before its
    /// dependencies.
    pub(super) fn files_of(&self, chart: usize) -> impl Iterator<Item = &str> {
        self.order.iter().filter(move |file| file.chart == chart).map(|file| &*file.path)
    }

    pub(super) fn set(&self) -> &Set {
        &self.set
    }

    fn run(&self, input: &RenderInput<'_>, mut trace: Option<&mut Trace>) -> Result<RenderedChart, HelmError> {
        let scopes = if trace.is_some() { trace::scopes(&self.chart) } else { Vec::new() };
        let heap = Heap::default();
        let mut context = Context::new(input.host.clone(), self.limits.clone());
        let mut left = gotemplate::Limits {
            steps: self.limits.steps,
            output: self.limits.output_bytes,
            memory: self.limits.template_bytes,
            ..gotemplate::Limits::default()
        };
        let tops = Tops::new(&self.chart, input, self.limits.depth);
        let mut files = Vec::with_capacity(self.order.len());
        for file in &self.order {
            let dot = &tops.charts[file.chart];
            dot.insert("Template", objects::template(&file.path, &file.base_path));
            let dot = Value::from(dot.converted(&VALUES));
            let run = Run::new(&self.set).shared_limits(&mut left).context(&mut context).heap(&heap).once(input.once);
            let mut text = Vec::new();
            let result = match &mut trace {
                None => run.render_into(&file.path, &dot, &mut text),
                Some(trace) => {
                    let mut recorder = Recorder::new(trace, &file.path, &scopes[file.chart]);
                    let result = run.observer(&mut recorder).render_into(&file.path, &dot, &mut text);
                    recorder.finish(&no_values(&text));
                    result
                }
            };
            result.map_err(|error| HelmError::of_running(&file.path, error))?;
            let text = cut_no_value(&text).unwrap_or(text);
            files.push(RenderedFile { path: file.path.clone(), text: text.into() });
        }
        if let Some(error) = tops.unread.get() {
            return Err(HelmError::of_reading(error));
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(RenderedChart { files, impure: context.impure().iter().cloned().collect() })
    }
}

/// Returns the names of the functions that a chart's templates may call, sorted: editors are to tell of each.
#[cfg(test)]
pub(crate) fn function_names() -> Vec<String> {
    all_functions().names().iter().map(ToString::to_string).collect()
}

/// Returns all functions that a chart's templates may call.
pub(super) fn all_functions() -> &'static Arc<Functions> {
    static ALL: LazyLock<Arc<Functions>> = LazyLock::new(|| {
        let mut functions = functions::all();
        templating::add(&mut functions);
        trace::declare(&mut functions);
        Arc::new(functions)
    });
    &ALL
}

impl RenderedChart {
    /// Takes the notes out of the files, as they are no manifests: those of the outermost chart, or those of all charts
    /// with a line break between them.
    pub fn take_notes(&mut self, chart: &Chart, of_all: bool) -> String {
        let own = eco_format!("{}/templates/NOTES.txt", chart.name());
        let mut notes = Vec::new();
        self.files.retain(|file| {
            if !file.path.ends_with("NOTES.txt") {
                return true;
            }
            if of_all || *file.path == *own {
                if !notes.is_empty() {
                    notes.push(b'\n');
                }
                notes.extend_from_slice(&file.text);
            }
            false
        });
        String::from_utf8_lossy(&notes).into_owned()
    }
}

/// A file of a chart, to be compiled.
struct Found<'a> {
    text: &'a Arc<[u8]>,
    chart: usize,
    base_path: EcoString,
}

impl Found<'_> {
    // Most files are the same in memory, which is quicker to see.
    fn is(&self, other: &Found<'_>) -> bool {
        self.chart == other.chart
            && self.base_path == other.base_path
            && (std::ptr::eq(self.text, other.text) || self.text == other.text)
    }
}

/// Counts charts: each before its dependencies.
#[derive(Default)]
struct Charts(usize);

impl Charts {
    fn next(&mut self) -> usize {
        self.0 += 1;
        self.0 - 1
    }

    // The depth is bounded by the loader.
    fn collect<'a>(&mut self, chart: &'a Chart, found: &mut BTreeMap<Arc<str>, Found<'a>>) -> Result<(), HelmError> {
        let number = self.next();
        chart.dependencies.iter().try_for_each(|dependency| self.collect(dependency, found))?;
        for file in &chart.contents.templates {
            if chart.metadata.is_library() && !is_partial(&file.name) {
                continue;
            }
            let path = Arc::from(format!("{}/{}", chart.path, file.name));
            let base_path = eco_format!("{}/templates", chart.path);
            let text = file.bytes().map_err(|error| HelmError::of_reading(&error))?;
            found.insert(path, Found { text, chart: number, base_path });
        }
        Ok(())
    }
}

/// What each chart's templates see as `.`, by the numbers of [`Charts`].
struct Tops {
    charts: Vec<Map>,
    release: Value,
    capabilities: Value,
    /// How deep YAML may be nested that `.Files` writes.
    depth: usize,
    /// What `.Files` could not read.
    unread: Unread,
}

impl Tops {
    fn new(chart: &Chart, input: &RenderInput<'_>, depth: usize) -> Tops {
        let release = objects::release(input.release).into();
        let capabilities = objects::capabilities(input.capabilities);
        let mut tops = Tops { charts: Vec::new(), release, capabilities, depth, unread: Unread::default() };
        let values = match from_value(input.values) {
            Value::Map(values) => values.converted(&VALUES),
            _ => Map::with_shape(&VALUES),
        };
        tops.add(chart, true, &values);
        tops
    }

    // The depth is bounded by the loader.
    fn add(&mut self, chart: &Chart, is_root: bool, values: &Map) -> Map {
        let top = Map::from_iter([
            ("Chart", objects::chart(&chart.metadata, is_root)),
            ("Files", files::files(&chart.contents, self.depth, &self.unread)),
            ("Release", self.release.clone()),
            ("Capabilities", self.capabilities.clone()),
            ("Values", values.clone().into()),
        ]);
        self.charts.push(top.clone());
        let subcharts = Map::new();
        for dependency in &chart.dependencies {
            let own = self.add(dependency, false, &values_of(values, dependency.name()));
            subcharts.insert(dependency.name().as_str(), own);
        }
        top.insert("Subcharts", subcharts);
        top
    }
}

/// Returns the values of a dependency: the map under its name, in which a dot leads a level down, or an empty one.
fn values_of(values: &Map, name: &str) -> Map {
    objects::table(values, name).unwrap_or_else(|_| Map::with_shape(&VALUES))
}
