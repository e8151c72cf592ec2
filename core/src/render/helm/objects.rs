//! The objects that templates see at the top: `.Release`, `.Chart`, `.Files`, `.Capabilities`, `.Template`.
//!
//! They carry the names of Go's types, which `typeOf` and error texts show.

use std::borrow::Cow;
use std::sync::Arc;

use gotemplate::{Fault, Function, List, Map, Object, Shape, Signature, Str, Type, Value};

use super::context;
use super::value::write::{self, Bounds};
use super::value::{Fields, format, from_value};
use super::{Capabilities, KubeVersion, Release};
use crate::package::chart::Metadata;
use crate::yaml::Dialect;

/// `common.Values`, whose methods Helm has for itself; but charts can call them, and some do.
pub(super) static VALUES: Shape = Shape::new("common.Values", Type::Any).with_methods(values_method);

fn values_method(values: &Map, name: &str) -> Option<Arc<Function>> {
    let values = values.clone();
    Some(match name {
        "AsMap" => method(Type::Map, move || match values.is_empty() {
            true => Map::new().into(),
            false => values.converted(Shape::MAP).into(),
        }),
        "YAML" => Arc::new(Function::new(Signature::new([], Type::String), move |state, _| {
            let limits = context::limits(state);
            let bounds = Bounds { depth: limits.depth, bytes: state.limits().memory };
            write::yaml(&values.clone().into(), Dialect::Sigs, bounds).map_err(|error| Fault::new(error.to_string()))
        })),
        "Table" => fallible_on_text(Type::Named(VALUES.name), move |path| table(&values, path).map(Value::from)),
        "PathValue" => fallible_on_text(Type::Any, move |path| path_value(&values, path)),
        // No template has what it writes to.
        "Encode" => Arc::new(Function::new(Signature::new([Type::Named("io.Writer")], Type::Any), |_, _| {
            Err::<Value, _>(Fault::from("nothing to write to"))
        })),
        _ => return None,
    })
}

fn fallible_on_text(
    result: Type,
    body: impl Fn(&str) -> Result<Value, String> + Send + Sync + 'static,
) -> Arc<Function> {
    Arc::new(Function::new(Signature::new([Type::String], result), move |_, args| match args {
        [Value::Str(text)] => body(&text.to_str_lossy()).map_err(Fault::new),
        _ => Err(Fault::from("not a string")),
    }))
}

/// Returns the map at a path of keys with dots between them.
pub(super) fn table(values: &Map, path: &str) -> Result<Map, String> {
    path.split('.').try_fold(values.clone(), |map, key| match map.get(key) {
        Some(Value::Map(next)) if [Shape::MAP.name, VALUES.name].contains(&next.shape().name) => {
            Ok(next.converted(&VALUES))
        }
        _ => Err(format!("{} is not a table", quoted(key))),
    })
}

/// Returns the value at a path, which must be no map.
fn path_value(values: &Map, path: &str) -> Result<Value, String> {
    if path.is_empty() {
        return Err("YAML path cannot be empty".to_owned());
    }
    let (tables, key) = path.rsplit_once('.').map_or((None, path), |(tables, key)| (Some(tables), key));
    let map = tables.map_or_else(|| Ok(values.clone()), |tables| table(values, tables));
    let is_table = |value: &Value| matches!(value, Value::Map(map) if map.shape().name == Shape::MAP.name);
    let value = map.ok().and_then(|map| map.get(key)).filter(|value| !is_table(value));
    value.ok_or_else(|| format!("{} is not a value", quoted(key)))
}

fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&gotemplate::fmt::sprintf(b"%q", &[text.into()])).into_owned()
}

/// Returns `.Release`.
pub(super) fn release(release: &Release) -> Map {
    Map::from_iter([
        ("Name", Value::from(release.name.as_str())),
        ("Namespace", release.namespace.as_str().into()),
        ("IsUpgrade", release.is_upgrade.into()),
        ("IsInstall", (!release.is_upgrade).into()),
        ("Revision", release.revision.into()),
        ("Service", "Helm".into()),
    ])
}

