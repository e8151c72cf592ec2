//! Cases of `kustomize build`: a folder, flags, and what kustomize wrote.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rhumb::render::kustomize::{LoadRestrictions, Options, Outcome};
use serde_json::Value as Json;

use crate::difference::first_difference;
use crate::kustomizations::{Folder, build_folder, standard_error};

/// What of a case is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aspect {
    /// Whether it fails, and if not, standard output.
    Output,
    /// Standard error.
    Message,
}

/// One case.
#[derive(Debug)]
pub(super) struct Case {
    /// Its name: the name of the suite's case, or repository and number.
    pub(super) name: String,
    folder: PathBuf,
    stdout: PathBuf,
    stderr: PathBuf,
    json: Json,
}

/// Where the files of a case are said to lie.
const ROOT: &str = "/folder-of-the-case";

/// Returns the cases below a folder with `suite/` and `real/`, sorted.
pub(super) fn cases(root: &Path) -> Vec<Arc<Case>> {
    let mut cases = Vec::new();
    for folder in sorted(&root.join("suite")) {
        let (stdout, stderr) = (folder.join("expected.yaml"), folder.join("expected.stderr"));
        cases.extend(case(&folder.join("case.json"), name(&folder), folder.join("in"), stdout, stderr));
    }
    for folder in sorted(&root.join("real")) {
        for json in sorted(&folder.join("cases")) {
            if json.extension().is_some_and(|extension| extension == "json") {
                let stem = json.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                let of_case = format!("{}/{stem}", name(&folder));
                let (stdout, stderr) = (json.with_extension("yaml"), json.with_extension("stderr"));
                cases.extend(case(&json, of_case, folder.join("tree"), stdout, stderr));
            }
        }
    }
    cases
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

fn name(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn case(json: &Path, name: String, folder: PathBuf, stdout: PathBuf, stderr: PathBuf) -> Option<Arc<Case>> {
    let json = serde_json::from_slice(&std::fs::read(json).ok()?).ok()?;
    Some(Arc::new(Case { name, folder, stdout, stderr, json }))
}

impl Case {
    /// Whether an aspect of the case is there to compare.
    pub(super) fn has(&self, aspect: Aspect) -> bool {
        aspect == Aspect::Output || self.fails() || self.stderr.exists()
    }

    fn fails(&self) -> bool {
        self.json["exit_code"].as_i64() != Some(0)
    }

    /// Runs the case and compares. The error says how the result differs.
    pub(super) fn run(&self, aspect: Aspect) -> Result<(), String> {
        let outcome = self.build()?;
        match aspect {
            Aspect::Output => self.compare_output(&outcome),
            Aspect::Message => self.compare_message(&outcome),
        }
    }

    fn build(&self) -> Result<Outcome, String> {
        let mut options = Options { root: ROOT.to_owned(), ..Options::default() };
        let mut args = self.json["args"].as_array().into_iter().flatten().filter_map(Json::as_str);
        while let Some(arg) = args.next() {
            match arg {
                "--enable-helm" => options.enable_helm = true,
                "--helm-command" => drop(args.next()),
                "--load-restrictor" if args.next() == Some("LoadRestrictionsNone") => {
                    options.load_restrictions = LoadRestrictions::None;
                }
                other => return Err(format!("the flag `{other}` is not known here")),
            }
        }
        let folder = self.json["dir"].as_str().unwrap_or(".");
        let files = Folder::open(&self.folder).map_err(|error| format!("{}: {error}", self.folder.display()))?;
        build_folder(&files, folder, &options)
    }

    fn compare_output(&self, outcome: &Outcome) -> Result<(), String> {
        match (&outcome.result, self.fails()) {
            (Err(_), true) => Ok(()),
            (Ok(_), true) => Err("it has to fail".to_owned()),
            (Err(error), false) => Err(format!("it fails: {error}")),
            (Ok(got), false) => {
                let want = std::fs::read_to_string(&self.stdout).map_err(|error| error.to_string())?;
                if want == *got { Ok(()) } else { Err(first_difference(&want, got)) }
            }
        }
    }

    fn compare_message(&self, outcome: &Outcome) -> Result<(), String> {
        let want = std::fs::read_to_string(&self.stderr).unwrap_or_default();
        let got = standard_error(outcome).replace(ROOT, "{{IN}}").replace("0xc000000000", "{{PTR}}");
        let (want, got) = (without_chance(want.trim_end()), without_chance(got.trim_end()));
        if want == got { Ok(()) } else { Err(first_difference(&want, &got)) }
    }
}

/// Vars that were never replaced come in the order of a map of Go, which is another in each run.
fn without_chance(text: &str) -> String {
    const NEVER: &str = "well-defined vars that were never replaced: ";
    let line = |line: &str| match line.split_once(NEVER) {
        Some((before, vars)) => {
            let mut vars: Vec<&str> = vars.split(',').collect();
            vars.sort_unstable();
            format!("{before}{NEVER}{}", vars.join(","))
        }
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
