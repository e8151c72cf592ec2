//! Paths of fields in which items of lists are named by their keys.

use std::fmt;

use ecow::EcoString;

/// One step of a [`FieldPath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldStep {
    /// Into a map.
    Key(EcoString),
    /// Into a list, counted from 0.
    Index(usize),
    /// Into a list whose items are told apart by these keys and values; an item of a set has the empty text as its
    /// only key.
    Item(Vec<(EcoString, EcoString)>),
}

/// A path, shown as `spec.containers[name=web].image`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct FieldPath(pub(super) Vec<FieldStep>);

impl FieldPath {
    /// Returns the path of these steps.
    pub fn new(steps: Vec<FieldStep>) -> FieldPath {
        FieldPath(steps)
    }

    /// Returns the steps.
    pub fn steps(&self) -> &[FieldStep] {
        &self.0
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                FieldStep::Key(key) if key.contains(['.', '[', ']', '"', '/', ' ']) || key.is_empty() => {
                    write!(f, "[{key:?}]")?;
                }
                FieldStep::Key(key) => write!(f, "{}{key}", if i == 0 { "" } else { "." })?,
                FieldStep::Index(index) => write!(f, "[{index}]")?,
                FieldStep::Item(keys) => {
                    f.write_str("[")?;
                    for (n, (key, value)) in keys.iter().enumerate() {
                        let equals = if key.is_empty() { "" } else { "=" };
                        write!(f, "{}{key}{equals}{value}", if n == 0 { "" } else { "," })?;
                    }
                    f.write_str("]")?;
                }
            }
        }
        Ok(())
    }
}
