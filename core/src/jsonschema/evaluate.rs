//! A value against a schema, keyword by keyword in the order of Helm's library.
//!
//! Facts: <https://github.com/santhosh-tekuri/jsonschema/blob/v6.0.3/validator.go>.

use std::collections::{BTreeSet, HashMap};

use ecow::{EcoString, eco_format};

use super::formats;
use super::json::Json;
use super::keywords::Keywords;
use super::library::{Draft, Library, Place};
use super::number::Decimal;
use super::uri;
use super::words::{Fault, Kind};
use crate::go::regex::{self, Search};
use crate::source::Limits;
use crate::value::{Map, Value};

/// What to do where [`Limits::schema_steps`] are used up.
pub(super) const RAISE_STEPS: &str = "raise the limit with --limit schema-steps=VALUE";
/// Levels of schemas and values together. Real ones stay below 40.
const MAX_DEPTH: usize = 128;
/// Values that are compared with another in the time of a step.
const VALUES_IN_A_STEP: usize = 64;
/// Steps of searches for patterns in the time of a step.
const SEARCHES_IN_A_STEP: u64 = 512;

/// What is wrong; nothing where nobody wants to know.
type Bad<'s> = Option<Box<Fault<'s>>>;

/// One run. Lifetimes: of the schemas, of the library.
pub(super) struct Evaluation<'s, 'l> {
    library: &'l Library<'s>,
    // Whether formats are asserted in every draft, as they are in the drafts' own schemas.
    formats: bool,
    depth: usize,
    /// Schemas that may still be looked at; references may multiply them with every level.
    steps: usize,
    /// Steps of searches for patterns that may still be made.
    searches: u64,
    stopped: Option<Stopped>,
    // The place in the value, as a JSON pointer.
    at: String,
    // The schema that is looked at.
    place: Place<'s>,
}

/// Why a run came to no verdict.
#[derive(Debug, Clone, Copy)]
enum Stopped {
    Steps,
    Depth,
    Pattern,
}

impl Stopped {
    fn text(self) -> String {
        match self {
            Stopped::Steps => format!("the schema takes too many steps on the values; {RAISE_STEPS}"),
            Stopped::Depth => format!("the schema is nested too deeply: more than {MAX_DEPTH} levels"),
            Stopped::Pattern => "a pattern of the schema is too large".to_owned(),
        }
    }
}

/// The schemas around the one looked at.
struct Scope<'a, 's> {
    place: Place<'s>,
    // Two scopes that look at the same value have the same number.
    value: usize,
    // The keyword that jumped here, if one did.
    jump: &'static str,
    parent: Option<&'a Scope<'a, 's>>,
}

/// What of a list or map no schema has looked at so far; `None` where nobody wants to know.
#[derive(Debug, Default)]
struct Unevaluated {
    properties: Option<BTreeSet<EcoString>>,
    items: Option<BTreeSet<usize>>,
}

impl Unevaluated {
    fn is_empty(&self) -> bool {
        self.properties.as_ref().is_none_or(BTreeSet::is_empty) && self.items.as_ref().is_none_or(BTreeSet::is_empty)
    }

    /// Keeps what another schema has not looked at either.
    fn merge(&mut self, other: &Unevaluated) {
        if let Some(own) = &mut self.properties {
            own.retain(|name| other.properties.as_ref().is_some_and(|other| other.contains(name)));
        }
        if let Some(own) = &mut self.items {
            own.retain(|index| other.items.as_ref().is_some_and(|other| other.contains(index)));
        }
    }
}

/// One schema and one value.
struct Frame<'a, 's, 'v> {
    scope: &'a Scope<'a, 's>,
    draft: Draft,
    keywords: &'a Keywords<'s>,
    entries: &'s [(EcoString, Json)],
    value: &'v Value,
    quiet: bool,
    left: Unevaluated,
    faults: Vec<Bad<'s>>,
}

impl<'s, 'l> Evaluation<'s, 'l> {
    pub(super) fn new(library: &'l Library<'s>, formats: bool, limits: &Limits) -> Evaluation<'s, 'l> {
        let (at, place, steps) = (String::new(), library.root(), limits.schema_steps);
        let searches = (steps as u64).saturating_mul(SEARCHES_IN_A_STEP);
        Evaluation { library, formats, depth: 0, steps, searches, stopped: None, at, place }
    }

