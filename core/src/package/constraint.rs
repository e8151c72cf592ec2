//! Ranges of versions, by the rules of the library that Helm uses.
//!
//! `>=1.31`, `^1.2`, `~1.2`, `1.2.x`, `1.2 - 1.4`, joined by a comma or space (all must hold) and `||` (one must hold).
//! A version with a prerelease is in a range only when the range names a prerelease itself (`>=1.31-0`).
//! Facts: <https://github.com/Masterminds/semver/blob/master/constraints.go>.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use semver::Version;

use super::version::{self, from_parts};
use crate::go::regex::{Pattern, Template};
use crate::source::Limits;

/// The length to which a range may go.
const MAX_BYTES: usize = 512;

/// The number of alternatives that a range may have.
const MAX_GROUPS: usize = 32;

/// Why a text is no range. The texts are those of Helm's library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstraintError {
    /// It is longer than any range is.
    TooLong,
    /// It has more alternatives than any range has.
    TooManyGroups,
    /// This part of it does not have the form of one.
    Improper(String),
    /// It holds what is no version.
    Version,
}

impl fmt::Display for ConstraintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConstraintError::TooLong => write!(f, "constraint string is too long (max {MAX_BYTES} bytes)"),
            ConstraintError::TooManyGroups => write!(f, "too many constraint groups (max {MAX_GROUPS})"),
            ConstraintError::Improper(part) => write!(f, "improper constraint: {part:?}"),
            ConstraintError::Version => f.write_str("constraint parser error"),
        }
    }
}

impl std::error::Error for ConstraintError {}

/// A range of versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    text: String,
    // Alternatives of terms that must all hold.
    any: Vec<Vec<Term>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    op: Op,
    version: Version,
    open: Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

/// From which part on a version is left open, as `x` or by being left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    No,
    Patch,
    Minor,
    Major,
}

const VERSION: &str = r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?";
const OPS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";

// Each pattern is compiled when a range first needs it. Most ranges are one term, which is read without any.
fn pattern(cell: &'static OnceLock<Pattern>, text: impl FnOnce() -> String) -> &'static Pattern {
    cell.get_or_init(|| {
        let built = Pattern::compile(text().as_bytes(), Limits::default().regex_bytes);
        built.expect("the patterns are constants")
    })
}

fn range_pattern() -> &'static Pattern {
    static CELL: OnceLock<Pattern> = OnceLock::new();
    pattern(&CELL, || format!(r"\s*({VERSION})\s+-\s+({VERSION})\s*"))
}

fn valid_pattern() -> &'static Pattern {
    static CELL: OnceLock<Pattern> = OnceLock::new();
    pattern(&CELL, || format!(r"^(\s*({OPS})\s*({VERSION})\s*)((?:\s+|,\s*)({OPS})\s*({VERSION})\s*)*$"))
}

fn find_pattern() -> &'static Pattern {
    static CELL: OnceLock<Pattern> = OnceLock::new();
    pattern(&CELL, || format!(r"({OPS})\s*({VERSION})"))
}

impl Constraint {
    /// Reads a range.
    ///
    /// # Errors
    /// With Helm's text, when it is none.
    pub fn parse(text: &str) -> Result<Constraint, ConstraintError> {
        if text.len() > MAX_BYTES {
            return Err(ConstraintError::TooLong);
        }
        let hyphen = text.contains(|c: char| c.is_ascii_whitespace()) && text.contains('-');
        let rewritten = if hyphen { spelled_out(text).ok_or_else(|| improper(text))? } else { Cow::Borrowed(text) };
        if rewritten.matches("||").count() >= MAX_GROUPS {
            return Err(ConstraintError::TooManyGroups);
        }
        let any = rewritten.split("||").map(|part| {
            if let Some(parts) = Parts::of(part) {
                return Ok(vec![Term::parse(&parts)?]);
            }
            let is_valid = valid_pattern().is_match(part).unwrap_or_default();
            let mut free = |_| Ok(());
            let found = find_pattern().search(part.as_bytes(), &mut free).and_then(|search| search.all(usize::MAX));
            let found = found.ok().filter(|_| is_valid).ok_or_else(|| improper(part))?;
            let terms = found.into_iter().map(|(from, to)| {
                let parts = Parts::of(&part[from..to]).ok_or_else(|| improper(part))?;
                Term::parse(&parts)
            });
            terms.collect::<Result<Vec<_>, _>>()
        });
        Ok(Constraint { text: text.to_owned(), any: any.collect::<Result<_, _>>()? })
    }

