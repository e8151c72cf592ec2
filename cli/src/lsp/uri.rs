//! `file:` URIs, as editors name files.

use std::path::{Path, PathBuf};

/// Returns the path of a `file:` URI; `None` for other schemes.
pub(super) fn to_path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    // Between the slashes there may be the name of this machine.
    let path = &rest[rest.find('/')?..];
    let path = path.split(['?', '#']).next().unwrap_or(path);
    String::from_utf8(decoded(path)?).ok().map(PathBuf::from)
}

/// Returns the URI of a path.
pub(super) fn from_path(path: &Path) -> String {
    let mut uri = String::from("file://");
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut found = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            found.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        found.push(u8::try_from(high * 16 + low).ok()?);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back_as_they_were() {
        for path in ["/a/b.yaml", "/a b/ü.yaml", "/100%/#1?.yaml"] {
            assert_eq!(to_path(&from_path(Path::new(path))).as_deref(), Some(Path::new(path)));
        }
        assert_eq!(to_path("file://localhost/a").as_deref(), Some(Path::new("/a")));
        assert_eq!(to_path("file:///a%2").as_deref(), None);
        assert_eq!(to_path("untitled:1"), None);
    }
}
