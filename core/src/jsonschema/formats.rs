//! The formats that Helm's library asserts, with its words for what is wrong. Formats it does not know hold always.
//!
//! Facts: <https://github.com/santhosh-tekuri/jsonschema/blob/v6.0.3/format.go>.

use crate::go::address;
use crate::go::url::Url;

/// Checks a text against a format; `None` for a format that nobody asserts.
pub(super) fn check(format: &str, text: &str) -> Option<Result<(), String>> {
    Some(match format {
        "json-pointer" => json_pointer(text),
        "relative-json-pointer" => relative_json_pointer(text),
        "uuid" => uuid(text),
        "duration" => duration(text),
        "period" => period(text),
        "ipv4" => ipv4(text),
        "ipv6" => ipv6(text),
        "hostname" => hostname(text),
        "email" => email(text),
        "date" => date(text),
        "time" => time(text),
        "date-time" => date_time(text),
        "uri" | "iri" => url(text).and_then(|url| match url.scheme.is_empty() {
            true => wrong("relative url"),
            false => Ok(()),
        }),
        "uri-reference" | "iri-reference" => uri_reference(text),
        "uri-template" => uri_template(text),
        "semver" => semver(text),
        "regex" => return Some(super::usable::check_pattern(text)),
        _ => return None,
    })
}

fn wrong<T>(why: impl Into<String>) -> Result<T, String> {
    Err(why.into())
}

/// Returns a character as `%q` shows it.
fn quoted(c: char) -> String {
    let text = gotemplate::fmt::quote(c.encode_utf8(&mut [0; 4]).as_bytes());
    match c {
        '\'' => r"'\''".to_owned(),
        '"' => "'\"'".to_owned(),
        _ => format!("'{}'", &text[1..text.len() - 1]),
    }
}

fn json_pointer(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let Some(tokens) = text.strip_prefix('/') else { return wrong("not starting with /") };
    for token in tokens.split('/') {
        let mut chars = token.chars();
        while let Some(c) = chars.next() {
            if c == '~' && !matches!(chars.next(), Some('0' | '1')) {
                return wrong("~ must be followed by 0 or 1");
            }
        }
    }
    Ok(())
}

fn relative_json_pointer(text: &str) -> Result<(), String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match digits {
        0 => wrong("must start with non-negative integer"),
        2.. if text.starts_with('0') => wrong("starts with zero"),
        _ if &text[digits..] == "#" => Ok(()),
        _ => json_pointer(&text[digits..]),
    }
}

fn uuid(text: &str) -> Result<(), String> {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = [8, 4, 4, 4, 12];
    if groups.len() != lengths.len() {
        return wrong("must have 5 elements");
    }
    for (i, (group, length)) in groups.iter().zip(lengths).enumerate() {
        if group.len() != length {
            return wrong(format!("element {} must be {length} characters long", i + 1));
        }
        if let Some(c) = group.chars().find(|c| !c.is_ascii_hexdigit()) {
            return wrong(format!("non-hex character {}", quoted(c)));
        }
    }
    Ok(())
}

fn duration(text: &str) -> Result<(), String> {
    let Some(rest) = text.strip_prefix('P') else { return wrong("must start with P") };
    if rest.is_empty() {
        return wrong("nothing after P");
    }
    if let Some(weeks) = rest.strip_suffix('W') {
        return match weeks {
            "" => wrong("no number in week"),
            weeks if weeks.bytes().all(|b| b.is_ascii_digit()) => Ok(()),
            _ => wrong("invalid week"),
        };
    }
    for (i, mut part) in rest.split('T').enumerate() {
        if i != 0 && part.is_empty() {
            return wrong("no time elements");
        }
        let Some(all) = ["YMD", "HMS"].get(i) else { return wrong("more than one T") };
        let mut units = *all;
        while !part.is_empty() {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return wrong("missing number");
            }
            part = &part[digits..];
            // Go looks at one byte, which may be the first of several of a character.
            let Some(unit) = part.bytes().next() else { return wrong("missing unit") };
            let Some(at) = units.bytes().position(|u| u == unit) else {
                let unit = quoted(char::from(unit));
                return match all.contains(part.chars().next().unwrap_or(' ')) {
                    true => wrong(format!("unit {unit} out of order")),
                    false => wrong(format!("invalid unit {unit}")),
                };
            };
            units = &units[at + 1..];
            part = &part[1..];
        }
    }
    Ok(())
}

