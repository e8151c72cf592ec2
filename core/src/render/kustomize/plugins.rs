//! Built-in transformers and generators that a kustomization configures in files or inline.
//!
//! See `internal/plugins/loader/loader.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>. What is not built in is a program that would
//! have to be run: executables, containers, plugins of Go. All are refused, as kustomize does unless it is told to trust
//! them.

use ecow::EcoString;

use super::config::from_field_specs;
use super::decode::{self, FieldSpec, GoType, Mode, ObjectMeta};
use super::error::{Cause, Error, Result, Wrap};
use super::generators::{
    Args, ConfigMapGenerator, Generation, Generator, HelmGenerator, IamPolicyGenerator, SecretGenerator,
};
use super::loader::Loader;
use super::origin::{self, Identifier, Origin};
use super::place::Place;
use super::resid::ShowGvk;
use super::resmap::ResMap;
use super::resource::{self, Resource};
use super::session::Session;
use super::transformers::{
    Annotations, HashTransformer, Images, JsonPatch, Labels, Namespace, PatchTransformer, Prefix, Replacements,
    Replicas, Step, StrategicMerge, Suffix, Transformer, ValueAdd,
};

/// A plugin that was configured.
enum Plugin {
    Generator(Box<dyn Generator>),
    Transformer(Box<dyn Transformer>),
}

/// Returns the generators that some configurations are.
///
/// # Errors
/// When one is no generator, or wrong.
pub(super) fn generators(
    session: &mut Session<'_>,
    loader: &Loader,
    map: &ResMap,
    place: Place,
) -> Result<Vec<Generation>> {
    let mut all = Vec::with_capacity(map.len());
    for config in map.list() {
        let failed = || "failed to load generator";
        let Plugin::Generator(generator) = configured(session, loader, config).wrap(failed)? else {
            return Err(not_a(session, config, "generator")).wrap(failed);
        };
        let origin = origin_of(session, config).wrap(|| "failed to get origin from CustomPlugin")?;
        all.push(Generation { generator, origin, place });
    }
    Ok(all)
}

/// Returns the transformers that some configurations are.
///
/// # Errors
/// When one is no transformer, or wrong.
pub(super) fn transformers(
    session: &mut Session<'_>,
    loader: &Loader,
    map: &ResMap,
    place: Place,
) -> Result<Vec<Step>> {
    let mut all = Vec::with_capacity(map.len());
    for config in map.list() {
        let Plugin::Transformer(transformer) = configured(session, loader, config)? else {
            return Err(not_a(session, config, "transformer"));
        };
        all.push(Step { transformer, origin: origin_of(session, config)?, place });
    }
    Ok(all)
}

fn not_a(session: &Session<'_>, config: &Resource, wanted: &str) -> Error {
    let id = config.original_id(&session.tree, &session.schemas);
    Error::new(format!("plugin {id} not a {wanted}")).at(session.tree.get(config.root).span)
}

/// Returns what the resources that a plugin makes or changes are said to come from.
fn origin_of(session: &Session<'_>, config: &Resource) -> Result<Option<Origin>> {
    let tree = &session.tree;
    let Some(origin) = origin::of(tree, config, session.limits())? else { return Ok(None) };
    let configured_by = Identifier {
        api_version: resource::api_version(tree, config.root).into(),
        kind: resource::kind(tree, config.root).into(),
        name: resource::metadata_text(tree, config.root, "name"),
        namespace: resource::metadata_text(tree, config.root, "namespace"),
    };
    Ok(Some(Origin { configured_in: origin.path, configured_by, path: EcoString::new(), ..origin }))
}

