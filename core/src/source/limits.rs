//! The limits that every parser, loop and decompressor obeys.

/// The most of each resource that one operation may use.
///
/// Packages come from strangers, so no part of the engine reads, nests, expands or writes without a bound. The
/// defaults are far above what real packages need; an embedder lowers them for untrusted input.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one input file.
    pub file_bytes: usize,
    /// Levels of nesting in YAML and JSON. Go stops at 10,000; nothing real comes near either.
    pub depth: usize,
    /// Nodes that aliases and merge keys may add to one document beyond those written in it.
    pub alias_nodes: usize,
    /// Steps of one template run (minijinja's fuel).
    pub steps: u64,
    /// Levels of includes, macros and template calls.
    pub calls: usize,
    /// Levels of `include` and `tpl` in a chart. Helm allows 1,000 of each name.
    pub includes: usize,
    /// Bytes that one package may render to.
    pub output_bytes: usize,
    /// Bytes of the values that the functions of one chart's templates may make, those dropped again included.
    pub template_bytes: usize,
    /// Bytes that a chart may have, all files together: those of its folder, or what its archive unpacks to, with the
    /// archives in it. The default is Helm's.
    pub archive_bytes: usize,
    /// Entries of an archive and of the archives in it.
    pub archive_entries: usize,
    /// How many times its own length an archive may unpack to, once it is past a megabyte. Real charts stay below 30.
    pub archive_ratio: usize,
    /// Packages that may depend on one another in one tree.
    pub packages: usize,
    /// Findings that one step reports before it stops looking for more.
    pub findings: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            file_bytes: 256 << 20,
            depth: 1_000,
            alias_nodes: 1_000_000,
            steps: 200_000_000,
            calls: 200,
            includes: 2_000,
            output_bytes: 256 << 20,
            template_bytes: 256 << 20,
            archive_bytes: 100 << 20,
            archive_entries: 20_000,
            archive_ratio: 200,
            packages: 1_000,
            findings: 10_000,
        }
    }
}
