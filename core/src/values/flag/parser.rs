//! Reads the assignments of a flag, character by character as Helm does, and carries them out.

use ecow::EcoString;

use super::{Assigned, FlagError, ReadFile, json};
use crate::source::{FileId, Span};
use crate::value::{Value, ValuePath};
use crate::values::tree::{Part, Tree};
use crate::values::{SetFlag, ValueOrigin};
use crate::yaml::quote as quoted;

/// The largest index of a list.
const MAX_INDEX: i64 = 65_536;
/// The most levels of names.
const MAX_LEVEL: usize = 30;

// Helm has no such limit; two real lists of the largest size fit many times.
const MAX_FILLED: usize = 1_000_000;

/// Carries out the assignments of a flag.
pub(super) fn parse(
    flag: SetFlag,
    text: &str,
    file: FileId,
    layer: usize,
    read: &ReadFile<'_>,
    base: &mut Tree,
) -> Result<Vec<Assigned>, FlagError> {
    let mut parser = Parser {
        flag,
        text,
        at: 0,
        file,
        layer,
        read,
        path: ValuePath::root(),
        steps: Vec::new(),
        assigned: Vec::new(),
        room: MAX_FILLED,
    };
    loop {
        match parser.key(base, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(parser.assigned),
            Err(Stop::Error(error)) => return Err(error),
        }
    }
}

enum Stop {
    End,
    Error(FlagError),
}

/// What ends with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Value,
    /// There was nothing behind the `=`.
    Flag,
}

struct Parser<'a> {
    flag: SetFlag,
    text: &'a str,
    at: usize,
    file: FileId,
    layer: usize,
    read: &'a ReadFile<'a>,
    path: ValuePath,
    steps: Vec<Span>,
    assigned: Vec<Assigned>,
    // Items that indexes may still fill up with nulls, all flags of one text together.
    room: usize,
}

