//! From a line of an editor to what was rendered from it, and from a rendered line to where it comes from.

use super::answer::Answer;
use super::finding::Texts;
use super::places::{Place, Role};
use super::position::{Lines, Position, Range};
use super::rendered::object_at;
use super::workspace::Session;
use crate::pipeline::{Step, explain_steps};
use crate::source::{FileId, Span, VPath};

/// A place in the rendered text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RenderedPlace {
    /// The object.
    pub object: String,
    /// The field; empty for an object as a whole.
    pub field: String,
    /// Where it stands in the text of [`Session::render`].
    pub range: Range,
    /// Whether what was asked about counts: it does not where a value of a higher layer took its place.
    pub counts: bool,
}

/// Where a field of the rendered text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The object.
    pub object: String,
    /// The field.
    pub field: String,
    /// Where the field stands in the rendered text.
    pub range: Range,
    /// What gave it, in the order in which it happened.
    pub origins: Vec<Origin>,
}

/// One thing that a field comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin {
    /// What it is.
    pub kind: OriginKind,
    /// What there is to say of it: the path of a value with its layer, the environment of a patch, the field of a
    /// kustomization.
    pub text: String,
    /// The file; `None` for what stands in no file of the session, as flags and defaults do.
    pub file: Option<VPath>,
    /// Where in the file.
    pub range: Range,
    /// Whether it counts in the end.
    pub counts: bool,
}

/// The kinds of origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OriginKind {
    /// A line of a template or a manifest.
    Template,
    /// An include or a macro call on the way there.
    Call,
    /// A line of a file that a kustomization names.
    Resource,
    /// A step of a kustomization: its field, and the line of the patch that has the value.
    Kustomization,
    /// A value of a layer.
    Value,
    /// A patch of an environment.
    Patch,
    /// Another step of an environment: images, labels, names and so on.
    Transformation,
    /// The namespace that was asked for.
    Namespace,
}

impl OriginKind {
    /// Returns the word for it in output.
    pub fn as_str(self) -> &'static str {
        match self {
            OriginKind::Template => "template",
            OriginKind::Call => "call",
            OriginKind::Resource => "resource",
            OriginKind::Kustomization => "kustomization",
            OriginKind::Value => "value",
            OriginKind::Patch => "patch",
            OriginKind::Transformation => "transformation",
            OriginKind::Namespace => "namespace",
        }
    }
}

// More fields than anybody looks at come from one line of a loop.
const MOST_PLACES: usize = 500;

impl Session {
    /// Returns what was rendered from a place in a file, in the package that the file belongs to.
    ///
    /// What counts is the line: of several things on it, the one at the cursor or nearest before it.
    pub fn rendered_from(&self, file: &VPath, position: Position) -> Vec<RenderedPlace> {
        match self.root_of(file) {
            Some(root) => self.rendered_in(&root, file, position),
            None => Vec::new(),
        }
    }

    /// Returns what was rendered from a place in a file, in the package in a folder: the package itself, one that depends
    /// on it, or one that uses the file for values.
    pub fn rendered_in(&self, root: &VPath, file: &VPath, position: Position) -> Vec<RenderedPlace> {
        let answer = self.traced(root);
        let mut found = Vec::new();
        for (id, source) in answer.built.sources.files() {
            let Some((path, is_whole)) = self.file_of(root, source.name()) else { continue };
            if path != *file {
                continue;
            }
            if is_whole {
                found.extend(at_line(&answer, id, source.text(), position));
            } else if found.is_empty() {
                found.extend(of_source(&answer, id));
            }
        }
        found.truncate(MOST_PLACES);
        found
    }

    /// Returns where a place of the rendered text of a package comes from.
    pub fn explain(&self, root: &VPath, position: Position) -> Option<Explanation> {
        let answer = self.traced(root);
        let rendered = answer.rendered();
        let lines = Lines::new(&rendered.text);
        let line = position.line as usize;
        let indent = lines.line(line).len() - lines.line(line).trim_start_matches([' ', '-']).len();
        // In the indentation of a line the line is meant, not the one above.
        let field = rendered.field_at(lines.offset(position).max(lines.start(line) + indent))?;
        let object = object_at(&answer.built, field.item)?;
        let (start, end) = rendered.place_of(field.item, &field.path)?;
        let node = object.node.at(&field.path)?;
        let mut origins = Vec::new();
        for step in explain_steps(&answer.built, object, &field.path, node) {
            self.push_origins(&answer, &step, &mut origins);
        }
        Some(Explanation {
            object: object.key().to_string(),
            field: field.path.to_string(),
            range: lines.range(start, end),
            origins,
        })
    }

