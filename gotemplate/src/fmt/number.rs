//! Integers, floats and complex numbers with flags.

use super::float::format_float;
use super::printer::Printer;
use crate::quote;
use crate::text;
use crate::value::Value;

impl Printer<'_> {
    pub(super) fn integer(&mut self, arg: &Value, value: u64, signed: bool, verb: char) {
        match verb {
            'v' if self.flags.sharp_v && !signed => self.hex_number(value, true),
            'v' | 'd' => self.digits(value, 10, signed, verb, false),
            'b' => self.digits(value, 2, signed, verb, false),
            'o' | 'O' => self.digits(value, 8, signed, verb, false),
            'x' => self.digits(value, 16, signed, verb, false),
            'X' => self.digits(value, 16, signed, verb, true),
            'c' => {
                let mut rune = Vec::new();
                text::push(&mut rune, u32::try_from(value).unwrap_or(u32::MAX));
                self.pad(&rune);
            }
            'q' => {
                let mut rune = Vec::new();
                quote::push_quoted_rune(&mut rune, u32::try_from(value).unwrap_or(u32::MAX), self.flags.plus);
                self.pad(&rune);
            }
            'U' => self.code_point(value),
            _ => self.bad_verb(verb, arg),
        }
    }

    /// Writes a number in hex, with or without `0x` whatever the flags say.
    pub(super) fn hex_number(&mut self, value: u64, prefix: bool) {
        let sharp = std::mem::replace(&mut self.flags.sharp, prefix);
        self.digits(value, 16, false, 'v', false);
        self.flags.sharp = sharp;
    }

    fn digits(&mut self, value: u64, base: u32, signed: bool, verb: char, upper: bool) {
        let negative = signed && value.cast_signed() < 0;
        let value = if negative { value.wrapping_neg() } else { value };
        let flags = self.flags;
        if base == 10 && flags.are_plain() {
            if negative {
                self.byte(b'-');
            }
            return self.plain_digits(value);
        }
        let signs = usize::from(negative || flags.plus || flags.space);
        let mut least = 0;
        if let Some(precision) = flags.precision {
            if precision == 0 && value == 0 {
                let width = flags.width.unwrap_or(0);
                self.repeat(b' ', width);
                return;
            }
            least = precision;
        } else if let Some(width) = flags.width.filter(|_| flags.zero && !flags.minus) {
            least = width.saturating_sub(signs);
        }
        let mut digits = match base {
            2 => format!("{value:b}"),
            8 => format!("{value:o}"),
            16 if upper => format!("{value:X}"),
            16 => format!("{value:x}"),
            _ => value.to_string(),
        };
        if digits.len() < least {
            digits.insert_str(0, &"0".repeat(least - digits.len()));
        }
        let mut out = String::new();
        if negative {
            out.push('-');
        } else if flags.plus {
            out.push('+');
        } else if flags.space {
            out.push(' ');
        }
        if verb == 'O' {
            out.push_str("0o");
        }
        if flags.sharp {
            match base {
                2 => out.push_str("0b"),
                8 if !digits.starts_with('0') => out.push('0'),
                16 => out.push_str(if upper { "0X" } else { "0x" }),
                _ => {}
            }
        }
        out.push_str(&digits);
        self.pad_with_spaces(out.as_bytes());
    }

    fn code_point(&mut self, value: u64) {
        let precision = self.flags.precision.unwrap_or(4).max(4);
        let digits = format!("{value:X}");
        let mut out = format!("U+{}{digits}", "0".repeat(precision.saturating_sub(digits.len())));
        let rune = u32::try_from(value).ok().and_then(char::from_u32).filter(|&rune| text::is_print(rune));
        if let Some(rune) = rune.filter(|_| self.flags.sharp) {
            out.push_str(&format!(" '{rune}'"));
        }
        self.pad_with_spaces(out.as_bytes());
    }

    pub(super) fn float(&mut self, arg: &Value, value: f64, single: bool, verb: char) {
        match verb {
            'v' => self.float_digits(value, single, 'v', None),
            'b' | 'g' | 'G' | 'x' | 'X' => self.float_digits(value, single, verb, None),
            'f' | 'e' | 'E' => self.float_digits(value, single, verb, Some(6)),
            'F' => self.float_digits(value, single, 'f', Some(6)),
            _ => self.bad_verb(verb, arg),
        }
    }

    pub(super) fn complex(&mut self, arg: &Value, (real, imaginary): (f64, f64), verb: char) {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            self.bad_verb(verb, arg);
            return;
        }
        self.byte(b'(');
        self.float(arg, real, false, verb);
        let plus = std::mem::replace(&mut self.flags.plus, true);
        self.float(arg, imaginary, false, verb);
        self.flags.plus = plus;
        self.write(b"i)");
    }

    fn float_digits(&mut self, value: f64, single: bool, verb: char, default: Option<usize>) {
        let flags = self.flags;
        let precision = flags.precision.or(default);
        let letter = if verb == 'v' { b'g' } else { verb as u8 };
        let text = format_float(value, letter, precision, single);
        let (mut sign, digits) = match text.as_bytes()[0] {
            b'-' => ('-', &text[1..]),
            b'+' => ('+', &text[1..]),
            _ => ('+', &text[..]),
        };
        if flags.space && sign == '+' && !flags.plus {
            sign = ' ';
        }
        if !value.is_finite() {
            // Infinity always has its sign.
            let bare = value.is_nan() && !flags.space && !flags.plus;
            let shown = if bare { digits.to_owned() } else { format!("{sign}{digits}") };
            self.pad_with_spaces(shown.as_bytes());
            return;
        }
        let digits = if flags.sharp && verb != 'b' { sharp(digits, verb, precision) } else { digits.to_owned() };
        if !flags.plus && sign == '+' {
            self.pad(digits.as_bytes());
            return;
        }
        if let Some(width) = flags.width.filter(|&width| flags.zero && !flags.minus && width > digits.len() + 1) {
            // The sign stands before the zeros.
            self.byte(sign as u8);
            self.repeat(b'0', width - digits.len() - 1);
            self.write(digits.as_bytes());
            return;
        }
        self.pad(format!("{sign}{digits}").as_bytes());
    }
}

/// Go's `#` for floats: a decimal point always, and zeros up to the precision for %g.
fn sharp(number: &str, verb: char, precision: Option<usize>) -> String {
    let wanted = if matches!(verb, 'v' | 'g' | 'G' | 'x') { precision.unwrap_or(6) } else { 0 };
    let mut missing = i64::try_from(wanted).unwrap_or(i64::MAX);
    let hex = matches!(verb, 'x' | 'X');
    let tail_at = number.find(|rune| matches!(rune, 'p' | 'P') || !hex && matches!(rune, 'e' | 'E'));
    let (head, tail) = number.split_at(tail_at.unwrap_or(number.len()));
    let mut significant = false;
    for rune in head.chars().filter(|&rune| rune != '.') {
        significant |= rune != '0';
        missing -= i64::from(significant);
    }
    let mut out = head.to_owned();
    if !head.contains('.') {
        missing -= i64::from(head == "0");
        out.push('.');
    }
    out.extend(std::iter::repeat_n('0', usize::try_from(missing).unwrap_or(0)));
    out + tail
}
