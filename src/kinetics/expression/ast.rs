//! Text of an expression to its syntax tree.

use super::error::{ExpressionError, Problem};
use super::program::Basis;
use std::ops::Range;

/// Deepest nesting that is accepted.
const MAX_DEPTH: usize = 200;

/// A part of an expression and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree {
    pub(super) node: Node,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Number(f64),
    Name(String),
    Species(String),
    /// `free[HSO4-]`, `activity[O2]`: read in the equilibrium.
    Reading(Basis, String),
    Negate(Box<Tree>),
    Binary(Operator, Box<Tree>, Box<Tree>),
    Call(String, Vec<Tree>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

/// Reads a whole expression.
pub(super) fn parse(text: &str) -> Result<Tree, ExpressionError> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let tree = parser.sum()?;
    match parser.peek() {
        None => Ok(tree),
        Some(_) => Err(parser.expected("an operator or the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expected(&mut self, what: &'static str) -> ExpressionError {
        let found = self.peek();
        let span = self.at..self.at + found.map_or(0, char::len_utf8);
        let found = found.map_or("the end".to_owned(), |c| format!("`{c}`"));
        ExpressionError::new(span, Problem::Expected { what, found })
    }

    fn descend(&mut self) -> Result<(), ExpressionError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ExpressionError::new(self.at..self.at, Problem::TooDeep));
        }
        Ok(())
    }

    fn chain(
        &mut self,
        operators: &[(char, Operator)],
        operand: fn(&mut Self) -> Result<Tree, ExpressionError>,
    ) -> Result<Tree, ExpressionError> {
        let mut left = operand(self)?;
        let entered = self.depth;
        while let Some(&(sign, operator)) = self.peek().and_then(|c| operators.iter().find(|(o, _)| *o == c))
        {
            self.at += sign.len_utf8();
            self.descend()?; // a long chain makes a deep tree
            let right = operand(self)?;
            let span = left.span.start..right.span.end;
            left = Tree { node: Node::Binary(operator, Box::new(left), Box::new(right)), span };
        }
        self.depth = entered;
        Ok(left)
    }

    fn sum(&mut self) -> Result<Tree, ExpressionError> {
        self.chain(&[('+', Operator::Add), ('-', Operator::Subtract)], Self::product)
    }

    fn product(&mut self) -> Result<Tree, ExpressionError> {
        self.chain(&[('*', Operator::Multiply), ('/', Operator::Divide)], Self::signed)
    }

    fn signed(&mut self) -> Result<Tree, ExpressionError> {
        self.peek();
        let start = self.at;
        if self.take('-') {
            self.descend()?;
            let inner = self.signed()?;
            self.depth -= 1;
            let span = start..inner.span.end;
            return Ok(Tree { node: Node::Negate(Box::new(inner)), span });
        }
        if self.take('+') {
            self.descend()?;
            let inner = self.signed()?;
            self.depth -= 1;
            return Ok(inner);
        }
        self.power()
    }

    fn power(&mut self) -> Result<Tree, ExpressionError> {
        let base = self.atom()?;
        if !self.take('^') {
            return Ok(base);
        }
        self.descend()?;
        let exponent = self.signed()?; // right-associative, and the exponent may carry a sign
        self.depth -= 1;
        let span = base.span.start..exponent.span.end;
        Ok(Tree { node: Node::Binary(Operator::Power, Box::new(base), Box::new(exponent)), span })
    }

    fn atom(&mut self) -> Result<Tree, ExpressionError> {
        let Some(first) = self.peek() else {
            return Err(self.expected("a number, a name, `[species]` or `(`"));
        };
        let start = self.at;
        match first {
            '(' => {
                self.at += 1;
                self.descend()?;
                let inner = self.sum()?;
                self.depth -= 1;
                if !self.take(')') {
                    return Err(self.expected("`)`"));
                }
                Ok(Tree { node: inner.node, span: start..self.at })
            }
            '[' => {
                let (name, span) = self.bracket(start)?;
                Ok(Tree { node: Node::Species(name), span })
            }
            c if c.is_ascii_digit() || c == '.' => self.number(start),
            c if c.is_alphabetic() || c == '_' => self.name(start),
            _ => Err(self.expected("a number, a name, `[species]` or `(`")),
        }
    }

    /// The name between square brackets that open at `start`, and where they stand.
    fn bracket(&mut self, start: usize) -> Result<(String, Range<usize>), ExpressionError> {
        let Some(length) = self.text[start..].find(']') else {
            self.at = self.text.len();
            return Err(self.expected("`]`"));
        };
        let name = self.text[start + 1..start + length].trim().to_owned();
        self.at = start + length + 1;
        if name.is_empty() {
            let problem = Problem::Expected { what: "the name of a species", found: "`[]`".to_owned() };
            return Err(ExpressionError::new(start..self.at, problem));
        }
        Ok((name, start..self.at))
    }

    fn number(&mut self, start: usize) -> Result<Tree, ExpressionError> {
        let bytes = self.text.as_bytes();
        let digits = |mut at: usize| {
            while bytes.get(at).is_some_and(|b| b.is_ascii_digit() || *b == b'.') {
                at += 1;
            }
            at
        };
        let mut end = digits(start);
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
                end = digits(end + 1 + sign);
            }
        }
        let text = &self.text[start..end];
        self.at = end;
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Tree { node: Node::Number(value), span: start..end }),
            _ => Err(ExpressionError::new(start..end, Problem::BadNumber(text.to_owned()))),
        }
    }

    fn name(&mut self, start: usize) -> Result<Tree, ExpressionError> {
        let rest = &self.text[start..];
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let name = rest[..length].to_owned();
        self.at = start + length;
        if let Some(basis) = Basis::of(&name)
            && self.peek() == Some('[')
        {
            let (species, span) = self.bracket(self.at)?;
            return Ok(Tree { node: Node::Reading(basis, species), span: start..span.end });
        }
        if !self.take('(') {
            return Ok(Tree { node: Node::Name(name), span: start..start + length });
        }
        self.descend()?;
        let mut arguments = Vec::new();
        if !self.take(')') {
            loop {
                arguments.push(self.sum()?);
                if self.take(')') {
                    break;
                }
                if !self.take(',') {
                    return Err(self.expected("`,` or `)`"));
                }
            }
        }
        self.depth -= 1;
        Ok(Tree { node: Node::Call(name, arguments), span: start..self.at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_their_place() {
        let rows = [
            ("", 0, "expected a number"),
            ("2 +", 3, "found the end"),
            ("2 $ 3", 2, "found `$`"),
            ("(1 + 2", 6, "expected `)`"),
            ("[Cu+2", 5, "expected `]`"),
            ("3 * []", 4, "name of a species"),
            ("max(1 2)", 6, "expected `,` or `)`"),
            ("1e999", 0, "not a finite number"),
            ("1.2.3", 0, "not a finite number"),
            ("µ * §", 5, "found `§`"),
        ];
        for (text, at, message) in rows {
            let error = parse(text).unwrap_err();
            assert_eq!(error.span.start, at, "{text}");
            assert!(error.to_string().contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_not_overflowed() {
        for text in ["(".repeat(10_000), "-".repeat(10_000), "2^".repeat(10_000), "1+".repeat(10_000) + "1"] {
            assert_eq!(*parse(&text).unwrap_err().problem, Problem::TooDeep);
        }
    }
}
