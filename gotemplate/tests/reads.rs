//! What templates can read, known before they run: never less than a run reads.

use std::sync::Arc;

use gotemplate::observe::Flow;
use gotemplate::{Functions, Set, Signature, Type, Value};

fn functions() -> Functions {
    let flows = [
        ("include", Flow::Include),
        ("tpl", Flow::Evaluate),
        ("default", Flow::Pick),
        ("dict", Flow::Dict),
        ("list", Flow::List),
        ("set", Flow::Set),
        ("merge", Flow::Merge { later_wins: false }),
        ("get", Flow::Get),
        ("dig", Flow::Dig),
        ("hasKey", Flow::Has),
        ("keys", Flow::Keys),
        ("first", Flow::Element),
        ("append", Flow::Elements),
        ("deepCopy", Flow::Elements),
        ("pick", Flow::Elements),
        ("uniq", Flow::Chosen),
        ("kindIs", Flow::Test),
        ("toYaml", Flow::Whole),
        ("nindent", Flow::Lines(1)),
        ("mystery", Flow::Unknown),
        ("random", Flow::Opaque),
    ];
    let mut functions = Functions::new();
    for (name, flow) in flows {
        let signature = Signature::new([], Type::Any).variadic(Type::Any);
        functions.add(name, signature, |_, _| Ok(Value::Nil)).set_flow(name, flow);
    }
    functions
}