fn period(text: &str) -> Result<(), String> {
    let Some((start, end)) = text.split_once('/') else { return wrong("missing slash") };
    let named = |result: Result<(), String>, what: &str| result.map_err(|why| format!("invalid {what}: {why}"));
    if start.starts_with('P') {
        named(duration(start), "start duration")?;
        return named(date_time(end), "end date-time");
    }
    named(date_time(start), "start date-time")?;
    match end.starts_with('P') {
        true => named(duration(end), "end duration"),
        false => named(date_time(end), "end date-time"),
    }
}

fn ipv4(text: &str) -> Result<(), String> {
    let groups: Vec<&str> = text.split('.').collect();
    if groups.len() != 4 {
        return wrong("expected four decimals");
    }
    for group in groups {
        if group.len() > 1 && group.starts_with('0') {
            return wrong("leading zeros");
        }
        let number = atoi(group)
            .map_err(|why| format!("strconv.Atoi: parsing {}: {why}", gotemplate::fmt::quote(group.as_bytes())))?;
        if !(0..=255).contains(&number) {
            return wrong("decimal must be between 0 and 255");
        }
    }
    Ok(())
}

/// Go's `strconv.Atoi`.
fn atoi(text: &str) -> Result<i64, &'static str> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    match digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        true => Err("invalid syntax"),
        false => text.parse().map_err(|_| "value out of range"),
    }
}

fn ipv6(text: &str) -> Result<(), String> {
    if !text.contains(':') {
        return wrong("missing colon");
    }
    address::parse(text.as_bytes())?;
    match text.contains('%') {
        true => wrong("zone id is not a part of ipv6 address"),
        false => Ok(()),
    }
}

fn hostname(text: &str) -> Result<(), String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.len() > 253 {
        return wrong("more than 253 characters long");
    }
    for label in text.split('.') {
        if label.is_empty() || label.len() > 63 {
            return wrong("label must be 1 to 63 characters long");
        }
        if label.starts_with('-') {
            return wrong("label starts with hyphen");
        }
        if label.ends_with('-') {
            return wrong("label ends with hyphen");
        }
        if let Some(c) = label.chars().find(|c| !(c.is_ascii_alphanumeric() || *c == '-')) {
            return wrong(format!("invalid character {}", quoted(c)));
        }
    }
    Ok(())
}

fn email(text: &str) -> Result<(), String> {
    if text.len() > 254 {
        return wrong("more than 255 characters long");
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return wrong("missing @") };
    if local.len() > 64 {
        return wrong("local part more than 64 characters long");
    }
    match local.strip_prefix('"').and_then(|local| local.strip_suffix('"')) {
        Some(local) if local.contains(['\\', '"']) => {
            return wrong("backslash and quote are not allowed within quoted local part");
        }
        Some(_) => {}
        None => unquoted_local(local)?,
    }
    match domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']')) {
        Some(domain) => match domain.strip_prefix("IPv6:") {
            Some(domain) => ipv6(domain).map_err(|why| format!("invalid ipv6 address: {why}")),
            None => ipv4(domain).map_err(|why| format!("invalid ipv4 address: {why}")),
        },
        None => hostname(domain).map_err(|why| format!("invalid domain: {why}")),
    }
}

fn unquoted_local(local: &str) -> Result<(), String> {
    if local.starts_with('.') {
        return wrong("starts with dot");
    }
    if local.ends_with('.') {
        return wrong("ends with dot");
    }
    if local.contains("..") {
        return wrong("consecutive dots");
    }
    let allowed = |c: &char| c.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(*c);
    match local.chars().find(|c| !allowed(c)) {
        Some(c) => wrong(format!("invalid character {}", quoted(c))),
        None => Ok(()),
    }
}

