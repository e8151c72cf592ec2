//! Kustomize's own field specs, from `../data`.

use std::sync::{Arc, LazyLock};

use super::{BackReference, Config, Spec, Specs};
use crate::object::Gvk;

pub(super) static CONFIG: LazyLock<Arc<Config>> = LazyLock::new(|| {
    let mut config = Config::default();
    for (head, specs) in sections(include_str!("../data/field-specs.txt")) {
        let field = match head {
            "namePrefix" => &mut config.name_prefix,
            "nameSuffix" => &mut config.name_suffix,
            "namespace" => &mut config.namespace,
            "commonLabels" => &mut config.common_labels,
            "templateLabels" => &mut config.template_labels,
            "commonAnnotations" => &mut config.common_annotations,
            "varReference" => &mut config.var_reference,
            "images" => &mut config.images,
            "replicas" => &mut config.replicas,
            _ => continue,
        };
        *field = specs;
    }
    let references = sections(include_str!("../data/name-references.txt"));
    config.name_reference = references
        .into_iter()
        .map(|(head, referrers)| BackReference { gvk: gvk(head.split_ascii_whitespace()), referrers })
        .collect();
    config.sort();
    Arc::new(config)
});

/// Returns the parts of a file, each behind a line `: head`. No spec of the data makes another one needless: a test
/// merges them.
fn sections(text: &'static str) -> Vec<(&'static str, Specs)> {
    let mut sections: Vec<(&str, Vec<Spec>)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(head) = line.strip_prefix(": ") {
            sections.push((head, Vec::new()));
        } else if let (Some(spec), Some((_, specs))) = (spec(line), sections.last_mut()) {
            specs.push(spec);
        }
    }
    sections.into_iter().map(|(head, specs)| (head, specs.into())).collect()
}

fn spec(line: &str) -> Option<Spec> {
    let mut words = line.split_ascii_whitespace();
    let (path, create) = (words.next()?, words.next()?);
    Some(Spec::new(gvk(words), path, create == "create"))
}

fn gvk<'w>(mut words: impl Iterator<Item = &'w str>) -> Gvk {
    let mut word = || words.next().filter(|word| *word != "-").unwrap_or_default().into();
    Gvk { group: word(), version: word(), kind: word() }
}

#[cfg(test)]
mod tests {
    use super::super::merge::Merger;
    use super::*;

    #[test]
    fn every_field_has_its_specs() {
        let config = &*CONFIG;
        assert_eq!(config.name_prefix.len(), 1);
        assert_eq!(config.images.len(), 6);
        assert_eq!(config.replicas.len(), 4);
        assert!(config.common_labels.len() > 30);
        assert!(config.var_reference.len() > 50);
        let targets: Vec<&str> = config.name_reference.iter().map(|reference| reference.gvk.kind.as_str()).collect();
        assert_eq!(targets.len(), 16, "{targets:?}");
        let paths = config.name_reference.iter().flat_map(|reference| reference.referrers.iter());
        assert!(paths.filter(|spec| spec.path.as_str() == "roleRef/name").count() == 3);
    }

    #[test]
    fn the_data_agrees_with_itself() {
        for text in [include_str!("../data/field-specs.txt"), include_str!("../data/name-references.txt")] {
            for (head, specs) in sections(text) {
                let mut merger = Merger::new(&[]);
                specs.iter().for_each(|spec| merger.add(spec).expect("no conflict"));
                assert_eq!(merger.finish(), specs, "{head}: one makes another needless");
            }
        }
    }
}
