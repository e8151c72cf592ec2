//! `helm show chart|values|readme|crds|all CHART`.

use std::io::Write;

use rhumb::pipeline::helm::{Show, show};
use rhumb::source::Limits;

use super::super::Stop;
use super::super::flags::{self, Flag, Kind};
use super::settings::GLOBAL;
use super::{CHART_PATH, HELP, chart};

const FLAGS: &[Flag] = &[Flag::new("devel", Kind::Bool), Flag::new("jsonpath", Kind::Text)];

pub(super) fn run(args: &[String]) -> Result<(), Stop> {
    let Some(at) = flags::command_at(args, GLOBAL) else {
        flags::parse(args, &[GLOBAL])?;
        println!("{HELP}");
        return Ok(());
    };
    let rest: Vec<String> = args[..at].iter().chain(&args[at + 1..]).cloned().collect();
    let what = match args[at].as_str() {
        "all" => Show::All,
        "chart" => Show::Chart,
        "values" => Show::Values,
        "readme" => Show::Readme,
        "crds" => Show::Crds,
        _ => {
            println!("{HELP}");
            return Ok(());
        }
    };
    let name = args[at].as_str();
    let flags = super::parse(&rest, &[FLAGS, CHART_PATH, GLOBAL])?;
    if flags.has("jsonpath") {
        return Err("--jsonpath is not supported: pipe the values through `yq` or `jq`".to_owned().into());
    }
    let [chart] = &flags.positional[..] else {
        let usage = format!("\"helm show {name}\" requires 1 argument\n\nUsage:  helm show {name} [CHART] [flags]");
        return Err(usage.into());
    };
    let limits = Limits::default();
    let located = chart::locate(chart, &flags, &limits)?;
    let text = show(&located.source(), what, &limits)?;
    // A reader that has seen enough closes the pipe: nobody is left to be told.
    let _ = std::io::stdout().lock().write_all(&text);
    Ok(())
}
