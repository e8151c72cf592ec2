//! The ready-made packages: their own tests pass, every environment is valid for every Kubernetes version, and the
//! same input gives the same bytes.

use std::path::{Path, PathBuf};

use rhumb::pipeline::{Engine, Request};
use rhumb::source::{FileTree, VPath};
use rhumb_tests::program;
use rhumb_tests::workspace;

const VERSIONS: [&str; 7] = ["1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37"];

fn packages() -> Vec<String> {
    let folder = workspace::root().join("packages");
    names(&folder).into_iter().filter(|name| folder.join(name).join("rhumb.yaml").is_file()).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

// Flags for the package as it is and for each of its environments.
fn environments(package: &str) -> Vec<Vec<String>> {
    let folder: PathBuf = workspace::root().join("packages").join(package).join("overlays");
    let named = names(&folder).into_iter().map(|name| vec!["--env".to_owned(), name]);
    std::iter::once(Vec::new()).chain(named).collect()
}

fn rhumb(verb: &str, package: &str, flags: &[String]) -> program::Ran {
    let source = format!("packages/{package}");
    let arguments: Vec<&str> = [verb, &source].into_iter().chain(flags.iter().map(String::as_str)).collect();
    program::run(&workspace::root(), &arguments)
}

#[test]
fn the_three_packages_are_there_with_two_environments() {
    assert_eq!(packages(), ["batch-job", "ml-model", "web-service"]);
    for package in packages() {
        assert!(environments(&package).len() >= 3, "{package}");
        let folder = workspace::root().join("packages").join(&package);
        assert!(folder.join("README.md").is_file() && folder.join("values.schema.json").is_file(), "{package}");
    }
}

#[test]
fn the_tests_of_every_package_pass() {
    for package in packages() {
        assert!(!names(&workspace::root().join("packages").join(&package).join("tests")).is_empty(), "{package}");
        let ran = rhumb("test", &package, &[]);
        assert!(ran.ok(), "{package}: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn every_environment_is_clean_for_every_version() {
    for package in packages() {
        for flags in environments(&package) {
            for version in VERSIONS {
                let mut flags = flags.clone();
                flags.extend(["--kube-version".to_owned(), version.to_owned()]);
                let ran = rhumb("validate", &package, &flags);
                assert!(
                    ran.ok() && ran.stdout.contains("no findings"),
                    "{package} {flags:?}: {}{}",
                    ran.stdout,
                    ran.stderr
                );
            }
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for package in packages() {
        for flags in environments(&package) {
            let (first, second) = (rhumb("render", &package, &flags), rhumb("render", &package, &flags));
            assert!(first.ok() && first.stderr.is_empty(), "{package} {flags:?}: {}", first.stderr);
            assert!(first.stdout.contains("\nkind: "), "{package} {flags:?} renders nothing");
            assert_eq!(first, second, "{package} {flags:?}");
        }
    }
}

#[test]
fn what_is_rendered_validates_as_plain_manifests() {
    for package in packages() {
        let rendered = rhumb("render", &package, &[]);
        let ran = program::run_with_input(&workspace::root(), &["validate", "-"], rendered.stdout.as_bytes());
        assert!(ran.ok(), "{package}: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_traced_build_gives_the_same_objects() {
    for package in packages() {
        let folder = workspace::root().join("packages").join(&package);
        let files: FileTree = walkdir::WalkDir::new(&folder)
            .into_iter()
            .map(|entry| entry.expect("readable"))
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let path = entry.path().strip_prefix(&folder).expect("below its folder").to_string_lossy().into_owned();
                (path, std::fs::read(entry.path()).expect("readable"))
            })
            .collect();
        for environment in names(&folder.join("overlays")) {
            let build = |trace| {
                let mut request = Request::package(&files, VPath::root());
                request.environment = Some(environment.clone());
                request.trace = trace;
                let built = Engine::new().with_schemas(rhumb_schemas::kubernetes()).build(&request);
                assert!(built.ok(), "{}", built.report());
                built.to_yaml()
            };
            assert_eq!(build(true), build(false), "{package}, {environment}");
        }
    }
}