    /// Returns what is wrong with a value; `None` where nothing is.
    ///
    /// # Errors
    /// When schema and value are too deep or take too long.
    pub(super) fn run(&mut self, place: &Place<'s>, value: &Value) -> Result<Option<Vec<Fault<'s>>>, String> {
        // Most values are right, and to see that takes no messages.
        let quiet = self.whole(place, value, true).is_ok();
        let result = if quiet { Ok(()) } else { self.whole(place, value, false) };
        match (self.stopped, result) {
            (Some(why), _) => Err(why.text()),
            (None, Ok(())) => Ok(None),
            (None, Err(bad)) => Ok(Some(flat(bad))),
        }
    }

    fn whole(&mut self, place: &Place<'s>, value: &Value, quiet: bool) -> Result<(), Bad<'s>> {
        let at = std::mem::take(&mut self.at);
        let scope = Scope { place: *place, value: 0, jump: "", parent: None };
        let result = self.schema(&scope, value, false, quiet).map(|_| ());
        self.at = at;
        result
    }

    fn fault(&self, quiet: bool, kind: impl FnOnce() -> Kind<'s>) -> Bad<'s> {
        (!quiet).then(|| {
            let (at, place) = (self.at.as_str().into(), self.place);
            Box::new(Fault { at, place, kind: kind(), causes: Vec::new() })
        })
    }

    fn stop(&mut self, why: Stopped) -> Bad<'s> {
        self.stopped.get_or_insert(why);
        None
    }

    fn schema(
        &mut self,
        scope: &Scope<'_, 's>,
        value: &Value,
        caller_needs: bool,
        quiet: bool,
    ) -> Result<Unevaluated, Bad<'s>> {
        let around = std::mem::replace(&mut self.place, scope.place);
        let result = self.schema_here(scope, value, caller_needs, quiet);
        self.place = around;
        result
    }

    fn schema_here(
        &mut self,
        scope: &Scope<'_, 's>,
        value: &Value,
        caller_needs: bool,
        quiet: bool,
    ) -> Result<Unevaluated, Bad<'s>> {
        let entries = match scope.place.node {
            Json::Bool(false) => return Err(self.fault(quiet, || Kind::FalseSchema)),
            Json::Object(entries) if !entries.is_empty() => entries,
            _ => return Ok(self.unevaluated(&Keywords::default(), Draft::D2020, value, caller_needs)),
        };
        if let Some(earlier) = scope.cycle() {
            return Err(self.fault(quiet, || Kind::RefCycle {
                url: self.library.location(&scope.place),
                first: scope.keyword_location(self.library),
                second: earlier.keyword_location(self.library),
            }));
        }
        if self.steps == 0 || self.stopped.is_some() {
            return Err(self.stop(Stopped::Steps));
        }
        self.steps -= 1;
        if self.depth >= MAX_DEPTH {
            return Err(self.stop(Stopped::Depth));
        }
        self.depth += 1;
        let keywords = Keywords::read(entries);
        self.steps = self.steps.saturating_sub(keywords.allowed.map_or(0, <[_]>::len) / VALUES_IN_A_STEP);
        let draft = self.library.resource(&scope.place).draft;
        let left = self.unevaluated(&keywords, draft, value, caller_needs);
        let frame = Frame { scope, draft, keywords: &keywords, entries, value, quiet, left, faults: Vec::new() };
        let result = self.frame(frame);
        self.depth -= 1;
        result
    }

    fn unevaluated(&self, keywords: &Keywords<'s>, draft: Draft, value: &Value, caller_needs: bool) -> Unevaluated {
        let mut left = Unevaluated::default();
        let own = draft >= Draft::D2019;
        match value {
            Value::Map(map) => {
                let wanted = caller_needs || own && keywords.unevaluated_properties.is_some();
                if wanted && keywords.additional_properties.is_none() {
                    left.properties = Some(map.keys().cloned().collect());
                }
            }
            Value::Seq(items) => {
                let wanted = caller_needs || own && keywords.unevaluated_items.is_some();
                let (all, first) = match (draft >= Draft::D2020, keywords.items) {
                    (true, items) => (items.is_some(), keywords.prefix_items.map_or(0, <[Json]>::len)),
                    (false, Some(Json::List(list))) => (keywords.additional_items.is_some(), list.len()),
                    (false, items) => (items.is_some(), 0),
                };
                if wanted && !all && first < items.len() {
                    left.items = Some((first..items.len()).collect());
                }
            }
            _ => {}
        }
        left
    }

