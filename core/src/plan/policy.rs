//! How conflicts with other managers are settled, and what a plan may take over, recreate and delete.

use ecow::EcoString;

use super::select::{FieldPattern, Selector};
use crate::diag::{Diagnostic, Diagnostics};
use crate::diff::FieldPath;
use crate::object::ObjectKey;
use crate::yaml::Node;

/// The annotation of an object that settles its conflicts: `yield: spec.replicas; mine: spec.template`.
pub const CONFLICTS_ANNOTATION: &str = "rhumb.dev/conflicts";

/// What becomes of a field that another manager owns and that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Settlement {
    /// It is taken over.
    Mine,
    /// It is left to its owner as long as there is one.
    Yield,
    /// It is not looked at once the object exists, whoever owns it: neither applied nor shown.
    Ignore,
}

impl Settlement {
    /// Returns the settlement of a name.
    pub fn parse(name: &str) -> Option<Settlement> {
        Some(match name {
            "mine" => Settlement::Mine,
            "yield" => Settlement::Yield,
            "ignore" => Settlement::Ignore,
            _ => return None,
        })
    }

    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Settlement::Mine => "mine",
            Settlement::Yield => "yield",
            Settlement::Ignore => "ignore",
        }
    }
}

/// One rule of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The objects that it is about; none for all.
    pub objects: Vec<Selector>,
    /// The fields that it is about; none for all.
    pub fields: Vec<FieldPattern>,
    /// The managers that it is about; none for all.
    pub managers: Vec<EcoString>,
    /// What it says.
    pub settle: Settlement,
}

impl Rule {
    fn is_about(&self, key: &ObjectKey, path: &FieldPath, manager: &str) -> bool {
        (self.objects.is_empty() || self.objects.iter().any(|selector| selector.matches(key)))
            && (self.fields.is_empty() || self.fields.iter().any(|pattern| pattern.covers(path)))
            && (self.managers.is_empty() || self.managers.iter().any(|name| name == manager))
    }
}

/// What a plan may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The field manager that applies.
    pub manager: EcoString,
    /// How conflicts are settled; the first rule that fits counts. An annotation of an object goes before all.
    pub rules: Vec<Rule>,
    /// The objects that exist already and are taken into the release.
    pub adopt: Vec<Selector>,
    /// Whether the namespace of the release is not there and is made with it.
    pub create_namespace: bool,
    /// Whether objects whose immutable fields change are deleted and made anew.
    pub recreate: bool,
    /// Whether what is no longer wished for is deleted.
    pub prune: bool,
    /// Whether namespaces are deleted with all that is in them.
    pub prune_namespaces: bool,
    /// Whether CustomResourceDefinitions are deleted with all their objects.
    pub prune_crds: bool,
    /// Whether volumes and claims are deleted with their data.
    pub prune_volumes: bool,
    /// Whether a CustomResourceDefinition may change in a way that loses stored objects or fields of them.
    pub lose_custom_data: bool,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            manager: "rhumb".into(),
            rules: Vec::new(),
            adopt: Vec::new(),
            create_namespace: false,
            recreate: false,
            prune: true,
            prune_namespaces: false,
            prune_crds: false,
            prune_volumes: false,
            lose_custom_data: false,
        }
    }
}

impl Policy {
    /// Returns how a conflict is settled; `None` where no rule speaks of it.
    pub fn settlement(
        &self,
        annotated: &[Rule],
        key: &ObjectKey,
        path: &FieldPath,
        manager: &str,
    ) -> Option<Settlement> {
        annotated.iter().chain(&self.rules).find(|rule| rule.is_about(key, path, manager)).map(|rule| rule.settle)
    }

    /// Whether an object that exists already is taken into the release.
    pub fn adopts(&self, key: &ObjectKey) -> bool {
        self.adopt.iter().any(|selector| selector.matches(key))
    }

    /// Adds the rules of a policy file, with a finding for each thing in it that cannot be read:
    ///
    /// ```yaml
    /// conflicts:
    /// - objects: [Deployment/web]     # any where it is missing, as with the other two
    ///   fields: [spec.replicas]
    ///   managers: [kube-controller-manager]
    ///   settle: yield                 # mine, yield or ignore
    /// ```
    pub fn read(&mut self, file: &Node) -> Diagnostics {
        let mut findings = Diagnostics::new();
        let Some(entries) = file.as_map() else {
            findings.push(Diagnostic::error("policy-shape", "a policy is a map").at(file.span));
            return findings;
        };
        for (key, value) in entries {
            let name = key.as_str().unwrap_or_default();
            if name != "conflicts" {
                let unknown = Diagnostic::error("policy-unknown-key", format!("a policy has no key `{name}`"));
                findings.push(unknown.at(key.span).suggest(name, ["conflicts"]));
                continue;
            }
            let Some(rules) = value.as_seq() else {
                findings.push(Diagnostic::error("policy-shape", "`conflicts` is a list").at(value.span));
                continue;
            };
            for rule in rules {
                match read_rule(rule) {
                    Ok(rule) => self.rules.push(rule),
                    Err(finding) => findings.push(*finding),
                }
            }
        }
        findings
    }
}

const KEYS: [&str; 4] = ["objects", "fields", "managers", "settle"];

