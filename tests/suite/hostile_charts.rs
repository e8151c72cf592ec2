//! Charts that were made to do harm: each ends in a clear error or a result, soon and in little memory.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rhumb_tests::program;

const CHART: &str = "apiVersion: v2\nname: c\nversion: 0.1.0\n";

// A second is what a user waits; the test allows for a slow machine and a build without optimization.
const TIME: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 5 });
const MEMORY: u64 = 200 << 10;

// Files of a chart, and what the error must say; `None` where the chart renders.
#[track_caller]
fn check(files: &[(&str, &str)], flags: &[&str], want: Option<&str>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join("c").join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        std::fs::write(path, text).expect("writable");
    };
    if !files.iter().any(|(path, _)| *path == "Chart.yaml") {
        write("Chart.yaml", CHART);
    }
    files.iter().for_each(|(path, text)| write(path, text));
    run(folder.path(), "c", flags, want);
}

#[track_caller]
fn run(folder: &Path, chart: &str, flags: &[&str], want: Option<&str>) {
    let mut command = Command::new(program::rhumb());
    command.args(["helm", "template", "demo", chart]).args(flags).current_dir(folder);
    let start = Instant::now();
    let said = tempfile::NamedTempFile::new().expect("a temporary file");
    let stderr = said.reopen().expect("the same file");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn().expect("it starts");
    let watched = watch(&mut child);
    let code = child.wait().expect("it ends").code();
    let time = watched.time.unwrap_or_else(|| start.elapsed());
    assert!(time < TIME, "took {time:?}");
    if let Some(memory) = watched.memory {
        assert!(memory < MEMORY, "{memory} KiB");
    }
    let said = std::fs::read(said.path()).expect("readable");
    let said = String::from_utf8_lossy(&said);
    let shown: String = said.chars().take(2_000).collect();
    match want {
        Some(want) => {
            assert_eq!(code, Some(1), "{shown}");
            assert!(said.contains(want), "{shown}");
        }
        None => assert_eq!(code, Some(0), "{shown}"),
    }
}

// What a process took, where the system tells.
#[derive(Default)]
struct Watched {
    // The most memory that it had, in KiB.
    memory: Option<u64>,
    // Processor time, which other work on the machine does not stretch.
    time: Option<Duration>,
}