    /// Whether a version is in the range.
    pub fn matches(&self, version: &Version) -> bool {
        self.any.iter().any(|terms| {
            let prereleases = terms.iter().any(|term| !term.version.pre.is_empty());
            (prereleases || version.pre.is_empty()) && terms.iter().all(|term| term.holds(version))
        })
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Returns a range with `1.2 - 1.4` as `>= 1.2, <= 1.4`. Texts are short: no work on them is too much.
fn spelled_out(text: &str) -> Option<Cow<'_, str>> {
    let mut free = |_| Ok(());
    let search = range_pattern().search(text.as_bytes(), &mut free).ok()?;
    let replaced = search.replace(&Template::new(b">= $1, <= $11 "), 8 * MAX_BYTES).ok()?;
    String::from_utf8(replaced).ok().map(Cow::Owned)
}

fn improper(text: &str) -> ConstraintError {
    ConstraintError::Improper(text.to_owned())
}

/// The parts of one term as written; what `OPS` and `VERSION` match, and nothing else.
#[derive(Debug, Default)]
struct Parts<'a> {
    op: &'a str,
    version: &'a str,
    numbers: [&'a str; 3],
    pre: &'a str,
    build: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Parts<'a>> {
        // Go's `\s`.
        const SPACE: [char; 5] = [' ', '\t', '\n', '\x0c', '\r'];
        let is_number = |b: u8| matches!(b, b'0'..=b'9' | b'|' | b'x' | b'X' | b'*');
        let is_label = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        let (op, rest) = split(text.trim_matches(SPACE), |b| b"=!<>~^".contains(&b));
        if !["", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^"].contains(&op) {
            return None;
        }
        let rest = rest.trim_start_matches(SPACE);
        let mut parts = Parts { op, version: rest, ..Parts::default() };
        let mut rest = rest.strip_prefix('v').unwrap_or(rest);
        for (i, number) in parts.numbers.iter_mut().enumerate() {
            if i > 0 {
                let Some(after) = rest.strip_prefix('.') else { break };
                rest = after;
            }
            (*number, rest) = split(rest, is_number);
            if number.is_empty() {
                return None;
            }
        }
        for (sign, labels) in [('-', &mut parts.pre), ('+', &mut parts.build)] {
            if let Some(after) = rest.strip_prefix(sign) {
                (*labels, rest) = split(after, is_label);
                if labels.split('.').any(str::is_empty) {
                    return None;
                }
            }
        }
        rest.is_empty().then_some(parts)
    }
}

/// Splits a text where the first byte stands that does not hold.
fn split(text: &str, holds: impl Fn(u8) -> bool) -> (&str, &str) {
    text.split_at(text.bytes().position(|b| !holds(b)).unwrap_or(text.len()))
}

impl Term {
    fn parse(parts: &Parts<'_>) -> Result<Term, ConstraintError> {
        let number = |i: usize| Some(parts.numbers[i]).filter(|t| !matches!(*t, "" | "x" | "X" | "*"));
        let (open, numbers) = match (number(0), number(1), number(2)) {
            (None, _, _) => (Open::Major, ["0", "0", "0"]),
            (Some(major), None, _) => (Open::Minor, [major, "0", "0"]),
            (Some(major), Some(minor), None) => (Open::Patch, [major, minor, "0"]),
            (Some(major), Some(minor), Some(patch)) => (Open::No, [major, minor, patch]),
        };
        let build = if open == Open::No { parts.build } else { "" };
        let pre = if parts.pre.is_empty() { 0 } else { parts.pre.len() + 1 };
        let rewritten = numbers.iter().map(|number| number.len() + 1).sum::<usize>() - 1 + pre;
        if (if open == Open::No { parts.version.len() } else { rewritten }) > version::MAX_BYTES {
            return Err(ConstraintError::Version);
        }
        let version = from_parts(numbers, parts.pre, build).map_err(|_| ConstraintError::Version)?;
        Ok(Term { op: op(parts.op), version, open })
    }

    fn holds(&self, v: &Version) -> bool {
        let (c, open) = (&self.version, self.open);
        let same_major = v.major == c.major;
        let same_minor = same_major && v.minor == c.minor;
        match self.op {
            Op::Equal if open == Open::No => v.cmp_precedence(c).is_eq(),
            Op::Equal | Op::Tilde => self.tilde(v),
            Op::NotEqual => match open {
                // Helm's library reads `*` as 0.0.0.
                Open::No | Open::Major => v.cmp_precedence(c).is_ne(),
                Open::Minor => !same_major,
                Open::Patch => !same_minor || v.pre != c.pre,
            },
            Op::Greater => match open {
                Open::No | Open::Major => v.major > c.major || same_major && v.cmp_precedence(c).is_gt(),
                Open::Minor => v.major > c.major,
                Open::Patch => v.major > c.major || same_major && v.minor > c.minor,
            },
            Op::Less => v.cmp_precedence(c).is_lt(),
            Op::GreaterEqual => v.cmp_precedence(c).is_ge(),
            Op::LessEqual => match open {
                Open::No => v.cmp_precedence(c).is_le(),
                Open::Minor => v.major <= c.major,
                Open::Patch | Open::Major => v.major < c.major || same_major && v.minor <= c.minor,
            },
            Op::Caret => self.caret(v),
        }
    }

    fn tilde(&self, v: &Version) -> bool {
        let c = &self.version;
        if v.cmp_precedence(c).is_lt() {
            return false;
        }
        let zero = (c.major, c.minor, c.patch) == (0, 0, 0);
        if zero && matches!(self.open, Open::No | Open::Major) {
            return true;
        }
        v.major == c.major && (v.minor == c.minor || self.open == Open::Minor)
    }

