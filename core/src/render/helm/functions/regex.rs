//! Sprig's functions on regular expressions, with Go's syntax, errors and rules of matching.

use std::sync::Arc;

use gotemplate::fmt::quote;
use gotemplate::{Fault, Functions, List, Shape, Signature, State, Str, Type, Value};

use super::kind::charge;
use crate::go::regex::{CompileError, Pattern, Template};
use crate::render::helm::context;

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    add_match(functions);
    for must in [false, true] {
        add_find(functions, must);
        add_replace(functions, must);
    }
    functions.add("regexQuoteMeta", Signature::new([Type::String], Type::String), |state, args| {
        state.charge(3 * text(&args[0]).len())?;
        Ok::<_, Fault>(Value::Str(quote_meta(text(&args[0])).into()))
    });
}

fn add_match(functions: &mut Functions) {
    let signature = || Signature::new([Type::String, Type::String], Type::Bool);
    functions.add("regexMatch", signature(), |state, args| match pattern(state, text(&args[0]))? {
        Ok(pattern) => pattern.search(text(&args[1]), &mut |steps| state.spend(steps))?.matches(),
        // A pattern that is none matches nothing, and nobody is told.
        Err(_) => Ok(false),
    });
    functions.add("mustRegexMatch", signature(), |state, args| {
        let pattern = compile(state, &args[0], true)?;
        pattern.search(text(&args[1]), &mut |steps| state.spend(steps))?.matches()
    });
}

fn add_find(functions: &mut Functions, must: bool) {
    let name = |plain: &str| named(plain, must);
    functions.add(
        &name("regexFind"),
        Signature::new([Type::String, Type::String], Type::String),
        move |state, args| {
            let pattern = compile(state, &args[0], must)?;
            let mut spend = |steps| state.spend(steps);
            let found = pattern.search(text(&args[1]), &mut spend)?.first()?;
            Ok::<_, Fault>(Value::Str(Str::from(found.unwrap_or_default())))
        },
    );
    let many = || Signature::new([Type::String, Type::String, Type::Int], Type::StringList);
    functions.add(&name("regexFindAll"), many(), move |state, args| {
        let pattern = compile(state, &args[0], must)?;
        let haystack = text(&args[1]);
        let count = count(&args[2]).unwrap_or(haystack.len() + 1);
        let found = pattern.search(haystack, &mut |steps| state.spend(steps))?.all(count)?;
        if found.is_empty() {
            return Ok::<_, Fault>(nil_list());
        }
        list_of(state, found.into_iter().map(|(from, to)| &haystack[from..to]).collect())
    });
    functions.add(&name("regexSplit"), many(), move |state, args| {
        let pattern = compile(state, &args[0], must)?;
        split(state, &pattern, text(&args[1]), count(&args[2]))
    });
}

fn add_replace(functions: &mut Functions, must: bool) {
    let signature = || Signature::new([Type::String, Type::String, Type::String], Type::String);
    functions.add(&named("regexReplaceAll", must), signature(), move |state, args| {
        replace(state, args, &Template::new(text(&args[2])), must)
    });
    functions.add(&named("regexReplaceAllLiteral", must), signature(), move |state, args| {
        replace(state, args, &Template::literal(text(&args[2])), must)
    });
}

fn replace(state: &mut State<'_>, args: &[Value], template: &Template<'_>, must: bool) -> Result<Value, Fault> {
    let pattern = compile(state, &args[0], must)?;
    let limit = state.room();
    let replaced = pattern.search(text(&args[1]), &mut |steps| state.spend(steps))?.replace(template, limit)?;
    Ok(Value::Str(replaced.into()))
}

/// Returns the name of the variant that fails by itself rather than by a panic.
fn named(plain: &str, must: bool) -> String {
    let (first, rest) = plain.split_at(1);
    if must { format!("must{}{rest}", first.to_uppercase()) } else { plain.to_owned() }
}

/// Compiles a pattern; without `must`, the error is the panic of Go's `regexp.MustCompile`.
fn compile(state: &mut State<'_>, value: &Value, must: bool) -> Result<Arc<Pattern>, Fault> {
    let text = text(value);
    pattern(state, text)?.map_err(|error| match must {
        true => Fault::from(error),
        false => Fault::new(format!("regexp: Compile({}): {error}", quote_pattern(text))),
    })
}

/// Returns the compiled form of a pattern, or Go's error of text that is none.
///
/// # Errors
/// When the pattern is too large or no steps are left.
fn pattern(state: &mut State<'_>, text: &[u8]) -> Result<Result<Arc<Pattern>, String>, Fault> {
    if let Some(pattern) = context::of(state)?.patterns().get(text) {
        return Ok(Ok(pattern));
    }
    state.spend(text.len() as u64)?;
    let pattern = match Pattern::compile(text, context::limits(state).regex_bytes) {
        Ok(pattern) => Arc::new(pattern),
        Err(CompileError::Syntax(error)) => return Ok(Err(error)),
        Err(CompileError::Limit(error)) => return Err(Fault::limit("regex_bytes", error)),
    };
    state.spend(pattern.size() as u64 / 4)?;
    context::of(state)?.patterns().keep(text, &pattern);
    Ok(Ok(pattern))
}

/// Quotes a pattern as package regexp does: in backquotes where that is possible.
fn quote_pattern(text: &[u8]) -> String {
    let plain = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.chars().all(|c| c == '\t' || !(c < ' ' || c == '`' || c == '\u{7f}' || c == '\u{feff}')));
    plain.map_or_else(|| quote(text), |text| format!("`{text}`"))
}

/// Returns a limit on the number of results; negative ones are none.
fn count(value: &Value) -> Option<usize> {
    match value {
        Value::Int(count, _) => usize::try_from(*count).ok(),
        _ => None,
    }
}

