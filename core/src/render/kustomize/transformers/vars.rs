//! Vars: `$(NAME)` in some fields, replaced by the field of an object.
//!
//! See `filters/refvar` and `internal/accumulator/resaccumulator.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ecow::{EcoString, eco_format};

use super::visit_specs;
use crate::render::kustomize::config::{Spec, Specs};
use crate::render::kustomize::decode::Var;
use crate::render::kustomize::error::{Error, Result};
use crate::render::kustomize::missed::Missed;
use crate::render::kustomize::place::Place;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::session::Session;
use crate::render::kustomize::tree::{Body, Decoded, Kind, NodeId, Style, Tag, Tree, go_atoi, smarter_path_splitter};
use crate::yaml::yaml_float;

/// What a var stands for.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Str(EcoString),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// A list or a map, of which nothing but its type and how Go prints it is wanted.
    Nested(String),
}

/// Replaces the vars in the fields that some specs name.
///
/// # Errors
/// When a var reads a field or an object that is not there, or a field holds what cannot hold a var.
pub(in crate::render::kustomize) fn resolve_vars(
    session: &mut Session<'_>,
    map: &ResMap,
    vars: &BTreeMap<EcoString, Var>,
    specs: &Specs,
) -> Result<()> {
    if vars.is_empty() {
        return Ok(());
    }
    let mut sources: HashMap<&str, NodeId> = HashMap::new();
    for resource in map.list() {
        for name in &resource.vars {
            sources.entry(name).or_insert(resource.root);
        }
    }
    let mut values = BTreeMap::new();
    for (name, var) in vars {
        let place = session.var_places.get(name).copied().unwrap_or(Place::NONE);
        let Some(root) = sources.get(name.as_str()) else {
            session.step = place;
            let target = &var.target;
            let who = "so the var has no value";
            session.miss(|session| Missed::object(session, map, &target.kind, &target.name, who));
            let message = format!("var '{var}' cannot be mapped to a field in the set of known resources");
            return Err(session.locate(Error::new(message), place));
        };
        let Some(value) = value_of(&session.tree, *root, &var.field.field_path) else {
            let message = format!("field specified in var '{var}' not found in corresponding resource");
            return Err(session.locate(Error::new(message), place));
        };
        values.insert(name.clone(), value);
    }
    let mut replacer = Replacer::new(&values, session.text_left());
    let visited = map.list().iter().try_for_each(|resource| {
        let fields = &mut |tree: &mut Tree, field| replacer.field(tree, field);
        visit_specs(&mut session.tree, resource.root, specs, None, fields)?;
        // Kustomize finds vars also in what it notes in annotations, and counts them as used.
        let in_annotations =
            |spec: &Spec| spec.path.as_str() == "metadata/annotations" && spec.applies_to(&session.tree, resource.root);
        if specs.iter().any(in_annotations) {
            resource.remembered().for_each(|text| drop(replacer.replaced(&text)));
        }
        session.spend_text(std::mem::take(&mut replacer.copied))?;
        replacer.most = session.text_left();
        Ok(())
    });
    let unused: Vec<&str> =
        values.keys().filter(|name| !replacer.used.contains(*name)).map(EcoString::as_str).collect();
    let logs = replacer.logs;
    logs.into_iter().for_each(|text| session.log(text));
    if session.missed.is_some() {
        for name in &unused {
            session.step = session.var_places.get(*name).copied().unwrap_or(Place::NONE);
            let message = format!("no field uses the var `{name}`");
            session.miss(|_| Missed::new(message, EcoString::new(), Vec::new()));
        }
    } else if !unused.is_empty() {
        session.log(format!("well-defined vars that were never replaced: {}", unused.join(",")));
    }
    visited
}

