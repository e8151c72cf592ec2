//! What an observer is told: reads, calls, and what stands behind each range of the output.

use std::ops::Range;
use std::sync::Arc;

use gotemplate::observe::{Call, Failure, Flow, Mapping, Observer, Origin, Read, Step};
use gotemplate::{Fault, Functions, Heap, List, Map, Render, Reply, Run, Set, Signature, State, Str, Type, Value};

fn text(value: &Value) -> Vec<u8> {
    value.to_text()
}

fn string(bytes: Vec<u8>) -> Value {
    Value::Str(Str::from(bytes))
}

fn functions() -> Functions {
    let any = || Signature::new([], Type::Any).variadic(Type::Any);
    let mut functions = Functions::new();
    let mut add = |name: &str, flow: Flow, body: fn(&mut State<'_>, &[Value]) -> Result<Reply, Fault>| {
        functions.add(name, any(), body).set_flow(name, flow);
    };
    add("include", Flow::Include, |_, args| {
        Ok(Render::new(String::from_utf8_lossy(&text(&args[0])), args[1].clone()).into())
    });
    add("tpl", Flow::Evaluate, |state, args| {
        let mut set = state.set().derive();
        set.parse("tpl", text(&args[0]))?;
        let then = |_: &mut State<'_>, result: Result<Vec<u8>, gotemplate::Error>| {
            let text = String::from_utf8_lossy(&result?).replace("<no value>", "");
            Ok(Value::from(text))
        };
        Ok(Render::new("tpl", args[1].clone()).in_set(Arc::new(set)).then(then).into())
    });
    add("nindent", Flow::Lines(1), |_, args| {
        let Value::Int(width, _) = args[0] else { return Err("no number".into()) };
        let pad = format!("\n{}", " ".repeat(usize::try_from(width).unwrap_or(0)));
        Ok(Value::from(format!("{pad}{}", String::from_utf8_lossy(&text(&args[1])).replace('\n', &pad))).into())
    });
    add("default", Flow::Pick, |_, args| Ok(args[usize::from(args[1].truth())].clone().into()));
    add("quote", Flow::Joined, |_, args| Ok(Value::from(gotemplate::fmt::quote(&text(&args[0]))).into()));
    add("trimSuffix", Flow::Part(1), |_, args| {
        let (end, all) = (text(&args[0]), text(&args[1]));
        Ok(string(all.strip_suffix(&end[..]).unwrap_or(&all).to_vec()).into())
    });
    add("upper", Flow::Bytes(0), |_, args| Ok(string(text(&args[0]).to_ascii_uppercase()).into()));
    add("replace", Flow::Edited(2), |_, args| {
        let [from, to, all] = [0, 1, 2].map(|at: usize| String::from_utf8_lossy(&text(&args[at])).into_owned());
        Ok(Value::from(all.replace(&from, &to)).into())
    });
    add("list", Flow::List, |_, args| Ok(Value::from(args.to_vec()).into()));
    add("dict", Flow::Dict, |_, args| {
        let pairs = args.chunks(2).map(|pair| (Str::from(text(&pair[0])), pair[1].clone()));
        Ok(Value::from(pairs.collect::<Map>()).into())
    });
    add("set", Flow::Set, |state, args| {
        let Value::Map(map) = &args[0] else { return Err("no map".into()) };
        map.insert(Str::from(text(&args[1])), args[2].clone());
        state.track(&args[0]);
        Ok(args[0].clone().into())
    });
    add("mess", Flow::Unknown, |state, args| {
        let Value::Map(map) = &args[0] else { return Err("no map".into()) };
        map.insert("tag", "messed");
        state.track(&args[0]);
        Ok(Value::from("").into())
    });
    add("merge", Flow::Merge { later_wins: false }, |state, args| {
        for other in &args[1..] {
            merge(&args[0], other);
        }
        state.track(&args[0]);
        Ok(args[0].clone().into())
    });
    add("deepCopy", Flow::Elements, |_, args| Ok(copy(&args[0]).into()));
    add("append", Flow::Elements, |_, args| {
        let Value::List(list) = &args[0] else { return Err("no list".into()) };
        let mut items = list.to_vec();
        items.push(args[1].clone());
        Ok(Value::from(items).into())
    });
    add("join", Flow::Joined, |_, args| {
        let Value::List(list) = &args[1] else { return Err("no list".into()) };
        let parts: Vec<Vec<u8>> = list.to_vec().iter().map(text).collect();
        Ok(string(parts.join(&text(&args[0])[..])).into())
    });
    add("splitList", Flow::Split(1), |_, args| {
        let (by, all) = (text(&args[0]), text(&args[1]));
        let all = String::from_utf8_lossy(&all).into_owned();
        let parts = all.split(&*String::from_utf8_lossy(&by)).map(Value::from).collect::<Vec<_>>();
        Ok(Value::from(parts).into())
    });
    add("get", Flow::Get, |_, args| {
        let Value::Map(map) = &args[0] else { return Err("no map".into()) };
        Ok(map.get(text(&args[1])).unwrap_or_else(|| "".into()).into())
    });
    add("dig", Flow::Dig, |_, args| {
        let mut at = args[args.len() - 1].clone();
        for key in &args[..args.len() - 2] {
            let Value::Map(map) = &at else { return Err("no map".into()) };
            let Some(next) = map.get(text(key)) else { return Ok(args[args.len() - 2].clone().into()) };
            at = next;
        }
        Ok(at.into())
    });
    add("sum", Flow::Whole, |_, args| Ok(Value::from(text(&Value::from(args.to_vec())).len()).into()));
    add("random", Flow::Opaque, |_, _| Ok(Value::from("4").into()));
    add("toLines", Flow::Custom(to_lines), |_, args| Ok(Value::from(lines(&args[0])).into()));
    add("fromLines", Flow::Custom(from_lines), |_, args| {
        let all = String::from_utf8_lossy(&text(&args[0])).into_owned();
        let pairs = all.lines().filter_map(|line| line.split_once(": "));
        Ok(Value::from(pairs.map(|(key, value)| (key.trim(), Value::from(value))).collect::<Map>()).into())
    });
    add("fail", Flow::Opaque, |_, args| Err(Fault::new(String::from_utf8_lossy(&text(&args[0])))));
    functions
}

