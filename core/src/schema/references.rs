//! Which fields of custom resources hold the names of other objects.
//!
//! No schema says so, but the fields are written alike everywhere: `secretKeyRef: {name, key}`, `configMapRef: {name}`,
//! `secretName`, `claimName`. A definition may say more in an annotation.

use ecow::EcoString;

use super::set::SchemaSet;
use super::types::{Shape, Type, TypeId};
use crate::diag::Diagnostic;
use crate::object::{Gvk, NameReference};
use crate::yaml::Node;

/// The annotation of a definition that names fields, a line each: `spec.store.credentials: Secret`, or
/// `spec.issuer.name: Issuer.cert-manager.io`.
pub(super) const ANNOTATION: &str = "rhumb.dev/name-references";

/// Schemas that nest deeper say nothing more.
const DEPTH: usize = 100;

/// The kinds whose names are looked for, each as fields begin or end that hold it.
const KINDS: [(&str, &str); 5] = [
    ("serviceaccount", "ServiceAccount"),
    ("service", "Service"),
    ("secret", "Secret"),
    ("configmap", "ConfigMap"),
    ("persistentvolumeclaim", "PersistentVolumeClaim"),
];

/// What a name of a field ends with where its map refers to an object.
const REFERS: [&str; 6] = ["keyselector", "selector", "keyreference", "reference", "keyref", "ref"];

/// What may stand beside `name` in a map that refers to an object without saying so in its own name.
const BESIDE: [&str; 7] = ["key", "items", "optional", "namespace", "port", "defaultMode", "apiVersion"];

impl SchemaSet {
    /// Returns the fields of a custom resource that hold names of other objects.
    pub(super) fn references_of(&self, gvk: &Gvk) -> Vec<NameReference> {
        let Some(root) = self.root_type(gvk).filter(|root| SchemaSet::is_custom(*root)) else { return Vec::new() };
        let mut found = self.annotated(gvk).to_vec();
        let mut walk = Walk { set: self, path: Vec::new(), found: Vec::new() };
        for field in &self.resolve(root).fields {
            if !matches!(field.name.as_str(), "apiVersion" | "kind" | "metadata" | "status") {
                walk.field(&field.name, field.of);
            }
        }
        let is_said = |inferred: &NameReference| found.iter().any(|said| said.path == inferred.path);
        let inferred: Vec<NameReference> = walk.found.into_iter().filter(|inferred| !is_said(inferred)).collect();
        found.extend(inferred);
        found
    }
}

struct Walk<'s> {
    set: &'s SchemaSet,
    path: Vec<&'s str>,
    found: Vec<NameReference>,
}

impl<'s> Walk<'s> {
    fn field(&mut self, name: &'s str, of: TypeId) {
        if self.path.len() >= DEPTH {
            return;
        }
        self.path.push(name);
        let set = self.set;
        let (mut of, mut in_list) = (set.resolve(of), false);
        while let Some(item) = of.items {
            (of, in_list) = (set.resolve(item), true);
        }
        match of.shape {
            Shape::String if !in_list => {
                if let Some(kind) = named_by_text(name) {
                    self.add(kind, None);
                }
            }
            _ => {
                if let Some(kind) = named_by_map(name, of, in_list, set) {
                    self.add(kind, Some("name"));
                }
                for field in &of.fields {
                    self.field(&field.name, field.of);
                }
            }
        }
        self.path.pop();
    }

    fn add(&mut self, kind: &str, last: Option<&str>) {
        let path: Vec<&str> = self.path.iter().copied().chain(last).collect();
        self.found.push(NameReference { path: path.join("/").into(), group: EcoString::new(), kind: kind.into() });
    }
}

/// Returns the kind whose name a text is: `secretName`, `tlsSecretName`, `claimName`. What is called `serviceName` is
/// as often the name of anything else.
fn named_by_text(field: &str) -> Option<&'static str> {
    let lower = field.to_ascii_lowercase();
    let stem = lower.strip_suffix("name")?;
    if stem == "claim" {
        return Some("PersistentVolumeClaim");
    }
    kind_of(stem).filter(|kind| *kind != "Service")
}

/// Returns the kind of the object that a map names in its field `name`.
fn named_by_map(field: &str, of: &Type, in_list: bool, set: &SchemaSet) -> Option<&'static str> {
    let name = of.field("name").filter(|name| set.resolve(name.of).shape == Shape::String)?;
    let lower = field.to_ascii_lowercase();
    let lower = if in_list { lower.strip_suffix('s').unwrap_or(&lower) } else { &lower };
    if let Some(stem) = REFERS.iter().find_map(|suffix| lower.strip_suffix(suffix)) {
        return kind_of(stem);
    }
    let mut others = of.fields.iter().filter(|other| other.name != name.name);
    kind_of(lower).filter(|_| others.all(|other| BESIDE.contains(&other.name.as_str())))
}

fn kind_of(stem: &str) -> Option<&'static str> {
    KINDS.iter().find(|(end, _)| stem.ends_with(end)).map(|(_, kind)| *kind)
}

