//! Hostile templates end in a clear error, on a small stack.

use std::sync::Arc;

use gotemplate::{Error, ErrorKind, Functions, Limits, Render, Run, Set, Signature, Type, Value};

fn functions() -> Functions {
    let mut functions = Functions::new();
    functions.add("include", Signature::new([Type::String, Type::Any], Type::String), |_, args| {
        Ok(Render::new(String::from_utf8_lossy(&args[0].to_text()), args[1].clone()))
    });
    functions
}

fn run(text: String) -> Result<Vec<u8>, Error> {
    let work = move || {
        let mut set = Set::new(Arc::new(functions()));
        set.parse("t", text)?;
        let limits = Limits { depth: 5000, output: 1 << 20, ..Limits::default() };
        Run::new(&Arc::new(set)).limits(limits).render("t", &Value::from(1))
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(work);
    thread.expect("a thread").join().expect("no overflow")
}

#[track_caller]
fn check(text: impl Into<String>, kind: ErrorKind, message: &str) {
    let error = run(text.into()).expect_err("the template is hostile");
    assert_eq!((error.kind, error.root().message.as_str()), (kind, message));
}

#[test]
fn a_template_that_calls_itself_reaches_the_depth_limit() {
    let limit = ErrorKind::Limit("depth");
    check(r#"{{ template "t" . }}"#, limit, "exceeded maximum template depth (5000)");
    check(r#"{{ include "t" . }}"#, limit, "exceeded maximum template depth (5000)");
}

#[test]
fn endless_output_and_endless_loops_reach_their_limits() {
    check(
        r#"{{ range 100000000 }}0123456789{{ end }}"#,
        ErrorKind::Limit("output"),
        "output is longer than 1048576 bytes",
    );
    check(
        r#"{{ range 100000000 }}{{ end }}"#,
        ErrorKind::Limit("steps"),
        "the template takes more than 50000000 steps",
    );
    let wide = r#"{{ $x := printf "%1000000d" 1 }}{{ $x = print $x $x }}"#;
    check(wide, ErrorKind::Limit("output"), "text is longer than 1048576 bytes");
}

#[test]
fn deep_nesting_needs_no_stack() {
    check(format!("{{{{{}", "(".repeat(100_000)), ErrorKind::Parse, "max expression depth exceeded");
    let parens = format!("{{{{ {}1{} }}}}", "(".repeat(9000), ")".repeat(9000));
    assert_eq!(run(parens).expect("legal"), b"1");
    let blocks = format!("{}x{}", "{{ if true }}".repeat(20_000), "{{ end }}".repeat(20_000));
    assert_eq!(run(blocks).expect("legal"), b"x");
}

#[test]
fn an_error_in_an_included_template_keeps_its_place() {
    let text = r#"{{ define "a" }}{{ .x.y }}{{ end }}{{ include "a" 3 }}"#;
    let error = run(text.to_owned()).expect_err("a number has no field");
    assert_eq!(
        error.to_string(),
        "template: t:1:38: executing \"t\" at <include \"a\" 3>: error calling include: \
         template: t:1:21: executing \"a\" at <.x.y>: can't evaluate field x in type int"
    );
    assert_eq!((error.root().column, error.root().executing.as_deref()), (Some(21), Some("a")));
}
