//! A first look that accepts plain values under plain schemas without compiling anything.
//!
//! Compiling a schema costs more than rendering a package, and most values are right. So the common keywords are read
//! here straight from the schema's tree. The answer is `true` only where there is no doubt: the whole schema is made of
//! keywords known here with arguments of the right kind, and the value holds. Whatever else there is, wrong values
//! included, is left to [`Validator`](super::Validator), which says what is wrong; a test holds the two together.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

use regex_lite::{Regex, RegexBuilder};

use crate::value::Value;
use crate::yaml::{Node, NodeKind, ScalarKind};

/// Whether a value holds against a schema beyond doubt; `false` says nothing.
pub fn accepts(schema: &Node, value: &Value) -> bool {
    let quick = Quick { root: schema, patterns: RefCell::default(), steps: Cell::new(STEPS) };
    quick.dialect_is_known() && quick.is_plain(schema, 0) && quick.holds(schema, value, 0)
}

// Enough for any values file; what takes longer is worth compiling.
const STEPS: u32 = 200_000;
const DEPTH: usize = 64;

struct Quick<'a> {
    root: &'a Node,
    patterns: RefCell<BTreeMap<&'a str, Pattern<'a>>>,
    steps: Cell<u32>,
}

enum Pattern<'a> {
    Start(&'a str),
    Regex(Regex),
}

// What means something other than itself.
const SIGNS: [char; 14] = ['\\', '^', '$', '.', '[', ']', '(', ')', '{', '}', '*', '+', '?', '|'];

