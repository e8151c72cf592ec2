//! Sprig's functions on dates and durations.

mod helm;

use gotemplate::{Fault, Functions, IntKind, Signature, State, Type, Value};

use crate::render::helm::context;
use crate::render::helm::time::{Duration, TIME, Time, Zone};

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    helm::add(functions);
    add_shown(functions);
    add_read(functions);
    add_durations(functions);
}

/// Dates to text.
fn add_shown(functions: &mut Functions) {
    functions.add("now", Signature::new([], TIME), |state, _| Ok(Time::read(context::now(state, "now")?)));
    functions.add("date", Signature::new([Type::String, Type::Any], Type::String), |state, args| {
        show(state, "date", &args[0], &args[1], b"Local")
    });
    functions.add("htmlDate", Signature::new([Type::Any], Type::String), |state, args| {
        show(state, "htmlDate", &Value::from(HTML), &args[0], b"Local")
    });
    functions.add("htmlDateInZone", Signature::new([Type::Any, Type::String], Type::String), |state, args| {
        show(state, "htmlDateInZone", &Value::from(HTML), &args[0], text(&args[1]))
    });
    for name in ["dateInZone", "date_in_zone"] {
        functions.add(
            name,
            Signature::new([Type::String, Type::Any, Type::String], Type::String),
            move |state, args| show(state, name, &args[0], &args[1], text(&args[2])),
        );
    }
    functions.add("unixEpoch", Signature::new([TIME], Type::String), |_, args| {
        Ok(Value::from(Time::of(&args[0]).unwrap_or(&Time::ZERO).seconds.to_string()))
    });
}

/// Text to dates, and dates to others.
fn add_read(functions: &mut Functions) {
    let read = || Signature::new([Type::String, Type::String], TIME);
    functions.add("toDate", read(), |_, args| Ok(Time::parse(text(&args[0]), text(&args[1])).unwrap_or(Time::ZERO)));
    functions.add("mustToDate", read(), |_, args| Time::parse(text(&args[0]), text(&args[1])).map_err(Fault::from));
    let modify = || Signature::new([Type::String, TIME], TIME);
    let time = |value: &Value| Time::of(value).cloned().unwrap_or(Time::ZERO);
    for name in ["dateModify", "date_modify"] {
        functions.add(name, modify(), move |_, args| {
            Ok(time(&args[1]).add(Duration::parse(text(&args[0])).unwrap_or(Duration(0))))
        });
    }
    for name in ["mustDateModify", "must_date_modify"] {
        functions
            .add(name, modify(), move |_, args| Ok::<_, Fault>(time(&args[1]).add(Duration::parse(text(&args[0]))?)));
    }
}

fn add_durations(functions: &mut Functions) {
    let shown = || Signature::new([Type::Any], Type::String);
    functions.add("ago", shown(), |state, args| {
        // What is no date counts as now, which is no time ago.
        let ago = match date(&args[0]) {
            Some(date) => Time::read(context::now(state, "ago")?).since(&date),
            None => Duration(0),
        };
        Ok::<_, Fault>(Value::from(ago.round(Duration::SECOND).to_string()))
    });
    functions.add("duration", shown(), |_, args| {
        let seconds = match &args[0] {
            Value::Str(text) => parse_int(text),
            Value::Int(seconds, IntKind::Int64) => *seconds,
            _ => 0,
        };
        Ok(Value::from(Duration(seconds.wrapping_mul(Duration::SECOND.0)).to_string()))
    });
    functions.add("durationRound", shown(), |state, args| {
        let duration = match &args[0] {
            Value::Str(text) => Duration::parse(text).unwrap_or(Duration(0)),
            Value::Int(nanoseconds, IntKind::Int64) => Duration(*nanoseconds),
            value => match Time::of(value) {
                Some(time) => Time::read(context::now(state, "durationRound")?).since(time),
                None => Duration(0),
            },
        };
        Ok::<_, Fault>(Value::from(largest_unit(duration)))
    });
}

/// The layout of dates in HTML.
const HTML: &str = "2006-01-02";

/// Returns a date as a layout shows it in a zone; what is no date is now, a zone that is not known UTC.
fn show(
    state: &mut State<'_>,
    function: &'static str,
    layout: &Value,
    value: &Value,
    zone: &[u8],
) -> Result<Value, Fault> {
    let date = match date(value) {
        Some(date) => date,
        None if text(layout).is_empty() => Time::ZERO,
        None => Time::read(context::now(state, function)?),
    };
    let zone = Zone::load(zone).unwrap_or(Zone::Utc);
    Ok(Value::Str(date.within(zone).format(text(layout)).into()))
}

/// Returns the date that a value is: a time, or an integer of seconds since 1970.
fn date(value: &Value) -> Option<Time> {
    match value {
        Value::Int(seconds, IntKind::Int | IntKind::Int32 | IntKind::Int64) => Some(Time::unix(*seconds)),
        value => Time::of(value).cloned(),
    }
}

/// Returns what Go's `ParseInt` gives, be it an error or not: numbers that are too large are the largest there is.
fn parse_int(text: &[u8]) -> i64 {
    let (negative, digits) = match text {
        [sign @ (b'-' | b'+'), digits @ ..] => (*sign == b'-', digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    digits.iter().fold(0i64, |number, digit| {
        let digit = i64::from(digit - b'0');
        number.saturating_mul(10).saturating_add(if negative { -digit } else { digit })
    })
}

/// Returns a duration in the largest unit of which there is more than one.
fn largest_unit(duration: Duration) -> String {
    let hour = Duration::HOUR.0.unsigned_abs();
    let nanoseconds = duration.0.unsigned_abs();
    let units = [
        (hour * 24 * 365, "y"),
        (hour * 24 * 30, "mo"),
        (hour * 24, "d"),
        (hour, "h"),
        (Duration::MINUTE.0.unsigned_abs(), "m"),
        (Duration::SECOND.0.unsigned_abs(), "s"),
    ];
    match units.into_iter().find(|(unit, _)| nanoseconds > *unit) {
        Some((unit, name)) => format!("{}{name}", nanoseconds / unit),
        None => "0s".to_owned(),
    }
}

/// Returns the bytes of an argument that the signature says is a string.
fn text(value: &Value) -> &[u8] {
    match value {
        Value::Str(text) => text,
        _ => b"",
    }
}
