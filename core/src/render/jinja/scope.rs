//! The variables that every template has.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value as Mini};

use super::convert::{self, Link, tracked};
use super::functions::base64;
use super::further::Gap;
use super::run::{Handle, Run};
use super::source::Names;
use super::splice::SetAt;
use crate::value::{Map, Value};

/// What templates see.
pub(in crate::render) struct Scope<'a> {
    pub(in crate::render) values: &'a Value,
    /// Where a value was set.
    pub(in crate::render) set_at: SetAt<'a>,
    pub(in crate::render) release: Value,
    pub(in crate::render) package: Value,
    pub(in crate::render) kube_version: &'a str,
    /// Whether the cluster has an API, `apps/v1` or `apps/v1/Deployment`.
    pub(in crate::render) has: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    pub(in crate::render) files: Arc<BTreeMap<String, Arc<[u8]>>>,
    pub(in crate::render) trace: bool,
}

/// The variables as minijinja asks for them.
#[derive(Debug)]
pub(super) struct Context {
    values: Mini,
    release: Mini,
    package: Mini,
    kube: Mini,
    files: Mini,
    run: Mini,
    run_name: String,
    gap_name: String,
}

impl Context {
    pub(super) fn new(scope: &Scope<'_>, run: &Arc<Run>, names: &Names) -> Context {
        let object = |value: &Value, root| tracked(value, &Link::root(), root, &run.misses);
        Context {
            values: object(scope.values, "values"),
            release: object(&scope.release, "release"),
            package: object(&scope.package, "package"),
            kube: Mini::from_object(Kube { version: scope.kube_version.to_owned(), has: scope.has.clone() }),
            files: Mini::from_object(Files(scope.files.clone())),
            run: Mini::from_object(Handle(run.clone())),
            run_name: names.run.clone(),
            gap_name: names.gap.clone(),
        }
    }
}

impl Object for Context {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Mini) -> Option<Mini> {
        match key.as_str()? {
            "values" => Some(self.values.clone()),
            "release" => Some(self.release.clone()),
            "package" => Some(self.package.clone()),
            "kube" => Some(self.kube.clone()),
            "files" => Some(self.files.clone()),
            name if name == self.run_name => Some(self.run.clone()),
            name if name == self.gap_name => Some(Mini::from_object(Gap)),
            _ => None,
        }
    }
}

struct Kube {
    version: String,
    has: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl std::fmt::Debug for Kube {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "kube {}", self.version)
    }
}

impl Object for Kube {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Mini) -> Option<Mini> {
        (key.as_str()? == "version").then(|| Mini::from(self.version.as_str()))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Mini]) -> Result<Mini, Error> {
        match (method, args) {
            ("has", [api]) => {
                let text =
                    api.as_str().ok_or_else(|| wrong("`kube.has` takes a text such as \"apps/v1/Deployment\""))?;
                Ok(Mini::from((self.has)(text)))
            }
            ("has", _) => Err(wrong("`kube.has` takes one text such as \"apps/v1/Deployment\"")),
            _ => Err(wrong(format!("`kube` has no function `{method}`; it has `has` and `version`"))),
        }
    }
}

#[derive(Debug)]
struct Files(Arc<BTreeMap<String, Arc<[u8]>>>);

impl Files {
    fn text(&self, name: &str) -> Result<&str, Error> {
        let Some(bytes) = self.0.get(name) else {
            let near = crate::diag::nearest(name, self.0.keys().map(String::as_str));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(wrong(format!("the package has no file `files/{name}`{hint}")));
        };
        std::str::from_utf8(bytes).map_err(|_| wrong(format!("`files/{name}` is not UTF-8; use `files.base64`")))
    }
}

impl Object for Files {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Mini]) -> Result<Mini, Error> {
        let [name] = args else { return Err(wrong(format!("`files.{method}` takes one text"))) };
        let name = name.as_str().ok_or_else(|| wrong(format!("`files.{method}` takes a text")))?;
        match method {
            "get" => Ok(Mini::from(self.text(name)?)),
            "has" => Ok(Mini::from(self.0.contains_key(name))),
            "lines" => Ok(self.text(name)?.lines().map(Mini::from).collect()),
            "base64" => {
                let bytes = self.0.get(name);
                bytes.map_or_else(|| self.text(name).map(Mini::from), |bytes| Ok(Mini::from(base64(bytes))))
            }
            "glob" => {
                let names = self.0.keys().filter(|path| matches_glob(name.as_bytes(), path.as_bytes()));
                let pair = |path: &String| Ok((path.clone(), Value::from(self.text(path)?)));
                let map = names.map(pair).collect::<Result<Map, Error>>()?;
                Ok(convert::plain(&Value::from(map)))
            }
            _ => Err(wrong(format!("`files` has no function `{method}`; it has get, has, lines, glob and base64"))),
        }
    }
}

// `*` and `?` stay in a folder, `**` does not. The two places to go back to keep it linear in both lengths together.
fn matches_glob(pattern: &[u8], path: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    let mut stars: Option<(usize, usize)> = None;
    loop {
        let rest = &pattern[p..];
        if rest.starts_with(b"**") {
            p += if rest.starts_with(b"**/") { 3 } else { 2 };
            (stars, star) = (Some((p, t)), None);
        } else if rest.first() == Some(&b'*') {
            p += 1;
            star = Some((p, t));
        } else if p == pattern.len() && t == path.len() {
            return true;
        } else if t < path.len() && rest.first().is_some_and(|c| *c == path[t] || (*c == b'?' && path[t] != b'/')) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((from, at)) = star.filter(|(_, at)| *at < path.len() && path[*at] != b'/') {
            (p, t, star) = (from, at + 1, Some((from, at + 1)));
        } else if let Some((from, at)) = stars.filter(|(_, at)| *at < path.len()) {
            (p, t, star, stars) = (from, at + 1, None, Some((from, at + 1)));
        } else {
            return false;
        }
    }
}

fn wrong(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}
