//! JSON in, JSON out, without the browser: what the tests of this crate call.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use rhumb::diag::to_json;
use rhumb::pipeline::{Built, Engine, Manifest, Request, ValuesInput};
use rhumb::schema::KubeVersion;
use rhumb::source::{FileTree, VPath};
use serde::Deserialize;
use serde_json::{Value, json};

/// What a caller may ask for; every field may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Options {
    /// The folder of the package among the files; the root where it is left out.
    pub root: String,
    /// The environment.
    pub environment: Option<String>,
    /// Texts of values files, lowest first.
    pub values: Vec<String>,
    /// `--set` flags.
    pub set: Vec<String>,
    /// `--set-string` flags.
    pub set_string: Vec<String>,
    /// `--set-json` flags.
    pub set_json: Vec<String>,
    /// `--set-literal` flags.
    pub set_literal: Vec<String>,
    /// The name of the release; the package's name where it is left out.
    pub name: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// The version of Kubernetes, as `1.34`.
    pub kube_version: Option<String>,
    /// Whether unknown keys in values and unknown kinds are errors.
    pub strict: bool,
    /// Whether objects are left unchecked.
    pub no_validate: bool,
}

/// What is wrong with a call itself.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The files are no JSON map from path to text.
    Files(serde_json::Error),
    /// A path is absolute or leaves the root.
    Path(rhumb::source::VPathError),
    /// The options are no JSON map of known fields.
    Options(serde_json::Error),
    /// The version of Kubernetes is not known.
    KubeVersion(Box<rhumb::diag::Diagnostic>),
    /// The settings are no map of known fields.
    Settings(serde_json::Error),
    /// A file cannot be edited.
    Edit(rhumb::session::EditError),
    /// An archive is no chart, or too large.
    Archive(Box<rhumb::package::chart::ChartError>),
    /// The content of a file is neither text nor bytes.
    Content(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Files(error) => write!(f, "the files are no map from path to text: {error}"),
            Error::Path(error) => error.fmt(f),
            Error::Options(error) => write!(f, "the options are not understood: {error}"),
            Error::KubeVersion(error) => error.fmt(f),
            Error::Settings(error) => write!(f, "the settings are not understood: {error}"),
            Error::Edit(error) => error.fmt(f),
            Error::Archive(error) => error.fmt(f),
            Error::Content(path) => write!(f, "the content of `{path}` is neither a string nor a Uint8Array"),
        }
    }
}

impl std::error::Error for Error {}

// One engine for all calls: what was decoded of the schemas stays.
pub(crate) static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new().with_schemas(rhumb_schemas::kubernetes()));

pub(crate) fn render(files: &str, options: &str) -> Result<String, Error> {
    let files: BTreeMap<String, String> = serde_json::from_str(files).map_err(Error::Files)?;
    let options: Options = serde_json::from_str(options).map_err(Error::Options)?;
    let root = VPath::parse(&options.root).map_err(Error::Path)?;
    let mut tree = FileTree::new();
    for (path, text) in files {
        tree.insert(VPath::parse(&path).map_err(Error::Path)?, text.into_bytes());
    }
    let mut request = Request::package(&tree, root);
    request.kube_version = version(&options)?;
    request.strict = options.strict;
    request.values = values(&options);
    request.environment = options.environment;
    request.release_name = options.name;
    request.namespace = options.namespace;
    let built = if options.no_validate { ENGINE.build(&request) } else { ENGINE.check(&request) };
    let mut answer = answer(&built);
    answer["yaml"] = if built.ok() { built.to_yaml().into() } else { "".into() };
    Ok(answer.to_string())
}

