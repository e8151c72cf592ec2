//! What the templates of a traced run call: the functions that [`super::shadow`] puts into their tags.

use minijinja::value::{Object, ObjectRepr, Rest};
use minijinja::{Environment, Error, ErrorKind, State, Value as Mini};

use std::sync::Arc;

use super::convert::scalar;
use super::lineage::Lineage;
use super::recipe::{Follow, Recipe};
use super::run::{self, Beside, Frame, Mark, Run, Wrapped};
use super::source::Names;
use crate::value::{Step, Value};

/// How many times more steps a traced run takes at most.
pub(super) const COST: u64 = 20;

type Answer = Result<Mini, Error>;

/// Adds the functions to an environment.
pub(super) fn install(env: &mut Environment<'static>, names: &Names) {
    let own = names.clone();
    env.add_function(names.trace.clone(), move |state: &mut State<'_, '_>, place: u32| written(state, place, &own));
    let own = names.clone();
    env.add_function(names.begin.clone(), move |state: &mut State<'_, '_>, recipe: u32| begin(state, recipe, &own));
    let own = names.clone();
    env.add_function(names.end.clone(), move |state: &mut State<'_, '_>, begun: &Mini| end(state, begun, &own));
    env.add_function(names.part.clone(), part);
    env.add_function(names.put.clone(), put);
    env.add_function(names.item.clone(), item);
    let own = names.clone();
    env.add_function(names.given.clone(), move |state: &mut State<'_, '_>, of: u32, number: usize| {
        given(state, of, number, &own)
    });
    let own = names.clone();
    env.add_function(names.calling.clone(), move |state: &mut State<'_, '_>, called: &Mini, call: u32| {
        calling(state, called, call, &own)
    });
}

fn keep(lineage: Lineage, before: usize) -> Mini {
    Mini::from_object(Beside { lineage, before })
}

fn kept(value: &Mini) -> Lineage {
    value.downcast_object_ref::<Beside>().map(|kept| kept.lineage.clone()).unwrap_or_default()
}

fn follow(state: &State<'_, '_>, run: &Run, recipe: Option<&Recipe>, names: &Names) -> Lineage {
    recipe.map(|recipe| Follow { state, run, names }.lineage(recipe)).unwrap_or_default()
}

// Stands before an expression that writes.
fn written(state: &mut State<'_, '_>, place: u32, names: &Names) -> Answer {
    let run = run::of(state, names)?;
    let lineage = follow(state, &run, run.book.places.get(place as usize).map(|place| &place.recipe), names);
    let number = run.lock().expect(lineage);
    Ok(Mini::from_object(Mark(format!("E{place};T{number};"))))
}

// Stands before a tag that gives values to variables.
fn begin(state: &mut State<'_, '_>, recipe: u32, names: &Names) -> Answer {
    let run = run::of(state, names)?;
    let lineage = follow(state, &run, run.book.recipes.get(recipe as usize), names);
    let before = run.lock().captures.len();
    Ok(keep(lineage, before))
}

// Stands behind it: what macros captured on the way stands behind the value too.
fn end(state: &mut State<'_, '_>, begun: &Mini, names: &Names) -> Answer {
    let Some(begun) = begun.downcast_object_ref::<Beside>() else { return Ok(Mini::from(())) };
    let run = run::of(state, names)?;
    let leaves = run.lock().leaves_since(begun.before);
    let lineage = if leaves.is_empty() { begun.lineage.clone() } else { begun.lineage.with(&leaves) };
    Ok(keep(lineage, begun.before))
}

// The part of a list that a name of a target takes.
#[expect(clippy::needless_pass_by_value, reason = "minijinja gives the rest of the arguments by value")]
fn part(whole: &Mini, places: Rest<usize>) -> Mini {
    keep(places.iter().fold(kept(whole), |of, place| of.step(&Step::Index(*place))), 0)
}

fn put(namespace: &Mini, begun: &Mini, name: &str) -> Mini {
    kept(namespace).put(name, kept(begun));
    Mini::from(())
}

// The item that a loop is at; `targets` is its value.
fn item(begun: &Mini, index: usize, targets: &Mini) -> Mini {
    let key = || targets.get_item_by_index(0).ok().as_ref().and_then(scalar);
    keep(kept(begun).item(index, scalar(targets).or_else(key).as_ref()), 0)
}

// The argument that a parameter got, or its default.
fn given(state: &mut State<'_, '_>, of: u32, number: usize, names: &Names) -> Answer {
    let run = run::of(state, names)?;
    let Some((name, default)) = run.book.params.get(of as usize).and_then(|params| params.get(number)) else {
        return Ok(Mini::from(()));
    };
    let passed = run.lock().frames.last().and_then(|frame| {
        let named = || frame.named.iter().find(|(known, _)| known == name).map(|(_, lineage)| lineage);
        frame.positional.get(number).or_else(named).cloned()
    });
    let lineage = match passed {
        Some(lineage) => lineage,
        None => follow(state, &run, default.as_ref(), names),
    };
    let lineage = match state.lookup(name).as_ref().and_then(scalar) {
        Some(value) => settled(lineage, &value),
        None => lineage,
    };
    Ok(keep(lineage, 0))
}

fn settled(lineage: Lineage, value: &Value) -> Lineage {
    if lineage.fits(value) { lineage.settled(value) } else { Lineage::Unknown }
}

fn calling(state: &mut State<'_, '_>, called: &Mini, call: u32, names: &Names) -> Answer {
    if called.is_undefined() {
        return Err(Error::new(ErrorKind::UnknownFunction, "there is no such function"));
    }
    let run = run::of(state, names)?;
    let args = run.book.calls.get(call as usize).filter(|_| called.downcast_object_ref::<Wrapped>().is_some());
    let Some(args) = args else { return Ok(called.clone()) };
    let of = |recipe: &Recipe| follow(state, &run, Some(recipe), names);
    let positional = args.positional.iter().map(of).collect();
    let named = args.named.iter().map(|(name, recipe)| (name.clone(), of(recipe))).collect();
    let frame = std::sync::Mutex::new(Some(Frame { positional, named }));
    Ok(Mini::from_object(Calling { called: called.clone(), frame, names: names.clone() }))
}

// A macro that is told where its arguments came from.
#[derive(Debug)]
struct Calling {
    called: Mini,
    frame: std::sync::Mutex<Option<Frame>>,
    names: Names,
}

impl Object for Calling {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Mini]) -> Answer {
        let run = run::of(state, &self.names)?;
        run.lock().next = self.frame.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        self.called.call(state, args)
    }
}
