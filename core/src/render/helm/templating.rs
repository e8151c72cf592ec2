//! The functions that need the engine around them: `include`, `tpl`, `required`, `fail`, `lookup`.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/engine/engine.go>, where `tpl` clones all templates for each call.
//! Here a text is compiled once in a run, runs beside the templates it was called from, and gets a set of its own only
//! when it defines templates, which stay local to it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::FixedState;
use gotemplate::{
    Error, ErrorKind, Fault, Functions, Map, Render, Reply, Set, Signature, State, Str, Template, Type, Value,
};

use super::context;
use super::errors::marked;
use super::value::from_value;
use crate::object::Gvk;
use crate::source::{Limits, search};

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    functions.add("include", Signature::new([Type::String, Type::Any], Type::String), include);
    functions.add("tpl", Signature::new([Type::String, Type::Any], Type::String), tpl);
    functions.add("required", Signature::new([Type::String, Type::Any], Type::Any), |state, args| match &args[1] {
        Value::Nil => Err(failure(state, &args[0])),
        Value::Str(value) if value.is_empty() => Err(failure(state, &args[0])),
        value => Ok(value.clone()),
    });
    functions.add("fail", Signature::new([Type::String], Type::String), |state, args| {
        Err::<Value, _>(failure(state, &args[0]))
    });
    let four_texts = [Type::String, Type::String, Type::String, Type::String];
    functions.add("lookup", Signature::new(four_texts, Type::Map), lookup);
}

/// Returns the fault with a message of the chart's own, of which several copies are made on its way.
fn failure(state: &mut State<'_>, message: &Value) -> Fault {
    let message = text(message);
    match state.charge(message.len().saturating_mul(6)) {
        Ok(()) => Fault::new(marked(&message.to_str_lossy())),
        Err(fault) => fault,
    }
}

/// The name that Helm gives to the text of every `tpl`.
const TPL: &str = "gotpl";

/// How often Helm lets a template be within itself.
const MAX_OF_A_NAME: usize = 1_000;

/// Bytes of texts for `tpl` that are kept compiled.
const CACHE: usize = 32 << 20;

/// What `include` and `tpl` remember in a run.
#[derive(Debug)]
pub(super) struct Templating {
    /// How often each template is running.
    running: HashMap<Str, usize, FixedState>,
    /// How deep `include` and `tpl` are nested, and how deep they may be.
    nested: usize,
    max_nested: usize,
    /// The compiled texts.
    texts: HashMap<Str, Arc<[Template]>, FixedState>,
    /// The sets for texts that define templates, by the address of the set below.
    // Invariant: the set below is kept alive by the one above it, so no other can come to have its address.
    sets: HashMap<(usize, Str), Arc<Set>, FixedState>,
    /// The bytes of all texts kept.
    bytes: usize,
}

impl Templating {
    pub(super) fn new(limits: &Limits) -> Templating {
        Templating {
            running: HashMap::default(),
            nested: 0,
            max_nested: limits.includes,
            texts: HashMap::default(),
            sets: HashMap::default(),
            bytes: 0,
        }
    }

    fn enter(&mut self) -> Result<(), Fault> {
        if self.nested >= self.max_nested {
            let message = format!("`include` and `tpl` are nested more than {} levels deep", self.max_nested);
            return Err(Fault::limit("includes", message));
        }
        self.nested += 1;
        Ok(())
    }

    fn leave(&mut self) {
        self.nested -= 1;
    }

    /// Whether a text is kept compiled.
    fn knows(&self, text: &Str) -> bool {
        self.texts.contains_key(text)
    }

    /// Returns the templates of a text.
    fn compiled(&mut self, set: &Set, text: &Str) -> Result<Arc<[Template]>, Error> {
        if let Some(templates) = self.texts.get(text) {
            return Ok(templates.clone());
        }
        let templates: Arc<[Template]> = set.compile(TPL, text)?.into();
        // A text takes several times its size when compiled.
        self.bytes += text.len();
        if self.bytes > CACHE {
            self.bytes = text.len();
            self.texts.clear();
            self.sets.clear();
        }
        self.texts.insert(text.clone(), templates.clone());
        Ok(templates)
    }

    /// Returns the set in which a text sees what it defines.
    fn set_for(&mut self, below: &Arc<Set>, text: &Str, templates: &[Template]) -> Arc<Set> {
        let key = (Arc::as_ptr(below) as usize, text.clone());
        let derived = || {
            let mut set = below.derive();
            templates.iter().for_each(|template| set.add(template.clone()));
            Arc::new(set)
        };
        self.sets.entry(key).or_insert_with(derived).clone()
    }
}

fn text(value: &Value) -> &Str {
    match value {
        Value::Str(text) => text,
        _ => unreachable!("the signature asks for a string"),
    }
}

