//! Runs compiled templates.

mod call;
mod field;
mod machine;
mod meter;
mod range;
pub(crate) mod trace;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Fault};
use crate::observe::Observer;
use crate::set::{Set, Template};
use crate::value::{Heap, Value};
use machine::Machine;
pub(crate) use meter::Meter;
use trace::{Plain, Traced};

/// What a run may use. Each bound counts the whole run, functions that render templates included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The number of instructions; a simple action is two or three. Functions whose work grows with what they are given
    /// [spend](State::spend) more.
    pub steps: u64,
    /// How deep templates may call templates. Go's bound, of 100,000.
    pub depth: usize,
    /// The number of bytes of output, of all unfinished results together, and of a single text of `printf`.
    pub output: usize,
    /// The number of bytes that functions may give back in new texts over the whole run, and of what they
    /// [charge](State::charge) for other values. Nothing is given back when a value is dropped, so this bounds the memory
    /// of a run from above.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { steps: 50_000_000, depth: 100_000, output: 64 << 20, memory: 256 << 20 }
    }
}

/// One execution of a template.
///
/// ```
/// use std::sync::Arc;
/// use gotemplate::{ErrorKind, Functions, Limits, Run, Set, Value};
///
/// let mut set = Set::new(Arc::new(Functions::new()));
/// set.parse("t", "{{ range 1000000000 }}{{ end }}")?;
/// let limits = Limits { steps: 10_000, ..Limits::default() };
/// let error = Run::new(&Arc::new(set)).limits(limits).render("t", &Value::Nil).unwrap_err();
/// assert_eq!(error.kind, ErrorKind::Limit("steps"));
/// # Ok::<(), gotemplate::Error>(())
/// ```
pub struct Run<'a> {
    set: &'a Arc<Set>,
    limits: Limits,
    left: Option<&'a mut Limits>,
    context: Option<&'a mut dyn Any>,
    heap: Option<&'a Heap>,
    observer: Option<&'a mut dyn Observer>,
    once: bool,
}

