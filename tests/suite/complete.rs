//! No file of tests is forgotten.

use std::collections::BTreeSet;

use rhumb_tests::workspace;

#[test]
fn every_file_of_the_suite_is_a_module_of_it() {
    let folder = workspace::root().join("tests");
    let suite = std::fs::read_to_string(folder.join("suite.rs")).expect("the suite");
    let declared = suite.lines().filter_map(|line| line.trim().strip_prefix("mod ")?.strip_suffix(';'));
    let declared: BTreeSet<String> = declared.map(str::to_owned).collect();
    let entries = std::fs::read_dir(folder.join("suite")).expect("the folder of the suite");
    let names = entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned());
    let files: BTreeSet<String> = names.filter_map(|name| name.strip_suffix(".rs").map(str::to_owned)).collect();
    assert_eq!(declared, files);
}

#[test]
fn every_crate_is_a_member_and_takes_the_lints() {
    let root = workspace::root();
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("the manifest");
    for entry in std::fs::read_dir(&root).expect("readable") {
        let folder = entry.expect("readable").path();
        let Ok(text) = std::fs::read_to_string(folder.join("Cargo.toml")) else { continue };
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(manifest.contains(&format!("\"{name}\"")), "{name} is no member of the workspace");
        assert!(text.contains("[lints]\nworkspace = true") || name == "wasm", "{name} does not take the lints");
    }
}
