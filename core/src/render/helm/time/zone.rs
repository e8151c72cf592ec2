//! Time zones: UTC, the local one (which is UTC too), offsets that a text named, and those of the IANA database.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Zone {
    /// UTC under its own name.
    Utc,
    /// UTC as the zone of the machine.
    Local,
    /// An offset in seconds, with the name that a text gave it.
    Fixed(Arc<[u8]>, i64),
    /// One of the database.
    Named(TimeZone),
}

/// The database is part of the program: nothing is read from the machine.
static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Seconds after which the calendar, and so the rules of a zone, repeat.
const ERA: i64 = 146_097 * 86_400;

impl Zone {
    /// Returns the zone of a name (Go's `time.LoadLocation`). Upper and lower case count, as in names of files.
    pub(crate) fn load(name: &[u8]) -> Option<Zone> {
        match name {
            b"" | b"UTC" => Some(Zone::Utc),
            b"Local" => Some(Zone::Local),
            _ => {
                let name = std::str::from_utf8(name).ok()?;
                let zone = DATABASE.get(name).ok()?;
                (zone.iana_name() == Some(name)).then_some(Zone::Named(zone))
            }
        }
    }

    /// Returns the offset from UTC in seconds at a point in time.
    pub(crate) fn offset(&self, seconds: i64) -> i64 {
        match self {
            Zone::Utc | Zone::Local => 0,
            Zone::Fixed(_, offset) => *offset,
            Zone::Named(zone) => zone.to_offset(within_range(seconds)).seconds().into(),
        }
    }

    /// Returns the abbreviation in use at a point in time.
    pub(crate) fn abbreviation(&self, seconds: i64) -> Cow<'_, [u8]> {
        match self {
            Zone::Utc | Zone::Local => Cow::Borrowed(b"UTC"),
            Zone::Fixed(name, _) => Cow::Borrowed(name),
            Zone::Named(zone) => {
                let info = zone.to_offset_info(within_range(seconds));
                Cow::Owned(info.abbreviation().as_bytes().to_vec())
            }
        }
    }

    /// Returns whether summer time is in use at a point in time.
    pub(crate) fn is_summer_time(&self, seconds: i64) -> bool {
        match self {
            Zone::Named(zone) => zone.to_offset_info(within_range(seconds)).dst().is_dst(),
            _ => false,
        }
    }

    /// Returns the name of the zone (Go's `Location.String`).
    pub(crate) fn name(&self) -> Cow<'_, [u8]> {
        match self {
            Zone::Utc => Cow::Borrowed(b"UTC"),
            Zone::Local => Cow::Borrowed(b"Local"),
            Zone::Fixed(name, _) => Cow::Borrowed(name),
            Zone::Named(zone) => Cow::Borrowed(zone.iana_name().unwrap_or_default().as_bytes()),
        }
    }
}

/// Returns a point within the years that the database's library knows, for which the same rules hold.
fn within_range(seconds: i64) -> Timestamp {
    let known = |seconds| Timestamp::from_second(seconds).ok();
    let shifted = || {
        let base = 4_000_000_000 + (seconds - 4_000_000_000).rem_euclid(ERA);
        if seconds > 0 { known(base) } else { Some(Timestamp::MIN) }
    };
    known(seconds).or_else(shifted).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_their_history() {
        let zone = Zone::load(b"Europe/Paris").expect("a zone");
        assert_eq!(zone.offset(1_720_000_000), 7200);
        assert_eq!(zone.abbreviation(1_720_000_000).as_ref(), b"CEST");
        assert!(zone.is_summer_time(1_720_000_000));
        assert_eq!(zone.offset(1_700_000_000), 3600);
        assert_eq!(zone.abbreviation(-3_000_000_000).as_ref(), b"LMT");
        assert_eq!(zone.offset(i64::MAX / 2).rem_euclid(3600), 0);
    }

    #[test]
    fn only_exact_names_are_zones() {
        for name in ["europe/paris", "Bad/Zone", "/etc/localtime", "../UTC", "Europe"] {
            assert_eq!(Zone::load(name.as_bytes()), None, "{name}");
        }
        assert_eq!(Zone::load(b""), Some(Zone::Utc));
    }
}
