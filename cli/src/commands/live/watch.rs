//! `rhumb status --drift --watch`: looks again and again, and tells what has drifted when that changes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::carry::interrupts;
use super::existing::Existing;
use super::metrics::{self, Metrics};
use super::status::{Look, look};
use crate::args::StatusArgs;
use crate::output::{Exit, Failure, Output};

// How long an interrupt may wait to be heard.
const NAP: Duration = Duration::from_millis(100);

/// Looks at a release until the program is interrupted.
///
/// # Errors
/// When the first look fails, or the metrics cannot be given.
pub(super) fn run(mut existing: Existing, args: &StatusArgs, output: &mut Output) -> Result<Exit, Failure> {
    let interrupted = interrupts()?;
    let mut metrics = Metrics::new(existing.release.clone());
    let served = Arc::new(Mutex::new(metrics.text()));
    if let Some(port) = args.metrics_port {
        output.say(&format!("metrics: {}", metrics::serve(port, &served)?));
    }
    // Whoever is told of something finds it in the metrics already.
    let publish = |metrics: &Metrics| {
        let text = metrics.text();
        served.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&text);
        args.metrics_file.as_ref().map_or(Ok(()), |file| metrics::write(file, &text))
    };
    let mut told: Option<String> = None;
    let mut complaint: Option<String> = None;
    let mut exit = Exit::Fine;
    loop {
        let started = Instant::now();
        // Others may have applied since.
        let seen = existing.read_again().and_then(|()| look(&existing, true, output));
        match seen {
            Ok(None) => return Ok(Exit::Failed),
            Ok(Some(seen)) => {
                let now = rhumb_cluster::clock::now();
                metrics.looked(seen.counted(), now.seconds, started.elapsed());
                publish(&metrics)?;
                complaint = None;
                exit = if seen.is_fine() { Exit::Fine } else { Exit::Findings };
                let text = seen.text(output);
                if told.as_ref() != Some(&text) {
                    tell(&seen, &text, args, output);
                    told = Some(text);
                }
            }
            Err(failure) if told.is_none() => return Err(failure),
            Err(failure) => {
                metrics.failed();
                publish(&metrics)?;
                let message = failure.0.message.to_string();
                if complaint.as_ref() != Some(&message) {
                    output.failure(&failure);
                    complaint = Some(message);
                }
            }
        }
        if !rest(args.interval, started, &interrupted) {
            return Ok(exit);
        }
    }
}

fn tell(seen: &Look<'_>, text: &str, args: &StatusArgs, output: &mut Output) {
    let now = rhumb_cluster::clock::now().to_rfc3339();
    match args.output {
        crate::args::ReportFormat::Json => {
            let mut document = seen.document();
            document["time"] = now.into();
            output.result(&format!("{document}\n"));
        }
        crate::args::ReportFormat::Text => output.result(&format!("{now} {text}")),
    }
    output.flush();
}

// Waits for the next look; no longer once the program is interrupted.
fn rest(interval: Duration, started: Instant, interrupted: &AtomicBool) -> bool {
    while !interrupted.load(Ordering::Relaxed) {
        let left = interval.saturating_sub(started.elapsed());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(NAP));
    }
    false
}
