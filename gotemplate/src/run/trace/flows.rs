//! Where the result of a function came from, by its [`Flow`].

use super::CallView;
use super::book::{OriginId, Piece, Tag};
use super::homes::identity;
use super::pieces::{Edit, Pieces, edits, find_escaped, find_only, match_lines};
use super::tables::{Look, Tables, children, look, same, step_of};
use crate::fmt;
use crate::observe::{Flow, Mapping, Step};
use crate::value::{List, Map, Value};

type Call<'a> = CallView<'a, Tag>;

impl Call<'_> {
    fn inputs(&self) -> impl Iterator<Item = (&Value, Tag)> {
        self.args.iter().zip(self.tags.iter().copied())
    }

    fn input(&self, at: usize) -> Option<(&Value, Tag)> {
        Some((self.args.get(at)?, *self.tags.get(at)?))
    }
}

/// What a merged map had in it before.
pub(super) type Snapshot = Vec<(Map, Vec<(crate::value::Str, Value)>)>;

/// How many entries are written down before a merge.
const MOST_ENTRIES: usize = 100_000;

/// Writes down what is in a map that a function is about to change.
pub(super) fn snapshot(value: &Value) -> Option<Snapshot> {
    let Value::Map(map) = value else { return None };
    let (mut work, mut taken, mut entries) = (vec![map.clone()], Snapshot::new(), 0);
    while let Some(map) = work.pop() {
        // A map that holds itself is known already.
        if taken.iter().any(|(known, _)| known.same(&map)) {
            continue;
        }
        let content = map.entries();
        entries += content.len() + 1;
        if entries > MOST_ENTRIES {
            return None;
        }
        work.extend(content.iter().filter_map(|(_, value)| match value {
            Value::Map(map) => Some(map.clone()),
            _ => None,
        }));
        taken.push((map, content));
    }
    Some(taken)
}

impl Tables {
    /// Returns the tag of a function's result.
    pub(super) fn result(&mut self, call: &Call<'_>, result: &Value, before: Option<Snapshot>) -> Tag {
        let tag = match call.flow {
            // A method without arguments is as good as a field.
            _ if call.args.is_empty() && call.callee != Tag::None => call.callee,
            Flow::Opaque => return Tag::None,
            Flow::Whole | Flow::Test | Flow::Has | Flow::Include | Flow::Evaluate => self.whole(call),
            Flow::Unknown => self.unknown(call, result),
            Flow::Pick => self.pick(call, result),
            Flow::Element => self.element(call, result),
            Flow::Elements | Flow::Chosen => self.elements(call, result),
            Flow::List => self.list(call, result),
            Flow::Dict => self.dict(call, result),
            Flow::Keys => self.keys(call, result),
            Flow::Set => self.set_entry(call),
            Flow::Merge { later_wins } => self.merged(call, result, before, later_wins),
            Flow::Get => self.get(call, 0, call.args.get(1..).unwrap_or_default(), result),
            Flow::Dig => self.dig(call, result),
            Flow::Lines(at) => self.lines(call, at, result),
            Flow::Part(at) => self.part(call, at, result),
            Flow::Bytes(at) => self.bytes(call, at, result),
            Flow::Edited(at) => match call.input(at) {
                Some(input) => self.edited(input, result).unwrap_or_else(|| self.whole(call)),
                None => self.whole(call),
            },
            Flow::Joined => self.joined(call, result),
            Flow::Split(at) => self.split(call, at, result),
            Flow::Format => self.format(call, result),
            Flow::Custom(flow) => {
                let mut mapping = Mapping::new(self, call.args, call.tags, None, result);
                flow(&mut mapping);
                mapping.finish()
            }
        };
        if identity(result).is_some() && matches!(result, Value::List(_) | Value::Map(_)) {
            self.settle(result, tag);
        }
        tag
    }

    /// Returns the tag of what was made from all arguments.
    pub(super) fn whole(&mut self, call: &Call<'_>) -> Tag {
        self.made_of(call.inputs().chain([(&Value::Nil, call.callee)]))
    }

    fn unknown(&mut self, call: &Call<'_>, result: &Value) -> Tag {
        if let Some(id) = identity(result) {
            if let Some((_, tag)) = call.inputs().find(|(arg, _)| identity(arg) == Some(id)) {
                return tag;
            }
            let home = self.homes.tag(result);
            if home != Tag::None {
                return home;
            }
        }
        self.whole(call)
    }

