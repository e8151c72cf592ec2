//! The syntax of texts: formats, names, quantities.
//!
//! Each function says whether a text is right, as `k8s.io/apimachinery/pkg/util/validation` has it.

/// Whether the text is base64 as Go's standard encoding reads it (line breaks allowed, padding needed).
pub(super) fn is_base64(text: &str) -> bool {
    let (mut letters, mut padding) = (0usize, 0usize);
    for byte in text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')) {
        match byte {
            b'=' => padding += 1,
            _ if padding > 0 => return false,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => letters += 1,
            _ => return false,
        }
    }
    padding <= 2 && letters % 4 != 1 && (letters + padding).is_multiple_of(4)
}

/// Whether the text is a time as RFC 3339 has it.
pub(super) fn is_date_time(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>, low: u32, high: u32| {
        let digits = text.get(range).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        digits.and_then(|digits| digits.parse().ok()).is_some_and(|n: u32| (low..=high).contains(&n))
    };
    let bytes = text.as_bytes();
    let sign = |at: usize, set: &[u8]| bytes.get(at).is_some_and(|b| set.contains(b));
    let date = number(0..4, 0, 9999) && sign(4, b"-") && number(5..7, 1, 12) && sign(7, b"-") && number(8..10, 1, 31);
    let time = sign(10, b"Tt") && number(11..13, 0, 23) && sign(13, b":") && number(14..16, 0, 59);
    if !(date && time && sign(16, b":") && number(17..19, 0, 60)) {
        return false;
    }
    let rest = &text[19..];
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
            if end == 0 {
                return false;
            }
            &fraction[end..]
        }
        None => rest,
    };
    let start = text.len() - rest.len();
    let offset = sign(start, b"+-") && number(start + 1..start + 3, 0, 23) && sign(start + 3, b":");
    matches!(rest, "Z" | "z") || (offset && rest.len() == 6 && number(start + 4..start + 6, 0, 59))
}

/// Returns the amount of a quantity such as `1.5Gi` or `100m`; `None` where it is none.
///
/// <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>
pub(super) fn quantity(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (digits, suffix) = unsigned.split_at(end);
    if digits.matches('.').count() > 1 || !digits.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let factor = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        "Pi" => 1_125_899_906_842_624.0,
        "Ei" => 1_152_921_504_606_846_976.0,
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            10f64.powi(plain.then(|| exponent.parse().ok())??)
        }
    };
    let amount: f64 = format!("0{digits}0").parse().ok()?;
    // The zero behind keeps `1.` readable; without a point it would multiply by ten.
    let amount = if digits.contains('.') { amount } else { amount / 10.0 };
    Some(if text.starts_with('-') { -amount * factor } else { amount * factor })
}

/// What is wrong with a DNS label (RFC 1123): lower case letters, digits and `-`.
pub(super) fn label_1123(text: &str) -> Option<&'static str> {
    let ok = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    dns(text, 63, ok && ends(text), "must be lower case letters, digits and `-`, with a letter or digit at both ends")
}

/// What is wrong with a DNS label that must start with a letter (RFC 1035).
pub(super) fn label_1035(text: &str) -> Option<&'static str> {
    let start = text.starts_with(|c: char| c.is_ascii_lowercase());
    let why = "must be lower case letters, digits and `-`, start with a letter and end with a letter or digit";
    dns(text, 63, start && label_1123(text).is_none(), why)
}

/// What is wrong with a DNS subdomain (RFC 1123): labels with dots between them.
pub(super) fn subdomain(text: &str) -> Option<&'static str> {
    let part =
        |part: &str| ends(part) && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let why = "must be lower case letters, digits, `-` and `.`, with a letter or digit at both ends of each part";
    dns(text, 253, text.split('.').all(part), why)
}

/// What is wrong with a name that becomes a part of a URL.
pub(super) fn path_segment(text: &str) -> Option<&'static str> {
    (matches!(text, "." | "..") || text.contains(['/', '%']))
        .then_some("must not be `.` or `..` and have no `/` or `%`")
}

/// What is wrong with the key of a label or annotation.
pub(super) fn qualified_name(text: &str) -> Option<&'static str> {
    let (prefix, name) = text.split_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    if prefix.is_some_and(|prefix| subdomain(prefix).is_some()) {
        return Some("the part before `/` must be a DNS name in lower case");
    }
    if name.is_empty() {
        return Some("the name must not be empty");
    }
    label_value(name)
}

