//! The language server, spoken to as an editor does.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rhumb_tests::program;
use serde_json::{Value, json};

/// An editor with its server.
struct Editor {
    server: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
    requests: u64,
    // Notifications that came while an answer was waited for.
    told: Vec<Value>,
}

impl Editor {
    fn start(files: &[(&str, &str)], options: Value) -> Editor {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, text) in files {
            write(folder.path(), path, text);
        }
        let mut server = Command::new(program::rhumb())
            .args(["lsp", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let input = server.stdin.take().expect("piped");
        let output = BufReader::new(server.stdout.take().expect("piped"));
        let mut editor = Editor { server, input, output, folder, requests: 0, told: Vec::new() };
        let folders = json!([{ "uri": editor.uri(""), "name": "here" }]);
        let params = json!({ "capabilities": {}, "workspaceFolders": folders, "initializationOptions": options });
        let answer = editor.ask("initialize", params);
        assert_eq!(answer["capabilities"]["hoverProvider"], true, "{answer}");
        editor.tell("initialized", json!({}));
        editor
    }

    fn uri(&self, path: &str) -> String {
        format!("file://{}", self.folder.path().join(path).display()).trim_end_matches('/').to_owned()
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("the server reads");
        self.input.flush().expect("the server reads");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn ask_raw(&mut self, method: &str, params: Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.read();
            if message["id"] == id {
                return message;
            }
            self.told.push(message);
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask_raw(method, params);
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).expect("text"), 0, "the server is gone");
            if line.trim().is_empty() {
                break;
            }
            if let Some(number) = line.strip_prefix("Content-Length: ") {
                length = number.trim().parse().expect("a number");
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).expect("a whole message");
        serde_json::from_slice(&body).expect("JSON")
    }

