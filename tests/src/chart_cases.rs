//! Runs the cases of the chart corpus in process: the arguments of `helm template`, its output, its errors.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rhumb::render::helm::OutputOptions;
use rhumb::source::{FileTree, VPath};
use rhumb::values::SetFlag;
use rhumb::values::chart::UserInput;
use serde_json::Value as Json;

use crate::charts::{self, Outcome, Prepared, Request, UserValues, template};
use crate::first_difference;

/// Returns the folders of the cases of a tree, sorted.
pub fn cases(tree: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(tree.join("cases")).min_depth(2).max_depth(2).sort_by_file_name();
    let folders = entries.into_iter().filter_map(Result::ok).map(walkdir::DirEntry::into_path);
    folders.filter(|folder| folder.join("case.json").is_file()).collect()
}

/// Runs a case.
///
/// # Errors
/// How the result differs, or why the case cannot be run.
pub fn run_case(tree: &Path, folder: &Path) -> Result<(), String> {
    let case = std::fs::read(folder.join("case.json")).map_err(|error| error.to_string())?;
    let case: Json = serde_json::from_slice(&case).map_err(|error| error.to_string())?;
    let want = Expected::read(folder, &case)?;
    want.compare(&run(tree, &case)?)
}

/// Renders the chart of a case.
///
/// # Errors
/// When the case has arguments that nobody knows.
pub fn run(tree: &Path, case: &Json) -> Result<Outcome, String> {
    let arguments = Arguments::parse(tree, &case["args"])?;
    if let Some(error) = arguments.missing {
        return Ok(Outcome { error: Some(error), ..Outcome::default() });
    }
    arguments.with_files(tree, |files, folder, values, request| template(files, folder, values, request))
}

/// Loads the chart of a case and compiles its templates, where that goes well.
///
/// # Errors
/// When the case has arguments that nobody knows, or Helm would refuse.
pub fn prepare(tree: &Path, case: &Json) -> Result<Prepared, String> {
    let arguments = Arguments::parse(tree, &case["args"])?;
    if let Some(error) = arguments.missing {
        return Err(error);
    }
    let prepared = arguments.with_files(tree, |files, folder, values, request| {
        charts::prepare(files, folder, values, request, &mut Vec::new())
    })?;
    prepared.map_err(|failure| failure.message().to_owned())
}

/// Returns the files of a chart below their path from the tree.
fn files_of(tree: &Path, chart: &str) -> Result<FileTree, String> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(tree.join(chart)).follow_links(true) {
        let entry = entry.map_err(|error| error.to_string())?;
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(tree).map_err(|error| error.to_string())?;
            let content = std::fs::read(entry.path()).map_err(|error| error.to_string())?;
            files.push((path.to_string_lossy().into_owned(), content));
        }
    }
    Ok(files.into_iter().collect())
}

struct Arguments {
    chart: String,
    inputs: Vec<UserInput>,
    request: Request,
    /// The error of a values file that is not there.
    missing: Option<String>,
}