    fn frame(&mut self, mut frame: Frame<'_, 's, '_>) -> Result<Unevaluated, Bad<'s>> {
        let keywords = frame.keywords;
        if let Some(reference) = keywords.reference.filter(|_| frame.draft < Draft::D2019) {
            // Nothing counts beside a reference, but a constant slips through.
            self.check_constant(&frame)?;
            return self.reference(&mut frame, reference, "$ref").map(|()| frame.left);
        }
        self.check_kind(&frame)?;
        if let Some(reference) = keywords.reference {
            let result = self.reference(&mut frame, reference, "$ref");
            frame.faults.extend(result.err());
        }
        match frame.value {
            Value::Map(map) => self.object(&mut frame, map),
            Value::Seq(items) => self.list(&mut frame, items),
            Value::Str(text) => self.text(&mut frame, text),
            Value::Int(_) | Value::UInt(_) | Value::Float(_) => self.number(&mut frame),
            _ => {}
        }
        if frame.faults.is_empty() || !frame.quiet {
            self.other_references(&mut frame);
            self.conditions(&mut frame);
            if frame.draft >= Draft::D2019 {
                self.rest(&mut frame);
            }
        }
        match frame.faults.len() {
            0 => Ok(frame.left),
            1 => Err(frame.faults.pop().flatten()),
            _ => Err(self.group(frame.faults, frame.quiet, || Kind::Group)),
        }
    }

    fn group(&self, faults: Vec<Bad<'s>>, quiet: bool, kind: impl FnOnce() -> Kind<'s>) -> Bad<'s> {
        let mut group = self.fault(quiet, kind)?;
        group.causes = faults.into_iter().flatten().map(|fault| *fault).collect();
        Some(group)
    }

    /// Checks the keywords after which the library looks no further.
    fn check_kind(&self, frame: &Frame<'_, 's, '_>) -> Result<(), Bad<'s>> {
        let (keywords, value) = (frame.keywords, frame.value);
        let wrong = |kind: &dyn Fn() -> Kind<'s>| Err(self.fault(frame.quiet, kind));
        if let Some(types) = keywords.types.map(types).filter(|types| !types.is_empty()) {
            let got = type_of(value);
            let fits = types.contains(&got) || got == "number" && types.contains(&"integer") && is_integer(value);
            if !fits {
                return wrong(&|| Kind::Type { got, want: types.clone() });
            }
        }
        self.check_constant(frame)?;
        if let Some(allowed) = keywords.allowed.filter(|allowed| !allowed.iter().any(|one| equals(value, one))) {
            return wrong(&|| Kind::Enum(allowed));
        }
        if let (Some(format), Value::Str(text)) = (keywords.format, value)
            && (self.formats || frame.draft < Draft::D2019)
            && let Some(Err(why)) = formats::check(format, text)
        {
            return wrong(&|| Kind::Format { got: text.clone(), want: format.into(), why: why.clone() });
        }
        Ok(())
    }

    fn check_constant(&self, frame: &Frame<'_, 's, '_>) -> Result<(), Bad<'s>> {
        let constant = frame.keywords.constant.filter(|_| frame.draft >= Draft::D6);
        match constant.filter(|constant| !equals(frame.value, constant)) {
            Some(constant) => Err(self.fault(frame.quiet, || Kind::Const(constant))),
            None => Ok(()),
        }
    }

    /// Looks at the same value with another schema.
    fn same(
        &mut self,
        frame: &mut Frame<'_, 's, '_>,
        place: Place<'s>,
        jump: &'static str,
        quiet: bool,
    ) -> Result<(), Bad<'s>> {
        let scope = Scope { place, value: frame.scope.value, jump, parent: Some(frame.scope) };
        let needs = !frame.left.is_empty();
        let left = self.schema(&scope, frame.value, needs, frame.quiet || quiet)?;
        frame.left.merge(&left);
        Ok(())
    }

    fn below(&mut self, frame: &mut Frame<'_, 's, '_>, node: &'s Json, quiet: bool) -> Result<(), Bad<'s>> {
        let place = self.library.below(&frame.scope.place, node);
        self.same(frame, place, "", quiet)
    }

