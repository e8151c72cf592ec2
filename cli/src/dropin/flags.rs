//! Flags as Go's pflag reads them, with its error texts: what Helm and Kustomize users type must mean here what it
//! means there.
//!
//! clap differs in what it accepts (`-n=x`, `--debug=false`, lists in CSV, flags before the command) and in every
//! message, so the replaced programs' command lines are read by a table of [`Flag`]s. The rules are those of
//! <https://github.com/spf13/pflag/blob/v1.0.10/flag.go>.

use std::collections::BTreeMap;

use super::go;

/// A flag of a replaced program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flag {
    pub(crate) name: &'static str,
    pub(crate) short: Option<char>,
    pub(crate) kind: Kind,
    /// What pflag says where it is deprecated.
    pub(crate) deprecated: Option<&'static str>,
}

/// What a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `--x`, `--x=false`
    Bool,
    /// A text; the last one counts.
    Text,
    /// A text that may be left out, with what it is then.
    OptionalText(&'static str),
    /// Texts, one a use.
    Array,
    /// Texts, a CSV record a use.
    List,
    /// `key=value` pairs, a CSV record a use.
    Map,
    /// A duration of Go.
    Duration,
    /// An integer.
    Int,
    /// A number.
    Float,
}

impl Flag {
    pub(crate) const fn new(name: &'static str, kind: Kind) -> Flag {
        Flag { name, short: None, kind, deprecated: None }
    }

    pub(crate) const fn short(mut self, short: char) -> Flag {
        self.short = Some(short);
        self
    }

    pub(crate) const fn deprecated(mut self, instead: &'static str) -> Flag {
        self.deprecated = Some(instead);
        self
    }

    // The value that the flag has when none is written; pflag's NoOptDefVal.
    fn without_value(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Bool => Some("true"),
            Kind::OptionalText(value) => Some(value),
            _ => None,
        }
    }
}

/// What was typed.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    values: BTreeMap<&'static str, Vec<String>>,
    /// The arguments that are no flags.
    pub(crate) positional: Vec<String>,
    /// Lines for standard error about deprecated flags.
    pub(crate) notices: Vec<String>,
    /// Whether help was asked for.
    pub(crate) help: bool,
}

impl Parsed {
    /// Whether a flag was used.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Returns the last value of a flag.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(|values| values.last()).map(String::as_str)
    }

    /// Returns all values of a flag.
    pub(crate) fn texts(&self, name: &str) -> &[String] {
        self.values.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns a boolean flag; false where it was not used.
    pub(crate) fn bool(&self, name: &str) -> bool {
        self.text(name).and_then(go::parse_bool).unwrap_or(false)
    }

    /// Returns pflag's complaint where more than one flag of a group was used.
    pub(crate) fn exclusive(&self, group: &[&str]) -> Result<(), String> {
        let mut set: Vec<&str> = group.iter().copied().filter(|name| self.has(name)).collect();
        if set.len() < 2 {
            return Ok(());
        }
        set.sort_unstable();
        Err(format!(
            "if any flags in the group [{}] are set none of the others can be; [{}] were all set",
            group.join(" "),
            set.join(" ")
        ))
    }

    fn set(&mut self, flag: &Flag, value: &str) -> Result<(), String> {
        let values = accept(flag.kind, value).map_err(|reason| {
            let shown = match flag.short {
                Some(short) => format!("-{short}, --{}", flag.name),
                None => format!("--{}", flag.name),
            };
            format!("invalid argument {} for {} flag: {reason}", go::quote(value), go::quote(&shown))
        })?;
        self.values.entry(flag.name).or_default().extend(values);
        if let Some(instead) = flag.deprecated {
            self.notices.push(format!("Flag --{} has been deprecated, {instead}", flag.name));
        }
        Ok(())
    }
}

