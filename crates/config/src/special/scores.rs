//! `oom-score-adj-values`: scores for the kernel's out-of-memory killer.

use crate::parameter::Kind;
use crate::setting::{Origin, Reason, Setting, WRONG_NUMBER_OF_ARGUMENTS};

/// Scores of the process as primary, as replica, and of its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OomScoreAdjValues(pub [i32; 3]);

impl Default for OomScoreAdjValues {
    fn default() -> Self {
        Self([0, 200, 800])
    }
}

impl Setting for OomScoreAdjValues {
    fn print(&self, _kind: Kind) -> Vec<u8> {
        self.0.map(|score| score.to_string()).join(" ").into_bytes()
    }

    fn parse(&self, _kind: Kind, words: &[&[u8]], _origin: Origin) -> Result<Self, Reason> {
        let [_, _, _] = words else {
            return Err(WRONG_NUMBER_OF_ARGUMENTS.to_owned());
        };
        let mut scores = [0; 3];
        for (score, word) in scores.iter_mut().zip(words) {
            *score = std::str::from_utf8(word)
                .ok()
                .and_then(|text| text.parse().ok())
                .filter(|score| (-2000..=2000).contains(score))
                .ok_or("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")?;
        }
        Ok(Self(scores))
    }
}
