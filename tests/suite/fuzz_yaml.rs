//! No text makes the reader panic, and what it accepts obeys the law of reading and writing.

use rhumb::source::{FileId, Limits};
use rhumb::yaml::{Rules, normalize, parse};
use rhumb_tests::conformance::yaml_law;
use rhumb_tests::fuzz::rounds;

const SEEDS: [&str; 4] = [
    "a: 1\nb:\n  - c\n  - d: {e: [f, 'g']}\n",
    "x: &x {a: 1}\ny: *x\nz:\n  <<: *x\n  b: \"t\\n\"\n---\n- 1\n",
    "text: |2+\n   one\n  two\n\nfolded: >-\n  three\n  four\n",
    "? a\n: b\n'c': !!str 1\nd: !!float 2\n# end\n",
];

const TOKENS: [&str; 40] = [
    ":",
    ": ",
    "- ",
    "\n",
    "\r\n",
    "  ",
    "\t",
    "&a ",
    "*a",
    "!!str ",
    "!!binary ",
    "!<x> ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "\"",
    "'",
    "|\n",
    ">+\n",
    "|9",
    "#",
    " # c",
    "? ",
    "<<: ",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "%TAG ! x\n",
    "\u{feff}",
    "@",
    "~",
    "\\x",
    "\u{85}",
    "\u{2028}",
    "0o7",
    "1e400",
    ".nan",
    "é",
];

#[test]
fn no_text_breaks_the_reader() {
    rounds(3_000, |seed, noise| {
        let text = match seed % 3 {
            0 => noise.compose(&TOKENS, 40),
            _ => noise.mutate(SEEDS[seed as usize % SEEDS.len()], &TOKENS),
        };
        let limits = Limits::default();
        for rules in [Rules::Kubectl, Rules::V3] {
            for document in parse(&text, FileId::NONE, &limits).value {
                if let Some(root) = document.root {
                    let _ = normalize(root, rules, &limits);
                }
            }
        }
        if let Err(why) = yaml_law(&text) {
            panic!("{text:?}\n{why}");
        }
    });
}

#[test]
fn hostile_texts_end_in_an_error_or_a_result() {
    let laughs = |levels: usize| {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..levels {
            let item = format!("*a{}", level - 1);
            let items = [item.as_str(); 9].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        text
    };
    let texts = ["[".repeat(10_000), "[{a: ".repeat(10_000), "- ".repeat(10_000), laughs(12), nested_maps(2_000)];
    for text in texts {
        let limits = Limits::default();
        let read = parse(&text, FileId::NONE, &limits);
        let mut errors = read.diagnostics.iter().filter(|finding| finding.is_error()).count();
        for document in read.value {
            errors += document.root.map_or(0, |root| normalize(root, Rules::Kubectl, &limits).diagnostics.len());
        }
        assert!(errors > 0, "{} bytes of nonsense were accepted", text.len());
    }
}

fn nested_maps(levels: usize) -> String {
    (0..levels).map(|level| format!("{}a:\n", " ".repeat(level))).collect()
}
