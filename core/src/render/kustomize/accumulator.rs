//! What a kustomization gathers: resources, the fields to change in them, and vars.
//!
//! See `internal/accumulator/resaccumulator.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::EcoString;

use super::config::Config;
use super::decode::Var;
use super::error::{Error, Result};
use super::resmap::ResMap;
use super::session::Session;

/// Resources with the rules for them.
#[derive(Debug, Default)]
pub(super) struct Accumulator {
    pub(super) map: ResMap,
    pub(super) config: Arc<Config>,
    /// By name, with their defaults filled in.
    pub(super) vars: BTreeMap<EcoString, Var>,
}

impl Accumulator {
    /// Adds all that another one gathered.
    ///
    /// # Errors
    /// When an id or a var is there already, or two field specs disagree.
    pub(super) fn merge(&mut self, session: &Session<'_>, other: Accumulator) -> Result<()> {
        self.map.append_all(session, other.map)?;
        self.config = self.config.merged(&other.config)?;
        other.vars.into_values().try_for_each(|var| self.add_var(var))
    }

    /// Adds vars and marks the resources that they read.
    ///
    /// # Errors
    /// When a var fits several resources, or is there already.
    pub(super) fn add_vars(&mut self, session: &mut Session<'_>, vars: &[Var]) -> Result<()> {
        for var in vars {
            // The type is written, not looked up, so it counts as one that lives in namespaces.
            let id = super::resid::ResId {
                gvk: var.target.gvk(),
                name: var.target.name.clone(),
                namespace: var.target.namespace.clone(),
                cluster_scoped: false,
            };
            let by_namespace = !id.namespace.is_empty();
            let places = self.map.places_by_name(session, &id, by_namespace);
            match places.as_slice() {
                [] => {}
                [at] => self.map.list_mut()[*at].vars.push(var.name.clone()),
                several => {
                    let count = several.len();
                    let mut var = var.clone();
                    var.complete();
                    return Err(Error::new(format!(
                        "found {count} resId matches for var {var} (unable to disambiguate)"
                    )));
                }
            }
        }
        vars.iter().try_for_each(|var| self.add_var(var.clone()))
    }

    fn add_var(&mut self, mut var: Var) -> Result<()> {
        if self.vars.contains_key(&var.name) {
            return Err(Error::new(format!("var '{}' already encountered", var.name)));
        }
        if var.field.field_path.is_empty() {
            var.field.field_path = "metadata.name".into();
        }
        var.complete();
        self.vars.insert(var.name.clone(), var);
        Ok(())
    }
}
