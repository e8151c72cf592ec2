//! URLs as Go reads and writes them.
//!
//! Facts: Go 1.27's `net/url`.

use gotemplate::fmt::quote;

use super::address::{Family, parse as parse_address};

/// A URL in its parts, without escapes where it says so.
#[derive(Debug, Default)]
pub(crate) struct Url {
    pub(crate) scheme: Vec<u8>,
    /// What follows a scheme without a slash, with escapes.
    pub(crate) opaque: Vec<u8>,
    pub(crate) user: Option<User>,
    /// With port; without escapes.
    pub(crate) host: Vec<u8>,
    /// Without escapes.
    pub(crate) path: Vec<u8>,
    /// With escapes.
    pub(crate) query: Vec<u8>,
    /// Without escapes.
    pub(crate) fragment: Vec<u8>,
}

/// Who asks, without escapes.
#[derive(Debug)]
pub(crate) struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

/// The part of a URL, on which it depends what must be escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Host,
    Zone,
    User,
    Fragment,
}

impl User {
    /// Returns the text with escapes.
    pub(crate) fn to_text(&self) -> Vec<u8> {
        let mut out = escape(&self.name, Part::User);
        if let Some(password) = &self.password {
            out.push(b':');
            out.extend(escape(password, Part::User));
        }
        out
    }
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// Go's text.
    pub(crate) fn parse(text: &[u8]) -> Result<Url, String> {
        let (before, fragment) = cut(text, b'#');
        let failed = |text: &[u8], error| format!("parse {}: {error}", quote(text));
        let mut url = parse(before).map_err(|error| failed(before, error))?;
        url.fragment = unescape(fragment, Part::Fragment).map_err(|error| failed(text, error))?;
        Ok(url)
    }

    /// Returns the host without port and brackets.
    pub(crate) fn hostname(&self) -> &[u8] {
        let colon = self.host.iter().rposition(|&byte| byte == b':');
        let host = match colon {
            Some(at) if is_optional_port(&self.host[at..]) => &self.host[..at],
            _ => &self.host,
        };
        host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host)
    }

    /// Writes the URL.
    pub(crate) fn to_text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_hierarchy(&mut out);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend(escape(&self.fragment, Part::Fragment));
        }
        out
    }

    /// Writes host and path.
    fn write_hierarchy(&self, out: &mut Vec<u8>) {
        let has_host = !self.host.is_empty();
        if (has_host || !self.path.is_empty() || self.user.is_some())
            && (has_host || !self.scheme.is_empty() || self.user.is_some())
        {
            out.extend_from_slice(b"//");
        }
        if let Some(user) = &self.user {
            out.extend(user.to_text());
            out.push(b'@');
        }
        out.extend(escape(&self.host, Part::Host));
        let path = if self.path == b"*" { b"*".to_vec() } else { escape(&self.path, Part::Path) };
        if has_host && path.first().is_some_and(|&first| first != b'/') {
            out.push(b'/');
        }
        if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
            // The first part would be taken for a scheme.
            out.extend_from_slice(b"./");
        }
        out.extend(path);
    }
}

