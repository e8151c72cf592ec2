//! Times and durations as values of templates, with the methods of Go.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use gotemplate::{Fault, Function, IntKind, Object, Reply, Signature, State, Str, Type, Value};

use super::layout::{MONTHS, WEEKDAYS};
use super::{Duration, Time, Zone};
use crate::render::helm::value::format;

/// The type of a parameter that takes a `time.Time`.
pub(crate) const TIME: Type = Type::Named("time.Time");

/// The type of a parameter that takes a `time.Duration`.
pub(crate) const DURATION: Type = Type::NamedInt64("time.Duration");

const LOCATION: Type = Type::Named("*time.Location");

impl Time {
    /// Returns the time that a value is.
    pub(crate) fn of(value: &Value) -> Option<&Time> {
        downcast(value)
    }

    /// Returns the time that an object is.
    pub(crate) fn of_object(object: &dyn Object) -> Option<&Time> {
        let any: &dyn Any = object;
        any.downcast_ref()
    }
}

impl Duration {
    /// Returns the duration that a value is; a number stands for itself where a parameter has the type.
    pub(crate) fn of(value: &Value) -> Option<Duration> {
        match value {
            Value::Int(nanoseconds, IntKind::Int64) => Some(Duration(*nanoseconds)),
            value => downcast(value).copied(),
        }
    }
}

fn downcast<T: Any>(value: &Value) -> Option<&T> {
    let Value::Object(object) = value else { return None };
    let any: &dyn Any = &**object;
    any.downcast_ref()
}

impl From<Time> for Value {
    fn from(time: Time) -> Value {
        Value::Object(Arc::new(time))
    }
}

impl From<Duration> for Value {
    fn from(duration: Duration) -> Value {
        Value::Object(Arc::new(duration))
    }
}

impl Object for Time {
    fn type_name(&self) -> Cow<'_, str> {
        "time.Time".into()
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(Time::text(self))
    }

    fn method(&self, name: &str) -> Option<Arc<Function>> {
        let time = self.clone();
        Some(Arc::new(match name {
            "Add" | "Truncate" | "Round" | "AddDate" | "In" | "UTC" | "Local" => shifting(time, name)?,
            "After" | "Before" | "Equal" | "Compare" | "Sub" => comparing(time, name)?,
            "Format" => {
                method([Type::String], Type::String, move |args| Str::from(time.format(bytes(&args[0]))).into())
            }
            "String" => method([], Type::String, move |_| Str::from(Time::text(&time)).into()),
            "MarshalJSON" => {
                method([], Type::Bytes, move |_| Value::Bytes(Str::from(format!("\"{}\"", time.rfc3339()))))
            }
            "MarshalText" => method([], Type::Bytes, move |_| Value::Bytes(Str::from(time.rfc3339()))),
            _ => return fact(&time, name).map(Arc::new),
        }))
    }

    fn marshal(&self, _: &str) -> Option<Value> {
        Some(self.rfc3339().into())
    }
}

/// The methods that return another time.
fn shifting(time: Time, name: &str) -> Option<Function> {
    let by = |args: &[Value]| Duration::of(&args[0]).unwrap_or(Duration(0));
    let int = |value: &Value| if let Value::Int(int, _) = value { *int } else { 0 };
    Some(match name {
        "Add" => method([DURATION], TIME, move |args| time.add(by(args)).into()),
        "Truncate" => method([DURATION], TIME, move |args| time.multiple(by(args), false).into()),
        "Round" => method([DURATION], TIME, move |args| time.multiple(by(args), true).into()),
        "AddDate" => method([Type::Int, Type::Int, Type::Int], TIME, move |args| {
            let (year, month, day) = time.calendar();
            let date =
                (year.wrapping_add(int(&args[0])), month.wrapping_add(int(&args[1])), day.wrapping_add(int(&args[2])));
            Time::date(date, time.clock(), time.nanoseconds, time.zone.clone()).into()
        }),
        "In" => method([LOCATION], TIME, move |args| {
            let zone = downcast::<Location>(&args[0]).map_or(Zone::Utc, |location| location.0.clone());
            time.within(zone).into()
        }),
        "UTC" => method([], TIME, move |_| time.within(Zone::Utc).into()),
        "Local" => method([], TIME, move |_| time.within(Zone::Local).into()),
        _ => return None,
    })
}

/// The methods that look at another time.
fn comparing(time: Time, name: &str) -> Option<Function> {
    let order = {
        let time = time.clone();
        move |args: &[Value]| {
            Time::of(&args[0]).map_or(std::cmp::Ordering::Equal, |other| time.order_key().cmp(&other.order_key()))
        }
    };
    Some(match name {
        "After" => method([TIME], Type::Bool, move |args| order(args).is_gt().into()),
        "Before" => method([TIME], Type::Bool, move |args| order(args).is_lt().into()),
        "Equal" => method([TIME], Type::Bool, move |args| order(args).is_eq().into()),
        "Compare" => method([TIME], Type::Int, move |args| i64::from(order(args) as i8).into()),
        "Sub" => method([TIME], DURATION, move |args| {
            Time::of(&args[0]).map_or(Duration(0), |other| time.since(other)).into()
        }),
        _ => return None,
    })
}

