//! The folders that an editor has open, each with its session.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rhumb::render::Timestamp;
use rhumb::session::{Session, Settings};
use rhumb::source::{Files, Limits, VPath};

use super::uri;
use crate::disk::{DiskFiles, read_file};
use crate::inputs;

/// What is never a part of a package, and large.
const SKIPPED: [&str; 4] = [".git", "node_modules", "target", ".terraform"];

/// More files than a folder of packages has, and larger ones than somebody edits: what lies beyond is not looked at.
const MOST_FILES: usize = 20_000;
const MOST_BYTES: u64 = 4 << 20;

/// How many folders up the package of a file is looked for that lies in no folder of the editor.
const MOST_LEVELS: usize = 8;

/// A folder of the disk in memory.
pub(super) struct Folder {
    path: PathBuf,
    pub(super) session: Session,
    /// The files that the editor has: what the disk holds of them does not count.
    open: BTreeSet<VPath>,
    /// The files that findings were told of.
    told: BTreeSet<VPath>,
}

/// All folders.
#[derive(Default)]
pub(super) struct Folders {
    folders: Vec<Folder>,
    pub(super) settings: Settings,
    /// Files of values, as the editor named them.
    pub(super) values: Vec<String>,
}

impl Folder {
    fn load(path: &Path, settings: &Settings, values: &[String]) -> Option<Folder> {
        let disk = DiskFiles::open(path, 0, &Limits::default()).ok()?;
        let values_files = values.iter().filter_map(|name| VPath::parse(name).ok()).collect();
        let session = Session::new(inputs::engine()).with_seed("editor", Timestamp::default());
        let mut session = session.with_settings(Settings { values_files, ..settings.clone() });
        let walked = disk.walk(&VPath::root(), &mut |folder| !SKIPPED.contains(&folder.file_name())).ok()?;
        for file in walked.files.into_iter().filter(|file| file.bytes <= MOST_BYTES).take(MOST_FILES) {
            if let Ok(bytes) = disk.read(&file.path) {
                session.set_file(file.path, bytes.to_vec());
            }
        }
        Some(Folder { path: path.to_owned(), session, open: BTreeSet::new(), told: BTreeSet::new() })
    }

    /// Returns how the editor names a file.
    pub(super) fn uri(&self, file: &VPath) -> String {
        uri::from_path(&self.path.join(file.as_str()))
    }

    fn file(&self, path: &Path) -> Option<VPath> {
        VPath::parse(path.strip_prefix(&self.path).ok()?.to_str()?).ok()
    }

    /// Returns the packages of the files that are open.
    pub(super) fn roots(&self) -> BTreeSet<VPath> {
        self.open.iter().filter_map(|file| self.session.root_of(file)).collect()
    }

    /// Returns the findings by file; files that had some and have none any more are there without.
    pub(super) fn findings(&mut self) -> BTreeMap<VPath, Vec<rhumb::session::Finding>> {
        let mut found: BTreeMap<VPath, Vec<_>> = BTreeMap::new();
        for root in self.roots() {
            for finding in self.session.findings(&root) {
                if let Some(file) = finding.file.clone() {
                    let list = found.entry(file).or_default();
                    // Two kustomizations over one base find the same in it.
                    if !list.contains(&finding) {
                        list.push(finding);
                    }
                }
            }
        }
        let now: BTreeSet<VPath> = found.keys().cloned().collect();
        for file in std::mem::replace(&mut self.told, now) {
            found.entry(file).or_default();
        }
        found
    }
}

impl Folders {
    pub(super) fn add(&mut self, path: &Path) {
        let known = self.folders.iter().any(|folder| path.starts_with(&folder.path));
        self.folders.extend((!known).then(|| Folder::load(path, &self.settings, &self.values)).flatten());
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Folder> {
        self.folders.iter_mut()
    }

    /// Returns the folder of a file, and the file in it.
    pub(super) fn find(&self, uri: &str) -> Option<(&Folder, VPath)> {
        let path = uri::to_path(uri)?;
        self.folders.iter().find_map(|folder| Some((folder, folder.file(&path)?)))
    }

    fn find_mut(&mut self, uri: &str) -> Option<(&mut Folder, VPath)> {
        let path = uri::to_path(uri)?;
        self.folders.iter_mut().find_map(|folder| {
            let file = folder.file(&path)?;
            Some((folder, file))
        })
    }

    /// Takes a file as the editor has it. One that lies in no folder brings that of its package.
    pub(super) fn open(&mut self, uri: &str, text: &str) {
        if self.find(uri).is_none()
            && let Some(path) = uri::to_path(uri)
        {
            self.add(&folder_for(&path));
        }
        if let Some((folder, file)) = self.find_mut(uri) {
            folder.session.set_file(file.clone(), text);
            folder.open.insert(file);
        }
    }

    /// Puts a text in the place of a range of a file, or of the whole.
    pub(super) fn change(&mut self, uri: &str, range: Option<rhumb::session::Range>, text: &str) {
        let Some((folder, file)) = self.find_mut(uri) else { return };
        match range {
            // What was never opened cannot be changed.
            Some(range) => drop(folder.session.edit(&file, range, text)),
            None => drop(folder.session.set_file(file, text)),
        }
    }

    /// Takes the file of the disk again.
    pub(super) fn close(&mut self, uri: &str) {
        if let Some((folder, file)) = self.find_mut(uri) {
            folder.open.remove(&file);
        }
        self.changed_on_disk(uri);
    }

    /// Reads a file of the disk anew, unless the editor has it.
    pub(super) fn changed_on_disk(&mut self, uri: &str) {
        let Some((folder, file)) = self.find_mut(uri) else { return };
        if folder.open.contains(&file) || file.parts().any(|part| SKIPPED.contains(&part)) {
            return;
        }
        match read_file(&folder.path.join(file.as_str()), MOST_BYTES) {
            Ok(bytes) => drop(folder.session.set_file(file, bytes)),
            Err(_) => drop(folder.session.remove_file(&file)),
        }
    }
}

// The outermost package around a file, or its folder.
fn folder_for(path: &Path) -> PathBuf {
    let marks = ["rhumb.yaml", "Chart.yaml", "kustomization.yaml", "kustomization.yml", "Kustomization"];
    let own = path.parent().unwrap_or(path);
    let packages =
        own.ancestors().take(MOST_LEVELS).filter(|folder| marks.iter().any(|mark| folder.join(mark).is_file()));
    packages.last().unwrap_or(own).to_owned()
}