/// What is wrong with the value of a label.
pub(super) fn label_value(text: &str) -> Option<&'static str> {
    let inner = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let both = |f: fn(&u8) -> bool| text.as_bytes().first().is_none_or(f) && text.as_bytes().last().is_none_or(f);
    if text.len() > 63 {
        return Some("must be no longer than 63 characters");
    }
    let ok = inner && both(u8::is_ascii_alphanumeric);
    (!ok).then_some("must be letters, digits, `-`, `_` and `.`, with a letter or digit at both ends")
}

/// What is wrong with the key of a ConfigMap or Secret.
pub(super) fn config_key(text: &str) -> Option<&'static str> {
    let ok = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if text.len() > 253 {
        return Some("must be no longer than 253 characters");
    }
    let ok = ok && !text.is_empty() && text != "." && !text.starts_with("..");
    (!ok).then_some("must be letters, digits, `-`, `_` and `.`, and not start with `..`")
}

/// What is wrong with the name of a port.
pub(super) fn port_name(text: &str) -> Option<&'static str> {
    let ok = label_1123(text).is_none() && text.len() <= 15 && !text.contains("--");
    let letter = text.bytes().any(|b| b.is_ascii_lowercase());
    (!ok || !letter).then_some("must be at most 15 lower case letters, digits and single `-`, with at least one letter")
}

/// What is wrong with the key of a label whose letters the API server lowers first.
pub(super) fn qualified_name_lowered(text: &str) -> Option<&'static str> {
    qualified_name(&text.to_lowercase())
}

/// What is wrong with the address of a host. Go's older reader takes zeros in front of a number, and so do we.
pub(super) fn address(text: &str) -> Option<&'static str> {
    let number = |part: &str| {
        (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()) && part.parse::<u8>().is_ok()
    };
    let sloppy = text.split('.').count() == 4 && text.split('.').all(number);
    (!sloppy && text.parse::<std::net::IpAddr>().is_err()).then_some("is no IP address")
}

/// What is wrong with a block of addresses.
pub(super) fn block(text: &str) -> Option<&'static str> {
    let ok = text.split_once('/').is_some_and(|(host, bits)| {
        let most = if host.contains(':') { 128 } else { 32 };
        let digits = !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit());
        address(host).is_none() && digits && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
    });
    (!ok).then_some("is no block of addresses such as `10.0.0.0/8`")
}

/// What is wrong with a block of addresses that may have blanks around it.
pub(super) fn padded_block(text: &str) -> Option<&'static str> {
    block(text.trim())
}

/// What is wrong with a path that must not lead upwards.
pub(super) fn no_backsteps(text: &str) -> Option<&'static str> {
    text.split('/').any(|part| part == "..").then_some("must not contain `..`")
}

/// What is wrong with a path below another one.
pub(super) fn path_below(text: &str) -> Option<&'static str> {
    if text.starts_with('/') { Some("must be a relative path") } else { no_backsteps(text) }
}

/// What is wrong with the path of a file in a volume.
pub(super) fn path_inside(text: &str) -> Option<&'static str> {
    path_below(text).or_else(|| text.starts_with("..").then_some("must not start with `..`"))
}

/// What is wrong with a path from the root.
pub(super) fn absolute_path(text: &str) -> Option<&'static str> {
    (!text.starts_with('/')).then_some("must start with `/`")
}

/// What is wrong with the name of a driver for volumes.
pub(super) fn driver(text: &str) -> Option<&'static str> {
    if text.len() > 63 { Some("must be no longer than 63 characters") } else { subdomain(&text.to_lowercase()) }
}

/// What is wrong with a host, whose first part may be `*`.
pub(super) fn host(text: &str) -> Option<&'static str> {
    subdomain(text.strip_prefix("*.").unwrap_or(text))
}

/// What is wrong with a domain that resolvers search in: its parts may have underlines.
pub(super) fn search_domain(text: &str) -> Option<&'static str> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let part = |part: &str| part.strip_prefix('_').unwrap_or(part).replace('_', "-");
    if text.is_empty() { None } else { subdomain(&text.split('.').map(part).collect::<Vec<_>>().join(".")) }
}

/// What is wrong with a path that starts with a domain, such as `example.com/controller`.
pub(super) fn domain_path(text: &str) -> Option<&'static str> {
    let ok = text.split_once('/').is_some_and(|(domain, path)| subdomain(domain).is_none() && !path.is_empty());
    (!ok).then_some("must start with a domain, as `example.com/name` does")
}