/// The methods without arguments that say something about a time.
fn fact(time: &Time, name: &str) -> Option<Function> {
    let (year, month, day) = time.calendar();
    let clock = time.clock();
    let nanoseconds = i64::from(time.nanoseconds);
    let unix = |unit: i64| {
        let seconds = time.seconds.wrapping_mul(unit);
        Value::Int(seconds.wrapping_add(nanoseconds / (1_000_000_000 / unit)), IntKind::Int64)
    };
    let (ty, value) = match name {
        "Year" => (Type::Int, year.into()),
        "Month" => (Type::Named("time.Month"), Value::Object(Arc::new(Month(month)))),
        "Day" => (Type::Int, day.into()),
        "Weekday" => (Type::Named("time.Weekday"), Value::Object(Arc::new(Weekday(time.weekday())))),
        "YearDay" => (Type::Int, time.year_day().into()),
        "Hour" => (Type::Int, clock.hour.into()),
        "Minute" => (Type::Int, clock.minute.into()),
        "Second" => (Type::Int, clock.second.into()),
        "Nanosecond" => (Type::Int, nanoseconds.into()),
        "Unix" => (Type::Int64, unix(1)),
        "UnixMilli" => (Type::Int64, unix(1_000)),
        "UnixMicro" => (Type::Int64, unix(1_000_000)),
        "UnixNano" => (Type::Int64, unix(1_000_000_000)),
        "IsZero" => (Type::Bool, (time.order_key() == Time::ZERO.order_key()).into()),
        "IsDST" => (Type::Bool, time.zone.is_summer_time(time.seconds).into()),
        "Location" => (LOCATION, Value::Object(Arc::new(Location(time.zone.clone())))),
        "GoString" => (Type::String, go_string(time).into()),
        _ => return None,
    };
    Some(method([], ty, move |_| value.clone()))
}

fn go_string(time: &Time) -> String {
    let (year, month, day) = time.calendar();
    let clock = time.clock();
    let month = usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or_default();
    let zone = match &time.zone {
        Zone::Utc => "time.UTC".to_owned(),
        Zone::Local => "time.Local".to_owned(),
        zone => format!("time.Location({})", super::parse::quote(&zone.name())),
    };
    let super::Clock { hour, minute, second } = clock;
    format!("time.Date({year}, time.{month}, {day}, {hour}, {minute}, {second}, {}, {zone})", time.nanoseconds)
}

impl Object for Duration {
    fn type_name(&self) -> Cow<'_, str> {
        "time.Duration".into()
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(self.to_string().into_bytes())
    }

    fn underlying(&self) -> Option<Value> {
        Some(Value::Int(self.0, IntKind::Int64))
    }

    fn method(&self, name: &str) -> Option<Arc<Function>> {
        let duration = *self;
        let whole = |unit| Value::Int(duration.0 / unit, IntKind::Int64);
        let (ty, value) = match name {
            "Hours" => (Type::Float64, duration.in_units(Duration::HOUR).into()),
            "Minutes" => (Type::Float64, duration.in_units(Duration::MINUTE).into()),
            "Seconds" => (Type::Float64, duration.in_units(Duration::SECOND).into()),
            "Milliseconds" => (Type::Int64, whole(1_000_000)),
            "Microseconds" => (Type::Int64, whole(1_000)),
            "Nanoseconds" => (Type::Int64, whole(1)),
            "String" => (Type::String, duration.to_string().into()),
            "Abs" => (DURATION, Duration(duration.0.saturating_abs()).into()),
            "Round" | "Truncate" => {
                let nearest = name == "Round";
                return Some(Arc::new(method([DURATION], DURATION, move |args| {
                    let unit = Duration::of(&args[0]).unwrap_or(Duration(0));
                    if nearest { duration.round(unit).into() } else { duration.truncate(unit).into() }
                })));
            }
            _ => return None,
        };
        Some(Arc::new(method([], ty, move |_| value.clone())))
    }

    fn marshal(&self, format: &str) -> Option<Value> {
        (format != format::JSON).then(|| self.to_string().into())
    }
}

/// Go's `time.Month`.
#[derive(Debug)]
struct Month(i64);

impl Object for Month {
    fn type_name(&self) -> Cow<'_, str> {
        "time.Month".into()
    }

    fn text(&self) -> Option<Vec<u8>> {
        let name = usize::try_from(self.0 - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or_default();
        Some(name.as_bytes().to_vec())
    }

    fn underlying(&self) -> Option<Value> {
        Some(self.0.into())
    }

    fn method(&self, name: &str) -> Option<Arc<Function>> {
        string_method(self, name)
    }
}

/// Go's `time.Weekday`.
#[derive(Debug)]
struct Weekday(usize);

impl Object for Weekday {
    fn type_name(&self) -> Cow<'_, str> {
        "time.Weekday".into()
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(WEEKDAYS.get(self.0).copied().unwrap_or_default().as_bytes().to_vec())
    }

    fn underlying(&self) -> Option<Value> {
        Some(self.0.into())
    }

    fn method(&self, name: &str) -> Option<Arc<Function>> {
        string_method(self, name)
    }
}

/// Go's `*time.Location`.
#[derive(Debug)]
struct Location(Zone);

impl Object for Location {
    fn type_name(&self) -> Cow<'_, str> {
        "*time.Location".into()
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(self.0.name().into_owned())
    }

    fn method(&self, name: &str) -> Option<Arc<Function>> {
        string_method(self, name)
    }
}

fn string_method(object: &dyn Object, name: &str) -> Option<Arc<Function>> {
    let text = Value::Str(Str::from(object.text().filter(|_| name == "String")?));
    Some(Arc::new(method([], Type::String, move |_| text.clone())))
}

fn method(
    params: impl IntoIterator<Item = Type>,
    result: Type,
    body: impl Fn(&[Value]) -> Value + Send + Sync + 'static,
) -> Function {
    Function::new(Signature::new(params, result), move |_: &mut State<'_>, args: &[Value]| {
        Ok::<_, Fault>(Reply::Value(body(args)))
    })
}

fn bytes(value: &Value) -> &[u8] {
    match value {
        Value::Str(text) => text,
        _ => b"",
    }
}
