//! Secrets.

use ecow::EcoString;

use super::{Args, Generator, base, data, finish, generated};
use crate::render::kustomize::base64;
use crate::render::kustomize::error::Result;
use crate::render::kustomize::loader::Loader;
use crate::render::kustomize::resmap::{ResMap, set_data};
use crate::render::kustomize::session::Session;

/// Makes a Secret.
#[derive(Debug)]
pub(in crate::render::kustomize) struct SecretGenerator {
    pub(in crate::render::kustomize) args: Args,
    /// `type` of the Secret; empty for `Opaque`.
    pub(in crate::render::kustomize) kind: EcoString,
    pub(in crate::render::kustomize) loader: Loader,
}

impl Generator for SecretGenerator {
    fn generate(&self, session: &mut Session<'_>) -> Result<ResMap> {
        let root = base(session, "Secret", &self.args)?;
        let kind = if self.kind.is_empty() { "Opaque".into() } else { self.kind.clone() };
        let value = session.tree.string(kind);
        session.tree.set_field(root, "type", value)?;
        let values = data(session, &self.loader, &self.args)?;
        let values = values.into_iter().map(|(key, bytes)| (key, base64::encode_lines(&bytes).into()));
        let values = values.collect();
        set_data(&mut session.tree, root, "data", values)?;
        finish(session, root, &self.args)?;
        generated(session, root, &self.args)
    }
}
