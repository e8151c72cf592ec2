//! A template as its author wrote it, rewritten so that nothing but marks reaches minijinja's output.
//!
//! Text between tags becomes `R<number>;`, an expression keeps its own text behind `E<number>;`, an include stands
//! between `I<number>;` and `O;`. Captures (`set` and `filter` blocks, macros, `loop(…)` inside an expression) pass
//! through a function of ours that turns marks back into real text. A mark can never be forged: neither text nor
//! values are written to the output, only their numbers.

use std::fmt::Write as _;
use std::sync::Arc;

use minijinja::machinery::{Span as TokenSpan, Token, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::recipe::{Args, Recipe};
use super::shadow::{Added, Params, Shadows};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{FileId, Span};

/// One template file.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// The path below the package, such as `templates/web.yaml`.
    pub(super) name: String,
    pub(super) file: FileId,
    pub(super) text: Arc<str>,
    /// What minijinja compiles.
    pub(super) rewritten: String,
    // Invariant: sorted by the first number; (offset in `rewritten`, offset in `text`).
    places: Vec<(u32, u32)>,
}

impl Unit {
    /// Returns the author's offset of an offset in the rewritten text.
    pub(super) fn original(&self, offset: usize) -> usize {
        let at = self.places.partition_point(|(new, _)| *new as usize <= offset);
        let Some((new, old)) = at.checked_sub(1).and_then(|i| self.places.get(i)) else { return 0 };
        let next = self.places.get(at).map_or(self.text.len(), |(_, old)| *old as usize);
        (*old as usize + (offset - *new as usize)).min(next.max(*old as usize))
    }

    pub(super) fn span(&self, offset: usize) -> Span {
        Span::new(self.file, offset)
    }
}

/// A stretch of text between tags.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) unit: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// An expression or tag that writes.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) unit: u32,
    pub(super) start: u32,
    pub(super) end: u32,
    /// The column of an output tag (`include`, `call`, `filter`) that stands alone on its line: what it writes is a
    /// block of lines of that column.
    pub(super) block: Option<u32>,
    /// How its value is made; known in a traced run.
    pub(super) recipe: Recipe,
}

/// The names by which the rewritten text calls us; no template of the package holds them.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) capture: String,
    pub(super) wrap: String,
    pub(super) run: String,
    pub(super) gap: String,
    // What follows is for traced runs.
    pub(super) trace: String,
    pub(super) begin: String,
    pub(super) end: String,
    pub(super) part: String,
    pub(super) put: String,
    pub(super) item: String,
    pub(super) given: String,
    pub(super) calling: String,
    /// How the names of variables start that hold what `begin` gave.
    pub(super) begun: String,
    beside: String,
}

impl Names {
    /// Returns names that occur in none of the texts.
    pub(super) fn free_of<'a>(texts: &(impl Iterator<Item = &'a str> + Clone)) -> Names {
        let free = |stem: &String| texts.clone().all(|text| !text.contains(stem.as_str()));
        let mut numbered = (0..=texts.clone().count() + 64).map(|n| format!("rhumb{n}_"));
        let stem = numbered.find(free).unwrap_or_else(|| "rhumb_".to_owned());
        let name = |part: &str| format!("__{stem}{part}");
        Names {
            capture: name("cap"),
            wrap: name("wrap"),
            run: name("run"),
            gap: name("gap"),
            trace: name("at"),
            begin: name("begin"),
            end: name("end"),
            part: name("part"),
            put: name("put"),
            item: name("item"),
            given: name("given"),
            calling: name("calling"),
            begun: name("begun"),
            // Names with an underline in front cannot be imported.
            beside: format!("{stem}of_"),
        }
    }

    /// Returns the name of the variable that holds the lineage of another one.
    pub(super) fn beside(&self, name: &str) -> String {
        format!("{}{name}", self.beside)
    }
}

