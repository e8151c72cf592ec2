//! Sprig's functions on file paths. Those of the operating system are those of Unix, everywhere.
//!
//! Facts: Go's `path` and `path/filepath`.

use gotemplate::{Functions, Signature, Str, Type, Value};

use super::kind::text;

type Part = fn(&[u8]) -> Str;

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    let parts: [(&str, &str, Part); 4] = [
        ("base", "osBase", |path| Str::from(base(path))),
        ("dir", "osDir", dir),
        ("clean", "osClean", clean),
        ("ext", "osExt", |path| Str::from(extension(path))),
    ];
    for (name, os_name, part) in parts {
        for name in [name, os_name] {
            functions.add(name, Signature::new([Type::String], Type::String), move |_, args| Ok(part(text(&args[0]))));
        }
    }
    for name in ["isAbs", "osIsAbs"] {
        functions.add(name, Signature::new([Type::String], Type::Bool), |_, args| {
            Ok(Value::Bool(text(&args[0]).starts_with(b"/")))
        });
    }
}

fn base(path: &[u8]) -> &[u8] {
    if path.is_empty() {
        return b".";
    }
    let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |at| at + 1);
    let name = path[..end].rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    if name.is_empty() { b"/" } else { name }
}

fn dir(path: &[u8]) -> Str {
    let end = path.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
    clean(&path[..end])
}

fn extension(path: &[u8]) -> &[u8] {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    name.iter().rposition(|&byte| byte == b'.').map_or(&[], |at| &name[at..])
}

/// Returns the shortest path that is the same by its text alone.
fn clean(path: &[u8]) -> Str {
    let rooted = path.starts_with(b"/");
    let mut kept: Vec<&[u8]> = Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if kept.last().is_some_and(|last| *last != b"..") => drop(kept.pop()),
            b".." if rooted => {}
            part => kept.push(part),
        }
    }
    let joined = kept.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => Str::from([b"/", joined.as_slice()].concat()),
        (false, true) => Str::from("."),
        (false, false) => Str::from(joined),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_by_their_text() {
        let clean = |path: &str| clean(path.as_bytes()).to_string();
        assert_eq!(
            ["", "a//b/./c/..", "/../a", "../../a", "a/..", "/", "a/../../b"].map(clean),
            [".", "a/b", "/a", "../../a", ".", "/", "../b"]
        );
    }

    #[test]
    fn names_and_folders_are_cut_at_the_last_slash() {
        let base = |path: &'static str| base(path.as_bytes());
        assert_eq!(["", "/", "a/b/", "a"].map(base), [&b"."[..], b"/", b"b", b"a"]);
        assert_eq!(dir(b"a/b/").to_string(), "a/b");
        assert_eq!((extension(b"a.b/c"), extension(b".a.tar.gz")), (&b""[..], &b".gz"[..]));
    }
}
