//! Conformance: cases made by running the programs that rhumb stands in for.
//!
//! A folder is searched for the three formats of cases: lines of JSON (`*.jsonl`), an unpacked tree of charts
//! (`charts/` and `cases/`) and one of kustomizations (`suite/` and `real/`), the trees also as `cases.tar.gz`.
//! What is found belongs to a [`Corpus`].

mod archive;
mod charts;
mod corpus;
mod known;
mod kustomizations;
mod search;
mod vectors;
mod workers;
mod yaml_files;

pub use archive::unpacked;
pub use corpus::{Corpus, Failure, Report, Result, run};
pub use known::KnownDifferences;
pub use search::{Found, search};
pub use vectors::{Area, Vector, read as read_vectors};
pub use yaml_files::{law as yaml_law, texts as yaml_texts};
