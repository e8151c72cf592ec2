//! Template values to YAML and JSON text.
//!
//! A walk over the value calls the emitter step by step. Lists and maps are kept on a stack of our own, so neither
//! depth nor a value that holds itself can hurt the thread's; the text has a limit, because a few dicts that share
//! their parts can stand for a text of any size.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use gotemplate::{FloatKind, Object, Str, Value};

use super::{format, is_nil_container, valid};
use crate::render::helm::context::NESTING;
use crate::render::helm::time::Time;
use crate::yaml::{Dialect, Emit, Emitter, MarshalError, MarshalErrorKind, Nested, Sink, to_json, to_raw_json};

/// What the text of a value may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Levels of nesting.
    pub(crate) depth: usize,
    /// Bytes of text.
    pub(crate) bytes: usize,
}

/// Whether JSON texts show `<`, `>` and `&` as escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Html {
    Escaped,
    Raw,
}

/// Returns YAML as Go's marshal functions write it, ending in a line break.
///
/// # Errors
/// What Go refuses, with the text of `sigs.k8s.io/yaml` or `yaml.v3`; bounds that do not suffice.
pub(crate) fn yaml(value: &Value, dialect: Dialect, bounds: Bounds) -> Result<String, MarshalError> {
    let result = Emitter { dialect, sort_keys: true }.marshal(&Written { value, bounds });
    result.map_err(|error| match (dialect, error.kind) {
        (Dialect::Sigs, MarshalErrorKind::Refused) => {
            let step = if error.is_of_json() { "marshaling into JSON" } else { "converting JSON to YAML" };
            MarshalError::new(error.kind, format!("error {step}: {error}")).after(error.written())
        }
        _ => error,
    })
}

/// Returns compact JSON as encoding/json writes it.
///
/// # Errors
/// What Go refuses; bounds that do not suffice.
pub(crate) fn json(value: &Value, html: Html, bounds: Bounds) -> Result<String, MarshalError> {
    let value = Written { value, bounds };
    if html == Html::Raw { to_raw_json(&value) } else { to_json(&value) }
}

/// A value that is to be written.
struct Written<'a> {
    value: &'a Value,
    bounds: Bounds,
}

impl Emit for Written<'_> {
    fn emit(&self, sink: &mut Sink<'_>) {
        let mut walk = Walk { sink, open: Vec::new(), bounds: self.bounds };
        if let Err(error) = walk.run(self.value.clone()) {
            walk.sink.fail(error);
        }
    }
}

struct Walk<'s, 't> {
    sink: &'s mut Sink<'t>,
    open: Vec<Open>,
    bounds: Bounds,
}

/// A list, map or struct that is being written.
struct Open {
    nested: Nested,
    container: Value,
    rest: Rest,
    count: usize,
}

enum Rest {
    Items(std::vec::IntoIter<Value>),
    Entries(std::vec::IntoIter<(Str, Value)>),
}

impl Walk<'_, '_> {
    fn run(&mut self, value: Value) -> Result<(), MarshalError> {
        self.value(value)?;
        while let Some(open) = self.open.last_mut() {
            let count = open.count;
            open.count += 1;
            let next = match &mut open.rest {
                Rest::Items(items) => items.next().inspect(|_| self.sink.item(count)),
                Rest::Entries(entries) => entries.next().map(|(key, value)| {
                    write_key(self.sink, &key, count);
                    value
                }),
            };
            match next {
                Some(value) => self.value(value)?,
                None => {
                    if let Some(open) = self.open.pop() {
                        self.sink.end(open.nested);
                    }
                }
            }
        }
        Ok(())
    }

    fn value(&mut self, value: Value) -> Result<(), MarshalError> {
        if self.sink.written() > self.bounds.bytes {
            let message = format!("text is longer than {} bytes", self.bounds.bytes);
            return Err(MarshalError::new(MarshalErrorKind::Limit("output"), message));
        }
        match value {
            _ if is_nil_container(&value) && self.sink.dialect() != Some(Dialect::V3) => self.sink.null(),
            Value::Nil => self.sink.null(),
            Value::Bool(b) => self.sink.bool(b),
            Value::Int(i, _) => self.sink.int(i),
            Value::Uint(u, _) => self.sink.uint(u),
            Value::Float(f, FloatKind::Float64) => self.sink.float(f),
            Value::Float(f, FloatKind::Float32) => self.sink.float(shortest(f)),
            Value::Str(text) => self.text(&text),
            Value::Bytes(bytes) => return self.bytes(&bytes),
            Value::List(ref list) => {
                let items = list.to_vec();
                if let Some(nested) = self.sink.begin_seq(items.len()) {
                    return self.enter(nested, value, Rest::Items(items.into_iter()));
                }
            }
            Value::Map(ref map) => {
                let entries = self.ordered(map.entries());
                if let Some(nested) = self.sink.begin_map(entries.len()) {
                    return self.enter(nested, value, Rest::Entries(entries.into_iter()));
                }
            }
            Value::Object(object) => return self.object(&object),
            other => return Err(self.unsupported(&other)),
        }
        Ok(())
    }

