//! `.Files`: the files of a chart that nothing else is made of, read when a template asks for them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use data_encoding::BASE64;
use ecow::EcoString;
use gotemplate::{Fault, Function, List, Map, Object, Shape, Signature, Str, Type, Value};

use super::glob::{Glob, GlobError};
use super::objects::{method, method_on_text, object};
use super::value::write::{self, Bounds};
use crate::package::chart::{ChartError, ChartFile, Contents};
use crate::yaml::Dialect;

static FILES: Shape = Shape::new("engine.files", Type::Bytes);

/// Why a file could not be read when a template asked for it: the first of a run. Maps have no way to say so.
pub(super) type Unread = Arc<OnceLock<ChartError>>;

/// A map from paths to contents.
#[derive(Debug, Clone)]
struct Files(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    files: Entries,
    map: OnceLock<Map>,
    depth: usize,
    unread: Unread,
}

/// Where the entries of the map come from.
#[derive(Debug)]
enum Entries {
    /// All of a chart.
    All { contents: Arc<Contents>, by_path: OnceLock<BTreeMap<EcoString, ChartFile>> },
    /// What a pattern found.
    Some(BTreeMap<EcoString, ChartFile>),
}

/// Returns `.Files`. What it writes as YAML may be nested so deep.
pub(super) fn files(contents: &Arc<Contents>, depth: usize, unread: &Unread) -> Value {
    value(Entries::All { contents: contents.clone(), by_path: OnceLock::new() }, depth, unread)
}

fn value(files: Entries, depth: usize, unread: &Unread) -> Value {
    object(Files(Arc::new(Shared { files, map: OnceLock::new(), depth, unread: unread.clone() })))
}

impl Files {
    fn by_path(&self) -> &BTreeMap<EcoString, ChartFile> {
        let entry = |file: &ChartFile| (file.name.clone(), file.clone());
        match &self.0.files {
            Entries::All { contents, by_path } => by_path.get_or_init(|| contents.files.iter().map(entry).collect()),
            Entries::Some(files) => files,
        }
    }

    fn read(&self, file: &ChartFile) -> Str {
        match file.bytes() {
            Ok(bytes) => Str::from(bytes.clone()),
            Err(error) => {
                self.0.unread.get_or_init(|| error);
                Str::default()
            }
        }
    }

    fn bytes(&self, path: &[u8]) -> Str {
        let found = std::str::from_utf8(path).ok().and_then(|path| self.by_path().get(path));
        found.map(|file| self.read(file)).unwrap_or_default()
    }

    fn map(&self) -> &Map {
        self.0.map.get_or_init(|| {
            let map = Map::with_shape(&FILES);
            for (path, file) in self.by_path() {
                map.insert(path.as_str(), Value::Bytes(self.read(file)));
            }
            map
        })
    }

    fn glob(&self, pattern: &[u8]) -> Result<Value, GlobError> {
        // A pattern that is none stands for all files.
        let Some(glob) = Glob::new(pattern)? else { return Ok(object(self.clone())) };
        let files = self.by_path();
        let found = glob.filter(files.iter().map(|(path, file)| (path.as_bytes(), file)).collect())?;
        let found = found.into_iter().map(|(_, file)| (file.name.clone(), file.clone())).collect();
        Ok(value(Entries::Some(found), self.0.depth, &self.0.unread))
    }

    fn lines(&self, path: &[u8]) -> List {
        let content = self.bytes(path);
        if content.is_empty() {
            return List::strings(std::iter::empty::<Str>());
        }
        let text = content.strip_suffix(b"\n").unwrap_or(&content);
        List::strings(text.split(|byte| *byte == b'\n').map(Str::from))
    }

    /// Returns a YAML map from the last parts of the paths to texts.
    fn by_name(&self, text: impl Fn(&Str) -> Str) -> Value {
        let names = Map::with_shape(Shape::STRING_MAP);
        for (path, file) in self.by_path() {
            names.insert(base(path.as_bytes()), text(&self.read(file)));
        }
        let bounds = Bounds { depth: self.0.depth, bytes: usize::MAX };
        // Helm swallows errors.
        let text = write::yaml(&names.into(), Dialect::Sigs, bounds).unwrap_or_default();
        Value::from(text.strip_suffix('\n').unwrap_or(&text))
    }
}

impl Object for Files {
    fn type_name(&self) -> Cow<'_, str> {
        FILES.name.into()
    }

    fn underlying(&self) -> Option<Value> {
        Some(self.map().clone().into())
    }

    fn method(&self, name: &str) -> Option<Arc<Function>> {
        let files = self.clone();
        Some(match name {
            "Get" => method_on_text(Type::String, move |path| files.bytes(path)),
            "GetBytes" => method_on_text(Type::Bytes, move |path| Value::Bytes(files.bytes(path))),
            "Glob" => glob_method(files),
            "Lines" => Arc::new(Function::new(Signature::new([Type::String], Type::StringList), move |state, args| {
                let [Value::Str(path)] = args else { return Err(Fault::from("not a string")) };
                let content = files.bytes(path);
                state.charge(content.len())?;
                let lines = content.iter().filter(|&&byte| byte == b'\n').count() + 1;
                state.spend(lines as u64)?;
                state.charge(lines.saturating_mul(2 * size_of::<Value>()))?;
                Ok(files.lines(path))
            })),
            "AsConfig" => method(Type::String, move || files.by_name(Str::clone)),
            "AsSecrets" => method(Type::String, move || files.by_name(|content| BASE64.encode(content).into())),
            _ => return None,
        })
    }
}

fn glob_method(files: Files) -> Arc<Function> {
    Arc::new(Function::new(Signature::new([Type::String], Type::Named(FILES.name)), move |state, args| match args {
        [Value::Str(pattern)] => {
            // Each path is looked at, and each file found goes into a new map.
            state.spend(files.by_path().len() as u64 * (20 + pattern.len() as u64 / 4))?;
            files.glob(pattern).map_err(|error| match error {
                GlobError::TooMuch => {
                    Fault::limit("steps", "the pattern of `.Files.Glob` is too large or takes too long")
                }
                GlobError::Crash(len) => {
                    let end = len + 1;
                    Fault::new(format!("runtime error: slice bounds out of range [:{end}] with length {len}"))
                }
            })
        }
        _ => Err(Fault::from("not a string")),
    }))
}

/// Go's `path.Base`.
fn base(path: &[u8]) -> Str {
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |at| at + 1);
    let trimmed = &path[..end];
    match (trimmed.rsplit(|byte| *byte == b'/').next(), path) {
        (_, []) => ".".into(),
        (Some(name), _) if !name.is_empty() => name.into(),
        _ => "/".into(),
    }
}
