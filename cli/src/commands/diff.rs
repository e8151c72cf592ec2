//! `rhumb diff`: two sides, object by object.

use rhumb::diff;
use rhumb::pipeline::Built;

use super::differences;
use crate::args::{BuildArgs, DiffArgs, DiffFormat};
use crate::config::{Build, Place, one_stdin};
use crate::inputs;
use crate::output::{Exit, Failure, Output};

pub(super) fn run(args: DiffArgs, output: &mut Output) -> Result<Exit, Failure> {
    if args.live {
        return super::live::diff(args, output);
    }
    if args.cluster.is_any() {
        let failure = Failure::new("cli-needs-live", "a context or a user was given, but no cluster is asked");
        return Err(failure.help("compare with the cluster with `--live`"));
    }
    let shape = (args.output, args.unified);
    let [a, b] = sides(args)?;
    let (a, b) = (inputs::build(&a)?, inputs::build(&b)?);
    let sides = [a, b];
    if sides.iter().filter_map(|side| super::stopped(side, output)).count() > 0 {
        return Ok(Exit::Failed);
    }
    Ok(print(&sides, shape, output))
}

fn sides(args: DiffArgs) -> Result<[Build; 2], Failure> {
    let own = |environment: Option<String>, values: Vec<String>, set: Vec<String>| {
        let mut build = args.build.clone();
        build.environment = environment.or(build.environment);
        build.values.extend(values);
        build.set.extend(set);
        build
    };
    let a_build: BuildArgs = own(args.env_a, args.values_a, args.set_a);
    let b_build: BuildArgs = own(args.env_b, args.values_b, args.set_b);
    let b_source = args.b.as_deref().unwrap_or(&args.a);
    let sides = [Build::new(&args.a, a_build)?, Build::new(b_source, b_build)?];
    if args.b.is_none() && sides[0].same_as(&sides[1]) {
        return Err(Failure::new("cli-same-sides", "both sides are the same").help(
            "name a second source, tell the sides apart with `--env-b`, `--values-b` or `--set-b`, or compare with \
                 the cluster with `--live`",
        ));
    }
    let twice = |place: &&Place| **place == Place::Stdin;
    one_stdin(sides.iter().flat_map(Build::places).filter(twice))?;
    Ok(sides)
}

fn print([a, b]: &[Built; 2], shape: (DiffFormat, usize), output: &mut Output) -> Exit {
    let diffs = inputs::engine().diff(a, b);
    differences::print(&diffs, shape, || diff::to_json(&diffs, false), output);
    if diffs.is_empty() {
        return Exit::Fine;
    }
    if matches!(shape.0, DiffFormat::Text | DiffFormat::SideBySide) {
        output.say(&diff::summary(&diffs).to_string());
    }
    Exit::Findings
}
