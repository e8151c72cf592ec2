//! The playground from this program: the page of `wasm/playground` and one source, on this machine alone.
//!
//! The page is a folder beside the program, not a part of it: cargo builds the program without Node, and the page would
//! make it larger by a third. Everything is read and nothing written, and it is given only to whoever knows the address:
//! [`guard`] holds off other sites, and names that somebody has made lead here.

mod guard;
mod page;
mod server;
mod source;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::loopback;
use crate::output::{Failure, Output};

use guard::Guard;

/// Serves until the program is ended; says the address first.
///
/// # Errors
/// When there is no page, the source cannot be read, or the port is taken.
pub(crate) fn serve(source: &Path, page: Option<&Path>, port: u16, output: &mut Output) -> Result<(), Failure> {
    let page = page::find(page)?;
    // What cannot be read is told here, and not in the page.
    source::load(source)?;
    let taken = |error: std::io::Error| Failure::new("playground-port", format!("port {port}: {error}"));
    let (listener, port) = loopback::listen(port).map_err(taken)?;
    let guard = Guard::new(port).map_err(|error| Failure::new("playground-token", error))?;
    output.result(&format!("{}\n", guard.address()));
    output.flush();
    server::run(&listener, &Arc::new(Shared { guard, page, source: source.to_owned() }));
    Ok(())
}

/// What every connection is answered from.
struct Shared {
    guard: Guard,
    page: crate::disk::DiskFiles,
    source: PathBuf,
}