impl<'a> Run<'a> {
    /// Returns a run with the default limits.
    #[must_use]
    pub fn new(set: &'a Arc<Set>) -> Run<'a> {
        let limits = Limits::default();
        Run { set, limits, left: None, context: None, heap: None, observer: None, once: false }
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Run<'a> {
        self.limits = limits;
        self
    }

    /// Sets the limits, and takes off them what the run uses: several runs can share them.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use gotemplate::{Functions, Limits, Run, Set, Value};
    ///
    /// let mut set = Set::new(Arc::new(Functions::new()));
    /// set.parse("t", "abc")?;
    /// let mut left = Limits { output: 5, ..Limits::default() };
    /// Run::new(&Arc::new(set)).shared_limits(&mut left).render("t", &Value::Nil)?;
    /// assert_eq!(left.output, 2);
    /// # Ok::<(), gotemplate::Error>(())
    /// ```
    #[must_use]
    pub fn shared_limits(mut self, left: &'a mut Limits) -> Run<'a> {
        self.limits = *left;
        self.left = Some(left);
        self
    }

    /// Gives functions something of the host's to work with; see [`State::context`].
    #[must_use]
    pub fn context(mut self, context: &'a mut dyn Any) -> Run<'a> {
        self.context = Some(context);
        self
    }

    /// Gives functions a heap to [`track`](Heap::track) containers in that they change.
    #[must_use]
    pub fn heap(mut self, heap: &'a Heap) -> Run<'a> {
        self.heap = Some(heap);
        self
    }

    /// Lets somebody watch the run. The text is the same; the run takes longer.
    #[must_use]
    pub fn observer(mut self, observer: &'a mut dyn Observer) -> Run<'a> {
        self.observer = Some(observer);
        self
    }

    /// Says that the template will not run again by itself: what it was compiled to goes with the run. What it calls
    /// stays compiled.
    #[must_use]
    pub fn once(mut self, once: bool) -> Run<'a> {
        self.once = once;
        self
    }

    /// Runs a template and returns what it writes.
    ///
    /// # Errors
    /// Returns the template's error. Use [`render_into`](Run::render_into) to see what was written before.
    pub fn render(self, name: &str, data: &Value) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        self.render_into(name, data, &mut out)?;
        Ok(out)
    }

    /// Runs a template and appends what it writes, also when it fails later.
    ///
    /// # Errors
    /// Returns the template's error.
    pub fn render_into(mut self, name: &str, data: &Value, out: &mut Vec<u8>) -> Result<(), Error> {
        let (left, written) = (self.left.take(), std::mem::take(out));
        let (result, rest) = match self.observer.take() {
            Some(observer) => Machine::new(self, Traced::new(observer), written).run(name, data, out),
            None => Machine::new(self, Plain, written).run(name, data, out),
        };
        if let Some(left) = left {
            *left = rest;
        }
        result
    }
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// The running state, as a function sees it.
pub struct State<'a> {
    set: &'a Arc<Set>,
    template: &'a Arc<str>,
    depth: usize,
    limits: Limits,
    context: Option<&'a mut dyn Any>,
    heap: Option<&'a Heap>,
    /// The containers that functions change, where somebody watches.
    changed: Option<&'a mut Vec<Value>>,
    meter: &'a mut Meter,
}

impl State<'_> {
    /// Returns the set in use.
    #[must_use]
    pub fn set(&self) -> &Arc<Set> {
        self.set
    }

    /// Returns the name of the template that is running.
    #[must_use]
    pub fn template_name(&self) -> &Arc<str> {
        self.template
    }

    /// Returns the number of templates that are running, one within the other.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Returns the limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Takes steps off what the run may still use. A step is some 10 to 50 nanoseconds of work.
    ///
    /// For functions whose work grows with a number that a template may write (`until 1000000`), with the size of the
    /// lists and maps that they are given, or faster than that of the texts: a step for each eight bytes of a text is
    /// taken before the call.
    ///
    /// # Errors
    /// Returns the fault of the limit, which ends the run.
    pub fn spend(&mut self, steps: u64) -> Result<(), Fault> {
        self.meter.spend(steps)
    }

    /// Takes bytes off what values may still take. Asked before they are made, it keeps a short template from filling the
    /// memory (`repeat 1000000000 "a"`).
    ///
    /// A text that the function then gives back is charged only for what it is longer.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use gotemplate::{ErrorKind, Fault, Functions, Run, Set, Signature, Type, Value};
    ///
    /// let mut functions = Functions::new();
    /// functions.add("repeat", Signature::new([Type::Int, Type::String], Type::String), |state, args| {
    ///     let [Value::Int(count, _), Value::Str(text)] = args else { return Err(Fault::from("unreachable")) };
    ///     let count = usize::try_from(*count).map_err(|_| "strings: negative Repeat count")?;
    ///     state.charge(text.len().saturating_mul(count))?;
    ///     Ok(Value::from(text.to_str_lossy().repeat(count)))
    /// });
    /// let mut set = Set::new(Arc::new(functions));
    /// set.parse("t", r#"{{ repeat 1000000000 "abc" }}"#)?;
    /// let error = Run::new(&Arc::new(set)).render("t", &Value::Nil).unwrap_err();
    /// assert_eq!(error.kind, ErrorKind::Limit("memory"));
    /// # Ok::<(), gotemplate::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns the fault of the limit, which ends the run.
    pub fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
        self.meter.charge(bytes)
    }

    /// Returns how many bytes a text may have that the function makes: it has to fit into the output and the memory.
    #[must_use]
    pub fn room(&self) -> usize {
        self.limits.output.min(self.meter.memory)
    }

    /// Returns what `print` writes for a value. Unlike [`Value::to_text`], it takes the limits into account: a value that
    /// holds itself ends in their fault.
    ///
    /// # Errors
    /// Returns the fault of the limits `memory` or `output`, which ends the run.
    pub fn text_of(&mut self, value: &Value) -> Result<Vec<u8>, Fault> {
        let mut out = Vec::new();
        let limit = self.room();
        if !crate::fmt::append(&mut out, std::slice::from_ref(value), limit) {
            let output = self.limits.output;
            if limit == output {
                return Err(Fault::limit("output", format!("text is longer than {output} bytes")));
            }
            self.meter.charge(limit.saturating_add(1))?;
        }
        Ok(out)
    }

    /// Returns what the host gave to the run, where it is of this type.
    pub fn context<T: Any>(&mut self) -> Option<&mut T> {
        self.context.as_deref_mut().and_then(<dyn Any>::downcast_mut)
    }

    /// Says that the function changes a container in place: the run's heap remembers it, and an observer learns that
    /// what is in it may have come from elsewhere.
    pub fn track(&mut self, value: &Value) {
        if let Some(heap) = self.heap {
            heap.track(value);
        }
        if let Some(changed) = &mut self.changed {
            changed.push(value.clone());
        }
    }
}

impl fmt::Debug for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("template", &self.template).field("depth", &self.depth).finish_non_exhaustive()
    }
}