impl Pattern<'_> {
    fn holds(&self, text: &str) -> bool {
        match self {
            Pattern::Start(start) => text.starts_with(start),
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

impl<'a> Quick<'a> {
    // The drafts that read the keywords below alike. (The older ones ignore what stands beside `$ref`; here both must hold.)
    fn dialect_is_known(&self) -> bool {
        let Some(dialect) = self.root.get("$schema") else { return true };
        let known = ["https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2019-09/schema"];
        let seventh = "http://json-schema.org/draft-07/schema";
        dialect.as_str().is_some_and(|name| known.contains(&name) || name.trim_end_matches('#') == seventh)
    }

    fn step(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }

    // Whether a subschema and all below it are well formed and known here, reached by a value or not.
    fn is_plain(&self, schema: &'a Node, depth: usize) -> bool {
        if depth > DEPTH || !self.step() {
            return false;
        }
        match &schema.kind {
            NodeKind::Map(entries) => entries.iter().all(|(key, argument)| {
                key.as_str().is_some_and(|keyword| self.is_plain_keyword(keyword, argument, depth))
            }),
            _ => is_bool(schema),
        }
    }

    fn is_plain_keyword(&self, keyword: &str, argument: &'a Node, depth: usize) -> bool {
        let schemas = |node: &'a Node| {
            node.as_map().is_some_and(|entries| entries.iter().all(|(_, schema)| self.is_plain(schema, depth + 1)))
        };
        match keyword {
            "$schema" => depth == 0,
            "title" | "description" | "$comment" => is_text(argument),
            "default" => true,
            "examples" => argument.as_seq().is_some(),
            "deprecated" | "readOnly" | "writeOnly" => is_bool(argument),
            "type" => match argument.as_seq() {
                Some(types) => are_distinct_texts(types) && types.iter().all(is_type),
                None => is_type(argument),
            },
            "properties" | "$defs" | "definitions" => schemas(argument),
            "additionalProperties" | "items" | "propertyNames" => self.is_plain(argument, depth + 1),
            "required" => argument.as_seq().is_some_and(are_distinct_texts),
            "enum" => argument.as_seq().is_some_and(|all| !all.is_empty()),
            "const" => true,
            "anyOf" | "allOf" => argument
                .as_seq()
                .is_some_and(|all| !all.is_empty() && all.iter().all(|schema| self.is_plain(schema, depth + 1))),
            "minimum" | "maximum" => is_number(argument),
            "minLength" | "maxLength" | "minItems" | "maxItems" => count(argument).is_some(),
            "pattern" => argument.as_str().is_some_and(|pattern| self.pattern(pattern)),
            "$ref" => argument.as_str().is_some_and(|name| self.target(name).is_some()),
            _ => false,
        }
    }

    // Compiles a pattern of which JavaScript and the two crates for them think alike: no escapes but of signs, no classes
    // but of characters. The small crate compiles such a pattern in a fifth of the time that the large one takes.
    fn pattern(&self, pattern: &'a str) -> bool {
        if self.patterns.borrow().contains_key(pattern) {
            return true;
        }
        if !means_the_same_everywhere(pattern) {
            return false;
        }
        // The most common pattern asks for a beginning.
        if let Some(start) = pattern.strip_prefix('^').filter(|rest| !rest.contains(SIGNS)) {
            self.patterns.borrow_mut().insert(pattern, Pattern::Start(start));
            return true;
        }
        let compiled = RegexBuilder::new(pattern).size_limit(1 << 20).build();
        compiled.is_ok_and(|regex| {
            self.patterns.borrow_mut().insert(pattern, Pattern::Regex(regex));
            true
        })
    }

    fn target(&self, name: &str) -> Option<&'a Node> {
        let (folder, name) = name.strip_prefix("#/")?.split_once('/')?;
        let known = matches!(folder, "$defs" | "definitions") && !name.contains(['/', '~', '%']);
        known.then(|| self.root.get(folder)?.get(name)).flatten()
    }

    fn holds(&self, schema: &'a Node, value: &Value, depth: usize) -> bool {
        if depth > DEPTH || !self.step() {
            return false;
        }
        match &schema.kind {
            NodeKind::Map(entries) => entries.iter().all(|(key, argument)| {
                key.as_str().is_some_and(|keyword| self.keyword_holds(schema, keyword, argument, value, depth + 1))
            }),
            _ => schema.as_scalar().is_some_and(|scalar| scalar.text == "true"),
        }
    }

    fn keyword_holds(&self, schema: &'a Node, keyword: &str, argument: &'a Node, value: &Value, depth: usize) -> bool {
        match keyword {
            "type" => match argument.as_seq() {
                Some(types) => types.iter().any(|name| has_type(value, name)),
                None => has_type(value, argument),
            },
            "enum" => argument.as_seq().is_some_and(|all| all.iter().any(|one| one.to_value() == *value)),
            "const" => argument.to_value() == *value,
            "anyOf" => argument.as_seq().is_some_and(|all| all.iter().any(|one| self.holds(one, value, depth))),
            "allOf" => argument.as_seq().is_some_and(|all| all.iter().all(|one| self.holds(one, value, depth))),
            "$ref" => {
                argument.as_str().and_then(|name| self.target(name)).is_some_and(|to| self.holds(to, value, depth))
            }
            "minimum" => compare(value, argument).is_none_or(|order| order.is_some_and(Ordering::is_ge)),
            "maximum" => compare(value, argument).is_none_or(|order| order.is_some_and(Ordering::is_le)),
            "pattern" => value.as_str().is_none_or(|text| {
                let patterns = self.patterns.borrow();
                argument.as_str().and_then(|pattern| patterns.get(pattern)).is_some_and(|pattern| pattern.holds(text))
            }),
            "minLength" => value.as_str().is_none_or(|text| count(argument).is_some_and(|n| text.chars().count() >= n)),
            "maxLength" => value.as_str().is_none_or(|text| count(argument).is_some_and(|n| text.chars().count() <= n)),
            "minItems" => value.as_seq().is_none_or(|items| count(argument).is_some_and(|n| items.len() >= n)),
            "maxItems" => value.as_seq().is_none_or(|items| count(argument).is_some_and(|n| items.len() <= n)),
            "items" => value.as_seq().is_none_or(|items| items.iter().all(|item| self.holds(argument, item, depth))),
            "required" => value.as_map().is_none_or(|map| {
                let names = argument.as_seq().unwrap_or_default();
                names.iter().all(|name| name.as_str().is_some_and(|name| map.get(name).is_some()))
            }),
            "properties" => value.as_map().is_none_or(|map| {
                let mut entries = argument.as_map().unwrap_or_default().iter();
                entries.all(|(name, schema)| {
                    let found = name.as_str().and_then(|name| map.get(name));
                    found.is_none_or(|value| self.holds(schema, value, depth))
                })
            }),
            "additionalProperties" => value.as_map().is_none_or(|map| {
                let known = schema.get("properties").and_then(Node::as_map).unwrap_or_default();
                let known: HashSet<&str> = known.iter().filter_map(|(name, _)| name.as_str()).collect();
                map.iter().all(|(key, value)| known.contains(key.as_str()) || self.holds(argument, value, depth))
            }),
            "propertyNames" => value
                .as_map()
                .is_none_or(|map| map.iter().all(|(key, _)| self.holds(argument, &Value::Str(key.clone()), depth))),
            // The others say nothing about values.
            _ => true,
        }
    }
}

