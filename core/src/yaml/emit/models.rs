//! The sink, and the value models of this crate.

use std::borrow::Cow;

use super::json::{append_json_string, key_through_json, through_json};
use super::keys::natural_order;
use super::scalar::{is_simple_key, write_text, write_word};
use super::writer::{Context, Leaves, Writer};
use super::{Dialect, Emit, MarshalError, Sink, Target};
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
                self.refuse(MarshalError::new(format!("json: unsupported value: {}", unsupported(f))));
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
            Target::Json(out) => append_json_string(out, text),
        }
    }

    /// Writes a list: the function writes the item with the number it is given.
    pub fn seq(&mut self, len: usize, mut item: impl FnMut(&mut Self, usize)) {
        let Some((outer_context, outer_indent)) = self.open(len, "[]", Writer::enter_list) else { return };
        for i in 0..len {
            self.before_item(i);
            item(self, i);
        }
        self.close(outer_context, outer_indent, "]");
    }

    /// Writes a map: the function writes the value of the key with the number it is given. Keys must be distinct.
    pub fn map(&mut self, keys: &[&str], mut value: impl FnMut(&mut Self, usize)) {
        let Some((outer_context, outer_indent)) = self.open(keys.len(), "{}", |w, _| w.enter(false)) else { return };
        for (count, i) in self.order(keys).into_iter().enumerate() {
            self.key(keys[i], count);
            value(self, i);
        }
        self.close(outer_context, outer_indent, "}");
    }

    fn order(&self, keys: &[&str]) -> Vec<usize> {
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
            Target::Json(out) => out.push_str(word),
        }
    }

    fn refuse(&mut self, error: MarshalError) {
        if self.strict {
            self.error.get_or_insert(error);
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

    fn open(
        &mut self,
        len: usize,
        empty: &str,
        enter: impl Fn(&mut Writer, Context) -> isize,
    ) -> Option<(Context, isize)> {
        match &mut self.to {
            Target::Yaml(writer, _) if len == 0 => {
                writer.indicator(&empty[..1], true, Leaves::Space);
                writer.indicator(&empty[1..], false, Leaves::Text);
                None
            }
            Target::Yaml(writer, context) => {
                let outer = enter(writer, *context);
                Some((*context, outer))
            }
            Target::Json(out) if len == 0 => {
                out.push_str(empty);
                None
            }
            Target::Json(out) => {
                out.push_str(&empty[..1]);
                Some((Context::Root, 0))
            }
        }
    }

    fn close(&mut self, outer_context: Context, outer_indent: isize, end: &str) {
        match &mut self.to {
            Target::Yaml(writer, context) => {
                writer.indent = outer_indent;
                *context = outer_context;
            }
            Target::Json(out) => out.push_str(end),
        }
    }

    fn before_item(&mut self, i: usize) {
        match &mut self.to {
            Target::Yaml(writer, context) => {
                writer.write_indent();
                writer.indicator("-", true, Leaves::Indention);
                *context = Context::Item;
            }
            Target::Json(out) if i > 0 => out.push(','),
            Target::Json(_) => {}
        }
    }

    fn key(&mut self, key: &str, count: usize) {
        if self.is_sigs_marshal()
            && let Err(error) = key_through_json(key)
        {
            self.refuse(error);
        }
        match &mut self.to {
            Target::Yaml(writer, context) => {
                writer.write_indent();
                if is_simple_key(key) {
                    write_text(writer, key, Context::SimpleKey);
                    writer.indicator(":", false, Leaves::Text);
                } else {
                    writer.indicator("?", true, Leaves::Indention);
                    write_text(writer, key, Context::ComplexKey);
                    writer.write_indent();
                    writer.indicator(":", true, Leaves::Indention);
                }
                *context = Context::Value;
            }
            Target::Json(out) => {
                if count > 0 {
                    out.push(',');
                }
                append_json_string(out, key);
                out.push(':');
            }
        }
    }
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
