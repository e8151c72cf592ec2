//! rhumb for browsers and Node: a [`Session`] over files in memory, and two functions for a single question.
//!
//! A session's methods take and give plain objects; `types.d.ts` describes them. Lines and columns count from 0, columns
//! in UTF-16 code units, as editors and JavaScript's strings do.
//!
//! The functions take and give JSON. Files come as a map from path to text, options as a map; both functions run what the command line runs, so they
//! give the same bytes. Texts cross the border as they are: no tree is copied between the two worlds.
//!
//! ```js
//! const built = JSON.parse(render(JSON.stringify({ "rhumb.yaml": "…", "templates/a.yaml": "…" }), "{}"));
//! if (built.ok) console.log(built.yaml); else console.error(built.report);
//! ```

mod answers;
mod api;
mod edits;
mod session;
mod settings;
mod update;
mod workspace;

pub use api::{Error, Options};
pub use session::{Session, Snapshot};

use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// Renders a package and validates what comes out: `{ok, objects, yaml, findings, report}`.
///
/// `files` is a JSON map from path to text. `options` is a JSON map with any of [`Options`]' fields. `yaml` is what
/// the command line prints, empty where an error was found; `findings` are the findings as data and `report` as text.
///
/// # Errors
/// When `files` or `options` is not what it should be: the caller's mistake, not the package's.
#[wasm_bindgen]
pub fn render(files: &str, options: &str) -> Result<String, JsError> {
    Ok(api::render(files, options)?)
}

/// Validates manifests: `{ok, objects, findings, report}`.
///
/// `manifests` is a JSON map from the name of a file to its text; of `options`, `kubeVersion` and `strict` count.
///
/// # Errors
/// As [`render`].
#[wasm_bindgen]
pub fn validate(manifests: &str, options: &str) -> Result<String, JsError> {
    Ok(api::validate(manifests, options)?)
}
