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
    /// Steps that one JSON Schema may take on the values it is held against.
    pub schema_steps: usize,
    /// Bytes of one of Go's regular expressions; compiled it may take 512 times as many.
    pub regex_bytes: usize,
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
            steps: 100_000_000,
            calls: 200,
            includes: 2_000,
            output_bytes: 64 << 20,
            template_bytes: 128 << 20,
            schema_steps: 500_000,
            regex_bytes: 64 << 10,
            archive_bytes: 100 << 20,
            archive_entries: 20_000,
            archive_ratio: 200,
            packages: 1_000,
            findings: 10_000,
        }
    }
}

impl Limits {
    /// The names by which [`Limits::set`] knows the limits: those of the fields, with dashes.
    pub const NAMES: [&str; 15] = [
        "file-bytes",
        "depth",
        "alias-nodes",
        "steps",
        "calls",
        "includes",
        "output-bytes",
        "template-bytes",
        "schema-steps",
        "regex-bytes",
        "archive-bytes",
        "archive-entries",
        "archive-ratio",
        "packages",
        "findings",
    ];

    /// Sets one limit, written as `NAME=VALUE`; a value may end in `K`, `M` or `G` (1,024 of each before).
    ///
    /// `depth` cannot be raised: recursion over nodes is safe up to the default alone.
    ///
    /// ```
    /// let mut limits = rhumb::source::Limits::default();
    /// limits.set("output-bytes=512M")?;
    /// assert_eq!(limits.output_bytes, 512 << 20);
    /// assert!(limits.set("colour=1").is_err());
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such limit, the value is no number, or the limit cannot be raised so far.
    pub fn set(&mut self, text: &str) -> Result<(), String> {
        let (name, value) = text.split_once('=').ok_or("it has the form NAME=VALUE")?;
        let number = number(value).ok_or_else(|| format!("`{value}` is no whole number"))?;
        let slot = match name {
            "file-bytes" => &mut self.file_bytes,
            "alias-nodes" => &mut self.alias_nodes,
            "calls" => &mut self.calls,
            "includes" => &mut self.includes,
            "output-bytes" => &mut self.output_bytes,
            "template-bytes" => &mut self.template_bytes,
            "schema-steps" => &mut self.schema_steps,
            "regex-bytes" => &mut self.regex_bytes,
            "archive-bytes" => &mut self.archive_bytes,
            "archive-entries" => &mut self.archive_entries,
            "archive-ratio" => &mut self.archive_ratio,
            "packages" => &mut self.packages,
            "findings" => &mut self.findings,
            "steps" => {
                self.steps = number;
                return Ok(());
            }
            "depth" if number > Limits::default().depth as u64 => {
                return Err(format!("depth can be at most {}", Limits::default().depth));
            }
            "depth" => &mut self.depth,
            _ => return Err(format!("there is no limit `{name}`; the limits are {}", Limits::NAMES.join(", "))),
        };
        *slot = usize::try_from(number).unwrap_or(usize::MAX);
        Ok(())
    }
}

fn number(text: &str) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()? {
        b'K' | b'k' => (&text[..text.len() - 1], 10),
        b'M' | b'm' => (&text[..text.len() - 1], 20),
        b'G' | b'g' => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number: u64 = digits.replace('_', "").parse().ok()?;
    number.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_can_be_set_by_its_name() {
        let fields = format!("{:?}", Limits::default()).replace('_', "-");
        for name in Limits::NAMES {
            let mut limits = Limits::default();
            limits.set(&format!("{name}=7")).expect(name);
            assert_ne!(limits, Limits::default(), "{name}");
            assert!(fields.contains(&format!("{name}: ")), "{name}");
        }
        assert_eq!(fields.matches(": ").count(), Limits::NAMES.len(), "{fields}");
        assert!(Limits::default().set("depth=2000").is_err());
        assert!(Limits::default().set("steps=x").is_err());
        assert!(Limits::default().set("steps").is_err());
    }
}