    /// Looks at a part of the value.
    fn part(&mut self, frame: &Frame<'_, 's, '_>, node: &'s Json, value: &Value, token: &str) -> Result<(), Bad<'s>> {
        let place = self.library.below(&frame.scope.place, node);
        let scope = Scope { place, value: frame.scope.value + 1, jump: "", parent: Some(frame.scope) };
        let length = self.at.len();
        if !frame.quiet {
            self.at.push('/');
            self.at.push_str(&uri::escape(token));
        }
        let result = self.schema(&scope, value, false, frame.quiet).map(|_| ());
        self.at.truncate(length);
        result
    }

    fn reference(
        &mut self,
        frame: &mut Frame<'_, 's, '_>,
        reference: &str,
        keyword: &'static str,
    ) -> Result<(), Bad<'s>> {
        // All references were followed before.
        let Ok(place) = self.library.find(&frame.scope.place, reference) else { return Ok(()) };
        self.jump(frame, place, keyword)
    }

    fn jump(&mut self, frame: &mut Frame<'_, 's, '_>, place: Place<'s>, keyword: &'static str) -> Result<(), Bad<'s>> {
        self.same(frame, place, keyword, false).map_err(|bad| {
            let mut fault = self.fault(frame.quiet, || Kind::Reference)?;
            fault.causes = flat(bad);
            Some(fault)
        })
    }

    fn object(&mut self, frame: &mut Frame<'_, 's, '_>, map: &Map) {
        let keywords = frame.keywords;
        self.count(frame, "minProperties", "maxProperties", map.len());
        if let Some(missing) = keywords.required.and_then(|required| missing(required, map)) {
            frame.faults.push(self.fault(frame.quiet, || Kind::Required(missing)));
        }
        if frame.quiet && !frame.faults.is_empty() {
            return;
        }
        for (name, dependency) in keywords.dependencies.unwrap_or_default() {
            match dependency {
                _ if !map.contains_key(name) => {}
                Json::List(names) => self.dependency(frame, name, names, map),
                schema => {
                    let result = self.below(frame, schema, false);
                    frame.faults.extend(result.err());
                }
            }
        }
        self.properties(frame, map);
        if frame.draft >= Draft::D6 {
            self.property_names(frame, map);
        }
        if frame.draft >= Draft::D2019 {
            for (name, schema) in keywords.dependent_schemas.unwrap_or_default() {
                if map.contains_key(name) {
                    let result = self.below(frame, schema, false);
                    frame.faults.extend(result.err());
                }
            }
            for (name, names) in keywords.dependent_required.unwrap_or_default() {
                if let (true, Json::List(names)) = (map.contains_key(name), names) {
                    self.dependency(frame, name, names, map);
                }
            }
        }
    }

    fn dependency(&self, frame: &mut Frame<'_, 's, '_>, name: &EcoString, names: &'s [Json], map: &Map) {
        if let Some(missing) = missing(names, map) {
            frame.faults.push(self.fault(frame.quiet, || Kind::Dependency { property: name.clone(), missing }));
        }
    }

    fn properties(&mut self, frame: &mut Frame<'_, 's, '_>, map: &Map) {
        let keywords = frame.keywords;
        let looked_at = [keywords.properties, keywords.additional_properties].iter().any(Option::is_some);
        if !looked_at && keywords.pattern_properties.is_none() {
            return;
        }
        let mut additional = Vec::new();
        for (name, value) in map {
            if frame.quiet && !frame.faults.is_empty() {
                return;
            }
            let mut evaluated = false;
            let mut schemas: Vec<&'s Json> = Vec::new();
            schemas.extend(keywords.properties.and_then(|properties| properties.get(name)));
            for (pattern, schema) in keywords.pattern_properties.unwrap_or_default() {
                if self.matches(pattern, name) {
                    schemas.push(schema);
                }
            }
            for schema in schemas {
                evaluated = true;
                let result = self.part(frame, schema, value, name);
                frame.faults.extend(result.err());
            }
            if let (false, Some(schema)) = (evaluated, keywords.additional_properties) {
                evaluated = true;
                match schema {
                    Json::Bool(true) => {}
                    Json::Bool(false) => additional.push(name.clone()),
                    schema => {
                        let result = self.part(frame, schema, value, name);
                        frame.faults.extend(result.err());
                    }
                }
            }
            if let (true, Some(left)) = (evaluated, &mut frame.left.properties) {
                left.remove(name);
            }
        }
        if !additional.is_empty() {
            frame.faults.push(self.fault(frame.quiet, || Kind::AdditionalProperties(additional)));
        }
    }

    fn property_names(&mut self, frame: &mut Frame<'_, 's, '_>, map: &Map) {
        let Some(schema) = frame.keywords.property_names else { return };
        let place = self.library.below(&frame.scope.place, schema);
        for name in map.keys() {
            if let Err(bad) = self.whole(&place, &Value::Str(name.clone()), frame.quiet) {
                let mut fault = self.fault(frame.quiet, || Kind::PropertyNames(name.clone()));
                if let Some(fault) = &mut fault {
                    fault.causes = flat(bad);
                }
                frame.faults.push(fault);
            }
        }
    }

    fn list(&mut self, frame: &mut Frame<'_, 's, '_>, items: &[Value]) {
        let keywords = frame.keywords;
        self.count(frame, "minItems", "maxItems", items.len());
        if let Some((a, b)) = keywords.unique_items.then(|| duplicates(items)).flatten() {
            frame.faults.push(self.fault(frame.quiet, || Kind::UniqueItems(a, b)));
        }
        let (first, rest): (&'s [Json], Option<&'s Json>) = match (frame.draft >= Draft::D2020, keywords.items) {
            (true, items) => (keywords.prefix_items.unwrap_or_default(), items),
            (false, Some(Json::List(first))) => (first, keywords.additional_items),
            (false, items) => (&[], items),
        };
        let known = first.len().min(items.len());
        for (index, (schema, item)) in first.iter().zip(items).enumerate() {
            self.item(frame, schema, item, index);
        }
        let listed = frame.draft < Draft::D2020 && matches!(keywords.items, Some(Json::List(_)));
        match rest {
            Some(Json::Bool(false)) if listed && known == items.len() => {}
            Some(Json::Bool(false)) if listed => {
                let more = items.len() - known;
                frame.faults.push(self.fault(frame.quiet, || Kind::AdditionalItems(more)));
            }
            Some(schema) => {
                for (index, item) in items.iter().enumerate().skip(known) {
                    if frame.quiet && !frame.faults.is_empty() {
                        break;
                    }
                    self.item(frame, schema, item, index);
                }
            }
            None => {}
        }
        if let Some(schema) = keywords.contains.filter(|_| frame.draft >= Draft::D6) {
            self.contains(frame, schema, items);
        }
    }

    fn item(&mut self, frame: &mut Frame<'_, 's, '_>, schema: &'s Json, item: &Value, index: usize) {
        let result = self.part(frame, schema, item, &index.to_string());
        frame.faults.extend(result.err());
    }

    fn contains(&mut self, frame: &mut Frame<'_, 's, '_>, schema: &'s Json, items: &[Value]) {
        let (mut faults, mut matched) = (Vec::new(), Vec::new());
        for (index, item) in items.iter().enumerate() {
            match self.part(frame, schema, item, &index.to_string()) {
                Err(bad) => faults.push(bad),
                Ok(()) => {
                    matched.push(index);
                    if let (true, Some(left)) = (frame.draft >= Draft::D2020, &mut frame.left.items) {
                        left.remove(&index);
                    }
                }
            }
        }
        let bound = |keyword| bound(frame.entries, keyword).filter(|_| frame.draft >= Draft::D2019);
        let (least, most) = (bound("minContains"), bound("maxContains"));
        match least {
            Some(want) if matched.len() < want => {
                let matched = matched.clone();
                frame.faults.push(self.group(faults, frame.quiet, || Kind::MinContains { matched, want }));
            }
            None if matched.is_empty() => frame.faults.push(self.group(faults, frame.quiet, || Kind::Contains)),
            _ => {}
        }
        if let Some(want) = most.filter(|want| matched.len() > *want) {
            frame.faults.push(self.fault(frame.quiet, || Kind::MaxContains { matched, want }));
        }
    }

    fn count(&self, frame: &mut Frame<'_, 's, '_>, least: &'static str, most: &'static str, got: usize) {
        if !frame.keywords.has_bounds {
            return;
        }
        if let Some(want) = bound(frame.entries, least).filter(|want| got < *want) {
            frame.faults.push(self.fault(frame.quiet, || Kind::Count { keyword: least, got, want }));
        }
        if let Some(want) = bound(frame.entries, most).filter(|want| got > *want) {
            frame.faults.push(self.fault(frame.quiet, || Kind::Count { keyword: most, got, want }));
        }
    }

    fn text(&mut self, frame: &mut Frame<'_, 's, '_>, text: &EcoString) {
        if frame.keywords.has_bounds {
            self.count(frame, "minLength", "maxLength", text.chars().count());
        }
        if let Some(pattern) = frame.keywords.pattern.filter(|pattern| !self.matches(pattern, text)) {
            let want = pattern.into();
            frame.faults.push(self.fault(frame.quiet, || Kind::Pattern { got: text.clone(), want }));
        }
    }

    fn matches(&mut self, pattern: &str, text: &str) -> bool {
        // The syntax was looked at before, so an error is one of the limits.
        let Ok(pattern) = regex::get(pattern.as_bytes(), Limits::default().regex_bytes) else {
            self.stop(Stopped::Pattern);
            return false;
        };
        let mut spend = |steps| {
            self.searches = self.searches.checked_sub(steps).ok_or("too many")?;
            Ok(())
        };
        pattern.search(text.as_bytes(), &mut spend).and_then(Search::matches).unwrap_or_else(|_| {
            self.stop(Stopped::Steps);
            false
        })
    }

    fn number(&self, frame: &mut Frame<'_, 's, '_>) {
        if !frame.keywords.has_bounds {
            return;
        }
        let (got, exact) = match *frame.value {
            Value::Int(i) => (i as f64, Decimal::parse(&i.to_string())),
            Value::UInt(u) => (u as f64, Decimal::parse(&u.to_string())),
            Value::Float(f) => (f, Decimal::of(f)),
            _ => return,
        };
        let literal = |keyword: &str| match lookup(frame.entries, keyword) {
            Some(Json::Number(text)) => Some(Decimal::parse(text)),
            _ => None,
        };
        let is_true = |keyword: &str| lookup(frame.entries, keyword) == Some(&Json::Bool(true));
        // In draft 4 the exclusive bounds only say how the others are meant.
        let (minimum, least) = match is_true("exclusiveMinimum") {
            true => (None, literal("minimum")),
            false => (literal("minimum"), literal("exclusiveMinimum")),
        };
        let (maximum, most) = match is_true("exclusiveMaximum") {
            true => (None, literal("maximum")),
            false => (literal("maximum"), literal("exclusiveMaximum")),
        };
        let bounds = [
            ("minimum", minimum.filter(|want| exact < *want)),
            ("maximum", maximum.filter(|want| exact > *want)),
            ("exclusiveMinimum", least.filter(|want| exact <= *want)),
            ("exclusiveMaximum", most.filter(|want| exact >= *want)),
            ("multipleOf", literal("multipleOf").filter(|want| !exact.is_multiple_of(want))),
        ];
        for (keyword, want) in bounds {
            if let Some(want) = want {
                frame.faults.push(self.fault(frame.quiet, || Kind::Number { keyword, got, want }));
            }
        }
    }

    fn other_references(&mut self, frame: &mut Frame<'_, 's, '_>) {
        let keywords = frame.keywords;
        if let Some(reference) = keywords.recursive_ref.filter(|_| frame.draft >= Draft::D2019)
            && let Ok(mut target) = self.library.find(&frame.scope.place, reference)
        {
            let is_anchor = |node: &Json| node.get("$recursiveAnchor") == Some(&Json::Bool(true));
            if is_anchor(target.node) {
                // The outermost resource that says so.
                for scope in frame.scope.up() {
                    if is_anchor(self.library.resource(&scope.place).node) {
                        target = scope.place;
                    }
                }
            }
            let result = self.jump(frame, target, "$recursiveRef");
            frame.faults.extend(result.err());
        }
        if let Some(reference) = keywords.dynamic_ref.filter(|_| frame.draft >= Draft::D2020)
            && let Ok(mut target) = self.library.find(&frame.scope.place, reference)
        {
            let (_, anchor) = uri::split(reference);
            if target.node.get("$dynamicAnchor").and_then(Json::as_text) == Some(anchor) {
                for scope in frame.scope.up() {
                    if let Some(node) = self.library.resource(&scope.place).dynamic.get(anchor) {
                        target = self.library.below(&scope.place, node);
                    }
                }
            }
            let result = self.jump(frame, target, "$dynamicRef");
            frame.faults.extend(result.err());
        }
    }

    fn conditions(&mut self, frame: &mut Frame<'_, 's, '_>) {
        let keywords = frame.keywords;
        if let Some(schema) = keywords.not
            && self.below(frame, schema, true).is_ok()
        {
            frame.faults.push(self.fault(frame.quiet, || Kind::Not));
        }
        if let Some(schemas) = keywords.all_of.filter(|schemas| !schemas.is_empty()) {
            let mut faults = Vec::new();
            for schema in schemas {
                if let Err(bad) = self.below(frame, schema, false) {
                    faults.push(bad);
                    if frame.quiet {
                        break;
                    }
                }
            }
            if !faults.is_empty() {
                frame.faults.push(self.group(faults, frame.quiet, || Kind::AllOf));
            }
        }
        if let Some(schemas) = keywords.any_of.filter(|schemas| !schemas.is_empty()) {
            self.any_of(frame, schemas);
        }
        if let Some(schemas) = keywords.one_of.filter(|schemas| !schemas.is_empty()) {
            self.one_of(frame, schemas);
        }
        if let Some(schema) = keywords.condition.filter(|_| frame.draft >= Draft::D7) {
            let holds = self.below(frame, schema, true).is_ok();
            if let Some(schema) = if holds { keywords.then } else { keywords.otherwise } {
                let result = self.below(frame, schema, false);
                frame.faults.extend(result.err());
            }
        }
    }

    fn any_of(&mut self, frame: &mut Frame<'_, 's, '_>, schemas: &'s [Json]) {
        let (mut faults, mut matched) = (Vec::new(), false);
        for schema in schemas {
            match self.below(frame, schema, false) {
                Err(bad) => faults.push(bad),
                Ok(()) => {
                    matched = true;
                    // Where it counts what was looked at, all of them are.
                    if frame.left.is_empty() {
                        break;
                    }
                }
            }
        }
        if !matched {
            frame.faults.push(self.group(faults, frame.quiet, || Kind::AnyOf));
        }
    }

    fn one_of(&mut self, frame: &mut Frame<'_, 's, '_>, schemas: &'s [Json]) {
        let (mut faults, mut matched) = (Vec::new(), None);
        for (index, schema) in schemas.iter().enumerate() {
            match (self.below(frame, schema, matched.is_some()), matched) {
                (Err(bad), None) => faults.push(bad),
                (Err(_), Some(_)) => {}
                (Ok(()), None) => matched = Some(index),
                (Ok(()), Some(first)) => {
                    frame.faults.push(self.fault(frame.quiet, || Kind::OneOf(Some((first, index)))));
                    break;
                }
            }
        }
        if matched.is_none() {
            frame.faults.push(self.group(faults, frame.quiet, || Kind::OneOf(None)));
        }
    }

    /// Looks at what no other keyword has looked at.
    fn rest(&mut self, frame: &mut Frame<'_, 's, '_>) {
        if let (Some(schema), Value::Map(map)) = (frame.keywords.unevaluated_properties, frame.value) {
            for name in frame.left.properties.take().unwrap_or_default() {
                if let Some(value) = map.get(&name) {
                    let result = self.part(frame, schema, value, &name);
                    frame.faults.extend(result.err());
                }
            }
        }
        if let (Some(schema), Value::Seq(items)) = (frame.keywords.unevaluated_items, frame.value) {
            for index in frame.left.items.take().unwrap_or_default() {
                if let Some(item) = items.get(index) {
                    self.item(frame, schema, item, index);
                }
            }
        }
    }
}

