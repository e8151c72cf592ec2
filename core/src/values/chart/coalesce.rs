//! Helm's merging of values: the user's over the defaults of a chart, its dependencies' below their names.
//!
//! What is laid on top wins; tables merge, all else is replaced; a null on top takes a default away (or stays, where
//! values are only prepared: [`Nulls::Keep`]). `global` is handed down to every dependency.
//!
//! One thing is easily missed. Helm hands the tables inside of `global.x` down as the same Go maps, so what a
//! dependency lays below `global.x.y` is seen by its parent and by all dependencies that come later. Values here are
//! not shared in that way; [`Coalescer::hand_back`] gives a parent what has changed.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/chart/common/util/coalesce.go>.

use ecow::EcoString;

use super::data::Data;
use super::family::Family;
use super::print;
use crate::package::chart::{ChartError, LogLine};
use crate::value::Nulls;

const GLOBAL: &str = "global";

/// The way to a table, for messages; written out only when one is needed.
#[derive(Clone, Copy)]
pub(super) struct Trail<'a> {
    above: Option<&'a Trail<'a>>,
    key: &'a str,
}

impl<'a> Trail<'a> {
    pub(super) const ROOT: Trail<'static> = Trail { above: None, key: "" };

    pub(super) fn to(&'a self, key: &'a str) -> Trail<'a> {
        Trail { above: Some(self), key }
    }
}

impl std::fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut keys = vec![self.key];
        let mut at = self.above;
        while let Some(trail) = at {
            keys.push(trail.key);
            at = trail.above;
        }
        keys.reverse();
        // Empty keys in front are no part of it, as Helm joins: an empty beginning takes no dot.
        let first = keys.iter().position(|key| !key.is_empty()).unwrap_or(keys.len());
        f.write_str(&keys[first..].join("."))
    }
}

/// One run of merging over the charts of a family.
pub(super) struct Coalescer<'a, D> {
    family: &'a Family<D>,
    nulls: Nulls,
    log: &'a mut Vec<LogLine>,
}

/// Returns the values of a chart and its dependencies with `values` on top.
///
/// # Errors
/// When what stands in the place of a dependency's table is none.
pub(super) fn coalesce<D: Data>(
    family: &Family<D>,
    chart: usize,
    mut values: D,
    nulls: Nulls,
    log: &mut Vec<LogLine>,
) -> Result<D, ChartError> {
    Coalescer { family, nulls, log }.chart(chart, &mut values, &Trail::ROOT)?;
    Ok(values)
}

impl<D: Data> Coalescer<'_, D> {
    // The depth of charts is bounded by the loader.
    fn chart(&mut self, chart: usize, dest: &mut D, prefix: &Trail<'_>) -> Result<(), ChartError> {
        let prefix = prefix.to(self.family.name(chart));
        self.defaults(chart, dest, &prefix);
        self.dependencies(chart, dest, &prefix)
    }

    /// Lays the values of a chart below those that are there.
    fn defaults(&mut self, chart: usize, dest: &mut D, prefix: &Trail<'_>) {
        let defaults = self.family.values(chart);
        let mut removed = Vec::new();
        for (key, default) in defaults.entries() {
            let Some(value) = dest.get(key) else {
                if self.nulls == Nulls::Keep {
                    dest.insert(key, default.clone());
                } else if !default.is_null() {
                    dest.insert(key, without_nulls(default).unwrap_or_else(|| default.clone()));
                }
                continue;
            };
            if value.is_null() && self.nulls == Nulls::Delete {
                removed.push(key);
            } else if value.is_table() && default.is_table() {
                // Nulls for a dependency have to stay until its own defaults are laid below them.
                let keep = self.nulls == Nulls::Keep || self.family.has_dependency(chart, key);
                let nulls = if keep { Nulls::Keep } else { Nulls::Delete };
                let cleaned = if keep { None } else { without_nulls(default) };
                let default = cleaned.as_ref().unwrap_or(default);
                if needs_merge(value, default)
                    && let Some(value) = dest.get_mut(key)
                {
                    merge_tables(value, default, &prefix.to(key), nulls, self.log);
                }
            } else if value.is_table() && !default.is_null() {
                self.log.push(LogLine::info(format!("warning: skipped value for {}: Not a table.", prefix.to(key))));
            }
        }
        if !removed.is_empty() {
            dest.remove_all(&removed);
        }
    }

    fn dependencies(&mut self, chart: usize, dest: &mut D, prefix: &Trail<'_>) -> Result<(), ChartError> {
        for dependency in self.family.dependencies(chart).to_vec() {
            let name = self.family.name(dependency).clone();
            let mut values = match dest.get_mut(&name) {
                None => D::table(),
                Some(found) if found.is_table() => std::mem::replace(found, D::null()),
                Some(found) => {
                    let found = print::as_bool(&found.to_value());
                    return Err(ChartError::new(format!("type mismatch on {name}: {found}")));
                }
            };
            let shared = self.globals(&mut values, dest, prefix);
            self.chart(dependency, &mut values, prefix)?;
            hand_back(dest, &values, &shared);
            dest.insert(&name, values);
        }
        Ok(())
    }

    /// Lays the globals of a parent over those of a dependency. Returns the keys of the tables that both share.
    fn globals(&mut self, dest: &mut D, parent: &D, prefix: &Trail<'_>) -> Vec<EcoString> {
        let skipped =
            |which: &str| LogLine::info(format!("warning: skipping globals because {which} global is not a table."));
        let has_own = dest.get(GLOBAL).is_some();
        let mut globals = match dest.get_mut(GLOBAL) {
            None => D::table(),
            Some(found) if found.is_table() => std::mem::replace(found, D::null()),
            Some(_) => {
                self.log.push(skipped("destination"));
                return Vec::new();
            }
        };
        let mut shared = Vec::new();
        match parent.get(GLOBAL) {
            None => {}
            Some(source) if source.is_table() => {
                for (key, value) in source.entries() {
                    if self.global(&mut globals, key, value, prefix) {
                        shared.push(key.clone());
                    }
                }
            }
            Some(_) => {
                self.log.push(skipped("source"));
                if !has_own {
                    return Vec::new();
                }
            }
        }
        dest.insert(&GLOBAL.into(), globals);
        shared
    }

    /// Lays one global over those of a dependency; whether it is a table that both share.
    fn global(&mut self, globals: &mut D, key: &EcoString, value: &D, prefix: &Trail<'_>) -> bool {
        match globals.get(key) {
            Some(own) if value.is_table() && !own.is_table() => {
                let key = gotemplate::fmt::quote(key.as_bytes());
                let text = format!("Conflict: cannot merge map onto non-map for {key}. Skipping.");
                self.log.push(LogLine::info(text));
                return false;
            }
            Some(own) if !value.is_table() && own.is_table() => {
                self.log.push(LogLine::info(format!("key {key} is table. Skipping")));
                return false;
            }
            Some(own) if value.is_table() => {
                let mut merged = value.clone();
                merge_tables(&mut merged, own, &prefix.to(key), Nulls::Keep, self.log);
                globals.insert(key, merged);
            }
            _ => globals.insert(key, value.clone()),
        }
        value.is_table()
    }
}

