//! Sprig's arithmetic.
//!
//! Every argument is converted first (see [`cast`](super::cast)): a text that is no number counts as 0. Whole numbers
//! are of 64 bits and wrap around.

use gotemplate::{Fault, Functions, List, Shape, Signature, State, Type, Value, grown_capacity};

use super::cast::{self, to_float, to_int};
use super::decimal::Decimal;
use super::kind::{charge, int};
use super::pow10::pow10;
use super::text::Text;

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    add_conversions(functions);
    add_whole(functions);
    add_decimal(functions);
    add_rounding(functions);
    add_sequences(functions);
}

fn add_conversions(functions: &mut Functions) {
    let from = |result| Signature::new([Type::Any], result);
    functions.add("int", from(Type::Int), |_, args| Ok(Value::from(to_int(&args[0]))));
    functions.add("int64", from(Type::Int64), |_, args| Ok(Value::int64(to_int(&args[0]))));
    functions.add("float64", from(Type::Float64), |_, args| Ok(Value::from(to_float(&args[0]))));
    functions.add("toDecimal", from(Type::Int64), |state, args| {
        let text = state.text_of(&args[0])?;
        Ok(Value::int64(cast::parse_int(&text, 8).unwrap_or(0)))
    });
}

type Fold = fn(i64, i64) -> i64;

/// Functions on whole numbers.
fn add_whole(functions: &mut Functions) {
    let two = || Signature::new([Type::Any, Type::Any], Type::Int64);
    let some = || Signature::new([Type::Any], Type::Int64).variadic(Type::Any);
    functions.add("add1", Signature::new([Type::Any], Type::Int64), |_, args| {
        Ok(Value::int64(to_int(&args[0]).wrapping_add(1)))
    });
    functions.add("add", Signature::new([], Type::Int64).variadic(Type::Any), |_, args| {
        Ok(Value::int64(args.iter().map(to_int).fold(0, i64::wrapping_add)))
    });
    functions.add("sub", two(), |_, args| Ok(Value::int64(to_int(&args[0]).wrapping_sub(to_int(&args[1])))));
    functions.add("div", two(), |_, args| Ok(Value::int64(to_int(&args[0]).wrapping_div(divisor(&args[1])?))));
    functions.add("mod", two(), |_, args| Ok(Value::int64(to_int(&args[0]).wrapping_rem(divisor(&args[1])?))));
    let folds: [(&str, Fold); 4] =
        [("mul", i64::wrapping_mul), ("max", i64::max), ("biggest", i64::max), ("min", i64::min)];
    for (name, fold) in folds {
        functions.add(name, some(), move |_, args| {
            Ok(Value::int64(args[1..].iter().map(to_int).fold(to_int(&args[0]), fold)))
        });
    }
}

fn divisor(value: &Value) -> Result<i64, Fault> {
    match to_int(value) {
        0 => Err(Fault::from("runtime error: integer divide by zero")),
        divisor => Ok(divisor),
    }
}

type Operation = fn(Decimal, Decimal) -> Result<Decimal, Fault>;

/// Functions on numbers with a point.
fn add_decimal(functions: &mut Functions) {
    functions.add("add1f", Signature::new([Type::Any], Type::Float64), |state, args| {
        compute(state, &args[0], &[Value::from(1)], |a, b| Ok(a + b))
    });
    functions.add("addf", Signature::new([], Type::Float64).variadic(Type::Any), |state, args| {
        compute(state, &Value::from(0), args, |a, b| Ok(a + b))
    });
    let operations: [(&str, Operation); 3] =
        [("subf", |a, b| Ok(a - b)), ("mulf", |a, b| Ok(a * b)), ("divf", Decimal::quotient)];
    for (name, operation) in operations {
        functions.add(name, Signature::new([Type::Any], Type::Float64).variadic(Type::Any), move |state, args| {
            compute(state, &args[0], &args[1..], operation)
        });
    }
    for (name, choose) in [("maxf", max_float as fn(f64, f64) -> f64), ("minf", |a, b| -max_float(-a, -b))] {
        functions.add(name, Signature::new([Type::Any], Type::Float64).variadic(Type::Any), move |_, args| {
            Ok(Value::from(args[1..].iter().map(to_float).fold(to_float(&args[0]), choose)))
        });
    }
}

