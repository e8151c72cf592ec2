//! Compares charts with the `helm` program: `compare-charts [--helm PROGRAM] [--most N] [--flags "…"] CHART…`.
//!
//! Each chart (a folder with `Chart.yaml`, or every one below a folder) is rendered by both with its default values,
//! then with one value changed at a time: each boolean flipped, each list and map emptied, each text and number
//! replaced by null. Standard output and exit code must be the same; what differs between two runs of Helm itself is
//! left out. Messages of failures are compared apart. Exits 1 where something differs.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use rhumb::source::{FileId, Limits};
use rhumb::value::Value;
use rhumb::yaml::{self, Rules};
use rhumb_tests::difference::first_difference;
use rhumb_tests::{program, workspace};

const USAGE: &str = "usage: compare-charts [--helm PROGRAM] [--most N] [--flags FLAGS] CHART…";

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)) {
        Ok(options) => options.run(),
        Err(message) => {
            eprintln!("compare-charts: {message}");
            ExitCode::from(2)
        }
    }
}

struct Options {
    helm: PathBuf,
    most: usize,
    flags: Vec<String>,
    charts: Vec<PathBuf>,
}

impl Options {
    fn read(mut given: impl Iterator<Item = String>) -> Result<Options, String> {
        let helm = workspace::peer("helm").unwrap_or_else(|| PathBuf::from("helm"));
        let mut options = Options { helm, most: 200, flags: Vec::new(), charts: Vec::new() };
        while let Some(argument) = given.next() {
            let mut value = || given.next().ok_or(USAGE);
            match argument.as_str() {
                "--helm" => options.helm = value()?.into(),
                "--most" => options.most = value()?.parse().map_err(|_| USAGE)?,
                "--flags" => options.flags = value()?.split_whitespace().map(str::to_owned).collect(),
                flag if flag.starts_with('-') => return Err(format!("unknown flag `{flag}`\n{USAGE}")),
                folder => options.charts.extend(charts(Path::new(folder))?),
            }
        }
        if options.charts.is_empty() { Err(USAGE.to_owned()) } else { Ok(options) }
    }

    fn run(&self) -> ExitCode {
        let mut cases: Vec<(&Path, Vec<String>)> = Vec::new();
        for chart in &self.charts {
            cases.push((chart, Vec::new()));
            cases.extend(mutations(chart).into_iter().take(self.most).map(|flags| (chart.as_path(), flags)));
        }
        let counts = Counts::default();
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    while let Some((chart, flags)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                        self.case(chart, flags, &counts);
                    }
                });
            }
        });
        let [same, output, message] =
            [&counts.same, &counts.output, &counts.message].map(|n| n.load(Ordering::Relaxed));
        println!(
            "{} charts, {} cases: {same} the same, {output} differ, {message} differ in the message only",
            self.charts.len(),
            cases.len()
        );
        ExitCode::from(u8::from(output > 0))
    }

    fn case(&self, chart: &Path, flags: &[String], counts: &Counts) {
        let rhumb = |program: &mut Command| render(program.arg("helm"), chart, &self.flags, flags);
        let ours = rhumb(&mut Command::new(program::rhumb()));
        let theirs = render(&mut Command::new(&self.helm), chart, &self.flags, flags);
        let (mut want, mut got) = (theirs.0.clone(), ours.0.clone());
        if want != got {
            let again = render(&mut Command::new(&self.helm), chart, &self.flags, flags);
            mask(&mut want, &mut got, &again.0);
        }
        let shown = || format!("{} {}", chart.display(), flags.join(" "));
        if want != got || ours.2 != theirs.2 {
            counts.output.fetch_add(1, Ordering::Relaxed);
            let codes = if ours.2 == theirs.2 {
                String::new()
            } else {
                format!("exit code {:?} instead of {:?}: {}{}", ours.2, theirs.2, theirs.1, ours.1)
            };
            println!("DIFFERS {}\n  {}{codes}", shown(), first_difference(&want, &got));
        } else if ours.1 != theirs.1 && ours.2 != Some(0) {
            counts.message.fetch_add(1, Ordering::Relaxed);
            println!("MESSAGE {}\n  {}", shown(), first_difference(&theirs.1, &ours.1));
        } else {
            counts.same.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[derive(Default)]
struct Counts {
    same: AtomicUsize,
    output: AtomicUsize,
    message: AtomicUsize,
}

fn charts(folder: &Path) -> Result<Vec<PathBuf>, String> {
    if folder.join("Chart.yaml").is_file() || folder.is_file() {
        return Ok(vec![folder.to_path_buf()]);
    }
    let mut found = Vec::new();
    let mut walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|error| error.to_string())?;
        if entry.file_type().is_dir() && entry.path().join("Chart.yaml").is_file() {
            found.push(entry.path().to_path_buf());
            walk.skip_current_dir();
        }
    }
    Ok(found)
}

// The flags of each case beside the default one.
fn mutations(chart: &Path) -> Vec<Vec<String>> {
    let Ok(text) = std::fs::read_to_string(chart.join("values.yaml")) else { return Vec::new() };
    let limits = Limits::default();
    let Some(root) = yaml::parse(&text, FileId::NONE, &limits).value.into_iter().find_map(|document| document.root)
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let Ok(values) = yaml::resolve(&root, Rules::Kubectl, &limits) {
        mutate(&values, "", &mut found);
    }
    found
}

fn mutate(value: &Value, path: &str, found: &mut Vec<Vec<String>>) {
    let set = |flag: &str, value: &str| vec![flag.to_owned(), format!("{path}={value}")];
    match value {
        Value::Bool(flag) => found.push(set("--set", if *flag { "false" } else { "true" })),
        Value::Seq(items) if !items.is_empty() => found.push(set("--set-json", "[]")),
        Value::Map(map) => {
            if !path.is_empty() && !map.is_empty() {
                found.push(set("--set-json", "null"));
            }
            for (key, value) in map.iter() {
                let key = escape(key.as_str());
                let below = if path.is_empty() { key } else { format!("{path}.{key}") };
                mutate(value, &below, found);
            }
        }
        Value::Null | Value::Seq(_) => {}
        _ => found.push(set("--set", "null")),
    }
}

fn escape(key: &str) -> String {
    let special = |c: char| ['.', ',', '=', '[', ']', '{', '}', '\\'].contains(&c);
    key.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

fn render(program: &mut Command, chart: &Path, all: &[String], own: &[String]) -> (String, String, Option<i32>) {
    program.arg("template").arg("demo").arg(chart).args(all).args(own).stdin(Stdio::null());
    let output = program.output().expect("the program can be started");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(output.stdout), text(output.stderr), output.status.code())
}

// Makes lines alike that differ between two runs of Helm; nothing where their number differs.
fn mask(want: &mut String, got: &mut String, again: &str) {
    let lines: Vec<bool> = want.split('\n').zip(again.split('\n')).map(|(a, b)| a == b).collect();
    let hide = |text: &str| {
        let lines = text.split('\n').enumerate().map(|(i, line)| if lines.get(i) == Some(&false) { "" } else { line });
        lines.collect::<Vec<_>>().join("\n")
    };
    (*want, *got) = (hide(want), hide(got));
}