/// All templates of a package with the tables that their marks count in.
#[derive(Debug, Default, Clone)]
pub(super) struct Book {
    pub(super) units: Vec<Unit>,
    pub(super) chunks: Vec<Chunk>,
    pub(super) places: Vec<Place>,
    // What follows is for traced runs.
    pub(super) recipes: Vec<Recipe>,
    pub(super) calls: Vec<Args>,
    pub(super) params: Vec<Params>,
}

/// How expressions are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marks {
    /// With their number.
    Plain,
    /// Through a call that also notes which values stand behind them; variables carry their lineage.
    Traced,
}

impl Book {
    pub(super) fn span(&self, place: u32) -> Span {
        let place = &self.places[place as usize];
        self.units[place.unit as usize].span(place.start as usize)
    }

    pub(super) fn length(&self, place: u32) -> usize {
        let place = &self.places[place as usize];
        (place.end - place.start) as usize
    }

    /// Returns the text of an expression.
    pub(super) fn expression(&self, place: u32) -> &str {
        let place = &self.places[place as usize];
        self.units[place.unit as usize].text.get(place.start as usize..place.end as usize).unwrap_or("")
    }

    pub(super) fn unit(&self, name: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.name == name)
    }

    /// Reads a file and adds it. What is wrong with its tags is found later, by the parser.
    pub(super) fn add(
        &mut self,
        name: &str,
        file: FileId,
        text: &Arc<str>,
        names: &Names,
        marks: Marks,
        findings: &mut Diagnostics,
    ) {
        let unit = Unit { name: name.to_owned(), file, text: text.clone(), rewritten: String::new(), places: vec![] };
        let number = u32::try_from(self.units.len()).unwrap_or(u32::MAX);
        let shadows = (marks == Marks::Traced).then(|| Shadows::new(names, self.units.len()));
        let (macros, gaps) = (Vec::new(), &[][..]);
        let mut writer = Writer { book: self, unit, number, names, shadows, gaps, macros, open: 0, elifs: 0, findings };
        writer.file();
        let unit = writer.unit;
        self.units.push(unit);
    }

    /// Reads a file again, with gaps in it where errors are known.
    pub(super) fn reread(&mut self, number: usize, names: &Names, gaps: &[Edit]) {
        let Some(unit) = self.units.get(number) else { return };
        let unit = Unit { rewritten: String::new(), places: Vec::new(), ..unit.clone() };
        let (macros, findings) = (Vec::new(), &mut Diagnostics::new());
        let index = offset(number);
        let mut writer =
            Writer { book: self, unit, number: index, names, shadows: None, gaps, macros, open: 0, elifs: 0, findings };
        writer.file();
        let unit = writer.unit;
        self.units[number] = unit;
    }
}

/// Returns minijinja's settings for the author's text.
pub(super) fn syntax() -> SyntaxConfig {
    let mut builder = SyntaxConfig::builder();
    builder.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    builder.build().expect("the default delimiters are valid")
}

/// Returns minijinja's settings for rewritten text: white space has been dealt with.
pub(super) fn rewritten_syntax() -> SyntaxConfig {
    let mut builder = SyntaxConfig::builder();
    builder.keep_trailing_newline(true);
    builder.build().expect("the default delimiters are valid")
}

/// A text put into a tag in the place of what stands there.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) text: String,
}

impl Edit {
    pub(super) fn insert(at: u32, text: String) -> Edit {
        Edit { from: at, to: at, text }
    }
}

type Tokens<'a> = [(Token<'a>, TokenSpan)];

struct Writer<'b> {
    book: &'b mut Book,
    unit: Unit,
    number: u32,
    names: &'b Names,
    // In a traced run.
    shadows: Option<Shadows<'b>>,
    gaps: &'b [Edit],
    // The names of the macros that are open.
    macros: Vec<String>,
    // How many blocks are open, and how many `elif`s stand in the last chain.
    open: usize,
    elifs: usize,
    findings: &'b mut Diagnostics,
}

const MOST_OPEN: usize = 100;
const MOST_NESTED: usize = 500;

