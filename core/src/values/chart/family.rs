//! A chart with all its dependencies while they are processed.
//!
//! Helm's charts are objects that point at one another, and processing changes them: an alias copies a chart and its
//! direct dependencies but not what is below, and copies share their metadata. What a template's path is, and which
//! dependency of a chart with two aliases is renamed, follows from who points at whom. So a [`Family`] numbers charts
//! and metadata and does the same steps on numbers.

use std::sync::Arc;

use ecow::{EcoString, eco_format};

use super::data::Data;
use crate::package::chart::{Chart, ChartDependency, Contents, Metadata};

/// Charts by number; 0 is the outermost one.
#[derive(Debug)]
pub(super) struct Family<D> {
    members: Vec<Member<D>>,
    metadata: Vec<Arc<Metadata>>,
    // Whether the imports of a list of dependencies were done, by the number of the metadata.
    pub(super) imported: Vec<bool>,
}

/// One chart.
#[derive(Debug, Clone)]
pub(super) struct Member<D> {
    metadata: usize,
    values: D,
    parent: Option<usize>,
    dependencies: Vec<usize>,
    contents: Arc<Contents>,
}

impl<D: Data> Family<D> {
    /// Numbers a chart and its dependencies; `values` gives the values of each.
    pub(super) fn new(chart: &Chart, values: &mut dyn FnMut(&Chart) -> D) -> Family<D> {
        let mut family = Family { members: Vec::new(), metadata: Vec::new(), imported: Vec::new() };
        family.add(chart, None, values);
        family
    }

    // The depth is bounded by the loader.
    fn add(&mut self, chart: &Chart, parent: Option<usize>, values: &mut dyn FnMut(&Chart) -> D) -> usize {
        let number = self.members.len();
        let metadata = self.metadata.len();
        self.metadata.push(Arc::clone(&chart.metadata));
        self.imported.push(false);
        let (values_of, contents) = (values(chart), Arc::clone(&chart.contents));
        self.members.push(Member { metadata, values: values_of, parent, dependencies: Vec::new(), contents });
        let dependencies = chart.dependencies.iter().map(|below| self.add(below, Some(number), values)).collect();
        self.members[number].dependencies = dependencies;
        number
    }

    /// Returns how many charts there are, those left behind by renaming included.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Returns the name under which a chart goes.
    pub(super) fn name(&self, chart: usize) -> &EcoString {
        &self.metadata(chart).name
    }

    /// Returns what `Chart.yaml` says of a chart.
    pub(super) fn metadata(&self, chart: usize) -> &Metadata {
        &self.metadata[self.members[chart].metadata]
    }

    /// Returns the number of the metadata of a chart; copies share it.
    pub(super) fn metadata_number(&self, chart: usize) -> usize {
        self.members[chart].metadata
    }

    /// Returns the listed dependencies of a chart for changing, if there is a list.
    pub(super) fn listed_mut(&mut self, chart: usize) -> &mut Option<Vec<ChartDependency>> {
        let metadata = self.members[chart].metadata;
        &mut Arc::make_mut(&mut self.metadata[metadata]).dependencies
    }

    /// Returns what tells the files of a chart from those of any other.
    pub(super) fn contents(&self, chart: usize) -> *const Contents {
        Arc::as_ptr(&self.members[chart].contents)
    }

    /// Returns the values of a chart.
    pub(super) fn values(&self, chart: usize) -> &D {
        &self.members[chart].values
    }

    /// Puts the values of a chart in the place of those that are there.
    pub(super) fn set_values(&mut self, chart: usize, values: D) {
        self.members[chart].values = values;
    }

    /// Returns the dependencies of a chart.
    pub(super) fn dependencies(&self, chart: usize) -> &[usize] {
        &self.members[chart].dependencies
    }

    /// Whether a dependency of a chart goes under a name.
    pub(super) fn has_dependency(&self, chart: usize, name: &str) -> bool {
        self.members[chart].dependencies.iter().any(|dependency| self.name(*dependency) == name)
    }

    /// Sets the dependencies of a chart, which becomes their parent.
    pub(super) fn set_dependencies(&mut self, chart: usize, dependencies: Vec<usize>) {
        for dependency in &dependencies {
            self.members[*dependency].parent = Some(chart);
        }
        self.members[chart].dependencies = dependencies;
    }

    /// Copies a chart with metadata of its own and its direct dependencies, which keep sharing theirs.
    pub(super) fn copy(&mut self, chart: usize, alias: &EcoString) -> usize {
        let mut copied = self.members[chart].clone();
        let mut metadata = (*self.metadata[copied.metadata]).clone();
        if !alias.is_empty() {
            metadata.name = alias.clone();
        }
        copied.metadata = self.metadata.len();
        self.metadata.push(Arc::new(metadata));
        self.imported.push(false);
        let number = self.members.len();
        self.members.push(copied);
        let below: Vec<usize> = self.members[number].dependencies.clone();
        let below = below.into_iter().map(|dependency| {
            self.members.push(self.members[dependency].clone());
            self.members.len() - 1
        });
        let below = below.collect();
        self.set_dependencies(number, below);
        number
    }

    /// Returns a chart with its dependencies, its values made by `values`.
    pub(super) fn to_chart(&self, number: usize, values: &dyn Fn(&D) -> crate::value::Value) -> Chart {
        let member = &self.members[number];
        Chart {
            metadata: Arc::clone(&self.metadata[member.metadata]),
            values: values(&member.values),
            dependencies: member.dependencies.iter().map(|below| self.to_chart(*below, values)).collect(),
            path: self.path(number),
            contents: Arc::clone(&member.contents),
        }
    }

    fn path(&self, number: usize) -> EcoString {
        match self.members[number].parent {
            None => self.name(number).clone(),
            Some(parent) => eco_format!("{}/charts/{}", self.path(parent), self.name(number)),
        }
    }
}
