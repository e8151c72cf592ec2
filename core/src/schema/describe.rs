//! What types say of their fields, for people who write objects.

use ecow::EcoString;

use super::set::SchemaSet;
use super::types::{Format, Shape, TypeId};
use crate::object::{TypeFacts, TypeRef};
use crate::value::{Step, ValuePath};

/// What is known of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldFacts {
    /// Its name.
    pub name: EcoString,
    /// Its type in words: `string`, `list of object`, `map of string`.
    pub form: String,
    /// Whether an object without it is refused.
    pub required: bool,
    /// Whether its value has fields of its own.
    pub is_map: bool,
    /// What it is where nothing is said.
    pub default: Option<EcoString>,
    /// The texts that it can be, where Kubernetes lists them.
    pub choices: Vec<EcoString>,
}

impl SchemaSet {
    /// Returns the type of a field below another one.
    pub fn type_at(&self, of: TypeRef, path: &ValuePath) -> Option<TypeRef> {
        path.steps().iter().try_fold(of, |of, step| match step {
            Step::Key(key) => self.field(of, key),
            Step::Index(_) => self.item(of),
        })
    }

    /// Returns the declared fields of a type, sorted by name.
    pub fn fields_of(&self, of: TypeRef) -> Vec<FieldFacts> {
        let Ok(id) = TypeId::try_from(of.0) else { return Vec::new() };
        let fields = self.resolve(id).fields.iter().map(|field| {
            let (written, resolved) = (self.get(field.of), self.resolve(field.of));
            let choices = if written.choices.is_empty() { &resolved.choices } else { &written.choices };
            FieldFacts {
                name: field.name.clone(),
                form: self.form(field.of, 0),
                required: field.required,
                is_map: resolved.shape == Shape::Object,
                default: written.default.clone().or_else(|| resolved.default.clone()),
                choices: choices.clone(),
            }
        });
        fields.collect()
    }

    // Lists of lists of lists end somewhere.
    fn form(&self, id: TypeId, depth: usize) -> String {
        let of = self.resolve(id);
        let inner = |id: Option<TypeId>| id.filter(|_| depth < 4).map(|id| self.form(id, depth + 1));
        match of.shape {
            Shape::Object => match inner(of.values) {
                Some(values) => format!("map of {values}"),
                None => "object".to_owned(),
            },
            Shape::List => format!("list of {}", inner(of.items).unwrap_or_else(|| "anything".to_owned())),
            Shape::String => match of.format {
                Format::Byte => "base64",
                Format::DateTime => "time",
                _ => "string",
            }
            .to_owned(),
            Shape::Integer => "integer".to_owned(),
            Shape::Number => "number".to_owned(),
            Shape::Boolean => "boolean".to_owned(),
            Shape::IntOrString => "integer or string".to_owned(),
            Shape::Quantity => "quantity".to_owned(),
            Shape::Any | Shape::Reference(_) => "anything".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Gvk;
    use crate::schema::KubeVersion;

    #[test]
    fn fields_are_told_of_with_their_types() {
        let schemas = SchemaSet::from_bytes(rhumb_schemas::kubernetes(), KubeVersion::default()).expect("schemas");
        let root = schemas.root(&Gvk::new("apps/v1", "Deployment")).expect("a type");
        let at = |path: &str| schemas.type_at(root, &ValuePath::parse(path).expect("a path")).expect("a field");
        let field = |path: &str, name: &str| {
            schemas.fields_of(at(path)).into_iter().find(|field| field.name == name).expect("a field")
        };
        assert_eq!(field("spec", "replicas").form, "integer");
        assert!(field("spec", "selector").required && field("spec", "selector").is_map);
        let container = "spec.template.spec.containers[0]";
        assert_eq!(field(container, "ports").form, "list of object");
        assert_eq!(field("metadata", "labels").form, "map of string");
        assert!(field(container, "imagePullPolicy").choices.iter().any(|choice| choice == "Always"));
        assert!(schemas.type_at(root, &ValuePath::keys(["nope"])).is_none());
    }
}
