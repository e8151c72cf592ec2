//! Template values to TOML text.
//!
//! A table's plain keys come first, then its tables; each level of tables is indented. Nesting has a limit of its own,
//! far above any real file, because each table names all those around it.

use std::sync::Arc;

use gotemplate::fmt::format_float;
use gotemplate::{FloatKind, Object, Value};

use super::{LOCAL_ZONES, path, push_key, push_quoted};
use crate::render::helm::context::NESTING;
use crate::render::helm::time::{Time, Zone};
use crate::render::helm::value::write::Bounds;
use crate::render::helm::value::{format, is_nil_container};
use crate::yaml::{MarshalError, MarshalErrorKind};

/// Bytes of text that are written in the time of looking at an element.
const LOOK: usize = 8;

/// Levels of nesting.
const MAX_DEPTH: usize = 100;

/// Returns the text of a value.
///
/// # Errors
/// What BurntSushi/toml refuses; limits.
pub(in super::super) fn write(value: &Value, bounds: Bounds) -> Result<Vec<u8>, MarshalError> {
    let bounds = Bounds { depth: bounds.depth.min(MAX_DEPTH), ..bounds };
    let mut writer = Writer { out: Vec::new(), bounds, looked_at: 0, depth: 0 };
    if matches!(value, Value::Nil) {
        let reason = "reflect: call of reflect.Value.Type on zero Value";
        return Err(MarshalError::new(MarshalErrorKind::Panic, reason));
    }
    let result = writer.encode(&mut Vec::new(), value);
    result.map_err(|error| error.after(writer.out.len() + writer.looked_at))?;
    Ok(writer.out)
}

struct Writer {
    out: Vec<u8>,
    bounds: Bounds,
    /// Elements of arrays that were looked at to learn whether they are tables.
    looked_at: usize,
    depth: usize,
}

type Key = Vec<Vec<u8>>;

/// What a value is to TOML.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nil,
    Plain,
    Table,
    Tables,
}

fn refused<T>(message: impl Into<String>) -> Result<T, MarshalError> {
    Err(MarshalError::new(MarshalErrorKind::Refused, message))
}

/// Replaces an object by what stands for it, down to a plain value, a time or a struct.
fn resolve(value: &Value) -> Value {
    match value {
        Value::Object(object) if Time::of(value).is_none() => {
            object.marshal(format::TOML).or_else(|| object.underlying()).unwrap_or_else(|| value.clone())
        }
        value => value.clone(),
    }
}

impl Writer {
    fn check(&mut self, depth: usize) -> Result<(), MarshalError> {
        let Bounds { depth: levels, bytes } = self.bounds;
        if depth > levels {
            let message = format!("the value is nested more than {levels} levels deep");
            return Err(MarshalError::new(MarshalErrorKind::Limit(NESTING), message));
        }
        if self.out.len() > bytes || self.looked_at > bytes / LOOK {
            let message = format!("text is longer than {bytes} bytes");
            return Err(MarshalError::new(MarshalErrorKind::Limit("output"), message));
        }
        Ok(())
    }

    fn kind(&mut self, value: &Value, depth: usize) -> Result<Kind, MarshalError> {
        self.looked_at += 1;
        self.check(depth)?;
        if is_nil_container(value) {
            return Ok(Kind::Nil);
        }
        let list = match resolve(value) {
            Value::Nil => return Ok(Kind::Nil),
            Value::Map(_) => return Ok(Kind::Table),
            Value::Object(_) if Time::of(value).is_none() => return Ok(Kind::Table),
            Value::Complex(..) => return refused("unsupported type: complex128"),
            Value::Func(_) => return refused("unsupported type: func"),
            Value::List(list) => list,
            _ => return Ok(Kind::Plain),
        };
        let mut kind = if list.is_empty() { Kind::Plain } else { Kind::Tables };
        for item in list.to_vec() {
            match self.kind(&item, depth + 1)? {
                Kind::Nil => return refused("toml: cannot encode array with nil element"),
                Kind::Table => {}
                Kind::Plain | Kind::Tables => kind = Kind::Plain,
            }
        }
        Ok(kind)
    }

    fn newline(&mut self) {
        if !self.out.is_empty() {
            self.out.push(b'\n');
        }
    }

    fn indent(&mut self, key: &Key) {
        for _ in 1..key.len() {
            self.out.extend_from_slice(b"  ");
        }
    }

