//! Packages: what a folder of files is, and what it says of itself.
