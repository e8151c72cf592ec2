//! Values of small charts, each seen with the helm program.

use super::*;
use crate::package::chart::load_folder;
use crate::source::{FileTree, SourceMap, VPath};
use crate::value::ValuePath;
use crate::values::SetFlag;

const HEAD: &str = "apiVersion: v2\nversion: 1.0.0\n";

/// A chart whose files are given as path and text; `Chart.yaml` gets the head that all share.
struct Case {
    tree: FileTree,
    inputs: Vec<UserInput>,
}

#[derive(Debug)]
struct Done {
    chart: Chart,
    values: Value,
    log: Vec<String>,
}

impl Case {
    fn new(files: &[(&str, &str)]) -> Case {
        let text = |path: &str, text: &str| match path.ends_with("Chart.yaml") {
            true => format!("{HEAD}{text}"),
            false => text.to_owned(),
        };
        let tree = files.iter().map(|(path, content)| (*path, text(path, content))).collect();
        Case { tree, inputs: Vec::new() }
    }

    fn file(mut self, text: &str) -> Case {
        self.inputs.push(UserInput::File { name: "my.yaml".into(), content: text.into() });
        self
    }

    fn flag(mut self, flag: SetFlag, text: &str) -> Case {
        self.inputs.push(UserInput::Flag(flag, text.into()));
        self
    }

    fn user(&self) -> Result<Value, String> {
        let read = |path: &str| match path {
            "there" => Ok("content\n".to_owned()),
            _ => Err(format!("open {path}: no such file or directory")),
        };
        user_values(&self.inputs, &read, &Limits::default()).map_err(|error| error.to_string())
    }

    fn run(&self) -> Result<Done, String> {
        let limits = Limits::default();
        let mut log = Vec::new();
        let mut run = || {
            let mut chart = load_folder(&self.tree, &VPath::root(), &limits, &mut log)?;
            check_installable(&chart)?;
            check_dependencies(&chart)?;
            let user = user_values(&self.inputs, &|_| Err("no file".into()), &limits)?;
            process_dependencies(&mut chart, &user, &limits, &mut log)?;
            let values = render_values(&chart, &user, &mut log)?;
            check_schemas(&chart, &values, &limits, &mut log)?;
            Ok((chart, values))
        };
        let result: Result<_, ChartError> = run();
        let (chart, values) = result.map_err(|error| error.to_string())?;
        self.check_trace(&values);
        Ok(Done { chart, values, log: log.iter().map(ToString::to_string).collect() })
    }

    /// A traced run gives the same values.
    fn check_trace(&self, values: &Value) -> (crate::values::Values, SourceMap) {
        let mut sources = SourceMap::new();
        let limits = Limits::default();
        let chart = load_folder(&self.tree, &VPath::root(), &limits, &mut Vec::new()).expect("loaded before");
        let traced = trace(&chart, &self.inputs, &|_| Err("no file".into()), &mut sources, &limits).expect("no error");
        assert_eq!(traced.value(), values);
        (traced, sources)
    }

    fn values(&self) -> String {
        shown(&self.run().expect("no error").values)
    }

    fn error(&self) -> String {
        self.run().expect_err("an error")
    }
}

/// Values as JSON, keys sorted, floats that are whole as integers.
fn shown(value: &Value) -> String {
    match value {
        Value::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key}: {}", shown(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Seq(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Float(f) => f.to_string(),
        value => serde_json::to_string(value).expect("writes"),
    }
}