/// Reads what the annotation of a definition says.
///
/// # Errors
/// When a line is not a path, a colon and a kind.
pub(super) fn annotated(crd: &Node) -> Result<Vec<NameReference>, Diagnostic> {
    let annotations = crd.get("metadata").and_then(|metadata| metadata.get("annotations"));
    let Some(node) = annotations.and_then(|annotations| annotations.get(ANNOTATION)) else { return Ok(Vec::new()) };
    let lines = node.as_str().unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty());
    let read = |line: &str| {
        let (path, kind) = line.split_once(':').map(|(path, kind)| (path.trim(), kind.trim()))?;
        let (kind, group) = kind.split_once('.').unwrap_or((kind, ""));
        let is_path = !path.is_empty() && path.split('.').all(|part| !part.is_empty() && !part.contains(['/', ' ']));
        let is_kind = !kind.is_empty() && kind.chars().all(|c| c.is_ascii_alphanumeric());
        let path = path.replace("[]", "").replace('.', "/").into();
        (is_path && is_kind).then(|| NameReference { path, group: group.into(), kind: kind.into() })
    };
    let wrong = |line: &str| {
        let message = ecow::eco_format!("`{line}` does not name a field and a kind");
        let finding = Diagnostic::error("crd-reference", message).at(node.span);
        finding
            .help("write lines such as `spec.store.credentials: Secret` or `spec.issuer.name: Issuer.cert-manager.io`")
    };
    lines.map(|line| read(line).ok_or_else(|| wrong(line))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::KubeVersion;
    use crate::source::{FileId, Limits};
    use crate::yaml::{self, Rules};

    fn references(schema: &str, annotations: &str) -> Result<Vec<String>, String> {
        let text = format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: x, annotations: {annotations}}}\n\
             spec:\n  group: example.com\n  names: {{kind: Thing}}\n  versions:\n  - name: v1\n    schema:\n      \
             openAPIV3Schema: {schema}\n"
        );
        let limits = Limits::default();
        let root = yaml::parse(&text, FileId::NONE, &limits).value.remove(0).root.expect("a document");
        let crd = yaml::normalize(root, Rules::Kubectl, &limits).value;
        let mut set = SchemaSet::empty(KubeVersion::default());
        set.add_crd(&crd).map_err(|finding| finding.message.to_string())?;
        let found = set.references_of(&Gvk::new("example.com/v1", "Thing"));
        let shown = found.iter().map(|found| match found.group.as_str() {
            "" => format!("{} {}", found.path, found.kind),
            group => format!("{} {}.{group}", found.path, found.kind),
        });
        Ok(shown.collect())
    }

    fn spec(fields: &str) -> Vec<String> {
        let schema = format!("{{type: object, properties: {{spec: {{type: object, properties: {fields}}}}}}}");
        references(&schema, "{}").expect("a good definition")
    }

    #[test]
    fn names_are_known_by_the_names_of_their_fields() {
        let text = "{type: string}";
        assert_eq!(spec(&format!("{{tlsSecretName: {text}}}")), ["spec/tlsSecretName Secret"]);
        assert_eq!(spec(&format!("{{serviceAccountName: {text}}}")), ["spec/serviceAccountName ServiceAccount"]);
        assert_eq!(spec(&format!("{{claimName: {text}}}")), ["spec/claimName PersistentVolumeClaim"]);
        assert_eq!(spec(&format!("{{serviceName: {text}, secret: {text}, name: {text}}}")), [] as [&str; 0]);
        assert_eq!(spec("{secretName: {type: integer}}"), [] as [&str; 0]);
    }

    #[test]
    fn maps_refer_by_the_shape_of_a_selector() {
        let selector = "{type: object, properties: {name: {type: string}, key: {type: string}}}";
        let more = "{type: object, properties: {name: {type: string}, size: {type: string}}}";
        assert_eq!(spec(&format!("{{passwordSecretKeyRef: {selector}}}")), ["spec/passwordSecretKeyRef/name Secret"]);
        assert_eq!(spec(&format!("{{configMapRef: {more}}}")), ["spec/configMapRef/name ConfigMap"]);
        assert_eq!(spec(&format!("{{configMap: {selector}}}")), ["spec/configMap/name ConfigMap"]);
        assert_eq!(spec(&format!("{{secret: {more}}}")), [] as [&str; 0], "this may be what is to be made");
        let list =
            format!("{{pull: {{type: object, properties: {{imagePullSecrets: {{type: array, items: {selector}}}}}}}}}");
        assert_eq!(spec(&list), ["spec/pull/imagePullSecrets/name Secret"]);
        let list =
            format!("{{env: {{type: array, items: {{type: object, properties: {{secretKeyRef: {selector}}}}}}}}}");
        assert_eq!(spec(&list), ["spec/env/secretKeyRef/name Secret"]);
    }

    #[test]
    fn definitions_may_say_more() {
        let schema = "{type: object, properties: {spec: {type: object, properties: {a: {type: string}, secretName: {type: string}}}}}";
        let said = "{rhumb.dev/name-references: \"spec.a: Secret\\nspec.list[].b: Issuer.cert-manager.io\\nspec.secretName: ConfigMap\\n\"}";
        let want = ["spec/a Secret", "spec/list/b Issuer.cert-manager.io", "spec/secretName ConfigMap"];
        assert_eq!(references(schema, said).expect("a good definition"), want);
        let wrong = references(schema, "{rhumb.dev/name-references: spec.a}");
        assert_eq!(wrong.unwrap_err(), "`spec.a` does not name a field and a kind");
    }
}
