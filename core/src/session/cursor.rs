//! What kind of place a cursor is at: in which file of which package, and in what there.

use super::action::Dialect;
use super::workspace::Session;
use crate::source::VPath;

/// What a file is to its package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A template of a native package or of a chart.
    Template(Dialect),
    /// Values of the package.
    Values,
    /// `overlay.yaml` of an environment.
    Overlay,
    /// `rhumb.yaml`.
    Package,
    /// `Chart.yaml`.
    Chart,
    Kustomization,
    /// Objects or patches of objects.
    Manifest,
    /// Nothing that anything is known of.
    Other,
}

impl Session {
    /// Returns the folder of the innermost package of a file, and what the file is to it.
    pub(super) fn role_of(&self, path: &VPath) -> (Option<VPath>, Role) {
        let Some(package) = self.package_of(path) else {
            return (None, if path.is_yaml() { Role::Manifest } else { Role::Other });
        };
        let Some(relative) = path.strip_prefix(&package) else { return (None, Role::Other) };
        let has = |name: &str| package.join(name).is_ok_and(|path| self.tree.has(&path));
        let root = self.root_of(path).unwrap_or_else(|| package.clone());
        let is_values = relative.as_str() == "values.yaml" || self.settings(&root).values_files.contains(path);
        let role = match (has("rhumb.yaml"), has("Chart.yaml")) {
            _ if is_values => Role::Values,
            (true, _) => in_native(&relative),
            (_, true) => in_chart(&relative),
            _ => in_kustomization(&relative),
        };
        (Some(package), role)
    }
}

fn in_native(relative: &VPath) -> Role {
    let parts: Vec<&str> = relative.parts().collect();
    match parts[..] {
        ["rhumb.yaml"] => Role::Package,
        ["templates", ..] => Role::Template(Dialect::Jinja),
        ["overlays", _, "overlay.yaml"] => Role::Overlay,
        ["files", ..] => Role::Other,
        _ => named(relative),
    }
}

fn in_chart(relative: &VPath) -> Role {
    let parts: Vec<&str> = relative.parts().collect();
    match parts[..] {
        ["Chart.yaml"] => Role::Chart,
        ["templates", ..] => Role::Template(Dialect::Go),
        ["overlays", _, "overlay.yaml"] => Role::Overlay,
        _ => named(relative),
    }
}

fn in_kustomization(relative: &VPath) -> Role {
    match relative.file_name() {
        "kustomization.yaml" | "kustomization.yml" | "Kustomization" => Role::Kustomization,
        _ if relative.is_yaml() => Role::Manifest,
        _ => Role::Other,
    }
}

// `values-prod.yaml`, `ci/small-values.yaml`: by custom, such files hold values.
fn named(relative: &VPath) -> Role {
    match relative.is_yaml() {
        true if relative.extension() != Some("json") && relative.file_name().contains("values") => Role::Values,
        true => Role::Manifest,
        false => Role::Other,
    }
}
