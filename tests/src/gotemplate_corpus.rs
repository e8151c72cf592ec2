//! Runs the vectors of `go-*.jsonl` against the crate `gotemplate`: output or error text, partial output, canonical
//! form. Each also runs with an observer, which must change nothing.

use std::sync::Arc;

use gotemplate::observe::{Observer, Origin};
use gotemplate::{Error, ErrorKind, Functions, List, Map, MissingKey, Run, Set, Value};
use serde_json::Value as Json;

/// Runs one vector. The error says how the result differs.
pub fn run_case(case: &Json) -> Result<(), String> {
    let mut set = Set::new(Arc::new(Functions::new()));
    if let Some(delims) = case.get("delims").and_then(Json::as_array) {
        set.options().left = text(delims.first()).to_owned();
        set.options().right = text(delims.get(1)).to_owned();
    }
    set.options().missing_key = match text(case.get("missingkey")) {
        "zero" => MissingKey::Zero,
        "error" => MissingKey::Error,
        _ => MissingKey::Default,
    };
    let mut written = Vec::new();
    let result = parse_and_run(case, set, &mut written);
    let expect = &case["expect"];
    if let Some(want) = expect.get("error") {
        return check_error(text(Some(want)), expect, result, &written);
    }
    let tree = result.map_err(|error| format!("error: {error}\nwant: {}", expect["output"]))?;
    let want = match expect.get("output_b64") {
        Some(coded) => base64(text(Some(coded))),
        None => text(expect.get("output")).as_bytes().to_vec(),
    };
    same("output", &want, &written)?;
    match expect.get("tree") {
        Some(want) => same("tree", text(Some(want)).as_bytes(), tree.as_bytes()),
        None => Ok(()),
    }
}

/// Parses everything and runs it; returns the canonical form of the main template.
fn parse_and_run(case: &Json, mut set: Set, out: &mut Vec<u8>) -> Result<String, Error> {
    for define in case.get("defines").and_then(Json::as_array).into_iter().flatten() {
        set.parse(text(define.get("name")), text(define.get("text")))?;
    }
    set.parse("t", text(case.get("template")))?;
    let tree = set.lookup("t").map(ToString::to_string).unwrap_or_default();
    let entry = case.get("entry").and_then(Json::as_str).unwrap_or("t");
    let set = Arc::new(set);
    let result = Run::new(&set).render_into(entry, &data(&case["data"]), out);
    let (mut watcher, mut text) = (Watcher::default(), Vec::new());
    let watched = Run::new(&set).observer(&mut watcher).render_into(entry, &data(&case["data"]), &mut text);
    assert_eq!(text, *out, "a watched run writes the same: {case}");
    assert_eq!(result.as_ref().err().map(ToString::to_string), watched.err().map(|error| error.to_string()), "{case}");
    assert!(result.is_err() || watcher.told == text.len(), "the watcher hears of all: {case}");
    result.map(|()| tree)
}

/// Counts what it is told of the output.
#[derive(Default)]
struct Watcher {
    told: usize,
}

impl Observer for Watcher {
    fn write(&mut self, range: std::ops::Range<usize>, origin: Origin<'_>) {
        assert_eq!(range.start, self.told, "ranges come in their order");
        self.told = range.end;
        // Whatever there is to see can be seen.
        let _ = format!("{origin:?}");
    }
}

fn check_error(want: &str, expect: &Json, result: Result<String, Error>, written: &[u8]) -> Result<(), String> {
    let Err(error) = result else {
        return Err(format!("want error: {want}\ngot: {:?}", String::from_utf8_lossy(written)));
    };
    same("error", want.as_bytes(), error.to_string().as_bytes())?;
    let phase = if error.kind == ErrorKind::Parse { "parse" } else { "exec" };
    same("phase", text(expect.get("phase")).as_bytes(), phase.as_bytes())?;
    match expect.get("partial_output") {
        Some(want) => same("partial output", text(Some(want)).as_bytes(), written),
        None => Ok(()),
    }
}

fn same(what: &str, want: &[u8], got: &[u8]) -> Result<(), String> {
    if want == got {
        return Ok(());
    }
    let (want, got) = (String::from_utf8_lossy(want), String::from_utf8_lossy(got));
    Err(format!("{what} differs\nwant: {want:?}\n got: {got:?}"))
}

fn text(json: Option<&Json>) -> &str {
    json.and_then(Json::as_str).unwrap_or_default()
}

/// Reads data the way Go's encoding/json does: every number is a float64.
fn data(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::from(*value),
        Json::Number(number) => Value::from(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::from(List::appended(items.iter().map(data).collect())),
        Json::Object(entries) => {
            Value::from(entries.iter().map(|(key, value)| (key.as_str(), data(value))).collect::<Map>())
        }
    }
}

/// Decodes base64.
pub(crate) fn base64(coded: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut out, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for digit in coded.bytes().filter_map(digit) {
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}
