//! Measures the promises about speed: `bench` prints all of them, `bench --gates` only those that count instructions,
//! and exits 1 where one does not hold. Each line has what was measured and, in brackets, the bar.
//!
//! Gates are counts of instructions and ratios of them, which other work on the machine does not change. Ratios to
//! `helm` are of processor time and of time on the wall, both programs measured in turns in the same run.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use rhumb::object::{Item, Object, ObjectSet, Origins};
use rhumb::schema::{KubeVersion, Options, SchemaSet, validate};
use rhumb::source::{FileId, Limits};
use rhumb::yaml::{Rules, normalize, parse};
use rhumb_tests::conformance::search;
use rhumb_tests::measure::{self, Measured};
use rhumb_tests::yaml_speed::Pass;
use rhumb_tests::{generated, program, workspace};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let gates_only = match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--gates"] => true,
        // What a gate on YAML counts: this program itself, making one pass.
        ["--pass", name] => return pass(name),
        _ => {
            eprintln!("bench: unknown arguments {arguments:?}; usage: bench [--gates]");
            return ExitCode::from(2);
        }
    };
    let mut bench = Bench { failed: 0 };
    if measure::can_count() {
        bench.gates();
        bench.yaml_gates();
    } else {
        println!("skipped: the gates need valgrind");
    }
    if !gates_only {
        bench.against_helm();
        bench.start();
        bench.validation();
        bench.yaml_check();
    }
    ExitCode::from(u8::from(bench.failed > 0))
}

struct Bench {
    failed: usize,
}

// Set with room of a quarter above what was measured when they were last changed.
const START: f64 = 0.55;
const RENDER: f64 = 9.2;
const EVENTS: f64 = 100.0;

impl Bench {
    fn at_most(&mut self, what: &str, measured: f64, unit: &str, most: f64) {
        self.hold(measured <= most, &format!("{what}: {measured:.2}{unit} (at most {most:.2}{unit})"));
    }

    fn at_least(&mut self, what: &str, measured: f64, unit: &str, least: f64) {
        self.hold(measured >= least, &format!("{what}: {measured:.2}{unit} (at least {least:.2}{unit})"));
    }

    fn hold(&mut self, holds: bool, line: &str) {
        self.failed += usize::from(!holds);
        println!("{} {line}", if holds { "ok  " } else { "FAIL" });
    }

    fn gates(&mut self) {
        let rhumb = program::rhumb_release();
        let root = workspace::root();

        let start = count(&root, rhumb, &["version"]) / 1e6;
        self.at_most("start of the process", start, " M instructions", START);
        let render = count(&root, rhumb, &["render", "packages/ml-model"]) / 1e6;
        self.at_most("render packages/ml-model, validation included", render, " M instructions", RENDER);

        let small = many(1_000);
        let large = many(10_000);
        let cost = |folder: &tempfile::TempDir| count(folder.path(), rhumb, &["render", "."]);
        let ratio = cost(&large) / cost(&small);
        self.at_most("render 10,000 objects instead of 1,000", ratio, " times the instructions", 10.5);
        let plain = |folder: &tempfile::TempDir| count(folder.path(), rhumb, &["validate", "manifests"]);
        let ratio = plain(&large) / plain(&small);
        self.at_most("validate 10,000 objects instead of 1,000", ratio, " times the instructions", 10.5);
        let [small, large] = [300, 3_000].map(generated::kustomization);
        let build = |folder: &tempfile::TempDir| count(folder.path(), rhumb, &["kustomize", "build", "prod"]);
        let ratio = build(&large) / build(&small);
        self.at_most("build a kustomization of 9,000 objects instead of 900", ratio, " times the instructions", 10.5);
    }

    fn yaml_gates(&mut self) {
        let own = std::env::current_exe().expect("a running program has a path");
        let root = workspace::root();
        let cost = |pass: Pass| count(&root, &own, &["--pass", pass.name()]);
        let nothing = cost(Pass::Nothing);
        let [events, check, tree] = [Pass::Events, Pass::Check, Pass::Tree].map(|pass| cost(pass) - nothing);
        let bytes: usize = texts().iter().map(String::len).sum();
        self.at_most("YAML to raw events", events / (bytes * REPEATS) as f64, " instructions a byte", EVENTS);
        let share = |of: f64| events / of * 100.0;
        self.at_least("YAML checked without a tree, speed by instructions", share(check), " % of raw events", 95.0);
        self.at_least(
            "YAML to a spanned tree and its end, speed by instructions",
            share(tree),
            " % of raw events",
            70.0,
        );
    }

