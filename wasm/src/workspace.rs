//! A session with texts for paths and JSON for answers, without the browser: what the tests of this crate call.

use rhumb::package::chart::load_archive;
use rhumb::render::Timestamp;
use rhumb::session::{Position, Range, Session, Snapshot};
use rhumb::source::{Limits, VPath};
use serde_json::Value;

use crate::answers;
use crate::api::{ENGINE, Error};
use crate::settings;

/// Files in memory and the questions about them.
#[derive(Debug)]
pub(crate) struct Workspace(Session);

pub(crate) fn path(text: &str) -> Result<VPath, Error> {
    VPath::parse(text).map_err(Error::Path)
}

// Callers write the root of all files as they write every path: without a dot.
fn text(path: &VPath) -> String {
    if path.is_root() { String::new() } else { path.to_string() }
}

impl Workspace {
    pub(crate) fn new() -> Workspace {
        Workspace(Session::new(ENGINE.clone()))
    }

    /// A seed gives charts random bytes, and `seconds` since 1970 the time.
    pub(crate) fn seeded(seed: &str, seconds: i64) -> Workspace {
        let now = Timestamp { seconds, nanoseconds: 0 };
        Workspace(Session::new(ENGINE.clone()).with_seed(seed, now))
    }

    pub(crate) fn set_file(&mut self, file: &str, content: Vec<u8>) -> Result<bool, Error> {
        Ok(self.0.set_file(path(file)?, content))
    }

    pub(crate) fn delete_file(&mut self, file: &str) -> Result<bool, Error> {
        Ok(self.0.remove_file(&path(file)?))
    }

    pub(crate) fn edit(&mut self, file: &str, range: Range, text: &str) -> Result<bool, Error> {
        self.0.edit(&path(file)?, range, text).map_err(Error::Edit)
    }

    /// Unpacks a packed chart below a folder; one that is refused leaves the session as it was.
    pub(crate) fn load_archive(&mut self, name: &str, bytes: &[u8], folder: Option<&str>) -> Result<String, Error> {
        let chart = load_archive(name, bytes, &Limits::default(), &mut Vec::new())
            .map_err(|error| Error::Archive(Box::new(error)))?;
        let folder = path(folder.unwrap_or(chart.metadata.name.as_str()))?;
        let files = chart.contents.raw.iter();
        let files = files.map(|file| Ok((folder.join(&file.name).map_err(Error::Path)?, file.data.to_vec())));
        for (file, content) in files.collect::<Result<Vec<_>, Error>>()? {
            self.0.set_file(file, content);
        }
        Ok(text(&folder))
    }

