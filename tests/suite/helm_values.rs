//! `--set` and its kin against the `helm` program, where it is on this machine: a chart that prints its values prints the
//! same, or is refused in the same words; a native package gets the same values, and refuses the same.

use std::path::Path;
use std::process::Command;

use rhumb::package::{Loaded, load};
use rhumb::source::{FileTree, Limits, SourceMap, VPath};
use rhumb::value::Value;
use rhumb::values::chart::UserInput;
use rhumb::values::{Layer, SetFlag, compose};
use rhumb_tests::charts::{self, UserValues};
use rhumb_tests::fuzz::Noise;
use rhumb_tests::workspace;

const DEFAULTS: &str =
    "name: web\nport: 80\nlist: [one, two, {k: v}]\nmap: {a: 1, b: {c: 2}}\nempty: {}\non: true\n\"a.b\": dotted\n";

const FILE: &str = "from a file\n";

const CHART: [(&str, &str); 4] = [
    ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n"),
    ("values.yaml", DEFAULTS),
    ("file.txt", FILE),
    ("templates/out.yaml", "values: {{ .Values | toJson }}\n"),
];

const KINDS: [SetFlag; 5] = [SetFlag::Set, SetFlag::String, SetFlag::Json, SetFlag::File, SetFlag::Literal];

const KEYS: [&str; 30] = [
    "name",
    "port",
    "list",
    "list[0]",
    "list[1]",
    "list[2].k",
    "list[5]",
    "list[0].x",
    "list[2][1]",
    "map",
    "map.a",
    "map.b.c",
    "map.b",
    "map.new",
    "map.new.deep",
    "empty",
    "empty.x",
    "on",
    "a\\.b",
    "new",
    "new[0]",
    "new[1].y",
    "new[0][0]",
    "",
    ".",
    "a..b",
    "list[-1]",
    "list[x]",
    "list[]",
    "map[0]",
];

const VALUES: [&str; 44] = [
    "",
    "1",
    "0",
    "007",
    "-5",
    "+5",
    "1.5",
    "1e3",
    "0x1f",
    "true",
    "false",
    "True",
    "null",
    "~",
    "text",
    "a b",
    "a\\,b",
    "a\\=b",
    "a=b",
    "{}",
    "{a}",
    "{a,b}",
    "{1,true,null}",
    "{a\\,b}",
    "{a,",
    "{a}b",
    "{{a}}",
    "[1]",
    "\"q\"",
    "'q'",
    "{\"a\": 1}",
    "{\"a\": null}",
    "[1, {\"b\": 2}]",
    "[",
    "\"x\"",
    "nul",
    "9223372036854775807",
    "9223372036854775808",
    "\\",
    "é",
    "a\\",
    "file.txt",
    "absent.txt",
    "a\\\\b",
];

const PIECES: [&str; 16] = [",", "=", ".", "[", "]", "{", "}", "\\", "a", "list", "0", " ", "null", "map", "\"", "[0]"];

// Helm's numbers of files and JSON are floats; a native package keeps what they are.
fn is_same(a: &Value, b: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Int(i) => Some(*i as f64),
        Value::UInt(u) => Some(*u as f64),
        Value::Float(f) => Some(*f),
        _ => None,
    };
    match (a, b) {
        (Value::Seq(a), Value::Seq(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| is_same(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| is_same(a, b)))
        }
        _ => a == b || number(a).is_some_and(|a| number(b).is_some_and(|b| a.total_cmp(&b).is_eq())),
    }
}

// One flag's text: mostly assignments as users write them, sometimes noise.
fn text(noise: &mut Noise, kind: SetFlag) -> String {
    if noise.below(6) == 0 {
        return noise.compose(&PIECES, 8);
    }
    if kind == SetFlag::Json && noise.below(4) == 0 {
        return noise
            .pick(&["{\"map\": {\"a\": null}}", "{\"list\": [1]}", "{}", "{\"x\": }", " {\"name\": \"j\"}"])
            .to_owned();
    }
    let one = |noise: &mut Noise| format!("{}={}", noise.pick(&KEYS), noise.pick(&VALUES));
    let count = 1 + noise.below(3);
    (0..count).map(|_| one(noise)).collect::<Vec<_>>().join(",")
}

