//! Layouts: the reference time `Mon Jan 2 15:04:05 MST 2006`, whose parts stand for fields.

/// A field of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    /// The abbreviation of the zone.
    ZoneName,
    Zone(ZoneForm),
    /// `.000`: so many digits.
    Fraction {
        digits: usize,
        separator: u8,
    },
    /// `.999`: so many digits, without zeros at the end.
    ShortFraction {
        digits: usize,
        separator: u8,
    },
}

/// How an offset is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ZoneForm {
    /// `Z` stands for UTC.
    pub(super) z: bool,
    pub(super) colon: bool,
    pub(super) minutes: bool,
    pub(super) seconds: bool,
}

/// The first field of a layout, with the text before it and behind it.
pub(super) struct Chunk<'l> {
    pub(super) before: &'l [u8],
    /// The field and how it is written; `None` where there is no more.
    pub(super) field: Option<(Field, &'l [u8])>,
    pub(super) rest: &'l [u8],
}

/// Returns the next field of a layout.
pub(super) fn next(layout: &[u8]) -> Chunk<'_> {
    for at in 0..layout.len() {
        if let Some((field, skip, len)) = field_at(&layout[at..]) {
            let (before, from) = layout.split_at(at + skip);
            let (written, rest) = from.split_at(len);
            return Chunk { before, field: Some((field, written)), rest };
        }
    }
    Chunk { before: layout, field: None, rest: &[] }
}

/// Returns the field that begins with a text: after how many bytes, and how long it is.
fn field_at(text: &[u8]) -> Option<(Field, usize, usize)> {
    let lower_case = |at: usize| text.get(at).is_some_and(u8::is_ascii_lowercase);
    let found = match text {
        [b'J', ..] if text.starts_with(b"January") => (Field::LongMonth, 7),
        [b'J', b'a', b'n', ..] if !lower_case(3) => (Field::Month, 3),
        [b'M', ..] if text.starts_with(b"Monday") => (Field::LongWeekday, 6),
        [b'M', b'o', b'n', ..] if !lower_case(3) => (Field::Weekday, 3),
        [b'M', b'S', b'T', ..] => (Field::ZoneName, 3),
        [b'0', b'1', ..] => (Field::ZeroMonth, 2),
        [b'0', b'2', ..] => (Field::ZeroDay, 2),
        [b'0', b'3', ..] => (Field::ZeroHour12, 2),
        [b'0', b'4', ..] => (Field::ZeroMinute, 2),
        [b'0', b'5', ..] => (Field::ZeroSecond, 2),
        [b'0', b'6', ..] => (Field::Year, 2),
        [b'0', b'0', b'2', ..] => (Field::ZeroYearDay, 3),
        [b'1', b'5', ..] => (Field::Hour, 2),
        [b'1', ..] => (Field::NumMonth, 1),
        [b'2', b'0', b'0', b'6', ..] => (Field::LongYear, 4),
        [b'2', ..] => (Field::Day, 1),
        // `_2006` is an underscore and a year.
        [b'_', b'2', b'0', b'0', b'6', ..] => return Some((Field::LongYear, 1, 4)),
        [b'_', b'2', ..] => (Field::UnderDay, 2),
        [b'_', b'_', b'2', ..] => (Field::UnderYearDay, 3),
        [b'3', ..] => (Field::Hour12, 1),
        [b'4', ..] => (Field::Minute, 1),
        [b'5', ..] => (Field::Second, 1),
        [b'P', b'M', ..] => (Field::UpperPm, 2),
        [b'p', b'm', ..] => (Field::LowerPm, 2),
        [first @ (b'-' | b'Z'), rest @ ..] => zone(rest, *first == b'Z')?,
        [separator @ (b'.' | b','), digit @ (b'0' | b'9'), ..] => {
            let digits = text[1..].iter().take_while(|byte| *byte == digit).count();
            if text.get(1 + digits).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            let separator = *separator;
            let field = if *digit == b'0' {
                Field::Fraction { digits, separator }
            } else {
                Field::ShortFraction { digits, separator }
            };
            (field, 1 + digits)
        }
        _ => return None,
    };
    Some((found.0, 0, found.1))
}

fn zone(text: &[u8], z: bool) -> Option<(Field, usize)> {
    let forms: [(&[u8], bool, bool, bool); 5] = [
        (b"070000", false, true, true),
        (b"07:00:00", true, true, true),
        (b"0700", false, true, false),
        (b"07:00", true, true, false),
        (b"07", false, false, false),
    ];
    let (form, colon, minutes, seconds) = forms.into_iter().find(|(form, ..)| text.starts_with(form))?;
    Some((Field::Zone(ZoneForm { z, colon, minutes, seconds }), 1 + form.len()))
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