/// Gives a parent the tables inside of its globals as a dependency has left them.
fn hand_back<D: Data>(parent: &mut D, dependency: &D, shared: &[EcoString]) {
    for key in shared {
        let Some(theirs) = dependency.get(GLOBAL).and_then(|globals| globals.get(key)) else { continue };
        let Some(ours) = parent.get(GLOBAL).and_then(|globals| globals.get(key)) else { continue };
        if ours.is_same(theirs) {
            continue;
        }
        let changed: Vec<(EcoString, D)> = ours
            .entries()
            .filter(|(_, own)| own.is_table())
            .filter_map(|(name, own)| {
                let other = theirs.get(name).filter(|other| other.is_table() && !own.is_same(other))?;
                Some((name.clone(), other.clone()))
            })
            .collect();
        if changed.is_empty() {
            continue;
        }
        if let Some(ours) = parent.get_mut(GLOBAL).and_then(|globals| globals.get_mut(key)) {
            changed.into_iter().for_each(|(name, table)| ours.insert(&name, table));
        }
    }
}

/// Whether laying a table below another can change anything or say something: the common case is a copy of itself.
fn needs_merge<D: Data>(above: &D, below: &D) -> bool {
    !above.is_same(below)
}

/// Lays the table `below` under the table `above`. The depth is bounded by the parsers that made them.
pub(super) fn merge_tables<D: Data>(above: &mut D, below: &D, trail: &Trail<'_>, nulls: Nulls, log: &mut Vec<LogLine>) {
    let mut removed = Vec::new();
    for (key, low) in below.entries() {
        let Some(high) = above.get(key) else {
            above.insert(key, low.clone());
            continue;
        };
        if high.is_null() {
            // A null takes away what is there; where nothing is there either, it stays.
            if nulls == Nulls::Delete && !low.is_null() {
                removed.push(key);
            }
        } else if low.is_table() && high.is_table() {
            if needs_merge(high, low)
                && let Some(high) = above.get_mut(key)
            {
                merge_tables(high, low, &trail.to(key), nulls, log);
            }
        } else if low.is_table() {
            let (full, low) = (trail.to(key), print::plain(&low.to_value()));
            let text = format!("warning: cannot overwrite table with non table for {full} ({low})");
            log.push(LogLine::info(text));
        } else if high.is_table() && !low.is_null() {
            let (full, low) = (trail.to(key), print::plain(&low.to_value()));
            let text = format!("warning: destination for {full} is a table. Ignoring non-table value ({low})");
            log.push(LogLine::info(text));
        }
    }
    if !removed.is_empty() {
        above.remove_all(&removed);
    }
}

/// Returns a table without the nulls in it and in its tables; `None` where there are none.
fn without_nulls<D: Data>(table: &D) -> Option<D> {
    let mut cleaned: Option<D> = None;
    let mut removed = Vec::new();
    for (key, value) in table.entries() {
        if value.is_null() {
            removed.push(key);
        } else if let Some(below) = without_nulls(value) {
            cleaned.get_or_insert_with(|| table.clone()).insert(key, below);
        }
    }
    if !removed.is_empty() {
        cleaned.get_or_insert_with(|| table.clone()).remove_all(&removed);
    }
    cleaned
}
