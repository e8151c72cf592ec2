//! Go's `time`: points in time, durations, layouts and zones, as templates see them.
//!
//! A [`Time`] is seconds and nanoseconds since 1970 and the zone in which it is shown. The calendar is Go's, which
//! reaches over all of 64 bits; only the rules of named zones come from a library. The local zone is UTC: what a chart
//! renders to must not depend on the machine.
//!
//! The rules are those of <https://github.com/golang/go/tree/go1.26.0/src/time>.

mod calendar;
mod duration;
mod format;
mod layout;
mod object;
mod parse;
mod zone;

pub(super) use calendar::Clock;
pub(super) use duration::Duration;
pub(super) use object::{DURATION, TIME};
pub(super) use zone::Zone;

use crate::render::Timestamp;

/// Go's `time.RFC3339Nano`.
pub(super) const RFC3339_NANO: &[u8] = b"2006-01-02T15:04:05.999999999Z07:00";

/// A point in time, and the zone in which it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Time {
    /// Seconds since 1970 UTC.
    pub(super) seconds: i64,
    /// The rest. Invariant: less than a second.
    pub(super) nanoseconds: u32,
    /// The zone in which it is shown.
    pub(super) zone: Zone,
    /// The nanoseconds that Go's second clock, which is never set, showed with it, where it was read from a clock. Here
    /// that clock stands still.
    pub(super) monotonic: Option<i64>,
}

impl Time {
    /// Go's zero time: the first of January of the year 1.
    pub(super) const ZERO: Time = Time { seconds: -62_135_596_800, nanoseconds: 0, zone: Zone::Utc, monotonic: None };

    /// Returns a point in time shown in the local zone (Go's `time.Unix`).
    pub(super) fn unix(seconds: i64) -> Time {
        Time { seconds, nanoseconds: 0, zone: Zone::Local, monotonic: None }
    }

    /// Returns the time that a clock shows (Go's `time.Now`).
    pub(super) fn read(clock: Timestamp) -> Time {
        Time { seconds: clock.seconds, nanoseconds: clock.nanoseconds, zone: Zone::Local, monotonic: Some(1) }
    }

    /// Returns the point in time that a calendar and a clock on the wall of a zone show. Fields may be out of range:
    /// the 32nd of January is the first of February.
    pub(super) fn date(date: (i64, i64, i64), clock: Clock, nanoseconds: u32, zone: Zone) -> Time {
        let wall = calendar::seconds(date, clock);
        // The offset at the time on the wall is right, unless the zone changes between that and the real time.
        let guess = wall.wrapping_sub(zone.offset(wall));
        let seconds = wall.wrapping_sub(zone.offset(guess));
        Time { seconds, nanoseconds, zone, monotonic: None }
    }

    /// Returns the same point shown in another zone.
    pub(super) fn within(&self, zone: Zone) -> Time {
        Time { zone, monotonic: None, ..self.clone() }
    }

    /// Returns the point later by a duration, or earlier.
    pub(super) fn add(&self, by: Duration) -> Time {
        const SECOND: i64 = 1_000_000_000;
        let nanoseconds = i64::from(self.nanoseconds) + by.0 % SECOND;
        let seconds = self.seconds.wrapping_add(by.0 / SECOND).wrapping_add(nanoseconds.div_euclid(SECOND));
        let nanoseconds = u32::try_from(nanoseconds.rem_euclid(SECOND)).unwrap_or_default();
        let monotonic = self.monotonic.and_then(|reading| reading.checked_add(by.0));
        Time { seconds, nanoseconds, monotonic, zone: self.zone.clone() }
    }

    /// Returns the time from another point to this one, or the longest there is.
    pub(super) fn since(&self, other: &Time) -> Duration {
        let difference = self.order_key() - other.order_key();
        Duration(i64::try_from(difference).unwrap_or(if difference > 0 { i64::MAX } else { i64::MIN }))
    }

    /// Returns the nanoseconds since 1970, by which points are compared.
    pub(super) fn order_key(&self) -> i128 {
        i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanoseconds)
    }

    /// Returns the time a multiple of a duration after the year 1, the last one or the nearest.
    pub(super) fn multiple(&self, of: Duration, nearest: bool) -> Time {
        let plain = Time { monotonic: None, ..self.clone() };
        if of.0 <= 0 {
            return plain;
        }
        let unit = i128::from(of.0);
        let rest = (self.order_key() - Time::ZERO.order_key()).rem_euclid(unit);
        let up = nearest && rest * 2 >= unit;
        let by = if up { unit - rest } else { -rest };
        plain.add(Duration(i64::try_from(by).unwrap_or_default()))
    }

    /// Returns the seconds since 1970 on the wall of its zone.
    fn wall(&self) -> i64 {
        self.seconds.wrapping_add(self.zone.offset(self.seconds))
    }

    /// Returns year, month and day in its zone.
    pub(super) fn calendar(&self) -> (i64, i64, i64) {
        calendar::date(self.wall())
    }

    /// Returns the time of day in its zone.
    pub(super) fn clock(&self) -> Clock {
        calendar::clock(self.wall())
    }

    /// Returns the day of the year in its zone, from 1.
    pub(super) fn year_day(&self) -> i64 {
        calendar::year_day(self.wall())
    }

    /// Returns the day of the week in its zone, from 0 for Sunday.
    pub(super) fn weekday(&self) -> usize {
        calendar::weekday(self.wall())
    }
}
