//! A chart as Helm keeps it in the record of a release: everything but the charts it depends on.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/chart/v2/chart.go> and `metadata.go`, `dependency.go` beside it: their
//! JSON, in which what is empty is left out.

use data_encoding::BASE64;
use ecow::EcoString;

use super::{Chart, ChartDependency, ChartError, ChartFile, Lock, Metadata};
use crate::value::{Map, Value};

/// Returns a chart as Helm's records have it.
///
/// # Errors
/// When a file cannot be read.
pub fn stored(chart: &Chart) -> Result<Value, ChartError> {
    let contents = &chart.contents;
    let files = |files: &[ChartFile]| -> Result<Value, ChartError> {
        let file = |file: &ChartFile| {
            let data = BASE64.encode(file.bytes()?);
            Ok(Value::from(
                [("name", Value::Str(file.name.clone())), ("data", data.into())].into_iter().collect::<Map>(),
            ))
        };
        files.iter().map(file).collect::<Result<Vec<_>, ChartError>>().map(Value::from)
    };
    let schema = contents.schema.as_ref().map_or(Value::Null, |schema| BASE64.encode(schema).into());
    let entries = [
        ("metadata", metadata(&chart.metadata)),
        ("lock", contents.lock.as_ref().map(lock).unwrap_or_default()),
        ("templates", files(&contents.templates)?),
        ("values", chart.values.clone()),
        ("schema", schema),
        ("files", files(&contents.files)?),
    ];
    Ok(entries.into_iter().collect::<Map>().into())
}

fn metadata(metadata: &Metadata) -> Value {
    let maintainers = metadata
        .maintainers
        .iter()
        .flatten()
        .map(|one| said([("name", text(&one.name)), ("email", text(&one.email)), ("url", text(&one.url))]));
    let annotations: Map =
        metadata.annotations.iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect();
    said([
        ("name", text(&metadata.name)),
        ("home", text(&metadata.home)),
        ("sources", texts(metadata.sources.as_ref())),
        ("version", text(&metadata.version)),
        ("description", text(&metadata.description)),
        ("keywords", texts(metadata.keywords.as_ref())),
        ("maintainers", maintainers.collect::<Vec<_>>().into()),
        ("icon", text(&metadata.icon)),
        ("apiVersion", text(&metadata.api_version)),
        ("condition", text(&metadata.condition)),
        ("tags", text(&metadata.tags)),
        ("appVersion", text(&metadata.app_version)),
        ("deprecated", metadata.deprecated.into()),
        ("annotations", annotations.into()),
        ("kubeVersion", text(&metadata.kube_version)),
        ("dependencies", dependencies(metadata.dependencies.as_ref())),
        ("type", text(&metadata.kind)),
    ])
}

fn lock(lock: &Lock) -> Value {
    said([
        // Helm reads a time here, and nothing else.
        ("generated", if lock.generated.contains('T') { text(&lock.generated) } else { Value::Null }),
        ("digest", text(&lock.digest)),
        ("dependencies", dependencies(lock.dependencies.as_ref())),
    ])
}

fn dependencies(list: Option<&Vec<ChartDependency>>) -> Value {
    let one = |one: &ChartDependency| {
        said([
            ("name", text(&one.name)),
            ("version", text(&one.version)),
            ("repository", text(&one.repository)),
            ("condition", text(&one.condition)),
            ("tags", texts(one.tags.as_ref())),
            ("enabled", one.enabled.into()),
            ("import-values", one.import_values.clone().unwrap_or_default().into()),
            ("alias", text(&one.alias)),
        ])
    };
    list.into_iter().flatten().map(one).collect::<Vec<_>>().into()
}

fn text(text: &EcoString) -> Value {
    Value::Str(text.clone())
}

fn texts(list: Option<&Vec<EcoString>>) -> Value {
    list.into_iter().flatten().map(text).collect::<Vec<_>>().into()
}

fn said<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Map::of_what_says(entries).into()
}
