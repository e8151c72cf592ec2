//! Links the program so that it starts fast on Linux.
//!
//! It lies at a fixed address, as programs of Go (helm, kubectl) do: one that may lie anywhere is relocated at every
//! start, 17,000 addresses on 70 pages, more than a tenth of the time of a render. The addresses of libraries, heap
//! and stack stay random. And the unwinder is linked in, where the compiler has it as an archive: to load it as a
//! library takes 80 µs of each start.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let of_target = |what: &str| env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if of_target("OS") != "linux" || of_target("ENV") != "gnu" {
        return Ok(());
    }
    println!("cargo::rustc-link-arg-bins=-no-pie");
    // Another machine's archive is not this compiler's.
    let own = env::var("HOST").ok() == env::var("TARGET").ok();
    let Some(archive) = own.then(unwinder).flatten() else { return Ok(()) };
    // The linker finds this before the library of the same name.
    let folder = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("linked-in");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("libgcc_s.so"), format!("INPUT({})\n", archive.display()))?;
    println!("cargo::rustc-link-search=native={}", folder.display());
    Ok(())
}

/// Returns where the C compiler has the archive; where it has none, it says the name again.
fn unwinder() -> Option<PathBuf> {
    let output = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    let path = Path::new(path.trim());
    (path.is_absolute() && path.is_file()).then(|| path.to_owned())
}
