//! From bytes of a rendered file to the lines that people wrote: in templates, and in values.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::record::{Part, Place, Trace, Traced, TracedFile};
use crate::object::Origin;
use crate::package::chart::{Chart, ChartFile};
use crate::source::{FileId, SourceMap, Span};
use crate::value::ValuePath;
use crate::values::Values;
use crate::yaml::Embedded;

/// The record of a run with the texts that its places point into.
#[derive(Debug)]
pub struct Places<'a> {
    trace: &'a Trace,
    values: Option<&'a Values>,
    pub(super) templates: TemplateFiles<'a>,
}

/// The files of a chart's templates, which become sources when a place in them is asked for.
#[derive(Debug)]
pub struct TemplateFiles<'a> {
    chart: &'a Chart,
    known: BTreeMap<Arc<str>, Option<FileId>>,
}

/// What wrote a part of a rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// The place in a template, or in the text of a value.
    pub(super) span: Span,
    /// The calls on the way there and the values that it came from.
    pub(super) origin: Origin,
}

impl<'a> Places<'a> {
    /// Puts together what belongs together: `chart` is the one whose templates ran, `values` what they saw, with origins.
    pub fn new(trace: &'a Trace, chart: &'a Chart, values: Option<&'a Values>) -> Places<'a> {
        Places { trace, values, templates: TemplateFiles::new(chart) }
    }

    pub(super) fn file(&self, path: &str) -> Option<&'a TracedFile> {
        self.trace.file(path)
    }

    /// Returns what wrote a range of a rendered file: its first part that leads further than the template at hand, or
    /// its first part, with the values behind all of them.
    pub(super) fn written(
        &mut self,
        file: &TracedFile,
        range: Range<usize>,
        sources: &mut SourceMap,
    ) -> Option<Written> {
        let parts: Vec<Part<'_>> = file.parts(range).collect();
        let leads = |part: &&Part<'_>| !(part.origin.values.is_empty() && part.origin.via.is_empty());
        let main = parts.iter().find(leads).or(parts.first())?;
        self.of_parts(main, &parts, sources)
    }

    /// As [`Places::written`], at the first part whatever it is.
    pub(super) fn written_from(
        &mut self,
        file: &TracedFile,
        range: Range<usize>,
        sources: &mut SourceMap,
    ) -> Option<Written> {
        let parts: Vec<Part<'_>> = file.parts(range).collect();
        self.of_parts(parts.first()?, &parts, sources)
    }

    fn of_parts(&mut self, main: &Part<'_>, parts: &[Part<'_>], sources: &mut SourceMap) -> Option<Written> {
        let span = self.span(main, sources)?;
        let mut behind: Vec<&ValuePath> = Vec::new();
        for path in parts.iter().flat_map(|part| &part.origin.values) {
            if behind.len() < MOST_VALUES && !behind.contains(&path) {
                behind.push(path);
            }
        }
        Some(Written { span, origin: self.origin(main.origin, &behind, sources) })
    }

    pub(super) fn origin(&mut self, of: &Traced, values: &[&ValuePath], sources: &mut SourceMap) -> Origin {
        let via = of.via.iter().filter_map(|place| self.place(place, 0, sources)).collect();
        Origin { values: values.iter().map(|path| ((*path).clone(), self.value_span(path))).collect(), via }
    }

    /// Returns where a value was set; nowhere, if no layer has it.
    pub fn value_span(&self, path: &ValuePath) -> Span {
        self.values.and_then(|values| values.origin(path)).map_or(Span::NONE, |origin| origin.span)
    }

    fn span(&mut self, part: &Part<'_>, sources: &mut SourceMap) -> Option<Span> {
        self.place(part.place?, part.skipped, sources)
    }

    /// Returns a place as a span. Of an action, it is where its pipeline begins; of text, `skipped` bytes further on.
    pub(super) fn place(&mut self, place: &Place, skipped: usize, sources: &mut SourceMap) -> Option<Span> {
        match place {
            Place::Template { file, range } => {
                let (id, text) = self.templates.get(file, sources)?;
                let start = match pipeline_start(text.get(range.clone()).unwrap_or_default()) {
                    Some(start) => range.start + start,
                    None => range.start + skipped.min(range.len()),
                };
                Some(Span::new(id, start))
            }
            Place::Value { path, offset } => self.in_value(path, *offset, skipped, sources),
        }
    }

    fn in_value(&self, path: &ValuePath, offset: usize, skipped: usize, sources: &SourceMap) -> Option<Span> {
        let span = self.value_span(path);
        let node = self.values?.node(path)?;
        let text = node.as_scalar()?.text.as_str();
        let start = match pipeline_start(text.get(offset..).unwrap_or_default()) {
            Some(start) => offset + start,
            None => offset + skipped,
        };
        let embedded = sources.get(node.span.file).and_then(|file| Embedded::of(node, file.text()));
        let exact = embedded.zip(u32::try_from(start).ok()).map(|(embedded, start)| embedded.span(start));
        Some(exact.unwrap_or(span)).filter(|span| !span.is_none())
    }
}

/// How many values are named behind one node.
const MOST_VALUES: usize = 16;

/// Returns where the pipeline of an action begins; nothing of what is no action.
pub(super) fn pipeline_start(action: &str) -> Option<usize> {
    let rest = action.strip_prefix("{{")?;
    let trimmed = rest.strip_prefix('-').filter(|after| after.starts_with([' ', '\t', '\r', '\n'])).unwrap_or(rest);
    Some(action.len() - trimmed.trim_start().len())
}

impl<'a> TemplateFiles<'a> {
    /// Returns the templates of a chart and its dependencies.
    pub fn new(chart: &'a Chart) -> TemplateFiles<'a> {
        TemplateFiles { chart, known: BTreeMap::new() }
    }

    /// Returns a template by its name (`chart/charts/sub/templates/x.yaml`) with its text.
    pub fn get(&mut self, name: &Arc<str>, sources: &mut SourceMap) -> Option<(FileId, Arc<str>)> {
        let id = match self.known.get(name) {
            Some(known) => *known,
            None => {
                let added = find(self.chart, name).and_then(|(chart, file)| {
                    // Templates were read when they were compiled.
                    let text = String::from_utf8_lossy(file.bytes().ok()?);
                    Some(sources.add(chart.contents.name_of(&file.name).as_str(), text.as_ref()))
                });
                self.known.insert(name.clone(), added);
                added
            }
        }?;
        Some((id, sources.get(id)?.text().clone()))
    }
}

// A template's name is the path of its chart and its own: the charts on the way are few.
fn find<'c>(chart: &'c Chart, name: &str) -> Option<(&'c Chart, &'c ChartFile)> {
    if let Some(own) = name.strip_prefix(&*chart.path).and_then(|rest| rest.strip_prefix('/'))
        && let Some(file) = chart.contents.templates.iter().find(|file| file.name == own)
    {
        return Some((chart, file));
    }
    chart.dependencies.iter().find_map(|dependency| find(dependency, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_starts_with_its_pipeline() {
        assert_eq!(pipeline_start("{{ .a }}"), Some(3));
        assert_eq!(pipeline_start("{{.a}}"), Some(2));
        assert_eq!(pipeline_start("{{-\n  .a }}"), Some(6));
        assert_eq!(pipeline_start("{{-1}}"), Some(2));
        assert_eq!(pipeline_start("text"), None);
    }
}