impl<'a, 's> Scope<'a, 's> {
    /// Returns this scope and those around it, inner ones first.
    fn up(&'a self) -> impl Iterator<Item = &'a Scope<'a, 's>> {
        std::iter::successors(Some(self), |scope| scope.parent)
    }

    /// Returns the scope around this one in which the same schema looks at the same value.
    fn cycle(&'a self) -> Option<&'a Scope<'a, 's>> {
        let around = self.up().skip(1).take_while(|scope| scope.value == self.value);
        around.into_iter().find(|scope| scope.place.is(&self.place))
    }

    /// Returns the way of keywords to this schema.
    fn keyword_location(&self, library: &Library<'s>) -> String {
        let mut parts = Vec::new();
        let mut scope = self;
        while let Some(parent) = scope.parent {
            parts.push(match scope.jump {
                "" => {
                    let (own, above) = (library.location(&scope.place), library.location(&parent.place));
                    own.strip_prefix(&above).unwrap_or(&own).to_owned()
                }
                jump => format!("/{}", uri::escape(jump)),
            });
            scope = parent;
        }
        parts.reverse();
        parts.concat()
    }
}

/// Returns the faults of which one is made.
fn flat(bad: Bad<'_>) -> Vec<Fault<'_>> {
    match bad {
        None => Vec::new(),
        Some(fault) if matches!(fault.kind, Kind::Group) => fault.causes,
        Some(fault) => vec![*fault],
    }
}

fn lookup<'s>(entries: &'s [(EcoString, Json)], keyword: &str) -> Option<&'s Json> {
    entries.binary_search_by(|(key, _)| key.as_str().cmp(keyword)).ok().map(|at| &entries[at].1)
}

/// Returns a count that a keyword gives.
fn bound(entries: &[(EcoString, Json)], keyword: &str) -> Option<usize> {
    match lookup(entries, keyword)? {
        Json::Number(text) => {
            let exact = Decimal::parse(text);
            exact.is_integer().then(|| exact.to_f64() as usize)
        }
        _ => None,
    }
}

/// Returns the names of a list that a map lacks, if there are any.
fn missing<'s>(names: &'s [Json], map: &Map) -> Option<Vec<&'s str>> {
    let missing: Vec<&str> = names.iter().filter_map(Json::as_text).filter(|name| !map.contains_key(name)).collect();
    (!missing.is_empty()).then_some(missing)
}

