//! Helm charts: the functions, the objects and the engine around Go templates.

mod base64;
mod context;
mod functions;
mod pki;
mod time;
mod value;
