//! Types read in place from the text that [`compact_schema`](super::compact_schema) writes.

use std::borrow::Cow;
use std::collections::HashMap;

use ecow::EcoString;

/// The types of one document.
#[derive(Debug)]
pub(super) struct Layer {
    text: Cow<'static, str>,
    /// Where each map begins.
    types: Vec<usize>,
    kinds: HashMap<(EcoString, EcoString), usize>,
    names: HashMap<EcoString, usize>,
    scopes: HashMap<(EcoString, EcoString), bool>,
}

impl Layer {
    pub(super) fn new(text: impl Into<Cow<'static, str>>) -> Layer {
        let text = text.into();
        let mut layer =
            Layer { types: Vec::new(), kinds: HashMap::new(), names: HashMap::new(), scopes: HashMap::new(), text };
        let mut part = "";
        let mut at = 0;
        for line in layer.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let line = line.trim_end_matches('\n');
            if part != "types" && matches!(line, "scopes" | "kinds" | "names" | "types") {
                part = line;
                continue;
            }
            let mut words = line.split(' ');
            let mut word = || EcoString::from(words.next().unwrap_or_default());
            match part {
                "types" => layer.types.push(start),
                "scopes" => {
                    layer.scopes.insert((word(), word()), word() == "namespaced");
                }
                "names" => {
                    let name = word();
                    layer.names.extend(word().parse().ok().map(|number: usize| (name, number)));
                }
                "kinds" => {
                    let key = (word(), word());
                    layer.kinds.extend(word().parse().ok().map(|number: usize| (key, number)));
                }
                _ => {}
            }
        }
        layer
    }

    /// Whether objects of a type live in namespaces; `None` where the document does not say.
    pub(super) fn is_namespaced(&self, api_version: &str, kind: &str) -> Option<bool> {
        self.scopes.get(&(api_version.into(), kind.into())).copied()
    }

    /// Returns the place of the type of whole objects.
    pub(super) fn root(&self, api_version: &str, kind: &str) -> Option<usize> {
        let number = self.kinds.get(&(api_version.into(), kind.into()))?;
        self.types.get(*number).copied()
    }

    /// Returns the place of the map that a definition is.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.types.get(*self.names.get(name)?).copied()
    }

    /// Returns the definition of another document that stands at a place.
    pub(super) fn reference(&self, at: usize) -> Option<&str> {
        let rest = self.text.get(at..)?.strip_prefix('@')?;
        Some(&rest[..rest.find([' ', '\n', ']', '}']).unwrap_or(rest.len())])
    }

    /// Returns the names of the definitions by the places of their maps.
    pub(super) fn names_by_place(&self) -> HashMap<usize, EcoString> {
        let place = |(name, number): (&EcoString, &usize)| Some((*self.types.get(*number)?, name.clone()));
        self.names.iter().filter_map(place).collect()
    }

    /// Returns the place of the map that stands at a place, where it is one with a line of its own.
    pub(super) fn map_at(&self, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if number > 0 {
            return self.types.get(rest[..number].parse::<usize>().ok()?).copied();
        }
        (!rest.starts_with(['{', '[', '-', ']', '}', '@'])).then_some(at)
    }

    // The places of maps are where their line begins; all other places are those of an expression. A line begins with
    // a letter, `$` or a line break, an expression with none of these.
    fn fields(&self, at: usize) -> Option<&str> {
        let line = self.text.get(self.map_at(at)?..)?;
        Some(&line[..line.find('\n').unwrap_or(line.len())])
    }

    fn offset(&self, part: &str) -> usize {
        part.as_ptr() as usize - self.text.as_ptr() as usize
    }

    /// Returns the place of the type of a field.
    pub(super) fn field(&self, at: usize, name: &str) -> Option<usize> {
        if let Some(inner) = self.text.get(at..)?.strip_prefix('{') {
            return Some(self.offset(inner));
        }
        let line = self.fields(at)?;
        let expression = line.split(' ').find_map(|field| field.strip_prefix(name)?.strip_prefix(':'))?;
        Some(self.offset(expression))
    }

    /// Returns the place of the type of the items of a list.
    pub(super) fn item(&self, at: usize) -> Option<usize> {
        self.text.get(at..)?.strip_prefix('[').map(|inner| self.offset(inner))
    }

    /// Returns the keys by which a list is merged; none for scalars; `None` for one that is replaced.
    pub(super) fn merge_keys(&self, at: usize) -> Option<Vec<&str>> {
        let rest = self.text.get(at..)?.strip_prefix('[')?;
        let mut open = 1;
        let end = rest.bytes().position(|b| {
            open += match b {
                b'[' => 1,
                b']' => -1,
                _ => 0,
            };
            open == 0
        })?;
        let keys = rest[end + 1..].strip_prefix('+')?;
        let keys = &keys[..keys.find([' ', '\n', ']', '}']).unwrap_or(keys.len())];
        Some(keys.split(',').filter(|key| !key.is_empty()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_in_place() {
        let layer = Layer::new(
            "scopes\nv1 Node cluster\nkinds\nv1 Pod 0\ntypes\nlabels:{-} spec:1\ncontainers:[1]+name grid:[[2]+a,b] x:1\n\n",
        );
        assert_eq!(layer.is_namespaced("v1", "Node"), Some(false));
        assert_eq!(layer.is_namespaced("v1", "Pod"), None);
        let pod = layer.root("v1", "Pod").unwrap();
        let spec = layer.field(pod, "spec").unwrap();
        let containers = layer.field(spec, "containers").unwrap();
        assert_eq!(layer.merge_keys(containers).unwrap(), ["name"]);
        let container = layer.item(containers).unwrap();
        assert!(layer.field(container, "x").is_some(), "the items are the type itself");
        let grid = layer.field(spec, "grid").unwrap();
        assert_eq!(layer.merge_keys(grid), None);
        assert_eq!(layer.merge_keys(layer.item(grid).unwrap()).unwrap(), ["a", "b"]);
        assert_eq!(layer.field(spec, "contain"), None);
        let label = layer.field(layer.field(pod, "labels").unwrap(), "any").unwrap();
        assert_eq!(layer.field(label, "any"), None);
        assert_eq!(layer.item(spec), None);
    }
}
