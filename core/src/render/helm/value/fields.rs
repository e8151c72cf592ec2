//! A struct made on the spot: names and values in their order.

use std::borrow::Cow;

use gotemplate::{Object, Value};

/// Fields in their order, for what an object is in a format: the names are those of the format.
#[derive(Debug, Default)]
pub(crate) struct Fields(pub(crate) Vec<(Cow<'static, str>, Value)>);

impl Object for Fields {
    fn type_name(&self) -> Cow<'_, str> {
        "struct {}".into()
    }

    fn fields(&self) -> Vec<(Cow<'_, str>, Value)> {
        self.0.iter().map(|(name, value)| (Cow::Borrowed(name.as_ref()), value.clone())).collect()
    }
}
