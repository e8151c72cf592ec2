//! What kustomize does that nobody would guess, and its words.

use super::*;
use crate::source::{FileTree, VPath};

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n";

fn built(kustomization: &str) -> Result<String, String> {
    let files: FileTree = [("k/kustomization.yaml", kustomization), ("k/web.yaml", SERVICE)].into_iter().collect();
    let options = Options { root: "/w".to_owned(), ..Options::default() };
    let folder = VPath::parse("k").expect("a path in a test");
    build(&files, &folder, &options, &NoCharts).result.map_err(|error| error.to_string())
}

#[test]
fn annotations_that_kustomize_has_of_its_own_are_annotations_that_are_there() {
    let annotate = "transformers: [\"{apiVersion: builtin, kind: AnnotationsTransformer, metadata: {name: t}, \
                    annotations: {a: b}, fieldSpecs: [{path: metadata/annotations}]}\"]\n";
    let with = |what: &str| built(&format!("resources: [web.yaml]\n{what}\n{annotate}")).expect("a build");
    assert!(!with("").contains("annotations"));
    assert!(with("namePrefix: x-").contains("annotations:\n    a: b\n  name: x-web"));
    let generated = with("configMapGenerator: [{name: c, options: {disableNameSuffixHash: true}}]");
    assert_eq!(generated.matches("a: b").count(), 1, "{generated}");
}

#[test]
fn a_validator_that_changes_an_id_is_told_of_with_it() {
    let validator = "{apiVersion: builtin, kind: PrefixTransformer, metadata: {name: v}, prefix: x-, fieldSpecs: \
                     [{path: metadata/name}]}";
    let error = built(&format!("resources: [web.yaml]\nvalidators: [\"{validator}\"]\n")).expect_err("changed");
    let what =
        "validator shouldn't modify the resource map: id in self missing from other; id: Service.v1.[noGrp]/web.[noNs]";
    assert_eq!(error, what);
}

#[test]
fn selectors_that_are_none_are_told_of_in_the_words_of_kubernetes_and_go() {
    let error = |target: &str| {
        built(&format!(
            "resources: [web.yaml]\npatches: [{{target: {{{target}}}, patch: '[{{\"op\": \"remove\", \"path\": \"/a\"}}]'}}]\n"
        ))
        .expect_err(target)
    };
    assert_eq!(error("name: '['"), "error parsing regexp: missing closing ]: `[)$`");
    assert_eq!(error("labelSelector: ','"), "found ',', expected: !, identifier, or 'end of string'");
    assert_eq!(error("labelSelector: 'a in b'"), "unable to parse requirement: found 'b' expected: '('");
    assert!(error("annotationSelector: 'a=b/c'").contains("invalid label value: \"b/c\": at key: \"a\""));
}

fn built_of(resource: &str) -> Result<String, String> {
    let files: FileTree =
        [("k/kustomization.yaml", "resources: [a.yaml]\n"), ("k/a.yaml", resource)].into_iter().collect();
    let folder = VPath::parse("k").expect("a path in a test");
    build(&files, &folder, &Options::default(), &NoCharts).result.map_err(|error| error.to_string())
}

#[test]
fn keys_that_no_json_has_are_refused() {
    let error = |spec: &str| {
        built_of(&format!("apiVersion: a/v1\nkind: Foo\nmetadata: {{name: a}}\nspec:\n  {spec}\n")).expect_err(spec)
    };
    let invalid = "map[string]interface {}(nil): yaml: invalid map key: ";
    assert_eq!(error("{}: x"), format!("{invalid}map[string]interface {{}}{{}}"), "yaml.v3 reads two tokens ahead");
    assert_eq!(error("a: 1\n  []: x"), format!("{invalid}[]interface {{}}{{}}"));
    assert_eq!(error("a: {{ b }}"), format!("{invalid}map[string]interface {{}}{{\"b\":\"\"}}"));
    assert_eq!(error("{{ .b }}: a"), format!("{invalid}map[string]interface {{}}{{\".b\":\"\"}}"));
    assert!(error("2020-01-01: x").ends_with("json: unsupported type: map[interface {}]interface {}"));
    // The scanner comes first on what cannot begin a token, though the list is not closed.
    assert!(error("a: {b\n  c: @d").contains("found character that cannot start any token"));
}

#[test]
fn numbers_that_no_json_has_are_named() {
    let patch = "resources: [web.yaml]\npatches: [{target: {kind: Service}, patch: '[{\"op\": \"add\", \"path\": \"/a\", \
                 \"value\": 1}]'}]\n";
    let service = format!("{SERVICE}spec: {{a: -.inf}}\n");
    let files: FileTree = [("k/kustomization.yaml", patch), ("k/web.yaml", &service)].into_iter().collect();
    let folder = VPath::parse("k").expect("a path in a test");
    let error = build(&files, &folder, &Options::default(), &NoCharts).result.expect_err("no JSON").to_string();
    assert_eq!(error, "json: unsupported value: -Inf");
}
