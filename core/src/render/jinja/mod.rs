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
mod fence;
mod functions;
mod further;
mod lineage;
#[cfg(test)]
mod lineage_tests;
mod reads;
mod recipe;
mod report;
mod run;
mod scan;
mod scope;
mod shadow;
mod source;
mod splice;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod words;
#[cfg(test)]
pub(crate) use words::native_words;
mod trace;

pub use functions::Functions;

use std::sync::{Arc, OnceLock};

use minijinja::machinery::{Instruction, get_compiled_template};
use minijinja::{AutoEscape, Environment, Error, State, UndefinedBehavior, Value as Mini};

use crate::diag::{Diagnostic, Diagnostics, Outcome};
use crate::object::Origins;
use crate::source::{FileId, Limits, Span, VPath};
use crate::yaml::{Node, Rules, normalize, parse};
use fence::Fences;
pub(super) use reads::Access;
use reads::{Kind, Reads};
use run::{Poison, Run, Tables};
use scope::Context;
pub(super) use scope::Scope;
use source::{Book, Marks, Names, Unit};
use splice::Splicer;

/// A template file.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// The path below the package, such as `templates/web.yaml`.
    pub(super) name: String,
    pub(super) file: FileId,
    pub(super) text: Arc<str>,
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
    // Read from syntax trees when somebody first asks: a run with nothing but defaults does not.
    reads: OnceLock<Vec<Reads>>,
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
        let names = Names::free_of(&files.iter().map(|file| &*file.text));
        let mut findings = Diagnostics::new();
        let plain = compile(&files, &functions, limits, &names, Marks::Plain, &mut findings);
        let fences = Fences::new(files.iter().map(|file| &*file.text));
        let limits = limits.clone();
        let (traced, reads) = (OnceLock::new(), OnceLock::new());
        let engine = Engine { plain, traced, files, functions, limits, names, reads, fences };
        if engine.plain.has_unknown_names(&engine.functions) {
            check_names(&engine.plain.book, engine.all_reads(), &engine.functions, &mut findings);
        }
        Outcome { value: engine, diagnostics: findings }
    }

    fn all_reads(&self) -> &[Reads] {
        self.reads.get_or_init(|| self.plain.book.units.iter().map(reads_of).collect())
    }

    /// Returns what the templates can read below `values`, with whether all below is read; `None` where that is not
    /// known.
    pub(super) fn reads(&self) -> Option<impl Iterator<Item = (&[Access], bool)>> {
        let all = self.all_reads();
        let known = all.iter().all(|reads| !reads.unknowable);
        let paths = || all.iter().flat_map(|reads| reads.paths.iter().map(|(path, whole)| (&path[..], *whole)));
        known.then(paths)
    }

    /// Renders every template that is no partial. One that fails does not hide the others.
    pub(super) fn render(&self, scope: &Scope<'_>, origins: &mut Origins) -> Outcome<Vec<Rendered>> {
        let compiled = if scope.trace {
            self.traced.get_or_init(|| {
                let mut ignored = Diagnostics::new();
                compile(&self.files, &self.functions, &self.limits, &self.names, Marks::Traced, &mut ignored)
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
            let run = Run::new(compiled.book.clone(), scope.trace, left);
            let documents = self.file(compiled, number, &run, scope, origins, &mut findings, &mut left);
            rendered.push(Rendered { file: unit.file, name: unit.name.clone(), documents });
            if left == 0 {
                break;
            }
        }
        Outcome { value: rendered, diagnostics: once(findings) }
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
                drop(tables);
                // An author knows nothing of what a traced run adds to the tags: the plain run says what is wrong.
                let found = self.all_errors(number, scope);
                let found = if found.is_empty() { vec![self.explain(&error, compiled, run, scope)] } else { found };
                let placed = |f: Diagnostic| if f.labels.is_empty() { f.at(unit.span(0)) } else { f };
                findings.extend(found.into_iter().map(placed));
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
        if !text.misplaced.is_empty() {
            findings.extend(text.misplaced.iter().map(|place| splice::in_properties(book, *place)));
            return Vec::new();
        }
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
            // A key that an expression gave twice was reported above, as the error that it is here.
            let told = |f: &Diagnostic| {
                let same = |other: &Diagnostic| other.code == "template-key-twice" && other.span() == f.span();
                f.code == "yaml-duplicate-key" && findings.iter().any(same)
            };
            let rest: Diagnostics = normalized.diagnostics.into_iter().filter(|finding| !told(finding)).collect();
            findings.append(rest);
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
        names.extend(
            compiled.env.globals().map(|(name, _)| name.to_owned()).filter(|name| !name.starts_with("__rhumb")),
        );
        names.extend(self.all_reads().iter().flat_map(|reads| reads.bound.iter().cloned()));
        let (book, misses, values) = (&*compiled.book, &*run.misses, scope.values);
        report::Scene { book, misses, values, names: &names, functions: &functions }.explain(error)
    }
}

// What is wrong with a partial or macro is met by every file that uses it.
fn once(findings: Diagnostics) -> Diagnostics {
    let mut seen = std::collections::HashSet::new();
    findings.into_iter().filter(|f| seen.insert((f.code, f.message.clone(), f.span()))).collect()
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
    let lone = finding.labels.first().and_then(|label| lone_hole(text, label.span.start as usize));
    if let (Some(place), true) = (lone, finding.is_error()) {
        let hint = "a value does not merge with the keys or items around it: give it a key of its own, or write them in a loop";
        finding = finding.help(hint);
        let (span, length) = (book.span(place), book.length(place));
        finding.labels.iter_mut().for_each(|label| label.span = text.span(label.span.start));
        return finding.label(span, length, "this value stands alone on its line");
    }
    for label in &mut finding.labels {
        label.span = text.span(label.span.start);
        label.text = splice::readable(&label.text, text, book).into();
    }
    finding
}

// The value that is all there is on the line of an offset or on the line before it.
fn lone_hole(text: &assemble::Text, offset: usize) -> Option<u32> {
    let before = text.text.get(..offset)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let above = before[..start.saturating_sub(1)].rfind('\n').map_or(0, |at| at + 1);
    let lines = [text.text.get(start..)?.lines().next(), text.text.get(above..start)?.lines().next()];
    lines.into_iter().flatten().find_map(|line| {
        let number = line.trim().strip_prefix(text.fence)?.strip_suffix(text.fence)?;
        Some(text.holes.get(number.parse::<usize>().ok()?)?.place)
    })
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
) -> Compiled {
    let mut book = Book::default();
    for file in files {
        book.add(&file.name, file.file, &file.text, names, marks, findings);
    }
    let book = Arc::new(book);
    let mut env = environment(&book, functions, limits, names, marks);
    for unit in &book.units {
        // A file with an error is left out: nothing is rendered then.
        if let Err(error) = env.add_template_owned(unit.name.clone(), unit.rewritten.clone()) {
            let offset = error.range().map_or(0, |range| range.start);
            findings.push(report::syntax(&error, unit.span(unit.original(offset))));
        }
    }
    Compiled { env, book }
}

fn reads_of(unit: &Unit) -> Reads {
    match minijinja::machinery::parse(&unit.rewritten, &unit.name, source::rewritten_syntax()) {
        Ok(tree) => reads::of(&tree, is_partial(&unit.name)),
        Err(_) => Reads { unknowable: true, ..Reads::default() },
    }
}

impl Compiled {
    /// Whether any branch of any template uses a filter or test that there is not, as the compiled code has it.
    fn has_unknown_names(&self, functions: &Functions) -> bool {
        let unknown = |instruction: &Instruction<'_>| match instruction {
            Instruction::ApplyFilter(name, ..) => is_unknown(Kind::Filter, name, functions),
            Instruction::PerformTest(name, ..) => is_unknown(Kind::Test, name, functions),
            _ => false,
        };
        self.book.units.iter().filter_map(|unit| self.env.get_template(&unit.name).ok()).any(|template| {
            let compiled = get_compiled_template(&template);
            let mut codes = std::iter::once(&compiled.instructions).chain(compiled.blocks.values());
            codes.any(|code| (0..).map_while(|at| code.get(at)).any(unknown))
        })
    }
}

