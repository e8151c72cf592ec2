//! `rhumb validate`: findings on standard output, because they are the result.

use rhumb::diag::Severity;
use rhumb::pipeline::Built;
use serde_json::json;

use crate::args::{ReportFormat, ValidateArgs};
use crate::config::{Build, one_stdin};
use crate::inputs;
use crate::output::{Exit, Failure, Output, count};

pub(super) fn run(args: &ValidateArgs, output: &mut Output) -> Result<Exit, Failure> {
    let build = |source: &String| Build::new(source, args.build.clone());
    let configs = args.sources.iter().map(build).collect::<Result<Vec<_>, _>>()?;
    one_stdin(configs.iter().map(|config| &config.source))?;
    let mut total = Total::default();
    let mut exit = Exit::Fine;
    for config in &configs {
        // A source that cannot be read does not hide what is found in the others.
        match inputs::check(config) {
            Ok(built) => {
                exit = exit.max(total.add(&built));
                if args.output == ReportFormat::Text {
                    output.report(&built.diagnostics, &built.sources);
                }
            }
            Err(failure) => exit = exit.max(output.failure(&failure)),
        }
    }
    match args.output {
        ReportFormat::Text => output.result(&format!("{}\n", total.text())),
        ReportFormat::Json => output.json(&total.json()),
    }
    Ok(exit)
}

#[derive(Default)]
struct Total {
    objects: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    findings: Vec<serde_json::Value>,
}

impl Total {
    fn add(&mut self, built: &Built) -> Exit {
        self.objects += built.objects.objects().count();
        self.errors += built.diagnostics.count(Severity::Error);
        self.warnings += built.diagnostics.count(Severity::Warning);
        self.notes += built.diagnostics.count(Severity::Info);
        if let serde_json::Value::Array(findings) = rhumb::diag::to_json(&built.diagnostics, &built.sources) {
            self.findings.extend(findings);
        }
        super::exit_of(built)
    }

    fn text(&self) -> String {
        let objects = count(self.objects, "object");
        if self.errors + self.warnings + self.notes == 0 {
            return format!("{objects}: no findings");
        }
        let notes = if self.notes == 0 { String::new() } else { format!(", {}", count(self.notes, "note")) };
        format!("{objects}: {}, {}{notes}", count(self.errors, "error"), count(self.warnings, "warning"))
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "objects": self.objects,
            "errors": self.errors,
            "warnings": self.warnings,
            "findings": self.findings,
        })
    }
}
