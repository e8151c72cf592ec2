//! `Chart.yaml`, `requirements.yaml` and `Chart.lock` from text to [`Metadata`] and [`Lock`], and Helm's checks of them.
//!
//! Facts: <https://github.com/helm/helm/blob/main/pkg/chart/v2/metadata.go>.

use std::collections::BTreeSet;

use ecow::EcoString;

use super::decode::{DecodeError, Decoder};
use super::{ChartDependency, Lock, Maintainer, Metadata};
use crate::package::loose_version;
use crate::yaml::Node;

/// Metadata as it is decoded: entries of lists may be null, and two files may be decoded over one another.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) metadata: Metadata,
    maintainers: Option<Vec<Option<Maintainer>>>,
    dependencies: Option<Vec<Option<ChartDependency>>>,
}

const FIELDS: [&str; 17] = [
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
];

impl Draft {
    /// Decodes a document over what is there.
    pub(super) fn decode(&mut self, node: &Node) -> Result<(), DecodeError> {
        let mut decoder = Decoder::default();
        let Draft { metadata: m, maintainers, dependencies } = self;
        decoder.object(node, "v2.Metadata", &FIELDS, &mut |d, field, node| match field {
            "name" => d.text(node, &mut m.name),
            "home" => d.text(node, &mut m.home),
            "sources" => d.texts(node, &mut m.sources),
            "version" => d.text(node, &mut m.version),
            "description" => d.text(node, &mut m.description),
            "keywords" => d.texts(node, &mut m.keywords),
            "maintainers" => d.list(node, "[]*v2.Maintainer", maintainers, &mut decode_maintainer),
            "icon" => d.text(node, &mut m.icon),
            "apiVersion" => d.text(node, &mut m.api_version),
            "condition" => d.text(node, &mut m.condition),
            "tags" => d.text(node, &mut m.tags),
            "appVersion" => d.text(node, &mut m.app_version),
            "deprecated" => d.flag(node, &mut m.deprecated),
            "annotations" => d.text_map(node, &mut m.annotations),
            "kubeVersion" => d.text(node, &mut m.kube_version),
            "dependencies" => d.list(node, "[]*v2.Dependency", dependencies, &mut decode_dependency),
            _ => d.text(node, &mut m.kind),
        });
        decoder.finish()
    }

    /// Checks what was decoded and takes out of its texts what cannot be printed.
    ///
    /// # Errors
    /// With Helm's `validation: …`.
    pub(super) fn finish(self) -> Result<Metadata, String> {
        let Draft { metadata: mut m, maintainers, dependencies } = self;
        for text in [
            &mut m.name,
            &mut m.description,
            &mut m.home,
            &mut m.icon,
            &mut m.condition,
            &mut m.tags,
            &mut m.app_version,
            &mut m.kube_version,
        ] {
            sanitize(text);
        }
        m.sources.iter_mut().chain(&mut m.keywords).flatten().for_each(sanitize);
        check(&m).map_err(|error| format!("validation: {error}"))?;
        m.maintainers = maintainers.map(finish_maintainers).transpose().map_err(|e| format!("validation: {e}"))?;
        m.dependencies = dependencies.map(finish_dependencies).transpose().map_err(|e| format!("validation: {e}"))?;
        Ok(m)
    }
}

/// Decodes the field that tells how to read the rest; the type is the one of Helm that looks at it first.
pub(super) fn decode_api_version(node: &Node) -> Result<EcoString, DecodeError> {
    let mut version = EcoString::new();
    let mut decoder = Decoder::default();
    decoder.object(node, "loader.chartBase", &["apiVersion"], &mut |d, _, node| d.text(node, &mut version));
    decoder.finish().map(|()| version)
}

/// Decodes a lock file; `None` for an empty one.
pub(super) fn decode_lock(node: &Node) -> Result<Option<Lock>, DecodeError> {
    if node.is_null() {
        return Ok(None);
    }
    let mut lock = Lock::default();
    let mut dependencies: Option<Vec<Option<ChartDependency>>> = None;
    let mut decoder = Decoder::default();
    decoder.object(node, "v2.Lock", &["generated", "digest", "dependencies"], &mut |d, field, node| match field {
        "generated" => d.time(node, &mut lock.generated),
        "digest" => d.text(node, &mut lock.digest),
        _ => d.list(node, "[]*v2.Dependency", &mut dependencies, &mut decode_dependency),
    });
    decoder.finish()?;
    lock.dependencies = dependencies.map(|list| list.into_iter().flatten().collect());
    Ok(Some(lock))
}