impl Writer<'_> {
    fn file(&mut self) {
        let text = self.unit.text.clone();
        let mut inside: Vec<(Token<'_>, TokenSpan)> = Vec::new();
        for next in tokenize(&text, false, syntax()) {
            let (token, span) = match next {
                Ok(next) => next,
                Err(error) => return self.broken(&error),
            };
            match token {
                Token::TemplateData(data) => self.data(&text, data),
                Token::VariableEnd => {
                    inside.push((token, span));
                    if self.too_deep(&inside) {
                        return self.give_up();
                    }
                    self.expression(&text, &inside);
                    inside.clear();
                }
                Token::BlockEnd => {
                    inside.push((token, span));
                    if self.too_deep(&inside) {
                        return self.give_up();
                    }
                    self.tag(&text, &inside);
                    inside.clear();
                }
                other => inside.push((other, span)),
            }
        }
        if let Some((start, span)) = inside.first() {
            let (start, end) = if matches!(start, Token::VariableStart) { ("{{", "}}") } else { ("{%", "%}") };
            let span = self.unit.span(span.start_offset as usize);
            let finding = Diagnostic::error("template-syntax", format!("`{start}` has no `{end}`"));
            self.findings.push(finding.label(span, start.len(), "").help(format!("write `{end}` where it ends")));
            self.give_up();
        }
    }

    fn broken(&mut self, error: &minijinja::Error) {
        let offset = error.range().map_or(0, |range| range.start);
        self.findings.push(super::report::syntax(error, self.unit.span(offset)));
        self.give_up();
    }

    fn give_up(&mut self) {
        // The file is not rendered: what was read so far would parse to further errors that mean nothing.
        self.unit.rewritten.clear();
        self.unit.places.clear();
    }

    fn data(&mut self, text: &str, data: &str) {
        let start = data.as_ptr() as usize - text.as_ptr() as usize;
        let (start, end) = (offset(start), offset(start + data.len()));
        let number = self.book.chunks.len();
        self.book.chunks.push(Chunk { unit: self.number, start, end });
        self.unit.places.push((offset(self.unit.rewritten.len()), start));
        let _ = write!(self.unit.rewritten, "R{number};");
    }

    fn expression(&mut self, text: &str, tokens: &Tokens<'_>) {
        let (recipe, added) = self.shadow("", text, tokens);
        self.mark(tokens, None, recipe);
        let mut edits = added.inside;
        let alone = matches!(tokens.get(1), Some((Token::Ident("loop"), _)))
            && matches!(tokens.get(2), Some((Token::ParenOpen, _)))
            && closing(tokens, 2) == Some(tokens.len() - 2);
        self.loops(if alone { &tokens[2..] } else { tokens }, &mut edits);
        self.copy(text, tokens, edits);
    }

    // minijinja's parser, ours and the compiler go down the tree: hostile nesting must not get that far.
    fn too_deep(&mut self, tokens: &Tokens<'_>) -> bool {
        let nests = |token: &Token<'_>| {
            !matches!(
                token,
                Token::Comma
                    | Token::Colon
                    | Token::Assign
                    | Token::Str(_)
                    | Token::String(_)
                    | Token::Int(_)
                    | Token::Int128(_)
                    | Token::Float(_)
                    | Token::ParenClose
                    | Token::BracketClose
                    | Token::BraceClose
            ) && !matches!(token, Token::Ident(word) if !matches!(*word, "not" | "and" | "or" | "if" | "is" | "in"))
        };
        if let Some((Token::Ident(word), _)) = tokens.get(1).filter(|_| matches!(tokens[0].0, Token::BlockStart)) {
            match *word {
                "if" | "for" | "macro" | "call" | "filter" | "with" | "set" => self.open += 1,
                word if word.starts_with("end") => self.open = self.open.saturating_sub(1),
                _ => {}
            }
            if *word == "set" && has_assignment(tokens) {
                self.open -= 1;
            }
            // Each `elif` is an `if` inside the one before, and all end at once.
            match *word {
                "elif" => self.elifs += 1,
                "endif" => self.elifs = 0,
                _ => {}
            }
        }
        let deep =
            self.open + self.elifs > MOST_OPEN || tokens.iter().filter(|(token, _)| nests(token)).count() > MOST_NESTED;
        if deep {
            let span = self.unit.span(tokens[0].1.start_offset as usize);
            self.findings.push(Diagnostic::error("template-limit", "the template is nested too deeply").at(span));
        }
        deep
    }

    // What a traced run adds to a tag.
    fn shadow(&mut self, word: &str, text: &str, tokens: &Tokens<'_>) -> (Recipe, Added) {
        let Some(shadows) = &mut self.shadows else { return Default::default() };
        let start = tokens[0].1.start_offset;
        let tag = text.get(start as usize..tokens[tokens.len() - 1].1.end_offset as usize).unwrap_or("");
        let is_block = word == "set" && !has_assignment(tokens);
        let (recipe, mut added) = shadows.tag(word, tag, is_block, self.book);
        added.inside.iter_mut().for_each(|edit| (edit.from, edit.to) = (edit.from + start, edit.to + start));
        (recipe, added)
    }

    fn tag(&mut self, text: &str, tokens: &Tokens<'_>) {
        let Some((Token::Ident(word), _)) = tokens.get(1) else { return self.copy(text, tokens, Vec::new()) };
        let (recipe, added) = self.shadow(word, text, tokens);
        self.unit.rewritten.push_str(&added.before);
        self.author_tag(word, text, tokens, added.inside, recipe);
        self.unit.rewritten.push_str(&added.after);
    }

    fn author_tag(&mut self, word: &str, text: &str, tokens: &Tokens<'_>, mut edits: Vec<Edit>, recipe: Recipe) {
        self.loops(tokens, &mut edits);
        let column = block_column(text, tokens);
        match word {
            "set" if !has_assignment(tokens) => {
                let end = tokens.iter().position(|(t, _)| matches!(t, Token::Pipe)).unwrap_or(tokens.len() - 1);
                let last = end.checked_sub(1).and_then(|i| tokens.get(i)).map_or(0, |(_, span)| span.end_offset);
                edits.push(Edit::insert(last, format!("|{}", self.names.capture)));
                self.copy(text, tokens, edits);
            }
            "filter" => {
                self.mark(tokens, column, recipe);
                if let Some((_, span)) = tokens.get(2) {
                    edits.push(Edit::insert(span.start_offset, format!("{}|", self.names.capture)));
                }
                self.copy(text, tokens, edits);
            }
            "call" => {
                self.mark(tokens, column, recipe);
                self.copy(text, tokens, edits);
            }
            "include" => {
                let number = self.place(tokens, column, recipe);
                self.note(tokens);
                let _ = write!(self.unit.rewritten, "I{number};");
                self.copy(text, tokens, edits);
                self.unit.rewritten.push_str("O;");
            }
            "macro" => {
                let name = if let Some((Token::Ident(name), _)) = tokens.get(2) { *name } else { "" };
                self.macros.push(name.to_owned());
                self.copy(text, tokens, edits);
            }
            "endmacro" => {
                self.copy(text, tokens, edits);
                if let Some(name) = self.macros.pop().filter(|name| !name.is_empty()) {
                    self.note(tokens);
                    self.unit.rewritten.push_str(&format!("{{% set {name} = {}({name}) %}}", self.names.wrap));
                }
            }
            "extends" | "block" | "autoescape" => {
                self.refuse(word, tokens);
                self.copy(text, tokens, edits);
            }
            _ => self.copy(text, tokens, edits),
        }
    }

    fn refuse(&mut self, word: &str, tokens: &Tokens<'_>) {
        let span = self.unit.span(tokens[1].1.start_offset as usize);
        let help = match word {
            "autoescape" => "leave it out: values cannot break the document",
            _ => "use `include`, `import` or a macro",
        };
        let message = format!("`{word}` is not part of package templates");
        self.findings.push(Diagnostic::error("template-syntax", message).label(span, word.len(), "").help(help));
    }

    // A capture by a recursive loop inside an expression is turned into real text like every other.
    fn loops(&self, tokens: &Tokens<'_>, edits: &mut Vec<Edit>) {
        for (i, pair) in tokens.windows(2).enumerate() {
            let call = matches!(pair, [(Token::Ident("loop"), _), (Token::ParenOpen, _)]);
            let member = i > 0 && matches!(tokens[i - 1].0, Token::Dot | Token::Pipe);
            if let (true, false, Some(end)) = (call, member, closing(tokens, i + 1)) {
                edits.push(Edit::insert(pair[0].1.start_offset, format!("{}(", self.names.capture)));
                edits.push(Edit::insert(tokens[end].1.end_offset, ")".to_owned()));
            }
        }
    }

    fn place(&mut self, tokens: &Tokens<'_>, block: Option<u32>, recipe: Recipe) -> usize {
        let inner = &tokens[1..tokens.len() - 1];
        let start = inner.first().map_or(tokens[0].1.start_offset, |(_, span)| span.start_offset);
        let end = inner.last().map_or(start, |(_, span)| span.end_offset);
        self.book.places.push(Place { unit: self.number, start, end, block, recipe });
        self.book.places.len() - 1
    }

    fn mark(&mut self, tokens: &Tokens<'_>, block: Option<u32>, recipe: Recipe) {
        let number = self.place(tokens, block, recipe);
        self.note(tokens);
        // Writing to a text cannot fail.
        let _ = match self.shadows {
            None => write!(self.unit.rewritten, "E{number};"),
            Some(_) => write!(self.unit.rewritten, "{{{{{}({number})}}}}", self.names.trace),
        };
    }

    fn note(&mut self, tokens: &Tokens<'_>) {
        self.unit.places.push((offset(self.unit.rewritten.len()), tokens[0].1.start_offset));
    }

    // Copies a tag with texts put in at places of the author's text.
    fn copy(&mut self, text: &str, tokens: &Tokens<'_>, mut edits: Vec<Edit>) {
        let mut from = tokens[0].1.start_offset;
        let end = tokens[tokens.len() - 1].1.end_offset;
        edits.extend(
            self.gaps
                .iter()
                .filter(|gap| gap.from >= from && gap.to <= end)
                .map(|gap| Edit { text: gap.text.clone(), ..*gap }),
        );
        edits.sort_by_key(|edit| edit.from);
        for edit in edits {
            // What stands inside of a gap is gone with it.
            if edit.from < from {
                continue;
            }
            self.piece(text, from, edit.from);
            self.unit.rewritten.push_str(&edit.text);
            from = edit.to;
        }
        self.piece(text, from, end);
    }

    fn piece(&mut self, text: &str, from: u32, to: u32) {
        self.unit.places.push((offset(self.unit.rewritten.len()), from));
        self.unit.rewritten.push_str(text.get(from as usize..to as usize).unwrap_or(""));
    }
}

