//! `$filter`, as far as directory objects support it, evaluated over their JSON.

use super::error::GraphError;
use serde_json::Value;

/// A parsed filter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Compare(Vec<String>, Op, Value),
    OneOf(Vec<String>, Vec<Value>),
    Starts(Vec<String>, String),
    Ends(Vec<String>, String),
    /// Any element of the collection satisfies the inner filter, whose paths are relative to it.
    Any(Vec<String>, Box<Filter>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    Colon,
}

fn tokens(text: &str) -> Result<Vec<Token>, GraphError> {
    let mut out = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            c if c.is_whitespace() => {}
            '(' => out.push(Token::Open),
            ')' => out.push(Token::Close),
            ',' => out.push(Token::Comma),
            ':' => out.push(Token::Colon),
            '\'' => {
                let mut value = String::new();
                loop {
                    match rest.next() {
                        Some('\'') if rest.peek() == Some(&'\'') => {
                            rest.next();
                            value.push('\'');
                        }
                        Some('\'') => break,
                        Some(c) => value.push(c),
                        None => return Err(syntax(text, "an unterminated string literal")),
                    }
                }
                out.push(Token::Text(value));
            }
            c => {
                let mut word = String::from(c);
                // A colon belongs to a date, but not to the variable of `any(x:…)`.
                while let Some(n) = rest.peek().copied() {
                    let date = n == ':' && word.starts_with(|c: char| c.is_ascii_digit());
                    if !(n.is_alphanumeric() || "_./-+#@".contains(n) || date) {
                        break;
                    }
                    word.push(n);
                    rest.next();
                }
                out.push(Token::Word(word));
            }
        }
    }
    Ok(out)
}

fn syntax(text: &str, what: &str) -> GraphError {
    GraphError::bad(format!("Invalid filter clause: {what} in '{text}'."))
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: u8,
}

/// Parses a filter.
pub(super) fn parse(text: &str) -> Result<Filter, GraphError> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0 };
    let filter = parser.or(None)?;
    if parser.at < parser.tokens.len() {
        return Err(syntax(text, "text after the end of the expression"));
    }
    Ok(filter)
}

impl Parser<'_> {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn peek_word(&self, word: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word))
    }

    fn take(&mut self, token: Token) -> Result<(), GraphError> {
        match self.next() {
            Some(t) if t == token => Ok(()),
            other => Err(syntax(self.text, &format!("{token:?} expected, {other:?} found"))),
        }
    }

    fn or(&mut self, var: Option<&str>) -> Result<Filter, GraphError> {
        self.depth += 1;
        if self.depth > 30 {
            return Err(syntax(self.text, "too deep a nesting"));
        }
        let mut left = self.and(var)?;
        while self.peek_word("or") {
            self.at += 1;
            left = Filter::Or(Box::new(left), Box::new(self.and(var)?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self, var: Option<&str>) -> Result<Filter, GraphError> {
        let mut left = self.unary(var)?;
        while self.peek_word("and") {
            self.at += 1;
            left = Filter::And(Box::new(left), Box::new(self.unary(var)?));
        }
        Ok(left)
    }

    fn unary(&mut self, var: Option<&str>) -> Result<Filter, GraphError> {
        if self.peek_word("not") {
            self.at += 1;
            return Ok(Filter::Not(Box::new(self.unary(var)?)));
        }
        if self.tokens.get(self.at) == Some(&Token::Open) {
            self.at += 1;
            let inner = self.or(var)?;
            self.take(Token::Close)?;
            return Ok(inner);
        }
        let Some(Token::Word(word)) = self.next() else {
            return Err(syntax(self.text, "a property name expected"));
        };
        let call = self.tokens.get(self.at) == Some(&Token::Open);
        match word.to_ascii_lowercase().as_str() {
            "startswith" | "endswith" if call => self.affix(&word, var),
            lower if call && lower.ends_with("/any") => {
                let path = path_of(&word[..word.len() - "/any".len()], var);
                self.any(path)
            }
            _ if call => {
                Err(GraphError::unsupported(format!("The function '{word}' is not supported.")))
            }
            _ => self.comparison(path_of(&word, var)),
        }
    }

    fn affix(&mut self, name: &str, var: Option<&str>) -> Result<Filter, GraphError> {
        self.take(Token::Open)?;
        let Some(Token::Word(path)) = self.next() else {
            return Err(syntax(self.text, "a property name expected"));
        };
        self.take(Token::Comma)?;
        let Some(Token::Text(value)) = self.next() else {
            return Err(syntax(self.text, "a string literal expected"));
        };
        self.take(Token::Close)?;
        let path = path_of(&path, var);
        if name.eq_ignore_ascii_case("startswith") {
            Ok(Filter::Starts(path, value))
        } else {
            Ok(Filter::Ends(path, value))
        }
    }

    fn any(&mut self, path: Vec<String>) -> Result<Filter, GraphError> {
        self.take(Token::Open)?;
        let Some(Token::Word(var)) = self.next() else {
            return Err(syntax(self.text, "a variable expected"));
        };
        self.take(Token::Colon)?;
        let inner = self.or(Some(&var))?;
        self.take(Token::Close)?;
        Ok(Filter::Any(path, Box::new(inner)))
    }

    fn comparison(&mut self, path: Vec<String>) -> Result<Filter, GraphError> {
        let Some(Token::Word(op)) = self.next() else {
            return Err(syntax(self.text, "an operator expected"));
        };
        let op = match op.to_ascii_lowercase().as_str() {
            "eq" => Op::Eq,
            "ne" => Op::Ne,
            "gt" => Op::Gt,
            "ge" => Op::Ge,
            "lt" => Op::Lt,
            "le" => Op::Le,
            "in" => return self.list(path),
            other => return Err(syntax(self.text, &format!("unknown operator '{other}'"))),
        };
        Ok(Filter::Compare(path, op, self.literal()?))
    }

    fn list(&mut self, path: Vec<String>) -> Result<Filter, GraphError> {
        self.take(Token::Open)?;
        let mut values = vec![self.literal()?];
        while self.tokens.get(self.at) == Some(&Token::Comma) {
            self.at += 1;
            values.push(self.literal()?);
        }
        self.take(Token::Close)?;
        Ok(Filter::OneOf(path, values))
    }

    fn literal(&mut self) -> Result<Value, GraphError> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Value::String(text)),
            Some(Token::Word(word)) => Ok(match word.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                other => other.parse::<i64>().map_or(Value::String(word.clone()), Value::from),
            }),
            _ => Err(syntax(self.text, "a value expected")),
        }
    }
}

