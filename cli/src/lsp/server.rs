//! Messages in their order, each answered before the next is read.

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use rhumb::pipeline::ValuesInput;
use rhumb::schema::KubeVersion;
use rhumb::session::{Position, Settings};
use rhumb::source::VPath;
use serde_json::{Value, json};

use super::answers;
use super::folders::{Folder, Folders};
use super::uri;
use crate::output::Exit;

/// Answers an editor on standard input and output until it says that it is done.
///
/// # Errors
/// When what comes is no message of the protocol, or the editor goes away in the middle of one.
pub(crate) fn serve() -> Result<Exit, String> {
    let (connection, threads) = Connection::stdio();
    let exit = talk(&connection)?;
    // The threads end when nothing can be sent to them any more.
    drop(connection);
    threads.join().map_err(|error| error.to_string())?;
    Ok(exit)
}

fn talk(connection: &Connection) -> Result<Exit, String> {
    let (id, params) = connection.initialize_start().map_err(|error| error.to_string())?;
    let mut server = Server { connection, folders: Folders::default() };
    let warnings = server.configure(&params);
    let name = json!({ "name": "rhumb", "version": env!("CARGO_PKG_VERSION") });
    let answer = json!({ "capabilities": capabilities(), "serverInfo": name });
    connection.initialize_finish(id, answer).map_err(|error| error.to_string())?;
    for text in warnings {
        server.notify("window/showMessage", json!({ "type": 2, "message": text }));
    }
    if watches(&params) {
        server.watch();
    }
    server.run()
}

// What this server can do: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#serverCapabilities
fn capabilities() -> Value {
    json!({
        "positionEncoding": "utf-16",
        "textDocumentSync": { "openClose": true, "change": 2, "save": false },
        "completionProvider": { "triggerCharacters": [".", "\"", "|", " ", "$"] },
        "hoverProvider": true,
        "definitionProvider": true,
        "codeActionProvider": { "codeActionKinds": ["quickfix"] },
        "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
    })
}

fn watches(params: &Value) -> bool {
    params.pointer("/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration") == Some(&Value::Bool(true))
}

struct Server<'a> {
    connection: &'a Connection,
    folders: Folders,
}

