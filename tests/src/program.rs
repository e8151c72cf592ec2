//! The `rhumb` program, built, found and run.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use crate::workspace;

/// Returns the path of the program: `$RHUMB_BIN`, or what cargo builds in the profile of the caller.
///
/// # Panics
/// When it does not build.
pub fn rhumb() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| std::env::var_os("RHUMB_BIN").map_or_else(|| build(!cfg!(debug_assertions)), PathBuf::from))
}

/// Returns the path of the program built with optimization.
///
/// # Panics
/// When it does not build.
pub fn rhumb_release() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| build(true))
}

fn build(release: bool) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "-p", "rhumb-cli", "--bin", "rhumb", "--message-format=json"]);
    command.args(release.then_some("--release")).current_dir(workspace::root());
    let output = command.stderr(Stdio::inherit()).output().expect("cargo can be started");
    assert!(output.status.success(), "rhumb-cli does not build");
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut executable = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message.get("executable")?.as_str().map(PathBuf::from)
    });
    executable.next_back().expect("cargo names the program that it built")
}

/// What a command left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
}

impl Ran {
    /// Whether it exited with 0.
    pub fn ok(&self) -> bool {
        self.code == Some(0)
    }
}

/// Runs the program with arguments in a folder.
///
/// # Panics
/// When it cannot be started.
pub fn run<S: AsRef<std::ffi::OsStr>>(folder: &Path, arguments: &[S]) -> Ran {
    ran(clean(Command::new(rhumb()).args(arguments).current_dir(folder)).stdin(Stdio::null()).output())
}

/// Runs the program with arguments and an input.
///
/// # Panics
/// When it cannot be started.
pub fn run_with_input(folder: &Path, arguments: &[&str], input: &[u8]) -> Ran {
    let mut command = Command::new(rhumb());
    clean(command.args(arguments).current_dir(folder));
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut stdin = child.stdin.take().expect("the input is piped");
    let input = input.to_vec();
    // A program that ends early leaves its input unread: that is no failure.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output();
    writer.join().expect("writing does not panic");
    ran(output)
}

/// Runs a line of a shell in a folder, with the program on the path under its name.
///
/// # Panics
/// When there is no shell.
pub fn run_line(folder: &Path, line: &str) -> Ran {
    let programs = rhumb().parent().expect("a program stands in a folder").to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path)));
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(folder).env("PATH", path.expect("folders without a colon"));
    // What is known of servers is kept no longer than the folder.
    command.env("KUBECACHEDIR", folder.join(".kube-cache"));
    ran(clean(&mut command).stdin(Stdio::null()).output())
}

// What a user's machine may set must not change what tests see.
fn clean(command: &mut Command) -> &mut Command {
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LS_COLORS"] {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C.UTF-8")
}

fn ran(output: std::io::Result<Output>) -> Ran {
    let output = output.expect("the program can be started");
    Ran {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code(),
    }
}
