//! What Helm reads of a manifest: `apiVersion`, `kind`, name and annotations, or why Go's decoder refuses the document.
//!
//! Facts: `SimpleHead` of <https://github.com/helm/helm/blob/main/pkg/release/v1/util/manifest.go>, and the rules by
//! which `sigs.k8s.io/yaml` decodes into it: keys match whatever their case, numbers and booleans become texts.

use std::collections::BTreeMap;

use ecow::EcoString;

use crate::source::{FileId, Limits};
use crate::yaml::{Node, ScalarKind, Skimmed, decode_input, go_float32, skim, unmarshal_node};

/// The head of a manifest; what is not there is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// `apiVersion`.
    pub api_version: EcoString,
    /// `kind`.
    pub kind: EcoString,
    /// `metadata.name`.
    pub name: EcoString,
    /// `metadata.annotations`.
    pub annotations: BTreeMap<EcoString, EcoString>,
}

/// Why a document is none that Go could read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// Go's message.
    pub(super) message: String,
    /// The byte of the document where it is wrong.
    pub(super) at: usize,
}

impl Head {
    /// Reads the head of a document.
    ///
    /// # Errors
    /// When Go could not read the document, in its words.
    pub(super) fn read(document: &[u8], limits: &Limits) -> Result<Head, Refused> {
        let text = decode_input(document)
            .map_err(|error| Refused { message: format!("error converting YAML to JSON: {error}"), at: 0 })?;
        if let Some(head) = Head::skim(&text, limits) {
            return Ok(head);
        }
        match unmarshal_node(&text, FileId::NONE, limits)
            .map_err(|error| Refused { message: error.message, at: error.at })?
        {
            Some(node) => {
                Head::decode(&node).map_err(|refused| Refused { message: decoding(&refused.message), at: refused.at })
            }
            None => Ok(Head::default()),
        }
    }

    /// The fast way, for documents that hold nothing odd.
    fn skim(text: &str, limits: &Limits) -> Option<Head> {
        let mut head = Head::default();
        let mut odd = false;
        let sure = skim(text, limits, &mut |path, value| {
            let field = match path {
                ["apiVersion"] => &mut head.api_version,
                ["kind"] => &mut head.kind,
                ["metadata", "name"] => &mut head.name,
                // A second map takes the place of the first.
                ["metadata"] if value == Skimmed::Map => {
                    head.name.clear();
                    return head.annotations.clear();
                }
                ["metadata", "annotations"] if value == Skimmed::Map => return head.annotations.clear(),
                ["metadata", "annotations", key] => head.annotations.entry(EcoString::from(*key)).or_default(),
                ["metadata"] | ["metadata", "annotations"] => return odd = true,
                [key] => return odd |= matches_any(key, &["apiVersion", "kind", "metadata"]),
                ["metadata", key] => return odd |= matches_any(key, &["name", "annotations"]),
                _ => return,
            };
            match value {
                Skimmed::Text(text) => *field = text.into(),
                Skimmed::Map | Skimmed::Other => odd = true,
            }
        });
        (sure && !odd).then_some(head)
    }

    /// The exact way: fields in the order of the JSON between YAML and Go's structs.
    fn decode(node: &Node) -> Result<Head, Refused> {
        let mut head = Head::default();
        for (key, value) in fields(node, "value of type util.SimpleHead")? {
            if key.eq_ignore_ascii_case("apiVersion") {
                text(value, ".apiVersion", &mut head.api_version)?;
            } else if key.eq_ignore_ascii_case("kind") {
                text(value, ".kind", &mut head.kind)?;
            } else if key.eq_ignore_ascii_case("metadata") {
                head.decode_metadata(value)?;
            }
        }
        Ok(head)
    }

    fn decode_metadata(&mut self, node: &Node) -> Result<(), Refused> {
        if kind(node) == "null" {
            self.name.clear();
            self.annotations.clear();
        }
        for (key, value) in fields(node, &format!("struct field .metadata of type {METADATA}"))? {
            if key.eq_ignore_ascii_case("name") {
                text(value, ".metadata.name", &mut self.name)?;
            } else if key.eq_ignore_ascii_case("annotations") {
                self.decode_annotations(value)?;
            }
        }
        Ok(())
    }

    fn decode_annotations(&mut self, node: &Node) -> Result<(), Refused> {
        if kind(node) == "null" {
            self.annotations.clear();
        }
        for (key, value) in fields(node, "struct field .metadata.annotations of type map[string]string")? {
            let mut annotation = EcoString::new();
            // Go's decoder names the place by a JSON pointer with dots for slashes.
            let place = format!(".metadata.annotations.{}", key.replace('~', "~0").replace('/', "~1"));
            text(value, &place, &mut annotation)?;
            self.annotations.insert(key.into(), annotation);
        }
        Ok(())
    }
}

const METADATA: &str =
    r#"struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#;

/// Whether a key may be another spelling of one of the fields. Go also takes a few letters beyond ASCII for those within.
fn matches_any(key: &str, fields: &[&str]) -> bool {
    !key.is_ascii() || fields.iter().any(|field| key.eq_ignore_ascii_case(field))
}

