//! Versions as people write them: `v1.31`, `1`, `1.31.2-gke.1`.
//!
//! Facts: <https://github.com/Masterminds/semver/blob/v3.5.0/version.go>, the library that Helm uses.

use std::fmt;

use semver::{BuildMetadata, Prerelease, Version};

/// The length to which a version may go.
pub(super) const MAX_BYTES: usize = 256;

/// Why a text is no version. The texts are those of Helm's library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionError {
    /// It does not have the form of one.
    Invalid,
    /// It is longer than any version is.
    TooLong,
    /// A number of the prerelease starts with 0.
    LeadingZero,
    /// A number does not fit into 64 bits.
    OutOfRange(String),
}

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VersionError::Invalid => f.write_str("invalid semantic version"),
            VersionError::TooLong => write!(f, "version string is too long (max {MAX_BYTES} bytes)"),
            VersionError::LeadingZero => f.write_str("version segment starts with 0"),
            VersionError::OutOfRange(number) => {
                write!(f, "error parsing version segment: strconv.ParseUint: parsing \"{number}\": value out of range")
            }
        }
    }
}

impl std::error::Error for VersionError {}

/// Reads a version of which parts may be left out.
///
/// # Errors
/// With Helm's text, when it is none.
pub fn parse_version(text: &str) -> Result<Version, VersionError> {
    if text.len() > MAX_BYTES {
        return Err(VersionError::TooLong);
    }
    let (text, build) = cut(text.strip_prefix('v').unwrap_or(text), '+')?;
    let (numbers, pre) = cut(text, '-')?;
    let mut parts = numbers.split('.');
    let numbers = [parts.next().unwrap_or(""), parts.next().unwrap_or("0"), parts.next().unwrap_or("0")];
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next().is_some() || !numbers.iter().all(is_number) {
        return Err(VersionError::Invalid);
    }
    from_parts(numbers, pre, build)
}

/// Returns a version of which parts may be left out.
pub fn loose_version(text: &str) -> Option<Version> {
    parse_version(text).ok()
}

/// Cuts off identifiers behind a mark, which must be some if the mark is there.
fn cut(text: &str, mark: char) -> Result<(&str, &str), VersionError> {
    let Some((text, identifiers)) = text.split_once(mark) else { return Ok((text, "")) };
    let is_identifier =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if identifiers.split('.').all(is_identifier) { Ok((text, identifiers)) } else { Err(VersionError::Invalid) }
}

/// Puts a version together.
pub(super) fn from_parts(numbers: [&str; 3], pre: &str, build: &str) -> Result<Version, VersionError> {
    let number = |text: &str| text.parse().map_err(|_| VersionError::OutOfRange(text.to_owned()));
    Ok(Version {
        major: number(numbers[0])?,
        minor: number(numbers[1])?,
        patch: number(numbers[2])?,
        pre: Prerelease::new(pre).map_err(|_| VersionError::LeadingZero)?,
        build: BuildMetadata::new(build).map_err(|_| VersionError::Invalid)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_version_is_refused_with_the_reason() {
        let refused = |text: &str| parse_version(text).expect_err(text).to_string();
        for text in
            ["", "bad", "1.2.3-", "1.2.3+", " 1.2.3", "1.2.3.4", "1..2", "1.2.3-a..b", "1.2.3-\u{e9}", "V1", "+1"]
        {
            assert_eq!(refused(text), "invalid semantic version", "{text}");
        }
        assert_eq!(refused("1.2.3-a.01"), "version segment starts with 0");
        assert_eq!(refused(&"1".repeat(257)), "version string is too long (max 256 bytes)");
        let long =
            "error parsing version segment: strconv.ParseUint: parsing \"99999999999999999999\": value out of range";
        assert_eq!(refused("1.99999999999999999999.0"), long);
    }

    #[test]
    fn parts_may_be_left_out() {
        let read = |text: &str| parse_version(text).expect(text).to_string();
        assert_eq!((read("v1.31"), read("1"), read("01.2.3")), ("1.31.0".into(), "1.0.0".into(), "1.2.3".into()));
        assert_eq!(read("1-2.3+01.b"), "1.0.0-2.3+01.b");
    }
}