    fn push_origins(&self, answer: &Answer, step: &Step, origins: &mut Vec<Origin>) {
        let origin = |kind, text: String, span: Span, counts| {
            let place = self.place(&mut Texts::of(answer), span, 0);
            let (file, range) = place.map_or((None, Range::default()), |(file, range)| (Some(file), range));
            Origin { kind, text, file, range, counts }
        };
        match step {
            Step::Template { span, via } => {
                origins.extend(via.iter().map(|call| origin(OriginKind::Call, String::new(), *call, true)));
                origins.push(origin(OriginKind::Template, String::new(), *span, true));
            }
            Step::Resource { span } => {
                origins.push(origin(OriginKind::Resource, String::new(), *span, true));
            }
            Step::Kustomization { name, span, written } => {
                let mut places = vec![*span, *written];
                places.retain(|span| !span.is_none());
                // What a build does by itself stands in no file.
                places.resize(places.len().max(1), Span::NONE);
                let one = |span| origin(OriginKind::Kustomization, (*name).to_owned(), span, true);
                origins.extend(places.into_iter().map(one));
            }
            Step::Value { path, layers } => {
                for (number, (layer, span, _)) in layers.iter().enumerate() {
                    let text = if layer.is_empty() { path.to_string() } else { format!("{path} ({layer})") };
                    origins.push(origin(OriginKind::Value, text, *span, number + 1 == layers.len()));
                }
                if layers.is_empty() {
                    origins.push(origin(OriginKind::Value, path.to_string(), Span::NONE, true));
                }
            }
            Step::Patch { span, environment } => {
                origins.push(origin(OriginKind::Patch, environment.clone(), *span, true));
            }
            Step::Transformation { span, environment, field } => {
                origins.push(origin(OriginKind::Transformation, format!("{field} of {environment}"), *span, true));
            }
            Step::Namespace => origins.push(origin(OriginKind::Namespace, String::new(), Span::NONE, true)),
        }
    }
}

fn at_line(answer: &Answer, file: FileId, text: &str, position: Position) -> Vec<RenderedPlace> {
    let lines = Lines::new(text);
    let line = position.line as usize;
    let offset = lines.offset(position);
    let places = answer.places().between(file, lines.start(line), lines.start(line + 1).max(lines.start(line) + 1));
    let before = places.iter().map(|place| place.span.start).filter(|start| *start as usize <= offset).max();
    let Some(start) = before.or_else(|| places.first().map(|place| place.span.start)) else { return Vec::new() };
    let at_start = places.iter().filter(|place| place.span.start == start);
    at_start.take(MOST_PLACES).filter_map(|place| rendered_place(answer, place)).collect()
}

fn rendered_place(answer: &Answer, place: &Place) -> Option<RenderedPlace> {
    let object = object_at(&answer.built, place.field.item)?;
    let rendered = answer.rendered();
    let (start, end) = rendered.place_of(place.field.item, &place.field.path)?;
    Some(RenderedPlace {
        object: object.key().to_string(),
        field: place.field.path.to_string(),
        range: Lines::new(&rendered.text).range(start, end),
        counts: place.role != Role::Overridden,
    })
}

// The objects that a template wrote, where only its text is known and no places in it.
fn of_source(answer: &Answer, file: FileId) -> Vec<RenderedPlace> {
    let rendered = answer.rendered();
    let lines = Lines::new(&rendered.text);
    let whole = |item: usize| {
        let object = object_at(&answer.built, item).filter(|object| object.node.span.file == file)?;
        let (start, end) = rendered.place_of(item, &crate::value::ValuePath::root())?;
        let object = object.key().to_string();
        Some(RenderedPlace { object, field: String::new(), range: lines.range(start, end), counts: true })
    };
    (0..answer.built.objects.items().len()).filter_map(whole).collect()
}
