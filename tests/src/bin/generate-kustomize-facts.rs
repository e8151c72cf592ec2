//! Writes the facts in `core/src/render/kustomize/data` from kustomize's own modules.
//!
//! Needs Go and a module proxy. `data/README.md` there says what the files are. The types come out of a small program
//! in Go that prints the document which kyaml embeds; the rest is read from constants in kustomize's source.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use rhumb::render::kustomize::compact_schema;
use rhumb::source::Limits;
use rhumb::value::Value;
use rhumb::yaml::{Numbers, unmarshal};

type Error = Box<dyn std::error::Error>;

const API: &str = "sigs.k8s.io/kustomize/api@v0.21.1";
const KYAML: &str = "sigs.k8s.io/kustomize/kyaml@v0.21.1";

fn main() -> Result<(), Error> {
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/render/kustomize/data");
    let mut source = String::from("# What the files were generated from; README.md says how.\n");
    let api = module(API, &mut source)?;
    let kyaml = module(KYAML, &mut source)?;
    let embedded: Value = serde_json::from_slice(&embedded_document()?)?;
    let own: Value = serde_json::from_slice(&std::fs::read(kyaml.join("openapi/kustomizationapi/swagger.json"))?)?;
    std::fs::create_dir_all(&out)?;
    std::fs::write(out.join("types.txt"), compact_schema(&embedded))?;
    std::fs::write(out.join("own-types.txt"), compact_schema(&own))?;
    std::fs::write(out.join("scopes.txt"), scopes(&std::fs::read_to_string(kyaml.join("openapi/openapi.go"))?))?;
    let (specs, references) = field_specs(&api.join("internal/konfig/builtinpluginconsts"))?;
    std::fs::write(out.join("field-specs.txt"), specs)?;
    std::fs::write(out.join("name-references.txt"), references)?;
    std::fs::write(out.join("SOURCE"), source)?;
    Ok(())
}

/// Downloads a module and notes its digest (Go's `h1:` sum).
fn module(name: &str, source: &mut String) -> Result<PathBuf, Error> {
    let output = Command::new("go").args(["mod", "download", "-json", name]).output()?;
    let facts: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let text = |key: &str| facts[key].as_str().ok_or_else(|| format!("{name}: no {key}: {facts}"));
    source.push_str(&format!("{name} {}\n", text("Sum")?));
    Ok(text("Dir")?.into())
}

const PROGRAM: &str = r#"package main

import (
	"encoding/json"
	"os"

	openapi_v2 "github.com/google/gnostic-models/openapiv2"
	"google.golang.org/protobuf/proto"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/kustomize/kyaml/openapi/kubernetesapi"
)

func main() {
	document := &openapi_v2.Document{}
	bytes := kubernetesapi.OpenAPIMustAsset["v1.21.2"]("kubernetesapi/v1_21_2/swagger.pb")
	if err := proto.Unmarshal(bytes, document); err != nil {
		panic(err)
	}
	var swagger spec.Swagger
	if _, err := swagger.FromGnostic(document); err != nil {
		panic(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(swagger); err != nil {
		panic(err)
	}
}
"#;

fn embedded_document() -> Result<Vec<u8>, Error> {
    let folder = tempfile::tempdir()?;
    let version = KYAML.rsplit('@').next().unwrap_or_default();
    let manifest = format!("module facts\ngo 1.24.0\nrequire sigs.k8s.io/kustomize/kyaml {version}\n");
    std::fs::write(folder.path().join("go.mod"), manifest)?;
    std::fs::write(folder.path().join("main.go"), PROGRAM)?;
    let go = |args: &[&str]| -> Result<Vec<u8>, Error> {
        let output = Command::new("go").args(args).current_dir(folder.path()).output()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    };
    go(&["mod", "tidy"])?;
    go(&["run", "."])
}

/// The table of kinds that are known without their types: `{APIVersion: "v1", Kind: "Node"}: false,`.
fn scopes(go: &str) -> String {
    let mut out = String::from("# Generated: see README.md.\n");
    let start = go.find("precomputedIsNamespaceScoped = ").unwrap_or(go.len());
    for line in go[start..].lines().skip(1).take_while(|line| !line.starts_with('}')) {
        let mut quoted = line.split('"');
        let (Some(api_version), Some(kind)) = (quoted.nth(1), quoted.nth(1)) else { continue };
        let scope = if line.contains(": true,") || line.contains(" true,") { "namespaced" } else { "cluster" };
        out.push_str(&format!("{api_version} {kind} {scope}\n"));
    }
    out
}

/// The constants with field specs are YAML between backquotes, some of them added to another.
fn field_specs(folder: &Path) -> Result<(String, String), Error> {
    let constant = |file: &str| -> Result<String, Error> {
        let go = std::fs::read_to_string(folder.join(file))?;
        Ok(go.split('`').skip(1).step_by(2).collect::<Vec<_>>().join("\n"))
    };
    let labels = constant("metadatalabels.go")?;
    let mut yaml = String::new();
    for file in ["nameprefix.go", "namesuffix.go"] {
        yaml.push_str(&constant(file)?);
    }
    yaml.push_str(&(constant("commonlabels.go")? + &labels));
    yaml.push_str(&(constant("templatelabels.go")? + &labels));
    for file in
        ["commonannotations.go", "namespace.go", "varreference.go", "namereference.go", "images.go", "replicas.go"]
    {
        yaml.push_str(&constant(file)?);
    }
    let config = unmarshal(&yaml, Numbers::Exact, &Limits::default())?;
    let mut specs = String::from("# Generated: see README.md.\n");
    let mut references = specs.clone();
    for (name, list) in config.as_map().into_iter().flatten() {
        let list = list.as_seq().unwrap_or_default();
        if name == "nameReference" {
            for target in list {
                references.push_str(&format!(": {}\n", gvk(target)));
                let referrers = target.get("fieldSpecs").and_then(Value::as_seq).unwrap_or_default();
                references.push_str(&lines(referrers));
            }
        } else {
            specs.push_str(&format!(": {name}\n"));
            specs.push_str(&lines(list));
        }
    }
    Ok((specs, references))
}

fn gvk(spec: &Value) -> String {
    let word = |key| spec.get(key).and_then(Value::as_str).unwrap_or("-");
    format!("{} {} {}", word("group"), word("version"), word("kind"))
}

// One that is there twice is written once.
fn lines(specs: &[Value]) -> String {
    let mut seen = BTreeSet::new();
    specs.iter().map(line).filter(|line| seen.insert(line.clone())).collect()
}

fn line(spec: &Value) -> String {
    let path = spec.get("path").and_then(Value::as_str).unwrap_or_default();
    let create = if spec.get("create").and_then(Value::as_bool) == Some(true) { "create" } else { "keep" };
    format!("{path} {create} {}\n", gvk(spec))
}
