//! Rendering as data: `tests/cases/render/NAME/` holds a package, flags if it needs any, and what is to come out.
//!
//! `package/` is the source, `flags` one argument a line; `expected.yaml` is standard output, `expected.txt` standard
//! error, absent where there is none. `UPDATE=1` writes both.

use std::path::{Path, PathBuf};

use rhumb_tests::{first_difference, program, workspace};

#[test]
fn packages_render_as_their_cases_say() {
    let folder = workspace::root().join("tests/cases/render");
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the cases").map(|e| e.expect("readable").path()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "no cases");
    let failed: Vec<String> = cases.iter().filter_map(|case| check(case)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

fn check(case: &Path) -> Option<String> {
    let flags = std::fs::read_to_string(case.join("flags")).unwrap_or_default();
    let arguments: Vec<&str> = ["render", "package"].into_iter().chain(flags.lines()).collect();
    let ran = program::run(case, &arguments);
    let outputs = [("expected.yaml", &ran.stdout), ("expected.txt", &ran.stderr)];
    if workspace::update() {
        outputs.iter().for_each(|(name, got)| write(&case.join(name), got));
    }
    let differs = outputs.iter().find_map(|(name, got)| {
        let want = std::fs::read_to_string(case.join(name)).unwrap_or_default();
        (want != **got).then(|| format!("{name}: {}", first_difference(&want, got)))
    });
    // Errors and an exit code of 0, or the other way around, would be a defect of their own.
    let odd = ran.ok() == ran.stdout.is_empty();
    let name = case.file_name()?.to_string_lossy();
    differs
        .or(odd.then(|| format!("exit {:?} with this output:\n{}", ran.code, ran.stdout)))
        .map(|why| format!("{name}: {why}"))
}

fn write(path: &Path, text: &str) {
    if text.is_empty() {
        drop(std::fs::remove_file(path));
    } else {
        std::fs::write(path, text).expect("writable");
    }
}
