//! The tags of a traced run: beside each variable stands a second one with the lineage of its value.
//!
//! minijinja's own scopes then keep the two together, through loops, macros, imports and includes. Added before and
//! after the author's tag are `set`s of variables that no template can name; in a call the macro is wrapped, so that
//! it learns where its arguments came from. Nothing is added to a plain run.

use std::collections::BTreeSet;
use std::fmt::Write;

use minijinja::machinery::ast::{self, CallArg, Expr, Stmt};
use minijinja::machinery::parse;

use super::recipe::{Args, Recipe};
use super::source::{Book, Edit, Names, rewritten_syntax};

/// What is added to one tag.
#[derive(Debug, Default)]
pub(super) struct Added {
    pub(super) before: String,
    /// Counted from the start of the tag.
    pub(super) inside: Vec<Edit>,
    pub(super) after: String,
}

/// The parameters of a macro, with the recipes of their defaults.
pub(super) type Params = Vec<(String, Option<Recipe>)>;

/// Adds to the tags of one file.
#[derive(Debug)]
pub(super) struct Shadows<'n> {
    names: &'n Names,
    // The variables that the open macros and call blocks read: what stands beside them must be part of their closure.
    bodies: Vec<BTreeSet<String>>,
    // The open `set` blocks: the name, and the number of what was begun.
    blocks: Vec<Option<(String, usize)>>,
    // Names of imported files: their macros are called as methods.
    modules: BTreeSet<String>,
    unit: usize,
    count: usize,
}

