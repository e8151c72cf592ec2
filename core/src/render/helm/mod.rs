//! Helm charts: the functions, the objects and the engine around Go templates.

mod functions;
mod value;
