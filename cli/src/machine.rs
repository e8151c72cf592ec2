//! What charts may ask of this machine: the time and random bytes, or, for bytes that repeat, a seed and a fixed time;
//! and a cluster, where a command has one.

use std::collections::BTreeSet;
use std::sync::Arc;

use rhumb::object::Gvk;
use rhumb::render::helm::Impure;
use rhumb::render::{Host, SeededHost, Timestamp};
use rhumb::source::Limits;
use rhumb::value::Value;
use rhumb_cluster::clock;
use rhumb_cluster::live::Cluster;

/// The host of a command: this machine's clock and random bytes, unless flags say otherwise.
struct Machine {
    now: Option<Timestamp>,
    seeded: Option<SeededHost>,
    cluster: Option<Arc<Cluster>>,
}

impl Host for Machine {
    fn now(&self) -> Result<Timestamp, String> {
        Ok(self.now.unwrap_or_else(clock::now))
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), String> {
        match &self.seeded {
            Some(seeded) => seeded.random(bytes),
            None => getrandom::fill(bytes).map_err(|error| format!("the system gives no random bytes: {error}")),
        }
    }

    fn lookup(&self, gvk: &Gvk, namespace: &str, name: &str) -> Result<Option<Value>, String> {
        self.cluster.as_ref().map_or(Ok(None), |cluster| cluster.lookup(gvk, namespace, name))
    }
}

/// Returns the host that flags ask for: `--seed` and `--now`, each of which may be left out, and the cluster in which
/// charts look things up, where there is one.
///
/// # Errors
/// When the time is none.
pub(crate) fn host(
    seed: Option<&str>,
    now: Option<&str>,
    cluster: Option<&Arc<Cluster>>,
) -> Result<Arc<dyn Host + Send + Sync>, String> {
    let now = now.map(time).transpose()?;
    let seeded = seed.map(|seed| SeededHost::new(seed, now.unwrap_or_default()));
    Ok(Arc::new(Machine { now, seeded, cluster: cluster.cloned() }))
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .ok_or_else(|| format!("--now {text}: not a time; write it as 2026-01-31T12:00:00Z, or as seconds since 1970"))
}

/// Returns the usual limits with those of `--limit NAME=VALUE` in their place.
///
/// # Errors
/// When there is no such limit, or the value is no number.
pub(crate) fn limits(flags: &[String]) -> Result<Limits, String> {
    let mut limits = Limits::default();
    for flag in flags {
        limits.set(flag).map_err(|error| format!("--limit {flag}: {error}"))?;
    }
    Ok(limits)
}

/// Says which functions give a chart other bytes each time; nothing where there are none.
pub(crate) fn unrepeatable(impure: &[Impure]) -> Option<String> {
    let names: BTreeSet<&str> = impure.iter().map(|impure| impure.function).collect();
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty())
        .then(|| format!("this chart never renders to the same bytes twice: it uses {}", names.join(", ")))
}
