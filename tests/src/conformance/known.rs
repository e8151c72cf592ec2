//! The list of differences that are known and have a reason.

use std::collections::BTreeMap;

/// Names of cases that do not pass, by corpus, each with its reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownDifferences(BTreeMap<String, BTreeMap<String, String>>);

impl KnownDifferences {
    /// Reads the part of TOML that the list needs: `[corpus]`, `"case" = "reason"`, comments and blank lines.
    ///
    /// # Errors
    /// Where a line is anything else, a case is listed twice, or a reason is empty.
    pub fn parse(text: &str) -> std::result::Result<KnownDifferences, String> {
        let mut known = KnownDifferences::default();
        let mut corpus: Option<String> = None;
        for (number, line) in text.lines().enumerate().map(|(i, line)| (i + 1, line.trim())) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                corpus = Some(name.to_owned());
                continue;
            }
            let corpus = corpus.as_ref().ok_or_else(|| format!("line {number}: a case before the first [corpus]"))?;
            let (case, reason) = entry(line).ok_or_else(|| format!("line {number}: not `\"case\" = \"reason\"`"))?;
            if reason.is_empty() {
                return Err(format!("line {number}: a difference without a reason"));
            }
            if known.0.entry(corpus.clone()).or_default().insert(case, reason).is_some() {
                return Err(format!("line {number}: listed twice"));
            }
        }
        Ok(known)
    }

    /// Returns the cases listed for a corpus, with their reasons.
    pub fn of(&self, corpus: &str) -> impl Iterator<Item = (&str, &str)> {
        self.0.get(corpus).into_iter().flatten().map(|(case, reason)| (case.as_str(), reason.as_str()))
    }

    /// Whether a case is listed.
    pub fn has(&self, corpus: &str, case: &str) -> bool {
        self.0.get(corpus).is_some_and(|cases| cases.contains_key(case))
    }

    /// Returns the names of the corpora.
    pub fn corpora(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn entry(line: &str) -> Option<(String, String)> {
    let (case, rest) = quoted(line)?;
    let rest = rest.trim_start().strip_prefix('=')?;
    let (reason, rest) = quoted(rest.trim_start())?;
    (rest.trim().is_empty() || rest.trim().starts_with('#')).then_some((case, reason))
}

// A basic string of TOML is a JSON string as far as the list uses it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let value = values.next()?.ok()?;
    let end = values.byte_offset();
    text.starts_with('"').then(|| (value, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_has_a_corpus_and_a_reason() {
        let known = KnownDifferences::parse("# why\n[yaml]\n\"a/b \\\"c\\\"\" = \"so\" # yes\n").expect("fine");
        assert!(known.has("yaml", "a/b \"c\""));
        assert!(!known.has("helm", "a/b \"c\""));
        for bad in ["\"a\" = \"b\"", "[x]\na = \"b\"", "[x]\n\"a\" = \"\"", "[x]\n\"a\" = \"b\"\n\"a\" = \"c\""] {
            assert!(KnownDifferences::parse(bad).is_err(), "{bad}");
        }
    }
}