fn configured(session: &mut Session<'_>, loader: &Loader, config: &Resource) -> Result<Plugin> {
    let span = session.tree.get(config.root).span;
    let gvk = resource::gvk(&session.tree, config.root);
    let id = config.original_id(&session.tree, &session.schemas);
    if !gvk.group.is_empty() || gvk.version != "builtin" {
        let message = format!("external plugins disabled; unable to load external plugin '{}'", id.gvk.kind);
        return Err(Error::new(message).because(Cause::Plugin).at(span));
    }
    let Some(make) = factory(&gvk.kind) else {
        return Err(Error::new(format!("unable to load builtin {}", ShowGvk(&gvk))).at(span));
    };
    let text = session.tree.to_yaml(config.root);
    let text = text.map_err(|error| Error::new(error).wrap(format!("marshalling yaml from res {id}")).at(span))?;
    make(session, loader, &text).map_err(|error| error.wrap(format!("plugin {id} fails configuration")).at(span))
}

type Make = fn(&mut Session<'_>, &Loader, &str) -> Result<Plugin>;

fn factory(kind: &str) -> Option<Make> {
    Some(match kind {
        "AnnotationsTransformer" => annotations,
        "ConfigMapGenerator" => config_map,
        "HashTransformer" => |_, _, _| transformer(HashTransformer),
        "HelmChartInflationGenerator" => helm,
        "IAMPolicyGenerator" => iam_policy,
        "ImageTagTransformer" => images,
        "LabelTransformer" => labels,
        "NamespaceTransformer" => namespace,
        "PatchJson6902Transformer" => json_patch,
        "PatchStrategicMergeTransformer" => strategic_merge,
        "PatchTransformer" => patch,
        "PrefixSuffixTransformer" => prefix_and_suffix,
        "PrefixTransformer" => |session, _, text| transformer(prefix(session, text)?),
        "SuffixTransformer" => |session, _, text| transformer(suffix(session, text)?),
        "ReplacementTransformer" => replacements,
        "ReplicaCountTransformer" => replicas,
        "SecretGenerator" => secret,
        "ValueAddTransformer" => value_add,
        _ => return None,
    })
}

fn read<T: GoType + Default>(session: &Session<'_>, text: &str) -> Result<T> {
    decode::read(text, Mode::Lenient, session.limits())
}

fn transformer(transformer: impl Transformer + 'static) -> Result<Plugin> {
    Ok(Plugin::Transformer(Box::new(transformer)))
}

fn generator(generator: impl Generator + 'static) -> Result<Plugin> {
    Ok(Plugin::Generator(Box::new(generator)))
}

fn annotations(session: &mut Session<'_>, _: &Loader, text: &str) -> Result<Plugin> {
    let config: decode::AnnotationsConfig = read(session, text)?;
    transformer(Annotations { annotations: config.annotations, specs: from_field_specs(&config.field_specs) })
}

fn labels(session: &mut Session<'_>, _: &Loader, text: &str) -> Result<Plugin> {
    let config: decode::LabelConfig = read(session, text)?;
    transformer(Labels { labels: config.labels, specs: from_field_specs(&config.field_specs) })
}

fn images(session: &mut Session<'_>, _: &Loader, text: &str) -> Result<Plugin> {
    let config: decode::ImageTagConfig = read(session, text)?;
    transformer(Images::new(vec![config.image_tag], from_field_specs(&config.field_specs))?)
}

fn namespace(session: &mut Session<'_>, _: &Loader, text: &str) -> Result<Plugin> {
    let config: decode::NamespaceConfig = read(session, text).wrap(|| "unmarshalling NamespaceTransformer config")?;
    let specs = from_field_specs(&config.field_specs);
    transformer(Namespace::new(config.metadata.namespace, specs, config.unset_only, &config.subjects)?)
}

fn json_patch(session: &mut Session<'_>, loader: &Loader, text: &str) -> Result<Plugin> {
    let config: decode::PatchJson6902Config = read(session, text)?;
    transformer(JsonPatch::new(session, loader, &config)?)
}

fn strategic_merge(session: &mut Session<'_>, loader: &Loader, text: &str) -> Result<Plugin> {
    let config: decode::PatchStrategicMergeConfig = read(session, text)?;
    transformer(StrategicMerge::new(session, loader, &config)?)
}

fn patch(session: &mut Session<'_>, loader: &Loader, text: &str) -> Result<Plugin> {
    let config: decode::Patch = read(session, text)?;
    transformer(PatchTransformer::configured(session, loader, &config, text)?)
}

fn specs(specs: Option<Vec<FieldSpec>>) -> Result<super::config::Specs> {
    let missing = || Error::new("fieldSpecs is not expected to be nil");
    specs.map(|specs| from_field_specs(&specs)).ok_or_else(missing)
}

fn prefix(session: &mut Session<'_>, text: &str) -> Result<Prefix> {
    let config: decode::PrefixConfig = read(session, text)?;
    Ok(Prefix { prefix: config.prefix, specs: specs(config.field_specs)? })
}

fn suffix(session: &mut Session<'_>, text: &str) -> Result<Suffix> {
    let config: decode::SuffixConfig = read(session, text)?;
    Ok(Suffix { suffix: config.suffix, specs: specs(config.field_specs)? })
}

/// A prefix and a suffix in one configuration.
struct PrefixAndSuffix(Prefix, Suffix);

impl Transformer for PrefixAndSuffix {
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
        self.0.transform(session, map)?;
        self.1.transform(session, map)
    }
}