fn is_unknown(kind: Kind, name: &str, functions: &Functions) -> bool {
    let own = functions.names().any(|known| known == name) || name.starts_with("__rhumb");
    !(own || known(kind).contains(&name)) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn known(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Filter => &functions::FILTERS,
        Kind::Test => &functions::TESTS,
    }
}

// A wrong name is found in every branch, not only in those that this run takes.
fn check_names(book: &Book, reads: &[Reads], functions: &Functions, findings: &mut Diagnostics) {
    for (unit, reads) in book.units.iter().zip(reads) {
        for (kind, name, start, end) in &reads.names {
            if !is_unknown(*kind, name, functions) {
                continue;
            }
            let (code, word) = match kind {
                Kind::Filter => ("template-unknown-filter", "filter"),
                Kind::Test => ("template-unknown-test", "test"),
            };
            let (start, end) = (unit.original(*start as usize), unit.original(*end as usize));
            let text = unit.text.get(start..end).unwrap_or("");
            let at = text.find(name.as_str()).unwrap_or(0);
            let candidates = known(*kind).iter().copied().chain(functions.names());
            let finding = Diagnostic::error(code, format!("there is no {word} `{name}`"))
                .label(unit.span(start + at), name.len(), "")
                .suggest(name, candidates);
            findings.push(finding);
        }
    }
}

