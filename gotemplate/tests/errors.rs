//! What Go says first where more than one thing is wrong, and of which line.

use std::sync::Arc;

use gotemplate::{Error, Functions, Heap, Run, Set, Value};

fn run(text: &str) -> Result<Vec<u8>, Error> {
    let mut set = Set::new(Arc::new(Functions::new()));
    set.parse("t", text)?;
    Run::new(&Arc::new(set)).heap(&Heap::default()).render("t", &Value::Nil)
}

fn error(text: &str) -> String {
    run(text).expect_err(text).to_string()
}

#[test]
fn an_else_in_a_block_is_told_of_from_the_line_of_the_block() {
    assert_eq!(error("\n{{block \"b\" .}}\n\n{{else}}{{end}}"), "template: t:2: unexpected {{else}} in block clause");
    assert_eq!(error("\n{{define \"b\"}}\n\n{{else}}{{end}}"), "template: t:4: unexpected {{else}} in define clause");
}

#[test]
fn a_variable_that_is_not_there_yet_is_undefined_before_it_is_no_function() {
    let said = "template: t:1:7: executing \"t\" at <$a>: undefined variable: $a";
    assert_eq!(error("{{$a = $a 1}}"), said);
    assert_eq!(error("{{$a = $a}}"), said);
    let said = "template: t:1:18: executing \"t\" at <$a>: can't give argument to non-function $a";
    assert_eq!(error("{{$a := 1}}{{$a = $a 1}}"), said);
}
