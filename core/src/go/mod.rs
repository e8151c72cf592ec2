//! What Go's standard library does with texts and what charts and schemas therefore rely on: regular expressions,
//! URLs, addresses, and what it makes of bytes that are no UTF-8. With Go's errors.

pub(crate) mod address;
pub(crate) mod regex;
pub(crate) mod text;
pub(crate) mod url;