fn merge(into: &Value, from: &Value) {
    let (Value::Map(into), Value::Map(from)) = (into, from) else { return };
    for (key, value) in from.entries() {
        match into.get(&key) {
            Some(old @ Value::Map(_)) => merge(&old, &value),
            Some(_) => {}
            None => drop(into.insert(key, value)),
        }
    }
}

fn copy(value: &Value) -> Value {
    match value {
        Value::Map(map) => map.entries().into_iter().map(|(key, value)| (key, copy(&value))).collect::<Map>().into(),
        Value::List(list) => list.to_vec().iter().map(copy).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

fn lines(value: &Value) -> String {
    let Value::Map(map) = value else { return String::new() };
    let line = |(key, value): (Str, Value)| format!("{key}: {}\n", String::from_utf8_lossy(&text(&value)));
    map.entries().into_iter().map(line).collect()
}

fn to_lines(mapping: &mut Mapping<'_>) {
    let mut at = 0;
    for line in lines(&mapping.args()[0]).split_inclusive('\n') {
        let key = line.split(':').next().unwrap_or_default();
        mapping.value(at..at + line.len(), 0, &[key.into()]);
        at += line.len();
    }
}

fn from_lines(mapping: &mut Mapping<'_>) {
    let all = String::from_utf8_lossy(&text(&mapping.args()[0])).into_owned();
    let mut at = 0;
    for line in all.split_inclusive('\n') {
        if let Some((key, value)) = line.trim_end().split_once(": ") {
            let start = at + key.len() + 2;
            mapping.parsed(&[key.trim().into()], 0, start..start + value.len());
        }
        at += line.len();
    }
}

fn data() -> Value {
    let map = |entries: Vec<(&str, Value)>| Value::from(entries.into_iter().collect::<Map>());
    map(vec![
        ("name", "web".into()),
        ("port", 80.into()),
        ("empty", "".into()),
        ("config", "one\ntwo: 2\nthree".into()),
        ("template", "host: {{ .name }}\nfix: x".into()),
        ("image", map(vec![("repo", "org/web".into()), ("tag", "v1".into())])),
        ("other", map(vec![("tag", "v2".into()), ("more", "m".into()), ("deep", map(vec![("x", "1".into())]))])),
        ("list", vec![Value::from("a"), Value::from("b")].into()),
        ("hosts", List::new(vec![map(vec![("host", "h1".into())]), map(vec![("host", "h2".into())])]).into()),
        ("labels", map(vec![("app", "x".into()), ("tier", "y".into())])),
    ])
}

/// Lists what is behind each range of the output.
#[derive(Default)]
struct Ranges {
    out: Vec<u8>,
    list: Vec<(Range<usize>, String)>,
    reads: Vec<String>,
    failure: Option<String>,
    open: usize,
}

fn describe(origin: Origin<'_>) -> String {
    let mut parts = Vec::new();
    if let Some(place) = origin.place() {
        parts.push(place.to_string());
    }
    parts.extend(origin.calls().map(|call| format!("<{}", call.place())));
    parts.extend(origin.reads().map(|path| path.to_string()));
    parts.extend(origin.offset().filter(|&offset| offset > 0).map(|offset| format!("+{offset}")));
    if let Some(inner) = origin.of_template() {
        parts.push(format!("({})", describe(inner)));
    }
    parts.join(" ")
}

impl Observer for Ranges {
    fn enter(&mut self, _: Call<'_>) {
        self.open += 1;
    }

    fn leave(&mut self) {
        self.open -= 1;
    }

    fn read(&mut self, read: Read<'_>) {
        let container = match read.container {
            Value::Map(_) | Value::List(_) | Value::Object(_) => "",
            _ => "?",
        };
        let found = if read.value.is_some() { "" } else { " missing" };
        self.reads.push(format!("{container}{}{found}", describe(read.origin)));
    }

    fn write(&mut self, range: Range<usize>, origin: Origin<'_>) {
        assert_eq!(self.list.last().map_or(0, |(last, _)| last.end), range.start, "ranges leave nothing out");
        self.list.push((range, describe(origin)));
    }

    fn fail(&mut self, failure: Failure<'_>) {
        let inputs: Vec<String> = failure.inputs.iter().map(|input| describe(input.origin)).collect();
        let field = failure.field.map(|field| format!(".{field} of ")).unwrap_or_default();
        self.failure = Some(format!("{}: {field}{}", failure.error.message, inputs.join(", ")));
    }
}

fn observe(template: &str) -> Ranges {
    let mut set = Set::new(Arc::new(functions()));
    set.parse("t", template).expect("a template");
    let set = Arc::new(set);
    let (heap, mut plain) = (Heap::default(), Vec::new());
    let result = Run::new(&set).heap(&heap).render_into("t", &data(), &mut plain);
    let mut ranges = Ranges::default();
    let mut out = Vec::new();
    let traced = Run::new(&set).heap(&heap).observer(&mut ranges).render_into("t", &data(), &mut out);
    assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&plain), "the text is the same");
    assert_eq!(traced.map_err(|error| error.to_string()), result.map_err(|error| error.to_string()));
    ranges.out = out;
    ranges
}