impl<'n> Shadows<'n> {
    pub(super) fn new(names: &'n Names, unit: usize) -> Shadows<'n> {
        Shadows { names, bodies: Vec::new(), blocks: Vec::new(), modules: BTreeSet::new(), unit, count: 0 }
    }

    // Included files share the scope of the including one.
    fn begun(&self, number: usize) -> String {
        format!("{}{}_{number}", self.names.begun, self.unit)
    }

    /// Returns the recipe of what a tag writes, and what is added to it. `word` is its first; `{{ … }}` has none.
    pub(super) fn tag(&mut self, word: &str, tag: &str, is_block: bool, book: &mut Book) -> (Recipe, Added) {
        let mut added = Added::default();
        match word {
            "endmacro" | "endcall" => self.end_body(&mut added),
            "endset" => self.end_block(&mut added),
            _ => {}
        }
        let Some(close) = closing(word, is_block) else { return (Recipe::Nothing, added) };
        // What is wrong with a tag is found when the whole file is parsed.
        let source = format!("{tag}{close}");
        let Ok(tree) = parse(&source, "tag", rewritten_syntax()) else { return (Recipe::Nothing, added) };
        match first(&tree) {
            Some(Stmt::EmitExpr(emit)) => {
                self.calls(tag, &emit.expr, book, &mut added);
                return (self.read(&emit.expr), added);
            }
            Some(Stmt::Set(set)) => self.set(tag, set, book, &mut added),
            Some(Stmt::SetBlock(set)) => self.set_block(&set.target, book, &mut added),
            Some(Stmt::WithBlock(with)) => self.with(tag, with, book, &mut added),
            Some(Stmt::ForLoop(each)) => self.each(tag, each, book, &mut added),
            Some(Stmt::Macro(decl)) => self.body(decl, book, &mut added),
            Some(Stmt::CallBlock(call)) => {
                self.wrap(tag, &call.call, book, &mut added);
                let args = call.call.args.iter().map(|arg| self.read(argument(arg))).collect();
                self.body(&call.macro_decl, book, &mut added);
                return (Recipe::Made(args), added);
            }
            Some(Stmt::FilterBlock(filter)) => return (self.read(&filter.filter), added),
            Some(Stmt::Import(import)) => {
                if let Expr::Var(name) = &import.name {
                    self.modules.insert(name.id.to_owned());
                }
            }
            Some(Stmt::FromImport(import)) => self.of_import(import, &mut added),
            _ => {}
        }
        (Recipe::Nothing, added)
    }

    fn read(&mut self, expr: &Expr<'_>) -> Recipe {
        let recipe = Recipe::of(expr);
        if let Some(body) = self.bodies.last_mut() {
            recipe.roots(body);
        }
        recipe
    }

    fn beside(&mut self, name: &str) -> String {
        if let Some(body) = self.bodies.last_mut() {
            body.insert(name.to_owned());
        }
        self.names.beside(name)
    }

    // Follows a recipe into a variable of its own; returns its name.
    fn begin(&mut self, recipe: Recipe, book: &mut Book, out: &mut String) -> String {
        self.count += 1;
        let name = self.begun(self.count);
        book.recipes.push(recipe);
        let _ = write!(out, "{{% set {name} = {}({}) %}}", self.names.begin, book.recipes.len() - 1);
        name
    }

    fn set(&mut self, tag: &str, set: &ast::Set<'_>, book: &mut Book, added: &mut Added) {
        let recipe = self.read(&set.expr);
        self.calls(tag, &set.expr, book, added);
        let begun = self.begin(recipe, book, &mut added.before);
        match &set.target {
            Expr::GetAttr(get) => {
                let Expr::Var(var) = &get.expr else { return };
                let (beside, put) = (self.beside(var.id), &self.names.put);
                let _ = write!(added.after, "{{% set {begun} = {put}({beside}, {begun}, {:?}) %}}", get.name);
            }
            target => {
                let end = &self.names.end;
                let _ = write!(added.after, "{{% set {begun} = {end}({begun}) %}}");
                self.bind(target, &begun, &mut Vec::new(), &mut added.after);
            }
        }
    }

    // Gives each name of a target its part.
    fn bind(&mut self, target: &Expr<'_>, whole: &str, places: &mut Vec<String>, out: &mut String) {
        let items = match target {
            Expr::Var(var) => {
                let beside = self.beside(var.id);
                let places: String = places.iter().map(|place| format!(", {place}")).collect();
                let _ = write!(out, "{{% set {beside} = {}({whole}{places}) %}}", self.names.part);
                return;
            }
            Expr::List(list) => &list.items,
            Expr::Tuple(list) => &list.items,
            _ => return,
        };
        for (place, item) in items.iter().enumerate() {
            places.push(place.to_string());
            self.bind(item, whole, places, out);
            places.pop();
        }
    }

    fn forget(&mut self, target: &Expr<'_>, out: &mut String) {
        match target {
            Expr::Var(var) => {
                let _ = write!(out, "{{% set {} = none %}}", self.beside(var.id));
            }
            Expr::List(list) => list.items.iter().for_each(|item| self.forget(item, out)),
            _ => {}
        }
    }

    fn set_block(&mut self, target: &Expr<'_>, book: &mut Book, added: &mut Added) {
        let block = match target {
            Expr::Var(var) => {
                self.begin(Recipe::Nothing, book, &mut added.before);
                Some((var.id.to_owned(), self.count))
            }
            _ => None,
        };
        self.blocks.push(block);
    }

    fn end_block(&mut self, added: &mut Added) {
        let Some(Some((name, number))) = self.blocks.pop() else { return };
        let (beside, end, begun) = (self.beside(&name), &self.names.end, self.begun(number));
        let _ = write!(added.after, "{{% set {beside} = {end}({begun}) %}}");
    }

    fn with(&mut self, tag: &str, with: &ast::WithBlock<'_>, book: &mut Book, added: &mut Added) {
        for (target, expr) in &with.assignments {
            let recipe = self.read(expr);
            self.calls(tag, expr, book, added);
            book.recipes.push(recipe);
            let Expr::Var(var) = target else {
                self.forget(target, &mut added.after);
                continue;
            };
            let beside = self.beside(var.id);
            let text = format!("{beside} = {}({}), ", self.names.begin, book.recipes.len() - 1);
            added.inside.push(Edit::insert(target.span().start_offset, text));
        }
    }

    fn each(&mut self, tag: &str, each: &ast::ForLoop<'_>, book: &mut Book, added: &mut Added) {
        self.calls(tag, &each.iter, book, added);
        // Deeper rounds of a recursive loop go over other lists.
        let recipe = if each.recursive { Recipe::Nothing } else { self.read(&each.iter) };
        let begun = self.begin(recipe, book, &mut added.before);
        let item = &self.names.item;
        let now = format!("{begun}_");
        let _ = write!(added.after, "{{% set {now} = {item}({begun}, loop.index0, {}) %}}", literal(&each.target));
        self.bind(&each.target, &now, &mut Vec::new(), &mut added.after);
    }

    fn body(&mut self, decl: &ast::Macro<'_>, book: &mut Book, added: &mut Added) {
        self.bodies.push(BTreeSet::new());
        let required = decl.args.len().saturating_sub(decl.defaults.len());
        let mut params = Params::new();
        for (number, arg) in decl.args.iter().enumerate() {
            let Expr::Var(var) = arg else { continue };
            let default = number.checked_sub(required).and_then(|at| decl.defaults.get(at)).map(|e| self.read(e));
            let (beside, given) = (self.names.beside(var.id), &self.names.given);
            let _ = write!(added.after, "{{% set {beside} = {given}({}, {number}) %}}", book.params.len());
            params.push((var.id.to_owned(), default));
        }
        book.params.push(params);
    }

    fn end_body(&mut self, added: &mut Added) {
        let Some(body) = self.bodies.pop() else { return };
        let beside = body.iter().map(|name| format!("{{{{ {} }}}}", self.names.beside(name))).collect::<String>();
        if !beside.is_empty() {
            let _ = write!(added.before, "{{% if false %}}{beside}{{% endif %}}");
        }
        if let Some(outer) = self.bodies.last_mut() {
            outer.extend(body);
        }
    }

    fn of_import(&mut self, import: &ast::FromImport<'_>, added: &mut Added) {
        for (name, alias) in &import.names {
            let (Expr::Var(name), Expr::Var(alias)) = (name, alias.as_ref().unwrap_or(name)) else { continue };
            let text = format!(", {} as {}", self.names.beside(name.id), self.beside(alias.id));
            added.inside.push(Edit::insert(alias.span().end_offset, text));
        }
    }

    // Wraps the macros that an expression calls.
    fn calls(&mut self, tag: &str, expr: &Expr<'_>, book: &mut Book, added: &mut Added) {
        match expr {
            Expr::Var(_) | Expr::Const(_) => {}
            Expr::Slice(slice) => {
                self.calls(tag, &slice.expr, book, added);
                let parts = [&slice.start, &slice.stop, &slice.step];
                parts.into_iter().flatten().for_each(|e| self.calls(tag, e, book, added));
            }
            Expr::UnaryOp(op) => self.calls(tag, &op.expr, book, added),
            Expr::BinOp(op) => [&op.left, &op.right].into_iter().for_each(|e| self.calls(tag, e, book, added)),
            Expr::Compare(compare) => {
                self.calls(tag, &compare.expr, book, added);
                compare.ops.iter().for_each(|op| self.calls(tag, &op.expr, book, added));
            }
            Expr::IfExpr(cond) => {
                let parts = [&cond.test_expr, &cond.true_expr].into_iter().chain(&cond.false_expr);
                parts.for_each(|e| self.calls(tag, e, book, added));
            }
            Expr::Filter(filter) => {
                filter.expr.iter().for_each(|e| self.calls(tag, e, book, added));
                filter.args.iter().for_each(|arg| self.calls(tag, argument(arg), book, added));
            }
            Expr::Test(test) => {
                self.calls(tag, &test.expr, book, added);
                test.args.iter().for_each(|arg| self.calls(tag, argument(arg), book, added));
            }
            Expr::GetAttr(get) => self.calls(tag, &get.expr, book, added),
            Expr::GetItem(get) => {
                self.calls(tag, &get.expr, book, added);
                self.calls(tag, &get.subscript_expr, book, added);
            }
            Expr::Call(call) => self.wrap(tag, call, book, added),
            Expr::List(list) => list.items.iter().for_each(|e| self.calls(tag, e, book, added)),
            Expr::Tuple(list) => list.items.iter().for_each(|e| self.calls(tag, e, book, added)),
            Expr::Map(map) => map.keys.iter().chain(&map.values).for_each(|e| self.calls(tag, e, book, added)),
        }
    }

    fn wrap(&mut self, tag: &str, call: &ast::Call<'_>, book: &mut Book, added: &mut Added) {
        call.args.iter().for_each(|arg| self.calls(tag, argument(arg), book, added));
        let called = match &call.expr {
            Expr::Var(var) => !FUNCTIONS.contains(&var.id),
            Expr::GetAttr(get) => matches!(&get.expr, Expr::Var(var) if self.modules.contains(var.id)),
            _ => false,
        };
        let span = call.expr.span();
        // Where the name really stands: a parenthesis or blank around it belongs to no span.
        let after = tag.get(span.end_offset as usize..).unwrap_or("");
        if !called || !after.trim_start().starts_with('(') {
            return;
        }
        let args = Args::of(call);
        if let Some(body) = self.bodies.last_mut() {
            args.positional.iter().for_each(|recipe| recipe.roots(body));
            args.named.iter().for_each(|(_, recipe)| recipe.roots(body));
        }
        book.calls.push(args);
        added.inside.push(Edit::insert(span.start_offset, format!("{}(", self.names.calling)));
        added.inside.push(Edit::insert(span.end_offset, format!(", {})", book.calls.len() - 1)));
    }
}

// What is called by these names is no macro.
const FUNCTIONS: [&str; 6] = ["dict", "fail", "loop", "namespace", "range", "zip"];

// What closes a tag, so that it can be parsed alone.
fn closing(word: &str, is_block: bool) -> Option<&'static str> {
    Some(match word {
        "set" if is_block => "{% endset %}",
        "" | "set" | "import" | "from" => "",
        "with" => "{% endwith %}",
        "for" => "{% endfor %}",
        "macro" => "{% endmacro %}",
        "call" => "{% endcall %}",
        "filter" => "{% endfilter %}",
        _ => return None,
    })
}

fn first<'t, 's>(tree: &'t Stmt<'s>) -> Option<&'t Stmt<'s>> {
    let Stmt::Template(template) = tree else { return None };
    template.children.first()
}

fn argument<'e, 's>(arg: &'e CallArg<'s>) -> &'e Expr<'s> {
    match arg {
        CallArg::Pos(e) | CallArg::Kwarg(_, e) | CallArg::PosSplat(e) | CallArg::KwargSplat(e) => e,
    }
}

// A target as an expression: its names in lists.
fn literal(target: &Expr<'_>) -> String {
    let list = |items: &[Expr<'_>]| format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", "));
    match target {
        Expr::Var(var) => var.id.to_owned(),
        Expr::List(items) => list(&items.items),
        Expr::Tuple(items) => list(&items.items),
        _ => "none".to_owned(),
    }
}
