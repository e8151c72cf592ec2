//! Which values templates can read, from their syntax trees.
//!
//! This is what any branch of a file can read; what one expression is made of in a run, [`super::recipe`] says.

use std::collections::BTreeMap;

use minijinja::machinery::ast::{self, CallArg, Expr, Stmt};

/// A step of a chain of accesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::render) enum Access {
    Key(String),
    Any,
}

/// What a file reads.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// Below `values`; whether all below is read too.
    pub(super) paths: Vec<(Vec<Access>, bool)>,
    /// The values escape to where their use is not known.
    pub(super) unknowable: bool,
    /// Names of filters, tests and functions with their places, for checking.
    pub(super) names: Vec<(Kind, String, u32, u32)>,
    /// Names that the file gives to variables and macros.
    pub(super) bound: Vec<String>,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Filter,
    Test,
}

/// Reads a syntax tree.
pub(super) fn of(tree: &Stmt<'_>, is_partial: bool) -> Reads {
    let mut reader = Reader { reads: Reads::default(), scopes: vec![BTreeMap::new()] };
    reader.stmt(tree);
    if is_partial {
        // Whoever imports the file reads its variables in ways that are not seen here.
        reader.visible();
    }
    reader.reads
}

// What is known of a variable: the chains below `values` that it may stand for.
type Known = Vec<Vec<Access>>;

struct Reader {
    reads: Reads,
    scopes: Vec<BTreeMap<String, Known>>,
}

impl Reader {
    fn stmts(&mut self, stmts: &[Stmt<'_>]) {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn scoped(&mut self, stmts: &[Stmt<'_>]) {
        self.scopes.push(BTreeMap::new());
        self.stmts(stmts);
        self.scopes.pop();
    }

    fn stmt(&mut self, stmt: &Stmt<'_>) {
        match stmt {
            Stmt::Template(template) => self.stmts(&template.children),
            Stmt::EmitExpr(emit) => self.whole(&emit.expr),
            Stmt::EmitRaw(_) | Stmt::Continue(_) | Stmt::Break(_) => {}
            Stmt::ForLoop(each) => {
                let known = self.items_of(&each.iter);
                self.scopes.push(BTreeMap::new());
                self.bind(&each.target, known);
                each.filter_expr.iter().for_each(|e| self.whole(e));
                self.stmts(&each.body);
                self.scopes.pop();
                self.scoped(&each.else_body);
            }
            Stmt::IfCond(cond) => {
                self.whole(&cond.expr);
                self.stmts(&cond.true_body);
                self.stmts(&cond.false_body);
            }
            Stmt::WithBlock(with) => {
                self.scopes.push(BTreeMap::new());
                for (target, expr) in &with.assignments {
                    self.assign(target, expr);
                }
                self.stmts(&with.body);
                self.scopes.pop();
            }
            Stmt::Set(set) => self.assign(&set.target, &set.expr),
            Stmt::SetBlock(set) => {
                set.filter.iter().for_each(|e| self.whole(e));
                self.scoped(&set.body);
                self.bind(&set.target, Known::new());
            }
            Stmt::AutoEscape(auto) => self.stmts(&auto.body),
            Stmt::FilterBlock(filter) => {
                self.whole(&filter.filter);
                self.scoped(&filter.body);
            }
            Stmt::Block(block) => self.stmts(&block.body),
            Stmt::Import(import) => self.whole(&import.expr),
            Stmt::FromImport(import) => self.whole(&import.expr),
            Stmt::Extends(extends) => self.whole(&extends.name),
            Stmt::Include(include) => {
                self.whole(&include.name);
                // The included file sees the variables of this one.
                self.visible();
            }
            Stmt::Macro(decl) => self.declare(decl),
            Stmt::CallBlock(call) => {
                self.call(&call.call);
                self.declare(&call.macro_decl);
            }
            Stmt::Do(call) => self.call(&call.call),
        }
    }

    fn visible(&mut self) {
        let known: Known = self.scopes.iter().flat_map(BTreeMap::values).flatten().cloned().collect();
        self.add(known, true);
    }

    fn declare(&mut self, decl: &ast::Macro<'_>) {
        self.reads.bound.push(decl.name.to_owned());
        decl.defaults.iter().for_each(|e| self.whole(e));
        self.scopes.push(BTreeMap::new());
        decl.args.iter().for_each(|arg| self.bind(arg, Known::new()));
        self.stmts(&decl.body);
        self.scopes.pop();
    }

    // Setting a name to a part of the values reads nothing yet: what is done with the name does.
    fn assign(&mut self, target: &Expr<'_>, expr: &Expr<'_>) {
        match self.chain(expr) {
            Some(known) if matches!(target, Expr::Var(_)) => {
                // Branches may set a name twice, and it then stands for either.
                if let Expr::Var(var) = target {
                    let mut all = self.lookup(var.id).cloned().unwrap_or_default();
                    all.extend(known);
                    self.bind(target, all);
                }
            }
            _ => {
                self.whole(expr);
                self.bind(target, Known::new());
            }
        }
    }

    fn bind(&mut self, target: &Expr<'_>, known: Known) {
        match target {
            Expr::Var(var) => {
                self.reads.bound.push(var.id.to_owned());
                if let Some(scope) = self.scopes.last_mut() {
                    scope.insert(var.id.to_owned(), known);
                }
            }
            Expr::List(list) => list.items.iter().for_each(|item| self.bind(item, known.clone())),
            Expr::Tuple(list) => list.items.iter().for_each(|item| self.bind(item, known.clone())),
            _ => {}
        }
    }

