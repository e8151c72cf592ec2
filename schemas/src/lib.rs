//! Compact Kubernetes schemas for rhumb.
//!
//! The crate is data and nothing else: [`kubernetes`] gives the types of every supported minor version of Kubernetes in
//! one block of bytes that `rhumb::schema::SchemaSet::from_bytes` reads in place. README.md says how it is generated,
//! `data/SOURCE` from what.

/// Returns the types of Kubernetes 1.31 to 1.37, all versions in one.
pub fn kubernetes() -> &'static [u8] {
    include_bytes!("../data/kubernetes.bin")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_data_is_what_its_source_file_describes() {
        let data = super::kubernetes();
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        let digest = data.iter().fold(0xcbf2_9ce4_8422_2325, step);
        let line = format!("kubernetes.bin {} bytes fnv1a64:{digest:016x}", data.len());
        assert!(include_str!("../data/SOURCE").lines().any(|known| known == line), "no line `{line}` in data/SOURCE");
        assert!(data.len() < 3_000_000, "all versions together stay under 3 MB");
    }
}
