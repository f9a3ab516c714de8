//! Expressions in a path: logic, comparisons, arithmetic, functions, literals.

use super::function::Function;
use super::scan::Scanner;
use super::{Comparison, Expression, Operator, Origin, PathError, Result};
use crate::limits::PATH_DEPTH_MAX;
use crate::value::Value;

const SIGNS: [(&str, Comparison); 7] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("=~", Comparison::Matches),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

const WORDS: [(&str, Comparison); 8] = [
    ("in", Comparison::In),
    ("nin", Comparison::NotIn),
    ("subsetof", Comparison::SubsetOf),
    ("anyof", Comparison::AnyOf),
    ("noneof", Comparison::NoneOf),
    ("size", Comparison::SizeOf),
    ("sizeof", Comparison::SizeOf),
    ("empty", Comparison::Empty),
];

fn is_logical(expression: &Expression) -> bool {
    match expression {
        Expression::Not(_) | Expression::And(_) | Expression::Or(_) | Expression::Compare(..) => {
            true
        }
        Expression::Call(function, _) => function.is_logical(),
        _ => false,
    }
}

impl Scanner<'_> {
    pub(super) fn expression(&mut self) -> Result<Expression> {
        self.deeper(Scanner::either)
    }

    /// What stands where a condition is wanted; a literal is none.
    pub(super) fn as_test(&self, expression: Expression) -> Result<Expression> {
        if matches!(expression, Expression::Literal(_)) {
            return self.expected("a comparison");
        }
        Ok(expression)
    }

    fn either(&mut self) -> Result<Expression> {
        self.joined("||", Expression::Or, Scanner::both)
    }

    fn both(&mut self) -> Result<Expression> {
        self.joined("&&", Expression::And, Scanner::negated)
    }

    fn joined(
        &mut self,
        sign: &str,
        join: fn(Vec<Expression>) -> Expression,
        read: fn(&mut Self) -> Result<Expression>,
    ) -> Result<Expression> {
        let first = read(self)?;
        let mut tests = Vec::new();
        let mut last = first;
        loop {
            let mark = self.mark();
            self.skip_blanks();
            if !self.eat(sign) {
                self.back_to(mark);
                break;
            }
            self.skip_blanks();
            tests.push(self.as_test(last)?);
            last = read(self)?;
        }
        if tests.is_empty() {
            return Ok(last);
        }
        tests.push(self.as_test(last)?);
        Ok(join(tests))
    }

    fn negated(&mut self) -> Result<Expression> {
        if !self.at("!=") && self.eat("!") {
            self.skip_blanks();
            let test = self.deeper(Scanner::negated)?;
            return Ok(Expression::Not(Box::new(self.as_test(test)?)));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Expression> {
        let left = self.sum()?;
        let mark = self.mark();
        self.skip_blanks();
        let sign = SIGNS.into_iter().find(|(sign, _)| self.eat(sign));
        let found = sign.or_else(|| WORDS.into_iter().find(|(word, _)| self.eat_word(word)));
        let Some((_, comparison)) = found else {
            self.back_to(mark);
            return Ok(left);
        };
        self.skip_blanks();
        let right = self.sum()?;
        if is_logical(&left) || is_logical(&right) {
            return self.expected("values on both sides of a comparison");
        }
        Ok(Expression::Compare(comparison, Box::new(left), Box::new(right)))
    }

    fn sum(&mut self) -> Result<Expression> {
        const SIGNS: &[(&str, Operator)] = &[("+", Operator::Add), ("-", Operator::Subtract)];
        self.calculation(SIGNS, Scanner::product)
    }

    fn product(&mut self) -> Result<Expression> {
        const SIGNS: &[(&str, Operator)] =
            &[("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Modulo)];
        self.calculation(SIGNS, Scanner::signed)
    }

    fn calculation(
        &mut self,
        signs: &[(&str, Operator)],
        read: fn(&mut Self) -> Result<Expression>,
    ) -> Result<Expression> {
        let mut left = read(self)?;
        for _ in 0..PATH_DEPTH_MAX {
            let mark = self.mark();
            self.skip_blanks();
            let Some((_, operator)) = signs.iter().find(|(sign, _)| self.eat(sign)) else {
                self.back_to(mark);
                return Ok(left);
            };
            self.operator()?;
            self.skip_blanks();
            left = Expression::Arithmetic(*operator, Box::new(left), Box::new(read(self)?));
        }
        Err(PathError::TooDeep)
    }

    fn signed(&mut self) -> Result<Expression> {
        let is_number = |text: &str| text.starts_with(|letter: char| letter.is_ascii_digit());
        if self.rest().strip_prefix('-').is_some_and(is_number) {
            return self.number().map(Expression::Literal);
        }
        if self.eat("-") {
            self.skip_blanks();
            return Ok(Expression::Negate(Box::new(self.deeper(Scanner::signed)?)));
        }
        if self.eat("+") {
            self.skip_blanks();
            return Ok(Expression::Plus(Box::new(self.deeper(Scanner::signed)?)));
        }
        let first = self.primary()?;
        self.calls(first)
    }

    fn primary(&mut self) -> Result<Expression> {
        if self.eat("(") {
            self.skip_blanks();
            let within = self.expression()?;
            self.skip_blanks();
            return if self.eat(")") { Ok(within) } else { self.expected("a closing parenthesis") };
        }
        if self.eat("$") {
            return self.query(Origin::Root);
        }
        if self.filters > 0 && self.eat("@") {
            return self.query(Origin::Current);
        }
        if self.at_call() {
            return self.call(None);
        }
        self.deeper(Scanner::literal).map(Expression::Literal)
    }

    fn query(&mut self, origin: Origin) -> Result<Expression> {
        let mut segments = Vec::new();
        self.segments(&mut segments)?;
        Ok(Expression::Query(origin, segments))
    }

    /// What stands behind a value: further segments, functions of it, `~` at the end.
    fn calls(&mut self, mut first: Expression) -> Result<Expression> {
        for _ in 0..PATH_DEPTH_MAX {
            if let Expression::Query(_, segments) = &mut first {
                self.segments(segments)?;
                if self.eat("~") {
                    return Ok(Expression::Call(Function::Keys, vec![first]));
                }
            }
            let mark = self.mark();
            self.skip_blanks();
            if !(self.eat(".") && self.at_call()) {
                self.back_to(mark);
                return Ok(first);
            }
            self.operator()?;
            first = self.call(Some(first))?;
        }
        Err(PathError::TooDeep)
    }

    /// `name(argument, …)`, perhaps with a first argument that stood before it.
    fn call(&mut self, first: Option<Expression>) -> Result<Expression> {
        let word = self.word();
        let Some(function) = Function::named(word) else { return self.expected("a function") };
        self.eat(word);
        self.eat("(");
        let mut arguments: Vec<Expression> = first.into_iter().collect();
        self.skip_blanks();
        if self.eat(")") {
            return Ok(Expression::Call(function, arguments));
        }
        loop {
            self.skip_blanks();
            arguments.push(self.expression()?);
            self.skip_blanks();
            if self.eat(")") {
                return Ok(Expression::Call(function, arguments));
            }
            if !self.eat(",") {
                return self.expected("a comma or a closing parenthesis");
            }
        }
    }

    fn literal(&mut self) -> Result<Value> {
        if let Some(text) = self.quoted()? {
            return Ok(text.as_str().into());
        }
        for (word, value) in [("true", true.into()), ("false", false.into()), ("null", Value::NULL)]
        {
            if self.eat_word(word) {
                return Ok(value);
            }
        }
        if self.eat("[") {
            let mut values = Vec::new();
            self.list("]", |scanner| {
                values.push(scanner.deeper(Scanner::literal)?);
                Ok(())
            })?;
            return Ok(Value::array(values));
        }
        if self.eat("{") {
            let mut object = Value::object();
            self.list("}", |scanner| {
                let Some(name) = scanner.quoted()? else { return scanner.expected("a name") };
                scanner.skip_blanks();
                if !scanner.eat(":") {
                    return scanner.expected("a colon");
                }
                scanner.skip_blanks();
                object.set_member(&name, scanner.deeper(Scanner::literal)?);
                Ok(())
            })?;
            return Ok(object);
        }
        self.number()
    }

    /// Items with commas between them, up to what closes the list.
    fn list(&mut self, close: &str, mut item: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        self.skip_blanks();
        if self.eat(close) {
            return Ok(());
        }
        loop {
            item(self)?;
            self.skip_blanks();
            if self.eat(close) {
                return Ok(());
            }
            if !self.eat(",") {
                return self.expected("a comma or the end of a list");
            }
            self.skip_blanks();
        }
    }
}
