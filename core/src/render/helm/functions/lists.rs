//! Sprig's functions on lists.
//!
//! They work on slices of every type and give back new lists, of `interface {}`. What is no list is an error, which the
//! `must` functions return and the others panic with; templates see no difference.

use gotemplate::{Fault, Functions, List, Shape, Signature, State, Type, Value, grown_capacity};

use super::cast::{float_to_int, to_int};
use super::deep::Equality;
use super::kind::{NIL_DEREFERENCE, charge, elements, int, kind};

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    for name in ["list", "tuple"] {
        functions.add(name, Signature::new([], Type::List).variadic(Type::Any), |state, args| {
            charge(state, args.len())?;
            Ok(List::new(args.to_vec()))
        });
    }
    add_ends(functions);
    add_parts(functions);
    add_filters(functions);
    functions.add("concat", Signature::new([], Type::Any).variadic(Type::Any), concat);
    for name in ["append", "push", "mustAppend", "mustPush"] {
        functions.add(name, Signature::new([Type::Any, Type::Any], Type::List), |state, args| {
            append(items(state, &args[0], "push on")?, args[1].clone())
        });
    }
    for name in ["prepend", "mustPrepend"] {
        functions.add(name, Signature::new([Type::Any, Type::Any], Type::List), |state, args| {
            prepend(items(state, &args[0], "prepend on")?, args[1].clone())
        });
    }
    for name in ["has", "mustHas"] {
        functions.add(name, Signature::new([Type::Any, Type::Any], Type::Bool), |state, args| {
            if matches!(args[1], Value::Nil) {
                return Ok(Value::Bool(false));
            }
            let items = items(state, &args[1], "find has on")?;
            Ok(Value::Bool(Equality::new(state).any(&args[0], &items)?))
        });
    }
}

/// Returns the elements of a list, or says that nothing can be done with it.
fn items(state: &mut State<'_>, value: &Value, what: &str) -> Result<Vec<Value>, Fault> {
    if matches!(value, Value::Nil) {
        return Err(Fault::from(NIL_DEREFERENCE));
    }
    elements(state, value)?.ok_or_else(|| Fault::new(format!("Cannot {what} type {}", kind(value))))
}

