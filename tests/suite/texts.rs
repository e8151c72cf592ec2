//! What no text of the repository may hold.

use rhumb_tests::workspace;

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    // Put together here, so that this file does not hold them.
    let machine = ["root", "work", "home", "Users"].map(|folder| format!("/{folder}/"));
    let hosts =
        ["index.crates", "static.crates", "registry.npmjs", "files.pythonhosted"].map(|host| format!("{host}."));
    let mut found = Vec::new();
    for (path, text) in workspace::text_files() {
        let wanted = machine.iter().filter(|_| !is_foreign(&path)).chain(&hosts);
        for needle in wanted.filter(|needle| holds(&text, needle)) {
            found.push(format!("{path}: {needle}"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

// A path is a path of a machine only where nothing stands before it: `templates/work/` is none.
fn holds(text: &str, needle: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '$' | '/' | ']');
    text.match_indices(needle).any(|(at, _)| {
        let name = text[at + needle.len()..].chars().next();
        !text[..at].chars().next_back().is_some_and(is_part) && name.is_some_and(char::is_alphanumeric)
    }) && needle.starts_with('/')
        || (!needle.starts_with('/') && text.contains(needle))
}

// What came from elsewhere word for word: containers have homes of their own.
fn is_foreign(path: &str) -> bool {
    path.starts_with("packages/") || path.starts_with("LICENSE")
}

#[test]
fn every_public_thing_must_be_documented() {
    let manifest = std::fs::read_to_string(workspace::root().join("Cargo.toml")).expect("the manifest");
    assert!(manifest.contains("missing_docs = \"warn\""), "clippy runs with -D warnings: this lint holds the docs");
    assert!(manifest.contains("unsafe_code = \"forbid\""));
}

#[test]
fn both_licences_and_the_changelog_are_there() {
    for name in ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md", "CONTRIBUTING.md", "COMPATIBILITY.md"] {
        assert!(workspace::root().join(name).is_file(), "{name}");
    }
}
