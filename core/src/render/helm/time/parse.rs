//! Text to points in time, by layout.

use super::layout::{self, Field, MONTHS, WEEKDAYS, ZoneForm};
use super::{Clock, RFC3339_NANO, Time, Zone, calendar};

/// Go's `time.RFC3339`.
const RFC3339: &[u8] = b"2006-01-02T15:04:05Z07:00";

/// Why a field does not fit.
enum Misfit {
    /// The text is not of its form.
    Form,
    /// A number is too large; the text says which.
    Range(&'static str),
}

impl Time {
    /// Reads a text by a layout, in the local zone where the text names none (Go's `time.ParseInLocation`).
    ///
    /// # Errors
    /// Go's, for a text that does not fit the layout.
    pub(crate) fn parse(layout: &[u8], text: &[u8]) -> Result<Time, String> {
        let strict = layout == RFC3339 || layout == RFC3339_NANO;
        if strict && let Some(time) = parse_rfc3339(text) {
            return Ok(time);
        }
        let mut parser = Parser { rest: text, ..Parser::default() };
        parser.run(layout, text)?;
        parser.finish(text)
    }
}

/// Reads RFC 3339 by itself, which other than a layout wants all digits to be there.
fn parse_rfc3339(text: &[u8]) -> Option<Time> {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
        Some(digits.iter().fold(0i64, |n, digit| n * 10 + i64::from(digit - b'0')))
    };
    let within = |from, to, min, max| number(from, to).filter(|n| (min..=max).contains(n));
    let (year, month) = (within(0, 4, 0, 9999)?, within(5, 7, 1, 12)?);
    let day = within(8, 10, 1, calendar::days_in(month, year))?;
    let clock = Clock { hour: within(11, 13, 0, 23)?, minute: within(14, 16, 0, 59)?, second: within(17, 19, 0, 59)? };
    if [4, 7, 10, 13, 16].map(|at| text[at]) != *b"--T::" {
        return None;
    }
    let mut at = 19;
    let mut nanoseconds = 0;
    if text.get(at) == Some(&b'.') && text.get(at + 1).is_some_and(u8::is_ascii_digit) {
        let digits = text[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        nanoseconds = parse_nanoseconds(&text[at..=at + digits]).ok()?;
        at += 1 + digits;
    }
    let time = Time::date((year, month, day), clock, nanoseconds, Zone::Utc);
    match &text[at..] {
        b"Z" => Some(time),
        [sign @ (b'-' | b'+'), _, _, b':', _, _] => {
            let seconds = (within(at + 1, at + 3, 0, 23)? * 60 + within(at + 4, at + 6, 0, 59)?) * 60;
            Some(at_offset(&time, if *sign == b'-' { -seconds } else { seconds }, b""))
        }
        _ => None,
    }
}

/// Reads a time shown in UTC as one that a zone of some offset shows; the zone is the local one where that fits.
fn at_offset(time: &Time, offset: i64, name: &[u8]) -> Time {
    let local = offset == 0 && (name.is_empty() || name == b"UTC");
    let zone = if local { Zone::Local } else { Zone::Fixed(name.into(), offset) };
    Time { seconds: time.seconds - offset, zone, ..time.clone() }
}

#[derive(Default)]
struct Parser<'t> {
    rest: &'t [u8],
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    clock: Clock,
    nanoseconds: u32,
    afternoon: Option<bool>,
    utc: bool,
    offset: Option<i64>,
    zone_name: &'t [u8],
}

impl<'t> Parser<'t> {
    fn run(&mut self, layout: &[u8], text: &[u8]) -> Result<(), String> {
        let mismatch = |elem: &[u8], value: &[u8]| {
            format!(
                "parsing time {} as {}: cannot parse {} as {}",
                quote(text),
                quote(layout),
                quote(value),
                quote(elem)
            )
        };
        let mut left = layout;
        loop {
            let chunk = layout::next(left);
            self.skip(chunk.before).map_err(|()| mismatch(chunk.before, self.rest))?;
            let Some((field, written)) = chunk.field else { break };
            left = chunk.rest;
            let held = self.rest;
            match self.field(field, left) {
                Ok(()) => {}
                Err(Misfit::Form) => return Err(mismatch(written, held)),
                Err(Misfit::Range(what)) => return Err(format!("parsing time {}: {what} out of range", quote(text))),
            }
        }
        match self.rest {
            b"" => Ok(()),
            extra => Err(format!("parsing time {}: extra text: {}", quote(text), quote(extra))),
        }
    }

