//! Adds a template function and a check of one's own: `cargo run -p rhumb --example extend`.

#![expect(clippy::disallowed_macros, reason = "an example prints")]

use rhumb::diag::Diagnostic;
use rhumb::pipeline::{Engine, Request};
use rhumb::schema::{Check, Report, Target};
use rhumb::source::{FileTree, VPath};
use rhumb::value::Value;

/// Every object says which team it belongs to.
struct HasOwner;

impl Check for HasOwner {
    fn check(&self, target: &Target<'_>, report: &mut Report<'_>) {
        let labels = target.node.get("metadata").and_then(|metadata| metadata.get("labels"));
        if labels.and_then(|labels| labels.get("owner")).is_none() {
            let finding = Diagnostic::warning("house-owner", "the object has no label `owner`");
            report.add(target.node, finding.help("say which team answers for it"));
        }
    }
}

/// `host("shop")` is `shop.internal.example.com`.
fn host(arguments: &[Value]) -> Result<Value, String> {
    match arguments {
        [Value::Str(name)] => Ok(format!("{name}.internal.example.com").into()),
        _ => Err("`host` takes one string".to_owned()),
    }
}

const CONFIG: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ release.name }}
data:
  host: {{ host(release.name) }}
";

fn main() {
    let files: FileTree = [
        ("rhumb.yaml", "apiVersion: rhumb.dev/v1\nkind: Package\nname: shop\nversion: 0.1.0\n"),
        ("templates/config.yaml", CONFIG),
    ]
    .into_iter()
    .collect();
    let schemas = rhumb_schemas::kubernetes();
    let engine = Engine::new().with_schemas(schemas).with_function("host", host).with_check(HasOwner);
    let built = engine.check(&Request::package(&files, VPath::root()));
    print!("{}\n{}", built.to_yaml(), built.report());
    assert!(built.to_yaml().contains("host: shop.internal.example.com"));
    assert!(built.diagnostics.iter().any(|finding| finding.code == "house-owner"));
}
