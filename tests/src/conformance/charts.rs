//! Cases of `helm template`: a command line, and what Helm wrote.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rhumb::source::{FileId, Limits};
use rhumb::yaml::{self, Node, Rules};
use serde_json::Value as Json;

use crate::difference::first_difference;
use crate::program;

/// What of a case is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aspect {
    /// The exit code, and standard output.
    Output,
    /// Standard error of a case that fails.
    Message,
    /// Standard error of a case that does not.
    Warnings,
}

/// One case.
#[derive(Debug)]
pub(super) struct Case {
    /// Its name: chart and case.
    pub(super) name: String,
    root: PathBuf,
    folder: PathBuf,
    json: Json,
}

/// Returns the cases below a folder with `charts/` and `cases/`, sorted.
pub(super) fn cases(root: &Path) -> Vec<Arc<Case>> {
    let below = root.join("cases");
    let files = walkdir::WalkDir::new(&below).min_depth(3).max_depth(3).sort_by_file_name();
    let files = files.into_iter().filter_map(Result::ok).filter(|entry| entry.file_name() == "case.json");
    let case = |entry: walkdir::DirEntry| {
        let folder = entry.path().parent()?.to_path_buf();
        let name = folder.strip_prefix(&below).ok()?.display().to_string();
        let json = serde_json::from_slice(&std::fs::read(entry.path()).ok()?).ok()?;
        Some(Arc::new(Case { name, root: root.to_path_buf(), folder, json }))
    };
    files.filter_map(case).collect()
}

impl Case {
    /// Whether an aspect of the case is there to compare.
    pub(super) fn has(&self, aspect: Aspect) -> bool {
        match aspect {
            Aspect::Output => true,
            Aspect::Message => self.code() != 0,
            Aspect::Warnings => self.code() == 0,
        }
    }

    fn code(&self) -> i64 {
        self.json["exit_code"].as_i64().unwrap_or(0)
    }

    /// Runs the case and compares. The error says how the result differs.
    pub(super) fn run(&self, aspect: Aspect) -> Result<(), String> {
        let (stdout, stderr, code) = self.render()?;
        if i64::from(code) != self.code() {
            let said = String::from_utf8_lossy(&stderr);
            return Err(format!("exit code {code} instead of {}\n{}", self.code(), said.trim_end()));
        }
        let (file, got) = match aspect {
            Aspect::Output => ("expected.yaml", stdout),
            Aspect::Message | Aspect::Warnings => ("expected.stderr", stderr),
        };
        let want = std::fs::read(self.folder.join(file)).unwrap_or_default();
        if want == got {
            return Ok(());
        }
        let (want, got) = (String::from_utf8_lossy(&want), String::from_utf8_lossy(&got));
        if aspect == Aspect::Output && self.json["nondeterministic"] == Json::Bool(true) {
            return self.same_but_for_chance(&want, &got);
        }
        Err(first_difference(&want, &got))
    }

    fn render(&self) -> Result<(Vec<u8>, Vec<u8>, i32), String> {
        let args: Vec<&str> = self.json["args"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        let mut command = Command::new(program::rhumb());
        command.arg("helm").args(args).current_dir(&self.root).stdin(Stdio::null());
        let nowhere = self.root.join("no-such-home");
        command.env_clear().env("HOME", nowhere).env("TZ", "UTC");
        let output = command.output().map_err(|error| format!("cannot run: {error}"))?;
        let code = output.status.code().ok_or("ended by a signal")?;
        Ok((output.stdout, output.stderr, code))
    }

    // Lines that differ between two runs of Helm are not compared; where their number differs, the objects and their
    // keys are.
    fn same_but_for_chance(&self, want: &str, got: &str) -> Result<(), String> {
        let Some(lines) = self.json["nondeterministic_lines"].as_array() else {
            return match (shape(want), shape(got)) {
                (want, got) if want == got => Ok(()),
                (want, got) => Err(format!("other objects or keys: {}", first_difference(&want, &got))),
            };
        };
        let mut chance: BTreeSet<usize> = lines.iter().filter_map(Json::as_u64).map(|line| line as usize).collect();
        widen(&mut chance, want);
        let masked = |text: &str| {
            let lines = text.split('\n').enumerate();
            let lines = lines.map(|(i, line)| if chance.contains(&(i + 1)) { "(differs)" } else { line });
            lines.collect::<Vec<_>>().join("\n")
        };
        let difference = first_difference(&masked(want), &masked(got));
        if difference.is_empty() { Ok(()) } else { Err(difference) }
    }
}

// Coded bytes over several lines are one random value: how long a number in a certificate is decides where the lines
// behind it break, which two runs need not show.
fn widen(chance: &mut BTreeSet<usize>, text: &str) {
    let is_coded = |line: &str| {
        let line = line.trim();
        line.len() >= 16 && line.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
    };
    let coded: Vec<bool> = text.split('\n').map(is_coded).collect();
    for block in coded.iter().enumerate().collect::<Vec<_>>().chunk_by(|a, b| a.1 == b.1) {
        let lines = || block.iter().map(|(i, _)| i + 1);
        if *block[0].1 && lines().any(|line| chance.contains(&line)) {
            chance.extend(lines());
        }
    }
}

// The objects with the paths of their keys, one line each.
fn shape(text: &str) -> String {
    let mut lines = String::new();
    for document in yaml::parse(text, FileId::NONE, &Limits::default()).value {
        let Some(root) = document.root else { continue };
        let node = yaml::normalize(root, Rules::Kubectl, &Limits::default()).value;
        let text = |path: &[&str]| {
            let found = path.iter().try_fold(&node, |node, key| node.get(key));
            found.and_then(Node::as_str).unwrap_or_default().to_owned()
        };
        lines.push_str(&format!("{} {} {}\n", text(&["apiVersion"]), text(&["kind"]), text(&["metadata", "name"])));
        keys(&node, &mut String::new(), &mut lines);
    }
    lines
}

fn keys(node: &Node, path: &mut String, lines: &mut String) {
    let length = path.len();
    for (key, value) in node.as_map().into_iter().flatten() {
        path.push('.');
        path.push_str(key.as_str().unwrap_or_default());
        lines.push_str(&format!("  {path}\n"));
        keys(value, path, lines);
        path.truncate(length);
    }
    for item in node.as_seq().into_iter().flatten() {
        path.push_str("[]");
        keys(item, path, lines);
        path.truncate(length);
    }
}
