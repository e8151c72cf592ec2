//! A path to a value inside a value.

use std::fmt;

use ecow::EcoString;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into a map.
    Key(EcoString),
    /// Into a list, counted from 0.
    Index(usize),
}

/// A path, shown as `spec.containers[0].image`; keys that need it are quoted, as in `labels["app.kubernetes.io/name"]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ValuePath(Vec<Step>);

impl ValuePath {
    /// Returns the path to the whole.
    pub fn root() -> ValuePath {
        ValuePath::default()
    }

    /// Returns the path of these keys.
    pub fn keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> ValuePath {
        ValuePath(keys.into_iter().map(|key| Step::Key(key.into())).collect())
    }

    /// Returns the steps.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Adds a step into a map.
    pub fn push_key(&mut self, key: impl Into<EcoString>) {
        self.0.push(Step::Key(key.into()));
    }

    /// Adds a step into a list.
    pub fn push_index(&mut self, index: usize) {
        self.0.push(Step::Index(index));
    }

    /// Takes the last step off.
    pub fn pop(&mut self) -> Option<Step> {
        self.0.pop()
    }

    /// Returns this path with a key added.
    #[must_use]
    pub fn key(&self, key: impl Into<EcoString>) -> ValuePath {
        let mut path = self.clone();
        path.push_key(key);
        path
    }

    /// Returns this path with an index added.
    #[must_use]
    pub fn index(&self, index: usize) -> ValuePath {
        let mut path = self.clone();
        path.push_index(index);
        path
    }

    /// Returns the path with the steps of another one below it.
    #[must_use]
    pub fn join(&self, below: &[Step]) -> ValuePath {
        ValuePath(self.0.iter().chain(below).cloned().collect())
    }

    /// Whether it is the path to the whole.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `other` is this path or below it.
    pub fn covers(&self, other: &ValuePath) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Reads a path as users write it: `spec.containers[0].image`, `labels["a.b/c"]`, `data['x']`.
    ///
    /// Returns `None` where brackets or quotes do not close or a step is empty.
    pub fn parse(text: &str) -> Option<ValuePath> {
        let mut path = ValuePath::root();
        let mut rest = text.strip_prefix('.').unwrap_or(text);
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let quote = inner.chars().next().filter(|c| matches!(c, '"' | '\''));
                if let Some(quote) = quote {
                    let (key, after) = inner[1..].split_once(quote)?;
                    path.push_key(key);
                    rest = after.strip_prefix(']')?;
                } else {
                    let (index, after) = inner.split_once(']')?;
                    path.push_index(index.parse().ok()?);
                    rest = after;
                }
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                if end == 0 {
                    return None;
                }
                path.push_key(&rest[..end]);
                rest = &rest[end..];
            }
            if let Some(after) = rest.strip_prefix('.') {
                if after.is_empty() {
                    return None;
                }
                rest = after;
            }
        }
        Some(path)
    }
}

impl From<Vec<Step>> for ValuePath {
    fn from(steps: Vec<Step>) -> Self {
        ValuePath(steps)
    }
}

impl fmt::Display for ValuePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if key.is_empty() || key.contains(['.', '[', ']', '"', '/', ' ']) => {
                    write!(f, "[{key:?}]")?;
                }
                Step::Key(key) if i == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_path_agree() {
        for text in ["a", "a.b[0].c", "labels[\"app.kubernetes.io/name\"].x", ""] {
            assert_eq!(ValuePath::parse(text).expect(text).to_string(), text);
        }
        assert_eq!(ValuePath::parse("a['b.c']"), Some(ValuePath::keys(["a", "b.c"])));
        for bad in ["a..b", "a[", "a[x]", "a.", "a[\"b]"] {
            assert_eq!(ValuePath::parse(bad), None, "{bad}");
        }
    }
}
