use super::*;

fn args(line: &str) -> Vec<String> {
    line.split(' ').filter(|arg| !arg.is_empty()).map(str::to_owned).collect()
}

#[track_caller]
fn edited(edit: Result<Edit>, text: &str) -> String {
    let edit = edit.expect("fine arguments");
    edit.apply(text, "kustomization.yaml", &Limits::default()).expect("edited").text.expect("something to write")
}

#[track_caller]
fn refused(edit: Result<Edit>, text: &str) -> String {
    let result = edit.and_then(|edit| edit.apply(text, "kustomization.yaml", &Limits::default()));
    result.expect_err("refused").to_string()
}

#[test]
fn images_are_set_where_they_stand() {
    let text = "# top\nimages: # all\n- name: nginx # web\n  newTag: \"1.27\" # pinned\n# old\n- digest: sha256:1\n  name: redis\nnamespace: x\n";
    let set = |line: &str| edited(Edit::set_images(&args(line)), text);
    assert_eq!(set("nginx:1.28"), text.replace("1.27", "1.28"));
    assert_eq!(set("nginx=r/nginx:*"), text.replace("# pinned\n", "# pinned\n  newName: r/nginx\n"));
    assert_eq!(set("redis:7"), text.replace("digest: sha256:1", "newTag: \"7\""));
    let added = "- name: postgres\n  newTag: 1.0.0\n";
    assert_eq!(set("postgres:1.0.0"), text.replace("# old\n", &format!("{added}# old\n")));
    assert_eq!(refused(Edit::set_images(&args("nginx")), text).lines().count(), 8);
}

#[test]
fn an_empty_file_becomes_a_kustomization() {
    let want = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: a\n";
    assert_eq!(edited(Edit::set_namespace(&args("a")), ""), want);
    assert_eq!(edited(Edit::set_namespace(&args("a")), "# x\n"), format!("# x\n{want}"));
    assert_eq!(edited(Edit::set_namespace(&args("a")), "namePrefix: b\n"), "namePrefix: b\nnamespace: a\n");
}

#[test]
fn old_fields_are_taken_along_when_their_successor_changes() {
    let add = || Ok(Edit::add_paths(PathList::Resources, args("c")));
    assert_eq!(edited(add(), "bases:\n- b\nresources:\n- a # a\n"), "resources:\n- a # a\n- b\n- c\n");
    assert_eq!(edited(add(), "# x\nResources: [a]\n"), "# x\nResources: [a, c]\n");
}

#[test]
fn mistakes_are_told_in_the_words_of_kustomize() {
    assert_eq!(refused(Edit::set_namespace(&args("a b")), ""), "must specify exactly one namespace value");
    assert_eq!(
        refused(Edit::set_replicas(&args("a=b")), ""),
        "invalid format of replica, use the following format: <name>=<count>"
    );
    let label = Edit::add_entries(Metadata::Label, &args("a:b"), false);
    assert_eq!(
        refused(label, "commonLabels: {a: c}\n"),
        "label a already in kustomization file. Use --force to override."
    );
    assert_eq!(
        refused(Edit::set_namespace(&args("a")), "foo: 1\n"),
        "invalid Kustomization: json: unknown field \"foo\""
    );
    assert_eq!(
        refused(Edit::remove_entries(Metadata::Annotation, &args("a"), false), "resources: [a]\n"),
        "commonAnnotations is not defined in kustomization file"
    );
}

#[test]
fn patches_are_added_once() {
    let arguments = PatchArguments { path: "p.yaml", kind: "Deployment", ..PatchArguments::default() };
    let text = "patches:\n  # first\n  - path: a.yaml\nresources:\n  - b\n";
    let want = "patches:\n  # first\n  - path: a.yaml\n  - path: p.yaml\n    target:\n      kind: Deployment\nresources:\n  - b\n";
    let once = edited(Edit::add_patch(&arguments), text);
    assert_eq!(once, want);
    let again = Edit::add_patch(&arguments).expect("fine").apply(&once, "k", &Limits::default()).expect("fine");
    assert_eq!(again.text, None);
    assert_eq!(edited(Edit::remove_patch(&arguments), &once), text);
}
