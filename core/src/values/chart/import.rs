//! `import-values`: what a chart takes from the values of its dependencies into its own.
//!
//! Helm lays tables into one another that stay parts of the dependency's values, so a second import into the same
//! place changes where the first one came from. Here, and only for charts that import, values become tables that are
//! shared in the same way (a [`Graph`]).
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/chart/v2/util/dependencies.go> (`processImportValues`).

use ecow::EcoString;
use indexmap::IndexMap;

use super::coalesce::{Trail, coalesce, merge_tables};
use super::data::{Data, NoTable};
use super::family::Family;
use super::print;
use crate::package::chart::{ChartError, LogLine};
use crate::source::Limits;
use crate::value::{Map, Nulls, Value};

/// Lays the values of dependencies below those of their parents, from the innermost charts up, and what is imported
/// below that.
///
/// # Errors
/// When the values of a dependency are no table.
pub(super) fn import<D: Data>(
    family: &mut Family<D>,
    chart: usize,
    limits: &Limits,
    log: &mut Vec<LogLine>,
) -> Result<(), ChartError> {
    for dependency in family.dependencies(chart).to_vec() {
        import(family, dependency, limits, log)?;
    }
    let Some(listed) = family.metadata(chart).dependencies.clone() else { return Ok(()) };
    let mut values = coalesce(family, chart, D::table(), Nulls::Keep, log)?;
    if listed.iter().any(|dependency| dependency.import_values.is_some()) {
        let metadata = family.metadata_number(chart);
        // What was done once is no longer an import: Helm has put something else in its place.
        let done = std::mem::replace(&mut family.imported[metadata], true);
        let imports = listed.iter().map(|dependency| {
            let entries = if done { &[] } else { dependency.import_values.as_deref().unwrap_or_default() };
            (dependency.name.clone(), entries.iter().filter_map(Import::read).collect::<Vec<_>>())
        });
        let imports: Vec<_> = imports.collect();
        let (own, imported) = take(&values, &imports, limits, log)?;
        values = own;
        merge_tables(&mut values, &imported, &Trail::ROOT, Nulls::Keep, log);
        for (dependency, (_, imports)) in family.listed_mut(chart).iter_mut().flatten().zip(imports) {
            let shown: Vec<Value> = imports.iter().map(Import::to_value).collect();
            dependency.import_values = (!shown.is_empty()).then_some(shown);
        }
    }
    family.set_values(chart, values);
    Ok(())
}

/// One entry of `import-values`.
#[derive(Debug)]
struct Import {
    child: String,
    parent: String,
    // Whether it names an entry of the dependency's `exports`.
    export: bool,
}

impl Import {
    fn read(entry: &Value) -> Option<Import> {
        match entry {
            Value::Str(name) => Some(Import { child: format!("exports.{name}"), parent: ".".to_owned(), export: true }),
            Value::Map(map) => {
                let text = |key| print::plain(map.get(key).unwrap_or(&Value::Null));
                Some(Import { child: text("child"), parent: text("parent"), export: false })
            }
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        let fields = [("child", &self.child), ("parent", &self.parent)];
        fields.into_iter().map(|(key, text)| (key, Value::from(text.as_str()))).collect::<Map>().into()
    }
}

/// Returns the values of a chart as the imports leave them, and what was imported.
fn take<D: Data>(
    values: &D,
    imports: &[(EcoString, Vec<Import>)],
    limits: &Limits,
    log: &mut Vec<LogLine>,
) -> Result<(D, D), ChartError> {
    let mut graph = Graph { tables: Vec::new(), log, limits, left: limits.alias_nodes };
    let own = graph.add(values);
    let imported = graph.table(Entries::default());
    for (dependency, imports) in imports {
        for import in imports {
            let table = match graph.table_at(&own, &format!("{dependency}.{}", import.child)) {
                Ok(table) => table,
                Err(error) if import.export => {
                    graph.log.push(LogLine::warn("ImportValues missing table").with("error", error.to_string()));
                    continue;
                }
                Err(error) => {
                    let line = LogLine::warn("ImportValues missing table from chart");
                    graph.log.push(line.with("chart", dependency.clone()).with("error", error.to_string()));
                    continue;
                }
            };
            // An empty table is a new one to Go.
            let table = if graph.tables[table].is_empty() { graph.table(Entries::default()) } else { table };
            let below = graph.at_path(&import.parent, table);
            graph.merge(imported, below, &Trail::ROOT, 0)?;
        }
    }
    let own = graph.data(&own, &mut limits.alias_nodes.clone(), 0)?;
    let imported = graph.data(&Shared::Table(imported), &mut limits.alias_nodes.clone(), 0)?;
    Ok((own, imported))
}

fn spend(left: &mut usize, parts: usize) -> Result<(), ChartError> {
    *left = left.checked_sub(parts).ok_or_else(|| {
        let text = "import-values make values of too many parts";
        ChartError::new(text).limit("alias-nodes")
    })?;
    Ok(())
}

type Entries<D> = IndexMap<EcoString, Shared<D>, foldhash::fast::FixedState>;

/// A value of which the tables may be held in several places: they are numbers of a [`Graph`].
#[derive(Clone)]
enum Shared<D> {
    Leaf(D),
    Table(usize),
}

/// Tables that may hold one another.
struct Graph<'a, D> {
    tables: Vec<Entries<D>>,
    log: &'a mut Vec<LogLine>,
    limits: &'a Limits,
    // Entries that may still be compared: tables that hold one another could be compared without end.
    left: usize,
}

