//! Against a real API server, where its programs are on this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use rhumb::object::{Gvk, ObjectKey};
use rhumb::plan::Sight;
use rhumb::value::Value;
use rhumb_cluster::client::{Call, Client};
use rhumb_cluster::discovery::Discovery;
use rhumb_cluster::error::RequestErrorKind;
use rhumb_cluster::live::Cluster;
use rhumb_tests::api_server::{self, ADMIN, GUEST};
use rhumb_tests::place::Place;
use rhumb_tests::program::run_line;

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

#[test]
fn many_objects_are_read_in_lists_where_that_is_allowed_and_pays() {
    let Some(place) = Place::new("cluster-lists") else { return };
    let client = place.server.client().expect("a client");
    let make = |name: &str| {
        let body = format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}"}},"data":{{"a":"{name}"}}}}"#
        );
        let path = "/api/v1/namespaces/cluster-lists/configmaps".to_owned();
        let body = Some(("application/json", body.into_bytes()));
        client.send(&Call { method: "POST", path, accept: "application/json", body }).expect("made");
    };
    // Far more than are wanted, and before them, so that the list is given up.
    (0..220).for_each(|n| make(&format!("a{n}")));
    (0..12).for_each(|n| make(&format!("z{n}")));
    let key = |name: String| {
        let key = ObjectKey {
            kind: "ConfigMap".into(),
            namespace: "cluster-lists".into(),
            name: name.into(),
            ..ObjectKey::default()
        };
        (key, Gvk::new("v1", "ConfigMap"))
    };
    let rules = |verbs: &str| {
        let role = format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: r}}\nrules: [{{apiGroups: [''], resources: [configmaps], verbs: [{verbs}]}}]\n"
        );
        place.apply(&place.path("rbac.authorization.k8s.io/v1/roles", "r"), "tests", &role);
    };
    let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: r}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\nsubjects: [{kind: User, name: guest, apiGroup: rbac.authorization.k8s.io}]\n";
    place.apply(&place.path("rbac.authorization.k8s.io/v1/rolebindings", "r"), "tests", binding);
    rules("get");
    let guest = place.server.client_of(&place.server.kubeconfig("lister", &format!("{{token: {GUEST}}}")));
    let cluster = |client| Cluster::open(client).expect("a cluster");
    for (who, cluster) in
        [("admin", cluster(place.server.client().expect("a client"))), ("guest", cluster(guest.expect("a client")))]
    {
        for (wanted, there) in [("z", 12), ("a", 220)] {
            let mut keys: Vec<_> = (0..there).map(|n| key(format!("{wanted}{n}"))).collect();
            keys.push(key("absent".to_owned()));
            let seen = cluster.read(&keys).expect("an answer");
            assert_eq!(seen.len(), keys.len(), "{who} {wanted}");
            for (key, gvk) in &keys {
                let want = (key.name != "absent").then(|| Value::from(key.name.clone()));
                let sight = &seen[key];
                let data = match sight {
                    Sight::Object(object) => {
                        assert_eq!(object.get("kind").and_then(Value::as_str), Some(gvk.kind.as_str()));
                        assert_eq!(object.get("apiVersion").and_then(Value::as_str), Some("v1"));
                        object.get("data").and_then(|data| data.get("a")).cloned()
                    }
                    Sight::Absent => None,
                    Sight::Unseen(reason) => panic!("{who}: {reason}"),
                };
                assert_eq!(data, want, "{who} {}", key.name);
            }
        }
    }
}

#[test]
fn what_a_server_has_is_kept_until_it_changes() {
    let Some(place) = Place::new("cluster-cache") else { return };
    place.write("all.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    assert_eq!(place.run("diff all.yaml --live").code, Some(1));
    let kept = || {
        let files = walkdir::WalkDir::new(place.folder().join(".kube-cache/rhumb")).into_iter();
        let files = files.map(|entry| entry.expect("readable")).filter(|entry| entry.file_type().is_file());
        files.map(|entry| entry.path().to_owned()).collect::<Vec<_>>()
    };
    let [core, groups] = &{
        let mut files = kept();
        files.sort();
        files
    }[..] else {
        panic!("two files: {:?}", kept())
    };
    assert!(core.ends_with("api.json") && groups.ends_with("apis.json"), "{core:?} {groups:?}");
    let before = std::fs::read(groups).expect("readable");
    let tag = before.split(|byte| *byte == b'\n').next().expect("a line").to_vec();
    // What stands there is believed only as long as the server says that it still holds.
    let shorter = [&tag[..], b"\n{\"kind\":\"APIGroupDiscoveryList\",\"items\":[]}"].concat();
    std::fs::write(groups, &shorter).expect("writable");
    place.write("job.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n");
    let believed = place.run("diff job.yaml --live");
    assert!(believed.stderr.contains("the server has no kind"), "{}", believed.stderr);
    std::fs::write(groups, [b"\"other\"", &shorter[tag.len()..]].concat()).expect("writable");
    let asked = place.run("diff job.yaml --live");
    assert!(!asked.stderr.contains("the server has no kind"), "{}", asked.stderr);
    assert_eq!(std::fs::read(groups).expect("readable"), before, "and what it says now is kept");
    // A cache that is broken, or cannot be written, is none.
    std::fs::write(core, b"\xff").expect("writable");
    assert_eq!(place.run("diff all.yaml --live").code, Some(1));
    place.write("no-folder", "");
    let line = format!(
        "KUBECACHEDIR=no-folder KUBECONFIG={} rhumb diff all.yaml --live -n cluster-cache",
        place.server.admin().display()
    );
    let ran = run_line(place.folder(), &line);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
}
