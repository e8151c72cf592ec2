//! Runs compiled templates.

mod call;
mod field;
mod machine;
mod meter;
mod range;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Fault};
use crate::set::Set;
use crate::value::{Heap, Value};
use machine::Machine;
pub(crate) use meter::Meter;

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
    context: Option<&'a mut dyn Any>,
    heap: Option<&'a Heap>,
}

impl<'a> Run<'a> {
    /// Returns a run with the default limits.
    #[must_use]
    pub fn new(set: &'a Arc<Set>) -> Run<'a> {
        Run { set, limits: Limits::default(), context: None, heap: None }
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Run<'a> {
        self.limits = limits;
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
    pub fn render_into(self, name: &str, data: &Value, out: &mut Vec<u8>) -> Result<(), Error> {
        Machine::new(self, std::mem::take(out)).run(name, data, out)
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
    /// For functions whose work grows with a number that a template may write (`until 1000000`) or with the size of
    /// what they are given, where that is much more than the result's size.
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

    /// Returns what `print` writes for a value. Unlike [`Value::to_text`], it takes the limits into account: a value that
    /// holds itself ends in their fault.
    ///
    /// # Errors
    /// Returns the fault of the limit `memory`, which ends the run.
    pub fn text_of(&mut self, value: &Value) -> Result<Vec<u8>, Fault> {
        let mut out = Vec::new();
        let limit = self.meter.memory;
        if !crate::fmt::append(&mut out, std::slice::from_ref(value), limit) {
            self.meter.charge(limit.saturating_add(1))?;
        }
        Ok(out)
    }

    /// Returns what the host gave to the run, where it is of this type.
    pub fn context<T: Any>(&mut self) -> Option<&mut T> {
        self.context.as_deref_mut().and_then(<dyn Any>::downcast_mut)
    }

    /// Remembers a container that the function changed, where the run has a heap.
    pub fn track(&self, value: &Value) {
        if let Some(heap) = self.heap {
            heap.track(value);
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
            Reply::Render(render) => write!(f, "Render({})", render.name),
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
    name: String,
    data: Value,
    then: Then,
}

impl Render {
    /// Asks for a template of the set in use; its text is the function's value, its error the function's error.
    pub fn new(name: impl Into<String>, data: Value) -> Render {
        let then = |_: &mut State<'_>, result: Result<Vec<u8>, Error>| {
            result.map(|text| Value::Str(text.into())).map_err(Fault::from)
        };
        Render { set: None, name: name.into(), data, then: Box::new(then) }
    }

    /// Takes the template from another set.
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
        f.debug_struct("Render").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A value on the machine's stack, with what Go's reflection knows beside it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    pub(crate) value: Value,
    /// Its static type is `interface {}`, as of an element of a map. Nil without it is no value at all.
    pub(crate) interface: bool,
}

impl Slot {
    pub(crate) fn concrete(value: Value) -> Slot {
        Slot { value, interface: false }
    }
}
