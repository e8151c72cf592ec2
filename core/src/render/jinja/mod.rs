//! Native templates: minijinja that writes nodes, not text.
//!
//! A template is read in five steps. [`source`] rewrites it so that minijinja's output holds marks alone, [`run`]
//! keeps the values behind the marks, [`assemble`] puts the template's own text together with holes where values
//! stand, the YAML reader parses that text, and [`splice`] puts the values into the holes of the tree. Values are
//! looked at when the structure is settled, so no value can change it.
//!
//! Nothing of this shows: what a filter sees of a macro's result is its real text, places in findings are the
//! author's, and names of ours occur in no template.

mod assemble;
mod convert;
mod functions;
mod reads;
mod report;
mod run;
mod scan;
mod source;
mod splice;
#[cfg(test)]
mod tests;

pub use functions::Functions;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, OnceLock};

use minijinja::value::{Object, ObjectRepr};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior, Value as Mini};

use crate::diag::{Diagnostic, Diagnostics, Outcome};
use crate::object::Origins;
use crate::source::{FileId, Limits, Span, VPath};
use crate::value::{Map, Step, Value, ValuePath};
use crate::yaml::{Node, Rules, normalize, parse};
use convert::{Link, Tracked, tracked};
use reads::{Access, Chain, Kind, Reads};
use run::{Handle, Mark, Poison, Run, Tables};
use source::{Book, Marks, Names};
use splice::Splicer;

/// A template file.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// The path below the package, such as `templates/web.yaml`.
    pub(super) name: String,
    pub(super) file: FileId,
    pub(super) text: Arc<str>,
}

/// What templates see.
pub(super) struct Scope<'a> {
    pub(super) values: &'a Value,
    /// Where a value was set.
    pub(super) set_at: splice::SetAt<'a>,
    pub(super) release: Value,
    pub(super) package: Value,
    pub(super) kube_version: &'a str,
    /// Whether the cluster has an API, `apps/v1` or `apps/v1/Deployment`.
    pub(super) has: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    pub(super) files: Arc<BTreeMap<String, Arc<[u8]>>>,
    pub(super) trace: bool,
}

/// The documents of one template.
pub(super) struct Rendered {
    pub(super) file: FileId,
    pub(super) name: String,
    pub(super) documents: Vec<Document>,
}

/// A document with content.
pub(super) struct Document {
    pub(super) node: Node,
    pub(super) span: Span,
    /// Whether one expression gave all of it.
    pub(super) from_value: bool,
}

/// The templates of one package, compiled.
#[derive(Debug)]
pub(super) struct Engine {
    plain: Compiled,
    // Compiled when a traced run first asks.
    traced: OnceLock<Compiled>,
    files: Vec<File>,
    functions: Functions,
    limits: Limits,
    names: Names,
    reads: Vec<Reads>,
    fences: Fences,
}

#[derive(Debug)]
struct Compiled {
    env: Environment<'static>,
    book: Arc<Book>,
}

const GLOBALS: [&str; 5] = ["values", "release", "package", "kube", "files"];

impl Engine {
    /// Compiles templates; finds the syntax errors of all of them.
    pub(super) fn compile(files: Vec<File>, functions: Functions, limits: &Limits) -> Outcome<Engine> {
        let names = Names::free_of(files.iter().map(|file| &*file.text));
        let mut findings = Diagnostics::new();
        let (plain, reads) = compile(&files, &functions, limits, &names, Marks::Plain, &mut findings);
        check_names(&plain.book, &reads, &functions, &mut findings);
        let fences = Fences::new(files.iter().map(|file| &*file.text));
        let limits = limits.clone();
        let engine = Engine { plain, traced: OnceLock::new(), files, functions, limits, names, reads, fences };
        Outcome { value: engine, diagnostics: findings }
    }

