//! Which bytes end a run of plain ones.

/// A set of bytes.
pub(super) struct ByteSet([bool; 256]);

impl ByteSet {
    /// Returns the set of these bytes and of all that may end a line or the text.
    const fn stops(bytes: &[u8]) -> ByteSet {
        let mut set = [false; 256];
        let always = [0, b'\n', b'\r', 0xc2, 0xe2];
        let mut i = 0;
        while i < always.len() {
            set[always[i] as usize] = true;
            i += 1;
        }
        let mut i = 0;
        while i < bytes.len() {
            set[bytes[i] as usize] = true;
            i += 1;
        }
        ByteSet(set)
    }

    /// Returns how many bytes stand before the first one of the set.
    #[inline]
    pub(super) fn run(&self, bytes: &[u8]) -> usize {
        bytes.iter().position(|b| self.0[usize::from(*b)]).unwrap_or(bytes.len())
    }
}

/// What ends a line.
pub(super) static LINE: ByteSet = ByteSet::stops(b"");
/// What may end an unquoted scalar in a block.
pub(super) static PLAIN_BLOCK: ByteSet = ByteSet::stops(b" \t:");
/// What may end an unquoted scalar in a flow collection.
pub(super) static PLAIN_FLOW: ByteSet = ByteSet::stops(b" \t:,?[]{}");
/// What matters in single quotes.
pub(super) static SINGLE: ByteSet = ByteSet::stops(b" \t'");
/// What matters in double quotes.
pub(super) static DOUBLE: ByteSet = ByteSet::stops(b" \t\"\\");
