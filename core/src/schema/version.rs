//! Versions of Kubernetes.

use std::fmt;
use std::str::FromStr;

use crate::diag::Diagnostic;

/// A supported version of Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubeVersion {
    minor: u16,
    patch: u16,
}

const OLDEST: u16 = 31;

impl KubeVersion {
    /// All versions that there are schemas for, oldest first.
    pub const SUPPORTED: [KubeVersion; 7] = {
        let mut all = [KubeVersion { minor: OLDEST, patch: 0 }; 7];
        let mut i = 0;
        while i < all.len() {
            all[i].minor = OLDEST + i as u16;
            i += 1;
        }
        all
    };

    /// The newest of them, which counts where nothing is chosen.
    pub const LATEST: KubeVersion = KubeVersion::SUPPORTED[KubeVersion::SUPPORTED.len() - 1];

    /// Reads a version as users write it: `1.31`, `v1.31.2`, `1.31.2+k3s1`.
    ///
    /// # Errors
    /// When the text is no version or there are no schemas for it; the help lists those that there are.
    pub fn parse(text: &str) -> Result<KubeVersion, Diagnostic> {
        let list = KubeVersion::SUPPORTED.map(|version| version.to_string()).join(", ");
        let help = format!("supported versions: {list}");
        let Some((minor, patch)) = numbers(text) else {
            let message = format!("`{text}` is no version of Kubernetes");
            return Err(Diagnostic::error("kube-version", message).help(help));
        };
        if !KubeVersion::SUPPORTED.iter().any(|known| known.minor == minor) {
            let message = format!("Kubernetes `{text}` is not supported");
            return Err(Diagnostic::error("kube-version", message).help(help));
        }
        Ok(KubeVersion { minor, patch })
    }

    /// Returns the second number: 31 of `1.31.2`.
    pub fn minor(self) -> u16 {
        self.minor
    }

    /// Returns the third number; 0 where none is written.
    pub fn patch(self) -> u16 {
        self.patch
    }

    /// Returns the version as a cluster reports it, such as `v1.31.2`.
    pub fn git_version(self) -> String {
        format!("v1.{}.{}", self.minor, self.patch)
    }
}

/// `1.MINOR[.PATCH][-anything|+anything]`, with or without a `v`.
fn numbers(text: &str) -> Option<(u16, u16)> {
    let text = text.trim().strip_prefix('v').unwrap_or(text.trim());
    let text = text.split(['-', '+']).next().unwrap_or("");
    let mut parts = text.split('.');
    let mut number = || parts.next().filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let (major, minor, patch) = (number()?, number()?, number().unwrap_or("0"));
    (major == "1" && parts.next().is_none()).then_some(())?;
    Some((minor.parse().ok()?, patch.parse().ok()?))
}

impl Default for KubeVersion {
    fn default() -> KubeVersion {
        KubeVersion::LATEST
    }
}

impl FromStr for KubeVersion {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<KubeVersion, Diagnostic> {
        KubeVersion::parse(text)
    }
}

impl fmt::Display for KubeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_users_write_them() {
        for (text, minor, patch) in
            [("1.31", 31, 0), ("v1.33.2", 33, 2), ("1.37.0-rc.1", 37, 0), ("1.32.4+k3s1", 32, 4)]
        {
            let version = KubeVersion::parse(text).expect(text);
            assert_eq!((version.minor(), version.patch()), (minor, patch));
        }
        assert_eq!(KubeVersion::default().git_version(), "v1.37.0");
    }

    #[test]
    fn a_version_without_schemas_is_refused_with_the_list() {
        for text in ["1.30", "1.38", "2.31", "latest", "", "1", "1.31.", "1.31.2.3"] {
            let error = KubeVersion::parse(text).expect_err(text);
            assert_eq!(error.help.as_deref(), Some("supported versions: 1.31, 1.32, 1.33, 1.34, 1.35, 1.36, 1.37"));
        }
    }
}
