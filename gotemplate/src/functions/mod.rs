//! The functions a template may call: Go's own, and those of the host.

mod compare;
mod escape;
mod index;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use foldhash::fast::RandomState;

use crate::error::Fault;
use crate::fmt;
use crate::observe::Flow;
use crate::run::{Meter, Reply, Slot, State};
use crate::types::{Function, Signature, Type};
use crate::value::{Str, Value};

/// The functions of a host, beside Go's built-in ones, which are always there and may be replaced by name.
///
/// Functions are bound when a template is compiled. A name that is no identifier can be added but never called.
///
/// ```
/// use std::sync::Arc;
/// use gotemplate::{Fault, Functions, Run, Set, Signature, Type, Value};
///
/// let mut functions = Functions::new();
/// functions.add("upper", Signature::new([Type::String], Type::String), |_, args| match args {
///     [Value::Str(text)] => Ok(Value::from(text.to_str_lossy().to_uppercase())),
///     _ => Err(Fault::from("not a string")),
/// });
/// let mut set = Set::new(Arc::new(functions));
/// set.parse("t", r#"{{ "abc" | upper | printf "<%s>" }}"#)?;
/// assert_eq!(Run::new(&Arc::new(set)).render("t", &Value::Nil)?, b"<ABC>");
/// # Ok::<(), gotemplate::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Functions {
    own: HashMap<Arc<str>, Arc<Function>, RandomState>,
}

impl Functions {
    /// Returns the built-in functions alone.
    #[must_use]
    pub fn new() -> Functions {
        Functions::default()
    }

    /// Returns the built-in functions, with room for so many of the host's.
    #[must_use]
    pub fn with_capacity(count: usize) -> Functions {
        Functions { own: HashMap::with_capacity_and_hasher(count, RandomState::default()) }
    }

    /// Adds a function, in place of one with the same name.
    pub fn add<R: Into<Reply>>(
        &mut self,
        name: &str,
        signature: Signature,
        body: impl Fn(&mut State<'_>, &[Value]) -> Result<R, Fault> + Send + Sync + 'static,
    ) -> &mut Functions {
        self.add_function(name, Arc::new(Function::new(signature, body)))
    }

    /// Adds a function that exists already.
    pub fn add_function(&mut self, name: &str, function: Arc<Function>) -> &mut Functions {
        self.own.insert(Arc::from(name), function);
        self
    }

    /// Says how the result of a function of the host's comes from its arguments, for observers. Templates that are compiled
    /// already keep what they were compiled with.
    pub fn set_flow(&mut self, name: &str, flow: Flow) -> &mut Functions {
        if let Some(function) = self.own.get_mut(name) {
            match Arc::get_mut(function) {
                Some(function) => function.set_flow(flow),
                None => *function = Arc::new(Function::clone(function).with_flow(flow)),
            }
        }
        self
    }

    /// Reports whether templates may call a name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.own.contains_key(name) || BUILTINS.contains_key(name)
    }

    /// Returns the names of the host's functions and of the built-in ones, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = self.own.keys().cloned().collect();
        names.extend(BUILTINS.keys().map(|&name| Arc::from(name)));
        names.sort();
        names.dedup();
        names
    }

    pub(crate) fn find(&self, name: &str) -> Option<Callee> {
        match self.own.get(name) {
            Some(function) => Some(Callee::Host(function.clone())),
            None => BUILTINS.get(name).map(|&(builtin, _)| Callee::Builtin(builtin)),
        }
    }
}

/// What a name stands for.
pub(crate) enum Callee {
    Host(Arc<Function>),
    Builtin(Builtin),
}