    /// Returns what the templates can read below `values`, with whether all below is read; `None` where that is not
    /// known.
    pub(super) fn reads(&self) -> Option<impl Iterator<Item = (&[Access], bool)>> {
        let known = self.reads.iter().all(|reads| !reads.unknowable);
        let paths = || self.reads.iter().flat_map(|reads| reads.paths.iter().map(|(path, whole)| (&path[..], *whole)));
        known.then(paths)
    }

    /// Renders every template that is no partial. One that fails does not hide the others.
    pub(super) fn render(&self, scope: &Scope<'_>, origins: &mut Origins) -> Outcome<Vec<Rendered>> {
        let compiled = if scope.trace {
            self.traced.get_or_init(|| {
                let mut ignored = Diagnostics::new();
                compile(&self.files, &self.functions, &self.limits, &self.names, Marks::Traced, &mut ignored).0
            })
        } else {
            &self.plain
        };
        let mut findings = Diagnostics::new();
        let mut rendered = Vec::new();
        let mut left = self.limits.output_bytes;
        for (number, unit) in compiled.book.units.iter().enumerate() {
            if is_partial(&unit.name) || !is_yaml(&unit.name) {
                continue;
            }
            let run = Run::new(compiled.book.clone(), left);
            let documents = self.file(compiled, number, &run, scope, origins, &mut findings, &mut left);
            rendered.push(Rendered { file: unit.file, name: unit.name.clone(), documents });
            if left == 0 {
                break;
            }
        }
        Outcome { value: rendered, diagnostics: findings }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one run, used nowhere else")]
    fn file(
        &self,
        compiled: &Compiled,
        number: usize,
        run: &Arc<Run>,
        scope: &Scope<'_>,
        origins: &mut Origins,
        findings: &mut Diagnostics,
        left: &mut usize,
    ) -> Vec<Document> {
        let book = &compiled.book;
        let unit = &book.units[number];
        let result = self.run(compiled, &unit.name, run, scope);
        let tables = run.lock();
        if let Some(Poison::Joined(place)) = tables.poison {
            findings.push(splice::not_text(book, place));
            return Vec::new();
        }
        let marks = match result {
            Ok(marks) => marks,
            Err(error) => {
                let found = self.explain(&error, compiled, run, scope);
                findings.push(found);
                return Vec::new();
            }
        };
        let pieces = run::decode(&marks, book);
        let text = self.fences.assemble(&pieces, book, &tables, *left);
        *left = if text.overflow { 0 } else { left.saturating_sub(text.text.len()) };
        if text.overflow {
            findings.push(Diagnostic::error("template-limit", run::OVERFLOW).at(unit.span(0)));
            return Vec::new();
        }
        self.documents(unit.file, &text, book, &tables, scope, origins, findings)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one run, used nowhere else")]
    fn documents(
        &self,
        file: FileId,
        text: &assemble::Text,
        book: &Book,
        tables: &Tables,
        scope: &Scope<'_>,
        origins: &mut Origins,
        findings: &mut Diagnostics,
    ) -> Vec<Document> {
        let parsed = parse(&text.text, file, &self.limits);
        let failed = parsed.diagnostics.has_errors();
        findings.extend(parsed.diagnostics.into_iter().map(|finding| authored(finding, text, book)));
        let used = vec![false; text.holes.len()];
        let (set_at, trace) = (scope.set_at, scope.trace);
        let mut splicer = Splicer { text, book, tables, set_at, trace, origins, findings, used };
        let mut filled = Vec::new();
        for document in parsed.value {
            let Some(root) = document.root else { continue };
            let from_value = splicer.is_hole(&root);
            let node = splicer.node(root);
            filled.push(Document { node, span: text.span(document.span.start), from_value });
        }
        if !failed {
            splicer.finish();
        }
        let mut documents = Vec::new();
        for document in filled {
            let normalized = normalize(document.node, Rules::Kubectl, &self.limits);
            findings.append(normalized.diagnostics);
            let node = normalized.value;
            if !(document.from_value && node.is_null()) {
                documents.push(Document { node, ..document });
            }
        }
        if failed { Vec::new() } else { documents }
    }

    fn run(&self, compiled: &Compiled, name: &str, run: &Arc<Run>, scope: &Scope<'_>) -> Result<String, Error> {
        let template = compiled.env.get_template(name)?;
        let context = Mini::from_object(Context::new(scope, run, &self.names));
        let mut out = Bounded { bytes: Vec::new(), most: self.limits.output_bytes };
        template.render_captured_to(context, &mut out)?;
        Ok(String::from_utf8(out.bytes).unwrap_or_default())
    }

    fn explain(&self, error: &Error, compiled: &Compiled, run: &Run, scope: &Scope<'_>) -> Diagnostic {
        let functions: Vec<&str> = self.functions.names().collect();
        let mut names: Vec<String> = GLOBALS.iter().map(ToString::to_string).collect();
        names.extend(compiled.env.globals().map(|(name, _)| name.to_owned()).filter(|name| !name.starts_with("__rhumb")));
        names.extend(self.reads.iter().flat_map(|reads| reads.bound.iter().cloned()));
        let (book, misses, values) = (&*compiled.book, &*run.misses, scope.values);
        report::Scene { book, misses, values, names: &names, functions: &functions }.explain(error)
    }
}

fn is_partial(name: &str) -> bool {
    name.rsplit('/').next().unwrap_or("").starts_with('_')
}

fn is_yaml(name: &str) -> bool {
    VPath::parse(name).is_ok_and(|path| path.is_yaml())
}

// The finding at the author's place, with expressions where the parser saw holes.
fn authored(mut finding: Diagnostic, text: &assemble::Text, book: &Book) -> Diagnostic {
    finding.message = splice::readable(&finding.message, text, book).into();
    if let Some(help) = &mut finding.help {
        *help = splice::readable(help, text, book).into();
    }
    for note in &mut finding.notes {
        *note = splice::readable(note, text, book).into();
    }
    for label in &mut finding.labels {
        label.span = text.span(label.span.start);
        label.text = splice::readable(&label.text, text, book).into();
    }
    finding
}

struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len().saturating_add(bytes.len()) > self.most {
            return Err(std::io::Error::other(run::OVERFLOW));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn compile(
    files: &[File],
    functions: &Functions,
    limits: &Limits,
    names: &Names,
    marks: Marks,
    findings: &mut Diagnostics,
) -> (Compiled, Vec<Reads>) {
    let mut book = Book::default();
    for file in files {
        book.add(&file.name, file.file, &file.text, names, marks, findings);
    }
    let mut all_reads = Vec::new();
    for number in 0..book.units.len() {
        let unit = &book.units[number];
        let rewritten = unit.rewritten.clone();
        let name = unit.name.clone();
        match minijinja::machinery::parse(&rewritten, &name, source::rewritten_syntax()) {
            Ok(tree) => {
                let reads = reads::of(&tree, is_partial(&name));
                attach(&mut book, number, &reads);
                all_reads.push(reads);
            }
            Err(error) => {
                let offset = error.range().map_or(0, |range| range.start);
                findings.push(report::syntax(&error, unit.span(unit.original(offset))));
                all_reads.push(Reads { unknowable: true, ..Reads::default() });
            }
        }
    }
    let book = Arc::new(book);
    let mut env = environment(&book, functions, limits, names);
    for unit in &book.units {
        // A file with a syntax error has been reported, and nothing is rendered then.
        let _ = env.add_template_owned(unit.name.clone(), unit.rewritten.clone());
    }
    (Compiled { env, book }, all_reads)
}

fn attach(book: &mut Book, unit: usize, reads: &Reads) {
    let first = book.places.partition_point(|place| (place.unit as usize) < unit);
    for (offset, chains) in &reads.written {
        let offset = book.units[unit].original(*offset as usize);
        let after = book.places[first..].partition_point(|p| p.unit as usize == unit && p.start as usize <= offset);
        if let Some(place) = (first + after).checked_sub(1).and_then(|at| book.places.get_mut(at)) {
            if place.unit as usize == unit {
                place.reads.extend(chains.iter().cloned());
            }
        }
    }
}

// A wrong name is found in every branch, not only in those that this run takes.
fn check_names(book: &Book, reads: &[Reads], functions: &Functions, findings: &mut Diagnostics) {
    for (unit, reads) in book.units.iter().zip(reads) {
        for (kind, name, start, end) in &reads.names {
            let own = functions.names().any(|known| known == name) || name.starts_with("__rhumb");
            let (code, word, known) = match kind {
                Kind::Filter => ("template-unknown-filter", "filter", &functions::FILTERS[..]),
                Kind::Test => ("template-unknown-test", "test", &functions::TESTS[..]),
            };
            if own || known.contains(&name.as_str()) || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                continue;
            }
            let (start, end) = (unit.original(*start as usize), unit.original(*end as usize));
            let text = unit.text.get(start..end).unwrap_or("");
            let at = text.find(name.as_str()).unwrap_or(0);
            let candidates = known.iter().copied().chain(functions.names());
            let finding = Diagnostic::error(code, format!("there is no {word} `{name}`"))
                .label(unit.span(start + at), name.len(), "")
                .suggest(name, candidates);
            findings.push(finding);
        }
    }
}

fn environment(book: &Arc<Book>, functions: &Functions, limits: &Limits, names: &Names) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_syntax(source::rewritten_syntax());
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_debug(true);
    env.set_fuel(Some(limits.steps));
    env.set_recursion_limit(limits.calls);
    functions::install(&mut env, functions);
    let own = names.clone();
    env.set_formatter(move |out, state, value| run::write(out, state, value, &own));
    let (own, other) = (names.clone(), names.clone());
    env.add_filter(names.capture.clone(), move |state: &mut State<'_, '_>, text: &Mini| captured(state, text, &own));
    env.add_function(names.capture.clone(), move |state: &mut State<'_, '_>, text: &Mini| captured(state, text, &other));
    let own = names.clone();
    env.add_function(names.wrap.clone(), move |inner: &Mini| run::wrap(inner.clone(), &own));
    let (own, places) = (names.clone(), book.clone());
    env.add_function(names.trace.clone(), move |state: &mut State<'_, '_>, place: u32| trace(state, place, &places, &own));
    let files = book.clone();
    env.set_path_join_callback(move |name, parent| resolve(name, parent, &files).into());
    env
}

fn captured(state: &mut State<'_, '_>, text: &Mini, names: &Names) -> Result<Mini, Error> {
    let run = run::of(state, names)?;
    match text.as_str() {
        Some(marks) => run::capture(&run, marks),
        None => Ok(text.clone()),
    }
}

// Notes the values that an expression is about to read.
fn trace(state: &mut State<'_, '_>, place: u32, book: &Book, names: &Names) -> Result<Mini, Error> {
    let run = run::of(state, names)?;
    let chains = book.places.get(place as usize).map_or(&[][..], |place| &place.reads);
    let paths: Vec<_> = chains.iter().filter_map(|chain| picked(state, chain)).collect();
    let mut tables = run.lock();
    tables.traces.push(paths);
    Ok(Mini::from_object(Mark(format!("E{place};T{};", tables.traces.len() - 1))))
}

fn picked(state: &State<'_, '_>, chain: &Chain) -> Option<(&'static str, ValuePath)> {
    let root = state.lookup(&chain.root)?;
    let tracked = root.downcast_object_ref::<Tracked>()?;
    let mut path = tracked.link.path();
    let mut value = &tracked.value;
    for step in &chain.steps {
        let Access::Key(key) = step else { break };
        match value {
            Value::Seq(items) => {
                let index: usize = key.parse().ok()?;
                value = items.get(index)?;
                path = ValuePath::from([path.steps(), &[Step::Index(index)]].concat());
            }
            _ => {
                let Some(inner) = value.get(key) else { break };
                value = inner;
                path.push_key(key.as_str());
            }
        }
    }
    Some((tracked.root, path))
}

// Names count from the folder of templates, or from the including file where they start with `./` or `../`, or where
// there is such a file beside it.
fn resolve(name: &str, parent: &str, book: &Book) -> String {
    let has = |path: &VPath| book.unit(path.as_str()).is_some();
    let folder = VPath::parse(parent).map(|path| path.parent()).unwrap_or_default();
    let beside = folder.join(name).ok();
    let templates = VPath::parse("templates").unwrap_or_default();
    let below = templates.join(name).ok();
    let exact = VPath::parse(name).ok();
    let relative = name.starts_with("./") || name.starts_with("../");
    let order = if relative { [beside.clone(), None, None] } else { [beside.clone(), below, exact] };
    let inside = |path: &&VPath| path.strip_prefix(&templates).is_some() && has(path);
    let found = order.iter().flatten().find(inside).map(|path| path.as_str().to_owned());
    found.unwrap_or_else(|| if relative { beside.map_or(name.to_owned(), |p| p.as_str().to_owned()) } else { name.to_owned() })
}

// The variables that every template has.
#[derive(Debug)]
struct Context {
    values: Mini,
    release: Mini,
    package: Mini,
    kube: Mini,
    files: Mini,
    run: Mini,
    run_name: String,
}

impl Context {
    fn new(scope: &Scope<'_>, run: &Arc<Run>, names: &Names) -> Context {
        let object = |value: &Value, root| tracked(value, &Link::root(), root, &run.misses);
        Context {
            values: object(scope.values, "values"),
            release: object(&scope.release, "release"),
            package: object(&scope.package, "package"),
            kube: Mini::from_object(Kube { version: scope.kube_version.to_owned(), has: scope.has.clone() }),
            files: Mini::from_object(Files(scope.files.clone())),
            run: Mini::from_object(Handle(run.clone())),
            run_name: names.run.clone(),
        }
    }
}

impl Object for Context {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Mini) -> Option<Mini> {
        match key.as_str()? {
            "values" => Some(self.values.clone()),
            "release" => Some(self.release.clone()),
            "package" => Some(self.package.clone()),
            "kube" => Some(self.kube.clone()),
            "files" => Some(self.files.clone()),
            name if name == self.run_name => Some(self.run.clone()),
            _ => None,
        }
    }
}

