//! `save`: after how many seconds and changes the data set is saved by itself.

use super::filled;
use crate::parameter::Kind;
use crate::setting::{Origin, Reason, Setting};

/// One pair of the `save` parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavePoint {
    /// Seconds since the last save.
    pub seconds: i64,
    /// Changes since the last save.
    pub changes: i32,
}

/// All pairs of the `save` parameter; any of them starts a save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavePoints(pub Vec<SavePoint>);

impl Default for SavePoints {
    fn default() -> Self {
        Self(vec![
            SavePoint { seconds: 3600, changes: 1 },
            SavePoint { seconds: 300, changes: 100 },
            SavePoint { seconds: 60, changes: 10_000 },
        ])
    }
}

impl Setting for SavePoints {
    fn print(&self, _kind: Kind) -> Vec<u8> {
        let pairs: Vec<String> =
            self.0.iter().map(|point| format!("{} {}", point.seconds, point.changes)).collect();
        pairs.join(" ").into_bytes()
    }

    fn parse(&self, _kind: Kind, words: &[&[u8]], origin: Origin) -> Result<Self, Reason> {
        if matches!(words, [word] if word.is_empty()) {
            return Ok(Self(Vec::new()));
        }
        let words = filled(words);
        let invalid = || "Invalid save parameters".to_owned();
        if !words.len().is_multiple_of(2) {
            return Err(invalid());
        }
        // In a file the lines add up; the first replaces what is built in.
        let mut points = if origin == Origin::FileAgain { self.0.clone() } else { Vec::new() };
        for pair in words.chunks_exact(2) {
            let number = |word: Option<&&[u8]>| -> Option<i64> {
                std::str::from_utf8(word?).ok()?.parse().ok()
            };
            let seconds =
                number(pair.first()).filter(|&seconds| seconds >= 1).ok_or_else(invalid)?;
            let changes = number(pair.get(1))
                .and_then(|changes| i32::try_from(changes).ok())
                .filter(|&changes| changes >= 0)
                .ok_or_else(invalid)?;
            points.push(SavePoint { seconds, changes });
        }
        Ok(Self(points))
    }

    fn lines(&self, kind: Kind) -> Vec<Vec<u8>> {
        if self.0.is_empty() {
            return vec![b"\"\"".to_vec()];
        }
        self.0.iter().map(|point| Self(vec![*point]).print(kind)).collect()
    }
}