fn decode_maintainer(d: &mut Decoder, node: &Node, slot: &mut Option<Maintainer>) {
    if node.is_null() {
        *slot = None;
        return;
    }
    let maintainer = slot.get_or_insert_default();
    d.object(node, "v2.Maintainer", &["name", "email", "url"], &mut |d, field, node| match field {
        "name" => d.text(node, &mut maintainer.name),
        "email" => d.text(node, &mut maintainer.email),
        _ => d.text(node, &mut maintainer.url),
    });
}

const DEPENDENCY_FIELDS: [&str; 8] =
    ["name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"];

fn decode_dependency(d: &mut Decoder, node: &Node, slot: &mut Option<ChartDependency>) {
    if node.is_null() {
        *slot = None;
        return;
    }
    let dependency = slot.get_or_insert_default();
    d.object(node, "v2.Dependency", &DEPENDENCY_FIELDS, &mut |d, field, node| match field {
        "name" => d.text(node, &mut dependency.name),
        "version" => d.text(node, &mut dependency.version),
        "repository" => d.text(node, &mut dependency.repository),
        "condition" => d.text(node, &mut dependency.condition),
        "tags" => d.texts(node, &mut dependency.tags),
        "enabled" => d.flag(node, &mut dependency.enabled),
        "import-values" => d.anything(node, &mut dependency.import_values),
        _ => d.text(node, &mut dependency.alias),
    });
}

fn check(m: &Metadata) -> Result<(), String> {
    let quoted = |text: &str| gotemplate::fmt::quote(text.as_bytes());
    if m.api_version.is_empty() {
        return Err("chart.metadata.apiVersion is required".to_owned());
    }
    if m.name.is_empty() {
        return Err("chart.metadata.name is required".to_owned());
    }
    if m.name == "." || m.name == ".." {
        return Err(format!("chart.metadata.name {} is not allowed", quoted(&m.name)));
    }
    // The last element of a path is the whole of it only where there is no slash; `/` alone is its own.
    if m.name.contains('/') && m.name != "/" {
        return Err(format!("chart.metadata.name {} is invalid", quoted(&m.name)));
    }
    if m.version.is_empty() {
        return Err("chart.metadata.version is required".to_owned());
    }
    if loose_version(&m.version).is_none() {
        return Err(format!("chart.metadata.version {} is invalid", quoted(&m.version)));
    }
    if !matches!(m.kind.as_str(), "" | "application" | "library") {
        return Err("chart.metadata.type must be application or library".to_owned());
    }
    Ok(())
}

fn finish_maintainers(list: Vec<Option<Maintainer>>) -> Result<Vec<Maintainer>, String> {
    let finish = |maintainer: Option<Maintainer>| {
        let mut m = maintainer.ok_or("maintainers must not contain empty or null nodes")?;
        [&mut m.name, &mut m.email, &mut m.url].into_iter().for_each(sanitize);
        Ok(m)
    };
    list.into_iter().map(finish).collect()
}

fn finish_dependencies(list: Vec<Option<ChartDependency>>) -> Result<Vec<ChartDependency>, String> {
    let mut seen = BTreeSet::new();
    let mut done = Vec::with_capacity(list.len());
    for dependency in list {
        let mut d = dependency.ok_or("dependencies must not contain empty or null nodes")?;
        [&mut d.name, &mut d.version, &mut d.repository, &mut d.condition].into_iter().for_each(sanitize);
        d.tags.iter_mut().flatten().for_each(sanitize);
        if !d.alias.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
            let name = gotemplate::fmt::quote(d.name.as_bytes());
            return Err(format!("dependency {name} has disallowed characters in the alias"));
        }
        let key = if d.alias.is_empty() { d.name.clone() } else { d.alias.clone() };
        if !seen.insert(key.clone()) {
            let key = gotemplate::fmt::quote(key.as_bytes());
            return Err(format!("more than one dependency with name or alias {key}"));
        }
        done.push(d);
    }
    Ok(done)
}

/// Makes every kind of blank a space and drops what cannot be printed.
fn sanitize(text: &mut EcoString) {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return;
    }
    let kept = text.chars().filter_map(|c| match c {
        c if is_go_space(c) => Some(' '),
        c => gotemplate::fmt::is_print(c).then_some(c),
    });
    *text = kept.collect();
}

