//! Filters, tests and functions beside minijinja's own: all pure, none reads a clock, a file or a random number.

use std::sync::Arc;

use gotemplate::Fault;
use minijinja::value::{Kwargs, Rest, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, Value as Mini};
use sha2::{Digest, Sha256};

use super::convert::{plain, to_core};
use crate::go::regex::{self, CompileError, Pattern, Template};
use crate::package::{Constraint, loose_version};
use crate::source::{FileId, Limits};
use crate::value::{Nulls, Value, merge};
use crate::yaml::{Dialect, Emitter, Rules, parse, resolve};

/// A function that an embedder adds.
type Added = Arc<dyn Fn(&[Value]) -> Result<Value, String> + Send + Sync>;

/// The functions that an embedder adds to templates; each can be called, `f(x)`, and used as a filter, `x|f`.
#[derive(Clone, Default)]
pub struct Functions(Vec<(String, Added)>);

impl std::fmt::Debug for Functions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Functions {
    /// Returns an empty list.
    pub fn new() -> Functions {
        Functions::default()
    }

    /// Adds a function under a name. Its errors are shown at the place of the call.
    ///
    /// A function must be pure: the same arguments give the same result.
    pub fn add(
        &mut self,
        name: &str,
        function: impl Fn(&[Value]) -> Result<Value, String> + Send + Sync + 'static,
    ) -> &mut Functions {
        self.0.push((name.to_owned(), Arc::new(function)));
        self
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// The filters that minijinja has built in, and ours.
pub(super) const FILTERS: [&str; 62] = [
    "abs",
    "attr",
    "b64decode",
    "b64encode",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "dns_label",
    "e",
    "escape",
    "first",
    "float",
    "format",
    "from_json",
    "from_yaml",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "merge",
    "min",
    "quote",
    "regex_match",
    "regex_replace",
    "reject",
    "rejectattr",
    "replace",
    "required",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "semver_match",
    "sha256",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "to_json",
    "to_yaml",
    "tojson",
    "trim",
    "trunc",
    "unique",
    "upper",
    "zip",
];

pub(super) const TESTS: [&str; 36] = [
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "safe",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

/// Adds everything to an environment.
pub(super) fn install(env: &mut Environment<'static>, added: &Functions) {
    // It would show the machinery, and nothing that a finding does not show better.
    env.remove_global("debug");
    env.remove_filter("pprint");
    for name in ["to_json", "tojson"] {
        env.add_filter(name, |value: &Mini| -> Result<String, Error> {
            serde_json::to_string(&to_core(value)?).map_err(|e| wrong(e.to_string()))
        });
    }
    env.add_filter("semver_match", |version: &str, range: &str| -> Result<bool, Error> {
        let version = loose_version(version).ok_or_else(|| wrong(format!("`{version}` is not a version")))?;
        let range = Constraint::parse(range).map_err(|error| wrong(error.to_string()))?;
        Ok(range.matches(&version))
    });
    env.add_filter("to_yaml", |value: &Mini| -> Result<String, Error> {
        Ok(Emitter { dialect: Dialect::Sigs, sort_keys: false }.write(&to_core(value)?))
    });
    env.add_filter("from_json", |text: &str| -> Result<Mini, Error> {
        let value: Value = serde_json::from_str(text).map_err(|e| wrong(format!("the text is not JSON: {e}")))?;
        Ok(plain(&value))
    });
    env.add_filter("from_yaml", from_yaml);
    env.add_filter("b64encode", |text: &str| base64(text.as_bytes()));
    env.add_filter("b64decode", |text: &str| -> Result<String, Error> {
        let bytes = unbase64(text).ok_or_else(|| wrong("the text is not base64"))?;
        String::from_utf8(bytes).map_err(|_| wrong("the decoded bytes are not UTF-8"))
    });
    env.add_filter("sha256", |text: &str| -> String {
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    });
    env.add_filter("quote", |value: &Mini| -> Result<String, Error> {
        let text = match to_core(value)? {
            Value::Str(text) => text.to_string(),
            other => super::convert::json(&other),
        };
        serde_json::to_string(&text).map_err(|e| wrong(e.to_string()))
    });
    env.add_filter("regex_replace", |text: &str, pattern: &str, with: &str| -> Result<String, Error> {
        let pattern = expression(pattern)?;
        let mut spend = budget();
        let search = pattern.search(text.as_bytes(), &mut spend).map_err(|error| wrong(error.to_string()))?;
        let replaced = search.replace(&Template::new(with.as_bytes()), Limits::default().output_bytes);
        replaced.map(|text| String::from_utf8_lossy(&text).into_owned()).map_err(|error| wrong(error.to_string()))
    });
    env.add_filter("regex_match", |text: &str, pattern: &str| -> Result<bool, Error> {
        expression(pattern)?.is_match(text).map_err(|error| wrong(error.to_string()))
    });
    env.add_filter("trunc", |text: &str, most: usize| text.chars().take(most).collect::<String>());
    env.add_filter("dns_label", dns_label);
    env.add_filter("merge", |lower: &Mini, upper: &Mini| -> Result<Mini, Error> {
        let (lower, upper) = (to_core(lower)?, to_core(upper)?);
        match (&lower, &upper) {
            (Value::Map(_), Value::Map(_)) => Ok(plain(&merge(&lower, &upper, Nulls::Delete))),
            _ => Err(wrong("`merge` takes two maps")),
        }
    });
    env.add_filter("required", |value: &Mini, message: &str| -> Result<Mini, Error> {
        let missing = value.is_undefined() || value.is_none() || value.as_str() == Some("");
        if missing { Err(wrong(message.to_owned())) } else { Ok(value.clone()) }
    });
    env.add_function("fail", |message: &str| -> Result<Mini, Error> { Err(wrong(message.to_owned())) });
    for (name, function) in &added.0 {
        let (f, g) = (function.clone(), function.clone());
        env.add_function(name.clone(), move |args: Rest<ValueOrKwargs>| call(&f, args));
        env.add_filter(name.clone(), move |args: Rest<ValueOrKwargs>| call(&g, args));
    }
}

fn call(function: &Added, args: Rest<ValueOrKwargs>) -> Result<Mini, Error> {
    let mut values = Vec::with_capacity(args.len());
    for arg in args.0 {
        let value = arg.into_value();
        if Kwargs::try_from(value.clone()).is_ok() && value.is_kwargs() {
            return Err(Error::new(ErrorKind::TooManyArguments, "this function takes no named arguments"));
        }
        values.push(to_core(&value)?);
    }
    function(&values).map(|value| plain(&value)).map_err(wrong)
}

fn from_yaml(text: &str) -> Result<Mini, Error> {
    let limits = Limits::default();
    let parsed = parse(text, FileId::NONE, &limits);
    if let Some(error) = parsed.diagnostics.iter().find(|d| d.is_error()) {
        return Err(wrong(format!("the text is not YAML: {}", error.message)));
    }
    let Some(root) = parsed.value.iter().find_map(|document| document.root.as_ref()) else {
        return Ok(Mini::from(()));
    };
    let value = resolve(root, Rules::Kubectl, &limits);
    value.map(|value| plain(&value)).map_err(|error| wrong(format!("the text is not YAML: {}", error.message)))
}

fn expression(pattern: &str) -> Result<Arc<Pattern>, Error> {
    regex::get(pattern.as_bytes(), Limits::default().regex_bytes).map_err(|error| match error {
        CompileError::Syntax(error) => wrong(format!("`{pattern}` is not a regular expression: {error}")),
        CompileError::Limit(error) => wrong(error),
    })
}

/// Returns what bounds the work on one text: some expressions read it again and again.
fn budget() -> impl FnMut(u64) -> Result<(), Fault> {
    let mut left = Limits::default().steps;
    move |steps| {
        left = left.checked_sub(steps).ok_or("the regular expression takes too many steps on this text")?;
        Ok(())
    }
}

// The rules of RFC 1123: lower case letters, digits and dashes, at most 63, none of the dashes at an end.
fn dns_label(text: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let label: String = text.chars().map(allowed).skip_while(|c| *c == '-').take(63).collect();
    label.trim_end_matches('-').to_owned()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Returns bytes as base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let part = |i: usize| group.get(i).copied().map_or(0, u32::from);
        let bits = part(0) << 16 | part(1) << 8 | part(2);
        for i in 0..4 {
            let letter = ALPHABET[(bits >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= group.len() { letter as char } else { '=' });
        }
    }
    out
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let letters: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let body = letters.strip_suffix(b"==").or_else(|| letters.strip_suffix(b"=")).unwrap_or(&letters);
    if !letters.len().is_multiple_of(4) || body.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 2);
    let (mut bits, mut count) = (0u32, 0);
    for letter in body {
        let value = ALPHABET.iter().position(|a| a == letter)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    Some(out)
}

fn wrong(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_there_and_back() {
        for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("fooba", "Zm9vYmE=")] {
            assert_eq!(base64(text.as_bytes()), encoded);
            assert_eq!(unbase64(encoded).expect("valid"), text.as_bytes());
        }
        for bad in ["Zg", "Zg=", "Z===", "Zm9v!"] {
            assert_eq!(unbase64(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_name_that_is_known_is_there() {
        let mut env = Environment::new();
        install(&mut env, &Functions::new());
        for name in FILTERS {
            let failed = env.empty_state().apply_filter(name, &[]).map(|_| ()).map_err(|e| e.kind());
            assert_ne!(failed, Err(ErrorKind::UnknownFilter), "{name}");
        }
        for name in TESTS {
            let failed = env.empty_state().perform_test(name, &[]).map(|_| ()).map_err(|e| e.kind());
            assert_ne!(failed, Err(ErrorKind::UnknownTest), "{name}");
        }
    }

    #[test]
    fn labels_follow_rfc_1123() {
        assert_eq!(dns_label("My.App_1-"), "my-app-1");
        assert_eq!(dns_label(&"x".repeat(80)).len(), 63);
    }
}
