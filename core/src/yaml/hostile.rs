//! Input that means harm, and input that was damaged by chance.

use super::*;
use crate::source::{FileId, Limits, SourceMap};

fn first_error(text: &str) -> Option<String> {
    let outcome = parse(text, FileId::NONE, &Limits::default());
    outcome.diagnostics.into_iter().find(|d| d.is_error()).map(|d| d.message.to_string())
}

#[test]
fn ten_thousand_levels_are_an_error_of_the_tree_and_none_of_the_check() {
    let block: String = (0..10_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    for text in ["[".repeat(9_999) + &"]".repeat(9_999), "{a: ".repeat(9_999) + &"}".repeat(9_999), block] {
        assert_eq!(first_error(&text).as_deref(), Some("nested more than 1000 levels deep"));
        let findings = check(&text, FileId::NONE, &Limits::default(), &mut ());
        assert!(findings.is_empty(), "{:?}", findings.iter().next());
    }
    assert_eq!(
        first_error(&"[".repeat(10_001)).as_deref(),
        Some("nested more than 1000 levels deep"),
        "the tree stops before the scanner does"
    );
}

#[test]
fn long_runs_of_openings_take_linear_time() {
    for part in ["[{a: ", "[a, ", "? ", "- ", "&a ", "{? ", "a: [", "'", "\"\\", "!!a ", "!a! ", "|\n"] {
        let text = part.repeat(100_000);
        let _ = check(&text, FileId::NONE, &Limits::default(), &mut ());
        let _ = parse(&text, FileId::NONE, &Limits::default());
    }
}

#[test]
fn billion_laughs_end_in_go_s_error() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..30 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        text.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
    }
    let error = unmarshal(&text, Numbers::Exact, &Limits::default()).expect_err("too many aliases");
    assert_eq!(error, "error converting YAML to JSON: yaml: document contains excessive aliasing");
}

#[test]
fn aliases_that_nest_ever_deeper_are_refused_before_the_stack_ends() {
    let mut text = String::from("a0: &a0 x\n");
    for i in 1..2_000 {
        text.push_str(&format!("a{i}: &a{i} {{a: *a{}}}\n", i - 1));
    }
    assert!(unmarshal(&text, Numbers::Exact, &Limits::default()).is_err());
}

#[test]
fn an_anchor_cannot_hold_itself() {
    let error = unmarshal("a: &a [*a]", Numbers::Exact, &Limits::default()).expect_err("a loop");
    assert_eq!(error, "error converting YAML to JSON: yaml: anchor 'a' value contains itself");
}

#[test]
fn large_maps_take_linear_time() {
    let text: String = (0..200_000).map(|i| format!("key{i}: {i}\n")).collect();
    let value = unmarshal(&text, Numbers::Exact, &Limits::default()).expect("a map");
    assert_eq!(value.as_map().map(crate::value::Map::len), Some(200_000));
}

const SEEDS: &[&str] = &[
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {a: b, \"c\": 'd'}\ndata:\n  x: |\n    one\n     two\n\n  y: >-\n    a\n    b\n",
    "- &a !!str x\n- *a\n- ! y\n- !<tag:yaml.org,2002:int> 1\n- ? {a: [1, 2]}\n  : b\n- \"\\u00e9\\x41\\\n  z\"\n",
    "%YAML 1.1\n%TAG !e! tag:e,2000:\n--- !e!x\na: \u{85}b\n...\n---\n# c\n--- >2+\n    x\n\n",
    "base: &b {x: 1, y: 010}\nd:\n  <<: [*b, {z: .inf}]\n  y: on\n\u{feff}k: 1e3\nü: 日本\u{2028}x\r\nn: ~\n",
];

/// A generator of numbers that gives the same ones each time (xorshift).
struct Numbered(u64);

impl Numbered {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or(0)
    }
}

fn mutate(numbers: &mut Numbered) -> String {
    let mut chars: Vec<char> = SEEDS[numbers.below(SEEDS.len())].chars().collect();
    let alphabet: Vec<char> = " \n\t-:?[]{},#&*!|>'\"%@`.<~0aé\u{85}\u{2028}\u{feff}\0\\\r".chars().collect();
    for _ in 0..=numbers.below(8) {
        let at = numbers.below(chars.len());
        match numbers.below(4) {
            0 if !chars.is_empty() => drop(chars.remove(at)),
            1 => {
                let other: Vec<char> = SEEDS[numbers.below(SEEDS.len())].chars().collect();
                let from = numbers.below(other.len());
                let to = (from + numbers.below(20)).min(other.len());
                chars.splice(at..at, other[from..to].iter().copied());
            }
            2 => chars.truncate(at),
            _ => chars.insert(at, alphabet[numbers.below(alphabet.len())]),
        }
    }
    chars.into_iter().collect()
}

fn assert_inside(node: &Node, text: &str) {
    let at = node.span.start as usize;
    assert!(at <= text.len() && text.is_char_boundary(at), "{at} in {text:?}");
    match &node.kind {
        NodeKind::Seq(items) => items.iter().for_each(|item| assert_inside(item, text)),
        NodeKind::Map(entries) => entries.iter().for_each(|(key, value)| {
            assert_inside(key, text);
            assert_inside(value, text);
        }),
        _ => {}
    }
}

#[test]
fn damaged_text_never_panics_and_every_place_lies_in_it() {
    let mut numbers = Numbered(0x9e37_79b9_7f4a_7c15);
    let limits = Limits::default();
    for _ in 0..20_000 {
        let text = mutate(&mut numbers);
        let file = SourceMap::new().add("t", text.as_str());
        let outcome = parse(&text, file, &limits);
        let syntax = check(&text, file, &limits, &mut ());
        assert_eq!(outcome.diagnostics.len(), syntax.len(), "{text:?}");
        for label in outcome.diagnostics.iter().flat_map(|d| &d.labels) {
            assert!(label.span.start as usize <= text.len(), "{text:?}");
        }
        for root in outcome.value.into_iter().filter_map(|document| document.root) {
            assert_inside(&root, &text);
            for rules in [Rules::Kubectl, Rules::V3] {
                assert_inside(&normalize(root.clone(), rules, &limits).value, &text);
            }
        }
    }
}

#[test]
fn what_is_written_is_read_back() {
    let mut numbers = Numbered(0x2545_f491_4f6c_dd1d);
    let limits = Limits::default();
    let mut read = 0;
    for _ in 0..20_000 {
        let Ok(value) = unmarshal(&mutate(&mut numbers), Numbers::Exact, &limits) else { continue };
        read += 1;
        for dialect in [Dialect::Sigs, Dialect::V3] {
            let text = Emitter { dialect, sort_keys: false }.write(&value);
            assert_eq!(unmarshal(&text, Numbers::Exact, &limits).as_ref(), Ok(&value), "{text:?}");
        }
    }
    assert!(read > 2_000, "only {read} texts were good");
}