/// Reads arguments by tables of flags; arguments and flags may be mixed.
///
/// # Errors
/// pflag's text.
pub(crate) fn parse(args: &[String], tables: &[&[Flag]]) -> Result<Parsed, String> {
    let mut parsed = Parsed::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if arg == "--" {
            parsed.positional.extend(args.cloned());
            break;
        }
        let result = match arg.strip_prefix('-') {
            None | Some("") => {
                parsed.positional.push(arg.clone());
                Ok(())
            }
            Some(rest) => match rest.strip_prefix('-') {
                Some(long) => read_long(arg, long, &mut args, tables, &mut parsed),
                None => read_short(arg, rest, &mut args, tables, &mut parsed),
            },
        };
        result?;
        if parsed.help {
            break;
        }
    }
    Ok(parsed)
}

type Args<'a> = std::slice::Iter<'a, String>;

fn read_long(
    arg: &str,
    long: &str,
    args: &mut Args<'_>,
    tables: &[&[Flag]],
    parsed: &mut Parsed,
) -> Result<(), String> {
    if long.is_empty() || long.starts_with(['-', '=']) {
        return Err(format!("bad flag syntax: {arg}"));
    }
    let (name, value) = match long.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (long, None),
    };
    let Some(flag) = find(tables, |flag| flag.name == name) else {
        if name == "help" {
            parsed.help = true;
            return Ok(());
        }
        return Err(format!("unknown flag: --{name}"));
    };
    let value = value.or_else(|| flag.without_value()).or_else(|| args.next().map(String::as_str));
    parsed.set(flag, value.ok_or_else(|| format!("flag needs an argument: --{name}"))?)
}

fn read_short(
    arg: &str,
    shorts: &str,
    args: &mut Args<'_>,
    tables: &[&[Flag]],
    parsed: &mut Parsed,
) -> Result<(), String> {
    let mut rest = shorts;
    while let Some(short) = rest.chars().next() {
        let after = &rest[short.len_utf8()..];
        let Some(flag) = find(tables, |flag| flag.short == Some(short)) else {
            if short == 'h' {
                parsed.help = true;
                return Ok(());
            }
            return Err(format!("unknown shorthand flag: {} in {arg}", go::quote_char(short)));
        };
        let (value, next) = match (after.strip_prefix('='), flag.without_value()) {
            (Some(value), _) => (Some(value), ""),
            (None, Some(value)) => (Some(value), after),
            (None, None) if !after.is_empty() => (Some(after), ""),
            (None, None) => (args.next().map(String::as_str), ""),
        };
        let value = value.ok_or_else(|| format!("flag needs an argument: {} in {arg}", go::quote_char(short)))?;
        parsed.set(flag, value)?;
        rest = next;
    }
    Ok(())
}

fn find<'t>(tables: &[&'t [Flag]], wanted: impl Fn(&Flag) -> bool) -> Option<&'t Flag> {
    tables.iter().flat_map(|table| table.iter()).find(|flag| wanted(flag))
}

/// Returns the place of the command's name among the arguments: the first that is neither a flag nor, by what the
/// table knows, the value of one. Flags that the table does not know count as taking a value, as with cobra.
pub(crate) fn command_at(args: &[String], table: &[Flag]) -> Option<usize> {
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        let takes_next = match arg.strip_prefix('-') {
            None | Some("") => return Some(at),
            Some("-") => return None,
            Some(rest) => match rest.strip_prefix('-') {
                Some(long) => {
                    let flag = find(&[table], |flag| flag.name == long);
                    !long.contains('=') && flag.is_none_or(|flag| flag.without_value().is_none())
                }
                None => {
                    let flag = find(&[table], |flag| flag.short == rest.chars().next());
                    rest.chars().count() == 1 && flag.is_none_or(|flag| flag.without_value().is_none())
                }
            },
        };
        at += if takes_next { 2 } else { 1 };
    }
    None
}

