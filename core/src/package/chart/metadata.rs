//! What `Chart.yaml` says of a chart.

use ecow::EcoString;

use crate::value::{Map, Value};

/// The content of `Chart.yaml` (and of `requirements.yaml`), as Helm holds it.
///
/// Field names in Go: `Name`, `Home`, `Sources`, `Version`, `Description`, `Keywords`, `Maintainers`, `Icon`,
/// `APIVersion`, `Condition`, `Tags`, `AppVersion`, `Deprecated`, `Annotations`, `KubeVersion`, `Dependencies`, `Type`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// The name; an alias takes its place when dependencies are processed.
    pub name: EcoString,
    /// The address of the project.
    pub home: EcoString,
    /// Addresses of the source code; `None` where there is no list (Go: nil).
    pub sources: Option<Vec<EcoString>>,
    /// The version.
    pub version: EcoString,
    /// One sentence.
    pub description: EcoString,
    /// Keywords.
    pub keywords: Option<Vec<EcoString>>,
    /// Who maintains it.
    pub maintainers: Option<Vec<Maintainer>>,
    /// The address of an icon.
    pub icon: EcoString,
    /// `v1` or `v2`.
    pub api_version: EcoString,
    /// A condition; Helm shows it and uses those of [`ChartDependency`] alone.
    pub condition: EcoString,
    /// Tags; likewise.
    pub tags: EcoString,
    /// The version of the application.
    pub app_version: EcoString,
    /// Whether the chart is deprecated.
    pub deprecated: bool,
    /// Annotations, in the order written.
    pub annotations: Option<Vec<(EcoString, EcoString)>>,
    /// The versions of Kubernetes that will do.
    pub kube_version: EcoString,
    /// What the chart depends on; `None` where there is no list, which Helm tells from an empty one.
    pub dependencies: Option<Vec<ChartDependency>>,
    /// `application`, `library` or nothing.
    pub kind: EcoString,
}

/// Who maintains a chart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Maintainer {
    /// The name.
    pub name: EcoString,
    /// The address for mail.
    pub email: EcoString,
    /// The address of a page.
    pub url: EcoString,
}

/// An entry of `dependencies`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChartDependency {
    /// The name; the alias takes its place when dependencies are processed.
    pub name: EcoString,
    /// The range of versions.
    pub version: EcoString,
    /// Where it comes from.
    pub repository: EcoString,
    /// Paths in the values, parted by commas, of which the first boolean decides.
    pub condition: EcoString,
    /// Tags that may switch it.
    pub tags: Option<Vec<EcoString>>,
    /// Whether it is rendered; decided when dependencies are processed.
    pub enabled: bool,
    /// What of its values the parent takes; processing puts a map of `child` and `parent` in the place of each entry.
    pub import_values: Option<Vec<Value>>,
    /// The name it goes by.
    pub alias: EcoString,
}

/// The content of `Chart.lock`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lock {
    /// When it was written, as its text has it.
    pub generated: EcoString,
    /// The digest of the dependencies.
    pub digest: EcoString,
    /// The versions chosen.
    pub dependencies: Option<Vec<ChartDependency>>,
}

impl Metadata {
    /// Whether the chart only defines templates for others; Helm does not render its files.
    pub fn is_library(&self) -> bool {
        self.kind.eq_ignore_ascii_case("library")
    }

    /// Returns the map that Helm makes of it for templates, under the names of Go's fields and without `IsRoot`.
    ///
    /// A list that is not there is an empty one, as Helm's conversion gives it; annotations that are not there are null
    /// (in Go a nil map of texts, of which every key is empty).
    pub fn to_value(&self) -> Value {
        let text = |text: &EcoString| Value::Str(text.clone());
        let texts = |list: &Option<Vec<EcoString>>| -> Value {
            list.iter().flatten().map(|item| Value::Str(item.clone())).collect::<Vec<_>>().into()
        };
        let annotations = self.annotations.as_ref().map_or(Value::Null, |annotations| {
            annotations.iter().map(|(key, value)| (key.clone(), text(value))).collect::<Map>().into()
        });
        let fields = [
            ("Name", text(&self.name)),
            ("Home", text(&self.home)),
            ("Sources", texts(&self.sources)),
            ("Version", text(&self.version)),
            ("Description", text(&self.description)),
            ("Keywords", texts(&self.keywords)),
            ("Maintainers", self.maintainers.iter().flatten().map(Maintainer::to_value).collect::<Vec<_>>().into()),
            ("Icon", text(&self.icon)),
            ("APIVersion", text(&self.api_version)),
            ("Condition", text(&self.condition)),
            ("Tags", text(&self.tags)),
            ("AppVersion", text(&self.app_version)),
            ("Deprecated", self.deprecated.into()),
            ("Annotations", annotations),
            ("KubeVersion", text(&self.kube_version)),
            (
                "Dependencies",
                self.dependencies.iter().flatten().map(ChartDependency::to_value).collect::<Vec<_>>().into(),
            ),
            ("Type", text(&self.kind)),
        ];
        fields.into_iter().collect::<Map>().into()
    }
}

impl Maintainer {
    fn to_value(&self) -> Value {
        let fields = [("Name", &self.name), ("Email", &self.email), ("URL", &self.url)];
        fields.into_iter().map(|(key, text)| (key, Value::Str(text.clone()))).collect::<Map>().into()
    }
}

impl ChartDependency {
    fn to_value(&self) -> Value {
        let text = |text: &EcoString| Value::Str(text.clone());
        let fields = [
            ("Name", text(&self.name)),
            ("Version", text(&self.version)),
            ("Repository", text(&self.repository)),
            ("Condition", text(&self.condition)),
            ("Tags", self.tags.iter().flatten().map(text).collect::<Vec<_>>().into()),
            ("Enabled", self.enabled.into()),
            ("ImportValues", self.import_values.clone().unwrap_or_default().into()),
            ("Alias", text(&self.alias)),
        ];
        fields.into_iter().collect::<Map>().into()
    }
}