fn compute(state: &mut State<'_>, first: &Value, rest: &[Value], operation: Operation) -> Result<Value, Fault> {
    let mut result = Decimal::from_float(to_float(first))?;
    for value in rest {
        let value = Decimal::from_float(to_float(value))?;
        state.spend(result.steps_with(&value))?;
        result = operation(result, value)?;
    }
    Ok(Value::from(result.to_float()))
}

/// Go's `math.Max`: infinity before what is no number, and that before all others; 0 is larger than -0.
fn max_float(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        f64::INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == 0.0 && b == 0.0 {
        if a.is_sign_negative() { b } else { a }
    } else if a > b {
        a
    } else {
        b
    }
}

fn add_rounding(functions: &mut Functions) {
    for (name, round) in [("floor", f64::floor as fn(f64) -> f64), ("ceil", f64::ceil)] {
        functions.add(name, Signature::new([Type::Any], Type::Float64), move |_, args| {
            Ok(Value::from(round(to_float(&args[0]))))
        });
    }
    let signature = Signature::new([Type::Any, Type::Int], Type::Float64).variadic(Type::Float64);
    functions.add("round", signature, |_, args| {
        let up_from = args.get(2).map_or(0.5, to_float);
        Ok(Value::from(round(to_float(&args[0]), int(&args[1]), up_from)))
    });
}

/// Rounds to a number of places: up from a part of the last one on, else down. The part of a negative number is
/// negative, so these are rounded down.
fn round(value: f64, places: i64, up_from: f64) -> f64 {
    let power = pow10(places);
    let scaled = power * value;
    let part = if scaled.is_infinite() { f64::NAN } else { scaled.fract() };
    (if part >= up_from { scaled.ceil() } else { scaled.floor() }) / power
}

fn add_sequences(functions: &mut Functions) {
    functions.add("until", Signature::new([Type::Int], Type::Named(INTS.name)), |state, args| {
        let count = int(&args[0]);
        list(state, 0, count, if count < 0 { -1 } else { 1 })
    });
    functions.add("untilStep", Signature::new([Type::Int; 3], Type::Named(INTS.name)), |state, args| {
        list(state, int(&args[0]), int(&args[1]), int(&args[2]))
    });
    functions.add("seq", Signature::new([], Type::String).variadic(Type::Int), |state, args| {
        let numbers: Vec<i64> = args.iter().map(int).collect();
        seq(state, &numbers)
    });
}

/// `[]int`
static INTS: Shape = Shape::new("[]int", Type::Int);

/// Returns the numbers from one up or down to before another.
fn steps(start: i64, stop: i64, step: i64) -> impl Iterator<Item = i64> {
    let down = stop < start;
    let mut next = (if down { step < 0 } else { step > 0 }).then_some(start);
    std::iter::from_fn(move || {
        let number = next.filter(|&number| if down { number > stop } else { number < stop })?;
        next = number.checked_add(step);
        Some(number)
    })
}

/// Returns how many numbers [`steps`] gives.
fn count(start: i64, stop: i64, step: i64) -> usize {
    let forward = (stop < start) == (step < 0) && step != 0 && start != stop;
    if !forward {
        return 0;
    }
    usize::try_from(start.abs_diff(stop).div_ceil(step.unsigned_abs())).unwrap_or(usize::MAX)
}

fn list(state: &mut State<'_>, start: i64, stop: i64, step: i64) -> Result<List, Fault> {
    let count = count(start, stop, step);
    charge(state, count)?;
    let numbers: Vec<Value> = steps(start, stop, step).map(Value::from).collect();
    let capacity = (0..numbers.len()).fold(0, |capacity, length| grown_capacity(capacity, length + 1, 8, false));
    Ok(List::with_capacity(&INTS, numbers, capacity))
}