pub(crate) fn validate(manifests: &str, options: &str) -> Result<String, Error> {
    let manifests: BTreeMap<String, String> = serde_json::from_str(manifests).map_err(Error::Files)?;
    let options: Options = serde_json::from_str(options).map_err(Error::Options)?;
    let manifests = manifests.into_iter().map(|(name, text)| Manifest { name, text });
    let mut request = Request::manifests(manifests.collect());
    request.kube_version = version(&options)?;
    request.strict = options.strict;
    Ok(answer(&ENGINE.check(&request)).to_string())
}

fn version(options: &Options) -> Result<KubeVersion, Error> {
    options.kube_version.as_deref().map_or(Ok(KubeVersion::default()), |text| {
        KubeVersion::parse(text).map_err(|error| Error::KubeVersion(Box::new(error)))
    })
}

fn values(options: &Options) -> Vec<ValuesInput> {
    let number = |i: usize| if i == 0 { "values".to_owned() } else { format!("values {}", i + 1) };
    let files = options.values.iter().enumerate();
    let files = files.map(|(i, text)| ValuesInput::File { name: number(i), text: text.clone() });
    let flags = [
        (&options.set_json, ValuesInput::SetJson as fn(String) -> ValuesInput),
        (&options.set, ValuesInput::Set),
        (&options.set_string, ValuesInput::SetString),
        (&options.set_literal, ValuesInput::SetLiteral),
    ];
    let flags = flags.into_iter().flat_map(|(texts, flag)| texts.iter().cloned().map(flag));
    files.chain(flags).collect()
}

fn answer(built: &Built) -> Value {
    json!({
        "ok": built.ok(),
        "objects": built.objects.objects().count(),
        "findings": to_json(&built.diagnostics, &built.sources),
        "report": built.report(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: &str = r#"{
        "rhumb.yaml": "apiVersion: rhumb.dev/v1\nkind: Package\nname: demo\nversion: 0.1.0\n",
        "values.yaml": "port: 80\n",
        "templates/a.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ release.name }}\nspec:\n  ports:\n  - port: {{ values.port }}\n"
    }"#;

    fn rendered(options: &str) -> Value {
        serde_json::from_str(&render(FILES, options).expect("a good call")).expect("JSON")
    }

    #[test]
    fn a_package_renders() {
        let answer = rendered(r#"{"set": ["port=81"], "name": "x", "kubeVersion": "1.34"}"#);
        assert_eq!(answer["ok"], true, "{answer}");
        assert_eq!(answer["objects"], 1);
        assert!(
            answer["yaml"].as_str().expect("text").contains("name: x\nspec:\n  ports:\n  - port: 81\n"),
            "{answer}"
        );
    }

    #[test]
    fn findings_come_with_their_places_and_no_manifests() {
        let answer = rendered(r#"{"set": ["port=99999999"]}"#);
        assert_eq!((&answer["ok"], &answer["yaml"]), (&json!(false), &json!("")));
        assert_eq!(answer["findings"][0]["places"][0]["file"], "templates/a.yaml", "{answer}");
        assert_eq!(answer["findings"][0]["places"][0]["line"], 7, "{answer}");
        assert_eq!(rendered(r#"{"set": ["port=99999999"], "noValidate": true}"#)["ok"], true);
    }

    #[test]
    fn manifests_are_validated() {
        let text = validate(
            r#"{"a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}], prts: []}\n"}"#,
            "{}",
        );
        let answer: Value = serde_json::from_str(&text.expect("a good call")).expect("JSON");
        assert_eq!(answer["findings"][0]["code"], "schema-unknown-field", "{answer}");
    }

    #[test]
    fn a_wrong_call_is_an_error_of_its_own() {
        assert!(matches!(render("[]", "{}"), Err(Error::Files(_))));
        assert!(matches!(render("{}", r#"{"nope": 1}"#), Err(Error::Options(_))));
        assert!(matches!(render(r#"{"../x": ""}"#, "{}"), Err(Error::Path(_))));
        assert!(matches!(render("{}", r#"{"kubeVersion": "0.1"}"#), Err(Error::KubeVersion(_))));
    }
}
