//! Merging dicts in place.
//!
//! The first dict is changed, and so are the dicts in it; what it takes over it shares with the dict that it came from.
//! A value is taken over where there is none or an empty one (`merge`), or always (`mergeOverwrite`), but dicts that
//! both sides have are merged, and an empty dict never takes the place of another.
//!
//! Facts: <https://github.com/darccio/mergo/blob/v1.0.1/merge.go>, which decides case by case; so does this.

use gotemplate::{Fault, Map, State, Str, Type, Value};

use super::deep::too_deep;
use super::kind::kind;
use crate::render::helm::context;

/// Whether values that are there already are replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Fill,
    Overwrite,
}

/// Why dicts do not merge.
pub(super) enum Failure {
    /// One has a pointer where the other has something else.
    Types,
    /// A value cannot be an element of a dict of another type.
    Element(String),
    /// Anything that ends the run.
    Fault(Fault),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Fault {
        match failure {
            Failure::Types => Fault::from("src and dst must be of same type"),
            Failure::Element(message) => Fault::new(message),
            Failure::Fault(fault) => fault,
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Fault(fault)
    }
}

/// A pair of dicts that is being merged.
struct Open {
    to: Map,
    from: Map,
    keys: std::vec::IntoIter<Str>,
    /// The key whose values, as they were, are dicts that were merged just now.
    merging: Option<(Str, Option<Value>, Value)>,
}

/// Merges a dict into another. Neither is nil.
pub(super) fn merge(state: &mut State<'_>, to: &Map, from: &Map, mode: Mode) -> Result<(), Failure> {
    let depth = context::limits(state).depth;
    let mut open = vec![Open::new(state, to, from)?];
    while let Some(innermost) = open.last_mut() {
        if let Some((key, old, new)) = innermost.merging.take() {
            innermost.settle(key, old, new, mode)?;
        }
        match innermost.next(mode)? {
            Next::Done => {
                open.pop();
            }
            Next::Key => {}
            Next::Nested(to, from) => {
                if open.len() >= depth {
                    return Err(too_deep(depth).into());
                }
                open.push(Open::new(state, &to, &from)?);
            }
        }
    }
    Ok(())
}

enum Next {
    Done,
    Key,
    Nested(Map, Map),
}

impl Open {
    fn new(state: &mut State<'_>, to: &Map, from: &Map) -> Result<Open, Fault> {
        state.spend(4 * (from.len() as u64 + 1))?;
        state.charge(size_of::<Open>() + from.len() * size_of::<Str>())?;
        state.track(&Value::Map(to.clone()));
        Ok(Open { to: to.clone(), from: from.clone(), keys: from.keys().into_iter(), merging: None })
    }

    /// Merges the value of the next key, unless it is a dict on both sides.
    fn next(&mut self, mode: Mode) -> Result<Next, Failure> {
        let Some(key) = self.keys.next() else { return Ok(Next::Done) };
        let Some(new) = self.from.get(&key) else { return Ok(Next::Key) };
        let old = self.to.get(&key);
        match kind(&new) {
            "invalid" => {
                if mode == Mode::Overwrite {
                    self.put(key, Value::Nil, self.from.shape().elem.name())?;
                }
                return Ok(Next::Key);
            }
            "struct" | "ptr" | "map" => match (&old, &new) {
                (Some(Value::Map(to)), Value::Map(from)) if !to.is_nil() => {
                    let nested = Next::Nested(to.clone(), from.clone());
                    self.merging = Some((key, old, new));
                    return Ok(nested);
                }
                (Some(old), new) if mode == Mode::Fill && is_other_than_pointer(old, new) => {
                    return Err(Failure::Types);
                }
                _ => {}
            },
            "slice" => self.take_list(&key, old.as_ref(), &new, mode)?,
            _ => {}
        }
        self.settle(key, old, new, mode)?;
        Ok(Next::Key)
    }

    /// Takes a list over. Go looks at the type of what is there before it looks at anything else.
    fn take_list(&self, key: &Str, old: Option<&Value>, new: &Value, mode: Mode) -> Result<(), Failure> {
        let typed = self.to.shape().elem != Type::Any;
        if typed && let Some(old) = old {
            let message = format!("reflect: call of reflect.Value.IsNil on {} Value", kind(old));
            return Err(Failure::Element(message));
        }
        if typed || mode == Mode::Overwrite || self.to.is_empty() {
            self.put(key.clone(), new.clone(), &new.type_name())?;
        }
        Ok(())
    }