    fn pick(&mut self, call: &Call<'_>, result: &Value) -> Tag {
        let mut found: Vec<(&Value, Tag)> = call.inputs().filter(|(arg, _)| same(arg, result)).collect();
        found.dedup_by_key(|(_, tag)| *tag);
        match found.as_slice() {
            [(_, tag)] => *tag,
            [] => self.whole(call),
            _ => self.made_of(found),
        }
    }

    fn element(&mut self, call: &Call<'_>, result: &Value) -> Tag {
        let mut tags = Vec::new();
        for (arg, tag) in call.inputs() {
            for (step, child) in children(arg) {
                if same(&child, result) {
                    tags.push(self.child(arg, tag, &step, Some(&child)));
                }
            }
        }
        tags.dedup();
        match tags.as_slice() {
            [tag] => *tag,
            _ => self.whole(call),
        }
    }

    fn list(&mut self, call: &Call<'_>, result: &Value) -> Tag {
        for (at, (arg, tag)) in call.inputs().enumerate() {
            self.put(result, Step::Index(at), arg, tag);
        }
        Tag::None
    }

    fn dict(&mut self, call: &Call<'_>, result: &Value) -> Tag {
        let inputs: Vec<(&Value, Tag)> = call.inputs().collect();
        for pair in inputs.chunks(2) {
            if let [(key, _), (value, tag)] = pair
                && let Some(step @ Step::Key(_)) = step_of(key)
            {
                self.put(result, step, value, *tag);
            }
        }
        Tag::None
    }

    fn set_entry(&mut self, call: &Call<'_>) -> Tag {
        let (Some((map, map_tag)), Some((key, _)), Some((value, tag))) = (call.input(0), call.input(1), call.input(2))
        else {
            return Tag::None;
        };
        if let Some(step) = step_of(key) {
            self.homes.settle(map, map_tag);
            self.put(map, step, value, tag);
        }
        map_tag
    }

    /// Notes what a container has got.
    fn put(&mut self, container: &Value, step: Step, value: &Value, tag: Tag) {
        self.settle(value, tag);
        let tag = if tag == Tag::None { self.homes.tag(value) } else { tag };
        self.homes.set_part(container, step, tag);
    }

    fn keys(&mut self, call: &Call<'_>, result: &Value) -> Tag {
        let Value::List(list) = result else { return self.whole(call) };
        for (at, key) in list.to_vec().into_iter().enumerate() {
            let Value::Str(name) = &key else { continue };
            let mut tags = Vec::new();
            for (arg, tag) in call.inputs() {
                if let Some(value) = look(arg, &Step::Key(name.clone())) {
                    tags.push(self.child(arg, tag, &Step::Key(name.clone()), Some(&value)));
                }
            }
            let tag = self.made_of(tags.iter().map(|&tag| (&Value::Nil, tag)));
            self.homes.set_part(result, Step::Index(at), tag);
        }
        self.whole(call)
    }

    fn get(&mut self, call: &Call<'_>, of: usize, steps: &[Value], result: &Value) -> Tag {
        let Some((start, mut tag)) = call.input(of) else { return Tag::None };
        let mut at = start.clone();
        for step in steps {
            let Some(step) = step_of(step) else { return self.whole(call) };
            let value = look(&at, &step);
            tag = self.child(&at, tag, &step, value.as_ref());
            let container = std::mem::replace(&mut at, value.clone().unwrap_or_default());
            if matches!(at, Value::List(_) | Value::Map(_)) {
                self.settle(&at, tag);
            }
            self.reads.push(Look { container, step, value, tag });
        }
        if same(&at, result) { tag } else { self.made_from(tag) }
    }

    fn dig(&mut self, call: &Call<'_>, result: &Value) -> Tag {
        let Some(last) = call.args.len().checked_sub(1) else { return Tag::None };
        let keys = &call.args[..last.saturating_sub(1)];
        let tag = self.get(call, last, keys, result);
        match call.input(last.saturating_sub(1)) {
            Some((default, own)) if !matches!(tag, Tag::Path(_)) && same(default, result) => own,
            _ => tag,
        }
    }

    fn elements(&mut self, call: &Call<'_>, result: &Value) -> Tag {
        if let Some((_, tag)) = call.inputs().find(|(arg, _)| same(arg, result)) {
            return tag;
        }
        match result {
            Value::Map(map) => self.map_elements(call, result, map),
            Value::List(list) => self.list_elements(call, result, list),
            _ => self.pick(call, result),
        }
    }

