//! What can be written at a place.

use super::action::{Action, Chain, Dialect, action_at, quoted_at};
use super::cursor::Role;
use super::knowledge::KeyFacts;
use super::outline::{On, Outline, outline};
use super::position::{Lines, Position, Range};
use super::scopes::{JINJA_ROOTS, Known, Scope};
use super::words::{self, Word};
use super::workspace::Session;
use crate::object::{Gvk, TypeFacts};
use crate::schema::FieldFacts;
use crate::source::{Files, VPath};
use crate::value::{Step, Value, ValuePath};

/// Something that can be written at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Completion {
    /// What is shown.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// Its type or how it is called, in a few words; may be empty.
    pub detail: String,
    /// What is to be said of it; may be empty.
    pub about: String,
    /// What is written.
    pub insert: String,
    /// What that takes the place of.
    pub range: Range,
}

/// The kinds of things to complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompletionKind {
    /// A key of values.
    Value,
    /// A field of an object or a file.
    Field,
    /// One of the texts that a field can have.
    Choice,
    /// A function, filter or test.
    Function,
    /// A variable or object of a template.
    Variable,
    /// A keyword of a template.
    Keyword,
    /// A named template.
    Template,
    /// A file.
    File,
}

impl CompletionKind {
    /// Returns the word for it in output.
    pub fn as_str(self) -> &'static str {
        match self {
            CompletionKind::Value => "value",
            CompletionKind::Field => "field",
            CompletionKind::Choice => "choice",
            CompletionKind::Function => "function",
            CompletionKind::Variable => "variable",
            CompletionKind::Keyword => "keyword",
            CompletionKind::Template => "template",
            CompletionKind::File => "file",
        }
    }
}

struct Found<'a> {
    lines: &'a Lines<'a>,
    list: Vec<Completion>,
    range: Range,
}

impl<'a> Found<'a> {
    fn new(lines: &'a Lines<'a>, start: usize, end: usize) -> Found<'a> {
        Found { lines, list: Vec::new(), range: lines.range(start, end) }
    }

    fn add(&mut self, label: &str, kind: CompletionKind, detail: &str, about: &str) -> &mut Completion {
        self.list.push(Completion {
            label: label.to_owned(),
            kind,
            detail: detail.to_owned(),
            about: about.to_owned(),
            insert: label.to_owned(),
            range: self.range,
        });
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    fn words(&mut self, words: impl IntoIterator<Item = Word>, kind: CompletionKind) {
        for word in words {
            self.add(word.name, kind, word.form, word.about);
        }
    }

    fn keys(&mut self, keys: Vec<KeyFacts>) {
        for key in keys {
            let summary = key.summary();
            self.add(&key.name, CompletionKind::Value, &summary, &key.description);
        }
    }
}

impl Session {
    /// Returns what can be written at a place of a file.
    ///
    /// Everything that fits the place is given, in the order of its file or schema; whoever shows it filters by what is
    /// written already.
    pub fn complete(&self, file: &VPath, position: Position) -> Vec<Completion> {
        let Some(text) = self.tree.text(file) else { return Vec::new() };
        let lines = Lines::new(&text);
        let offset = lines.offset(position);
        let (package, role) = self.role_of(file);
        if let (Role::Template(dialect), Some(package)) = (role, &package)
            && let Some(action) = action_at(&text, offset, dialect)
        {
            return if action.is_comment {
                Vec::new()
            } else {
                self.in_action(package, &lines, &action, offset, dialect)
            };
        }
        self.in_yaml(file, package.as_ref(), role, &lines, offset)
    }

    fn in_action(
        &self,
        package: &VPath,
        lines: &Lines<'_>,
        action: &Action<'_>,
        offset: usize,
        dialect: Dialect,
    ) -> Vec<Completion> {
        let text = lines.text();
        if let Some((before, start, content)) = quoted_at(action, offset) {
            let mut found = Found::new(lines, start, start + content.len());
            self.in_quotes(package, before, dialect, &mut found);
            return found.list;
        }
        let chain = Chain::at(text, action, offset).up_to(offset);
        let (base, last) = chain.split();
        let end = chain.start + chain.text.len();
        let mut found = Found::new(lines, end - last.len(), end);
        let scope = Scope::at(text, action.open, dialect);
        match base {
            Some(base) => self.below(package, &scope.resolve(base), dialect, &mut found),
            None => {
                found.range = lines.range(chain.start, end);
                let before = text.get(action.start..chain.start).unwrap_or("").trim_end();
                names(before, action, &scope, dialect, &mut found);
                for function in self.engine().function_names().filter(|_| dialect == Dialect::Jinja) {
                    found.add(function, CompletionKind::Function, "", "");
                }
            }
        }
        found.list
    }

    fn below(&self, package: &VPath, known: &Known, dialect: Dialect, found: &mut Found<'_>) {
        match known {
            Known::Root => found.words(words::members(dialect, &[]), CompletionKind::Variable),
            Known::Values(path) => found.keys(self.knowledge(package).keys(path)),
            Known::Builtin(names) => found.words(words::members(dialect, names), CompletionKind::Variable),
            Known::Unknown => {}
        }
    }

