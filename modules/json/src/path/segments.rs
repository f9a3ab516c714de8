//! Segments of a path: what stands behind dots and in brackets.

use super::scan::Scanner;
use super::{Expression, Query, Result, Segment, Selector};

impl Scanner<'_> {
    /// A path of the first version: the root is a dot or nothing.
    pub(super) fn legacy(&mut self) -> Result<Query> {
        if self.rest() == "." {
            self.eat(".");
            return Ok(Query::Nodes(Vec::new()));
        }
        let mut segments = Vec::new();
        if !self.at(".") && !self.at("[") {
            segments.push(self.step()?);
        }
        self.segments(&mut segments)?;
        Ok(Query::Nodes(segments))
    }

    pub(super) fn json_path(&mut self) -> Result<Query> {
        Ok(match self.expression()? {
            Expression::Query(_, segments) => Query::Nodes(segments),
            computed => Query::Computed(computed),
        })
    }

    /// Segments up to the end, to what belongs to an expression, or to the call of a function.
    pub(super) fn segments(&mut self, segments: &mut Vec<Segment>) -> Result<()> {
        loop {
            let mark = self.mark();
            self.skip_blanks();
            if self.at("[") {
                segments.push(Segment::Child(self.bracket()?));
            } else if self.eat("..") {
                let (Segment::Child(selectors) | Segment::Descend(selectors)) = self.step()?;
                segments.push(Segment::Descend(selectors));
            } else if self.eat(".") {
                if self.at_call() {
                    self.back_to(mark);
                    return Ok(());
                }
                segments.push(self.step()?);
            } else {
                self.back_to(mark);
                return Ok(());
            }
        }
    }

    /// What stands behind a dot.
    fn step(&mut self) -> Result<Segment> {
        if self.at("[") {
            return Ok(Segment::Child(self.bracket()?));
        }
        let selector = match self.eat("*") {
            true => Selector::All,
            false => Selector::Name(self.name()?.into()),
        };
        Ok(Segment::Child(vec![selector]))
    }

    fn bracket(&mut self) -> Result<Vec<Selector>> {
        self.eat("[");
        let mut selectors = Vec::new();
        loop {
            self.skip_blanks();
            selectors.push(self.deeper(Scanner::selector)?);
            self.skip_blanks();
            if self.eat("]") {
                return Ok(selectors);
            }
            if !self.eat(",") {
                return self.expected("a comma or a closing bracket");
            }
        }
    }

    fn selector(&mut self) -> Result<Selector> {
        if let Some(name) = self.quoted()? {
            return Ok(Selector::Name(name.into()));
        }
        if self.eat("*") {
            return Ok(Selector::All);
        }
        if self.eat("?") {
            self.skip_blanks();
            self.filters += 1;
            let test = self.expression().and_then(|test| self.as_test(test));
            self.filters -= 1;
            return Ok(Selector::Filter(test?));
        }
        if self.at("(") {
            self.filters += 1;
            let script = self.expression();
            self.filters -= 1;
            return Ok(Selector::Script(script?));
        }
        self.index_or_slice()
    }

    fn index_or_slice(&mut self) -> Result<Selector> {
        let start = self.index()?;
        let mark = self.mark();
        self.skip_blanks();
        if !self.eat(":") {
            self.back_to(mark);
            return match start {
                Some(index) => Ok(Selector::Index(index)),
                None => self.expected("a name in quotes, an index, a slice, * or ?"),
            };
        }
        self.skip_blanks();
        let end = self.index()?;
        self.skip_blanks();
        let mut step = None;
        if self.eat(":") {
            self.skip_blanks();
            step = self.index()?;
        }
        Ok(Selector::Slice { start, end, step: step.unwrap_or(1) })
    }
}
