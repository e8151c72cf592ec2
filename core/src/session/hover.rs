//! What stands at a place.

use super::action::{Chain, Dialect, action_at, quoted_at};
use super::cursor::Role;
use super::knowledge::KeyFacts;
use super::outline::{On, outline};
use super::position::{Lines, Position, Range};
use super::scopes::{Known, Scope};
use super::words::{self, Word};
use super::workspace::Session;
use crate::object::{Gvk, TypeFacts};
use crate::source::VPath;
use crate::value::{Step, Value, ValuePath};
use crate::yaml;

/// What is to be said of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hover {
    /// The text, in Markdown.
    pub text: String,
    /// What it is about.
    pub range: Range,
}

impl Session {
    /// Returns what stands at a place of a file.
    pub fn hover(&self, file: &VPath, position: Position) -> Option<Hover> {
        let text = self.tree.text(file)?;
        let lines = Lines::new(&text);
        let offset = lines.offset(position);
        let (package, role) = self.role_of(file);
        if let (Role::Template(dialect), Some(package)) = (role, &package)
            && let Some(action) = action_at(&text, offset, dialect)
        {
            if action.is_comment || quoted_at(&action, offset).is_some() {
                return None;
            }
            let chain = Chain::at(&text, &action, offset).up_to(offset);
            let before = text.get(action.start..chain.start)?.trim_end();
            let text =
                self.about_chain(package, chain.text, before, &Scope::at(&text, action.open, dialect), dialect)?;
            return Some(Hover { text, range: lines.range(chain.start, chain.start + chain.text.len()) });
        }
        self.hover_yaml(file, package.as_ref(), role, &lines, offset)
    }

    fn about_chain(
        &self,
        package: &VPath,
        chain: &str,
        before: &str,
        scope: &Scope,
        dialect: Dialect,
    ) -> Option<String> {
        match scope.resolve(chain) {
            Known::Values(path) if path.is_root() => Some("the values of the package".to_owned()),
            Known::Values(path) => match self.knowledge(package).facts(&path) {
                Some(facts) => Some(about_value(&path, &facts)),
                None => Some(format!("`{path}` is not set in the values of the package")),
            },
            Known::Builtin(names) => {
                let (last, above) = names.split_last()?;
                words::members(dialect, above).find(|word| word.name == last).map(about_word)
            }
            Known::Root => None,
            Known::Unknown => {
                let named = |word: &Word| word.name == chain;
                let word = match dialect {
                    Dialect::Go => words::go_functions().chain(words::keywords(dialect)).find(named),
                    Dialect::Jinja if before.ends_with('|') => words::jinja("filters").find(named),
                    Dialect::Jinja if before.ends_with(" is") || before.ends_with(" is not") => {
                        words::jinja("tests").find(named)
                    }
                    Dialect::Jinja => words::jinja("functions").chain(words::keywords(dialect)).find(named),
                };
                word.map(about_word)
            }
        }
    }

    fn hover_yaml(
        &self,
        file: &VPath,
        package: Option<&VPath>,
        role: Role,
        lines: &Lines<'_>,
        offset: usize,
    ) -> Option<Hover> {
        let place = outline(lines, offset);
        let path = place.path();
        let (On::Key(bytes, key) | On::Value(key, bytes, _)) = &place.on;
        if key.is_empty() {
            return None;
        }
        let range = lines.range(bytes.start, bytes.end);
        let values = |path: &ValuePath| Some(about_value(path, &self.knowledge(package?).facts(path)?));
        let text = match role {
            Role::Values => values(&path),
            Role::Overlay => match path.steps().split_first() {
                Some((Step::Key(first), rest)) if first == "values" && !rest.is_empty() => {
                    values(&ValuePath::root().join(rest))
                }
                _ => about_field("overlay", &place.parents, key),
            },
            Role::Package => about_field("package", &place.parents, key),
            Role::Chart => about_field("chart", &place.parents, key),
            Role::Kustomization => about_field("kustomization", &place.parents, key),
            Role::Template(_) | Role::Manifest => {
                let root = self.root_of(file)?;
                let answer = self.answer(&root);
                let schemas = answer.built.schemas()?;
                let gvk = Gvk::new(&place.api_version, &place.kind);
                let of = schemas.type_at(schemas.root(&gvk)?, &place.parents)?;
                let field = schemas.fields_of(of).into_iter().find(|field| field.name == *key)?;
                let mut text = format!("**{path}** of {}: {}", place.kind, field.form);
                if field.required {
                    text.push_str(", required");
                }
                if let Some(default) = &field.default {
                    text.push_str(&format!("\n\nBy default `{default}`."));
                }
                if !field.choices.is_empty() {
                    let choices: Vec<String> = field.choices.iter().map(|choice| format!("`{choice}`")).collect();
                    text.push_str(&format!("\n\nOne of {}.", choices.join(", ")));
                }
                Some(text)
            }
            Role::Other => None,
        };
        text.map(|text| Hover { text, range })
    }
}

fn about_field(file: &str, parents: &ValuePath, key: &str) -> Option<String> {
    let path = parents.to_string().replace("[0]", "[]");
    words::fields(file, &path).into_iter().find(|word| word.name == key).map(about_word)
}

fn about_word(word: Word) -> String {
    let form = if word.form.is_empty() { word.name } else { word.form };
    format!("`{form}`\n\n{}", word.about)
}

// Longer values are cut: a hover is read at a glance.
const MOST_LINES: usize = 20;

fn about_value(path: &ValuePath, facts: &KeyFacts) -> String {
    let mut text = format!("**{path}**");
    if !facts.types.is_empty() {
        text.push_str(&format!(": {}", facts.types.join(" or ")));
    }
    if facts.required {
        text.push_str(", required");
    }
    if !facts.description.is_empty() {
        text.push_str(&format!("\n\n{}", facts.description));
    }
    if !facts.choices.is_empty() {
        text.push_str(&format!("\n\nOne of `{}`.", facts.choices.join("`, `")));
    }
    if let Some(value) = &facts.value {
        let shown = shown(value);
        text.push_str(&format!("\n\n```yaml\n{shown}\n```"));
    }
    text
}

fn shown(value: &Value) -> String {
    let text = yaml::to_string(value);
    let lines: Vec<&str> = text.lines().take(MOST_LINES + 1).collect();
    match lines.len() > MOST_LINES {
        true => format!("{}\n…", lines[..MOST_LINES].join("\n")),
        false => lines.join("\n"),
    }
}
