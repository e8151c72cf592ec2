//! Flags that Helm does not have: the clock and the source of random bytes of a run, and its limits.

use std::sync::Arc;
use std::time::SystemTime;

use rhumb::object::Gvk;
use rhumb::package::chart::LogLine;
use rhumb::pipeline::helm::HelmOutput;
use rhumb::render::{Host, SeededHost, Timestamp};
use rhumb::source::Limits;
use rhumb::value::Value;

use super::super::flags::{Flag, Kind, Parsed};

pub(super) const FLAGS: &[Flag] =
    &[Flag::new("seed", Kind::Text), Flag::new("now", Kind::Text), Flag::new("limit", Kind::Array)];

/// The host of a command: this machine's clock and random bytes, unless flags say otherwise.
struct Machine {
    now: Option<Timestamp>,
    seeded: Option<SeededHost>,
}

impl Host for Machine {
    fn now(&self) -> Result<Timestamp, String> {
        Ok(self.now.unwrap_or_else(clock))
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), String> {
        match &self.seeded {
            Some(seeded) => seeded.random(bytes),
            None => getrandom::fill(bytes).map_err(|error| format!("the system gives no random bytes: {error}")),
        }
    }

    fn lookup(&self, _: &Gvk, _: &str, _: &str) -> Result<Option<Value>, String> {
        Ok(None)
    }
}

fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp { seconds, nanoseconds: since.subsec_nanos() }
}

/// Returns the host that the flags ask for.
///
/// # Errors
/// When `--now` is no time.
pub(super) fn host(flags: &Parsed) -> Result<Arc<dyn Host + Send + Sync>, String> {
    let now = flags.text("now").map(time).transpose()?;
    let seeded = flags.text("seed").map(|seed| SeededHost::new(seed, now.unwrap_or_default()));
    Ok(Arc::new(Machine { now, seeded }))
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .ok_or_else(|| format!("--now {text}: not a time; write it as 2026-01-31T12:00:00Z, or as seconds since 1970"))
}

/// Applies `--limit NAME=VALUE`.
///
/// # Errors
/// When there is no such limit, or the value is no number.
pub(super) fn raise_limits(flags: &Parsed, limits: &mut Limits) -> Result<(), String> {
    flags
        .texts("limit")
        .iter()
        .try_for_each(|text| limits.set(text).map_err(|error| format!("--limit {text}: {error}")))
}

/// Says which functions make the output another one each time. Helm says nothing, so this is for `--debug`.
pub(super) fn report(flags: &Parsed, output: &HelmOutput) {
    if flags.has("seed") || output.impure.is_empty() {
        return;
    }
    let mut names: Vec<&str> = output.impure.iter().map(|impure| impure.function).collect();
    names.sort_unstable();
    names.dedup();
    let message = format!(
        "this chart renders to other bytes each time: it uses {}; --seed and --now make it repeatable",
        names.join(", ")
    );
    eprintln!("{}", LogLine::info(message));
}
