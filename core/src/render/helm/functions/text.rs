//! Text that a function puts together, within the memory that the run has left.

use gotemplate::{Fault, State, Str, Value};

/// A text that grows.
pub(super) struct Text<'s, 'r> {
    state: &'s mut State<'r>,
    bytes: Vec<u8>,
}

impl<'s, 'r> Text<'s, 'r> {
    /// Returns an empty text.
    pub(super) fn new(state: &'s mut State<'r>) -> Text<'s, 'r> {
        Text { state, bytes: Vec::new() }
    }

    /// Takes the memory for a copy of so many bytes.
    ///
    /// # Errors
    /// When the run has no memory left for it.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
        self.state.charge(bytes)
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// When the run has no memory left for them.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.make_room(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends bytes a number of times.
    ///
    /// # Errors
    /// When the run has no memory left for them.
    pub(super) fn push_times(&mut self, bytes: &[u8], times: usize) -> Result<(), Fault> {
        self.make_room(bytes.len().saturating_mul(times))?;
        self.bytes.extend_from_slice(&bytes.repeat(times));
        Ok(())
    }

    /// Asks for so many bytes more. No text gets longer than the output of the run may be.
    fn make_room(&mut self, more: usize) -> Result<(), Fault> {
        let limit = self.state.limits().output;
        if self.bytes.len().saturating_add(more) > limit {
            return Err(Fault::limit("output", format!("text is longer than {limit} bytes")));
        }
        self.state.charge(more)
    }

    /// Appends what `%v` prints.
    ///
    /// # Errors
    /// When the run has no memory left for it.
    pub(super) fn push_value(&mut self, value: &Value) -> Result<(), Fault> {
        match value {
            Value::Str(text) => self.push(text),
            value => {
                let printed = self.state.text_of(value)?;
                self.push(&printed)
            }
        }
    }

    /// Returns the text of a value; see [`text_of`].
    ///
    /// # Errors
    /// When the run has no memory left for it.
    pub(super) fn text_of(&mut self, value: &Value) -> Result<Str, Fault> {
        text_of(self.state, value)
    }

    /// Returns the text as a value.
    pub(super) fn finish(self) -> Value {
        Value::Str(Str::from(self.bytes))
    }
}

/// Returns the text of a value, as most functions read what is to be a text: bytes as text, the rest as `%v` prints it.
///
/// # Errors
/// When the run has no memory left for it.
pub(super) fn text_of(state: &mut State<'_>, value: &Value) -> Result<Str, Fault> {
    match value {
        Value::Str(text) | Value::Bytes(text) => Ok(text.clone()),
        value => {
            let text = state.text_of(value)?;
            state.charge(text.len())?;
            Ok(Str::from(text))
        }
    }
}

/// Returns the texts of a list, without its nils; of what is no list, a single one.
///
/// # Errors
/// When the run has no memory left for them.
pub(super) fn texts_of(state: &mut State<'_>, value: &Value) -> Result<Vec<Str>, Fault> {
    let Some(items) = super::kind::elements(state, value)? else {
        return match value {
            Value::Nil => Ok(Vec::new()),
            value => Ok(vec![text_of(state, value)?]),
        };
    };
    items.iter().filter(|item| !matches!(item, Value::Nil)).map(|item| text_of(state, item)).collect()
}
