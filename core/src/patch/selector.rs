//! Selectors of labels and annotations in Kubernetes' grammar.
//!
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>: requirements joined
//! by commas, each `key=value`, `key==value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`,
//! `key>1` or `key<1`.

use ecow::EcoString;

use super::names;

/// A parsed selector: all its requirements must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector(Vec<Requirement>);

/// Why a text is no selector, in the words of Kubernetes.
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
        let mut parser = Parser { text, tokens: tokens(text), next: 0 };
        let mut requirements = Vec::new();
        loop {
            match (parser.peek(), requirements.is_empty()) {
                (Token::Word(_) | Token::Not, _) => {}
                (Token::End, true) => return Ok(Selector(requirements)),
                (_, first) => {
                    let wanted = if first { "!, identifier, or 'end of string'" } else { "identifier after ','" };
                    let found = parser.take();
                    return Err(parser.unexpected(found, wanted));
                }
            }
            let requirement = parser.requirement().map_err(|error| SelectorError {
                message: format!("unable to parse requirement: {}", error.message),
                ..error
            });
            requirements.push(requirement?);
            match parser.take() {
                (Token::End, _) => return Ok(Selector(requirements)),
                (Token::Comma, _) => {}
                found => return Err(parser.unexpected(found, "',' or 'end of string'")),
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
    DoubleEquals,
    NotEquals,
    Above,
    Below,
    Comma,
    Open,
    Close,
    End,
}

impl<'a> Token<'a> {
    fn text(self) -> &'a str {
        match self {
            Token::Word(word) => word,
            Token::Not => "!",
            Token::Equals => "=",
            Token::DoubleEquals => "==",
            Token::NotEquals => "!=",
            Token::Above => ">",
            Token::Below => "<",
            Token::Comma => ",",
            Token::Open => "(",
            Token::Close => ")",
            Token::End => "",
        }
    }
}

const SYMBOLS: [Token<'static>; 9] = [
    Token::DoubleEquals,
    Token::NotEquals,
    Token::Equals,
    Token::Not,
    Token::Above,
    Token::Below,
    Token::Comma,
    Token::Open,
    Token::Close,
];

