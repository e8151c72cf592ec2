//! ConfigMaps.

use ecow::EcoString;

use super::{Args, Generator, base, data, finish, generated};
use crate::render::kustomize::base64;
use crate::render::kustomize::error::Result;
use crate::render::kustomize::loader::Loader;
use crate::render::kustomize::resmap::{ResMap, set_data};
use crate::render::kustomize::resource::Texts;
use crate::render::kustomize::session::Session;

/// Makes a ConfigMap; what is no UTF-8 becomes binary data.
#[derive(Debug)]
pub(in crate::render::kustomize) struct ConfigMapGenerator {
    pub(in crate::render::kustomize) args: Args,
    pub(in crate::render::kustomize) loader: Loader,
}

impl Generator for ConfigMapGenerator {
    fn generate(&self, session: &mut Session<'_>) -> Result<ResMap> {
        let root = base(session, "ConfigMap", &self.args)?;
        let (mut texts, mut binary) = (Texts::new(), Texts::new());
        for (key, bytes) in data(session, &self.loader, &self.args)? {
            match std::str::from_utf8(&bytes) {
                Ok(text) => drop(texts.insert(key, EcoString::from(text))),
                Err(_) => drop(binary.insert(key, base64::encode_lines(&bytes).into())),
            }
        }
        for (field, values) in [("data", texts), ("binaryData", binary)] {
            if !values.is_empty() {
                set_data(&mut session.tree, root, field, values)?;
            }
        }
        finish(session, root, &self.args)?;
        generated(session, root, &self.args)
    }
}
