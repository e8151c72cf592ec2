//! The corpora beside the repository, through the code of the conformance runner.

use rhumb_tests::conformance::{Corpus, Found, KnownDifferences, run, search};
use rhumb_tests::workspace;

fn known() -> KnownDifferences {
    let path = workspace::root().join("tests/known-differences.toml");
    KnownDifferences::parse(&std::fs::read_to_string(path).expect("the list")).expect("a well-formed list")
}

fn shared() -> Option<Found> {
    let Some(folder) = workspace::shared_conformance() else {
        println!("skipped: no folder of conformance cases beside the repository");
        return None;
    };
    Some(search(&[folder]).expect("readable cases"))
}

// How many of a thousand cases may be listed.
fn per_thousand(corpus: Corpus) -> usize {
    match corpus {
        Corpus::Yaml | Corpus::YamlFiles | Corpus::GoTemplate => 2,
        Corpus::ChartFunctions => 3,
        Corpus::Helm | Corpus::HelmWarnings | Corpus::Kustomize => 5,
        Corpus::HelmMessages => 100,
        Corpus::KustomizeMessages => 150,
    }
}

fn check(found: &Found, corpus: Corpus) {
    for report in run(found, &[corpus], &known()).expect("readable cases") {
        println!("{}", report.line());
        let first = report.failed.iter().take(20).map(|failure| format!("{}\n{}", failure.case, failure.why));
        assert!(report.failed.is_empty(), "{}\n{}", report.line(), first.collect::<Vec<_>>().join("\n"));
        assert!(report.not_there.is_empty(), "listed, but in no corpus: {:?}", report.not_there);
        let budget = report.cases * per_thousand(corpus) / 1_000;
        assert!(report.listed <= budget, "too many known differences: {}", report.line());
    }
}

#[test]
fn yaml_is_read_and_written_as_go_does() {
    let Some(found) = shared() else { return };
    check(&found, Corpus::Yaml);
}

#[test]
fn go_templates_run_as_in_go() {
    let Some(found) = shared() else { return };
    check(&found, Corpus::GoTemplate);
}

#[test]
fn functions_and_objects_of_charts_are_as_in_helm() {
    let Some(found) = shared() else { return };
    check(&found, Corpus::ChartFunctions);
}

#[test]
fn charts_render_byte_for_byte_as_with_helm() {
    let Some(found) = shared() else { return };
    if cfg!(debug_assertions) && std::env::var_os("RHUMB_BIN").is_none() && !workspace::slow() {
        println!("skipped: all charts take minutes without optimization (RHUMB_BIN, RUN_SLOW_TESTS)");
        return;
    }
    for corpus in [Corpus::Helm, Corpus::HelmMessages, Corpus::HelmWarnings] {
        check(&found, corpus);
    }
}

#[test]
fn kustomizations_build_byte_for_byte_as_with_kustomize() {
    let Some(found) = shared() else { return };
    if cfg!(debug_assertions) && !workspace::slow() {
        println!("skipped: all kustomizations take minutes without optimization (RUN_SLOW_TESTS)");
        return;
    }
    check(&found, Corpus::Kustomize);
}

#[test]
fn what_is_written_reads_back_as_the_same_value() {
    if cfg!(debug_assertions) && !workspace::slow() {
        println!("skipped: all files of the corpora take minutes without optimization (RUN_SLOW_TESTS)");
        return;
    }
    let Some(found) = shared() else { return };
    check(&found, Corpus::YamlFiles);
}

#[test]
fn a_listed_case_that_passes_and_a_broken_line_fail() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let case = r#"{"name":"n/1","area":"yaml-encode","template":"{{ toYaml .Values.x }}","data":{"x":1},"expect":{"output":"1"}}"#;
    let wrong = case.replace("n/1", "n/2").replace("\"output\":\"1\"", "\"output\":\"2\"");
    std::fs::write(folder.path().join("v.jsonl"), format!("{case}\n{wrong}\n")).expect("writable");
    std::fs::write(folder.path().join("yaml-v.jsonl"), "{\n").expect("writable");
    let found = search(&[folder.path().to_path_buf()]).expect("readable");
    let known = KnownDifferences::parse("[yaml]\n\"n/1\" = \"listed\"\n\"n/2\" = \"listed\"\n\"n/3\" = \"gone\"\n")
        .expect("fine");
    let report = run(&found, &[Corpus::Yaml], &known).expect("readable").remove(0);
    assert_eq!((report.passed, report.listed, report.not_there.len()), (0, 1, 1));
    let failed: Vec<&str> = report.failed.iter().map(|failure| failure.case.as_str()).collect();
    assert_eq!(failed, ["n/1", "yaml-v:1"]);
}