    fn map_elements(&mut self, call: &Call<'_>, result: &Value, map: &Map) -> Tag {
        let maps: Vec<(&Value, Tag)> = call.inputs().filter(|(arg, _)| matches!(arg, Value::Map(_))).collect();
        // A copy of one map is at that map's path, but for what was put in.
        let home = if let [(_, tag @ Tag::Path(_))] = maps.as_slice() { *tag } else { Tag::None };
        self.settle(result, home);
        for (key, value) in map.entries() {
            let step = Step::Key(key);
            let source = maps.iter().find_map(|&(of, tag)| Some((of, tag, look(of, &step)?)));
            let Some((of, tag, old)) = source else { continue };
            let tag = self.child(of, tag, &step, Some(&old));
            if home == Tag::None || self.child(result, home, &step, Some(&value)) != tag {
                self.homes.set_part(result, step, tag);
            }
            if !same(&old, &value) {
                self.copy_homes(&old, &value, tag);
            }
        }
        home
    }

    /// Gives the containers of a copy what is known of the original.
    fn copy_homes(&mut self, of: &Value, copy: &Value, tag: Tag) {
        let mut work = vec![(of.clone(), copy.clone(), tag)];
        let mut looks = 0;
        while let Some((of, copy, tag)) = work.pop() {
            looks += 1;
            if identity(&of).is_none() || identity(&of) == identity(&copy) || looks > MOST_ENTRIES {
                continue;
            }
            let known = self.homes.get(&of).map(|home| (home.parts.clone(), home.foreign));
            if let Some(home) = self.homes.settle(&copy, tag)
                && let Some((parts, foreign)) = known
            {
                (home.parts, home.foreign) = (parts, foreign);
            }
            for (step, child) in children(&copy) {
                if let Some(old) = look(&of, &step)
                    && matches!(child, Value::List(_) | Value::Map(_))
                {
                    let tag = self.child(&of, tag, &step, Some(&old));
                    work.push((old, child, tag));
                }
            }
        }
    }

    fn list_elements(&mut self, call: &Call<'_>, result: &Value, list: &List) -> Tag {
        let items = list.to_vec();
        // A copy of a list, perhaps with more at its end, is at that list's path.
        let whole = call.inputs().find_map(|(arg, tag)| match (arg, tag) {
            (Value::List(of), Tag::Path(_)) if of.len() <= items.len() => {
                let old = of.to_vec();
                (!old.is_empty() && old.iter().zip(&items).all(|(a, b)| same(a, b))).then_some((tag, old.len()))
            }
            _ => None,
        });
        let (home, kept) = whole.unwrap_or((Tag::None, 0));
        self.settle(result, home);
        for (arg, tag) in call.inputs() {
            self.settle(arg, tag);
            self.settle_children(arg, tag);
        }
        for (at, item) in items.iter().enumerate().skip(kept) {
            let tag = self.element_tag(call, at, item);
            self.homes.set_part(result, Step::Index(at), tag);
        }
        if home == Tag::None { self.whole(call) } else { home }
    }

    /// Finds an element of the result among the arguments and what is in them.
    fn element_tag(&mut self, call: &Call<'_>, at: usize, item: &Value) -> Tag {
        let home = self.homes.tag(item);
        if home != Tag::None {
            return home;
        }
        let step = Step::Index(at);
        let mut inputs = call.inputs();
        if let Some((_, tag)) = inputs.find(|(arg, _)| same(arg, item)) {
            return tag;
        }
        let kept =
            call.inputs().find_map(|(arg, tag)| Some((arg, tag, look(arg, &step).filter(|old| same(old, item))?)));
        if let Some((arg, tag, old)) = kept {
            return self.child(arg, tag, &step, Some(&old));
        }
        self.whole(call)
    }

