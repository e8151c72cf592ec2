//! One value under one verb: strings, bytes, containers, objects, and the padding around all of them.

use std::borrow::Cow;

use crate::quote;
use crate::text;
use crate::types::Type;
use crate::value::{FloatKind, Str, UintKind, Value};

/// Width, precision and flags of the verb at hand.
#[derive(Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`
    pub(super) plus_v: bool,
    /// `%#v`
    pub(super) sharp_v: bool,
}

impl Flags {
    /// Whether a number is no more than its digits.
    pub(super) fn are_plain(self) -> bool {
        self.width.is_none() && self.precision.is_none() && !(self.plus || self.sharp || self.space || self.sharp_v)
    }
}

pub(super) struct Printer<'a> {
    out: &'a mut Vec<u8>,
    limit: usize,
    /// The limit was reached; nothing more is written.
    pub(super) full: bool,
    pub(super) flags: Flags,
    /// A bad verb is being reported; methods are not asked then.
    erroring: bool,
    /// A pointer prints as what it points to: the templates' own rule.
    pub(super) follow: bool,
    /// The containers that are open.
    depth: usize,
    /// The named type of the plain value at hand.
    named: Option<String>,
}

/// The levels to which a value may nest when it is printed, and the elements that may wait at once. Only a value that
/// holds itself comes near; its text has no end, so that these count as too long a text.
const MAX_DEPTH: usize = 10_000;
const MAX_WAITING: usize = 4_000_000;

enum Work {
    /// The end of a container.
    Close(&'static str),
    /// An element, and whether its static type is an interface.
    Value(Value, bool),
    Text(&'static str),
    Name(String),
}

impl<'a> Printer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, limit: usize) -> Printer<'a> {
        let flags = Flags::default();
        Printer { out, limit, full: false, flags, erroring: false, follow: false, depth: 0, named: None }
    }

    pub(super) fn written(&self) -> usize {
        self.out.len()
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        if self.full || bytes.len() > self.limit.saturating_sub(self.out.len()) {
            self.full = true;
        } else {
            self.out.extend_from_slice(bytes);
        }
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.write(&[byte]);
    }

    pub(super) fn repeat(&mut self, byte: u8, count: usize) {
        if self.full || count > self.limit.saturating_sub(self.out.len()) {
            self.full = true;
        } else {
            self.out.resize(self.out.len() + count, byte);
        }
    }

    /// Writes with padding up to the width, counted in runes.
    pub(super) fn pad(&mut self, bytes: &[u8]) {
        let Some(width) = self.flags.width else { return self.write(bytes) };
        let missing = width.saturating_sub(text::count(bytes));
        if self.flags.minus {
            self.write(bytes);
            self.repeat(b' ', missing);
        } else {
            self.repeat(if self.flags.zero { b'0' } else { b' ' }, missing);
            self.write(bytes);
        }
    }

    pub(super) fn pad_with_spaces(&mut self, bytes: &[u8]) {
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(bytes);
        self.flags.zero = zero;
    }

    pub(super) fn bad_verb(&mut self, verb: char, arg: &Value) {
        let erroring = std::mem::replace(&mut self.erroring, true);
        self.write(format!("%!{verb}(").as_bytes());
        match self.named.take() {
            Some(name) => self.write(name.as_bytes()),
            None => self.write(arg.type_name().as_bytes()),
        }
        if !matches!(arg, Value::Nil) {
            self.byte(b'=');
            self.print_arg(arg, 'v');
        }
        self.byte(b')');
        self.erroring = erroring;
    }

    /// Prints an operand.
    pub(super) fn print_arg(&mut self, arg: &Value, verb: char) {
        match (arg, verb) {
            (Value::Nil, 'T' | 'v') => self.pad(b"<nil>"),
            (Value::Nil, _) => self.bad_verb(verb, arg),
            (_, 'T') => {
                let name = arg.type_name();
                self.string(name.as_bytes());
            }
            (_, 'p') => self.pointer(arg, verb),
            (Value::Bytes(bytes), 'v' | 'd') => self.byte_list(bytes, "[]byte", verb),
            (Value::List(_) | Value::Map(_) | Value::Object(_) | Value::Func(_), 'w') if !self.erroring => {
                self.bad_verb(verb, arg);
            }
            (Value::List(_) | Value::Map(_) | Value::Object(_), _) => self.nested(arg, verb),
            _ => self.scalar(arg, verb),
        }
    }

    fn scalar(&mut self, arg: &Value, verb: char) {
        match arg {
            Value::Bool(value) if matches!(verb, 't' | 'v') => self.pad(if *value { b"true" } else { b"false" }),
            Value::Int(value, _) => self.integer(arg, value.cast_unsigned(), true, verb),
            Value::Uint(value, _) => self.integer(arg, *value, false, verb),
            Value::Float(value, kind) => self.float(arg, *value, *kind == FloatKind::Float32, verb),
            Value::Complex(real, imaginary) => self.complex(arg, (*real, *imaginary), verb),
            Value::Str(text) => self.text(arg, text, verb),
            Value::Bytes(bytes) => match verb {
                's' | 'q' | 'x' | 'X' => self.text(arg, bytes, verb),
                _ => self.byte_list(bytes, "[]uint8", verb),
            },
            Value::Func(_) => self.pointer(arg, verb),
            _ => self.bad_verb(verb, arg),
        }
    }

    /// Cuts to the precision, counted in runes.
    fn truncate<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        let Some(precision) = self.flags.precision else { return bytes };
        let mut end = 0;
        for _ in 0..precision {
            if end >= bytes.len() {
                break;
            }
            end += text::decode(&bytes[end..]).1;
        }
        &bytes[..end]
    }

