//! Values that went through JSON, as nodes: what a JSON patch leaves behind.
//!
//! encoding/json reads every number as a float and yaml.v3 writes it, so 1000000 comes back as `1e+06`; strings get
//! quotes where yaml.v3 gives them some.

use ecow::EcoString;

use crate::render::kustomize::error::{Error, Result};
use crate::source::Span;
use crate::value::Value;
use crate::yaml::{written_style, yaml_float};

use super::resolved::{Decoded, unsupported};
use super::{Body, NodeId, Style, Tag, Tree, YNode, plain_tag};

/// Returns the text that a number has after encoding/json and yaml.v3.
pub(in crate::render::kustomize) fn go_float(f: f64) -> String {
    yaml_float(f)
}

impl Tree {
    /// Adds the node that a value becomes.
    pub(in crate::render::kustomize) fn add_value(&mut self, value: &Value, span: Span) -> NodeId {
        match value {
            Value::Null => self.json_scalar("null".into(), Tag::Null, span),
            Value::Bool(b) => self.json_scalar(if *b { "true" } else { "false" }.into(), Tag::Bool, span),
            Value::Int(i) => self.json_number(*i as f64, span),
            Value::UInt(u) => self.json_number(*u as f64, span),
            Value::Float(f) => self.json_number(*f, span),
            Value::Str(text) => self.json_string(text.clone(), span),
            Value::Seq(items) => {
                let items = items.iter().map(|item| self.add_value(item, span)).collect();
                self.add(YNode { body: Body::Seq(items), tag: Tag::Seq, style: Style::default(), span })
            }
            Value::Map(map) => {
                let entries = map.iter().map(|(key, value)| {
                    let key = self.json_string(key.clone(), span);
                    (key, self.add_value(value, span))
                });
                let entries = entries.collect();
                self.add(YNode { body: Body::Map(entries), tag: Tag::Map, style: Style::default(), span })
            }
        }
    }

    /// Adds a copy of a document as it is after a trip through JSON; places stay.
    ///
    /// # Errors
    /// What Go refuses to decode or to write as JSON.
    pub(in crate::render::kustomize) fn through_json(&mut self, root: NodeId) -> Result<NodeId> {
        self.check_decodes(root).map_err(Error::new)?;
        let in_flow = self.get(root).style.flow;
        self.json_node(root, in_flow, true)
    }

    fn json_node(&mut self, id: NodeId, in_flow: bool, top: bool) -> Result<NodeId> {
        let node = self.get(id).clone();
        let in_flow = in_flow || node.style.flow;
        let span = node.span;
        match node.body {
            Body::Scalar(_) => {
                let (text, tag) = match self.decoded(id, in_flow).map_err(Error::new)? {
                    Decoded::Null => ("null".into(), Tag::Null),
                    Decoded::Bool(b) => (EcoString::from(if b { "true" } else { "false" }), Tag::Bool),
                    Decoded::Str(text) => (EcoString::from(&*text), Tag::Str),
                    Decoded::Int(i) => return Ok(self.json_number(i as f64, span)),
                    Decoded::UInt(u) => return Ok(self.json_number(u as f64, span)),
                    Decoded::Float(f) if f.is_finite() => return Ok(self.json_number(f, span)),
                    Decoded::Float(f) => return Err(Error::new(unsupported(f))),
                };
                Ok(if tag == Tag::Str { self.json_string(text, span) } else { self.json_scalar(text, tag, span) })
            }
            Body::Seq(items) => {
                let items = items.iter().map(|item| self.json_node(*item, in_flow, false)).collect::<Result<_>>()?;
                Ok(self.add(YNode { body: Body::Seq(items), tag: Tag::Seq, style: Style::default(), span }))
            }
            Body::Map(entries) => {
                let mut out = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    if !top && !self.is_string_key(key) {
                        return Err(Error::new("json: unsupported type: map[interface {}]interface {}"));
                    }
                    let place = self.get(key).span;
                    let key = self.json_string(self.eco(key), place);
                    out.push((key, self.json_node(value, in_flow, false)?));
                }
                Ok(self.add(YNode { body: Body::Map(out), tag: Tag::Map, style: Style::default(), span }))
            }
        }
    }

    fn json_scalar(&mut self, text: EcoString, tag: Tag, span: Span) -> NodeId {
        self.add(YNode { body: Body::Scalar(text), tag, style: Style::default(), span })
    }

    fn json_number(&mut self, f: f64, span: Span) -> NodeId {
        let text = go_float(f);
        let tag = plain_tag(&text);
        self.json_scalar(text.into(), tag, span)
    }

    pub(in crate::render::kustomize) fn json_string(&mut self, text: EcoString, span: Span) -> NodeId {
        let style = Style { scalar: written_style(&text), ..Style::default() };
        self.add(YNode { body: Body::Scalar(text), tag: Tag::Str, style, span })
    }
}
