//! What the text of a scalar is: the rules of go.yaml.in/yaml/v2 (below sigs.k8s.io/yaml) and v3.
//!
//! See `resolve.go` of both: <https://github.com/yaml/go-yaml/blob/v2.4.4/resolve.go>.

use super::resolve::Rules;
use super::timestamp::is_timestamp;

/// A scalar under the rules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    /// A text that Go takes for a point in time.
    Timestamp,
    Str,
}

impl Resolved {
    /// Returns the short form of its tag, as messages of Go have it.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Resolved::Null => "!!null",
            Resolved::Bool(_) => "!!bool",
            Resolved::Int(_) | Resolved::UInt(_) => "!!int",
            Resolved::Float(_) => "!!float",
            Resolved::Timestamp => "!!timestamp",
            Resolved::Str => "!!str",
        }
    }
}

/// Returns what an unquoted text without a tag is.
pub(crate) fn resolve_plain(text: &str, rules: Rules) -> Resolved {
    resolve_hinted(text, rules, true)
}

/// Returns what a text is; `times` says whether it may be a timestamp (not under another explicit tag).
pub(crate) fn resolve_hinted(text: &str, rules: Rules, times: bool) -> Resolved {
    let Some(first) = text.bytes().next() else { return Resolved::Null };
    match first {
        b'0'..=b'9' | b'+' | b'-' => word(text, rules).unwrap_or_else(|| number(text, rules, times)),
        b'.' => word(text, rules).unwrap_or_else(|| dotted(text)),
        b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' if text.len() <= 5 => {
            word(text, rules).unwrap_or(Resolved::Str)
        }
        _ => Resolved::Str,
    }
}

fn word(text: &str, rules: Rules) -> Option<Resolved> {
    Some(match text {
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Resolved::Float(f64::NEG_INFINITY),
        _ if rules == Rules::Kubectl => Resolved::Bool(old_bool(text)?),
        _ => return None,
    })
}

