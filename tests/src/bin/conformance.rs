//! Runs folders of conformance cases: `conformance [--corpus NAME]… DIR…`.
//!
//! Exits 0 when all cases pass or are listed in `tests/known-differences.toml`, 1 when one failed, 2 when it could
//! not run: a wrong argument, or an unreadable folder. A corpus brings with it those that look at other sides of the
//! same cases: `helm` brings `helm-messages` and `helm-warnings`.

use std::path::PathBuf;
use std::process::ExitCode;

use rhumb_tests::conformance::{Corpus, KnownDifferences, Report, run, search};

const USAGE: &str = "usage: conformance [--corpus yaml|yaml-files|gotemplate|chart-functions|helm|helm-messages|helm-warnings|kustomize|kustomize-messages]… DIR…";

fn main() -> ExitCode {
    match arguments(std::env::args().skip(1)).and_then(|(corpora, folders)| conformance(&corpora, &folders)) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("conformance: {message}");
            ExitCode::from(2)
        }
    }
}

fn arguments(mut given: impl Iterator<Item = String>) -> Result<(Vec<Corpus>, Vec<PathBuf>), String> {
    let (mut corpora, mut folders) = (Vec::new(), Vec::new());
    while let Some(argument) = given.next() {
        let value = argument.strip_prefix("--corpus=").map(str::to_owned);
        match (argument.as_str(), value) {
            (_, Some(name)) => corpora.extend(named(&name)?),
            ("--corpus", None) => corpora.extend(named(&given.next().ok_or(USAGE)?)?),
            ("-h" | "--help", None) => return Err(USAGE.to_owned()),
            (flag, None) if flag.starts_with('-') => return Err(format!("unknown flag `{flag}`\n{USAGE}")),
            (folder, None) => folders.push(PathBuf::from(folder)),
        }
    }
    if folders.is_empty() { Err(USAGE.to_owned()) } else { Ok((corpora, folders)) }
}

fn named(name: &str) -> Result<Vec<Corpus>, String> {
    let corpora = Corpus::named(name);
    if corpora.is_empty() { Err(format!("unknown corpus `{name}`\n{USAGE}")) } else { Ok(corpora) }
}

fn conformance(asked: &[Corpus], folders: &[PathBuf]) -> Result<ExitCode, String> {
    let list = rhumb_tests::workspace::root().join("tests/known-differences.toml");
    let text = std::fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))?;
    let known = KnownDifferences::parse(&text).map_err(|error| format!("{}: {error}", list.display()))?;
    let found = search(folders).map_err(|error| format!("cannot read the cases: {error}"))?;
    let wanted = if asked.is_empty() { &Corpus::ALL[..] } else { asked };
    let reports = run(&found, wanted, &known).map_err(|error| format!("cannot read the cases: {error}"))?;
    if reports.is_empty() {
        return Err("the folders hold no cases of the wanted corpora".to_owned());
    }
    reports.iter().for_each(|report| println!("{}", report.line()));
    reports.iter().for_each(details);
    let failed = reports.iter().any(|report| !report.failed.is_empty());
    Ok(ExitCode::from(u8::from(failed)))
}

fn details(report: &Report) {
    let corpus = report.corpus.name();
    for failure in &report.failed {
        println!("FAILED {corpus} {}\n  {}", failure.case, failure.why.replace('\n', "\n  "));
    }
    if !report.not_there.is_empty() {
        println!("note: {corpus}: {} listed cases are not in these folders", report.not_there.len());
    }
}
