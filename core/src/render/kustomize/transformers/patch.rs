//! An entry of `patches`: strategic merge patches or a JSON patch, whichever the text turns out to be.

use super::Transformer;
use super::json_patch::{Operations, apply as apply_json};
use super::strategic::{apply, apply_to_all};
use crate::render::kustomize::decode::{self, Patch, Selector};
use crate::render::kustomize::error::{Error, Result, Wrap};
use crate::render::kustomize::loader::{Loader, text_of};
use crate::render::kustomize::missed::Missed;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::{self, Resource};
use crate::render::kustomize::select::select;
use crate::render::kustomize::session::Session;
use crate::render::kustomize::{factory, go};
use crate::source::FileId;

/// Applies patches to the objects that they name, or to those that a target means.
#[derive(Debug)]
pub(in crate::render::kustomize) struct PatchTransformer {
    body: Body,
    target: Option<Selector>,
    /// How messages call the patch.
    source: String,
}

#[derive(Debug)]
enum Body {
    Strategic(Vec<Resource>),
    Json(Operations),
    Nothing,
}

impl PatchTransformer {
    /// Reads the patch of a field of the kustomization.
    ///
    /// # Errors
    /// As [`PatchTransformer::configured`].
    pub(super) fn new(session: &mut Session<'_>, loader: &Loader, patch: &Patch) -> Result<PatchTransformer> {
        PatchTransformer::configured(session, loader, patch, &decode::write(patch))
    }

    /// Reads the patch of a configuration, of which messages show the text.
    ///
    /// # Errors
    /// When there is none, there are two, the file is missing, or the text is no patch.
    pub(in crate::render::kustomize) fn configured(
        session: &mut Session<'_>,
        loader: &Loader,
        patch: &Patch,
        shown: &str,
    ) -> Result<PatchTransformer> {
        let inline = patch.patch.trim();
        let (text, source, file) = match (inline, patch.path.as_str()) {
            ("", "") => return Err(Error::new(format!("must specify one of patch and path in\n{shown}"))),
            (inline, "") => (inline.to_owned(), format!("[patch: {}]", go::quote(inline)), FileId::NONE),
            ("", path) => {
                let failed = || format!("failed to get the patch file from path({path})");
                let loaded = loader.load(session, path).wrap(failed)?;
                // What is no text is no patch either.
                let text = text_of(&loaded.bytes).unwrap_or_default();
                let file = session.add_source(&loaded.path, &text);
                (text, format!("[path: {}]", go::quote(path)), file)
            }
            _ => return Err(Error::new(format!("patch and path can't be set at the same time\n{shown}"))),
        };
        let body = match factory::resources(session, &text, file) {
            Ok(patches) if patches.is_empty() => Body::Nothing,
            Ok(patches) => Body::Strategic(patches),
            Err(_) => match Operations::parse(session, &text) {
                Ok(operations) => Body::Json(operations),
                Err(_) => return Err(Error::new(format!("unable to parse SM or JSON patch from {source}"))),
            },
        };
        let mut made = PatchTransformer { body, target: patch.target.clone(), source };
        if let (Body::Strategic(patches), Some(options)) = (&mut made.body, &patch.options) {
            for patch in patches.iter_mut().filter(|_| options.allow_name_change || options.allow_kind_change) {
                patch.build.allow_name_change |= options.allow_name_change;
                patch.build.allow_kind_change |= options.allow_kind_change;
                // Noting this makes strings of all annotations.
                let annotations = resource::annotations(&session.tree, patch.root);
                resource::set_annotations(&mut session.tree, patch.root, annotations)?;
            }
        }
        Ok(made)
    }

    fn strategic(&self, session: &mut Session<'_>, map: &mut ResMap, patches: &[Resource]) -> Result<()> {
        if let Some(target) = &self.target {
            let [patch] = patches else {
                return Err(Error::new(format!(
                    "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` \
                     field: {}",
                    self.source
                )));
            };
            let places = select(session, map, target).wrap(|| {
                let shown = format!("{}:a={}:l={}", target.id(), target.annotation_selector, target.label_selector);
                format!("unable to find patch target {} in `resources`", go::quote(&shown))
            })?;
            self.check_target(session, map, target, &places);
            return apply_to_all(session, map, &places, patch);
        }
        for patch in patches {
            let id = patch.original_id(&session.tree, &session.schemas);
            let at = map.by_any_id(session, &id).map_err(|error| {
                session.miss(|session| Missed::object(session, map, &id.gvk.kind, &id.name, "so the patch fails"));
                let quoted = go::quote(&id.to_string());
                error
                    .wrap(format!("no resource matches strategic merge patch {quoted}"))
                    .at(session.tree.get(patch.root).span)
            })?;
            map.change(session, at, |session, resource| apply(session, resource, patch))?;
        }
        Ok(())
    }

    fn check_target(&self, session: &mut Session<'_>, map: &ResMap, target: &Selector, places: &[usize]) {
        if places.is_empty() {
            let who = "so the patch changes nothing";
            session.miss(|session| Missed::object(session, map, &target.kind, &target.name, who));
        }
    }

    fn json(&self, session: &mut Session<'_>, map: &mut ResMap, operations: &Operations) -> Result<()> {
        let Some(target) = &self.target else {
            return Err(Error::new(format!("must specify a target for JSON patch {}", self.source)));
        };
        let places = select(session, map, target)?;
        self.check_target(session, map, target, &places);
        for at in places {
            map.change(session, at, |session, resource| {
                resource.store_previous_id(&session.tree, &session.schemas);
                // Kustomize goes on when the annotations cannot be written back.
                apply_json(session, resource, operations).map(drop)
            })?;
        }
        Ok(())
    }
}

impl Transformer for PatchTransformer {
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
        match &self.body {
            Body::Strategic(patches) => self.strategic(session, map, patches),
            Body::Json(operations) => self.json(session, map, operations),
            Body::Nothing => Ok(()),
        }
    }
}