impl Server<'_> {
    fn run(&mut self) -> Result<Exit, String> {
        let mut stale = false;
        loop {
            // Findings are told when there is nothing else to do: of many key presses, those of the last.
            if stale && self.connection.receiver.is_empty() {
                self.publish();
                stale = false;
            }
            let Ok(message) = self.connection.receiver.recv() else { return Ok(Exit::Failed) };
            match message {
                Message::Request(request) => {
                    if self.connection.handle_shutdown(&request).map_err(|error| error.to_string())? {
                        return Ok(Exit::Fine);
                    }
                    let response = self.answer(&request);
                    self.send(Message::Response(response));
                }
                Message::Notification(notification) => stale |= self.take(&notification),
                Message::Response(_) => {}
            }
        }
    }

    // Takes over what an editor says at the start; returns what of it cannot be used.
    fn configure(&mut self, params: &Value) -> Vec<String> {
        let mut warnings = Vec::new();
        let options = params.get("initializationOptions").unwrap_or(&Value::Null);
        self.folders.settings = settings(options, &mut warnings);
        let values = options.get("values").and_then(Value::as_array).into_iter().flatten();
        self.folders.values = values.filter_map(Value::as_str).map(str::to_owned).collect();
        let named = params.get("workspaceFolders").and_then(Value::as_array).into_iter().flatten();
        let mut uris: Vec<&str> = named.filter_map(|folder| folder.get("uri")?.as_str()).collect();
        if uris.is_empty() {
            uris.extend(params.get("rootUri").and_then(Value::as_str));
        }
        for path in uris.into_iter().filter_map(uri::to_path) {
            self.folders.add(&path);
        }
        warnings
    }

    fn watch(&self) {
        let watchers = json!([{ "globPattern": "**/*" }]);
        let registration = json!({
            "id": "files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers },
        });
        let params = json!({ "registrations": [registration] });
        self.send(Message::Request(Request::new(
            "watch".to_owned().into(),
            "client/registerCapability".to_owned(),
            params,
        )));
    }

    fn send(&self, message: Message) {
        // An editor that is gone hears nothing; the next read says so.
        drop(self.connection.sender.send(message));
    }

    fn notify(&self, method: &str, params: Value) {
        self.send(Message::Notification(Notification::new(method.to_owned(), params)));
    }

    fn publish(&mut self) {
        let mut told = Vec::new();
        for folder in self.folders.all_mut() {
            for (file, findings) in folder.findings() {
                let list: Vec<Value> = findings.iter().map(|finding| answers::diagnostic(folder, finding)).collect();
                told.push(json!({ "uri": folder.uri(&file), "diagnostics": list }));
            }
        }
        for params in told {
            self.notify("textDocument/publishDiagnostics", params);
        }
    }

    // Says whether findings may have changed.
    fn take(&mut self, notification: &Notification) -> bool {
        let params = &notification.params;
        let text = |pointer: &str| params.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let document = text("/textDocument/uri");
        match notification.method.as_str() {
            "textDocument/didOpen" => self.folders.open(document, text("/textDocument/text")),
            "textDocument/didChange" => {
                for change in params.get("contentChanges").and_then(Value::as_array).into_iter().flatten() {
                    let range = change.get("range").and_then(answers::read_range);
                    let new = change.get("text").and_then(Value::as_str).unwrap_or_default();
                    self.folders.change(document, range, new);
                }
            }
            "textDocument/didClose" => self.folders.close(document),
            "workspace/didChangeWatchedFiles" => {
                for change in params.get("changes").and_then(Value::as_array).into_iter().flatten() {
                    self.folders.changed_on_disk(change.get("uri").and_then(Value::as_str).unwrap_or_default());
                }
            }
            "workspace/didChangeWorkspaceFolders" => {
                let added = params.pointer("/event/added").and_then(Value::as_array).into_iter().flatten();
                for path in added.filter_map(|folder| uri::to_path(folder.get("uri")?.as_str()?)) {
                    self.folders.add(&path);
                }
            }
            _ => return false,
        }
        true
    }

    fn answer(&self, request: &Request) -> Response {
        let params = &request.params;
        let known = [
            "textDocument/completion",
            "textDocument/hover",
            "textDocument/definition",
            "textDocument/codeAction",
            "rhumb/render",
            "rhumb/renderedFrom",
            "rhumb/explain",
        ];
        let method = request.method.as_str();
        if !known.contains(&method) {
            let message = format!("no method `{method}`");
            return Response::new_err(request.id.clone(), ErrorCode::MethodNotFound as i32, message);
        }
        let document = params.pointer("/textDocument/uri").and_then(Value::as_str).unwrap_or_default();
        let Some((folder, file)) = self.folders.find(document) else {
            let message = format!("`{document}` is not open");
            return Response::new_err(request.id.clone(), ErrorCode::InvalidParams as i32, message);
        };
        let at = params.get("position").and_then(answers::read_position).unwrap_or_default();
        Response::new_ok(request.id.clone(), answered(method, folder, &file, at, params))
    }
}

fn answered(method: &str, folder: &Folder, file: &VPath, at: Position, params: &Value) -> Value {
    let session = &folder.session;
    let root = session.root_of(file);
    match (method, root) {
        ("textDocument/completion", _) => answers::completions(&session.complete(file, at)),
        ("textDocument/hover", _) => answers::hover(session.hover(file, at).as_ref()),
        ("textDocument/definition", _) => answers::locations(folder, &session.definition(file, at)),
        ("textDocument/codeAction", _) => {
            let range = params.get("range").and_then(answers::read_range).unwrap_or_default();
            answers::actions(folder, &session.code_actions(file, range))
        }
        ("rhumb/renderedFrom", _) => answers::rendered_places(&session.rendered_from(file, at)),
        ("rhumb/render", Some(root)) => {
            let rendered = session.render(&root);
            json!({ "root": folder.uri(&root), "ok": rendered.ok, "text": &*rendered.text, "notes": rendered.notes })
        }
        // The place is one in the text of `rhumb/render` for the package of the file.
        ("rhumb/explain", Some(root)) => answers::explanation(folder, session.explain(&root, at).as_ref()),
        _ => Value::Null,
    }
}

fn settings(options: &Value, warnings: &mut Vec<String>) -> Settings {
    let text = |name: &str| options.get(name).and_then(Value::as_str).map(str::to_owned);
    let version = text("kubeVersion").map(|text| KubeVersion::parse(&text)).transpose();
    let kube_version = version.unwrap_or_else(|error| {
        warnings.push(format!("rhumb: {error}"));
        None
    });
    let set = options.get("set").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    Settings {
        environment: text("environment"),
        values: set.map(|flag| ValuesInput::Set(flag.to_owned())).collect(),
        release_name: text("name"),
        namespace: text("namespace"),
        kube_version: kube_version.unwrap_or_default(),
        strict: options.get("strict") == Some(&Value::Bool(true)),
        ..Settings::default()
    }
}