    fn lookup(&self, name: &str) -> Option<&Known> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    // The chains below `values` that an expression picks, where it does nothing but pick.
    fn chain(&self, expr: &Expr<'_>) -> Option<Known> {
        match expr {
            Expr::Var(var) => match self.lookup(var.id) {
                Some(known) if known.is_empty() => None,
                Some(known) => Some(known.clone()),
                None if var.id == "values" => Some(vec![Vec::new()]),
                None => None,
            },
            Expr::GetAttr(get) => Some(extended(self.chain(&get.expr)?, &Access::Key(get.name.to_owned()))),
            Expr::GetItem(get) => Some(extended(self.chain(&get.expr)?, &constant_key(&get.subscript_expr))),
            _ => None,
        }
    }

    // What a loop's variable stands for.
    fn items_of(&mut self, iter: &Expr<'_>) -> Known {
        let source = match iter {
            Expr::Filter(filter) if PASSING.contains(&filter.name) => filter.expr.as_ref().and_then(|e| self.chain(e)),
            other => self.chain(other),
        };
        match source {
            Some(known) => {
                // The loop reads the container alone; what is below is read by what the body does with its items.
                // A filter on the way may look at the items.
                let filtered = matches!(iter, Expr::Filter(_));
                if let Expr::Filter(filter) = iter {
                    let span = filter.span();
                    self.reads.names.push((Kind::Filter, filter.name.to_owned(), span.start_offset, span.end_offset));
                    self.args(&filter.args);
                }
                self.add(known.clone(), filtered);
                extended(known, &Access::Any)
            }
            None => {
                self.whole(iter);
                Known::new()
            }
        }
    }

    fn add(&mut self, known: Known, whole: bool) {
        self.reads.paths.extend(known.into_iter().map(|path| (path, whole)));
    }

    // An expression whose value is used, so that everything below is read.
    fn whole(&mut self, expr: &Expr<'_>) {
        if let Some(known) = self.chain(expr) {
            self.subscripts(expr);
            return self.add(known, true);
        }
        match expr {
            Expr::Var(_) | Expr::Const(_) => {}
            Expr::Slice(slice) => {
                self.whole(&slice.expr);
                [&slice.start, &slice.stop, &slice.step].into_iter().flatten().for_each(|e| self.whole(e));
            }
            Expr::UnaryOp(op) => self.whole(&op.expr),
            Expr::BinOp(op) => {
                self.whole(&op.left);
                self.whole(&op.right);
            }
            Expr::Compare(compare) => {
                self.whole(&compare.expr);
                compare.ops.iter().for_each(|op| self.whole(&op.expr));
            }
            Expr::IfExpr(cond) => {
                self.whole(&cond.test_expr);
                self.whole(&cond.true_expr);
                cond.false_expr.iter().for_each(|e| self.whole(e));
            }
            Expr::Filter(filter) => {
                let span = filter.span();
                self.reads.names.push((Kind::Filter, filter.name.to_owned(), span.start_offset, span.end_offset));
                filter.expr.iter().for_each(|e| self.whole(e));
                self.args(&filter.args);
            }
            Expr::Test(test) => {
                let span = test.span();
                self.reads.names.push((Kind::Test, test.name.to_owned(), span.start_offset, span.end_offset));
                match (self.chain(&test.expr), test.name) {
                    (Some(known), "defined" | "undefined") => self.add(known, false),
                    _ => self.whole(&test.expr),
                }
                self.args(&test.args);
            }
            Expr::GetAttr(get) => self.whole(&get.expr),
            Expr::GetItem(get) => {
                self.whole(&get.expr);
                self.whole(&get.subscript_expr);
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => list.items.iter().for_each(|e| self.whole(e)),
            Expr::Tuple(list) => list.items.iter().for_each(|e| self.whole(e)),
            Expr::Map(map) => map.keys.iter().chain(&map.values).for_each(|e| self.whole(e)),
        }
    }

    // A computed key is an expression of its own.
    fn subscripts(&mut self, expr: &Expr<'_>) {
        match expr {
            Expr::GetAttr(get) => self.subscripts(&get.expr),
            Expr::GetItem(get) => {
                self.subscripts(&get.expr);
                if !matches!(get.subscript_expr, Expr::Const(_)) {
                    self.whole(&get.subscript_expr);
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, call: &ast::Call<'_>) {
        self.whole(&call.expr);
        // Passing all values on (`labels(values)`) says nothing of what is read: nothing can be reported then.
        let passed = call.args.iter().filter_map(|arg| self.chain(argument(arg)));
        if passed.flatten().any(|path| path.is_empty()) {
            self.reads.unknowable = true;
        }
        self.args(&call.args);
    }

    fn args(&mut self, args: &[CallArg<'_>]) {
        args.iter().for_each(|arg| self.whole(argument(arg)));
    }
}

// Filters that give the items of what they are applied to.
const PASSING: [&str; 9] =
    ["items", "dictsort", "sort", "list", "reverse", "unique", "selectattr", "rejectattr", "default"];

fn extended(mut known: Known, step: &Access) -> Known {
    known.iter_mut().for_each(|path| path.push(step.clone()));
    known
}

fn constant_key(expr: &Expr<'_>) -> Access {
    match expr {
        Expr::Const(constant) => constant.value.as_str().map_or(Access::Any, |key| Access::Key(key.to_owned())),
        _ => Access::Any,
    }
}

fn argument<'e, 's>(arg: &'e CallArg<'s>) -> &'e Expr<'s> {
    match arg {
        CallArg::Pos(e) | CallArg::Kwarg(_, e) | CallArg::PosSplat(e) | CallArg::KwargSplat(e) => e,
    }
}
