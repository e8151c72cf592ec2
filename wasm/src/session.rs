//! The session as JavaScript sees it: plain objects in and out, and nothing else.

use js_sys::{JSON, Math, Object, Reflect, Uint8Array};
use rhumb::session::{Position, Range};
use serde_json::Value;
use wasm_bindgen::prelude::{JsCast, JsError, JsValue, wasm_bindgen};

use crate::api::Error;
use crate::workspace::Workspace;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = include_str!("types.d.ts");

/// Files in memory, edited one by one, and what the engine says of them: of packages, charts, kustomizations and
/// folders of manifests.
///
/// A `root` is the folder of a package among the files, `""` for the root of all of them. Answers are remembered: an edit
/// redoes only what has read the file. Every method throws an `Error` for a path that is absolute or leaves the root.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session(Workspace);

/// What a package rendered to at one moment, kept for a comparison. `free()` lets go of it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Snapshot(rhumb::session::Snapshot);

#[wasm_bindgen]
impl Session {
    /// Makes a session without files. With a `seed`, charts get random bytes made of it and the time `seconds` (since
    /// 1970); without one, functions that ask for either are errors.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(seed: Option<String>, seconds: Option<f64>) -> Session {
        let workspace = match seed {
            Some(seed) => Workspace::seeded(&seed, seconds.unwrap_or_default() as i64),
            None => Workspace::new(),
        };
        Session(workspace.named(Math::random().to_string()))
    }

    /// Sets a file, new or not, and says whether that changed anything.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root, or the content is neither a string nor bytes.
    #[wasm_bindgen(js_name = setFile)]
    pub fn set_file(
        &mut self,
        path: &str,
        #[wasm_bindgen(unchecked_param_type = "string | Uint8Array")] content: &JsValue,
    ) -> Result<bool, JsError> {
        Ok(self.0.set_file(path, bytes(path, content)?)?)
    }

    /// Sets many files: a map from path to text or bytes. One that is wrong changes nothing.
    ///
    /// # Errors
    /// As `setFile`.
    #[wasm_bindgen(js_name = loadFiles)]
    pub fn load_files(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Record<string, string | Uint8Array>")] files: &Object,
    ) -> Result<(), JsError> {
        let mut all = Vec::new();
        for key in Object::keys(files) {
            let path = key.as_string().unwrap_or_default();
            crate::workspace::path(&path)?;
            let content = Reflect::get(files, &key).unwrap_or_default();
            all.push((bytes(&path, &content)?, path));
        }
        for (content, path) in all {
            self.0.set_file(&path, content)?;
        }
        Ok(())
    }

    /// Unpacks a packed chart (`.tgz`) into a folder, by default one of the chart's name, and returns the folder. The
    /// limits of the engine hold; a chart that is refused changes nothing.
    ///
    /// # Errors
    /// When the archive is no chart or exceeds a limit.
    #[wasm_bindgen(js_name = loadArchive)]
    pub fn load_archive(&mut self, name: &str, bytes: &[u8], folder: Option<String>) -> Result<String, JsError> {
        Ok(self.0.load_archive(name, bytes, folder.as_deref())?)
    }

    /// Takes a file away and says whether there was one.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    #[wasm_bindgen(js_name = deleteFile)]
    pub fn delete_file(&mut self, path: &str) -> Result<bool, JsError> {
        Ok(self.0.delete_file(path)?)
    }

    /// Puts a text in the place of a range of a file.
    ///
    /// # Errors
    /// When there is no such file, or it is no text.
    pub fn edit(
        &mut self,
        path: &str,
        #[wasm_bindgen(unchecked_param_type = "Range")] range: &JsValue,
        text: &str,
    ) -> Result<bool, JsError> {
        Ok(self.0.edit(path, read_range(range), text)?)
    }

    /// Returns the content of a file.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    #[wasm_bindgen(js_name = readFile)]
    pub fn read_file(&self, path: &str) -> Result<Option<Vec<u8>>, JsError> {
        Ok(self.0.read_file(path)?)
    }

    /// Returns the paths of all files, sorted.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        self.0.files()
    }

    /// Returns the folders that are packages, sorted.
    #[must_use]
    pub fn roots(&self) -> Vec<String> {
        self.0.roots()
    }

    /// Returns the folder of the package that a file belongs to.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    #[wasm_bindgen(js_name = rootOf)]
    pub fn root_of(&self, path: &str) -> Result<Option<String>, JsError> {
        Ok(self.0.root_of(path)?)
    }

    /// Returns the environments of a package.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    pub fn environments(&self, root: &str) -> Result<Vec<String>, JsError> {
        Ok(self.0.environments(root)?)
    }

    /// Sets what a package is built with, in the place of what was set before.
    ///
    /// # Errors
    /// When the settings have an unknown field or an unknown version of Kubernetes.
    pub fn configure(
        &mut self,
        root: &str,
        #[wasm_bindgen(unchecked_param_type = "Settings")] settings: &JsValue,
    ) -> Result<(), JsError> {
        Ok(self.0.configure(root, &text_of(settings))?)
    }

    /// Renders a package: the text is what the command line prints.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    #[wasm_bindgen(unchecked_return_type = "Rendered")]
    pub fn render(&self, root: &str) -> Result<JsValue, JsError> {
        with_text(self.0.render(root)?)
    }

    /// Returns what `render` and `findings` say in one answer. What is as it was in the answer whose `state` is `since`
    /// is left out, and of the text the lines that changed are told: this is what a page asks at every key.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    #[wasm_bindgen(unchecked_return_type = "Update")]
    pub fn update(&mut self, root: &str, since: Option<String>) -> Result<JsValue, JsError> {
        with_text(self.0.update(root, since.as_deref())?)
    }

    /// Returns the objects that a package renders to, in the order of `render`, as plain data.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    #[wasm_bindgen(unchecked_return_type = "unknown[]")]
    pub fn objects(&self, root: &str) -> Result<JsValue, JsError> {
        object(&self.0.objects(root)?)
    }

    /// Returns the values that the templates of a package see; `null` for what has none, as a kustomization.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    #[wasm_bindgen(unchecked_return_type = "unknown")]
    pub fn values(&self, root: &str) -> Result<JsValue, JsError> {
        object(&self.0.values(root)?)
    }

    /// Returns what is wrong with a package, with places in its files.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    #[wasm_bindgen(unchecked_return_type = "Finding[]")]
    pub fn findings(&self, root: &str) -> Result<JsValue, JsError> {
        object(&self.0.findings(root)?)
    }

    /// Returns the findings of a package as the command line prints them.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    pub fn report(&self, root: &str) -> Result<String, JsError> {
        Ok(self.0.report(root)?)
    }

    /// Returns where a place of the text of `render` comes from; `null` where nothing stands there.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    #[wasm_bindgen(unchecked_return_type = "Explanation | null")]
    pub fn explain(&self, root: &str, line: u32, character: u32) -> Result<JsValue, JsError> {
        object(&self.0.explain(root, Position::new(line, character))?)
    }

    /// Returns what was rendered from a place of a file, in its own package or in that of `root`.
    ///
    /// # Errors
    /// When a path is absolute or leaves the root.
    #[wasm_bindgen(js_name = renderedFrom, unchecked_return_type = "RenderedPlace[]")]
    pub fn rendered_from(
        &self,
        path: &str,
        line: u32,
        character: u32,
        root: Option<String>,
    ) -> Result<JsValue, JsError> {
        object(&self.0.rendered_from(path, Position::new(line, character), root.as_deref())?)
    }

    /// Returns all that can be written at a place; whoever shows it filters by what is written already.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    #[wasm_bindgen(unchecked_return_type = "Completion[]")]
    pub fn complete(&self, path: &str, line: u32, character: u32) -> Result<JsValue, JsError> {
        object(&self.0.complete(path, Position::new(line, character))?)
    }

    /// Returns what stands at a place; `null` where there is nothing to say.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    #[wasm_bindgen(unchecked_return_type = "Hover | null")]
    pub fn hover(&self, path: &str, line: u32, character: u32) -> Result<JsValue, JsError> {
        object(&self.0.hover(path, Position::new(line, character))?)
    }

    /// Returns where what stands at a place is defined.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    #[wasm_bindgen(unchecked_return_type = "Location[]")]
    pub fn definition(&self, path: &str, line: u32, character: u32) -> Result<JsValue, JsError> {
        object(&self.0.definition(path, Position::new(line, character))?)
    }

    /// Returns what can be done about a range of a file with one action.
    ///
    /// # Errors
    /// When the path is absolute or leaves the root.
    #[wasm_bindgen(js_name = codeActions, unchecked_return_type = "CodeAction[]")]
    pub fn code_actions(
        &self,
        path: &str,
        #[wasm_bindgen(unchecked_param_type = "Range")] range: &JsValue,
    ) -> Result<JsValue, JsError> {
        object(&self.0.code_actions(path, read_range(range))?)
    }

    /// Returns what a package renders to now, with its own settings or with those that are given: another environment,
    /// other values.
    ///
    /// # Errors
    /// As `configure`.
    pub fn snapshot(
        &self,
        root: &str,
        #[wasm_bindgen(unchecked_param_type = "Settings | undefined")] settings: &JsValue,
    ) -> Result<Snapshot, JsError> {
        let settings = (!settings.is_undefined()).then(|| text_of(settings));
        Ok(Snapshot(self.0.snapshot(root, settings.as_deref())?))
    }

    /// Returns what differs from one snapshot to another, contents of Secrets masked.
    ///
    /// # Errors
    /// Never, but for a lack of memory.
    #[wasm_bindgen(unchecked_return_type = "Differences")]
    pub fn diff(&self, before: &Snapshot, after: &Snapshot) -> Result<JsValue, JsError> {
        object(&self.0.diff(&before.0, &after.0))
    }
}

