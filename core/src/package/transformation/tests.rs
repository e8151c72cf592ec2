//! Overlays to steps and findings.

use super::*;
use crate::yaml::testing::nodes;

fn read_text(text: &str) -> (Vec<Transformation>, Option<Node>, Vec<String>) {
    let node = nodes(text).remove(0);
    let mut findings = Diagnostics::new();
    let (steps, options) = read(&node, &mut findings);
    let line = |finding: &Diagnostic| {
        let start = finding.span().start as usize;
        let line = text[..start].matches('\n').count() + 1;
        let help = finding.help.as_ref().map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{line}: {}{help}", finding.message)
    };
    let findings = findings.iter().map(line).collect();
    (steps, options, findings)
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(read_text(text).2, expected, "{text}");
}

#[test]
fn steps_come_in_the_order_in_which_they_are_carried_out() {
    let text = "images: [{name: a}, {name: b}]\nnameSuffix: -x\nnamePrefix: x-\nreplicas: [{name: a, count: 1}]\n\
                commonLabels: {a: b}\nlabels: [{pairs: {c: d}}]\nnamespace: shop\nsecretGenerator: [{name: s}]\n\
                configMapGenerator: [{name: c}]\ncommonAnnotations: {e: f}\nreplacements: [{path: r.yaml}]\n";
    let (steps, options, findings) = read_text(text);
    assert_eq!(findings, [] as [&str; 0]);
    assert!(options.is_none());
    let fields: Vec<&str> = steps.iter().map(|step| step.kind.field()).collect();
    let expected = [
        "configMapGenerator",
        "secretGenerator",
        "namespace",
        "namePrefix",
        "nameSuffix",
        "labels",
        "commonLabels",
        "commonAnnotations",
        "replicas",
        "images",
        "images",
        "replacements",
    ];
    assert_eq!(fields, expected);
    assert!(steps.iter().map(|step| step.kind.generates()).eq((0..12).map(|at| at < 2)), "patches come after two");
    assert!(steps.windows(2).all(|pair| pair[0].kind <= pair[1].kind));
}

#[test]
fn steps_know_their_line() {
    let text = "namespace: shop\nimages:\n- name: a\n- {name: b}\ncommonLabels:\n  a: b\n";
    let (steps, ..) = read_text(text);
    let start = |wanted: &str| text.find(wanted).expect(wanted);
    let starts: Vec<usize> = steps.iter().map(|step| step.span.start as usize).collect();
    assert_eq!(starts, [start("shop"), start("commonLabels"), start("name: a"), start("{name: b}")]);
}

#[test]
fn what_is_null_is_not_given() {
    let text = "images: null\nnamespace: ~\ncommonLabels:\ngeneratorOptions:\nreplicas: [{name: a, count: 1}]\n";
    let (steps, options, findings) = read_text(text);
    assert_eq!((steps.len(), options.is_none(), findings.len()), (1, true, 0));
    check("images: [{name: a, newTag: null}]", &[]);
    check("images: [~]", &["1: an item of `images` is empty"]);
    check("replicas: [{name: a, count: ~}]", &["1: an entry of `replicas` needs the field `count`"]);
    check("commonLabels: {a: }", &["1: `a` must be a string, found null | put it in quotes"]);
}

#[test]
fn each_value_is_of_the_type_that_its_field_asks_for() {
    check("namespace: [a]", &["1: `namespace` must be a string, found list"]);
    check("images: {name: a}", &["1: `images` must be a list, found map"]);
    check("images: [a]", &["1: `images` must be a map, found string"]);
    check("images: [{name: a, newTag: 1.2}]", &["1: `newTag` must be a string, found number | put it in quotes"]);
    check("replicas: [{name: a, count: many}]", &["1: `count` must be an integer, found string"]);
    check("replicas: [{name: a, count: 1.5}]", &["1: `count` must be an integer, found number"]);
    check("commonLabels: [a]", &["1: `commonLabels` must be a map of strings, found list"]);
    check("commonAnnotations: {a: true}", &["1: `a` must be a string, found boolean | put it in quotes"]);
    check(
        "labels: [{pairs: {a: b}, includeSelectors: 'yes'}]",
        &["1: `includeSelectors` must be `true` or `false`, found string"],
    );
    check("generatorOptions: {immutable: 1}", &["1: `immutable` must be `true` or `false`, found integer"]);
    check(
        "replacements: [{source: {kind: A}, targets: [{select: {kind: B}, options: {index: x}}]}]",
        &["1: `index` must be an integer, found string"],
    );
}

#[test]
fn fields_that_are_missing_or_unknown_are_told_all_at_once() {
    let text = "images:\n- newTag: a\n- {name: a, newTga: b}\nlabels:\n- {}\nreplacements:\n- targets: [{fieldPaths: [a]}]\n\
                configMapGenerator:\n- literals: a=b\n";
    check(
        text,
        &[
            "9: a generator needs the field `name`",
            "9: `literals` must be a list, found string",
            "5: an entry of `labels` needs the field `pairs`",
            "2: an image needs the field `name`",
            "3: an image has no field `newTga` | did you mean `newTag`?",
            "7: the target of a replacement needs the field `select`",
        ],
    );
}

#[test]
fn a_field_that_is_wrong_gives_no_step() {
    let (steps, options, findings) = read_text("images: [{name: a}, b]\nnamespace: shop\ngeneratorOptions: []\n");
    let fields: Vec<&str> = steps.iter().map(|step| step.kind.field()).collect();
    assert_eq!((fields, options.is_none(), findings.len()), (vec!["namespace"], true, 2));
}

#[test]
fn files_of_steps_are_found() {
    let text = "configMapGenerator: [{name: c, files: [a.txt, key=b=c.txt], envs: [d=e.env], literals: [f=g]}]\n\
                replacements: [{path: r.yaml}, {source: {kind: A}, targets: []}]\nimages: [{name: x}]\n";
    let (steps, ..) = read_text(text);
    let named: Vec<&str> = steps.iter().flat_map(files).map(|file| file.path).collect();
    assert_eq!(named, ["a.txt", "b=c.txt", "d=e.env", "r.yaml"]);
}

#[test]
fn every_kind_has_a_field_of_its_own() {
    let all: Vec<&str> = names().collect();
    assert_eq!(all.len(), 12);
    for (kind, name, _) in &FIELDS {
        assert_eq!(kind.field(), *name);
    }
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
}
