//! What Helm prints on standard error beside its result, as data.

use std::fmt;

use ecow::EcoString;

/// How loud a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// `INFO`, which is also what Go's old `log` prints under.
    Info,
    /// `WARN`.
    Warn,
    /// `ERROR`.
    Error,
}

/// One line of Helm's log. `Display` gives it as Helm prints it: `level=WARN msg="…" key=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How loud.
    pub level: LogLevel,
    /// The message.
    pub message: EcoString,
    /// Further facts, in order.
    pub attributes: Vec<(&'static str, EcoString)>,
}

impl LogLine {
    /// Returns a line without further facts.
    pub fn new(level: LogLevel, message: impl Into<EcoString>) -> LogLine {
        LogLine { level, message: message.into(), attributes: Vec::new() }
    }

    /// Returns a line of Go's old `log`.
    pub fn info(message: impl Into<EcoString>) -> LogLine {
        LogLine::new(LogLevel::Info, message)
    }

    /// Returns a warning.
    pub fn warn(message: impl Into<EcoString>) -> LogLine {
        LogLine::new(LogLevel::Warn, message)
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<EcoString>) -> LogLine {
        self.attributes.push((key, value.into()));
        self
    }
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            LogLevel::Info => "INFO",
            LogLevel::Warn => "WARN",
            LogLevel::Error => "ERROR",
        };
        write!(f, "level={level} msg=")?;
        quoted(f, &self.message)?;
        for (key, value) in &self.attributes {
            write!(f, " {key}=")?;
            quoted(f, value)?;
        }
        Ok(())
    }
}

/// Writes a text as slog's text handler does: bare where it can be, else as a Go literal.
fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let bare = |c: char| match c {
        '\u{fffd}' => false,
        c if c.is_ascii() => c > ' ' && !matches!(c, '"' | '='),
        c => !c.is_whitespace() && gotemplate::fmt::is_print(c),
    };
    match !text.is_empty() && text.chars().all(bare) {
        true => f.write_str(text),
        false => f.write_str(&gotemplate::fmt::quote(text.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_look_as_helm_prints_them() {
        let line = LogLine::warn("ImportValues missing table from chart").with("chart", "jupyterhub");
        let line = line.with("error", "\"rbac\" is not a table");
        let expected = r#"level=WARN msg="ImportValues missing table from chart" chart=jupyterhub error="\"rbac\" is not a table""#;
        assert_eq!(line.to_string(), expected);
        let shown = |text: &str| LogLine::info(text).to_string();
        assert_eq!(shown("a=b"), r#"level=INFO msg="a=b""#);
        assert_eq!(shown("a\\b"), r"level=INFO msg=a\b");
        assert_eq!(shown(""), r#"level=INFO msg="""#);
        assert_eq!(shown("ü"), "level=INFO msg=ü");
        assert_eq!(shown("a\u{200b}b"), r#"level=INFO msg="a\u200bb""#);
    }
}
