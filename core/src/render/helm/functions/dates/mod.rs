//! Sprig's functions on dates and durations.

mod helm;

use gotemplate::{Fault, Functions, IntKind, Signature, State, Type, Value};

use super::cost;
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
    functions.add("toDate", read(), |state, args| {
        cost::characters(state, text(&args[0]))?;
        Ok::<_, Fault>(Time::parse(text(&args[0]), text(&args[1])).unwrap_or(Time::ZERO))
    });
    functions.add("mustToDate", read(), |state, args| {
        cost::characters(state, text(&args[0]))?;
        Time::parse(text(&args[0]), text(&args[1])).map_err(Fault::from)
    });
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
    cost::characters(state, text(layout))?;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::testing::{NOW, check, render_in};
    use crate::render::SeededHost;
    use crate::render::helm::context::Context;
    use crate::source::Limits;

    #[test]
    fn dates_are_shown_in_their_zone() {
        check(&[
            (r#"{{ date "2006-01-02T15:04:05" 1136214245 }}"#, "2006-01-02T15:04:05"),
            (r#"{{ dateInZone "15:04 MST" 1720000000 "Europe/Paris" }}"#, "11:46 CEST"),
            (r#"{{ date_in_zone "15:04 MST" 0 "Bad/Zone" }}"#, "00:00 UTC"),
            (r#"{{ htmlDate .Values.nothing }} {{ htmlDateInZone 0 "America/New_York" }}"#, "2023-11-14 1969-12-31"),
            (r#"{{ date "2006" "no date" }}"#, "2023"),
            ("{{ now }}", "2023-11-14 22:13:20.123456789 +0000 UTC m=+0.000000001"),
        ]);
    }

    #[test]
    fn dates_are_read_and_moved() {
        check(&[
            (r#"{{ toDate "2006-01-02" "bad" }}"#, "0001-01-01 00:00:00 +0000 UTC"),
            (r#"{{ mustToDate "2006" "x" }}"#, r#"! parsing time "x" as "2006": cannot parse "x" as "2006""#),
            (r#"{{ toDate "2006-01-02" "2020-03-01" | dateModify "-24h" | htmlDate }}"#, "2020-02-29"),
            (
                r#"{{ toDate "2006-01-02" "2020-03-01" | mustDateModify "1d" }}"#,
                "! time: unknown unit \"d\" in duration \"1d\"",
            ),
            (
                r#"{{ (now.AddDate 0 1 20).Format "Jan 2" }} {{ now.Month }} {{ now.Unix }}"#,
                "Jan 3 November 1700000000",
            ),
            (r#"{{ (now.Add 3600000000000).Hour }} {{ (now.Sub (now.Add -5)).Nanoseconds }}"#, "23 5"),
        ]);
    }

    #[test]
    fn durations_take_many_forms() {
        check(&[
            (r#"{{ ago (dateModify "-90m" now) }} {{ ago "x" }}"#, "1h30m0s 0s"),
            (r#"{{ duration "95" }} {{ duration 95 }} {{ duration .Values.x }}"#, "1m35s 0s 0s"),
            (r#"{{ durationRound "2400h10m5s" }} {{ durationRound (toDate "2006" "2020") }}"#, "3mo 3y"),
            (r#"{{ mustToDuration "2.5" }} {{ mustToDuration 90 }} {{ mustToDuration "-1h" }}"#, "2.5s 1m30s -1h0m0s"),
            (r#"{{ mustToDuration true }}"#, "! unsupported duration type bool"),
            (r#"{{ mustToDuration "inf" }}"#, "! invalid duration seconds: +Inf"),
            (
                r#"{{ durationWeeks "336h" }} {{ durationRoundTo 95 60 }} {{ durationTruncateTo "1h" "x" }}"#,
                "2 2m0s 1h0m0s",
            ),
        ]);
    }

    #[test]
    fn asking_the_clock_is_noted() {
        let mut context = Context::new(Arc::new(SeededHost::new("", NOW)), Limits::default());
        let template = r#"{{ now.Year }}{{ date "2006" 0 }}{{ date "2006" nil }}{{ ago "x" }}"#;
        assert_eq!(render_in(&mut context, template, "{}").as_deref(), Ok("2023197020230s"));
        let functions: Vec<_> = context.impure().iter().map(|call| call.function).collect();
        assert_eq!(functions, ["date", "now"]);
    }
}