    // Names of templates and files stand in quotes.
    fn in_quotes(&self, package: &VPath, before: &str, dialect: Dialect, found: &mut Found<'_>) {
        let before = before.trim_end();
        let ends = |words: &[&str]| words.iter().any(|word| before.ends_with(word));
        match dialect {
            Dialect::Go if ends(&["include", "template", "block"]) => {
                for definition in self.definitions(package) {
                    found.add(&definition.name, CompletionKind::Template, definition.file.as_str(), "");
                }
            }
            Dialect::Go if ends(&[".Files.Get", ".Files.GetBytes", ".Files.Lines", ".Files.Glob"]) => {
                let skipped = ["templates", "charts", "crds"];
                self.relative_files(
                    package,
                    |path| !path.parts().next().is_some_and(|part| skipped.contains(&part)),
                    found,
                );
            }
            Dialect::Jinja if ends(&["include", "import", "from", "extends"]) => {
                self.relative_files(&package.join("templates").unwrap_or_default(), |_| true, found);
            }
            Dialect::Jinja if ends(&["files.get(", "files.has(", "files.lines(", "files.base64("]) => {
                self.relative_files(&package.join("files").unwrap_or_default(), |_| true, found);
            }
            Dialect::Go | Dialect::Jinja => {}
        }
    }

    fn relative_files(&self, folder: &VPath, wanted: impl Fn(&VPath) -> bool, found: &mut Found<'_>) {
        for path in self.tree.files().list(folder).unwrap_or_default() {
            if let Some(path) = path.strip_prefix(folder).filter(|path| wanted(path)) {
                found.add(path.as_str(), CompletionKind::File, "", "");
            }
        }
    }

    fn in_yaml(
        &self,
        file: &VPath,
        package: Option<&VPath>,
        role: Role,
        lines: &Lines<'_>,
        offset: usize,
    ) -> Vec<Completion> {
        let place = outline(lines, offset);
        let mut found = match &place.on {
            On::Key(bytes, _) => Found::new(lines, bytes.start, bytes.end.max(offset)),
            On::Value(_, bytes, _) => Found::new(lines, bytes.start.min(offset), bytes.end.max(offset)),
        };
        match (role, package) {
            (Role::Values, Some(package)) => self.values_keys(package, &place, &place.parents, &mut found),
            (Role::Overlay, Some(package)) => match place.parents.steps().split_first() {
                Some((Step::Key(first), rest)) if first == "values" => {
                    self.values_keys(package, &place, &ValuePath::root().join(rest), &mut found);
                }
                _ => own_fields("overlay", &place, &mut found),
            },
            (Role::Package, _) => own_fields("package", &place, &mut found),
            (Role::Chart, _) => own_fields("chart", &place, &mut found),
            (Role::Kustomization, Some(package)) => {
                own_fields("kustomization", &place, &mut found);
                self.kustomization_files(file, package, &place, &mut found);
            }
            (Role::Template(_) | Role::Manifest, _) => self.object_fields(file, &place, &mut found),
            _ => {}
        }
        let is_key = matches!(place.on, On::Key(..));
        let written = |completion: &Completion| {
            let own = matches!(&place.on, On::Key(_, key) if *key == completion.label);
            is_key && !own && place.siblings.contains(&completion.label)
        };
        found.list.retain(|completion| !written(completion));
        found.list
    }

    fn values_keys(&self, package: &VPath, place: &Outline, parents: &ValuePath, found: &mut Found<'_>) {
        let knowledge = self.knowledge(package);
        match &place.on {
            On::Key(..) => {
                for facts in knowledge.keys(parents) {
                    let is_map =
                        matches!(facts.value, Some(Value::Map(_))) || facts.types.iter().any(|t| t == "object");
                    let summary = facts.summary();
                    let insert = key_text(found.lines, place, &facts.name, is_map);
                    found.add(&facts.name, CompletionKind::Value, &summary, &facts.description).insert = insert;
                }
            }
            On::Value(key, ..) => {
                let facts = knowledge.facts(&parents.key(key.as_str()));
                choices(facts.iter().flat_map(|facts| facts.choices.iter().map(String::as_str)), found);
                if facts.is_some_and(|facts| facts.types.iter().any(|name| name == "boolean")) {
                    choices(["true", "false"], found);
                }
            }
        }
    }

    fn kustomization_files(&self, file: &VPath, package: &VPath, place: &Outline, found: &mut Found<'_>) {
        let path = place.parents.to_string();
        let lists = ["resources[0]", "components[0]", "bases[0]", "patchesStrategicMerge[0]", "configurations[0]"];
        if !lists.contains(&path.as_str()) && !matches!(&place.on, On::Value(key, ..) if key == "path") {
            return;
        }
        self.relative_files(
            package,
            |path| path.is_yaml() && package.join(path.as_str()).ok().as_ref() != Some(file),
            found,
        );
    }