#[test]
fn files_and_flags_are_merged_in_the_order_of_helm() {
    let case = Case::new(&[])
        .file("a: 1\nb: {c: 1, d: [1, 2]}\n")
        .flag(SetFlag::Literal, "e=x,y")
        .flag(SetFlag::Set, "a=2,b.d[0]=5")
        .flag(SetFlag::Json, "b.f={\"g\":3}")
        .flag(SetFlag::Json, r#"{"b":{"c":4},"a":9}"#)
        .flag(SetFlag::String, "h=1")
        .flag(SetFlag::File, "i=there")
        .file("b: {c: 2}\n---\nz: null\n");
    let expected = r#"{a: 2, b: {c: 4, d: [5, 2], f: {g: 3}}, e: "x,y", h: "1", i: "content\n", z: null}"#;
    assert_eq!(case.user().map(|values| shown(&values)).as_deref(), Ok(expected));
    let is_float =
        |path: [&str; 3]| matches!(case.user().expect("fine").at(&ValuePath::keys(path)), Some(Value::Float(_)));
    assert!(is_float(["b", "f", "g"]));
    assert_eq!(case.user().expect("fine").get("a"), Some(&Value::Int(2)));
}

#[test]
fn what_a_user_gave_wrong_is_said_in_the_words_of_helm() {
    let flag = |flag, text: &str| Case::new(&[]).flag(flag, text).user().expect_err(text);
    let file = |text: &str| Case::new(&[]).file(text).user().expect_err(text);
    assert_eq!(flag(SetFlag::Json, "a={bad"), "failed parsing --set-json data a={bad");
    assert_eq!(flag(SetFlag::Json, "{bad"), "failed parsing --set-json data JSON: {bad");
    assert_eq!(flag(SetFlag::Set, "a"), "failed parsing --set data: key \"a\" has no value");
    assert_eq!(flag(SetFlag::File, "a=none"), "failed parsing --set-file data: open none: no such file or directory");
    let decoding =
        "failed to parse my.yaml: cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON";
    let map = "into Go value of type map[string]interface {}";
    assert_eq!(file("- 1\n"), format!("{decoding}: json: cannot unmarshal array {map}"));
    assert!(file("a: [\n").starts_with("failed to parse my.yaml: cannot unmarshal yaml document: error converting"));
}

#[test]
fn flags_are_refused_in_helms_words() {
    let check = |flags: &[(SetFlag, &str)], expected: &str| {
        let case = Case::new(&[]).file("num: 1\ns: x\nl: [1]\n");
        let found = flags.iter().fold(case, |case, (flag, text)| case.flag(*flag, text)).user();
        assert_eq!(found.expect_err("no values"), expected);
    };
    let to_map = |of: &str, is: &str| {
        format!(
            "failed parsing {of} data: unable to parse key: interface conversion: interface {{}} is {is}, not map[string]interface {{}}"
        )
    };
    check(&[(SetFlag::Set, "num.x=1")], &to_map("--set", "float64"));
    check(&[(SetFlag::Set, "i=1,i.x=1")], &to_map("--set", "int64"));
    check(&[(SetFlag::String, "s.x=1")], &to_map("--set-string", "string"));
    check(&[(SetFlag::Set, "a=null"), (SetFlag::Literal, "a.x=1")], &to_map("--set-literal", "nil"));
    check(
        &[(SetFlag::Set, "l[0][0]=1")],
        "failed parsing --set data: unable to parse key: interface conversion: interface {} is float64, not []interface {}",
    );
    check(
        &[(SetFlag::Set, "l[0]\"x=1")],
        "failed parsing --set data: unexpected data at end of array index: ['\"' 'x']",
    );
    check(&[(SetFlag::Json, "a={")], "failed parsing --set-json data a={");
    check(&[(SetFlag::Json, " {1}")], "failed parsing --set-json data JSON:  {1}");
    // The kinds count in Helm's order, whatever stands first.
    check(&[(SetFlag::File, "a=f"), (SetFlag::Set, "b")], "failed parsing --set data: key \"b\" has no value");
    check(&[(SetFlag::File, "a=f")], "failed parsing --set-file data: open f: no such file or directory");
}

#[test]
fn a_null_of_the_user_takes_a_default_away() {
    let files = [("Chart.yaml", "name: c\n"), ("values.yaml", "a: 1\nb: {c: 1, d: null}\ne: null\n")];
    assert_eq!(Case::new(&files).values(), "{a: 1, b: {c: 1}}");
    assert_eq!(
        Case::new(&files).file("a: null\nb: {c: null, x: null}\ne: null\nq: null\n").values(),
        "{b: {x: null}, q: null}"
    );
}

#[test]
fn values_of_a_dependency_stand_below_its_name() {
    let files = [
        ("Chart.yaml", "name: c\n"),
        ("values.yaml", "sub: {a: 2, m: null}\nglobal: {g: 1}\n"),
        ("charts/sub/Chart.yaml", "name: sub\n"),
        ("charts/sub/values.yaml", "a: 1\nb: 1\nm: 1\nglobal: {h: 2}\n"),
    ];
    // A null among the parent's defaults leaves the dependency's own default (Helm 3 took it away).
    let expected = "{global: {g: 1}, sub: {a: 2, b: 1, global: {g: 1, h: 2}, m: 1}}";
    assert_eq!(Case::new(&files).values(), expected);
    let expected = "{global: {g: 5}, sub: {b: 1, global: {g: 5, h: 2}}}";
    assert_eq!(Case::new(&files).flag(SetFlag::Set, "sub.a=null,global.g=5").values(), expected);
    assert_eq!(Case::new(&files).flag(SetFlag::Set, "sub=1").error(), "type mismatch on sub: %!t(int64=1)");
}

#[test]
fn globals_that_are_no_table_are_not_handed_down() {
    let case = |values: &'static str| {
        let files = [
            ("Chart.yaml", "apiVersion: v2\nname: top\nversion: 1.0.0\n"),
            ("values.yaml", values),
            ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
        ];
        Case::new(&files).values()
    };
    assert_eq!(case("global: text\n"), "{global: \"text\", sub: {}}");
    let own = "{global: \"text\", sub: {global: {a: 1}}}";
    assert_eq!(case("global: text\nsub: {global: {a: 1}}\n"), own);
}

