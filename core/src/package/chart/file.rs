//! `Chart.yaml` written anew, as `helm show chart` prints it.

use ecow::EcoString;

use super::{ChartDependency, Maintainer, Metadata};
use crate::value::{Map, Value};

impl Metadata {
    /// Returns the content of the file: what is empty is left out, as Go's `omitempty` has it.
    pub fn to_file(&self) -> Value {
        let mut file = Fields::default();
        file.text("name", &self.name);
        file.text("home", &self.home);
        file.texts("sources", self.sources.as_deref());
        file.text("version", &self.version);
        file.text("description", &self.description);
        file.texts("keywords", self.keywords.as_deref());
        file.list("maintainers", self.maintainers.as_deref(), Maintainer::to_file);
        file.text("icon", &self.icon);
        file.text("apiVersion", &self.api_version);
        file.text("condition", &self.condition);
        file.text("tags", &self.tags);
        file.text("appVersion", &self.app_version);
        file.flag("deprecated", self.deprecated);
        if let Some(annotations) = self.annotations.as_ref().filter(|annotations| !annotations.is_empty()) {
            let entries = annotations.iter().map(|(key, text)| (key.clone(), Value::Str(text.clone())));
            file.set("annotations", entries.collect::<Map>().into());
        }
        file.text("kubeVersion", &self.kube_version);
        file.list("dependencies", self.dependencies.as_deref(), ChartDependency::to_file);
        file.text("type", &self.kind);
        file.into()
    }
}

impl Maintainer {
    fn to_file(&self) -> Value {
        let mut file = Fields::default();
        file.text("name", &self.name);
        file.text("email", &self.email);
        file.text("url", &self.url);
        file.into()
    }
}

impl ChartDependency {
    fn to_file(&self) -> Value {
        let mut file = Fields::default();
        // These two are written even when they are empty.
        file.set("name", Value::Str(self.name.clone()));
        file.text("version", &self.version);
        file.set("repository", Value::Str(self.repository.clone()));
        file.text("condition", &self.condition);
        file.texts("tags", self.tags.as_deref());
        file.flag("enabled", self.enabled);
        file.list("import-values", self.import_values.as_deref(), Value::clone);
        file.text("alias", &self.alias);
        file.into()
    }
}

#[derive(Default)]
struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    fn set(&mut self, key: &'static str, value: Value) {
        self.0.push((key, value));
    }

    fn text(&mut self, key: &'static str, text: &EcoString) {
        if !text.is_empty() {
            self.set(key, Value::Str(text.clone()));
        }
    }

    fn flag(&mut self, key: &'static str, flag: bool) {
        if flag {
            self.set(key, flag.into());
        }
    }

    fn texts(&mut self, key: &'static str, items: Option<&[EcoString]>) {
        self.list(key, items, |text| Value::Str(text.clone()));
    }

    fn list<T>(&mut self, key: &'static str, items: Option<&[T]>, write: impl Fn(&T) -> Value) {
        if let Some(items) = items.filter(|items| !items.is_empty()) {
            self.set(key, items.iter().map(write).collect::<Vec<_>>().into());
        }
    }
}

impl From<Fields> for Value {
    fn from(fields: Fields) -> Value {
        fields.0.into_iter().collect::<Map>().into()
    }
}
