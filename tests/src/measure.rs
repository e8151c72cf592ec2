//! What a run of a program costs: instructions, processor time, memory.

use std::path::Path;
use std::process::{Command, Stdio};

/// Whether instructions can be counted here.
pub fn can_count() -> bool {
    let probe = Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

/// Returns how many instructions a run of a program takes, counted by callgrind.
///
/// # Errors
/// When valgrind cannot be started, the program fails, or the count cannot be read.
pub fn instructions(folder: &Path, program: &Path, arguments: &[&str]) -> Result<u64, String> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).args(arguments);
    let output = command.current_dir(folder).stdout(Stdio::null()).output().map_err(|error| error.to_string())?;
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(format!("the program failed: {report}"));
    }
    // `==123== Collected : 45678`
    let count = report.lines().find_map(|line| line.split_once("Collected :")).map(|(_, count)| count.trim().parse());
    count.and_then(Result::ok).ok_or_else(|| format!("no count in what callgrind says: {report}"))
}

/// Returns the processor seconds of one run, as the mean of many, read from what the kernel says this process' children
/// have used so far. `None` where the kernel does not say.
///
/// # Panics
/// When the program cannot be started or fails.
pub fn cpu_seconds(folder: &Path, program: &Path, arguments: &[&str], runs: u32) -> Option<f64> {
    let before = children_ticks()?;
    for _ in 0..runs {
        let mut command = Command::new(program);
        let status = command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.expect("the program can be started").success(), "{} {arguments:?} fails", program.display());
    }
    Some((children_ticks()? - before) as f64 / TICKS / f64::from(runs))
}

// The clock of /proc has 100 ticks a second on every Linux (USER_HZ).
const TICKS: f64 = 100.0;

fn children_ticks() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program is in brackets and may hold anything: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(13)?.parse::<u64>().ok()? + fields.get(14)?.parse::<u64>().ok()?)
}

/// Returns the peak of resident memory of a run in bytes, as GNU time reports it; `None` where it is not here.
pub fn peak_memory(folder: &Path, program: &Path, arguments: &[&str]) -> Option<u64> {
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%M"]).arg(program).args(arguments).current_dir(folder).stdout(Stdio::null());
    let output = command.output().ok().filter(|output| output.status.success())?;
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    report.lines().last()?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
