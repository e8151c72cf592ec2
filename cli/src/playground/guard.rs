//! Who is answered: requests to this machine's own address, with the token, from no other site.

use data_encoding::HEXLOWER;

use crate::loopback::{Request, is_own};

/// Knows the token and the names that this server is called by.
pub(super) struct Guard {
    token: String,
    port: u16,
}

impl Guard {
    pub(super) fn new(port: u16) -> Result<Guard, String> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| format!("the system gives no random bytes: {error}"))?;
        Ok(Guard { token: HEXLOWER.encode(&bytes), port })
    }

    /// Returns what is typed into a browser.
    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/{}/?folder", self.port, self.token)
    }

    /// Returns what a request asks for below the token, or the status that it is refused with.
    pub(super) fn admit<'a>(&self, request: &'a Request) -> Result<&'a str, u16> {
        let is_own = |host: &str| is_own(host, self.port);
        if !request.header("host").is_some_and(is_own) {
            return Err(421);
        }
        if request.header("origin").is_some_and(|origin| !origin.strip_prefix("http://").is_some_and(is_own)) {
            return Err(403);
        }
        // The address itself may be followed from anywhere: whoever has it may see the page.
        let is_visit = request.header("sec-fetch-mode") == Some("navigate");
        if !is_visit && request.header("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
            return Err(403);
        }
        if request.method != "GET" && request.method != "HEAD" {
            return Err(405);
        }
        let path = request.target.split(['?', '#']).next().unwrap_or_default();
        let (token, rest) = path.strip_prefix('/').and_then(|path| path.split_once('/')).ok_or(404_u16)?;
        if same(token.as_bytes(), self.token.as_bytes()) { Ok(rest) } else { Err(404) }
    }
}

// Takes as long for a token that is wrong at its start as for one that is wrong at its end.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(head: &str) -> Result<String, u16> {
        let guard = Guard { token: "abc".to_owned(), port: 8000 };
        let request = Request::parse(head).expect("a request");
        guard.admit(&request).map(str::to_owned)
    }

    #[test]
    fn own_requests_with_the_token_are_answered() {
        assert_eq!(admitted("GET /abc/?folder HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n"), Ok(String::new()));
        assert_eq!(admitted("HEAD /abc/a.js HTTP/1.1\r\nhost: localhost:8000\r\n"), Ok("a.js".to_owned()));
        let own = "GET /abc/files.json HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nOrigin: http://127.0.0.1:8000\r\nSec-Fetch-Site: same-origin\r\n";
        assert_eq!(admitted(own), Ok("files.json".to_owned()));
    }

    #[test]
    fn all_others_are_refused() {
        let head = |more: &str| format!("GET /abc/ HTTP/1.1\r\n{more}\r\n");
        assert_eq!(admitted(&head("Host: evil.example:8000")), Err(421));
        assert_eq!(admitted(&head("Host: 127.0.0.1")), Err(421));
        assert_eq!(admitted(&head("X: 1")), Err(421));
        assert_eq!(admitted(&head("Host: 127.0.0.1:8000\r\nOrigin: https://evil.example")), Err(403));
        assert_eq!(admitted(&head("Host: 127.0.0.1:8000\r\nOrigin: null")), Err(403));
        assert_eq!(admitted(&head("Host: 127.0.0.1:8000\r\nSec-Fetch-Site: cross-site")), Err(403));
        assert_eq!(admitted("POST /abc/ HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n"), Err(405));
        for path in ["/", "/abc", "/abd/", "/ab/", "//", "/abc%2f/"] {
            assert_eq!(admitted(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n")), Err(404), "{path}");
        }
    }
}
