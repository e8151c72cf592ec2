//! A single template outside of any chart: `--name-template`.

use std::sync::Arc;

use gotemplate::{Run, Set, Value};

use super::context::Context;
use super::functions;
use crate::render::Host;
use crate::source::Limits;

/// Renders a text with Sprig's functions and nothing to read.
///
/// # Errors
/// The template's error, in Go's words.
pub fn render_text(name: &str, text: &str, host: &Arc<dyn Host + Send + Sync>) -> Result<String, String> {
    let mut set = Set::new(Arc::new(functions::all()));
    set.parse(name, text).map_err(|error| error.to_string())?;
    let mut context = Context::new(host.clone(), Limits::default());
    let rendered = Run::new(&Arc::new(set)).context(&mut context).render(name, &Value::Nil);
    rendered.map(|text| String::from_utf8_lossy(&text).into_owned()).map_err(|error| error.to_string())
}