fn kind(node: &Node) -> Option<ScalarKind> {
    node.as_scalar().map(|scalar| scalar.kind)
}

fn is_text(node: &Node) -> bool {
    kind(node) == Some(ScalarKind::Str)
}

fn is_bool(node: &Node) -> bool {
    kind(node) == Some(ScalarKind::Bool)
}

fn is_number(node: &Node) -> bool {
    matches!(kind(node), Some(ScalarKind::Int | ScalarKind::Float))
}

fn is_type(node: &Node) -> bool {
    let names = ["null", "boolean", "integer", "number", "string", "array", "object"];
    is_text(node) && node.as_str().is_some_and(|name| names.contains(&name))
}

fn are_distinct_texts(nodes: &[Node]) -> bool {
    let mut seen = HashSet::new();
    nodes.iter().all(|node| is_text(node) && node.as_str().is_some_and(|text| seen.insert(text)))
}

fn count(node: &Node) -> Option<usize> {
    match node.as_scalar()?.to_value() {
        Value::Int(n) => usize::try_from(n).ok(),
        _ => None,
    }
}

// A number without a fraction is an integer to some drafts and not to others: in doubt.
fn has_type(value: &Value, name: &Node) -> bool {
    matches!(
        (value, name.as_str().unwrap_or_default()),
        (Value::Null, "null")
            | (Value::Bool(_), "boolean")
            | (Value::Int(_) | Value::UInt(_), "integer" | "number")
            | (Value::Float(_), "number")
            | (Value::Str(_), "string")
            | (Value::Seq(_), "array")
            | (Value::Map(_), "object")
    )
}

// `None` where the value is no number, `Some(None)` where the two cannot be compared exactly.
fn compare(value: &Value, with: &Node) -> Option<Option<Ordering>> {
    match (value, with.as_scalar()?.to_value()) {
        (Value::Int(a), Value::Int(b)) => Some(Some(a.cmp(&b))),
        (Value::Int(_) | Value::UInt(_) | Value::Float(_), _) => Some(None),
        _ => None,
    }
}