// Watches a process to its end.
fn watch(child: &mut std::process::Child) -> Watched {
    let id = child.id();
    let read = |file: &str| std::fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default();
    let look = |known: &Watched| {
        let status = read("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let memory = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        // Behind the name: the state, ten other numbers, then the hundredths of a second in the program and in the system.
        let stat = read("stat");
        let numbers = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().skip(11).take(2));
        let ticks = numbers.and_then(|numbers| numbers.map(|number| number.parse::<u64>().ok()).sum::<Option<u64>>());
        // A process that has ended says nothing any more, or zero.
        let time = ticks.filter(|ticks| *ticks > 0).map(|ticks| Duration::from_millis(ticks * 10));
        Watched { memory: memory.or(known.memory), time: time.or(known.time) }
    };
    let mut watched = Watched::default();
    loop {
        watched = look(&watched);
        if child.try_wait().expect("it can be waited for").is_some() {
            return watched;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn flags_do_not_fill_memory() {
    let template = [("templates/a.yaml", "a: b\n")];
    check(&template, &["--set", "a[999999999]=1"], Some("index"));
    check(&template, &["--set", &format!("a={}", "{".repeat(100_000))], Some(""));
    check(&template, &["--set-json", &format!("a={}", "[".repeat(100_000))], Some("--set-json"));
}

#[test]
fn names_of_charts_and_aliases_are_names() {
    let chart = |name: &str| format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n");
    check(&[("Chart.yaml", &chart("'..'"))], &[], Some("chart.metadata.name"));
    check(&[("Chart.yaml", &chart("a/b"))], &[], Some("chart.metadata.name"));
    let alias = format!("{CHART}dependencies:\n- {{name: d, version: 0.1.0, repository: '', alias: a/b}}\n");
    check(&[("Chart.yaml", &alias)], &[], Some("alias"));
}

#[test]
fn files_of_a_chart_that_are_none_are_refused() {
    check(&[("Chart.yaml", "")], &[], Some("chart.metadata"));
    check(&[("Chart.yaml", "- a\n")], &[], Some("Chart.yaml"));
    check(&[("Chart.yaml", "name: [a]\nversion: {}\napiVersion: v2\n")], &[], Some("Chart.yaml"));
    check(&[("values.yaml", "- a\n")], &[], Some("values.yaml"));
    check(&[("values.yaml", &"[".repeat(100_000))], &[], Some("values.yaml"));
    check(&[("Chart.lock", "a: [\n")], &[], Some("Chart.lock"));
    let long = format!("a: {}\n", "x".repeat(30 << 20));
    check(&[("values.yaml", &long), ("templates/a.yaml", "a: b\n")], &[], None);
}

#[test]
fn templates_without_an_end_reach_a_limit() {
    let template = |text: &str, want: &str| check(&[("templates/a.yaml", text)], &[], Some(want));
    template("{{ tpl .Values.t . }}", "");
    check(
        &[("values.yaml", "t: '{{ tpl .Values.t . }}'\n"), ("templates/a.yaml", "{{ tpl .Values.t . }}")],
        &[],
        Some(""),
    );
    template(
        "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}",
        "rendering template has a nested reference name: a",
    );
    template("{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}", "");
    check_limit("{{ range 100000 }}{{ range 100000 }}{{ end }}{{ end }}", "steps");
    check_limit("{{ range until 1000000000 }}{{ end }}", "steps");
    check_limit("{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}", "template-bytes");
    check_limit("{{ repeat 104857600 \"0123456789\" }}", "output-bytes");
    template(&format!("{{{{ regexMatch \"{}\" \"a\" }}}}{{{{ fail \"end\" }}}}", "a".repeat(1 << 20)), "");
    template(&format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000)), "");
}

#[test]
fn values_that_hold_themselves_come_to_an_end() {
    let own = "{{ $d := dict }}{{ $_ := set $d \"a\" $d }}";
    for use_of_it in [
        "{{ $d }}",
        "{{ toYaml $d }}",
        "{{ toJson $d }}",
        "{{ eq $d $d }}",
        "{{ deepCopy $d }}",
        "{{ merge $d $d }}",
        "{{ deepEqual $d (deepCopy $d) }}",
    ] {
        let text = format!("{own}{use_of_it}{{{{ fail \"the end\" }}}}");
        check(&[("templates/a.yaml", &text)], &[], Some("rror"));
    }
    let deep = "{{ $d := dict }}{{ range until 1000000 }}{{ $d = dict \"a\" $d }}{{ end }}";
    for use_of_it in ["a: b", "{{ $d }}", "{{ toYaml $d }}", "{{ deepCopy $d }}", "{{ merge (dict) $d }}"] {
        let text = format!("{deep}{use_of_it}");
        check(&[("templates/a.yaml", &text)], &[], Some("--limit template-bytes="));
    }
}

// A template, and the limit at which it ends.
#[track_caller]
fn check_limit(template: &str, limit: &str) {
    check(&[("templates/a.yaml", template)], &[], Some(&format!("raise the limit with --limit {limit}=VALUE")));
}

#[test]
fn values_that_share_their_parts_are_not_unfolded() {
    let shared =
        |value: &str, more: &str| format!("{{{{ $a := {value} }}}}{{{{ range until 64 }}}}{more}{{{{ end }}}}");
    let list = shared("list \"abc\"", "{{ $a = list $a $a }}");
    for (use_of_it, limit) in [
        ("{{ $a }}", "output-bytes"),
        ("{{ printf \"%v\" $a | len }}", "output-bytes"),
        ("{{ toString $a | len }}", "output-bytes"),
        ("{{ toYaml $a | len }}", "output-bytes"),
        ("{{ toJson $a | len }}", "output-bytes"),
        ("{{ toToml (dict \"a\" $a) | len }}", "output-bytes"),
        ("{{ deepCopy $a | len }}", "template-bytes"),
    ] {
        check_limit(&format!("{list}{use_of_it}"), limit);
    }
    let map = shared("dict \"a\" 1", "{{ $a = dict \"a\" $a \"b\" $a }}");
    check_limit(&format!("{map}{{{{ toToml $a | len }}}}"), "output-bytes");
    check_limit(&format!("{map}{{{{ merge (dict) (deepCopy $a) | len }}}}"), "template-bytes");
}

#[test]
fn texts_that_grow_and_loops_over_long_texts_reach_a_limit() {
    let grown = |text: &str| format!("{{{{ $a := repeat 1000 \"a<.\" }}}}{{{{ range until 100 }}}}{text}{{{{ end }}}}");
    for text in [
        "{{ $a = print $a $a }}",
        "{{ $a = b64enc $a }}",
        "{{ $a = quote $a $a }}",
        "{{ $a = list $a $a | toJson }}",
        "{{ $a = replace \"a\" \"aaa\" $a }}",
        "{{ $a = regexReplaceAll \"a\" $a \"aaa\" }}",
        "{{ $a = regexQuoteMeta $a }}",
    ] {
        check(&[("templates/a.yaml", &grown(text))], &[], Some("=VALUE"));
    }
    let looped = |text: &str| {
        format!("{{{{ $a := repeat 1000000 \"a_ \" }}}}{{{{ range until 100000 }}}}{{{{ $_ := {text} }}}}{{{{ end }}}}")
    };
    for text in [
        "sha256sum $a",
        "contains \"a_ !\" $a",
        "hasPrefix $a $a",
        "trimAll \"a_ \" $a",
        "toDate $a $a",
        "float64 $a",
        "regexMatch \"x$\" $a",
        "splitList \"x\" $a",
    ] {
        check(&[("templates/a.yaml", &looped(text))], &[], Some("=VALUE"));
    }
    check_limit("{{ shuffle (repeat 10000000 \"ab\") | len }}", "steps");
    check_limit("{{ range until 1000000 }}{{ $_ := tpl (printf \"{{`{{ 1 }}`}}%d\" .) $ }}{{ end }}", "template-bytes");
    check_limit("{{ chunk 1 (until 3000000) | len }}", "template-bytes");
    check_limit("{{ fail (repeat 60000000 \"a\") }}", "template-bytes");
    check_limit(&"{{ 1 }}".repeat(2_000_000), "template-bytes");
}

#[test]
fn regular_expressions_take_time_that_is_counted() {
    check_limit("{{ regexMatch (repeat 1048576 \"a\") \"a\" }}", "regex-bytes");
    check_limit("{{ regexReplaceAll \".*!|.\" (repeat 1000000 \"a\") \"b\" | len }}", "steps");
    check_limit("{{ regexFindAll \"(a*b|a)\" (repeat 1000000 \"a\") -1 | len }}", "steps");
}

#[test]
fn keys_and_passwords_without_end_reach_a_limit() {
    let text = "{{ range until 1000000 }}{{ $_ := genPrivateKey \"ed25519\" }}{{ $_ := bcrypt \"a\" }}{{ end }}";
    check(&[("templates/a.yaml", text)], &["--limit", "steps=5M"], Some("raise the limit with --limit steps=VALUE"));
}

#[test]
fn rules_and_patterns_are_not_matched_without_end() {
    let files: Vec<String> = (0..300).map(|i| format!("{}{i}", "a".repeat(100))).collect();
    let with = |path: &'static str, text: String| {
        let mut all: Vec<(&str, &str)> = files.iter().map(|path| (path.as_str(), "x")).collect();
        all.push((path, &text));
        check(&all, &[], Some("=VALUE"));
    };
    with("templates/a.yaml", "{{ range until 100000 }}{{ $_ := $.Files.Glob \"*a*a*a*b\" }}{{ end }}".to_owned());
    with(".helmignore", "x\n".repeat(200_000));
}