    fn open(&mut self, path: &str, text: &str) {
        let document = json!({ "uri": self.uri(path), "languageId": "yaml", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn change(&mut self, path: &str, changes: Value) {
        let document = json!({ "uri": self.uri(path), "version": 2 });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// Waits for the next findings of a file.
    fn findings(&mut self, path: &str) -> Vec<Value> {
        let uri = self.uri(path);
        let is_it = |message: &Value| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri.as_str()
        };
        loop {
            let message = match self.told.iter().position(is_it) {
                Some(at) => self.told.remove(at),
                None => self.read(),
            };
            if is_it(&message) {
                return message["params"]["diagnostics"].as_array().expect("a list").clone();
            }
        }
    }

    /// Asks about a place of a document.
    fn at(&mut self, method: &str, path: &str, line: u32, character: u32) -> Value {
        let position = json!({ "line": line, "character": character });
        let range = json!({ "start": position, "end": position });
        let document = json!({ "uri": self.uri(path) });
        let context = json!({ "diagnostics": [] });
        self.ask(method, json!({ "textDocument": document, "position": position, "range": range, "context": context }))
    }

    fn stop(mut self) {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.server.wait().expect("it ends").success());
    }
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
    std::fs::write(path, text).expect("writable");
}

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata:
  name: {{ release.name }}
spec:
  ports:
  - port: {{ values.service.port }}
";

const PACKAGE: [(&str, &str); 4] = [
    ("shop/rhumb.yaml", "name: shop\nversion: 0.1.0\n"),
    ("shop/values.yaml", "service:\n  port: 80\n"),
    ("shop/templates/service.yaml", SERVICE),
    ("shop/overlays/prod/overlay.yaml", "values:\n  service:\n    port: 8080\n"),
];

fn labels(answer: &Value) -> Vec<&str> {
    answer.as_array().expect("a list").iter().filter_map(|item| item["label"].as_str()).collect()
}

#[test]
fn findings_follow_what_is_typed() {
    let mut editor = Editor::start(&PACKAGE, Value::Null);
    let template = "shop/templates/service.yaml";
    let end = json!({ "line": 6, "character": 32 });
    editor.open(template, SERVICE);
    let broken = json!([{ "range": { "start": { "line": 6, "character": 28 }, "end": end }, "text": "prot" }]);
    editor.change(template, broken);
    let findings = editor.findings(template);
    assert_eq!(findings[0]["code"], "template-undefined", "{findings:?}");
    assert_eq!(findings[0]["range"]["start"], json!({ "line": 6, "character": 13 }), "{findings:?}");
    assert!(findings[0]["message"].as_str().expect("text").contains("did you mean `port`"), "{findings:?}");
    let actions = editor.at("textDocument/codeAction", template, 6, 14);
    let edits = &actions[0]["edit"]["changes"][editor.uri(template)];
    assert_eq!((&edits[0]["newText"], &edits[0]["range"]["end"]), (&json!("port"), &end), "{actions}");
    editor.change(template, json!([{ "text": SERVICE }]));
    assert!(editor.findings(template).is_empty());
    editor.stop();
}

#[test]
fn values_are_completed_explained_and_found() {
    let mut editor = Editor::start(&PACKAGE, json!({ "environment": "prod" }));
    let template = "shop/templates/service.yaml";
    editor.open(template, SERVICE);
    assert_eq!(labels(&editor.at("textDocument/completion", template, 6, 28)), ["port"]);
    let hover = editor.at("textDocument/hover", template, 6, 29);
    assert!(hover["contents"]["value"].as_str().expect("text").contains("8080"), "{hover}");
    let found = editor.at("textDocument/definition", template, 6, 29);
    let uris: Vec<&str> = found.as_array().expect("a list").iter().filter_map(|place| place["uri"].as_str()).collect();
    assert_eq!(uris, [editor.uri("shop/values.yaml"), editor.uri("shop/overlays/prod/overlay.yaml")]);
    assert!(labels(&editor.at("textDocument/completion", template, 5, 3)).contains(&"clusterIP"));
    editor.stop();
}

#[test]
fn what_is_rendered_leads_back_to_its_origins() {
    let mut editor = Editor::start(&PACKAGE, Value::Null);
    let values = "shop/values.yaml";
    editor.open(values, "# 😀\nservice: { port: 81 }\n");
    let rendered = editor.at("rhumb/render", values, 0, 0);
    let text = rendered["text"].as_str().expect("text");
    let line = text.lines().position(|line| line.contains("port: 81")).expect("rendered");
    let explained = editor.at("rhumb/explain", values, u32::try_from(line).expect("few lines"), 12);
    assert_eq!(explained["field"], "spec.ports[0].port", "{explained}");
    assert_eq!(explained["origins"][1]["location"]["uri"], editor.uri(values), "{explained}");
    let places = editor.at("rhumb/renderedFrom", values, 1, 18);
    assert_eq!(places[0]["object"], "Service/shop", "{places}");
    editor.stop();
}

#[test]
fn charts_offer_their_named_templates_and_fix_their_indentation() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels:\n    {{- include \"web.labels\" . | nindent 2 }}\n";
    let mut editor = Editor::start(
        &[
            ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
            ("web/templates/_names.tpl", "{{- define \"web.labels\" -}}\napp: web\n{{- end }}\n"),
            ("web/templates/pod.yaml", pod),
        ],
        Value::Null,
    );
    let template = "web/templates/pod.yaml";
    editor.open(template, pod);
    assert_eq!(labels(&editor.at("textDocument/completion", template, 5, 20)), ["web.labels"]);
    let found = editor.at("textDocument/definition", template, 5, 20);
    assert_eq!(found[0]["uri"], editor.uri("web/templates/_names.tpl"), "{found}");
    let actions = editor.at("textDocument/codeAction", template, 5, 36);
    assert_eq!(actions[0]["title"], "Indent by 4", "{actions}");
    editor.stop();
}

#[test]
fn files_that_change_on_the_disk_are_read_again() {
    let mut editor = Editor::start(&PACKAGE, Value::Null);
    let template = "shop/templates/service.yaml";
    editor.open(template, SERVICE);
    write(editor.folder.path(), "shop/values.yaml", "service: {}\n");
    let change = json!({ "uri": editor.uri("shop/values.yaml"), "type": 2 });
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [change] }));
    assert_eq!(editor.findings(template)[0]["code"], "template-undefined");
    editor.stop();
}

#[test]
fn what_the_server_does_not_know_is_refused() {
    let mut editor = Editor::start(&[], json!({ "kubeVersion": "0.1" }));
    let answer = editor.ask_raw("textDocument/rename", json!({}));
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
    assert!(editor.told.iter().any(|message| message["method"] == "window/showMessage"), "{:?}", editor.told);
    let outside = json!({ "textDocument": { "uri": "file:///nowhere" }, "position": { "line": 0, "character": 0 } });
    assert_eq!(editor.ask_raw("textDocument/hover", outside)["error"]["code"], -32602);
    editor.stop();
}
