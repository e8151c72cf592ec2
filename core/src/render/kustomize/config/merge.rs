//! Merging of configurations: what is there stays, what is new is added, and all is put in the order of types.

use std::collections::HashMap;
use std::sync::Arc;

use super::{BackReference, Config, Spec, Specs};
use crate::render::kustomize::error::{Error, Result, Wrap};
use crate::render::kustomize::resid::sort_key;

/// Merges specs into others.
pub(super) struct Merger {
    specs: Vec<Spec>,
    by_path: HashMap<String, Vec<usize>>,
    added: bool,
}

impl Merger {
    pub(super) fn new(specs: &[Spec]) -> Merger {
        let mut merger = Merger { specs: Vec::with_capacity(specs.len()), by_path: HashMap::new(), added: false };
        specs.iter().for_each(|spec| merger.push(spec.clone()));
        merger.added = false;
        merger
    }

    fn push(&mut self, spec: Spec) {
        self.by_path.entry(spec.path.as_str().to_owned()).or_default().push(self.specs.len());
        self.specs.push(spec);
        self.added = true;
    }

    /// Adds a spec that no other covers.
    ///
    /// # Errors
    /// When one that covers it disagrees about creating the field.
    pub(super) fn add(&mut self, spec: &Spec) -> Result<()> {
        let same_path = self.by_path.get(spec.path.as_str()).map_or(&[][..], Vec::as_slice);
        match same_path.iter().map(|at| &self.specs[*at]).find(|there| there.covers(spec)) {
            Some(there) if there.create != spec.create => Err(Error::new("conflicting fieldspecs")),
            Some(_) => Ok(()),
            None => {
                self.push(spec.clone());
                Ok(())
            }
        }
    }

    pub(super) fn finish(self) -> Specs {
        self.specs.into()
    }
}

/// Merges lists; one to which nothing is added is shared.
///
/// # Errors
/// When two specs disagree.
pub(in crate::render::kustomize) fn merge_specs(there: &Specs, incoming: &[Spec]) -> Result<Specs> {
    if incoming.is_empty() {
        return Ok(there.clone());
    }
    let mut merger = Merger::new(there);
    incoming.iter().try_for_each(|spec| merger.add(spec))?;
    Ok(if merger.added { merger.finish() } else { there.clone() })
}

fn merge_references(there: &[BackReference], incoming: &[BackReference]) -> Result<Vec<BackReference>> {
    let mut merged = there.to_vec();
    for reference in incoming {
        match merged.iter_mut().find(|known| known.gvk == reference.gvk) {
            Some(known) => known.referrers = merge_specs(&known.referrers, &reference.referrers)?,
            None => merged.push(reference.clone()),
        }
    }
    Ok(merged)
}

pub(super) fn merge(there: &Arc<Config>, incoming: &Config) -> Result<Arc<Config>> {
    let merge = |name: &'static str, a: &Specs, b: &Specs| {
        merge_specs(a, b).wrap(|| format!("failed to merge {name} fieldSpec"))
    };
    let mut merged = Config {
        name_prefix: merge("NamePrefix", &there.name_prefix, &incoming.name_prefix)?,
        name_suffix: merge("NameSuffix", &there.name_suffix, &incoming.name_suffix)?,
        namespace: merge("NameSpace", &there.namespace, &incoming.namespace)?,
        common_annotations: merge("CommonAnnotations", &there.common_annotations, &incoming.common_annotations)?,
        common_labels: merge("CommonLabels", &there.common_labels, &incoming.common_labels)?,
        labels: merge("Labels", &there.labels, &incoming.labels)?,
        template_labels: merge("TemplateLabels", &there.template_labels, &incoming.template_labels)?,
        var_reference: merge("VarReference", &there.var_reference, &incoming.var_reference)?,
        name_reference: merge_references(&there.name_reference, &incoming.name_reference)
            .wrap(|| "failed to merge NameReference fieldSpec")?,
        images: merge("Images", &there.images, &incoming.images)?,
        replicas: merge("Replicas", &there.replicas, &incoming.replicas)?,
    };
    merged.sort();
    Ok(if merged == **there { there.clone() } else { Arc::new(merged) })
}

fn sorted(specs: &mut Specs) {
    let keys: Vec<_> = specs.iter().map(|spec| sort_key(&spec.gvk)).collect();
    if !keys.is_sorted() {
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_by(|a, b| keys[*a].cmp(&keys[*b]));
        *specs = order.into_iter().map(|at| specs[at].clone()).collect();
    }
}

impl Config {
    pub(super) fn sort(&mut self) {
        for specs in [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.common_annotations,
            &mut self.var_reference,
            &mut self.images,
            &mut self.replicas,
        ] {
            sorted(specs);
        }
        self.name_reference.sort_by_cached_key(|reference| sort_key(&reference.gvk));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Gvk;

    fn spec(path: &str, kind: &str, create: bool) -> Spec {
        Spec::new(Gvk { kind: kind.into(), ..Gvk::default() }, path, create)
    }

    #[test]
    fn a_spec_that_is_covered_is_not_added() {
        let there: Specs = [spec("a", "Pod", true)].into();
        assert_eq!(merge_specs(&there, &[spec("a", "", true)]).unwrap(), there);
        assert!(merge_specs(&there, &[spec("a", "", false)]).is_err());
        assert_eq!(merge_specs(&there, &[spec("a", "Service", false)]).unwrap().len(), 2);
    }

    #[test]
    fn merging_what_adds_nothing_gives_the_same_configuration() {
        let defaults = Config::defaults();
        assert!(Arc::ptr_eq(&defaults.merged(&defaults).unwrap(), &defaults));
        let copy = Arc::new((*defaults).clone());
        assert!(Arc::ptr_eq(&defaults.merged(&copy).unwrap(), &defaults));
        let empty = Arc::new(Config::default());
        assert_eq!(*empty.merged(&copy).unwrap(), *defaults);
        assert!(Arc::ptr_eq(&empty.merged(&defaults).unwrap(), &defaults));
    }
}
