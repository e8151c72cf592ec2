//! Walks from a field back to the lines that gave it: `cargo run -p rhumb --example origins`.

#![expect(clippy::disallowed_macros, reason = "an example prints")]

use rhumb::pipeline::{Engine, Request, Step, ValuesInput};
use rhumb::source::{FileTree, VPath};

const CONFIG: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ release.name }}
data:
  level: {{ values.log.level }}
";

const PROD: &str = "\
apiVersion: rhumb.dev/v1
kind: Overlay
values: {log: {level: warn}}
patches:
  - target: {kind: ConfigMap}
    patch: {data: {region: eu}}
";

fn main() {
    let files: FileTree = [
        ("rhumb.yaml", "apiVersion: rhumb.dev/v1\nkind: Package\nname: shop\nversion: 0.1.0\n"),
        ("values.yaml", "log:\n  level: info\n"),
        ("templates/config.yaml", CONFIG),
        ("overlays/prod/overlay.yaml", PROD),
    ]
    .into_iter()
    .collect();
    let mut request = Request::package(&files, VPath::root());
    request.environment = Some("prod".to_owned());
    request.values.push(ValuesInput::Set("log.level=debug".to_owned()));

    let explained = Engine::new().explain(&request, "ConfigMap/shop", Some("data")).expect("the field is there");
    let place = |span| explained.built.sources.describe(span).unwrap_or_default();
    for field in &explained.fields {
        println!("{} = {}", field.path, rhumb::yaml::to_string(&field.value).trim());
        for step in &field.steps {
            match step {
                Step::Template { span, .. } => println!("  written at {}", place(*span)),
                Step::Value { path, layers } => {
                    for (layer, span, _) in layers {
                        println!("  {path} set by {layer} at {}", place(*span));
                    }
                }
                Step::Patch { span, environment } => println!("  patched by {environment} at {}", place(*span)),
                _ => {}
            }
        }
    }
    assert_eq!(explained.fields.len(), 2);
}
