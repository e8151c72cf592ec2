//! What a patch is aimed at.

use ecow::EcoString;

use crate::diag::{Diagnostic, Diagnostics};
use crate::go::regex::Whole;
use crate::object::Object;
use crate::source::{Limits, Span};
use crate::yaml::Node;

use super::selector::{Selector, SelectorError};

/// A text or a regular expression that must match the whole of a field, as kustomize has it: `^(?:…)$`
/// (<https://github.com/kubernetes-sigs/kustomize/blob/master/api/types/selector.go>).
#[derive(Debug, Clone)]
pub struct Pattern {
    text: EcoString,
    whole: Whole,
}

impl Pattern {
    /// Returns the pattern of a text.
    ///
    /// # Errors
    /// What is wrong with the regular expression, as a message.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let whole = Whole::compile(text, Limits::default().regex_bytes)?;
        Ok(Pattern { text: text.into(), whole })
    }

    /// Returns the text when it stands for itself alone.
    pub fn exact(&self) -> Option<&str> {
        self.whole.literal()
    }

    /// Returns the pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a text matches as a whole.
    pub fn matches(&self, text: &str) -> bool {
        self.whole.matches(text)
    }
}

/// Which objects a patch is for: all that is given must match.
#[derive(Debug, Clone)]
pub struct Target {
    /// The API group; the core group is the empty text.
    pub group: Option<Pattern>,
    /// The version.
    pub version: Option<Pattern>,
    /// The kind.
    pub kind: Option<Pattern>,
    /// The name.
    pub name: Option<Pattern>,
    /// The namespace.
    pub namespace: Option<Pattern>,
    /// What the labels must fulfil.
    pub labels: Option<Selector>,
    /// What the annotations must fulfil.
    pub annotations: Option<Selector>,
    /// Where it was written.
    pub span: Span,
}

const KEYS: [&str; 7] = ["group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"];

impl Target {
    /// Returns the target that a normalized map is.
    ///
    /// # Errors
    /// All that is wrong with it: unknown keys, bad expressions and selectors, an empty map (which would aim at
    /// everything).
    pub fn parse(node: &Node) -> Result<Target, Diagnostics> {
        let mut target = Target {
            group: None,
            version: None,
            kind: None,
            name: None,
            namespace: None,
            labels: None,
            annotations: None,
            span: node.span,
        };
        let mut findings = Diagnostics::new();
        let Some(entries) = node.as_map() else {
            let message = format!("a target is a map, this is a {}", node.kind_name());
            return Err(Diagnostic::error(CODE, message).at(node.span).into());
        };
        if entries.is_empty() {
            let finding = Diagnostic::error(CODE, "the target is empty").at(node.span);
            return Err(finding.help("say which objects the patch is for: `kind: Deployment`").into());
        }
        for (key, value) in entries {
            let name = key.as_str().unwrap_or_default();
            let Some(text) = value.as_str() else {
                if KEYS.contains(&name) {
                    let message = format!("`{name}` of a target is a string, this is a {}", value.kind_name());
                    findings.push(Diagnostic::error(CODE, message).at(value.span));
                } else {
                    findings.push(unknown(name, key.span));
                }
                continue;
            };
            findings.extend(target.set(name, text, key.span, value.span));
        }
        if findings.is_empty() { Ok(target) } else { Err(findings) }
    }