impl Parser<'_> {
    fn error<T>(&self, at: usize, message: impl Into<String>) -> Result<T, Stop> {
        Err(Stop::Error(FlagError { message: message.into(), helm: None, at: at.min(self.text.len()) }))
    }

    fn error_as<T>(&self, at: usize, message: String, helm: String) -> Result<T, Stop> {
        Err(Stop::Error(FlagError { message, helm: Some(helm), at: at.min(self.text.len()) }))
    }

    // Go says which of its types a value has.
    fn not_a<T>(&self, found: &Tree, what: &str, wanted: &str, of: &str, start: usize) -> Result<T, Stop> {
        let message = format!("unable to parse key: {of} is {} {}, not a {what}", article(kind(found)), kind(found));
        let helm =
            format!("unable to parse key: interface conversion: interface {{}} is {}, not {wanted}", go_type(found));
        self.error_as(start, message, helm)
    }

    fn next(&mut self) -> Option<char> {
        let c = self.text[self.at..].chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Reads up to one of the characters; `None` beside the text at the end. Only `--set-literal` has no escapes.
    fn until(&mut self, stop: &[char]) -> (String, Option<char>) {
        let mut out = String::new();
        while let Some(c) = self.next() {
            if stop.contains(&c) {
                return (out, Some(c));
            }
            if c == '\\' && self.flag != SetFlag::Literal {
                match self.next() {
                    Some(escaped) => out.push(escaped),
                    None => return (out, None),
                }
            } else {
                out.push(c);
            }
        }
        (out, None)
    }

    fn enter(&mut self, key: &str, start: usize) {
        self.path.push_key(key);
        self.steps.push(Span::new(self.file, start));
    }

    fn leave(&mut self) {
        self.path.pop();
        self.steps.pop();
    }

    fn assign(&mut self, tree: &Tree) {
        let (path, steps) = (self.path.clone(), self.steps.clone());
        self.assigned.push(Assigned { path, steps, span: tree.origin.span, value: tree.to_value() });
    }

    fn origin(&self, at: usize) -> ValueOrigin {
        ValueOrigin { layer: self.layer, span: Span::new(self.file, at) }
    }

    fn key(&mut self, data: &mut Tree, level: usize) -> Result<(), Stop> {
        let start = self.at;
        let stops: &[char] = if self.flag == SetFlag::Literal { &['=', '[', '.'] } else { &['=', '[', ',', '.'] };
        let (key, last) = self.until(stops);
        let Some(last) = last else {
            return if key.is_empty() {
                Err(Stop::End)
            } else {
                self.error(start, format!("key {} has no value", quoted(&key)))
            };
        };
        match last {
            '=' => {
                self.enter(key.as_str(), start);
                let found = self.value();
                let ended = matches!(found, Ok((_, Ends::Flag)));
                let done = found.map(|(tree, _)| self.set(data, &key, tree));
                self.leave();
                // The end right behind `=` ends all that the value stands in, too.
                if ended { Err(Stop::End) } else { done }
            }
            ',' => self.error(start, format!("key {} has no value (cannot end with ,)", quoted(&key))),
            '.' => self.inner_map(data, &key, level + 1, start),
            _ => self.inner_list(data, &key, level, start),
        }
    }

    /// Puts a value under a key; one without a name is dropped, as Helm drops it.
    fn set(&mut self, data: &mut Tree, key: &str, tree: Tree) {
        if key.is_empty() {
            return;
        }
        self.assign(&tree);
        if let Some(map) = data.as_map_mut() {
            map.insert(key.into(), tree);
        }
    }

    fn inner_map(&mut self, data: &mut Tree, key: &str, level: usize, start: usize) -> Result<(), Stop> {
        if level > MAX_LEVEL {
            let text = format!("value name nested level is greater than maximum supported nested level of {MAX_LEVEL}");
            return self.error(start, text);
        }
        let origin = self.origin(start);
        let Some(map) = data.as_map_mut() else { return self.error(start, "unable to parse key") };
        let mut fresh = Tree::map(origin);
        let inner = match map.get_mut(key) {
            Some(found) => found,
            None => &mut fresh,
        };
        if inner.as_map().is_none() {
            return self.not_a(inner, "map", "map[string]interface {}", &quoted(key), start);
        }
        self.enter(key, start);
        let done = self.key(inner, level);
        self.leave();
        let empty = inner.as_map().is_none_or(|map| map.is_empty());
        if done.is_ok() && empty {
            return self.error(start, format!("key map {} has no value", quoted(key)));
        }
        if !empty && !key.is_empty() && fresh.as_map().is_some_and(|m| !m.is_empty()) {
            map.insert(key.into(), fresh);
        }
        done
    }

    fn inner_list(&mut self, data: &mut Tree, key: &str, level: usize, start: usize) -> Result<(), Stop> {
        let index = self.index()?;
        let origin = self.origin(start);
        let Some(map) = data.as_map_mut() else { return self.error(start, "unable to parse key") };
        let mut fresh = Tree { part: Part::Seq(Vec::new()), origin };
        let list = match map.get_mut(key) {
            Some(found) => found,
            None => &mut fresh,
        };
        let Part::Seq(items) = &mut list.part else {
            return self.not_a(list, "list", "[]interface {}", &quoted(key), start);
        };
        self.enter(key, start);
        let done = self.item(items, index, level);
        self.leave();
        // Also where the text ended before there was an item.
        if !key.is_empty() && !map.contains_key(key) {
            map.insert(EcoString::from(key), fresh);
        }
        done
    }

    fn index(&mut self) -> Result<i64, Stop> {
        let start = self.at;
        let (text, last) = self.until(&[']']);
        // Helm takes the end of the text here as the end of the flag.
        if last.is_none() {
            return Err(Stop::End);
        }
        match text.strip_prefix('+').unwrap_or(&text).parse::<i64>() {
            Ok(index) if !text.starts_with("+-") => Ok(index),
            Err(error)
                if matches!(
                    error.kind(),
                    std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow
                ) =>
            {
                self.error(
                    start,
                    format!("error parsing index: strconv.Atoi: parsing {}: value out of range", quoted(&text)),
                )
            }
            _ => self
                .error(start, format!("error parsing index: strconv.Atoi: parsing {}: invalid syntax", quoted(&text))),
        }
    }

    fn item(&mut self, list: &mut Vec<Tree>, index: i64, level: usize) -> Result<(), Stop> {
        let start = self.at;
        if index < 0 {
            return self.error(start, format!("negative {index} index not allowed"));
        }
        let (text, last) = self.until(&['[', '.', '=']);
        if !text.is_empty() {
            let message = format!("unexpected data at end of array index: {}", quoted(&text));
            let runes: Vec<String> = text.chars().map(quoted_rune).collect();
            let helm = format!("unexpected data at end of array index: [{}]", runes.join(" "));
            return self.error_as(start, message, helm);
        }
        let Some(last) = last else { return Err(Stop::End) };
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        self.path.push_index(place);
        self.steps.push(Span::new(self.file, start));
        let done = match last {
            '=' => self.item_value(list, place, start),
            '[' => self.item_list(list, place, level, start),
            _ => self.item_map(list, place, level, start),
        };
        self.leave();
        done
    }

    fn item_value(&mut self, list: &mut Vec<Tree>, index: usize, start: usize) -> Result<(), Stop> {
        let (tree, _) = self.value()?;
        self.assign(&tree);
        self.put(list, index, tree, start)
    }

    fn item_list(&mut self, list: &mut Vec<Tree>, index: usize, level: usize, start: usize) -> Result<(), Stop> {
        // Each pair of brackets is a call; Helm has no limit here, and 30 levels of lists are beyond any use.
        if self.path.steps().len() > MAX_LEVEL * 3 {
            return self.error(start, "lists are nested too deeply");
        }
        let next = self.index()?;
        let mut fresh = Vec::new();
        match list.get_mut(index) {
            Some(Tree { part: Part::Seq(items), .. }) => return self.item(items, next, level),
            Some(found) if !found.is_null() => {
                return self.not_a(found, "list", "[]interface {}", &format!("item {index}"), start);
            }
            _ => self.item(&mut fresh, next, level)?,
        }
        let tree = Tree { part: Part::Seq(fresh), origin: self.origin(start) };
        self.put(list, index, tree, start)
    }

    fn item_map(&mut self, list: &mut Vec<Tree>, index: usize, level: usize, start: usize) -> Result<(), Stop> {
        let mut fresh = Tree::map(self.origin(start));
        if let Some(found) = list.get_mut(index) {
            if found.as_map().is_none() {
                *found = fresh;
            }
            return self.key(found, level);
        }
        self.key(&mut fresh, level)?;
        self.put(list, index, fresh, start)
    }

    fn put(&mut self, list: &mut Vec<Tree>, index: usize, tree: Tree, start: usize) -> Result<(), Stop> {
        if i64::try_from(index).unwrap_or(i64::MAX) > MAX_INDEX {
            let text = format!("index of {index} is greater than maximum supported index of {MAX_INDEX}");
            return self.error(start, text);
        }
        let Some(left) = self.room.checked_sub((index + 1).saturating_sub(list.len())) else {
            return self.error(start, "indexes make lists of too many items");
        };
        self.room = left;
        let origin = self.origin(start);
        while list.len() <= index {
            list.push(Tree::leaf(Value::Null, origin));
        }
        list[index] = tree;
        Ok(())
    }

    fn value(&mut self) -> Result<(Tree, Ends), Stop> {
        let start = self.at;
        let goes_on = |tree| (tree, Ends::Value);
        match self.flag {
            SetFlag::Literal => {
                let text = self.text[start..].to_owned();
                self.at = self.text.len();
                Ok(goes_on(Tree::leaf(text.into(), self.origin(start))))
            }
            SetFlag::Json => self.json().map(goes_on),
            _ if self.peek() == Some('{') => self.list().map(goes_on),
            // At the end of the text Helm sets an empty text whatever the flag, without reading a file.
            _ if self.peek().is_none() => Ok((Tree::leaf("".into(), self.origin(start)), Ends::Flag)),
            _ => {
                let (text, _) = self.until(&[',']);
                self.typed(&text, start).map(goes_on)
            }
        }
    }

    fn list(&mut self) -> Result<Tree, Stop> {
        let start = self.at;
        self.next();
        let mut items = Vec::new();
        loop {
            let place = self.at;
            let (text, last) = self.until(&[',', '}']);
            match last {
                None => return self.error(start, "list must terminate with '}'"),
                Some(last) => {
                    items.push(self.typed(&text, place)?);
                    if last == '}' {
                        if self.peek() == Some(',') {
                            self.next();
                        }
                        return Ok(Tree { part: Part::Seq(items), origin: self.origin(start) });
                    }
                }
            }
        }
    }

    fn typed(&mut self, text: &str, start: usize) -> Result<Tree, Stop> {
        let value = match self.flag {
            SetFlag::File => match (self.read)(text) {
                Ok(content) => content.into(),
                Err(error) => return self.error(start, error),
            },
            SetFlag::Set => typed(text),
            _ => text.into(),
        };
        Ok(Tree::leaf(value, self.origin(start)))
    }

    /// Skips blanks up to a comma (taken) or the end; whether it came to one of them.
    fn blank(&mut self) -> bool {
        while let Some(c) = self.peek() {
            if !c.is_whitespace() {
                return false;
            }
            self.next();
        }
        true
    }

    fn comma(&mut self) -> bool {
        let ended = self.blank();
        if self.peek() == Some(',') {
            self.next();
            return true;
        }
        ended
    }

    fn json(&mut self) -> Result<Tree, Stop> {
        let start = self.at;
        if self.comma() {
            return Ok(Tree::leaf(Value::Null, self.origin(start)));
        }
        let place = self.at;
        let rest = &self.text[place..];
        // Go's decoder stops behind the first value, whatever stands there.
        let end = json::scalar_end(rest);
        let mut stream = serde_json::Deserializer::from_str(&rest[..end.unwrap_or(rest.len())]).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                self.at = place + stream.byte_offset();
                self.comma();
                Ok(Tree::from_value(&value, self.origin(place)))
            }
            Some(Err(error)) => {
                let (message, at) = json::fault(rest, &error);
                self.error(place + at, message)
            }
            None => self.error(place, "value is no JSON: it ends too early"),
        }
    }
}