struct Chart {
    folder: tempfile::TempDir,
    helm: std::path::PathBuf,
}

impl Chart {
    fn theirs(&self, flags: &[(SetFlag, String)]) -> Result<String, String> {
        let mut command = Command::new(&self.helm);
        command.args(["template", "t", "."]).current_dir(self.folder.path());
        for (kind, text) in flags {
            command.arg(kind.name()).arg(text);
        }
        let home = Path::new(env!("CARGO_TARGET_TMPDIR"));
        command.env("HELM_CACHE_HOME", home).env("HELM_CONFIG_HOME", home).env("HELM_DATA_HOME", home);
        let output = command.output().expect("helm can be started");
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let error = said.lines().find_map(|line| line.strip_prefix("Error: ")).unwrap_or(&said);
            return Err(error.trim_end().to_owned());
        }
        Ok(shown(&String::from_utf8_lossy(&output.stdout)))
    }
}

// The line of values that the chart prints.
fn shown(printed: &str) -> String {
    printed.lines().find_map(|line| line.strip_prefix("values: ")).expect("the values").to_owned()
}

fn read(path: &str) -> Result<String, String> {
    match path {
        "file.txt" => Ok(FILE.to_owned()),
        _ => Err(format!("open {path}: no such file or directory")),
    }
}

fn ours(flags: &[(SetFlag, String)]) -> Result<String, String> {
    let files: FileTree = CHART.into_iter().collect();
    let inputs: Vec<UserInput> = flags.iter().map(|(kind, text)| UserInput::Flag(*kind, text.clone())).collect();
    let done =
        charts::template(&files, &VPath::root(), UserValues::Inputs(&inputs, &read), &charts::Request::default());
    match done.error {
        Some(error) => Err(error),
        None => Ok(shown(&String::from_utf8_lossy(&done.stdout))),
    }
}

// The values of a native package; `None` where it refuses a flag.
fn native(flags: &[(SetFlag, String)]) -> Option<Value> {
    let files: FileTree = [
        ("rhumb.yaml", "apiVersion: rhumb.dev/v1\nkind: Package\nname: c\nversion: 0.1.0\n"),
        ("values.yaml", DEFAULTS),
    ]
    .into_iter()
    .collect();
    let (mut sources, limits) = (SourceMap::new(), Limits::default());
    let loaded = load(&files, &VPath::root(), &mut sources, &limits).value;
    let Loaded::Package(package) = loaded else { panic!("a package") };
    let layers: Vec<Layer> = flags.iter().map(|(kind, text)| Layer::flag(*kind, text, &mut sources)).collect();
    let composed = compose(&package, &layers, &read, &limits);
    (!composed.diagnostics.has_errors()).then(|| composed.value.value().clone())
}

#[test]
fn flags_give_the_values_that_helm_gives() {
    let Some(helm) = workspace::peer("helm") else {
        println!("skipped: helm is not on this machine");
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in CHART {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        std::fs::write(path, text).expect("writable");
    }
    let chart = Chart { folder, helm };
    let mut differ = Vec::new();
    for seed in 0..if workspace::slow() { 3_000 } else { 200 } {
        let mut noise = Noise::new(seed);
        let count = 1 + noise.below(2);
        let flags: Vec<(SetFlag, String)> = (0..count)
            .map(|_| {
                let kind = KINDS[noise.below(KINDS.len())];
                let text = text(&mut noise, kind);
                // Helm takes what looks like one for a URL.
                (kind, if kind == SetFlag::File { text.replace(':', ";") } else { text })
            })
            .collect();
        let (theirs, ours) = (chart.theirs(&flags), ours(&flags));
        let same = match (&theirs, native(&flags)) {
            (Ok(theirs), Some(native)) => is_same(&serde_json::from_str(theirs).expect("JSON"), &native),
            (Err(_), None) => true,
            _ => false,
        };
        if theirs != ours || !same {
            let shown: Vec<String> = flags.iter().map(|(kind, text)| format!("{} '{text}'", kind.name())).collect();
            differ.push(format!(
                "seed {seed}: {}\n  helm:   {theirs:?}\n  chart:  {ours:?}\n  native: {:?}",
                shown.join(" "),
                native(&flags)
            ));
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}
