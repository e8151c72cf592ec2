//! What can be done about a place with one action.

use super::action::{Action, Chain, Dialect, action_at};
use super::cursor::Role;
use super::finding::Finding;
use super::insert::insertion;
use super::knowledge::parse;
use super::position::{Lines, Range};
use super::scopes::{Known, Scope};
use super::workspace::Session;
use crate::source::VPath;
use crate::value::{Step, ValuePath};

/// A text in the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    /// The file.
    pub file: VPath,
    /// What is replaced.
    pub range: Range,
    /// By what.
    pub text: String,
}

/// Something that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeAction {
    /// What it does, for people.
    pub title: String,
    /// The code of the finding that it does away with, if there is one.
    pub fixes: Option<&'static str>,
    /// The edits, which do not overlap.
    pub edits: Vec<TextEdit>,
}

impl Session {
    /// Returns what can be done about a range of a file: a name that is nearly right is replaced, a value that a template
    /// reads and nothing sets is created, a wrong `nindent` is put right.
    pub fn code_actions(&self, file: &VPath, range: Range) -> Vec<CodeAction> {
        let Some(text) = self.tree.text(file) else { return Vec::new() };
        let lines = Lines::new(&text);
        let mut found = Vec::new();
        let findings = self.root_of(file).map(|root| self.findings(&root)).unwrap_or_default();
        let touches = |finding: &&Finding| {
            finding.file.as_ref() == Some(file)
                && (finding.range.touches(range.start) || range.touches(finding.range.start))
        };
        for finding in findings.iter().filter(touches) {
            found.extend(renamed(file, &lines, finding));
            found.extend(self.required(finding));
        }
        if let (Some(package), Role::Template(dialect)) = self.role_of(file)
            && let Some(action) = action_at(&text, lines.offset(range.start), dialect)
        {
            found.extend(self.created(&package, &lines, &action, lines.offset(range.start), dialect));
            if dialect == Dialect::Go {
                found.extend(indented(file, &lines, &action));
            }
        }
        found
    }

    // The schema of the values asks for a key that nobody set.
    fn required(&self, finding: &Finding) -> Option<CodeAction> {
        let (root, key) = (self.root_of(finding.file.as_ref()?)?, quoted(&finding.message)?);
        if finding.code != "values-schema" || !finding.message.contains("required") {
            return None;
        }
        let above = finding.field.as_deref().and_then(ValuePath::parse).unwrap_or_default();
        let action = self.create(&root, &above.key(key))?;
        Some(CodeAction { fixes: Some(finding.code), ..action })
    }

    // An expression reads a value that is not set.
    fn created(
        &self,
        package: &VPath,
        lines: &Lines<'_>,
        action: &Action<'_>,
        offset: usize,
        dialect: Dialect,
    ) -> Option<CodeAction> {
        let chain = Chain::at(lines.text(), action, offset);
        let Known::Values(path) = Scope::at(lines.text(), action.open, dialect).resolve(chain.text) else {
            return None;
        };
        let is_there = path.is_root() || path.steps().iter().any(|step| matches!(step, Step::Index(_)));
        if is_there || self.knowledge(package).has(&path) {
            return None;
        }
        self.create(package, &path)
    }

    fn create(&self, package: &VPath, path: &ValuePath) -> Option<CodeAction> {
        let file = package.join("values.yaml").ok()?;
        let text = self.tree.text(&file).unwrap_or_default();
        let found = insertion(&text, parse(&text).as_ref(), path, "\"\"")?;
        let range = Lines::new(&text).range(found.offset, found.offset);
        let edits = vec![TextEdit { file, range, text: found.text }];
        Some(CodeAction { title: format!("Create `{path}` in values.yaml"), fixes: None, edits })
    }
}

// `did you mean …`: the name in the message is replaced where the finding stands.
fn renamed(file: &VPath, lines: &Lines<'_>, finding: &Finding) -> Option<CodeAction> {
    let near = finding.help.as_deref()?.strip_prefix("did you mean `")?.strip_suffix("`?")?;
    let wrong = quoted(&finding.message)?;
    let (near, wrong) = match near.contains('.') {
        true => (near, wrong),
        false => (near, wrong.rsplit('.').next().unwrap_or(wrong)),
    };
    let from = lines.offset(finding.range.start);
    let line = lines.line_of(from);
    let rest = lines.text().get(from..lines.start(line) + lines.line(line).len())?;
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let whole = |at: &usize| !rest[..*at].ends_with(is_part) && !rest[at + wrong.len()..].starts_with(is_part);
    let at = rest.match_indices(wrong).map(|(at, _)| at).find(whole)?;
    let range = lines.range(from + at, from + at + wrong.len());
    let edits = vec![TextEdit { file: file.clone(), range, text: near.to_owned() }];
    Some(CodeAction { title: format!("Change `{wrong}` to `{near}`"), fixes: Some(finding.code), edits })
}

fn quoted(message: &str) -> Option<&str> {
    message.split('`').nth(1)
}

// `nindent N` with an N that leaves the text outside of the key that it belongs to.
fn indented(file: &VPath, lines: &Lines<'_>, action: &Action<'_>) -> Option<CodeAction> {
    let (at, number, length) = indent_of(action)?;
    let wanted = wanted_indent(lines, action)?;
    if number == wanted {
        return None;
    }
    let range = lines.range(at, at + length);
    let edits = vec![TextEdit { file: file.clone(), range, text: wanted.to_string() }];
    Some(CodeAction { title: format!("Indent by {wanted}"), fixes: None, edits })
}

// The number behind the last `indent` or `nindent` of an action: where it stands, what it is, how long it is.
fn indent_of(action: &Action<'_>) -> Option<(usize, usize, usize)> {
    let at = action.body.rfind("indent ")? + "indent ".len();
    let rest = action.body.get(at..)?;
    let digits = rest.trim_start();
    let at = at + rest.len() - digits.len();
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    Some((action.start + at, digits.get(..length)?.parse().ok()?, length))
}

// The column in which the lines of an action belong: two behind the key above them, or that of the keys beside them.
fn wanted_indent(lines: &Lines<'_>, action: &Action<'_>) -> Option<usize> {
    let number = lines.line_of(action.open);
    let before = lines.text().get(lines.start(number)..action.open)?;
    if let Some(column) = key_column(before) {
        return before.trim_end().ends_with(':').then_some(column + 2);
    }
    if !before.trim().is_empty() {
        return None;
    }
    let above = (0..number).rev().map(|line| lines.line(line));
    let mut written = above.filter(|line| {
        let content = line.trim_start();
        !content.is_empty() && !content.starts_with('#') && !content.starts_with("{{")
    });
    let line = written.next()?;
    let column = key_column(line)?;
    let is_open = line.trim_end().ends_with(':');
    Some(if is_open { column + 2 } else { column })
}

// The column of the key of a line, behind the `-` of items.
fn key_column(line: &str) -> Option<usize> {
    let key = line.trim_start_matches([' ', '-']);
    (key.contains(": ") || key.trim_end().ends_with(':')).then(|| line.len() - key.len())
}
