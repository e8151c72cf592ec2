//! Templates that know each other, and the options under which they are parsed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::functions::Functions;
use crate::parse;
use crate::program::Program;
use crate::reads::{ReadStep, Reads};

/// What a map without the key gives (Go's option `missingkey`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// No value, which prints `<no value>` and whose fields are no value either.
    #[default]
    Default,
    /// The zero of the element type; for `interface {}` a nil whose fields are errors.
    Zero,
    /// An error.
    Error,
}

/// How a set parses and reads.
#[derive(Clone, Debug)]
pub struct Options {
    /// What a map without the key gives.
    pub missing_key: MissingKey,
    /// The left delimiter; empty for `{{`.
    pub left: String,
    /// The right delimiter; empty for `}}`.
    pub right: String,
    /// How deep parentheses may nest.
    pub expression_depth: usize,
}

impl Default for Options {
    fn default() -> Options {
        let (left, right) = (String::new(), String::new());
        Options { missing_key: MissingKey::Default, left, right, expression_depth: 10_000 }
    }
}

/// One compiled template.
#[derive(Clone)]
pub struct Template {
    pub(crate) program: Arc<Program>,
}

impl Template {
    /// Returns the name by which `template` finds it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.program.name
    }

    /// Returns the name under which the text it stands in was parsed.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.program.source.name
    }
}

/// Writes the canonical form (Go's `Root.String()`).
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.program.source.print(self.program.root))
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({:?} of {:?})", self.name(), self.source_name())
    }
}

/// Templates that can call each other, with their functions.
///
/// A set is changed by parsing and then shared: compiled templates are `Send + Sync`, and any number of runs may use
/// them at once.
#[derive(Clone, Debug)]
pub struct Set {
    functions: Arc<Functions>,
    options: Options,
    base: Option<Arc<Set>>,
    own: BTreeMap<Arc<str>, Template>,
}

impl Set {
    /// Returns an empty set.
    #[must_use]
    pub fn new(functions: Arc<Functions>) -> Set {
        Set { functions, options: Options::default(), base: None, own: BTreeMap::new() }
    }

    /// Returns a set that sees everything of this one and keeps its own additions to itself (Go's `Clone`), without
    /// copying anything.
    #[must_use]
    pub fn derive(self: &Arc<Set>) -> Set {
        Set {
            functions: self.functions.clone(),
            options: self.options.clone(),
            base: Some(self.clone()),
            own: BTreeMap::new(),
        }
    }

    /// Returns the options for what is parsed and run from now on.
    pub fn options(&mut self) -> &mut Options {
        &mut self.options
    }

    /// Returns the functions.
    #[must_use]
    pub fn functions(&self) -> &Arc<Functions> {
        &self.functions
    }

    pub(crate) fn missing_key(&self) -> MissingKey {
        self.options.missing_key
    }

    /// Parses a text under a name and adds the templates it defines (Go's `t.New(name).Parse(text)`).
    ///
    /// A later definition replaces an earlier one of the same name, unless it holds nothing but space.
    ///
    /// # Errors
    /// Returns Go's parse error; the set is as it was then.
    pub fn parse(&mut self, name: &str, text: impl AsRef<[u8]>) -> Result<(), Error> {
        self.parse_shared(name, Arc::from(text.as_ref()))
    }

    /// Does what [`parse`](Set::parse) does, without a copy of the text.
    ///
    /// # Errors
    /// Returns Go's parse error; the set is as it was then.
    pub fn parse_shared(&mut self, name: &str, text: Arc<[u8]>) -> Result<(), Error> {
        for template in self.compile_shared(name, text)? {
            self.add(template);
        }
        Ok(())
    }

    /// Parses a text under a name and returns the templates it defines, the one of the whole text under that name among
    /// them; the set stays as it is. What comes out depends on the functions and the options of the set alone.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use gotemplate::{Functions, Set};
    ///
    /// let set = Set::new(Arc::new(Functions::new()));
    /// let templates = set.compile("t", r#"{{ define "a" }}b{{ end }}c"#)?;
    /// let mut names: Vec<&str> = templates.iter().map(|template| template.name()).collect();
    /// names.sort();
    /// assert_eq!(names, ["a", "t"]);
    /// assert!(set.lookup("a").is_none());
    /// # Ok::<(), gotemplate::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns Go's parse error.
    pub fn compile(&self, name: &str, text: impl AsRef<[u8]>) -> Result<Vec<Template>, Error> {
        self.compile_shared(name, Arc::from(text.as_ref()))
    }

    fn compile_shared(&self, name: &str, text: Arc<[u8]>) -> Result<Vec<Template>, Error> {
        let name: Arc<str> = Arc::from(name);
        let delims = (self.options.left.as_str(), self.options.right.as_str());
        let (source, bodies) = parse::parse(&name, &text, delims, &self.functions, self.options.expression_depth)?;
        let source = Arc::new(source);
        let template = |body: parse::Body| {
            let program = Program::new(body.name, source.clone(), body.root, self.functions.clone());
            Template { program: Arc::new(program) }
        };
        Ok(bodies.into_iter().map(template).collect())
    }

    /// Adds a template under its name, in place of one that has it, unless the new one holds nothing but space.
    pub fn add(&mut self, template: Template) {
        let name = &template.program.name;
        if !template.program.empty || self.lookup(name).is_none() {
            self.own.insert(name.clone(), template);
        }
    }

    /// Returns the template of a name.
    #[must_use]
    pub fn lookup(&self, name: &str) -> Option<&Template> {
        let mut set = self;
        loop {
            if let Some(template) = set.own.get(name) {
                return Some(template);
            }
            set = set.base.as_deref()?;
        }
    }

    /// Returns what these templates, which are all given the same data, can read of it. See [`reads`](crate::reads).
    ///
    /// Templates that there are not read nothing. Where a text is evaluated ([`Flow::Evaluate`]) that comes from the data,
    /// `may_hold_actions` is asked for its path: whether a text (or a key of a map) there or anywhere below may be part of
    /// an action, so that the text has to be taken for one that reads all that it is given.
    ///
    /// [`Flow::Evaluate`]: crate::observe::Flow::Evaluate
    #[must_use]
    pub fn reads<'a>(
        &self,
        entries: impl IntoIterator<Item = &'a str>,
        may_hold_actions: impl FnMut(&[&ReadStep]) -> bool,
    ) -> Reads {
        Reads::of(self, entries, may_hold_actions)
    }

    /// Returns the names of all templates, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<Arc<str>> {
        let mut names = Vec::new();
        let mut set = Some(self);
        while let Some(this) = set {
            names.extend(this.own.keys().cloned());
            set = this.base.as_deref();
        }
        names.sort();
        names.dedup();
        names
    }
}
