//! The values of a chart with their origins: which layer set a leaf, and on which line.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::coalesce::coalesce;
use super::data::Data;
use super::family::Family;
use super::process;
use super::user::{UserInput, file_node, traced_values};
use crate::package::chart::{Chart, ChartError, Contents};
use crate::source::{Limits, SourceMap};
use crate::value::{Nulls, Step, ValuePath};
use crate::values::Values;
use crate::values::flag::{Assigned, ReadFile};
use crate::values::layer::{Layer, LayerKind};
use crate::values::tree::Tree;

/// Computes the values of a chart as it was loaded (before [`process_dependencies`](super::process_dependencies))
/// once more, with the origin of every leaf.
///
/// The value of the result is that of a plain run. The texts of the files and flags are added to the sources. For a
/// dependency, [`Values::scope_of`] gives its own values by the name under which it goes.
///
/// # Errors
/// Those of a plain run.
pub fn trace(
    chart: &Chart,
    inputs: &[UserInput],
    read: &ReadFile<'_>,
    sources: &mut SourceMap,
    limits: &Limits,
) -> Result<Values, ChartError> {
    let (user, traced) = traced_values(inputs, read, sources, limits)?;
    let mut layers: Layers = traced.into_iter().map(|(layer, assigned)| (layer, ValuePath::root(), assigned)).collect();
    let mut numbers = BTreeMap::new();
    let mut failed = None;
    let mut family = Family::new(chart, &mut |chart| {
        defaults(chart, &mut layers, &mut numbers, sources, limits).unwrap_or_else(|error| {
            failed.get_or_insert(error);
            Tree::table()
        })
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let mut log = Vec::new();
    process(&mut family, &user, limits, &mut log)?;
    let root = coalesce(&family, 0, user, Nulls::Delete, &mut log)?;
    place(&family, 0, &ValuePath::root(), &numbers, &mut layers);
    Ok(Values::new(layers, root))
}

type Layers = Vec<(Layer, ValuePath, Vec<Assigned>)>;

/// Reads the `values.yaml` of a chart as a layer of its own.
fn defaults(
    chart: &Chart,
    layers: &mut Layers,
    numbers: &mut BTreeMap<*const Contents, usize>,
    sources: &mut SourceMap,
    limits: &Limits,
) -> Result<Tree, ChartError> {
    let file = chart.contents.raw.iter().rev().find(|file| file.name == "values.yaml");
    let Some(file) = file else { return Ok(Tree::table()) };
    let name = chart.contents.name_of(&file.name);
    let node = file_node(&name, file.bytes()?, sources, limits)?;
    let number = layers.len();
    let tree = Tree::from_node(&node, number);
    numbers.insert(Arc::as_ptr(&chart.contents), number);
    layers.push((Layer::new(LayerKind::Defaults, name, node), nowhere(), Vec::new()));
    Ok(tree)
}

/// A path at which nothing stands: values are a map at the top.
fn nowhere() -> ValuePath {
    vec![Step::Index(usize::MAX)].into()
}

/// Says where the defaults of the charts that are left are laid; those with two aliases are laid twice.
fn place(
    family: &Family<Tree>,
    chart: usize,
    at: &ValuePath,
    numbers: &BTreeMap<*const Contents, usize>,
    layers: &mut Layers,
) {
    if let Some(number) = numbers.get(&family.contents(chart)) {
        if layers[*number].1 == nowhere() {
            layers[*number].1 = at.clone();
        } else {
            let again = (layers[*number].0.clone(), at.clone(), Vec::new());
            layers.push(again);
        }
    }
    for dependency in family.dependencies(chart) {
        place(family, *dependency, &at.key(family.name(*dependency).clone()), numbers, layers);
    }
}