    /// Takes a value over, if its kind and what was there before allow it.
    fn settle(&mut self, key: Str, old: Option<Value>, new: Value, mode: Mode) -> Result<(), Failure> {
        let empty = old.as_ref().is_none_or(is_empty);
        if let Some(old) = old.filter(|_| !empty) {
            let kinds = (kind(&old), kind(&new));
            if kinds.1 == "slice" || kinds == ("map", "map") {
                return Ok(());
            }
        }
        if empty || mode == Mode::Overwrite { self.put(key, new, self.from.shape().elem.name()) } else { Ok(()) }
    }

    /// Puts a value into the dict, as one of some type.
    fn put(&self, key: Str, value: Value, given: &str) -> Result<(), Failure> {
        let wanted = self.to.shape().elem;
        if wanted != Type::Any && wanted.name() != given {
            let message = format!("value of type {given} is not assignable to type {}", wanted.name());
            return Err(Failure::Element(format!("reflect.Value.SetMapIndex: {message}")));
        }
        self.to.insert(key, value);
        Ok(())
    }
}

/// Reports whether a pointer meets something else.
fn is_other_than_pointer(old: &Value, new: &Value) -> bool {
    kind(old) == "ptr" && kind(new) != "ptr" && !old.is_nil() && !new.is_nil()
}

/// Reports whether a value may be replaced: as templates have it, except that complex numbers never are.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Complex(..) | Value::Func(_) => false,
        value => !value.truth(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn what_is_empty_is_filled() {
        check(&[
            (r#"{{ merge (dict "a" false "b" 1) (dict "a" true "b" 2 "c" nil) }}"#, "map[a:true b:1]"),
            (r#"{{ merge (dict "a" (dict "b" 1)) (dict "a" (dict "b" 2 "c" 3)) }}"#, "map[a:map[b:1 c:3]]"),
            (r#"{{ merge (dict "a" (list 1)) (dict "a" (list 2)) (dict "b" (list 3)) }}"#, "map[a:[1] b:[3]]"),
        ]);
    }

    #[test]
    fn overwriting_spares_dicts() {
        check(&[
            (
                r#"{{ mergeOverwrite (dict "a" 1 "b" 1 "c" 1) (dict "a" "" "b" nil "c" (dict)) }}"#,
                "map[a: b:<nil> c:map[]]",
            ),
            (r#"{{ mergeOverwrite (dict "a" (dict "b" 1)) (dict "a" (dict)) }}"#, "map[a:map[b:1]]"),
            (r#"{{ mergeOverwrite (dict "a" (list 1)) (dict "a" list) }}"#, "map[a:[]]"),
        ]);
    }

    #[test]
    fn what_is_taken_over_is_shared() {
        check(&[(
            r#"{{ $a := dict }}{{ $b := dict "x" (dict "y" 1) }}{{ $_ := merge $a $b }}{{ $_ = set $a.x "z" 2 }}{{ $b }}"#,
            "map[x:map[y:1 z:2]]",
        )]);
    }

    #[test]
    fn dicts_that_do_not_merge_give_nothing() {
        let dicts = r#"(dict "a" (semver "1.2.3")) (dict "a" (dict))"#;
        check(&[
            (&format!("{{{{ merge {dicts} }}}}"), ""),
            (&format!("{{{{ mustMerge {dicts} }}}}"), "! src and dst must be of same type"),
            (
                r#"{{ merge (dict "a" (split "," "x")) (dict "a" (dict "b" 1)) }}"#,
                "! reflect.Value.SetMapIndex: value of type interface {} is not assignable to type string",
            ),
        ]);
    }

    #[test]
    fn a_dict_that_holds_itself_comes_to_an_end() {
        let cycles = r#"{{ $a := dict }}{{ $_ := set $a "a" $a }}{{ $b := dict }}{{ $_ = set $b "a" $b }}"#;
        check(&[(&format!("{cycles}{{{{ merge $a $b }}}}"), "! the value is nested more than 1000 levels deep")]);
    }
}
