//! A whole build: gathering, and what is done once at the end.
//!
//! See `krusty/kustomizer.go` and `makeCustomizedResMap` in `internal/target/kusttarget.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

use crate::diag::{Diagnostic, Severity};
use crate::object::Gvk;
use crate::source::{Files, VPath};

use super::accumulator::Accumulator;
use super::charts::ChartInflator;
use super::config::{self, Spec};
use super::decode::StringMap;
use super::error::{Cause, Error, Result, Wrap};
use super::loader::Loader;
use super::missed::Missed;
use super::origin::{self, Origin};
use super::place::{Finder, Place};
use super::resmap::ResMap;
use super::resource::{self, LOCAL_CONFIG};
use super::session::Session;
use super::target::Target;
use super::trace::Trace;
use super::transformers::{self, Labels, Transformer};
use super::{Options, Outcome, Reorder, factory, remotes};

/// The label that says who made an object, and the value for this version of kustomize.
const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "kustomize-v5.8.1");

/// Builds the kustomization of a folder.
///
/// # Errors
/// The [`Outcome`] holds the error, in kustomize's words where kustomize has the same mistake.
pub fn build(files: &dyn Files, root: &VPath, options: &Options, charts: &dyn ChartInflator) -> Outcome {
    let mut session = Session::new(files, charts, options);
    let result = match run(&mut session, root) {
        Err(error) if error.cause() == Cause::Remote => Err(remotes::all(&mut session, root).unwrap_or(error)),
        result => result,
    };
    let (result, trace) = match result {
        Ok((text, trace)) => (Ok(text), trace),
        Err(error) => (Err(error), None),
    };
    let missed = missed(&session);
    let unknown = session.schemas.unknown();
    Outcome { result, warnings: session.warnings, missed, unknown, sources: session.sources, trace }
}

fn run(session: &mut Session<'_>, root: &VPath) -> Result<(String, Option<Trace>)> {
    let loader = Loader::new(session, root)?;
    let mut target = Target::load(session, loader)?;
    target.set_schema(session, true)?;
    if !target.kustomization.build_metadata.is_empty() {
        target.origin = Some(Origin::default());
    }
    let mut gathered = target.accumulate(session, Accumulator::default())?;
    transformers::add_hashes(session, &mut gathered.map)?;
    session.trace(gathered.map.list(), "name hash", Place::NONE);
    gathered.config = gathered.config.merged(&config::of_definitions(session, &gathered.map))?;
    transformers::fix_references(session, &mut gathered.map, &gathered.config.name_reference)?;
    session.trace(gathered.map.list(), "name reference", Place::NONE);
    session.step = target.place("vars");
    let since = session.missed_so_far();
    let vars = transformers::resolve_vars(session, &gathered.map, &gathered.vars, &gathered.config.var_reference);
    vars.map_err(|error| session.fail(error, Place::NONE, since))?;
    session.trace(gathered.map.list(), "vars", Place::NONE);
    let mut map = gathered.map;
    let before = session.before_step(map.list());
    drop_local(session, &mut map)?;
    session.trace(map.list(), "local-config", Place::NONE);
    session.trace_dropped(before.as_ref(), map.list());
    sort(session, &target, &mut map)?;
    if session.options.add_managed_by_label || target.kustomization.wants_metadata("managedByLabel") {
        label(session, &mut map)?;
    }
    clean_up(session, &target, &map)?;
    session.trace(map.list(), "buildMetadata", target.place("buildMetadata"));
    let text = write(session, &map)?;
    let tracer = session.tracer.take();
    Ok((text, tracer.map(|tracer| tracer.finish(&session.tree, map.list(), &session.sources, session.limits()))))
}

/// Returns what nothing fits, at the fields that ask for it.
fn missed(session: &Session<'_>) -> Vec<Diagnostic> {
    let mut finder = Finder::new(&session.sources, session.limits());
    let finding = |missed: &Missed| {
        let finding = missed.finding(finder.find(missed.place));
        Diagnostic { code: "kustomize-no-match", severity: Severity::Warning, ..finding }
    };
    session.missed.iter().flatten().map(finding).collect()
}

/// Leaves out what is meant for tools alone.
fn drop_local(session: &Session<'_>, map: &mut ResMap) -> Result<()> {
    let tree = &session.tree;
    let mut kept = std::collections::BTreeSet::new();
    for (at, resource) in map.list().iter().enumerate() {
        if resource.is_nothing(tree) {
            continue;
        }
        factory::check_metadata(tree, resource.root)?;
        if resource::annotation(tree, resource.root, LOCAL_CONFIG).is_none_or(|local| local == "false") {
            kept.insert(at);
        }
    }
    if kept.len() < map.len() {
        map.retain_places(&kept);
    }
    Ok(())
}

fn sort(session: &mut Session<'_>, target: &Target, map: &mut ResMap) -> Result<()> {
    match &target.kustomization.sort_options {
        Some(options) => {
            if session.options.reorder != Reorder::Unspecified {
                session.log(
                    "Warning: Sorting order is set both in 'kustomization.yaml' ('sortOptions') and in a CLI flag \
                     ('--reorder'). Using the kustomization file over the CLI flag.",
                );
            }
            transformers::sort(session, map, options)
        }
        None if session.options.reorder == Reorder::None => Ok(()),
        None => transformers::sort_as_ever(session, map),
    }
}

fn label(session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
    let (key, value) = MANAGED_BY;
    let labels = StringMap(vec![(key.into(), value.into())]);
    let specs = [Spec::new(Gvk::default(), "metadata/labels", true)].into();
    Labels { labels, specs }.transform(session, map)
}

/// Takes away what kustomize noted in annotations and nobody asked to see.
fn clean_up(session: &mut Session<'_>, target: &Target, map: &ResMap) -> Result<()> {
    let tree = &mut session.tree;
    let shows = |option| target.kustomization.wants_metadata(option);
    let (origins, steps) = (shows("originAnnotations"), shows("transformerAnnotations"));
    for resource in map.list() {
        resource.remove_build_annotations(tree)?;
        if !origins {
            origin::set(tree, resource, None).wrap(|| "failed to clean up origin tracking annotations")?;
        }
        if !steps {
            origin::clear_steps(tree, resource).wrap(|| "failed to clean up transformer annotations")?;
        }
    }
    Ok(())
}

fn write(session: &Session<'_>, map: &ResMap) -> Result<String> {
    let limit = session.limits().output_bytes;
    let mut out = String::new();
    for (i, resource) in map.list().iter().enumerate() {
        if i > 0 {
            out.push_str("---\n");
        }
        let span = session.tree.get(resource.root).span;
        let text = session.tree.to_yaml(resource.root).map_err(|error| Error::new(error).at(span))?;
        out.push_str(&text);
        if out.len() > limit {
            return Err(Error::new(format!("the build gives more than {limit} bytes")).at(span));
        }
    }
    Ok(out)
}