/// Returns `.Chart`: the fields under their names in Go.
pub(super) fn chart(metadata: &Metadata, is_root: bool) -> Value {
    let chart = from_value(&metadata.to_value());
    if let Value::Map(map) = &chart {
        let annotations = match &metadata.annotations {
            None => Map::nil(Shape::STRING_MAP),
            Some(entries) => {
                let map = Map::with_shape(Shape::STRING_MAP);
                for (key, value) in entries {
                    map.insert(key.as_str(), value.as_str());
                }
                map
            }
        };
        map.insert("Annotations", annotations);
        map.insert("IsRoot", is_root);
    }
    chart
}

/// Returns `.Template`.
pub(super) fn template(name: &str, base_path: &str) -> Map {
    Map::from_iter([("Name", name), ("BasePath", base_path)]).converted(&VALUES)
}

pub(super) fn object(object: impl Object) -> Value {
    Value::Object(Arc::new(object))
}

/// A method with a text for its argument.
pub(super) fn method_on_text<R: Into<Value>>(
    result: Type,
    body: impl Fn(&Str) -> R + Send + Sync + 'static,
) -> Arc<Function> {
    Arc::new(Function::new(Signature::new([Type::String], result), move |_, args| match args {
        [Value::Str(text)] => Ok(body(text).into()),
        _ => Err(Fault::from("not a string")),
    }))
}

pub(super) fn method(result: Type, body: impl Fn() -> Value + Send + Sync + 'static) -> Arc<Function> {
    Arc::new(Function::new(Signature::new([], result), move |_, _| Ok(body())))
}

/// `.Capabilities`, a `*common.Capabilities`.
#[derive(Debug)]
struct CapabilitiesObject {
    kube_version: Value,
    api_versions: Value,
    helm_version: Value,
}

/// Returns `.Capabilities`.
pub(super) fn capabilities(capabilities: &Capabilities) -> Value {
    let helm = &capabilities.helm_version;
    let helm = [
        ("Version", "version", &helm.version),
        ("GitCommit", "git_commit", &helm.git_commit),
        ("GitTreeState", "git_tree_state", &helm.git_tree_state),
        ("GoVersion", "go_version", &helm.go_version),
        ("KubeClientVersion", "kube_client_version", &helm.kube_client_version),
    ];
    let helm = helm.map(|(field, json, value)| (field, json, Value::from(value.as_str())));
    object(CapabilitiesObject {
        kube_version: object(KubeVersionObject::new(&capabilities.kube_version)),
        api_versions: object(ApiVersions::new(capabilities)),
        helm_version: object(BuildInfo(helm)),
    })
}

impl Object for CapabilitiesObject {
    fn type_name(&self) -> Cow<'_, str> {
        "*common.Capabilities".into()
    }

    fn fields(&self) -> Vec<(Cow<'_, str>, Value)> {
        vec![
            ("KubeVersion".into(), self.kube_version.clone()),
            ("APIVersions".into(), self.api_versions.clone()),
            ("HelmVersion".into(), self.helm_version.clone()),
        ]
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "KubeVersion" => Some(self.kube_version.clone()),
            "APIVersions" => Some(self.api_versions.clone()),
            "HelmVersion" => Some(self.helm_version.clone()),
            _ => None,
        }
    }

    fn marshal(&self, format: &str) -> Option<Value> {
        // yaml.v3 writes the names of fields without a tag in lower case.
        (format == format::YAML).then(|| {
            let fields = self.fields().into_iter();
            object(Fields(fields.map(|(name, value)| (Cow::Owned(name.to_lowercase()), value)).collect()))
        })
    }
}

