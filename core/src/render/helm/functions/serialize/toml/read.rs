//! TOML text to template values.

use gotemplate::fmt::{quote, sprintf};
use gotemplate::{List, Map, Shape, Value};

use super::cursor::{Cursor, END, Failure, is_break, is_space, quoted, shown};
use super::tables::Tables;
use super::{path, scalar, strings};

/// Reads a document. Values and keys may nest to a depth.
///
/// # Errors
/// Text that is no TOML, in the words of BurntSushi/toml.
pub(in super::super) fn read(text: &[u8], depth: usize) -> Result<Map, String> {
    let text = [&b"\xff\xfe"[..], b"\xfe\xff", b"\xef\xbb\xbf"]
        .iter()
        .find_map(|mark| text.strip_prefix(*mark))
        .unwrap_or(text);
    if text.iter().take(6).any(|byte| *byte == 0) {
        let reason = "files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8";
        return Err(format!("toml: line 1: {reason}"));
    }
    let cursor = Cursor::new(text);
    let mut reader = Reader { cursor, tables: Tables::default(), key: String::new(), key_line: 1, depth };
    match reader.document() {
        Ok(()) => Ok(reader.tables.root),
        Err(Failure { line, message }) => {
            let place = match reader.place() {
                key if key.is_empty() => String::new(),
                key => format!(" (last key {})", quote(&key)),
            };
            Err(format!("toml: line {line}{place}: {message}"))
        }
    }
}

struct Reader<'t> {
    cursor: Cursor<'t>,
    tables: Tables,
    /// The last part of the key whose value is being read.
    key: String,
    /// The line of the first part of the last key.
    key_line: i64,
    depth: usize,
}

/// What a value begins with.
enum Begin {
    Done(Value),
    Array,
    Table,
}

/// A value that is being read.
enum Open {
    Array(Vec<Value>),
    Table(OpenTable),
}

struct OpenTable {
    table: Map,
    outer_context: Vec<String>,
    outer_key: String,
    context: Vec<String>,
    /// The parts of the current key before the last.
    parents: Vec<String>,
}

