//! `helm template` in process: a chart of files, flags, and what comes of them.

use std::sync::Arc;

use rhumb::package::chart::{Chart, ChartError, LogLine, load_folder};
use rhumb::render::helm::{
    Capabilities, ChartTemplates, HelmError, KubeVersion, OutputOptions, Release, RenderInput, RenderedChart, Sorted,
    sort_manifests, template_text,
};
use rhumb::render::{Host, SeededHost, Timestamp};
use rhumb::source::{Files, Limits, VPath};
use rhumb::value::Value;
use rhumb::values::ReadFile;
use rhumb::values::chart::{
    UserInput, check_dependencies, check_installable, check_kube_version, check_schemas, process_dependencies,
    render_values, user_values,
};

/// What was asked for.
#[derive(Debug, Default)]
pub struct Request {
    /// The name of the release.
    pub release: String,
    /// Its namespace.
    pub namespace: String,
    /// The version of Kubernetes, where it is not the default.
    pub kube_version: Option<String>,
    /// API versions beyond the default ones.
    pub api_versions: Vec<String>,
    /// Whether it takes the place of an earlier release.
    pub is_upgrade: bool,
    /// Whether values are not held against schemas.
    pub skip_schemas: bool,
    /// What is shown.
    pub output: OutputOptions,
}

/// Where the values come from.
pub enum UserValues<'a> {
    /// Files and flags, and who reads the files that flags name.
    Inputs(&'a [UserInput], &'a ReadFile<'a>),
    /// A finished map.
    Map(Value),
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Helm's log lines on standard error.
    pub log: Vec<LogLine>,
    /// The text behind `Error: `.
    pub error: Option<String>,
}

/// Why a chart cannot be rendered.
#[derive(Debug)]
pub struct Failure {
    message: String,
    /// Helm adds a line on `--debug` to errors that come after the values are known.
    late: bool,
}

impl Failure {
    /// Returns Helm's text.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<ChartError> for Failure {
    fn from(error: ChartError) -> Failure {
        Failure { message: error.to_string(), late: false }
    }
}

impl From<HelmError> for Failure {
    fn from(error: HelmError) -> Failure {
        Failure { message: error.to_string(), late: true }
    }
}

/// Renders a chart as `helm template` does.
pub fn template(files: &dyn Files, folder: &VPath, values: UserValues<'_>, request: &Request) -> Outcome {
    let mut outcome = Outcome::default();
    let result = render(files, folder, values, request, &mut outcome.log).and_then(|(chart, mut rendered)| {
        rendered.take_notes(&chart, false);
        let sorted = sort_manifests(&rendered.files, &Limits::default(), &mut outcome.log)?;
        // What is shown is looked for after the release is there: Helm has no more to say then.
        show(sorted, &chart, &request.output)
    });
    match result {
        Ok(stdout) => outcome.stdout = stdout,
        Err(error) if error.late => {
            outcome.error = Some(format!("{}\n\nUse --debug flag to render out invalid YAML", error.message));
        }
        Err(error) => outcome.error = Some(error.message),
    }
    outcome
}

fn show(sorted: Sorted, chart: &Chart, options: &OutputOptions) -> Result<Vec<u8>, Failure> {
    template_text(sorted, chart, options).map_err(|error| Failure { message: error.to_string(), late: false })
}

/// A chart that can be run: its compiled templates, and what they are given.
pub struct Prepared {
    /// The chart as it was loaded, its dependencies not processed.
    pub loaded: Chart,
    /// The templates.
    pub templates: ChartTemplates,
    /// The values.
    pub values: Value,
    release: Release,
    capabilities: Capabilities,
    host: Arc<dyn Host + Send + Sync>,
}

impl Prepared {
    /// Returns what a run is given.
    pub fn input(&self) -> RenderInput<'_> {
        let Prepared { values, release, capabilities, host, .. } = self;
        RenderInput { values, release, capabilities, host, once: false }
    }
}

/// Loads a chart, computes its values and runs its templates.
///
/// # Errors
/// In Helm's words.
pub fn render(
    files: &dyn Files,
    folder: &VPath,
    values: UserValues<'_>,
    request: &Request,
    log: &mut Vec<LogLine>,
) -> Result<(Chart, RenderedChart), Failure> {
    let prepared = prepare(files, folder, values, request, log)?;
    let rendered = prepared.templates.render(&prepared.input())?;
    Ok((prepared.templates.chart().clone(), rendered))
}

/// Loads a chart, computes its values and compiles its templates.
///
/// # Errors
/// In Helm's words.
pub fn prepare(
    files: &dyn Files,
    folder: &VPath,
    values: UserValues<'_>,
    request: &Request,
    log: &mut Vec<LogLine>,
) -> Result<Prepared, Failure> {
    let limits = Limits::default();
    let early = |message: String| Failure { message, late: false };
    let mut capabilities = Capabilities::default();
    if let Some(version) = &request.kube_version {
        capabilities.kube_version = KubeVersion::parse(version)
            .map_err(|message| early(format!("invalid kube version '{version}': {message}")))?;
    }
    capabilities.api_versions.extend(request.api_versions.iter().map(|version| version.as_str().into()));
    let user = match values {
        UserValues::Inputs(inputs, read) => user_values(inputs, read, &limits)?,
        UserValues::Map(map) => map,
    };
    let mut chart = load_folder(files, folder, &limits, log)?;
    check_installable(&chart)?;
    if chart.metadata.deprecated {
        log.push(LogLine::warn("this chart is deprecated"));
    }
    check_dependencies(&chart)?;
    let loaded = chart.clone();
    process_dependencies(&mut chart, &user, &limits, log)?;
    let values = render_values(&chart, &user, log)?;
    if !request.skip_schemas {
        check_schemas(&chart, &values, &limits, log)?;
    }
    check_kube_version(&chart, &capabilities.kube_version.to_string())
        .map_err(|error| Failure { message: error.to_string(), late: true })?;
    let release = Release {
        name: request.release.as_str().into(),
        namespace: request.namespace.as_str().into(),
        is_upgrade: request.is_upgrade,
        revision: 1,
    };
    let templates = ChartTemplates::compile(&chart, &limits)?;
    let host: Arc<dyn Host + Send + Sync> = Arc::new(SeededHost::new("conformance", now()));
    Ok(Prepared { loaded, templates, values, release, capabilities, host })
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp { seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX), nanoseconds: since.subsec_nanos() }
}
