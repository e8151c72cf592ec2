//! Points in time to text.

use super::layout::{self, Field, MONTHS, WEEKDAYS, ZoneForm};
use super::{RFC3339_NANO, Time};

impl Time {
    /// Returns the time as a layout shows it (Go's `Time.Format`).
    pub(crate) fn format(&self, layout: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(layout.len() + 10);
        let mut rest = layout;
        while !rest.is_empty() {
            let chunk = layout::next(rest);
            out.extend_from_slice(chunk.before);
            let Some((field, _)) = chunk.field else { break };
            self.field(&mut out, field);
            rest = chunk.rest;
        }
        out
    }

    /// Returns the time in RFC 3339, with a fraction where there is one.
    pub(crate) fn rfc3339(&self) -> String {
        String::from_utf8_lossy(&self.format(RFC3339_NANO)).into_owned()
    }

    /// Says why RFC 3339 has no form for the time, where it has none.
    pub(crate) fn not_rfc3339(&self) -> Option<&'static str> {
        if !(0..=9999).contains(&self.calendar().0) {
            return Some("year outside of range [0,9999]");
        }
        let too_far = self.zone.offset(self.seconds).abs() >= 24 * 3600;
        too_far.then_some("timezone hour outside of range [0,23]")
    }

    /// Returns what printing it shows (Go's `Time.String`).
    pub(crate) fn text(&self) -> Vec<u8> {
        let mut out = self.format(b"2006-01-02 15:04:05.999999999 -0700 MST");
        if let Some(reading) = self.monotonic {
            let sign = if reading < 0 { '-' } else { '+' };
            let (seconds, rest) = (reading.unsigned_abs() / 1_000_000_000, reading.unsigned_abs() % 1_000_000_000);
            out.extend_from_slice(format!(" m={sign}{seconds}.{rest:09}").as_bytes());
        }
        out
    }

    fn field(&self, out: &mut Vec<u8>, field: Field) {
        let (year, month, day) = self.calendar();
        let clock = self.clock();
        let hour12 = match clock.hour % 12 {
            0 => 12,
            hour => hour,
        };
        match field {
            Field::LongMonth => out.extend_from_slice(name(&MONTHS, month - 1).as_bytes()),
            Field::Month => out.extend_from_slice(&name(&MONTHS, month - 1).as_bytes()[..3]),
            Field::NumMonth => number(out, month, 0),
            Field::ZeroMonth => number(out, month, 2),
            Field::LongWeekday => out.extend_from_slice(WEEKDAYS[self.weekday()].as_bytes()),
            Field::Weekday => out.extend_from_slice(&WEEKDAYS[self.weekday()].as_bytes()[..3]),
            Field::Day => number(out, day, 0),
            Field::UnderDay => out.extend_from_slice(format!("{day:2}").as_bytes()),
            Field::ZeroDay => number(out, day, 2),
            Field::UnderYearDay => out.extend_from_slice(format!("{:3}", self.year_day()).as_bytes()),
            Field::ZeroYearDay => number(out, self.year_day(), 3),
            Field::Hour => number(out, clock.hour, 2),
            Field::Hour12 => number(out, hour12, 0),
            Field::ZeroHour12 => number(out, hour12, 2),
            Field::Minute => number(out, clock.minute, 0),
            Field::ZeroMinute => number(out, clock.minute, 2),
            Field::Second => number(out, clock.second, 0),
            Field::ZeroSecond => number(out, clock.second, 2),
            Field::LongYear => number(out, year, 4),
            Field::Year => number(out, (year % 100).abs(), 2),
            Field::UpperPm => out.extend_from_slice(if clock.hour >= 12 { b"PM" } else { b"AM" }),
            Field::LowerPm => out.extend_from_slice(if clock.hour >= 12 { b"pm" } else { b"am" }),
            Field::ZoneName => match self.zone.abbreviation(self.seconds) {
                name if name.is_empty() => {
                    offset(
                        out,
                        self.zone.offset(self.seconds),
                        ZoneForm { z: false, colon: false, minutes: true, seconds: false },
                    );
                }
                name => out.extend_from_slice(&name),
            },
            Field::Zone(form) => offset(out, self.zone.offset(self.seconds), form),
            Field::Fraction { digits, separator } => fraction(out, self.nanoseconds, digits, separator, false),
            Field::ShortFraction { digits, separator } => fraction(out, self.nanoseconds, digits, separator, true),
        }
    }
}

fn name(names: &[&'static str], at: i64) -> &'static str {
    usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or("???")
}

/// Appends a number with zeros before it; a sign does not count in the width.
fn number(out: &mut Vec<u8>, number: i64, width: usize) {
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(format!("{:0width$}", number.unsigned_abs()).as_bytes());
}

fn offset(out: &mut Vec<u8>, offset: i64, form: ZoneForm) {
    if offset == 0 && form.z {
        out.push(b'Z');
        return;
    }
    // The sign is that of the minutes: an offset of less than one is positive.
    let minutes = offset / 60;
    out.push(if minutes < 0 { b'-' } else { b'+' });
    number(out, minutes.abs() / 60, 2);
    let colon = |out: &mut Vec<u8>| {
        if form.colon {
            out.push(b':');
        }
    };
    if form.minutes {
        colon(out);
        number(out, minutes.abs() % 60, 2);
    }
    if form.seconds {
        colon(out);
        let seconds = if minutes < 0 { -offset } else { offset };
        number(out, seconds % 60, 2);
    }
}

fn fraction(out: &mut Vec<u8>, nanoseconds: u32, digits: usize, separator: u8, short: bool) {
    if short && nanoseconds == 0 {
        return;
    }
    let text = format!("{nanoseconds:09}");
    let text = &text[..digits.min(9)];
    let text = if short { text.trim_end_matches('0') } else { text };
    if !text.is_empty() {
        out.push(separator);
        out.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::Zone;
    use super::*;

    #[track_caller]
    fn check(layout: &str, want: &str) {
        let time = Time { nanoseconds: 120_000_000, ..Time::unix(1_136_214_245) };
        assert_eq!(String::from_utf8_lossy(&time.format(layout.as_bytes())), want, "{layout}");
    }

    #[test]
    fn layouts_show_what_they_name() {
        check("Mon Jan _2 15:04:05.000 2006", "Mon Jan  2 15:04:05.120 2006");
        check("Monday, January 2 3:4:5PM '06 MST -07:00:00 Z07", "Monday, January 2 3:4:5PM '06 UTC +00:00:00 Z");
        check("002 __2 .999999,0 .0000000000000 .99x .009", "002   2 .12,1 .120000000 .12x .009");
        check("Januar Months _2006 pm 03 Z070000", "Januar Months _2006 pm 03 Z");
        check("", "");
    }

    #[test]
    fn offsets_take_every_form() {
        let time = Time::unix(0).within(Zone::Fixed([].into(), -(5 * 3600 + 30 * 60 + 15)));
        assert_eq!(time.format(b"-07 Z0700 Z07:00:00 -070000 MST"), b"-05 -0530 -05:30:15 -053015 -0530");
        assert_eq!(time.text(), b"1969-12-31 18:29:45 -0530 -0530");
    }

    #[test]
    fn years_out_of_four_digits_are_written_in_full() {
        assert_eq!(Time::unix(-99_999_999_999).format(b"2006 06"), b"-1199 99");
        assert_eq!(Time::unix(999_999_999_999).format(b"2006"), b"33658");
    }
}
