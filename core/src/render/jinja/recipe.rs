//! How an expression makes its value of others: what a traced run follows to know the lineage of a value.
//!
//! A recipe is read from the syntax tree of one expression and says which variables are picked from, what is passed on
//! as it is, and what is computed. Whatever is not known here counts as computed of everything that is in it.

use minijinja::machinery::ast::{BinOpKind, Call, CallArg, Expr, Filter};
use minijinja::{State, Value as Mini};

use super::convert::{Tracked, scalar};
use super::lineage::{self, Leaf, Lineage, one_of};
use super::run::{Beside, Run};
use super::source::Names;
use crate::value::{Step, Value};

/// How a value is made.
#[derive(Debug, Clone, Default)]
pub(super) enum Recipe {
    /// Of nothing that has a lineage.
    #[default]
    Nothing,
    /// A constant.
    Const(Mini),
    /// A variable.
    Var(String),
    /// What a key or index (a recipe, since it may be a variable) picks out.
    Pick(Box<(Recipe, Recipe)>),
    /// One of these; what decides between them is behind it too where it is none of them.
    OneOf(Vec<Recipe>, Vec<Recipe>),
    /// Computed of all of these.
    Made(Vec<Recipe>),
    List(Vec<Recipe>),
    Map(Vec<(String, Recipe)>),
    /// A sum, which may be of lists.
    Sum(Box<(Recipe, Recipe)>),
    /// The items of a container in another order or number.
    Items(Box<Recipe>),
    /// The entries of a map.
    Pairs(Box<Recipe>),
    /// One of the items.
    Item(Box<Recipe>),
    /// An attribute of each item.
    Mapped(Box<Recipe>, String),
    Namespace(Vec<(String, Recipe)>),
}

