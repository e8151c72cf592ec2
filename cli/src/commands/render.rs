//! `rhumb render`: manifests on standard output or as files.

use rhumb::pipeline::Built;

use super::trace;
use crate::args::{ManifestFormat, RenderArgs};
use crate::config::Build;
use crate::inputs::Validate;
use crate::output::{Exit, Failure, Output};
use crate::{inputs, machine, write};

pub(super) fn run(args: RenderArgs, output: &mut Output) -> Result<Exit, Failure> {
    let config = Build::new(&args.source, args.build)?;
    let validate = if args.validate {
        Validate::All
    } else if args.no_validate {
        Validate::Nothing
    } else {
        Validate::AllButCharts
    };
    let built = inputs::render(&config, validate, args.trace)?;
    if let Some(exit) = super::stopped(&built, output) {
        return Ok(exit);
    }
    if let Some(what) = machine::unrepeatable(&built.impure).filter(|_| config.seed.is_none()) {
        output.say(&format!("note: {what}\n  = help: `--seed` and `--now` make it repeatable"));
    }
    if let Some(notes) = &built.notes {
        output.say(notes);
    }
    if args.trace {
        match args.output {
            ManifestFormat::Json => output.json(&trace::json(&built)),
            ManifestFormat::Yaml => output.result(&trace::text(&built)),
        }
        return Ok(Exit::Fine);
    }
    if let Some(folder) = &args.output_dir {
        for path in write::objects(&built.objects, folder, args.output)? {
            output.result(&format!("{}\n", path.display()));
        }
        return Ok(Exit::Fine);
    }
    match args.output {
        ManifestFormat::Json => output.json(&built.to_json()),
        ManifestFormat::Yaml if args.source_comments => output.result(&commented(&built)),
        ManifestFormat::Yaml => output.result(&built.to_yaml()),
    }
    // The process ends here: to take the trees apart node by node would only cost time.
    std::mem::forget(built);
    Ok(Exit::Fine)
}

fn commented(built: &Built) -> String {
    let one = |object: &rhumb::object::Object| {
        let source: String = object.source.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        format!("---\n# Source: {source}\n{}", write::yaml(object))
    };
    built.objects.objects().map(one).collect()
}
