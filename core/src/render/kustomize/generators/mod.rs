//! What makes resources: ConfigMaps and Secrets from files and literals, charts, accounts.

mod config_map;
mod data;
mod helm;
mod iam;
mod secret;

pub(super) use config_map::ConfigMapGenerator;
pub(super) use helm::HelmGenerator;
pub(super) use iam::IamPolicyGenerator;
pub(super) use secret::SecretGenerator;

use ecow::EcoString;

use super::decode::{ConfigMapArgs, GeneratorOptions, HelmConfig, SecretArgs, StringMap, write};
use super::error::{Result, Wrap};
use super::loader::Loader;
use super::origin::Origin;
use super::place::Place;
use super::resmap::ResMap;
use super::session::Session;
use super::target::Target;

/// Makes resources.
pub(super) trait Generator {
    /// Returns what it makes.
    ///
    /// # Errors
    /// When a source is missing or wrong.
    fn generate(&self, session: &mut Session<'_>) -> Result<ResMap>;
}

/// A generator, with what its resources are said to come from.
pub(super) struct Generation {
    pub(super) generator: Box<dyn Generator>,
    pub(super) origin: Option<Origin>,
    pub(super) place: Place,
}

/// Returns the generators that the fields of a kustomization ask for, in kustomize's order.
///
/// # Errors
/// When a chart cannot be configured.
pub(super) fn of_kustomization(
    session: &mut Session<'_>,
    target: &Target,
    helm_namespace: &EcoString,
) -> Result<Vec<Generation>> {
    let origin = |kind: &str| target.origin.as_ref().map(|origin| origin.of_builtin(target.file, kind));
    let kustomization = &target.kustomization;
    let globals = kustomization.generator_options.as_ref();
    let mut all: Vec<Generation> = Vec::new();
    for (at, args) in kustomization.config_map_generator.iter().enumerate() {
        let args = ConfigMapArgs { options: with_globals(args.options.clone(), globals), ..args.clone() };
        let generator = ConfigMapGenerator { args: args.into(), loader: target.loader.clone() };
        let place = target.place("configMapGenerator").entry(at);
        all.push(Generation { generator: Box::new(generator), origin: origin("ConfigMapGenerator"), place });
    }
    for (at, args) in kustomization.secret_generator.iter().enumerate() {
        let args = SecretArgs { options: with_globals(args.options.clone(), globals), ..args.clone() };
        let kind = args.kind.clone();
        let generator = SecretGenerator { args: args.into(), kind, loader: target.loader.clone() };
        let place = target.place("secretGenerator").entry(at);
        all.push(Generation { generator: Box::new(generator), origin: origin("SecretGenerator"), place });
    }
    for (at, chart) in kustomization.helm_charts.iter().enumerate() {
        let place = target.place("helmCharts").entry(at);
        let mut chart = chart.clone();
        if chart.namespace.is_empty() {
            let outer = Some(&kustomization.namespace).filter(|namespace| !namespace.is_empty());
            chart.namespace = outer.unwrap_or(helm_namespace).clone();
        }
        let config = HelmConfig::new(kustomization.helm_globals.clone().unwrap_or_default(), chart);
        let shown = write(&config);
        let generator = HelmGenerator::new(session, target.loader.clone(), config)
            .wrap(|| format!("trouble configuring builtin HelmChartInflationGenerator with config: `\n{shown}`"))
            .map_err(|error| session.locate(error, place))?;
        let origin = origin("HelmChartInflationGenerator");
        all.push(Generation { generator: Box::new(generator), origin, place });
    }
    Ok(all)
}

/// Fills the options of one generator with those of all.
pub(super) fn with_globals(
    local: Option<GeneratorOptions>,
    globals: Option<&GeneratorOptions>,
) -> Option<GeneratorOptions> {
    let Some(globals) = globals else { return local };
    let mut options = local.unwrap_or_default();
    let fill = |local: &mut StringMap, globals: &StringMap| {
        for (key, text) in &globals.0 {
            if local.get(key).is_none() {
                local.0.push((key.clone(), text.clone()));
            }
        }
        local.0.sort_unstable();
    };
    fill(&mut options.labels, &globals.labels);
    fill(&mut options.annotations, &globals.annotations);
    options.disable_name_suffix_hash |= globals.disable_name_suffix_hash;
    options.immutable |= globals.immutable;
    Some(options)
}

/// What ConfigMaps and Secrets are made from.
#[derive(Debug, Clone, Default)]
pub(super) struct Args {
    pub(super) namespace: EcoString,
    pub(super) name: EcoString,
    pub(super) behavior: EcoString,
    pub(super) literals: Vec<EcoString>,
    pub(super) files: Vec<EcoString>,
    pub(super) envs: Vec<EcoString>,
    pub(super) options: Option<GeneratorOptions>,
}

impl From<ConfigMapArgs> for Args {
    fn from(args: ConfigMapArgs) -> Args {
        let ConfigMapArgs { namespace, name, behavior, literals, files, envs, options, env: _ } = args;
        Args { namespace, name, behavior, literals, files, envs, options }
    }
}

impl From<SecretArgs> for Args {
    fn from(args: SecretArgs) -> Args {
        let SecretArgs { namespace, name, behavior, literals, files, envs, options, env: _, kind: _ } = args;
        Args { namespace, name, behavior, literals, files, envs, options }
    }
}

/// Makes the one resource that a generator of data gives.
fn generated(session: &mut Session<'_>, root: super::tree::NodeId, args: &Args) -> Result<ResMap> {
    let mut resource = super::resource::Resource::new(&mut session.tree, root);
    resource.build.needs_hash = !args.options.as_ref().is_some_and(|options| options.disable_name_suffix_hash);
    let known = ["create", "merge", "replace"].contains(&args.behavior.as_str());
    resource.build.behavior = Some(if known { args.behavior.clone() } else { "unspecified".into() });
    let mut map = ResMap::new();
    map.append(session, resource)?;
    Ok(map)
}

/// Makes the document without its data.
fn base(session: &mut Session<'_>, kind: &str, args: &Args) -> Result<super::tree::NodeId> {
    use super::error::Error;
    use super::tree::{Kind, Tag};
    if args.name.is_empty() {
        return Err(Error::new("a configmap must have a name"));
    }
    let tree = &mut session.tree;
    let root = tree.empty(Kind::Map);
    for (field, text) in [("apiVersion", "v1"), ("kind", kind)] {
        let value = tree.tagged(text, Tag::Str);
        tree.set_field(root, field, value)?;
    }
    let metadata = tree.empty(Kind::Map);
    tree.set_field(root, "metadata", metadata)?;
    for (field, text) in [("name", &args.name), ("namespace", &args.namespace)] {
        if !text.is_empty() {
            let value = tree.string(text.clone());
            tree.set_field(metadata, field, value)?;
        }
    }
    Ok(root)
}

/// Adds labels, annotations and immutability.
fn finish(session: &mut Session<'_>, root: super::tree::NodeId, args: &Args) -> Result<()> {
    let Some(options) = &args.options else { return Ok(()) };
    let tree = &mut session.tree;
    options.labels.0.iter().try_for_each(|(key, text)| super::resource::set_label(tree, root, key, text))?;
    options.annotations.0.iter().try_for_each(|(key, text)| super::resource::set_annotation(tree, root, key, text))?;
    if options.immutable {
        let value = tree.tagged("true", super::tree::Tag::Bool);
        tree.set_field(root, "immutable", value)?;
    }
    Ok(())
}

/// Reads the data that a generator of data is made from, in the order of keys.
fn data(session: &mut Session<'_>, loader: &Loader, args: &Args) -> Result<Vec<(EcoString, Vec<u8>)>> {
    data::load(session, loader, args)
}