fn nil_list() -> List {
    List::nil(Shape::STRING_LIST)
}

/// Returns a list of texts, within the memory that the run has left.
fn list_of(state: &mut State<'_>, texts: Vec<&[u8]>) -> Result<List, Fault> {
    charge(state, texts.len())?;
    state.charge(texts.iter().map(|text| text.len()).sum())?;
    Ok(List::strings(texts))
}

fn split(state: &mut State<'_>, pattern: &Pattern, text: &[u8], count: Option<usize>) -> Result<List, Fault> {
    if count == Some(0) {
        return Ok(nil_list());
    }
    if !pattern.is_empty() && text.is_empty() {
        return Ok(List::strings([""]));
    }
    let matches = pattern.search(text, &mut |steps| state.spend(steps))?.all(count.unwrap_or(text.len() + 1))?;
    let mut parts: Vec<&[u8]> = Vec::new();
    let (mut from, mut to) = (0, 0);
    for found in matches {
        if count.is_some_and(|count| parts.len() == count - 1) {
            break;
        }
        to = found.0;
        if found.1 != 0 {
            parts.push(&text[from..to]);
        }
        from = found.1;
    }
    if to != text.len() {
        parts.push(&text[from..]);
    }
    list_of(state, parts)
}

fn quote_meta(text: &[u8]) -> Vec<u8> {
    let is_special = |byte: &u8| br"\.+*?()|[]{}^$".contains(byte);
    let mut out = Vec::with_capacity(text.len() + text.iter().filter(|byte| is_special(byte)).count());
    for &byte in text {
        if is_special(&byte) {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out
}

/// Returns the bytes of an argument that the signature says is a string.
fn text(value: &Value) -> &[u8] {
    match value {
        Value::Str(text) => text,
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn patterns_are_those_of_go() {
        check(&[
            (
                r#"{{ regexMatch "\\bfoo\\b" "a foo b" }} {{ regexMatch "(?i)B" "abc" }} {{ regexMatch "\\w" "é" }}"#,
                "true true false",
            ),
            (
                r#"{{ regexMatch "(" "x" }} {{ regexMatch "a**" "a" }} {{ regexMatch "(?=x)" "x" }}"#,
                "false false false",
            ),
            (
                r#"{{ regexMatch "\\Qa.b\\E" "a.b" }} {{ regexMatch "[[:^space:]]" " " }} {{ regexMatch "[a&&b]" "&" }}"#,
                "true false true",
            ),
            (r#"{{ mustRegexMatch "a{2,1}" "x" }}"#, "! error parsing regexp: invalid repeat count: `{2,1}`"),
            (
                r#"{{ regexFindAll "(" "x" -1 }}"#,
                "! regexp: Compile(`(`): error parsing regexp: missing closing ): `(`",
            ),
        ]);
    }

    #[test]
    fn the_first_alternative_wins() {
        check(&[
            (r#"{{ regexFind "a|ab" "ab" }} {{ regexFind "a+?" "aaa" }} {{ regexFind "(?U)a+" "aaa" }}"#, "a a a"),
            (r#"{{ regexFind "z" "abc" }}|{{ regexFind "\\xff" "a\xffb" }}"#, "|"),
        ]);
    }

    #[test]
    fn empty_matches_do_not_follow_a_match() {
        check(&[
            (r#"{{ regexFindAll "a*" "baac" -1 | toJson }}"#, r#"["","aa",""]"#),
            (r#"{{ regexReplaceAll "a*" "baac" "-" }} {{ regexReplaceAll "" "世a" "-" }}"#, "-b-c- -世-a-"),
            (
                r#"{{ regexSplit "" "世界" 2 | toJson }} {{ regexSplit "b*" "abc" -1 | toJson }}"#,
                r#"["世","界"] ["a","c"]"#,
            ),
            (r#"{{ regexSplit "," "" -1 | toJson }} {{ regexSplit "z" "pizza" 0 | toJson }}"#, r#"[""] null"#),
            (r#"{{ regexFindAll "x" "" -1 | toJson }} {{ regexFindAll "a" "aaa" 2 }}"#, "null [a a]"),
        ]);
    }

    #[test]
    fn replacements_name_groups() {
        check(&[
            (
                r#"{{ regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W" }} {{ regexReplaceAll "a(x*)b" "-ab-axxb-" "$1W" }}"#,
                "-W-xxW- ---",
            ),
            (r#"{{ regexReplaceAll "(?P<n>a)" "banana" "[${n}x$$]" }}"#, "b[ax$]n[ax$]n[ax$]"),
            (r#"{{ regexReplaceAll "(a)" "a" "${1" }} {{ regexReplaceAll "(a)" "a" "${01}" }}"#, "${1 "),
            (r#"{{ mustRegexReplaceAllLiteral "a" "banana" "$1" }}"#, "b$1n$1n$1"),
        ]);
    }

    #[test]
    fn broken_bytes_are_characters_that_stay_as_they_are() {
        check(&[
            (r#"{{ regexReplaceAll "b." "ab\xffc" "<$0>" | toJson }}"#, "\"a\\u003cb\u{fffd}\\u003ec\""),
            (r#"{{ regexFindAll "." "\xff\xc3a" -1 | len }} {{ regexMatch "^\\x{fffd}$" "\xff" }}"#, "3 true"),
        ]);
    }

    #[test]
    fn metacharacters_are_quoted() {
        check(&[(r#"{{ regexQuoteMeta "a+b*c?(d)[e]{f}|^$.-" }}"#, r"a\+b\*c\?\(d\)\[e\]\{f\}\|\^\$\.-")]);
    }
}
