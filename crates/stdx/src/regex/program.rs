//! A pattern as instructions, and going through a text with all states at a time.

use super::RegexError;
use super::parse::{Assertion, ByteSet, Node, Parsed, is_word};

/// Most instructions, and nodes looked at to make them.
const STEPS_MAX: usize = 1 << 20;

#[derive(Clone, Copy, Debug)]
enum Instruction {
    /// One byte of a set, then the next instruction.
    Set(u32),
    /// Both this one and the next.
    Split(u32),
    Jump(u32),
    Assertion(Assertion),
    Match,
}

/// Instructions without order, each once.
#[derive(Default)]
struct States {
    list: Vec<u32>,
    /// Where in the list an instruction would be.
    places: Vec<u32>,
}

impl States {
    fn sized(len: usize) -> States {
        States { list: Vec::with_capacity(len), places: vec![0; len] }
    }

    /// Adds one; false if it was there.
    fn add(&mut self, state: u32) -> bool {
        let place = self.places[state as usize];
        if self.list.get(place as usize) == Some(&state) {
            return false;
        }
        self.places[state as usize] = self.list.len() as u32;
        self.list.push(state);
        true
    }
}

pub(super) struct Program {
    instructions: Vec<Instruction>,
    sets: Vec<ByteSet>,
    /// What a match can begin with; `None` if it may be empty or depend on what is around it.
    first: Option<ByteSet>,
    now: States,
    next: States,
    stack: Vec<u32>,
}

impl Program {
    pub(super) fn new(parsed: &Parsed) -> Result<Program, RegexError> {
        let mut compiler =
            Compiler { instructions: Vec::new(), steps: 0, plain: parsed.is_plain() };
        compiler.node(&parsed.root)?;
        compiler.emit(Instruction::Match)?;
        let instructions = compiler.instructions;
        let len = instructions.len();
        let mut program = Program {
            instructions,
            sets: parsed.sets.clone(),
            first: None,
            now: States::sized(len),
            next: States::sized(len),
            stack: Vec::new(),
        };
        program.first = program.first_bytes();
        Ok(program)
    }

    fn first_bytes(&mut self) -> Option<ByteSet> {
        let mut first = ByteSet::EMPTY;
        let mut seen = States::sized(self.instructions.len());
        let mut stack = vec![0];
        while let Some(state) = stack.pop() {
            if !seen.add(state) {
                continue;
            }
            match self.instructions[state as usize] {
                Instruction::Set(set) => first.add_all(&self.sets[set as usize]),
                Instruction::Split(other) => stack.extend([other, state + 1]),
                Instruction::Jump(to) => stack.push(to),
                Instruction::Assertion(_) | Instruction::Match => return None,
            }
        }
        Some(first)
    }

    pub(super) fn is_match(&mut self, text: &[u8]) -> bool {
        let Program { instructions, sets, first, now, next, stack } = self;
        now.list.clear();
        let mut at = 0;
        loop {
            if now.list.is_empty()
                && let Some(first) = first
            {
                match text[at..].iter().position(|byte| first.contains(*byte)) {
                    Some(skipped) => at += skipped,
                    None => return false,
                }
            }
            // A match may begin at every place.
            if follow(instructions, now, stack, 0, text, at) {
                return true;
            }
            let Some(byte) = text.get(at) else { return false };
            at += 1;
            next.list.clear();
            for state in &now.list {
                if let Instruction::Set(set) = instructions[*state as usize]
                    && sets[set as usize].contains(*byte)
                    && follow(instructions, next, stack, state + 1, text, at)
                {
                    return true;
                }
            }
            std::mem::swap(now, next);
        }
    }
}

