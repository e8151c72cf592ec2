//! The words of templates and files: what the engine knows under which name, with a line about each.

use super::action::Dialect;

/// A word with what is to be said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) name: &'static str,
    /// How it is called, or its type.
    pub(super) form: &'static str,
    pub(super) about: &'static str,
}

const GO_FUNCTIONS: &str = include_str!("data/go_functions.txt");
const JINJA_WORDS: &str = include_str!("data/jinja.txt");
const FIELDS: &str = include_str!("data/fields.txt");
const OBJECTS: &str = include_str!("data/objects.txt");

/// Returns the words of a section: lines `name | form | about` below `[section]`.
fn section(data: &'static str, name: &str) -> impl Iterator<Item = Word> {
    let is_head = move |line: &&str| line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) == Some(name);
    let below = data.lines().skip_while(move |line| !is_head(line)).skip(1);
    below.take_while(|line| !line.starts_with('[')).filter_map(word)
}

fn word(line: &'static str) -> Option<Word> {
    let mut cells = line.splitn(3, " | ").map(str::trim);
    let name = cells.next().filter(|name| !name.is_empty())?;
    Some(Word { name, form: cells.next().unwrap_or(""), about: cells.next().unwrap_or("") })
}

/// Returns the functions that charts can call.
pub(super) fn go_functions() -> impl Iterator<Item = Word> {
    section(GO_FUNCTIONS, "functions")
}

/// Returns the keywords of a language of templates.
pub(super) fn keywords(dialect: Dialect) -> impl Iterator<Item = Word> {
    match dialect {
        Dialect::Go => section(GO_FUNCTIONS, "keywords"),
        Dialect::Jinja => section(JINJA_WORDS, "tags"),
    }
}

/// Returns the filters, tests or functions of native templates.
pub(super) fn jinja(what: &str) -> impl Iterator<Item = Word> {
    section(JINJA_WORDS, what)
}

/// Returns what is below an object that the engine gives to templates: below nothing, the objects themselves.
pub(super) fn members(dialect: Dialect, names: &[String]) -> impl Iterator<Item = Word> + use<> {
    let prefix = match dialect {
        Dialect::Go => "go",
        Dialect::Jinja => "jinja",
    };
    let name = std::iter::once(prefix).chain(names.iter().map(String::as_str)).collect::<Vec<_>>().join(".");
    let found: Vec<Word> = section(OBJECTS, &name).collect();
    found.into_iter()
}

/// Returns the fields of a file that rhumb or the programs it stands in for read, below a path of keys.
pub(super) fn fields(file: &str, path: &str) -> Vec<Word> {
    let name = if path.is_empty() { file.to_owned() } else { format!("{file} {path}") };
    section(FIELDS, &name).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::render::{helm, native_words};

    #[test]
    fn every_function_of_charts_is_told_of_and_no_other() {
        let told: BTreeSet<String> = go_functions().map(|word| word.name.to_owned()).collect();
        let known: BTreeSet<String> = helm::function_names().into_iter().collect();
        assert_eq!(told, known);
    }

    #[test]
    fn every_filter_and_test_of_native_templates_is_told_of_and_no_other() {
        let known = native_words();
        for (what, known) in [("filters", known.filters), ("tests", known.tests), ("functions", known.functions)] {
            let told: BTreeSet<String> = jinja(what).map(|word| word.name.to_owned()).collect();
            assert_eq!(told, known.into_iter().collect(), "{what}");
        }
    }

    #[test]
    fn every_word_has_a_line_about_it() {
        let words = go_functions().chain(keywords(Dialect::Go)).chain(keywords(Dialect::Jinja));
        let words = words.chain(jinja("filters")).chain(jinja("tests")).chain(jinja("functions"));
        let words = words.chain(fields("kustomization", "")).chain(fields("chart", "")).chain(fields("package", ""));
        for word in words {
            assert!(!word.about.is_empty(), "{}", word.name);
        }
    }
}
