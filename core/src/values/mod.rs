//! Values: layers, the --set grammars, and where every leaf came from.
