//! The version that `semver` returns, with the methods that templates call on it.
//!
//! Facts: <https://github.com/Masterminds/semver/blob/v3.5.0/version.go>.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use gotemplate::{Fault, Function, Object, Signature, State, Str, Type, UintKind, Value};
use semver::{BuildMetadata, Prerelease, Version};

use super::kind::{NIL_DEREFERENCE, text};
use crate::package::{VersionError, parse_version};

/// The type of what `semver` returns.
pub(super) const POINTER: &str = "*semver.Version";

/// The type of what the methods return.
const STRUCT: &str = "semver.Version";

/// A version with the text that it was read from.
#[derive(Clone, Debug)]
struct SemVer {
    version: Version,
    original: Str,
    /// It is a pointer, which has more methods.
    pointer: bool,
}

/// Reads a version.
pub(super) fn parse(text: &[u8]) -> Result<Value, Fault> {
    let version = parse_version(&String::from_utf8_lossy(text)).map_err(|error| Fault::new(error.to_string()))?;
    Ok(Value::Object(Arc::new(SemVer { version, original: Str::from(text), pointer: true })))
}

/// Returns a version of zeros.
pub(super) fn zero() -> Value {
    let version = Version::new(0, 0, 0);
    Value::Object(Arc::new(SemVer { version, original: Str::default(), pointer: true }))
}

impl Object for SemVer {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed(if self.pointer { POINTER } else { STRUCT })
    }

    fn fields(&self) -> Vec<(Cow<'_, str>, Value)> {
        let number = |number| Value::Uint(number, UintKind::Uint64);
        vec![
            ("major".into(), number(self.version.major)),
            ("minor".into(), number(self.version.minor)),
            ("patch".into(), number(self.version.patch)),
            ("pre".into(), self.version.pre.as_str().into()),
            ("metadata".into(), self.version.build.as_str().into()),
            ("original".into(), self.original.clone().into()),
        ]
    }

    /// The fields are not exported.
    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(self.version.to_string().into_bytes())
    }

    fn marshal(&self, _: &str) -> Option<Value> {
        Some(Value::from(self.version.to_string()))
    }

    fn method(&self, name: &str) -> Option<Arc<Function>> {
        self.part(name).or_else(|| self.change(name)).or_else(|| self.comparison(name)).map(Arc::new)
    }
}

impl SemVer {
    /// Methods that return a part, or the whole in some form.
    fn part(&self, name: &str) -> Option<Function> {
        let version = &self.version;
        let number = |number| (Type::Uint64, Value::Uint(number, UintKind::Uint64));
        let text = |text: &str| (Type::String, Value::from(text));
        let (result, value) = match name {
            "Major" => number(version.major),
            "Minor" => number(version.minor),
            "Patch" => number(version.patch),
            "Prerelease" => text(&version.pre),
            "Metadata" => text(&version.build),
            "String" => text(&version.to_string()),
            "Value" => (Type::Any, Value::from(version.to_string())),
            "Original" if self.pointer => (Type::String, Value::Str(self.original.clone())),
            "MarshalText" => (Type::Bytes, Value::Bytes(version.to_string().into())),
            "MarshalJSON" => (Type::Bytes, Value::Bytes(format!("\"{version}\"").into())),
            _ => return None,
        };
        Some(Function::new(Signature::new([], result), move |_, _| Ok(value.clone())))
    }

    /// Methods that return another version.
    fn change(&self, name: &str) -> Option<Function> {
        let increment: fn(&mut Version) -> Option<()> = match name {
            "IncMajor" => increment_major,
            "IncMinor" => increment_minor,
            "IncPatch" => increment_patch,
            "SetPrerelease" => return Some(self.setter(set_prerelease)),
            "SetMetadata" => return Some(self.setter(set_metadata)),
            _ => return None,
        };
        let (this, part) = (self.clone(), name["Inc".len()..].to_lowercase());
        Some(Function::new(Signature::new([], Type::Named(STRUCT)), move |_, _| {
            let mut version = this.version.clone();
            let overflow = || Fault::new(format!("{part} version increment would overflow uint64"));
            increment(&mut version).ok_or_else(overflow)?;
            Ok(this.changed(version))
        }))
    }

