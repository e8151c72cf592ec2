//! What is told while a plan is carried out: a line for each object, below them on a terminal what is going on now; or
//! JSON, one object a line.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use rhumb::object::ObjectKey;
use rhumb::plan::{Action, Plan};
use rhumb_cluster::apply::{Applied, Event, Watcher};
use serde_json::{Value, json};

use crate::args::ReportFormat;
use crate::output::count;

/// Shows the progress of a run.
pub(super) struct Progress {
    format: ReportFormat,
    // The line below the others, which only a terminal can have.
    has_line: bool,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    steps: usize,
    done: usize,
    busy: BTreeMap<ObjectKey, String>,
    is_drawn: bool,
}

const BAR: usize = 20;

impl Progress {
    pub(super) fn new(format: ReportFormat) -> Progress {
        let is_text = format == ReportFormat::Text;
        let has_line = is_text && io::stderr().is_terminal() && io::stdout().is_terminal();
        Progress { format, has_line, started: Instant::now(), state: Mutex::new(State::default()) }
    }

    /// Says something that is good to know.
    pub(super) fn note(&self, text: &str) {
        self.tell(&Event::Note(text));
    }

    /// Says that there was nothing to do.
    pub(super) fn settled(&self, plan: &Plan) {
        let release = plan.release.to_string();
        match self.format {
            ReportFormat::Text => print_line(&format!("{release}: nothing to change")),
            ReportFormat::Json => print_line(&json!({"event": "unchanged", "release": release}).to_string()),
        }
    }

    /// Says how the run ended.
    pub(super) fn ended(&self, applied: &Applied) {
        let revision = &applied.revision;
        let (release, failures) = (revision.release.to_string(), applied.report.failures.len());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.erase(&mut state);
        match self.format {
            ReportFormat::Json => {
                let event = json!({
                    "event": "ended", "release": release, "revision": revision.revision, "state": revision.state.as_str(),
                    "failures": failures, "seconds": self.started.elapsed().as_secs_f64(),
                });
                print_line(&event.to_string());
            }
            ReportFormat::Text if failures == 0 => {
                print_line(&format!("{release}: revision {} is {}", revision.revision, revision.state.as_str()));
            }
            ReportFormat::Text => {
                print_line(&format!(
                    "{release}: revision {} has failed: {}",
                    revision.revision,
                    count(failures, "error")
                ));
            }
        }
    }

    fn line(&self, event: &Event<'_>) -> Option<String> {
        match self.format {
            ReportFormat::Text => text(event),
            ReportFormat::Json => Some(as_json(event).to_string()),
        }
    }

    fn erase(&self, state: &mut State) {
        if std::mem::take(&mut state.is_drawn) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }

    fn draw(&self, state: &mut State) {
        if !self.has_line || state.steps == 0 {
            return;
        }
        let full = BAR * state.done.min(state.steps) / state.steps;
        let now = state.busy.iter().next().map(|(key, what)| format!(" {key} {what}")).unwrap_or_default();
        let bar = format!(
            "[{}{}] {}/{} {}s{now}",
            "#".repeat(full),
            "-".repeat(BAR - full),
            state.done,
            state.steps,
            self.started.elapsed().as_secs()
        );
        // A line that wraps could not be erased.
        let shown: String = bar.chars().take(79).collect();
        let _ = write!(io::stderr(), "\r\x1b[K{shown}");
        state.is_drawn = true;
    }
}

impl Watcher for Progress {
    fn tell(&self, event: &Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { steps } => state.steps = *steps,
            Event::Begun { key, action, .. } => drop(state.busy.insert((*key).clone(), action.as_str().to_owned())),
            Event::Waiting { key, reason } => drop(state.busy.insert((*key).clone(), format!("waits: {reason}"))),
            Event::Done { key, .. } => {
                state.busy.remove(*key);
                state.done += 1;
            }
            Event::Ready { key } | Event::Failed { key, .. } => drop(state.busy.remove(*key)),
            Event::Note(_) => {}
        }
        if let Some(line) = self.line(event) {
            self.erase(&mut state);
            print_line(&line);
        }
        self.draw(&mut state);
    }
}

// Whoever has closed the pipe has seen enough: the work goes on.
fn print_line(line: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

fn text(event: &Event<'_>) -> Option<String> {
    Some(match event {
        Event::Started { .. } | Event::Begun { .. } => return None,
        Event::Done { key, action, .. } => format!("{key} {}", past(*action)),
        Event::Waiting { key, reason } => format!("{key} waits: {reason}"),
        Event::Ready { key } => format!("{key} is ready"),
        Event::Failed { key, finding } => format!("{key} failed: {}", finding.message),
        Event::Note(text) => (*text).to_owned(),
    })
}

fn past(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "changed",
        Action::Own => "taken over",
        Action::Unchanged => "unchanged",
        Action::Recreate => "recreated",
        Action::Delete => "deleted",
        Action::Forget => "given up",
        Action::Keep => "kept",
        Action::RunHook => "has run",
    }
}

fn as_json(event: &Event<'_>) -> Value {
    let about = |name: &str, key: &ObjectKey| {
        json!({
            "event": name, "group": key.group.as_str(), "kind": key.kind.as_str(),
            "namespace": key.namespace.as_str(), "name": key.name.as_str(),
        })
    };
    let with = |mut event: Value, more: &[(&str, &str)]| {
        for (key, text) in more {
            event[*key] = (*text).into();
        }
        event
    };
    match event {
        Event::Started { steps } => json!({"event": "started", "steps": steps}),
        Event::Begun { key, action, phase } => {
            with(about("begun", key), &[("action", action.as_str()), ("phase", phase.as_str())])
        }
        Event::Done { key, action, phase } => {
            with(about("done", key), &[("action", action.as_str()), ("phase", phase.as_str())])
        }
        Event::Waiting { key, reason } => with(about("waiting", key), &[("reason", reason)]),
        Event::Ready { key } => about("ready", key),
        Event::Failed { key, finding } => {
            let mut event = with(about("failed", key), &[("code", finding.code), ("message", &finding.message)]);
            if !finding.notes.is_empty() {
                event["notes"] = finding.notes.iter().map(|note| note.as_str()).collect();
            }
            event
        }
        Event::Note(text) => json!({"event": "note", "message": text}),
    }
}
