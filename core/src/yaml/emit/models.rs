//! The sink, and the value models of this crate.

use std::borrow::Cow;

use super::json::{key_through_json, through_json};
use super::keys::natural_order;
use super::scalar::{is_simple_key, write_binary, write_text, write_word};
use super::writer::{Context, Leaves, Writer};
use super::{Dialect, Emit, MarshalError, MarshalErrorKind, Sink, Target};
use crate::value::Value;
use crate::yaml::node::{Node, NodeKind, ScalarKind};
use crate::yaml::number::{json_float, yaml_float};
use crate::yaml::resolve::Rules;
use crate::yaml::scalar::{Resolved, resolve_plain};

impl Sink<'_> {
    /// Writes null.
    pub fn null(&mut self) {
        self.word("null");
    }

    /// Writes a boolean.
    pub fn bool(&mut self, b: bool) {
        self.word(if b { "true" } else { "false" });
    }

    /// Writes an integer.
    pub fn int(&mut self, i: i64) {
        self.word(&i.to_string());
    }

    /// Writes an integer without a sign.
    pub fn uint(&mut self, u: u64) {
        self.word(&u.to_string());
    }

    /// Writes a floating point number.
    pub fn float(&mut self, f: f64) {
        let text = match (&self.to, json_float(f)) {
            (Target::Yaml(writer, _), _) if writer.dialect.is_v3() => yaml_float(f),
            (Target::Json(_), Some(json)) => json,
            // sigs.k8s.io/yaml reads its JSON back as YAML: what looks like an integer there is one.
            (Target::Yaml(..), Some(json)) => match resolve_plain(&json, Rules::Kubectl) {
                Resolved::Int(i) => i.to_string(),
                Resolved::UInt(u) => u.to_string(),
                _ => yaml_float(f),
            },
            (_, None) => {
                self.refuse(MarshalError::refused(format!("json: unsupported value: {}", unsupported(f))));
                yaml_float(f)
            }
        };
        self.word(&text);
    }

    /// Writes a text.
    pub fn str(&mut self, text: &str) {
        let read_back = self.read_back(text);
        match &mut self.to {
            Target::Yaml(writer, context) => write_text(writer, &read_back, *context),
            Target::Json(json) => json.string(text),
        }
    }

    /// Writes a text as it is, without quotes: a point in time in yaml.v3.
    pub fn plain(&mut self, text: &str) {
        self.word(text);
    }

    /// Writes bytes that are no text, given in base64: yaml.v3 has a tag for them, to the others base64 is a text.
    pub fn binary(&mut self, base64: &str) {
        match &mut self.to {
            Target::Yaml(writer, _) if writer.dialect == Dialect::V3 => write_binary(writer, base64),
            _ => self.str(base64),
        }
    }

    /// Returns whose bytes are written; `None` for JSON.
    pub fn dialect(&self) -> Option<Dialect> {
        match &self.to {
            Target::Yaml(writer, _) => Some(writer.dialect),
            Target::Json(_) => None,
        }
    }

    /// Returns the number of bytes written.
    pub fn written(&self) -> usize {
        match &self.to {
            Target::Yaml(writer, _) => writer.out.len(),
            Target::Json(json) => json.out.len(),
        }
    }

    /// Notes why the value cannot be written. The first error counts, but those of JSON come before those of YAML.
    pub fn fail(&mut self, error: MarshalError) {
        match &self.error {
            Some(known) if known.kind != MarshalErrorKind::Refused || known.is_of_json() || !error.is_of_json() => {}
            _ => self.error = Some(error),
        }
    }

    /// Writes a list: the function writes the item with the number it is given.
    pub fn seq(&mut self, len: usize, mut item: impl FnMut(&mut Self, usize)) {
        let Some(nested) = self.begin_seq(len) else { return };
        for i in 0..len {
            self.item(i);
            item(self, i);
        }
        self.end(nested);
    }

    /// Writes a map: the function writes the value of the key with the number it is given. Keys must be distinct.
    pub fn map(&mut self, keys: &[&str], mut value: impl FnMut(&mut Self, usize)) {
        let Some(nested) = self.begin_map(keys.len()) else { return };
        for (count, i) in self.order(keys).into_iter().enumerate() {
            self.key(keys[i], count);
            value(self, i);
        }
        self.end(nested);
    }

    /// Begins a list, for models that nest too deeply to call [`seq`](Sink::seq). An empty one is complete already.
    #[must_use]
    pub fn begin_seq(&mut self, len: usize) -> Option<Nested> {
        self.open(len, "[]", Writer::enter_list)
    }

    /// Begins an item of a list, of which its value must follow.
    pub fn item(&mut self, i: usize) {
        match &mut self.to {
            Target::Yaml(writer, context) => {
                writer.write_indent();
                writer.indicator("-", true, Leaves::Indention);
                *context = Context::Item;
            }
            Target::Json(json) if i > 0 => json.out.push(','),
            Target::Json(_) => {}
        }
    }

    /// Begins a map, for models that nest too deeply to call [`map`](Sink::map). An empty one is complete already.
    #[must_use]
    pub fn begin_map(&mut self, len: usize) -> Option<Nested> {
        self.open(len, "{}", |writer, _| writer.enter(false))
    }

    /// Writes the key with the number `count` of a map, of which its value must follow.
    pub fn key(&mut self, key: &str, count: usize) {
        if self.is_sigs_marshal()
            && let Err(error) = key_through_json(key)
        {
            self.fail(error);
        }
        match &mut self.to {
            Target::Yaml(writer, _) => {
                writer.write_indent();
                let simple = is_simple_key(key);
                if simple {
                    write_text(writer, key, Context::SimpleKey);
                } else {
                    writer.indicator("?", true, Leaves::Indention);
                    write_text(writer, key, Context::ComplexKey);
                }
                self.end_key(simple);
            }
            Target::Json(json) => {
                if count > 0 {
                    json.out.push(',');
                }
                json.string(key);
                json.out.push(':');
            }
        }
    }

    /// Writes a key that is no text, as [`binary`](Sink::binary) does.
    pub fn binary_key(&mut self, base64: &str, count: usize) {
        match &mut self.to {
            Target::Yaml(writer, _) if writer.dialect == Dialect::V3 => {
                writer.write_indent();
                let simple = is_simple_key(base64);
                if !simple {
                    writer.indicator("?", true, Leaves::Indention);
                }
                write_binary(writer, base64);
                self.end_key(simple);
            }
            _ => self.key(base64, count),
        }
    }

    fn end_key(&mut self, simple: bool) {
        let Target::Yaml(writer, context) = &mut self.to else { return };
        if simple {
            writer.indicator(":", false, Leaves::Text);
        } else {
            writer.write_indent();
            writer.indicator(":", true, Leaves::Indention);
        }
        *context = Context::Value;
    }

    /// Ends the list or map that was begun last.
    #[expect(clippy::needless_pass_by_value, reason = "what was begun is ended once")]
    pub fn end(&mut self, nested: Nested) {
        let Nested { context: outer, indent, end } = nested;
        match &mut self.to {
            Target::Yaml(writer, context) => {
                writer.indent = indent;
                *context = outer;
            }
            Target::Json(json) => json.out.push(end),
        }
    }

    /// Returns the order in which to write keys.
    #[must_use]
    pub fn order(&self, keys: &[&str]) -> Vec<usize> {
        match &self.to {
            Target::Yaml(writer, _) if self.sort => natural_order(keys, writer.dialect),
            Target::Json(_) if self.sort => {
                let mut order: Vec<usize> = (0..keys.len()).collect();
                order.sort_by_key(|i| keys[*i]);
                order
            }
            _ => (0..keys.len()).collect(),
        }
    }

    fn word(&mut self, word: &str) {
        match &mut self.to {
            Target::Yaml(writer, _) => write_word(writer, word),
            Target::Json(json) => json.out.push_str(word),
        }
    }

    fn refuse(&mut self, error: MarshalError) {
        if self.strict {
            self.fail(error);
        }
    }

    fn is_sigs_marshal(&self) -> bool {
        self.strict && matches!(&self.to, Target::Yaml(writer, _) if writer.dialect == Dialect::Sigs)
    }

    fn read_back<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        if self.is_sigs_marshal() {
            match through_json(text) {
                Ok(Some(changed)) => return changed.into(),
                Ok(None) => {}
                Err(error) => self.refuse(error),
            }
        }
        text.into()
    }

    fn open(&mut self, len: usize, brackets: &str, enter: impl Fn(&mut Writer, Context) -> isize) -> Option<Nested> {
        let (begin, end) = brackets.split_at(1);
        let end = if end == "]" { ']' } else { '}' };
        match &mut self.to {
            Target::Yaml(writer, _) if len == 0 => {
                writer.indicator(begin, true, Leaves::Space);
                writer.indicator(&brackets[1..], false, Leaves::Text);
                None
            }
            Target::Yaml(writer, context) => {
                let indent = enter(writer, *context);
                Some(Nested { context: *context, indent, end })
            }
            Target::Json(json) if len == 0 => {
                json.out.push_str(brackets);
                None
            }
            Target::Json(json) => {
                json.out.push_str(begin);
                Some(Nested { context: Context::Root, indent: 0, end })
            }
        }
    }
}