/// Returns the field of a document that a var reads.
fn value_of(tree: &Tree, root: NodeId, path: &str) -> Option<Value> {
    let fields = with_indexes(smarter_path_splitter(path, '.'));
    let found = tree.lookup(root, &fields).ok()??;
    if tree.kind(found) != Kind::Scalar {
        tree.check_decodes(found).ok()?;
        let go_type = if tree.kind(found) == Kind::Map { "map[string]interface {}" } else { "[]interface {}" };
        return Some(Value::Nested(format!("type={go_type} val={}", show(tree, found))));
    }
    let text = tree.eco(found);
    Some(match tree.get(found).tag {
        Tag::Int => Value::Int(go_atoi(&text)?),
        Tag::Float => Value::Float(float(&text)?),
        Tag::Bool => Value::Bool(match text.as_str() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
            "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
            _ => return None,
        }),
        _ => Value::Str(text),
    })
}

/// Reads a number as `strconv.ParseFloat` does.
fn float(text: &str) -> Option<f64> {
    let f: f64 = text.parse().ok()?;
    let overflows = f.is_infinite() && text.contains(|c: char| c.is_ascii_digit());
    (!overflows).then_some(f)
}

/// Makes two steps of `ports[0]`.
fn with_indexes(fields: Vec<EcoString>) -> Vec<EcoString> {
    let mut out = Vec::with_capacity(fields.len());
    for field in fields {
        let indexed = field.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
        match indexed {
            Some((name, index)) if !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit()) => {
                if !name.is_empty() {
                    out.push(name.into());
                }
                out.push(index.into());
            }
            _ => out.push(field),
        }
    }
    out
}

/// Returns a value as Go prints it with `%v`.
fn show(tree: &Tree, node: NodeId) -> String {
    match &tree.get(node).body {
        Body::Scalar(text) => match tree.decoded(node, false) {
            Ok(Decoded::Null) => "<nil>".to_owned(),
            Ok(Decoded::Bool(b)) => b.to_string(),
            Ok(Decoded::Int(i)) => i.to_string(),
            Ok(Decoded::UInt(u)) => u.to_string(),
            Ok(Decoded::Float(f)) => yaml_float(f),
            Ok(Decoded::Str(text)) => text.into_owned(),
            Err(_) => text.to_string(),
        },
        Body::Seq(items) => {
            let items: Vec<String> = items.iter().map(|item| show(tree, *item)).collect();
            format!("[{}]", items.join(" "))
        }
        Body::Map(entries) => {
            let mut entries: Vec<(&str, String)> =
                entries.iter().map(|(key, value)| (tree.text(*key), show(tree, *value))).collect();
            entries.sort_unstable();
            let entries: Vec<String> = entries.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
            format!("map[{}]", entries.join(" "))
        }
    }
}

struct Replacer<'v> {
    values: &'v BTreeMap<EcoString, Value>,
    used: BTreeSet<EcoString>,
    logs: Vec<String>,
    /// Bytes of values put into texts.
    copied: usize,
    /// How many there may be; one more, and the text is not finished.
    most: usize,
}

