//! The session itself: its files, its settings, and the answers it remembers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::Answer;
use super::memory::{Memory, Question, Recorder};
use super::position::{Lines, Range};
use super::settings::Settings;
use super::tree::Tree;
use crate::diag::Diagnostic;
use crate::pipeline::{Built, Engine, Manifest, Memo, Request, ValuesInput};
use crate::render::{Host, SeededHost, Timestamp};
use crate::source::{Files, VPath};

/// Files in memory, edited one by one, and what the engine says of them.
///
/// ```
/// use rhumb::pipeline::Engine;
/// use rhumb::session::Session;
/// use rhumb::source::VPath;
///
/// let mut session = Session::new(Engine::new());
/// let file = |path: &str| VPath::parse(path).expect("a good path");
/// session.set_file(file("rhumb.yaml"), "apiVersion: rhumb.dev/v1\nkind: Package\nname: demo\nversion: 0.1.0\n");
/// session.set_file(file("values.yaml"), "greeting: hello\n");
/// session.set_file(
///     file("templates/a.yaml"),
///     "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  text: {{ values.greeting }}\n",
/// );
/// let rendered = session.render(&VPath::root());
/// assert!(rendered.ok && rendered.text.contains("text: hello"));
/// ```
pub struct Session {
    engine: Engine,
    seed: Option<(String, Timestamp)>,
    defaults: Settings,
    pub(super) tree: Tree,
    settings: BTreeMap<VPath, Settings>,
    memory: Mutex<Memory>,
    memo: Memo,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("files", &self.tree.files().len()).finish_non_exhaustive()
    }
}

/// Why a file cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EditError {
    /// The session has no such file.
    NotFound(VPath),
    /// It holds bytes that are no UTF-8.
    NotText(VPath),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EditError::NotFound(path) => write!(f, "the session has no file `{path}`"),
            EditError::NotText(path) => write!(f, "`{path}` is no text"),
        }
    }
}

impl std::error::Error for EditError {}

impl Session {
    /// Returns a session without files.
    pub fn new(engine: Engine) -> Session {
        Session {
            engine,
            seed: None,
            defaults: Settings::default(),
            tree: Tree::default(),
            settings: BTreeMap::new(),
            memory: Mutex::default(),
            memo: Memo::default(),
        }
    }

    /// Gives charts a time and random bytes. Each build begins with the same bytes, so that an edit changes nothing but
    /// what it is about.
    #[must_use]
    pub fn with_seed(mut self, seed: &str, now: Timestamp) -> Session {
        self.seed = Some((seed.to_owned(), now));
        self
    }

    /// Sets what packages are built with that have no settings of their own.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Session {
        self.defaults = settings;
        self
    }

    /// Returns the engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Sets a file, new or not, and says whether that changed anything.
    pub fn set_file(&mut self, path: VPath, content: impl Into<Vec<u8>>) -> bool {
        self.tree.set(path, Arc::from(content.into()))
    }

    /// Takes a file away and says whether there was one.
    pub fn remove_file(&mut self, path: &VPath) -> bool {
        self.tree.remove(path)
    }

    /// Puts a text in the place of a range of a file.
    ///
    /// # Errors
    /// When there is no such file, or it is no text.
    pub fn edit(&mut self, path: &VPath, range: Range, new: &str) -> Result<bool, EditError> {
        let bytes = self.tree.files().read(path).map_err(|_| EditError::NotFound(path.clone()))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| EditError::NotText(path.clone()))?;
        let lines = Lines::new(text);
        let (start, end) = (lines.offset(range.start), lines.offset(range.end));
        let (start, end) = (start.min(end), start.max(end));
        let edited = [&text[..start], new, &text[end..]].concat();
        Ok(self.set_file(path.clone(), edited))
    }

    /// Returns the content of a file.
    pub fn file(&self, path: &VPath) -> Option<Arc<[u8]>> {
        self.tree.files().read(path).ok()
    }

    /// Returns the paths of all files, sorted.
    pub fn files(&self) -> impl Iterator<Item = &VPath> {
        self.tree.paths()
    }

    /// Sets what the package in a folder is built with.
    pub fn configure(&mut self, root: VPath, settings: Settings) {
        self.settings.insert(root, settings);
    }

    /// Returns what the package in a folder is built with.
    pub fn settings(&self, root: &VPath) -> Settings {
        self.settings.get(root).unwrap_or(&self.defaults).clone()
    }

    /// Returns the environments of the package in a folder.
    pub fn environments(&self, root: &VPath) -> Vec<String> {
        let answer = self.answer(root);
        answer.built.package.iter().flat_map(|package| package.environments()).map(str::to_owned).collect()
    }

    pub(super) fn answer(&self, root: &VPath) -> Arc<Answer> {
        self.ask(root, self.settings(root), false)
    }

    /// Returns an answer that knows where fields come from.
    pub(super) fn traced(&self, root: &VPath) -> Arc<Answer> {
        self.ask(root, self.settings(root), true)
    }

    pub(super) fn ask(&self, root: &VPath, settings: Settings, traced: bool) -> Arc<Answer> {
        let question = Question { root: root.clone(), settings, traced };
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = memory.find(&question, &self.tree) {
            return answer;
        }
        let recorder = Recorder::new(&self.tree);
        let built = self.build(&recorder, &question);
        let answer = Arc::new(Answer::new(root.clone(), built));
        memory.keep(question, recorder.into_seen(), answer.clone());
        answer
    }

    fn build(&self, files: &Recorder<'_>, question: &Question) -> Built {
        let settings = &question.settings;
        let text = |path: &VPath| {
            let bytes = files.read(path).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let is_archive = question.root.extension() == Some("tgz") && files.has(&question.root);
        let bytes = if is_archive { files.read(&question.root).unwrap_or_default() } else { Arc::default() };
        let mut request = match is_archive {
            true => Request::archive(question.root.as_str(), &bytes),
            false => Request::package(files, question.root.clone()),
        };
        request.environment.clone_from(&settings.environment);
        let named =
            settings.values_files.iter().map(|path| ValuesInput::File { name: path.to_string(), text: text(path) });
        request.values = named.chain(settings.values.iter().cloned()).collect();
        request.release_name.clone_from(&settings.release_name);
        request.namespace.clone_from(&settings.namespace);
        request.kube_version = settings.kube_version;
        request.api_versions.clone_from(&settings.api_versions);
        request.is_upgrade = settings.is_upgrade;
        request.strict = settings.strict;
        request.trace = question.traced;
        request.memo = Some(&self.memo);
        request.host = self.seed.as_ref().map(|(seed, now)| {
            let host: Arc<dyn Host + Send + Sync> = Arc::new(SeededHost::new(seed, *now));
            host
        });
        request.crds = settings.crds.iter().map(|path| Manifest { name: path.to_string(), text: text(path) }).collect();
        let read = |path: &str| {
            let path = VPath::parse(path).map_err(|error| error.to_string())?;
            let bytes = files.read(&path).map_err(|error| error.to_string())?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        request.read_file = Some(&read);
        let mut built = if settings.no_validate { self.engine.build(&request) } else { self.engine.check(&request) };
        if built.needs_parent.is_some() {
            let message = "a dependency lies above the folder that is open, so that it cannot be read";
            built.diagnostics.push(Diagnostic::error("session-above", message).help("open a folder further up"));
        }
        built
    }
}