/// What comes after a list or map that was begun.
#[derive(Debug)]
pub struct Nested {
    context: Context,
    indent: isize,
    end: char,
}

/// Returns Go's name of a number that JSON does not have.
pub(in crate::yaml) fn unsupported(f: f64) -> &'static str {
    match f {
        f if f.is_nan() => "NaN",
        f if f > 0.0 => "+Inf",
        _ => "-Inf",
    }
}

impl Emit for Value {
    fn emit(&self, sink: &mut Sink<'_>) {
        match self {
            Value::Null => sink.null(),
            Value::Bool(b) => sink.bool(*b),
            Value::Int(i) => sink.int(*i),
            Value::UInt(u) => sink.uint(*u),
            Value::Float(f) => sink.float(*f),
            Value::Str(text) => sink.str(text),
            Value::Seq(items) => sink.seq(items.len(), |sink, i| items[i].emit(sink)),
            Value::Map(map) => {
                let (keys, values): (Vec<&str>, Vec<&Value>) = map.iter().map(|(k, v)| (k.as_str(), v)).unzip();
                sink.map(&keys, |sink, i| values[i].emit(sink));
            }
        }
    }
}

/// Writes a normalized tree: scalars that were not resolved count as text, aliases and keys that are no text as null
/// and as nothing.
impl Emit for Node {
    fn emit(&self, sink: &mut Sink<'_>) {
        match &self.kind {
            NodeKind::Scalar(scalar) => match scalar.kind {
                ScalarKind::Str | ScalarKind::Unresolved => sink.str(&scalar.text),
                _ => scalar.to_value().emit(sink),
            },
            NodeKind::Seq(items) => sink.seq(items.len(), |sink, i| items[i].emit(sink)),
            NodeKind::Map(entries) => {
                let texts = entries.iter().filter_map(|(k, v)| Some((k.as_str()?, v)));
                let (keys, values): (Vec<&str>, Vec<&Node>) = texts.unzip();
                sink.map(&keys, |sink, i| values[i].emit(sink));
            }
            NodeKind::Alias(_) => sink.null(),
        }
    }
}

impl<T: Emit + ?Sized> Emit for &T {
    fn emit(&self, sink: &mut Sink<'_>) {
        (**self).emit(sink);
    }
}
