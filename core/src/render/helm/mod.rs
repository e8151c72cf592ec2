//! Helm charts: the functions, the objects and the engine around Go templates.

mod context;
mod functions;
mod time;
mod value;
