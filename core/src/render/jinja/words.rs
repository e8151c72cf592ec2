//! The names that native templates know, for the test that editors tell of each of them.

use minijinja::Environment;

use super::functions::{FILTERS, Functions, TESTS, install};

/// The names by what they are.
pub(crate) struct Words {
    pub(crate) filters: Vec<String>,
    pub(crate) tests: Vec<String>,
    pub(crate) functions: Vec<String>,
}

pub(crate) fn native_words() -> Words {
    let mut env = Environment::new();
    install(&mut env, &Functions::new());
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    Words {
        filters: owned(&FILTERS),
        tests: owned(&TESTS),
        functions: env.globals().map(|(name, _)| name.to_owned()).collect(),
    }
}