impl Recipe {
    /// Returns the recipe of an expression.
    pub(super) fn of(expr: &Expr<'_>) -> Recipe {
        let many = |exprs: &[Expr<'_>]| exprs.iter().map(Recipe::of).collect::<Vec<_>>();
        match expr {
            Expr::Var(var) => Recipe::Var(var.id.to_owned()),
            Expr::Const(constant) => Recipe::Const(constant.value.clone()),
            Expr::GetAttr(get) => pick(Recipe::of(&get.expr), Recipe::Const(get.name.into())),
            Expr::GetItem(get) => pick(Recipe::of(&get.expr), Recipe::of(&get.subscript_expr)),
            Expr::Slice(slice) => Recipe::Items(Box::new(Recipe::of(&slice.expr))),
            Expr::List(list) => Recipe::List(many(&list.items)),
            Expr::Tuple(list) => Recipe::List(many(&list.items)),
            Expr::Map(map) => {
                let keys: Option<Vec<String>> = map.keys.iter().map(constant_text).collect();
                match keys {
                    Some(keys) => Recipe::Map(keys.into_iter().zip(many(&map.values)).collect()),
                    None => Recipe::Made(many(&map.values)),
                }
            }
            Expr::UnaryOp(op) => match expr.as_const() {
                Some(value) => Recipe::Const(value),
                None => Recipe::Made(vec![Recipe::of(&op.expr)]),
            },
            Expr::BinOp(op) => {
                let (left, right) = (Recipe::of(&op.left), Recipe::of(&op.right));
                match op.op {
                    BinOpKind::ScAnd | BinOpKind::ScOr => Recipe::OneOf(vec![left, right], Vec::new()),
                    BinOpKind::Add => Recipe::Sum(Box::new((left, right))),
                    _ => Recipe::Made(vec![left, right]),
                }
            }
            Expr::Compare(compare) => {
                let others = compare.ops.iter().map(|op| Recipe::of(&op.expr));
                Recipe::Made(std::iter::once(Recipe::of(&compare.expr)).chain(others).collect())
            }
            Expr::IfExpr(cond) => {
                let branches = std::iter::once(&cond.true_expr).chain(&cond.false_expr).map(Recipe::of);
                Recipe::OneOf(branches.collect(), vec![Recipe::of(&cond.test_expr)])
            }
            Expr::Test(test) => Recipe::Made(vec![Recipe::of(&test.expr)]),
            Expr::Filter(filter) => filtered(filter),
            Expr::Call(call) => called(call),
        }
    }

    /// Adds the names of the variables that it picks from.
    pub(super) fn roots(&self, out: &mut std::collections::BTreeSet<String>) {
        match self {
            Recipe::Nothing | Recipe::Const(_) => {}
            Recipe::Var(name) => {
                out.insert(name.clone());
            }
            Recipe::Pick(both) | Recipe::Sum(both) => {
                both.0.roots(out);
                both.1.roots(out);
            }
            Recipe::OneOf(these, deciding) => these.iter().chain(deciding).for_each(|of| of.roots(out)),
            Recipe::Made(of) | Recipe::List(of) => of.iter().for_each(|of| of.roots(out)),
            Recipe::Map(of) | Recipe::Namespace(of) => of.iter().for_each(|(_, of)| of.roots(out)),
            Recipe::Items(of) | Recipe::Pairs(of) | Recipe::Item(of) | Recipe::Mapped(of, _) => of.roots(out),
        }
    }
}

fn pick(of: Recipe, key: Recipe) -> Recipe {
    Recipe::Pick(Box::new((of, key)))
}

fn constant_text(expr: &Expr<'_>) -> Option<String> {
    let Expr::Const(constant) = expr else { return None };
    constant.value.as_str().map(str::to_owned)
}

fn argument<'e, 's>(arg: &'e CallArg<'s>) -> &'e Expr<'s> {
    match arg {
        CallArg::Pos(e) | CallArg::Kwarg(_, e) | CallArg::PosSplat(e) | CallArg::KwargSplat(e) => e,
    }
}

fn filtered(filter: &Filter<'_>) -> Recipe {
    let of = filter.expr.as_ref().map(Recipe::of).unwrap_or_default();
    let first = || filter.args.first().map(|arg| Recipe::of(argument(arg))).unwrap_or_default();
    match filter.name {
        "required" => of,
        "default" | "d" => Recipe::OneOf(vec![of, first()], Vec::new()),
        "list" | "sort" | "reverse" | "unique" | "select" | "reject" | "selectattr" | "rejectattr" => {
            Recipe::Items(Box::new(of))
        }
        "items" | "dictsort" => Recipe::Pairs(Box::new(of)),
        "first" | "last" | "min" | "max" => Recipe::Item(Box::new(of)),
        "map" => {
            let attribute = filter.args.iter().find_map(|arg| match arg {
                CallArg::Kwarg("attribute", expr) => constant_text(expr),
                _ => None,
            });
            match attribute {
                Some(attribute) => Recipe::Mapped(Box::new(of), attribute),
                None => Recipe::Made(vec![of]),
            }
        }
        _ => {
            let args = filter.args.iter().map(|arg| Recipe::of(argument(arg)));
            Recipe::Made(std::iter::once(of).chain(args).collect())
        }
    }
}

fn called(call: &Call<'_>) -> Recipe {
    let function = if let Expr::Var(var) = &call.expr { var.id } else { "" };
    let named = || {
        let named = |arg: &CallArg<'_>| match arg {
            CallArg::Kwarg(name, expr) => Some(((*name).to_owned(), Recipe::of(expr))),
            _ => None,
        };
        call.args.iter().map(named).collect::<Option<Vec<_>>>()
    };
    match (function, named()) {
        ("dict", Some(entries)) => Recipe::Map(entries),
        ("namespace", Some(entries)) => Recipe::Namespace(entries),
        _ => Recipe::Made(call.args.iter().map(|arg| Recipe::of(argument(arg))).collect()),
    }
}

/// The arguments of a call.
#[derive(Debug, Clone, Default)]
pub(super) struct Args {
    pub(super) positional: Vec<Recipe>,
    pub(super) named: Vec<(String, Recipe)>,
}

impl Args {
    pub(super) fn of(call: &Call<'_>) -> Args {
        let mut args = Args::default();
        for arg in &call.args {
            match arg {
                CallArg::Pos(expr) => args.positional.push(Recipe::of(expr)),
                CallArg::Kwarg(name, expr) => args.named.push(((*name).to_owned(), Recipe::of(expr))),
                // How many it gives is not known, so neither is which are the next.
                CallArg::PosSplat(_) | CallArg::KwargSplat(_) => break,
            }
        }
        args
    }
}

/// Follows recipes in a running template.
pub(super) struct Follow<'a, 'b, 'c> {
    pub(super) state: &'a State<'b, 'c>,
    pub(super) run: &'a Run,
    pub(super) names: &'a Names,
}

