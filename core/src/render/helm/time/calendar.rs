//! The Gregorian calendar over all seconds that 64 bits can count.
//!
//! Go counts unsigned seconds from a year 292 billion years back, so what lies out of range wraps around; days and
//! years follow by exact arithmetic.

/// The seconds from the beginning of Go's count to 1970.
const BEFORE_1970: u64 = 62_135_596_800 + 106_751_990_354_238 * DAY;

const DAY: u64 = 86_400;

/// Days in 400 years, after which the calendar repeats.
const ERA: i64 = 146_097;

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Clock {
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
}

fn absolute(seconds: i64) -> u64 {
    seconds.cast_unsigned().wrapping_add(BEFORE_1970)
}

/// Returns the days since 1970.
fn days(seconds: i64) -> i64 {
    let days = absolute(seconds) / DAY;
    days.cast_signed() - (BEFORE_1970 / DAY).cast_signed()
}

/// Returns year, month and day.
pub(super) fn date(seconds: i64) -> (i64, i64, i64) {
    // Years that begin in March have their leap day at the end.
    let days = days(seconds) + 719_468;
    let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day_of_month)
}

/// Returns the days from 1970 to a date.
fn days_to(year: i64, month: i64, day: i64) -> i64 {
    let year = year.wrapping_sub(i64::from(month <= 2));
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let month = if month > 2 { month - 3 } else { month + 9 };
    let day = ((153 * month + 2) / 5 + 365 * year + year / 4 - year / 100).wrapping_add(day - 1);
    era.wrapping_mul(ERA).wrapping_add(day).wrapping_sub(719_468)
}

/// Returns the seconds since 1970 at a date and a time of day; fields out of range run over into the next.
pub(super) fn seconds((year, month, day): (i64, i64, i64), clock: Clock) -> i64 {
    let months = month.wrapping_sub(1);
    let year = year.wrapping_add(months.div_euclid(12));
    let day = day.wrapping_sub(1);
    let days = days_to(year, months.rem_euclid(12) + 1, 1).wrapping_add(day);
    let hours = days.wrapping_mul(24).wrapping_add(clock.hour);
    let minutes = hours.wrapping_mul(60).wrapping_add(clock.minute);
    minutes.wrapping_mul(60).wrapping_add(clock.second)
}

/// Returns the time of day.
pub(super) fn clock(seconds: i64) -> Clock {
    let second = (absolute(seconds) % DAY).cast_signed();
    Clock { hour: second / 3600, minute: second / 60 % 60, second: second % 60 }
}

/// Returns the day of the year, from 1.
pub(super) fn year_day(seconds: i64) -> i64 {
    let (year, ..) = date(seconds);
    days(seconds) - days_to(year, 1, 1) + 1
}

/// Returns the day of the week, from 0 for Sunday.
pub(super) fn weekday(seconds: i64) -> usize {
    // 1970 began on a Thursday.
    usize::try_from((days(seconds) + 4).rem_euclid(7)).unwrap_or_default()
}

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Returns the days of a month.
pub(super) fn days_in(month: i64, year: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (s, want) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (951_782_400, (2000, 2, 29)),
            (-62_135_596_800, (1, 1, 1)),
            (-62_135_596_801, (0, 12, 31)),
            (4_107_542_400, (2100, 3, 1)),
        ] {
            assert_eq!(date(s), want);
            let clock = clock(s);
            assert_eq!(seconds(want, clock), s);
        }
        assert_eq!(weekday(0), 4);
        assert_eq!(year_day(951_782_400), 60);
    }

    #[test]
    fn fields_out_of_range_run_over() {
        assert_eq!(date(seconds((2020, 14, 32), Clock::default())), (2021, 3, 4));
        assert_eq!(date(seconds((2020, -1, 0), Clock::default())), (2019, 10, 31));
    }

    #[test]
    fn the_ends_of_the_count_do_not_overflow() {
        for s in [i64::MIN, i64::MAX] {
            let (d, c) = (date(s), clock(s));
            assert_eq!(seconds(d, c), s);
        }
    }
}
