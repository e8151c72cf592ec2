//! Go's `fmt` and the parts of `strconv` it stands on: `print`, `println`, `printf`, number and string formats.
//!
//! One `Printer` holds the flags of the verb at hand and the output. Lists and maps are printed
//! from a list of work, never by recursion, and the output has a limit, which is also what ends a value that holds
//! itself (Go's own `fmt` crashes on those).

mod float;
mod number;
mod printer;
mod printf;

pub use self::float::{format_float, shortest};
pub use crate::number::{parse_float, parse_int, parse_uint};
pub use crate::quote::{quote, unquote};
pub use crate::text::{is_digit, is_letter, is_print};

use crate::value::Value;
use printer::Printer;

/// The size at which the functions of this module stop writing. What may be larger, or may hold itself, goes through
/// [`State::text_of`](crate::State::text_of).
pub const MAX_OUTPUT: usize = 1 << 26;

/// How much of a value an error shows.
const MAX_SHOWN: usize = 1 << 20;

/// Formats as Go's `fmt.Sprint`: a space between operands where neither is a string.
#[must_use]
pub fn sprint(args: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    append(&mut out, args, MAX_OUTPUT);
    out
}

/// Formats as Go's `fmt.Sprintln`: a space between all operands, and a newline.
#[must_use]
pub fn sprintln(args: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    append_line(&mut out, args, MAX_OUTPUT);
    out
}

/// Formats as Go's `fmt.Sprintf`, mistakes included.
///
/// ```
/// use gotemplate::{Value, fmt::sprintf};
///
/// assert_eq!(sprintf(b"%05.1f|%-4s|%q", &[2.25.into(), "a".into(), 120.into()]), b"002.2|a   |'x'");
/// assert_eq!(sprintf(b"%d %s", &["x".into()]), b"%!d(string=x) %!s(MISSING)");
/// ```
#[must_use]
pub fn sprintf(format: &[u8], args: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    append_format(&mut out, format, args, MAX_OUTPUT);
    out
}

/// What of a formatted text one argument gave.
pub(crate) struct Mark {
    pub(crate) arg: usize,
    pub(crate) range: std::ops::Range<usize>,
}

/// Returns which argument gave which part of a formatted text.
pub(crate) fn marks(format: &[u8], args: &[Value]) -> Vec<Mark> {
    let (mut out, mut marks) = (Vec::new(), Vec::new());
    printf::print_marked(&mut Printer::new(&mut out, MAX_OUTPUT), format, args, Some(&mut marks));
    marks
}