/// Returns the meaning of the words that only YAML 1.1 takes for booleans.
pub(crate) fn old_bool(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// `.5`: what strconv.ParseFloat takes, underscores between digits included.
fn dotted(text: &str) -> Resolved {
    let bytes = text.as_bytes();
    let lone = |i: usize| {
        let digit = |b: Option<&u8>| b.is_some_and(u8::is_ascii_digit);
        bytes[i] == b'_' && !(digit(i.checked_sub(1).and_then(|i| bytes.get(i))) && digit(bytes.get(i + 1)))
    };
    if (0..bytes.len()).any(lone) {
        return Resolved::Str;
    }
    let plain = text.replace('_', "");
    match is_float(&plain).then(|| plain.parse::<f64>()) {
        Some(Ok(f)) if f.is_finite() => Resolved::Float(f),
        _ => Resolved::Str,
    }
}

fn number(text: &str, rules: Rules, times: bool) -> Resolved {
    if times && is_timestamp(text) {
        return Resolved::Timestamp;
    }
    let stripped;
    let plain = if text.contains('_') {
        stripped = text.replace('_', "");
        stripped.as_str()
    } else {
        text
    };
    if let Some(int) = go_int(plain) {
        return int;
    }
    if is_float(plain)
        && let Ok(f) = plain.parse::<f64>()
        && f.is_finite()
    {
        return Resolved::Float(f);
    }
    prefixed(plain, "0b", "-0b", 2)
        .or_else(|| if rules == Rules::V3 { prefixed(plain, "0o", "-0o", 8) } else { None })
        .unwrap_or(Resolved::Str)
}

/// What strconv.ParseInt and ParseUint read with base 0: prefixes 0x, 0o, 0b and a leading 0 for octal.
fn go_int(text: &str) -> Option<Resolved> {
    let (negative, signed, body) = match text.as_bytes() {
        [b'-', ..] => (true, true, &text[1..]),
        [b'+', ..] => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let bytes = body.as_bytes();
    let (radix, digits) = match bytes {
        [b'0', b'x' | b'X', _, ..] => (16, body.get(2..)?),
        [b'0', b'o' | b'O', _, ..] => (8, body.get(2..)?),
        [b'0', b'b' | b'B', _, ..] => (2, body.get(2..)?),
        [b'0'] => return Some(Resolved::Int(0)),
        [b'0', ..] => (8, body.get(1..)?),
        _ => (10, body),
    };
    if !digits.bytes().next()?.is_ascii_alphanumeric() {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match i64::try_from(magnitude) {
        Ok(i) => Some(Resolved::Int(if negative { -i } else { i })),
        Err(_) if negative && magnitude == 1 << 63 => Some(Resolved::Int(i64::MIN)),
        Err(_) if !signed => Some(Resolved::UInt(magnitude)),
        Err(_) => None,
    }
}

/// The libraries' own second try at binary and octal numbers; it lets a sign stand after the prefix.
fn prefixed(text: &str, plus: &str, minus: &str, radix: u32) -> Option<Resolved> {
    if let Some(digits) = text.strip_prefix(plus) {
        let int = i64::from_str_radix(digits, radix).map(Resolved::Int);
        return int.ok().or_else(|| {
            let unsigned = digits.bytes().next()?.is_ascii_digit();
            u64::from_str_radix(digits, radix).ok().filter(|_| unsigned).map(Resolved::UInt)
        });
    }
    let digits = text.strip_prefix(minus)?;
    i64::from_str_radix(&format!("-{digits}"), radix).ok().map(Resolved::Int)
}

/// The form of a float in go-yaml: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn is_float(text: &str) -> bool {
    let digits = |s: &[u8]| s.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut rest = text.as_bytes();
    if let [b'-' | b'+', after @ ..] = rest {
        rest = after;
    }
    let whole = digits(rest);
    rest = &rest[whole..];
    if let [b'.', after @ ..] = rest {
        let fraction = digits(after);
        if whole + fraction == 0 {
            return false;
        }
        rest = &after[fraction..];
    } else if whole == 0 {
        return false;
    }
    if let [b'e' | b'E', after @ ..] = rest {
        let after = after.strip_prefix(b"-").or(after.strip_prefix(b"+")).unwrap_or(after);
        let exponent = digits(after);
        return exponent > 0 && exponent == after.len();
    }
    rest.is_empty()
}

/// Whether a text is a number in base 60 under YAML 1.1: never read as one, but quoted on the way out.
pub(crate) fn is_base60(text: &str) -> bool {
    let bytes = text.as_bytes();
    let body = match bytes {
        [b'-' | b'+', after @ ..] => after,
        _ => bytes,
    };
    if !body.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let whole = body.iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
    let mut rest = &body[whole..];
    let mut groups = 0;
    while let [b':', after @ ..] = rest {
        let digits = after.iter().take(2).take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 || digits == 2 && after[0] > b'5' {
            return false;
        }
        rest = &after[digits..];
        groups += 1;
    }
    if let [b'.', after @ ..] = rest {
        rest = &after[after.iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count()..];
    }
    groups > 0 && rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubectl_reads_yaml_1_1() {
        let check = |text, want| assert_eq!(resolve_plain(text, Rules::Kubectl), want, "{text}");
        for (text, want) in [("y", true), ("On", true), ("NO", false), ("off", false), ("True", true)] {
            check(text, Resolved::Bool(want));
        }
        for (text, want) in
            [("010", 8), ("0o17", 15), ("0x1F", 31), ("1_000", 1000), ("-0b11", -3), ("0b-1", -1), ("-0", 0)]
        {
            check(text, Resolved::Int(want));
        }
        check("08", Resolved::Float(8.0));
        check("18446744073709551615", Resolved::UInt(u64::MAX));
        check("18446744073709551616", Resolved::Float(18_446_744_073_709_551_616.0));
        check(".1_0", Resolved::Float(0.1));
        for text in ["1:20", "1e400", "1e", "._5", "yess", "=", "0x", "+"] {
            check(text, Resolved::Str);
        }
    }

    #[test]
    fn version_3_has_no_words_of_yaml_1_1_but_octals_of_both() {
        assert_eq!(resolve_plain("yes", Rules::V3), Resolved::Str);
        assert_eq!(resolve_plain("0o17", Rules::V3), Resolved::Int(15));
        assert_eq!(resolve_plain("0o-7", Rules::V3), Resolved::Int(-7));
        assert_eq!(resolve_plain("017", Rules::V3), Resolved::Int(15));
    }

    #[test]
    fn base_60_is_known() {
        for text in ["1:20", "-1_0:59:03.5_", "190:20:30.15"] {
            assert!(is_base60(text), "{text}");
        }
        for text in ["1:60", "1:", "a:1", "12:345", "1.5"] {
            assert!(!is_base60(text), "{text}");
        }
    }
}
