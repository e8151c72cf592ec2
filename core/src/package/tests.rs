//! Packages from files to findings.

use super::*;
use crate::source::{FileTree, Limits, SourceMap, VPath};

const RHUMB: &str = "apiVersion: rhumb.dev/v1\nkind: Package\nname: web\nversion: 1.0.0\n";
const OVERLAY: &str = "apiVersion: rhumb.dev/v1\nkind: Overlay\n";

fn loaded(files: &[(&str, &str)], root: &str) -> (Loaded, String) {
    let tree: FileTree = files.iter().copied().collect();
    let mut sources = SourceMap::new();
    let outcome = load(&tree, &VPath::parse(root).expect("fine"), &mut sources, &Limits::default());
    let line = |d: &crate::diag::Diagnostic| {
        let place = sources.describe(d.span()).unwrap_or_else(|| "-".to_owned());
        let help = d.help.as_ref().map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{place} {}{help}\n", d.message)
    };
    let text = outcome.diagnostics.iter().map(line).collect();
    (outcome.value, text)
}

fn package(files: &[(&str, &str)], root: &str) -> std::sync::Arc<Package> {
    let (loaded, findings) = loaded(files, root);
    assert_eq!(findings, "");
    let Loaded::Package(package) = loaded else { panic!("no package") };
    package
}

fn check_findings(files: &[(&str, &str)], expected: &str) {
    assert_eq!(loaded(files, "").1, expected);
}

#[test]
fn a_native_package_is_read_whole() {
    let overlay = format!(
        "{OVERLAY}values: {{a: 2}}\npatches:\n- path: p.yaml\n- patch: |\n    - op: remove\n      path: /x\n  target: {{kind: Service}}\n"
    );
    let package = package(
        &[
            ("rhumb.yaml", &format!("{RHUMB}kubeVersion: '>=1.31'\n")),
            ("values.yaml", "a: 1\n"),
            ("templates/b.yaml", "x"),
            ("templates/_a.yaml", "y"),
            ("crds/c.yaml", "z"),
            ("files/n/d.bin", "q"),
            ("overlays/prod/overlay.yaml", &overlay),
            ("overlays/prod/p.yaml", "kind: Deployment\n"),
            ("README.md", "text"),
        ],
        "",
    );
    assert_eq!((package.kind, package.manifest.name.as_str()), (PackageKind::Native, "web"));
    let paths: Vec<&str> = package.templates.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["templates/_a.yaml", "templates/b.yaml"]);
    assert_eq!((package.crds.len(), package.files[0].path.as_str()), (1, "n/d.bin"));
    let overlay = &package.overlays["prod"];
    assert_eq!(overlay.patches[0].content.get("kind").and_then(crate::yaml::Node::as_str), Some("Deployment"));
    assert!(overlay.patches[1].content.as_seq().is_some() && overlay.patches[1].target.is_some());
    let (range, _) = package.manifest.kube_version.as_ref().expect("given");
    assert!(range.matches(&loose_version("1.34").expect("a version")));
}

#[test]
fn all_that_is_wrong_in_the_manifest_is_reported() {
    let text =
        "apiVersion: v1\nkind: Package\nname: Web\nversion: '1'\nkubeVersion: foo\ndependancies: []\nappVersion: 1.2\n";
    let expected = "\
rhumb.yaml:1:13 `apiVersion` must be `rhumb.dev/v1`, found `v1`
rhumb.yaml:3:7 `name` is no name for a package: `Web` | use at most 63 of a-z, 0-9 and `-`, with a letter or digit at both ends
rhumb.yaml:4:10 `version` must be a semantic version, found `1`: unexpected end of input while parsing major version number | write it as `1.2.3`
rhumb.yaml:5:14 improper constraint: \"foo\" | write a range as `>=1.31` or `1.31 - 1.37`
rhumb.yaml:6:1 `rhumb.yaml` has no field `dependancies` | did you mean `dependencies`?
rhumb.yaml:7:13 `appVersion` must be a string, found number | put it in quotes
";
    check_findings(&[("rhumb.yaml", text)], expected);
}

#[test]
fn all_that_is_wrong_in_an_overlay_is_reported() {
    let text = format!(
        "{OVERLAY}extends: prd\nimages: []\nvaluse: {{}}\npatches:\n- {{type: x, patch: {{}}}}\n- {{path: q.yaml, patch: {{}}}}\n- {{path: q.yaml}}\n- {{}}\n"
    );
    let expected = "\
overlays/dev/overlay.yaml:3:10 no environment `prd` | did you mean `prod`?
overlays/dev/overlay.yaml:5:1 an overlay has no field `valuse` | did you mean `values`?
overlays/dev/overlay.yaml:7:10 no type of patch `x` | the types are `strategic`, `json` and `merge`
overlays/dev/overlay.yaml:8:3 a patch has both `patch` and `path` | keep one of them
overlays/dev/overlay.yaml:9:10 no file `overlays/dev/q.yaml`
overlays/dev/overlay.yaml:10:3 a patch has neither `patch` nor `path` | write the patch below `patch:`, or name its file with `path:`
";
    let files = [("rhumb.yaml", RHUMB), ("overlays/dev/overlay.yaml", &text), ("overlays/prod/overlay.yaml", OVERLAY)];
    check_findings(&files, expected);
}

