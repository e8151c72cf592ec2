//! Helm's own functions on durations, which take texts, numbers of seconds and durations alike.

use gotemplate::fmt::{parse_float, quote};
use gotemplate::{Fault, Functions, Signature, Type, Value};

use crate::render::helm::time::{DURATION, Duration};

pub(super) fn add(functions: &mut Functions) {
    functions
        .add("mustToDuration", Signature::new([Type::Any], DURATION), |_, args| read(&args[0]).map_err(Fault::from));
    for (name, unit, count) in [
        ("durationSeconds", Duration::SECOND, 1.0),
        ("durationMinutes", Duration::MINUTE, 1.0),
        ("durationHours", Duration::HOUR, 1.0),
        ("durationDays", Duration::HOUR, 24.0),
    ] {
        functions.add(name, Signature::new([Type::Any], Type::Float64), move |_, args| {
            Ok(Value::from(or_zero(&args[0]).in_units(unit) / count))
        });
    }
    functions.add("durationWeeks", Signature::new([Type::Any], Type::Float64), |_, args| {
        Ok(Value::from(or_zero(&args[0]).in_units(Duration::HOUR) / 24.0 / 7.0))
    });
    for (name, unit) in
        [("durationMilliseconds", 1_000_000), ("durationMicroseconds", 1_000), ("durationNanoseconds", 1)]
    {
        functions.add(name, Signature::new([Type::Any], Type::Int64), move |_, args| {
            Ok(Value::Int(or_zero(&args[0]).0 / unit, gotemplate::IntKind::Int64))
        });
    }
    let pair = || Signature::new([Type::Any, Type::Any], DURATION);
    functions.add("durationRoundTo", pair(), |_, args| {
        let duration = or_zero(&args[0]);
        Ok(read(&args[1]).map_or(duration, |unit| duration.round(unit)))
    });
    functions.add("durationTruncateTo", pair(), |_, args| {
        let duration = or_zero(&args[0]);
        Ok(read(&args[1]).map_or(duration, |unit| duration.truncate(unit)))
    });
}

fn or_zero(value: &Value) -> Duration {
    read(value).unwrap_or(Duration(0))
}

/// Reads a duration.
///
/// # Errors
/// Helm's, for what is none or too long.
fn read(value: &Value) -> Result<Duration, String> {
    let overflow = |seconds: &dyn std::fmt::Display| format!("duration seconds overflow: {seconds}");
    let whole = |seconds: i64| seconds.checked_mul(Duration::SECOND.0).map(Duration);
    if let Value::Object(_) = value
        && let Some(duration) = Duration::of(value)
    {
        return Ok(duration);
    }
    let underlying = match value {
        Value::Object(object) => object.underlying(),
        _ => None,
    };
    match underlying.as_ref().unwrap_or(value) {
        Value::Nil => Err("invalid duration".to_owned()),
        Value::Str(text) if underlying.is_none() => read_text(text),
        Value::Int(seconds, _) => whole(*seconds).ok_or_else(|| overflow(seconds)),
        Value::Uint(seconds, _) => i64::try_from(*seconds).ok().and_then(whole).ok_or_else(|| overflow(seconds)),
        Value::Float(seconds, _) => from_float(*seconds),
        _ => Err(format!("unsupported duration type {}", value.type_name())),
    }
}

fn read_text(text: &[u8]) -> Result<Duration, String> {
    let trimmed = trim(text);
    if trimmed.is_empty() {
        return Err("empty duration".to_owned());
    }
    if let Ok(duration) = Duration::parse(trimmed) {
        return Ok(duration);
    }
    let special = match trimmed.to_ascii_lowercase().as_slice() {
        b"inf" | b"+inf" | b"infinity" | b"+infinity" => Some(f64::INFINITY),
        b"-inf" | b"-infinity" => Some(f64::NEG_INFINITY),
        b"nan" => Some(f64::NAN),
        _ => None,
    };
    match special.or_else(|| std::str::from_utf8(trimmed).ok().and_then(parse_float)) {
        Some(seconds) => from_float(seconds),
        None => Err(format!("could not parse duration {}", quote(text))),
    }
}

/// Trims white space of Unicode, as Go's `strings.TrimSpace`.
fn trim(text: &[u8]) -> &[u8] {
    match std::str::from_utf8(text) {
        Ok(text) => text.trim_matches(char::is_whitespace).as_bytes(),
        Err(_) => text.trim_ascii(),
    }
}

fn from_float(seconds: f64) -> Result<Duration, String> {
    let show = |f: f64| String::from_utf8_lossy(&Value::from(f).to_text()).into_owned();
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {}", show(seconds)));
    }
    const LIMIT: f64 = i64::MAX as f64;
    if !(i64::MIN as f64 / 1e9..=LIMIT / 1e9).contains(&seconds) {
        return Err(format!("duration seconds overflow: {}", show(seconds)));
    }
    let nanoseconds = seconds * 1e9;
    if !(i64::MIN as f64..=LIMIT).contains(&nanoseconds) {
        return Err(format!("duration nanoseconds overflow: {}", show(nanoseconds)));
    }
    // Where the float has just left the integers, Go's conversion on x86-64 gives the smallest one.
    Ok(Duration(if nanoseconds >= LIMIT { i64::MIN } else { nanoseconds as i64 }))
}
