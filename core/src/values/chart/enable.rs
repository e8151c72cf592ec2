//! Which dependencies are rendered, and under which names.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/chart/v2/util/dependencies.go> (`processDependencyEnabled`).

use std::collections::{BTreeMap, BTreeSet};

use ecow::{EcoString, eco_format};

use super::coalesce::coalesce;
use super::data::{Data, table_at, value_at};
use super::family::Family;
use crate::package::chart::{ChartDependency, ChartError, LogLine};
use crate::package::{Constraint, loose_version};
use crate::source::Limits;
use crate::value::Nulls;

/// Takes out the dependencies that are switched off and applies aliases, from the outermost chart down.
///
/// # Errors
/// When the values of a dependency are no table, or aliases make more charts than the limit allows.
pub(super) fn enable<D: Data>(
    family: &mut Family<D>,
    user: &D,
    limits: &Limits,
    log: &mut Vec<LogLine>,
) -> Result<(), ChartError> {
    let mut enabling = Enabling { family, limits, log, seen: 0 };
    enabling.chart(0, user, "")
}

struct Enabling<'a, D> {
    family: &'a mut Family<D>,
    limits: &'a Limits,
    log: &'a mut Vec<LogLine>,
    seen: usize,
}

impl<D: Data> Enabling<'_, D> {
    fn chart(&mut self, chart: usize, values: &D, path: &str) -> Result<(), ChartError> {
        if self.family.metadata(chart).dependencies.is_none() {
            return Ok(());
        }
        self.seen += 1;
        self.check_size()?;
        self.rename(chart);
        self.check_size()?;
        let values = coalesce(self.family, chart, values.clone(), Nulls::Delete, self.log)?;
        let mut listed = self.family.listed_mut(chart).take().unwrap_or_default();
        listed.iter_mut().for_each(|dependency| dependency.enabled = true);
        self.tags(&mut listed, &values);
        self.conditions(&mut listed, &values, path);
        let off: BTreeSet<EcoString> = listed.iter().filter(|d| !d.enabled).map(|d| d.name.clone()).collect();
        listed.retain(|dependency| !off.contains(&dependency.name));
        let all = self.family.dependencies(chart).iter().copied();
        let kept: Vec<usize> = all.filter(|dependency| !off.contains(self.family.name(*dependency))).collect();
        for dependency in &kept {
            let path = eco_format!("{path}{}.", self.family.name(*dependency));
            self.chart(*dependency, &values, &path)?;
        }
        // An empty list is none from here on.
        *self.family.listed_mut(chart) = Some(listed).filter(|listed| !listed.is_empty());
        self.family.set_dependencies(chart, kept);
        Ok(())
    }

    /// Aliases may multiply charts with every level.
    fn check_size(&self) -> Result<(), ChartError> {
        let limit = self.limits.packages;
        // Each chart that is seen may have left copies of its dependencies behind.
        if self.seen > limit || self.family.len() > limit.saturating_mul(50) {
            let text = format!("dependencies and their aliases make more than {limit} charts");
            return Err(ChartError::new(text).limit("packages"));
        }
        Ok(())
    }

    /// Puts the charts that are listed in the order of the list, behind those that are not, and applies aliases.
    fn rename(&mut self, chart: usize) {
        let listed = self.family.metadata(chart).dependencies.clone().unwrap_or_default();
        let mut by_name: BTreeMap<&str, Vec<&ChartDependency>> = BTreeMap::new();
        for dependency in &listed {
            by_name.entry(&dependency.name).or_default().push(dependency);
        }
        let existing = self.family.dependencies(chart).to_vec();
        let mut kept = Vec::new();
        let mut charts: BTreeMap<EcoString, Vec<(usize, EcoString)>> = BTreeMap::new();
        for number in existing {
            let metadata = self.family.metadata(number);
            let asked = by_name.get(metadata.name.as_str()).into_iter().flatten();
            if !asked.into_iter().any(|asked| is_compatible(&asked.version, &metadata.version)) {
                kept.push(number);
            }
            charts.entry(metadata.name.clone()).or_default().push((number, metadata.version.clone()));
        }
        for dependency in &listed {
            let found = charts.get(&dependency.name).into_iter().flatten();
            let found = found.into_iter().find(|(_, version)| is_compatible(&dependency.version, version));
            if let Some((number, _)) = found {
                kept.push(self.family.copy(*number, &dependency.alias));
            }
        }
        let renamed = self.family.listed_mut(chart).iter_mut().flatten().filter(|d| !d.alias.is_empty());
        renamed.for_each(|dependency| dependency.name = dependency.alias.clone());
        self.family.set_dependencies(chart, kept);
    }

    fn tags(&mut self, listed: &mut [ChartDependency], values: &D) {
        let Ok(tags) = table_at(values, "tags") else { return };
        for dependency in listed {
            let (mut on, mut off) = (false, false);
            for tag in dependency.tags.iter().flatten() {
                match tags.get(tag).map(Data::as_bool) {
                    None => {}
                    Some(Some(true)) => on = true,
                    Some(Some(false)) => off = true,
                    Some(None) => self.no_boolean("tag", tag, &dependency.name),
                }
            }
            dependency.enabled = on || !off;
        }
    }

    fn conditions(&mut self, listed: &mut [ChartDependency], values: &D, path: &str) {
        for dependency in listed {
            let condition = dependency.condition.clone();
            for key in condition.trim().split(',').filter(|key| !key.is_empty()) {
                match value_at(values, &format!("{path}{key}")).map(Data::as_bool) {
                    None => {}
                    Some(Some(on)) => {
                        dependency.enabled = on;
                        break;
                    }
                    Some(None) => self.no_boolean("path", key, &dependency.name),
                }
            }
        }
    }

    fn no_boolean(&mut self, what: &'static str, key: &str, chart: &EcoString) {
        self.log.push(LogLine::warn("returned non-bool value").with(what, key).with("chart", chart.clone()));
    }
}

/// Whether a version is in a range; not when one of them is none.
pub(super) fn is_compatible(range: &str, version: &str) -> bool {
    let Some(version) = loose_version(version) else { return false };
    Constraint::parse(range).is_ok_and(|range| range.matches(&version))
}