    fn enter(&mut self, nested: Nested, container: Value, rest: Rest) -> Result<(), MarshalError> {
        self.open.push(Open { nested, container, rest, count: 0 });
        match self.open.len() > self.bounds.depth {
            true => Err(self.too_deep()),
            false => Ok(()),
        }
    }

    fn too_deep(&self) -> MarshalError {
        let last = self.open.last().map(|open| &open.container);
        let cycle = last.filter(|last| self.open.iter().rev().skip(1).any(|open| same(&open.container, last)));
        let message = match cycle {
            Some(container) => format!("json: unsupported value: encountered a cycle via {}", container.type_name()),
            None => format!("the value is nested more than {} levels deep", self.bounds.depth),
        };
        MarshalError::new(MarshalErrorKind::Limit(NESTING), message)
    }

    fn text(&mut self, text: &[u8]) {
        match std::str::from_utf8(text) {
            Ok(text) => self.sink.str(text),
            Err(_) if self.sink.dialect() == Some(Dialect::V3) => self.sink.binary(&base64_lines(text)),
            Err(_) => self.sink.str(&valid(text)),
        }
    }

    /// A `[]byte`: base64 in JSON, numbers in yaml.v3.
    fn bytes(&mut self, bytes: &Str) -> Result<(), MarshalError> {
        if self.sink.dialect() != Some(Dialect::V3) {
            self.sink.str(&data_encoding::BASE64.encode(bytes));
            return Ok(());
        }
        let items: Vec<Value> = bytes.iter().map(|byte| Value::from(i64::from(*byte))).collect();
        self.value(items.into())
    }

    /// Sorts the entries of a map, which come sorted by bytes.
    fn ordered(&self, mut entries: Vec<(Str, Value)>) -> Vec<(Str, Value)> {
        if self.sink.dialect().is_none() {
            return entries;
        }
        let keys: Vec<Cow<'_, str>> = entries.iter().map(|(key, _)| valid(key)).collect();
        let texts: Vec<&str> = keys.iter().map(Cow::as_ref).collect();
        let mut order = self.sink.order(&texts);
        if self.sink.dialect() == Some(Dialect::Sigs) && keys.iter().any(|key| matches!(key, Cow::Owned(_))) {
            // The JSON in between has replaced broken bytes; of keys that came to be the same the last one counts.
            let last: BTreeMap<&str, usize> = texts.iter().enumerate().map(|(i, text)| (*text, i)).collect();
            order.retain(|&i| last.get(texts[i]) == Some(&i));
        }
        drop(keys);
        order.into_iter().map(|i| std::mem::take(&mut entries[i])).collect()
    }

    fn object(&mut self, object: &Arc<dyn Object>) -> Result<(), MarshalError> {
        if let Some(time) = Time::of_object(&**object) {
            return self.time(time);
        }
        let format = if self.sink.dialect() == Some(Dialect::V3) { format::YAML } else { format::JSON };
        if let Some(value) = object.marshal(format).or_else(|| object.underlying()) {
            return match value {
                // An object that stands for an object must come to an end.
                Value::Object(inner) if inner.marshal(format).is_none() => self.fields(&inner),
                Value::Object(inner) => Err(self.unsupported(&Value::Object(inner))),
                value => self.value(value),
            };
        }
        self.fields(object)
    }

    /// A point in time, which yaml.v3 writes without quotes, as YAML has such a type.
    fn time(&mut self, time: &Time) -> Result<(), MarshalError> {
        let text = time.rfc3339();
        if self.sink.dialect() == Some(Dialect::V3) {
            self.sink.plain(&text);
            return Ok(());
        }
        if let Some(reason) = time.not_rfc3339() {
            let message = format!("json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: {reason}");
            return Err(MarshalError::new(MarshalErrorKind::Refused, message));
        }
        self.sink.str(&text);
        Ok(())
    }

    /// The fields of a struct, in their order where the format keeps it.
    fn fields(&mut self, object: &Arc<dyn Object>) -> Result<(), MarshalError> {
        let fields = object.fields();
        let mut entries: Vec<(Str, Value)> =
            fields.into_iter().map(|(name, value)| (Str::from(name.as_ref()), value)).collect();
        if self.sink.dialect() == Some(Dialect::Sigs) {
            entries = self.ordered(entries);
        }
        match self.sink.begin_map(entries.len()) {
            Some(nested) => self.enter(nested, Value::Object(object.clone()), Rest::Entries(entries.into_iter())),
            None => Ok(()),
        }
    }

    fn unsupported(&self, value: &Value) -> MarshalError {
        let name = value.type_name();
        match self.sink.dialect() {
            Some(Dialect::V3) => MarshalError::new(MarshalErrorKind::Panic, format!("cannot marshal type: {name}")),
            _ => MarshalError::new(MarshalErrorKind::Refused, format!("json: unsupported type: {name}")),
        }
    }
}