    fn string(&mut self, bytes: &[u8]) {
        let bytes = self.truncate(bytes);
        self.pad(bytes);
    }

    fn text(&mut self, arg: &Value, bytes: &[u8], verb: char) {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(bytes),
            'v' | 's' => self.string(bytes),
            'q' => self.quoted(bytes),
            'x' | 'X' => self.hex_text(bytes, verb == 'X'),
            _ => self.bad_verb(verb, arg),
        }
    }

    fn quoted(&mut self, bytes: &[u8]) {
        let bytes = self.truncate(bytes);
        let mut out = Vec::with_capacity(bytes.len() + 2);
        if self.flags.sharp && quote::can_backquote(bytes) {
            out.push(b'`');
            out.extend_from_slice(bytes);
            out.push(b'`');
        } else {
            quote::push_quoted(&mut out, bytes, '"', self.flags.plus);
        }
        self.pad(&out);
    }

    fn hex_text(&mut self, bytes: &[u8], upper: bool) {
        let bytes = &bytes[..self.flags.precision.unwrap_or(bytes.len()).min(bytes.len())];
        let prefix = if upper { "0X" } else { "0x" };
        let mut out = String::with_capacity(bytes.len() * 2);
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 && self.flags.space {
                out.push(' ');
            }
            if self.flags.sharp && (at == 0 || self.flags.space) {
                out.push_str(prefix);
            }
            out.push_str(&if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        }
        self.pad(out.as_bytes());
    }

    fn byte_list(&mut self, bytes: &Str, name: &str, verb: char) {
        if self.flags.sharp_v {
            self.write(name.as_bytes());
            self.byte(b'{');
        } else {
            self.byte(b'[');
        }
        if self.flags.are_plain() && !self.flags.sharp_v && matches!(verb, 'v' | 'd') {
            self.plain_bytes(bytes);
            return self.byte(b']');
        }
        for (at, &byte) in bytes.iter().enumerate() {
            let value = Value::Uint(u64::from(byte), UintKind::Uint8);
            match (at, self.flags.sharp_v) {
                (0, _) => {}
                (_, true) => self.write(b", "),
                (_, false) => self.byte(b' '),
            }
            self.integer(&value, u64::from(byte), false, verb);
        }
        self.byte(if self.flags.sharp_v { b'}' } else { b']' });
    }

    /// Charts print whole files byte by byte, by mistake.
    fn plain_bytes(&mut self, bytes: &[u8]) {
        let mut room = [0; 1024];
        for (at, part) in bytes.chunks(room.len() / 4).enumerate() {
            let mut end = 0;
            for &byte in part {
                let (digits, length) = BYTES[usize::from(byte)];
                room[end..end + 4].copy_from_slice(&digits);
                end += usize::from(length);
            }
            // Each number has its space before it, but for the first.
            self.write(&room[usize::from(at == 0)..end]);
        }
    }

    /// Writes a number in decimal.
    pub(super) fn plain_digits(&mut self, mut value: u64) {
        let mut digits = [0; 20];
        let mut from = digits.len();
        loop {
            from -= 1;
            digits[from] = b'0' + (value % 10) as u8;
            value /= 10;
            if value == 0 {
                return self.write(&digits[from..]);
            }
        }
    }

    /// Addresses differ from run to run, in Go as here.
    fn pointer(&mut self, arg: &Value, verb: char) {
        let address = match arg {
            Value::List(list) => list.address(),
            Value::Map(map) => map.address(),
            Value::Func(function) => std::sync::Arc::as_ptr(function) as usize as u64,
            Value::Bytes(bytes) => bytes.as_ptr() as usize as u64,
            Value::Object(object) if object.is_nil() => 0,
            Value::Object(object) if object.type_name().starts_with('*') => {
                std::sync::Arc::as_ptr(object).cast::<u8>() as usize as u64
            }
            _ => return self.bad_verb(verb, arg),
        };
        match verb {
            'v' if self.flags.sharp_v => {
                self.write(format!("({})(", arg.type_name()).as_bytes());
                if address == 0 {
                    self.write(b"nil");
                } else {
                    self.hex_number(address, true);
                }
                self.byte(b')');
            }
            'v' if address == 0 => self.pad(b"<nil>"),
            'v' | 'p' => self.hex_number(address, !self.flags.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => self.integer(arg, address, false, verb),
            _ => self.bad_verb(verb, arg),
        }
    }

    /// Prints a container or an object from a list of work.
    fn nested(&mut self, arg: &Value, verb: char) {
        let mut work = Vec::new();
        // A value with the wrong verb is printed within another.
        let outer = std::mem::take(&mut self.depth);
        self.open(arg, verb, true, &mut work);
        while let Some(next) = work.pop() {
            if self.full {
                break;
            }
            match next {
                Work::Close(text) => {
                    self.depth -= 1;
                    self.write(text.as_bytes());
                }
                Work::Text(text) => self.write(text.as_bytes()),
                Work::Name(name) => self.write(name.as_bytes()),
                Work::Value(Value::Nil, _) if self.flags.sharp_v => self.write(b"interface {}(nil)"),
                Work::Value(Value::Nil, true) => self.write(b"<nil>"),
                Work::Value(value @ (Value::List(_) | Value::Map(_) | Value::Object(_)), _) => {
                    self.open(&value, verb, false, &mut work);
                }
                Work::Value(value, _) => self.scalar(&value, verb),
            }
        }
        self.depth = outer;
    }

    /// Writes the start of a container and lists the rest.
    fn open(&mut self, value: &Value, verb: char, outermost: bool, work: &mut Vec<Work>) {
        let sharp = self.flags.sharp_v;
        let from = work.len();
        match value {
            Value::List(list) => {
                if sharp {
                    self.write(list.shape().name.as_bytes());
                    if list.is_nil() {
                        return self.write(b"(nil)");
                    }
                }
                self.byte(if sharp { b'{' } else { b'[' });
                let iface = list.shape().elem == Type::Any;
                for (at, item) in list.to_vec().into_iter().enumerate() {
                    self.separate(at, work);
                    work.push(Work::Value(item, iface));
                }
                work.push(self.close(if sharp { "}" } else { "]" }));
            }
            Value::Map(map) => {
                self.write(if sharp { map.shape().name.as_bytes() } else { b"map" });
                if sharp && map.is_nil() {
                    return self.write(b"(nil)");
                }
                self.byte(if sharp { b'{' } else { b'[' });
                let iface = map.shape().elem == Type::Any;
                for (at, (key, value)) in map.entries().into_iter().enumerate() {
                    self.separate(at, work);
                    work.extend([Work::Value(Value::Str(key), false), Work::Text(":"), Work::Value(value, iface)]);
                }
                work.push(self.close(if sharp { "}" } else { "]" }));
            }
            Value::Object(object) => {
                let stringable = matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') && !sharp && !self.erroring;
                if let Some(text) = object.text().filter(|_| stringable) {
                    self.text(value, &text, verb);
                } else if object.is_nil() {
                    self.pointer(value, verb);
                } else if let Some(basic) = object.underlying() {
                    match basic {
                        Value::List(_) | Value::Map(_) | Value::Object(_) => work.push(Work::Value(basic, false)),
                        basic => {
                            self.named = Some(object.type_name().into_owned());
                            self.scalar(&basic, verb);
                            self.named = None;
                        }
                    }
                } else {
                    self.open_struct(&object.type_name(), object.fields(), outermost, work);
                }
            }
            _ => self.scalar(value, verb),
        }
        work[from..].reverse();
        self.full |= self.depth > MAX_DEPTH || work.len() > MAX_WAITING;
    }

    fn close(&mut self, text: &'static str) -> Work {
        self.depth += 1;
        Work::Close(text)
    }

    fn open_struct(&mut self, name: &str, fields: Vec<(Cow<'_, str>, Value)>, outermost: bool, work: &mut Vec<Work>) {
        let pointee = name.strip_prefix('*');
        if pointee.is_some() && outermost && !self.follow {
            self.byte(b'&');
        }
        if self.flags.sharp_v {
            self.write(pointee.unwrap_or(name).as_bytes());
        }
        self.byte(b'{');
        for (at, (field, value)) in fields.into_iter().enumerate() {
            self.separate(at, work);
            if self.flags.plus_v || self.flags.sharp_v {
                work.push(Work::Name(format!("{field}:")));
            }
            work.push(Work::Value(value, true));
        }
        work.push(self.close("}"));
    }

    fn separate(&self, at: usize, work: &mut Vec<Work>) {
        if at > 0 {
            work.push(Work::Text(if self.flags.sharp_v { ", " } else { " " }));
        }
    }
}
/// A space and the digits of each byte, and how many bytes these are.
const BYTES: [([u8; 4], u8); 256] = {
    let mut table = [([b' '; 4], 0); 256];
    let mut byte = 0;
    while byte < table.len() {
        let digits = if byte < 10 {
            1
        } else if byte < 100 {
            2
        } else {
            3
        };
        let (mut at, mut rest) = (digits, byte);
        while at > 0 {
            table[byte].0[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            at -= 1;
        }
        table[byte].1 = digits as u8 + 1;
        byte += 1;
    }
    table
};