fn include(state: &mut State<'_>, args: &[Value]) -> Result<Render, Fault> {
    let name = text(&args[0]).clone();
    let templating = context::of(state)?.templating();
    let running = templating.running.entry(name.clone()).or_default();
    if *running > MAX_OF_A_NAME {
        let name = name.to_str_lossy();
        let message = "rendering template has a nested reference name";
        return Err(Fault::new(format!("{message}: {name}: unable to execute template")));
    }
    *running += 1;
    templating.enter()?;
    let render = Render::new(name.to_str_lossy(), args[1].clone());
    Ok(render.then(move |state, result| {
        let templating = context::of(state)?.templating();
        templating.leave();
        if let Some(running) = templating.running.get_mut(&name) {
            *running -= 1;
        }
        match result {
            Ok(text) => Ok(Value::Str(text.into())),
            Err(error) if error.kind == ErrorKind::NoTemplate => Err(Fault::from(no_template(&name, error))),
            Err(error) => Err(Fault::from(error)),
        }
    }))
}

/// Returns the error of a name that nobody knows; it speaks of the root of all templates.
fn no_template(name: &Str, mut error: Error) -> Error {
    error.message = format!("no template {} associated with template {}", quoted(name), quoted(&TPL.into()));
    error
}

fn tpl(state: &mut State<'_>, args: &[Value]) -> Result<Reply, Fault> {
    let text = text(&args[0]);
    if search::word(b"{{", text).is_none() {
        return Ok(Reply::Value(without_no_value(text)));
    }
    let set = state.set().clone();
    if !context::of(state)?.templating().knows(text) {
        compiling(state, text)?;
    }
    let templating = context::of(state)?.templating();
    let templates = templating.compiled(&set, text).map_err(|error| {
        let prefix = format!("cannot parse template {}: ", quoted(text));
        Fault::wrapping(prefix, error)
    })?;
    let Some(main) = templates.iter().find(|template| template.name() == TPL) else {
        return Err(Fault::from("the text has no template"));
    };
    templating.enter()?;
    let own_set = templates.len() > 1 || search::word(TPL.as_bytes(), text).is_some();
    let set = if own_set { templating.set_for(&set, text, &templates) } else { set };
    let text = text.clone();
    let render = Render::of(main.clone(), args[1].clone()).in_set(set).then(move |state, result| {
        context::of(state)?.templating().leave();
        match result {
            Ok(out) => Ok(without_no_value(&out.into())),
            Err(error) => {
                let prefix = format!("error during tpl function execution for {}: ", quoted(&text));
                Err(Fault::wrapping(prefix, error))
            }
        }
    });
    Ok(Reply::from(render))
}

/// Takes the steps and the memory for compiling a text, which its actions need more than its length.
fn compiling(state: &mut State<'_>, text: &[u8]) -> Result<(), Fault> {
    let actions = search::words(b"{{", text).count();
    state.spend(100 + text.len() as u64 + 50 * actions as u64)?;
    state.charge(512 + text.len() + 512 * actions)
}

fn quoted(text: &Str) -> String {
    String::from_utf8_lossy(&gotemplate::fmt::sprintf(b"%q", &[Value::Str(text.clone())])).into_owned()
}

fn lookup(state: &mut State<'_>, args: &[Value]) -> Result<Value, Fault> {
    let [api_version, kind, namespace, name] = args else { return Err(Fault::from("lookup takes four arguments")) };
    let gvk = Gvk::new(&text(api_version).to_str_lossy(), &text(kind).to_str_lossy());
    let host = context::of(state)?.host();
    let found = host.lookup(&gvk, &text(namespace).to_str_lossy(), &text(name).to_str_lossy())?;
    Ok(found.map_or_else(|| Map::new().into(), |object| from_value(&object)))
}

/// Takes every `<no value>` out, as Helm does with each file and each result of `tpl`.
pub(super) fn without_no_value(text: &Str) -> Value {
    Value::Str(match cut_no_value(text) {
        Some(cut) => cut.into(),
        None => text.clone(),
    })
}

const NO_VALUE: &[u8] = b"<no value>";

/// Returns where [`cut_no_value`] cuts.
pub(super) fn no_values(text: &[u8]) -> Vec<Range<usize>> {
    search::words(NO_VALUE, text).map(|at| at..at + NO_VALUE.len()).collect()
}

/// Returns a text without any `<no value>`, where it has one.
pub(super) fn cut_no_value(text: &[u8]) -> Option<Vec<u8>> {
    let mut places = search::words(NO_VALUE, text).peekable();
    places.peek()?;
    let mut out = Vec::with_capacity(text.len());
    let mut from = 0;
    for at in places {
        out.extend_from_slice(&text[from..at]);
        from = at + NO_VALUE.len();
    }
    out.extend_from_slice(&text[from..]);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_cut_out_in_one_pass() {
        let cut = |text: &str| cut_no_value(text.as_bytes()).map(|cut| String::from_utf8(cut).expect("text"));
        assert_eq!(cut("a <no valu"), None);
        assert_eq!(cut("<no value>a<no value>b"), Some("ab".to_owned()));
        // What comes together by cutting stays.
        assert_eq!(cut("<no <no value>value>"), Some("<no value>".to_owned()));
    }
}