fn write_key(sink: &mut Sink<'_>, key: &[u8], count: usize) {
    match std::str::from_utf8(key) {
        Ok(key) => sink.key(key, count),
        Err(_) if sink.dialect() == Some(Dialect::V3) => sink.binary_key(&base64_lines(key), count),
        Err(_) => sink.key(&valid(key), count),
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Map(a), Value::Map(b)) => a.same(b),
        (Value::List(a), Value::List(b)) => a.same(b),
        _ => false,
    }
}

/// Returns the number whose shortest digits are those of the number with 32 bits.
fn shortest(f: f64) -> f64 {
    let single = f as f32;
    single.to_string().parse().unwrap_or(f)
}

/// Returns base64 in lines of 70 characters, as yaml.v3 breaks it.
fn base64_lines(bytes: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(bytes);
    if text.len() < 70 {
        return text;
    }
    let lines = text.as_bytes().chunks(70).map(String::from_utf8_lossy);
    lines.fold(String::with_capacity(text.len() + text.len() / 70 + 1), |mut out, line| {
        out.push_str(&line);
        out.push('\n');
        out
    })
}

#[cfg(test)]
mod tests {
    use gotemplate::{List, Map};

    use super::*;

    const BOUNDS: Bounds = Bounds { depth: 1_000, bytes: 1 << 20 };

    #[test]
    fn each_format_writes_bytes_in_its_way() {
        let value: Value =
            Map::from_iter([("b", Value::Bytes(Str::from("ab"))), ("t", Value::Str(b"<\xff"[..].into()))]).into();
        assert_eq!(json(&value, Html::Raw, BOUNDS).as_deref(), Ok("{\"b\":\"YWI=\",\"t\":\"<\u{fffd}\"}"));
        assert_eq!(yaml(&value, Dialect::Sigs, BOUNDS).as_deref(), Ok("b: YWI=\nt: <\u{fffd}\n"));
        assert_eq!(yaml(&value, Dialect::V3, BOUNDS).as_deref(), Ok("b:\n  - 97\n  - 98\nt: !!binary PP8=\n"));
    }

    #[test]
    fn of_keys_that_become_the_same_the_last_counts() {
        let map = Map::from_iter([(Str::from(&b"\xfe"[..]), 1), (Str::from(&b"\xff"[..]), 2)]);
        assert_eq!(yaml(&map.into(), Dialect::Sigs, BOUNDS).as_deref(), Ok("\u{fffd}: 2\n"));
    }

    #[test]
    fn what_go_cannot_write_is_an_error_of_its_kind() {
        let complex = Value::from(vec![Value::Complex(0.0, 1.0)]);
        let kind = |result: Result<String, MarshalError>| result.map_err(|error| (error.kind, error.to_string()));
        let refused = MarshalErrorKind::Refused;
        let sigs = "error marshaling into JSON: json: unsupported type: complex128".to_owned();
        assert_eq!(kind(yaml(&complex, Dialect::Sigs, BOUNDS)), Err((refused, sigs)));
        let v3 = "cannot marshal type: complex128".to_owned();
        assert_eq!(kind(yaml(&complex, Dialect::V3, BOUNDS)), Err((MarshalErrorKind::Panic, v3)));
        let control = "error converting JSON to YAML: yaml: control characters are not allowed".to_owned();
        assert_eq!(kind(yaml(&Value::from("\x7f"), Dialect::Sigs, BOUNDS)), Err((refused, control)));
    }

    #[test]
    fn nil_containers_are_null_in_json() {
        let nil = Value::from(Map::nil(gotemplate::Shape::MAP));
        assert_eq!(json(&nil, Html::Raw, BOUNDS).as_deref(), Ok("null"));
        assert_eq!(yaml(&nil, Dialect::V3, BOUNDS).as_deref(), Ok("{}\n"));
    }

    #[test]
    fn deep_and_endless_values_end_in_an_error_on_a_small_stack() {
        let work = || {
            let mut deep = Value::Nil;
            for _ in 0..1_000_000 {
                deep = Map::from_iter([("a", deep)]).into();
            }
            let error = json(&deep, Html::Raw, BOUNDS).expect_err("too deep");
            assert_eq!(error.kind, MarshalErrorKind::Limit(NESTING));
            assert_eq!(error.to_string(), "the value is nested more than 1000 levels deep");
            let map = Map::new();
            map.insert("list", List::new(vec![map.clone().into()]));
            let error = yaml(&map.clone().into(), Dialect::Sigs, BOUNDS).expect_err("endless");
            map.remove("list");
            assert!(error.to_string().starts_with("json: unsupported value: encountered a cycle via "), "{error}");
        };
        let thread = std::thread::Builder::new().stack_size(128 << 10).spawn(work);
        thread.expect("a thread").join().expect("no overflow");
    }

    #[test]
    fn a_few_shared_parts_do_not_make_a_text_without_end() {
        let mut value = Value::from("x");
        for _ in 0..100 {
            value = vec![value.clone(), value].into();
        }
        let error = json(&value, Html::Raw, BOUNDS).expect_err("too long");
        assert_eq!(error.kind, MarshalErrorKind::Limit("output"));
    }
}