fn parse(text: &[u8]) -> Result<Url, String> {
    if text.iter().any(|&byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let mut url = Url::default();
    if text == b"*" {
        url.path = text.to_vec();
        return Ok(url);
    }
    let (scheme, rest) = scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (mut rest, query) = cut(rest, b'?');
    url.query = query.to_vec();
    if !rest.starts_with(b"/") {
        if !scheme.is_empty() {
            url.opaque = rest.to_vec();
            return Ok(url);
        }
        if cut(rest, b'/').0.contains(&b':') {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    if rest.starts_with(b"//") && (!scheme.is_empty() || !rest.starts_with(b"///")) {
        let end = rest[2..].iter().position(|&byte| byte == b'/').map_or(rest.len(), |at| at + 2);
        (url.user, url.host) = authority(&url.scheme, &rest[2..end])?;
        rest = &rest[end..];
    }
    url.path = unescape(rest, Part::Path)?;
    Ok(url)
}

/// Cuts off a scheme, if there is one.
fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok((b"", text))
}

fn authority(scheme: &[u8], text: &[u8]) -> Result<(Option<User>, Vec<u8>), String> {
    let Some(at) = text.iter().rposition(|&byte| byte == b'@') else {
        return Ok((None, host(scheme, text)?));
    };
    let host = host(scheme, &text[at + 1..])?;
    let user = &text[..at];
    let known = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !user.iter().all(known) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let colon = user.iter().position(|&byte| byte == b':');
    let name = unescape(&user[..colon.unwrap_or(user.len())], Part::User)?;
    let password = colon.map(|at| unescape(&user[at + 1..], Part::User)).transpose()?;
    Ok((Some(User { name, password }), host))
}

fn host(scheme: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
    match text.iter().rposition(|&byte| byte == b'[') {
        Some(0) => return bracketed(text),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    // Lists of hosts, each with a port, are let through but for http.
    let colon = match scheme {
        b"http" | b"https" => text.iter().position(|&byte| byte == b':'),
        _ => text.iter().rposition(|&byte| byte == b':'),
    };
    if let Some(at) = colon {
        check_port(&text[at..])?;
    }
    unescape(text, Part::Host)
}

/// An IPv6 address in brackets, which may have a zone.
fn bracketed(text: &[u8]) -> Result<Vec<u8>, String> {
    let close = text.iter().rposition(|&byte| byte == b']').ok_or("missing ']' in host")?;
    let (name, port) = (&text[1..close], &text[close + 1..]);
    check_port(port)?;
    let zone = name.windows(3).position(|window| window == b"%25").unwrap_or(name.len());
    let mut name_text = unescape(&name[..zone], Part::Host)?;
    name_text.extend(unescape(&name[zone..], Part::Zone)?);
    match parse_address(&name_text) {
        Err(error) => Err(format!("invalid host: {error}")),
        Ok(Family::V4) => Err("invalid IP-literal".to_owned()),
        Ok(Family::V6) => Ok([b"[", name_text.as_slice(), b"]", port].concat()),
    }
}

fn check_port(text: &[u8]) -> Result<(), String> {
    if is_optional_port(text) { Ok(()) } else { Err(format!("invalid port {} after host", quote(text))) }
}

fn is_optional_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Cuts a text at the first of a byte.
fn cut(text: &[u8], at: u8) -> (&[u8], &[u8]) {
    match text.iter().position(|&byte| byte == at) {
        Some(found) => (&text[..found], &text[found + 1..]),
        None => (text, b""),
    }
}

/// Takes the escapes out of a part.
fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        if first != b'%' {
            if matches!(part, Part::Host | Part::Zone) && first.is_ascii() && must_escape(first, part) {
                return Err(format!("invalid character {} in host name", quote(&[first])));
            }
            out.push(first);
            rest = after;
            continue;
        }
        let refused = || format!("invalid URL escape {}", quote(&rest[..rest.len().min(3)]));
        let [high, low] = [0, 1].map(|at| after.get(at).and_then(|&byte| char::from(byte).to_digit(16)));
        let byte = high.zip(low).and_then(|(high, low)| u8::try_from(high * 16 + low).ok()).ok_or_else(refused)?;
        let allowed = match part {
            // A host has escapes for what lies beyond ASCII only, and for the percent sign of a zone.
            Part::Host => byte >= 0x80 || byte == b'%',
            Part::Zone => matches!(byte, b'%' | b' ') || !must_escape(byte, Part::Host),
            _ => true,
        };
        if !allowed {
            return Err(refused());
        }
        out.push(byte);
        rest = &after[2..];
    }
    Ok(out)
}

fn escape(text: &[u8], part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if must_escape(byte, part) {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(byte);
        }
    }
    out
}

fn must_escape(byte: u8, part: Part) -> bool {
    let plain: &[u8] = match part {
        Part::Path => b"$&+,/:;=@",
        Part::Host | Part::Zone => b"!$&'()*+,;=:[]<>\"",
        Part::User => b"$&+,;=",
        Part::Fragment => b"$&+,/:;=?@!()*",
    };
    !(byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || plain.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, user: &str, host: &str, path: &str) {
        let url = Url::parse(text.as_bytes()).expect(text);
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(lossy(&url.user.as_ref().map(User::to_text).unwrap_or_default()), user);
        assert_eq!((lossy(&url.host), lossy(&url.path)), (host.to_owned(), path.to_owned()));
        assert_eq!(lossy(&url.to_text()), text);
    }

    #[test]
    fn urls_fall_into_parts() {
        check("http://a:b%20c@h:80/p%20q?x=1#f!", "a:b%20c", "h:80", "/p q");
        check("mailto:a@b", "", "", "");
        check("//h/p", "", "h", "/p");
        check("http://[fe80::1%25en0]:80/", "", "[fe80::1%en0]:80", "/");
        assert_eq!(Url::parse(b"http://[::1]:8").expect("a URL").hostname(), b"::1");
    }

    #[test]
    fn what_is_no_url_is_refused() {
        let refused = |text: &str| Url::parse(text.as_bytes()).expect_err(text);
        assert_eq!(refused(":x"), r#"parse ":x": missing protocol scheme"#);
        assert_eq!(refused("http://h:a/"), r#"parse "http://h:a/": invalid port ":a" after host"#);
        assert_eq!(refused("a#%zz"), r##"parse "a#%zz": invalid URL escape "%zz""##);
        assert_eq!(refused("http://[1.2.3.4]/"), r#"parse "http://[1.2.3.4]/": invalid IP-literal"#);
    }
}
