//! Renderers: values and templates to objects.
