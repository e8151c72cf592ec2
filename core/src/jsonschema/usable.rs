//! Whether a schema can be used: right by its draft, all its references lead somewhere, all its patterns can be read.
//!
//! The steps are those of Helm's library in their order, because Helm reports the first that fails.

use std::collections::HashSet;

use super::evaluate::Evaluation;
use super::json::Json;
use super::keywords::Keywords;
use super::library::{Draft, Library, Place};
use super::words::Fault;
use super::{meta, number, plain, uri};
use crate::go::regex;
use crate::source::Limits;
use crate::value::Value;

/// What makes a schema unusable.
#[derive(Debug)]
pub(super) struct Unusable<'s> {
    /// What is wrong, in the words of Helm's library.
    pub(super) text: String,
    pub(super) cause: Cause<'s>,
}

/// The same for those who make more of it than a text.
#[derive(Debug)]
pub(super) enum Cause<'s> {
    /// The schema breaks the rules of its draft; the faults are those of the schema of the draft.
    Draft(Place<'s>, Vec<Fault<'static>>),
    /// A reference leads out of the schema, or nowhere in it.
    Reference { place: Place<'s>, reference: &'s str, leads_out: bool },
    /// A regular expression cannot be read, and why.
    Pattern { place: Place<'s>, keyword: &'static str, why: String },
    /// Something else, such as a limit.
    Other,
}

impl From<String> for Unusable<'_> {
    fn from(text: String) -> Self {
        Unusable { text, cause: Cause::Other }
    }
}

/// Holds a schema against the schema of its draft, follows all references that can be reached and reads all patterns.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn check<'s>(library: &mut Library<'s>, limits: &Limits) -> Result<(), Unusable<'s>> {
    check_against_draft(&library.root(), library, limits)?;
    follow(library, limits)
}

fn check_against_draft<'s>(place: &Place<'s>, library: &Library<'s>, limits: &Limits) -> Result<(), Unusable<'s>> {
    let draft = library.resource(place).draft;
    let uniform = library.documents[place.document].resources.iter().all(|resource| resource.draft == draft);
    if uniform && plain::is_right(place.node, draft) {
        return Ok(());
    }
    let Some((address, schema)) = meta::of(draft) else { return Ok(()) };
    let mut meta = Library::new(address, schema)?;
    follow(&mut meta, limits)?;
    let value = to_value(place.node);
    match Evaluation::new(&meta, true, limits).run(&meta.root(), &value)? {
        None => Ok(()),
        Some(causes) => {
            let fault = Fault::whole(meta.root(), meta.location(&meta.root()), causes);
            let location = gotemplate::fmt::quote(library.location(place).as_bytes());
            let text = format!("{location} is not valid against metaschema: {}", fault.text());
            Err(Unusable { text, cause: Cause::Draft(*place, fault.causes) })
        }
    }
}

/// Follows the references that can be reached and reads the patterns.
pub(super) fn follow<'s>(library: &mut Library<'s>, limits: &Limits) -> Result<(), Unusable<'s>> {
    let mut queue = vec![library.root()];
    let mut seen: HashSet<*const Json> = HashSet::new();
    while let Some(place) = queue.pop() {
        if !seen.insert(std::ptr::from_ref(place.node)) {
            continue;
        }
        let draft = library.resource(&place).draft;
        let Some(entries) = place.node.as_object() else { continue };
        let keywords = Keywords::read(entries);
        for reference in keywords.references(draft) {
            let bad = |text: String, leads_out: bool| Unusable {
                text,
                cause: Cause::Reference { place, reference, leads_out },
            };
            library.load(&place, reference).map_err(|text| bad(text, true))?;
            let target = library.find(&place, reference).map_err(|text| bad(text, false))?;
            // A reference may lead to where no draft has a schema.
            if target.document == 0 && place.document == 0 && !seen.contains(&std::ptr::from_ref(target.node)) {
                let right = plain::is_right(target.node, library.resource(&target).draft);
                if !right && !is_known_position(library, &target) {
                    check_against_draft(&target, library, limits)?;
                }
            }
            queue.push(target);
        }
        // In old drafts nothing counts beside a reference; what later ones of them have added is read all the same.
        let only_reference = draft < Draft::D2019 && keywords.reference.is_some();
        let read =
            |keyword: &str| !only_reference || matches!(keyword, "contains" | "propertyNames" | "if" | "then" | "else");
        let patterns = if only_reference { Ok(()) } else { keywords.check_patterns() };
        patterns.map_err(|(keyword, pattern, why)| {
            let at = format!("{}/{}", library.location(&place), uri::encode(&uri::escape(keyword)));
            let quoted = |text: &str| gotemplate::fmt::quote(text.as_bytes());
            let text = format!("invalid regex {} at {}: {why}", quoted(pattern), quoted(&at));
            Unusable { text, cause: Cause::Pattern { place, keyword, why } }
        })?;
        let mut below: Vec<Place<'_>> = Vec::new();
        for (keyword, value) in entries {
            if read(keyword) && !matches!(keyword.as_str(), "$defs" | "definitions" | "contentSchema") {
                let schemas = draft.holds(keyword).schemas(value).into_iter();
                below.extend(schemas.map(|(_, node)| library.below(&place, node)));
            }
        }
        // The first one is looked at first.
        queue.extend(below.into_iter().rev());
    }
    Ok(())
}

/// Whether a schema stands where its draft has one, so that it was looked at with the whole.
fn is_known_position(library: &Library<'_>, place: &Place<'_>) -> bool {
    let mut queue = vec![library.root()];
    while let Some(at) = queue.pop() {
        if at.is(place) {
            return true;
        }
        let draft = library.resource(&at).draft;
        for (keyword, value) in at.node.as_object().unwrap_or_default() {
            queue.extend(draft.holds(keyword).schemas(value).into_iter().map(|(_, node)| library.below(&at, node)));
        }
    }
    false
}

/// Asks whether a text is a pattern of Go.
pub(super) fn check_pattern(text: &str) -> Result<(), String> {
    regex::check(text.as_bytes(), Limits::default().regex_bytes).map_err(String::from)
}

/// Returns a schema as a value, to be held against another one. Numbers keep what matters of them as floats.
pub(super) fn to_value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(b) => (*b).into(),
        Json::Number(text) => Value::Float(number::Decimal::parse(text).to_f64()),
        Json::Text(text) => Value::Str(text.clone()),
        Json::List(items) => items.iter().map(to_value).collect::<Vec<_>>().into(),
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), to_value(value)));
            entries.collect::<crate::value::Map>().into()
        }
    }
}
