//! Makes a sequence that differs as short as it can be.

use super::generate::Words;
use super::limits::is_harmless;
use super::pair::{Difference, Pair};
use crate::Result;

/// Replays at the most; a short sequence needs a few hundred.
const REPLAYS_MAX: usize = 3000;
/// When each may end with a server that hangs.
const REPLAYS_LOST_MAX: usize = 20;

pub struct Shrinker<'a> {
    pair: &'a mut Pair,
    protocol: u8,
    /// What the shorter sequence has to show as well.
    signature: String,
    replays: usize,
    replays_max: usize,
}

impl<'a> Shrinker<'a> {
    pub fn new(pair: &'a mut Pair, protocol: u8, found: &Difference) -> Shrinker<'a> {
        let lost = found.log.is_some();
        let replays_max = if lost { REPLAYS_LOST_MAX } else { REPLAYS_MAX };
        Shrinker { pair, protocol, signature: found.signature(), replays: 0, replays_max }
    }

    /// The shortest sequence that was found, and its difference.
    pub fn shrink(
        &mut self,
        batch: &[Words],
        found: Difference,
    ) -> Result<(Vec<Words>, Difference)> {
        let mut sequence = batch.to_vec();
        if let Some(at) = found.at {
            sequence.truncate(at + 1);
        }
        let mut best = found;
        let mut chunk = sequence.len().div_ceil(2).max(1);
        loop {
            let before = sequence.len();
            self.without_chunks(&mut sequence, &mut best, chunk)?;
            if chunk > 1 {
                chunk /= 2;
            } else if sequence.len() == before {
                break;
            }
        }
        self.shorten_commands(&mut sequence, &mut best)?;
        Ok((sequence, best))
    }

    /// Tries the sequence without each run of `chunk` commands.
    fn without_chunks(
        &mut self,
        sequence: &mut Vec<Words>,
        best: &mut Difference,
        chunk: usize,
    ) -> Result<()> {
        let mut end = sequence.len();
        while end > 0 {
            let begin = end.saturating_sub(chunk);
            let mut shorter = sequence.clone();
            shorter.drain(begin..end.min(shorter.len()));
            if let Some(difference) = self.shows(&shorter)? {
                *best = difference;
                *sequence = shorter;
            }
            end = begin.min(sequence.len());
        }
        Ok(())
    }

    /// Tries each command without each of its words, two neighbours at once first.
    fn shorten_commands(&mut self, sequence: &mut Vec<Words>, best: &mut Difference) -> Result<()> {
        for run in [16, 4, 2, 1] {
            for command in 0..sequence.len() {
                let mut word = sequence[command].len();
                while word > run {
                    word -= 1;
                    if word + run > sequence[command].len() {
                        continue;
                    }
                    let mut shorter = sequence.clone();
                    shorter[command].drain(word..word + run);
                    if let Some(difference) = self.shows(&shorter)? {
                        *best = difference;
                        *sequence = shorter;
                    }
                }
            }
        }
        Ok(())
    }

    fn shows(&mut self, sequence: &[Words]) -> Result<Option<Difference>> {
        let harmless = sequence.iter().all(is_harmless);
        if self.replays >= self.replays_max || sequence.is_empty() || !harmless {
            return Ok(None);
        }
        self.replays += 1;
        let found = self.pair.play(sequence, self.protocol)?;
        Ok(found.filter(|difference| difference.signature() == self.signature))
    }
}
