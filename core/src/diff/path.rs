//! Paths to fields, with items of lists named by their keys.

use std::fmt;

use ecow::EcoString;

use crate::value::ValuePath;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldStep {
    /// Into a map.
    Key(EcoString),
    /// To the item with these keys and values; an item of a set has the empty text as its only key.
    Item(Vec<(EcoString, EcoString)>),
    /// To an item of a list without keys, counted from 0.
    Index(usize),
}

/// A path, shown as `spec.containers[name=web].image`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldPath(pub Vec<FieldStep>);

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                FieldStep::Key(key) => {
                    let shown = ValuePath::keys([key.as_str()]).to_string();
                    let dot = if i == 0 || shown.starts_with('[') { "" } else { "." };
                    write!(f, "{dot}{shown}")?;
                }
                FieldStep::Index(index) => write!(f, "[{index}]")?,
                FieldStep::Item(keys) => {
                    let keys: Vec<String> = keys
                        .iter()
                        .map(|(key, value)| if key.is_empty() { value.to_string() } else { format!("{key}={value}") })
                        .collect();
                    write!(f, "[{}]", keys.join(","))?;
                }
            }
        }
        Ok(())
    }
}
