//! A session with texts for paths and JSON for answers, without the browser: what the tests of this crate call.

use rhumb::package::chart::{ChartFile, load_archive};
use rhumb::render::Timestamp;
use rhumb::session::{Position, Range, Session, Snapshot};
use rhumb::source::{Limits, VPath};
use serde_json::Value;

use crate::answers;
use crate::api::{ENGINE, Error};
use crate::settings;
use crate::update::Updates;

/// Files in memory and the questions about them.
#[derive(Debug)]
pub(crate) struct Workspace {
    session: Session,
    updates: Updates,
}

pub(crate) fn path(text: &str) -> Result<VPath, Error> {
    VPath::parse(text).map_err(Error::Path)
}

// Callers write the root of all files as they write every path: without a dot.
fn text(path: &VPath) -> String {
    if path.is_root() { String::new() } else { path.to_string() }
}

impl Workspace {
    pub(crate) fn new() -> Workspace {
        Workspace { session: Session::new(ENGINE.clone()), updates: Updates::default() }
    }

    /// A seed gives charts random bytes, and `seconds` since 1970 the time.
    pub(crate) fn seeded(seed: &str, seconds: i64) -> Workspace {
        let now = Timestamp { seconds, nanoseconds: 0 };
        let session = Session::new(ENGINE.clone()).with_seed(seed, now);
        Workspace { session, updates: Updates::default() }
    }

    /// Names the states of this session, so that nobody takes them for those of another.
    pub(crate) fn named(self, run: String) -> Workspace {
        Workspace { updates: Updates::new(run), ..self }
    }

    pub(crate) fn set_file(&mut self, file: &str, content: Vec<u8>) -> Result<bool, Error> {
        Ok(self.session.set_file(path(file)?, content))
    }

    pub(crate) fn delete_file(&mut self, file: &str) -> Result<bool, Error> {
        Ok(self.session.remove_file(&path(file)?))
    }

    pub(crate) fn edit(&mut self, file: &str, range: Range, text: &str) -> Result<bool, Error> {
        self.session.edit(&path(file)?, range, text).map_err(Error::Edit)
    }

    /// Unpacks a packed chart below a folder; one that is refused leaves the session as it was.
    pub(crate) fn load_archive(&mut self, name: &str, bytes: &[u8], folder: Option<&str>) -> Result<String, Error> {
        let refused = |error| Error::Archive(Box::new(error));
        let chart = load_archive(name, bytes, &Limits::default(), &mut Vec::new()).map_err(refused)?;
        let folder = path(folder.unwrap_or(chart.metadata.name.as_str()))?;
        let content = |file: &ChartFile| {
            let data = file.bytes().map_err(refused)?;
            Ok((folder.join(&file.name).map_err(Error::Path)?, data.to_vec()))
        };
        for (file, content) in chart.contents.raw.iter().map(content).collect::<Result<Vec<_>, Error>>()? {
            self.session.set_file(file, content);
        }
        Ok(text(&folder))
    }

