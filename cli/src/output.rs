//! What reaches the terminal: results on standard output, everything else on standard error.

use std::io::{self, BufWriter, Write};

use anstream::ColorChoice;
use rhumb::diag::{Diagnostic, Diagnostics, Severity, Style, render_text};
use rhumb::source::SourceMap;

use crate::args::ColorWhen;
use crate::disk::reason;

/// How the program ends. Ordered: of several sources, the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// All is well; there may be warnings.
    Fine = 0,
    /// There are errors in what was looked at, or differences, or it does not hold what was asked for.
    Findings = 1,
    /// rhumb could not do what was asked.
    Failed = 2,
}

impl From<u8> for Exit {
    /// Returns the exit of a program that rhumb stands in for: those know success and failure alone.
    fn from(code: u8) -> Exit {
        if code == 0 { Exit::Fine } else { Exit::Findings }
    }
}

/// Why rhumb could not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) Box<Diagnostic>);

impl Failure {
    /// Returns a failure with its code and message.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Failure {
        Failure(Box::new(Diagnostic::error(code, message.into())))
    }

    /// Says what to do.
    pub(crate) fn help(self, help: impl Into<String>) -> Failure {
        Failure(Box::new(self.0.help(help.into())))
    }
}

/// Standard output and standard error.
#[derive(Debug)]
pub(crate) struct Output {
    stdout: BufWriter<io::Stdout>,
    stdout_style: Style,
    stderr_style: Style,
    // The first error of writing; a closed pipe is none: whoever reads has seen enough.
    failed: Option<io::Error>,
    closed: bool,
}

impl Output {
    /// Returns the two streams, colored as the user wants it.
    pub(crate) fn new(when: ColorWhen) -> Output {
        let choice = match when {
            ColorWhen::Auto => ColorChoice::Auto,
            ColorWhen::Always => ColorChoice::AlwaysAnsi,
            ColorWhen::Never => ColorChoice::Never,
        };
        let style = |auto: ColorChoice| match if choice == ColorChoice::Auto { auto } else { choice } {
            ColorChoice::Never => Style::Plain,
            _ => Style::Colored,
        };
        Output {
            stdout: BufWriter::with_capacity(1 << 16, io::stdout()),
            stdout_style: style(anstream::AutoStream::choice(&io::stdout())),
            stderr_style: style(anstream::AutoStream::choice(&io::stderr())),
            failed: None,
            closed: false,
        }
    }

    /// Whether standard output is colored.
    pub(crate) fn colored(&self) -> bool {
        self.stdout_style == Style::Colored
    }

    /// Writes a result.
    pub(crate) fn result(&mut self, text: &str) {
        if self.closed || self.failed.is_some() {
            return;
        }
        if let Err(error) = self.stdout.write_all(text.as_bytes()) {
            self.note(error);
        }
    }

    /// Writes out what is there already, of a command that goes on.
    pub(crate) fn flush(&mut self) {
        if let Err(error) = self.stdout.flush() {
            self.note(error);
        }
    }

    /// Writes JSON as a result, indented by two spaces.
    pub(crate) fn json(&mut self, value: &serde_json::Value) {
        self.result(&format!("{value:#}\n"));
    }

    /// Writes findings as frames: on standard output where they are the result.
    pub(crate) fn report(&mut self, findings: &Diagnostics, sources: &SourceMap) {
        for finding in findings {
            let text = render_text(finding, sources, self.stdout_style);
            self.result(&text);
            self.result("\n");
        }
    }

    /// Writes errors and warnings to standard error.
    pub(crate) fn complain(&mut self, findings: &Diagnostics, sources: &SourceMap) {
        let mut stderr = io::stderr().lock();
        for finding in findings.iter().filter(|finding| finding.severity != Severity::Info) {
            // Nobody can be told when standard error is closed.
            let _ = writeln!(stderr, "{}", render_text(finding, sources, self.stderr_style));
        }
    }

    /// Writes a line to standard error.
    pub(crate) fn say(&mut self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Writes why rhumb could not do what was asked.
    pub(crate) fn failure(&mut self, failure: &Failure) -> Exit {
        let text = render_text(&failure.0, &SourceMap::new(), self.stderr_style);
        let _ = write!(io::stderr().lock(), "{text}");
        Exit::Failed
    }

    /// Writes out what is left and returns how the program ends.
    pub(crate) fn finish(mut self, exit: Exit) -> Exit {
        if let Err(error) = self.stdout.flush() {
            self.note(error);
        }
        match self.failed.take() {
            Some(error) => {
                self.failure(&Failure::new("cli-output", format!("cannot write the output: {}", reason(&error))))
            }
            None => exit,
        }
    }

    fn note(&mut self, error: io::Error) {
        if error.kind() == io::ErrorKind::BrokenPipe {
            self.closed = true;
        } else {
            self.failed.get_or_insert(error);
        }
    }
}

/// Returns `1 object`, `2 objects`.
pub(crate) fn count(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}
