//! The patterns of `.Files.Glob`: those of github.com/gobwas/glob, with `/` between the parts of a path.
//!
//! `*` and `?` stop at a slash, `**` does not; `[abc]`, `[!abc]`, `[a-c]` and `[!a-c]` stand for one character (a class
//! is either a list or one range), `{a,b*}` for one of several patterns, `\` takes the meaning off what follows.
//!
//! A pattern is compiled to a small machine that is in all of its states at once, so that matching takes time linear in
//! the length of the path, whatever the pattern.

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(super) struct Glob {
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    /// One character.
    Char(char),
    /// One character of a class.
    Class(Class),
    /// One character but the slash.
    Single,
    /// Any number of characters but the slash.
    Any,
    /// Any number of characters.
    Super,
    /// Goes on at several places.
    Split(Vec<usize>),
    /// Goes on at another place.
    Jump(usize),
}

#[derive(Debug, Clone)]
struct Class {
    not: bool,
    chars: Chars,
}

#[derive(Debug, Clone)]
enum Chars {
    List(Vec<char>),
    Range(char, char),
}

impl Class {
    fn takes(&self, c: char) -> bool {
        let inside = match &self.chars {
            Chars::List(list) => list.contains(&c),
            Chars::Range(low, high) => (*low..=*high).contains(&c),
        };
        inside != self.not
    }
}

impl Glob {
    /// Compiles a pattern; `None` where it is none.
    pub(super) fn new(pattern: &str) -> Option<Glob> {
        // A NUL ends a pattern as its end does, and Go cannot tell U+FFFD from what is no UTF-8.
        let pattern = pattern.split('\0').next().unwrap_or_default();
        if pattern.contains('\u{fffd}') {
            return None;
        }
        let mut compiler = Compiler { rest: pattern.chars().peekable(), steps: Vec::new(), open: Vec::new() };
        compiler.run()?;
        Some(Glob { steps: compiler.steps })
    }

    /// Whether a path matches.
    pub(super) fn matches(&self, path: &str) -> bool {
        let mut states = States::new(self.steps.len());
        states.enter(&self.steps, 0);
        for c in path.chars() {
            let mut next = States::new(self.steps.len());
            for at in states.list {
                match self.steps.get(at) {
                    Some(Step::Char(wanted)) if *wanted == c => next.enter(&self.steps, at + 1),
                    Some(Step::Class(class)) if class.takes(c) => next.enter(&self.steps, at + 1),
                    Some(Step::Single) if c != '/' => next.enter(&self.steps, at + 1),
                    Some(Step::Any) if c != '/' => next.enter(&self.steps, at),
                    Some(Step::Super) => next.enter(&self.steps, at),
                    _ => {}
                }
            }
            states = next;
        }
        states.seen.last().copied().unwrap_or_default()
    }
}

/// The places at which the machine is.
struct States {
    list: Vec<usize>,
    seen: Vec<bool>,
}

impl States {
    fn new(steps: usize) -> States {
        States { list: Vec::new(), seen: vec![false; steps + 1] }
    }

    /// Goes to a place, and to those that are reached from it without a character.
    fn enter(&mut self, steps: &[Step], at: usize) {
        let mut work = vec![at];
        while let Some(at) = work.pop() {
            if std::mem::replace(&mut self.seen[at], true) {
                continue;
            }
            match steps.get(at) {
                Some(Step::Split(targets)) => work.extend(targets),
                Some(Step::Jump(target)) => work.push(*target),
                Some(Step::Any | Step::Super) => {
                    self.list.push(at);
                    work.push(at + 1);
                }
                Some(_) => self.list.push(at),
                None => {}
            }
        }
    }
}

struct Compiler<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    steps: Vec<Step>,
    open: Vec<Alternatives>,
}

/// A `{` that is not closed yet.
struct Alternatives {
    split: usize,
    starts: Vec<usize>,
    jumps: Vec<usize>,
}