    pub(crate) fn read_file(&self, file: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.file(&path(file)?).map(|bytes| bytes.to_vec()))
    }

    pub(crate) fn files(&self) -> Vec<String> {
        self.0.files().map(ToString::to_string).collect()
    }

    pub(crate) fn roots(&self) -> Vec<String> {
        self.0.roots().iter().map(text).collect()
    }

    pub(crate) fn root_of(&self, file: &str) -> Result<Option<String>, Error> {
        Ok(self.0.root_of(&path(file)?).map(|root| text(&root)))
    }

    pub(crate) fn environments(&self, root: &str) -> Result<Vec<String>, Error> {
        Ok(self.0.environments(&path(root)?))
    }

    pub(crate) fn configure(&mut self, root: &str, json: &str) -> Result<(), Error> {
        let settings = settings::read(json)?;
        self.0.configure(path(root)?, settings);
        Ok(())
    }

    pub(crate) fn render(&self, root: &str) -> Result<Value, Error> {
        Ok(answers::rendered(&self.0.render(&path(root)?)))
    }

    /// The objects, in the order of the text.
    pub(crate) fn objects(&self, root: &str) -> Result<Value, Error> {
        Ok(self.0.snapshot(&path(root)?).built().to_json()["items"].take())
    }

    /// The values that templates see.
    pub(crate) fn values(&self, root: &str) -> Result<Value, Error> {
        let values = self.0.values(&path(root)?);
        Ok(values.map_or(Value::Null, |values| serde_json::to_value(values).unwrap_or_default()))
    }

    pub(crate) fn findings(&self, root: &str) -> Result<Value, Error> {
        Ok(answers::findings(&self.0.findings(&path(root)?)))
    }

    /// The findings as the command line prints them.
    pub(crate) fn report(&self, root: &str) -> Result<String, Error> {
        Ok(self.0.snapshot(&path(root)?).built().report())
    }

    pub(crate) fn explain(&self, root: &str, at: Position) -> Result<Value, Error> {
        Ok(answers::explanation(self.0.explain(&path(root)?, at).as_ref()))
    }

    pub(crate) fn rendered_from(&self, file: &str, at: Position, root: Option<&str>) -> Result<Value, Error> {
        let file = path(file)?;
        let found = match root {
            Some(root) => self.0.rendered_in(&path(root)?, &file, at),
            None => self.0.rendered_from(&file, at),
        };
        Ok(answers::rendered_places(&found))
    }

    pub(crate) fn complete(&self, file: &str, at: Position) -> Result<Value, Error> {
        Ok(answers::completions(&self.0.complete(&path(file)?, at)))
    }

    pub(crate) fn hover(&self, file: &str, at: Position) -> Result<Value, Error> {
        Ok(answers::hover(self.0.hover(&path(file)?, at).as_ref()))
    }

    pub(crate) fn definition(&self, file: &str, at: Position) -> Result<Value, Error> {
        Ok(answers::locations(&self.0.definition(&path(file)?, at)))
    }

    pub(crate) fn code_actions(&self, file: &str, range: Range) -> Result<Value, Error> {
        Ok(answers::actions(&self.0.code_actions(&path(file)?, range)))
    }

    /// What a package renders to now, with its own settings or with others.
    pub(crate) fn snapshot(&self, root: &str, json: Option<&str>) -> Result<Snapshot, Error> {
        let root = path(root)?;
        Ok(match json {
            Some(json) => self.0.snapshot_with(&root, &settings::read(json)?),
            None => self.0.snapshot(&root),
        })
    }

    pub(crate) fn diff(&self, before: &Snapshot, after: &Snapshot) -> Value {
        answers::differences(&self.0.diff(before, after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demo() -> Workspace {
        let mut workspace = Workspace::new();
        let files = [
            ("rhumb.yaml", "apiVersion: rhumb.dev/v1\nkind: Package\nname: demo\nversion: 0.1.0\n"),
            ("values.yaml", "port: 80\n"),
            (
                "templates/a.yaml",
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  ports:\n  - port: {{ values.port }}\n",
            ),
        ];
        for (path, text) in files {
            assert!(workspace.set_file(path, text.into()).expect("a good path"));
        }
        workspace
    }

    #[test]
    fn a_rendered_line_leads_to_template_and_values_and_back() {
        let workspace = demo();
        let rendered = workspace.render("").expect("a good root");
        let text = rendered["text"].as_str().expect("text");
        let line = text.lines().position(|line| line.contains("port: 80")).expect("the port");
        let at = Position::new(u32::try_from(line).expect("few lines"), 6);
        let explained = workspace.explain("", at).expect("a good root");
        let files: Vec<_> = explained["origins"].as_array().expect("origins").iter().map(|o| &o["file"]).collect();
        assert_eq!(files, ["templates/a.yaml", "values.yaml"], "{explained}");
        let back = workspace.rendered_from("values.yaml", Position::new(0, 0), None).expect("a good path");
        assert_eq!(back[0]["range"]["start"]["line"], line, "{back}");
        assert_eq!(back[0]["field"], "spec.ports[0].port");
    }

    #[test]
    fn settings_and_edits_change_what_is_rendered() {
        let mut workspace = demo();
        let before = workspace.snapshot("", None).expect("a good root");
        workspace.configure("", r#"{"set": ["port=81"]}"#).expect("good settings");
        let after = workspace.snapshot("", None).expect("a good root");
        let differences = workspace.diff(&before, &after);
        assert_eq!(differences["summary"]["changed"], 1, "{differences}");
        assert!(differences["text"].as_str().expect("text").contains("+  - port: 81"), "{differences}");
        workspace.configure("", "{}").expect("good settings");
        workspace.set_file("values.yaml", "port: 99999999\n".into()).expect("a good path");
        let findings = workspace.findings("").expect("a good root");
        assert_eq!((&findings[0]["severity"], &findings[0]["file"]), (&"error".into(), &"templates/a.yaml".into()));
        assert!(workspace.report("").expect("a good root").contains("templates/a.yaml:7"));
        assert!(matches!(workspace.configure("", r#"{"nope": 1}"#), Err(Error::Settings(_))));
        assert!(matches!(workspace.render("../x"), Err(Error::Path(_))));
    }

    #[test]
    fn values_complete_in_templates() {
        let mut workspace = demo();
        let range = Range { start: Position::new(6, 20), end: Position::new(6, 24) };
        assert!(workspace.edit("templates/a.yaml", range, "").expect("a text"));
        let found = workspace.complete("templates/a.yaml", Position::new(6, 20)).expect("a good path");
        assert_eq!(found[0]["label"], "port", "{found}");
        assert!(matches!(workspace.edit("nope", range, ""), Err(Error::Edit(_))));
    }

    #[test]
    fn what_is_no_chart_is_refused_and_changes_nothing() {
        let mut workspace = Workspace::seeded("a", 0);
        assert!(matches!(workspace.load_archive("a.tgz", b"nonsense that is no gzip", None), Err(Error::Archive(_))));
        assert!(workspace.files().is_empty());
    }
}
