//! Hostile templates end in a clear error, on a small stack.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gotemplate::{
    Error, ErrorKind, Fault, Function, Functions, Heap, Limits, Map, Object, Render, Run, Set, Signature, State, Str,
    Template, Type, Value,
};

fn functions() -> Functions {
    let mut functions = Functions::new();
    functions.add("include", Signature::new([Type::String, Type::Any], Type::String), |_, args| {
        Ok(Render::new(String::from_utf8_lossy(&args[0].to_text()), args[1].clone()))
    });
    functions.add("repeat", Signature::new([Type::Int, Type::String], Type::String), |state, args| {
        let [Value::Int(count, _), Value::Str(text)] = args else { return Err(Fault::from("unreachable")) };
        let count = usize::try_from(*count).unwrap_or(0);
        state.charge(text.len().saturating_mul(count))?;
        Ok(Value::from(Str::from(text.as_bytes().repeat(count))))
    });
    functions.add("dict", Signature::new([], Type::Map), |_, _| Ok(Value::from(Map::new())));
    functions.add("same", Signature::new([Type::Any], Type::Any), |_, args| Ok(args[0].clone()));
    functions.add("toString", Signature::new([Type::Any], Type::String), |state, args| {
        Ok(Value::from(Str::from(state.text_of(&args[0])?)))
    });
    functions.add("set", Signature::new([Type::Map, Type::String, Type::Any], Type::Map), set);
    functions
}

fn set(state: &mut State<'_>, args: &[Value]) -> Result<Value, Fault> {
    let [Value::Map(map), Value::Str(key), value] = args else { return Err(Fault::from("unreachable")) };
    map.insert(key, value.clone());
    state.track(&args[0]);
    Ok(args[0].clone())
}

const LIMITS: Limits = Limits { steps: 50_000_000, depth: 5000, output: 1 << 20, memory: 16 << 20 };

fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(work);
    thread.expect("a thread").join().expect("no overflow")
}

