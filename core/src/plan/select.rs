//! Which objects and fields a rule is about.

use std::fmt;

use ecow::EcoString;

use crate::diff::{FieldPath, FieldStep};
use crate::object::ObjectKey;

/// Objects, written `[NAMESPACE/]KIND[.GROUP]/NAME`; `*` stands for any.
///
/// ```
/// use rhumb::plan::Selector;
/// assert!(Selector::parse("shop/Deployment.apps/web").is_ok());
/// assert!(Selector::parse("*/web").is_ok());
/// assert!(Selector::parse("web").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector {
    /// The namespace; `None` for any.
    pub namespace: Option<EcoString>,
    /// The kind; `None` for any.
    pub kind: Option<EcoString>,
    /// The group; `None` for any.
    pub group: Option<EcoString>,
    /// The name; `None` for any.
    pub name: Option<EcoString>,
}

impl Selector {
    /// Selects everything.
    pub const ALL: Selector = Selector { namespace: None, kind: None, group: None, name: None };

    /// Reads a selector.
    ///
    /// # Errors
    /// With the reason, for a message.
    pub fn parse(text: &str) -> Result<Selector, String> {
        let parts: Vec<&str> = text.split('/').map(str::trim).collect();
        let (namespace, kind, name) = match parts[..] {
            [kind, name] => ("*", kind, name),
            [namespace, kind, name] => (namespace, kind, name),
            _ => return Err(format!("`{text}` is no object: write `KIND/NAME` or `NAMESPACE/KIND/NAME`")),
        };
        if [namespace, kind, name].contains(&"") {
            return Err(format!("`{text}` is no object: a part of it is empty"));
        }
        let (kind, group) = kind.split_once('.').map_or((kind, "*"), |(kind, group)| (kind, group));
        let part = |text: &str| (text != "*").then(|| EcoString::from(text));
        Ok(Selector { namespace: part(namespace), kind: part(kind), group: part(group), name: part(name) })
    }

    /// Whether it selects an object. Kinds are compared without regard to case.
    pub fn matches(&self, key: &ObjectKey) -> bool {
        let is = |want: &Option<EcoString>, have: &EcoString| want.as_ref().is_none_or(|want| want == have);
        is(&self.namespace, &key.namespace)
            && self.kind.as_ref().is_none_or(|kind| kind.eq_ignore_ascii_case(&key.kind))
            && is(&self.group, &key.group)
            && is(&self.name, &key.name)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |part: &Option<EcoString>| part.clone().unwrap_or_else(|| "*".into());
        if self.namespace.is_some() {
            write!(f, "{}/", part(&self.namespace))?;
        }
        f.write_str(&part(&self.kind))?;
        if let Some(group) = &self.group {
            write!(f, ".{group}")?;
        }
        write!(f, "/{}", part(&self.name))
    }
}

/// Fields: a path as differences show it, `spec.template.spec.containers[name=web].image`, in which `*` stands for any
/// key and `[*]` for any item. It covers all that lies below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPattern {
    text: EcoString,
    steps: Vec<PatternStep>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PatternStep {
    AnyKey,
    AnyItem,
    Exactly(FieldStep),
}

impl FieldPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// With the reason, for a message.
    pub fn parse(text: &str) -> Result<FieldPattern, String> {
        let mut steps = Vec::new();
        let mut rest = text.trim().strip_prefix('.').unwrap_or(text.trim());
        let wrong = |what: &str| format!("`{text}` is no path of a field: {what}");
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let (step, after) = bracket(inner).ok_or_else(|| wrong("a bracket does not close"))?;
                steps.push(step);
                rest = after;
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                if end == 0 {
                    return Err(wrong("a step is empty"));
                }
                steps.push(match &rest[..end] {
                    "*" => PatternStep::AnyKey,
                    key => PatternStep::Exactly(FieldStep::Key(key.into())),
                });
                rest = &rest[end..];
            }
            if let Some(after) = rest.strip_prefix('.') {
                rest = after;
                if rest.is_empty() {
                    return Err(wrong("it ends with a dot"));
                }
            }
        }
        if steps.is_empty() {
            return Err(wrong("it is empty"));
        }
        Ok(FieldPattern { text: text.trim().into(), steps })
    }

    /// Returns the path that it is, where it names one field alone.
    pub(super) fn exact(self) -> Option<FieldPath> {
        let step = |step| match step {
            PatternStep::Exactly(step) => Some(step),
            PatternStep::AnyKey | PatternStep::AnyItem => None,
        };
        self.steps.into_iter().map(step).collect::<Option<_>>().map(FieldPath::new)
    }

    /// Whether it covers a field.
    pub fn covers(&self, path: &FieldPath) -> bool {
        let steps = path.steps();
        steps.len() >= self.steps.len() && self.steps.iter().zip(steps).all(|(want, have)| want.is(have))
    }
}