/// Returns the types of `type` in the library's order.
fn types(json: &Json) -> Vec<&'static str> {
    let listed = |name: &str| match json {
        Json::Text(one) => one == name,
        Json::List(all) => all.iter().any(|one| one.as_text() == Some(name)),
        _ => false,
    };
    ["null", "boolean", "number", "integer", "string", "array", "object"]
        .into_iter()
        .filter(|name| listed(name))
        .collect()
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "number",
        Value::Str(_) => "string",
        Value::Seq(_) => "array",
        Value::Map(_) => "object",
    }
}

fn is_integer(value: &Value) -> bool {
    match value {
        Value::Float(f) => f.fract() == 0.0,
        value => matches!(value, Value::Int(_) | Value::UInt(_)),
    }
}

fn equals(value: &Value, json: &Json) -> bool {
    match (value, json) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::Str(a), Json::Text(b)) => a == b,
        (Value::Int(i), Json::Number(text)) => Decimal::parse(&i.to_string()) == Decimal::parse(text),
        (Value::UInt(u), Json::Number(text)) => Decimal::parse(&u.to_string()) == Decimal::parse(text),
        (Value::Float(f), Json::Number(text)) => Decimal::of(*f) == Decimal::parse(text),
        (Value::Seq(a), Json::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equals(a, b)),
        (Value::Map(a), Json::Object(b)) => {
            a.len() == b.len() && b.iter().all(|(key, b)| a.get(key).is_some_and(|a| equals(a, b)))
        }
        _ => false,
    }
}

/// Returns the first two items that are equal.
fn duplicates(items: &[Value]) -> Option<(usize, usize)> {
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let mut key = String::new();
        write_key(item, &mut key);
        if let Some(first) = seen.get(&key) {
            return Some((*first, index));
        }
        seen.insert(key, index);
    }
    None
}

/// Writes a text that two values share only when they are equal. The depth is bounded by the parsers that made them.
fn write_key(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push('n'),
        Value::Bool(b) => out.push(if *b { 't' } else { 'f' }),
        Value::Int(i) => out.push_str(&eco_format!("{:?}", Decimal::parse(&i.to_string()))),
        Value::UInt(u) => out.push_str(&eco_format!("{:?}", Decimal::parse(&u.to_string()))),
        Value::Float(f) => out.push_str(&eco_format!("{:?}", Decimal::of(*f))),
        Value::Str(text) => out.push_str(&eco_format!("{text:?}")),
        Value::Seq(items) => {
            out.push('[');
            for item in items.iter() {
                write_key(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in entries {
                out.push_str(&eco_format!("{key:?}:"));
                write_key(value, out);
                out.push(',');
            }
            out.push('}');
        }
    }
}