fn run(text: String) -> Result<Vec<u8>, Error> {
    on_a_small_stack(move || {
        let mut set = Set::new(Arc::new(functions()));
        set.parse("t", text)?;
        let heap = Heap::default();
        Run::new(&Arc::new(set)).limits(LIMITS).heap(&heap).render("t", &Value::from(1))
    })
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
fn what_functions_make_is_limited_in_total() {
    let limit = ErrorKind::Limit("memory");
    let message = "the values that the template makes are larger than 16777216 bytes";
    check(r#"{{ repeat 1000000000 "abc" }}"#, limit, message);
    check(r#"{{ range 1000 }}{{ $x := repeat 100000 "a" }}{{ end }}"#, limit, message);
    check(r#"{{ range 1000 }}{{ $x := printf "%1000000d" 1 }}{{ end }}"#, limit, message);
    check(r#"{{ $x := repeat 1000000 "a" }}{{ range 1000 }}{{ $y := slice $x 1 }}{{ end }}"#, limit, message);
    // What goes through a function is not new.
    let through = r#"{{ $x := repeat 1000000 "a" }}{{ range 100 }}{{ $x = same $x }}{{ end }}{{ len $x }}"#;
    assert_eq!(run(through.to_owned()).expect("legal"), b"1000000");
}

#[test]
fn comparing_long_texts_takes_steps() {
    check(
        r#"{{ $x := repeat 1000000 "a" }}{{ range 100000000 }}{{ $y := eq $x $x }}{{ end }}"#,
        ErrorKind::Limit("steps"),
        "the template takes more than 50000000 steps",
    );
}

#[test]
fn calls_take_steps_for_themselves_and_for_the_texts_they_read() {
    let steps = |text: &str| {
        let mut set = Set::new(functions().into());
        set.parse("t", text).expect("a template");
        let set = Arc::new(set);
        let ends =
            |steps| Run::new(&set).limits(Limits { steps, ..Limits::default() }).render("t", &Value::Nil).is_ok();
        let (mut low, mut high) = (0, 10_000_000);
        while low < high {
            let middle = (low + high) / 2;
            if ends(middle) { high = middle } else { low = middle + 1 }
        }
        low
    };
    let (none, short, long) =
        (r#"{{ $x := "a" }}"#, r#"{{ $x := same "a" }}"#, r#"{{ $x := same (repeat 1000000 "a") }}"#);
    assert!(steps(short) > steps(none) + 4);
    assert!(steps(long) > steps(short) + 1_000_000 / 8);
}

#[test]
fn absurd_widths_are_not_obeyed() {
    assert_eq!(run(r#"{{ printf "%1000000000d" 1 }}"#.to_owned()).expect("as in Go"), b"%!(NOVERB)%!(EXTRA int=1)");
    assert_eq!(run(r#"{{ printf "%*d" 1000001 1 }}"#.to_owned()).expect("as in Go"), b"%!(BADWIDTH)1");
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
fn a_value_nested_a_million_deep_is_made_and_dropped() {
    let text = r#"{{ $d := dict }}{{ range 1000000 }}{{ $d = set (dict) "a" $d }}{{ end }}{{ len $d }}"#;
    assert_eq!(run(text.to_owned()).expect("legal"), b"1");
}

#[test]
fn a_value_that_holds_itself_is_printed_up_to_a_limit() {
    let cycle = r#"{{ $d := dict }}{{ $_ := set $d "a" $d }}"#;
    check(format!("{cycle}{{{{ $d }}}}"), ErrorKind::Limit("output"), "output is longer than 1048576 bytes");
    check(format!("{cycle}{{{{ print $d }}}}"), ErrorKind::Limit("output"), "text is longer than 1048576 bytes");
    check(format!("{cycle}{{{{ toString $d }}}}"), ErrorKind::Limit("output"), "text is longer than 1048576 bytes");
    let error = run(format!("{cycle}{{{{ eq $d $d }}}}")).expect_err("maps cannot be compared");
    assert!(error.message.starts_with("non-comparable type map[a:map[a:map["), "{:.80}", error.message);
    assert!(error.message.len() < 2 << 20);
    assert_eq!(run(format!("{cycle}{{{{ len $d.a.a.a }}}}")).expect("legal"), b"1");
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

#[test]
fn an_error_names_the_template_actions_on_the_way() {
    let text = r#"{{ define "a" }}{{ .x.y }}{{ end }}{{ define "b" }}
 {{ template "a" . }}{{ end }}{{ template "b" 3 }}"#;
    let error = run(text.to_owned()).expect_err("a number has no field");
    let calls: Vec<_> =
        error.calls.iter().map(|call| (call.line, call.column, &*call.executing, &*call.called)).collect();
    assert_eq!(calls, [(2, 13, "b", "a"), (2, 42, "t", "b")]);
}

#[test]
fn an_error_under_many_includes_costs_no_more_than_its_text() {
    let text = r#"{{ define "a" }}{{ if eq (len .) 4000 }}{{ .x }}{{ else }}{{ include "a" (print . "x") }}{{ end }}{{ end }}
        {{- include "a" "" }}"#;
    let (length, depth) = on_a_small_stack(move || {
        let mut set = Set::new(Arc::new(functions()));
        set.parse("t", text).expect("a template");
        let error = Run::new(&Arc::new(set)).render("t", &Value::Nil).expect_err("a text has no field");
        let copy = error.clone();
        drop(error);
        let mut depth = 0;
        let mut at = Some(&copy);
        while let Some(error) = at {
            at = error.cause.as_deref();
            depth += 1;
        }
        (copy.to_string().len(), depth)
    });
    assert_eq!(depth, 4002);
    assert!((300_000..800_000).contains(&length), "{length}");
}

/// Counts how many of it are alive.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Object for Counted {
    fn type_name(&self) -> std::borrow::Cow<'_, str> {
        "Counted".into()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn cycles_leak_nothing_over_a_thousand_runs() {
    let left = on_a_small_stack(|| {
        let alive = Arc::new(AtomicUsize::new(0));
        let counter = alive.clone();
        let mut functions = functions();
        functions.add("counted", Signature::new([], Type::Any), move |_, _| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(Value::Object(Arc::new(Counted(counter.clone()))))
        });
        let mut set = Set::new(Arc::new(functions));
        let text = r#"{{ $d := dict }}{{ $e := dict }}{{ $_ := set $d "e" $e }}{{ $_ = set $e "d" $d }}
            {{- $_ = set $d "self" $d }}{{ $_ = set $e "counted" (counted) }}{{ len $d }}"#;
        set.parse("t", text).expect("a template");
        let set = Arc::new(set);
        for _ in 0..1000 {
            let heap = Heap::default();
            assert_eq!(Run::new(&set).heap(&heap).render("t", &Value::Nil).expect("legal"), b"2");
        }
        alive.load(Ordering::Relaxed)
    });
    assert_eq!(left, 0);
}

#[test]
fn compiled_templates_go_from_thread_to_thread() {
    fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Set>();
    is_shared::<Template>();
    is_shared::<Functions>();
    is_shared::<Function>();
    is_shared::<Value>();
    is_shared::<Heap>();
    is_shared::<Error>();
}
