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

// `kubectl label --local` asks no server; what it makes of the YAML stands in its output, or in its error where the
// document is no object.
#[test]
fn what_kubectl_refuses_is_refused_in_its_words_and_the_rest_is_the_same_value() {
    let Some(kubectl) = workspace::peer("kubectl") else {
        println!("skipped: kubectl is not on this machine");
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let count = if workspace::slow() { 3_000 } else { 60 };
    let (mut refused, mut same) = (0, 0);
    for seed in 0..count {
        let mut noise = Noise::new(seed);
        let text = noise.mutate(OBJECTS[seed as usize % OBJECTS.len()], &TOKENS);
        // What starts as JSON is read as JSON.
        if text.trim_start().starts_with('{') {
            continue;
        }
        std::fs::write(folder.path().join("m.yaml"), &text).expect("writable");
        let mut command = Command::new(&kubectl);
        command.args(["label", "--local", "-f", "m.yaml", "added=x", "-o", "json"]).current_dir(folder.path());
        let output = command.env("HOME", folder.path()).output().expect("kubectl can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        // kubectl's reader of documents ends every line.
        let text = if text.ends_with('\n') { text } else { text + "\n" };
        let ours = unmarshal(&text, Numbers::Exact, &Limits::default());
        if let Some((_, error)) = said.split_once("error parsing m.yaml: ") {
            assert_eq!(ours.as_ref().err().map(String::as_str), Some(error.trim_end()), "seed {seed}:\n{text}");
            refused += 1;
            continue;
        }
        let value = ours.unwrap_or_else(|error| panic!("seed {seed}: kubectl takes, we say {error}\n{text}\n{said}"));
        let shown = said.split_once(" is missing in '").and_then(|(_, rest)| rest.trim_end().strip_suffix('\''));
        let printed = String::from_utf8_lossy(&output.stdout);
        let theirs = if output.status.success() { json(&printed) } else { shown.and_then(json) };
        if let Some(theirs) = theirs {
            let ours = serde_json::to_value(&value).expect("JSON");
            assert_eq!(unlabelled(ours), unlabelled(theirs), "seed {seed}:\n{text}");
            same += 1;
        }
    }
    assert!(refused > count / 10 && same > count / 10, "{refused} refused, {same} the same, of {count}");
}

const OBJECTS: [&str; 5] = [
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: yes\n  b: 0x1f\n  c: 010\n  on: x\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  text: |\n    one\n    two\n  folded: >-\n    three\n\n    four\n",
    "apiVersion: v1\nkind: Service\nmetadata: &m\n  name: a\nspec:\n  - &x {port: 80}\n  - *x\n  - <<: *x\n    name: http\n",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: 'a'}\ndata:\n  a: !!str 1\n  b: !!int '2'\n  c: 1_000\n  d: ~\n  e: 1e3\n  f: .5\n",
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: \"a\\tb\"\nspec:\n  ? key\n  : value\n  list:\n  - 2024-01-01\n  - 1:30\n  - 0o7\n",
];

fn json(text: &str) -> Option<serde_json::Value> {
    serde_json::from_str(text).ok()
}

// The object without labels, of which one was added.
fn unlabelled(mut object: serde_json::Value) -> serde_json::Value {
    if let Some(metadata) = object.get_mut("metadata").and_then(serde_json::Value::as_object_mut) {
        metadata.remove("labels");
        if metadata.is_empty() {
            object.as_object_mut().expect("a map").remove("metadata");
        }
    }
    object
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