fn environment(
    book: &Arc<Book>,
    functions: &Functions,
    limits: &Limits,
    names: &Names,
    marks: Marks,
) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_syntax(source::rewritten_syntax());
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_debug(true);
    env.set_fuel(Some(limits.steps));
    if marks == Marks::Traced {
        // What a traced run does besides must not bring it to a limit that the plain run kept.
        env.set_fuel(Some(limits.steps.saturating_mul(trace::COST)));
        trace::install(&mut env, names);
    }
    env.set_recursion_limit(limits.calls);
    functions::install(&mut env, functions);
    let own = names.clone();
    env.set_formatter(move |out, state, value| run::write(out, state, value, &own));
    let (own, other) = (names.clone(), names.clone());
    env.add_filter(names.capture.clone(), move |state: &mut State<'_, '_>, text: &Mini| captured(state, text, &own));
    env.add_function(names.capture.clone(), move |state: &mut State<'_, '_>, text: &Mini| {
        captured(state, text, &other)
    });
    let own = names.clone();
    env.add_function(names.wrap.clone(), move |inner: &Mini| run::wrap(inner.clone(), &own));
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

// Names count from the folder of templates, or from the including file where they start with `./` or `../`, or where
// there is such a file beside it.
fn resolve(name: &str, parent: &str, book: &Book) -> String {
    let templates = VPath::parse("templates").unwrap_or_default();
    let there = |path: &VPath| path.strip_prefix(&templates).is_some() && book.unit(path.as_str()).is_some();
    let folder = VPath::parse(parent).map(|path| path.parent()).unwrap_or_default();
    let beside = folder.join(name).ok();
    if let Some(path) = beside.as_ref().filter(|path| there(path)) {
        return path.as_str().to_owned();
    }
    if name.starts_with("./") || name.starts_with("../") {
        return beside.map_or(name.to_owned(), |path| path.as_str().to_owned());
    }
    let below = templates.join(name).ok().filter(there);
    let found = below.or_else(|| VPath::parse(name).ok().filter(there));
    found.map_or(name.to_owned(), |path| path.as_str().to_owned())
}