    fn caret(&self, v: &Version) -> bool {
        let c = &self.version;
        if v.cmp_precedence(c).is_lt() {
            return false;
        }
        if c.major > 0 || self.open == Open::Minor {
            return v.major == c.major;
        }
        if v.major > 0 {
            return false;
        }
        if c.minor > 0 || self.open == Open::Patch {
            return v.minor == c.minor;
        }
        v.minor == 0 && v.patch == c.patch
    }
}

fn op(text: &str) -> Op {
    match text {
        "!=" => Op::NotEqual,
        ">" => Op::Greater,
        "<" => Op::Less,
        ">=" | "=>" => Op::GreaterEqual,
        "<=" | "=<" => Op::LessEqual,
        "~" | "~>" => Op::Tilde,
        "^" => Op::Caret,
        _ => Op::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::super::loose_version;
    use super::*;
    use proptest::prelude::*;

    // Each line is what Helm 4 answers for `semverCompare`.
    const CASES: &str = "
        1.2.3|1.2.3|true
        !=1.2.3|1.2.4|true
        <1.2.3|1.2.2|true
        =<1.2.3|1.2.3|true
        ^1.2.3|1.9.0|true
        ^1.2.3|2.0.0|false
        ^0.2.3|0.3.0|false
        ^0.0.3|0.0.3|true
        ^0.0|0.0.9|true
        ^0|0.9.9|true
        ~1|1.9.9|true
        ~1.2|1.2.9|true
        1.X|1.9.9|true
        *|1.2.3-alpha|false
        x|9.9.9|true
        1.2.3 - 2.3.4|2.3.5|false
        1.2.3 - 2|2.9.0|true
        >=1.2, <2.0|1.5.0|true
        >=1.20-0|1.20.0-rc.1|true
        >=1.20|1.31.0-gke.100|false
        >=1.20.0-0|v1.31.0+k3s1|true
        ^1.2.3-beta.2|1.2.3-alpha|false
        >1.2.3-alpha.9|1.2.3-alpha.10|true
        1.2.3+b|1.2.3+c|true
        !=1.x|2.0.0|true
        !=*|0.0.5|true
        !=*|0.0.0|false
        !=x-a|0.0.0|true
        >1.x|1.9.0|false
        <=1|1.9.9|true
        <=1.2|1.2.9|true
        > 1.2.3 , < 1.3|1.2.5|true
        ~>1.2.3|1.2.9|true
        ^1|1|true
        01.2.3|1.2.3|true
        <2.0.0-0|2.0.0-alpha|false
        1.2.3 1.2.4|1.2.3|false
        =1.2|1.2.9|true";

    #[test]
    fn ranges_hold_as_helm_has_them() {
        for line in CASES.lines().filter(|line| !line.is_empty()) {
            let parts: Vec<&str> = line.trim().split('|').collect();
            let [range, version, expected] = parts[..] else { panic!("{line}") };
            let range = Constraint::parse(range).expect(line);
            let version = loose_version(version).expect(line);
            assert_eq!(range.matches(&version).to_string(), expected, "{line}");
        }
        let range = Constraint::parse(">=1.2,<2.0 || >=3.0").expect("fine");
        assert!(range.matches(&Version::new(3, 1, 0)) && !range.matches(&Version::new(2, 0, 0)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn one_term_is_read_as_the_pattern_reads_it(text in "[ \t]?[=!<>~^]{0,2} ?v?[0-9x*|]{0,2}(\\.[0-9X]{0,2}){0,3}(-[0-9a-z.-]{0,4})?(\\+[0-9a-z.-]{0,4})? ?") {
            let pattern = regex::Regex::new(&format!(r"^\s*({OPS})\s*({VERSION})\s*$")).expect("a constant");
            let found = pattern.captures(&text).map(|found| {
                let part = |i: usize| found.get(i).map_or("", |m| m.as_str()).to_owned();
                [1, 2, 3, 4, 5, 7, 10].map(part)
            });
            let ours = Parts::of(&text).map(|parts| {
                let dotted = |i: usize| if parts.numbers[i].is_empty() { String::new() } else { format!(".{}", parts.numbers[i]) };
                [parts.op.to_owned(), parts.version.to_owned(), parts.numbers[0].to_owned(), dotted(1), dotted(2), parts.pre.to_owned(), parts.build.to_owned()]
            });
            prop_assert_eq!(ours, found, "{}", text);
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for bad in ["bad", "1.2.3.4", ">>1", "==1.2.3", "^", ">=", "1.2.3,", ""] {
            assert_eq!(Constraint::parse(bad), Err(ConstraintError::Improper(bad.to_owned())));
        }
        let huge = Constraint::parse("99999999999999999999.0.0");
        assert_eq!(huge, Err(ConstraintError::Version));
        assert_eq!(Constraint::parse(&"1".repeat(513)), Err(ConstraintError::TooLong));
        assert_eq!(Constraint::parse(&["1"; 33].join("||")), Err(ConstraintError::TooManyGroups));
    }
}
