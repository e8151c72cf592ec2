//! A step of an overlay to the generator or transformer that carries it out.

use std::sync::Arc;

use super::super::config::Config;
use super::super::decode::{
    self, ConfigMapArgs, GeneratorOptions, GoType, Image, Label, Mode, ReplacementConfig, ReplacementField, Replica,
    SecretArgs, StringMap, SubjectMode,
};
use super::super::error::{Error, Result};
use super::super::generators::{ConfigMapGenerator, Generator, SecretGenerator, with_globals};
use super::super::loader::Loader;
use super::super::resmap::ResMap;
use super::super::session::Session;
use super::super::transformers::{
    Annotations, Images, Labels, Namespace, Prefix, Replacements, Replicas, Suffix, Transformer,
};
use crate::package::{Transformation, TransformationKind as Kind};
use crate::source::VPath;
use crate::yaml::Node;

/// Carries out a step.
///
/// # Errors
/// Those of the generator or transformer.
pub(super) fn run(
    session: &mut Session<'_>,
    map: &mut ResMap,
    step: &Transformation,
    folder: &VPath,
    generator_options: Option<&Node>,
    config: &Arc<Config>,
) -> Result<()> {
    if step.kind.generates() {
        let made = generate(session, step, folder, generator_options)?;
        return map.absorb(session, made);
    }
    let transformer = transformer(session, step, folder, config)?;
    transformer.transform(session, map)?;
    session.check_size()
}

fn generate(
    session: &mut Session<'_>,
    step: &Transformation,
    folder: &VPath,
    options: Option<&Node>,
) -> Result<ResMap> {
    let globals: Option<GeneratorOptions> = options.map(read).transpose()?;
    let loader = Loader::new(session, folder)?;
    if step.kind == Kind::ConfigMapGenerator {
        let mut args: ConfigMapArgs = read(&step.content)?;
        args.options = with_globals(args.options, globals.as_ref());
        return ConfigMapGenerator { args: args.into(), loader }.generate(session);
    }
    let mut args: SecretArgs = read(&step.content)?;
    args.options = with_globals(args.options, globals.as_ref());
    let kind = args.kind.clone();
    SecretGenerator { args: args.into(), kind, loader }.generate(session)
}

fn transformer(
    session: &mut Session<'_>,
    step: &Transformation,
    folder: &VPath,
    config: &Arc<Config>,
) -> Result<Box<dyn Transformer>> {
    let content = &step.content;
    let text = || content.as_str().unwrap_or_default().into();
    Ok(match step.kind {
        Kind::ConfigMapGenerator | Kind::SecretGenerator => return Err(Error::new("a generator changes no objects")),
        Kind::Namespace => Box::new(Namespace::new(text(), config.namespace.clone(), false, &SubjectMode::default())?),
        Kind::NamePrefix => Box::new(Prefix { prefix: text(), specs: config.name_prefix.clone() }),
        Kind::NameSuffix => Box::new(Suffix { suffix: text(), specs: config.name_suffix.clone() }),
        Kind::Labels => Box::new(Labels::of_label(&read::<Label>(content)?, config)?),
        Kind::CommonLabels => {
            Box::new(Labels { labels: read::<StringMap>(content)?, specs: config.common_labels.clone() })
        }
        Kind::CommonAnnotations => {
            let (annotations, specs) = (read::<StringMap>(content)?, config.common_annotations.clone());
            Box::new(Annotations { annotations, specs })
        }
        Kind::Replicas => Box::new(Replicas { replica: read::<Replica>(content)?, specs: config.replicas.clone() }),
        Kind::Images => Box::new(Images::new(vec![read::<Image>(content)?], config.images.clone())?),
        Kind::Replacements => {
            let loader = Loader::new(session, folder)?;
            let config = ReplacementConfig { replacements: vec![read::<ReplacementField>(content)?] };
            Box::new(Replacements::new(session, &loader, &config)?)
        }
    })
}

/// The shape was checked when the overlay was read.
fn read<T: GoType + Default>(node: &Node) -> Result<T> {
    decode::decode(&node.to_value(), Mode::Kustomization).map_err(Error::new)
}