/// Checks what is behind each piece of the output that has a value or a call behind it: `text = origin`.
#[track_caller]
fn check(template: &str, want: &[&str]) {
    let ranges = observe(template);
    let piece = |(range, origin): &(Range<usize>, String)| {
        format!("{} = {origin}", String::from_utf8_lossy(&ranges.out[range.clone()]).escape_debug())
    };
    let got: Vec<String> = ranges.list.iter().filter(|(_, origin)| origin.contains(' ')).map(piece).collect();
    assert_eq!(got, want, "{:#?}", ranges.list);
}

#[test]
fn fields_lead_to_their_action_and_path() {
    check("a: {{ .name }}\nb: {{ .image.tag }}", &["web = t:1:3 .name", "v1 = t:2:3 .image.tag"]);
    check(
        "{{ $.image.repo }}{{ $x := .image }}{{ $x.tag }}",
        &["org/web = t:1:0 .image.repo", "v1 = t:1:36 .image.tag"],
    );
    check("{{ with .image }}{{ .tag }}{{ end }}", &["v1 = t:1:17 .image.tag"]);
    check("{{ (index . \"image\").tag }}{{ index .list 1 }}", &["v1 = t:1:0 .image.tag", "b = t:1:27 .list[1]"]);
    check("{{ get .image \"tag\" }}", &["v1 = t:1:0 .image.tag"]);
    check("{{ dig \"image\" \"tag\" \"none\" . }}", &["v1 = t:1:0 .image.tag"]);
    check("{{ dig \"image\" \"nothing\" \"none\" . }}", &[]);
}

