//! `.helmignore`: which files of a folder are no part of the chart.
//!
//! Helm's rules look like those of git and are not: the first rule that decides ends the search, and a rule with `!`
//! leaves out whatever it does not match. Facts: <https://github.com/helm/helm/blob/main/pkg/ignore/rules.go>.

use super::glob::Glob;

/// The longest line that Go's scanner reads.
const MAX_LINE: usize = 64 << 10;

/// The rules of one chart.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    glob: Glob,
    // Whether the last part of the path alone is compared: the pattern has no slash.
    base_only: bool,
    negated: bool,
    folders_only: bool,
}

impl Rules {
    /// Reads a `.helmignore`, which may be missing, and adds Helm's own rule.
    ///
    /// # Errors
    /// In Helm's words, for the first rule that cannot be read.
    pub(super) fn parse(text: Option<&[u8]>) -> Result<Rules, String> {
        let mut rules = Rules::default();
        let text = text.map(String::from_utf8_lossy).unwrap_or_default();
        for line in text.strip_prefix('\u{feff}').unwrap_or(&text).lines() {
            if line.len() >= MAX_LINE {
                return Err("bufio.Scanner: token too long".to_owned());
            }
            rules.add(line)?;
        }
        rules.add("templates/.?*")?;
        Ok(rules)
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.contains("**") {
            return Err("double-star (**) syntax is not supported".to_owned());
        }
        Glob::parse(line).map_err(|error| error.to_string())?;
        let (negated, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (folders_only, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
        let base_only = !line.contains('/');
        // A slash in front only says that the whole path counts, as any slash does.
        let line = line.strip_prefix('/').unwrap_or(line);
        // A pattern that breaks when its last slash is taken off matches nothing; Helm only logs it.
        let Ok(glob) = Glob::parse(line) else { return Ok(()) };
        self.0.push(Rule { glob, base_only, negated, folders_only });
        Ok(())
    }

    /// Returns the number of rules.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether a file or folder is left out. What is below a folder that is left out is left out with it.
    pub(super) fn ignores(&self, path: &str, is_folder: bool) -> bool {
        let base = path.rsplit_once('/').map_or(path, |(_, base)| base);
        for rule in &self.0 {
            let compared = if rule.base_only { base } else { path };
            let eligible = is_folder || !rule.folders_only;
            let matches = eligible && rule.glob.matches(compared);
            if matches != rule.negated {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: &str, path: &str) -> bool {
        let (path, is_folder) = path.strip_suffix('/').map_or((path, false), |path| (path, true));
        Rules::parse(Some(rules.as_bytes())).expect(rules).ignores(path, is_folder)
    }

    // The table of Helm's own test.
    #[test]
    fn rules_match_as_helm_has_them() {
        let cases = [
            ("helm.txt", "helm.txt", true),
            ("helm.*", "helm.txt", true),
            ("helm.*", "rudder.txt", false),
            ("*.txt", "tiller.txt", true),
            ("*", "helm.txt", true),
            ("cargo", "cargo/", true),
            ("cargo/", "cargo/", true),
            ("cargo/", "mast/", false),
            ("helm.txt/", "helm.txt", false),
            ("/helm.txt", "helm.txt", true),
            ("/*.txt", "helm.txt", true),
            ("/*.txt", "a/helm.txt", false),
            ("/", "helm.txt", false),
            ("templates/.?*", "templates/.dotfile", true),
            ("mast/a.txt", "mast/a.txt", true),
            ("mast/a.txt", "cargo/mast/a.txt", false),
            ("a.txt", "mast/a.txt", true),
            ("cargo/*.txt", "mast/a.txt", false),
            ("cargo/a.txt", "mast/a.txt", false),
            ("cargo/*.txt", "cargo/a.txt", true),
            ("ru[c-e]?er.txt", "rudder.txt", true),
            (".*", ".joonix", true),
            (".*", "helm.txt", false),
            (".*", ".git/", true),
            ("!helm.txt", "helm.txt", false),
            ("!helm.txt", "tiller.txt", true),
            ("!*.txt", "cargo/", true),
            ("!cargo/", "mast/", true),
            ("", "templates/.x", true),
            ("# helm.txt", "helm.txt", false),
            ("\u{feff}helm.txt\r\n", "helm.txt", true),
        ];
        for (rules, path, expected) in cases {
            assert_eq!(check(rules, path), expected, "{rules} {path}");
        }
    }

    #[test]
    fn rules_that_cannot_be_read_are_refused() {
        let error = |rules: &str| Rules::parse(Some(rules.as_bytes())).expect_err(rules);
        assert_eq!(error("a\n**/b"), "double-star (**) syntax is not supported");
        assert_eq!(error("a[\n"), "syntax error in pattern");
        assert_eq!(error(&"a".repeat(70_000)), "bufio.Scanner: token too long");
    }
}