/// `common.KubeVersion`
#[derive(Debug)]
struct KubeVersionObject {
    fields: [(&'static str, Value); 4],
    text: String,
    string: Arc<Function>,
    git_version: Arc<Function>,
}

/// The field that is not exported: printed, but not to be read.
const HIDDEN: &str = "normalizedVersion";

impl KubeVersionObject {
    fn new(version: &KubeVersion) -> KubeVersionObject {
        let value = |text: &str| Value::from(text);
        let (text, git_version) = (value(&version.to_string()), value(&version.version));
        KubeVersionObject {
            fields: [
                ("Version", value(&version.version)),
                (HIDDEN, value(&version.normalized)),
                ("Major", value(&version.major)),
                ("Minor", value(&version.minor)),
            ],
            text: version.to_string(),
            string: method(Type::String, move || text.clone()),
            git_version: method(Type::String, move || git_version.clone()),
        }
    }

    fn exported(&self) -> impl Iterator<Item = &(&'static str, Value)> {
        self.fields.iter().filter(|(name, _)| *name != HIDDEN)
    }
}

impl Object for KubeVersionObject {
    fn type_name(&self) -> Cow<'_, str> {
        "common.KubeVersion".into()
    }

    fn fields(&self) -> Vec<(Cow<'_, str>, Value)> {
        self.fields.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect()
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.exported().find(|(field, _)| *field == name).map(|(_, value)| value.clone())
    }

    fn method(&self, name: &str) -> Option<Arc<Function>> {
        match name {
            "String" => Some(self.string.clone()),
            "GitVersion" => Some(self.git_version.clone()),
            _ => None,
        }
    }

    fn pointer_text(&self) -> Option<Vec<u8>> {
        Some(self.text.clone().into_bytes())
    }

    fn marshal(&self, format: &str) -> Option<Value> {
        let name = |name: &'static str| {
            if format == format::YAML { Cow::Owned(name.to_lowercase()) } else { Cow::Borrowed(name) }
        };
        Some(object(Fields(self.exported().map(|(field, value)| (name(field), value.clone())).collect())))
    }
}

/// `common.VersionSet`, a `[]string`.
#[derive(Debug)]
struct ApiVersions {
    list: List,
    has: Arc<Function>,
}

impl ApiVersions {
    fn new(capabilities: &Capabilities) -> ApiVersions {
        let versions: Vec<Str> = capabilities.api_versions.iter().map(|version| Str::from(version.as_str())).collect();
        let list = List::strings(versions.iter().cloned());
        ApiVersions { list, has: method_on_text(Type::Bool, move |version| versions.contains(version)) }
    }
}

impl Object for ApiVersions {
    fn type_name(&self) -> Cow<'_, str> {
        "common.VersionSet".into()
    }

    fn underlying(&self) -> Option<Value> {
        Some(self.list.clone().into())
    }

    fn method(&self, name: &str) -> Option<Arc<Function>> {
        (name == "Has").then(|| self.has.clone())
    }
}

/// `version.BuildInfo`: fields with their names in Go and in JSON.
#[derive(Debug)]
struct BuildInfo([(&'static str, &'static str, Value); 5]);

impl Object for BuildInfo {
    fn type_name(&self) -> Cow<'_, str> {
        "version.BuildInfo".into()
    }

    fn fields(&self) -> Vec<(Cow<'_, str>, Value)> {
        self.0.iter().map(|(name, _, value)| (Cow::Borrowed(*name), value.clone())).collect()
    }

    fn marshal(&self, format: &str) -> Option<Value> {
        let name = |field: &'static str, json: &'static str| match format {
            format::JSON => Some(Cow::Borrowed(json)),
            format::YAML => Some(Cow::Owned(field.to_lowercase())),
            _ => None,
        };
        let fields = self.0.iter().map(|(field, json, value)| Some((name(field, json)?, value.clone())));
        fields.collect::<Option<Vec<_>>>().map(|fields| object(Fields(fields)))
    }
}
