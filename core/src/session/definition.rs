//! Where what stands at a place is defined.

use super::action::{Chain, Dialect, action_at, actions, quoted_at};
use super::cursor::Role;
use super::knowledge::parse;
use super::outline::{On, outline};
use super::position::{Lines, Position, Range};
use super::scopes::{Known, Scope};
use super::workspace::Session;
use crate::source::{Files, VPath};
use crate::value::{Step, ValuePath};
use crate::yaml::Node;

/// A stretch of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: VPath,
    /// Where in it.
    pub range: Range,
}

/// A named template of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) file: VPath,
    pub(super) range: Range,
}

impl Session {
    /// Returns where what stands at a place of a file is defined: the lines of values files that set a value, the lowest
    /// layer first; the named template, the included file, the file that a list of files names.
    pub fn definition(&self, file: &VPath, position: Position) -> Vec<Location> {
        let Some(text) = self.tree.text(file) else { return Vec::new() };
        let lines = Lines::new(&text);
        let offset = lines.offset(position);
        let (Some(package), role) = self.role_of(file) else { return Vec::new() };
        if let Role::Template(dialect) = role {
            let Some(action) = action_at(&text, offset, dialect).filter(|action| !action.is_comment) else {
                return Vec::new();
            };
            if let Some((before, _, name)) = quoted_at(&action, offset) {
                return self.named(&package, before.trim_end(), name, dialect);
            }
            let chain = Chain::at(&text, &action, offset).up_to(offset);
            return match Scope::at(&text, action.open, dialect).resolve(chain.text) {
                Known::Values(path) => self.values_lines(&package, file, &path),
                _ => Vec::new(),
            };
        }
        let place = outline(&lines, offset);
        match role {
            Role::Overlay | Role::Values => {
                let path = place.path();
                let path = if role == Role::Overlay { below_values(&path) } else { Some(path) };
                let lines = path.map(|path| self.values_lines(&package, file, &path)).unwrap_or_default();
                lines.into_iter().filter(|found| found.file != *file).collect()
            }
            Role::Kustomization | Role::Package => {
                let (On::Key(_, text) | On::Value(_, _, text)) = &place.on;
                self.listed(&package, text.trim_matches(['"', '\''])).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn named(&self, package: &VPath, before: &str, name: &str, dialect: Dialect) -> Vec<Location> {
        let ends = |words: &[&str]| words.iter().any(|word| before.ends_with(word));
        let file = |folder: &str| {
            let path = package.join(folder).ok()?.join(name).ok().filter(|path| self.tree.has(path))?;
            Some(Location { file: path, range: Range::default() })
        };
        match dialect {
            Dialect::Go if ends(&["include", "template", "block"]) => {
                let found = self.definitions(package).into_iter().filter(|definition| definition.name == name);
                found.map(|definition| Location { file: definition.file, range: definition.range }).collect()
            }
            Dialect::Go => file("").into_iter().collect(),
            Dialect::Jinja if ends(&["include", "import", "from", "extends"]) => {
                file("templates").into_iter().collect()
            }
            Dialect::Jinja => file("files").into_iter().collect(),
        }
    }

    /// Returns the named templates that a chart can call: its own, and those of the charts below and around it.
    pub(super) fn definitions(&self, package: &VPath) -> Vec<Definition> {
        let any = package.join("Chart.yaml").unwrap_or_default();
        let root = self.root_of(&any).unwrap_or_else(|| package.clone());
        let mut found = Vec::new();
        for path in self.tree.files().list(&root).unwrap_or_default() {
            if !path.parts().any(|part| part == "templates") {
                continue;
            }
            let Some(text) = self.tree.text(&path) else { continue };
            let lines = Lines::new(&text);
            for action in actions(&text, Dialect::Go).into_iter().filter(|action| !action.is_comment) {
                let body = action.body.trim_start();
                let Some(rest) = body.strip_prefix("define").or_else(|| body.strip_prefix("block")) else { continue };
                let Some(name) = rest.trim_start().strip_prefix(['"', '`']) else { continue };
                let name = &name[..name.find(['"', '`']).unwrap_or(name.len())];
                let start = action.start + action.body.find(name).unwrap_or(0);
                let range = lines.range(start, start + name.len());
                found.push(Definition { name: name.to_owned(), file: path.clone(), range });
            }
        }
        found
    }

    // The lines that set a value: those of the package's own file, then those of the layers above.
    fn values_lines(&self, package: &VPath, from: &VPath, path: &ValuePath) -> Vec<Location> {
        let mut found: Vec<Location> = Vec::new();
        let own = package.join("values.yaml").ok();
        found.extend(own.as_ref().and_then(|file| self.line_of_key(file, path)));
        let Some(root) = self.root_of(from) else { return found };
        // A part of another package: its values can be set in those of the outer one.
        if let Some(name) =
            package.strip_prefix(&root).filter(|name| !name.is_root()).map(|name| name.file_name().to_owned())
        {
            let outer = ValuePath::keys([name.as_str()]).join(path.steps());
            found.extend(root.join("values.yaml").ok().and_then(|file| self.line_of_key(&file, &outer)));
        }
        let settings = self.settings(&root);
        let below = ValuePath::keys(["values"]).join(path.steps());
        let answer = self.answer(&root);
        let chain = answer.built.package.as_ref().zip(settings.environment.as_ref());
        let chain = chain.and_then(|(package, name)| package.environment_chain(name).ok()).unwrap_or_default();
        for overlay in chain.into_iter().flat_map(|overlay| overlay.with_components()) {
            let file = overlay.folder.join("overlay.yaml").ok();
            found.extend(file.and_then(|file| self.line_of_key(&file, &below)));
        }
        for file in &settings.values_files {
            found.extend(self.line_of_key(file, path));
        }
        found
    }

    // The line of a key, where the file has it.
    fn line_of_key(&self, file: &VPath, path: &ValuePath) -> Option<Location> {
        let text = self.tree.text(file)?;
        let root = parse(&text)?;
        let span = key_of(&root, path)?;
        let lines = Lines::new(&text);
        let start = span as usize;
        let length = crate::diag::token_len(text.get(start..).unwrap_or("").lines().next().unwrap_or(""));
        Some(Location { file: file.clone(), range: lines.range(start, start + length) })
    }

    fn listed(&self, package: &VPath, name: &str) -> Option<Location> {
        let path = package.join(name).ok().filter(|_| !name.is_empty())?;
        let path =
            if self.tree.has(&path) { path } else { self.main_file(&path).filter(|file| file.parent() == path)? };
        Some(Location { file: path, range: Range::default() })
    }
}

/// Returns the start of the key at the end of a path, or of an item.
pub(super) fn key_of(root: &Node, path: &ValuePath) -> Option<u32> {
    let mut above = path.clone();
    match above.pop()? {
        Step::Key(key) => root.at(&above)?.entry(&key).map(|(key, _)| key.span.start),
        Step::Index(_) => root.at(path).map(|node| node.span.start),
    }
}

/// Returns what a path of an overlay is among the values, if it is one.
pub(super) fn below_values(path: &ValuePath) -> Option<ValuePath> {
    let (first, rest) = path.steps().split_first()?;
    if *first != Step::Key("values".into()) {
        return None;
    }
    Some(ValuePath::root().join(rest))
}