/// Go's `time.Parse` of a date.
fn date(text: &str) -> Result<(), String> {
    let quote = |text: &str| gotemplate::fmt::quote(text.as_bytes());
    let mut rest = text;
    let mut found = [0_u32; 3];
    for (i, (element, digits)) in [("2006", 4), ("01", 2), ("02", 2)].into_iter().enumerate() {
        let refuse = |rest: &str, element: &str| {
            let text = quote(text);
            wrong(format!("parsing time {text} as \"2006-01-02\": cannot parse {} as \"{element}\"", quote(rest)))
        };
        if i > 0 {
            let Some(after) = rest.strip_prefix('-') else { return refuse(rest, "-") };
            rest = after;
        }
        let number = rest.get(..digits).filter(|number| number.bytes().all(|b| b.is_ascii_digit()));
        let Some(number) = number else { return refuse(rest, element) };
        found[i] = number.parse().unwrap_or(0);
        rest = &rest[digits..];
        if i == 1 && !(1..=12).contains(&found[1]) {
            return wrong(format!("parsing time {}: month out of range", quote(text)));
        }
    }
    if !rest.is_empty() {
        return wrong(format!("parsing time {}: extra text: {}", quote(text), quote(rest)));
    }
    let [year, month, day] = found;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = [31, 28 + u32::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize - 1];
    match (1..=days).contains(&day) {
        true => Ok(()),
        false => wrong(format!("parsing time {}: day out of range", quote(text))),
    }
}

fn time(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    if bytes.len() < 9 {
        return wrong("less than 9 characters long");
    }
    if bytes[2] != b':' || bytes[5] != b':' {
        return wrong("missing colon in correct place");
    }
    let (Some(clock), Some(rest)) = (text.get(..8), text.get(8..)) else { return wrong("invalid hour/min/sec") };
    let mut found = [0; 3];
    for (slot, number) in found.iter_mut().zip(clock.splitn(3, ':')) {
        *slot = atoi(number).or_else(|_| wrong("invalid hour/min/sec"))?;
        if *slot < 0 {
            return wrong("non-positive hour/min/sec");
        }
    }
    let [mut hour, mut minute, second] = found;
    if hour > 23 || minute > 59 || second > 60 {
        return wrong("hour/min/sec out of range");
    }
    let mut rest = rest;
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return wrong("no digits in second fraction");
        }
        rest = &fraction[digits..];
    }
    if !matches!(rest, "z" | "Z") {
        let offset = offset(rest)?;
        let at = (hour * 60 + minute - offset).rem_euclid(24 * 60);
        (hour, minute) = (at / 60, at % 60);
    }
    match second >= 60 && (hour != 23 || minute != 59) {
        true => wrong("invalid leap second"),
        false => Ok(()),
    }
}

/// Returns the minutes that an offset adds.
fn offset(text: &str) -> Result<i64, String> {
    if text.len() != 6 {
        return wrong("offset must be 6 characters long");
    }
    let sign = match text.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return wrong("offset must begin with plus/minus"),
    };
    if text.as_bytes()[3] != b':' {
        return wrong("missing colon in offset in correct place");
    }
    let mut found = [0; 2];
    for (slot, number) in found.iter_mut().zip(text[1..].splitn(2, ':')) {
        *slot = atoi(number).or_else(|_| wrong("invalid hour/min in offset"))?;
        if *slot < 0 {
            return wrong("non-positive hour/min in offset");
        }
    }
    let [hour, minute] = found;
    match hour > 23 || minute > 59 {
        true => wrong("hour/min in offset out of range"),
        false => Ok(sign * (hour * 60 + minute)),
    }
}

fn date_time(text: &str) -> Result<(), String> {
    if text.len() < 20 {
        return wrong("less than 20 characters long");
    }
    if !matches!(text.as_bytes()[10], b't' | b'T') {
        return wrong("11th character must be t or T");
    }
    let (Some(day), Some(clock)) = (text.get(..10), text.get(11..)) else {
        return wrong("invalid date element: it is no ASCII");
    };
    date(day).map_err(|why| format!("invalid date element: {why}"))?;
    time(clock).map_err(|why| format!("invalid time element: {why}"))
}

fn url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.as_bytes())?;
    let host = url.hostname();
    if host.contains(&b':') {
        if !(url.host.contains(&b'[') && url.host.contains(&b']')) {
            return wrong("ipv6 address not enclosed in brackets");
        }
        ipv6(&String::from_utf8_lossy(host)).map_err(|why| format!("invalid ipv6 address: {why}"))?;
    }
    Ok(url)
}

