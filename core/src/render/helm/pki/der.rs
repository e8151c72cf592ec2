//! DER: tag, length, content.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OID: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const PRINTABLE_STRING: u8 = 0x13;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// Returns an element.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let skip = bytes.iter().take_while(|byte| **byte == 0).count();
        out.push(0x80 | (bytes.len() - skip) as u8);
        out.extend_from_slice(&bytes[skip..]);
    }
    out.extend_from_slice(content);
    out
}

/// Returns an element made of others.
pub(super) fn nested<P: AsRef<[u8]>>(tag: u8, parts: &[P]) -> Vec<u8> {
    let content: Vec<u8> = parts.iter().flat_map(|part| part.as_ref().iter().copied()).collect();
    element(tag, &content)
}

/// Returns a sequence.
pub(super) fn sequence<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    nested(SEQUENCE, parts)
}

/// Returns an integer that is not negative, from its bytes.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let skip = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = &bytes[skip..];
    let mut content = Vec::with_capacity(digits.len() + 1);
    if digits.first().is_none_or(|first| first & 0x80 != 0) {
        content.push(0);
    }
    content.extend_from_slice(digits);
    element(INTEGER, &content)
}

/// Returns a string of whole bytes as one of bits.
pub(super) fn bit_string(bytes: &[u8]) -> Vec<u8> {
    nested(BIT_STRING, &[&[0][..], bytes])
}

/// An element that was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'d> {
    pub(super) tag: u8,
    pub(super) content: &'d [u8],
    /// The element as a whole.
    pub(super) full: &'d [u8],
}

/// Reads elements one after another. Each gives `None` where the data are no DER.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'d>(pub(super) &'d [u8]);

impl<'d> Reader<'d> {
    /// Reads the next element.
    pub(super) fn next(&mut self) -> Option<Element<'d>> {
        let [tag, first, ..] = *self.0 else { return None };
        // Tags of more than one byte are not used in keys and certificates.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (header, length) = match first {
            0..=0x7f => (2, usize::from(first)),
            0x81..=0x84 => {
                let count = usize::from(first & 0x7f);
                let bytes = self.0.get(2..2 + count)?;
                let length = bytes.iter().fold(0usize, |length, byte| length << 8 | usize::from(*byte));
                if length < 0x80 || bytes[0] == 0 {
                    return None;
                }
                (2 + count, length)
            }
            _ => return None,
        };
        let full = self.0.get(..header.checked_add(length)?)?;
        self.0 = &self.0[full.len()..];
        Some(Element { tag, content: &full[header..], full })
    }

    /// Reads an element of a tag.
    pub(super) fn tagged(&mut self, tag: u8) -> Option<Element<'d>> {
        let mut ahead = *self;
        let element = ahead.next().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element)
    }

    /// Reads a sequence.
    pub(super) fn sequence(&mut self) -> Option<Reader<'d>> {
        self.tagged(SEQUENCE).map(|element| Reader(element.content))
    }

    /// Reads the bytes of an integer that is not negative.
    pub(super) fn unsigned(&mut self) -> Option<&'d [u8]> {
        let content = self.tagged(INTEGER)?.content;
        match content {
            [] => None,
            [0, rest @ ..] => Some(rest),
            [first, ..] if first & 0x80 != 0 => None,
            digits => Some(digits),
        }
    }

    /// Reads an integer that is small.
    pub(super) fn small(&mut self) -> Option<u64> {
        let digits = self.unsigned().filter(|digits| digits.len() <= 8)?;
        Some(digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit)))
    }

    /// Reads a string of whole bytes, written as one of bits.
    pub(super) fn bit_string(&mut self) -> Option<&'d [u8]> {
        self.tagged(BIT_STRING)?.content.strip_prefix(&[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_as_short_as_they_can_be() {
        for length in [0, 127, 128, 255, 256, 70_000] {
            let content = vec![7; length];
            let full = element(OCTET_STRING, &content);
            let read = Reader(&full).tagged(OCTET_STRING).expect("an element");
            assert_eq!(read.content, content);
        }
        assert!(Reader(&[4, 0x81, 1, 0]).next().is_none());
        assert!(Reader(&[4, 5, 1]).next().is_none());
    }

    #[test]
    fn integers_have_a_sign_bit() {
        assert_eq!(integer(&[0, 0]), [2, 1, 0]);
        assert_eq!(integer(&[0x80]), [2, 2, 0, 0x80]);
        assert_eq!(Reader(&integer(&[0, 0x80])).unsigned(), Some(&[0x80][..]));
        assert_eq!(Reader(&[2, 1, 0x80]).unsigned(), None);
    }
}
