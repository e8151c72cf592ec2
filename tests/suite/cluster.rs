//! Against a real API server, where its programs are on this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use rhumb_cluster::client::{Call, Client};
use rhumb_cluster::discovery::Discovery;
use rhumb_cluster::error::RequestErrorKind;
use rhumb_tests::api_server::{self, ADMIN, GUEST};

#[test]
fn a_server_tells_what_it_has() {
    let Some(server) = api_server::shared() else { return };
    let client = server.client().expect("a client");
    let found = Discovery::read(&client).expect("discovery");
    assert!(found.version.starts_with("v1."), "{}", found.version);
    assert!(found.unknown.is_empty(), "{:?}", found.unknown);
    for api in ["v1", "apps/v1", "apps/v1/Deployment", "v1/Pod", "apps/v1/Scale"] {
        assert!(found.api_versions.iter().any(|known| known == api), "{api} in {:?}", found.api_versions);
    }
    assert!(client.send(&Call::get("/apis/nothing")).expect_err("not there").refusal().is_some());
}

fn name(client: &Client) -> String {
    api_server::user(client).expect("everybody may ask who they are")
}

#[test]
fn users_are_known_by_tokens_certificates_and_programs() {
    let Some(server) = api_server::shared() else { return };
    std::fs::write(server.folder.join("guest.token"), format!("{GUEST}\n")).expect("writable");
    let credential = r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":%s}"#;
    let program = |status: String| {
        let script = format!("printf '%s' '{}'", credential.replace("%s", &status));
        let script = script.replace('\'', "''");
        format!(
            "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, '{script}'], interactiveMode: Never}}}}"
        )
    };
    let pem = |file: &str| {
        let text = std::fs::read_to_string(server.folder.join(file)).expect("written");
        serde_json::to_string(&text).expect("JSON").replace("\\n", "\\\\n")
    };
    let certificate =
        format!(r#"{{"clientCertificateData":{},"clientKeyData":{}}}"#, pem("alice.crt"), pem("alice.key"));
    for (context, user, who) in [
        ("token", format!("{{token: {ADMIN}}}"), "admin"),
        ("file", "{tokenFile: guest.token}".to_owned(), "guest"),
        ("certificate", "{client-certificate: alice.crt, client-key: alice.key}".to_owned(), "alice"),
        ("program", program(format!(r#"{{"token":"{GUEST}"}}"#)), "guest"),
        ("program-certificate", program(certificate.replace("\\\\n", "\\n")), "alice"),
        ("acting", format!("{{token: {ADMIN}, as: bob, as-groups: [dev], as-user-extra: {{a: [b]}}}}"), "bob"),
    ] {
        let client = server.client_of(&server.kubeconfig(context, &user)).expect(context);
        assert_eq!(name(&client), who, "{context}");
    }
}

#[test]
fn a_server_is_trusted_for_its_certificate() {
    let Some(server) = api_server::shared() else { return };
    let user = format!("{{token: {ADMIN}}}");
    let with = |name: &str, more: &str| {
        let cluster = format!("{{server: '{}', {more}}}", server.url);
        server.client_of(&server.kubeconfig_with(name, &cluster, &user)).expect("a client")
    };
    assert_eq!(name(&with("insecure", "insecure-skip-tls-verify: true")), "admin");
    assert_eq!(name(&with("named", "certificate-authority: ca.crt, tls-server-name: other.example")), "admin");
    for (name, more) in [
        ("misnamed", "certificate-authority: ca.crt, tls-server-name: wrong.example"),
        ("stranger", "certificate-authority: alice.crt"),
    ] {
        let error = with(name, more).send(&Call::get("/version")).expect_err("not trusted");
        assert!(matches!(error.kind, RequestErrorKind::Tls(_)), "{error}");
        assert!(error.to_string().contains(&format!("(context `{name}`)")), "{error}");
    }
}

#[test]
fn a_server_is_reached_through_a_proxy() {
    let Some(server) = api_server::shared() else { return };
    let (proxy, asked) = proxy();
    let cluster = format!("{{server: '{}', certificate-authority: ca.crt, proxy-url: '{proxy}'}}", server.url);
    let kubeconfig = server.kubeconfig_with("proxied", &cluster, &format!("{{token: {ADMIN}}}"));
    assert_eq!(name(&server.client_of(&kubeconfig).expect("a client")), "admin");
    let wanted = server.url.trim_start_matches("https://");
    assert_eq!(asked.recv().expect("a request"), format!("CONNECT {wanted} HTTP/1.1"));
}

// A proxy for one connection; it tells what it was asked for.
fn proxy() -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        let lines = BufReader::new(client.try_clone().expect("a stream")).lines().map_while(Result::ok);
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let target = head[0].split(' ').nth(1).expect("a target");
        let server = TcpStream::connect(target).expect("the server");
        tell.send(head[0].clone()).expect("somebody listens");
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").expect("writable");
        let (from, to) = (server.try_clone().expect("a stream"), client.try_clone().expect("a stream"));
        std::thread::spawn(move || pipe(from, to));
        pipe(client, server);
    });
    (url, told)
}

fn pipe(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 8192];
    while let Ok(amount @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..amount]).is_err() {
            break;
        }
    }
}
