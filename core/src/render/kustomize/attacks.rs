//! What kustomizations from strangers must not get to do.

use std::cell::RefCell;

use super::*;
use crate::source::{Entry, EntryKind, FileError, FileTree, Files, VPath};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

fn tree(files: &[(&str, &str)]) -> FileTree {
    files.iter().map(|(path, text)| (*path, *text)).collect()
}

fn at(files: &dyn Files, folder: &str, options: &Options) -> Result<String, String> {
    let folder = VPath::parse(folder).expect("a path in a test");
    let options = Options { root: "/w".to_owned(), ..options.clone() };
    build(files, &folder, &options, &NoCharts).result.map_err(|error| error.to_string())
}

fn error(files: &[(&str, &str)]) -> String {
    at(&tree(files), "k", &Options::default()).expect_err("the build has to fail")
}

fn ok(files: &[(&str, &str)]) -> String {
    at(&tree(files), "k", &Options::default()).expect("the build has to work")
}

#[test]
fn files_outside_of_the_folder_are_not_read() {
    let secret = ("secret.yaml", CONFIG_MAP);
    for path in ["/etc/passwd", "../secret.yaml", "../../../../etc/passwd", "/w/secret.yaml", "x/../../secret.yaml"] {
        let resources = format!("resources: ['{path}']\n");
        let message = error(&[("k/kustomization.yaml", &resources), secret]);
        assert!(message.contains("security; file") || message.contains("must build at directory"), "{message}");
        let generator = format!("configMapGenerator: [{{name: a, files: ['{path}']}}]\n");
        let message = error(&[("k/kustomization.yaml", &generator), secret]);
        assert!(message.contains("security; file"), "{message}");
        for field in ["patches: [{path: '@'}]", "crds: ['@']", "configurations: ['@']", "openapi: {path: '@'}"] {
            let text = format!("resources: [a.yaml]\n{}\n", field.replace('@', path));
            let message = error(&[("k/kustomization.yaml", &text), ("k/a.yaml", CONFIG_MAP), secret]);
            assert!(message.contains("security; file"), "{field}: {message}");
        }
    }
    let files = tree(&[("k/kustomization.yaml", "resources: [../secret.yaml]\n"), secret]);
    let anywhere = Options { load_restrictions: LoadRestrictions::None, ..Options::default() };
    assert!(at(&files, "k", &anywhere).is_ok());
    let files = tree(&[("k/kustomization.yaml", "resources: [../../../etc/passwd]\n")]);
    assert!(at(&files, "k", &anywhere).is_err());
}

/// A file that is a link to one in the root.
struct Linked(FileTree);

impl Files for Linked {
    fn read(&self, path: &VPath) -> Result<std::sync::Arc<[u8]>, FileError> {
        self.0.read(path)
    }

    fn list(&self, folder: &VPath) -> Result<Vec<VPath>, FileError> {
        self.0.list(folder)
    }

    fn entry(&self, path: &VPath) -> Result<Entry, FileError> {
        if path.as_str() == "k/link.yaml" {
            return Ok(Entry { kind: EntryKind::File, real: VPath::parse("secret.yaml").expect("a path") });
        }
        self.0.entry(path)
    }
}

#[test]
fn links_are_followed_before_it_is_asked_where_a_file_lies() {
    let files = Linked(tree(&[("k/kustomization.yaml", "resources: [link.yaml]\n"), ("secret.yaml", CONFIG_MAP)]));
    let message = at(&files, "k", &Options::default()).expect_err("the build has to fail");
    assert!(message.contains("security; file '/w/k/link.yaml' is not in or below '/w/k'"), "{message}");
}

#[test]
fn cycles_are_found() {
    let message = error(&[
        ("k/kustomization.yaml", "resources: [../base]\n"),
        ("base/kustomization.yaml", "resources: [../k]\n"),
    ]);
    assert!(message.contains("cycle detected"), "{message}");
    let component = "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\ncomponents: [../";
    let (one, two) = (format!("{component}two]\n"), format!("{component}one]\n"));
    let message = error(&[
        ("k/kustomization.yaml", "components: [../one]\n"),
        ("one/kustomization.yaml", &one),
        ("two/kustomization.yaml", &two),
    ]);
    assert!(message.contains("cycle detected"), "{message}");
    assert!(error(&[("k/kustomization.yaml", "resources: [.]\n")]).contains("cycle detected"));
}

#[test]
fn long_chains_end_with_an_error() {
    const LENGTH: usize = 10_000;
    let mut files = FileTree::new();
    let mut add = |path: String, text: String| {
        files.insert(VPath::parse(&path).expect("a path"), text.into_bytes());
    };
    add("k/kustomization.yaml".to_owned(), "components: [../c0]\n".to_owned());
    for i in 0..LENGTH {
        let head = "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n";
        add(format!("c{i}/kustomization.yaml"), format!("{head}components: [../c{}]\n", i + 1));
    }
    let message = at(&files, "k", &Options::default()).expect_err("the build has to fail");
    assert!(message.contains("refer to each other in a chain"), "{message}");
}

#[test]
fn aliases_do_not_explode() {
    let mut bomb = String::from("data:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 0..12 {
        let alias = format!("*a{i}");
        let list = [alias.as_str(); 10].join(", ");
        bomb.push_str(&format!("  a{}: &a{} [{list}]\n", i + 1, i + 1));
    }
    let resource = format!("{CONFIG_MAP}{bomb}");
    let message = error(&[("k/kustomization.yaml", "resources: [a.yaml]\n"), ("k/a.yaml", &resource)]);
    assert!(message.contains("excessive aliasing"), "{message}");
    let patch = [("k/kustomization.yaml", "resources: [a.yaml]\npatches: [{path: p.yaml}]\n"), ("k/p.yaml", &resource)];
    let message = error(&[patch[0], patch[1], ("k/a.yaml", CONFIG_MAP)]);
    assert!(message.contains("unable to parse SM or JSON patch"), "{message}");
}