    fn setter(&self, set: fn(&mut Version, &str) -> Result<(), &'static str>) -> Function {
        let this = self.clone();
        Function::new(Signature::new([Type::String], Type::Named(STRUCT)), move |_: &mut State<'_>, args| {
            let mut version = this.version.clone();
            set(&mut version, &String::from_utf8_lossy(text(&args[0])))?;
            Ok(this.changed(version))
        })
    }

    fn changed(&self, version: Version) -> Value {
        let prefix = if self.original.starts_with(b"v") { "v" } else { "" };
        let original = Str::from(format!("{prefix}{version}"));
        Value::Object(Arc::new(SemVer { version, original, pointer: false }))
    }

    /// Methods that compare with another version. Only pointers have them.
    fn comparison(&self, name: &str) -> Option<Function> {
        let answer: fn(Ordering) -> Value = match name {
            _ if !self.pointer => return None,
            "Compare" => |order| Value::from(order as i32),
            "Equal" => |order| Value::Bool(order.is_eq()),
            "LessThan" => |order| Value::Bool(order.is_lt()),
            "LessThanEqual" => |order| Value::Bool(order.is_le()),
            "GreaterThan" => |order| Value::Bool(order.is_gt()),
            "GreaterThanEqual" => |order| Value::Bool(order.is_ge()),
            _ => return None,
        };
        let (this, equal) = (self.version.clone(), name == "Equal");
        let result = if name == "Compare" { Type::Int } else { Type::Bool };
        Some(Function::new(Signature::new([Type::Named(POINTER)], result), move |_, args| {
            if args[0].is_nil() {
                return if equal { Ok(Value::Bool(false)) } else { Err(Fault::from(NIL_DEREFERENCE)) };
            }
            let other = parse_version(&String::from_utf8_lossy(&args[0].to_text()));
            let other = other.map_err(|error: VersionError| Fault::new(error.to_string()))?;
            Ok(answer(this.cmp_precedence(&other)))
        }))
    }
}

fn increment_major(version: &mut Version) -> Option<()> {
    *version = Version::new(version.major.checked_add(1)?, 0, 0);
    Some(())
}

fn increment_minor(version: &mut Version) -> Option<()> {
    *version = Version::new(version.major, version.minor.checked_add(1)?, 0);
    Some(())
}

/// A prerelease is followed by its release.
fn increment_patch(version: &mut Version) -> Option<()> {
    let by = u64::from(version.pre.is_empty());
    *version = Version::new(version.major, version.minor, version.patch.checked_add(by)?);
    Some(())
}

fn set_prerelease(version: &mut Version, text: &str) -> Result<(), &'static str> {
    let identifiers = || text.split('.');
    let known = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let padded = |part: &str| part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit());
    // Go looks at one identifier after the other.
    let refused = identifiers().find(|part| !text.is_empty() && (!known(part) || padded(part)));
    match refused {
        Some(part) if padded(part) => return Err("version segment starts with 0"),
        Some(_) => return Err("invalid prerelease string"),
        None => {}
    }
    version.pre = Prerelease::new(text).map_err(|_| "invalid prerelease string")?;
    Ok(())
}

fn set_metadata(version: &mut Version, text: &str) -> Result<(), &'static str> {
    version.build = BuildMetadata::new(text).map_err(|_| "invalid metadata string")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &str, expected: &str) {
        let mut functions = gotemplate::Functions::new();
        super::super::semver::add(&mut functions);
        let mut set = gotemplate::Set::new(Arc::new(functions));
        set.parse("t", template).expect("a template");
        let text = match gotemplate::Run::new(&Arc::new(set)).render("t", &Value::Nil) {
            Ok(text) => String::from_utf8(text).expect("UTF-8"),
            Err(error) => error.message,
        };
        assert_eq!(text, expected, "{template}");
    }

    #[test]
    fn a_version_has_the_methods_of_the_library() {
        check(
            r#"{{ $v := semver "v1.2.3-rc.1+b" }}{{ $v }} {{ $v.Original }} {{ $v.Minor }}"#,
            "1.2.3-rc.1+b v1.2.3-rc.1+b 2",
        );
        check(r#"{{ (semver "v1.2.3-rc.1").IncPatch }} {{ (semver "1.2.3").IncMajor }}"#, "1.2.3 2.0.0");
        check(r#"{{ (semver "1.2.3").Compare (semver "1.2.3-a") }}"#, "1");
        check(r#"{{ ((semver "1.2.3").SetPrerelease "a.b").Prerelease }}"#, "a.b");
        check(r#"{{ (semver "1.2.3").SetPrerelease "a.01" }}"#, "version segment starts with 0");
        check(r#"{{ (semver "18446744073709551615.0.0").IncMajor }}"#, "major version increment would overflow uint64");
        check(r#"{{ printf "%T %T" (semver "1") (semver "1").IncMajor }}"#, "*semver.Version semver.Version");
    }

    #[test]
    fn ranges_are_those_of_the_library() {
        check(
            r#"{{ semverCompare ">=1.20-0" "1.31.0-gke.100" }} {{ semverCompare ">=1.20" "1.31.0-gke.100" }}"#,
            "true false",
        );
        check("{{ semverCompare \"b\\x7f\" \"1\" }}", "improper constraint: \"b\\x7f\"");
    }
}
