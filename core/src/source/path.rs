//! Paths inside a package, which cannot leave its root.

use std::fmt;

use ecow::EcoString;

/// A normalized relative path with `/` between its parts: never absolute, no `.`, `..`, empty or device parts.
///
/// The root is the empty path. Only the edge that reads disks turns a `VPath` into a path of the operating system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VPath(EcoString);

/// Why a text is no [`VPath`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VPathError {
    /// The path starts at the root of a file system, or names a drive.
    Absolute(String),
    /// The path leaves its root through `..`.
    LeavesRoot(String),
    /// The path holds a character that no path of a package may hold (NUL, a control character or a backslash).
    BadCharacter(String),
}

impl fmt::Display for VPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VPathError::Absolute(p) => write!(f, "path {p:?} is absolute"),
            VPathError::LeavesRoot(p) => write!(f, "path {p:?} leaves its root"),
            VPathError::BadCharacter(p) => write!(f, "path {p:?} holds a character that is not allowed in paths"),
        }
    }
}

impl std::error::Error for VPathError {}

impl VPath {
    /// Returns the root.
    pub fn root() -> VPath {
        VPath::default()
    }

    /// Returns the path that a text names, with `.` and inner `..` resolved.
    ///
    /// # Errors
    /// When the path is absolute, leaves the root, or holds a control character or a backslash.
    pub fn parse(text: &str) -> Result<VPath, VPathError> {
        VPath::root().join(text)
    }

    /// Returns `text` resolved against this path as a folder.
    ///
    /// # Errors
    /// As [`VPath::parse`]; `..` may climb up to the root of the package but not above it.
    pub fn join(&self, text: &str) -> Result<VPath, VPathError> {
        let bytes = text.as_bytes();
        if text.starts_with('/') || (bytes.len() >= 2 && bytes[1] == b':' && bytes[0].is_ascii_alphabetic()) {
            return Err(VPathError::Absolute(text.to_owned()));
        }
        if text.chars().any(|c| c.is_control() || c == '\\') {
            return Err(VPathError::BadCharacter(text.to_owned()));
        }
        if !text.split('/').any(|part| matches!(part, "" | "." | "..")) {
            let slash = if self.is_root() { "" } else { "/" };
            return Ok(VPath(ecow::eco_format!("{}{slash}{text}", self.0)));
        }
        let mut parts: Vec<&str> = self.parts().collect();
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop().ok_or_else(|| VPathError::LeavesRoot(text.to_owned()))?;
                }
                part => parts.push(part),
            }
        }
        Ok(VPath(parts.join("/").into()))
    }

    /// Returns the path as text; `""` for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the parts between the slashes.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|p| !p.is_empty())
    }

    /// Returns the last part; `""` for the root.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or("")
    }

    /// Returns what follows the last dot of the file name, if there is one that does not start it.
    pub fn extension(&self) -> Option<&str> {
        self.file_name().rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, ext)| ext)
    }

    /// Whether the file is named as YAML or JSON files are.
    pub fn is_yaml(&self) -> bool {
        matches!(self.extension(), Some("yaml" | "yml" | "json"))
    }

    /// Returns the folder that holds this path; the root for the root.
    pub fn parent(&self) -> VPath {
        VPath(self.0.rsplit_once('/').map_or("", |(parent, _)| parent).into())
    }

    /// Returns what is left when `base` is taken off the front, or `None` where this is not below `base`.
    pub fn strip_prefix(&self, base: &VPath) -> Option<VPath> {
        if base.is_root() {
            return Some(self.clone());
        }
        let rest = self.0.strip_prefix(base.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then(|| VPath(rest.trim_start_matches('/').into()))
    }
}

impl fmt::Display for VPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "." } else { self.as_str() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_cannot_leave_their_root() {
        for bad in ["/etc/passwd", "../x", "a/../../x", "C:\\x", "c:/x", "a\\b", "a\0b", "a\nb"] {
            assert!(VPath::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(VPath::parse("./a//b/../c/").expect("fine").as_str(), "a/c");
    }

    #[test]
    fn prefixes_end_at_a_slash() {
        let path = VPath::parse("ab/c.yaml").expect("fine");
        assert_eq!(path.strip_prefix(&VPath::parse("a").expect("fine")), None);
        assert_eq!(path.strip_prefix(&VPath::parse("ab").expect("fine")).expect("below").as_str(), "c.yaml");
        assert_eq!(path.parent().as_str(), "ab");
        assert_eq!(path.extension(), Some("yaml"));
    }
}
