//! PEM: base64 between lines of dashes.

use crate::render::helm::base64;

/// A block.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: Vec<u8>,
    pub(super) bytes: Vec<u8>,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

/// Returns a block of a kind.
pub(super) fn encode(kind: &str, bytes: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(bytes);
    let mut out = format!("-----BEGIN {kind}-----\n");
    for line in text.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str(&format!("-----END {kind}-----\n"));
    out
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// Returns the first block of a text. As in Go, what looks like one but is none is passed over.
pub(super) fn decode(text: &[u8]) -> Option<Block> {
    let mut rest = text;
    loop {
        let end = find(rest, END)?;
        let after = &rest[end + END.len()..];
        if let Some(block) = block(&rest[..end + 1], after) {
            return Some(block);
        }
        rest = after;
    }
}

/// Reads the last block that begins before an end, which the text behind it must name.
fn block(before: &[u8], after: &[u8]) -> Option<Block> {
    let begin = before.windows(BEGIN.len()).rposition(|window| window == BEGIN)?;
    if begin > 0 && before[begin - 1] != b'\n' {
        return None;
    }
    let (line, mut body) = line(&before[begin + BEGIN.len()..]);
    let kind = line.strip_suffix(DASHES)?;
    loop {
        let (header, next) = self::line(body);
        if !header.contains(&b':') {
            break;
        }
        body = next;
    }
    let (last, _) = self::line(after);
    if last.strip_suffix(DASHES) != Some(kind) {
        return None;
    }
    let base64: Vec<u8> = body.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t')).collect();
    Some(Block { kind: kind.to_vec(), bytes: base64::decode(&base64).ok()? })
}

/// Returns the first line, without white space at its end, and the rest.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match text.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, &b""[..]),
    };
    (line.trim_ascii_end(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_back() {
        let bytes: Vec<u8> = (0..100).collect();
        let text = format!("noise\n{}more", encode("A KEY", &bytes));
        let block = decode(text.as_bytes()).expect("a block");
        assert_eq!((block.kind.as_slice(), block.bytes), (&b"A KEY"[..], bytes));
    }

    #[test]
    fn what_is_no_block_is_passed_over() {
        let good = "-----BEGIN B-----\nX: y\n\nAQ==\n-----END B-----";
        for text in [
            format!("-----BEGIN A-----\n!!\n-----END A-----\n{good}"),
            format!("-----BEGIN A-----\nAA==\n-----END C-----\n{good}"),
            format!("x-----BEGIN A-----\nAA==\n-----END A-----\n{good}"),
        ] {
            assert_eq!(decode(text.as_bytes()).map(|block| block.bytes), Some(vec![1]), "{text}");
        }
        assert!(decode(b"-----BEGIN A-----\nAA==\n").is_none());
    }
}
