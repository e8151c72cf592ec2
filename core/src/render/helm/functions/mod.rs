//! The functions that charts call, by topic: one file each, all of one shape.

mod case;
mod cast;
mod certs;
mod cost;
mod crypto;
mod dates;
mod decimal;
mod deep;
mod defaults;
mod dicts;
mod encoding;
mod kind;
mod lists;
mod merge;
mod network;
mod numeric;
mod paths;
mod pow10;
mod random;
mod reflect;
mod regex;
mod semver;
mod serialize;
mod strings;
#[cfg(test)]
pub(super) mod testing;
mod text;
mod unicode;
mod urls;
mod version;
mod words;

use gotemplate::Functions;

/// Returns the functions of Sprig and those of Helm that need nothing but their arguments and the host.
pub(super) fn all() -> Functions {
    let mut functions = Functions::with_capacity(COUNT);
    for add in TOPICS {
        add(&mut functions);
    }
    functions
}

/// At least as many as there are, with those of templates.
const COUNT: usize = 256;

const TOPICS: &[fn(&mut Functions)] = &[
    certs::add,
    crypto::add,
    dates::add,
    defaults::add,
    dicts::add,
    encoding::add,
    lists::add,
    network::add,
    numeric::add,
    paths::add,
    random::add,
    reflect::add,
    regex::add,
    semver::add,
    serialize::add,
    strings::add,
    urls::add,
];