fn object(value: &Value) -> Result<JsValue, JsError> {
    JSON::parse(&value.to_string()).map_err(|_| JsError::new("the answer could not be read"))
}

// A text goes over as it is: in JSON it would be escaped and read again.
fn with_text(mut answer: Value) -> Result<JsValue, JsError> {
    let text = answer.get_mut("text").map(Value::take);
    let answer = object(&answer)?;
    if let Some(text) = text.as_ref().and_then(Value::as_str) {
        let set = Reflect::set(&answer, &"text".into(), &JsValue::from_str(text));
        set.map_err(|_| JsError::new("the answer could not be made"))?;
    }
    Ok(answer)
}

// What JSON cannot say (`undefined`, a function) is nothing that settings can be.
fn text_of(value: &JsValue) -> String {
    JSON::stringify(value).ok().and_then(|text| text.as_string()).unwrap_or_else(|| "null".to_owned())
}

fn bytes(path: &str, content: &JsValue) -> Result<Vec<u8>, Error> {
    match content.as_string() {
        Some(text) => Ok(text.into_bytes()),
        None => match content.dyn_ref::<Uint8Array>() {
            Some(bytes) => Ok(bytes.to_vec()),
            None => Err(Error::Content(path.to_owned())),
        },
    }
}

fn read_range(value: &JsValue) -> Range {
    let get = |value: &JsValue, name: &str| Reflect::get(value, &name.into()).unwrap_or_default();
    let position = |name: &str| {
        let place = get(value, name);
        let number = |name: &str| get(&place, name).as_f64().unwrap_or_default() as u32;
        Position::new(number("line"), number("character"))
    };
    Range { start: position("start"), end: position("end") }
}
