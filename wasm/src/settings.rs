//! What a package of a session is built with, as callers write it.

use rhumb::pipeline::ValuesInput;
use rhumb::schema::KubeVersion;
use rhumb::session::Settings;
use rhumb::source::VPath;
use serde::Deserialize;

use crate::api::Error;

/// `Settings` of `types.d.ts`; every field may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Given {
    environment: Option<String>,
    values_files: Vec<String>,
    values: Vec<String>,
    set: Vec<String>,
    set_string: Vec<String>,
    set_json: Vec<String>,
    set_literal: Vec<String>,
    name: Option<String>,
    namespace: Option<String>,
    kube_version: Option<String>,
    api_versions: Vec<String>,
    is_upgrade: bool,
    crds: Vec<String>,
    strict: bool,
    no_validate: bool,
}

/// Reads settings from JSON.
pub(crate) fn read(json: &str) -> Result<Settings, Error> {
    let given: Given = serde_json::from_str(json).map_err(Error::Settings)?;
    let version = given.kube_version.as_deref().map(KubeVersion::parse).transpose();
    let number = |i: usize| if i == 0 { "values".to_owned() } else { format!("values {}", i + 1) };
    let mut values = Vec::new();
    values.extend(given.values.into_iter().enumerate().map(|(i, text)| ValuesInput::File { name: number(i), text }));
    values.extend(given.set_json.into_iter().map(ValuesInput::SetJson));
    values.extend(given.set.into_iter().map(ValuesInput::Set));
    values.extend(given.set_string.into_iter().map(ValuesInput::SetString));
    values.extend(given.set_literal.into_iter().map(ValuesInput::SetLiteral));
    Ok(Settings {
        environment: given.environment,
        values_files: paths(&given.values_files)?,
        values,
        release_name: given.name,
        namespace: given.namespace,
        kube_version: version.map_err(|error| Error::KubeVersion(Box::new(error)))?.unwrap_or_default(),
        api_versions: given.api_versions,
        is_upgrade: given.is_upgrade,
        crds: paths(&given.crds)?,
        strict: given.strict,
        no_validate: given.no_validate,
    })
}

fn paths(texts: &[String]) -> Result<Vec<VPath>, Error> {
    texts.iter().map(|text| VPath::parse(text).map_err(Error::Path)).collect()
}