#[test]
fn environments_build_on_one_another() {
    let on = |name: &str| format!("{OVERLAY}extends: {name}\n");
    let (b, c, x, y) = (on("a"), on("b"), on("z"), on("x"));
    let files = [
        ("rhumb.yaml", RHUMB),
        ("overlays/a/overlay.yaml", OVERLAY),
        ("overlays/b/overlay.yaml", &b),
        ("overlays/prod/overlay.yaml", &c),
        ("overlays/x/overlay.yaml", &x),
        ("overlays/z/overlay.yaml", &y),
    ];
    let package = package(&files, "");
    let chain = package.environment_chain("prod").expect("is there");
    assert_eq!(chain.iter().map(|overlay| overlay.name.as_str()).collect::<Vec<_>>(), ["a", "b", "prod"]);
    let missing = package.environment_chain("prd").expect_err("is not there");
    assert_eq!(missing.help.as_deref(), Some("did you mean `prod`?"));
    let cycle = package.environment_chain("x").expect_err("is a circle");
    assert_eq!(cycle.message, "environments build on one another in a circle: x → z → x");
}

#[test]
fn dependencies_are_found_beside_and_above() {
    let a = format!("{RHUMB}dependencies: [{{name: b, path: ../b}}]\n");
    let files = [("a/rhumb.yaml", a.as_str()), ("b/rhumb.yaml", RHUMB)];
    assert_eq!(package(&files, "a").instances, 2);
    let up = format!("{RHUMB}dependencies: [{{name: b, path: x/../../../b}}]\n");
    let (found, _) = loaded(&[("rhumb.yaml", &up)], "");
    assert!(matches!(found, Loaded::NeedsParent(2)));
}

#[test]
fn circles_and_doubles_of_dependencies_are_refused() {
    let a = format!("{RHUMB}dependencies: [{{name: b, path: b}}, {{name: b, path: c}}]\n");
    let b = format!("{RHUMB}dependencies: [{{name: a, path: ..}}]\n");
    let files = [("rhumb.yaml", a.as_str()), ("b/rhumb.yaml", b.as_str())];
    let expected = "\
rhumb.yaml:5:36 two dependencies go by the name `b` | give one of them an `alias`
rhumb.yaml:5:52 the dependency `b` is no native package: `c` has no `rhumb.yaml`
b/rhumb.yaml:5:32 packages depend on one another in a circle: . → b → .
";
    check_findings(&files, expected);
}

#[test]
fn dependencies_that_double_at_each_level_are_limited() {
    let both =
        |i: usize| format!("{RHUMB}dependencies: [{{name: l, path: ../p{0}}}, {{name: r, path: ../p{0}}}]\n", i + 1);
    let mut files: Vec<(String, String)> = (0..30).map(|i| (format!("p{i}/rhumb.yaml"), both(i))).collect();
    files.push(("p30/rhumb.yaml".to_owned(), RHUMB.to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert!(loaded(&files, "p0").1.contains("packages depend on more than 1000 others"));
}

#[test]
fn other_kinds_are_recognised() {
    assert_eq!(package(&[("Chart.yaml", "x"), ("kustomization.yaml", "y")], "").kind, PackageKind::Chart);
    assert_eq!(package(&[("d/Kustomization", "y")], "d").kind, PackageKind::Kustomization);
    let plain = package(&[("m/a.yaml", "x"), ("m/n.txt", "y"), ("m/b/c.json", "{}")], "m");
    assert_eq!((plain.kind, plain.manifests.len()), (PackageKind::Plain, 2));
    assert_eq!(package(&[("m/a.txt", "x")], "m/a.txt").manifests.len(), 1);
    assert!(matches!(loaded(&[("m/n.txt", "y")], "m").0, Loaded::Nothing));
}

#[test]
fn a_file_that_is_no_text_is_reported_with_its_place() {
    let mut tree: FileTree = [("rhumb.yaml", RHUMB)].into_iter().collect();
    tree.insert(VPath::parse("templates/a.yaml").expect("fine"), b"a: 1\nb: \xff\n".as_slice());
    let mut sources = SourceMap::new();
    let found = load(&tree, &VPath::root(), &mut sources, &Limits::default()).diagnostics;
    let first = found.iter().next().expect("one finding");
    assert_eq!(sources.describe(first.span()).as_deref(), Some("templates/a.yaml:2:4"));
}
