//! The steps of `helm template`, in Helm's order.

use std::collections::BTreeSet;

use super::{HelmOutput, HelmTemplate, OutputFile, release_name};
use crate::package::chart::{Chart, ChartError, LogLevel, LogLine};
use crate::render::helm::{
    Capabilities, ChartTemplates, HelmError, HelmErrorKind, KubeVersion, OutputOptions, Release, RenderInput, Shown,
    Sorted, files_text, shown, sort_manifests, template_text,
};
use crate::value::Value;
use crate::values::chart::{
    check_dependencies, check_installable, check_kube_version as check_chart, check_schemas, process_dependencies,
    render_values, user_values,
};

/// Says why a text is no version of Kubernetes for `--kube-version`, in Helm's words.
///
/// # Errors
/// `invalid kube version 'x': could not parse "x" as version`.
pub fn check_kube_version(text: &str) -> Result<(), String> {
    kube_version(Some(text)).map(drop)
}

fn kube_version(text: Option<&str>) -> Result<KubeVersion, String> {
    let Some(text) = text else { return Ok(KubeVersion::default()) };
    KubeVersion::parse(text).map_err(|reason| format!("invalid kube version '{text}': {reason}"))
}

/// Renders a chart as `helm template` does.
pub fn template(request: &HelmTemplate<'_>) -> HelmOutput {
    let mut run = Run { request, output: HelmOutput::default() };
    if let Err(error) = run.run() {
        run.output.error = Some(error);
    }
    run.output
}

struct Run<'a> {
    request: &'a HelmTemplate<'a>,
    output: HelmOutput,
}

impl Run<'_> {
    fn run(&mut self) -> Result<(), String> {
        let request = self.request;
        let mut capabilities =
            Capabilities { kube_version: kube_version(request.kube_version)?, ..Capabilities::default() };
        capabilities.api_versions.extend(request.api_versions.iter().map(|version| version.as_str().into()));
        let user = text(user_values(request.values, &request.read_file, request.limits))?;
        let mut chart = self.load()?;
        let name = request.release_name;
        release_name::check(name)
            .map_err(|reason| self.failed("release name check failed", &format!("release name {name:?}: {reason}")))?;
        text(process_dependencies(&mut chart, &user, request.limits, &mut self.output.log))?;
        let values = text(render_values(&chart, &user, &mut self.output.log))?;
        if !request.skip_schema_validation {
            text(check_schemas(&chart, &values, request.limits, &mut self.output.log))?;
        }
        self.check_labels()?;
        self.render(&chart, &values, &capabilities)
    }

    fn load(&mut self) -> Result<Chart, String> {
        let chart = text(self.request.chart.load(self.request.limits, &mut self.output.log))?;
        text(check_installable(&chart))?;
        if chart.metadata.deprecated {
            self.output.log.push(LogLine::warn("this chart is deprecated"));
        }
        text(check_dependencies(&chart))?;
        Ok(chart)
    }

    // Some failures are told twice: in the log, and as the error.
    fn failed(&mut self, what: &'static str, why: &str) -> String {
        self.output.log.push(LogLine::new(LogLevel::Error, what).with("error", why));
        format!("{what}: {why}")
    }

    fn check_labels(&self) -> Result<(), String> {
        const SYSTEM: [&str; 6] = ["name", "owner", "status", "version", "createdAt", "modifiedAt"];
        let key = |label: &String| label.split('=').next().unwrap_or_default().to_owned();
        if self.request.labels.iter().map(key).any(|key| SYSTEM.contains(&key.as_str())) {
            return Err(format!(
                "user supplied labels contains system reserved label name. System labels: [{}]",
                SYSTEM.join(" ")
            ));
        }
        Ok(())
    }

    fn render(&mut self, chart: &Chart, values: &Value, capabilities: &Capabilities) -> Result<(), String> {
        let request = self.request;
        let hint = |message: String| match request.debug {
            true => message,
            false => format!("{message}\n\nUse --debug flag to render out invalid YAML"),
        };
        check_chart(chart, &capabilities.kube_version.version).map_err(|error| hint(error.to_string()))?;
        let release = Release {
            name: request.release_name.into(),
            namespace: request.namespace.into(),
            revision: 1,
            is_upgrade: request.is_upgrade,
        };
        let input = RenderInput { values, release: &release, capabilities, host: request.host, once: true };
        let templates = ChartTemplates::compile(chart, request.limits).map_err(|error| hint(said(&error)))?;
        let templates = self.output.templates.insert(templates);
        let mut rendered = templates.render(&input).map_err(|error| hint(said(&error)))?;
        rendered.take_notes(chart, false);
        self.output.impure = rendered.impure;
        match sort_manifests(&rendered.files, request.limits, &mut self.output.log) {
            Ok(sorted) => {
                drop(rendered.files);
                self.write(chart, sorted)
            }
            // Helm shows what it has, and says what is wrong with it.
            Err(error) if request.debug => {
                self.output.stdout = files_text(&rendered.files);
                Err(said(&error))
            }
            Err(error) => Err(hint(said(&error))),
        }
    }

    fn write(&mut self, chart: &Chart, sorted: Sorted) -> Result<(), String> {
        let request = self.request;
        let options = OutputOptions {
            no_hooks: request.no_hooks,
            skip_tests: request.skip_tests,
            include_crds: request.include_crds,
            show_only: request.show_only.to_vec(),
        };
        if request.as_files {
            self.output.files = output_files(sorted, chart, &options).map_err(|error| said(&error))?;
            // Of the text, the line break behind no manifests is left.
            let nothing = Sorted::default();
            let options = OutputOptions { include_crds: false, ..options };
            self.output.stdout = template_text(nothing, chart, &options).map_err(|error| said(&error))?;
        } else {
            self.output.stdout = template_text(sorted, chart, &options).map_err(|error| said(&error))?;
        }
        Ok(())
    }
}

fn output_files(sorted: Sorted, chart: &Chart, options: &OutputOptions) -> Result<Vec<OutputFile>, HelmError> {
    let crds: BTreeSet<String> = chart.crds().iter().map(|crd| crd.filename()).collect();
    let mut written = BTreeSet::new();
    let file = |shown: Shown| {
        let append = !written.insert(shown.path.clone());
        let mut text = format!("---\n# Source: {}\n", shown.path).into_bytes();
        text.extend_from_slice(shown.content.as_bytes());
        text.push(b'\n');
        OutputFile { is_crd: crds.contains(&shown.path), path: shown.path, text, append }
    };
    Ok(shown(sorted, chart, options)?.into_iter().map(file).collect())
}

fn said(error: &HelmError) -> String {
    match error.kind {
        HelmErrorKind::Limit(name) => format!("{}\n{}", error.message, raise_limit(name)),
        _ => error.message.to_string(),
    }
}

fn text<T>(result: Result<T, ChartError>) -> Result<T, String> {
    result.map_err(|error| match error.limit {
        Some(name) => format!("{error}\n{}", raise_limit(name)),
        None => error.to_string(),
    })
}

/// Returns the way out of a limit. Helm has no such limits, so it is told with the error.
fn raise_limit(name: &str) -> String {
    format!("raise the limit with --limit {}=VALUE", name.replace('_', "-"))
}