    pub(crate) fn read_file(&self, file: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.session.file(&path(file)?).map(|bytes| bytes.to_vec()))
    }

    pub(crate) fn files(&self) -> Vec<String> {
        self.session.files().map(ToString::to_string).collect()
    }

    pub(crate) fn roots(&self) -> Vec<String> {
        self.session.roots().iter().map(text).collect()
    }

    pub(crate) fn root_of(&self, file: &str) -> Result<Option<String>, Error> {
        Ok(self.session.root_of(&path(file)?).map(|root| text(&root)))
    }

    pub(crate) fn environments(&self, root: &str) -> Result<Vec<String>, Error> {
        Ok(self.session.environments(&path(root)?))
    }

    pub(crate) fn configure(&mut self, root: &str, json: &str) -> Result<(), Error> {
        let settings = settings::read(json)?;
        self.session.configure(path(root)?, settings);
        Ok(())
    }

    pub(crate) fn render(&self, root: &str) -> Result<Value, Error> {
        Ok(answers::rendered(&self.session.render(&path(root)?)))
    }

    /// What `render` and `findings` say, as far as it is not in the state `since`.
    pub(crate) fn update(&mut self, root: &str, since: Option<&str>) -> Result<Value, Error> {
        let folder = path(root)?;
        let (rendered, findings) = (self.session.render(&folder), self.session.findings(&folder));
        Ok(self.updates.tell(root, since, rendered, findings))
    }

    /// The objects, in the order of the text.
    pub(crate) fn objects(&self, root: &str) -> Result<Value, Error> {
        Ok(self.session.snapshot(&path(root)?).built().to_json()["items"].take())
    }

    /// The values that templates see.
    pub(crate) fn values(&self, root: &str) -> Result<Value, Error> {
        let values = self.session.values(&path(root)?);
        Ok(values.map_or(Value::Null, |values| serde_json::to_value(values).unwrap_or_default()))
    }

    pub(crate) fn findings(&self, root: &str) -> Result<Value, Error> {
        Ok(answers::findings(&self.session.findings(&path(root)?)))
    }

    /// The findings as the command line prints them.
    pub(crate) fn report(&self, root: &str) -> Result<String, Error> {
        Ok(self.session.snapshot(&path(root)?).built().report())
    }

    pub(crate) fn explain(&self, root: &str, at: Position) -> Result<Value, Error> {
        Ok(answers::explanation(self.session.explain(&path(root)?, at).as_ref()))
    }

    pub(crate) fn rendered_from(&self, file: &str, at: Position, root: Option<&str>) -> Result<Value, Error> {
        let file = path(file)?;
        let found = match root {
            Some(root) => self.session.rendered_in(&path(root)?, &file, at),
            None => self.session.rendered_from(&file, at),
        };
        Ok(answers::rendered_places(&found))
    }

    pub(crate) fn complete(&self, file: &str, at: Position) -> Result<Value, Error> {
        Ok(answers::completions(&self.session.complete(&path(file)?, at)))
    }

    pub(crate) fn hover(&self, file: &str, at: Position) -> Result<Value, Error> {
        Ok(answers::hover(self.session.hover(&path(file)?, at).as_ref()))
    }

    pub(crate) fn definition(&self, file: &str, at: Position) -> Result<Value, Error> {
        Ok(answers::locations(&self.session.definition(&path(file)?, at)))
    }

    pub(crate) fn code_actions(&self, file: &str, range: Range) -> Result<Value, Error> {
        Ok(answers::actions(&self.session.code_actions(&path(file)?, range)))
    }

    /// What a package renders to now, with its own settings or with others.
    pub(crate) fn snapshot(&self, root: &str, json: Option<&str>) -> Result<Snapshot, Error> {
        let root = path(root)?;
        Ok(match json {
            Some(json) => self.session.snapshot_with(&root, &settings::read(json)?),
            None => self.session.snapshot(&root),
        })
    }

    pub(crate) fn diff(&self, before: &Snapshot, after: &Snapshot) -> Value {
        answers::differences(&self.session.diff(before, after))
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
    fn an_update_tells_what_changed_and_nothing_else() {
        let mut workspace = demo();
        let first = workspace.update("", None).expect("a good root");
        assert!(first["text"].as_str().expect("text").contains("port: 80") && first.get("edits").is_none(), "{first}");
        let at = |answer: &Value| answer["state"].as_str().expect("a state").to_owned();
        let same = workspace.update("", Some(&at(&first))).expect("a good root");
        assert_eq!(same["edits"], serde_json::json!([]), "{same}");
        assert!(["text", "objects", "findings"].iter().all(|field| same.get(field).is_none()), "{same}");
        workspace.set_file("values.yaml", "port: 99999999\n".into()).expect("a good path");
        // The answer in between never arrived.
        workspace.update("", Some(&at(&same))).expect("a good root");
        let next = workspace.update("", Some(&at(&first))).expect("a good root");
        assert_eq!(next["edits"][0]["lines"], serde_json::json!(["  - port: 99999999"]), "{next}");
        assert_eq!((&next["ok"], &next["findings"][0]["file"]), (&false.into(), &"templates/a.yaml".into()));
        assert!(next.get("objects").is_none(), "{next}");
        for unknown in [None, Some("other.1")] {
            assert!(workspace.update("", unknown).expect("a good root").get("text").is_some());
        }
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