fn prefix_and_suffix(session: &mut Session<'_>, _: &Loader, text: &str) -> Result<Plugin> {
    transformer(PrefixAndSuffix(prefix(session, text)?, suffix(session, text)?))
}

fn replacements(session: &mut Session<'_>, loader: &Loader, text: &str) -> Result<Plugin> {
    let config: decode::ReplacementConfig = read(session, text)?;
    transformer(Replacements::new(session, loader, &config)?)
}

fn replicas(session: &mut Session<'_>, _: &Loader, text: &str) -> Result<Plugin> {
    let config: decode::ReplicaCountConfig = read(session, text)?;
    transformer(Replicas { replica: config.replica, specs: from_field_specs(&config.field_specs) })
}

fn value_add(session: &mut Session<'_>, loader: &Loader, text: &str) -> Result<Plugin> {
    let config: decode::ValueAddConfig = read(session, text)?;
    transformer(ValueAdd::new(session, loader, config)?)
}

/// Fills in the name and the namespace that the metadata of a configuration say.
fn named(args: Args, metadata: ObjectMeta) -> Args {
    let or = |own: EcoString, other: EcoString| if own.is_empty() { other } else { own };
    Args { name: or(args.name, metadata.name), namespace: or(args.namespace, metadata.namespace), ..args }
}

fn config_map(session: &mut Session<'_>, loader: &Loader, text: &str) -> Result<Plugin> {
    let config: decode::ConfigMapConfig = read(session, text)?;
    let decode::ConfigMapConfig { metadata, namespace, name, behavior, literals, files, envs, options, env: _ } =
        config;
    let args = Args { namespace, name, behavior, literals, files, envs, options };
    generator(ConfigMapGenerator { args: named(args, metadata), loader: loader.clone() })
}

fn secret(session: &mut Session<'_>, loader: &Loader, text: &str) -> Result<Plugin> {
    let config: decode::SecretConfig = read(session, text)?;
    let decode::SecretConfig { metadata, namespace, name, behavior, literals, files, envs, options, kind, env: _ } =
        config;
    let args = Args { namespace, name, behavior, literals, files, envs, options };
    generator(SecretGenerator { args: named(args, metadata), kind, loader: loader.clone() })
}

fn iam_policy(session: &mut Session<'_>, _: &Loader, text: &str) -> Result<Plugin> {
    generator(IamPolicyGenerator { config: read(session, text)? })
}

fn helm(session: &mut Session<'_>, loader: &Loader, text: &str) -> Result<Plugin> {
    let config: decode::HelmConfig = read(session, text)?;
    generator(HelmGenerator::new(session, loader.clone(), config)?)
}