// A byte that is zero ends the text.
fn tokens(text: &str) -> Vec<(Token<'_>, usize)> {
    let text = text.split('\0').next().unwrap_or_default();
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at = text.len() - text[at..].trim_start_matches([' ', '\t', '\r', '\n']).len();
        let rest = &text[at..];
        if rest.is_empty() {
            tokens.push((Token::End, at));
            return tokens;
        }
        let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol.text()));
        let end = || rest.find(|c: char| " \t\r\n=!><,()".contains(c)).unwrap_or(rest.len());
        let token = symbol.unwrap_or_else(|| Token::Word(&rest[..end()]));
        tokens.push((token, at));
        at += token.text().len();
    }
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

    fn unexpected(&self, (token, at): (Token<'a>, usize), wanted: &str) -> SelectorError {
        self.found(token, at, &format!(", expected: {wanted}"))
    }

    fn found(&self, token: Token<'a>, at: usize, wanted: &str) -> SelectorError {
        SelectorError { at, message: format!("found '{}'{wanted}", token.text()) }
    }

    fn requirement(&mut self) -> Result<Requirement, SelectorError> {
        let negated = self.peek() == Token::Not;
        self.next += usize::from(negated);
        let (key, key_at) = match self.take() {
            (Token::Word(word), at) => (word, at),
            found => return Err(self.unexpected(found, "identifier")),
        };
        let wrong = |at: usize, message: String| SelectorError { at, message };
        names::key(key).map_err(|why| wrong(key_at, why))?;
        let requirement = |test| Ok(Requirement { key: key.into(), test });
        if negated {
            return requirement(Test::Missing);
        }
        if matches!(self.peek(), Token::End | Token::Comma) {
            return requirement(Test::Exists);
        }
        let operator = self.take();
        let at = self.tokens.get(self.next).map_or(self.text.len(), |(_, at)| *at);
        let test = match operator.0 {
            Token::Equals | Token::DoubleEquals => Test::In(vec![self.value()?]),
            Token::NotEquals => Test::NotIn(vec![self.value()?]),
            Token::Word("in") => Test::In(self.values()?),
            Token::Word("notin") => Test::NotIn(self.values()?),
            Token::Above => Test::Above(self.number()?),
            Token::Below => Test::Below(self.number()?),
            _ => return Err(self.unexpected(operator, "'=', '!=', '==', 'in', notin'")),
        };
        if let Test::In(values) | Test::NotIn(values) = &test {
            // Kubernetes looks at them in their order, not in that of the text.
            let mut sorted: Vec<&EcoString> = values.iter().collect();
            sorted.sort();
            sorted.into_iter().try_for_each(|value| names::value(key, value)).map_err(|why| wrong(at, why))?;
        }
        requirement(test)
    }

    // A value may be empty: `key=` selects the empty text.
    fn value(&mut self) -> Result<EcoString, SelectorError> {
        if matches!(self.peek(), Token::End | Token::Comma) {
            return Ok(EcoString::new());
        }
        match self.take() {
            (Token::Word(word), _) => Ok(word.into()),
            found => Err(self.unexpected(found, "identifier")),
        }
    }

    fn number(&mut self) -> Result<i64, SelectorError> {
        let at = self.tokens.get(self.next).map_or(self.text.len(), |(_, at)| *at);
        let text = self.value()?;
        let message = || "for 'Gt', 'Lt' operators, the value must be an integer".to_owned();
        text.parse().map_err(|_| SelectorError { at, message: message() })
    }

    fn values(&mut self) -> Result<Vec<EcoString>, SelectorError> {
        match self.take() {
            (Token::Open, _) => {}
            (token, at) => return Err(self.found(token, at, " expected: '('")),
        }
        let mut values = Vec::new();
        if self.peek() == Token::Close {
            self.next += 1;
            values.push(EcoString::new());
            return Ok(values);
        }
        if !matches!(self.peek(), Token::Word(_) | Token::Comma) {
            let found = self.take();
            return Err(self.unexpected(found, "',', ')' or identifier"));
        }
        // A value may be empty: before a comma that begins the list, between two commas, and after the last one.
        loop {
            match self.take() {
                (Token::Word(word), _) => {
                    values.push(word.into());
                    match self.peek() {
                        Token::Comma => {}
                        Token::Close => break,
                        _ => {
                            let found = self.take();
                            return Err(self.unexpected(found, "',' or ')'"));
                        }
                    }
                }
                (Token::Comma, _) => {
                    if values.is_empty() {
                        values.push(EcoString::new());
                    }
                    match self.peek() {
                        Token::Close => {
                            values.push(EcoString::new());
                            break;
                        }
                        Token::Comma => {
                            self.next += 1;
                            values.push(EcoString::new());
                        }
                        _ => {}
                    }
                }
                found => return Err(self.unexpected(found, "',', or identifier")),
            }
        }
        self.next += 1;
        Ok(values)
    }
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
    fn errors_point_at_the_first_bad_byte_in_the_words_of_kubernetes() {
        let error = |text: &str| Selector::parse(text).expect_err(text);
        assert_eq!(error("app=web,").at, 8);
        assert_eq!(error("app web").at, 4);
        assert_eq!(error("n>x").at, 2);
        assert_eq!(error("app=\u{a0}x").at, 4);
        for (text, message) in [
            ("app=web,", "found '', expected: identifier after ','"),
            (",", "found ',', expected: !, identifier, or 'end of string'"),
            ("a=b=c", "found '=', expected: ',' or 'end of string'"),
            ("!a=b", "found '=', expected: ',' or 'end of string'"),
            ("!=a", "found '!=', expected: !, identifier, or 'end of string'"),
        ] {
            assert_eq!(error(text).message, message, "{text}");
        }
        for (text, message) in [
            ("app in web", "found 'web' expected: '('"),
            ("app in (web", "found '', expected: ',' or ')'"),
            ("app in (web,", "found '', expected: ',', or identifier"),
            ("app in (=", "found '=', expected: ',', ')' or identifier"),
            ("app web", "found 'web', expected: '=', '!=', '==', 'in', notin'"),
            ("app==,", "found '', expected: identifier after ','"),
            ("app=!", "found '!', expected: identifier"),
            ("!!a", "found '!', expected: identifier"),
            ("n>x", "for 'Gt', 'Lt' operators, the value must be an integer"),
        ] {
            let said = error(text).message;
            assert_eq!(said.strip_prefix("unable to parse requirement: ").unwrap_or(&said), message, "{text}");
        }
        assert!(error("Ex_ample.com/x").message.contains("prefix part a DNS-1123 subdomain must consist of"));
        assert!(
            error("-app").message.starts_with("unable to parse requirement: invalid label key \"-app\": name part")
        );
        assert!(error("app=a/b").message.contains("invalid label value: \"a/b\": at key: \"app\": a valid label"));
        assert!(error(&format!("app={}", "a".repeat(64))).message.ends_with("must be no more than 63 characters"));
    }
}
