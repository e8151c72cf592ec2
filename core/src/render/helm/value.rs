//! Between the engine's values and those of Go templates, and both to and from text.