impl Follow<'_, '_, '_> {
    /// Returns the lineage of what a recipe gives here and now.
    pub(super) fn lineage(&self, recipe: &Recipe) -> Lineage {
        let boxed = |of: &Recipe| self.lineage(of).into();
        match recipe {
            Recipe::Nothing | Recipe::Const(_) => Lineage::Unknown,
            Recipe::Var(name) => self.variable(name),
            Recipe::Pick(pick) => self.picked(recipe, &pick.0, &pick.1),
            Recipe::OneOf(these, deciding) => {
                let these = self.leaves(these);
                let mut otherwise = these.clone();
                lineage::add(&mut otherwise, &self.leaves(deciding));
                one_of(these, otherwise)
            }
            Recipe::Made(of) => Lineage::of(self.leaves(of)),
            Recipe::List(of) => Lineage::list(of.iter().map(|of| self.lineage(of)).collect()),
            Recipe::Map(of) => Lineage::map(self.entries(of)),
            Recipe::Namespace(of) => Lineage::namespace(self.entries(of)),
            Recipe::Sum(of) => self.lineage(&of.0).joined(&self.lineage(&of.1)),
            Recipe::Items(of) => Lineage::Items(boxed(of)),
            Recipe::Pairs(of) => Lineage::Pairs(boxed(of)),
            Recipe::Item(of) => {
                let of = self.lineage(of);
                one_of(of.items(), of.leaves())
            }
            Recipe::Mapped(of, attribute) => self.lineage(of).mapped(attribute),
        }
    }

    fn entries(&self, of: &[(String, Recipe)]) -> Vec<(String, Lineage)> {
        of.iter().map(|(name, of)| (name.clone(), self.lineage(of))).collect()
    }

    fn leaves(&self, of: &[Recipe]) -> Vec<Leaf> {
        lineage::all(&of.iter().map(|of| self.lineage(of)).collect::<Vec<_>>())
    }

    fn variable(&self, name: &str) -> Lineage {
        let Some(value) = self.state.lookup(name) else { return Lineage::Unknown };
        if let Some(tracked) = value.downcast_object_ref::<Tracked>() {
            return tracked.leaf().map_or(Lineage::Unknown, Lineage::At);
        }
        if let Some(leaves) = self.run.captured_leaves(&value) {
            return Lineage::of(leaves);
        }
        let kept = self.state.lookup(&self.names.beside(name));
        let Some(kept) = kept.as_ref().and_then(|kept| kept.downcast_object_ref::<Beside>()) else {
            return Lineage::Unknown;
        };
        self.settled(kept.lineage.clone(), Some(&value))
    }

    fn picked(&self, recipe: &Recipe, of: &Recipe, key: &Recipe) -> Lineage {
        let from = self.lineage(of);
        let Some(key) = self.value(key) else { return from };
        if let (Lineage::Unknown, Some(name)) = (&from, key.as_str()) {
            // A variable of an imported file stands in its module.
            let beside = self.value(of).and_then(|module| module.get_attr(&self.names.beside(name)).ok());
            let kept = beside.as_ref().and_then(|kept| kept.downcast_object_ref::<Beside>());
            return kept
                .map(|kept| self.settled(kept.lineage.clone(), self.value(recipe).as_ref()))
                .unwrap_or_default();
        }
        let step = match (key.as_str(), &from) {
            (Some(key), _) => Step::Key(key.into()),
            (None, from) => match index(&key, from) {
                Some(index) => Step::Index(index),
                None => return Lineage::of(from.leaves()),
            },
        };
        self.settled(from.step(&step), self.value(recipe).as_ref())
    }

    fn settled(&self, lineage: Lineage, value: Option<&Mini>) -> Lineage {
        match value.and_then(scalar) {
            Some(value) if !lineage.fits(&value) => Lineage::Unknown,
            Some(value) => lineage.settled(&value),
            None => lineage,
        }
    }

    // The value of an expression that does nothing but pick.
    fn value(&self, recipe: &Recipe) -> Option<Mini> {
        match recipe {
            Recipe::Const(value) => Some(value.clone()),
            Recipe::Var(name) => self.state.lookup(name),
            Recipe::Pick(pick) => {
                let (of, key) = (self.value(&pick.0)?, self.value(&pick.1)?);
                of.get_item(&key).ok().filter(|value| !value.is_undefined())
            }
            _ => None,
        }
    }
}

fn index(key: &Mini, of: &Lineage) -> Option<usize> {
    let index = i64::try_from(key.clone()).ok()?;
    if index >= 0 {
        return usize::try_from(index).ok();
    }
    let count = match of {
        Lineage::At(Leaf { value: Value::Seq(items), .. }) => items.len(),
        Lineage::List(items) => items.len(),
        _ => return None,
    };
    count.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)
}
