//! The namespace of objects, and of what refers to objects by namespace.
//!
//! See `filters/namespace` of <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

use ecow::EcoString;

use super::{Transformer, visit_spec, visit_specs};
use crate::object::Gvk;
use crate::render::kustomize::config::{Spec, Specs};
use crate::render::kustomize::decode::SubjectMode;
use crate::render::kustomize::error::{Cause, Error, Result, Wrap};
use crate::render::kustomize::go;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::{api_version, kind};
use crate::render::kustomize::session::Session;
use crate::render::kustomize::tree::{Create, Kind, NodeId, Tag, Tree};

/// Sets the namespace.
#[derive(Debug)]
pub(in crate::render::kustomize) struct Namespace {
    namespace: EcoString,
    specs: Specs,
    unset_only: bool,
    subjects: Subjects,
    own: Spec,
}

/// Of which subjects of bindings the namespace is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subjects {
    NamedDefault,
    ServiceAccounts,
    None,
}

const SCALAR: Create = Create { kind: Kind::Scalar, tag: Tag::Str };

impl Namespace {
    /// Returns the transformer.
    ///
    /// # Errors
    /// When the mode for subjects is unknown.
    pub(in crate::render::kustomize) fn new(
        namespace: EcoString,
        specs: Specs,
        unset_only: bool,
        subjects: &SubjectMode,
    ) -> Result<Namespace> {
        let subjects = match subjects.0.as_str() {
            "" | "defaultOnly" => Subjects::NamedDefault,
            "allServiceAccounts" => Subjects::ServiceAccounts,
            "none" => Subjects::None,
            other => {
                return Err(Error::new(format!(
                    "invalid value {} for setRoleBindingSubjects: must be one of \"defaultOnly\", \"none\" or \
                     \"allServiceAccounts\"",
                    go::quote(other)
                )));
            }
        };
        let own = Spec::new(Gvk::default(), "metadata/namespace", true);
        Ok(Namespace { namespace, specs, unset_only, subjects, own })
    }

    fn set(&self, tree: &mut Tree, node: NodeId) -> Result<()> {
        let is_set =
            |tree: &Tree| !tree.is_null(node) && tree.kind(node) == Kind::Scalar && !tree.text(node).is_empty();
        if self.unset_only && is_set(tree) {
            return Ok(());
        }
        tree.set_scalar(node, self.namespace.clone(), Tag::Str)
    }

    pub(super) fn document(&self, session: &mut Session<'_>, root: NodeId) -> Result<()> {
        let tree = &mut session.tree;
        let mut set = |tree: &mut Tree, node: NodeId| self.set(tree, node);
        if !session.schemas.is_cluster_scoped(api_version(tree, root), kind(tree, root)) {
            let create = Create { tag: Tag::Empty, ..SCALAR };
            visit_spec(tree, root, &self.own, Some(create), &mut set)?;
        }
        let is_binding = matches!(kind(tree, root), "RoleBinding" | "ClusterRoleBinding");
        if is_binding {
            self.binding(tree, root)?;
        }
        let is_core = api_version(tree, root) == "v1";
        let wanted = |spec: &&Spec| match spec.path.as_str() {
            "metadata/namespace" => false,
            "metadata/name" => is_core,
            "subjects/namespace" => {
                !(is_binding && matches!(spec.gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding"))
            }
            _ => true,
        };
        let specs: Specs = self.specs.iter().filter(wanted).cloned().collect();
        visit_specs(tree, root, &specs, Some(SCALAR), &mut set).map_err(|error| match error.cause() {
            Cause::WrongKind(kind) if kind != Kind::Scalar => {
                error.wrap("namespace field specs must target scalar nodes")
            }
            _ => error.wrap("namespace transformation failed"),
        })
    }

    fn binding(&self, tree: &mut Tree, root: NodeId) -> Result<()> {
        let (field, wanted) = match self.subjects {
            Subjects::None => return Ok(()),
            Subjects::NamedDefault => ("name", "default"),
            Subjects::ServiceAccounts => ("kind", "ServiceAccount"),
        };
        let Some(subjects) = tree.get_field(root, "subjects")?.filter(|subjects| !tree.is_null(*subjects)) else {
            return Ok(());
        };
        let all = || -> Result<()> {
            tree.expect(subjects, Kind::Seq)?;
            for subject in tree.items(subjects).to_vec() {
                let looking = || format!("looking up {field} on (cluster)role binding subject");
                let Some(found) = tree.get_field(subject, field).wrap(looking)? else { continue };
                tree.expect(found, Kind::Scalar).wrap(looking)?;
                if tree.is_null(found) || tree.text(found) != wanted {
                    continue;
                }
                if let Some(node) = tree.lookup_create(subject, &["namespace"], Kind::Scalar)? {
                    self.set(tree, node)?;
                }
            }
            Ok(())
        };
        let mut all = all;
        all().wrap(|| "setting namespace on (cluster)role binding subjects")
    }
}

impl Transformer for Namespace {
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
        if self.namespace.is_empty() {
            return Ok(());
        }
        for at in 0..map.len() {
            let resource = map.get(at);
            // Helm was told the namespace.
            if resource.is_nothing(&session.tree) || resource.build.from_helm {
                continue;
            }
            map.change(session, at, |session, resource| {
                resource.store_previous_id(&session.tree, &session.schemas);
                self.document(session, resource.root)
            })?;
            let id = map.get(at).id(&session.tree, &session.schemas);
            let same = map.places_by_current_id(session, &id);
            if same.len() != 1 {
                let shown: Vec<String> = same.iter().map(|at| map.get(*at).to_json(&mut session.tree)).collect();
                return Err(Error::new(format!("namespace transformation produces ID conflict: {}", go::list(&shown))));
            }
        }
        Ok(())
    }
}
