//! The walls: which module of core uses which, and which crate names which, as the tables in ARCHITECTURE.md say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rhumb_tests::workspace;

type Table = BTreeMap<String, BTreeSet<String>>;

#[test]
fn modules_of_core_use_only_what_the_table_allows() {
    let table = table("<!-- walls: modules -->");
    let mut found = Vec::new();
    for (module, file, code) in sources("core/src") {
        if module == "lib" {
            continue;
        }
        let Some(allowed) = table.get(&module) else {
            found.push(format!("{file}: the module `{module}` has no row in the table"));
            continue;
        };
        for used in edges(&code, depth(&file)) {
            if used != module && table.contains_key(&used) && !allowed.contains(&used) {
                found.push(format!("{file}: `{module}` may not use `{used}`"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_row_of_the_table_is_a_module_and_looks_only_up() {
    let text = architecture();
    let order: Vec<String> = rows(&text, "<!-- walls: modules -->").map(|(name, _)| name).collect();
    let declared = std::fs::read_to_string(workspace::root().join("core/src/lib.rs")).expect("core");
    let modules = declared.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    assert_eq!(order, modules.collect::<Vec<_>>(), "rows and modules, in the order of lib.rs");
    for (name, allowed) in rows(&text, "<!-- walls: modules -->") {
        let here = order.iter().position(|other| *other == name);
        for used in allowed {
            assert!(order.iter().position(|other| *other == used) < here, "`{name}` stands above `{used}`");
        }
    }
}

#[test]
fn crates_depend_only_on_what_the_table_allows() {
    let table = table("<!-- walls: crates -->");
    let ours: BTreeSet<String> = table.keys().cloned().collect();
    for (folder, name) in crates() {
        let allowed = table.get(&name).unwrap_or_else(|| panic!("the crate `{name}` has no row in the table"));
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        let used: BTreeSet<String> = dependencies(&manifest).into_iter().filter(|used| ours.contains(used)).collect();
        assert!(used.is_subset(allowed), "`{name}` depends on {used:?}, the table allows {allowed:?}");
    }
}

#[test]
fn only_the_owner_of_a_dependency_names_it() {
    // The dependency, as code names it, and the one folder that may.
    let owners = [
        ("granit_parser", "core/src/yaml/"),
        ("jsonschema", "core/src/jsonschema/"),
        ("referencing", "core/src/jsonschema/"),
        ("minijinja", "core/src/render/"),
        ("annotate_snippets", "core/src/diag/"),
        ("similar", "core/src/diff/"),
        ("ureq", "cluster/src/"),
        ("rustls", "cluster/src/"),
        ("js_sys", "wasm/src/"),
        ("wasm_bindgen", "wasm/src/"),
        ("clap", "cli/src/"),
        ("lsp_server", "cli/src/lsp/"),
    ];
    let mut found = Vec::new();
    for folder in ["core/src", "gotemplate/src", "cluster/src", "cli/src", "wasm/src", "schemas/src"] {
        for (_, file, code) in sources(folder) {
            let foreign = owners.iter().filter(|(_, owner)| !file.starts_with(owner));
            let named = foreign.filter(|(name, _)| {
                words(&code).any(|(word, before, after)| {
                    // `crate::jsonschema` is a module of ours.
                    word == *name && before != ':' && after.starts_with("::")
                })
            });
            found.extend(named.map(|(name, owner)| format!("{file}: only {owner} may name `{name}`")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn core_has_no_input_no_output_and_no_clock() {
    let mut found = Vec::new();
    for (_, file, code) in sources("core/src").chain(sources("gotemplate/src")) {
        found.extend(effects(&code).into_iter().map(|name| format!("{file}: `{name}`")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

// What code names of the world outside.
fn effects(code: &str) -> BTreeSet<String> {
    let modules = ["fs", "net", "process", "env", "os"];
    let macros = ["println", "eprintln", "print", "eprint", "dbg"];
    let types = ["Instant", "SystemTime", "UNIX_EPOCH"];
    let calls = ["stdin", "stdout", "stderr", "sleep"];
    // Addresses are data: reading one speaks to nobody.
    let is_data = |after: &str| ["::IpAddr", "::Ipv4Addr", "::Ipv6Addr"].iter().any(|name| after.starts_with(name));
    let mut found = BTreeSet::new();
    for (word, _, after) in words(code) {
        let call = after.starts_with('(') && code.contains("std::");
        if types.contains(&word)
            || (macros.contains(&word) && after.starts_with('!'))
            || (calls.contains(&word) && call)
        {
            found.insert(word.to_owned());
        }
    }
    for rest in code.split("std::").skip(1) {
        let names =
            if let Some(group) = rest.strip_prefix('{') { heads(group) } else { word(rest).into_iter().collect() };
        let banned = names.into_iter().filter(|name| modules.contains(&name.as_str()));
        found.extend(banned.filter(|name| !is_data(rest.strip_prefix(name.as_str()).unwrap_or(""))));
    }
    found
}

#[test]
fn the_walls_see_what_they_are_to_see() {
    let code = "use crate::{diag::Diagnostic, value::{Map, Value}};\nfn f() { crate::yaml::parse() }\nuse super::super::patch;";
    assert_eq!(edges(code, 2), ["diag", "patch", "value", "yaml"].map(str::to_owned).into());
    // Two steps up from a file two folders down end in the module itself.
    assert_eq!(edges("use super::super::patch;", 3), BTreeSet::new());
    assert_eq!(
        effects("use std::{fmt, fs}; std::env::var(1); std::net::IpAddr::V4; x.net::y; print(1)"),
        ["env", "fs"].map(str::to_owned).into()
    );
    let text =
        "use a;\n// crate::plan\nlet s = \"crate::diff // x\";\n#[cfg(test)]\nmod tests { use crate::schema; }\n";
    assert_eq!(edges(&code_of(text), 1), BTreeSet::new());
    assert_eq!(
        edges(&code_of("let c = '\"'; crate::diff::x(); let d = \"\\\"crate::plan::\";"), 1),
        ["diff".to_owned()].into()
    );
}

fn architecture() -> String {
    std::fs::read_to_string(workspace::root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md")
}

fn table(marker: &str) -> Table {
    let text = architecture();
    let table: Table = rows(&text, marker).collect();
    assert!(!table.is_empty(), "ARCHITECTURE.md has no table below {marker}");
    table
}

// Rows `| name | … | uses |` of the table that follows a marker: the first cell and the last, names in backticks.
fn rows<'a>(text: &'a str, marker: &str) -> impl Iterator<Item = (String, BTreeSet<String>)> + 'a {
    let after = text.split_once(marker).map_or("", |(_, after)| after);
    let lines = after.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    lines.skip(2).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let name = names(cells[0]).first().expect("a name in the first cell").clone();
        (name, names(cells.last().expect("never empty")).into_iter().collect())
    })
}

// Module, path from the root, and code without comments, texts and tests.
fn sources(folder: &str) -> impl Iterator<Item = (String, String, String)> {
    let root = workspace::root();
    let base = root.join(folder);
    let entries = walkdir::WalkDir::new(&base).sort_by_file_name().into_iter().filter_map(Result::ok);
    let files =
        entries.map(walkdir::DirEntry::into_path).filter(|path| path.extension().is_some_and(|end| end == "rs"));
    files.filter(|path| path.file_name().is_some_and(|name| name != "tests.rs")).map(move |path| {
        let inside = path.strip_prefix(&base).expect("below the base");
        let module = inside.iter().next().expect("a file").to_string_lossy().trim_end_matches(".rs").to_owned();
        let file = path.strip_prefix(&root).expect("below the root").to_string_lossy().into_owned();
        (module, file, code_of(&std::fs::read_to_string(&path).expect("readable")))
    })
}

// How many steps `super` goes from a file of core to the root of the crate.
fn depth(file: &str) -> usize {
    let inside: Vec<&str> = file.trim_start_matches("core/src/").split('/').collect();
    if inside.last() == Some(&"mod.rs") { inside.len() - 1 } else { inside.len() }
}

/// The code of a file: comments, texts and what stands behind `#[cfg(test)] mod` taken out.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if rest.starts_with("#[cfg(test)]\nmod tests") {
            break;
        }
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(end) = raw_text(rest) {
            end
        } else if next == '"' {
            quoted(rest)
        } else if let Some(end) = character(rest) {
            end
        } else {
            code.push(next);
            rest = &rest[next.len_utf8()..];
            continue;
        };
        code.push(' ');
        rest = &rest[skipped..];
    }
    code
}

fn raw_text(rest: &str) -> Option<usize> {
    let hashes = rest.strip_prefix('r')?.bytes().take_while(|byte| *byte == b'#').count();
    rest[1 + hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let start = hashes + 2;
    Some(rest[start..].find(&close).map_or(rest.len(), |end| start + end + close.len()))
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

// A character in quotes, not a lifetime.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    let c = inner.chars().next()?;
    if c == '\\' {
        return Some(
            2 + inner[1..].find('\'').filter(|end| *end > 0).or_else(|| inner[2..].find('\'').map(|end| end + 1))? + 1,
        );
    }
    inner[c.len_utf8()..].starts_with('\'').then(|| c.len_utf8() + 2)
}

// The modules that code reaches through `crate::` and through `super::` chains that end at the root of the crate.
fn edges(code: &str, depth: usize) -> BTreeSet<String> {
    let ups = "super::".repeat(depth);
    let mut starts: Vec<&str> = code.split("crate::").skip(1).collect();
    let chains = code.match_indices(&ups).filter(|(at, _)| !code[..*at].ends_with("super::"));
    starts.extend(chains.map(|(at, _)| &code[at + ups.len()..]).filter(|rest| !rest.starts_with("super::")));
    let mut found = BTreeSet::new();
    for rest in starts {
        match rest.strip_prefix('{') {
            Some(group) => found.extend(heads(group)),
            None => found.extend(word(rest)),
        }
    }
    found
}

// The first names of the parts of a group `a::b, c::{d, e}}`.
fn heads(group: &str) -> Vec<String> {
    let (mut open, mut expected, mut names) = (0_usize, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => open += 1,
            '}' if open == 0 => break,
            '}' => open -= 1,
            ',' if open == 0 => expected = true,
            c if expected && c.is_alphanumeric() => {
                names.extend(word(&group[at..]));
                expected = false;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

// Every word with the character before it and the text after it.
fn words(code: &str) -> impl Iterator<Item = (&str, char, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let start = at + code[at..].find(is_word)?;
        let end = code[start..].find(|c| !is_word(c)).map_or(code.len(), |length| start + length);
        at = end;
        Some((&code[start..end], code[..start].chars().next_back().unwrap_or(' '), &code[end..]))
    })
}

fn crates() -> Vec<(PathBuf, String)> {
    let manifest = std::fs::read_to_string(workspace::root().join("Cargo.toml")).expect("the manifest");
    let line = manifest.lines().find(|line| line.starts_with("members")).expect("the members of the workspace");
    let folders = line.split('"').skip(1).step_by(2).map(|folder| workspace::root().join(folder));
    folders
        .map(|folder| {
            let name = name(&folder);
            (folder, name)
        })
        .collect()
}

fn name(folder: &Path) -> String {
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
    let line = manifest.lines().find_map(|line| line.strip_prefix("name = "));
    line.expect("a name").trim_matches('"').to_owned()
}

// The names in the sections of dependencies, those for tests left out: examples and tests may look anywhere.
fn dependencies(manifest: &str) -> Vec<String> {
    let (mut inside, mut names) = (false, Vec::new());
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.contains("dependencies") && !line.contains("dev-dependencies");
        } else if inside {
            names.extend(line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
    names
}