impl<'v> Replacer<'v> {
    fn new(values: &'v BTreeMap<EcoString, Value>, most: usize) -> Replacer<'v> {
        Replacer { values, used: BTreeSet::new(), logs: Vec::new(), copied: 0, most }
    }

    fn field(&mut self, tree: &mut Tree, field: NodeId) -> Result<()> {
        if tree.is_null(field) {
            return Ok(());
        }
        match tree.get(field).body.clone() {
            Body::Scalar(_) => self.text(tree, field),
            Body::Map(entries) => entries.into_iter().try_for_each(|(key, value)| {
                if !tree.is_string(key) {
                    let node = tree.get(key);
                    let (text, tag) = (tree.text(key), node.tag.short(tree.kind(key)));
                    let message = format!("invalid map key: value='{text}', tag='{tag}'");
                    return Err(Error::new(message).at(node.span));
                }
                self.text(tree, value)
            }),
            Body::Seq(items) => items.into_iter().try_for_each(|item| {
                if !tree.is_string(item) {
                    let message = "invalid value type expect a string";
                    return Err(Error::new(message).at(tree.get(item).span));
                }
                self.text(tree, item)
            }),
        }
    }

    /// Replaces the vars of a text; what is no text stays.
    fn text(&mut self, tree: &mut Tree, node: NodeId) -> Result<()> {
        if !tree.is_string(node) {
            return Ok(());
        }
        let (text, tag) = match self.replaced(&tree.eco(node)) {
            Value::Int(i) => (eco_format!("{i}"), Tag::Int),
            Value::Bool(b) => (eco_format!("{b}"), Tag::Bool),
            Value::Float(f) if f.is_infinite() => ((if f > 0.0 { "+Inf" } else { "-Inf" }).into(), Tag::Float),
            Value::Float(f) => (eco_format!("{f}"), Tag::Float),
            Value::Str(text) => (text, Tag::Str),
            Value::Nested(shown) => (shown.into(), Tag::Str),
        };
        let node = tree.get_mut(node);
        node.body = Body::Scalar(text);
        node.tag = tag;
        node.style = Style::default();
        Ok(())
    }

    /// Returns a text with its vars replaced; one that is a var and nothing else gets the var's type.
    fn replaced(&mut self, text: &EcoString) -> Value {
        if !text.contains('$') {
            return Value::Str(text.clone());
        }
        let mut out = EcoString::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            rest = match after.chars().next() {
                None => {
                    rest = &rest[at..];
                    break;
                }
                Some('$') => {
                    out.push('$');
                    &after[1..]
                }
                Some('(') => match after.find(')') {
                    Some(end) => {
                        let value = self.value(&after[1..end]);
                        if at == 0 && out.is_empty() && end + 2 == text.len() {
                            return value;
                        }
                        let before = out.len();
                        push(&mut out, &value);
                        self.copied += out.len() - before;
                        if self.copied > self.most {
                            break;
                        }
                        &after[end + 1..]
                    }
                    None => {
                        out.push_str("$(");
                        &after[1..]
                    }
                },
                Some(c) => {
                    out.push('$');
                    out.push(c);
                    &after[c.len_utf8()..]
                }
            };
        }
        out.push_str(rest);
        Value::Str(out)
    }

    fn value(&mut self, name: &str) -> Value {
        let wrapped = || Value::Str(eco_format!("$({name})"));
        match self.values.get(name) {
            None => wrapped(),
            Some(Value::Nested(shown)) => {
                self.logs.push(format!("MakePrimitiveReplacer: bad replacement {shown}"));
                wrapped()
            }
            Some(value) => {
                self.used.insert(name.into());
                value.clone()
            }
        }
    }
}

fn push(out: &mut EcoString, value: &Value) {
    match value {
        Value::Str(text) => out.push_str(text),
        Value::Int(i) => out.push_str(&i.to_string()),
        Value::Float(f) if f.is_infinite() => out.push_str(if *f > 0.0 { "+Inf" } else { "-Inf" }),
        Value::Float(f) => out.push_str(&yaml_float(*f)),
        Value::Bool(b) => out.push_str(&b.to_string()),
        Value::Nested(text) => out.push_str(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vars_are_replaced_as_in_kustomize() {
        let values = BTreeMap::from([
            ("A".into(), Value::Str("x".into())),
            ("N".into(), Value::Int(8)),
            ("F".into(), Value::Float(1e6)),
            ("M".into(), Value::Nested("type=x".into())),
        ]);
        let replaced = |text: &str| {
            let mut replacer = Replacer::new(&values, 1000);
            replacer.replaced(&text.into())
        };
        assert_eq!(replaced("$(N)"), Value::Int(8));
        for (text, want) in [
            ("$(A)", "x"),
            ("a$(A)$(N)b$(F)", "ax8b1e+06"),
            ("$$(A)_$(A)", "$(A)_x"),
            ("$$$(A)", "$x"),
            ("$(A)__$(A", "x__$(A"),
            ("$(B) $(M)", "$(B) $(M)"),
            ("$(A$(N))", "$(A$(N))"),
            ("a$", "a$"),
            ("$é$(A)", "$éx"),
            ("--$($($(--", "--$($($(--"),
        ] {
            assert_eq!(replaced(text), Value::Str(want.into()), "{text}");
        }
    }

    #[test]
    fn an_index_may_follow_a_field() {
        let fields = ["spec".into(), "ports[0]".into(), "[1]".into(), "[a=b]".into()];
        assert_eq!(with_indexes(fields.to_vec()).join(" "), "spec ports 0 1 [a=b]");
    }
}