fn uri_reference(text: &str) -> Result<(), String> {
    match text.contains('\\') {
        true => wrong(r"contains \"),
        false => url(text).map(|_| ()),
    }
}

fn uri_template(text: &str) -> Result<(), String> {
    url(text)?;
    // Go looks at the path with its escapes, which it keeps only where they are not those that it would write.
    let path = text.split(['?', '#']).next().unwrap_or_default();
    for part in path.split('/') {
        let mut open = false;
        for c in part.chars().filter(|c| matches!(c, '{' | '}')) {
            if open == (c == '{') {
                return wrong("nested curly braces");
            }
            open = !open;
        }
        if open {
            return wrong("no matching closing brace");
        }
    }
    Ok(())
}

fn semver(text: &str) -> Result<(), String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    if let Some(build) = build {
        if build.is_empty() {
            return wrong("build is empty");
        }
        for part in build.split('.') {
            if part.is_empty() {
                return wrong("build identifier is empty");
            }
            if let Some(c) = part.chars().find(|c| !word(*c)) {
                return wrong(format!("invalid character {} in build identifier", quoted(c)));
            }
        }
    }
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    for part in pre.into_iter().flat_map(|pre| pre.split('.')) {
        if part.is_empty() {
            return wrong("pre-release identifier is empty");
        }
        if let Some(c) = part.chars().find(|c| !word(*c)) {
            return wrong(format!("invalid character {} in pre-release identifier", quoted(c)));
        }
        if part.len() > 1 && part.starts_with('0') && part.bytes().all(|b| b.is_ascii_digit()) {
            return wrong("pre-release numeric identifier starts with zero");
        }
    }
    let numbers: Vec<&str> = core.split('.').collect();
    if numbers.len() != 3 {
        return wrong("versionCore must have 3 numbers separated by dot");
    }
    for (number, name) in numbers.into_iter().zip(["major", "minor", "patch"]) {
        if number.is_empty() {
            return wrong(format!("{name} is empty"));
        }
        if number.len() > 1 && number.starts_with('0') {
            return wrong(format!("{name} starts with zero"));
        }
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return wrong(format!("{name} contains non-digit"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_hold_and_break_as_the_library_has_them() {
        let good = [
            ("json-pointer", "/a~0b/~1"),
            ("relative-json-pointer", "0#"),
            ("uuid", "2EB8AA08-aa98-11ea-b4aa-73b441d16380"),
            ("duration", "P1Y2DT3H"),
            ("duration", "P4W"),
            ("period", "P1D/2020-01-01T00:00:00Z"),
            ("ipv4", "10.0.0.1"),
            ("ipv6", "::1"),
            ("hostname", "a-b.example."),
            ("email", "a.b@example.com"),
            ("email", "\"a b\"@[IPv6:::1]"),
            ("date", "2024-02-29"),
            ("time", "23:59:60Z"),
            ("time", "01:29:60+01:30"),
            ("date-time", "2020-01-01t00:00:00.5-05:00"),
            ("uri", "https://example.com/a?b#c"),
            ("uri-reference", "../a#b"),
            ("uri-template", "/a/{b}"),
            ("semver", "1.2.3-rc.1+b"),
            ("regex", "^a+$"),
        ];
        for (format, text) in good {
            assert_eq!(check(format, text), Some(Ok(())), "{format} {text}");
        }
        let bad = [
            ("uri", "a/b", "relative url"),
            ("uri", "http://[::1", "parse \"http://[::1\": missing ']' in host"),
            ("uri-reference", "a\\b", "contains \\"),
            ("ipv4", "1.2.3", "expected four decimals"),
            ("ipv4", "1.2.3.x", "strconv.Atoi: parsing \"x\": invalid syntax"),
            ("ipv6", "x", "missing colon"),
            ("date", "x", "parsing time \"x\" as \"2006-01-02\": cannot parse \"x\" as \"2006\""),
            ("date", "2023-02-29", "parsing time \"2023-02-29\": day out of range"),
            ("duration", "P1M2Y", "unit 'Y' out of order"),
            ("duration", "P1X", "invalid unit 'X'"),
            ("hostname", "a_b", "invalid character '_'"),
            ("email", "a", "missing @"),
            ("semver", "1.2", "versionCore must have 3 numbers separated by dot"),
            ("regex", "(?=x)", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`"),
        ];
        for (format, text, why) in bad {
            assert_eq!(check(format, text), Some(Err(why.to_owned())), "{format} {text}");
        }
        assert_eq!(check("int32", "x"), None);
    }
}