    /// Whether an object matches all that is given. It may be named as it was before it was renamed or moved.
    pub fn matches(&self, object: &Object) -> bool {
        let fits = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|p| p.matches(text));
        let named = |name: &str, namespace: &str| fits(&self.name, name) && fits(&self.namespace, namespace);
        let former = || object.former_names().iter().any(|former| named(&former.name, &former.namespace));
        fits(&self.kind, &object.gvk.kind)
            && fits(&self.group, &object.gvk.group)
            && fits(&self.version, &object.gvk.version)
            && (named(object.name().unwrap_or(""), object.namespace().unwrap_or("")) || former())
            && self.labels.as_ref().is_none_or(|selector| selector.matches(|key| object.label(key)))
            && self.annotations.as_ref().is_none_or(|selector| selector.matches(|key| object.annotation(key)))
    }

    /// Returns the target in a few words for messages.
    pub fn describe(&self) -> String {
        let text = |pattern: &Option<Pattern>| pattern.as_ref().map(|p| p.as_str().to_owned());
        let mut words = match (text(&self.kind), text(&self.name)) {
            (kind, Some(name)) => vec![format!("`{}/{name}`", kind.as_deref().unwrap_or("*"))],
            (Some(kind), None) => vec![format!("kind `{kind}`")],
            (None, None) => Vec::new(),
        };
        let more =
            [("group", text(&self.group)), ("version", text(&self.version)), ("namespace", text(&self.namespace))];
        words.extend(more.into_iter().filter_map(|(word, text)| Some(format!("{word} `{}`", text?))));
        words.extend(self.labels.is_some().then(|| "the label selector".to_owned()));
        words.extend(self.annotations.is_some().then(|| "the annotation selector".to_owned()));
        words.join(" with ")
    }

    fn set(&mut self, name: &str, text: &str, key: Span, value: Span) -> Option<Diagnostic> {
        if let "labelSelector" | "annotationSelector" = name {
            let slot = if name == "labelSelector" { &mut self.labels } else { &mut self.annotations };
            return match Selector::parse(text) {
                Ok(selector) => {
                    *slot = Some(selector);
                    None
                }
                Err(error) => Some(bad_selector(text, &error, value)),
            };
        }
        let slot = match name {
            "group" => &mut self.group,
            "version" => &mut self.version,
            "kind" => &mut self.kind,
            "name" => &mut self.name,
            "namespace" => &mut self.namespace,
            _ => return Some(unknown(name, key)),
        };
        match Pattern::parse(text) {
            Ok(pattern) => {
                *slot = Some(pattern);
                None
            }
            Err(reason) => {
                let finding = Diagnostic::error(CODE, format!("`{text}` is no regular expression")).at(value);
                Some(finding.note(reason))
            }
        }
    }
}

const CODE: &str = "patch-target";

fn unknown(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(CODE, format!("a target has no key `{name}`")).at(span).suggest(name, KEYS)
}

// The text may be quoted or folded in its file, so the place inside it is shown in a note.
fn bad_selector(text: &str, error: &SelectorError, value: Span) -> Diagnostic {
    let (before, after) = text.split_at(error.at.min(text.len()));
    let place = if after.is_empty() { format!("at the end of `{text}`") } else { format!("after `{before}`") };
    let finding = Diagnostic::error("patch-selector", error.message.clone()).at(value);
    finding.note(format!("{place}, character {}", before.chars().count() + 1))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{node, object};
    use super::*;

    #[test]
    fn patterns_match_the_whole_field() {
        let web = object("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {a: b}}\n");
        for (target, wanted) in [
            ("{kind: Deployment}", true),
            ("{kind: Deploy}", false),
            ("{kind: Deploy.*, name: 'web|db'}", true),
            ("{name: we}", false),
            ("{group: apps, version: v1}", true),
            ("{group: ''}", false),
            ("{namespace: ''}", true),
            ("{namespace: prod}", false),
            ("{labelSelector: 'a in (b)'}", true),
            ("{annotationSelector: a}", false),
        ] {
            assert_eq!(Target::parse(&node(target)).expect(target).matches(&web), wanted, "{target}");
        }
    }

    #[test]
    fn all_problems_of_a_target_are_reported() {
        let bad = node("{kimd: x, name: 'a(', labelSelector: 'a=b=c', group: [1]}");
        let findings = Target::parse(&bad).expect_err("four problems");
        let found: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(found, ["patch-target", "patch-target", "patch-selector", "patch-target"]);
        assert_eq!(findings.iter().next().and_then(|f| f.help.as_deref()), Some("did you mean `kind`?"));
        assert!(Target::parse(&node("{}")).is_err());
    }
}
