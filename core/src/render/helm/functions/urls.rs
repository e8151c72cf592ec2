//! Sprig's functions on URLs.

use gotemplate::{Fault, Functions, Map, Signature, Type, Value};

use super::cost;
use super::kind::{NIL_DEREFERENCE, kind, map, text};
use crate::go::url::{Url, User};

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    functions.add("urlParse", Signature::new([Type::String], Type::Map), |state, args| {
        cost::characters(state, text(&args[0]))?;
        let url = Url::parse(text(&args[0])).map_err(|error| Fault::new(format!("unable to parse url: {error}")))?;
        Ok::<_, Fault>(parts(&url))
    });
    functions.add("urlJoin", Signature::new([Type::Map], Type::String), |_, args| join(&map(&args[0])));
}

fn parts(url: &Url) -> Map {
    let parts = [
        ("scheme", url.scheme.clone()),
        ("host", url.host.clone()),
        ("hostname", url.hostname().to_vec()),
        ("path", url.path.clone()),
        ("query", url.query.clone()),
        ("opaque", url.opaque.clone()),
        ("fragment", url.fragment.clone()),
        ("userinfo", url.user.as_ref().map(User::to_text).unwrap_or_default()),
    ];
    parts.into_iter().map(|(name, part)| (name, Value::Str(part.into()))).collect()
}

fn join(dict: &Map) -> Result<Value, Fault> {
    let part = |key| part(dict, key);
    let mut url = Url {
        scheme: part("scheme")?,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        user: None,
    };
    let user = part("userinfo")?;
    if !user.is_empty() {
        let carrier = [b"proto://", user.as_slice(), b"@host"].concat();
        let parsed = Url::parse(&carrier);
        url.user = parsed.map_err(|error| Fault::new(format!("unable to parse userinfo in dict: {error}")))?.user;
    }
    Ok(Value::Str(url.to_text().into()))
}

/// Returns the text under a key, which may be absent but nothing else.
fn part(dict: &Map, key: &str) -> Result<Vec<u8>, Fault> {
    match dict.get(key) {
        None => Ok(Vec::new()),
        Some(Value::Nil) => Err(Fault::from(NIL_DEREFERENCE)),
        Some(Value::Str(text)) => Ok(text.to_vec()),
        Some(Value::Object(object)) if matches!(object.underlying(), Some(Value::Str(_))) => {
            Ok(object.underlying().map(|value| text(&value).to_vec()).unwrap_or_default())
        }
        Some(value) => {
            let found = kind(&value);
            Err(Fault::new(format!("unable to parse {key} key, must be of type string, but {found} found")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn urls_are_taken_apart_and_joined() {
        check(&[
            (
                r#"{{ urlParse "HTTP://u:p@h:80/a%20b?q#f" }}"#,
                "map[fragment:f host:h:80 hostname:h opaque: path:/a b query:q scheme:http userinfo:u:p]",
            ),
            (r#"{{ urlJoin (dict "scheme" "http" "host" "h" "path" "a b" "userinfo" "u:p") }}"#, "http://u:p@h/a%20b"),
            (r#"{{ urlJoin (dict "path" "a:b") }}"#, "./a:b"),
        ]);
    }

    #[test]
    fn what_is_no_url_is_refused() {
        check(&[
            (r#"{{ urlParse "://bad" }}"#, r#"! unable to parse url: parse "://bad": missing protocol scheme"#),
            (
                r#"{{ urlJoin (dict "scheme" 5) }}"#,
                "! unable to parse scheme key, must be of type string, but int found",
            ),
            (
                r#"{{ urlJoin (dict "userinfo" "a b") }}"#,
                r#"! unable to parse userinfo in dict: parse "proto://a b@host": net/url: invalid userinfo"#,
            ),
        ]);
    }
}
