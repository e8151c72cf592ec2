//! Transcripts of the command line: `tests/cli/*.md`. `UPDATE=1` writes what the commands print into them.

use rhumb_tests::transcript::{self, Part};
use rhumb_tests::{first_difference, program, workspace};

#[test]
fn commands_print_what_the_transcripts_say() {
    let folder = workspace::root().join("tests/cli");
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("the transcripts").map(|e| e.expect("readable").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no transcripts");
    let failed: Vec<String> = files.iter().flat_map(|file| play(file)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

fn play(file: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("readable");
    let parts = transcript::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut folder = tempfile::tempdir().expect("a temporary folder");
    let (mut updated, mut at, mut failed) = (String::new(), 0, Vec::new());
    for part in parts {
        match part {
            Part::Section(_) => folder = tempfile::tempdir().expect("a temporary folder"),
            Part::File { path, text } => write(folder.path(), &path, &text),
            Part::Command { line, expected, range } => {
                let got = transcript::shown(&program::run_line(folder.path(), &line));
                if !transcript::matches(&expected, &got) {
                    let shown = file.file_name().expect("a file").to_string_lossy();
                    failed.push(format!("{shown}: $ {line}\n{}", first_difference(&expected, &got)));
                    updated.push_str(&text[at..range.start]);
                    updated.push_str(&got);
                    at = range.end;
                }
            }
        }
    }
    if workspace::update() && !failed.is_empty() {
        updated.push_str(&text[at..]);
        std::fs::write(file, updated).expect("writable");
        failed.clear();
    }
    failed
}

fn write(folder: &std::path::Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
    std::fs::write(path, text).expect("writable");
}
