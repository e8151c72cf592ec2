//! Selectors of labels and annotations in Kubernetes' grammar.
//!
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>: requirements joined
//! by commas, each `key=value`, `key==value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`,
//! `key>1` or `key<1`.

use ecow::EcoString;

/// A parsed selector: all its requirements must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector(Vec<Requirement>);

/// Why a text is no selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectorError {
    /// The byte at which it goes wrong.
    pub at: usize,
    /// What is wrong.
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: EcoString,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Exists,
    Missing,
    In(Vec<EcoString>),
    NotIn(Vec<EcoString>),
    Above(i64),
    Below(i64),
}

impl Selector {
    /// Returns the selector that a text is; an empty text selects everything.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place in the text.
    pub fn parse(text: &str) -> Result<Selector, SelectorError> {
        let mut parser = Parser { text, tokens: tokens(text)?, next: 0 };
        let mut requirements = Vec::new();
        if parser.peek() == Token::End {
            return Ok(Selector(requirements));
        }
        loop {
            requirements.push(parser.requirement()?);
            match parser.take() {
                (Token::End, _) => return Ok(Selector(requirements)),
                (Token::Comma, _) => {}
                (token, at) => return Err(parser.unexpected(token, at, "`,` or the end")),
            }
        }
    }

    /// Whether labels, asked by name, fulfil all requirements. As in Kubernetes, `!=` and `notin` also hold for an
    /// object that lacks the label.
    pub fn matches<'a>(&self, get: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0.iter().all(|requirement| {
            let value = get(&requirement.key);
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &requirement.test {
                Test::Exists => value.is_some(),
                Test::Missing => value.is_none(),
                Test::In(wanted) => value.is_some_and(|value| wanted.iter().any(|one| one == value)),
                Test::NotIn(bad) => !value.is_some_and(|value| bad.iter().any(|one| one == value)),
                Test::Above(least) => number().is_some_and(|value| value > *least),
                Test::Below(most) => number().is_some_and(|value| value < *most),
            }
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Not,
    Equals,
    NotEquals,
    Above,
    Below,
    Comma,
    Open,
    Close,
    End,
}

fn tokens(text: &str) -> Result<Vec<(Token<'_>, usize)>, SelectorError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, len) = match c {
            ' ' | '\t' | '\r' | '\n' => {
                at += 1;
                continue;
            }
            '=' => (Token::Equals, if rest.starts_with("==") { 2 } else { 1 }),
            '!' if rest.starts_with("!=") => (Token::NotEquals, 2),
            '!' => (Token::Not, 1),
            '>' => (Token::Above, 1),
            '<' => (Token::Below, 1),
            ',' => (Token::Comma, 1),
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            _ => {
                let len = rest.find(|c: char| c.is_whitespace() || "=!><,()".contains(c)).unwrap_or(rest.len());
                if len == 0 {
                    return Err(SelectorError { at, message: format!("`{c}` has no meaning here") });
                }
                (Token::Word(&rest[..len]), len)
            }
        };
        tokens.push((token, at));
        at += len;
    }
    tokens.push((Token::End, text.len()));
    Ok(tokens)
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token<'a>, usize)>,
    next: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Token<'a> {
        self.tokens.get(self.next).map_or(Token::End, |(token, _)| *token)
    }

    fn take(&mut self) -> (Token<'a>, usize) {
        let token = self.tokens.get(self.next).copied().unwrap_or((Token::End, self.text.len()));
        self.next += 1;
        token
    }

    fn unexpected(&self, token: Token<'_>, at: usize, wanted: &str) -> SelectorError {
        let found = match token {
            Token::End => "the end".to_owned(),
            Token::Word(word) => format!("`{word}`"),
            _ => format!("`{}`", self.text[at..].chars().next().unwrap_or(' ')),
        };
        SelectorError { at, message: format!("found {found}, expected {wanted}") }
    }

    fn requirement(&mut self) -> Result<Requirement, SelectorError> {
        let negated = self.peek() == Token::Not;
        self.next += usize::from(negated);
        let key = match self.take() {
            (Token::Word(word), at) => label_name(word, at)?,
            (token, at) => return Err(self.unexpected(token, at, "a key")),
        };
        if negated {
            return Ok(Requirement { key, test: Test::Missing });
        }
        if matches!(self.peek(), Token::End | Token::Comma) {
            return Ok(Requirement { key, test: Test::Exists });
        }
        let test = match self.take() {
            (Token::Equals, _) => Test::In(vec![self.value()?]),
            (Token::NotEquals, _) => Test::NotIn(vec![self.value()?]),
            (Token::Word("in"), _) => Test::In(self.values()?),
            (Token::Word("notin"), _) => Test::NotIn(self.values()?),
            (Token::Above, _) => Test::Above(self.number()?),
            (Token::Below, _) => Test::Below(self.number()?),
            (token, at) => return Err(self.unexpected(token, at, "`=`, `==`, `!=`, `in`, `notin`, `>` or `<`")),
        };
        Ok(Requirement { key, test })
    }

    // A value may be empty: `key=` selects the empty text.
    fn value(&mut self) -> Result<EcoString, SelectorError> {
        match self.peek() {
            Token::Word(word) => {
                self.next += 1;
                Ok(word.into())
            }
            Token::End | Token::Comma => Ok(EcoString::new()),
            token => {
                let at = self.take().1;
                Err(self.unexpected(token, at, "a value"))
            }
        }
    }

    fn number(&mut self) -> Result<i64, SelectorError> {
        let at = self.tokens.get(self.next).map_or(self.text.len(), |(_, at)| *at);
        let text = self.value()?;
        text.parse().map_err(|_| SelectorError { at, message: format!("`{text}` is no integer") })
    }

    fn values(&mut self) -> Result<Vec<EcoString>, SelectorError> {
        match self.take() {
            (Token::Open, _) => {}
            (token, at) => return Err(self.unexpected(token, at, "`(`")),
        }
        let mut values = Vec::new();
        let mut word = EcoString::new();
        loop {
            match self.take() {
                (Token::Word(text), _) if word.is_empty() => word = text.into(),
                (Token::Comma, _) => values.push(std::mem::take(&mut word)),
                (Token::Close, _) => {
                    values.push(word);
                    return Ok(values);
                }
                (token, at) => return Err(self.unexpected(token, at, "`,` or `)`")),
            }
        }
    }
}

// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
fn label_name(key: &str, at: usize) -> Result<EcoString, SelectorError> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let edge = |text: &str| text.starts_with(alnum) && text.ends_with(alnum);
    let name_fine = edge(name) && name.len() <= 63 && name.chars().all(|c| alnum(c) || "-_.".contains(c));
    let prefix_fine = |text: &str| {
        let part = |part: &str| edge(part) && part.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-'));
        text.len() <= 253 && text.split('.').all(part)
    };
    if name_fine && prefix.is_none_or(prefix_fine) {
        return Ok(key.into());
    }
    Err(SelectorError { at, message: format!("`{key}` is no name of a label or annotation") })
}

fn alnum(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(selector: &str, labels: &[(&str, &str)]) -> bool {
        let selector = Selector::parse(selector).expect("a valid selector in a test");
        selector.matches(|key| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value))
    }

    #[test]
    fn requirements_hold_as_in_kubernetes() {
        let web = [("app", "web"), ("tier", "front"), ("n", "5")];
        for yes in ["", "app=web", "app == web, tier", "app!=db", "x!=y", "app in (db, web)", "x notin (a)", "!x"] {
            assert!(check(yes, &web), "{yes}");
        }
        for yes in ["n>4", "n<6,app", "app notin ()", "example.com/x!=1", " tier = front ", "app in (web,)"] {
            assert!(check(yes, &web), "{yes}");
        }
        for no in ["app=db", "x", "!app", "app notin (web)", "x in (a)", "app=", "n>5", "app>1", "app,x"] {
            assert!(!check(no, &web), "{no}");
        }
        assert!(check("app=", &[("app", "")]));
        assert!(check("in in (in,notin)", &[("in", "notin")]), "operators may be keys and values");
    }

    #[test]
    fn errors_point_at_the_first_bad_byte() {
        let error = |text: &str| Selector::parse(text).expect_err(text);
        assert_eq!(error("app=web,").at, 8);
        assert_eq!(error("app=web,").message, "found the end, expected a key");
        assert_eq!(error("app in web").message, "found `web`, expected `(`");
        assert_eq!(error("app in (web").message, "found the end, expected `,` or `)`");
        assert_eq!(error("app web").at, 4);
        assert_eq!(error("-app").message, "`-app` is no name of a label or annotation");
        assert_eq!(error("a=b=c").message, "found `=`, expected `,` or the end");
        assert_eq!(error("n>x").message, "`x` is no integer");
        assert!(Selector::parse("Ex_ample.com/x").is_err());
        assert_eq!(error("app=\u{a0}x").at, 4);
    }
}
