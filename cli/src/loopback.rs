//! As much of HTTP as it takes to answer programs and browsers on this machine: one request a connection.

use std::io::{Read, Result, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

/// The longest head of a request that is read.
const LONGEST: usize = 16 << 10;

/// What a browser may do with what it is sent: what the page's own policy says, and not to be framed.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Listens on a port of this machine, and returns which one it is; 0 takes any that is free.
///
/// # Errors
/// When the port is not free.
pub(crate) fn listen(port: u16) -> Result<(TcpListener, u16)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

/// Whether a host and port are what this machine calls a port of its own. A name that somebody has made lead here is
/// still another name in the request.
pub(crate) fn is_own(host: &str, port: u16) -> bool {
    host.rsplit_once(':')
        .is_some_and(|(name, given)| matches!(name, "127.0.0.1" | "localhost") && given == port.to_string())
}

/// The head of a request.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn parse(head: &str) -> Option<Request> {
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

    /// Reads the head of a request; `None` where it is none.
    pub(crate) fn read(stream: &mut TcpStream, patience: Duration) -> Result<Option<Request>> {
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
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

    /// Returns a header; `None` for one that is there twice, which no browser sends.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }

    /// Whether a header is there, be it twice.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| known == name)
    }
}

/// Sends an answer.
pub(crate) fn send(stream: &mut TcpStream, status: u16, kind: &str, body: &[u8], has_body: bool) -> Result<()> {
    let reason = match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        421 => "Misdirected Request",
        _ => "Internal Server Error",
    };
    // The address may hold a token: it must not go on to other sites.
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
