//! Reads a format: flags, argument numbers, width, precision, verb. Mistakes are written into the output, as in Go.

use super::Mark;
use super::printer::{Flags, Printer};
use crate::text::decode;
use crate::value::Value;

/// Go takes no larger width or precision.
const MAX_NUMBER: i64 = 1_000_000;

struct Reader<'a> {
    format: &'a [u8],
    at: usize,
    args: &'a [Value],
    arg: usize,
    /// An argument number was used somewhere, so extra arguments are not reported.
    reordered: bool,
    /// The argument number at hand was a valid one.
    good: bool,
    /// Where arguments went, if somebody asks.
    marks: Option<&'a mut Vec<Mark>>,
}

pub(super) fn print(printer: &mut Printer<'_>, format: &[u8], args: &[Value]) {
    print_marked(printer, format, args, None);
}

pub(super) fn print_marked(printer: &mut Printer<'_>, format: &[u8], args: &[Value], marks: Option<&mut Vec<Mark>>) {
    let mut reader = Reader { format, at: 0, args, arg: 0, reordered: false, good: true, marks };
    while reader.at < format.len() && !printer.full {
        let rest = &format[reader.at..];
        let text = rest.iter().position(|&byte| byte == b'%').unwrap_or(rest.len());
        printer.write(&rest[..text]);
        reader.at += text;
        if reader.at < format.len() {
            reader.at += 1;
            reader.verb(printer);
        }
    }
    if !reader.reordered && reader.arg < args.len() {
        extra(printer, &args[reader.arg..]);
    }
}

fn extra(printer: &mut Printer<'_>, args: &[Value]) {
    printer.flags = Flags::default();
    printer.write(b"%!(EXTRA ");
    for (at, arg) in args.iter().enumerate() {
        if at > 0 {
            printer.write(b", ");
        }
        printer.write(arg.type_name().as_bytes());
        if !matches!(arg, Value::Nil) {
            printer.byte(b'=');
            printer.print_arg(arg, 'v');
        }
    }
    printer.byte(b')');
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    fn verb(&mut self, printer: &mut Printer<'_>) {
        self.good = true;
        printer.flags = self.flags();
        let mut numbered = self.arg_number();
        if self.peek() == Some(b'*') {
            self.at += 1;
            self.width_from_arg(printer);
            numbered = false;
        } else {
            printer.flags.width = self.number(self.format.len());
            self.good &= !(numbered && printer.flags.width.is_some());
        }
        if self.peek() == Some(b'.') && self.at + 1 < self.format.len() {
            self.at += 1;
            self.good &= !numbered;
            numbered = self.arg_number();
            if self.peek() == Some(b'*') {
                self.at += 1;
                self.precision_from_arg(printer);
                numbered = false;
            } else {
                printer.flags.precision = Some(self.number(self.format.len()).unwrap_or(0));
            }
        }
        if !numbered {
            self.arg_number();
        }
        if self.at >= self.format.len() {
            printer.write(b"%!(NOVERB)");
            return;
        }
        let (verb, width) = decode(&self.format[self.at..]);
        self.at += width;
        match verb {
            '%' => printer.byte(b'%'),
            _ if !self.good => printer.write(format!("%!{verb}(BADINDEX)").as_bytes()),
            _ if self.arg >= self.args.len() => printer.write(format!("%!{verb}(MISSING)").as_bytes()),
            _ => {
                if matches!(verb, 'v' | 'w') {
                    printer.flags.sharp_v = std::mem::take(&mut printer.flags.sharp);
                    printer.flags.plus_v = std::mem::take(&mut printer.flags.plus);
                }
                let from = printer.written();
                printer.print_arg(&self.args[self.arg], verb);
                if let Some(marks) = &mut self.marks {
                    marks.push(Mark { arg: self.arg, range: from..printer.written() });
                }
                self.arg += 1;
            }
        }
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
        flags
    }

    /// Reads `[n]`; reports whether there was a readable one.
    fn arg_number(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let close = self.format[self.at..].iter().position(|&byte| byte == b']').map(|at| self.at + at);
        let Some(close) = close.filter(|_| self.format.len() - self.at >= 3) else {
            self.at += 1;
            self.good = false;
            return false;
        };
        self.at += 1;
        let number = self.number(close).filter(|_| self.at == close);
        self.at = close + 1;
        match number {
            Some(number @ 1..) if number <= self.args.len() => {
                self.arg = number - 1;
                true
            }
            number => {
                self.good = false;
                number.is_some()
            }
        }
    }

    fn number(&mut self, end: usize) -> Option<usize> {
        let mut number = None;
        while self.at < end && self.format[self.at].is_ascii_digit() {
            let value = number.unwrap_or(0);
            if value > MAX_NUMBER as usize {
                // Too large to be meant: the rest of the format is eaten.
                self.at = end;
                return None;
            }
            number = Some(value * 10 + usize::from(self.format[self.at] - b'0'));
            self.at += 1;
        }
        number
    }

    fn int_from_arg(&mut self) -> Option<i64> {
        let arg = self.args.get(self.arg)?;
        self.arg += 1;
        let number = match *arg.basic() {
            Value::Int(value, _) => Some(value),
            Value::Uint(value, _) => i64::try_from(value).ok(),
            _ => None,
        };
        number.filter(|number| (-MAX_NUMBER..=MAX_NUMBER).contains(number))
    }

    fn width_from_arg(&mut self, printer: &mut Printer<'_>) {
        match self.int_from_arg() {
            None => printer.write(b"%!(BADWIDTH)"),
            Some(width) => {
                if width < 0 {
                    printer.flags.minus = true;
                    printer.flags.zero = false;
                }
                printer.flags.width = usize::try_from(width.unsigned_abs()).ok();
            }
        }
    }

    fn precision_from_arg(&mut self, printer: &mut Printer<'_>) {
        printer.flags.precision = self.int_from_arg().and_then(|number| usize::try_from(number).ok());
        if printer.flags.precision.is_none() {
            printer.write(b"%!(BADPREC)");
        }
    }
}