    fn against_helm(&mut self) {
        let (rhumb, root) = (program::rhumb_release(), workspace::root());
        let arguments = ["render", "packages/ml-model"];
        match measure::peak_memory(&root, rhumb, &arguments) {
            Some(bytes) => self.at_most("peak memory of render packages/ml-model", bytes as f64 / 1e6, " MB", 12.0),
            None => println!("skipped: peak memory needs GNU time"),
        }
        let Some(helm) = workspace::peer("helm").or_else(|| workspace::on_path("helm")) else {
            println!("skipped: helm is not on this machine");
            return;
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let created =
            Command::new(&helm).args(["create", "app"]).current_dir(folder.path()).stdout(Stdio::null()).status();
        assert!(created.expect("helm can be started").success());
        let ours = Measured { folder: &root, program: rhumb, arguments: &arguments, runs: 150 };
        let theirs = Measured { folder: folder.path(), program: &helm, arguments: &["template", "app"], runs: 10 };
        let [ours, theirs] = measure::in_turns([ours, theirs], 6);
        let ms = |seconds: f64| seconds * 1e3;
        if let (Some(ours), Some(theirs)) = (ours.processor, theirs.processor) {
            println!("     processor: render {:.2} ms, helm template {:.2} ms", ms(ours), ms(theirs));
            self.at_least("helm template, processor time", theirs / ours, " times render", 15.0);
        } else {
            println!("skipped: this system does not say what processes cost");
        }
        // helm works on several cores at once, so this ratio depends on how many are free.
        let (ours, theirs) = (ours.wall, theirs.wall);
        let ratio = theirs / ours;
        println!("     on the wall: render {:.2} ms, helm template {:.2} ms, {ratio:.1} times", ms(ours), ms(theirs));
    }

    fn start(&mut self) {
        let folder = many(1);
        let arguments = ["validate", "manifests"];
        let one =
            Measured { folder: folder.path(), program: program::rhumb_release(), arguments: &arguments, runs: 20 };
        let [took] = measure::in_turns([one], 3);
        self.at_most("start: a whole process that validates one object", took.wall * 1e3, " ms", 10.0);
    }

    fn validation(&mut self) {
        self.validates("of the packages", &repeated(&objects(snapshots()), 10_000));
        match workspace::shared_conformance() {
            Some(folder) => {
                let found = search(&[folder]).expect("readable cases");
                let folders = found.charts.into_iter().chain(found.kustomizations);
                let expected = folders.flat_map(|folder| files_named(&folder, |name| name == "expected.yaml"));
                self.validates("of the corpora", &objects(expected));
            }
            None => println!("skipped: no expected manifests beside the repository"),
        }
    }

    fn validates(&mut self, whose: &str, set: &ObjectSet) {
        let schemas = SchemaSet::from_bytes(rhumb_schemas::kubernetes(), KubeVersion::LATEST).expect("our own data");
        let count = set.objects().count();
        let validated = |_| {
            let start = Instant::now();
            let findings = validate(set, &schemas, &Origins::new(), &Options::default());
            (start.elapsed().as_secs_f64(), findings.len())
        };
        // The best of three: other work on the machine only ever makes a run slower.
        let runs = [0; 3].map(validated);
        let seconds = runs.iter().map(|(seconds, _)| *seconds).fold(f64::INFINITY, f64::min);
        println!("     {count} objects {whose}, {} findings, {seconds:.2} s", runs[0].1);
        self.at_least("validation", count as f64 / seconds, " objects a second", 10_000.0);
    }

    fn yaml_check(&mut self) {
        let texts = texts();
        let bytes: usize = texts.iter().map(String::len).sum();
        let repeats = (5_400_000 / bytes).max(1);
        let text = texts.join("---\n").repeat(repeats);
        let took = [0; 3].map(|_| {
            let start = Instant::now();
            let seen = Pass::Check.run(&text);
            assert_eq!(seen, 0, "the snapshots are valid");
            start.elapsed().as_secs_f64() * 1e3
        });
        let best = took.into_iter().fold(f64::INFINITY, f64::min);
        self.at_most(&format!("check of {:.1} MB of YAML", text.len() as f64 / 1e6), best, " ms", 100.0);
    }
}

fn count(folder: &Path, program: &Path, arguments: &[&str]) -> f64 {
    let counted = measure::instructions(folder, program, arguments);
    counted.unwrap_or_else(|error| panic!("{arguments:?}: {error}")) as f64
}

// So often that what a process costs by itself hardly counts.
const REPEATS: usize = 10;

fn pass(name: &str) -> ExitCode {
    let Some(pass) = Pass::named(name) else { return ExitCode::from(2) };
    let texts = texts();
    let seen: usize = (0..REPEATS).map(|_| texts.iter().map(|text| pass.run(text)).sum::<usize>()).sum();
    println!("{seen}");
    ExitCode::SUCCESS
}

// Manifests as they are in the field, from the repository itself.
fn texts() -> Vec<String> {
    snapshots().into_iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

fn snapshots() -> Vec<PathBuf> {
    files_named(&workspace::root().join("packages"), |name| name.ends_with(".expected.yaml"))
}

fn files_named(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let found = entries.filter(|entry| wanted(&entry.file_name().to_string_lossy()));
    found.map(walkdir::DirEntry::into_path).collect()
}

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

fn objects(files: impl IntoIterator<Item = PathBuf>) -> ObjectSet {
    let mut set = ObjectSet::new();
    let limits = Limits::default();
    for text in files.into_iter().filter_map(|path| std::fs::read_to_string(path).ok()) {
        for root in parse(&text, FileId::NONE, &limits).value.into_iter().filter_map(|document| document.root) {
            let node = normalize(root, Rules::Kubectl, &limits).value;
            set.extend(Object::new(node, "expected.yaml".into()).map(Item::Object));
        }
    }
    set
}

// So many objects, each in a namespace of its own.
fn repeated(set: &ObjectSet, count: usize) -> ObjectSet {
    let mut many = ObjectSet::new();
    let all: Vec<&Object> = set.objects().collect();
    for (number, object) in all.iter().cycle().take(count).enumerate() {
        let mut node = object.node.clone();
        if let Some(metadata) = node.get_mut("metadata") {
            metadata.set("namespace", rhumb::yaml::Node::string(format!("n{number}"), metadata.span));
        }
        many.extend(Object::new(node, object.source.clone()).map(Item::Object));
    }
    many
}
