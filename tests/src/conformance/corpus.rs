//! The corpora, and the run over them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::charts::{self, Aspect};
use super::kustomizations;
use super::workers::{self, Case};
use super::{Area, Found, KnownDifferences, read_vectors, yaml_law, yaml_texts};
use crate::{chart_vectors, gotemplate_corpus, yaml_corpus};

/// The cases for one engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Corpus {
    /// Vectors of YAML in and out.
    Yaml,
    /// The law of reading and writing over the YAML files of the trees.
    YamlFiles,
    /// Vectors of Go's text/template.
    GoTemplate,
    /// Vectors of the functions and objects of charts.
    ChartFunctions,
    /// Charts: exit codes and standard output.
    Helm,
    /// Charts: what standard error says of a failure.
    HelmMessages,
    /// Charts: what standard error says where all is well.
    HelmWarnings,
    /// Kustomizations: whether they fail, and standard output.
    Kustomize,
    /// Kustomizations: what standard error says.
    KustomizeMessages,
}

impl Corpus {
    /// All corpora, in the order of their reports.
    pub const ALL: [Corpus; 9] = [
        Corpus::Yaml,
        Corpus::YamlFiles,
        Corpus::GoTemplate,
        Corpus::ChartFunctions,
        Corpus::Helm,
        Corpus::HelmMessages,
        Corpus::HelmWarnings,
        Corpus::Kustomize,
        Corpus::KustomizeMessages,
    ];

    /// Returns the name in reports and in the list of known differences.
    pub fn name(self) -> &'static str {
        match self {
            Corpus::Yaml => "yaml",
            Corpus::YamlFiles => "yaml-files",
            Corpus::GoTemplate => "gotemplate",
            Corpus::ChartFunctions => "chart-functions",
            Corpus::Helm => "helm",
            Corpus::HelmMessages => "helm-messages",
            Corpus::HelmWarnings => "helm-warnings",
            Corpus::Kustomize => "kustomize",
            Corpus::KustomizeMessages => "kustomize-messages",
        }
    }

    /// Returns the corpora that a name on the command line asks for: the one of that name and those which look at
    /// other sides of the same cases (`helm-messages` for `helm`). None for an unknown name.
    pub fn named(name: &str) -> Vec<Corpus> {
        let same = |corpus: &Corpus| corpus.name() == name || corpus.main().is_some_and(|main| main.name() == name);
        Corpus::ALL.into_iter().filter(same).collect()
    }

    // The corpus whose cases these are as well.
    fn main(self) -> Option<Corpus> {
        match self {
            Corpus::HelmMessages | Corpus::HelmWarnings => Some(Corpus::Helm),
            Corpus::ChartFunctions => Some(Corpus::GoTemplate),
            Corpus::KustomizeMessages => Some(Corpus::Kustomize),
            _ => None,
        }
    }
}

/// A case that did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The name of the case.
    pub case: String,
    /// How it differs.
    pub why: String,
}

/// What came of one corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which corpus.
    pub corpus: Corpus,
    /// How many cases were found for it.
    pub cases: usize,
    /// How many passed.
    pub passed: usize,
    /// How many did not pass and are listed as known differences.
    pub listed: usize,
    /// Cases that did not pass and are not listed, and listed cases that pass.
    pub failed: Vec<Failure>,
    /// Listed cases that the folders do not hold.
    pub not_there: Vec<String>,
}

impl Report {
    /// Returns the line of counts.
    pub fn line(&self) -> String {
        let name = self.corpus.name();
        format!("{name}: {} passed, {} failed, {} listed", self.passed, self.failed.len(), self.listed)
    }
}

/// What a run gives: the reports of the corpora that were found, in a fixed order.
pub type Result<T> = std::io::Result<T>;

/// Runs the wanted corpora that were found.
///
/// # Errors
/// When a file cannot be read.
pub fn run(found: &Found, wanted: &[Corpus], known: &KnownDifferences) -> Result<Vec<Report>> {
    let mut reports = Vec::new();
    for corpus in Corpus::ALL.into_iter().filter(|corpus| wanted.contains(corpus)) {
        let report = run_cases(corpus, cases(found, corpus)?, known);
        if report.cases > 0 {
            reports.push(report);
        }
    }
    Ok(reports)
}

type Named = (String, std::result::Result<serde_json::Value, String>);

