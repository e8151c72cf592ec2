//! What a run of a program costs: instructions, processor time, memory.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

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

/// A command to be measured.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// The folder that it runs in.
    pub folder: &'a Path,
    /// The program.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: &'a [&'a str],
    /// How often it runs in a round: enough of them for the clock of the system to see.
    pub runs: u32,
}

/// What one run took, in seconds, in the best of all rounds: other work on the machine only ever makes one slower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Took {
    /// Processor time: the mean of a round, as the kernel counts it. `None` where it does not say.
    pub processor: Option<f64>,
    /// Time on the wall: the median of a round.
    pub wall: f64,
}

/// Measures commands in turns.
///
/// # Panics
/// When a program cannot be started or fails.
pub fn in_turns<const N: usize>(commands: [Measured<'_>; N], rounds: u32) -> [Took; N] {
    let mut best = [Took { processor: None, wall: f64::INFINITY }; N];
    for _ in 0..rounds {
        for (command, best) in commands.iter().zip(&mut best) {
            let took = round(command);
            best.wall = best.wall.min(took.wall);
            best.processor = match (best.processor, took.processor) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
    }
    best
}

fn round(command: &Measured<'_>) -> Took {
    let before = children_ticks();
    let walls = (0..command.runs).map(|_| run_once(command));
    let wall = median(walls.collect());
    let spent = children_ticks().zip(before).map(|(after, before)| after - before);
    let processor = spent.map(|ticks| ticks as f64 / TICKS / f64::from(command.runs));
    Took { processor, wall }
}

/// Returns the one in the middle of these times; 0 of none.
pub fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(0.0)
}

fn run_once(command: &Measured<'_>) -> f64 {
    let mut process = Command::new(command.program);
    process.args(command.arguments).current_dir(command.folder).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = process.status().expect("the program can be started");
    let seconds = start.elapsed().as_secs_f64();
    assert!(status.success(), "{} {:?} fails", command.program.display(), command.arguments);
    seconds
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
