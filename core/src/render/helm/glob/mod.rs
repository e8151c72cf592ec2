//! The patterns of `.Files.Glob`: those of github.com/gobwas/glob, with `/` between the parts of a path.
//!
//! `*` and `?` stop at a slash, `**` does not; `[abc]`, `[!abc]`, `[a-c]` and `[!a-c]` stand for one character (a class
//! is either a list or one range), `{a,b*}` for one of several patterns, `\` takes the meaning off what follows.
//!
//! That library rewrites a pattern into matchers that are faster than going through it sign by sign, and some of its
//! rewritings do not mean the same: `{*.yaml,a.txt}` behind a folder finds files whose names have five characters. Charts
//! live with what it finds, so its rewritings and its matchers are followed here step by step.

mod compile;
mod matcher;
mod syntax;

use matcher::{Matcher, Work};

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(super) struct Glob {
    matcher: Matcher,
}

/// Why a pattern cannot be matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GlobError {
    /// It is larger than any that makes sense, or matching takes too long.
    TooMuch,
    /// The library would crash: it reads one byte behind a text of this length.
    Crash(usize),
}

/// What the matching of all paths against one pattern may cost.
const WORK: u64 = 50_000_000;

impl Glob {
    /// Compiles a pattern; `None` where it is none.
    pub(super) fn new(pattern: &[u8]) -> Result<Option<Glob>, GlobError> {
        match syntax::parse(pattern)? {
            Some(tree) => Ok(Some(Glob { matcher: compile::compile(&tree) })),
            None => Ok(None),
        }
    }

    /// Returns those of the paths that match.
    pub(super) fn filter<'p, T>(&self, paths: Vec<(&'p [u8], T)>) -> Result<Vec<(&'p [u8], T)>, GlobError> {
        let mut work = Work::new(WORK);
        let mut found = Vec::new();
        for (path, item) in paths {
            if self.matcher.matches(path, &mut work) {
                found.push((path, item));
            }
        }
        match work.crash {
            Some(crash) => Err(GlobError::Crash(crash.len)),
            None if work.is_done() => Err(GlobError::TooMuch),
            None => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        let glob = Glob::new(pattern.as_bytes()).expect("small").expect(pattern);
        !glob.filter(vec![(path.as_bytes(), ())]).expect("quick").is_empty()
    }

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        for path in matching {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for path in others {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn patterns_match_paths() {
        check("*", &["a", ""], &["a/b"]);
        check("**", &["a/b/c", ""], &[]);
        check("a/**.yaml", &["a/b/c.yaml", "a/.yaml"], &["a.yaml"]);
        check("**/*.conf", &["a/b/c.conf", "/.conf"], &["c.conf"]);
        check("?.[ab]", &["x.a"], &["/.a", "x.c", ".a"]);
        check("[!a-c]*", &["d", "dx"], &["a", "b/", ""]);
        check("{a,b/*}.{x,y}", &["a.x", "b/c.y"], &["a.z", "b/c/d.x"]);
        check("{a,{b,c}d}e", &["ae", "bde", "cde"], &["be", "e"]);
        check("files/*.{sh,sql,sql.gz}", &["files/a.sh", "files/b.sql.gz"], &["files/a.b/c.sh", "files/a.gz"]);
        check("a\\*b,c", &["a*b,c"], &["axb,c"]);
        check("a}b", &["a}b"], &["ab"]);
        check("é*", &["éü", "é"], &["e"]);
    }

    // What the library gives, though nobody would have meant it.
    #[test]
    fn mistakes_of_the_library_are_its_answers() {
        check("c/{*.yaml,a.txt}", &["c/a.txt", "c/.yaml"], &["c/web.yaml"]);
        check("{**/,}a", &[], &["a", "b/a"]);
        check("ab**ba", &["abba", "aba"], &["ab"]);
        check("?", &["a", ""], &["/", "ab"]);
        check("***", &["a/b"], &[""]);
        check("é?", &[], &["éü"]);
        let glob = Glob::new(b"a{}").expect("small").expect("a pattern");
        assert_eq!(glob.filter(vec![(&b"a"[..], ())]), Err(GlobError::Crash(1)));
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for bad in ["[", "[a", "[]", "[a-z0-9]", "[z-a]", "[!]", "a\u{fffd}"] {
            assert!(Glob::new(bad.as_bytes()).expect("small").is_none(), "{bad}");
        }
        assert!(Glob::new(b"a\xff").expect("small").is_none());
    }

    #[test]
    fn hostile_patterns_reach_a_limit() {
        let long = "?*".repeat(1000);
        let deep = "{".repeat(1000);
        for pattern in [long, deep] {
            assert!(Glob::new(pattern.as_bytes()).is_err());
        }
        let glob = Glob::new(format!("x{}", "**a".repeat(15)).as_bytes()).expect("small").expect("a pattern");
        let path = "a".repeat(2000);
        assert_eq!(glob.filter(vec![(path.as_bytes(), ())]), Err(GlobError::TooMuch));
    }
}
