//! Validates every manifest below the folders given and says how fast that was, and what was found.
//!
//! `cargo run --release -p rhumb-tests --bin validate-corpus -- [--repeat N] [--quiet] DIR…`: files named `*.yaml` and `*.yml`
//! are read; where there is an `expected.yaml`, it alone; where a `case.json` beside one says that the case fails, it is passed over.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use rhumb::object::{Item, Object, ObjectSet, Origins};
use rhumb::schema::{KubeVersion, Options, SchemaSet, validate};
use rhumb::source::{Limits, SourceMap};
use rhumb::yaml::{self, Rules};

fn main() -> ExitCode {
    let mut repeat = 1;
    let mut quiet = false;
    let mut folders = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--repeat" => repeat = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1),
            "--quiet" => quiet = true,
            _ => folders.push(argument),
        }
    }
    let start = Instant::now();
    let schemas = SchemaSet::from_bytes(rhumb_schemas::kubernetes(), KubeVersion::LATEST);
    let Ok(schemas) = schemas else { return ExitCode::from(2) };
    eprintln!("start: {:?}", start.elapsed());
    let mut sources = SourceMap::new();
    let sets: Vec<(String, ObjectSet)> = folders
        .iter()
        .flat_map(|folder| walkdir::WalkDir::new(folder).sort_by_file_name())
        .filter_map(|entry| read(entry.ok()?.path(), &mut sources))
        .collect();
    let objects: usize = sets.iter().map(|(_, set)| set.objects().count()).sum();
    let options = Options::default();
    for round in 0..repeat {
        let start = Instant::now();
        let mut count = 0;
        for (name, set) in &sets {
            let findings = validate(set, &schemas, &Origins::new(), &options);
            count += findings.len();
            for finding in findings.iter().filter(|_| round == 0 && !quiet) {
                let field = finding.field.as_deref().unwrap_or("");
                let object = finding.object.as_deref().unwrap_or("");
                println!(
                    "{}\t{}\t{}\t{field}\t{object}\t{name}",
                    finding.severity.as_str(),
                    finding.code,
                    finding.message
                );
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        eprintln!("{objects} objects, {count} findings, {seconds:.3} s, {:.0} objects/s", objects as f64 / seconds);
    }
    ExitCode::SUCCESS
}

fn read(path: &std::path::Path, sources: &mut SourceMap) -> Option<(String, ObjectSet)> {
    path.extension().filter(|extension| *extension == "yaml" || *extension == "yml")?;
    // Beside an expected result stand its inputs.
    if path.file_name()? != "expected.yaml" && path.with_file_name("expected.yaml").exists() {
        return None;
    }
    let case = std::fs::read_to_string(path.with_file_name("case.json")).unwrap_or_default();
    let case: serde_json::Value = serde_json::from_str(&case).unwrap_or_default();
    if case["exit_code"].as_i64().is_some_and(|code| code != 0) {
        return None;
    }
    let text = std::fs::read_to_string(path).ok()?;
    let name = path.display().to_string();
    let file = sources.add(name.as_str(), text.as_str());
    let limits = Limits::default();
    let mut set = ObjectSet::new();
    let source: Arc<str> = name.as_str().into();
    for document in yaml::parse(&text, file, &limits).value {
        let node = document.root.map(|root| yaml::normalize(root, Rules::Kubectl, &limits).value);
        let object = node.as_ref().and_then(|node| Object::new(node.clone(), source.clone()));
        set.push(match object {
            Some(object) => Item::Object(object),
            None => Item::Other { node, span: document.span, source: source.clone(), text: None },
        });
    }
    Some((name, set))
}