fn reads(text: &str, may_hold_actions: impl Fn(&str) -> bool) -> String {
    let mut set = Set::new(Arc::new(functions()));
    set.parse("t", text).expect("a template");
    let reads = set.reads(["t"], |path| {
        let path: String = path.iter().map(|step| format!("{step}")).collect();
        may_hold_actions(&path)
    });
    reads.paths().map(|path| path.to_string()).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(text: &str, want: &str) {
    assert_eq!(reads(text, |_| true), want, "{text}");
}

#[test]
fn fields_and_branches() {
    check("{{ .a }}{{ .b.c }}{{ $.d }}", ".a .b.c .d");
    check("{{ if .a }}{{ .a.b }}{{ else }}{{ .c }}{{ end }}", ".a? .a.b .c");
    check("{{ with .a }}{{ .b }}{{ $.c }}{{ else }}{{ .d }}{{ end }}{{ .e }}", ".a? .a.b .c .d .e");
    check("{{ . }}", ".");
    check("{{ $x := .a }}{{ $x.b }}", ".a.b");
    check("{{ $x := .a }}{{ if .t }}{{ $x = .b }}{{ end }}{{ $x.c }}", ".a.c .b.c .t?");
    check("{{ range .t }}{{ $y := .u }}{{ $y.v }}{{ end }}", ".t? .t[*]? .t[*].u.v");
    check("{{ $x := .a }}{{ range .l }}{{ $x.c }}{{ $x = .e }}{{ end }}", ".a.c .l? .l[*]? .l[*].e.c");
    check("{{ (.a).b }}{{ (index .a \"c\").d }}", ".a? .a.b .a.c.d");
    check("{{ or .a .b.c }}{{ and .d (not .e) }}", ".a .b.c .d .e?");
    check("{{ eq .a \"x\" }}{{ len .b }}", ".a .b");
    check("", "");
}

#[test]
fn loops_read_elements() {
    check("{{ range .a }}{{ .b }}{{ else }}{{ .c }}{{ end }}", ".a? .a[*]? .a[*].b .c");
    check("{{ range $i, $e := .a }}{{ $e.b }}{{ end }}", ".a? .a[*]? .a[*].b");
    check("{{ range $k, $_ := .a }}{{ $k }}{{ end }}", ".a? .a[*]?");
    check("{{ range $e := .a }}{{ $e }}{{ end }}", ".a? .a[*]");
}

#[test]
fn computed_keys_may_be_any() {
    check("{{ index .a .k \"x\" }}", ".a? .a[*]? .a[*].x .k");
    check("{{ index .a \"b\" \"c\" }}", ".a? .a.b.c");
    check("{{ index .a 0 }}", ".a? .a[*]");
    check("{{ get .a \"b\" }}{{ (get .a .k).c }}", ".a? .a.b .a[*]? .a[*].c .k");
    check("{{ dig \"a\" \"b\" .d . }}", ".? .a? .a.b .d");
    check("{{ hasKey .a \"b\" }}", ".a? .a.b?");
    check("{{ $k := \"b\" }}{{ if .t }}{{ $k = \"c\" }}{{ end }}{{ index .a $k }}", ".a? .a.b .a.c .t?");
    check("{{ range (list \"x\" \"y\") }}{{ index $.a . }}{{ end }}", ".a? .a.x .a.y");
}

#[test]
fn functions_pass_on_what_they_pass_on() {
    check("{{ (default .a .b).c }}", ".a? .a.c .b? .b.c");
    check("{{ toYaml .a | nindent 2 }}", ".a");
    check("{{ (deepCopy .a).b }}", ".a? .a.b");
    check("{{ (first .a).b }}", ".a? .a[*].b");
    check("{{ range (append .a .b) }}{{ .c }}{{ end }}", ".a? .a.c .a[*]? .a[*].c .b? .b.c .b[*]? .b[*].c");
    check("{{ range (uniq .a) }}{{ end }}", ".a");
    check("{{ range keys .a }}{{ . }}{{ end }}", ".a? .a[*]?");
    check("{{ kindIs \"map\" .a }}", ".a?");
    check("{{ $_ := mystery .a }}{{ $_.b.c }}", ".a");
    check("{{ $_ := random .a }}", ".a");
}

#[test]
fn containers_of_templates_hold_what_is_put_in() {
    check("{{ (dict \"a\" .x \"b\" .y).a.c }}", ".x.c");
    check("{{ (dict .k .x \"b\" .y).a.c }}", ".k .x.c");
    check("{{ $d := dict }}{{ $_ := set $d \"a\" .x }}{{ $d.a.b }}", ".x.b");
    check(
        "{{ range .l }}{{ $d := $.o }}{{ $_ := set $d .n .x }}{{ end }}{{ .o.a.c }}",
        ".l? .l[*]? .l[*].n .l[*].x.c .o.a.c",
    );
    check("{{ $m := merge (dict \"a\" .x) .y }}{{ $m.a.c }}{{ $m.b }}", ".x.c .y? .y.a.c .y.b");
    check("{{ $_ := merge .x .y }}{{ .x.b }}", ".x? .x.b .y? .y.b");
    check("{{ $_ := set . \"k\" .x }}{{ .k.a }}", ".k.a .x.a");
    check("{{ $_ := set (mystery .m) \"k\" .x }}", ".m .x");
    check("{{ toYaml (dict \"a\" .x \"b\" (list .y (dict \"c\" .z))) }}", ".x .y .z");
}

#[test]
fn calls_are_followed_with_their_data() {
    let helper = "{{ define \"h\" }}{{ .n }}{{ .c.image.tag }}{{ end }}";
    check(&format!("{helper}{{{{ include \"h\" (dict \"n\" .name \"c\" $) }}}}"), ".image.tag .name");
    check(
        &format!("{helper}{{{{ template \"h\" .a }}}}{{{{ template \"h\" .b }}}}"),
        ".a.c.image.tag .a.n .b.c.image.tag .b.n",
    );
    check(&format!("{helper}{{{{ template \"h\" }}}}{{{{ include \"none\" . }}}}"), "");
    check(
        "{{ define \"a\" }}{{ .x }}{{ end }}{{ define \"b\" }}{{ .y }}{{ end }}{{ include .n (dict \"x\" .d \"y\" .e \"n\" \"a\") }}",
        ".d .e .n",
    );
    check(
        "{{ define \"w\" }}{{ range . }}{{ .leaf }}{{ include \"w\" .sub }}{{ end }}{{ end }}{{ include \"w\" .t | nindent 2 }}",
        &recursive(),
    );
    // Data that grows with each call ends in one that stands for all.
    check(
        "{{ define \"g\" }}{{ .v }}{{ include \"g\" (dict \"v\" .v \"up\" .) }}{{ end }}{{ include \"g\" (dict \"v\" .x) }}",
        ".x",
    );
}

fn recursive() -> String {
    let mut paths = Vec::new();
    let mut at = ".t".to_owned();
    for _ in 0..9 {
        paths.push(format!("{at}?"));
        at += "[*]";
        paths.push(format!("{at}?"));
        paths.push(format!("{at}.leaf"));
        at += ".sub";
    }
    paths.push(format!("{at}?"));
    at += "[*]";
    paths.push(at);
    let last = paths.pop().unwrap_or_default();
    // Too deep to be told apart.
    paths.push(last);
    paths.join(" ")
}

#[test]
fn evaluated_texts_read_their_data_unless_they_hold_no_actions() {
    let text = "{{ tpl .a.text . }}{{ .b }}";
    assert_eq!(reads(text, |_| true), ".");
    assert_eq!(reads(text, |path| path == ".other"), ".a.text .b");
    let made = "{{ tpl (toYaml .a) (dict \"x\" .y) }}{{ tpl \"plain\" . }}";
    assert_eq!(reads(made, |_| false), ".a");
    assert_eq!(reads(made, |path| path == ".a"), ".a .y");
    assert_eq!(reads("{{ tpl \"{{ .x }}\" .y }}", |_| false), ".y");
    let through = "{{ define \"h\" }}a{{ .v }}{{ end }}{{ tpl (include \"h\" .a) .d }}";
    assert_eq!(reads(through, |path| path == ".a.v"), ".a.v .d");
    assert_eq!(reads(through, |_| false), ".a.v");
    assert_eq!(reads("{{ define \"h\" }}{{ \"{{\" }}{{ end }}{{ tpl (include \"h\" .a) .d }}", |_| false), ".d");
    assert_eq!(reads("{{ range $k, $v := .m }}{{ tpl $k $ }}{{ end }}", |path| path == ".m[*]"), ".");
}

#[test]
fn nesting_without_end_means_everything() {
    let deep = format!("{}{{{{ .x }}}}{}", "{{ if .t }}".repeat(5000), "{{ end }}".repeat(5000));
    let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(move || check(&deep, "."));
    thread.expect("a thread").join().expect("no overflow");
}