struct Kube {
    version: String,
    has: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl std::fmt::Debug for Kube {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "kube {}", self.version)
    }
}

impl Object for Kube {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Mini) -> Option<Mini> {
        (key.as_str()? == "version").then(|| Mini::from(self.version.as_str()))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Mini]) -> Result<Mini, Error> {
        match (method, args) {
            ("has", [api]) => {
                let text = api.as_str().ok_or_else(|| wrong("`kube.has` takes a text such as \"apps/v1/Deployment\""))?;
                Ok(Mini::from((self.has)(text)))
            }
            ("has", _) => Err(wrong("`kube.has` takes one text such as \"apps/v1/Deployment\"")),
            _ => Err(wrong(format!("`kube` has no function `{method}`; it has `has` and `version`"))),
        }
    }
}

#[derive(Debug)]
struct Files(Arc<BTreeMap<String, Arc<[u8]>>>);

impl Files {
    fn text(&self, name: &str) -> Result<&str, Error> {
        let Some(bytes) = self.0.get(name) else {
            let near = crate::diag::nearest(name, self.0.keys().map(String::as_str));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(wrong(format!("the package has no file `files/{name}`{hint}")));
        };
        std::str::from_utf8(bytes).map_err(|_| wrong(format!("`files/{name}` is not UTF-8; use `files.base64`")))
    }
}

