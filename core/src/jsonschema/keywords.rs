//! The keywords of one schema, found in one pass over its entries.

use ecow::EcoString;

use super::json::Json;
use super::library::Draft;
use super::usable::check_pattern;

/// The keywords that say something of a value.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Keywords<'s> {
    pub(super) reference: Option<&'s str>,
    pub(super) recursive_ref: Option<&'s str>,
    pub(super) dynamic_ref: Option<&'s str>,
    pub(super) types: Option<&'s Json>,
    pub(super) constant: Option<&'s Json>,
    pub(super) allowed: Option<&'s [Json]>,
    pub(super) format: Option<&'s str>,
    pub(super) all_of: Option<&'s [Json]>,
    pub(super) any_of: Option<&'s [Json]>,
    pub(super) one_of: Option<&'s [Json]>,
    pub(super) not: Option<&'s Json>,
    pub(super) condition: Option<&'s Json>,
    pub(super) then: Option<&'s Json>,
    pub(super) otherwise: Option<&'s Json>,
    pub(super) properties: Option<&'s Json>,
    pub(super) pattern_properties: Option<&'s [(EcoString, Json)]>,
    pub(super) additional_properties: Option<&'s Json>,
    pub(super) property_names: Option<&'s Json>,
    pub(super) required: Option<&'s [Json]>,
    pub(super) dependencies: Option<&'s [(EcoString, Json)]>,
    pub(super) dependent_required: Option<&'s [(EcoString, Json)]>,
    pub(super) dependent_schemas: Option<&'s [(EcoString, Json)]>,
    pub(super) unevaluated_properties: Option<&'s Json>,
    pub(super) unevaluated_items: Option<&'s Json>,
    pub(super) items: Option<&'s Json>,
    pub(super) additional_items: Option<&'s Json>,
    pub(super) prefix_items: Option<&'s [Json]>,
    pub(super) contains: Option<&'s Json>,
    pub(super) unique_items: bool,
    pub(super) pattern: Option<&'s str>,
    // Counts and bounds are rare enough to be looked up where they are needed.
    pub(super) has_bounds: bool,
}

impl<'s> Keywords<'s> {
    pub(super) fn read(entries: &'s [(EcoString, Json)]) -> Keywords<'s> {
        let mut found = Keywords::default();
        for (key, value) in entries {
            match key.as_str() {
                "$ref" => found.reference = value.as_text(),
                "$recursiveRef" => found.recursive_ref = value.as_text(),
                "$dynamicRef" => found.dynamic_ref = value.as_text(),
                "type" => found.types = Some(value),
                "const" => found.constant = Some(value),
                "enum" => found.allowed = value.as_list(),
                "format" => found.format = value.as_text(),
                "allOf" => found.all_of = value.as_list(),
                "anyOf" => found.any_of = value.as_list(),
                "oneOf" => found.one_of = value.as_list(),
                "not" => found.not = Some(value),
                "if" => found.condition = Some(value),
                "then" => found.then = Some(value),
                "else" => found.otherwise = Some(value),
                "properties" => found.properties = Some(value),
                "patternProperties" => found.pattern_properties = value.as_object(),
                "additionalProperties" => found.additional_properties = Some(value),
                "propertyNames" => found.property_names = Some(value),
                "required" => found.required = value.as_list(),
                "dependencies" => found.dependencies = value.as_object(),
                "dependentRequired" => found.dependent_required = value.as_object(),
                "dependentSchemas" => found.dependent_schemas = value.as_object(),
                "unevaluatedProperties" => found.unevaluated_properties = Some(value),
                "unevaluatedItems" => found.unevaluated_items = Some(value),
                "items" => found.items = Some(value),
                "additionalItems" => found.additional_items = Some(value),
                "prefixItems" => found.prefix_items = value.as_list(),
                "contains" => found.contains = Some(value),
                "uniqueItems" => found.unique_items = value.as_bool() == Some(true),
                "pattern" => found.pattern = value.as_text(),
                "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" | "minLength"
                | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
                    found.has_bounds = true;
                }
                _ => {}
            }
        }
        found
    }

    /// Returns the references that count in a draft.
    pub(super) fn references(&self, draft: Draft) -> impl Iterator<Item = &'s str> + use<'s> {
        let recursive = self.recursive_ref.filter(|_| draft >= Draft::D2019);
        let dynamic = self.dynamic_ref.filter(|_| draft >= Draft::D2020);
        self.reference.into_iter().chain(recursive).chain(dynamic)
    }

    /// Reads the patterns.
    ///
    /// # Errors
    /// The keyword, the pattern and Go's text.
    pub(super) fn check_patterns(&self) -> Result<(), (&'static str, &'s str, String)> {
        for (pattern, _) in self.pattern_properties.unwrap_or_default() {
            check_pattern(pattern).map_err(|why| ("patternProperties", pattern.as_str(), why))?;
        }
        let Some(pattern) = self.pattern else { return Ok(()) };
        check_pattern(pattern).map_err(|why| ("pattern", pattern, why))
    }
}
