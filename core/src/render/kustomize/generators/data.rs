//! Keys and values from env files, literals and files.
//!
//! See `kv/kv.go` of <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

use std::collections::BTreeMap;

use ecow::EcoString;

use super::Args;
use crate::render::kustomize::error::{Error, Result, Wrap};
use crate::render::kustomize::go;
use crate::render::kustomize::loader::Loader;
use crate::render::kustomize::session::Session;

type Pairs = Vec<(EcoString, Vec<u8>)>;

/// Reads all sources; no key may come twice.
pub(super) fn load(session: &mut Session<'_>, loader: &Loader, args: &Args) -> Result<Pairs> {
    let pairs = all(session, loader, args).wrap(|| "loading KV pairs")?;
    let mut known = BTreeMap::new();
    for (key, value) in pairs {
        if known.insert(key.clone(), value).is_some() {
            let name = &args.name;
            return Err(Error::new(format!("configmap {name} illegally repeats the key `{key}`")));
        }
    }
    Ok(known.into_iter().collect())
}

fn all(session: &mut Session<'_>, loader: &Loader, args: &Args) -> Result<Pairs> {
    let mut pairs = Pairs::new();
    for path in &args.envs {
        let file = loader.load(session, path).and_then(|file| env_file(&file.bytes));
        pairs.extend(file.wrap(|| format!("env source files: {}", go::list(&args.envs)))?);
    }
    for source in &args.literals {
        pairs.push(literal(source).wrap(|| format!("literal sources {}", go::list(&args.literals)))?);
    }
    for source in &args.files {
        let read = |(key, path): (&str, &str)| {
            loader.load(session, path).map(|file| (EcoString::from(key), file.bytes.to_vec()))
        };
        let read = file_source(source).and_then(read);
        pairs.push(read.wrap(|| format!("file sources: {}", go::list(&args.files)))?);
    }
    Ok(pairs)
}

/// Go's scanner takes lines of at most this many bytes, their break included, and ends at a longer one.
const LONGEST_LINE: usize = 64 * 1024;

fn env_file(bytes: &[u8]) -> Result<Pairs> {
    let mut pairs = Pairs::new();
    for (number, line) in bytes.split(|b| *b == b'\n').enumerate() {
        if line.len() >= LONGEST_LINE {
            break;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Ok(text) = std::str::from_utf8(line) else {
            let bytes: Vec<String> = line.iter().map(u8::to_string).collect();
            let text = String::from_utf8_lossy(line);
            return Err(Error::new(format!("line {} has invalid utf8 bytes : {text}", go::list(&bytes))));
        };
        let text = if number == 0 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text };
        let text = text.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        if !key.is_empty() {
            pairs.push((key.into(), value.into()));
        }
    }
    Ok(pairs)
}

fn literal(source: &str) -> Result<(EcoString, Vec<u8>)> {
    let wrong = || Error::new(format!("invalid literal source {source}, expected key=value"));
    let (key, value) = source.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(wrong)?;
    Ok((key.into(), without_quotes(value).into()))
}

fn without_quotes(value: &str) -> &str {
    let quoted = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(value)
}

/// Splits `key=path`; without a key the name of the file is the key.
fn file_source(source: &str) -> Result<(&str, &str)> {
    let quote = go::quote;
    match source.split_once('=') {
        None => Ok((go::base(source), source)),
        Some((_, path)) if path.contains('=') => {
            Err(Error::new(format!("source {} key name or file path contains '='", quote(source))))
        }
        Some(("", path)) => {
            Err(Error::new(format!("missing key name for file path {} in source {}", quote(path), quote(source))))
        }
        Some((key, "")) => {
            Err(Error::new(format!("missing file path for key name {} in source {}", quote(key), quote(source))))
        }
        Some(pair) => Ok(pair),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn env_files_are_read_line_by_line() {
        let text = "\u{feff}A=1\r\n  # no\n B =x=y\nC\n=z\n";
        let pairs = env_file(text.as_bytes()).unwrap();
        let shown: Vec<String> =
            pairs.iter().map(|(key, value)| format!("{key}:{}", String::from_utf8_lossy(value))).collect();
        assert_eq!(shown, ["A:1", "B :x=y", "C:"]);
        let long = format!("A=1\nB={}\nC=3\n", "x".repeat(70_000));
        assert_eq!(env_file(long.as_bytes()).unwrap().len(), 1);
        assert!(env_file(b"A=\xff").is_err());
    }

    #[test]
    fn sources_are_split_at_their_equals_sign() {
        assert_eq!(file_source("a/b.txt").unwrap(), ("b.txt", "a/b.txt"));
        assert_eq!(file_source("k=a/b").unwrap(), ("k", "a/b"));
        for wrong in ["=a", "a=", "a=b=c", "="] {
            assert!(file_source(wrong).is_err(), "{wrong}");
        }
        assert_eq!(literal("a='b'").unwrap().1, b"b");
        assert_eq!(literal("a='").unwrap().1, b"'");
        assert!(literal("=a").is_err());
    }
}
