//! What all targets have in common: cases to begin with, and one case at a time.

use fastrand::Rng;

/// A case to begin with.
pub struct Seed {
    /// What cases are counted by; those of a kind stand together.
    pub kind: String,
    pub body: Vec<u8>,
}

/// What became of a case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Loaded,
    Refused,
}

/// Something that takes bytes from outside.
pub trait Fuzzed {
    /// Makes the cases to begin with.
    fn seeds(&mut self) -> Vec<Seed>;

    /// Plays a case. A panic is a fault.
    fn run(&mut self, body: &[u8]) -> Outcome;

    /// Whether seeds of this kind have to be taken as they are.
    fn takes_seeds(&self, _kind: &str) -> bool {
        true
    }

    /// A damaged copy of a case; pieces may come from another one.
    fn mutate(&self, rng: &mut Rng, body: &[u8], other: &[u8]) -> Vec<u8> {
        crate::mutate::mutate(rng, body, other)
    }
}