#[test]
fn tables_inside_of_globals_are_shared_by_all() {
    let files = [
        ("Chart.yaml", "name: c\n"),
        ("values.yaml", "global: {db: {auth: {}}}\n"),
        ("charts/a/Chart.yaml", "name: a\n"),
        ("charts/a/values.yaml", "global: {db: {auth: {user: x}, port: 1}}\n"),
        ("charts/b/Chart.yaml", "name: b\n"),
    ];
    // What one dependency lays below `global.db.auth` is seen by its parent and by those that follow.
    let expected = "{a: {global: {db: {auth: {user: \"x\"}, port: 1}}}, b: {global: {db: {auth: {user: \"x\"}}}}, \
                    global: {db: {auth: {user: \"x\"}}}}";
    assert_eq!(Case::new(&files).values(), expected);
}

#[test]
fn a_table_against_a_scalar_is_logged() {
    let files = [("Chart.yaml", "name: c\n"), ("values.yaml", "a: {b: {c: 1}, d: 1}\ne: 1\n")];
    let done = Case::new(&files).file("a: {b: 2, d: {f: 1}}\ne: {g: 1}\n").run().expect("no error");
    assert_eq!(shown(&done.values), "{a: {b: 2, d: {f: 1}}, e: {g: 1}}");
    let expected = [
        r#"level=INFO msg="warning: cannot overwrite table with non table for c.a.b (map[c:1])""#,
        r#"level=INFO msg="warning: destination for c.a.d is a table. Ignoring non-table value (1)""#,
        r#"level=INFO msg="warning: skipped value for c.e: Not a table.""#,
    ];
    assert_eq!(done.log, expected);
}

fn switched(dependency: &str) -> Case {
    let list = format!("name: c\ndependencies:\n- {{name: sub, version: 1.x, {dependency}}}\n");
    Case::new(&[("Chart.yaml", &list), ("charts/sub/Chart.yaml", "name: sub\n"), ("charts/sub/values.yaml", "a: 1\n")])
}