/// What a function gives back: a value, or a template to run for one.
pub enum Reply {
    /// The value.
    Value(Value),
    /// A template to run first.
    Render(Box<Render>),
}

impl<T: Into<Value>> From<T> for Reply {
    fn from(value: T) -> Reply {
        Reply::Value(value.into())
    }
}

impl From<Render> for Reply {
    fn from(render: Render) -> Reply {
        Reply::Render(Box::new(render))
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reply::Value(value) => value.fmt(f),
            Reply::Render(render) => write!(f, "Render({})", render.name()),
        }
    }
}

type Then = Box<dyn FnOnce(&mut State<'_>, Result<Vec<u8>, Error>) -> Result<Value, Fault>>;

/// A template that a function wants to run, as `include` and `tpl` do.
///
/// The machine runs it on its own stacks, so templates that include themselves cannot overflow the thread's stack.
///
/// ```
/// use std::sync::Arc;
/// use gotemplate::{Functions, Render, Run, Set, Signature, Type, Value};
///
/// let mut functions = Functions::new();
/// functions.add("include", Signature::new([Type::String, Type::Any], Type::String), |_, args| {
///     let name = String::from_utf8_lossy(&args[0].to_text()).into_owned();
///     Ok(Render::new(name, args[1].clone()))
/// });
/// let mut set = Set::new(Arc::new(functions));
/// set.parse("t", r#"{{ define "a" }}<{{ . }}>{{ end }}{{ include "a" 1 | printf "%q" }}"#)?;
/// assert_eq!(Run::new(&Arc::new(set)).render("t", &Value::Nil)?, br#""<1>""#);
/// # Ok::<(), gotemplate::Error>(())
/// ```
pub struct Render {
    set: Option<Arc<Set>>,
    what: What,
    data: Value,
    then: Then,
}

/// Which template to run.
enum What {
    Named(String),
    This(Template),
}

impl Render {
    /// Asks for a template of the set in use; its text is the function's value, its error the function's error.
    pub fn new(name: impl Into<String>, data: Value) -> Render {
        Render::what(What::Named(name.into()), data)
    }

    /// Asks for a template that need not be in a set.
    pub fn of(template: Template, data: Value) -> Render {
        Render::what(What::This(template), data)
    }

    fn what(what: What, data: Value) -> Render {
        let then = |_: &mut State<'_>, result: Result<Vec<u8>, Error>| {
            result.map(|text| Value::Str(text.into())).map_err(Fault::from)
        };
        Render { set: None, what, data, then: Box::new(then) }
    }

    /// Returns the template, or the name that the set does not know.
    fn template(&self, set: &Set) -> Result<Template, &str> {
        match &self.what {
            What::Named(name) => set.lookup(name).cloned().ok_or(name),
            What::This(template) => Ok(template.clone()),
        }
    }

    fn name(&self) -> &str {
        match &self.what {
            What::Named(name) => name,
            What::This(template) => template.name(),
        }
    }

    /// Runs the template, and looks up those that it calls, in another set.
    #[must_use]
    pub fn in_set(mut self, set: Arc<Set>) -> Render {
        self.set = Some(set);
        self
    }

    /// Makes the function's value, or its error, from the outcome. Limits that were reached are not told to it: they
    /// end the whole run.
    #[must_use]
    pub fn then(
        mut self,
        then: impl FnOnce(&mut State<'_>, Result<Vec<u8>, Error>) -> Result<Value, Fault> + 'static,
    ) -> Render {
        self.then = Box::new(then);
        self
    }
}

impl fmt::Debug for Render {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Render").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// A value on the machine's stack, with what Go's reflection knows beside it, and where it came from in a traced run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot<T = ()> {
    pub(crate) value: Value,
    /// Its static type is `interface {}`, as of an element of a map. Nil without it is no value at all.
    pub(crate) interface: bool,
    pub(crate) tag: T,
}

impl<T: Default> Slot<T> {
    pub(crate) fn new(value: Value, interface: bool) -> Slot<T> {
        Slot { value, interface, tag: T::default() }
    }

    pub(crate) fn concrete(value: Value) -> Slot<T> {
        Slot::new(value, false)
    }
}