fn offset(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

fn has_assignment(tokens: &Tokens<'_>) -> bool {
    let mut depth = 0;
    tokens.iter().any(|(token, _)| {
        match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => depth -= 1,
            _ => {}
        }
        depth == 0 && matches!(token, Token::Assign)
    })
}

// The index of the parenthesis that closes the one at `open`.
fn closing(tokens: &Tokens<'_>, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (i, (token, _)) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::ParenOpen => depth += 1,
            Token::ParenClose if depth == 1 => return Some(i),
            Token::ParenClose => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

// The column of a tag with nothing but blanks before it on its line and after it on its last line.
fn block_column(text: &str, tokens: &Tokens<'_>) -> Option<u32> {
    let start = tokens[0].1.start_offset as usize;
    let end = tokens[tokens.len() - 1].1.end_offset as usize;
    let line = text.get(..start)?.rsplit('\n').next()?;
    let rest = text.get(end..)?.split('\n').next()?;
    let blank = |part: &str| part.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r'));
    // With a mark for white space the author joins lines by hand.
    let marked =
        text.get(start + 2..)?.starts_with(['-', '+']) || text.get(..end.checked_sub(2)?)?.ends_with(['-', '+']);
    (blank(line) && blank(rest) && !marked).then(|| offset(line.len()))
}