/// Adds a function of a list under its name and that with `must`.
fn add_both(
    functions: &mut Functions,
    name: &str,
    result: Type,
    body: impl Fn(&mut State<'_>, Vec<Value>) -> Result<Value, Fault> + Clone + Send + Sync + 'static,
) {
    let what = match name {
        "compact" => "compact on".to_owned(),
        name => format!("find {name} on"),
    };
    let must = format!("must{}{}", name[..1].to_uppercase(), &name[1..]);
    for name in [name, &must] {
        let (what, body) = (what.clone(), body.clone());
        functions.add(name, Signature::new([Type::Any], result), move |state, args| {
            let items = items(state, &args[0], &what)?;
            body(state, items)
        });
    }
}

fn add_ends(functions: &mut Functions) {
    add_end(functions, ["first", "mustFirst"], |_| 0);
    add_end(functions, ["last", "mustLast"], |length| length - 1);
    add_both(functions, "rest", Type::List, |_, items| Ok(all_but_one(items, |items| drop(items.remove(0)))));
    add_both(functions, "initial", Type::List, |_, items| Ok(all_but_one(items, |items| drop(items.pop()))));
    add_both(functions, "reverse", Type::List, |_, mut items| {
        items.reverse();
        Ok(Value::from(items))
    });
}

/// Adds a function that returns an element, which needs no copy of the list.
fn add_end(functions: &mut Functions, names: [&'static str; 2], at: fn(usize) -> usize) {
    for name in names {
        functions.add(name, Signature::new([Type::Any], Type::Any), move |state, args| {
            if let Value::List(list) = &args[0] {
                return Ok(list.len().checked_sub(1).and_then(|_| list.get(at(list.len()))).unwrap_or_default());
            }
            let items = items(state, &args[0], &format!("find {} on", names[0]))?;
            Ok(items.get(at(items.len().max(1))).cloned().unwrap_or_default())
        });
    }
}

/// Takes an element away. Of an empty list there is no rest: nil.
fn all_but_one(mut items: Vec<Value>, take: impl Fn(&mut Vec<Value>)) -> Value {
    if items.is_empty() {
        return List::nil(Shape::LIST).into();
    }
    take(&mut items);
    items.into()
}

fn add_filters(functions: &mut Functions) {
    add_both(functions, "compact", Type::List, |_, mut items| {
        items.retain(Value::truth);
        Ok(Value::from(List::appended(items)))
    });
    add_both(functions, "uniq", Type::List, |state, items| {
        let mut found = Vec::new();
        let mut equality = Equality::new(state);
        for item in items {
            if !equality.any(&item, &found)? {
                found.push(item);
            }
        }
        Ok(Value::from(List::appended(found)))
    });
    for name in ["without", "mustWithout"] {
        functions.add(name, Signature::new([Type::Any], Type::List).variadic(Type::Any), |state, args| {
            let mut kept = Vec::new();
            let items = items(state, &args[0], "find without on")?;
            let mut equality = Equality::new(state);
            for item in items {
                if !equality.any(&item, &args[1..])? {
                    kept.push(item);
                }
            }
            Ok(List::appended(kept))
        });
    }
}

fn append(mut items: Vec<Value>, value: Value) -> Result<List, Fault> {
    let capacity = grown_capacity(items.len(), items.len() + 1, 16, true);
    items.push(value);
    Ok(List::with_capacity(Shape::LIST, items, capacity))
}

fn prepend(mut items: Vec<Value>, value: Value) -> Result<List, Fault> {
    let capacity = grown_capacity(1, items.len() + 1, 16, true);
    items.insert(0, value);
    Ok(List::with_capacity(Shape::LIST, items, capacity))
}

fn concat(state: &mut State<'_>, lists: &[Value]) -> Result<Value, Fault> {
    let mut all = Vec::new();
    for list in lists {
        if matches!(list, Value::Nil) {
            return Err(Fault::from(NIL_DEREFERENCE));
        }
        let items = elements(state, list)?;
        all.extend(items.ok_or_else(|| Fault::new(format!("Cannot concat type {} as list", kind(list))))?);
    }
    // Nothing was appended to nil.
    let list = if all.is_empty() { List::nil(Shape::LIST) } else { List::appended(all) };
    Ok(list.into())
}

fn add_parts(functions: &mut Functions) {
    for name in ["slice", "mustSlice"] {
        functions.add(name, Signature::new([Type::Any], Type::Any).variadic(Type::Any), slice);
    }
    for name in ["chunk", "mustChunk"] {
        functions.add(name, Signature::new([Type::Int, Type::Any], Type::Named(LISTS.name)), |state, args| {
            let items = items(state, &args[1], "chunk")?;
            chunk(state, int(&args[0]), &items)
        });
    }
}

/// Returns a part of a list, of the list's own type. It may go beyond the length, up to the capacity.
fn slice(state: &mut State<'_>, args: &[Value]) -> Result<Value, Fault> {
    let list = &args[0];
    if matches!(list, Value::Nil) {
        return Err(Fault::from(NIL_DEREFERENCE));
    }
    let Some(mut items) = elements(state, list)? else {
        return Err(Fault::new(format!("list should be type of slice or array but {}", kind(list))));
    };
    if items.is_empty() {
        return Ok(Value::Nil);
    }
    let capacity = if let Value::List(list) = list { list.capacity() } else { items.len() };
    let bound = |at: usize, otherwise: usize| match args.get(at) {
        Some(index) => usize::try_from(to_int(index)).ok(),
        None => Some(otherwise),
    };
    let bounds = bound(1, 0).zip(bound(2, items.len()));
    let Some((start, end)) = bounds.filter(|&(start, end)| start <= end && end <= capacity) else {
        return Err(Fault::from("reflect.Value.Slice: slice index out of bounds"));
    };
    Ok(match list {
        Value::Bytes(bytes) => Value::Bytes(bytes[start..end].into()),
        Value::List(list) => {
            let zero = list.shape().elem.zero();
            items.resize(end.max(start), zero);
            items.drain(..start);
            List::with_capacity(list.shape(), items, capacity - start).into()
        }
        _ => {
            items.truncate(end);
            items.drain(..start);
            items.into()
        }
    })
}

/// `[][]interface {}`
static LISTS: Shape = Shape::new("[][]interface {}", Type::List);

/// Cuts a list into lists of a size. Counting in floats decides what becomes of a size that is none.
fn chunk(state: &mut State<'_>, size: i64, items: &[Value]) -> Result<Value, Fault> {
    let out_of_range = || Fault::from("runtime error: makeslice: len out of range");
    let length = items.len() as f64;
    let chunks = float_to_int(((length - 1.0) / size as f64).floor() + 1.0);
    let chunks = usize::try_from(chunks).map_err(|_| out_of_range())?;
    if chunks == 0 {
        return Ok(List::with_shape(&LISTS, Vec::new()).into());
    }
    let size = usize::try_from(size).map_err(|_| out_of_range())?;
    charge(state, chunks)?;
    // Each chunk is a list of its own.
    charge(state, chunks.saturating_mul(8))?;
    let chunks = items.chunks(size).map(|chunk| Value::from(chunk.to_vec())).collect();
    Ok(List::with_shape(&LISTS, chunks).into())
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn lists_are_taken_apart() {
        check(&[
            (
                "{{ first (list 1 2 3) }} {{ last (until 3) }} {{ rest (list 1 2) }} {{ initial (list 1 2) }}",
                "1 2 [2] [1]",
            ),
            (
                "{{ first (list) }} {{ rest (list) | toJson }} {{ concat (list) (list) | toJson }}",
                "<no value> null null",
            ),
            (
                r#"{{ reverse (splitList "," "a,b") }} {{ append (until 1) 2 }} {{ prepend (list 1) nil }}"#,
                "[b a] [0 2] [<nil> 1]",
            ),
            (r#"{{ compact (list 0 "" 1 (dict) false) }} {{ slice (list 1 2 3) 1 2 }}"#, "[1] [2]"),
        ]);
    }

    #[test]
    fn elements_are_equal_by_type() {
        check(&[
            (
                "{{ uniq (list 1 1.0 1 (list) (list)) }} {{ has 1 (list 1.0) }} {{ has nil (list nil) }}",
                "[1 1 []] false true",
            ),
            (r#"{{ without (list 1 2 "a") 1 "a" }} {{ has 1 nil }}"#, "[2] false"),
        ]);
    }

    #[test]
    fn slices_reach_beyond_the_length() {
        check(&[
            ("{{ slice (append (list 1 2 3) 4) 0 6 | len }} {{ slice (list) 1 2 }}", "6 <no value>"),
            ("{{ slice (list 1 2 3) 0 4 }}", "! reflect.Value.Slice: slice index out of bounds"),
            ("{{ slice (list 1 2 3) 2 1 }}", "! reflect.Value.Slice: slice index out of bounds"),
        ]);
    }

    #[test]
    fn chunks_have_a_size() {
        check(&[
            ("{{ chunk 2 (list 1 2 3) }} {{ chunk -1 (list 1 2) }} {{ chunk 5 (list) }}", "[[1 2] [3]] [] []"),
            ("{{ chunk 0 (list 1) }}", "! runtime error: makeslice: len out of range"),
        ]);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let nil = "! runtime error: invalid memory address or nil pointer dereference";
        check(&[
            ("{{ first nil }}", nil),
            ("{{ concat (list) nil }}", nil),
            (r#"{{ mustLast "a" }}"#, "! Cannot find last on type string"),
            ("{{ append (dict) 1 }}", "! Cannot push on type map"),
            ("{{ compact 1 }}", "! Cannot compact on type int"),
            ("{{ concat 1.5 }}", "! Cannot concat type float64 as list"),
            ("{{ slice true }}", "! list should be type of slice or array but bool"),
        ]);
    }
}