#[test]
fn conditions_and_tags_switch_dependencies() {
    let on = |case: Case| case.run().expect("no error").chart.dependencies.len() == 1;
    assert!(on(switched("condition: sub.use")));
    assert!(!on(switched("condition: sub.use").file("sub: {use: false}\n")));
    assert!(on(switched("condition: 'x,sub.use,sub.no_use'").file("sub: {use: true, no_use: false}\n")));
    assert!(!on(switched("tags: [t]").file("tags: {t: false}\n")));
    assert!(on(switched("tags: [t, u]").file("tags: {t: false, u: true}\n")));
    assert!(on(switched("tags: [t], condition: sub.use").file("tags: {t: false}\nsub: {use: true}\n")));
    let done = switched("tags: [t], condition: sub.use").file("tags: {t: 1}\nsub: {use: x}\n").run().expect("no error");
    let expected = [
        r#"level=WARN msg="returned non-bool value" tag=t chart=sub"#,
        r#"level=WARN msg="returned non-bool value" path=sub.use chart=sub"#,
    ];
    assert_eq!(done.log, expected);
    assert!(done.chart.metadata.dependencies.as_ref().expect("listed")[0].enabled);
}

#[test]
fn an_alias_renames_a_dependency_and_its_copies() {
    let case = Case::new(&[
        (
            "Chart.yaml",
            "name: c\ndependencies:\n- {name: sub, version: '>=1', alias: one}\n- {name: sub, version: 1.x, alias: two}\n",
        ),
        ("values.yaml", "two: {a: 2}\n"),
        ("charts/sub/Chart.yaml", "name: sub\n"),
        ("charts/sub/values.yaml", "a: 1\n"),
        ("charts/sub/charts/leaf/Chart.yaml", "name: leaf\n"),
        ("charts/other/Chart.yaml", "name: other\n"),
    ]);
    let done = case.run().expect("no error");
    let paths: Vec<&str> = done.chart.dependencies.iter().map(|chart| chart.path.as_str()).collect();
    assert_eq!(paths, ["c/charts/other", "c/charts/one", "c/charts/two"]);
    assert_eq!(done.chart.dependencies[2].dependencies[0].path, "c/charts/two/charts/leaf");
    let global = "global: {}";
    let leaf = format!("leaf: {{{global}}}");
    let expected = format!("{{one: {{a: 1, {global}, {leaf}}}, other: {{{global}}}, two: {{a: 2, {global}, {leaf}}}}}");
    assert_eq!(shown(&done.values), expected);
    let names: Vec<&str> = done.chart.metadata.dependencies.iter().flatten().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["one", "two"]);
}

#[test]
fn a_dependency_that_is_not_there_is_missing() {
    let case =
        Case::new(&[("Chart.yaml", "name: c\ndependencies: [{name: a, version: 1.x}, {name: b, version: 1.x}]\n")]);
    let expected = "found in Chart.yaml, but missing in charts/ directory: a, b";
    assert!(case.error().ends_with(expected), "{}", case.error());
    // One of another version is there by its name, and goes without its alias.
    let case = Case::new(&[
        ("Chart.yaml", "name: c\ndependencies: [{name: a, version: 2.x, alias: b}]\n"),
        ("charts/a/Chart.yaml", "name: a\n"),
    ]);
    assert_eq!(case.run().expect("no error").chart.dependencies[0].name(), "a");
}

fn importing(imports: &str, values: &str) -> Case {
    let list = format!("name: c\ndependencies:\n- {{name: sub, version: 1.x, import-values: [{imports}]}}\n");
    Case::new(&[
        ("Chart.yaml", &list),
        ("values.yaml", values),
        ("charts/sub/Chart.yaml", "name: sub\n"),
        ("charts/sub/values.yaml", "exports: {data: {x: 1, w: {z: 2}}}\nown: {p: 1}\nmore: {q: 2}\n"),
    ])
}