    /// Skips the text between fields; a space stands for any number of them.
    fn skip(&mut self, mut prefix: &[u8]) -> Result<(), ()> {
        while let Some((first, after)) = prefix.split_first() {
            if *first == b' ' {
                if self.rest.first().is_some_and(|byte| *byte != b' ') {
                    return Err(());
                }
                prefix = prefix.trim_prefix_spaces();
                self.rest = self.rest.trim_prefix_spaces();
                continue;
            }
            match self.rest.split_first() {
                Some((byte, rest)) if byte == first => self.rest = rest,
                _ => return Err(()),
            }
            prefix = after;
        }
        Ok(())
    }

    fn field(&mut self, field: Field, layout: &[u8]) -> Result<(), Misfit> {
        match field {
            Field::Year => {
                let year = number(self.take(2)?).ok_or(Misfit::Form)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
            }
            Field::LongYear => {
                if !self.rest.first().is_some_and(u8::is_ascii_digit) {
                    return Err(Misfit::Form);
                }
                self.year = number(self.take(4)?).ok_or(Misfit::Form)?;
            }
            Field::Month => self.month = Some(self.name(&MONTHS, 3)? + 1),
            Field::LongMonth => self.month = Some(self.name(&MONTHS, usize::MAX)? + 1),
            Field::NumMonth | Field::ZeroMonth => {
                let month = self.digits(field == Field::ZeroMonth)?;
                self.month = Some(in_range(month, 1, 12, "month")?);
            }
            Field::Weekday => drop(self.name(&WEEKDAYS, 3)?),
            Field::LongWeekday => drop(self.name(&WEEKDAYS, usize::MAX)?),
            Field::Day | Field::UnderDay | Field::ZeroDay => {
                if field == Field::UnderDay {
                    self.rest = self.rest.strip_prefix(b" ").unwrap_or(self.rest);
                }
                self.day = Some(self.digits(field == Field::ZeroDay)?);
            }
            Field::UnderYearDay | Field::ZeroYearDay => self.year_day = Some(self.three_digits(field)?),
            Field::Hour => self.clock.hour = in_range(self.digits(false)?, 0, 23, "hour")?,
            Field::Hour12 | Field::ZeroHour12 => {
                self.clock.hour = in_range(self.digits(field == Field::ZeroHour12)?, 0, 12, "hour")?;
            }
            Field::Minute | Field::ZeroMinute => {
                self.clock.minute = in_range(self.digits(field == Field::ZeroMinute)?, 0, 59, "minute")?;
            }
            Field::Second | Field::ZeroSecond => {
                self.clock.second = in_range(self.digits(field == Field::ZeroSecond)?, 0, 59, "second")?;
                self.unasked_fraction(layout)?;
            }
            Field::UpperPm => self.afternoon = Some(which(self.take(2)?, b"AM", b"PM")?),
            Field::LowerPm => self.afternoon = Some(which(self.take(2)?, b"am", b"pm")?),
            Field::ZoneName => self.zone_name()?,
            Field::Zone(form) => self.zone(form)?,
            Field::Fraction { digits, .. } => self.nanoseconds = parse_nanoseconds(self.take(digits + 1)?)?,
            Field::ShortFraction { .. } => {
                if let Some(fraction) = self.fraction() {
                    self.nanoseconds = parse_nanoseconds(fraction)?;
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, count: usize) -> Result<&'t [u8], Misfit> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Misfit::Form)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Takes a fraction, with its separator, if there is one.
    fn fraction(&mut self) -> Option<&'t [u8]> {
        let digits = match self.rest {
            [b'.' | b',', digits @ ..] => digits.iter().take_while(|byte| byte.is_ascii_digit()).count(),
            _ => 0,
        };
        if digits == 0 { None } else { self.take(digits + 1).ok() }
    }

    /// Seconds may have a fraction that the layout does not ask for.
    fn unasked_fraction(&mut self, layout: &[u8]) -> Result<(), Misfit> {
        let asked = layout::next(layout).field;
        if matches!(asked, Some((Field::Fraction { .. } | Field::ShortFraction { .. }, _))) {
            return Ok(());
        }
        if let Some(fraction) = self.fraction() {
            self.nanoseconds = parse_nanoseconds(fraction)?;
        }
        Ok(())
    }

    /// Reads one digit or two.
    fn digits(&mut self, two: bool) -> Result<i64, Misfit> {
        let digits = self.rest.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || two && digits == 1 {
            return Err(Misfit::Form);
        }
        number(self.take(digits)?).ok_or(Misfit::Form)
    }

    fn three_digits(&mut self, field: Field) -> Result<i64, Misfit> {
        for _ in 0..2 {
            if field == Field::UnderYearDay {
                self.rest = self.rest.strip_prefix(b" ").unwrap_or(self.rest);
            }
        }
        let digits = self.rest.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || field == Field::ZeroYearDay && digits != 3 {
            return Err(Misfit::Form);
        }
        number(self.take(digits)?).ok_or(Misfit::Form)
    }

    /// Reads one of some names, in upper or lower case, or so much of it.
    fn name(&mut self, names: &[&str], length: usize) -> Result<i64, Misfit> {
        for (name, index) in names.iter().zip(0..) {
            let name = &name.as_bytes()[..name.len().min(length)];
            if let Some((head, rest)) = self.rest.split_at_checked(name.len())
                && head.eq_ignore_ascii_case(name)
            {
                self.rest = rest;
                return Ok(index);
            }
        }
        Err(Misfit::Form)
    }

    fn zone(&mut self, form: ZoneForm) -> Result<(), Misfit> {
        if form.z
            && let Some(rest) = self.rest.strip_prefix(b"Z")
        {
            self.rest = rest;
            self.utc = true;
            return Ok(());
        }
        let fields = 1 + usize::from(form.minutes) + usize::from(form.seconds);
        let colons = if form.colon { fields - 1 } else { 0 };
        let text = self.rest.get(..1 + fields * 2 + colons).ok_or(Misfit::Form)?;
        let stride = if form.colon { 3 } else { 2 };
        if form.colon && (1..fields).any(|i| text[i * stride] != b':') {
            return Err(Misfit::Form);
        }
        self.rest = &self.rest[text.len()..];
        let mut values = [0; 3];
        let mut broken = false;
        for (i, value) in values.iter_mut().enumerate().take(fields) {
            // A field that is no number counts as 0 for the check of the range, which comes first.
            let digits = &text[1 + i * stride..3 + i * stride];
            match number(digits).filter(|_| !broken && digits.iter().all(u8::is_ascii_digit)) {
                Some(n) => *value = n,
                None => broken = true,
            }
        }
        in_range(values[2], 0, 60, "time zone offset second")?;
        in_range(values[1], 0, 60, "time zone offset minute")?;
        in_range(values[0], 0, 24, "time zone offset hour")?;
        let offset = (values[0] * 60 + values[1]) * 60 + values[2];
        self.offset = Some(match text[0] {
            b'+' if !broken => offset,
            b'-' if !broken => -offset,
            _ => return Err(Misfit::Form),
        });
        Ok(())
    }

    fn zone_name(&mut self) -> Result<(), Misfit> {
        if let Some(rest) = self.rest.strip_prefix(b"UTC") {
            self.rest = rest;
            self.utc = true;
            return Ok(());
        }
        let length = zone_name_length(self.rest).ok_or(Misfit::Form)?;
        self.zone_name = self.take(length)?;
        Ok(())
    }

    fn finish(mut self, text: &[u8]) -> Result<Time, String> {
        let failed = |what: &str| Err(format!("parsing time {}: {what}", quote(text)));
        match self.afternoon {
            Some(true) if self.clock.hour < 12 => self.clock.hour += 12,
            Some(false) if self.clock.hour == 12 => self.clock.hour = 0,
            _ => {}
        }
        let (mut month, mut day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if let Some(year_day) = self.year_day {
            let last = if calendar::is_leap(self.year) { 366 } else { 365 };
            if !(1..=last).contains(&year_day) {
                return failed("day-of-year out of range");
            }
            (_, month, day) = calendar::date(calendar::seconds((self.year, 1, year_day), Clock::default()));
            if self.month.is_some_and(|named| named != month) {
                return failed("day-of-year does not match month");
            }
            if self.day.is_some_and(|named| named != day) {
                return failed("day-of-year does not match day");
            }
        }
        if !(1..=calendar::days_in(month, self.year)).contains(&day) {
            return failed("day out of range");
        }
        let date = (self.year, month, day);
        let zone = if self.utc { Zone::Utc } else { Zone::Local };
        let time = Time::date(date, self.clock, self.nanoseconds, zone);
        Ok(match self.offset {
            _ if self.utc => time,
            // Go keeps "no offset" as -1.
            Some(offset) if offset != -1 => at_offset(&time, offset, self.zone_name),
            _ if self.zone_name.is_empty() => time,
            _ => {
                // An abbreviation says nothing about the offset, but for `GMT+3`.
                let hours = self.zone_name.strip_prefix(b"GMT").and_then(number).unwrap_or(0);
                time.within(Zone::Fixed(self.zone_name.into(), hours * 3600))
            }
        })
    }
}

/// Trims spaces, and nothing else, at the start.
trait TrimSpaces {
    fn trim_prefix_spaces(&self) -> &[u8];
}

impl TrimSpaces for [u8] {
    fn trim_prefix_spaces(&self) -> &[u8] {
        &self[self.iter().take_while(|byte| **byte == b' ').count()..]
    }
}

fn in_range(value: i64, min: i64, max: i64, what: &'static str) -> Result<i64, Misfit> {
    if (min..=max).contains(&value) { Ok(value) } else { Err(Misfit::Range(what)) }
}

fn which(text: &[u8], no: &[u8], yes: &[u8]) -> Result<bool, Misfit> {
    match text {
        _ if text == yes => Ok(true),
        _ if text == no => Ok(false),
        _ => Err(Misfit::Form),
    }
}

/// Reads a fraction of a second, after its separator.
fn parse_nanoseconds(text: &[u8]) -> Result<u32, Misfit> {
    let Some((b'.' | b',', digits)) = text.split_first() else { return Err(Misfit::Form) };
    let digits = &digits[..digits.len().min(9)];
    let value = number(digits).ok_or(Misfit::Form)?;
    let value = u32::try_from(value).map_err(|_| Misfit::Range("fractional second"))?;
    let missing = u32::try_from(9 - digits.len()).unwrap_or(0);
    Ok(value * 10u32.pow(missing))
}

/// Reads a number with an optional sign.
fn number(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [sign @ (b'-' | b'+'), digits @ ..] => (*sign == b'-', digits),
        _ => (false, text),
    };
    let (value, rest) = leading_int(digits)?;
    let value = i64::try_from(value).ok().filter(|_| rest.is_empty())?;
    Some(if negative { -value } else { value })
}

/// Reads digits, none of them included; `None` where they do not fit.
pub(super) fn leading_int(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    for digit in &text[..end] {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0')).filter(|&value| value <= 1 << 63)?;
    }
    Some((value, &text[end..]))
}

/// Returns the length of the abbreviation that a text begins with.
fn zone_name_length(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_offset_length(rest));
    }
    if let [b'+' | b'-', ..] = text {
        return Some(signed_offset_length(text)).filter(|length| *length > 0);
    }
    let letters = text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count();
    match letters {
        5 if text[4] == b'T' => Some(5),
        4 if text[3] == b'T' || text.starts_with(b"WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

fn signed_offset_length(text: &[u8]) -> usize {
    let [b'+' | b'-', digits @ ..] = text else { return 0 };
    match leading_int(digits) {
        Some((value, rest)) if rest.len() < digits.len() && value <= 23 => text.len() - rest.len(),
        _ => 0,
    }
}

/// Quotes a text as package time does: what is not ASCII byte by byte.
pub(super) fn quote(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in text {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(*byte));
            }
            b' '..=0x7f => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(layout: &str, text: &str, want: &str) {
        let got = match Time::parse(layout.as_bytes(), text.as_bytes()) {
            Ok(time) => String::from_utf8_lossy(&time.text()).into_owned(),
            Err(error) => error,
        };
        assert_eq!(got, want, "{layout} {text}");
    }

    #[test]
    fn texts_are_read_by_their_layout() {
        check("2006-01-02", "2017-12-31", "2017-12-31 00:00:00 +0000 UTC");
        check("Jan _2 06 3:04pm", "feb  3 21 4:05pm", "2021-02-03 16:05:00 +0000 UTC");
        check("2006-01-02T15:04:05Z07:00", "2020-05-06T07:08:09.123+05:30", "2020-05-06 07:08:09.123 +0530 +0530");
        check("15:04:05 MST 2006", "01:02:03,5 CET 1999", "1999-01-01 01:02:03.5 +0000 CET");
        check("15 MST", "01 GMT+3", "0000-01-01 04:00:00 +0300 GMT+3");
        check("2006 002", "2020 366", "2020-12-31 00:00:00 +0000 UTC");
        check("2006 -0700 MST", "2020 +0200 CEST", "2020-01-01 00:00:00 +0200 CEST");
    }

    #[test]
    fn errors_are_those_of_go() {
        for (layout, text, want) in [
            ("2006-01-02", "bad", "parsing time \"bad\" as \"2006-01-02\": cannot parse \"bad\" as \"2006\""),
            ("2006-01-02", "2017-13-01", "parsing time \"2017-13-01\": month out of range"),
            ("2006-01-02", "2017-12-31x", "parsing time \"2017-12-31x\": extra text: \"x\""),
            ("2006-01-02", "2017-02-29", "parsing time \"2017-02-29\": day out of range"),
            ("2006 01", "2017-02", "parsing time \"2017-02\" as \"2006 01\": cannot parse \"-02\" as \" \""),
            ("-07:00", "+25:00", "parsing time \"+25:00\": time zone offset hour out of range"),
            ("002", "400", "parsing time \"400\": day-of-year out of range"),
            ("é", "e", "parsing time \"e\" as \"\\xc3\\xa9\": cannot parse \"e\" as \"\\xc3\\xa9\""),
        ] {
            check(layout, text, want);
        }
    }
}