/// Adds a state with all that are reached from it without a byte; true if that ends a match.
fn follow(
    instructions: &[Instruction],
    states: &mut States,
    stack: &mut Vec<u32>,
    state: u32,
    text: &[u8],
    at: usize,
) -> bool {
    stack.clear();
    stack.push(state);
    while let Some(state) = stack.pop() {
        if !states.add(state) {
            continue;
        }
        match instructions[state as usize] {
            Instruction::Set(_) => {}
            Instruction::Split(other) => stack.extend([other, state + 1]),
            Instruction::Jump(to) => stack.push(to),
            Instruction::Assertion(assertion) if holds(assertion, text, at) => {
                stack.push(state + 1);
            }
            Instruction::Assertion(_) => {}
            Instruction::Match => return true,
        }
    }
    false
}

fn holds(assertion: Assertion, text: &[u8], at: usize) -> bool {
    let is_word_at =
        |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|it| is_word(*it));
    let (before, after) = (is_word_at(at.checked_sub(1)), is_word_at(Some(at)));
    let inside = at > 0 && at < text.len();
    match assertion {
        Assertion::Start => at == 0,
        Assertion::End => at == text.len(),
        Assertion::EndOrNul => text.get(at).is_none_or(|byte| *byte == 0),
        Assertion::WordStart => !before && after,
        Assertion::WordEnd => before && !after,
        Assertion::WordBoundary => !inside || before != after,
        Assertion::NoWordBoundary => inside && before == after,
    }
}

struct Compiler {
    instructions: Vec<Instruction>,
    steps: usize,
    /// The end is nothing but the end.
    plain: bool,
}

impl Compiler {
    fn emit(&mut self, instruction: Instruction) -> Result<usize, RegexError> {
        self.instructions.push(instruction);
        self.count()?;
        Ok(self.instructions.len() - 1)
    }

    fn count(&mut self) -> Result<(), RegexError> {
        self.steps += 1;
        if self.steps > STEPS_MAX { Err(RegexError::TooLarge) } else { Ok(()) }
    }

    fn here(&self) -> u32 {
        self.instructions.len() as u32
    }

    fn node(&mut self, node: &Node) -> Result<(), RegexError> {
        self.count()?;
        match node {
            Node::Empty => {}
            Node::Set(set) => drop(self.emit(Instruction::Set(*set))?),
            Node::Assertion(Assertion::End) if !self.plain => {
                self.emit(Instruction::Assertion(Assertion::EndOrNul))?;
            }
            Node::Assertion(assertion) => drop(self.emit(Instruction::Assertion(*assertion))?),
            Node::Sequence(items) => {
                for item in items {
                    self.node(item)?;
                }
            }
            Node::Either(branches) => self.either(branches)?,
            Node::Repeat(inner, least, most) => self.repeat(inner, *least, *most)?,
        }
        Ok(())
    }

    fn either(&mut self, branches: &[Node]) -> Result<(), RegexError> {
        let Some((last, others)) = branches.split_last() else { return Ok(()) };
        let mut jumps = Vec::with_capacity(others.len());
        for branch in others {
            let split = self.emit(Instruction::Split(0))?;
            self.node(branch)?;
            jumps.push(self.emit(Instruction::Jump(0))?);
            self.instructions[split] = Instruction::Split(self.here());
        }
        self.node(last)?;
        let end = self.here();
        jumps.into_iter().for_each(|jump| self.instructions[jump] = Instruction::Jump(end));
        Ok(())
    }

    fn repeat(&mut self, inner: &Node, least: u32, most: Option<u32>) -> Result<(), RegexError> {
        for _ in 0..least {
            self.node(inner)?;
        }
        let Some(most) = most else {
            let start = self.emit(Instruction::Split(0))?;
            self.node(inner)?;
            self.emit(Instruction::Jump(start as u32))?;
            self.instructions[start] = Instruction::Split(self.here());
            return Ok(());
        };
        let mut splits = Vec::new();
        for _ in least..most {
            splits.push(self.emit(Instruction::Split(0))?);
            self.node(inner)?;
        }
        let end = self.here();
        splits.into_iter().for_each(|split| self.instructions[split] = Instruction::Split(end));
        Ok(())
    }
}
