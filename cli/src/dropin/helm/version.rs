//! `helm version`, as tools read it that choose by Helm's version (Argo CD, helmfile, chart-testing).

use std::sync::Arc;

use gotemplate::{Functions, Map, Run, Set, Value};
use rhumb::render::helm::HelmVersion;

use super::super::Stop;
use super::super::flags::{Flag, Kind};
use super::super::go;
use super::settings::GLOBAL;

const FLAGS: &[Flag] = &[
    Flag::new("short", Kind::Bool),
    Flag::new("template", Kind::Text),
    // Helm 3 had it, hidden, and tools still give it.
    Flag::new("client", Kind::Bool).short('c'),
];

pub(super) fn run(args: &[String]) -> Result<(), Stop> {
    let flags = super::parse(args, &[FLAGS, GLOBAL])?;
    if !flags.positional.is_empty() {
        let message = "\"helm version\" accepts no arguments\n\nUsage:  helm version [flags]";
        return Err(Stop::Error(message.to_owned()));
    }
    let version = HelmVersion::default();
    match flags.text("template").filter(|text| !text.is_empty()) {
        Some(template) => print!("{}", by_template(template)?),
        None if flags.bool("short") => println!("{}+g{}", version.version, &version.git_commit[..7]),
        None => println!(
            "version.BuildInfo{{Version:{}, GitCommit:{}, GitTreeState:{}, GoVersion:{}, KubeClientVersion:{}}}",
            go::quote(&version.version),
            go::quote(&version.git_commit),
            go::quote(&version.git_tree_state),
            go::quote(&version.go_version),
            go::quote(&version.kube_client_version),
        ),
    }
    Ok(())
}

fn by_template(template: &str) -> Result<String, String> {
    let version = HelmVersion::default();
    let data: Map = [
        ("Version", &version.version),
        ("GitCommit", &version.git_commit),
        ("GitTreeState", &version.git_tree_state),
        ("GoVersion", &version.go_version),
        ("KubeClientVersion", &version.kube_client_version),
    ]
    .into_iter()
    .map(|(key, text)| (key, Value::from(text.as_str())))
    .collect();
    let mut set = Set::new(Arc::new(Functions::new()));
    set.parse("_", template).map_err(|error| error.to_string())?;
    let text = Run::new(&Arc::new(set)).render("_", &Value::from(data)).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