    fn encode(&mut self, key: &mut Key, value: &Value) -> Result<(), MarshalError> {
        self.depth += 1;
        self.check(self.depth)?;
        let value = resolve(value);
        match &value {
            Value::Nil => {}
            _ if is_nil_container(&value) => {}
            Value::Map(_) => self.table(key, &value)?,
            Value::Object(_) if Time::of(&value).is_none() => self.table(key, &value)?,
            Value::List(list) if self.kind(&value, 0)? == Kind::Tables => self.tables(key, &list.to_vec())?,
            Value::Complex(..) | Value::Func(_) => {
                let kind = if matches!(value, Value::Func(_)) { "func" } else { "complex128" };
                return refused(format!("unsupported type for key '{}': {kind}", String::from_utf8_lossy(&path(key))));
            }
            value => self.key_value(key, value, false)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn table(&mut self, key: &mut Key, value: &Value) -> Result<(), MarshalError> {
        if key.len() == 1 {
            self.newline();
        }
        if !key.is_empty() {
            self.indent(key);
            self.out.push(b'[');
            self.out.extend_from_slice(&path(key));
            self.out.push(b']');
            self.newline();
        }
        self.entries(key, value)
    }

    fn tables(&mut self, key: &mut Key, items: &[Value]) -> Result<(), MarshalError> {
        if key.is_empty() {
            return refused("toml: top-level values must be Go maps or structs");
        }
        for item in items.iter().filter(|item| !is_nil_container(item)) {
            self.newline();
            self.indent(key);
            self.out.extend_from_slice(b"[[");
            self.out.extend_from_slice(&path(key));
            self.out.extend_from_slice(b"]]");
            self.newline();
            self.entries(key, &resolve(item))?;
        }
        Ok(())
    }

    /// Writes the keys of a table: plain ones first.
    fn entries(&mut self, key: &mut Key, value: &Value) -> Result<(), MarshalError> {
        let (plain, tables, _) = self.sorted(value)?;
        for (_, name, value) in plain.into_iter().chain(tables) {
            key.push(name);
            self.encode(key, &value)?;
            key.pop();
        }
        Ok(())
    }

    /// Returns the entries that are plain, and those that are tables, each with its position.
    #[expect(clippy::type_complexity, reason = "two lists of one kind")]
    fn sorted(
        &mut self,
        value: &Value,
    ) -> Result<(Vec<(usize, Vec<u8>, Value)>, Vec<(usize, Vec<u8>, Value)>, usize), MarshalError> {
        let entries = entries_of(value);
        let count = entries.len();
        let (mut plain, mut tables) = (Vec::new(), Vec::new());
        for (at, (name, value)) in entries.into_iter().enumerate() {
            let kind = self.kind(&value, self.depth)?;
            let list = if matches!(kind, Kind::Table | Kind::Tables) { &mut tables } else { &mut plain };
            list.push((at, name, value));
        }
        Ok((plain, tables, count))
    }

    fn key_value(&mut self, key: &Key, value: &Value, inline: bool) -> Result<(), MarshalError> {
        let Some(name) = key.last() else { return self.element(value) };
        self.indent(key);
        push_key(&mut self.out, name);
        self.out.extend_from_slice(b" = ");
        self.element(value)?;
        if !inline {
            self.newline();
        }
        Ok(())
    }

    fn element(&mut self, value: &Value) -> Result<(), MarshalError> {
        self.depth += 1;
        self.check(self.depth)?;
        if let Some(time) = Time::of(value) {
            self.out.extend_from_slice(&time_text(time));
            self.depth -= 1;
            return Ok(());
        }
        match resolve(value) {
            Value::Str(text) => push_quoted(&mut self.out, &text),
            Value::Bool(b) => self.out.extend_from_slice(if b { b"true" } else { b"false" }),
            Value::Int(i, _) => self.out.extend_from_slice(i.to_string().as_bytes()),
            Value::Uint(u, _) => self.out.extend_from_slice(u.to_string().as_bytes()),
            Value::Float(f, kind) => self.out.extend_from_slice(float_text(f, kind == FloatKind::Float32).as_bytes()),
            Value::Bytes(bytes) => {
                let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
                self.out.extend_from_slice(format!("[{}]", numbers.join(", ")).as_bytes());
            }
            Value::List(list) => {
                self.out.push(b'[');
                for (at, item) in list.to_vec().iter().enumerate() {
                    if at > 0 {
                        self.out.extend_from_slice(b", ");
                    }
                    self.element(item)?;
                }
                self.out.push(b']');
            }
            map @ Value::Map(_) => self.inline_map(&map)?,
            Value::Object(object) => self.inline_struct(&object)?,
            other => return refused(format!("unexpected type: {}", other.type_name())),
        }
        self.depth -= 1;
        Ok(())
    }

    /// Writes a map in braces. A nil value leaves the comma before it, as in the original.
    fn inline_map(&mut self, value: &Value) -> Result<(), MarshalError> {
        let (plain, tables, _) = self.sorted(value)?;
        self.out.push(b'{');
        let (plain_len, tables_len) = (plain.len(), tables.len());
        for (at, (_, name, value)) in plain.into_iter().enumerate() {
            self.inline_pair(name, &value, tables_len > 0 || at + 1 != plain_len)?;
        }
        for (at, (_, name, value)) in tables.into_iter().enumerate() {
            self.inline_pair(name, &value, at + 1 != tables_len)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    /// Writes a struct in braces; the place of a field among all decides on its comma.
    fn inline_struct(&mut self, object: &Arc<dyn Object>) -> Result<(), MarshalError> {
        let (plain, tables, count) = self.sorted(&Value::Object(object.clone()))?;
        self.out.push(b'{');
        for (at, name, value) in plain.into_iter().chain(tables) {
            self.inline_pair(name, &value, at + 1 != count)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn inline_pair(&mut self, name: Vec<u8>, value: &Value, comma: bool) -> Result<(), MarshalError> {
        if matches!(value, Value::Nil) || is_nil_container(value) {
            return Ok(());
        }
        self.key_value(&vec![name], value, true)?;
        if comma {
            self.out.extend_from_slice(b", ");
        }
        Ok(())
    }
}

fn entries_of(value: &Value) -> Vec<(Vec<u8>, Value)> {
    match value {
        Value::Map(map) => map.entries().into_iter().map(|(key, value)| (key.as_bytes().to_vec(), value)).collect(),
        Value::Object(object) => {
            object.fields().into_iter().map(|(name, value)| (name.as_bytes().to_vec(), value)).collect()
        }
        _ => Vec::new(),
    }
}

fn time_text(time: &Time) -> Vec<u8> {
    let named = |(name, _): &&(&str, &str)| matches!(&time.zone, Zone::Fixed(zone, 0) if **zone == *name.as_bytes());
    match LOCAL_ZONES.iter().find(named) {
        Some((_, layout)) => time.format(layout.as_bytes()),
        None => time.rfc3339().into_bytes(),
    }
}

fn float_text(f: f64, single: bool) -> String {
    if f.is_nan() {
        return if f.is_sign_negative() { "-nan" } else { "nan" }.to_owned();
    }
    if f.is_infinite() {
        return if f < 0.0 { "-inf" } else { "inf" }.to_owned();
    }
    let text = format_float(f, b'g', None, single);
    if text.contains(['e', '.']) { text } else { format!("{text}.0") }
}

#[cfg(test)]
mod tests {
    use gotemplate::{List, Map};

    use super::super::super::super::testing::{check, render_in};
    use super::*;
    use crate::render::SealedHost;
    use crate::render::helm::context::Context;
    use crate::source::Limits;

    #[track_caller]
    fn written(values: &str, want: &str) {
        let mut context = Context::new(Arc::new(SealedHost), Limits::default());
        assert_eq!(render_in(&mut context, "{{ toToml .Values }}", values).as_deref(), Ok(want), "{values}");
    }

    #[test]
    fn plain_keys_come_before_tables() {
        written("{z: 1, a: {q: x, k: {}}, m: [1, [a]]}", "m = [1.0, [\"a\"]]\nz = 1.0\n\n[a]\n  q = \"x\"\n  [a.k]\n");
        written("{x: [{w: [{z: 1}]}]}", "[[x]]\n\n  [[x.w]]\n    z = 1.0\n");
        written(
            "{m: [1, {a: null, b: 1}], e: [], 'a b': \"q\\\"\\t\"}",
            "\"a b\" = \"q\\\"\\t\"\ne = []\nm = [1.0, {b = 1.0}]\n",
        );
        written("{f: 1e21, g: 0.5}", "f = 1e+21\ng = 0.5\n");
    }

    #[test]
    fn what_is_refused_is_the_text() {
        written("[{a: 1}]", "toml: top-level values must be Go maps or structs");
        check(&[
            (
                r#"{{ toToml "x" }} {{ fromJson "{\"a\":[null]}" | toToml }}"#,
                "\"x\" toml: cannot encode array with nil element",
            ),
            (r#"{{ fromJson "{\"a\":[null]}" | mustToToml }}"#, "! toml: cannot encode array with nil element"),
            ("{{ toToml nil }}", "! reflect: call of reflect.Value.Type on zero Value"),
            (
                r#"{{ fromToml "d = 2020-01-02\nt = 07:32:00.5\nz = 2020-01-02T03:04:05+01:00" | toToml }}"#,
                "d = 2020-01-02\nt = 07:32:00.5\nz = 2020-01-02T03:04:05+01:00\n",
            ),
        ]);
    }

    #[test]
    fn endless_and_shared_values_end_at_a_limit() {
        let map = Map::new();
        map.insert("a", map.clone());
        let error = write(&map.clone().into(), Bounds { depth: 1_000, bytes: 1 << 20 }).expect_err("endless");
        map.remove("a");
        assert_eq!(error.kind, MarshalErrorKind::Limit(NESTING));
        let mut value = Value::from("x");
        for _ in 0..60 {
            value = List::new(vec![value.clone(), value]).into();
        }
        let error = write(&Map::from_iter([("a", value)]).into(), Bounds { depth: 1_000, bytes: 1 << 16 })
            .expect_err("too much");
        assert_eq!(error.kind, MarshalErrorKind::Limit("output"));
    }
}
