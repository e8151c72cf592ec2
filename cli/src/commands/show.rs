//! `rhumb show`: what a source is made of.

use rhumb::pipeline::Built;
use rhumb::source::{Files, Limits, VPath};
use rhumb::value::{Value, ValuePath};
use rhumb::values::Values;

use crate::args::{ShowArgs, ShowWhat};
use crate::config::{Build, Place};
use crate::inputs;
use crate::output::{Exit, Failure, Output};

pub(super) fn run(args: ShowArgs, output: &mut Output) -> Result<Exit, Failure> {
    let config = Build::new(&args.source, args.build)?;
    if args.what == ShowWhat::Files {
        return files(&config, output);
    }
    let built = inputs::build(&config)?;
    let shown = match args.what {
        ShowWhat::Schema => schema(&built),
        _ => built.values.as_ref().map(|values| values_text(values, args.origins, &built)),
    };
    // Values are worth seeing all the more when something is wrong with them.
    let stopped = super::stopped(&built, output);
    match shown {
        Some(text) => {
            output.result(&text);
            Ok(stopped.unwrap_or(Exit::Fine))
        }
        None => match stopped {
            Some(exit) => Ok(exit),
            None => {
                let what = if args.what == ShowWhat::Schema { "schema of values" } else { "values" };
                Err(Failure::new("cli-nothing-to-show", format!("`{}` has no {what}", config.source.name())))
            }
        },
    }
}

fn files(config: &Build, output: &mut Output) -> Result<Exit, Failure> {
    let Place::Path(path) = &config.source else {
        return Err(Failure::new("cli-nothing-to-show", "standard input is no folder"));
    };
    let files = inputs::open(path, 0, &Limits::default())?;
    let listed = files.list(&VPath::root()).map_err(|error| Failure::new("cli-unreadable", error.to_string()))?;
    for file in listed {
        output.result(&format!("{file}\n"));
    }
    Ok(Exit::Fine)
}

fn schema(built: &Built) -> Option<String> {
    let schema = built.package.as_ref()?.schema.as_ref()?;
    let text = built.sources.get(schema.file)?.text();
    Some(if text.ends_with('\n') { text.to_string() } else { format!("{text}\n") })
}

fn values_text(values: &Values, origins: bool, built: &Built) -> String {
    if !origins {
        return rhumb::yaml::to_string(values.value());
    }
    let mut lines = Vec::new();
    leaves(values.value(), &mut ValuePath::root(), &mut |path, leaf| {
        let place = built.sources.describe(values.span(path)).unwrap_or_else(|| "schema default".to_owned());
        let text = serde_json::to_string(leaf).unwrap_or_default();
        lines.push(format!("{path}: {text}  # {place}\n"));
    });
    lines.concat()
}

fn leaves(value: &Value, path: &mut ValuePath, each: &mut impl FnMut(&ValuePath, &Value)) {
    match value {
        Value::Map(map) if !map.is_empty() => {
            for (key, value) in map.iter() {
                path.push_key(key.clone());
                leaves(value, path, each);
                path.pop();
            }
        }
        Value::Seq(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                path.push_index(index);
                leaves(value, path, each);
                path.pop();
            }
        }
        leaf => each(path, leaf),
    }
}