impl Reader<'_> {
    /// Returns the name of the key at hand, for errors.
    fn place(&self) -> Vec<u8> {
        let mut out = path(&self.tables.context);
        if !self.key.is_empty() {
            if !out.is_empty() {
                out.push(b'.');
            }
            out.extend_from_slice(self.key.as_bytes());
        }
        out
    }

    /// Gives an error of the tables its line.
    fn placed<T>(&self, result: Result<T, String>) -> Result<T, Failure> {
        result.map_err(|message| Failure { line: self.key_line, message })
    }

    fn document(&mut self) -> Result<(), Failure> {
        loop {
            match self.cursor.next()? {
                c if is_space(c) || is_break(c) => self.cursor.ignore(),
                '#' => self.comment()?,
                '[' => {
                    self.table()?;
                    if self.line_end()? {
                        return Ok(());
                    }
                }
                END => return Ok(()),
                _ => {
                    self.cursor.back();
                    self.key_value()?;
                    if self.line_end()? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Reads up to the end of the line; says whether it was the last.
    fn line_end(&mut self) -> Result<bool, Failure> {
        loop {
            match self.cursor.next()? {
                '#' => {
                    self.comment()?;
                    return Ok(false);
                }
                c if is_space(c) => {}
                c if is_break(c) => {
                    self.cursor.ignore();
                    return Ok(false);
                }
                END => return Ok(true),
                other => {
                    let got = quoted(other);
                    let wanted = "expected a top-level item to end with a newline, comment, or EOF";
                    return self.cursor.fail(format!("{wanted}, but got {got} instead"));
                }
            }
        }
    }

    fn comment(&mut self) -> Result<(), Failure> {
        self.cursor.take(|c| !is_break(c) && c != END)?;
        self.cursor.ignore();
        Ok(())
    }

    /// Reads the name of a table behind its `[`.
    fn table(&mut self) -> Result<(), Failure> {
        let array = self.cursor.accept('[')?;
        self.cursor.ignore();
        let mut key = Vec::new();
        loop {
            self.cursor.skip(is_space)?;
            let part = match self.cursor.peek()? {
                ']' | END => {
                    return self.cursor.fail("unexpected end of table name (table names cannot be empty)");
                }
                '.' => return self.cursor.fail("unexpected table separator (table names cannot be empty)"),
                first => self.name(first)?,
            };
            self.add_part(&mut key, part)?;
            self.cursor.skip(is_space)?;
            match self.cursor.next()? {
                '.' => self.cursor.ignore(),
                ']' => break,
                other => {
                    let got = quoted(other);
                    return self.cursor.fail(format!("expected '.' or ']' to end table name, but got {got} instead"));
                }
            }
        }
        if array && !self.cursor.accept(']')? {
            let got = quoted(self.cursor.next()?);
            return self.cursor.fail(format!("expected end of table array name delimiter ']', but got {got} instead"));
        }
        self.cursor.ignore();
        let entered = self.tables.enter(&key, array);
        self.placed(entered)?;
        self.tables.note_array("", false);
        Ok(())
    }

    fn name(&mut self, first: char) -> Result<String, Failure> {
        if matches!(first, '"' | '\'') {
            self.cursor.ignore();
            return strings::name(&mut self.cursor);
        }
        self.cursor.take(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))?;
        Ok(self.cursor.item().to_owned())
    }

    fn add_part(&mut self, key: &mut Vec<String>, part: String) -> Result<(), Failure> {
        if key.is_empty() {
            self.key_line = self.cursor.line();
        }
        key.push(part);
        if key.len() + self.tables.context.len() > self.depth {
            return self.cursor.fail(format!("keys nested more than {} levels deep", self.depth));
        }
        Ok(())
    }

    /// Reads a key up to its `=`.
    fn key(&mut self) -> Result<Vec<String>, Failure> {
        self.cursor.skip(is_space)?;
        match self.cursor.peek()? {
            '=' | END => return self.cursor.fail("unexpected '=': key name appears blank"),
            '.' => return self.cursor.fail("unexpected '.': keys cannot start with a '.'"),
            _ => {}
        }
        let mut key = Vec::new();
        loop {
            self.cursor.skip(is_space)?;
            let part = match self.cursor.peek()? {
                '=' | END => return self.cursor.fail("unexpected '='"),
                '.' => return self.cursor.fail("unexpected '.'"),
                first => self.name(first)?,
            };
            self.add_part(&mut key, part)?;
            self.cursor.skip(is_space)?;
            match self.cursor.next()? {
                '.' => self.cursor.ignore(),
                '=' => {
                    self.cursor.ignore();
                    return Ok(key);
                }
                END => return self.cursor.fail("unexpected EOF; expected key separator '='"),
                other => {
                    let message = format!("expected '.' or '=', but got {} instead", quoted(other));
                    return if other == '\n' { self.cursor.fail_before(message) } else { self.cursor.fail(message) };
                }
            }
        }
    }

    /// Makes the last part of a key the current one, in the table of the others, which it returns.
    fn enter_key(&mut self, mut key: Vec<String>) -> Result<Vec<String>, Failure> {
        self.key = key.pop().unwrap_or_default();
        for parent in &key {
            let entered = self.tables.enter_implicit(parent);
            self.placed(entered)?;
        }
        Ok(key)
    }

    fn key_value(&mut self) -> Result<(), Failure> {
        let outer = self.tables.context.clone();
        let key = self.key()?;
        self.enter_key(key)?;
        let value = self.value()?;
        self.set_key(value)?;
        self.tables.context = outer;
        self.key.clear();
        Ok(())
    }

    /// Sets the value of the current key.
    fn set_key(&mut self, value: Value) -> Result<(), Failure> {
        let is_array = matches!(value, Value::List(_));
        let set = self.tables.set(&self.key, value);
        self.placed(set)?;
        self.tables.note_array(&self.key, is_array);
        Ok(())
    }

    /// Reads a value, with arrays and inline tables on a stack of our own.
    fn value(&mut self) -> Result<Value, Failure> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            let mut done = match self.begin_value()? {
                Begin::Done(value) => Some(value),
                Begin::Array => {
                    self.tables.note_array(&self.key, true);
                    open.push(Open::Array(Vec::new()));
                    self.first_item(&mut open)?
                }
                Begin::Table => {
                    let in_array = matches!(open.last(), Some(Open::Array(_)));
                    let table = self.open_table(in_array)?;
                    open.push(Open::Table(table));
                    self.next_pair(&mut open)?
                }
            };
            if open.len() > self.depth {
                return self.cursor.fail(format!("values nested more than {} levels deep", self.depth));
            }
            while let Some(value) = done.take() {
                done = match open.last_mut() {
                    None => return Ok(value),
                    Some(Open::Array(items)) => {
                        items.push(value);
                        self.after_item(&mut open)?
                    }
                    Some(Open::Table(_)) => self.after_pair(&mut open, value)?,
                };
                if done.is_none() {
                    break;
                }
            }
        }
    }

    fn begin_value(&mut self) -> Result<Begin, Failure> {
        self.cursor.skip(is_space)?;
        let first = self.cursor.next()?;
        Ok(Begin::Done(match first {
            c if c.is_ascii_digit() => {
                self.cursor.back();
                scalar::number_or_date(&mut self.cursor)?
            }
            '[' => {
                self.cursor.ignore();
                return Ok(Begin::Array);
            }
            '{' => {
                self.cursor.ignore();
                return Ok(Begin::Table);
            }
            '"' | '\'' => self.string(first)?.into(),
            '.' => return self.cursor.fail("floats must start with a digit, not '.'"),
            'i' | 'n' if self.is_special_float()? => scalar::parse_as_float(&mut self.cursor)?,
            '-' | '+' => scalar::signed(&mut self.cursor)?,
            c if scalar::is_letter(c) => {
                self.cursor.back();
                scalar::word(&mut self.cursor)?
            }
            END => return self.cursor.fail("unexpected EOF; expected value"),
            '\n' => return self.cursor.fail_before("expected value but found '\\n' instead"),
            other => return self.cursor.fail(format!("expected value but found {} instead", quoted(other))),
        }))
    }

    /// Reads the rest of `inf` or `nan`; what was read of them is not given back.
    fn is_special_float(&mut self) -> Result<bool, Failure> {
        let cursor = &mut self.cursor;
        Ok(cursor.accept('n')? && cursor.accept('f')? || cursor.accept('a')? && cursor.accept('n')?)
    }

    fn string(&mut self, mark: char) -> Result<String, Failure> {
        if self.cursor.accept(mark)? {
            if self.cursor.accept(mark)? {
                return strings::multiline(&mut self.cursor, mark);
            }
            self.cursor.back();
        }
        if mark == '"' { strings::basic(&mut self.cursor) } else { strings::raw(&mut self.cursor) }
    }

    /// Looks for an item behind `[` or a comma; gives the array where there is none.
    fn first_item(&mut self, open: &mut Vec<Open>) -> Result<Option<Value>, Failure> {
        loop {
            match self.cursor.next()? {
                c if is_space(c) || is_break(c) => self.cursor.ignore(),
                '#' => self.comment()?,
                ',' => return self.cursor.fail("unexpected comma"),
                ']' => return Ok(self.end_array(open)),
                _ => {
                    self.cursor.back();
                    return Ok(None);
                }
            }
        }
    }

    fn after_item(&mut self, open: &mut Vec<Open>) -> Result<Option<Value>, Failure> {
        loop {
            match self.cursor.next()? {
                c if is_space(c) || is_break(c) => self.cursor.ignore(),
                '#' => self.comment()?,
                ',' => {
                    self.cursor.ignore();
                    return self.first_item(open);
                }
                ']' => return Ok(self.end_array(open)),
                other => {
                    let got = shown(other);
                    let wanted = "expected a comma (',') or array terminator (']')";
                    return self.cursor.fail(format!("{wanted}, but got {got}"));
                }
            }
        }
    }

    fn end_array(&mut self, open: &mut Vec<Open>) -> Option<Value> {
        self.cursor.ignore();
        match open.pop() {
            // Go makes room for two items before it reads any.
            Some(Open::Array(items)) if items.len() < 2 => Some(List::with_capacity(Shape::LIST, items, 2).into()),
            Some(Open::Array(items)) => Some(List::appended(items).into()),
            _ => None,
        }
    }

    fn open_table(&mut self, in_array: bool) -> Result<OpenTable, Failure> {
        let outer_context = self.tables.context.clone();
        let outer_key = std::mem::take(&mut self.key);
        let mut context = outer_context.clone();
        context.push(outer_key.clone());
        self.tables.context = context.clone();
        self.tables.imply(&context);
        let entered = self.tables.enter(&context, in_array);
        self.placed(entered)?;
        let context = self.tables.context.clone();
        Ok(OpenTable { table: Map::new(), outer_context, outer_key, context, parents: Vec::new() })
    }

    /// Looks for a pair behind `{` or a comma and reads its key; gives the table where there is none.
    fn next_pair(&mut self, open: &mut Vec<Open>) -> Result<Option<Value>, Failure> {
        loop {
            match self.cursor.next()? {
                c if is_space(c) || is_break(c) => self.cursor.ignore(),
                '#' => self.comment()?,
                ',' => return self.cursor.fail("unexpected comma"),
                '}' => return Ok(self.end_table(open)),
                _ => break,
            }
        }
        self.cursor.back();
        let key = self.key()?;
        let parents = self.enter_key(key)?;
        if let Some(Open::Table(table)) = open.last_mut() {
            table.parents = parents;
        }
        Ok(None)
    }

    /// Takes the value of a pair in.
    fn after_pair(&mut self, open: &mut Vec<Open>, value: Value) -> Result<Option<Value>, Failure> {
        self.set_key(value.clone())?;
        if let Some(Open::Table(table)) = open.last() {
            let mut hash = table.table.clone();
            for parent in &table.parents {
                hash = match hash.get(parent) {
                    Some(Value::Map(map)) => map,
                    Some(_) => {
                        let context = List::strings(self.tables.context.iter().map(String::as_str));
                        let shown = sprintf(b"%q is not a table", &[context.into()]);
                        return self.placed(Err(String::from_utf8_lossy(&shown).into_owned()));
                    }
                    None => {
                        let map = Map::new();
                        hash.insert(parent.as_str(), map.clone());
                        map
                    }
                };
            }
            hash.insert(self.key.as_str(), value);
            self.tables.context.clone_from(&table.context);
        }
        loop {
            match self.cursor.next()? {
                c if is_space(c) || is_break(c) => self.cursor.ignore(),
                '#' => self.comment()?,
                ',' => {
                    self.cursor.ignore();
                    self.cursor.skip(is_space)?;
                    if self.cursor.peek()? != '}' {
                        return self.next_pair(open);
                    }
                }
                '}' => return Ok(self.end_table(open)),
                other => {
                    let got = shown(other);
                    let wanted = "expected a comma or an inline table terminator '}'";
                    return self.cursor.fail(format!("{wanted}, but got {got} instead"));
                }
            }
        }
    }

    fn end_table(&mut self, open: &mut Vec<Open>) -> Option<Value> {
        self.cursor.ignore();
        let Some(Open::Table(table)) = open.pop() else { return None };
        self.tables.context = table.outer_context;
        self.key = table.outer_key;
        Some(table.table.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let got = match read(text.as_bytes(), 100) {
            Ok(map) => String::from_utf8_lossy(&Value::from(map).to_text()).into_owned(),
            Err(error) => error,
        };
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn documents_are_read() {
        for (text, want) in [
            ("a = 1 # c\n[t]\nx = 1.5\n[[l]]\na = 1\n[[l]]\na = 2\n", "map[a:1 l:[map[a:1] map[a:2]] t:map[x:1.5]]"),
            ("x = {a = 1, b.c = [2, {d = 3}]}", "map[x:map[a:1 b:map[c:[2 map[d:3]]]]]"),
            (
                "d = 2020-01-02\nt = 07:32\n",
                "map[d:2020-01-02 00:00:00 +0000 date-local t:0000-01-01 07:32:00 +0000 time-local]",
            ),
            ("s = \"\"\"\nx\\\n  y\"\"\"\"\nr = 'a\\n'\ne = \"\\u00e9\\x41\"", "map[e:éA r:a\\n s:xy\"]"),
            (
                "a = 0x1F\nb = 1_000\nc = -inf\n\"\" = 0b11\na.b = 1",
                "toml: line 5 (last key \"a.b\"): Key 'a' has already been defined.",
            ),
        ] {
            check(text, want);
        }
    }

    #[test]
    fn errors_name_line_and_key() {
        for (text, want) in [
            ("[a]\n[a]", "toml: line 2: Key 'a' has already been defined."),
            ("[a", "toml: line 1: expected '.' or ']' to end table name, but got '\\x00' instead"),
            ("a = \n", "toml: line 1 (last key \"a\"): expected value but found '\\n' instead"),
            (
                "a = [1 2]",
                "toml: line 1 (last key \"a\"): expected a comma (',') or array terminator (']'), but got '2'",
            ),
            ("a = int", "toml: line 1 (last key \"a\"): expected value but found \"nt\" instead"),
            ("[t]\na = 01", "toml: line 2 (last key \"t.a\"): Invalid integer \"01\": cannot have leading zeroes"),
            ("a = \"\\q\"", "toml: line 1 (last key \"a\"): invalid escape in string '\\q'"),
            ("a = 9223372036854775808", "toml: line 1 (last key \"a\"): 9223372036854775808 is out of range for int64"),
            ("a = 2020-13-01", "toml: line 1 (last key \"a\"): invalid datetime: \"2020-13-01\""),
            ("# \u{7f}", "toml: line 1: TOML files cannot contain control characters: '0x7f'"),
        ] {
            check(text, want);
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        check(
            &format!("a = {}", "[".repeat(100_000)),
            "toml: line 1 (last key \"a\"): values nested more than 100 levels deep",
        );
        check(&"a.".repeat(100_000), "toml: line 1: keys nested more than 100 levels deep");
    }
}
