//! `rhumb test`: the cases of a package against their snapshots.

use std::fs;
use std::path::{Path, PathBuf};

use rhumb::diag::{Diagnostic, Diagnostics};
use rhumb::pipeline::{Built, Request, ValuesInput};
use rhumb::schema::KubeVersion;
use rhumb::source::{Limits, SourceMap};
use rhumb::yaml::{self, Node, Rules};

use crate::args::TestArgs;
use crate::disk::{read_file, reason};
use crate::inputs;
use crate::output::{Exit, Failure, Output, count};
use crate::write::replace_file;

pub(super) fn run(args: &TestArgs, output: &mut Output) -> Result<Exit, Failure> {
    let mut failed = 0;
    let cases = cases(&args.package, &args.cases)?;
    for case in &cases {
        let outcome = case.run(&args.package, args.update)?;
        let word = match &outcome {
            Verdict::Passed => "ok",
            Verdict::Written => "written",
            Verdict::Failed { .. } => "FAILED",
        };
        output.result(&format!("{word} {}{}\n", case.name, describe(&case.description)));
        if let Verdict::Failed { why, findings } = outcome {
            failed += 1;
            output.result(&format!("   {why}\n"));
            output.report(&findings.0, &findings.1);
        }
    }
    output.result(&format!("{}: {failed} failed\n", count(cases.len(), "case")));
    Ok(if failed == 0 { Exit::Fine } else { Exit::Findings })
}

/// Writes the snapshots of all cases of a package.
///
/// # Errors
/// When a case cannot be read or run.
pub(super) fn update(package: &Path) -> Result<(), Failure> {
    for case in cases(package, &[])? {
        if let Verdict::Failed { why, .. } = case.run(package, true)? {
            return Err(Failure::new("cli-case", format!("case `{}` of `{}`: {why}", case.name, package.display())));
        }
    }
    Ok(())
}

fn describe(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

struct Case {
    name: String,
    description: String,
    environment: Option<String>,
    namespace: Option<String>,
    release: Option<String>,
    kube_version: KubeVersion,
    values: Option<ValuesInput>,
    fails: Option<String>,
    expected: PathBuf,
}

enum Verdict {
    Passed,
    Written,
    Failed { why: String, findings: Box<(Diagnostics, SourceMap)> },
}

impl Case {
    fn run(&self, package: &Path, update: bool) -> Result<Verdict, Failure> {
        let built = self.build(package)?;
        let failed =
            |why: String, built: Built| Verdict::Failed { why, findings: Box::new((built.diagnostics, built.sources)) };
        if let Some(code) = &self.fails {
            let found = built.diagnostics.iter().any(|finding| finding.is_error() && finding.code == code);
            return Ok(if found { Verdict::Passed } else { failed(format!("does not end in `{code}`"), built) });
        }
        if !built.ok() {
            return Ok(failed("does not build".to_owned(), built));
        }
        let got = built.to_yaml();
        let want = read_text(&self.expected).unwrap_or_default();
        if got == want {
            return Ok(Verdict::Passed);
        }
        if update {
            return match replace_file(&self.expected, got.as_bytes()) {
                Ok(()) => Ok(Verdict::Written),
                Err(error) => Err(Failure::new(
                    "cli-output",
                    format!("cannot write `{}`: {}", self.expected.display(), reason(&error)),
                )),
            };
        }
        let why = format!(
            "{}\n   `rhumb test --update` writes the snapshots anew",
            first_difference(&want, &got, &self.expected)
        );
        Ok(Verdict::Failed { why, findings: Box::default() })
    }

    fn build(&self, package: &Path) -> Result<Built, Failure> {
        let limits = Limits::default();
        let mut up = 0;
        loop {
            let files = inputs::open(package, up, &limits)?;
            let mut request = Request::package(&files, files.base().clone());
            request.environment.clone_from(&self.environment);
            request.namespace.clone_from(&self.namespace);
            request.release_name.clone_from(&self.release);
            request.kube_version = self.kube_version;
            request.values.extend(self.values.clone());
            let built = inputs::engine().check(&request);
            match built.needs_parent {
                Some(levels) if levels > 0 => up += levels,
                _ => return Ok(built),
            }
        }
    }
}

const EXPECTED: &str = ".expected.yaml";

fn cases(package: &Path, wanted: &[String]) -> Result<Vec<Case>, Failure> {
    let folder = package.join("tests");
    let entries = fs::read_dir(&folder).map_err(|error| {
        Failure::new("cli-no-tests", format!("cannot read `{}`: {}", folder.display(), reason(&error)))
            .help("a case is a file `tests/NAME.yaml`; see `rhumb test --help`")
    })?;
    let mut names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.ends_with(".yaml") && !name.ends_with(EXPECTED) && !name.starts_with('.'));
    names.sort();
    let stems: Vec<&str> = names.iter().map(|name| name.trim_end_matches(".yaml")).collect();
    for want in wanted {
        if !stems.contains(&want.as_str()) {
            let finding = Diagnostic::error("cli-no-case", format!("there is no case `{want}`"));
            return Err(Failure(Box::new(finding.suggest(want, stems.iter().copied()))));
        }
    }
    let chosen = stems.iter().filter(|stem| wanted.is_empty() || wanted.iter().any(|want| want == *stem));
    chosen.map(|stem| read_case(&folder, stem)).collect()
}

