//! Addresses of schemas: resolved against one another as RFC 3986 has it, with JSON pointers as fragments.

use std::borrow::Cow;

/// Returns the address and the fragment, the `#` between them dropped.
pub(super) fn split(text: &str) -> (&str, &str) {
    text.split_once('#').unwrap_or((text, ""))
}

/// Undoes percent escapes; `None` where one is broken.
pub(super) fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(text.into());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |b: Option<u8>| char::from(b?).to_digit(16);
        let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    Some(String::from_utf8_lossy(&out).into_owned().into())
}

/// Escapes a pointer as Go escapes the parts of a path.
pub(super) fn encode(pointer: &str) -> String {
    let mut out = String::with_capacity(pointer.len());
    for byte in pointer.bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' | b'$' | b'&' | b'+' | b'=' | b':' | b'@' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Escapes a key as a part of a JSON pointer.
pub(super) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Undoes [`escape`]; `None` where a `~` stands alone.
pub(super) fn unescape(token: &str) -> Option<Cow<'_, str>> {
    if !token.contains('~') {
        return Some(token.into());
    }
    let mut parts = token.split('~');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (sign, rest) = match part.as_bytes().first()? {
            b'0' => ('~', &part[1..]),
            b'1' => ('/', &part[1..]),
            _ => return None,
        };
        out.push(sign);
        out.push_str(rest);
    }
    Some(out.into())
}

/// The parts of an address without its fragment.
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

fn parts(text: &str) -> Parts<'_> {
    let scheme = text.split_once(':').filter(|(scheme, _)| {
        let mut bytes = scheme.bytes();
        bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
            && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    });
    let (scheme, rest) = scheme.map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            (Some(&rest[..end]), &rest[end..])
        }
        None => (None, rest),
    };
    Parts { scheme, authority, path, query }
}

/// Returns an address seen from another one; both without fragments.
pub(super) fn join(base: &str, reference: &str) -> String {
    let (from, to) = (parts(base), parts(reference));
    if to.scheme.is_some() {
        return reference.to_owned();
    }
    let scheme = from.scheme.unwrap_or_default();
    // `urn:x:y` has no levels to resolve against.
    if from.authority.is_none() && !from.path.starts_with('/') {
        return if reference.is_empty() { base.to_owned() } else { format!("{scheme}:{reference}") };
    }
    let (authority, path, query) = match (to.authority, to.path) {
        (Some(authority), path) => (Some(authority), without_dots(path), to.query),
        (None, "") => (from.authority, from.path.to_owned(), to.query.or(from.query)),
        (None, path) if path.starts_with('/') => (from.authority, without_dots(path), to.query),
        (None, path) => {
            let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            (from.authority, without_dots(&format!("{folder}/{path}")), to.query)
        }
    };
    let authority = authority.map(|authority| format!("//{authority}")).unwrap_or_default();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}:{authority}{path}{query}")
}

fn without_dots(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "." => {}
            // The first, empty part stands for the root.
            ".." => out.truncate(out.len().saturating_sub(1).max(1)),
            part => {
                out.push(part);
                continue;
            }
        }
        if last {
            out.push("");
        }
    }
    out.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_resolve_as_the_rfc_has_it() {
        let cases = [
            ("file:///values.schema.json", "x.json", "file:///x.json"),
            ("file:///values.schema.json", "/a/../x.json", "file:///x.json"),
            ("https://a.b/c/d?q", "", "https://a.b/c/d?q"),
            ("https://a.b/c/d", "../e", "https://a.b/e"),
            ("https://a.b/c/d", "../../../e", "https://a.b/e"),
            ("https://a.b/c/d", "//x/y", "https://x/y"),
            ("https://a.b/c/d", "urn:x:y", "urn:x:y"),
            ("https://a.b", "c", "https://a.b/c"),
            ("urn:x:y", "", "urn:x:y"),
        ];
        for (base, reference, expected) in cases {
            assert_eq!(join(base, reference), expected, "{base} {reference}");
        }
    }

    #[test]
    fn pointers_are_escaped_and_back() {
        assert_eq!(unescape("a~1b~0c").as_deref(), Some("a/b~c"));
        assert_eq!(unescape("a~2"), None);
        assert_eq!(escape("a/b~c"), "a~1b~0c");
        assert_eq!(encode("/$defs/a b"), "/$defs/a%20b");
        assert_eq!(decode("%24defs%2").as_deref(), None);
    }
}
