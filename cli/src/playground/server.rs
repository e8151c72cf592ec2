//! What a browser asks for, and what it gets.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{Shared, page, source};
use crate::loopback::{Request, send};

/// The most connections at a time.
const MOST: usize = 64;
const PATIENCE: Duration = Duration::from_secs(10);

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
    let Some(request) = Request::read(&mut stream, PATIENCE)? else {
        return send(&mut stream, 400, "text/plain", b"bad request\n", true);
    };
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
