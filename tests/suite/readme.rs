//! Every example of the README does what it shows.

use rhumb_tests::transcript::{self, Part};
use rhumb_tests::{first_difference, program, workspace};

const FIRST_COMMAND: &str = "cargo run --release -p rhumb-cli -- ";

#[test]
fn every_example_prints_what_the_readme_shows() {
    let root = workspace::root();
    let file = root.join("README.md");
    let text = std::fs::read_to_string(&file).expect("README.md");
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy(&root.join("packages"), &folder.path().join("packages"));
    let (mut updated, mut at, mut failed, mut count) = (String::new(), 0, Vec::new(), 0);
    for part in transcript::parse(&text).expect("well-formed blocks") {
        match part {
            Part::Section(_) => {}
            Part::File { path, text } => {
                let path = folder.path().join(path);
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
                std::fs::write(path, text).expect("writable");
            }
            Part::Command { line, .. } if line == "./check" => count += 1,
            Part::Command { line, expected, range } => {
                count += 1;
                let ran = program::run_line(folder.path(), &line.replace(FIRST_COMMAND, "rhumb "));
                let got = transcript::seen(&ran);
                if !transcript::matches(&expected, &got) {
                    failed.push(format!("$ {line}\n{}", first_difference(&expected, &got)));
                    updated.push_str(&text[at..range.start]);
                    updated.push_str(&got);
                    at = range.end;
                }
            }
        }
    }
    assert!(count >= 5, "the README shows {count} commands");
    if workspace::update() && !failed.is_empty() {
        updated.push_str(&text[at..]);
        std::fs::write(&file, updated).expect("writable");
        return;
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn the_readme_starts_with_the_two_commands() {
    let text = std::fs::read_to_string(workspace::root().join("README.md")).expect("README.md");
    let start: String = text.lines().take(20).collect::<Vec<_>>().join("\n");
    assert!(start.contains("cargo run --release -p rhumb-cli -- render packages/ml-model"));
    assert!(start.contains("./check"));
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.expect("readable");
        let target = to.join(entry.path().strip_prefix(from).expect("below"));
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).expect("writable");
        } else {
            std::fs::copy(entry.path(), target).expect("writable");
        }
    }
}