impl fmt::Display for FieldPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PatternStep {
    fn is(&self, step: &FieldStep) -> bool {
        match (self, step) {
            (PatternStep::AnyKey, FieldStep::Key(_)) => true,
            (PatternStep::AnyItem, FieldStep::Index(_) | FieldStep::Item(_)) => true,
            (PatternStep::Exactly(FieldStep::Item(want)), FieldStep::Item(have)) => {
                want.iter().all(|pair| have.contains(pair))
            }
            (PatternStep::Exactly(want), have) => want == have,
            _ => false,
        }
    }
}

// What stands in brackets, and what follows them: `"key"]`, `*]`, `3]`, `name=web,protocol="TCP"]`.
fn bracket(text: &str) -> Option<(PatternStep, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (key, after) = quoted.split_once("\"]")?;
        return Some((PatternStep::Exactly(FieldStep::Key(key.into())), after));
    }
    let (inner, after) = close(text)?;
    let step = match inner {
        "*" => PatternStep::AnyItem,
        inner => match inner.parse() {
            Ok(index) => PatternStep::Exactly(FieldStep::Index(index)),
            Err(_) => PatternStep::Exactly(FieldStep::Item(pairs(inner)?)),
        },
    };
    Some((step, after))
}

/// Splits at the bracket that closes, past any that stand in double quotes.
pub(super) fn close(text: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

/// Reads `name=web,protocol="TCP"`; a text in quotes is JSON.
pub(super) fn pairs(text: &str) -> Option<Vec<(EcoString, EcoString)>> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let value;
        if after.starts_with('"') {
            let mut stream = serde_json::Deserializer::from_str(after).into_iter::<String>();
            value = EcoString::from(stream.next()?.ok()?);
            rest = &after[stream.byte_offset()..];
        } else {
            let end = after.find(',').unwrap_or(after.len());
            value = EcoString::from(&after[..end]);
            rest = &after[end..];
        }
        pairs.push((EcoString::from(key.trim()), value));
        rest = match rest.strip_prefix(',') {
            Some(after) => after,
            None if rest.is_empty() => rest,
            None => return None,
        };
    }
    (!pairs.is_empty()).then_some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::path;

    #[test]
    fn objects_are_selected_by_each_part() {
        let key =
            ObjectKey { group: "apps".into(), kind: "Deployment".into(), namespace: "a".into(), name: "x".into() };
        for text in ["Deployment/x", "deployment/x", "a/Deployment/x", "Deployment.apps/x", "*/x", "Deployment/*"] {
            assert!(Selector::parse(text).expect(text).matches(&key), "{text}");
        }
        for text in ["Service/x", "b/Deployment/x", "Deployment.batch/x", "Deployment/y"] {
            assert!(!Selector::parse(text).expect(text).matches(&key), "{text}");
        }
        for text in ["x", "a/b/c/d", "/x", "Deployment/"] {
            assert!(Selector::parse(text).is_err(), "{text}");
        }
        assert_eq!(Selector::parse("a/Deployment.apps/*").expect("one").to_string(), "a/Deployment.apps/*");
    }

    #[test]
    fn patterns_cover_what_is_below() {
        let covers = |pattern: &str, field: &str| FieldPattern::parse(pattern).expect(pattern).covers(&path(field));
        assert!(covers("spec.replicas", "spec.replicas"));
        assert!(covers(".spec", "spec.replicas"));
        assert!(covers("spec.containers[*].image", "spec.containers[name=a].image"));
        assert!(covers("spec.containers[name=a]", "spec.containers[name=a].image"));
        assert!(covers("spec.ports[containerPort=80]", "spec.ports[containerPort=80,protocol=TCP]"));
        assert!(covers("spec.*.x", "spec.a.x"));
        assert!(!covers("spec.containers[name=b]", "spec.containers[name=a].image"));
        assert!(!covers("spec.replicas", "spec"));
        let label = FieldPath::new(vec![FieldStep::Key("labels".into()), FieldStep::Key("a.b/c".into())]);
        assert!(FieldPattern::parse("labels[\"a.b/c\"]").expect("one").covers(&label));
        for bad in ["", "a..b", "a.", "a[", "a[x=\"]"] {
            assert!(FieldPattern::parse(bad).is_err(), "{bad}");
        }
    }
}
