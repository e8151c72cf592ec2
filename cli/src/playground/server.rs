//! As much of HTTP as a browser needs to read files: one request a connection.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{Shared, page, source};

/// The longest head of a request that is read, and the most connections at a time.
const LONGEST: usize = 16 << 10;
const MOST: usize = 64;
const PATIENCE: Duration = Duration::from_secs(10);

/// What the page may do, in every browser: the same as its own policy says, and not to be framed.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The head of a request.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) target: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub(super) fn parse(head: &str) -> Option<Request> {
        let mut lines = head.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
        if !first.next()?.starts_with("HTTP/1.") || first.next().is_some() {
            return None;
        }
        let headers = lines.take_while(|line| !line.is_empty()).map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        });
        Some(Request { method, target, headers: headers.collect::<Option<_>>()? })
    }

    /// Returns a header; `None` for one that is there twice, which no browser sends.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }
}

/// Answers until the program is ended.
pub(super) fn run(listener: &TcpListener, shared: &Arc<Shared>) {
    let open = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming().flatten() {
        if open.load(Ordering::Relaxed) >= MOST {
            continue;
        }
        open.fetch_add(1, Ordering::Relaxed);
        let (open, shared) = (open.clone(), shared.clone());
        std::thread::spawn(move || {
            // Whoever went away needs no answer.
            let _ = answer(stream, &shared);
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

fn answer(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let Some(request) = read(&mut stream)? else { return send(&mut stream, 400, "text/plain", b"bad request\n", true) };
    let has_body = request.method != "HEAD";
    let path = match shared.guard.admit(&request) {
        Ok(path) => path,
        Err(status) => return send(&mut stream, status, "text/plain", b"refused\n", has_body),
    };
    if path == "files.json" {
        return match source::load(&shared.source) {
            Ok(files) => send(&mut stream, 200, "application/json", files.to_string().as_bytes(), has_body),
            Err(failure) => send(&mut stream, 500, "text/plain; charset=utf-8", failure.0.message.as_bytes(), has_body),
        };
    }
    match page::file(&shared.page, path) {
        Some((kind, bytes)) => send(&mut stream, 200, kind, &bytes, has_body),
        None => send(&mut stream, 404, "text/plain", b"not found\n", has_body),
    }
}

fn read(stream: &mut TcpStream) -> std::io::Result<Option<Request>> {
    let mut head = Vec::new();
    let mut part = [0; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut part)?;
        head.extend_from_slice(part.get(..read).unwrap_or_default());
        if read == 0 || head.len() > LONGEST {
            return Ok(None);
        }
    }
    Ok(std::str::from_utf8(&head).ok().and_then(Request::parse))
}

fn send(stream: &mut TcpStream, status: u16, kind: &str, body: &[u8], has_body: bool) -> std::io::Result<()> {
    let reason = match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        421 => "Misdirected Request",
        _ => "Internal Server Error",
    };
    // The address holds the token: it must not go on to other sites.
    let head = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\
         Content-Security-Policy: {POLICY}\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
         Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Resource-Policy: same-origin\r\nCache-Control: no-store\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    if has_body {
        stream.write_all(body)?;
    }
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::Request;

    #[test]
    fn what_is_no_request_is_none() {
        for head in [
            "",
            "GET",
            "GET /",
            "GET / HTTP/2",
            "GET / x HTTP/1.1",
            "GET / HTTP/1.1 x",
            "GET / HTTP/1.1\r\nnothing\r\n",
        ] {
            assert!(Request::parse(head).is_none(), "{head}");
        }
        let twice = Request::parse("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n").expect("a request");
        assert_eq!(twice.header("host"), None);
    }
}
