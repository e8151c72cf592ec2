//! Sprig's functions on regular expressions, with Go's syntax, errors and rules of matching.

use std::sync::Arc;

use gotemplate::fmt::quote;
use gotemplate::{Fault, Functions, List, Shape, Signature, Str, Type, Value};

use crate::go::regex::{self, CompileError, Pattern, Template};

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    add_match(functions);
    for must in [false, true] {
        add_find(functions, must);
        add_replace(functions, must);
    }
    functions.add("regexQuoteMeta", Signature::new([Type::String], Type::String), |_, args| {
        Ok(Value::Str(quote_meta(text(&args[0])).into()))
    });
}

fn add_match(functions: &mut Functions) {
    let signature = || Signature::new([Type::String, Type::String], Type::Bool);
    functions.add("regexMatch", signature(), |_, args| {
        // A pattern that is none matches nothing, and nobody is told.
        match regex::get(text(&args[0])) {
            Ok(pattern) => Ok(pattern.search(text(&args[1]))?.is_match()),
            Err(CompileError::Syntax(_)) => Ok(false),
            Err(CompileError::Limit(error)) => Err(Fault::limit("regex", error)),
        }
    });
    functions.add("mustRegexMatch", signature(), |_, args| {
        Ok::<_, Fault>(compile(&args[0], true)?.search(text(&args[1]))?.is_match())
    });
}

fn add_find(functions: &mut Functions, must: bool) {
    let name = |plain: &str| named(plain, must);
    functions.add(&name("regexFind"), Signature::new([Type::String, Type::String], Type::String), move |_, args| {
        let pattern = compile(&args[0], must)?;
        let search = pattern.search(text(&args[1]))?;
        Ok::<_, Fault>(Value::Str(Str::from(search.first().unwrap_or_default())))
    });
    let many = || Signature::new([Type::String, Type::String, Type::Int], Type::StringList);
    functions.add(&name("regexFindAll"), many(), move |_, args| {
        let pattern = compile(&args[0], must)?;
        let haystack = text(&args[1]);
        let found = pattern.search(haystack)?.all(count(&args[2]).unwrap_or(haystack.len() + 1));
        if found.is_empty() {
            return Ok::<_, Fault>(nil_list());
        }
        Ok(List::strings(found.into_iter().map(|(from, to)| &haystack[from..to])))
    });
    functions.add(&name("regexSplit"), many(), move |_, args| {
        let pattern = compile(&args[0], must)?;
        split(&pattern, text(&args[1]), count(&args[2]))
    });
}

fn add_replace(functions: &mut Functions, must: bool) {
    let signature = || Signature::new([Type::String, Type::String, Type::String], Type::String);
    functions.add(&named("regexReplaceAll", must), signature(), move |state, args| {
        let pattern = compile(&args[0], must)?;
        let template = Template::new(text(&args[2]));
        pattern.search(text(&args[1]))?.replace(&template, state.limits().output).map(|text| Value::Str(text.into()))
    });
    functions.add(&named("regexReplaceAllLiteral", must), signature(), move |state, args| {
        let pattern = compile(&args[0], must)?;
        let template = Template::literal(text(&args[2]));
        pattern.search(text(&args[1]))?.replace(&template, state.limits().output).map(|text| Value::Str(text.into()))
    });
}

/// Returns the name of the variant that fails by itself rather than by a panic.
fn named(plain: &str, must: bool) -> String {
    let (first, rest) = plain.split_at(1);
    if must { format!("must{}{rest}", first.to_uppercase()) } else { plain.to_owned() }
}

/// Compiles a pattern; without `must`, the error is the panic of Go's `regexp.MustCompile`.
fn compile(pattern: &Value, must: bool) -> Result<Arc<Pattern>, Fault> {
    let text = text(pattern);
    regex::get(text).map_err(|error| match error {
        CompileError::Syntax(error) if must => Fault::from(error),
        CompileError::Syntax(error) => Fault::new(format!("regexp: Compile({}): {error}", quote_pattern(text))),
        CompileError::Limit(error) => Fault::limit("regex", error),
    })
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

fn split(pattern: &Pattern, text: &[u8], count: Option<usize>) -> Result<List, Fault> {
    if count == Some(0) {
        return Ok(nil_list());
    }
    if !pattern.is_empty() && text.is_empty() {
        return Ok(List::strings([""]));
    }
    let matches = pattern.search(text)?.all(count.unwrap_or(text.len() + 1));
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
    Ok(List::strings(parts))
}

fn quote_meta(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if br"\.+*?()|[]{}^$".contains(&byte) {
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