/// Path parts; inside `any` the variable itself is the empty path.
fn path_of(word: &str, var: Option<&str>) -> Vec<String> {
    let mut parts: Vec<String> = word.split('/').map(str::to_owned).collect();
    if var.is_some() && parts.first().map(String::as_str) == var {
        parts.remove(0);
    }
    parts
}

impl Filter {
    /// Needs `ConsistencyLevel: eventual` and `$count=true`; the text says why.
    pub(super) fn advanced(&self) -> Option<&'static str> {
        match self {
            Filter::And(a, b) | Filter::Or(a, b) => a.advanced().or(b.advanced()),
            Filter::Not(_) => Some("Operator 'Not'"),
            Filter::Compare(_, Op::Ne, _) => Some("Operator 'NotEqualsMatch'"),
            Filter::Ends(..) => Some("Operator 'endsWith'"),
            Filter::Any(_, inner) => inner.advanced(),
            Filter::Compare(..) | Filter::OneOf(..) | Filter::Starts(..) => None,
        }
    }

    /// Every property that is filtered on.
    pub(super) fn properties(&self) -> Vec<&str> {
        match self {
            Filter::And(a, b) | Filter::Or(a, b) => {
                let mut all = a.properties();
                all.extend(b.properties());
                all
            }
            Filter::Not(inner) => inner.properties(),
            Filter::Compare(path, ..)
            | Filter::OneOf(path, _)
            | Filter::Starts(path, _)
            | Filter::Ends(path, _)
            | Filter::Any(path, _) => path.first().map(String::as_str).into_iter().collect(),
        }
    }

    /// Whether the object satisfies it. Texts compare without regard to case.
    pub(super) fn matches(&self, object: &Value) -> bool {
        match self {
            Filter::And(a, b) => a.matches(object) && b.matches(object),
            Filter::Or(a, b) => a.matches(object) || b.matches(object),
            Filter::Not(inner) => !inner.matches(object),
            Filter::Compare(path, op, value) => compare(at(object, path), *op, value),
            Filter::OneOf(path, values) => {
                values.iter().any(|v| compare(at(object, path), Op::Eq, v))
            }
            Filter::Starts(path, start) => {
                text(at(object, path)).is_some_and(|t| t.starts_with(&start.to_lowercase()))
            }
            Filter::Ends(path, end) => {
                text(at(object, path)).is_some_and(|t| t.ends_with(&end.to_lowercase()))
            }
            Filter::Any(path, inner) => at(object, path)
                .as_array()
                .is_some_and(|items| items.iter().any(|item| inner.matches(item))),
        }
    }
}

fn at<'a>(object: &'a Value, path: &[String]) -> &'a Value {
    path.iter().fold(object, |v, key| v.get(key).unwrap_or(&Value::Null))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_lowercase)
}

fn compare(left: &Value, op: Op, right: &Value) -> bool {
    use std::cmp::Ordering as O;
    let order = match (text(left), text(right)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ if left == right => Some(O::Equal),
        _ => left.as_f64().zip(right.as_f64()).and_then(|(a, b)| a.partial_cmp(&b)),
    };
    match op {
        Op::Eq => order == Some(O::Equal),
        Op::Ne => order != Some(O::Equal),
        Op::Gt => order == Some(O::Greater),
        Op::Ge => matches!(order, Some(O::Greater | O::Equal)),
        Op::Lt => order == Some(O::Less),
        Op::Le => matches!(order, Some(O::Less | O::Equal)),
    }
}