    fn object_fields(&self, file: &VPath, place: &Outline, found: &mut Found<'_>) {
        let Some(root) = self.root_of(file).or_else(|| self.roots().into_iter().next()) else { return };
        let answer = self.answer(&root);
        let Some(schemas) = answer.built.schemas() else { return };
        if place.parents.is_root() {
            self.object_heads(schemas, place, found);
        }
        let gvk = Gvk::new(&place.api_version, &place.kind);
        let Some(of) = schemas.root(&gvk).and_then(|of| schemas.type_at(of, &place.parents)) else { return };
        match &place.on {
            On::Key(..) => {
                for field in schemas.fields_of(of) {
                    let insert = key_text(found.lines, place, &field.name, field.is_map);
                    found.add(&field.name, CompletionKind::Field, &form(&field), "").insert = insert;
                }
            }
            On::Value(key, ..) => {
                let Some(field) = schemas.fields_of(of).into_iter().find(|field| field.name == *key) else { return };
                choices(field.choices.iter().map(|choice| &**choice), found);
                if field.form == "boolean" {
                    choices(["true", "false"], found);
                }
            }
        }
    }

    fn object_heads(&self, schemas: &crate::schema::SchemaSet, place: &Outline, found: &mut Found<'_>) {
        let kinds = schemas.kinds();
        let mut texts: Vec<String> = match &place.on {
            On::Key(..) => {
                if place.kind.is_empty() || place.api_version.is_empty() {
                    for name in ["apiVersion", "kind", "metadata", "spec"] {
                        let insert = key_text(found.lines, place, name, matches!(name, "metadata" | "spec"));
                        found.add(name, CompletionKind::Field, "", "").insert = insert;
                    }
                }
                return;
            }
            On::Value(key, ..) if key == "apiVersion" => {
                let fits = kinds.iter().filter(|gvk| place.kind.is_empty() || gvk.kind == place.kind);
                let fits: Vec<String> = fits.map(|gvk| gvk.api_version().to_string()).collect();
                if fits.is_empty() { kinds.iter().map(|gvk| gvk.api_version().to_string()).collect() } else { fits }
            }
            On::Value(key, ..) if key == "kind" => {
                let fits =
                    kinds.iter().filter(|gvk| place.api_version.is_empty() || gvk.api_version() == place.api_version);
                fits.map(|gvk| gvk.kind.to_string()).collect()
            }
            On::Value(..) => return,
        };
        texts.sort();
        texts.dedup();
        choices(texts.iter().map(String::as_str), found);
    }
}

fn form(field: &FieldFacts) -> String {
    match field.required {
        true => format!("{}, required", field.form),
        false => field.form.clone(),
    }
}

fn choices<'a>(texts: impl IntoIterator<Item = &'a str>, found: &mut Found<'_>) {
    for text in texts {
        found.add(text, CompletionKind::Choice, "", "");
    }
}

fn own_fields(file: &str, place: &Outline, found: &mut Found<'_>) {
    if !matches!(place.on, On::Key(..)) {
        return;
    }
    let path: Vec<&str> = place
        .parents
        .steps()
        .iter()
        .map(|step| match step {
            Step::Key(key) => key.as_str(),
            Step::Index(_) => "[]",
        })
        .collect();
    for word in words::fields(file, &path.join(".").replace(".[]", "[]")) {
        let insert = key_text(found.lines, place, word.name, matches!(word.form, "map" | "list"));
        found.add(word.name, CompletionKind::Field, word.form, word.about).insert = insert;
    }
}

// A key is written with its colon, a map with room for its first key; a key that is there already stays as it is.
fn key_text(lines: &Lines<'_>, place: &Outline, name: &str, is_map: bool) -> String {
    let On::Key(bytes, _) = &place.on else { return name.to_owned() };
    if lines.text().get(bytes.end..).is_some_and(|rest| rest.starts_with(':')) {
        return name.to_owned();
    }
    match is_map {
        true => format!("{name}:\n{}", " ".repeat(place.column + 2)),
        false => format!("{name}: "),
    }
}

// Names at the start of an expression, behind `|`, behind `is`, and at the start of a statement.
fn names(before: &str, action: &Action<'_>, scope: &Scope, dialect: Dialect, found: &mut Found<'_>) {
    use CompletionKind::{Function, Keyword, Variable};
    match dialect {
        Dialect::Go => {
            if before.is_empty() {
                found.words(words::keywords(dialect), Keyword);
            }
            if !before.ends_with('|') {
                for name in scope.variables() {
                    found.add(name, Variable, "", "");
                }
            }
            found.words(words::go_functions(), Function);
        }
        Dialect::Jinja if before.ends_with('|') => found.words(words::jinja("filters"), Function),
        Dialect::Jinja if before.ends_with(" is") || before.ends_with(" is not") => {
            found.words(words::jinja("tests"), Function);
        }
        Dialect::Jinja if before.is_empty() && action.is_statement => found.words(words::keywords(dialect), Keyword),
        Dialect::Jinja => {
            for name in scope.variables() {
                found.add(name, Variable, "", "");
            }
            let roots = words::members(dialect, &[]).filter(|word| JINJA_ROOTS.contains(&word.name));
            found.words(roots, Variable);
            found.words(words::jinja("functions"), Function);
        }
    }
}
