//! A value put into fields, or into the paths that fields hold.
//!
//! See `filters/valueadd` of <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

use ecow::EcoString;

use super::{Namespace, Transformer};
use crate::render::kustomize::config::Specs;
use crate::render::kustomize::decode::{self, Mode, SubjectMode, ValueAddConfig, ValueAddTarget, ValueAddTargets};
use crate::render::kustomize::error::{Error, Result};
use crate::render::kustomize::go;
use crate::render::kustomize::loader::Loader;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::Resource;
use crate::render::kustomize::select::select;
use crate::render::kustomize::session::Session;
use crate::render::kustomize::tree::{Kind, Tag, Tree};

/// Puts a value into fields.
#[derive(Debug)]
pub(in crate::render::kustomize) struct ValueAdd {
    value: EcoString,
    targets: Vec<ValueAddTarget>,
    /// What sets `metadata/namespace`.
    namespace: Namespace,
}

impl ValueAdd {
    /// Returns the transformer; without a value that is the name of the kustomization's folder.
    ///
    /// # Errors
    /// When there is no target, or one names no field.
    pub(in crate::render::kustomize) fn new(
        session: &mut Session<'_>,
        loader: &Loader,
        config: ValueAddConfig,
    ) -> Result<ValueAdd> {
        let mut targets = config.targets;
        if !config.target_file_path.is_empty() {
            let (text, _) = loader.load_text(session, &config.target_file_path)?;
            let file: ValueAddTargets = decode::read(&text, Mode::Lenient, session.limits())?;
            targets.extend(file.targets);
        }
        if targets.is_empty() {
            return Err(Error::new("must specify at least one target"));
        }
        for target in &targets {
            if target.field_path.is_empty() {
                return Err(Error::new("fieldPath cannot be empty"));
            }
            let position = target.file_path_position.0;
            if position < 0 {
                return Err(Error::new(format!("value of FilePathPosition ({position}) cannot be negative")));
            }
        }
        let value = match config.value.trim() {
            "" => go::base(&session.shown(loader.root())).into(),
            value => EcoString::from(value),
        };
        let namespace = Namespace::new(value.clone(), Specs::default(), false, &SubjectMode::default())?;
        Ok(ValueAdd { value, targets, namespace })
    }

    fn add(&self, session: &mut Session<'_>, resource: &Resource, target: &ValueAddTarget) -> Result<()> {
        if target.field_path == "metadata/namespace" {
            return self.namespace.document(session, resource.root);
        }
        let tree = &mut session.tree;
        let path = split(&target.field_path);
        let Some(field) = tree.lookup_create(resource.root, &path, Kind::Scalar)? else { return Ok(()) };
        tree.expect(field, Kind::Scalar)?;
        let value = match usize::try_from(target.file_path_position.0) {
            Ok(position @ 1..) => with_part(tree.text(field), position - 1, &self.value),
            _ => self.value.clone(),
        };
        set(tree, field, value)
    }
}

fn set(tree: &mut Tree, field: crate::render::kustomize::tree::NodeId, value: EcoString) -> Result<()> {
    tree.set_scalar(field, value, Tag::Empty)
}

impl Transformer for ValueAdd {
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
        for target in &self.targets {
            let places = match &target.selector {
                Some(selector) => select(session, map, selector)?,
                None => (0..map.len()).collect(),
            };
            for at in places {
                map.change(session, at, |session, resource| self.add(session, resource, target))?;
            }
        }
        Ok(())
    }
}

/// Splits a path of fields; a backslash before a slash keeps it in the name.
fn split(path: &str) -> Vec<EcoString> {
    let mut fields: Vec<EcoString> = Vec::new();
    for part in path.split('/') {
        match fields.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push('/');
                last.push_str(part);
            }
            _ => fields.push(part.into()),
        }
    }
    fields
}

/// Returns a path of files with a part put in at a position, or at its end; an absolute path stays absolute.
fn with_part(path: &str, position: usize, part: &str) -> EcoString {
    let (root, rest) = match path.strip_prefix('/') {
        Some(rest) => ("/", rest),
        None => ("", path),
    };
    let mut parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(position.min(parts.len()), part);
    let joined = go::clean(&format!("{root}{}", parts.join("/")));
    joined.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_go_into_paths_where_kyaml_puts_them() {
        for (path, position, want) in [
            ("", 0, "PEACH"),
            ("/", 3, "/PEACH"),
            ("pie", 0, "PEACH/pie"),
            ("/pie", 0, "/PEACH/pie"),
            ("raw", 9, "raw/PEACH"),
            ("/raw", 1, "/raw/PEACH"),
            ("/a/nice/warm/pie", 3, "/a/nice/warm/PEACH/pie"),
        ] {
            assert_eq!(with_part(path, position, "PEACH"), want, "{path}");
        }
        assert_eq!(split(r"metadata/annotations/a.b\/c").join(" "), "metadata annotations a.b/c");
    }
}
