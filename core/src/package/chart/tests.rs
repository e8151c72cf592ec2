//! Loading of whole charts, from folders and archives in memory.

use std::io::Write;

use super::*;
use crate::source::{FileTree, Limits, VPath};

const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";

fn folder(files: &[(&str, &str)]) -> (Result<Chart, String>, Vec<String>) {
    let tree: FileTree = files.iter().copied().collect();
    let mut log = Vec::new();
    let chart = load_folder(&tree, &VPath::root(), &Limits::default(), &mut log);
    (chart.map_err(|error| error.to_string()), log.iter().map(ToString::to_string).collect())
}

fn loaded(files: &[(&str, &str)]) -> Chart {
    folder(files).0.expect("a chart")
}

fn refused(files: &[(&str, &str)]) -> String {
    folder(files).0.expect_err("no chart")
}

fn names(files: &[ChartFile]) -> Vec<&str> {
    files.iter().map(|file| file.name.as_str()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

/// An entry of a tar archive: name, kind, link, content.
fn entry(name: &str, kind: u8, link: &str, content: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    block[156] = kind;
    block[157..157 + link.len()].copy_from_slice(link.as_bytes());
    block[257..265].copy_from_slice(b"ustar\x0000");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block.extend_from_slice(content);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

fn tar(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = entries.concat();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let entries: Vec<_> = files.iter().map(|(name, text)| entry(name, b'0', "", text.as_bytes())).collect();
    gzip(&tar(&entries))
}

fn unpacked(bytes: &[u8]) -> Result<Chart, ChartError> {
    load_archive("web.tgz", bytes, &Limits::default(), &mut Vec::new())
}

fn help(bytes: &[u8]) -> String {
    let error = unpacked(bytes).expect_err("refused");
    assert!(error.message.as_str() == "unable to load chart archive" || error.help.is_some(), "{error}");
    error.help.expect("says why").to_string()
}

#[test]
fn files_are_sorted_by_what_they_are_for() {
    let chart = loaded(&[
        ("Chart.yaml", CHART),
        ("values.yaml", "a: 1\n"),
        ("values.schema.json", "{}"),
        ("Chart.lock", "digest: x\ngenerated: \"2020-01-01T00:00:00Z\"\n"),
        ("templates/a.yaml", "\u{feff}a"),
        ("templates/.hidden", "x"),
        ("templates/sub/b.tpl", "b"),
        ("crds/x.yaml", "c"),
        ("crds/y.txt", "c"),
        ("crds-x/z.yaml", "c"),
        (".dot", "d"),
        ("charts/dep/Chart.yaml", "apiVersion: v1\nname: dep\nversion: 0.1.0\n"),
        ("charts/dep/crds/z.YML", "c"),
        ("charts/x.prov", "p"),
        ("charts/_off/Chart.yaml", "["),
    ]);
    assert_eq!(names(&chart.contents.templates), ["templates/a.yaml", "templates/sub/b.tpl"]);
    assert_eq!(&**chart.contents.templates[0].data.bytes().expect("there"), b"a");
    assert_eq!(names(&chart.contents.files), [".dot", "charts/x.prov", "crds/x.yaml", "crds/y.txt", "crds-x/z.yaml"]);
    assert_eq!(chart.contents.lock.as_ref().expect("there").digest, "x");
    assert_eq!(chart.contents.schema.as_deref(), Some(&b"{}"[..]));
    assert_eq!(chart.dependencies.len(), 1);
    assert_eq!(chart.dependencies[0].path, "web/charts/dep");
    assert!(chart.is_root() && !chart.dependencies[0].is_root());
    let crds: Vec<String> = chart.crds().iter().map(Crd::filename).collect();
    assert_eq!(crds, ["web/crds/x.yaml", "web/charts/dep/crds/z.YML"]);
}

#[test]
fn helmignore_leaves_out_files_and_folders() {
    let chart = loaded(&[
        ("Chart.yaml", CHART),
        (".helmignore", "# x\n*.md\nci/\n/secret\n"),
        ("README.md", ""),
        ("docs/x.md", ""),
        ("ci/values.yaml", ""),
        ("a/ci/values.yaml", ""),
        ("secret", ""),
        ("a/secret", ""),
    ]);
    assert_eq!(names(&chart.contents.files), [".helmignore", "a/secret"]);
    assert_eq!(refused(&[("Chart.yaml", CHART), (".helmignore", "**/x")]), "double-star (**) syntax is not supported");
}

#[test]
fn a_packed_dependency_is_loaded_in_place() {
    let archive =
        packed(&[("dep/Chart.yaml", "apiVersion: v1\nname: dep\nversion: 0.1.0\n"), ("dep/templates/x", "y")]);
    let mut tree: FileTree = [("Chart.yaml", CHART)].into_iter().collect();
    tree.insert(VPath::parse("charts/dep-0.1.0.tgz").expect("fine"), archive);
    let chart = load_folder(&tree, &VPath::root(), &Limits::default(), &mut Vec::new()).expect("a chart");
    assert_eq!(names(&chart.dependencies[0].contents.templates), ["templates/x"]);
    assert_eq!(chart.dependencies[0].contents.location, "charts/dep-0.1.0.tgz");
}

// Each text was seen with the helm program.
#[test]
fn charts_that_cannot_be_loaded_are_refused_in_the_words_of_helm() {
    let sub = |name: &'static str, text: &'static str| [("Chart.yaml", CHART), (name, text)];
    let decoding = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
    let cases = [
        (refused(&[("values.yaml", "")]), "unable to detect chart at Chart.yaml: open Chart.yaml: no such file or directory".to_owned()),
        (refused(&[("Chart.yaml", "")]), "validation: chart.metadata.name is required".to_owned()),
        (
            refused(&[("Chart.yaml", "[1]")]),
            format!("cannot load Chart.yaml: {decoding} array into Go value of type loader.chartBase"),
        ),
        (refused(&[("Chart.yaml", "apiVersion: v9")]), "unsupported chart version".to_owned()),
        (refused(&[("Chart.yaml", "apiVersion: 2")]), "unsupported chart version".to_owned()),
        (
            refused(&[("Chart.yaml", "a: b: c\n")]),
            "cannot load Chart.yaml: error converting YAML to JSON: yaml: mapping values are not allowed in this context"
                .to_owned(),
        ),
        (
            refused(&sub("values.yaml", "[1]")),
            format!(
                "cannot load values.yaml: cannot unmarshal yaml document: {decoding} array into Go value of type \
                 map[string]interface {{}}"
            ),
        ),
        (
            refused(&sub("Chart.lock", "x")),
            format!("cannot load Chart.lock: {decoding} string into Go value of type v2.Lock"),
        ),
        (
            refused(&sub("requirements.yaml", "x")),
            format!("cannot load requirements.yaml: {decoding} string into Go value of type v2.Metadata"),
        ),
        (
            refused(&sub("charts/a/Chart.yaml", "[1]")),
            format!(
                "error unpacking subchart a in web: cannot load Chart.yaml: {decoding} array into Go value of type \
                 v2.Metadata"
            ),
        ),
        (
            refused(&sub("charts/README.md", "x")),
            "error unpacking subchart README.md in web: Chart.yaml file is missing".to_owned(),
        ),
        (refused(&sub("charts/x.tgz", "junk")), "error unpacking subchart x.tgz in web: unexpected EOF".to_owned()),
        (refused(&sub("charts/x.tgz", "")), "error unpacking subchart x.tgz in web: EOF".to_owned()),
        (
            refused(&sub("charts/x.tgz", "junkjunkjunk")),
            "error unpacking subchart x.tgz in web: gzip: invalid header".to_owned(),
        ),
        (
            refused(&sub("charts/x.tgz/foo", "")),
            "error unpacking subchart tar in web: expected x.tgz, got x.tgz/foo".to_owned(),
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}

#[test]
fn an_error_knows_its_place() {
    let tree: FileTree = [("c/Chart.yaml", CHART), ("c/values.yaml", "a: 1\nb: ]\nc: 1\n")].into_iter().collect();
    let folder = VPath::parse("c").expect("fine");
    let error = load_folder(&tree, &folder, &Limits::default(), &mut Vec::new()).expect_err("broken");
    let mut sources = crate::source::SourceMap::new();
    let found = error.diagnostic("chart-load", &mut sources);
    assert_eq!(sources.describe(found.span()).as_deref(), Some("c/values.yaml:2:4"));
}

#[test]
fn requirements_are_laid_over_chart_yaml() {
    let v1 = CHART.replace("v2", "v1");
    let requirements = "dependencies: [{name: b, version: 1.x}]\n";
    let (chart, log) = folder(&[("Chart.yaml", &v1), ("requirements.yaml", requirements)]);
    let chart = chart.expect("a chart");
    assert_eq!(names(&chart.contents.files), ["requirements.yaml"]);
    assert_eq!(log, [""; 0]);
    // Entries are decoded over one another: what the second does not name stays.
    let both = format!("{v1}dependencies: [{{name: a, alias: x}}, {{name: c}}]\n");
    let chart = loaded(&[("Chart.yaml", &both), ("requirements.yaml", requirements)]);
    let dependencies = chart.metadata.dependencies.as_ref().expect("there");
    assert_eq!(dependencies.len(), 1);
    assert_eq!((dependencies[0].name.as_str(), dependencies[0].alias.as_str()), ("b", "x"));
    let (chart, log) = folder(&[("Chart.yaml", CHART), ("requirements.yaml", requirements)]);
    assert!(chart.expect("a chart").contents.files.is_empty());
    assert_eq!(log.len(), 1);
    assert!(log[0].starts_with("level=INFO msg=\"Warning: Dependencies are handled in Chart.yaml since"), "{}", log[0]);
}

#[test]
fn an_archive_gives_what_its_folder_gives() {
    let chart = unpacked(&packed(&[("web/templates/a", "x"), ("web/Chart.yaml", CHART), ("web/.dot", "\u{feff}d")]));
    let chart = chart.expect("a chart");
    assert_eq!(names(&chart.contents.templates), ["templates/a"]);
    assert_eq!(&**chart.contents.files[0].data.bytes().expect("there"), b"d");
    assert_eq!(chart.contents.location, "web.tgz");
}

#[test]
fn long_names_come_from_gnu_and_pax_entries() {
    let long = format!("web/templates/{}", "x".repeat(150));
    let record = format!("path={long}\n");
    let length = record.len() + 1 + 3;
    let pax = entry("pax", b'x', "", format!("{length} {record}").as_bytes());
    let gnu = entry("long", b'L', "", format!("{long}y\0").as_bytes());
    let archive = tar(&[
        entry("web/Chart.yaml", b'0', "", CHART.as_bytes()),
        entry("web/", b'5', "", b""),
        entry("pax_global_header", b'g', "", b"20 comment=123456789\n"),
        pax,
        entry("short", b'0', "", b"1"),
        gnu,
        entry("short", b'0', "", b"2"),
    ]);
    let chart = unpacked(&gzip(&archive)).expect("a chart");
    let found: Vec<usize> = names(&chart.contents.templates).iter().map(|name| name.len()).collect();
    assert_eq!(found, [160, 161]);
}

#[test]
fn what_is_no_archive_is_refused_in_the_words_of_helm() {
    let error = |name: &str, bytes: &[u8]| {
        load_archive(name, bytes, &Limits::default(), &mut Vec::new()).expect_err("refused").to_string()
    };
    assert_eq!(
        error("/x/v.yaml", b"a: 1\n"),
        "file '/x/v.yaml' seems to be a YAML file, but expected a gzipped archive"
    );
    assert_eq!(
        error("/x/v", b"a: 1\n"),
        "file '/x/v' does not appear to be a gzipped archive; got 'application/octet-stream'"
    );
    assert_eq!(error("x", &gzip(b"")), "unable to load chart archive");
    assert_eq!(error("x", &packed(&[("web/a", "")])), "unable to detect chart version, no Chart.yaml found");
    assert_eq!(error("x", &packed(&[("web/Chart.yaml", "apiVersion: v9")])), "unsupported chart version");
}

#[test]
fn entries_that_lead_out_of_an_archive_are_refused() {
    let with = |entry: Vec<u8>| gzip(&tar(&[self::entry("web/Chart.yaml", b'0', "", CHART.as_bytes()), entry]));
    let file = |name: &str| help(&with(entry(name, b'0', "", b"x")));
    let parent = "chart illegally references parent directory";
    assert_eq!(file("../x"), parent);
    assert_eq!(file("web/../../x"), parent);
    assert_eq!(file("web/a/../../x"), parent);
    assert_eq!(file("web\\..\\..\\x"), parent);
    assert_eq!(file("/etc/passwd"), "chart illegally contains absolute paths");
    assert_eq!(file("web//etc/passwd"), "chart illegally contains absolute paths");
    assert_eq!(file("web/c:/x"), "chart contains illegally named files");
    assert_eq!(file("web"), "chart illegally contains content outside the base directory: \"web\"");
    assert_eq!(file("Chart.yaml/x"), "chart yaml not in base directory");
    let out = "chart illegally links out of its directory: \"templates/l\"";
    for (kind, target) in [(b'2', "/etc/passwd"), (b'2', "../../x"), (b'1', "../../../x"), (b'2', "c:\\x")] {
        assert_eq!(help(&with(entry("web/templates/l", kind, target, b""))), out, "{target}");
    }
    for kind in [b'3', b'4', b'6'] {
        assert_eq!(help(&with(entry("web/d", kind, "", b""))), "chart contains a device: \"web/d\"");
    }
    // A link that stays inside is an empty file, as Helm has it.
    let chart = unpacked(&with(entry("web/templates/l", b'2', "../Chart.yaml", b""))).expect("a chart");
    assert!(chart.contents.templates[0].data.bytes().is_ok_and(|bytes| bytes.is_empty()));
}

#[test]
fn an_archive_that_unpacks_to_too_much_is_refused() {
    let huge =
        tar(&[entry("web/Chart.yaml", b'0', "", CHART.as_bytes()), entry("web/x", b'0', "", &vec![0; 40 << 20])]);
    assert!(help(&gzip(&huge)).contains("--limit archive-ratio="));
    // A header may lie about its size: nothing is unpacked for it.
    let mut lie = entry("web/x", b'0', "", b"");
    lie[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0, 0]);
    lie[148..156].fill(b' ');
    let sum: u32 = lie.iter().map(|b| u32::from(*b)).sum();
    lie[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert!(help(&gzip(&tar(&[lie]))).contains("--limit archive-bytes="));
    let many: Vec<_> = (0..20_001).map(|_| entry("web/x", b'0', "", b"")).collect();
    let limits = Limits { archive_ratio: 100_000, ..Limits::default() };
    let error = load_archive("x", &gzip(&tar(&many)), &limits, &mut Vec::new()).expect_err("refused");
    assert_eq!(error.message, "chart archive has more than 20000 entries");
}

#[test]
fn archives_in_archives_count_towards_one_limit() {
    // Each lies in the next; Helm would unpack them all.
    let mut archive = packed(&[("web/Chart.yaml", CHART)]);
    for _ in 0..70 {
        let inner = entry("web/charts/web.tgz", b'0', "", &archive);
        archive = gzip(&tar(&[entry("web/Chart.yaml", b'0', "", CHART.as_bytes()), inner]));
    }
    let error = unpacked(&archive).expect_err("refused");
    assert!(error.to_string().ends_with("charts are nested more than 64 levels deep"), "{error}");
}

#[test]
fn a_folder_that_is_too_large_is_refused() {
    let tree: FileTree = [("Chart.yaml", CHART), ("x", "0123456789")].into_iter().collect();
    let limits = Limits { archive_bytes: CHART.len() + 5, ..Limits::default() };
    let error = load_folder(&tree, &VPath::root(), &limits, &mut Vec::new()).expect_err("refused");
    assert_eq!(
        error.message,
        format!("error reading x: chart exceeds maximum decompressed size of {} bytes", limits.archive_bytes)
    );
}

#[test]
fn damaged_archives_end_in_an_error_or_a_chart() {
    let good = packed(&[("web/Chart.yaml", CHART), ("web/values.yaml", "a: 1\n"), ("web/templates/x", "x")]);
    for cut in 0..good.len() {
        let _ = unpacked(&good[..cut]);
    }
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x55;
        let _ = unpacked(&bad);
    }
    let plain = tar(&[entry("web/Chart.yaml", b'0', "", CHART.as_bytes()), entry("web/x", b'0', "", b"x")]);
    for at in 0..plain.len() {
        let mut bad = plain.clone();
        bad[at] ^= 0xff;
        let _ = unpacked(&gzip(&bad));
    }
}

#[test]
fn hostile_chart_files_end_in_an_error() {
    let deep = "[".repeat(100_000);
    let wide = format!("name: {}", "x".repeat(1 << 20));
    for name in ["Chart.yaml", "values.yaml", "Chart.lock", "requirements.yaml", "requirements.lock"] {
        for text in [deep.as_str(), "\u{0}", "- ", "a: *b\n", "&a [*a]"] {
            assert!(folder(&[("Chart.yaml", CHART), (name, text)]).0.is_err(), "{name} {:?}", &text[..2]);
        }
    }
    assert!(folder(&[("Chart.yaml", &wide)]).0.is_err());
    assert!(folder(&[("Chart.yaml", "apiVersion: v2\nname: ..\nversion: 1.0.0\n")]).0.is_err());
    let alias = format!("{CHART}dependencies: [{{name: a, alias: ../x}}]\n");
    assert_eq!(
        refused(&[("Chart.yaml", &alias)]),
        "validation: dependency \"a\" has disallowed characters in the alias"
    );
}
