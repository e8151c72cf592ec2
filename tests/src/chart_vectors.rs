//! Runs the vectors of `helm-*.jsonl` and `sprig-*.jsonl`: one template in the chart `demo`, its text or its error. The
//! vectors of `yaml-*.jsonl` run here as well, through the functions that charts call.

use rhumb::render::helm::OutputOptions;
use rhumb::source::{FileTree, VPath};
use rhumb::value::{Map, Value};
use rhumb::values::SetFlag;
use rhumb::values::chart::UserInput;
use serde_json::Value as Json;

use crate::charts::{Request, UserValues, render};
use crate::gotemplate_corpus::base64;

/// `Chart.yaml` of the chart `demo`.
const CHART: &str = r#"apiVersion: v2
name: demo
version: 1.2.3
appVersion: 4.5.6
type: application
description: A demo chart
home: https://example.com/demo
icon: https://example.com/icon.png
kubeVersion: ">=1.20.0-0"
keywords: [one, two]
sources: [https://example.com/src]
maintainers:
- {name: Ann, email: ann@example.com, url: https://example.com/ann}
annotations: {example.com/a: b, "false": "1"}
"#;

/// Keeps `<no value>`, which Helm takes out of what a file writes.
const WRAPPER: (&str, &str) = ("templates/wrapper.yaml", r#"{{ include "demo/templates/t.yaml" . | b64enc }}"#);

/// Runs one vector.
///
/// # Errors
/// How the result differs, or why the vector cannot be run.
pub fn run_case(case: &Json) -> Result<(), String> {
    let expect = &case["expect"];
    let wrapped = expect["output"].as_str().is_some_and(|text| text.contains("<no value>"));
    let files = files(case, wrapped)?;
    let data = &case["data"];
    let inputs = inputs(case, data)?;
    let read = |name: &str| Err(format!("no file {name}"));
    let values = if inputs.len() > 1 { UserValues::Inputs(&inputs, &read) } else { UserValues::Map(numbers(data)) };
    let request = Request {
        release: "demo".to_owned(),
        namespace: "default".to_owned(),
        kube_version: Some("v1.31.0".to_owned()),
        api_versions: texts(case.get("api_versions")),
        is_upgrade: false,
        skip_schemas: false,
        output: OutputOptions::default(),
    };
    let result = render(&files, &VPath::root(), values, &request, &mut Vec::new());
    match (expect.get("error").and_then(Json::as_str), result) {
        (Some(want), Err(got)) => same("error", want, got.message()),
        (Some(want), Ok((_, rendered))) => {
            Err(format!("want error: {want}\n       got: {:?}", text_of(&rendered, "demo/templates/t.yaml")))
        }
        (None, Err(error)) => Err(format!("want: {}\nerror: {}", expect["output"], error.message())),
        (None, Ok((_, rendered))) => {
            let want = expect["output"].as_str().ok_or("the vector expects nothing")?;
            if wrapped {
                let coded = text_of(&rendered, "demo/templates/wrapper.yaml");
                same("output", want, &String::from_utf8_lossy(&base64(&coded)))
            } else {
                same("output", want, &text_of(&rendered, "demo/templates/t.yaml"))
            }
        }
    }
}

fn text_of(rendered: &rhumb::render::helm::RenderedChart, path: &str) -> String {
    let file = rendered.files.iter().find(|file| *file.path == *path);
    file.map(|file| String::from_utf8_lossy(&file.text).into_owned()).unwrap_or_default()
}

fn same(what: &str, want: &str, got: &str) -> Result<(), String> {
    if want == got { Ok(()) } else { Err(format!("{what} differs\nwant: {want:?}\n got: {got:?}")) }
}

fn files(case: &Json, wrapped: bool) -> Result<FileTree, String> {
    let mut files: Vec<(String, Vec<u8>)> = vec![("Chart.yaml".to_owned(), CHART.into())];
    let template = case["template"].as_str().ok_or("the vector has no template")?;
    files.push(("templates/t.yaml".to_owned(), template.into()));
    if wrapped {
        files.push((WRAPPER.0.to_owned(), WRAPPER.1.into()));
    }
    files.push(("values.yaml".to_owned(), case["values_yaml"].as_str().unwrap_or_default().into()));
    files.extend(entries(case.get("defines")).map(|(name, text)| (format!("templates/{name}"), content(text))));
    files.extend(entries(case.get("files")).map(|(name, text)| (name.clone(), content(text))));
    for (name, subchart) in entries(case.get("subcharts")) {
        let chart = format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n");
        files.push((format!("charts/{name}/Chart.yaml"), chart.into()));
        files.extend(entries(Some(subchart)).map(|(path, text)| (format!("charts/{name}/{path}"), content(text))));
    }
    Ok(files.into_iter().collect())
}

fn entries(json: Option<&Json>) -> impl Iterator<Item = (&String, &Json)> {
    json.and_then(Json::as_object).into_iter().flatten()
}

fn content(json: &Json) -> Vec<u8> {
    match json.get("b64").and_then(Json::as_str) {
        Some(coded) => base64(coded),
        None => json.as_str().unwrap_or_default().into(),
    }
}

fn texts(json: Option<&Json>) -> Vec<String> {
    json.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

/// Returns the data as a values file, and the flags.
fn inputs(case: &Json, data: &Json) -> Result<Vec<UserInput>, String> {
    let content = serde_json::to_vec(data).map_err(|error| error.to_string())?;
    let mut inputs = vec![UserInput::File { name: "values.json".to_owned(), content }];
    inputs.extend(texts(case.get("set")).into_iter().map(|text| UserInput::Flag(SetFlag::Set, text)));
    Ok(inputs)
}

/// Reads JSON as Helm reads values: every number is a float.
fn numbers(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => Value::Float(n.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(numbers).collect::<Vec<_>>().into(),
        Json::Object(map) => map.iter().map(|(key, value)| (key.as_str(), numbers(value))).collect::<Map>().into(),
    }
}
