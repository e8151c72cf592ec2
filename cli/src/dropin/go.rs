//! The few texts and readers of Go's standard library that command lines show.

/// Reads a boolean as `strconv.ParseBool`.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Returns a text as `%q` prints it.
pub(crate) fn quote(text: &str) -> String {
    gotemplate::fmt::quote(text.as_bytes())
}

/// Returns a character as `%q` prints it.
pub(crate) fn quote_char(c: char) -> String {
    String::from_utf8_lossy(&gotemplate::fmt::sprintf(b"%q", &[i64::from(u32::from(c)).into()])).into_owned()
}

/// Returns what Go says of a file that cannot be opened.
pub(crate) fn io_reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => crate::disk::reason(error),
    }
}

/// Says why a text is no duration of `time.ParseDuration`; the duration itself plays no part offline.
pub(crate) fn check_duration(text: &str) -> Result<(), String> {
    let invalid = || format!("time: invalid duration {}", quote(text));
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return Ok(());
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    while !rest.is_empty() {
        let number = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let digits = &rest[..rest.len() - number.len()];
        if !digits.bytes().any(|b| b.is_ascii_digit()) || digits.matches('.').count() > 1 {
            return Err(invalid());
        }
        let end = number.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(number.len());
        let unit = &number[..end];
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quote(text)));
        }
        if !["ns", "us", "µs", "μs", "ms", "s", "m", "h"].contains(&unit) {
            return Err(format!("time: unknown unit {} in duration {}", quote(unit), quote(text)));
        }
        rest = &number[end..];
    }
    Ok(())
}

/// Reads one record of `encoding/csv`; an empty text gives no fields.
pub(crate) fn csv_record(text: &str) -> Result<Vec<String>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    // The reader takes one record: what follows a line break is another one.
    let line = text.split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let (mut fields, mut rest) = (Vec::new(), line);
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted, line)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let field = &rest[..end];
                if let Some(at) = field.find('"') {
                    let column = line.len() - rest.len() + at + 1;
                    return Err(format!("parse error on line 1, column {column}: bare \" in non-quoted-field"));
                }
                (field.to_owned(), &rest[end..])
            }
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Ok(fields),
        }
    }
}

// Reads what follows an opening quote; returns the field and what stands behind its closing quote.
fn quoted_field<'t>(text: &'t str, line: &str) -> Result<(String, &'t str), String> {
    let malformed = |rest: &str| {
        let column = line.len() - rest.len() + 1;
        format!("parse error on line 1, column {column}: extraneous or missing \" in quoted-field")
    };
    let (mut field, mut rest) = (String::new(), text);
    loop {
        let Some(at) = rest.find('"') else { return Err(malformed("")) };
        field.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                rest = next;
            }
            None if rest.is_empty() || rest.starts_with(',') => return Ok((field, rest)),
            // The column of the quote itself.
            None => return Err(malformed(&line[line.len() - rest.len() - 1..])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_csv() {
        assert_eq!(csv_record("a,b").unwrap(), ["a", "b"]);
        assert_eq!(csv_record("\"a,\"\"b\"\"\",c,").unwrap(), ["a,\"b\"", "c", ""]);
        assert!(csv_record("a\"b").unwrap_err().contains("column 2: bare"));
        assert_eq!(csv_record("").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn durations_are_checked() {
        for fine in ["0", "5m0s", "1.5h", "-3ms", "300s"] {
            assert_eq!(check_duration(fine), Ok(()), "{fine}");
        }
        assert_eq!(check_duration("5").unwrap_err(), "time: missing unit in duration \"5\"");
        assert_eq!(check_duration("5x").unwrap_err(), "time: unknown unit \"x\" in duration \"5x\"");
        assert_eq!(check_duration("m").unwrap_err(), "time: invalid duration \"m\"");
    }
}