fn accept(kind: Kind, value: &str) -> Result<Vec<String>, String> {
    let one = || vec![value.to_owned()];
    match kind {
        Kind::Text | Kind::OptionalText(_) | Kind::Array => Ok(one()),
        Kind::Bool => go::parse_bool(value)
            .map(|_| one())
            .ok_or_else(|| format!("strconv.ParseBool: parsing {}: invalid syntax", go::quote(value))),
        Kind::Int => value
            .parse::<i64>()
            .map(|_| one())
            .map_err(|_| format!("strconv.ParseInt: parsing {}: invalid syntax", go::quote(value))),
        Kind::Float => value
            .parse::<f64>()
            .map(|_| one())
            .map_err(|_| format!("strconv.ParseFloat: parsing {}: invalid syntax", go::quote(value))),
        Kind::Duration => go::check_duration(value).map(|()| one()),
        Kind::List => go::csv_record(value),
        Kind::Map => {
            let pairs = go::csv_record(value)?;
            match pairs.iter().find(|pair| !pair.contains('=')) {
                Some(pair) => Err(format!("{pair} must be formatted as key=value")),
                None => Ok(pairs),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Flag] = &[
        Flag::new("namespace", Kind::Text).short('n'),
        Flag::new("debug", Kind::Bool),
        Flag::new("generate-name", Kind::Bool).short('g'),
        Flag::new("values", Kind::List).short('f'),
        Flag::new("set", Kind::Array),
        Flag::new("timeout", Kind::Duration),
        Flag::new("dry-run", Kind::OptionalText("unset")),
        Flag::new("force", Kind::Bool).deprecated("use --force-replace instead"),
    ];

    fn read(line: &str) -> Result<Parsed, String> {
        let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
        parse(&args, &[TABLE])
    }

    #[track_caller]
    fn fails(line: &str, want: &str) {
        assert_eq!(read(line).expect_err("refused"), want, "{line}");
    }

    #[test]
    fn values_stand_behind_or_within() {
        for line in ["-n x", "-nx", "-n=x", "-gn x", "--namespace x", "--namespace=x"] {
            assert_eq!(read(line).expect("fine").text("namespace"), Some("x"), "{line}");
        }
        let parsed = read("a --set x=1,y b -f 1,2 -f 3 --debug=F --dry-run c -- --set d").expect("fine");
        assert_eq!(parsed.positional, ["a", "b", "c", "--set", "d"]);
        assert_eq!(parsed.texts("set"), ["x=1,y"]);
        assert_eq!(parsed.texts("values"), ["1", "2", "3"]);
        assert!(!parsed.bool("debug") && parsed.has("debug"));
        assert_eq!(parsed.text("dry-run"), Some("unset"));
    }

    #[test]
    fn mistakes_have_the_texts_of_pflag() {
        fails("--nope", "unknown flag: --nope");
        fails("-gx", "unknown shorthand flag: 'x' in -gx");
        fails("--set", "flag needs an argument: --set");
        fails("-n", "flag needs an argument: 'n' in -n");
        fails("--=x", "bad flag syntax: --=x");
        fails(
            "--debug=maybe",
            r#"invalid argument "maybe" for "--debug" flag: strconv.ParseBool: parsing "maybe": invalid syntax"#,
        );
        fails("--timeout x", r#"invalid argument "x" for "--timeout" flag: time: invalid duration "x""#);
        fails(
            "-f \"a",
            r#"invalid argument "\"a" for "-f, --values" flag: parse error on line 1, column 3: extraneous or missing " in quoted-field"#,
        );
    }

    #[test]
    fn deprecated_flags_are_mentioned_and_groups_exclude() {
        let parsed = read("--force --debug").expect("fine");
        assert_eq!(parsed.notices, ["Flag --force has been deprecated, use --force-replace instead"]);
        assert_eq!(
            parsed.exclusive(&["force", "debug"]).expect_err("both"),
            "if any flags in the group [force debug] are set none of the others can be; [debug force] were all set"
        );
    }

    #[test]
    fn the_command_is_found_behind_flags() {
        let at = |line: &str| command_at(&line.split(' ').map(str::to_owned).collect::<Vec<_>>(), TABLE);
        assert_eq!(at("-n x template"), Some(2));
        assert_eq!(at("--debug -nx template"), Some(2));
        assert_eq!(at("--unknown v template"), Some(2));
        assert_eq!(at("-n x"), None);
    }
}