impl Object for Files {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Mini]) -> Result<Mini, Error> {
        let [name] = args else { return Err(wrong(format!("`files.{method}` takes one text"))) };
        let name = name.as_str().ok_or_else(|| wrong(format!("`files.{method}` takes a text")))?;
        match method {
            "get" => Ok(Mini::from(self.text(name)?)),
            "has" => Ok(Mini::from(self.0.contains_key(name))),
            "lines" => Ok(self.text(name)?.lines().map(Mini::from).collect()),
            "base64" => {
                let bytes = self.0.get(name);
                bytes.map_or_else(|| self.text(name).map(Mini::from), |bytes| Ok(Mini::from(functions::base64(bytes))))
            }
            "glob" => {
                let names = self.0.keys().filter(|path| matches_glob(name.as_bytes(), path.as_bytes()));
                let pair = |path: &String| Ok((path.clone(), Value::from(self.text(path)?)));
                let map = names.map(pair).collect::<Result<Map, Error>>()?;
                Ok(convert::plain(&Value::from(map)))
            }
            _ => Err(wrong(format!("`files` has no function `{method}`; it has get, has, lines, glob and base64"))),
        }
    }
}

// `*` and `?` stay in a folder, `**` does not. The two places to go back to keep it linear in both lengths together.
fn matches_glob(pattern: &[u8], path: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let (mut star, mut stars): (Option<(usize, usize)>, Option<(usize, usize)>) = (None, None);
    loop {
        let rest = &pattern[p..];
        if rest.starts_with(b"**") {
            p += if rest.starts_with(b"**/") { 3 } else { 2 };
            (stars, star) = (Some((p, t)), None);
        } else if rest.first() == Some(&b'*') {
            p += 1;
            star = Some((p, t));
        } else if p == pattern.len() && t == path.len() {
            return true;
        } else if t < path.len() && rest.first().is_some_and(|c| *c == path[t] || (*c == b'?' && path[t] != b'/')) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((from, at)) = star.filter(|(_, at)| *at < path.len() && path[*at] != b'/') {
            (p, t, star) = (from, at + 1, Some((from, at + 1)));
        } else if let Some((from, at)) = stars.filter(|(_, at)| *at < path.len()) {
            (p, t, star, stars) = (from, at + 1, None, Some((from, at + 1)));
        } else {
            return false;
        }
    }
}

