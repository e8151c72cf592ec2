use super::*;

#[track_caller]
fn check(text: &str, change: impl FnOnce(&mut Map), want: &str) {
    let limits = Limits::default();
    let mut map = match unmarshal(text, Numbers::Exact, &limits).expect("fine") {
        Value::Map(map) => Map::clone(&map),
        _ => Map::new(),
    };
    change(&mut map);
    assert_eq!(rewrite(text, &map, &limits).expect("rewritten"), want);
}

fn values(items: &[&str]) -> Value {
    items.iter().map(|item| Value::from(*item)).collect::<Vec<_>>().into()
}

fn map(entries: &[(&str, &str)]) -> Map {
    entries.iter().map(|(key, value)| (*key, Value::from(*value))).collect()
}

#[test]
fn scalars_change_where_they_stand_and_keep_their_quotes() {
    let change = |map: &mut Map| drop(map.insert("a", "x".into()));
    check("# top\na: old # why\nb: 1\n", change, "# top\na: x # why\nb: 1\n");
    check("a: 'it''s' # why\n", change, "a: 'x' # why\n");
    check("a: \"q\\\"\"\n", change, "a: \"x\"\n");
    check("a: two\n  lines\nb: 1\n", change, "a: x\nb: 1\n");
    check("a: |\n  block\n\n  of text\n\n# b\nb: 1\n", change, "a: x\n\n# b\nb: 1\n");
    check("a: &n old\nb: 1\n", change, "a: &n x\nb: 1\n");
    check("{\"a\": \"old\", \"b\": 1}", change, "{\"a\": \"x\", \"b\": 1}");
    check("a:\nb: 1\n", change, "a: x\nb: 1\n");
    check("a: old\r\nb: 1\r\n", change, "a: x\r\nb: 1\r\n");
    check("a: old\n", |map| drop(map.insert("a", "1".into())), "a: \"1\"\n");
}

#[test]
fn new_fields_come_last_in_the_way_of_the_others() {
    let change = |map: &mut Map| drop(map.insert("new", values(&["x"])));
    check("", change, "new:\n- x\n");
    check("# only\n", change, "# only\nnew:\n- x\n");
    check("l:\n- a\n", change, "l:\n- a\nnew:\n- x\n");
    check("l:\n  - a", change, "l:\n  - a\nnew:\n  - x\n");
    check("a: 1\n\nb: 2\n\nc: 3\n# end\n", change, "a: 1\n\nb: 2\n\nc: 3\n# end\n\nnew:\n- x\n");
    check("a: 1\n---\nb: 2\n", change, "a: 1\nnew:\n- x\n---\nb: 2\n");
    check("{a: 1}\n", change, "{a: 1, new: [x]}\n");
    check("a: 1\r\n", change, "a: 1\r\nnew:\r\n- x\r\n");
}

#[test]
fn items_come_and_go_with_all_else_in_its_place() {
    let set = |items: &[&str]| {
        let items = values(items);
        move |map: &mut Map| drop(map.insert("l", items))
    };
    check(
        "l: # list\n# one\n- a # a\n# two\n- b\n# end\nm: 1\n",
        set(&["a", "b", "c"]),
        "l: # list\n# one\n- a # a\n# two\n- b\n- c\n# end\nm: 1\n",
    );
    check("l:\n  - a\n  - c", set(&["a", "b", "c"]), "l:\n  - a\n  - b\n  - c");
    check("l:\n# b\n- b\n", set(&["a", "b"]), "l:\n- a\n# b\n- b\n");
    check("l:\n- a # x\n- b\n- c\n", set(&["c"]), "l:\n# x\n- c\n");
    check("l: [a, b] # x\n", set(&["a", "b", "c,d"]), "l: [a, b, \"c,d\"] # x\n");
    check("l: [a,\n  # why\n  b]\n", set(&["a"]), "l: [a]\n");
    check("l: []\n", set(&["a"]), "l:\n- a\n");
    check("l:\nm: 1\n", set(&["a"]), "l:\n- a\nm: 1\n");
}

#[test]
fn maps_in_lists_are_known_by_their_name() {
    let text = "i:\n- name: a # first\n  tag: v1\n# second\n- digest: d\n  name: b\nz: 1\n";
    let change = |map: &mut Map| {
        let items = vec![
            map_value(&[("name", "a"), ("tag", "v2")]),
            map_value(&[("name", "b"), ("tag", "v3")]),
            map_value(&[("name", "c"), ("tag", "v4")]),
        ];
        map.insert("i", items.into());
    };
    let want = "i:\n- name: a # first\n  tag: v2\n# second\n- tag: v3\n  name: b\n- name: c\n  tag: v4\nz: 1\n";
    check(text, change, want);
    let flow = "i: [{name: a, tag: v1}, {name: b}]\n";
    check(flow, change, "i: [{name: a, tag: v2}, {name: b, tag: v3}, {name: c, tag: v4}]\n");
    let gone = |map: &mut Map| drop(map.insert("i", vec![map_value(&[("name", "b")])].into()));
    check("i:\n- digest: d\n  name: b\n", gone, "i:\n- name: b\n");
    check("i:\n- name: b\n  digest: d # why\n  # more\n", gone, "i:\n- name: b\n  # why\n  # more\n");
}

fn map_value(entries: &[(&str, &str)]) -> Value {
    map(entries).into()
}

#[test]
fn entries_of_maps_come_and_go() {
    let set = |entries: &[(&str, &str)]| {
        let entries = map(entries);
        move |all: &mut Map| drop(all.insert("m", entries.into()))
    };
    check("m:\n  # one\n  a: b # c\nz: 1\n", set(&[("a", "b"), ("d", "e")]), "m:\n  # one\n  a: b # c\n  d: e\nz: 1\n");
    check("m: {a: b}\n", set(&[("a", "b"), ("d", "e")]), "m: {a: b, d: e}\n");
    check("m: {}\n", set(&[("d", "e")]), "m:\n  d: e\n");
    check("m:\n  a: b\n  d: e\n", set(&[("d", "e")]), "m:\n  d: e\n");
    check("m:\n  a: b\nz: 1 # z\n", |all| drop(all.remove("m")), "z: 1 # z\n");
}

#[test]
fn what_comes_from_elsewhere_is_written_anew() {
    let change = |map: &mut Map| drop(map.insert("b", values(&["x", "y"])));
    check("a: &l\n- x\nb: *l # same\nc: *l\n", change, "a: &l\n- x\nb:\n- x\n- \"y\" # same\nc: *l\n");
    let inner = |all: &mut Map| {
        let mut m = all.get("m").and_then(Value::as_map).cloned().unwrap_or_default();
        m.insert("k", "2".into());
        all.insert("m", m.into());
    };
    check("base: &b {k: '1'}\nm:\n  <<: *b\n  j: j\n", inner, "base: &b {k: '1'}\nm:\n  <<: *b\n  j: j\n  k: \"2\"\n");
    let limits = Limits::default();
    assert!(matches!(rewrite("a: [", &Map::new(), &limits), Err(RewriteError::Unreadable(_))));
    assert_eq!(rewrite("- a\n", &Map::new(), &limits), Err(RewriteError::Entangled));
}