#[test]
fn what_is_copied_is_limited() {
    let long = "x".repeat(100_000);
    let many = "$(V)".repeat(100_000);
    let map = format!("{CONFIG_MAP}data:\n  long: {long}\n  many: {many}\n");
    let vars = "resources: [a.yaml]\nconfigurations: [c.yaml]\nvars:\n- name: V\n  \
                objref: {apiVersion: v1, kind: ConfigMap, name: a}\n  fieldref: {fieldPath: data.long}\n";
    let message = error(&[
        ("k/kustomization.yaml", vars),
        ("k/c.yaml", "varReference: [{path: data, kind: ConfigMap}]\n"),
        ("k/a.yaml", &map),
    ]);
    assert!(message.contains("copies too much text"), "{message}");
}

#[test]
fn expressions_that_explode_are_refused() {
    let patch = r#"[{"op": "add", "path": "/x", "value": 1}]"#;
    let wide = r"(\pL{500}\pN{500}){1,2}".repeat(40);
    for (explodes, message) in [
        ("((((a{1000}){1000}){1000}){1000})", "invalid repeat count"),
        (wide.as_str(), "too large"),
        ("a".repeat(1 << 20).as_str(), "bytes"),
    ] {
        let patches = format!("resources: [a.yaml]\npatches: [{{target: {{name: '{explodes}'}}, patch: '{patch}'}}]\n");
        assert!(error(&[("k/kustomization.yaml", &patches), ("k/a.yaml", CONFIG_MAP)]).contains(message));
        let images = format!("resources: [a.yaml]\nimages: [{{name: '({explodes})', newTag: v1}}]\n");
        assert!(error(&[("k/kustomization.yaml", &images), ("k/a.yaml", CONFIG_MAP)]).contains(message));
    }
    // An expression on which backtracking would take forever.
    let slow = "resources: [a.yaml]\nimages: [{name: '(a*)*(a*)*(a*)*b', newTag: v1}]\n";
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - image: {}\n",
        "a".repeat(5_000)
    );
    assert!(ok(&[("k/kustomization.yaml", slow), ("k/a.yaml", &pod)]).contains("kind: Pod"));
}

#[test]
fn indices_of_json_patches_make_no_room() {
    for index in ["99999999999999999999", "999999999999", "-999999999999", "9223372036854775807"] {
        let text = format!(
            "resources: [a.yaml]\npatches:\n- target: {{kind: ConfigMap}}\n  patch: |-\n    - op: add\n      \
             path: /list/{index}\n      value: 1\n"
        );
        let map = format!("{CONFIG_MAP}list: [a]\n");
        let message = error(&[("k/kustomization.yaml", &text), ("k/a.yaml", &map)]);
        assert!(!message.is_empty());
    }
}

/// Keeps what is asked of it.
struct Asked(RefCell<Vec<ChartRequest>>);

impl ChartInflator for Asked {
    fn inflate(&self, _: &dyn Files, request: &ChartRequest) -> Result<String, String> {
        self.0.borrow_mut().push(request.clone());
        Ok(CONFIG_MAP.to_owned())
    }
}

#[test]
fn what_looks_like_a_flag_is_the_name_of_a_release() {
    let files = tree(&[
        ("k/kustomization.yaml", "helmCharts: [{name: c, releaseName: '--post-renderer=./x', version: 1.0.0}]\n"),
        ("k/charts/c/Chart.yaml", "name: c\nversion: 1.0.0\n"),
        ("k/charts/c/values.yaml", "{}\n"),
    ]);
    let asked = Asked(RefCell::default());
    let options = Options { enable_helm: true, root: "/w".to_owned(), ..Options::default() };
    let built = build(&files, &VPath::parse("k").expect("a path"), &options, &asked);
    assert!(built.result.is_ok(), "{:?}", built.result);
    let asked = asked.0.into_inner();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].release, "--post-renderer=./x");
    assert_eq!(asked[0].chart.as_str(), "k/charts/c");
}

#[test]
fn remote_files_and_folders_are_named_all_at_once() {
    let message = error(&[
        ("k/kustomization.yaml", "resources: [../base, 'https://example.com/a.yaml']\ncrds: ['http://x.example/c']\n"),
        (
            "base/kustomization.yaml",
            "resources: ['github.com/org/repo//path?ref=v1']\ncomponents: ['git@host:a/b.git']\n",
        ),
    ]);
    for name in
        ["https://example.com/a.yaml", "http://x.example/c", "github.com/org/repo//path?ref=v1", "git@host:a/b.git"]
    {
        assert!(message.contains(name), "{name}: {message}");
    }
    assert!(message.contains("(in /w/base/kustomization.yaml)"), "{message}");
}

#[test]
fn programs_are_refused_with_a_reason() {
    let function = "apiVersion: example.com/v1\nkind: Fn\nmetadata:\n  name: f\n  annotations:\n    \
                    config.kubernetes.io/function: 'container: {image: x}'\n";
    let files = tree(&[
        ("k/kustomization.yaml", "transformers: [f.yaml]\nresources: [a.yaml]\n"),
        ("k/f.yaml", function),
        ("k/a.yaml", CONFIG_MAP),
    ]);
    let outcome = build(&files, &VPath::parse("k").expect("a path"), &Options::default(), &NoCharts);
    let error = outcome.result.expect_err("the build has to fail");
    assert!(error.message().contains("external plugins disabled; unable to load external plugin 'Fn'"));
    assert!(error.help().is_some_and(|help| help.contains("no program is run")));
}