fn wrong(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

// The characters that may stand around the number of a hole: of the private use areas, and in no template.
#[derive(Debug)]
struct Fences {
    used: HashSet<char>,
}

impl Fences {
    fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Fences {
        let used = texts.flat_map(str::chars).filter(|c| is_private(*c)).collect();
        Fences { used }
    }

    // Escapes of quoted scalars (`"\uE000"`) may give a character that no template holds, and may be put together of
    // several templates' parts: the text says which it gives.
    fn assemble(&self, pieces: &[run::Piece], book: &Book, tables: &Tables, most: usize) -> assemble::Text {
        let first = self.free(&HashSet::new());
        let text = assemble::assemble(pieces, book, tables, first, most);
        let escaped = escapes(&text.text);
        if !escaped.contains(&first) {
            return text;
        }
        assemble::assemble(pieces, book, tables, self.free(&escaped), most)
    }

    fn free(&self, others: &HashSet<char>) -> char {
        let all = ('\u{E000}'..='\u{F8FF}').chain('\u{F0000}'..='\u{FFFFD}');
        let mut free = all.filter(|c| !self.used.contains(c) && !others.contains(c));
        free.next().unwrap_or('\u{10FFFD}')
    }
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}')
}

fn escapes(text: &str) -> HashSet<char> {
    let mut found = HashSet::new();
    for (at, _) in text.match_indices('\\') {
        let digits = match text.as_bytes().get(at + 1) {
            Some(b'u') => text.get(at + 2..at + 6),
            Some(b'U') => text.get(at + 2..at + 10),
            _ => None,
        };
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        found.extend(number.and_then(char::from_u32).filter(|c| is_private(*c)));
    }
    found
}