#[cfg(unix)]
#[test]
fn names_with_escapes_of_the_terminal_are_refused_and_not_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir_all(folder.path().join("c/templates")).expect("writable");
    std::fs::write(folder.path().join("c/Chart.yaml"), CHART).expect("writable");
    std::fs::write(folder.path().join("c/templates/\u{1b}[31mred.yaml"), "{{ fail \"the end\" }}").expect("writable");
    run(folder.path(), "c", &[], Some("\\u{1b}[31mred.yaml"));
}

#[test]
fn schemas_fetch_nothing_and_end() {
    let schema = |text: &str| check(&[("values.schema.json", text), ("templates/a.yaml", "a: b\n")], &[], Some("rror"));
    schema(r#"{"$ref": "http://127.0.0.1:1/x.json"}"#);
    schema(r#"{"$ref": "file:///etc/passwd"}"#);
    let chain: String = (0..10_000).map(|i| format!("\"d{i}\": {{\"$ref\": \"#/definitions/d{}\"}},", i + 1)).collect();
    let long =
        format!(r##"{{"$ref": "#/definitions/d0", "definitions": {{{chain} "d10000": {{"type": "string"}}}}}}"##);
    schema(&long);
    schema(r##"{"$ref": "#"}"##);
    let twice: String = (0..40)
        .map(|i| {
            let next = format!("{{\"$ref\": \"#/definitions/d{}\"}}", i + 1);
            format!("\"d{i}\": {{\"allOf\": [{next}, {next}]}},")
        })
        .collect();
    let wide = format!(r##"{{"$ref": "#/definitions/d0", "definitions": {{{twice} "d40": {{"type": "object"}}}}}}"##);
    check(&[("values.schema.json", &wide), ("templates/a.yaml", "a: b\n")], &[], Some("--limit schema-steps="));
    let names = |count: usize| (0..count).map(|i| i.to_string()).collect::<Vec<_>>().join(",");
    let schema = format!(r#"{{"properties": {{"s": {{"items": {{"enum": [{}, "x"]}}}}}}}}"#, names(20_000));
    let values = format!("s: [{}]\n", names(40_000));
    let files = [("values.schema.json", &*schema), ("values.yaml", &values), ("templates/a.yaml", "a: b\n")];
    check(&files, &[], Some("rror"));
}

#[test]
fn archives_are_held_to_limits_and_to_their_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let archive = |name: &str, entries: &[(&str, &[u8], tar::EntryType)]| {
        let file = std::fs::File::create(folder.path().join(name)).expect("writable");
        let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(file, flate2::Compression::fast()));
        for (path, content, kind) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_gnu_mut().expect("gnu").name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            if *kind == tar::EntryType::Symlink {
                header.set_link_name("/etc/passwd").expect("a name");
            }
            header.set_mode(0o644);
            header.set_cksum();
            builder.append(&header, *content).expect("writable");
        }
        builder.into_inner().expect("writable").finish().expect("writable").flush().expect("writable");
    };
    let (file, chart) = (tar::EntryType::Regular, CHART.as_bytes());
    archive("bomb.tgz", &[("c/Chart.yaml", chart, file), ("c/big", &vec![0; 150 << 20], file)]);
    run(folder.path(), "bomb.tgz", &[], Some("rror"));
    archive("up.tgz", &[("c/Chart.yaml", chart, file), ("c/../../x", b"x", file)]);
    run(folder.path(), "up.tgz", &[], Some("rror"));
    archive("root.tgz", &[("c/Chart.yaml", chart, file), ("/etc/x", b"x", file)]);
    run(folder.path(), "root.tgz", &[], Some("rror"));
    archive("link.tgz", &[("c/Chart.yaml", chart, file), ("c/templates/a.yaml", b"", tar::EntryType::Symlink)]);
    run(folder.path(), "link.tgz", &[], Some("rror"));
    std::fs::write(folder.path().join("no.tgz"), "not an archive").expect("writable");
    run(folder.path(), "no.tgz", &[], Some("rror"));
}

#[cfg(unix)]
#[test]
fn links_out_of_a_chart_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let templates = folder.path().join("c/templates");
    std::fs::create_dir_all(&templates).expect("writable");
    std::fs::write(folder.path().join("c/Chart.yaml"), CHART).expect("writable");
    std::os::unix::fs::symlink("/etc/passwd", templates.join("a.yaml")).expect("a link");
    run(folder.path(), "c", &[], Some("rror"));
}