/// Returns the type that a value has in Helm. Numbers of files and of JSON are floats there, those of `--set` integers;
/// who speaks Helm's words lays them so.
fn go_type(tree: &Tree) -> &'static str {
    match &tree.part {
        Part::Map(_) => "map[string]interface {}",
        Part::Seq(_) => "[]interface {}",
        Part::Leaf(Value::Null) => "nil",
        Part::Leaf(Value::Bool(_)) => "bool",
        Part::Leaf(Value::Str(_)) => "string",
        Part::Leaf(Value::Float(_)) => "float64",
        Part::Leaf(_) => "int64",
    }
}

fn kind(tree: &Tree) -> &'static str {
    match &tree.part {
        Part::Leaf(value) => value.kind(),
        Part::Seq(_) => "list",
        Part::Map(_) => "map",
    }
}

fn article(kind: &str) -> &'static str {
    if kind == "integer" { "an" } else { "a" }
}

// A single character as Go quotes it.
fn quoted_rune(c: char) -> String {
    match c {
        '\'' => r"'\''".to_owned(),
        '"' => "'\"'".to_owned(),
        c => {
            let text = quoted(&c.to_string());
            format!("'{}'", &text[1..text.len() - 1])
        }
    }
}

/// Returns the value of a `--set` text: booleans and null in any case, integers that do not start with a zero.
fn typed(text: &str) -> Value {
    match text {
        t if t.eq_ignore_ascii_case("true") => Value::Bool(true),
        t if t.eq_ignore_ascii_case("false") => Value::Bool(false),
        t if t.eq_ignore_ascii_case("null") => Value::Null,
        "0" => Value::Int(0),
        t if !t.starts_with('0') => t.parse::<i64>().map_or_else(|_| t.into(), Value::Int),
        t => t.into(),
    }
}