/// Formats for an error, where a value that holds itself must come to an end.
pub(crate) fn shown(format: &[u8], args: &[Value]) -> String {
    let mut out = Vec::new();
    append_format(&mut out, format, args, MAX_SHOWN);
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends what `print` writes. Returns false where `limit` bytes were not enough.
pub(crate) fn append(out: &mut Vec<u8>, args: &[Value], limit: usize) -> bool {
    append_all(Printer::new(out, limit), args)
}

/// Appends what an action writes, where a pointer is followed.
pub(crate) fn append_followed(out: &mut Vec<u8>, args: &[Value], limit: usize) -> bool {
    let mut printer = Printer::new(out, limit);
    printer.follow = true;
    append_all(printer, args)
}

fn append_all(mut printer: Printer<'_>, args: &[Value]) -> bool {
    if let [Value::Str(text)] = args {
        printer.write(text);
        return !printer.full;
    }
    let mut after_string = true;
    for (at, arg) in args.iter().enumerate() {
        let is_string = matches!(*arg.basic(), Value::Str(_));
        if at > 0 && !is_string && !after_string {
            printer.byte(b' ');
        }
        printer.print_arg(arg, 'v');
        after_string = is_string;
    }
    !printer.full
}

pub(crate) fn append_line(out: &mut Vec<u8>, args: &[Value], limit: usize) -> bool {
    let mut printer = Printer::new(out, limit);
    for (at, arg) in args.iter().enumerate() {
        if at > 0 {
            printer.byte(b' ');
        }
        printer.print_arg(arg, 'v');
    }
    printer.byte(b'\n');
    !printer.full
}

pub(crate) fn append_format(out: &mut Vec<u8>, format: &[u8], args: &[Value], limit: usize) -> bool {
    let mut printer = Printer::new(out, limit);
    printf::print(&mut printer, format, args);
    !printer.full
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{List, Map, Str};

    #[track_caller]
    fn check(format: &str, arg: impl Into<Value>, want: &str) {
        let got = sprintf(format.as_bytes(), &[arg.into()]);
        assert_eq!(String::from_utf8_lossy(&got), want, "{format}");
    }

    #[test]
    fn integers_take_every_flag() {
        check("%+05d", 42, "+0042");
        check("%-5d|", 42, "42   |");
        check("%#x", 255, "0xff");
        check("%#o", 8, "010");
        check("%O", 8, "0o10");
        check("%b", -5, "-101");
        check("%.0d|", 0, "|");
        check("%08.3d|", 7, "     007|");
        check("%#U", 0x4e16, "U+4E16 '世'");
        check("%c", 0x1F600, "😀");
        check("%q", 10, "'\\n'");
    }

    #[test]
    fn floats_round_to_even_and_keep_their_sign() {
        check("%.0f", 2.5, "2");
        check("%.2e", 1e-10, "1.00e-10");
        check("%g", 1e21, "1e+21");
        check("%v", 100_000.0, "100000");
        check("%v", 1e6 * 10.0, "1e+07");
        check("%6.2f|", -0.5, " -0.50|");
        // Half-way between two decimals of the same length, the even one is taken.
        check("%v", -(1e15 + 591.25), "-1.0000000000005912e+15");
        check("%v", 1e15 + 591.75, "1.0000000000005918e+15");
        check("%+g", 1.0, "+1");
        check("%#g", 1.0, "1.00000");
        check("%x", 1.0, "0x1p+00");
        check("%b", 1.0, "4503599627370496p-52");
        check("%010f", f64::NEG_INFINITY, "      -Inf");
        check("%v", f64::INFINITY, "+Inf");
        check("%f", f64::NAN, "NaN");
    }

    #[test]
    fn strings_and_bytes_have_hex_forms() {
        check("% x", "abc", "61 62 63");
        check("%#X", "ab", "0X6162");
        check("%.2s|", "héé", "hé|");
        check("%#q", "a`b", "\"a`b\"");
        check("%v", Value::Bytes(Str::from("ab")), "[97 98]");
        check("%s", Value::Bytes(Str::from("ab")), "ab");
        check("%#v", Value::Bytes(Str::from("ab")), "[]byte{0x61, 0x62}");
        check("%v", Value::Bytes(Str::from(vec![0, 9, 10, 99, 100, 255])), "[0 9 10 99 100 255]");
        check("%d", Value::Bytes(Str::default()), "[]");
        let long: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        let numbers: Vec<String> = long.iter().map(ToString::to_string).collect();
        check("%v", Value::Bytes(Str::from(long)), &format!("[{}]", numbers.join(" ")));
        check("%4d", Value::Bytes(Str::from(vec![0, 10, 255])), "[   0   10  255]");
        check("%d", i64::MIN, "-9223372036854775808");
        check("%v", u64::MAX, "18446744073709551615");
    }

    #[test]
    fn containers_print_each_element_with_the_verb() {
        let list = || List::new(vec![1.into(), "a".into(), Value::Nil]);
        check("%d", list(), "[1 %!d(string=a) <nil>]");
        check("%#v", list(), "[]interface {}{1, \"a\", interface {}(nil)}");
        check("%#v", Map::from_iter([("k", 1.5)]), "map[string]interface {}{\"k\":1.5}");
        check("%T", list(), "[]interface {}");
    }

    #[test]
    fn a_value_that_holds_itself_ends_at_the_limit() {
        let map = Map::new();
        map.insert("a", map.clone());
        let mut out = Vec::new();
        assert!(!append(&mut out, &[map.clone().into()], 1000));
        assert!(out.len() < 2000);
        map.remove("a");
    }
}