#[test]
fn loops_lead_to_their_elements() {
    check("{{ range .list }}{{ . }}{{ end }}", &["a = t:1:17 .list[0]", "b = t:1:17 .list[1]"]);
    check("{{ range .hosts }}{{ .host }}{{ end }}", &["h1 = t:1:18 .hosts[0].host", "h2 = t:1:18 .hosts[1].host"]);
    check(
        "{{ range $k, $v := .labels }}{{ $k }}={{ $v }};{{ end }}",
        &[
            "app = t:1:29 .labels.app",
            "x = t:1:38 .labels.app",
            "tier = t:1:29 .labels.tier",
            "y = t:1:38 .labels.tier",
        ],
    );
}

#[test]
fn included_lines_lead_to_their_own_line() {
    let labels = "{{ define \"labels\" }}app: {{ .name }}\nfix: 1{{ end }}";
    check(
        &format!("{labels}\nl:{{{{ include \"labels\" . | nindent 2 }}}}"),
        &["app:  = t:1:21 <t:3:2", "web = t:1:26 <t:3:2 .name", "\\n = t:1:37 <t:3:2", "fix: 1 = t:2:0 <t:3:2"],
    );
    check(
        &format!("{labels}{{{{ template \"labels\" . }}}}"),
        &["app:  = t:1:21 <t:2:15", "web = t:1:26 <t:2:15 .name", "\\nfix: 1 = t:1:37 <t:2:15"],
    );
    // Through variables and arguments.
    check(
        "{{ define \"a\" }}{{ .x }}{{ end }}{{ define \"b\" }}<{{ include \"a\" (dict \"x\" .y) }}>{{ end }}\
         {{ $v := include \"b\" (dict \"y\" .name) }}{{ $v }}",
        &["< = t:1:49 <t:1:91", "web = t:1:16 <t:1:50 <t:1:91 .name", "> = t:1:81 <t:1:91"],
    );
}