#[test]
fn a_parent_imports_values_of_a_dependency() {
    let sub = "sub: {exports: {data: {w: {z: 2}, x: 1}}, global: {}, more: {q: 2}, own: {p: 1}}";
    assert_eq!(importing("data", "x: 5\n").values(), format!("{{{sub}, w: {{z: 2}}, x: 5}}"));
    assert_eq!(importing("{child: own, parent: a.b}", "").values(), format!("{{a: {{b: {{p: 1}}}}, {sub}}}"));
    assert_eq!(importing("{child: own, parent: .}", "p: null\n").values(), format!("{{{sub}}}"));
    // The second import lands in the table of the first, which is the dependency's own.
    let done = importing("{child: own, parent: a}, {child: more, parent: a}", "").run().expect("no error");
    let sub = "sub: {exports: {data: {w: {z: 2}, x: 1}}, global: {}, more: {q: 2}, own: {p: 1, q: 2}}";
    assert_eq!(shown(&done.values), format!("{{a: {{p: 1, q: 2}}, {sub}}}"));
    let shown_imports: Vec<String> = done
        .chart
        .metadata
        .dependencies
        .iter()
        .flatten()
        .flat_map(|d| d.import_values.clone())
        .flatten()
        .map(|v| shown(&v))
        .collect();
    assert_eq!(shown_imports, [r#"{child: "own", parent: "a"}"#, r#"{child: "more", parent: "a"}"#]);
}

#[test]
fn an_import_of_nothing_is_logged() {
    let done = importing("none, {child: none, parent: x}, 3", "").run().expect("no error");
    let expected = [
        r#"level=WARN msg="ImportValues missing table" error="\"none\" is not a table""#,
        r#"level=WARN msg="ImportValues missing table from chart" chart=sub error="\"none\" is not a table""#,
    ];
    assert_eq!(done.log, expected);
}

#[test]
fn a_table_that_is_imported_into_itself_ends_in_an_error() {
    let error = importing("{child: own, parent: a}, {child: own, parent: a.b}", "").error();
    assert!(error.contains("import-values nest values more than"), "{error}");
    // Each import doubles what the one before has made.
    let double: Vec<String> = (0..40)
        .flat_map(|i| {
            let from = format!("t{}", i + 1);
            [
                format!("{{child: {from}, parent: {}.a}}", "r.a".to_owned() + &".a".repeat(i)),
                format!("{{child: {from}, parent: {}.b}}", "r.a".to_owned() + &".a".repeat(i)),
            ]
        })
        .collect();
    let tables: String = (0..42).map(|i| format!("t{i}: {{k: 1}}\n")).collect();
    let list = format!(
        "name: c\ndependencies:\n- {{name: sub, version: 1.x, import-values: [{{child: t0, parent: r.a}}, {}]}}\n",
        double.join(", ")
    );
    let case = Case::new(&[
        ("Chart.yaml", &list),
        ("charts/sub/Chart.yaml", "name: sub\n"),
        ("charts/sub/values.yaml", &tables),
    ]);
    let error = case.error();
    assert!(error.contains("import-values"), "{error}");
}

#[test]
fn aliases_that_multiply_charts_end_in_an_error() {
    let two = |name: &str, below: &str| {
        format!(
            "name: {name}\ndependencies: [{{name: {below}, version: 1.x, alias: x}}, {{name: {below}, version: 1.x, alias: y}}]\n"
        )
    };
    let mut files = vec![("Chart.yaml".to_owned(), two("c", "d0"))];
    let mut folder = String::new();
    for i in 0..30 {
        folder = format!("{folder}charts/d{i}/");
        let text = if i == 29 { format!("name: d{i}\n") } else { two(&format!("d{i}"), &format!("d{}", i + 1)) };
        files.push((format!("{folder}Chart.yaml"), text));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let error = Case::new(&files).error();
    assert!(error.contains("dependencies and their aliases make more than 1000 charts"), "{error}");
}

#[test]
fn values_are_held_against_the_schemas_of_all_charts() {
    let case = Case::new(&[
        ("Chart.yaml", "name: c\n"),
        ("values.yaml", "sub: {a: x}\n"),
        ("values.schema.json", r#"{"required":["b"]}"#),
        ("charts/sub/Chart.yaml", "name: sub\n"),
        ("charts/sub/values.schema.json", r#"{"properties":{"a":{"type":"integer"}}}"#),
    ]);
    let expected = "values don't meet the specifications of the schema(s) in the following chart(s):\n\
                    c:\n- at '': missing property 'b'\nsub:\n- at '/a': got string, want integer\n";
    assert_eq!(case.error(), expected);
}

#[test]
fn a_finding_of_a_schema_stands_at_the_value() {
    let case = Case::new(&[
        ("Chart.yaml", "name: c\n"),
        ("charts/sub/Chart.yaml", "name: sub\n"),
        ("charts/sub/values.schema.json", r#"{"properties":{"a":{"type":"integer"}}}"#),
    ])
    .file("sub:\n  a: x\n");
    let mut sources = SourceMap::new();
    let limits = Limits::default();
    let chart = load_folder(&case.tree, &VPath::root(), &limits, &mut Vec::new()).expect("a chart");
    let values = trace(&chart, &case.inputs, &|_| Err("no file".into()), &mut sources, &limits).expect("values");
    let found = schema_findings(&chart, &values, &mut sources, &limits);
    let texts: Vec<String> =
        found.iter().map(|d| format!("{} {}", sources.describe(d.span()).unwrap_or_default(), d.message)).collect();
    assert_eq!(texts, ["my.yaml:2:6 `sub.a` must be an integer, found string"]);
}

#[test]
fn versions_of_kubernetes_are_asked_for() {
    let chart = |range: &str| {
        Case::new(&[("Chart.yaml", &format!("name: c\nkubeVersion: '{range}'\n"))]).run().expect("fine").chart
    };
    assert_eq!(check_kube_version(&chart(">=1.25.0-0"), "v1.31.0"), Ok(()));
    assert_eq!(check_kube_version(&chart(""), "v1.31.0"), Ok(()));
    let error = check_kube_version(&chart(">=1.32"), "v1.31.0").expect_err("too old");
    assert_eq!(error.to_string(), "chart requires kubeVersion: >=1.32 which is incompatible with Kubernetes v1.31.0");
    assert!(check_kube_version(&chart("nonsense"), "v1.31.0").is_err());
}

#[test]
fn every_value_knows_the_line_that_set_it() {
    let case = Case::new(&[
        ("Chart.yaml", "name: c\ndependencies:\n- {name: sub, version: 1.x, alias: s, import-values: [data]}\n"),
        ("values.yaml", "a: 1\ns:\n  b: 2\n"),
        ("charts/sub/Chart.yaml", "name: sub\n"),
        ("charts/sub/values.yaml", "b: 1\nc: 3\nexports:\n  data:\n    d: 4\n"),
    ])
    .file("a: 5\n")
    .flag(SetFlag::Set, "s.e=6");
    let done = case.run().expect("no error");
    let (traced, sources) = case.check_trace(&done.values);
    let place = |values: &crate::values::Values, path: &str| {
        sources.describe(values.span(&ValuePath::parse(path).expect(path))).expect(path)
    };
    assert_eq!(place(&traced, "a"), "my.yaml:1:4");
    assert_eq!(place(&traced, "s.b"), "values.yaml:3:6");
    assert_eq!(place(&traced, "d"), "charts/sub/values.yaml:5:8");
    let scope = traced.scope_of("s");
    assert_eq!(place(&scope, "c"), "charts/sub/values.yaml:2:4");
    assert_eq!(place(&scope, "e"), "--set:1:5");
    let history: Vec<String> = traced
        .history(&ValuePath::parse("s.b").expect("fine"))
        .iter()
        .map(|entry| sources.describe(entry.span).expect("known"))
        .collect();
    assert_eq!(history, ["charts/sub/values.yaml:1:4", "values.yaml:3:6"]);
}
