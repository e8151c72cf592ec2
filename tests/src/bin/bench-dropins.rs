//! Measures `rhumb helm` and `rhumb kustomize` against the programs they stand in for, whole processes in one run:
//! `bench-dropins [--every N] [helm|kustomize]`.
//!
//! Every deterministic case of the corpora that succeeds is run by both in turns, three times; what counts is the median
//! of the wall-clock. `--every N` takes each Nth case. Cases that make keys or hash
//! passwords are reported apart: there nothing else counts, in either program. Exits 1 where a promise does not hold.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use rhumb_tests::conformance::search;
use rhumb_tests::{generated, measure, program, workspace};
use serde_json::Value as Json;

struct Case {
    name: String,
    folder: PathBuf,
    ours: Vec<String>,
    theirs: Vec<String>,
}

struct Timed<'a> {
    case: &'a Case,
    ours: f64,
    theirs: f64,
}

fn main() -> ExitCode {
    let (mut every, mut which) = (1, String::new());
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--every" => every = given.next().and_then(|n| n.parse().ok()).unwrap_or(1).max(1),
            other => which = other.to_owned(),
        }
    }
    let Some(corpora) = workspace::shared_conformance() else {
        println!("skipped: no folder of conformance cases beside the repository");
        return ExitCode::SUCCESS;
    };
    let found = search(&[corpora]).expect("readable cases");
    let mut holds = true;
    if which != "kustomize" {
        let cases: Vec<Case> = found.charts.iter().flat_map(|root| charts(root)).step_by(every).collect();
        holds &= report("helm", workspace::peer("helm"), &cases, &Bars { mean: 20.0, slowest: Some(8.0), memory: 4.0 });
    }
    if which != "helm" {
        let cases: Vec<Case> =
            found.kustomizations.iter().flat_map(|root| kustomizations(root)).step_by(every).collect();
        holds &= large_kustomization(&found.kustomizations);
        holds &= generated_kustomizations();
        holds &=
            report("kubectl", workspace::peer("kubectl"), &cases, &Bars { mean: 20.0, slowest: None, memory: 3.0 });
    }
    ExitCode::from(u8::from(!holds))
}

// The largest of the real kustomizations, by processor time and memory.
fn large_kustomization(roots: &[PathBuf]) -> bool {
    let tree =
        roots.iter().map(|root| root.join("real/kubeflow__manifests/tree")).find(|tree| tree.join("example").is_dir());
    let (Some(tree), Some(kubectl)) = (tree, workspace::peer("kubectl")) else {
        println!("skipped: no large kustomization, or no kubectl to measure against");
        return true;
    };
    let rhumb = program::rhumb_release();
    let (ours, theirs) = (["kustomize", "build", "example"], ["kustomize", "example"]);
    let [took, other] = measure::in_turns(
        [
            measure::Measured { folder: &tree, program: rhumb, arguments: &ours, runs: 10 },
            measure::Measured { folder: &tree, program: &kubectl, arguments: &theirs, runs: 1 },
        ],
        3,
    );
    let mut holds = true;
    if let (Some(took), Some(other)) = (took.processor, other.processor) {
        println!("     example of Kubeflow: {took:.2} s, kubectl {other:.2} s of processor time");
        holds &= hold("example of Kubeflow: processor time", other / took, 25.0);
    }
    let memory = |program: &Path, arguments: &[&str]| measure::peak_memory(&tree, program, arguments);
    if let (Some(took), Some(other)) = (memory(rhumb, &ours), memory(&kubectl, &theirs)) {
        println!("     example of Kubeflow: {} MB, kubectl {} MB", took / 1_000_000, other / 1_000_000);
        holds &= hold("example of Kubeflow: memory", other as f64 / took as f64, 3.0);
    }
    holds
}

// Time grows with the number of objects, nothing else: what counts instructions is a gate of `bench`.
fn generated_kustomizations() -> bool {
    let arguments = ["kustomize", "build", "prod"];
    let mut last = 0.0;
    for (count, runs) in [(100, 20), (1_000, 5), (10_000, 1)] {
        let folder = generated::kustomization(count);
        let measured =
            measure::Measured { folder: folder.path(), program: program::rhumb_release(), arguments: &arguments, runs };
        let [took] = measure::in_turns([measured], 3);
        last = took.wall;
        println!("     generated, {count} of each kind: {:.1} ms", last * 1e3);
    }
    let holds = last < 2.0;
    println!("{} generated, 10,000 of each kind: {last:.2} s (less than 2)", if holds { "ok  " } else { "FAIL" });
    holds
}

// How many times less of the other program's: wall-clock on average, wall-clock where it is slowest, memory there.
struct Bars {
    mean: f64,
    slowest: Option<f64>,
    memory: f64,
}

fn charts(root: &Path) -> Vec<Case> {
    let files = walkdir::WalkDir::new(root.join("cases")).min_depth(3).max_depth(3).sort_by_file_name();
    let files = files.into_iter().filter_map(Result::ok).filter(|entry| entry.file_name() == "case.json");
    let case = |entry: walkdir::DirEntry| {
        let json = read(entry.path())?;
        let theirs = texts(&json["args"]);
        let ours = std::iter::once("helm".to_owned()).chain(theirs.clone()).collect();
        let name = entry.path().parent()?.strip_prefix(root.join("cases")).ok()?.display().to_string();
        (json["exit_code"] == 0).then(|| Case { name, folder: root.to_path_buf(), ours, theirs })
    };
    files.filter_map(case).collect()
}