fn read_case(folder: &Path, stem: &str) -> Result<Case, Failure> {
    let path = folder.join(format!("{stem}.yaml"));
    let name = path.display().to_string();
    let text = read_text(&path).ok_or_else(|| Failure::new("cli-unreadable", format!("cannot read `{name}`")))?;
    let node = parse(&name, &text)?;
    let string = |key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let kube_version = match string("kubeVersion") {
        Some(version) => KubeVersion::parse(&version).map_err(|error| Failure(Box::new(error)))?,
        None => KubeVersion::LATEST,
    };
    Ok(Case {
        name: stem.to_owned(),
        description: string("description").unwrap_or_default(),
        environment: string("environment"),
        namespace: string("namespace"),
        release: string("name"),
        kube_version,
        values: values_of(&node, &text).map(|text| ValuesInput::File { name, text }),
        fails: string("fails"),
        expected: folder.join(format!("{stem}{EXPECTED}")),
    })
}

const KEYS: [&str; 7] = ["description", "environment", "fails", "kubeVersion", "name", "namespace", "values"];

fn parse(name: &str, text: &str) -> Result<Node, Failure> {
    let limits = Limits::default();
    let mut sources = SourceMap::new();
    let file = sources.add(name, text);
    let parsed = yaml::parse(text, file, &limits);
    let mut findings = parsed.diagnostics;
    let root = parsed.value.into_iter().find_map(|document| document.root);
    let node = root.map(|root| yaml::normalize(root, Rules::Kubectl, &limits).into_value(&mut findings));
    let broken = |finding: &Diagnostic| {
        let place = sources.describe(finding.span()).unwrap_or_else(|| name.to_owned());
        Failure::new("cli-case", format!("{place}: {}", finding.message))
    };
    if let Some(finding) = findings.iter().find(|finding| finding.is_error()) {
        return Err(broken(finding));
    }
    let node = node.unwrap_or_else(|| Node::map(rhumb::source::Span::NONE));
    for (key, _) in node.as_map().into_iter().flatten() {
        let word = key.as_str().unwrap_or_default();
        if !KEYS.contains(&word) {
            let finding = Diagnostic::error("cli-case", format!("{name}: a case has no key `{word}`"));
            return Err(Failure(Box::new(finding.suggest(word, KEYS))));
        }
    }
    Ok(node)
}

// The text of `values` alone with all around it blank: every value keeps its line and column.
fn values_of(case: &Node, text: &str) -> Option<String> {
    let entries = case.as_map()?;
    let at = entries.iter().position(|(key, _)| key.as_str() == Some("values"))?;
    let start = entries[at].0.span.start as usize + "values:".len();
    let end = entries.get(at + 1).map_or(text.len(), |(key, _)| key.span.start as usize);
    let blank = |part: &str| part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect::<String>();
    Some(format!("{}{}", blank(text.get(..start)?), text.get(start..end)?))
}

fn read_text(path: &Path) -> Option<String> {
    let bytes = read_file(path, Limits::default().file_bytes as u64).ok()?;
    String::from_utf8(bytes).ok()
}

fn first_difference(want: &str, got: &str, expected: &Path) -> String {
    let (mut want, mut got) = (want.lines(), got.lines());
    let mut line = 0;
    loop {
        line += 1;
        let (a, b) = (want.next(), got.next());
        if a != b || (a.is_none() && b.is_none()) {
            let show = |line: Option<&str>| line.map_or("(end)".to_owned(), |line| format!("`{line}`"));
            return format!("{}:{line}: expected {}, rendered {}", expected.display(), show(a), show(b));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_case_keep_their_lines() {
        let text = "name: x\nvalues: # these\n  a: 1\n  b: [2]\nfails: y\n";
        let node = parse("case.yaml", text).unwrap();
        assert_eq!(values_of(&node, text).unwrap(), "       \n        # these\n  a: 1\n  b: [2]\n");
        let flow = "values: {a: 1}\n";
        assert_eq!(values_of(&parse("case.yaml", flow).unwrap(), flow).unwrap(), "        {a: 1}\n");
        assert!(parse("case.yaml", "enviroment: prod\n").is_err());
    }
}