/// Returns the entries of a map, sorted by key as JSON has them; none of null.
fn fields<'n>(node: &'n Node, what: &str) -> Result<Vec<(&'n str, &'n Node)>, Refused> {
    let Some(entries) = node.as_map() else {
        return if kind(node) == "null" { Ok(Vec::new()) } else { Err(cannot(node, what)) };
    };
    let mut fields: Vec<_> = entries.iter().filter_map(|(key, value)| Some((key.as_str()?, value))).collect();
    fields.sort_by_key(|(key, _)| *key);
    Ok(fields)
}

/// Decodes a value into a text; null leaves it as it is.
fn text(node: &Node, place: &str, into: &mut EcoString) -> Result<(), Refused> {
    let Some(scalar) = node.as_scalar() else {
        return Err(cannot(node, &format!("struct field {place} of type string")));
    };
    match scalar.kind {
        ScalarKind::Null => {}
        // Go has read a float64 and writes it with the digits of a float32.
        ScalarKind::Float => {
            let value = scalar.text.parse().unwrap_or_default();
            *into = go_float32(value).into();
        }
        _ => *into = scalar.text.clone(),
    }
    Ok(())
}

fn decoding(message: &str) -> String {
    format!("error unmarshaling JSON: while decoding JSON: {message}")
}

fn cannot(node: &Node, what: &str) -> Refused {
    Refused { message: format!("json: cannot unmarshal {} into Go {what}", kind(node)), at: node.span.start as usize }
}

/// Returns what JSON calls a value.
fn kind(node: &Node) -> &'static str {
    match node.as_scalar().map(|scalar| scalar.kind) {
        None if node.as_map().is_some() => "object",
        None => "array",
        Some(ScalarKind::Null) => "null",
        Some(ScalarKind::Bool) => "bool",
        Some(ScalarKind::Int | ScalarKind::Float) => "number",
        Some(ScalarKind::Str | ScalarKind::Unresolved) => "string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Head, String> {
        Head::read(text.as_bytes(), &Limits::default()).map_err(|refused| refused.message)
    }

    #[track_caller]
    fn check(text: &str, api_version: &str, kind: &str, name: &str, annotations: &[(&str, &str)]) {
        let head = read(text).expect("a head");
        let annotations: BTreeMap<_, _> = annotations.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let want = Head { api_version: api_version.into(), kind: kind.into(), name: name.into(), annotations };
        assert_eq!(head, want, "{text}");
    }

    #[test]
    fn heads_are_read_as_go_decodes_them() {
        check("kind: A\napiVersion: v1\nmetadata:\n  name: x\n  annotations: {a: b}\n", "v1", "A", "x", &[("a", "b")]);
        check("# nothing", "", "", "", &[]);
        check("~", "", "", "", &[]);
        check("KIND: A\nMetadata: {NAME: x}\n", "", "A", "x", &[]);
        check("KIND: A\nkind: B\n", "", "B", "", &[]);
        check(
            "kind: 1.50\nmetadata:\n  name: 0x10\n  annotations: {a: 1e6, b: yes, c: null, d: '5'}\n",
            "",
            "1.5",
            "16",
            &[("a", "1e+06"), ("b", "true"), ("c", ""), ("d", "5")],
        );
        check("metadata: {name: x, annotations: {a: b}}\nmetadata: {name: z}\n", "", "", "z", &[]);
        check("metadata: {name: &n x}\nkind: *n\n", "", "x", "x", &[]);
        check("metadata:\nkind: A", "", "A", "", &[]);
    }

    // What Helm 4 prints behind `YAML parse error on …: `.
    const REFUSED: &[(&str, &str)] = &[
        ("a: b: c", "error converting YAML to JSON: yaml: mapping values are not allowed in this context"),
        ("a: .inf", "error converting YAML to JSON: json: unsupported value: +Inf"),
        (
            "metadata: foo",
            r#"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go struct field .metadata of type struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#,
        ),
        (
            "metadata: {annotations: {foo: {a: b}, goo: [a]}, name: [a]}",
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal object into Go struct field .metadata.annotations.foo of type string",
        ),
        (
            "metadata: {annotations: {helm.sh/hook: [a]}}",
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go struct field .metadata.annotations.helm.sh~1hook of type string",
        ),
        (
            "kind: [a]\napiVersion: {a: b}",
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal object into Go struct field .apiVersion of type string",
        ),
        (
            "5",
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal number into Go value of type util.SimpleHead",
        ),
    ];

    #[test]
    fn what_go_refuses_is_refused_in_its_words() {
        for (text, message) in REFUSED {
            assert_eq!(read(text), Err((*message).to_owned()), "{text}");
        }
        assert_eq!(
            Head::read(b"a: \xff", &Limits::default()).map_err(|refused| refused.message),
            Err("error converting YAML to JSON: yaml: invalid leading UTF-8 octet".to_owned())
        );
    }

    #[test]
    fn what_is_refused_has_its_place() {
        let at = |text: &str| Head::read(text.as_bytes(), &Limits::default()).map_err(|refused| refused.at);
        assert_eq!(at("kind: A\nmetadata:\n  name: [a]\n"), Err(26));
        assert_eq!(at("a: 1\nb: c: d\n"), Err(9));
    }
}
