//! Compares charts with the `helm` program:
//! `compare-charts [--helm PROGRAM] [--most N] [--keep FOLDER] [--flags "…"] CHART…`.
//!
//! Each chart (a folder with `Chart.yaml`, or every one below a folder) is rendered by both with its default values,
//! then with one value changed at a time: each boolean flipped, each list and map emptied, each text and number
//! replaced by null; of these at most N, spread over the chart. Standard output and exit code must be the same; what
//! differs between two runs of Helm itself is left out. Standard error is compared apart. What Helm says is kept in
//! FOLDER, so that it need not be asked again while the charts stay the same. Exits 1 where something differs.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use rhumb::source::{FileId, Limits};
use rhumb::value::Value;
use rhumb::yaml::{self, Rules};
use rhumb_tests::difference::first_difference;
use rhumb_tests::program::{self, Ran};
use rhumb_tests::workspace;

const USAGE: &str = "usage: compare-charts [--helm PROGRAM] [--most N] [--keep FOLDER] [--flags FLAGS] CHART…";

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
    keep: Option<PathBuf>,
    flags: Vec<String>,
    charts: Vec<PathBuf>,
}

impl Options {
    fn read(mut given: impl Iterator<Item = String>) -> Result<Options, String> {
        let helm = workspace::peer("helm").unwrap_or_else(|| PathBuf::from("helm"));
        let mut options = Options { helm, most: 200, keep: None, flags: Vec::new(), charts: Vec::new() };
        while let Some(argument) = given.next() {
            let mut value = || given.next().ok_or(USAGE);
            match argument.as_str() {
                "--helm" => options.helm = value()?.into(),
                "--most" => options.most = value()?.parse().map_err(|_| USAGE)?,
                "--keep" => options.keep = Some(value()?.into()),
                "--flags" => options.flags = value()?.split_whitespace().map(str::to_owned).collect(),
                flag if flag.starts_with('-') => return Err(format!("unknown flag `{flag}`\n{USAGE}")),
                folder => options.charts.extend(charts(Path::new(folder))?),
            }
        }
        if options.charts.is_empty() { Err(USAGE.to_owned()) } else { Ok(options) }
    }

    fn run(&self) -> ExitCode {
        if let Some(folder) = &self.keep {
            std::fs::create_dir_all(folder).expect("the folder can be made");
        }
        let mut cases: Vec<(&Path, Vec<String>)> = Vec::new();
        for chart in &self.charts {
            cases.push((chart, Vec::new()));
            cases.extend(spread(mutations(chart), self.most).into_iter().map(|flags| (chart.as_path(), flags)));
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
            "{} charts, {} cases: {same} the same, {output} differ, {message} differ on standard error only",
            self.charts.len(),
            cases.len()
        );
        ExitCode::from(u8::from(output > 0))
    }

    fn case(&self, chart: &Path, flags: &[String], counts: &Counts) {
        let ours = render(Command::new(program::rhumb()).arg("helm"), chart, &self.flags, flags);
        let theirs = self.asked(chart, flags, 0);
        let (mut want, mut got) = (theirs.stdout.clone(), ours.stdout.clone());
        if want != got {
            mask(&mut want, &mut got, &self.asked(chart, flags, 1).stdout);
        }
        let shown = || format!("{} {}", chart.display(), flags.join(" "));
        if want != got || ours.code != theirs.code {
            counts.output.fetch_add(1, Ordering::Relaxed);
            let codes = if ours.code == theirs.code {
                String::new()
            } else {
                let said = [theirs.stderr, ours.stderr].concat();
                format!("exit code {:?} instead of {:?}: {said}", ours.code, theirs.code)
            };
            println!("DIFFERS {}\n  {}{codes}", shown(), first_difference(&want, &got));
        } else if ours.stderr != theirs.stderr {
            counts.message.fetch_add(1, Ordering::Relaxed);
            println!("MESSAGE {}\n  {}", shown(), first_difference(&theirs.stderr, &ours.stderr));
        } else {
            counts.same.fetch_add(1, Ordering::Relaxed);
        }
    }

    // What Helm says when it is asked for the n-th time, which may have been before.
    fn asked(&self, chart: &Path, flags: &[String], time: usize) -> Ran {
        let mut hasher = DefaultHasher::new();
        (&self.helm, chart, &self.flags, flags, time).hash(&mut hasher);
        let kept = self.keep.as_ref().map(|folder| folder.join(format!("{:016x}.json", hasher.finish())));
        let read = |path: &PathBuf| serde_json::from_slice(&std::fs::read(path).ok()?).ok();
        if let Some((stdout, stderr, code)) = kept.as_ref().and_then(read) {
            return Ran { stdout, stderr, code };
        }
        let ran = render(&mut Command::new(&self.helm), chart, &self.flags, flags);
        if let Some(path) = kept {
            let text = serde_json::to_vec(&(&ran.stdout, &ran.stderr, ran.code)).expect("texts and numbers");
            std::fs::write(path, text).expect("the folder can be written to");
        }
        ran
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

// At most so many, from everywhere.
fn spread(mutations: Vec<Vec<String>>, most: usize) -> Vec<Vec<String>> {
    let all = mutations.len();
    if all <= most {
        return mutations;
    }
    let wanted = |at: &usize| at * most / all != (at + 1) * most / all;
    mutations.into_iter().enumerate().filter(|(at, _)| wanted(at)).map(|(_, flags)| flags).collect()
}

fn render(program: &mut Command, chart: &Path, all: &[String], own: &[String]) -> Ran {
    program.arg("template").arg("demo").arg(chart).args(all).args(own).stdin(Stdio::null());
    let output = program.output().expect("the program can be started");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code() }
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
