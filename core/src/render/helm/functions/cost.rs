//! What functions cost that read texts and make large values: in steps, because their work grows with what they are
//! given, and in memory.

use gotemplate::{Fault, State, Value};

use super::kind::{charge, charge_map};

/// Takes the steps for reading once through a text, as hashing and decoding do.
///
/// # Errors
/// When the run has no steps left.
pub(super) fn reading(state: &mut State<'_>, text: &[u8]) -> Result<(), Fault> {
    state.spend(text.len() as u64 / 8)
}

/// Takes the steps for going through a text character by character.
///
/// # Errors
/// When the run has no steps left.
pub(super) fn characters(state: &mut State<'_>, text: &[u8]) -> Result<(), Fault> {
    state.spend(2 * text.len() as u64)
}

/// Takes the steps for parsing or writing a text of so many bytes.
///
/// # Errors
/// When the run has no steps left.
pub(super) fn parsing(state: &mut State<'_>, bytes: usize) -> Result<(), Fault> {
    state.spend(bytes as u64)
}

/// Takes the memory of a new value with all that it holds. It must not hold itself, which what was read never does.
///
/// # Errors
/// When the run has no memory or steps left.
pub(super) fn value(state: &mut State<'_>, value: &Value) -> Result<(), Fault> {
    let mut work = vec![value.clone()];
    while let Some(value) = work.pop() {
        match value {
            Value::Str(text) => state.charge(text.len())?,
            Value::List(list) => {
                charge(state, list.len())?;
                work.extend(list.to_vec());
            }
            Value::Map(map) => {
                charge_map(state, map.len())?;
                let entries = map.entries();
                state.charge(entries.iter().map(|(key, _)| key.len()).sum())?;
                work.extend(entries.into_iter().map(|(_, value)| value));
            }
            _ => {}
        }
    }
    Ok(())
}