#[test]
fn functions_keep_what_they_keep() {
    check("{{ .name | quote }}", &[r#"\"web\" = t:1:0 .name"#]);
    check("{{ .name | upper }}", &["WEB = t:1:0 .name"]);
    check("{{ default \"x\" .name }}{{ default .name .empty }}", &["web = t:1:0 .name", "web = t:1:23 .name"]);
    check("{{ default \"x\" .empty }}", &[]);
    check("{{ sum .name .port }}{{ random .name }}", &["8 = t:1:0 .name .port"]);
    check("{{ print .name \"-\" .port }}", &["web = t:1:0 .name", "80 = t:1:0 .port"]);
    check(
        "{{ printf \"%s/%s:%d\" .image.repo .image.tag .port }}",
        &["org/web = t:1:0 .image.repo", "v1 = t:1:0 .image.tag", "80 = t:1:0 .port"],
    );
    check("{{ join \",\" .list }}", &["a = t:1:0 .list[0]", "b = t:1:0 .list[1]"]);
    check("{{ range splitList \"o\" .image.repo }}{{ . }}{{ end }}", &["rg/web = t:1:37 .image.repo +1"]);
    check(
        "{{ .config | nindent 2 }}",
        &["one\\n = t:1:0 .config", "two: 2\\n = t:1:0 .config +4", "three = t:1:0 .config +11"],
    );
    check(
        "{{ replace \"2\" \"two\" .config }}",
        &["one\\ntwo:  = t:1:0 .config", "two = t:1:0 .config", "\\nthree = t:1:0 .config +10"],
    );
    check("{{ .config | trimSuffix \"three\" }}", &["one\\ntwo: 2\\n = t:1:0 .config"]);
    check(
        "{{ eq .name \"web\" }}{{ len .list }}{{ not .port }}",
        &["true = t:1:0 .name", "2 = t:1:20 .list", "false = t:1:35 .port"],
    );
    check("{{ or .empty .name }}{{ and .name .port }}", &["web = t:1:0 .name", "80 = t:1:21 .port"]);
}

#[test]
fn containers_remember_what_is_in_them() {
    check(
        "{{ $d := dict \"n\" .name \"i\" .image }}{{ $d.n }}{{ $d.i.tag }}",
        &["web = t:1:37 .name", "v1 = t:1:47 .image.tag"],
    );
    check(
        "{{ $l := list .name 1 .port }}{{ index $l 0 }}{{ index $l 1 }}{{ index $l 2 }}",
        &["web = t:1:30 .name", "80 = t:1:62 .port"],
    );
    check(
        "{{ $d := dict }}{{ $_ := set $d \"k\" .name }}{{ $d.k }}{{ $_.k }}",
        &["web = t:1:44 .name", "web = t:1:54 .name"],
    );
    check(
        "{{ $_ := set .image \"tag\" .name }}{{ .image.tag }}{{ .image.repo }}",
        &["web = t:1:34 .name", "org/web = t:1:50 .image.repo"],
    );
    check(
        "{{ $l := append .list .name }}{{ range $l }}{{ . }}{{ end }}",
        &["a = t:1:44 .list[0]", "b = t:1:44 .list[1]", "web = t:1:44 .name"],
    );
    check("{{ $c := deepCopy .image }}{{ $c.tag }}", &["v1 = t:1:27 .image.tag"]);
    check(
        "{{ $m := merge (dict \"tag\" .name) .other }}{{ $m.tag }}{{ $m.more }}{{ $m.deep.x }}",
        &["web = t:1:43 .name", "m = t:1:55 .other.more", "1 = t:1:68 .other.deep.x"],
    );
    check(
        "{{ $m := merge (deepCopy .image) .other }}{{ $m.tag }}{{ $m.repo }}{{ $m.more }}",
        &["v1 = t:1:42 .image.tag", "org/web = t:1:54 .image.repo", "m = t:1:67 .other.more"],
    );
}

#[test]
fn nothing_is_said_of_what_is_not_known() {
    check("{{ mess .image }}{{ .image.tag }}{{ .image.repo }}{{ .name }}", &["web = t:1:50 .name"]);
}

#[test]
fn a_host_says_what_its_functions_do() {
    check("{{ toLines .labels | nindent 2 }}", &["app: x\\n = t:1:0 .labels.app", "tier: y\\n = t:1:0 .labels.tier"]);
    check(
        "{{ define \"y\" }}a: {{ .name }}\nb: lit{{ end }}{{ $y := fromLines (include \"y\" .) }}{{ $y.a }}{{ $y.b }}",
        &["web = t:1:19 <t:2:15 .name", "lit = t:2:3 <t:2:15"],
    );
}

#[test]
fn evaluated_templates_lead_to_the_value_with_their_text() {
    check(
        "{{ tpl .template . }}",
        &[
            "host:  = tpl:1:0 <t:1:0 (.template)",
            "web = tpl:1:6 <t:1:0 .name (.template +6)",
            "\\nfix: x = tpl:1:17 <t:1:0 (.template +17)",
        ],
    );
    check(
        "{{ tpl \"a: {{ .nothing }}\\nb: {{ .name }}\" . }}",
        &["a:  = tpl:1:0 <t:1:0", "\\nb:  = tpl:1:17 <t:1:0", "web = tpl:2:3 <t:1:0 .name"],
    );
}

#[test]
fn every_read_is_told() {
    let ranges = observe("{{ .image.tag }}{{ .nothing }}{{ range .list }}{{ end }}{{ get .labels \"app\" }}");
    assert_eq!(
        ranges.reads,
        [".image", ".image.tag", ".nothing missing", ".list", ".list[0]", ".list[1]", ".labels", ".labels.app"]
    );
    assert_eq!(ranges.open, 0);
}

#[test]
fn a_failure_names_what_it_is_about() {
    let failure = |template| observe(template).failure.expect("it fails");
    assert_eq!(failure("{{ .image.tag.x }}"), "can't evaluate field x in type interface {}: .x of .image.tag");
    assert_eq!(
        failure("{{ define \"a\" }}{{ .y.z }}{{ end }}{{ include \"a\" (dict \"y\" .port) }}"),
        "can't evaluate field z in type interface {}: .z of .port"
    );
    assert_eq!(failure("{{ fail .name }}"), "web: .name");
    assert_eq!(failure("{{ index .list 5 }}"), "index out of range: 5: .list, ");
    assert_eq!(failure("{{ range .port 1 }}{{ end }}"), "port is not a method but has arguments: .port of .");
    assert_eq!(failure("{{ range .name.x }}{{ end }}"), "can't evaluate field x in type interface {}: .x of .name");
    assert_eq!(failure("{{ printf .port }}"), "wrong type for value; expected string; got int: .port");
}

#[test]
fn steps_print_as_paths() {
    assert_eq!(format!("{}{}", Step::from("a"), Step::from(3)), ".a[3]");
}