fn kustomizations(root: &Path) -> Vec<Case> {
    let files = walkdir::WalkDir::new(root.join("real")).min_depth(3).max_depth(3).sort_by_file_name();
    let files = files.into_iter().filter_map(Result::ok);
    let files = files.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "json"));
    let case = |entry: walkdir::DirEntry| {
        let json = read(entry.path())?;
        let folder = entry.path().parent()?.parent()?.join("tree");
        let flags = texts(&json["args"]);
        let dir = json["dir"].as_str().unwrap_or(".").to_owned();
        let with = |first: &[&str]| {
            first.iter().map(ToString::to_string).chain([dir.clone()]).chain(flags.clone()).collect::<Vec<_>>()
        };
        let name = entry.path().strip_prefix(root).ok()?.display().to_string();
        let helm = flags.iter().any(|flag| flag.starts_with("--enable-helm"));
        (json["exit_code"] == 0 && !helm).then(|| Case {
            name,
            folder,
            ours: with(&["kustomize", "build"]),
            theirs: with(&["kustomize"]),
        })
    };
    files.filter_map(case).collect()
}

fn read(path: &Path) -> Option<Json> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn texts(list: &Json) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

fn report(name: &str, peer: Option<PathBuf>, cases: &[Case], bars: &Bars) -> bool {
    let Some(peer) = peer else {
        println!("skipped: no {name} to measure against");
        return true;
    };
    let rhumb = program::rhumb_release();
    let timed = |case| {
        let turn = |_| [seconds(rhumb, case, &case.ours), seconds(&peer, case, &case.theirs)];
        let turns = [(); 3].map(turn);
        let [ours, theirs] = [0, 1].map(|program| measure::median(turns.iter().map(|turn| turn[program]).collect()));
        Timed { case, ours, theirs }
    };
    let mut all: Vec<Timed<'_>> = cases.iter().map(timed).collect();
    let keys: Vec<Timed<'_>> = all.extract_if(.., |timed| makes_keys(rhumb, timed.case)).collect();
    if all.is_empty() {
        return true;
    }
    let mut holds = hold(&format!("{name}: geometric mean over {} cases", all.len()), mean(&all), bars.mean);
    if !keys.is_empty() {
        // One run draws luckier numbers than another.
        holds &=
            hold(&format!("{name}: geometric mean over {} cases with keys or passwords", keys.len()), mean(&keys), 1.0);
    }
    all.sort_by(|a, b| b.theirs.total_cmp(&a.theirs));
    all.truncate(25);
    if let Some(bar) = bars.slowest {
        let worst = all.iter().min_by(|a, b| (a.theirs / a.ours).total_cmp(&(b.theirs / b.ours)));
        if let Some(worst) = worst {
            let what = format!("{name}: the worst of the 25 slowest ({})", worst.case.name);
            holds &= hold(&what, worst.theirs / worst.ours, bar);
        }
    }
    let memory = |program: &Path, case: &Case, args: &[String]| {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        measure::peak_memory(&case.folder, program, &args)
    };
    let ratios: Option<Vec<f64>> = all
        .iter()
        .map(|t| Some(memory(&peer, t.case, &t.case.theirs)? as f64 / memory(rhumb, t.case, &t.case.ours)? as f64))
        .collect();
    if let Some(worst) = ratios.and_then(|ratios| ratios.into_iter().min_by(f64::total_cmp)) {
        holds &= hold(&format!("{name}: memory, the worst of the 25 slowest"), worst, bars.memory);
    }
    holds
}

// Whether a case makes keys or hashes passwords, which `--debug` tells.
fn makes_keys(rhumb: &Path, case: &Case) -> bool {
    const SLOW: [&str; 6] =
        ["`genCA", "`genSelfSignedCert", "`genSignedCert", "`genPrivateKey", "`bcrypt", "`htpasswd"];
    if case.ours.first().is_none_or(|first| first != "helm") {
        return false;
    }
    let mut command = Command::new(rhumb);
    command.args(&case.ours).arg("--debug").current_dir(&case.folder).stdin(Stdio::null());
    let said = command.output().expect("the program can be started").stderr;
    let said = String::from_utf8_lossy(&said);
    SLOW.iter().any(|name| said.contains(name))
}

fn hold(what: &str, times: f64, least: f64) -> bool {
    let holds = times >= least;
    println!("{} {what}: {times:.1} times less (at least {least:.1})", if holds { "ok  " } else { "FAIL" });
    holds
}

fn mean(all: &[Timed<'_>]) -> f64 {
    (all.iter().map(|timed| (timed.theirs / timed.ours).ln()).sum::<f64>() / all.len() as f64).exp()
}

fn seconds(program: &Path, case: &Case, args: &[String]) -> f64 {
    let mut command = Command::new(program);
    command.args(args).current_dir(&case.folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env_remove("KUBECONFIG").env("TZ", "UTC");
    let start = Instant::now();
    let status = command.status().expect("the program can be started");
    assert!(status.success(), "{} {args:?} in {} fails", program.display(), case.folder.display());
    start.elapsed().as_secs_f64()
}
