//! Where in a kustomization file something is asked for.
//!
//! A kustomization is decoded without places, which most builds never need. Who wants one, for an error or for a trace,
//! has the file read once more and looked through for the field.

use std::collections::HashMap;

use crate::source::{FileId, Limits, SourceMap, Span};
use crate::yaml::{self, Node};

/// A field of a kustomization file, or an entry of one that is a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: FileId,
    /// Its name as it is now; empty for the file as a whole.
    pub(super) field: &'static str,
    pub(super) entry: Option<usize>,
}

/// Fields whose entries are added to those of another field.
const OLD_NAMES: [(&str, &str); 3] =
    [("resources", "bases"), ("images", "imageTags"), ("helmCharts", "helmChartInflationGenerator")];

impl Place {
    /// The place of what no field asks for.
    pub(super) const NONE: Place = Place { file: FileId::NONE, field: "", entry: None };

    /// Returns the place of a field of a file.
    pub(super) fn field(file: FileId, field: &'static str) -> Place {
        Place { file, field, entry: None }
    }

    /// Returns the place of an entry of this field.
    pub(super) fn entry(self, entry: usize) -> Place {
        Place { entry: Some(entry), ..self }
    }

    /// Finds the place in the text: the entry, else the field, else the file.
    pub(super) fn find(self, sources: &SourceMap, limits: &Limits) -> Span {
        Finder::new(sources, limits).find(self)
    }

    fn find_in(self, root: &Node) -> Option<Span> {
        let old = OLD_NAMES.iter().find(|(name, _)| *name == self.field).map(|(_, old)| *old);
        let fields = [Some(self.field), old].map(|name| name.and_then(|name| field(root, name)));
        let Some(mut entry) = self.entry else { return fields.iter().flatten().next().map(|(key, _)| key.span) };
        for (_, value) in fields.iter().flatten() {
            let entries = value.as_seq().unwrap_or_default();
            match entries.get(entry) {
                Some(found) => return Some(found.span),
                None => entry -= entries.len(),
            }
        }
        fields.iter().flatten().next().map(|(key, _)| key.span)
    }
}

/// Finds the field that a mistake in a kustomization file is about, which only kustomize's words for it tell.
pub(super) fn of_mistake(file: FileId, message: &str, sources: &SourceMap, limits: &Limits) -> Span {
    let unknown =
        message.split_once("unknown field \"").and_then(|(_, rest)| rest.split_once('"')).map(|(name, _)| name);
    let typed = message.split_once("Go struct field ").and_then(|(_, rest)| rest.split_once(' ')).map(|(path, _)| path);
    // The first part is the name of the type.
    let path = typed.map(|path| path.split('.').skip(1).collect()).or(unknown.map(|name| vec![name]));
    let mut finder = Finder::new(sources, limits);
    let found = finder.root(file).and_then(|root| key(root, &path?));
    found.unwrap_or_else(|| finder.find(Place::field(file, "")))
}

/// Finds the deepest of nested keys, wherever below a node they begin; where several entries have it, the one of the
/// list is all that is known.
fn key(node: &Node, path: &[&str]) -> Option<Span> {
    let (first, rest) = path.split_first()?;
    if let Some((found, value)) = field(node, first) {
        return key(value, rest).or(Some(found.span));
    }
    let items = node.as_seq().unwrap_or_default().iter();
    let values = node.as_map().into_iter().flatten().map(|(_, value)| value);
    let mut found = items.chain(values).filter_map(|below| key(below, path));
    found.next().filter(|_| found.next().is_none())
}

/// Finds places, each file read once.
pub(super) struct Finder<'a> {
    sources: &'a SourceMap,
    limits: &'a Limits,
    roots: HashMap<FileId, Option<Node>>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(sources: &'a SourceMap, limits: &'a Limits) -> Finder<'a> {
        Finder { sources, limits, roots: HashMap::new() }
    }

    /// As [`Place::find`].
    pub(super) fn find(&mut self, place: Place) -> Span {
        if self.sources.get(place.file).is_none() {
            return Span::NONE;
        }
        self.root(place.file).and_then(|root| place.find_in(root)).unwrap_or(Span::new(place.file, 0))
    }

    fn root(&mut self, file: FileId) -> Option<&Node> {
        let source = self.sources.get(file)?;
        let root = self.roots.entry(file).or_insert_with(|| {
            let documents = yaml::parse(source.text(), file, self.limits).value;
            documents.into_iter().find_map(|document| document.root)
        });
        root.as_ref()
    }
}

/// Go takes the field whose name is the same in another case as well.
fn field<'n>(root: &'n Node, name: &str) -> Option<&'n (Node, Node)> {
    root.as_map()?.iter().find(|(key, _)| key.as_str().is_some_and(|key| key.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_also_under_the_old_name_of_a_field() {
        let mut sources = SourceMap::new();
        let text = "Resources:\n- a\nbases:\n- b\n- c\nnamespace: x\n";
        let file = sources.add("kustomization.yaml", text);
        let find = |place: Place| {
            let span = place.find(&sources, &Limits::default());
            sources.describe(span).unwrap_or_default()
        };
        let resources = Place::field(file, "resources");
        assert_eq!(find(resources), "kustomization.yaml:1:1");
        assert_eq!(find(resources.entry(0)), "kustomization.yaml:2:3");
        assert_eq!(find(resources.entry(2)), "kustomization.yaml:5:3");
        assert_eq!(find(resources.entry(3)), "kustomization.yaml:1:1");
        assert_eq!(find(Place::field(file, "namespace")), "kustomization.yaml:6:1");
        assert_eq!(find(Place::field(file, "patches").entry(1)), "kustomization.yaml:1:1");
        assert_eq!(find(Place::NONE), "");
    }

    #[test]
    fn mistakes_are_found_by_the_field_that_they_name() {
        let mut sources = SourceMap::new();
        let text = "resources: [a]\nnamespace: [a]\npatches:\n- path: p.yaml\n  traget: {}\nlabels:\n- pairs: 1\nimages:\n- name: a\n- name: b\n";
        let file = sources.add("kustomization.yaml", text);
        let find = |message: &str| {
            let span = of_mistake(file, message, &sources, &Limits::default());
            sources.describe(span).unwrap_or_default()
        };
        let wrong = |field: &str| format!("json: cannot unmarshal array into Go struct field {field} of type string");
        assert_eq!(find(&wrong("Kustomization.namespace")), "kustomization.yaml:2:1");
        assert_eq!(find(&wrong("Kustomization.labels.pairs")), "kustomization.yaml:7:3");
        assert_eq!(find(&wrong("Label.pairs")), "kustomization.yaml:7:3");
        assert_eq!(find("json: unknown field \"traget\""), "kustomization.yaml:5:3");
        assert_eq!(find(&wrong("Image.images.name")), "kustomization.yaml:8:1", "it may be either");
        assert_eq!(find("json: unknown field \"nobody\""), "kustomization.yaml:1:1");
        assert_eq!(find("another mistake"), "kustomization.yaml:1:1");
    }
}
