//! The grammars of `--set` and its kin, with Helm's texts for what is wrong.
//!
//! `a.b[0].c=x,y={1,2}`: names are parted by dots, indexes stand in brackets, assignments are parted by commas, and a
//! backslash takes the next character as it is. The parser changes the values found below, as Helm's does: an index
//! edits the list of a values file. Facts: <https://github.com/helm/helm/tree/main/pkg/strvals>.

use ecow::EcoString;

use super::tree::{Part, Tree};
use super::{SetFlag, ValueOrigin};
use crate::source::{FileId, Span};
use crate::value::{Value, ValuePath};

/// The largest index of a list.
const MAX_INDEX: i64 = 65_536;
/// The most levels of names.
const MAX_LEVEL: usize = 30;

// Helm has no such limit; two real lists of the largest size fit many times.
const MAX_FILLED: usize = 1_000_000;

/// What is wrong, and the byte of the flag's text at which it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FlagError {
    pub(super) message: String,
    pub(super) at: usize,
}

/// What a flag assigned.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assigned {
    pub(super) path: ValuePath,
    /// The place of each step of the path.
    pub(super) steps: Vec<Span>,
    /// The place of the value.
    pub(super) span: Span,
    pub(super) value: Value,
}

impl Assigned {
    /// Returns what a text that is a value as a whole assigned.
    pub(super) fn whole(span: Span, value: Value) -> Assigned {
        Assigned { path: ValuePath::root(), steps: Vec::new(), span, value }
    }
}

/// How the content of the file of a `--set-file` is read.
pub type ReadFile<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// Applies one flag to the values below and returns what it assigned.
pub(super) fn apply(
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
        Err(Stop::Error(FlagError { message: message.into(), at: at.min(self.text.len()) }))
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
                let done = match found {
                    Ok(tree) => {
                        self.set(data, &key, tree);
                        Ok(())
                    }
                    Err(stop) => Err(stop),
                };
                self.leave();
                done
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
            return self.error(start, format!("unable to parse key: {} is a {}, not a map", quoted(key), kind(inner)));
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
        if !matches!(list.part, Part::Seq(_)) {
            return self.error(start, format!("unable to parse key: {} is a {}, not a list", quoted(key), kind(list)));
        }
        self.enter(key, start);
        let done = self.item(list, index, level);
        self.leave();
        if !key.is_empty() && !map.contains_key(key) {
            map.insert(EcoString::from(key), fresh);
        }
        done
    }

    fn index(&mut self) -> Result<i64, Stop> {
        let start = self.at;
        let (text, last) = self.until(&[']']);
        if last.is_none() {
            // Helm takes the end of the text for the end of the flag, wherever it comes.
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

    fn item(&mut self, list: &mut Tree, index: i64, level: usize) -> Result<(), Stop> {
        let start = self.at;
        if index < 0 {
            return self.error(start, format!("negative {index} index not allowed"));
        }
        let (text, last) = self.until(&['[', '.', '=']);
        if !text.is_empty() {
            return self.error(start, format!("unexpected data at end of array index: {}", quoted(&text)));
        }
        let Some(last) = last else { return Err(Stop::End) };
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        self.path.push_index(place);
        self.steps.push(Span::new(self.file, start));
        let done = self.item_value(list, place, last, level, start);
        self.leave();
        done
    }

    fn item_value(
        &mut self,
        list: &mut Tree,
        index: usize,
        last: char,
        level: usize,
        start: usize,
    ) -> Result<(), Stop> {
        if last == '=' {
            let tree = self.value()?;
            self.assign(&tree);
            *self.slot(list, index, start)? = tree;
            return Ok(());
        }
        // Each pair of brackets is a call; Helm has no limit here, and 30 levels of lists are beyond any use.
        if last == '[' && self.path.steps().len() > MAX_LEVEL * 3 {
            return self.error(start, "lists are nested too deeply");
        }
        let next = if last == '[' { Some(self.index()?) } else { None };
        let origin = self.origin(start);
        let slot = self.slot(list, index, start)?;
        if let Some(next) = next {
            if slot.is_null() {
                *slot = Tree { part: Part::Seq(Vec::new()), origin };
            }
            if !matches!(slot.part, Part::Seq(_)) {
                let text = format!("unable to parse key: item {index} is a {}, not a list", kind(slot));
                return self.error(start, text);
            }
            return self.item(slot, next, level);
        }
        if slot.as_map().is_none() {
            *slot = Tree::map(origin);
        }
        self.key(slot, level)
    }

    fn slot<'t>(&mut self, list: &'t mut Tree, index: usize, start: usize) -> Result<&'t mut Tree, Stop> {
        if i64::try_from(index).unwrap_or(i64::MAX) > MAX_INDEX {
            let text = format!("index of {index} is greater than maximum supported index of {MAX_INDEX}");
            return self.error(start, text);
        }
        let origin = self.origin(start);
        match &mut list.part {
            Part::Seq(items) => {
                let missing = (index + 1).saturating_sub(items.len());
                let Some(left) = self.room.checked_sub(missing) else {
                    return self.error(start, "indexes make lists of too many items");
                };
                self.room = left;
                while items.len() <= index {
                    items.push(Tree::leaf(Value::Null, origin));
                }
                Ok(&mut items[index])
            }
            _ => self.error(start, "unable to parse key"),
        }
    }

    fn value(&mut self) -> Result<Tree, Stop> {
        let start = self.at;
        match self.flag {
            SetFlag::Literal => {
                let text = self.text[start..].to_owned();
                self.at = self.text.len();
                Ok(Tree::leaf(text.into(), self.origin(start)))
            }
            SetFlag::Json => self.json(),
            _ if self.peek() == Some('{') => self.list(),
            // At the end of the text Helm sets an empty text whatever the flag, without reading a file.
            _ if self.peek().is_none() => Ok(Tree::leaf("".into(), self.origin(start))),
            _ => {
                let (text, _) = self.until(&[',']);
                self.typed(&text, start)
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
        let mut stream = serde_json::Deserializer::from_str(&self.text[place..]).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                self.at = place + stream.byte_offset();
                self.comma();
                Ok(Tree::from_value(&value, self.origin(place)))
            }
            Some(Err(error)) => {
                let at = place + offset_of(&self.text[place..], error.line(), error.column());
                self.error(at, format!("value is no JSON: {}", json_fault(&error)))
            }
            None => self.error(place, "value is no JSON: it ends too early"),
        }
    }
}

/// Returns what is wrong with a JSON text, without the place at the end.
pub(super) fn json_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(fault, _)| fault).to_owned()
}

/// Returns the byte offset of a line and column as serde_json counts them.
pub(super) fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn kind(tree: &Tree) -> &'static str {
    match &tree.part {
        Part::Leaf(value) => value.kind(),
        Part::Seq(_) => "list",
        Part::Map(_) => "map",
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
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