/// Go's `unicode.IsSpace`.
fn is_go_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Limits};
    use crate::yaml::unmarshal_node;

    fn check(text: &str) -> Result<Metadata, String> {
        let node = unmarshal_node(text, FileId::NONE, &Limits::default()).map_err(|error| error.message)?;
        let mut draft = Draft::default();
        if let Some(node) = node {
            draft.decode(&node).map_err(|error| error.message)?;
        }
        draft.finish()
    }

    const HEAD: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";

    // Each line was seen with the helm program.
    #[test]
    fn what_is_wrong_is_said_in_the_words_of_helm() {
        let decoding = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ";
        let cases = [
            ("name: [1]", "array into Go struct field .name of type string"),
            ("[1]", "array into Go value of type v2.Metadata"),
            ("keywords: a", "string into Go struct field .keywords of type []string"),
            ("keywords: [[1]]", "array into .keywords.0 of type string"),
            ("maintainers: [a]", "string into .maintainers.0 of type v2.Maintainer"),
            ("maintainers: {}", "object into Go struct field .maintainers of type []*v2.Maintainer"),
            ("maintainers: [{name: [1]}]", "array into Go struct field .maintainers.0.name of type string"),
            ("deprecated: 1", "number into Go struct field .deprecated of type bool"),
            ("annotations: {a: [1]}", "array into Go struct field .annotations.a of type string"),
            ("annotations: [1]", "array into Go struct field .annotations of type map[string]string"),
            ("appVersion: a\nappversion: [b]", "array into Go struct field .appversion of type string"),
            ("version: [1]\nname: [1]", "array into Go struct field .name of type string"),
            (
                "dependencies: [{import-values: x}]",
                "string into Go struct field .dependencies.0.import-values of type []interface {}",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(check(text).map(|_| ()), Err(format!("{decoding}{expected}")), "{text}");
        }
        let cases = [
            ("", "apiVersion is required"),
            ("apiVersion: v1", "name is required"),
            ("apiVersion: v1\nname: .", "name \".\" is not allowed"),
            ("apiVersion: v1\nname: ..", "name \"..\" is not allowed"),
            ("apiVersion: v1\nname: a/../b", "name \"a/../b\" is invalid"),
            ("apiVersion: v1\nname: a", "version is required"),
            ("apiVersion: v1\nname: a\nversion: x", "version \"x\" is invalid"),
        ];
        for (text, expected) in cases {
            assert_eq!(check(text).map(|_| ()), Err(format!("validation: chart.metadata.{expected}")), "{text}");
        }
        let cases = [
            ("type: foo", "chart.metadata.type must be application or library"),
            ("maintainers: [null]", "maintainers must not contain empty or null nodes"),
            ("dependencies: [null]", "dependencies must not contain empty or null nodes"),
            ("dependencies: [{name: a, alias: a/b}]", "dependency \"a\" has disallowed characters in the alias"),
            ("dependencies: [{name: a}, {name: b, alias: a}]", "more than one dependency with name or alias \"a\""),
        ];
        for (text, expected) in cases {
            assert_eq!(check(&format!("{HEAD}{text}")).map(|_| ()), Err(format!("validation: {expected}")), "{text}");
        }
    }

    #[test]
    fn scalars_become_texts_as_go_makes_them() {
        let text =
            "keywords: [1, 2.50, true, null, yes, 1e6, 0x10, 123456789012345678901]\nannotations: {a: 1.10, c: null}\n";
        let found = check(&format!("{HEAD}{text}")).expect("fine");
        let expected = ["1", "2.5", "true", "", "true", "1e+06", "16", "1.2345679e+20"];
        assert_eq!(found.keywords.expect("there"), expected);
        assert_eq!(found.annotations.expect("there"), [("a".into(), "1.1".into()), ("c".into(), "".into())]);
    }

    #[test]
    fn case_of_keys_does_not_count_and_the_last_in_order_wins() {
        assert_eq!(check(&format!("{HEAD}appVersion: a\nappversion: b")).expect("fine").app_version, "b");
        assert_eq!(check(&format!("{HEAD}appVersion: a\nAPPVERSION: b")).expect("fine").app_version, "a");
    }

    #[test]
    fn texts_lose_what_cannot_be_printed() {
        let found = check("apiVersion: v1\nversion: 1.0.0\nname: \"\\u00a0\\u200bx\\ty\"\n").expect("fine");
        assert_eq!(found.name, " x y");
    }
}