impl Compiler<'_> {
    fn run(&mut self) -> Option<()> {
        while let Some(c) = self.rest.next() {
            match c {
                '*' if self.rest.next_if_eq(&'*').is_some() => self.steps.push(Step::Super),
                '*' => self.steps.push(Step::Any),
                '?' => self.steps.push(Step::Single),
                '[' => {
                    let class = self.class()?;
                    self.steps.push(Step::Class(class));
                }
                '{' => {
                    let split = self.steps.len();
                    self.steps.push(Step::Split(Vec::new()));
                    self.open.push(Alternatives { split, starts: vec![split + 1], jumps: Vec::new() });
                }
                ',' if !self.open.is_empty() => self.end_alternative(true),
                '}' if !self.open.is_empty() => {
                    self.end_alternative(false);
                    self.close();
                }
                '\\' => self.steps.extend(self.rest.next().map(Step::Char)),
                c => self.steps.push(Step::Char(c)),
            }
        }
        // What is not closed ends here.
        while !self.open.is_empty() {
            self.end_alternative(false);
            self.close();
        }
        Some(())
    }

    fn end_alternative(&mut self, more: bool) {
        let at = self.steps.len();
        if let Some(open) = self.open.last_mut() {
            open.jumps.push(at);
            self.steps.push(Step::Jump(at + 1));
            if more {
                open.starts.push(at + 1);
            }
        }
    }

    fn close(&mut self) {
        let end = self.steps.len();
        if let Some(open) = self.open.pop() {
            for at in open.jumps {
                self.steps[at] = Step::Jump(end);
            }
            self.steps[open.split] = Step::Split(open.starts);
        }
    }

    /// Reads a class behind its `[`.
    fn class(&mut self) -> Option<Class> {
        let not = self.rest.next_if_eq(&'!').is_some();
        let first = self.rest.next()?;
        if self.rest.next_if_eq(&'-').is_some() {
            let high = self.rest.next()?;
            let closed = self.rest.next()? == ']';
            return (closed && first <= high).then_some(Class { not, chars: Chars::Range(first, high) });
        }
        let mut list = Vec::new();
        let mut next = Some(first);
        loop {
            match next? {
                ']' => break,
                '\\' => list.push(self.rest.next()?),
                c => list.push(c),
            }
            next = self.rest.next();
        }
        (!list.is_empty()).then_some(Class { not, chars: Chars::List(list) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let glob = Glob::new(pattern).expect(pattern);
        for path in matching {
            assert!(glob.matches(path), "{pattern} {path}");
        }
        for path in others {
            assert!(!glob.matches(path), "{pattern} {path}");
        }
    }

    #[test]
    fn patterns_match_as_those_of_gobwas_do() {
        check("*", &["a", ""], &["a/b"]);
        check("**", &["a/b/c", ""], &[]);
        check("a/**.yaml", &["a/b/c.yaml", "a/.yaml"], &["a.yaml"]);
        check("**/*.conf", &["a/b/c.conf", "/.conf"], &["c.conf"]);
        check("?.[ab]", &["x.a"], &["/.a", "x.c", ".a"]);
        check("[!a-c]*", &["d", "dx"], &["a", "b/", ""]);
        check("{a,b/*}.{x,y}", &["a.x", "b/c.y"], &["a.z", "b/c/d.x"]);
        check("{a,{b,c}d}e", &["ae", "bde", "cde"], &["be", "e"]);
        check("a\\*b,c", &["a*b,c"], &["axb,c"]);
        check("a}b", &["a}b"], &["ab"]);
        check("[!/]x", &["ax"], &["/x"]);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for bad in ["[", "[a", "[]", "[a-z0-9]", "[z-a]", "[!]", "a\u{fffd}"] {
            assert!(Glob::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_long_pattern_takes_linear_time() {
        let glob = Glob::new(&"**a".repeat(200)).expect("a pattern");
        assert!(!glob.matches(&"a".repeat(199)));
        assert!(glob.matches(&"ba".repeat(400)));
    }
}