impl Callee {
    pub(crate) fn signature(&self) -> &Signature {
        match self {
            Callee::Host(function) => function.signature(),
            Callee::Builtin(builtin) => {
                let entry = BUILTINS.values().find(|(known, _)| known == builtin);
                &entry.expect("every built-in function is in the table").1
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    And,
    Or,
    Not,
    Len,
    Index,
    Slice,
    Print,
    Printf,
    Println,
    Html,
    Js,
    UrlQuery,
    Call,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Builtin {
    /// Returns how the result comes from the arguments.
    pub(crate) fn flow(self) -> Flow {
        match self {
            Builtin::And | Builtin::Or => Flow::Pick,
            Builtin::Not => Flow::Test,
            Builtin::Index => Flow::Get,
            Builtin::Slice => Flow::Elements,
            Builtin::Print | Builtin::Println => Flow::Joined,
            Builtin::Printf => Flow::Format,
            Builtin::Html | Builtin::Js | Builtin::UrlQuery => Flow::Joined,
            Builtin::Call => Flow::Unknown,
            _ => Flow::Whole,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        let entry = BUILTINS.iter().find(|(_, (builtin, _))| *builtin == self);
        entry.expect("every built-in function is in the table").0
    }
}

static BUILTINS: LazyLock<BTreeMap<&'static str, (Builtin, Signature)>> = LazyLock::new(|| {
    let values = |count: usize, result| Signature::new(vec![Type::Reflect; count], result);
    let texts = || Signature::new([], Type::String).variadic(Type::Any);
    BTreeMap::from([
        ("and", (Builtin::And, values(1, Type::Reflect).variadic(Type::Reflect))),
        ("or", (Builtin::Or, values(1, Type::Reflect).variadic(Type::Reflect))),
        ("not", (Builtin::Not, values(1, Type::Bool))),
        ("len", (Builtin::Len, values(1, Type::Int))),
        ("index", (Builtin::Index, values(1, Type::Reflect).variadic(Type::Reflect))),
        ("slice", (Builtin::Slice, values(1, Type::Reflect).variadic(Type::Reflect))),
        ("print", (Builtin::Print, texts())),
        ("printf", (Builtin::Printf, Signature::new([Type::String], Type::String).variadic(Type::Any))),
        ("println", (Builtin::Println, texts())),
        ("html", (Builtin::Html, texts())),
        ("js", (Builtin::Js, texts())),
        ("urlquery", (Builtin::UrlQuery, texts())),
        ("call", (Builtin::Call, values(1, Type::Reflect).variadic(Type::Reflect))),
        ("eq", (Builtin::Eq, values(1, Type::Bool).variadic(Type::Reflect))),
        ("ne", (Builtin::Ne, values(2, Type::Bool))),
        ("lt", (Builtin::Lt, values(2, Type::Bool))),
        ("le", (Builtin::Le, values(2, Type::Bool))),
        ("gt", (Builtin::Gt, values(2, Type::Bool))),
        ("ge", (Builtin::Ge, values(2, Type::Bool))),
    ])
});

/// Calls a built-in function. `and`, `or` and `call` are instructions of their own.
pub(crate) fn call<T: Clone + Default>(
    builtin: Builtin,
    args: &[Slot<T>],
    meter: &mut Meter,
    room: usize,
) -> Result<Slot<T>, Fault> {
    let value = match builtin {
        Builtin::Not => Value::Bool(!args[0].value.truth()),
        Builtin::Len => Value::from(index::length(&args[0])?),
        Builtin::Index => return index::index(args),
        Builtin::Slice => index::slice(args, meter)?,
        Builtin::Eq | Builtin::Ne | Builtin::Lt | Builtin::Le | Builtin::Gt | Builtin::Ge => {
            Value::Bool(comparison(builtin, args, meter)?)
        }
        Builtin::And | Builtin::Or | Builtin::Call => return Err(Fault::from("unreachable")),
        _ => text(builtin, args, meter, room)?,
    };
    Ok(Slot::concrete(value))
}

fn comparison<T>(builtin: Builtin, args: &[Slot<T>], meter: &mut Meter) -> Result<bool, Fault> {
    if let Value::Str(text) = &args[0].value {
        // Each of the others is compared with the first.
        meter.spend_on(text.len().saturating_mul(args.len()))?;
    }
    Ok(match builtin {
        Builtin::Eq => compare::equal(&args[0], &args[1..])?,
        Builtin::Ne => !compare::equal(&args[0], &args[1..])?,
        Builtin::Lt => compare::less(&args[0], &args[1])?,
        Builtin::Ge => !compare::less(&args[0], &args[1])?,
        Builtin::Le => compare::less_or_equal(&args[0], &args[1])?,
        _ => !compare::less_or_equal(&args[0], &args[1])?,
    })
}

fn text<T>(builtin: Builtin, args: &[Slot<T>], meter: &mut Meter, limit: usize) -> Result<Value, Fault> {
    let values: Vec<Value> = args.iter().map(|slot| slot.value.clone()).collect();
    let mut out = Vec::new();
    let fits = match builtin {
        Builtin::Printf => match &values[0] {
            Value::Str(format) => fmt::append_format(&mut out, format, &values[1..], limit),
            _ => true,
        },
        Builtin::Println => fmt::append_line(&mut out, &values, limit),
        Builtin::Print => fmt::append(&mut out, &values, limit),
        _ => fmt::append_followed(&mut out, &printable(values), limit),
    };
    if !fits {
        return Err(Fault::limit("output", format!("text is longer than {limit} bytes")));
    }
    let out = match builtin {
        Builtin::Html => escape::html(&out),
        Builtin::Js => escape::js(&out),
        Builtin::UrlQuery => escape::query(&out),
        _ => out,
    };
    meter.charge(out.len())?;
    Ok(Value::Str(Str::from(out)))
}

/// The escaping functions print nil as a template does.
fn printable(values: Vec<Value>) -> Vec<Value> {
    let print = |value| if matches!(value, Value::Nil) { Value::from("<no value>") } else { value };
    values.into_iter().map(print).collect()
}