fn vectors(found: &Found, corpus: Corpus) -> Result<Vec<Named>> {
    let wanted = match corpus {
        Corpus::Yaml => Area::Yaml,
        Corpus::GoTemplate => Area::GoTemplate,
        _ => Area::Chart,
    };
    let mut all = Vec::new();
    for file in &found.vectors {
        let read = read_vectors(file)?.into_iter().filter(|(area, ..)| *area == wanted);
        all.extend(read.map(|(_, name, case)| (name, case)));
    }
    Ok(all)
}

fn cases(found: &Found, corpus: Corpus) -> Result<Vec<Case>> {
    match corpus {
        Corpus::YamlFiles => return Ok(yaml_file_cases(found)),
        Corpus::Helm => return Ok(chart_cases(found, Aspect::Output)),
        Corpus::HelmMessages => return Ok(chart_cases(found, Aspect::Message)),
        Corpus::HelmWarnings => return Ok(chart_cases(found, Aspect::Warnings)),
        Corpus::Kustomize => return Ok(kustomization_cases(found, kustomizations::Aspect::Output)),
        Corpus::KustomizeMessages => return Ok(kustomization_cases(found, kustomizations::Aspect::Message)),
        _ => {}
    }
    let run = match corpus {
        Corpus::Yaml => |case: &serde_json::Value| {
            yaml_corpus::run_case(case)?;
            chart_vectors::run_case(case).map_err(|why| format!("in a chart: {why}"))
        },
        Corpus::ChartFunctions => chart_vectors::run_case,
        _ => gotemplate_corpus::run_case,
    };
    let vectors = vectors(found, corpus)?.into_iter();
    Ok(vectors
        .map(|(name, case)| -> Case { (name, Box::new(move || run(case.as_ref().map_err(String::clone)?))) })
        .collect())
}

fn chart_cases(found: &Found, aspect: Aspect) -> Vec<Case> {
    let cases = found.charts.iter().flat_map(|root| charts::cases(root)).filter(|case| case.has(aspect));
    cases.map(|case| -> Case { (case.name.clone(), Box::new(move || case.run(aspect))) }).collect()
}

fn kustomization_cases(found: &Found, aspect: kustomizations::Aspect) -> Vec<Case> {
    let cases = found.kustomizations.iter().flat_map(|root| kustomizations::cases(root));
    let cases = cases.filter(|case| case.has(aspect));
    cases.map(|case| -> Case { (case.name.clone(), Box::new(move || case.run(aspect))) }).collect()
}

fn yaml_file_cases(found: &Found) -> Vec<Case> {
    let folders: Vec<PathBuf> = found.charts.iter().chain(&found.kustomizations).cloned().collect();
    let case = |path: PathBuf| -> Case {
        let shown = folders.iter().find_map(|folder| path.strip_prefix(folder).ok()).unwrap_or(&path);
        let name = shown.display().to_string();
        (name, Box::new(move || check_file(&path)))
    };
    yaml_texts(&folders).into_iter().map(case).collect()
}

fn check_file(path: &Path) -> std::result::Result<(), String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    // Text that is not UTF-8 has its own cases among the vectors.
    std::str::from_utf8(&bytes).map_or(Ok(()), |text| yaml_law(text).map(drop))
}

fn run_cases(corpus: Corpus, cases: Vec<Case>, known: &KnownDifferences) -> Report {
    let cases = Arc::new(cases);
    let outcomes = workers::outcomes(&cases);
    let mut report =
        Report { corpus, cases: cases.len(), passed: 0, listed: 0, failed: Vec::new(), not_there: Vec::new() };
    for ((name, _), outcome) in cases.iter().zip(outcomes) {
        match (outcome, known.has(corpus.name(), name)) {
            (Ok(()), false) => report.passed += 1,
            (Err(_), true) => report.listed += 1,
            (Err(why), false) => report.failed.push(Failure { case: name.clone(), why }),
            (Ok(()), true) => {
                let why = "listed as a known difference, but passes: take it off the list".to_owned();
                report.failed.push(Failure { case: name.clone(), why });
            }
        }
    }
    let names: std::collections::BTreeSet<&str> = cases.iter().map(|(name, _)| name.as_str()).collect();
    let listed = known.of(corpus.name()).map(|(name, _)| name);
    report.not_there = listed.filter(|name| !names.contains(name)).map(str::to_owned).collect();
    report
}
