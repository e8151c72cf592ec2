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
        let Some(source) = self.sources.get(place.file) else { return Span::NONE };
        let root = self.roots.entry(place.file).or_insert_with(|| {
            let documents = yaml::parse(source.text(), place.file, self.limits).value;
            documents.into_iter().find_map(|document| document.root)
        });
        root.as_ref().and_then(|root| place.find_in(root)).unwrap_or(Span::new(place.file, 0))
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
}