/// What is wrong with the name of a webhook.
pub(super) fn webhook(text: &str) -> Option<&'static str> {
    let few = text.split('.').count() < 3;
    subdomain(text).or_else(|| few.then_some("must have at least three parts, as `check.example.com` has"))
}

/// What is wrong with the name of a header of HTTP.
pub(super) fn http_header(text: &str) -> Option<&'static str> {
    let ok = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (!ok).then_some("must be letters, digits and `-`")
}

/// What is wrong with the name of a time zone, as far as its form says so.
pub(super) fn time_zone(text: &str) -> Option<&'static str> {
    if text.eq_ignore_ascii_case("local") {
        return Some("is no time zone: it differs from machine to machine");
    }
    let ok = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'+'));
    (!ok || text.starts_with(['/', '-', '+'])).then_some("is no time zone such as `Europe/Berlin`")
}

fn ends(text: &str) -> bool {
    let alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.as_bytes().first().is_some_and(alphanumeric) && text.as_bytes().last().is_some_and(alphanumeric)
}

fn dns(text: &str, most: usize, ok: bool, why: &'static str) -> Option<&'static str> {
    match most {
        63 if text.len() > 63 => Some("must be no longer than 63 characters"),
        253 if text.len() > 253 => Some("must be no longer than 253 characters"),
        _ => (!ok).then_some(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        let cases = [
            ("1", 1.0),
            ("100m", 0.1),
            ("1.5Gi", 1_610_612_736.0),
            ("1e3", 1000.0),
            (".5", 0.5),
            ("1.", 1.0),
            ("-2k", -2000.0),
        ];
        for (text, amount) in cases {
            assert!((quantity(text).expect(text) - amount).abs() < 1e-6, "{text}");
        }
        for bad in ["", "1GB", "1 Gi", "Gi", "1.2.3", "0x10", "1e", "1mi", "ten"] {
            assert_eq!(quantity(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_follow_their_rules() {
        assert!(subdomain("a.b-c.9").is_none() && subdomain("a..b").is_some() && subdomain("A").is_some());
        assert!(label_1035("a-1").is_none() && label_1035("1-a").is_some() && label_1123("1-a").is_none());
        assert!(qualified_name("app.kubernetes.io/name").is_none() && qualified_name("a/b/c").is_some());
        assert!(label_value("").is_none() && label_value("a b").is_some() && label_value("-a").is_some());
        assert!(config_key("a.b_C-1").is_none() && config_key("..a").is_some() && config_key("a/b").is_some());
        assert!(port_name("http-2").is_none() && port_name("80").is_some() && port_name("a--b").is_some());
    }

    #[test]
    fn addresses_and_paths_follow_their_rules() {
        for ok in ["1.2.3.4", "010.0.0.1", "::1", "2001:db8::1"] {
            assert_eq!(address(ok), None, "{ok}");
        }
        for bad in ["1.2.3", "1.2.3.256", "a.b.c.d", "1.2.3.4/8", "1..2.3"] {
            assert!(address(bad).is_some(), "{bad}");
        }
        assert!(block("10.0.0.5/8").is_none() && block("::/0").is_none() && padded_block(" 10.0.0.0/8 ").is_none());
        assert!(block("10.0.0.0").is_some() && block("10.0.0.0/33").is_some() && block("10.0.0.0/+8").is_some());
        assert!(path_below("a/b").is_none() && path_below("/a").is_some() && path_below("a/../b").is_some());
        assert!(path_inside("..a").is_some() && path_inside("a..").is_none() && no_backsteps("/a/b").is_none());
        assert!(time_zone("Etc/GMT+3").is_none() && time_zone("Local").is_some() && time_zone("a b").is_some());
    }

    #[test]
    fn times_and_base64_follow_go() {
        for ok in ["2024-01-31T10:00:00Z", "2024-01-31T10:00:00.5+02:00"] {
            assert!(is_date_time(ok), "{ok}");
        }
        for bad in ["2024-01-31", "2024-13-01T10:00:00Z", "2024-01-31T10:00:00", "2024-01-31T10:00:00.Z", "é"] {
            assert!(!is_date_time(bad), "{bad}");
        }
        assert!(is_base64("aGVsbG8=") && is_base64("") && is_base64("aGVs\nbG8="));
        assert!(!is_base64("aGVsbG8") && !is_base64("a$==") && !is_base64("=aaa"));
    }
}