fn means_the_same_everywhere(pattern: &str) -> bool {
    if !pattern.is_ascii() || ["(?", "&&", "--", "~~", "[^", "[]"].iter().any(|odd| pattern.contains(odd)) {
        return false;
    }
    let mut in_class = false;
    let mut escaped = false;
    pattern.chars().all(|c| {
        let fine = match c {
            c if escaped => {
                matches!(c, '.' | '-' | '/' | '+' | '*' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '$')
            }
            '[' => !in_class,
            '.' => in_class,
            _ => !c.is_ascii_control(),
        };
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
        fine
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonschema::Validator;
    use crate::source::Limits;
    use crate::yaml::testing::node;
    use proptest::prelude::*;

    fn quick(schema: &str, value: &str) -> bool {
        accepts(&node(schema), &node(value).to_value())
    }

    #[test]
    fn plain_values_under_plain_schemas_are_accepted() {
        let schema = "{type: object, required: [a], additionalProperties: false, $defs: {num: {type: integer, minimum: 1}}, \
                      properties: {a: {$ref: '#/$defs/num'}, b: {type: array, items: {enum: [p, q]}}, c: {type: string, pattern: '^[a-z.]+$'}}}";
        assert!(quick(schema, "{a: 1, b: [p, q], c: a.b}"));
        for wrong in ["{}", "{a: 0}", "{a: 1, d: 1}", "{a: 1, b: [z]}", "{a: 1, c: A}", "{a: '1'}"] {
            assert!(!quick(schema, wrong), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_known_is_left_to_the_validator() {
        let odd = [
            "{minimum: x}",
            "{type: text}",
            "{not: {}}",
            "{$ref: '#/$defs/none'}",
            "{pattern: '['}",
            "{pattern: '\\d'}",
            "{pattern: '.'}",
            "{properties: {a: 1}}",
            "{required: [a, a]}",
            "{$schema: 'http://json-schema.org/draft-04/schema#'}",
            "{unknown: 1}",
            "{$defs: {a: {$ref: '#'}}}",
            "{properties: {a: {$id: x}}}",
            "{format: email}",
        ];
        for schema in odd {
            assert!(!quick(schema, "{}"), "{schema}");
        }
        assert!(!quick("{$defs: {a: {$ref: '#/$defs/a'}}, $ref: '#/$defs/a'}", "{}"), "a reference to itself");
    }

    fn schemas() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "type: (string|integer|number|boolean|object|array|'null')",
            "minimum: (-1|0|2)",
            "maximum: (0|1)",
            "minLength: [0-2]",
            "maxItems: [0-2]",
            "enum: \\[(1|a|true|null), b\\]",
            "const: (1|a|\\[\\])",
            "pattern: '(\\^a|b\\$|\\^\\[a-c\\]\\+\\$|\\^/|a\\?)'",
            "required: \\[(a|b)\\]",
            "additionalProperties: (true|false)",
            "\\$ref: '#/\\$defs/(num|str)'",
            "propertyNames: \\{maxLength: 1\\}",
            "type: \\[string, integer\\]",
            "minItems: (1|x)",
        ];
        let leaf = prop::collection::btree_map("k[0-9]", leaf, 0..3).prop_map(|all| {
            let unique: BTreeMap<_, _> = all
                .into_values()
                .filter_map(|one: String| one.split_once(':').map(|(key, _)| (key.to_owned(), one.clone())))
                .collect();
            format!("{{{}}}", unique.into_values().collect::<Vec<_>>().join(", "))
        });
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone(), "(true|false)").prop_map(|(a, b, more)| format!(
                    "{{properties: {{a: {a}, b: {b}}}, additionalProperties: {more}}}"
                )),
                inner.clone().prop_map(|a| format!("{{items: {a}}}")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{anyOf: [{a}, {b}]}}")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("{{allOf: [{a}, {b}]}}")),
            ]
        })
    }

    fn values() -> impl Strategy<Value = String> {
        let leaf = "(1|0|2|-1|1\\.5|1\\.0|a|b|ab|abc|/x|''|true|null|\\[\\]|\\{\\}|18446744073709551615)";
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{a: {a}, b: {b}}}")),
                inner.clone().prop_map(|a| format!("{{a: {a}}}")),
                inner.clone().prop_map(|a| format!("{{ccc: {a}}}")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("[{a}, {b}]")),
            ]
        })
    }

    // Parts of patterns with everything that `means_the_same_everywhere` lets through, and what it must not.
    fn patterns() -> impl Strategy<Value = String> {
        prop::collection::vec(
            "(\\[[a-cx0-9 .{}()*+?$|/^-]{0,4}[\\]]?|[a-c]|[(|)]|\\\\[.*+?()\\[\\]{}^$/-]|[*+?]{1,2}|\\{[0-9]{0,2},?[0-9]{0,2}\\}|[\\^$ ,-])",
            0..6,
        )
        .prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn patterns_mean_what_they_mean_to_the_large_crate(
            pattern in patterns(),
            texts in prop::collection::vec("[a-cx0-9 .,{}()*+?$|/^é\n-]{0,5}", 1..8),
        ) {
            if means_the_same_everywhere(&pattern) && let Ok(small) = RegexBuilder::new(&pattern).size_limit(1 << 20).build() {
                let large = regex::Regex::new(&pattern).expect("what the small crate takes is a pattern");
                for text in texts {
                    prop_assert_eq!(small.is_match(&text), large.is_match(&text), "{} on {:?}", &pattern, text);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_accepted_holds_against_the_validator_and_that_is_right(schema in schemas(), value in values()) {
            let schema = format!("{{allOf: [{schema}], $defs: {{num: {{type: integer}}, str: {{type: string, minLength: 1}}}}}}");
            let (schema, value) = (node(&schema), node(&value).to_value());
            let validator = Validator::compile(&schema.to_value(), &Limits::default());
            if accepts(&schema, &value) {
                let validator = validator.as_ref().expect("what is accepted is a schema");
                prop_assert_eq!(validator.validate(&value, &Limits::default()), []);
            }
            // And the validator against another one.
            let json = |value: &Value| serde_json::to_value(value).expect("a value is JSON");
            let other = jsonschema::options().offline().build(&json(&schema.to_value()));
            prop_assert_eq!(validator.is_ok(), other.is_ok(), "{:?} {:?}", &validator, &other);
            if let (Ok(validator), Ok(other)) = (validator, other) {
                let found = validator.validate(&value, &Limits::default());
                prop_assert_eq!(found.is_empty(), other.is_valid(&json(&value)), "{:?}", found);
            }
        }
    }
}