impl<D: Data> Graph<'_, D> {
    fn table(&mut self, entries: Entries<D>) -> usize {
        self.tables.push(entries);
        self.tables.len() - 1
    }

    // The depth is bounded by the parsers that made the value.
    fn add(&mut self, data: &D) -> Shared<D> {
        if !data.is_table() {
            return Shared::Leaf(data.clone());
        }
        let entries = data.entries().map(|(key, value)| (key.clone(), self.add(value))).collect();
        Shared::Table(self.table(entries))
    }

    /// Returns the plain value. A table that was put into itself has no end, and one that was put into many places may
    /// be too large.
    fn data(&self, shared: &Shared<D>, left: &mut usize, depth: usize) -> Result<D, ChartError> {
        let table = match shared {
            Shared::Leaf(data) => return Ok(data.clone()),
            Shared::Table(table) => &self.tables[*table],
        };
        self.check_depth(depth)?;
        spend(left, table.len())?;
        let mut data = D::table();
        for (key, value) in table {
            data.insert(key, self.data(value, left, depth + 1)?);
        }
        Ok(data)
    }

    fn check_depth(&self, depth: usize) -> Result<(), ChartError> {
        if depth <= self.limits.depth {
            return Ok(());
        }
        let text = format!("import-values nest values more than {} levels deep", self.limits.depth);
        Err(ChartError::new(text).help("a table may not be imported into itself"))
    }

    fn is_null(shared: &Shared<D>) -> bool {
        matches!(shared, Shared::Leaf(data) if data.is_null())
    }

    fn table_at(&self, from: &Shared<D>, path: &str) -> Result<usize, NoTable> {
        let mut at = match from {
            Shared::Table(table) => *table,
            Shared::Leaf(_) => return Err(NoTable(path.into())),
        };
        for key in path.split('.') {
            match self.tables[at].get(key) {
                Some(Shared::Table(table)) => at = *table,
                _ => return Err(NoTable(key.into())),
            }
        }
        Ok(at)
    }

    /// Returns the table around a table that a path names; `.` names none.
    fn at_path(&mut self, path: &str, table: usize) -> usize {
        if path == "." {
            return table;
        }
        path.split('.').rev().fold(table, |inner, key| {
            let entry = (EcoString::from(key), Shared::Table(inner));
            self.table(std::iter::once(entry).collect())
        })
    }

    /// Lays a table below another and keeps nulls, as [`merge_tables`] does; tables that are put in stay shared.
    fn merge(&mut self, above: usize, below: usize, trail: &Trail<'_>, depth: usize) -> Result<(), ChartError> {
        if above == below {
            return Ok(());
        }
        self.check_depth(depth)?;
        // Helm marks in the lower table what is null in the upper one, and the lower one may be seen elsewhere.
        let nulls = self.tables[above].iter().filter(|(_, value)| Self::is_null(value));
        let nulls: Vec<_> = nulls.map(|(key, value)| (key.clone(), value.clone())).collect();
        self.tables[below].extend(nulls);
        spend(&mut self.left, self.tables[below].len())?;
        let entries: Vec<_> = self.tables[below].iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        for (key, low) in entries {
            match (self.tables[above].get(&key).cloned(), low) {
                (None, low) => drop(self.tables[above].insert(key, low)),
                (Some(Shared::Table(high)), Shared::Table(low)) => {
                    self.merge(high, low, &trail.to(&key), depth + 1)?;
                }
                (Some(Shared::Leaf(_)), low @ Shared::Table(_)) => {
                    let low = self.data(&low, &mut self.limits.alias_nodes.clone(), depth)?;
                    let (full, low) = (trail.to(&key), print::plain(&low.to_value()));
                    let text = format!("warning: cannot overwrite table with non table for {full} ({low})");
                    self.log.push(LogLine::info(text));
                }
                (Some(Shared::Table(_)), Shared::Leaf(low)) if !low.is_null() => {
                    let (full, low) = (trail.to(&key), print::plain(&low.to_value()));
                    let text = format!("warning: destination for {full} is a table. Ignoring non-table value ({low})");
                    self.log.push(LogLine::info(text));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