impl Arguments {
    fn with_files<R>(
        &self,
        tree: &Path,
        run: impl FnOnce(&FileTree, &VPath, UserValues<'_>, &Request) -> R,
    ) -> Result<R, String> {
        let folder = VPath::parse(&self.chart).map_err(|error| error.to_string())?;
        let files = files_of(tree, &self.chart)?;
        let read = |name: &str| {
            let read = std::fs::read(tree.join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            read.map_err(|_| format!("open {name}: no such file or directory"))
        };
        Ok(run(&files, &folder, UserValues::Inputs(&self.inputs, &read), &self.request))
    }

    fn parse(tree: &Path, args: &Json) -> Result<Arguments, String> {
        let words = args.as_array().into_iter().flatten().filter_map(Json::as_str);
        let mut words = words.skip(1);
        let mut positional = Vec::new();
        let mut arguments = Arguments {
            chart: String::new(),
            inputs: Vec::new(),
            request: Request {
                release: "release-name".to_owned(),
                namespace: "default".to_owned(),
                kube_version: None,
                api_versions: Vec::new(),
                is_upgrade: false,
                skip_schemas: false,
                output: OutputOptions::default(),
            },
            missing: None,
        };
        while let Some(word) = words.next() {
            if !word.starts_with('-') {
                positional.push(word);
                continue;
            }
            let (flag, value) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
            let mut value = || value.or_else(|| words.next()).unwrap_or_default().to_owned();
            arguments.take(tree, flag, &mut value)?;
        }
        match positional[..] {
            [chart] => arguments.chart = chart.to_owned(),
            [name, chart] => (arguments.request.release, arguments.chart) = (name.to_owned(), chart.to_owned()),
            _ => return Err(format!("what is to be rendered? {positional:?}")),
        }
        Ok(arguments)
    }

    fn take(&mut self, tree: &Path, flag: &str, value: &mut dyn FnMut() -> String) -> Result<(), String> {
        let request = &mut self.request;
        let set = match flag {
            "-n" | "--namespace" => return Ok(request.namespace = value()),
            "--kube-version" => return Ok(request.kube_version = Some(value())),
            "--api-versions" => return Ok(request.api_versions.extend(value().split(',').map(str::to_owned))),
            "--show-only" => return Ok(request.output.show_only.push(value())),
            "--include-crds" => return Ok(request.output.include_crds = true),
            "--skip-tests" => return Ok(request.output.skip_tests = true),
            "--no-hooks" => return Ok(request.output.no_hooks = true),
            "--is-upgrade" => return Ok(request.is_upgrade = true),
            "--skip-schema-validation" => return Ok(request.skip_schemas = true),
            "--skip-crds" => return Ok(()),
            "--name-template" => return Ok(request.release = value()),
            "-f" => {
                let name = value();
                match std::fs::read(tree.join(&name)) {
                    Ok(content) => self.inputs.push(UserInput::File { name, content }),
                    Err(_) => self.missing = Some(format!("open {name}: no such file or directory")),
                }
                return Ok(());
            }
            "--set" => SetFlag::Set,
            "--set-string" => SetFlag::String,
            "--set-json" => SetFlag::Json,
            "--set-file" => SetFlag::File,
            "--set-literal" => SetFlag::Literal,
            other => return Err(format!("unknown flag {other}")),
        };
        self.inputs.push(UserInput::Flag(set, value()));
        Ok(())
    }
}

/// What the reference program gave.
struct Expected {
    stdout: Vec<u8>,
    stderr: String,
    fails: bool,
    /// Lines of the output that differ from run to run; `None` where their number differs too.
    changing: Option<BTreeSet<usize>>,
}

impl Expected {
    fn read(folder: &Path, case: &Json) -> Result<Expected, String> {
        let text = |name: &str| std::fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"));
        let lines = case["nondeterministic_lines"].as_array().into_iter().flatten();
        let lines = lines.filter_map(Json::as_u64).filter_map(|line| usize::try_from(line).ok()).collect();
        let unknown = case["nondeterministic"] == true && !case["nondeterministic_lines"].is_array();
        Ok(Expected {
            stdout: text("expected.yaml")?,
            stderr: String::from_utf8_lossy(&text("expected.stderr")?).into_owned(),
            fails: case["exit_code"] != 0,
            changing: (!unknown).then_some(lines),
        })
    }

    fn compare(&self, got: &Outcome) -> Result<(), String> {
        let stderr: String = got.log.iter().map(|line| format!("{line}\n")).collect();
        match (&got.error, self.fails) {
            (Some(error), false) => Err(format!("error: {error}")),
            (None, true) => Err(format!("no error, but want: {}", self.stderr)),
            (Some(error), true) => {
                let stderr = format!("{stderr}Error: {error}\n");
                if stderr == self.stderr { Ok(()) } else { Err(first_difference(&self.stderr, &stderr)) }
            }
            (None, false) => self.compare_output(&got.stdout).and_then(|()| {
                if stderr == self.stderr {
                    return Ok(());
                }
                Err(format!("standard error: {}", first_difference(&self.stderr, &stderr)))
            }),
        }
    }

    fn compare_output(&self, got: &[u8]) -> Result<(), String> {
        if self.stdout == got {
            return Ok(());
        }
        let (want, got) = (String::from_utf8_lossy(&self.stdout), String::from_utf8_lossy(got));
        let Some(changing) = &self.changing else {
            return same_objects(&want, &got);
        };
        let stable = |text: &str| -> String {
            let lines = text.lines().enumerate();
            lines
                .map(|(at, line)| if changing.contains(&(at + 1)) { "\n".to_owned() } else { format!("{line}\n") })
                .collect()
        };
        let (want, got) = (stable(&want), stable(&got));
        if want == got { Ok(()) } else { Err(first_difference(&want, &got)) }
    }
}

/// Where the number of lines changes from run to run, the objects stay the same.
fn same_objects(want: &str, got: &str) -> Result<(), String> {
    let heads = |text: &str| -> Vec<String> {
        let wanted = ["# Source: ", "kind: ", "  name: "];
        text.lines().filter(|line| wanted.iter().any(|start| line.starts_with(start))).map(str::to_owned).collect()
    };
    let (want, got) = (heads(want), heads(got));
    if want == got { Ok(()) } else { Err(first_difference(&want.join("\n"), &got.join("\n"))) }
}
