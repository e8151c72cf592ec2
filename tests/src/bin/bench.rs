//! Measures the promises about speed: `bench` prints all of them, `bench --gates` only those that count instructions,
//! and exits 1 where one does not hold.
//!
//! Gates are counts of instructions and ratios of them, which other work on the machine does not change. Ratios to
//! `helm` are of processor time, both programs measured in the same run.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use rhumb::object::{Item, Object, ObjectSet, Origins};
use rhumb::schema::{KubeVersion, Options, SchemaSet, validate};
use rhumb::source::{FileId, Limits};
use rhumb::yaml::{Rules, normalize, parse};
use rhumb_tests::conformance::search;
use rhumb_tests::{measure, program, workspace};

fn main() -> ExitCode {
    let gates_only = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--gates") => true,
        Some(other) => {
            eprintln!("bench: unknown argument `{other}`; usage: bench [--gates]");
            return ExitCode::from(2);
        }
    };
    let mut bench = Bench { failed: 0 };
    if measure::can_count() {
        bench.gates();
    } else {
        println!("skipped: the gates need valgrind");
    }
    if !gates_only {
        bench.against_helm();
        bench.validation();
    }
    ExitCode::from(u8::from(bench.failed > 0))
}

struct Bench {
    failed: usize,
}

impl Bench {
    fn hold(&mut self, what: &str, measured: f64, unit: &str, most: f64) {
        let holds = measured <= most;
        self.failed += usize::from(!holds);
        println!("{} {what}: {measured:.2}{unit} (at most {most:.2}{unit})", if holds { "ok  " } else { "FAIL" });
    }

    fn gates(&mut self) {
        let rhumb = program::rhumb_release();
        let root = workspace::root();
        let count = |folder: &Path, arguments: &[&str]| {
            measure::instructions(folder, rhumb, arguments).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
        };

        let start = count(&root, &["version"]) as f64 / 1e6;
        self.hold("start of the process", start, " M instructions", START);
        let render = count(&root, &["render", "packages/ml-model"]) as f64 / 1e6;
        self.hold("render packages/ml-model, validation included", render, " M instructions", RENDER);

        let small = many(1_000);
        let large = many(10_000);
        let cost = |folder: &tempfile::TempDir| count(folder.path(), &["render", "."]) as f64;
        let ratio = cost(&large) / cost(&small);
        self.hold("render 10,000 objects instead of 1,000", ratio, " times the instructions", 10.5);
        let plain = |folder: &tempfile::TempDir| count(folder.path(), &["validate", "manifests"]) as f64;
        let ratio = plain(&large) / plain(&small);
        self.hold("validate 10,000 objects instead of 1,000", ratio, " times the instructions", 10.5);
    }

    fn against_helm(&mut self) {
        let rhumb = program::rhumb_release();
        let root = workspace::root();
        let arguments = ["render", "packages/ml-model"];
        match measure::peak_memory(&root, rhumb, &arguments) {
            Some(bytes) => self.hold("peak memory of render packages/ml-model", bytes as f64 / 1e6, " MB", 12.0),
            None => println!("skipped: peak memory needs GNU time"),
        }
        let Some(helm) = workspace::peer("helm") else {
            println!("skipped: helm is not on this machine");
            return;
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let created =
            Command::new(&helm).args(["create", "app"]).current_dir(folder.path()).stdout(Stdio::null()).status();
        assert!(created.expect("helm can be started").success());
        let ours = measure::cpu_seconds(&root, rhumb, &arguments, 200);
        let theirs = measure::cpu_seconds(folder.path(), &helm, &["template", "app"], 30);
        let (Some(ours), Some(theirs)) = (ours, theirs) else {
            println!("skipped: this system does not say what processes cost");
            return;
        };
        println!("     render: {:.2} ms, helm template: {:.2} ms of processor time", ours * 1e3, theirs * 1e3);
        self.hold("render, as a share of helm template", ours / theirs, "", 1.0 / 15.0);
    }

    fn validation(&mut self) {
        let Some(folder) = workspace::shared_conformance() else {
            println!("skipped: no expected manifests beside the repository");
            return;
        };
        let found = search(&[folder]).expect("readable cases");
        let set = objects(&found.charts.iter().chain(&found.kustomizations).cloned().collect::<Vec<_>>());
        let schemas = SchemaSet::from_bytes(rhumb_schemas::kubernetes(), KubeVersion::LATEST).expect("our own data");
        let count = set.objects().count();
        let start = Instant::now();
        let findings = validate(&set, &schemas, &Origins::new(), &Options::default());
        let seconds = start.elapsed().as_secs_f64();
        println!("     {count} objects of the corpora, {} findings, {seconds:.2} s", findings.len());
        self.hold("time to validate 10,000 objects", seconds / count as f64 * 1e4, " s", 1.0);
    }
}

// Set with room of a quarter above what was measured when they were last changed.
const START: f64 = 1.1;
const RENDER: f64 = 26.0;

// A package with so many objects in one template, and the same as manifests.
fn many(objects: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        std::fs::write(path, text).expect("writable");
    };
    write("rhumb.yaml", "apiVersion: rhumb.dev/v1\nkind: Package\nname: many\nversion: 0.1.0\n");
    write("values.yaml", &format!("count: {objects}\nlabels:\n  app: many\n"));
    write(
        "templates/all.yaml",
        "{% for i in range(values.count) %}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: many-{{ i }}\n  \
         labels: {{ values.labels }}\ndata:\n  number: \"{{ i }}\"\n{% endfor %}\n",
    );
    let manifest = |i| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: many-{i}\n  labels:\n    app: many\ndata:\n  number: \"{i}\"\n"
        )
    };
    write("manifests/all.yaml", &(0..objects).map(manifest).collect::<String>());
    folder
}

// The objects of all expected outputs.
fn objects(folders: &[PathBuf]) -> ObjectSet {
    let mut set = ObjectSet::new();
    let limits = Limits::default();
    let entries = folders.iter().flat_map(walkdir::WalkDir::new).filter_map(Result::ok);
    for entry in entries.filter(|entry| entry.file_name() == "expected.yaml") {
        let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
        for root in parse(&text, FileId::NONE, &limits).value.into_iter().filter_map(|document| document.root) {
            let node = normalize(root, Rules::Kubectl, &limits).value;
            set.extend(Object::new(node, "expected.yaml".into()).map(Item::Object));
        }
    }
    set
}
