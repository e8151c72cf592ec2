//! Everything that a tree of kustomizations names on other machines, for one error that tells it all.

use std::collections::BTreeSet;

use crate::source::VPath;

use super::decode::Kustomization;
use super::error::{Cause, Error};
use super::loader::Loader;
use super::session::Session;
use super::target::Target;
use super::{go, remote};

/// Returns the error that names all remote files and repositories below a folder; `None` if there are none.
pub(super) fn all(session: &mut Session<'_>, root: &VPath) -> Option<Error> {
    let warnings = session.warnings.len();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<Loader> = Loader::new(session, root).into_iter().collect();
    while let Some(loader) = open.pop() {
        if !seen.insert(loader.root().clone()) {
            continue;
        }
        let Ok(target) = Target::load(session, loader) else { continue };
        let file = go::join(&session.shown(target.loader.root()), target.file);
        let names = remote_names(session, &target);
        found.extend(names.into_iter().map(|name| format!("  {name} (in {file})")));
        let mut inner: Vec<Loader> = Vec::new();
        let kustomization = &target.kustomization;
        for path in [
            &kustomization.resources,
            &kustomization.components,
            &kustomization.generators,
            &kustomization.transformers,
            &kustomization.validators,
        ]
        .into_iter()
        .flatten()
        {
            inner.extend(target.loader.enter(session, path));
        }
        // The first one named is looked at first.
        open.extend(inner.into_iter().rev());
    }
    // The files were read before, and so was what there is to say of them.
    session.warnings.truncate(warnings);
    if found.is_empty() {
        return None;
    }
    let message = format!("nothing is fetched during a build, but these lie on other machines:\n{}", found.join("\n"));
    Some(Error::new(message).because(Cause::Remote))
}

fn remote_names(session: &Session<'_>, target: &Target) -> Vec<String> {
    let kustomization = &target.kustomization;
    let mut names: Vec<String> =
        paths(kustomization).into_iter().filter(|path| remote::is_remote(path)).map(str::to_owned).collect();
    if session.options.enable_helm {
        let home = kustomization.helm_globals.as_ref().map(|globals| globals.chart_home.as_str()).unwrap_or_default();
        let home = if home.is_empty() { "charts" } else { home };
        let home = go::join(&session.shown(target.loader.root()), home);
        for chart in kustomization.helm_charts.iter().filter(|chart| !chart.repo.is_empty()) {
            let versioned = go::join(&home, &format!("{}-{}", chart.name, chart.version));
            let home = if chart.version.is_empty() { &home } else { &versioned };
            let folder = session.vpath(&go::join(home, &chart.name));
            if folder.is_none_or(|folder| session.files.entry(&folder).is_err()) {
                names.push(format!("chart {} {} of {}", chart.name, chart.version, chart.repo));
            }
        }
    }
    names
}

/// Returns the paths that a kustomization names.
fn paths(kustomization: &Kustomization) -> Vec<&str> {
    let Kustomization { resources, components, crds, configurations, generators, transformers, validators, .. } =
        kustomization;
    let lists = [resources, components, crds, configurations, generators, transformers, validators];
    let mut paths: Vec<&str> = lists.into_iter().flatten().map(|path| path.as_str()).collect();
    paths.extend(kustomization.openapi.get("path").map(|path| path.as_str()));
    paths.extend(kustomization.patches_strategic_merge.iter().map(|path| path.0.as_str()));
    let patches = kustomization.patches.iter().chain(&kustomization.patches_json6902);
    paths.extend(patches.map(|patch| patch.path.as_str()));
    paths.extend(kustomization.replacements.iter().map(|replacement| replacement.path.as_str()));
    let config_maps = kustomization.config_map_generator.iter().map(|args| (&args.files, &args.envs));
    let secrets = kustomization.secret_generator.iter().map(|args| (&args.files, &args.envs));
    for (files, envs) in config_maps.chain(secrets) {
        let without_key = |file: &'_ str| file.split_once('=').map_or(0, |(key, _)| key.len() + 1);
        paths.extend(files.iter().map(|file| &file[without_key(file)..]));
        paths.extend(envs.iter().map(|path| path.as_str()));
    }
    for chart in &kustomization.helm_charts {
        paths.push(&chart.values_file);
        paths.extend(chart.additional_values_files.iter().map(|path| path.as_str()));
    }
    paths
}