/// Returns numbers in a text, as the command `seq` prints them: first, step, last.
fn seq(state: &mut State<'_>, numbers: &[i64]) -> Result<Value, Fault> {
    let (first, step, last) = match *numbers {
        [last] => (1, None, last),
        [first, last] => (first, None, last),
        [first, step, last] => (first, Some(step), last),
        _ => return Ok(Value::from("")),
    };
    let direction = if last < first { -1 } else { 1 };
    if direction < 0 && step.is_some_and(|step| step > 0) {
        return Ok(Value::from(""));
    }
    let (stop, step) = (last.wrapping_add(direction), step.unwrap_or(direction));
    state.spend(count(first, stop, step) as u64)?;
    let mut out = Text::new(state);
    for (at, number) in steps(first, stop, step).enumerate() {
        if at > 0 {
            out.push(b" ")?;
        }
        out.push(number.to_string().as_bytes())?;
    }
    Ok(out.finish())
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn whole_numbers_wrap_around() {
        check(&[
            (r#"{{ add 1 "2" true nil "x" 1.9 }} {{ sub 1 3 }} {{ mul 9223372036854775807 2 }}"#, "5 -2 -2"),
            ("{{ div -9223372036854775808 -1 }} {{ div -7 2 }} {{ mod -7 2 }}", "-9223372036854775808 -3 -1"),
            ("{{ max 1 5 3 }} {{ min 2.9 4 }} {{ biggest 1 }} {{ add }} {{ add1 -1 }}", "5 2 1 0 0"),
            ("{{ div 1 0.5 }}", "! runtime error: integer divide by zero"),
        ]);
    }

    #[test]
    fn numbers_with_a_point_are_decimal() {
        check(&[
            (
                "{{ addf 0.1 0.2 }} {{ subf 1 0.9 }} {{ mulf 1.1 1.1 }} {{ divf 10 3 }} {{ add1f 1.5 }}",
                "0.3 0.1 1.21 3.3333333333333335 2.5",
            ),
            (r#"{{ maxf 1 "nan" 2 }} {{ minf 1 "-inf" }} {{ maxf 1.5 1 }}"#, "NaN -Inf 1.5"),
            ("{{ divf 1 0 }}", "! decimal division by 0"),
            (r#"{{ addf "inf" }}"#, "! Cannot create a Decimal from +Inf"),
        ]);
    }

    #[test]
    fn halves_are_rounded_up_but_not_below_zero() {
        check(&[
            (
                "{{ round 2.5 0 }} {{ round -2.5 0 }} {{ round -1.5 0 }} {{ round 123.456 2 }} {{ round 123.456 -1 }}",
                "3 -3 -2 123.46 120",
            ),
            ("{{ round 1.39 1 0.95 }} {{ floor -1.1 }} {{ ceil 1.1 }} {{ round 1.5 400 }}", "1.3 -2 2 NaN"),
        ]);
    }

    #[test]
    fn sequences_go_up_and_down() {
        check(&[
            (
                "{{ until 3 }} {{ until -3 }} {{ untilStep 0 7 3 }} {{ untilStep 3 0 1 }} {{ untilStep 0 3 0 }}",
                "[0 1 2] [0 -1 -2] [0 3 6] [] []",
            ),
            (
                "{{ seq 3 }}|{{ seq -1 }}|{{ seq 2 2 7 }}|{{ seq 5 1 0 }}|{{ seq 5 -2 0 }}|{{ seq }}",
                "1 2 3|1 0 -1|2 4 6||5 3 1|",
            ),
            ("{{ until 100000000 }}", "! the template takes more than 50000000 steps"),
            ("{{ seq 1 9223372036854775807 }}", ""),
        ]);
    }

    #[test]
    fn octal_texts_are_numbers() {
        check(&[(r#"{{ toDecimal "777" }} {{ toDecimal 10 }} {{ toDecimal "8" }} {{ toDecimal 1.5 }}"#, "511 8 0 0")]);
    }
}
