//! What Go refuses is refused, checked against the programs themselves where they are on this machine.

use std::path::Path;
use std::process::{Command, Stdio};

use rhumb::source::Limits;
use rhumb::yaml::{Numbers, unmarshal};
use rhumb_tests::fuzz::Noise;
use rhumb_tests::workspace;

const SEEDS: [&str; 6] = [
    "a: 1\nb:\n  - c\n  - d: {e: [f, 'g']}\n",
    "x: &x {a: 1}\ny: *x\nz:\n  <<: *x\n  b: \"t\\n\"\n",
    "text: |\n  one\n  two\nfolded: >-\n  three\n  four\n",
    "? a\n: b\n'c': !!str 1\nd: !!int 2\n",
    "# comment\na: 0x1f\nb: 1_000\nc: yes\nd: ~\n",
    "list:\n- a\n-   b: c\n    d: e\n",
];

// Without `---`: Helm cuts its values files at such lines before it reads them.
const TOKENS: [&str; 29] = [
    ":",
    ": ",
    "- ",
    "\n",
    "  ",
    "\t",
    "&a ",
    "*a",
    "!!str ",
    "!x ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "\"",
    "'",
    "|\n",
    ">\n",
    "#",
    " # c",
    "? ",
    "<<: ",
    "...\n",
    "%YAML 1.1\n",
    "\u{feff}",
    "@",
    "`",
    "~",
];

#[test]
fn what_helm_refuses_as_values_is_refused() {
    let Some(helm) = workspace::peer("helm") else {
        println!("skipped: helm is not on this machine");
        return;
    };
    let chart = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(chart.path().join("Chart.yaml"), "apiVersion: v2\nname: c\nversion: 0.1.0\n").expect("writable");
    let values = chart.path().join("v.yaml");
    let count = if workspace::slow() { 3_000 } else { 60 };
    for seed in 0..count {
        let mut noise = Noise::new(seed);
        let text = noise.mutate(SEEDS[seed as usize % SEEDS.len()], &TOKENS);
        std::fs::write(&values, &text).expect("writable");
        let theirs =
            accepts(Command::new(&helm).args(["template", "."]).arg("-f").arg(&values).current_dir(chart.path()));
        assert_eq!(theirs, ours(&text), "seed {seed}:\n{text}");
    }
}

// Values are a map, or nothing at all.
fn ours(text: &str) -> bool {
    unmarshal(text, Numbers::Exact, &Limits::default()).is_ok_and(|value| value.is_null() || value.as_map().is_some())
}

fn accepts(command: &mut Command) -> bool {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"));
    command.env("HELM_CACHE_HOME", home).env("HELM_CONFIG_HOME", home).env("HELM_DATA_HOME", home);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program can be started").success()
}