fn read_rule(node: &Node) -> Result<Rule, Box<Diagnostic>> {
    let error = |message: String, at: &Node| Box::new(Diagnostic::error("policy-rule", message).at(at.span));
    let entries = node.as_map().ok_or_else(|| error("a rule is a map".to_owned(), node))?;
    for (key, _) in entries {
        let name = key.as_str().unwrap_or_default();
        if !KEYS.contains(&name) {
            return Err(Box::new(error(format!("a rule has no key `{name}`"), key).suggest(name, KEYS)));
        }
    }
    let texts = |key: &str| -> Result<Vec<(EcoString, &Node)>, Box<Diagnostic>> {
        let Some(list) = node.get(key) else { return Ok(Vec::new()) };
        let items = list.as_seq().ok_or_else(|| error(format!("`{key}` is a list of texts"), list))?;
        let text = |item| {
            let text = Node::as_str(item).ok_or_else(|| error(format!("`{key}` is a list of texts"), item))?;
            Ok((EcoString::from(text), item))
        };
        items.iter().map(text).collect()
    };
    let settle = node.get("settle").ok_or_else(|| error("a rule has a `settle`".to_owned(), node))?;
    let settlement = settle.as_str().and_then(Settlement::parse);
    Ok(Rule {
        objects: texts("objects")?
            .into_iter()
            .map(|(text, at)| Selector::parse(&text).map_err(|reason| error(reason, at)))
            .collect::<Result<_, _>>()?,
        fields: texts("fields")?
            .into_iter()
            .map(|(text, at)| FieldPattern::parse(&text).map_err(|reason| error(reason, at)))
            .collect::<Result<_, _>>()?,
        managers: texts("managers")?.into_iter().map(|(text, _)| text).collect(),
        settle: settlement.ok_or_else(|| error("`settle` is `mine`, `yield` or `ignore`".to_owned(), settle))?,
    })
}

/// Reads the annotation of an object: settlements with their fields, `yield: spec.replicas, spec.paused; mine: spec`.
///
/// # Errors
/// With the reason, for a message.
pub(super) fn annotated_rules(text: &str) -> Result<Vec<Rule>, String> {
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    let rule = |part: &str| {
        let (settle, fields) = part.split_once(':').unwrap_or((part, ""));
        let settle = Settlement::parse(settle.trim())
            .ok_or_else(|| format!("`{}` is none of `mine`, `yield` and `ignore`", settle.trim()))?;
        let fields = split_fields(fields).map(FieldPattern::parse).collect::<Result<_, _>>()?;
        Ok(Rule { objects: Vec::new(), fields, managers: Vec::new(), settle })
    };
    parts.map(rule).collect()
}

// Splits at commas outside brackets.
fn split_fields(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |c| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|field| !field.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::path;
    use crate::source::{FileId, Limits};
    use crate::yaml::{Rules, normalize, parse};

    fn read(text: &str) -> (Policy, Diagnostics) {
        let limits = Limits::default();
        let root = parse(text, FileId::NONE, &limits).value.remove(0).root.expect("a root");
        let mut policy = Policy::default();
        let findings = policy.read(&normalize(root, Rules::Kubectl, &limits).value);
        (policy, findings)
    }

    fn key(kind: &str) -> ObjectKey {
        ObjectKey { kind: kind.into(), name: "web".into(), ..ObjectKey::default() }
    }

    #[test]
    fn the_first_rule_that_fits_counts() {
        let (policy, findings) = read(
            "conflicts:\n- {objects: [Deployment/web], fields: [spec.replicas], settle: yield}\n\
             - {managers: [kubectl], settle: mine}\n",
        );
        assert!(findings.is_empty(), "{findings:?}");
        let settle = |kind, field, manager| policy.settlement(&[], &key(kind), &path(field), manager);
        assert_eq!(settle("Deployment", "spec.replicas", "kubectl"), Some(Settlement::Yield));
        assert_eq!(settle("Deployment", "spec.paused", "kubectl"), Some(Settlement::Mine));
        assert_eq!(settle("Service", "spec.replicas", "other"), None);
    }

    #[test]
    fn an_annotation_goes_before_the_policy() {
        let (policy, _) = read("conflicts:\n- {settle: mine}\n");
        let rules = annotated_rules("yield: spec.replicas, spec.c[name=a,x=b].d; ignore: metadata").expect("rules");
        let settle = |field| policy.settlement(&rules, &key("X"), &path(field), "m");
        assert_eq!(settle("spec.replicas"), Some(Settlement::Yield));
        assert_eq!(settle("spec.c[name=a,x=b].d"), Some(Settlement::Yield));
        assert_eq!(settle("metadata.labels"), Some(Settlement::Ignore));
        assert_eq!(settle("spec.other"), Some(Settlement::Mine));
        assert!(annotated_rules("force: spec").is_err());
        assert!(annotated_rules("mine: a..b").is_err());
    }

    #[test]
    fn what_cannot_be_read_is_found_with_its_place() {
        for (text, message) in [
            ("- a\n", "a policy is a map"),
            ("conflict: []\n", "a policy has no key `conflict`"),
            ("conflicts: {}\n", "`conflicts` is a list"),
            ("conflicts:\n- {settle: force}\n", "`settle` is `mine`, `yield` or `ignore`"),
            ("conflicts:\n- {fields: [a]}\n", "a rule has a `settle`"),
            ("conflicts:\n- {field: [a], settle: mine}\n", "a rule has no key `field`"),
            (
                "conflicts:\n- {objects: [x], settle: mine}\n",
                "`x` is no object: write `KIND/NAME` or `NAMESPACE/KIND/NAME`",
            ),
        ] {
            let (policy, findings) = read(text);
            assert_eq!(findings.iter().map(|f| f.message.as_str()).collect::<Vec<_>>(), [message], "{text}");
            assert_eq!(policy.rules, []);
        }
    }
}
