//! Searches for bytes that are quick to begin.
//!
//! On x86-64, the crate `memchr` asks the processor before its first search which vector instructions it has. A virtual
//! machine answers each of these ten questions itself, which together takes longer (80 µs were measured) than all the
//! searches of a small chart or package. So bytes are searched with the instructions that each such processor has; only
//! long texts are worth asking.

use memchr::memmem;

/// Returns where a byte first stands.
#[inline]
pub(crate) fn byte(byte: u8, text: &[u8]) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    if let Some(one) = memchr::arch::x86_64::sse2::memchr::One::new(byte) {
        return one.find(text);
    }
    memchr::memchr(byte, text)
}

/// Returns where one of two bytes first stands.
#[inline]
pub(crate) fn either(a: u8, b: u8, text: &[u8]) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    if let Some(two) = memchr::arch::x86_64::sse2::memchr::Two::new(a, b) {
        return two.find(text);
    }
    memchr::memchr2(a, b, text)
}

/// Returns where a word first stands; an empty one stands at the start.
pub(crate) fn word(word: &[u8], text: &[u8]) -> Option<usize> {
    if is_long(word, text) { memmem::find(text, word) } else { short(word, text) }
}

/// Returns where a word stands, each place behind the end of the one before; an empty word stands nowhere.
pub(crate) fn words<'t>(word: &'t [u8], text: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    let long = (!word.is_empty() && is_long(word, text)).then(|| memmem::find_iter(text, word));
    let mut from = if word.is_empty() || long.is_some() { text.len() } else { 0 };
    let short = std::iter::from_fn(move || {
        let at = from + short(word, text.get(from..).filter(|rest| !rest.is_empty())?)?;
        from = at + word.len();
        Some(at)
    });
    long.into_iter().flatten().chain(short)
}

/// Whether vector instructions win more than it takes to ask for them, or comparing at each place may take too long.
fn is_long(word: &[u8], text: &[u8]) -> bool {
    word.len() > 64 || text.len() >= 16 << 10
}

fn short(word: &[u8], text: &[u8]) -> Option<usize> {
    let Some((&first, rest)) = word.split_first() else { return Some(0) };
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|text| byte(first, text)) {
        from += at + 1;
        if text[from..].starts_with(rest) {
            return Some(from - 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn words_stand_where_the_library_finds_them(text in "[ab]{0,40}", needle in "[ab]{0,3}") {
            for times in [1, 1000] {
                let text = text.repeat(times);
                let (text, needle) = (text.as_bytes(), needle.as_bytes());
                prop_assert_eq!(word(needle, text), memmem::find(text, needle));
                let all: Vec<usize> = words(needle, text).collect();
                let expected = if needle.is_empty() { vec![] } else { memmem::find_iter(text, needle).collect() };
                prop_assert_eq!(all, expected);
            }
        }

        #[test]
        fn bytes_stand_where_the_library_finds_them(text in "[a-e]{0,40}") {
            prop_assert_eq!(byte(b'a', text.as_bytes()), memchr::memchr(b'a', text.as_bytes()));
            prop_assert_eq!(either(b'a', b'b', text.as_bytes()), memchr::memchr2(b'a', b'b', text.as_bytes()));
        }
    }
}
