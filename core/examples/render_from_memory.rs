//! Renders and validates a package that is nowhere on a disk: `cargo run -p rhumb --example render_from_memory`.

#![expect(clippy::disallowed_macros, reason = "an example prints")]

use rhumb::pipeline::{Engine, Request, ValuesInput};
use rhumb::source::{FileTree, VPath};

const CONFIG: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ release.name }}
data: {{ values.settings }}
";

fn main() {
    let files: FileTree = [
        ("rhumb.yaml", "apiVersion: rhumb.dev/v1\nkind: Package\nname: demo\nversion: 0.1.0\n"),
        ("values.yaml", "settings:\n  greeting: hello\n"),
        ("templates/config.yaml", CONFIG),
    ]
    .into_iter()
    .collect();
    let mut request = Request::package(&files, VPath::root());
    request.values.push(ValuesInput::Set("settings.greeting=good morning".to_owned()));

    let built = Engine::new().with_schemas(rhumb_schemas::kubernetes()).check(&request);
    eprint!("{}", built.report());
    print!("{}", built.to_yaml());
    assert!(built.ok() && built.to_yaml().contains("greeting: good morning"));
}
