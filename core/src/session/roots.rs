//! Which package a file belongs to.

use super::workspace::Session;
use crate::source::VPath;

/// What a folder is a package by.
const MARKS: [&str; 5] = ["rhumb.yaml", "Chart.yaml", "kustomization.yaml", "kustomization.yml", "Kustomization"];

impl Session {
    /// Returns the folders that are packages, sorted. Charts within charts belong to the outer one, packed charts
    /// (`.tgz`) outside of any package are packages themselves, and files that are in no package at all make the root of
    /// the session a folder of manifests.
    pub fn roots(&self) -> Vec<VPath> {
        let plain = self.is_plain();
        let mut roots: Vec<VPath> = self.files().filter_map(|path| self.root_in(path, plain)).collect();
        roots.sort();
        roots.dedup();
        roots
    }

    /// Returns the folder of the package that a file belongs to; `None` for a file that no package has to do with.
    pub fn root_of(&self, path: &VPath) -> Option<VPath> {
        self.root_in(path, self.is_plain())
    }

    fn is_plain(&self) -> bool {
        !self.files().any(|path| MARKS.contains(&path.file_name()))
    }

    fn root_in(&self, path: &VPath, plain: bool) -> Option<VPath> {
        let mut folder = path.parent();
        loop {
            if self.is_package(&folder) {
                return Some(self.outermost(folder));
            }
            if folder.is_root() {
                break;
            }
            folder = folder.parent();
        }
        if path.extension() == Some("tgz") {
            return Some(path.clone());
        }
        (path.is_yaml() && plain).then(VPath::root)
    }

    /// Returns the folder of the innermost package that a file belongs to: that of a subchart, not of its parent.
    pub(super) fn package_of(&self, path: &VPath) -> Option<VPath> {
        let mut folder = path.parent();
        loop {
            if self.is_package(&folder) {
                return Some(folder);
            }
            if folder.is_root() {
                return None;
            }
            folder = folder.parent();
        }
    }

    fn is_package(&self, folder: &VPath) -> bool {
        MARKS.iter().any(|name| folder.join(name).is_ok_and(|path| self.tree.has(&path)))
    }

    // `web/charts/redis` is a part of `web`.
    fn outermost(&self, folder: VPath) -> VPath {
        let mut found = folder;
        while let Some(outer) = chart_around(&found).filter(|outer| self.is_chart(outer)) {
            found = outer;
        }
        found
    }

    fn is_chart(&self, folder: &VPath) -> bool {
        folder.join("Chart.yaml").is_ok_and(|path| self.tree.has(&path))
    }
}

fn chart_around(folder: &VPath) -> Option<VPath> {
    let charts = folder.parent();
    (charts.file_name() == "charts").then(|| charts.parent())
}
