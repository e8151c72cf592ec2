//! Labels, in objects and in the selectors and templates that refer to them.

use super::{Transformer, visit_specs};
use crate::object::Gvk;
use crate::render::kustomize::config::{Config, Spec, Specs, from_field_specs, merge_specs};
use crate::render::kustomize::decode::{Label, StringMap};
use crate::render::kustomize::error::{Result, Wrap};
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::session::Session;
use crate::render::kustomize::tree::{Create, Kind, Tag, Tree};

/// Sets labels.
#[derive(Debug)]
pub(in crate::render::kustomize) struct Labels {
    pub(in crate::render::kustomize) labels: StringMap,
    pub(in crate::render::kustomize) specs: Specs,
}

impl Labels {
    /// Returns the transformer for an entry of `labels`.
    ///
    /// # Errors
    /// When its fields disagree with those that are configured.
    pub(in crate::render::kustomize) fn of_label(label: &Label, config: &Config) -> Result<Labels> {
        let failed = || "failed to merge labels";
        let mut specs = merge_specs(&from_field_specs(&label.fields), &config.labels).wrap(failed)?;
        if label.include_selectors {
            specs = merge_specs(&specs, &config.common_labels).wrap(failed)?;
        } else {
            if label.include_templates {
                specs = merge_specs(&specs, &config.template_labels).wrap(|| "failed to merge template fieldSpec")?;
            }
            specs = merge_specs(&specs, &[Spec::new(Gvk::default(), "metadata/labels", true)]).wrap(failed)?;
        }
        Ok(Labels { labels: label.pairs.clone(), specs })
    }
}

impl Transformer for Labels {
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
        set_entries(session, map, &self.specs, &self.labels)
    }
}

/// Sets entries of the maps that some specs name.
pub(super) fn set_entries(
    session: &mut Session<'_>,
    map: &mut ResMap,
    specs: &Specs,
    entries: &StringMap,
) -> Result<()> {
    // Annotations are there where kustomize has some of its own, though nobody wrote any.
    let asks_for_annotations = specs.iter().any(|spec| !spec.create && spec.path.as_str() == "metadata/annotations");
    for resource in map.list_mut() {
        if asks_for_annotations {
            resource.reveal(&mut session.tree)?;
        }
        for (key, text) in &entries.0 {
            set_entry(&mut session.tree, resource.root, specs, key, text)?;
        }
        if asks_for_annotations {
            resource.conceal(&mut session.tree);
        }
        session.check_size()?;
    }
    Ok(())
}

/// Sets an entry of the maps that some specs name. All maps that lack it get the same node.
fn set_entry(
    tree: &mut Tree,
    root: crate::render::kustomize::tree::NodeId,
    specs: &Specs,
    key: &str,
    text: &str,
) -> Result<()> {
    let value = tree.tagged(text, Tag::Str);
    let create = Create { kind: Kind::Map, tag: Tag::Map };
    visit_specs(tree, root, specs, Some(create), &mut |tree, map| tree.set_field(map, key, value).map(drop))
}