    fn merged(&mut self, call: &Call<'_>, result: &Value, before: Option<Snapshot>, later_wins: bool) -> Tag {
        let Some((target, tag)) = call.input(0) else { return Tag::None };
        let (Value::Map(target_map), Some(before)) = (target, before) else { return self.whole(call) };
        let old = |map: &Map, step: &Step| -> Option<Value> {
            let Step::Key(key) = step else { return None };
            let (_, entries) = before.iter().find(|(known, _)| known.same(map))?;
            let at = entries.binary_search_by(|(known, _)| known.cmp(key)).ok()?;
            Some(entries[at].1.clone())
        };
        let into = if matches!(result, Value::Map(_)) { result.clone() } else { target.clone() };
        // What the maps at one place were: the target as it was, then the others.
        let mut sources = vec![(Value::Map(target_map.clone()), tag, true)];
        sources.extend(call.inputs().skip(1).map(|(arg, tag)| (arg.clone(), tag, false)));
        self.homes.settle(&into, tag);
        let (mut work, mut looks) = (vec![(into, tag, sources)], 0);
        while let Some((into, into_tag, sources)) = work.pop() {
            for (step, value) in children(&into) {
                looks += 1;
                if looks > MOST_ENTRIES {
                    return tag;
                }
                let mut found: Vec<(Value, Tag, bool)> = Vec::new();
                for (of, tag, is_target) in &sources {
                    let was = match of {
                        Value::Map(map) if *is_target => old(map, &step),
                        of => look(of, &step),
                    };
                    if let Some(was) = was {
                        let tag = self.child(of, *tag, &step, Some(&was));
                        found.push((was, tag, *is_target));
                    }
                }
                if later_wins {
                    found.reverse();
                }
                let kept = found.iter().find(|(was, ..)| same(was, &value));
                let own = match kept.or(found.first()) {
                    Some((_, tag, _)) => *tag,
                    None => Tag::None,
                };
                let implied = self.child(&into, into_tag, &step, Some(&value));
                if implied != own {
                    self.homes.set_part(&into, step, own);
                }
                if matches!(value, Value::Map(_)) && found.len() > 1 {
                    self.homes.settle(&value, own);
                    if later_wins {
                        found.reverse();
                    }
                    found.retain(|(was, ..)| matches!(was, Value::Map(_)));
                    work.push((value, own, found));
                }
            }
        }
        tag
    }
}

