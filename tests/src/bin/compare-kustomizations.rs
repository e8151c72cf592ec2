//! Compares kustomizations with the `kubectl` program: `compare-kustomizations [--kubectl PROGRAM] [--alone] FOLDER…`.
//!
//! Every folder with a kustomization file at or below a named one is built by both. What is written must be the same,
//! byte for byte, and what fails in one must fail in the other; messages are compared apart. What kustomize would fetch
//! from elsewhere counts for nothing: neither fetches here. The times of both are told as well; with `--alone` nothing is
//! compared. Exits 1 where something differs.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rhumb::render::kustomize::Options;
use rhumb_tests::difference::first_difference;
use rhumb_tests::kustomizations::{Folder, build_folder, standard_error};
use rhumb_tests::workspace;

const USAGE: &str = "usage: compare-kustomizations [--kubectl PROGRAM] [--alone] FOLDER…";
const FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("compare-kustomizations: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(mut given: impl Iterator<Item = String>) -> Result<ExitCode, String> {
    let mut kubectl = workspace::peer("kubectl").unwrap_or_else(|| PathBuf::from("kubectl"));
    let (mut folders, mut alone) = (Vec::new(), false);
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--kubectl" => kubectl = given.next().ok_or(USAGE)?.into(),
            "--alone" => alone = true,
            flag if flag.starts_with('-') => return Err(format!("unknown flag `{flag}`\n{USAGE}")),
            folder => folders.push(PathBuf::from(folder)),
        }
    }
    if folders.is_empty() {
        return Err(USAGE.to_owned());
    }
    let mut counts = Counts::default();
    for folder in folders {
        let folder = folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))?;
        compare(Some(kubectl.as_path()).filter(|_| !alone), &folder, &mut counts)?;
    }
    println!(
        "{} kustomizations: {} the same, {} differ, {} differ in the message only, {} name what is not here",
        counts.same + counts.output + counts.message + counts.remote,
        counts.same,
        counts.output,
        counts.message,
        counts.remote
    );
    println!("{:.3} s here, {:.3} s with kubectl", counts.ours.as_secs_f64(), counts.theirs.as_secs_f64());
    Ok(ExitCode::from(u8::from(counts.output > 0)))
}

#[derive(Default)]
struct Counts {
    same: usize,
    output: usize,
    message: usize,
    remote: usize,
    ours: Duration,
    theirs: Duration,
}

fn compare(kubectl: Option<&Path>, root: &Path, counts: &mut Counts) -> Result<(), String> {
    // As kubectl does, kustomizations may refer to any folder of the disk.
    let files = Folder::open(Path::new("/")).map_err(|error| error.to_string())?;
    let options = Options::default();
    for folder in kustomizations(root) {
        let below = folder.to_string_lossy().trim_start_matches('/').to_owned();
        let start = Instant::now();
        let ours = build_folder(&files, &below, &options)?;
        counts.ours += start.elapsed();
        if let Err(error) = &ours.result
            && error.is_remote()
        {
            counts.remote += 1;
            continue;
        }
        let Some(kubectl) = kubectl else {
            counts.same += 1;
            continue;
        };
        let mut command = Command::new(kubectl);
        command.arg("kustomize").arg(&folder).stdin(Stdio::null());
        // Whatever would be fetched is not found.
        command.env("https_proxy", "http://127.0.0.1:9").env("http_proxy", "http://127.0.0.1:9");
        let start = Instant::now();
        let theirs = command.output().map_err(|error| format!("{}: {error}", kubectl.display()))?;
        counts.theirs += start.elapsed();
        let (stdout, stderr) = (String::from_utf8_lossy(&theirs.stdout), String::from_utf8_lossy(&theirs.stderr));
        let shown = folder.display();
        match (&ours.result, theirs.status.success()) {
            (Ok(text), true) if *text == stdout => counts.same += 1,
            (Ok(text), true) => {
                counts.output += 1;
                println!("DIFFERS {shown}\n  {}", first_difference(&stdout, text));
            }
            (Ok(_), false) => {
                counts.output += 1;
                println!("DIFFERS {shown}\n  it has to fail: {}", stderr.trim_end());
            }
            (Err(error), true) => {
                counts.output += 1;
                println!("DIFFERS {shown}\n  it fails: {error}");
            }
            (Err(_), false) if standard_error(&ours).trim_end() == stderr.trim_end() => counts.same += 1,
            (Err(_), false) => {
                counts.message += 1;
                println!(
                    "MESSAGE {shown}\n  {}",
                    first_difference(stderr.trim_end(), standard_error(&ours).trim_end())
                );
            }
        }
    }
    Ok(())
}

fn kustomizations(root: &Path) -> Vec<PathBuf> {
    let kept = |entry: &walkdir::DirEntry| entry.file_name() != ".git";
    let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(kept);
    let folders = entries.filter_map(Result::ok).filter(|entry| entry.file_type().is_dir());
    let has_one = |folder: &PathBuf| FILES.iter().any(|name| folder.join(name).is_file());
    folders.map(walkdir::DirEntry::into_path).filter(has_one).collect()
}