// Texts.
impl Tables {
    /// Returns an argument's text with its tag, and what the result is made of if that is all one.
    fn source<'a>(&mut self, call: &Call<'a>, at: usize, result: &'a Value) -> Result<(&'a [u8], &'a [u8], Tag), Tag> {
        let (Some(Value::Str(text)), Value::Str(made), Some(&tag)) = (call.args.get(at), result, call.tags.get(at))
        else {
            return Err(self.whole(call));
        };
        match tag {
            Tag::None | Tag::Origin(_) => Err(tag),
            Tag::Path(_) if !text.contains(&b'\n') => Err(self.made_from(tag)),
            _ => Ok((text, made, tag)),
        }
    }

    fn lines(&mut self, call: &Call<'_>, at: usize, result: &Value) -> Tag {
        let (text, made, tag) = match self.source(call, at, result) {
            Ok(source) => source,
            Err(tag) => return tag,
        };
        let Some(pairs) = match_lines(text, made) else { return self.whole(call) };
        let from = self.spread(&call.args[at], tag);
        let mut pieces = Pieces::default();
        for (range, offset) in pairs {
            pieces.fill(range.start, OriginId::UNKNOWN);
            pieces.copy(&from, offset..offset + range.len());
            pieces.fill(range.end, OriginId::UNKNOWN);
        }
        pieces.fill(made.len(), OriginId::UNKNOWN);
        self.book.text(pieces.into_list())
    }

    fn part(&mut self, call: &Call<'_>, at: usize, result: &Value) -> Tag {
        let (text, made, tag) = match self.source(call, at, result) {
            Ok(source) => source,
            Err(tag) => return tag,
        };
        if made.is_empty() {
            return Tag::None;
        }
        if made.len() == text.len() {
            return tag;
        }
        let start = find_only(text, made).or_else(|| text.starts_with(made).then_some(0));
        let Some(start) = start else { return self.whole(call) };
        let from = self.spread(&call.args[at], tag);
        let mut pieces = Pieces::default();
        pieces.copy(&from, start..start + made.len());
        self.book.text(pieces.into_list())
    }

    fn bytes(&mut self, call: &Call<'_>, at: usize, result: &Value) -> Tag {
        match self.source(call, at, result) {
            Ok((text, made, tag)) if text.len() == made.len() => tag,
            Ok(_) => self.whole(call),
            Err(tag) => tag,
        }
    }

    /// Returns the tag of a text that became another one with some of it changed.
    pub(super) fn edited(&mut self, (input, tag): (&Value, Tag), result: &Value) -> Option<Tag> {
        let (Value::Str(text), Value::Str(made)) = (input, result) else { return None };
        if text == made {
            return Some(tag);
        }
        if matches!(tag, Tag::None | Tag::Origin(_)) {
            return Some(tag);
        }
        let from = self.spread(input, tag);
        let mut pieces = Pieces::default();
        for edit in edits(text, made) {
            match edit {
                Edit::Same(range, at) => pieces.copy(&from, at..at + range.len()),
                Edit::Changed(range, of) => {
                    let origin = self.one_of(&from, of);
                    pieces.push(range.len(), origin, Piece::VAGUE);
                }
            }
        }
        pieces.fill(made.len(), OriginId::UNKNOWN);
        Some(self.book.text(pieces.into_list()))
    }

    /// Returns the one origin that a range of a text has, or that of the values behind it.
    pub(crate) fn one_of(&mut self, pieces: &[Piece], range: std::ops::Range<usize>) -> OriginId {
        let mut origins: Vec<OriginId> = super::pieces::cut(pieces, range).map(|(_, origin, _)| origin).collect();
        origins.dedup();
        match origins.as_slice() {
            [] => OriginId::UNKNOWN,
            [origin] => *origin,
            _ => match self.made_of(origins.iter().map(|&origin| (&Value::Nil, Tag::Origin(origin)))) {
                Tag::Origin(origin) => origin,
                _ => OriginId::UNKNOWN,
            },
        }
    }

    fn joined(&mut self, call: &Call<'_>, result: &Value) -> Tag {
        let Value::Str(made) = result else { return self.whole(call) };
        // A separator, as of `join`, comes first and would be found everywhere.
        let mut parts: Vec<(Value, Tag)> = Vec::new();
        for (arg, tag) in call.inputs() {
            match arg {
                Value::List(_) => {
                    for (step, child) in children(arg) {
                        let tag = self.child(arg, tag, &step, Some(&child));
                        parts.push((child, tag));
                    }
                }
                _ => parts.push((arg.clone(), tag)),
            }
        }
        if call.args.iter().any(|arg| matches!(arg, Value::List(_))) {
            parts.retain(|(_, tag)| *tag != Tag::None);
        }
        if let [(value, tag)] = parts.as_slice()
            && !matches!(tag, Tag::Text(_))
            && !matches!(value, Value::Str(text) if text.contains(&b'\n'))
        {
            return self.made_of([(value, *tag)]);
        }
        let (mut pieces, mut cursor) = (Pieces::default(), 0);
        for (value, tag) in &parts {
            let text = match value {
                Value::Str(text) => text.clone(),
                Value::Nil => continue,
                value => value.to_text().into(),
            };
            let Some((pairs, end)) = find_escaped(&text, made, cursor) else { continue };
            let from = match value {
                Value::Str(_) => self.spread(value, *tag),
                _ => self.spread(&Value::Str(text), *tag),
            };
            for (range, offset) in pairs {
                let around = self.one_of(&from, offset..offset + 1);
                // What stands between the parts of one text are its escapes.
                pieces.fill(range.start, if range.start > cursor && offset > 0 { around } else { OriginId::UNKNOWN });
                pieces.copy(&from, offset..offset + range.len());
            }
            cursor = end;
        }
        pieces.fill(made.len(), OriginId::UNKNOWN);
        self.book.text(pieces.into_list())
    }

    fn split(&mut self, call: &Call<'_>, at: usize, result: &Value) -> Tag {
        let whole = self.whole(call);
        let Some((value @ Value::Str(text), tag)) = call.input(at) else { return whole };
        let from = self.spread(value, tag);
        let mut cursor = 0;
        for (step, part) in children(result) {
            let Value::Str(part) = &part else { continue };
            let Some(found) = crate::text::find(&text[cursor..], part).filter(|_| !part.is_empty()) else { continue };
            let start = cursor + found;
            cursor = start + part.len();
            let mut pieces = Pieces::default();
            pieces.copy(&from, start..cursor);
            let tag = self.book.text(pieces.into_list());
            self.homes.set_part(result, step, tag);
        }
        whole
    }

    fn format(&mut self, call: &Call<'_>, result: &Value) -> Tag {
        let (Some((Value::Str(format), _)), Value::Str(made)) = (call.input(0), result) else {
            return self.whole(call);
        };
        let args = &call.args[1..];
        let mut pieces = Pieces::default();
        for mark in fmt::marks(format, args) {
            pieces.fill(mark.range.start, OriginId::UNKNOWN);
            let (arg, tag) = (&args[mark.arg], call.tags[mark.arg + 1]);
            let from = self.spread(arg, tag);
            match arg {
                Value::Str(text) if text.as_bytes() == &made[mark.range.clone()] => pieces.copy(&from, 0..text.len()),
                _ => {
                    let origin = match arg {
                        Value::Str(text) => self.one_of(&from, 0..text.len()),
                        _ => self.uniform(arg, tag).0,
                    };
                    pieces.push(mark.range.len(), origin, Piece::VAGUE);
                }
            }
        }
        pieces.fill(made.len(), OriginId::UNKNOWN);
        self.book.text(pieces.into_list())
    }
}
